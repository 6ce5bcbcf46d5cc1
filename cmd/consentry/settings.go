package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
)

// The settings of the console are the flags of serve. Each may also stand in
// the environment (--key-file as CONSENTRY_KEY_FILE) and in the file that
// --config names (key-file: …). A flag comes first, then the environment, then
// the file.

const (
	variablePrefix = "CONSENTRY_"
	// testPrefix begins the variables of this program's own tests.
	testPrefix = variablePrefix + "TEST_"
	configFlag = "config"
)

// otherVariables are those of ours that are no settings of the console.
var otherVariables = []string{secretVariable, keyVariable}

// dataSettings are the settings that every command with a database takes.
var dataSettings = []string{"cloud", "data", "database", "database-file", "key-file"}

// A problem is a setting that cannot be used, in words without its value: the
// value may be a secret.
type problem struct {
	Key    string // the flag's name
	Source string // where its value comes from, empty for a flag
	Text   string // what is wrong, and how it is mended
}

func (p problem) String() string {
	if p.Source == "" {
		return p.Key + ": " + p.Text
	}
	return p.Key + " (" + p.Source + "): " + p.Text
}

// problems are an error with one line for each.
type problems []problem

// Error implements error.
func (all problems) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s cannot be used:", count(len(all), "setting"))
	for _, p := range all {
		b.WriteString("\n  " + p.String())
	}
	return b.String()
}

func count(n int, of string) string {
	if n == 1 {
		return "1 " + of
	}
	return fmt.Sprintf("%d %ss", n, of)
}

// settings hand the environment and the file to kong, as its resolver, and
// keep what is wrong with them.
type settings struct {
	environ []string
	known   map[string]*kong.Flag // of serve
	file    *settingsFile         // nil until it was looked for
	wrong   problems
	sources map[string]string // of every setting that was given, by flag
}

func newSettings(environ []string) *settings {
	return &settings{environ: environ, sources: map[string]string{}}
}

// onCommandLine is the source of a flag.
const onCommandLine = "command line"

// close adds what stood on the command line.
func (s *settings) close(ctx *kong.Context) {
	s.open(ctx)
	for _, p := range ctx.Path {
		if p.Flag != nil && !p.Resolved {
			s.sources[p.Flag.Name] = onCommandLine
		}
	}
}

// carryOut runs the selected command. Serve and check-config tell what is
// wrong with the settings together with what they find; the others begin with
// it.
func (s *settings) carryOut(ctx context.Context, k *kong.Context, stdout, stderr io.Writer) error {
	command, ok := k.Selected().Target.Addr().Interface().(interface {
		Run(ctx context.Context, stdout, stderr io.Writer) error
	})
	if !ok {
		return errors.New("this command cannot be run")
	}
	if judge, ok := command.(interface {
		takeFrom(*settings, *kong.Context)
	}); ok {
		judge.takeFrom(s, k)
	} else if len(s.wrong) > 0 {
		return s.wrong
	}
	return command.Run(ctx, stdout, stderr)
}

// of is a problem of the flag, with the source of its value.
func (s *settings) of(flag, text string) problem {
	source := s.sources[flag]
	if source == onCommandLine {
		source = ""
	}
	return problem{flag, source, text}
}

// learn takes over the flags of serve from kong, with their variables: kong
// would quote a value that it cannot read.
func (s *settings) learn(k *kong.Kong) error {
	s.known = map[string]*kong.Flag{}
	for _, command := range k.Model.Children {
		for _, f := range command.Flags {
			if isConsole(command.Name) || slices.Contains(dataSettings, f.Name) {
				f.Envs, f.Tag.Envs = nil, nil
			}
			if command.Name == "serve" && f.Name != "help" {
				s.known[f.Name] = f
			}
		}
	}
	return nil
}

// Validate implements kong.Resolver.
func (s *settings) Validate(*kong.Application) error { return nil }

// Resolve implements kong.Resolver. A value that cannot be read is a problem
// of ours and not kong's, who would quote it.
func (s *settings) Resolve(ctx *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
	if !s.takes(ctx, flag.Name) {
		return nil, nil
	}
	s.open(ctx)
	value, source, ok := s.find(flag.Name)
	if !ok {
		return nil, nil
	}
	if text := unfit(flag, value); text != "" {
		s.wrong = append(s.wrong, problem{flag.Name, source, text})
		return nil, nil
	}
	s.sources[flag.Name] = source
	return value, nil
}

