package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/graph"
	"github.com/consentry/consentry/preset"
	"github.com/consentry/consentry/setup"
)

// SetupCmd sets an environment up from a file, the way the console's wizard
// does.
type SetupCmd struct {
	File      string `required:"" placeholder:"FILE" help:"Environment file, YAML or JSON."`
	Plan      bool   `xor:"mode" help:"Show what would change and write nothing (the default). Exit code 2 when something would."`
	Apply     bool   `xor:"mode" help:"Carry the plan out, or go on with what a stopped run left."`
	JSON      bool   `name:"json" help:"Print steps, created ids, requests and result as JSON; never the secret."`
	SecretOut string `placeholder:"FILE" help:"With --apply: write the new client secret, or the private key of a new certificate, there (mode 0600, never over an existing file), or to standard output with -."`
	NewSecret bool   `help:"Replace the environment's client secret, or the key pair made for it; the old one stops working."`
	ClientID  string `help:"Sign in as this application, with its secret in CONSENTRY_CLIENT_SECRET. Without it: the environment, workload or managed identity, or the Azure tools' sign-in."`
	Tenant    string `help:"Tenant ID or domain; takes the place of the file's."`
	Cloud     string `default:"public" help:"public, sandbox (the one running at 127.0.0.1:18080), or a JSON file with the base URLs, such as the line that the sandbox prints."`
	DataFlags
}

// A setupRun is one run of the command.
type setupRun struct {
	*SetupCmd
	stdout, stderr io.Writer
	say            *printer // the text for people
	spec           setup.Spec
	preset         preset.Preset
	want           setup.Desired
	cloud          entra.Cloud
	dir            *graph.Client
	token          *witness
	report         report
}

// Run plans or applies.
func (s *SetupCmd) Run(ctx context.Context, stdout, stderr io.Writer) error {
	r := &setupRun{SetupCmd: s, stdout: stdout, stderr: stderr, say: s.printer(stdout, stderr)}
	err := r.prepare(ctx)
	if err == nil && s.Apply {
		err = r.apply(ctx)
	} else if err == nil {
		err = r.plan(ctx)
	}
	if s.JSON {
		err = errors.Join(err, r.report.write(stdout, err))
	}
	return err
}

// printer decides where text for people goes: not between what a program
// reads.
func (s *SetupCmd) printer(stdout, stderr io.Writer) *printer {
	switch {
	case s.JSON:
		return &printer{out: io.Discard}
	case s.SecretOut == "-":
		return &printer{out: stderr}
	}
	return &printer{out: stdout}
}

// prepare checks everything that can be checked before the first request.
func (r *setupRun) prepare(ctx context.Context) error {
	switch {
	case r.SecretOut != "" && !r.Apply:
		return errors.New("--secret-out goes with --apply")
	case r.SecretOut == "-" && r.JSON:
		return errors.New("--secret-out - and --json would share standard output, and JSON never holds a secret: give a file")
	}
	if err := r.readFile(); err != nil {
		return err
	}
	var err error
	if r.cloud, err = setupCloud(ctx, r.Cloud); err != nil {
		return err
	}
	return r.signIn()
}

// readFile reads the environment file and fills in the defaults.
func (r *setupRun) readFile() error {
	data, err := os.ReadFile(r.File)
	if err != nil {
		return fmt.Errorf("--file: %w", err)
	}
	if r.spec, err = setup.ParseFile(data); err != nil {
		return err
	}
	if r.Tenant != "" {
		r.spec.Tenant = r.Tenant
	}
	var ok bool
	if r.preset, ok = preset.ByID(r.spec.Integration); !ok {
		return fmt.Errorf("the environment file: integration %q is unknown: choose one of %s", r.spec.Integration, strings.Join(integrations(), ", "))
	}
	var wrong []setup.FieldError
	r.want, wrong = r.spec.Resolve(r.preset)
	r.want.NewSecret = r.NewSecret
	r.report.Environment = r.spec.Name
	return fieldErrors(wrong)
}

func integrations() []string {
	out := make([]string, len(preset.All))
	for i, p := range preset.All {
		out[i] = p.ID
	}
	return out
}

func fieldErrors(wrong []setup.FieldError) error {
	errs := make([]error, len(wrong))
	for i, w := range wrong {
		errs[i] = fmt.Errorf("the environment file, %s: %s", w.Field, w.Message)
	}
	return errors.Join(errs...)
}

// signIn makes the client; nothing is sent yet.
func (r *setupRun) signIn() error {
	cred, err := r.credential()
	if err != nil {
		return err
	}
	r.token = &witness{TokenCredential: &speaker{TokenCredential: cred, say: r.stderr}}
	r.dir, err = graph.New(r.cloud, r.token, graph.Options{Observe: r.report.observe})
	return err
}

// plan shows what would change.
func (r *setupRun) plan(ctx context.Context) error {
	actual, err := setup.Read(ctx, r.dir, r.want)
	if err != nil {
		return err
	}
	entries, err := r.pastEntries(ctx)
	if err != nil {
		return err
	}
	p, err := setup.MakePlan(r.want, actual, entries, time.Now())
	if err != nil {
		return err
	}
	r.report.Steps = p.Steps
	r.say.heading(r.spec, r.preset, r.token.person())
	r.say.plan(p)
	if len(p.Pending()) > 0 {
		r.say.line("To carry this out, give the same command with --apply in place of --plan.")
		return exitCode(2)
	}
	return nil
}
