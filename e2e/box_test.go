package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The sandbox's scenarios.
const (
	healthy           = "healthy"
	adminConsent      = "admin consent required"
	consentOff        = "user consent off"
	otherTenantsOrg   = "organization of another tenant"
	secretsBlocked    = "secrets blocked by policy"
	lifetimePolicy    = "lifetime policy"
	replicationDelay  = "replication delay"
	scopeMismatch     = "scope mismatch"
	appDisabled       = "app disabled"
	conditionalAccess = "conditional access"
)

// A box is a sandbox cloud in a process of its own, which outlives consoles.
type box struct {
	*process
	Login, Graph, DevOps, VSSPS, Journal, Faults string
	Tenants                                      []boxTenant
	file                                         string // the ready line, for --cloud
}

type boxTenant struct {
	ID, Domain, Scenario string
	Users                []struct{ UPN, Password string }
	Automation           struct {
		ClientID     string `json:"client_id"`
		ClientSecret string `json:"client_secret"`
	}
	Connection connection
}

// A connection is what an integration of a tenant was set up with.
type connection struct {
	Integration           string
	ClientID              string `json:"client_id"`
	ClientSecret          string `json:"client_secret"`
	Scopes                []string
	Organization, Project string
}

func startBox(t *testing.T) *box {
	t.Helper()
	needBrowser(t)
	b := &box{process: start(t, binary, "sandbox", "--listen", "127.0.0.1:0")}
	line := b.line(t, "{")
	if err := json.Unmarshal([]byte(line), b); err != nil {
		t.Fatal(err)
	}
	b.file = filepath.Join(t.TempDir(), "cloud.json")
	if err := os.WriteFile(b.file, []byte(line), 0o600); err != nil {
		t.Fatal(err)
	}
	return b
}

// tenantOf finds the tenant of a scenario.
func (b *box) tenantOf(t *testing.T, scenario string) boxTenant {
	t.Helper()
	for _, tenant := range b.Tenants {
		if tenant.Scenario == scenario {
			return tenant
		}
	}
	t.Fatalf("the sandbox has no scenario %q", scenario)
	return boxTenant{}
}

// account gives a person of a scenario's tenant.
func (b *box) account(t *testing.T, scenario, name string) (upn, password string) {
	t.Helper()
	for _, u := range b.tenantOf(t, scenario).Users {
		if strings.HasPrefix(u.UPN, name+"@") {
			return u.UPN, u.Password
		}
	}
	t.Fatalf("the sandbox has no %s in the scenario %q", name, scenario)
	return "", ""
}

// fault puts rules in force in place of the earlier ones; "[]" ends them.
func (b *box) fault(t *testing.T, rules string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPut, b.Faults, strings.NewReader(rules))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode >= 300 {
		t.Fatalf("faults %s: %s", rules, resp.Status)
	}
}

// struck tells how many requests the faults in force have struck.
func (b *box) struck(t *testing.T) (n int) {
	t.Helper()
	resp, err := http.Get(b.Faults)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var rules []struct{ Applied int }
	if err := json.NewDecoder(resp.Body).Decode(&rules); err != nil {
		t.Fatal(err)
	}
	for _, r := range rules {
		n += r.Applied
	}
	return n
}

// requests are what Graph was asked since a number, as "GET /v1.0/me".
func (b *box) requests(t *testing.T, since int) (asked []string, last int) {
	t.Helper()
	resp, err := http.Get(fmt.Sprintf("%s?service=graph&since=%d", b.Journal, since))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var entries []struct {
		Seq          int
		Method, Path string
	}
	if err := json.NewDecoder(resp.Body).Decode(&entries); err != nil {
		t.Fatal(err)
	}
	last = since
	for _, e := range entries {
		asked, last = append(asked, e.Method+" "+e.Path), e.Seq
	}
	return asked, last
}

// A console is a consentry in a process of its own.
type console struct {
	*process
	base string // its address
	data string // a folder that outlives it
	box  *box
}

// console starts a console with a database of its own.
func (b *box) console(t *testing.T, flags ...string) *console {
	t.Helper()
	return b.consoleAt(t, t.TempDir(), "localhost:0", flags...)
}

// again starts one at the same address on the same database, after c ended.
func (c *console) again(t *testing.T) *console {
	t.Helper()
	return c.box.consoleAt(t, c.data, strings.TrimPrefix(c.base, "http://"))
}

func (b *box) consoleAt(t *testing.T, data, listen string, flags ...string) *console {
	t.Helper()
	args := append([]string{"serve", "--listen", listen, "--cloud", b.file,
		"--data", filepath.Join(data, "data"), "--key-file", filepath.Join(data, "key")}, flags...)
	p := start(t, binary, args...)
	return &console{process: p, base: strings.TrimPrefix(p.line(t, "Consentry is at "), "Consentry is at "), data: data, box: b}
}
