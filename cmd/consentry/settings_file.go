package main

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strconv"

	"github.com/goccy/go-yaml"
)

// maxSettingsFile bounds the file, in bytes.
const maxSettingsFile = 1 << 20

// A settingsFile is what --config names: one level of keys, each with a text,
// a number, true or false, or a list of texts.
type settingsFile struct {
	name   string
	mode   fs.FileMode
	values map[string]any
}

func (f *settingsFile) keys() []string { return slices.Sorted(maps.Keys(f.values)) }

// readSettingsFile reads the file; no name is no file. It never returns nil.
// Problems do not quote the file: it may hold a password.
func readSettingsFile(name string) (*settingsFile, problems) {
	f := &settingsFile{name: name}
	if name == "" {
		return f, nil
	}
	refuse := func(text string) (*settingsFile, problems) {
		return f, problems{{configFlag, name, text}}
	}
	info, err := os.Stat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return refuse("there is no such file")
	case err != nil:
		return refuse("it cannot be read: look at the permissions of the file and its folders")
	case !info.Mode().IsRegular() || info.Size() > maxSettingsFile:
		return refuse("it is no file of at most 1 MiB")
	}
	f.mode = info.Mode()
	text, err := os.ReadFile(name)
	if err != nil {
		return refuse("it cannot be read: look at the permissions of the file and its folders")
	}
	if err := yaml.UnmarshalWithOptions(text, &f.values, yaml.Strict()); err != nil {
		return refuse("it is not YAML or JSON with one level of keys, each once" + lineOf(err))
	}
	return f, f.nested()
}

// lineOf is where the parser stopped, and nothing of what stands there.
func lineOf(err error) string {
	var at yaml.Error
	if !errors.As(err, &at) || at.GetToken() == nil || at.GetToken().Position == nil {
		return ""
	}
	return " (look at line " + strconv.Itoa(at.GetToken().Position.Line) + ")"
}

// nested refuses values that no flag can have, and takes them out. A number is
// the text it is written as, which its flag reads like any other: what is
// wrong with "listen: 8443" is then said in the flag's own words.
func (f *settingsFile) nested() (out problems) {
	for _, key := range f.keys() {
		switch v := f.values[key].(type) {
		case int64, uint64, float64:
			f.values[key] = fmt.Sprint(v)
		default:
			if !isPlain(v) {
				out = append(out, problem{key, f.name, "give one value, or a list of texts"})
				delete(f.values, key)
			}
		}
	}
	return out
}

func isPlain(value any) bool {
	switch v := value.(type) {
	case nil, map[string]any:
		return false
	case []any:
		return !slices.ContainsFunc(v, func(e any) bool { _, text := e.(string); return !text })
	}
	return true
}
