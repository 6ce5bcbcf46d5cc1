package sandbox

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// signInAutomation gets a token with the client credentials that the ready
// line gives.
func signInAutomation(t *testing.T, s *Sandbox, tenant ReadyTenant, scope string) string {
	t.Helper()
	form := url.Values{
		"grant_type": {"client_credentials"}, "client_id": {tenant.Automation.ClientID},
		"client_secret": {tenant.Automation.ClientSecret}, "scope": {scope},
	}
	got := send(t, s, "POST", s.Ready().TLS.Login+"/"+tenant.ID+"/oauth2/v2.0/token", form.Encode(), "Content-Type", "application/x-www-form-urlencoded")
	if got.StatusCode != http.StatusOK {
		t.Fatalf("%s: token: %d %s", tenant.Domain, got.StatusCode, got.body)
	}
	token, _ := got.json(t)["access_token"].(string)
	return token
}

func TestAutomationOfEachTenantReadsTheDirectory(t *testing.T) {
	s := start(t, Options{})
	for _, tenant := range s.Ready().Tenants {
		token := signInAutomation(t, s, tenant, "https://graph.microsoft.com/.default")
		for _, path := range []string{"/applications", "/servicePrincipals", "/oauth2PermissionGrants", "/organization", "/policies/authorizationPolicy", "/policies/defaultAppManagementPolicy"} {
			got := send(t, s, "GET", s.Ready().TLS.Graph+"/v1.0"+path, "", "Authorization", "Bearer "+token)
			if got.StatusCode != http.StatusOK {
				t.Errorf("%s: GET %s: %d %s", tenant.Domain, path, got.StatusCode, got.body)
			}
		}
	}
	last := s.Requests()[len(s.Requests())-1]
	if want := s.Ready().Tenants[len(s.Ready().Tenants)-1]; last.ClientID != want.Automation.ClientID || last.TenantID != want.ID || last.User != "" {
		t.Errorf("the journal's caller is %+v", last)
	}
}

func TestNextLinksFollowTheHostTheCallerUsed(t *testing.T) {
	s := start(t, Options{Apps: 3})
	token := signInAutomation(t, s, s.Ready().Tenants[0], "https://graph.microsoft.com/.default")
	for name, c := range map[string]struct {
		base   string
		header []string
		want   string
	}{
		"plain listener": {s.Ready().Graph, nil, s.Ready().Graph + "/v1.0/"},
		"TLS listener":   {s.Ready().TLS.Graph, nil, s.Ready().TLS.Graph + "/v1.0/"},
		"public name":    {s.Ready().Graph, []string{"X-Forwarded-Host", "graph.microsoft.com", "X-Forwarded-Proto", "https"}, "https://graph.microsoft.com/v1.0/"},
	} {
		got := send(t, s, "GET", c.base+"/v1.0/applications?$top=1", "", append(c.header, "Authorization", "Bearer "+token)...).json(t)
		for _, link := range []string{"@odata.context", "@odata.nextLink"} {
			if text, _ := got[link].(string); !strings.HasPrefix(text, c.want) {
				t.Errorf("%s: %s is %q, want it to begin with %s", name, link, text, c.want)
			}
		}
	}
}

func TestAutomationIsNoMemberOfTheOrganization(t *testing.T) {
	s := start(t, Options{})
	token := signInAutomation(t, s, s.Ready().Tenants[0], devopsAppID+"/.default")
	got := send(t, s, "GET", s.Ready().TLS.DevOps+"/contoso/_apis/projects", "", "Authorization", "Bearer "+token)
	if got.StatusCode != http.StatusUnauthorized || got.json(t)["typeKey"] != "UnauthorizedRequestException" {
		t.Errorf("%d %s", got.StatusCode, got.body)
	}
}
