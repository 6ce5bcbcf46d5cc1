package main

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/consentry/consentry/sandbox"
)

func TestPlanWritesNothing(t *testing.T) {
	t.Parallel()
	b := newBed(t, "healthy")
	o := b.mustRun(2, "--plan")
	if !strings.Contains(o.stdout, "POST /applications") || !strings.Contains(o.stdout, "5 changes") {
		t.Errorf("the plan:\n%s", o.stdout)
	}
	for _, r := range b.graphRequests(0) {
		if !strings.HasPrefix(r, "GET ") {
			t.Errorf("sent %s", r)
		}
	}
	for _, name := range []string{"data", "key"} {
		if _, err := os.Stat(b.path(name)); err == nil {
			t.Errorf("a plan made %s", name)
		}
	}
	if without := b.mustRun(2); without.stdout != o.stdout {
		t.Error("without --plan and --apply it is not the plan")
	}
}

func TestApplyThenNothingIsLeft(t *testing.T) {
	t.Parallel()
	b := newBed(t, "healthy")
	secret := b.path("secret")
	o := b.mustRun(0, "--apply", "--secret-out", secret)
	app := b.checkTenant()
	b.checkSecret(secret, app)
	if !strings.Contains(o.stdout, string(app.ClientID)) || !strings.Contains(o.stdout, "proved it") {
		t.Errorf("said:\n%s", o.stdout)
	}
	for _, again := range [][]string{{"--apply"}, {"--plan"}} {
		since := b.lastRequest()
		b.mustRun(0, again...)
		got := b.graphRequests(since)
		slices.Sort(got)
		want := []string{"GET /v1.0/applications", "GET /v1.0/servicePrincipals", "GET /v1.0/servicePrincipals(appId='" + string(app.ClientID) + "')/oauth2PermissionGrants"}
		if !slices.Equal(got, want) {
			t.Errorf("%v: sent %q, want %q", again, got, want)
		}
	}
}

func TestFromAnotherMachineNothingChanges(t *testing.T) {
	t.Parallel()
	b := newBed(t, "healthy")
	b.mustRun(0, "--apply")
	before := b.app()
	elsewhere := b.command("--apply")
	for i, arg := range elsewhere.Args {
		if arg == b.path("data") || arg == b.path("key") {
			elsewhere.Args[i] = arg + "-of-the-other"
		}
	}
	if o := b.finish(elsewhere); o.code != 0 {
		t.Fatalf("exit code %d\n%s%s", o.code, o.stdout, o.stderr)
	}
	if after := b.app(); after.Secrets[0].KeyID != before.Secrets[0].KeyID {
		t.Error("the secret was replaced")
	}
}

func TestSecretIsGivenOnce(t *testing.T) {
	t.Parallel()
	b := newBed(t, "healthy")
	first := b.mustRun(0, "--apply")
	if !strings.Contains(first.stdout, "--secret-out") {
		t.Errorf("no word on how to get the secret:\n%s", first.stdout)
	}
	taken := b.write("taken", "mine")
	if o := b.mustRun(1, "--apply", "--secret-out", taken); !strings.Contains(o.stderr, "not overwritten") {
		t.Errorf("said %q", o.stderr)
	}
	given := b.mustRun(0, "--apply", "--secret-out", "-")
	value := strings.TrimSuffix(given.stdout, "\n")
	if len(value) < 16 || strings.ContainsAny(value, " \n") {
		t.Fatalf("standard output is not the secret alone: %q", given.stdout)
	}
	b.checkSecret(b.write("value", value), b.app())
	again := b.mustRun(0, "--apply", "--secret-out", b.path("late"))
	if _, err := os.Stat(b.path("late")); err == nil || !strings.Contains(again.stdout, "no secret to write") {
		t.Errorf("the secret was given twice, or nothing was said:\n%s", again.stdout)
	}
	// Nowhere else: not in what was printed, not in the database.
	for name, text := range map[string]string{"first output": first.stdout + first.stderr, "error output": given.stderr, "later output": again.stdout + again.stderr} {
		if strings.Contains(text, value) {
			t.Errorf("the %s holds the secret", name)
		}
	}
	b.checkNotOnDisk(value)
}

func (b *bed) checkNotOnDisk(value string) {
	b.t.Helper()
	err := filepath.WalkDir(b.path("data"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		if bytes.Contains(data, []byte(value)) {
			b.t.Errorf("%s holds the secret", path)
		}
		return err
	})
	if err != nil {
		b.t.Fatal(err)
	}
}

