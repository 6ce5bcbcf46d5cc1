package drive

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A Sandbox is the cloud in a process of its own, which outlives consoles.
type Sandbox struct {
	*Process
	tb testing.TB
	// CloudFile is what the consoles are started with.
	CloudFile string

	Login, Graph    string
	Journal, Faults string // control addresses
	Tenants         []Tenant
}

// A Tenant of the sandbox, with the accounts that live in it.
type Tenant struct {
	ID, Domain, Scenario string
	Users                []struct{ UPN, Password string }
	Automation           struct {
		ClientID     string `json:"client_id"`
		ClientSecret string `json:"client_secret"`
	}
}

// Healthy is the scenario of the tenant where everything is allowed.
const Healthy = "healthy"

// StartSandbox starts a sandbox with the given further arguments.
func StartSandbox(tb testing.TB, args ...string) *Sandbox {
	tb.Helper()
	s := &Sandbox{tb: tb, Process: Start(tb, append([]string{"sandbox", "--listen", "127.0.0.1:0"}, args...)...)}
	line := s.Line(tb, "{")
	if err := json.Unmarshal([]byte(line), s); err != nil {
		tb.Fatal(err)
	}
	s.CloudFile = filepath.Join(tb.TempDir(), "cloud.json")
	if err := os.WriteFile(s.CloudFile, []byte(line), 0o600); err != nil {
		tb.Fatal(err)
	}
	return s
}

// Tenant is the one of a scenario.
func (s *Sandbox) Tenant(scenario string) Tenant {
	s.tb.Helper()
	for _, t := range s.Tenants {
		if t.Scenario == scenario {
			return t
		}
	}
	s.tb.Fatalf("the sandbox has no scenario %q", scenario)
	return Tenant{}
}

// Account is a person of a scenario's tenant, such as "admin".
func (s *Sandbox) Account(scenario, name string) (upn, password string) {
	s.tb.Helper()
	for _, u := range s.Tenant(scenario).Users {
		if strings.HasPrefix(u.UPN, name+"@") {
			return u.UPN, u.Password
		}
	}
	s.tb.Fatalf("the sandbox has no %s in the scenario %q", name, scenario)
	return "", ""
}

// Fault puts rules in force in place of the earlier ones, and ends what those
// held; "[]" leaves none. Package sandbox describes them.
func (s *Sandbox) Fault(rules string) {
	s.tb.Helper()
	r, err := http.NewRequestWithContext(s.tb.Context(), http.MethodPut, s.Faults, strings.NewReader(rules))
	if err != nil {
		s.tb.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	if answer := s.do(r, nil); answer != http.StatusOK {
		s.tb.Fatalf("faults %s: %d", rules, answer)
	}
}

// Struck tells how many requests the rules in force have struck.
func (s *Sandbox) Struck() (n int) {
	s.tb.Helper()
	var rules []struct{ Applied int }
	s.get(s.Faults, &rules)
	for _, r := range rules {
		n += r.Applied
	}
	return n
}

// A Call is a request that the sandbox received.
type Call struct {
	Seq                   int
	Service, Method, Path string
	ClientID              string `json:"client_id"` // of the token it carried
	Outcome               string // open while it is not answered
}

// String is the call as "POST /v1.0/applications".
func (c Call) String() string { return c.Method + " " + c.Path }

// Calls are the requests received after one with the number since; 0 is all.
func (s *Sandbox) Calls(since int) (calls []Call) {
	s.tb.Helper()
	s.get(fmt.Sprintf("%s?since=%d", s.Journal, since), &calls)
	return calls
}

// Writes are those of the calls that changed the directory.
func (s *Sandbox) Writes(since int) (calls []Call) {
	s.tb.Helper()
	for _, c := range s.Calls(since) {
		if c.Service == "graph" && c.Method != http.MethodGet && !strings.Contains(c.Path, "$batch") {
			calls = append(calls, c)
		}
	}
	return calls
}

func (s *Sandbox) get(address string, out any) {
	s.tb.Helper()
	r, err := http.NewRequestWithContext(s.tb.Context(), http.MethodGet, address, nil)
	if err != nil {
		s.tb.Fatal(err)
	}
	if status := s.do(r, out); status != http.StatusOK {
		s.tb.Fatalf("%s: %d", address, status)
	}
}

// do sends a request and decodes the answer into out, unless that is nil.
func (s *Sandbox) do(r *http.Request, out any) (status int) {
	s.tb.Helper()
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		s.tb.Fatal(err)
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		s.tb.Fatal(err)
	}
	if out != nil {
		if err := json.Unmarshal(data, out); err != nil {
			s.tb.Fatalf("%s: %v in %s", r.URL, err, data)
		}
	}
	return resp.StatusCode
}

