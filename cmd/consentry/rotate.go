package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/setup"
	"github.com/consentry/consentry/store"
	"github.com/consentry/consentry/trial"
)

// RotateCmd replaces an environment's client secret with overlap, one step per
// call, as the console's page does. Without a step it says where the rotation
// stands.
type RotateCmd struct {
	File      string `arg:"" placeholder:"FILE" help:"Environment file, YAML or JSON."`
	Add       bool   `xor:"mode" help:"Add the next secret beside the one in use, or go on with adding it. With one added already nothing is done."`
	Prove     bool   `xor:"mode" help:"Ask for a token with the new secret itself. Exit code 2 when Microsoft refuses it, 3 when no answer came."`
	Retire    bool   `xor:"mode" help:"Remove the old secret, once the new one is proven. Giving this says that the new one is entered where it is used."`
	AtOnce    bool   `help:"With --retire: remove the old secret although the new one is not proven, for one that leaked. Whatever still uses it is refused."`
	JSON      bool   `name:"json" help:"Print where it stands and what was done as JSON; never the secret."`
	SecretOut string `placeholder:"FILE" help:"With --add: write the new client secret there (mode 0600, never over an existing file), or to standard output with -."`
	SecretIn  string `placeholder:"FILE" help:"With --prove: read the new secret from there. Without it the one kept from --add is used, for a day."`
	ClientID  string `help:"Sign in as this application, with its secret in CONSENTRY_CLIENT_SECRET. Without it: the environment, workload or managed identity, or the Azure tools' sign-in."`
	Tenant    string `help:"Tenant ID or domain; takes the place of the file's."`
	Cloud     string `default:"public" help:"public, sandbox (the one running at 127.0.0.1:18080), or a JSON file with the base URLs, such as the line that the sandbox prints."`
	DataFlags
}

// A rotateRun is one call of the command.
type rotateRun struct {
	*setupRun
	mode  *RotateCmd
	store *store.Store
	env   store.Environment
	who   entra.Person

	actual  setup.Actual
	entries []setup.Entry
	overlap setup.Overlap
	known   []store.Credential
	result  rotateReport
}

// rotateReport is what --json prints.
type rotateReport struct {
	Environment string        `json:"environment"`
	Old         *entra.Secret `json:"old,omitempty"` // in use
	New         *entra.Secret `json:"new,omitempty"` // takes its place
	Proof       *trial.Proof  `json:"proof,omitempty"`
	Steps       []setup.Step  `json:"steps"`
	Requests    []sentRequest `json:"requests"`
	Error       string        `json:"error,omitempty"`
}

// Run carries one step out.
func (c *RotateCmd) Run(ctx context.Context, stdout, stderr io.Writer) (err error) {
	s := &SetupCmd{File: c.File, Apply: true, JSON: c.JSON, SecretOut: c.SecretOut, ClientID: c.ClientID, Tenant: c.Tenant, Cloud: c.Cloud, DataFlags: c.DataFlags}
	r := &rotateRun{setupRun: &setupRun{SetupCmd: s, stdout: stdout, stderr: stderr, say: s.printer(stdout, stderr)}, mode: c}
	if err = c.check(); err == nil {
		err = r.run(ctx)
	}
	if c.JSON {
		err = errors.Join(err, r.print(err))
	}
	return err
}

// check refuses flags that do not go together.
func (c *RotateCmd) check() error {
	switch {
	case c.SecretOut != "" && !c.Add:
		return errors.New("--secret-out goes with --add")
	case c.SecretIn != "" && !c.Prove:
		return errors.New("--secret-in goes with --prove")
	case c.AtOnce && !c.Retire:
		return errors.New("--at-once goes with --retire")
	}
	return nil
}

func (r *rotateRun) run(ctx context.Context) (err error) {
	if err := r.prepare(ctx); err != nil {
		return err
	}
	if r.store, err = r.open(ctx); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.store.Close()) }()
	if ctx, err = r.look(ctx); err != nil {
		return err
	}
	r.say.heading(r.spec, r.preset, r.who)
	switch {
	case r.mode.Add:
		return r.add(ctx)
	case r.mode.Prove:
		return r.prove(ctx)
	case r.mode.Retire:
		return r.retire(ctx)
	}
	return r.status()
}

// look reads where the rotation stands. The context it gives asks the store in
// the name of whoever is signed in.
func (r *rotateRun) look(ctx context.Context) (context.Context, error) {
	if _, err := r.store.SweepSecrets(ctx); err != nil {
		return ctx, err
	}
	policies, err := r.dir.Policies(ctx)
	if err != nil {
		return ctx, err
	}
	var shorter string
	if r.want, shorter = r.want.Within(policies); shorter != "" && r.mode.Add {
		r.say.line("%s", shorter)
	}
	if r.who = r.token.person(); r.who.ID == "" {
		return ctx, r.checkTenant(r.who)
	}
	if err := r.checkTenant(r.who); err != nil {
		return ctx, err
	}
	ctx = store.As(ctx, store.Caller{Person: r.who, Role: "admin", Tenant: r.who.Tenant, Everything: true})
	if r.env, err = r.environment(ctx, r.store, r.who); err != nil {
		return ctx, err
	}
	return ctx, r.readOverlap(ctx)
}

