package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/consentry/consentry/bootstrap"
	"github.com/consentry/consentry/entra"
)

// print shows the plan.
func (r *bootstrapRun) print(steps []bootstrap.Step) {
	fmt.Fprintf(r.stdout, "The app registration of the console %q in the tenant %s:\n", r.Name, r.who.Tenant)
	for _, s := range steps {
		fmt.Fprintf(r.stdout, "  + %s\n", s.Title)
		for _, d := range s.Diffs {
			fmt.Fprintf(r.stdout, "      %s\n", d)
		}
		fmt.Fprintf(r.stdout, "      %s %s\n", s.Request.Method, s.Request.Path)
	}
	if len(steps) == 0 {
		fmt.Fprintln(r.stdout, "  Nothing to change.")
	}
	if r.unmade {
		fmt.Fprintf(r.stdout, "A key and its certificate will be made in %s; the key never leaves this machine.\n", r.CredentialFile)
	}
	if r.want.Admin.ID == "" {
		fmt.Fprintln(r.stdout, "Nobody gets the role admin: an application runs this. Give --admin with somebody's user principal name or object ID.")
	}
}

// apply makes what is missing, says what could not be made, and prints the
// settings.
func (r *bootstrapRun) apply(ctx context.Context) error {
	if r.unmade {
		err := makeCertificate(r.CredentialFile, r.Name, r.want.Certificate.End)
		if err == nil {
			r.want.Certificate, err = certificateIn(r.CredentialFile)
		}
		if err != nil {
			return fmt.Errorf("--credential-file: %w", err)
		}
		fmt.Fprintf(r.stdout, "Made a key and its certificate in %s.\n", r.CredentialFile)
	}
	e := &bootstrap.Engine{Directory: r.dir, Sleep: sleep, Observe: r.observe}
	if r.place != nil {
		e.Secrets = r.place
	}
	result, err := e.Apply(ctx, r.want)
	if err != nil {
		return err
	}
	if result.App.ClientID != "" {
		err = r.settings(ctx)
	}
	return errors.Join(err, r.left(result))
}

func (r *bootstrapRun) observe(ev bootstrap.Event) {
	switch {
	case ev.Text != "":
		fmt.Fprintf(r.stdout, "  ...   %s: %s\n", ev.Title, ev.Text)
	case ev.Err != nil:
		fmt.Fprintf(r.stdout, "  no    %s: %v\n", ev.Title, ev.Err)
	default:
		fmt.Fprintf(r.stdout, "  done  %s\n", ev.Title)
	}
}

// left says what somebody else has to do.
func (r *bootstrapRun) left(result bootstrap.Result) error {
	var errs []error
	for _, l := range result.Left {
		switch {
		case l.Err != nil:
			errs = append(errs, l.Err)
		default:
			errs = append(errs, fmt.Errorf("%s: it waits for what could not be done", l.Title))
		}
	}
	if result.App.ClientID != "" && isLeft(result, bootstrap.StepRole) {
		errs = append(errs, errors.New(r.withoutRole(isLeft(result, bootstrap.StepAssignment))))
	}
	return errors.Join(errs...)
}

func isLeft(result bootstrap.Result, id bootstrap.StepID) bool {
	return slices.ContainsFunc(result.Left, func(l bootstrap.Left) bool { return l.ID == id })
}

// withoutRole says how somebody gets in who could not be given the role. The
// flag --admin of serve is of use only where Microsoft lets people sign in who
// are not assigned to the application.
func (r *bootstrapRun) withoutRole(open bool) string {
	who := r.want.Admin
	if open {
		return fmt.Sprintf("until somebody has the role admin, serve takes --admin %s/%s", who.Tenant, who.ID)
	}
	return fmt.Sprintf("until somebody has a role, Microsoft lets nobody sign in to the console: give %s the role admin in the Microsoft Entra admin center under Enterprise applications, %s, Users and groups, or run this command as somebody who may",
		cmp.Or(who.UPN, string(who.ID)), r.DisplayName)
}

// A setting is one of serve's, by its flag.
type setting struct{ flag, value string }

// settings prints what serve takes: as flags, and as variables of the
// environment. None of them is secret: credentials are named by their files.
func (r *bootstrapRun) settings(ctx context.Context) error {
	app, err := r.dir.Registration(ctx, r.want.UniqueName())
	if err != nil {
		return err
	}
	list := r.serveSettings(app.ClientID)
	var flags []string
	for _, s := range list {
		flags = append(flags, "--"+s.flag+" "+quoteForShell(s.value))
	}
	fmt.Fprintf(r.stdout, "\nThe settings of the console, as flags:\n  consentry serve %s\nor in its environment:\n", strings.Join(flags, " "))
	for _, s := range list {
		fmt.Fprintf(r.stdout, "  %s=%s\n", variableOf(s.flag), s.value)
	}
	fmt.Fprintln(r.stdout, "\nTo give people roles: Microsoft Entra admin center, Enterprise applications, "+r.DisplayName+", Users and groups.")
	if r.Multitenant {
		fmt.Fprintln(r.stdout, "People of another tenant get in when it is named with a further --allow-tenant and they have a role there. For that an administrator of it signs in to the console first: Microsoft asks for consent, and the console is then among that tenant's enterprise applications.")
	}
	return nil
}

func (r *bootstrapRun) serveSettings(id entra.ClientID) []setting {
	tenant := string(r.who.Tenant)
	if r.Multitenant {
		tenant = anyOrganization
	}
	list := []setting{{"sign-in", "entra"}, {"base-url", r.BaseURL}, {"client-id", string(id)}, {"tenant", tenant}, {"allow-tenant", string(r.who.Tenant)}}
	if r.Cloud != "public" {
		list = append(list, setting{"cloud", wherever(r.Cloud)})
	}
	flag := map[string]string{"certificate": "client-certificate-file", "secret": "client-secret-file", "federated": "client-federated-token-file"}[r.Credential]
	return append(list, setting{flag, wherever(r.CredentialFile)})
}

// wherever is the whole path of a file, since serve is started elsewhere;
// what is none stays as it is.
func wherever(file string) string {
	whole, err := filepath.Abs(file)
	if err != nil || missing(file) {
		return file
	}
	return whole
}

// quoteForShell quotes what a shell would take apart.
func quoteForShell(s string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_./:@+=,", r)
	}
	if s != "" && strings.IndexFunc(s, func(r rune) bool { return !plain(r) }) < 0 {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
