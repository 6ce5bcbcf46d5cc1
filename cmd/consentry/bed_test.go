package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/graph"
	"github.com/consentry/consentry/oauth"
	"github.com/consentry/consentry/sandbox"
	"github.com/consentry/consentry/setup"
)

// asCommand makes the test binary be the command itself, so that a process of
// its own can be started and killed without building anything.
const asCommand = "CONSENTRY_TEST_AS_COMMAND"

func TestMain(m *testing.M) {
	if os.Getenv(asCommand) == "" {
		code := m.Run()
		_ = os.RemoveAll(productionFolder)
		os.Exit(code)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

const environmentFile = `
environment: shop
integration: frontegg
inputs:
  host: gateway.example.com
organization: contoso
project: Web Shop
secret:
  description: Frontegg
  lifetime: 90d
`

// A bed is a sandbox with a place for files.
type bed struct {
	t      *testing.T
	box    *sandbox.Sandbox
	tenant sandbox.ReadyTenant
	dir    string
	file   string // the environment file
	cloud  string // the cloud file
}

// newBed starts a sandbox and takes the tenant of a scenario.
func newBed(t *testing.T, scenario string) *bed {
	t.Helper()
	box, err := sandbox.Start(t.Context(), sandbox.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := box.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	b := &bed{t: t, box: box, dir: t.TempDir()}
	for _, tenant := range box.Ready().Tenants {
		if tenant.Scenario == scenario {
			b.tenant = tenant
		}
	}
	if b.tenant.ID == "" {
		t.Fatalf("the sandbox has no tenant %q", scenario)
	}
	line, err := json.Marshal(box.Ready())
	if err != nil {
		t.Fatal(err)
	}
	b.file, b.cloud = b.write("environment.yaml", environmentFile), b.write("cloud.json", string(line))
	return b
}

func (b *bed) path(name string) string { return filepath.Join(b.dir, name) }

func (b *bed) write(name, content string) string {
	b.t.Helper()
	if err := os.WriteFile(b.path(name), []byte(content), 0o600); err != nil {
		b.t.Fatal(err)
	}
	return b.path(name)
}

// command is "consentry setup" with what every run needs.
func (b *bed) command(args ...string) *exec.Cmd {
	c := exec.Command(os.Args[0], append([]string{"setup", "--file", b.file, "--cloud", b.cloud, "--tenant", b.tenant.Domain,
		"--client-id", b.tenant.Automation.ClientID, "--data", b.path("data"), "--key-file", b.path("key")}, args...)...)
	c.Env = append(os.Environ(), asCommand+"=1", secretVariable+"="+b.tenant.Automation.ClientSecret)
	return c
}

// outcome is how a process ended.
type outcome struct {
	code           int
	stdout, stderr string
}

func (b *bed) run(args ...string) outcome {
	b.t.Helper()
	return b.finish(b.command(args...))
}

func (b *bed) finish(c *exec.Cmd) outcome {
	b.t.Helper()
	var out, errs bytes.Buffer
	c.Stdout, c.Stderr = &out, &errs
	err := c.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		b.t.Fatal(err)
	}
	return outcome{c.ProcessState.ExitCode(), out.String(), errs.String()}
}

// mustRun insists on an exit code.
func (b *bed) mustRun(code int, args ...string) outcome {
	b.t.Helper()
	o := b.run(args...)
	if o.code != code {
		b.t.Fatalf("%v: exit code %d, want %d\n%s%s", args, o.code, code, o.stdout, o.stderr)
	}
	return o
}

// graphRequests are those since a number, as method and path without query.
func (b *bed) graphRequests(since int64) []string {
	var out []string
	for _, r := range b.box.Requests() {
		if r.Service == "graph" && r.Seq > since {
			path, _, _ := strings.Cut(r.Path, "?")
			out = append(out, r.Method+" "+path)
		}
	}
	return out
}

func (b *bed) lastRequest() int64 {
	all := b.box.Requests()
	if len(all) == 0 {
		return 0
	}
	return all[len(all)-1].Seq
}

// directory looks at the tenant as an administrator's script would.
func (b *bed) directory() *graph.Client {
	b.t.Helper()
	cred, err := graph.ClientSecret(b.box.Cloud(), b.tenant.ID, entra.ClientID(b.tenant.Automation.ClientID), entra.NewSensitive(b.tenant.Automation.ClientSecret))
	if err != nil {
		b.t.Fatal(err)
	}
	d, err := graph.New(b.box.Cloud(), cred, graph.Options{HTTP: b.client()})
	if err != nil {
		b.t.Fatal(err)
	}
	return d
}

// client trusts the sandbox. Its connections go first: an open one would hold
// the sandbox's end up.
func (b *bed) client() *http.Client {
	b.t.Helper()
	transport, err := graph.Transport(b.box.Cloud())
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

// app is the one application of the environment.
func (b *bed) app() entra.Application {
	b.t.Helper()
	apps, err := b.directory().ApplicationsByTag(b.t.Context(), entra.Marker("shop"))
	if err != nil {
		b.t.Fatal(err)
	}
	if len(apps) != 1 {
		b.t.Fatalf("%d applications of the environment, want 1", len(apps))
	}
	return apps[0]
}

// checkTenant holds what must be true of the tenant after a setup.
func (b *bed) checkTenant() entra.Application {
	b.t.Helper()
	app := b.app()
	live := slices.DeleteFunc(slices.Clone(app.Secrets), func(s entra.Secret) bool {
		_, ours := entra.IsOurSecret(s.Name, "shop")
		return !ours
	})
	if len(live) != 1 {
		b.t.Errorf("%d secrets with our marker, want 1", len(live))
	}
	grants, exists, err := b.directory().GrantsOf(b.t.Context(), app.ClientID)
	if err != nil || !exists {
		b.t.Fatalf("service principal there: %v, %v", exists, err)
	}
	var scopes []string
	for _, g := range grants {
		scopes = append(scopes, string(g.Type)+" "+strings.Join(g.Scopes, " "))
	}
	slices.Sort(scopes)
	if want := []string{"AllPrincipals User.Read", "AllPrincipals user_impersonation vso.project vso.code vso.work vso.build"}; !slices.Equal(scopes, want) {
		b.t.Errorf("consents %q, want %q", scopes, want)
	}
	return app
}

// checkSecret signs in with the secret in a file.
func (b *bed) checkSecret(file string, app entra.Application) {
	b.t.Helper()
	value, err := os.ReadFile(file)
	if err != nil {
		b.t.Fatal(err)
	}
	client := oauth.Client{Cloud: b.box.Cloud(), HTTP: b.client()}
	secret := entra.NewSensitive(strings.TrimSpace(string(value)))
	if _, err := client.ClientCredentials(b.t.Context(), b.tenant.ID, app.ClientID, secret, "https://graph.microsoft.com/.default"); err != nil {
		b.t.Errorf("the secret does not work: %v", err)
	}
}

// until waits for a condition that another process brings about.
func (b *bed) until(what string, condition func() bool) {
	b.t.Helper()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for !condition() {
		select {
		case <-tick.C:
		case <-b.t.Context().Done():
			b.t.Fatalf("waited in vain until %s", what)
		}
	}
}

// jsonReport is what a program reads of --json.
type jsonReport struct {
	Environment string        `json:"environment"`
	Steps       []setup.Step  `json:"steps"`
	Created     createdIDs    `json:"created"`
	Requests    []sentRequest `json:"requests"`
	Result      *setup.Result `json:"result"`
	Error       string        `json:"error"`
}

func (o outcome) report(t *testing.T) jsonReport {
	t.Helper()
	var r jsonReport
	if err := json.Unmarshal([]byte(o.stdout), &r); err != nil {
		t.Fatalf("standard output is no JSON: %v\n%s", err, o.stdout)
	}
	return r
}
