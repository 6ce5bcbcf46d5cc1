package handlers

import (
	"net/http/httptest"
	"net/url"
	"slices"
	"testing"

	"github.com/gin-gonic/gin"

	"github.com/consentry/consentry/store"
	"github.com/consentry/consentry/trial"
	"github.com/consentry/consentry/web"
)

func TestTestingAgainKeepsWhatWasAskedFor(t *testing.T) {
	gin.SetMode(gin.TestMode)
	const tenant = "11111111-2222-3333-4444-555555555555"
	for _, tt := range []struct {
		name string
		t    trial.Trial
		path string
		want url.Values
	}{
		{"any app, its own tenant", trial.Trial{Kind: trial.UserConsent, Tenant: tenant, ClientID: "c", Scopes: []string{"a", "b"}, Organization: "contoso", Project: "Web Shop"},
			"/tests/new", url.Values{"where": {"own"}, "tenant": {tenant}, "client": {"c"}, "scopes": {"a\nb"}, "organization": {"contoso"}, "project": {"Web Shop"}, "kind": {"user"}}},
		{"an environment's app, any tenant", trial.Trial{Environment: "e", Kind: trial.AdminConsent, Tenant: "organizations", Scopes: []string{"a"}},
			"/environments/e/test", url.Values{"where": {"organizations"}, "kind": {"admin"}, "scopes": {"a"}}},
		{"an environment's app, a customer's tenant", trial.Trial{Environment: "e", Kind: trial.UserConsent, Tenant: "customer.example", Elsewhere: true, Scopes: []string{"a"}},
			"/environments/e/test", url.Values{"where": {"other"}, "tenant": {"customer.example"}, "kind": {"user"}, "scopes": {"a"}}},
		{"an environment's app, its own tenant, which is not to be typed", trial.Trial{Environment: "e", Kind: trial.UserConsent, Tenant: tenant, Scopes: []string{"a"}},
			"/environments/e/test", url.Values{"where": {"own"}, "kind": {"user"}, "scopes": {"a"}}},
	} {
		u, err := url.Parse(testAddress(tt.t))
		if err != nil {
			t.Fatal(err)
		}
		if u.Path != tt.path || u.RawQuery != tt.want.Encode() {
			t.Errorf("%s: %s, want %s?%s", tt.name, u, tt.path, tt.want.Encode())
		}
		c, _ := gin.CreateTestContext(httptest.NewRecorder())
		c.Request = httptest.NewRequest("GET", u.String(), nil)
		suggested := func(name, def string) string { return typedOrAsked(c, name, def) }
		page := &testPage{}
		page.fields(suggested, nil)
		if page.Tenant.Value != tt.want.Get("tenant") || suggested("client", "") != tt.want.Get("client") || page.Scopes.Value != tt.want.Get("scopes") || chosen(page.Where.Options) != tt.want.Get("where") || chosen(page.Kind.Options) != tt.want.Get("kind") {
			t.Errorf("%s: the form has %+v", tt.name, page)
		}
	}
}

func chosen(options []web.Option) string {
	i := slices.IndexFunc(options, func(o web.Option) bool { return o.Selected })
	if i < 0 {
		return ""
	}
	return options[i].Value
}

func TestATestIsToldByTheNameOfItsTenant(t *testing.T) {
	env := store.Environment{Tenant: "11111111-2222-3333-4444-555555555555", TenantName: "Contoso"}
	for tenant, want := range map[string]string{string(env.Tenant): "User consent in Contoso", "organizations": "User consent in any tenant", "customer.example": "User consent in customer.example"} {
		if got := trialWords(trial.Trial{Kind: trial.UserConsent, Tenant: tenant}, env); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