func TestSecretFileBelongsToItsOwnerAndIsNeverOverwritten(t *testing.T) {
	t.Parallel()
	b := newBed(t, "healthy")
	taken := b.write("taken", "mine")
	since := b.lastRequest()
	b.mustRun(1, "--apply", "--secret-out", taken)
	for _, r := range b.graphRequests(since) {
		if !strings.HasPrefix(r, "GET ") {
			t.Errorf("sent %s although the file is taken", r)
		}
	}
	b.mustRun(0, "--apply", "--secret-out", b.path("secret"))
	info, err := os.Stat(b.path("secret"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
}

func TestNewSecretReplacesTheOld(t *testing.T) {
	t.Parallel()
	b := newBed(t, "healthy")
	b.mustRun(0, "--apply", "--secret-out", b.path("one"))
	before := b.app().Secrets[0].KeyID
	b.mustRun(2, "--plan", "--new-secret")
	b.mustRun(0, "--apply", "--new-secret", "--secret-out", b.path("two"))
	after := b.checkTenant()
	if after.Secrets[0].KeyID == before {
		t.Error("the secret is the old one")
	}
	b.checkSecret(b.path("two"), after)
}

func TestJSON(t *testing.T) {
	t.Parallel()
	b := newBed(t, "healthy")
	planned := b.mustRun(2, "--plan", "--json").report(t)
	if planned.Environment != "shop" || len(planned.Steps) != 5 || planned.Result != nil || len(planned.Requests) != 2 {
		t.Errorf("plan: %+v", planned)
	}
	applied := b.mustRun(0, "--apply", "--json", "--secret-out", b.path("secret"))
	r := applied.report(t)
	app := b.checkTenant()
	c := r.Created
	if c.Application != app.ID || c.ClientID != app.ClientID || c.Secret != app.Secrets[0].KeyID || len(c.ServicePrincipals) != 1 || len(c.Grants) != 2 {
		t.Errorf("created %+v", c)
	}
	if r.Result == nil || !r.Result.Proven || r.Result.App.ClientID != app.ClientID || len(r.Requests) != 9 {
		t.Errorf("result %+v, %d requests", r.Result, len(r.Requests))
	}
	for _, q := range r.Requests {
		if q.Method == "" || !strings.HasPrefix(q.Path, "/v1.0/") || q.Status/100 != 2 || q.RequestID == "" {
			t.Errorf("request %+v", q)
		}
	}
	value, err := os.ReadFile(b.path("secret"))
	if err != nil || bytes.Contains([]byte(applied.stdout), bytes.TrimSpace(value)) {
		t.Errorf("the JSON holds the secret (%v)", err)
	}
	quiet := b.mustRun(0, "--apply", "--json").report(t)
	if quiet.Result == nil || !quiet.Result.Proven || len(quiet.Requests) != 3 || quiet.Created.Application != "" {
		t.Errorf("second run: %+v", quiet)
	}
	b.write("environment.yaml", "environment: shop\n")
	if bad := b.mustRun(1, "--plan", "--json").report(t); bad.Error == "" || bad.Steps == nil || bad.Requests == nil {
		t.Errorf("error: %+v", bad)
	}
}

func TestAdoptAnExistingApplication(t *testing.T) {
	t.Parallel()
	b := newBed(t, "healthy")
	b.mustRun(0, "--apply")
	made := b.app()
	b.write("environment.yaml", strings.Replace(environmentFile, "shop", "second", 1)+"adopt: "+string(made.ClientID)+"\ndisplayName: Both\n")
	o := b.mustRun(2, "--plan")
	if strings.Contains(o.stdout, "POST /applications\n") || !strings.Contains(o.stdout, "PATCH /applications/"+string(made.ID)) {
		t.Errorf("the plan:\n%s", o.stdout)
	}
	b.mustRun(0, "--apply")
	after := b.app()
	if after.DisplayName != "Both" || len(after.Secrets) != 2 || !slices.Equal(after.Tags, made.Tags) {
		t.Errorf("after: %+v", after)
	}
	b.mustRun(0, "--plan")
}

func TestPolicyOfTheTenantIsExplained(t *testing.T) {
	t.Parallel()
	b := newBed(t, "secrets blocked by policy")
	o := b.mustRun(1, "--apply")
	for _, part := range []string{"forbids client secrets", "app management policies", "Request ID"} {
		if !strings.Contains(o.stderr, part) {
			t.Errorf("%q is not in: %s", part, o.stderr)
		}
	}
}

func TestFaultsOfTheNetworkAreMended(t *testing.T) {
	t.Parallel()
	post := func(path string, a sandbox.Action) sandbox.Fault {
		return sandbox.Fault{Service: "graph", Method: "POST", Path: path, Nth: 1, Action: a}
	}
	for name, fault := range map[string]sandbox.Fault{
		"the answer that carries the secret is lost":    post("/v1.0/applications", sandbox.Action{CommitThenDrop: true}),
		"the application is made and answered with 503": post("/v1.0/applications", sandbox.Action{CommitThenStatus: 503}),
		"the answer breaks off":                         post("/v1.0/applications", sandbox.Action{TruncateAt: new(100)}),
		"the answer is no JSON":                         post("/v1.0/applications", sandbox.Action{BadJSON: true}),
		"throttled":                                     post("/v1.0/applications", sandbox.Action{Status: 429, Headers: map[string]string{"Retry-After": "0.1"}}),
		"the principal is made and the answer lost":     post("/v1.0/servicePrincipals", sandbox.Action{CommitThenDrop: true}),
		"a consent is made and the answer lost":         post("/v1.0/oauth2PermissionGrants", sandbox.Action{CommitThenDrop: true}),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBed(t, "healthy")
			if err := b.box.SetFaults(fault); err != nil {
				t.Fatal(err)
			}
			o := b.mustRun(0, "--apply", "--secret-out", b.path("secret"))
			b.checkSecret(b.path("secret"), b.checkTenant())
			lost := strings.Contains(o.stdout, "was lost")
			if want := fault.Path == "/v1.0/applications" && fault.Action.Status != 429; lost != want {
				t.Errorf("a word about a lost secret: %v, want %v\n%s", lost, want, o.stdout)
			}
			b.mustRun(0, "--plan")
		})
	}
}