// A Directory is what Microsoft Graph says about a tenant, asked with the
// tenant's automation credentials: the tests' own eyes.
type Directory struct {
	s     *Sandbox
	token string
}

// Directory looks into a scenario's tenant.
func (s *Sandbox) Directory(scenario string) *Directory {
	s.tb.Helper()
	t := s.Tenant(scenario)
	form := url.Values{"grant_type": {"client_credentials"}, "scope": {"https://graph.microsoft.com/.default"},
		"client_id": {t.Automation.ClientID}, "client_secret": {t.Automation.ClientSecret}}
	r, err := http.NewRequestWithContext(s.tb.Context(), http.MethodPost, s.Login+"/"+t.ID+"/oauth2/v2.0/token", strings.NewReader(form.Encode()))
	if err != nil {
		s.tb.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	var answer struct {
		AccessToken string `json:"access_token"`
	}
	if status := s.do(r, &answer); status != http.StatusOK {
		s.tb.Fatalf("no token for the automation of %s: %d", t.Domain, status)
	}
	return &Directory{s, answer.AccessToken}
}

// An App is an app registration as Graph shows it.
type App struct {
	ID    string `json:"id"`
	AppID string `json:"appId"`
	Web   struct {
		RedirectURIs []string `json:"redirectUris"`
	} `json:"web"`
	Secrets []Secret `json:"passwordCredentials"`
}

// A Secret of an app registration; Graph never shows its value again.
type Secret struct {
	KeyID string    `json:"keyId"`
	Name  string    `json:"displayName"`
	End   time.Time `json:"endDateTime"`
}

// Apps are the app registrations that carry an environment's marker.
func (d *Directory) Apps(environment string) []App {
	d.s.tb.Helper()
	return list[App](d, "/applications", "tags/any(t:t eq 'consentry:environment:"+environment+"')")
}

// Principals are an app's service principals, by object ID.
func (d *Directory) Principals(appID string) (ids []string) {
	d.s.tb.Helper()
	for _, p := range list[struct{ ID string }](d, "/servicePrincipals", "appId eq '"+appID+"'") {
		ids = append(ids, p.ID)
	}
	return ids
}

// A Grant is a consent.
type Grant struct {
	ClientID, ResourceID, ConsentType, Scope string
}

// Grants are the consents that a service principal was given.
func (d *Directory) Grants(principal string) []Grant {
	d.s.tb.Helper()
	return list[Grant](d, "/oauth2PermissionGrants", "clientId eq '"+principal+"'")
}

// Ours are the secrets that the console made for an environment and that have
// not expired.
func (a App) Ours(environment string) (ours []Secret) {
	for _, s := range a.Secrets {
		if strings.Contains(s.Name, "[consentry "+environment+" ") && s.End.After(time.Now()) {
			ours = append(ours, s)
		}
	}
	return ours
}

// list asks for all objects that a filter finds.
func list[T any](d *Directory, path, filter string) []T {
	d.s.tb.Helper()
	r, err := http.NewRequestWithContext(d.s.tb.Context(), http.MethodGet, d.s.Graph+"/v1.0"+path+"?$filter="+url.QueryEscape(filter), nil)
	if err != nil {
		d.s.tb.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+d.token)
	var answer struct{ Value []T }
	if status := d.s.do(r, &answer); status != http.StatusOK {
		d.s.tb.Fatalf("%s: %d", path, status)
	}
	return answer.Value
}