func (r *rotateRun) readOverlap(ctx context.Context) (err error) {
	if r.actual, err = setup.ReadApplication(ctx, r.dir, r.want); err != nil {
		return err
	}
	if err := (setup.Rotation{Want: r.want}).Ready(r.actual); err != nil {
		return err
	}
	if r.entries, err = r.store.EnvironmentEntries(ctx, r.env.ID); err != nil {
		return err
	}
	ops, err := r.store.Operations(ctx, r.env.ID)
	if err != nil {
		return err
	}
	if r.known, err = r.store.Credentials(ctx, r.env.ID); err != nil {
		return err
	}
	r.overlap = setup.OverlapOf(*r.actual.App, r.env.Name, store.Additions(ops), r.entries, time.Now()).
		Settled(func(key entra.KeyID) bool { return store.CredentialOf(r.known, key).InUse() })
	r.result.Old, r.result.New = r.overlap.Old, r.overlap.New
	if r.overlap.New != nil {
		r.result.Proof = store.CredentialOf(r.known, r.overlap.New.KeyID).Proof
	}
	return nil
}

// status says where the rotation stands: exit code 2 with one open.
func (r *rotateRun) status() error {
	r.sayOverlap()
	if r.overlap.New == nil {
		r.say.line("No rotation is open. Begin one with --add.")
		return nil
	}
	return exitCode(2)
}

func (r *rotateRun) sayOverlap() {
	for _, row := range []struct {
		what   string
		secret *entra.Secret
	}{{"In use", r.overlap.Old}, {"New", r.overlap.New}} {
		if s := row.secret; s != nil {
			r.say.line("%-8s%s…, valid until %s", row.what, s.Hint, s.End.UTC().Format(time.DateOnly))
		}
	}
	switch p := r.result.Proof; {
	case r.overlap.New == nil:
	case p == nil:
		r.say.line("The new one is not proven yet: --prove.")
	case p.Proven():
		r.say.line("The new one was proven on %s. Retire the old one with --retire.", p.Ended.UTC().Format(time.DateTime))
	default:
		r.say.line("The new one is not proven: the last token request with it was refused.")
	}
}

// add makes the next secret and hands it out.
func (r *rotateRun) add(ctx context.Context) error {
	if r.overlap.New != nil {
		r.say.line("The next secret is there already; nothing was added.")
		r.sayOverlap()
		return r.handNext(ctx)
	}
	var old entra.KeyID
	switch {
	case r.overlap.Old != nil:
		old = r.overlap.Old.KeyID
	case len(r.actual.App.Secrets) > 0 && len(r.live()) > 0:
		return errors.New("the application has several secrets made by hand, and which one is in use is not known here: begin the rotation in the console, which asks")
	}
	half := setup.Rotation{Want: r.want, Old: old}
	plan, err := half.PlanAdd(r.actual, r.entries, time.Now())
	if err != nil {
		return err
	}
	r.say.plan(plan)
	if err := r.checkSecretOut(ctx, r.store, r.env, plan); err != nil {
		return err
	}
	if err := r.carry(ctx, store.RotateOperation, plan, func(ctx context.Context, e *setup.Engine, op string) (setup.Result, error) {
		return e.Add(ctx, half, op)
	}); err != nil {
		return err
	}
	return r.handNext(ctx)
}

// live are the secrets that have not expired.
func (r *rotateRun) live() []entra.Secret {
	var out []entra.Secret
	for _, s := range r.actual.App.Secrets {
		if !s.ExpiredAt(time.Now()) {
			out = append(out, s)
		}
	}
	return out
}

// carry runs one half as an operation and reads how it stands afterwards.
func (r *rotateRun) carry(ctx context.Context, kind store.OperationKind, plan setup.Plan, do func(context.Context, *setup.Engine, string) (setup.Result, error)) error {
	r.result.Steps = plan.Steps
	op, err := r.store.StartOperation(ctx, r.env.ID, kind, r.who, plan)
	if err != nil {
		return err
	}
	working, end := hold(ctx, r.store, op)
	result, cause := do(working, &setup.Engine{Directory: r.dir, Journal: r.store.Journal(op), Now: time.Now, Sleep: sleep, Observe: r.say.event}, op.ID)
	end()
	record := context.WithoutCancel(ctx)
	op.State, op.Result = store.OperationDone, &result
	if cause != nil {
		op.State, op.Error = store.OperationFailed, cause.Error()
	}
	r.env.NoteRotation(result, entra.ClientSecretKind)
	saved, err := r.store.SaveEnvironment(record, r.env)
	if err == nil {
		r.env = saved
		err = r.store.FinishOperation(record, op)
	}
	if err := errors.Join(cause, err); err != nil {
		return fmt.Errorf("%w. The same command again goes on from here", err)
	}
	for _, w := range result.Words {
		r.say.line("%s", w)
	}
	return r.readOverlap(record)
}

// print writes the report; cause is how the run ended.
func (r *rotateRun) print(cause error) error {
	r.result.Environment, r.result.Requests = r.spec.Name, r.report.Requests
	if _, expected := errors.AsType[exitCode](cause); cause != nil && !expected {
		r.result.Error = cause.Error()
	}
	if r.result.Steps == nil {
		r.result.Steps = []setup.Step{}
	}
	if r.result.Requests == nil {
		r.result.Requests = []sentRequest{}
	}
	enc := json.NewEncoder(r.stdout)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(r.result)
}