func TestBadInputIsRefusedBeforeAnyRequest(t *testing.T) {
	t.Parallel()
	b := newBed(t, "healthy")
	file := func(content string) []string {
		return []string{"--file", b.write(fmt.Sprintf("%x.yaml", sha256.Sum256([]byte(content))), content)}
	}
	for _, tt := range []struct {
		name string
		args []string
		says string
	}{
		{"no such file", []string{"--file", b.path("none.yaml")}, "none.yaml"},
		{"unknown key", file("environment: a\nintegratoin: b\n"), `line 2: the key "integratoin" is unknown`},
		{"unknown integration", file("environment: a\nintegration: b\n"), "choose one of frontegg, paragon"},
		{"misspelt scope", file(environmentFile + "scopes: [vso.wrok]\n"), "did you mean vso.work"},
		{"input missing", file("environment: a\nintegration: frontegg\n"), "inputs.host"},
		{"both modes", []string{"--plan", "--apply"}, "--plan"},
		{"unknown flag", []string{"--dry-run"}, "dry-run"},
		{"secret without apply", []string{"--secret-out", "x"}, "--apply"},
		{"secret into the JSON", []string{"--apply", "--json", "--secret-out", "-"}, "standard output"},
		{"client ID", []string{"--client-id", "me"}, "--client-id"},
		{"tenant", []string{"--tenant", "a b"}, "tenant"},
		{"cloud", []string{"--cloud", b.write("bad.json", "{}")}, `field "login"`},
		{"cloud file missing", []string{"--cloud", b.path("no.json")}, "--cloud"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			since := b.lastRequest()
			o := b.run(tt.args...)
			if o.code != 1 || !strings.Contains(o.stderr, tt.says) {
				t.Errorf("exit code %d, said %q, want 1 and %q", o.code, o.stderr, tt.says)
			}
			if got := b.lastRequest(); got != since {
				t.Errorf("%d requests", got-since)
			}
		})
	}
	c := b.command("--plan")
	c.Env = append(c.Env, secretVariable+"=")
	if o := b.finish(c); o.code != 1 || !strings.Contains(o.stderr, secretVariable) {
		t.Errorf("without the secret: %d, %q", o.code, o.stderr)
	}
}

func TestSignInOfAnotherTenantIsRefused(t *testing.T) {
	t.Parallel()
	b := newBed(t, "healthy")
	b.mustRun(0, "--apply")
	for _, other := range b.box.Ready().Tenants {
		if other.Scenario != "admin consent required" {
			continue
		}
		b.tenant = other
		o := b.mustRun(1, "--apply")
		if !strings.Contains(o.stderr, "another name") {
			t.Errorf("said %q", o.stderr)
		}
		return
	}
	t.Fatal("the sandbox has no second tenant")
}

func TestTheRunningSandboxIsAskedWhatItIs(t *testing.T) {
	t.Parallel()
	b := newBed(t, "healthy")
	plain := strings.TrimSuffix(b.box.Ready().Login, "login")
	got, err := askSandbox(t.Context(), plain)
	if err != nil || got != b.box.Cloud() {
		t.Errorf("got %+v, %v; want %+v", got, err, b.box.Cloud())
	}
	other := httptest.NewServer(http.NotFoundHandler())
	defer other.Close()
	for _, address := range []string{other.URL, "http://127.0.0.1:1/"} {
		if _, err := askSandbox(t.Context(), address); err == nil || !strings.Contains(err.Error(), "--cloud sandbox") {
			t.Errorf("%s: %v", address, err)
		}
	}
}
