package entra

import (
	"strings"
	"testing"
)

// sandboxLine is what "consentry sandbox" prints when it is ready, shortened.
const sandboxLine = `{"name":"sandbox","login":"http://127.0.0.1:18080/login","graph":"http://127.0.0.1:18080/graph","devops":"http://127.0.0.1:18080/devops","vssps":"http://127.0.0.1:18080/vssps",
"tls":{"login":"https://localhost:4441","graph":"https://localhost:4442","devops":"https://localhost:4443/","vssps":"https://localhost:4444","ca_file":"/ca.pem"},
"journal":"http://127.0.0.1:18080/journal","tenants":[{"id":"1"}]}`

func TestParseCloud(t *testing.T) {
	plain := `{"login":"https://login.example","graph":"https://graph.example","devops":"https://devops.example","vssps":"https://vssps.example"}`
	tests := []struct {
		name, file string
		want       Cloud
	}{
		{"the sandbox's own line: https for us, plain http for the browser", sandboxLine, Cloud{
			Name: "sandbox", Authorize: "http://127.0.0.1:18080/login", Login: "https://localhost:4441", Graph: "https://localhost:4442",
			DevOps: "https://localhost:4443", VSSPS: "https://localhost:4444", VSSPSOrganizations: "https://localhost:4444", CAFile: "/ca.pem"}},
		{"the four bases alone", plain, Cloud{
			Name: "custom", Authorize: "https://login.example", Login: "https://login.example", Graph: "https://graph.example",
			DevOps: "https://devops.example", VSSPS: "https://vssps.example", VSSPSOrganizations: "https://vssps.example"}},
		{"the public profile host stands for two", strings.Replace(plain, "https://vssps.example", Public().VSSPS, 1), Cloud{
			Name: "custom", Authorize: "https://login.example", Login: "https://login.example", Graph: "https://graph.example",
			DevOps: "https://devops.example", VSSPS: Public().VSSPS, VSSPSOrganizations: Public().VSSPSOrganizations}},
		{"an authority named beside the https bases", strings.Replace(strings.Replace(sandboxLine, `,"ca_file":"/ca.pem"`, "", 1), `"journal"`, `"ca_file":"/outer.pem","journal"`, 1), Cloud{
			Name: "sandbox", Authorize: "http://127.0.0.1:18080/login", Login: "https://localhost:4441", Graph: "https://localhost:4442",
			DevOps: "https://localhost:4443", VSSPS: "https://localhost:4444", VSSPSOrganizations: "https://localhost:4444", CAFile: "/outer.pem"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.want.Portal = Public().Portal
			if got, err := ParseCloud([]byte(tt.file)); got != tt.want || err != nil {
				t.Errorf("got  %+v, %v\nwant %+v", got, err, tt.want)
			}
		})
	}
}

func TestParseCloudNamesTheFieldThatIsWrong(t *testing.T) {
	tests := []struct{ name, old, new, field string }{
		{"a base is missing", `"login":"http://127.0.0.1:18080/login",`, "", `"login"`},
		{"plain http to another machine", "http://127.0.0.1:18080/login", "http://login.example", `"login"`},
		{"an https base is missing", `"graph":"https://localhost:4442",`, "", `"tls.graph"`},
		{"credentials in a base", "https://localhost:4443/", "https://me@localhost:4443/", `"tls.devops"`},
		{"a query in a base", "https://localhost:4444", "https://localhost:4444?x", `"tls.vssps"`},
		{"an empty fragment in a base", "http://127.0.0.1:18080/login", "http://127.0.0.1:18080/login#", `"login"`},
		{"an empty query in a base", "https://localhost:4444", "https://localhost:4444?", `"tls.vssps"`},
		{"no host", "https://localhost:4444", "https:///x", `"tls.vssps"`},
		{"another scheme", "https://localhost:4444", "ftp://localhost", `"tls.vssps"`},
		{"a name that is Microsoft's", `"name":"sandbox"`, `"name":"public"`, `"name"`},
		{"not JSON", sandboxLine, "login: x", "JSON"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, err := ParseCloud([]byte(strings.Replace(sandboxLine, tt.old, tt.new, 1)))
			if err == nil || !strings.Contains(err.Error(), tt.field) || c != (Cloud{}) {
				t.Errorf("got %+v, %v; want a refusal naming %s", c, err, tt.field)
			}
		})
	}
}

func TestEndpoints(t *testing.T) {
	c := Public()
	for got, want := range map[string]string{
		c.AuthorizeURL("organizations"): "https://login.microsoftonline.com/organizations/oauth2/v2.0/authorize",
		c.TokenURL("contoso.example"):   "https://login.microsoftonline.com/contoso.example/oauth2/v2.0/token",
		c.AdminConsentURL("a/../b?c#d"): "https://login.microsoftonline.com/a%2F..%2Fb%3Fc%23d/v2.0/adminconsent",
	} {
		if got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	if c.IsSandbox() || !(Cloud{Name: "sandbox"}).IsSandbox() {
		t.Error("which cloud is the sandbox is told wrong")
	}
}

func FuzzParseCloud(f *testing.F) {
	f.Add([]byte(sandboxLine))
	f.Add([]byte(`{"login":"https://[::1"}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := ParseCloud(data)
		if err != nil {
			return
		}
		for _, base := range []string{c.Authorize, c.Login, c.Graph, c.DevOps, c.VSSPS, c.VSSPSOrganizations} {
			if !strings.HasPrefix(base, "https://") && !strings.HasPrefix(base, "http://") || strings.ContainsAny(base, "?#@") {
				t.Errorf("%q gives the base %q", data, base)
			}
		}
	})
}