// takes reports whether the command is one that the setting is for.
func (s *settings) takes(ctx *kong.Context, name string) bool {
	if s.known[name] == nil || name == configFlag {
		return false
	}
	switch selected := ctx.Selected(); {
	case selected == nil:
		return false
	case isConsole(selected.Name):
		return true
	default:
		return slices.Contains(dataSettings, name)
	}
}

// isConsole: the command runs the console or checks how it would run.
func isConsole(command string) bool { return command == "serve" || command == "check-config" }

// open reads the file and looks for what nobody knows, once.
func (s *settings) open(ctx *kong.Context) {
	if s.file != nil {
		return
	}
	name := s.variable(configFlag)
	for _, p := range ctx.Path {
		if p.Flag != nil && p.Flag.Name == configFlag {
			name, _ = ctx.FlagValue(p.Flag).(string)
		}
	}
	var wrong problems
	s.file, wrong = readSettingsFile(name)
	s.wrong = append(s.wrong, wrong...)
	s.wrong = append(s.wrong, s.unknown()...)
}

const noSuchSetting = `no setting has this name; "consentry serve --help" lists them`

// unknown are the variables and keys that no setting has.
func (s *settings) unknown() (out problems) {
	for _, entry := range s.environ {
		name, _, _ := strings.Cut(entry, "=")
		flag := flagOf(name)
		if flag == "" || s.known[flag] != nil || slices.Contains(otherVariables, name) || strings.HasPrefix(name, testPrefix) {
			continue
		}
		out = append(out, problem{name, "environment", noSuchSetting})
	}
	for _, key := range s.file.keys() {
		if s.known[key] == nil || key == configFlag {
			out = append(out, problem{key, s.file.name, noSuchSetting})
		}
	}
	return out
}

// find is a setting's value outside the command line.
func (s *settings) find(flag string) (value any, source string, ok bool) {
	name := variableOf(flag)
	for _, entry := range s.environ {
		if value, found := strings.CutPrefix(entry, name+"="); found {
			return value, name, true
		}
	}
	value, ok = s.file.values[flag]
	return value, s.file.name, ok
}

func (s *settings) variable(flag string) string {
	for _, entry := range s.environ {
		if value, found := strings.CutPrefix(entry, variableOf(flag)+"="); found {
			return value
		}
	}
	return ""
}

// variableOf is CONSENTRY_KEY_FILE for key-file; flagOf is its inverse, empty
// for a variable that is none of ours.
func variableOf(flag string) string {
	return variablePrefix + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

func flagOf(variable string) string {
	name, ours := strings.CutPrefix(variable, variablePrefix)
	if !ours {
		return ""
	}
	return strings.ToLower(strings.ReplaceAll(name, "_", "-"))
}

// unfit says in words what the flag cannot make of the value.
func unfit(flag *kong.Flag, value any) string {
	target := reflect.New(flag.Target.Type()).Elem()
	if err := flag.Parse(kong.Scan().PushTyped(value, kong.FlagValueToken), target); err != nil {
		return "it cannot be read: give " + kindOf(target.Type())
	}
	if flag.Enum != "" && !slices.Contains(flag.EnumSlice(), fmt.Sprint(target.Interface())) {
		return "it is none of its values: give " + strings.Join(flag.EnumSlice(), " or ")
	}
	return ""
}

func kindOf(t reflect.Type) string {
	switch {
	case t.String() == "time.Duration":
		return "a time span such as 15m or 8h"
	case t.Kind() == reflect.Bool:
		return "true or false"
	case t.Kind() == reflect.Int:
		return "a whole number"
	case t.Kind() == reflect.Slice:
		return "a list"
	}
	return "a text"
}

// settingsFlag is for commands that take settings.
type settingsFlag struct {
	Config string `placeholder:"FILE" help:"File with settings, YAML or JSON: the flags of serve without their dashes as keys. Each may also stand in the environment, --key-file as CONSENTRY_KEY_FILE. Flags come first, then the environment, then the file."`
}
