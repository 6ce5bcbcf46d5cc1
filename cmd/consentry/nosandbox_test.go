package main

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/consentry/consentry/sandbox"
)

// productionFolder is removed after the last test; empty when none needed it.
var productionFolder string

// production builds what the image holds, once for all tests.
var production = sync.OnceValues(func() (path string, err error) {
	if productionFolder, err = os.MkdirTemp("", "consentry-production-"); err != nil {
		return "", err
	}
	path = filepath.Join(productionFolder, "consentry")
	build := exec.Command("go", "build", "-trimpath", "-tags", "nosandbox,nomsgpack", "-o", path, ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return path, fmt.Errorf("%w: %s", err, out)
	}
	return path, nil
})

func forProduction(t *testing.T) (binary string) {
	t.Helper()
	if testing.Short() {
		t.Skip("it builds the whole program")
	}
	if _, err := exec.LookPath("go"); err != nil {
		t.Skip("the go command is not here to build with")
	}
	binary, err := production()
	if err != nil {
		t.Fatal(err)
	}
	return binary
}

// TestABuildForProductionHasNoSandbox looks for it in the program text, and
// asks for it.
func TestABuildForProductionHasNoSandbox(t *testing.T) {
	t.Parallel()
	binary := forProduction(t)
	symbols, err := exec.Command("go", "tool", "nm", binary).Output()
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(symbols, []byte("github.com/consentry/consentry/handlers.")) {
		t.Fatal("the list of symbols has none of ours: it proves nothing")
	}
	for line := range strings.Lines(string(symbols)) {
		if strings.Contains(line, "github.com/consentry/consentry/sandbox") {
			t.Fatalf("a symbol of the sandbox is in it: %s", line)
		}
	}
	text, err := os.ReadFile(binary)
	if err != nil {
		t.Fatal(err)
	}
	for _, of := range []string{"Sandbox-User-1!", sandbox.ConsoleClientID, ".sandbox.invalid"} {
		if bytes.Contains(text, []byte(of)) {
			t.Errorf("%q is in it", of)
		}
	}
	for name, c := range map[string]struct {
		args []string
		says string
	}{
		"the sandbox as cloud":      {[]string{"serve", "--cloud", "sandbox"}, "without the sandbox"},
		"the sandbox as command":    {[]string{"sandbox"}, "unexpected argument sandbox"},
		"what else is for trying":   {[]string{"serve", "--gallery"}, "gallery: "},
		"a sandbox somewhere else":  {[]string{"serve", "--cloud", cloudFileNamed(t, "sandbox")}, "real tenants only"},
		"its settings, looked over": {[]string{"check-config", "--cloud", "sandbox"}, "without the sandbox"},
	} {
		out, err := exec.Command(binary, append(c.args, dataArgs(c.args, t.TempDir())...)...).CombinedOutput()
		if err == nil || !strings.Contains(string(out), c.says) {
			t.Errorf("%s: %v: %s", name, err, out)
		}
	}
}

// dataArgs are a place for data, for the commands that have one.
func dataArgs(args []string, dir string) []string {
	if args[0] == "sandbox" {
		return nil
	}
	return []string{"--data", filepath.Join(dir, "data"), "--key-file", filepath.Join(dir, "key")}
}

// cloudFileNamed is a cloud that nobody answers for.
func cloudFileNamed(t *testing.T, name string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "cloud.json")
	bases := `"login":"http://127.0.0.1:1/login","graph":"http://127.0.0.1:1/graph","devops":"http://127.0.0.1:1/devops","vssps":"http://127.0.0.1:1/vssps"`
	if err := os.WriteFile(path, []byte(`{"name":"`+name+`",`+bases+`}`), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestTheSandboxAndARealTenantNeverShareADatabaseOrASession starts a console
// on the sandbox, then one on another cloud.
func TestTheSandboxAndARealTenantNeverShareADatabaseOrASession(t *testing.T) {
	b := newBed(t, "healthy")
	s := b.serve()
	begun := s.get("/sign-in/begin", nil)
	cookies := begun.Cookies()
	if len(cookies) == 0 || begun.StatusCode != http.StatusFound && begun.StatusCode != http.StatusSeeOther {
		t.Fatalf("a sign-in begins with %d and %d cookies", begun.StatusCode, len(cookies))
	}
	to, err := begun.Location()
	if err != nil {
		t.Fatal(err)
	}
	s.stop()
	real := cloudFileNamed(t, "lab")

	refused := exec.Command(os.Args[0], "serve", "--listen", "localhost:0", "--cloud", real, "--client-id", "11111111-2222-3333-4444-555555555555", "--data", b.path("data"), "--key-file", b.path("key"))
	refused.Env = append(os.Environ(), asCommand+"=1")
	if o := b.finish(refused); o.code != 1 || !strings.Contains(o.stderr, "of another cloud") || !strings.Contains(o.stderr, "of sandbox, not of http://127.0.0.1:1/login") {
		t.Errorf("exit code %d: %s", o.code, o.stderr)
	}

	// The other way round, with the session of before.
	other := &bed{t: t, box: b.box, tenant: b.tenant, dir: t.TempDir(), cloud: real}
	s = other.serve("--client-id", "11111111-2222-3333-4444-555555555555")
	page := s.get("/sign-in/callback?code=x&state="+to.Query().Get("state"), func(r *http.Request) {
		for _, c := range cookies {
			r.AddCookie(c)
		}
	})
	if page.StatusCode < 400 {
		t.Errorf("the sandbox's sign-in goes on here: %d", page.StatusCode)
	}
	for _, path := range []string{"/sandbox", "/sandbox/", "/journal", "/faults", "/reset", "/time", "/login/common/oauth2/v2.0/authorize", "/graph/v1.0/me"} {
		if got := s.get(path, nil); got.StatusCode != http.StatusNotFound {
			t.Errorf("%s is answered %d", path, got.StatusCode)
		}
	}
	s.stop()
	other.cloud = b.cloud
	refused = exec.Command(os.Args[0], "serve", "--listen", "localhost:0", "--cloud", b.cloud, "--data", other.path("data"), "--key-file", other.path("key"))
	refused.Env = append(os.Environ(), asCommand+"=1")
	if o := b.finish(refused); o.code != 1 || !strings.Contains(o.stderr, "not of sandbox") {
		t.Errorf("exit code %d: %s", o.code, o.stderr)
	}
}
