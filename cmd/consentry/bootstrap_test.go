package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/consentry/consentry/bootstrap"
	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/handlers"
	"github.com/consentry/consentry/sandbox"
)

// azureCLIClient is what the Azure CLI signs people in with.
const azureCLIClient = "04b07795-8ddb-461a-bbee-02f9e1bf7b46"

// password is a person's access token by way of Microsoft's own command line.
func (b *bed) password(name string) string {
	b.t.Helper()
	user := b.person(name)
	resp, err := http.PostForm(b.box.Ready().Login+"/"+b.tenant.ID+"/oauth2/v2.0/token", url.Values{
		"grant_type": {"password"}, "client_id": {azureCLIClient}, "scope": {"https://graph.microsoft.com/.default"},
		"username": {user.UserPrincipalName}, "password": {user.Password},
	})
	if err != nil {
		b.t.Fatal(err)
	}
	defer resp.Body.Close()
	var answer struct {
		Token string `json:"access_token"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil || answer.Token == "" {
		b.t.Fatalf("no token for %s: %d %v", name, resp.StatusCode, err)
	}
	return answer.Token
}

func (b *bed) person(name string) sandbox.ReadyUser {
	b.t.Helper()
	for _, u := range b.tenant.Users {
		if strings.HasPrefix(u.UserPrincipalName, name+"@") {
			return u
		}
	}
	b.t.Fatalf("nobody is called %s", name)
	return sandbox.ReadyUser{}
}

// az is a stand-in for the Azure CLI that a person has signed in to.
func (b *bed) az(name string) (path string) {
	b.t.Helper()
	if runtime.GOOS == "windows" {
		b.t.Skip("the stand-in for the Azure CLI is a shell script")
	}
	dir := b.t.TempDir()
	script := fmt.Sprintf("#!/bin/sh\necho '{\"accessToken\":\"%s\",\"expires_on\":%d}'\n", b.password(name), time.Now().Add(time.Hour).Unix())
	if err := os.WriteFile(filepath.Join(dir, "az"), []byte(script), 0o700); err != nil {
		b.t.Fatal(err)
	}
	return dir + string(os.PathListSeparator) + os.Getenv("PATH")
}

// bootstrap is "consentry bootstrap" by somebody who ran az login.
func (b *bed) bootstrap(who string, args ...string) *exec.Cmd {
	c := exec.Command(os.Args[0], append([]string{"bootstrap", "--cloud", b.cloud, "--tenant", b.tenant.ID, "--base-url", "http://localhost:8080", "--credential-file", b.path("credential")}, args...)...)
	c.Env = append(os.Environ(), asCommand+"=1", "PATH="+b.az(who))
	return c
}

// must insists on an exit code.
func (b *bed) must(code int, c *exec.Cmd) outcome {
	b.t.Helper()
	o := b.finish(c)
	if o.code != code {
		b.t.Fatalf("%v: exit code %d, want %d\n%s%s", c.Args[1:], o.code, code, o.stdout, o.stderr)
	}
	return o
}

func (o outcome) wants(t *testing.T, words ...string) {
	t.Helper()
	for _, word := range words {
		if !strings.Contains(o.stdout, word) {
			t.Errorf("standard output has no %q:\n%s", word, o.stdout)
		}
	}
}

func TestTheConsolesRegistrationIsPlannedMadeAndLeftAlone(t *testing.T) {
	b := newBed(t, "healthy")
	o := b.must(2, b.bootstrap("admin", "--plan"))
	o.wants(t, "Create the app registration", "app roles: viewer, support, admin", "http://localhost:8080/sign-in/callback", "Give Ada Admin the role admin",
		"PATCH /applications(uniqueName='consentry-console-main')", "will be made in "+b.path("credential"))
	if !strings.HasPrefix(o.stderr, "Acting as admin@contoso.sandbox.invalid (Ada Admin) in the tenant "+b.tenant.ID+", through Microsoft Azure CLI, client ID "+azureCLIClient) {
		t.Errorf("standard error: %s", o.stderr)
	}
	if _, err := os.Stat(b.path("credential")); err == nil {
		t.Error("a plan made the credential")
	}

	o = b.must(0, b.bootstrap("admin", "--apply"))
	o.wants(t, "done  Create the app registration", "--client-certificate-file "+b.path("credential"), "CONSENTRY_SIGN_IN=entra", "--allow-tenant "+b.tenant.ID)
	info, err := os.Stat(b.path("credential"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("the credential's file: %v, %v", info, err)
	}
	key, err := os.ReadFile(b.path("credential"))
	if err != nil {
		t.Fatal(err)
	}
	if body := pemBody(t, string(key)); strings.Contains(o.stdout+o.stderr, body) {
		t.Error("the private key was printed")
	}

	again := b.must(0, b.bootstrap("admin", "--apply"))
	again.wants(t, "Nothing to change.", "CONSENTRY_CLIENT_ID=")
	b.must(0, b.bootstrap("admin")).wants(t, "Nothing to change.")
	if same, err := os.ReadFile(b.path("credential")); err != nil || string(same) != string(key) {
		t.Error("the key changed")
	}
}

// pemBody is the first line of the private key's text.
func pemBody(t *testing.T, content string) string {
	t.Helper()
	_, rest, found := strings.Cut(content, "BEGIN PRIVATE KEY-----\n")
	if !found {
		t.Fatal("no private key")
	}
	line, _, _ := strings.Cut(rest, "\n")
	return line
}

func TestASecretGoesIntoItsFileAndNowhereElse(t *testing.T) {
	b := newBed(t, "healthy")
	o := b.must(0, b.bootstrap("admin", "--apply", "--credential", "secret", "--name", "prod-2", "--multitenant", "--consent", "none"))
	secret, err := os.ReadFile(b.path("credential"))
	if err != nil || len(secret) < 20 {
		t.Fatalf("%q, %v", secret, err)
	}
	if strings.Contains(o.stdout+o.stderr, strings.TrimSpace(string(secret))) {
		t.Error("the secret was printed")
	}
	o.wants(t, "--tenant organizations", "People of another tenant", "--client-secret-file "+b.path("credential"))
	b.must(0, b.bootstrap("admin", "--apply", "--credential", "secret", "--name", "prod-2", "--multitenant", "--consent", "none")).wants(t, "Nothing to change.")

	b.write("credential", "zzz8Q~somebody-elses-secret")
	if o := b.finish(b.bootstrap("admin", "--credential", "secret", "--name", "prod-2", "--multitenant")); o.code != 1 || !strings.Contains(o.stderr, "Move the file away") || strings.Contains(o.stderr, "somebody-elses") {
		t.Errorf("%d %s", o.code, o.stderr)
	}
}

func TestAKilledBootstrapIsGoneOnWith(t *testing.T) {
	b := newBed(t, "healthy")
	b.faults(`[{"service":"graph","method":"POST","path":"/v1.0/applications/*/addPassword","nth":1,"action":{"hold":"after"}}]`)
	c := b.bootstrap("admin", "--apply", "--credential", "secret")
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	b.heldAt(c, "/addPassword")
	if err := c.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = c.Wait() // killed
	b.faults(`[]`)
	if text, err := os.ReadFile(b.path("credential")); err != nil || !strings.HasPrefix(string(text), reserved) {
		t.Fatalf("the file after the kill: %q, %v", text, err)
	}
	b.must(0, b.bootstrap("admin", "--apply", "--credential", "secret"))
	secret, err := os.ReadFile(b.path("credential"))
	if err != nil {
		t.Fatal(err)
	}
	var app struct {
		Value []struct {
			PasswordCredentials []struct{ Hint string }
		}
	}
	b.read("/applications?$filter=tags/any(t:t eq 'consentry:console:main')&$select=passwordCredentials", &app)
	if len(app.Value) != 1 || len(app.Value[0].PasswordCredentials) != 1 || app.Value[0].PasswordCredentials[0].Hint != string(secret[:3]) {
		t.Errorf("apps and secrets %+v, the file begins with %q", app.Value, secret[:3])
	}
}

// heldAt waits until a request is at the sandbox.
func (b *bed) heldAt(c *exec.Cmd, path string) {
	b.t.Helper()
	for range 600 {
		if slices.ContainsFunc(b.box.Requests(), func(r sandbox.Request) bool { return strings.HasSuffix(r.Path, path) }) {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	b.t.Fatalf("%v never asked for %s", c.Args, path)
}

func (b *bed) faults(rules string) {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), http.MethodPut, b.box.Ready().Faults, strings.NewReader(rules))
	if err != nil {
		b.t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil || resp.StatusCode >= 300 {
		b.t.Fatalf("faults: %v %v", resp, err)
	}
	resp.Body.Close()
}

// read asks the directory as its administrator.
func (b *bed) read(path string, into any) {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), http.MethodGet, b.box.Ready().Graph+"/v1.0"+strings.ReplaceAll(path, " ", "%20"), nil)
	if err != nil {
		b.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+b.password("admin"))
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer resp.Body.Close()
	if err := json.NewDecoder(resp.Body).Decode(into); err != nil || resp.StatusCode != http.StatusOK {
		b.t.Fatalf("%s: %d %v", path, resp.StatusCode, err)
	}
}

func TestWhatTheIdentityMayNotDoIsLeftToOthers(t *testing.T) {
	b := newBed(t, "healthy")
	o := b.must(1, b.bootstrap("developer", "--apply"))
	for _, word := range []string{"Who can: an Application Administrator", "until somebody has a role, Microsoft lets nobody sign in", "role admin in the Microsoft Entra admin center under Enterprise applications, Consentry"} {
		if !strings.Contains(o.stderr, word) {
			t.Errorf("standard error has no %q:\n%s", word, o.stderr)
		}
	}
	if strings.Contains(o.stdout, "waiting until the directory shows it") {
		t.Errorf("what was refused is waited for:\n%s", o.stdout)
	}
	o.wants(t, "CONSENTRY_CLIENT_ID=")
	b.must(0, b.bootstrap("admin", "--apply", "--admin", b.person("developer").UserPrincipalName)).wants(t, "done  Give Dev Developer the role admin")
}

func TestAnApplicationRunsABootstrap(t *testing.T) {
	b := newBed(t, "healthy")
	c := exec.Command(os.Args[0], "bootstrap", "--cloud", b.cloud, "--base-url", "http://localhost:8080", "--identity", "environment", "--credential", "federated",
		"--federated-issuer", sandbox.WorkloadIssuer, "--federated-subject", "console", "--apply")
	c.Env = append(os.Environ(), asCommand+"=1", "AZURE_TENANT_ID="+b.tenant.ID, "AZURE_CLIENT_ID="+b.tenant.Automation.ClientID, "AZURE_CLIENT_SECRET="+b.tenant.Automation.ClientSecret)
	o := b.must(0, c)
	o.wants(t, "Nobody gets the role admin: an application runs this.", "--client-federated-token-file "+platformToken)
	if !strings.Contains(o.stderr, "Acting as the application Automation in the tenant "+b.tenant.ID) {
		t.Errorf("standard error: %s", o.stderr)
	}
}

func TestAPersonWithACodeRunsABootstrap(t *testing.T) {
	b := newBed(t, "healthy")
	c := exec.Command(os.Args[0], "bootstrap", "--cloud", b.cloud, "--tenant", b.tenant.ID, "--base-url", "http://localhost:8080", "--identity", "device-code", "--client-id", azureCLIClient,
		"--credential-file", b.path("credential"))
	c.Env = append(os.Environ(), asCommand+"=1")
	stderr, err := c.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	told := make([]byte, 4096)
	n, err := stderr.Read(told)
	if err != nil {
		t.Fatal(err)
	}
	m := regexp.MustCompile(`Open (\S+) in a browser and type the code (\S+)\. The page there must name the app with the client ID ` + azureCLIClient).FindSubmatch(told[:n])
	if m == nil {
		t.Fatalf("told: %s", told[:n])
	}
	b.typeCode(string(m[1]), string(m[2]), b.person("admin"))
	if err := c.Wait(); c.ProcessState.ExitCode() != 2 { // a plan, with something to do
		t.Errorf("ended with %v", err)
	}
}

func TestBootstrapsThatAreRefused(t *testing.T) {
	b := newBed(t, "healthy")
	for name, c := range map[string]struct {
		args []string
		word string
	}{
		"address in clear":         {[]string{"--base-url", "http://console.example.com"}, "--base-url"},
		"address with a path":      {[]string{"--base-url", "https://console.example.com/x"}, "--base-url"},
		"no address":               {[]string{"--base-url", "console"}, "--base-url"},
		"a name that is none":      {[]string{"--name", "My console"}, "--name"},
		"a very long life":         {[]string{"--credential-days", "900"}, "--credential-days"},
		"an issuer and a secret":   {[]string{"--federated-issuer", "https://x.example.com"}, "--credential federated"},
		"no issuer":                {[]string{"--credential", "federated"}, "issuer is missing"},
		"nobody by that name":      {[]string{"--admin", "nobody@contoso.sandbox.invalid"}, "--admin: nobody in the tenant"},
		"another tenant":           {[]string{"--tenant", "11111111-2222-3333-4444-555555555555"}, "not 11111111-2222-3333-4444-555555555555"},
		"a code without a client":  {[]string{"--identity", "device-code"}, "--client-id"},
		"an application alone":     {[]string{"--identity", "application"}, "--client-id"},
		"a machine of Azure's own": {[]string{"--identity", "managed-identity"}, "nothing to send"},
	} {
		t.Run(name, func(t *testing.T) {
			if o := b.finish(b.bootstrap("admin", c.args...)); o.code != 1 || !strings.Contains(o.stderr, c.word) {
				t.Errorf("%d, want a word about %q:\n%s%s", o.code, c.word, o.stdout, o.stderr)
			}
		})
	}
}

// The roles that a bootstrap makes are those that the console knows, and the
// permissions those that it asks for.
func TestABootstrapMakesWhatTheConsoleReads(t *testing.T) {
	for _, r := range bootstrap.Roles {
		if _, err := handlers.ParseRole(r.Value); err != nil || !entra.IsGUID(r.ID) {
			t.Errorf("role %+v: %v", r, err)
		}
	}
	if len(bootstrap.Roles) != int(handlers.Admin) {
		t.Errorf("%d roles", len(bootstrap.Roles))
	}
	for upTo, n := range map[string]int{"sign-in": 3, "read": 7, "write": 8, "consent": 9} {
		if names, ok := handlers.GraphPermissions(upTo); !ok || len(names) != n {
			t.Errorf("%s: %q", upTo, names)
		}
	}
	if _, ok := handlers.GraphPermissions("everything"); ok {
		t.Error("everything is a level")
	}
}
