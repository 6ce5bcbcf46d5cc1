package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/consentry/consentry/sandbox"
)

// printed are the settings that a bootstrap printed: flags as they stand on a
// command line, and variables.
func printed(t *testing.T, o outcome) (flags, variables []string) {
	t.Helper()
	for line := range strings.Lines(o.stdout) {
		line = strings.TrimSpace(line)
		if rest, ok := strings.CutPrefix(line, "consentry serve "); ok {
			flags = strings.Fields(rest)
		}
		if strings.HasPrefix(line, variablePrefix) {
			variables = append(variables, line)
		}
	}
	if len(flags) == 0 || len(variables) == 0 {
		t.Fatalf("no settings in\n%s", o.stdout)
	}
	return flags, variables
}

// freeAddress is an address of this machine that nobody listens on.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "localhost:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return "localhost:" + port(l)
}

// From nothing to a shared console, with every credential: the registration
// is made, the settings that were printed are taken as they are, whoever has a
// role gets in, and whoever has none does not.
func TestFromABootstrapToASharedConsole(t *testing.T) {
	for _, credential := range []string{"certificate", "secret", "federated"} {
		t.Run(credential, func(t *testing.T) {
			b := newBed(t, "healthy")
			address := freeAddress(t)
			args := []string{"--base-url", "http://" + address, "--credential", credential, "--apply"}
			if credential == "federated" {
				b.write("credential", b.platformToken("console"))
				args = append(args, "--federated-issuer", sandbox.WorkloadIssuer, "--federated-subject", "console")
			}
			flags, variables := printed(t, b.must(0, b.bootstrap("admin", args...)))
			more := []string{"--listen", address, "--data", b.path("data"), "--key-file", keyFileAt(t, b.path("key"))}

			check := exec.Command(os.Args[0], append([]string{"check-config"}, more...)...)
			check.Env = append(append(os.Environ(), asCommand+"=1"), variables...)
			b.must(0, check)

			s := b.start(append(append([]string{"serve"}, flags...), more...))
			defer s.stop()
			if s.base != "http://"+address {
				t.Fatalf("it is at %s", s.base)
			}
			if at, text, status := b.visitor().signIn(s.base, b.person("admin")); status != 200 || !strings.HasPrefix(at.String(), s.base) || !strings.Contains(text, "Sign out") {
				t.Errorf("the administrator: %d at %s: %s\n%s", status, at, text, s.errOut)
			}
			if _, text, _ := b.visitor().signIn(s.base, b.person("user")); !strings.Contains(text, "AADSTS50105") {
				t.Errorf("somebody without a role: %s", text)
			}
			b.letEverybodySignIn()
			if _, text, status := b.visitor().signIn(s.base, b.person("user")); status != http.StatusForbidden || !strings.Contains(text, "you have no role") {
				t.Errorf("somebody without a role, let through by Microsoft: %d %s", status, text)
			}
		})
	}
}

// letEverybodySignIn takes the demand for an assignment away.
func (b *bed) letEverybodySignIn() {
	b.t.Helper()
	var found struct{ Value []struct{ ID, AppID string } }
	b.read("/applications?$filter=tags/any(t:t eq 'consentry:console:main')&$select=appId", &found)
	r, err := http.NewRequestWithContext(b.t.Context(), http.MethodPatch, b.box.Ready().Graph+"/v1.0/servicePrincipals(appId='"+found.Value[0].AppID+"')",
		strings.NewReader(`{"appRoleAssignmentRequired":false}`))
	if err != nil {
		b.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+b.password("admin"))
	r.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(r)
	if err != nil || resp.StatusCode != http.StatusNoContent {
		b.t.Fatalf("%v %v", resp, err)
	}
	resp.Body.Close()
}

// platformToken is what the sandbox's platform says about a workload.
func (b *bed) platformToken(subject string) string {
	b.t.Helper()
	resp, err := http.Get(b.box.Ready().Address + "/workload-token?subject=" + subject)
	if err != nil {
		b.t.Fatal(err)
	}
	defer resp.Body.Close()
	token, err := io.ReadAll(resp.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return string(token)
}

func TestServeTakesTheIdentityThatIsNamed(t *testing.T) {
	b := newBed(t, "healthy")
	environment := []string{"AZURE_TENANT_ID=" + b.tenant.ID, "AZURE_CLIENT_ID=" + b.tenant.Automation.ClientID, "AZURE_CLIENT_SECRET=" + b.tenant.Automation.ClientSecret}
	for identity, words := range map[string][]string{
		"auto":        {"With the browser", sandbox.ConsoleClientID},
		"browser":     {"With the browser", sandbox.ConsoleClientID},
		"device-code": {"With a code", sandbox.ConsoleClientID},
		"environment": {"With the application of the environment", b.tenant.Automation.ClientID, b.tenant.ID},
	} {
		t.Run(identity, func(t *testing.T) {
			s := b.serveWith(environment, "--identity", identity)
			defer s.stop()
			body, err := io.ReadAll(s.get("/sign-in", nil).Body)
			if err != nil {
				t.Fatal(err)
			}
			for _, word := range words {
				if !strings.Contains(string(body), word) {
					t.Errorf("the sign-in page has no %q", word)
				}
			}
			if n := strings.Count(string(body), "card-title"); n > 2 {
				t.Errorf("%d ways are offered", n)
			}
		})
	}
}

// serveWith is serve with further variables.
func (b *bed) serveWith(variables []string, args ...string) *served {
	b.t.Helper()
	for _, v := range variables {
		name, value, _ := strings.Cut(v, "=")
		b.t.Setenv(name, value)
	}
	return b.serve(args...)
}

func TestIdentitiesThatServeRefuses(t *testing.T) {
	b := newBed(t, "healthy")
	client := fmt.Sprint("--client-id=", sandbox.SharedConsoleClientID)
	for name, c := range map[string]struct {
		args []string
		says string
	}{
		"the Azure CLI for others":         {[]string{"--identity", "azure-cli", "--listen", "0.0.0.0:8080"}, "others could use it as you"},
		"the Azure CLI of a shared one":    {[]string{"--sign-in", "entra", "--identity", "azure-cli", client, "--tenant", b.tenant.ID}, "identity: it goes with --sign-in local"},
		"a code in a shared one":           {[]string{"--sign-in", "entra", "--identity", "device-code", client, "--tenant", b.tenant.ID}, "identity: it goes with --sign-in local"},
		"a code through nobody's app":      {[]string{"--cloud", "public", "--identity", "device-code"}, "identity: it needs --client-id"},
		"an environment without variables": {[]string{"--cloud", "public", "--identity", "environment"}, "AZURE_TENANT_ID is not set"},
		"a machine of Azure's elsewhere":   {[]string{"--identity", "managed-identity"}, "nothing to send"},
		"an identity that is none":         {[]string{"--identity", "root"}, "identity"},
	} {
		t.Run(name, func(t *testing.T) {
			cmd := exec.Command(os.Args[0], append([]string{"serve", "--listen", "localhost:0", "--cloud", b.cloud, "--data", t.TempDir(), "--key-file", b.path("key")}, c.args...)...)
			cmd.Env = append(os.Environ(), asCommand+"=1")
			if o := b.finish(cmd); o.code != 1 || !strings.Contains(o.stderr, c.says) || strings.Contains(o.stdout, "Consentry is at") {
				t.Errorf("exit code %d: %s%s", o.code, o.stdout, o.stderr)
			}
		})
	}
}
