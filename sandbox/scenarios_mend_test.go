package sandbox

import (
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
)

// adminConsent opens the page on which an administrator consents for the
// tenant to what the integration asks for.
func (c *connecting) adminConsent(name string) sight {
	c.Helper()
	page := c.visitor().open(c.base + "/" + c.tenant.ID + "/v2.0/adminconsent?" + url.Values{
		"client_id": {c.ClientID}, "redirect_uri": {c.RedirectURIs[0]}, "state": {"a state/1"}, "scope": {strings.Join(c.Scopes, " ")},
	}.Encode())
	if page.html.Find("input[name=loginfmt]").Length() == 0 {
		return page
	}
	return c.signIn(page, name)
}

// graph calls Microsoft Graph as a person of the tenant.
func (c *connecting) graph(name, method, path, body string) response {
	c.Helper()
	token := tokenFor(c.T, c.s, name+"@"+c.tenant.Domain, strings.Join(allScopes, " "), func(a *accessClaims) { a.Audience = graphAppID })
	return send(c.T, c.s, method, c.s.Ready().Graph+"/v1.0"+path, body, "Authorization", "Bearer "+token, "Content-Type", "application/json")
}

//parity:real login GET /{tenant}/v2.0/adminconsent
func TestAnAdministratorConsentsAndThePeopleAreNotAskedAnyMore(t *testing.T) {
	for _, scenario := range []string{"admin consent required", "user consent off", "unverified publisher"} {
		t.Run(scenario, func(t *testing.T) {
			s, l := scenarios(t)
			c := l.connecting(s, scenario)
			if got := codeIn(c.adminConsent("user").shows("Need admin approval").text()); got != 90093 {
				t.Errorf("somebody who is no administrator: AADSTS%d", got)
			}
			page := c.adminConsent("admin").shows("Permissions requested for your organization")
			if !strings.Contains(page.text(), "unverified") {
				t.Errorf("nothing says that the publisher is not verified: %s", page.text())
			}
			if q := page.press("Accept").answer(); q.Get("admin_consent") != "True" || q.Get("tenant") != c.tenant.ID || q.Get("error") != "" {
				t.Fatalf("answer %v", q)
			}
			if got, want := c.connect("user"), (ending{place: connected, status: 200}); got != want {
				t.Errorf("afterwards %+v, want %+v", got, want)
			}
		})
	}
}

func TestAdminConsentDoesNotReplaceTheAssignment(t *testing.T) {
	s, l := scenarios(t)
	c := l.connecting(s, "assignment required")
	c.adminConsent("admin").shows("Permissions requested for your organization").press("Accept").answer()
	if got, want := c.connect("user"), (ending{place: atPage, code: 50105, status: 400}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}

func TestASingleTenantAppWorksInItsOwnTenantOnly(t *testing.T) {
	s, l := scenarios(t)
	c := l.connecting(s, "single-tenant app")
	c.Tenant = c.tenant.ID
	if got := c.connect("user"); got.place != connected {
		t.Errorf("at its own tenant: %+v", got)
	}
	customer := l.connecting(s, "single-tenant app")
	customer.Tenant = l.tenant("contoso").ID
	if got, want := customer.connect("user"), (ending{place: atPage, code: 700016, status: 400}); got != want {
		t.Errorf("at a customer's: %+v, want %+v", got, want)
	}
}

func TestAnExpiringSecretExpires(t *testing.T) {
	s, l := scenarios(t)
	l.clock = l.clock.AddDate(0, 0, 6)
	if got, want := l.connecting(s, "expiring secret").connect("user"), (ending{place: atToken, code: 7000222, error: invalidClient, status: 401}); got != want {
		t.Errorf("six days later: %+v, want %+v", got, want)
	}
}

func TestWithDefaultAScopeMismatchShowsAtTheCallOnly(t *testing.T) {
	s, l := scenarios(t)
	c := l.connecting(s, "scope mismatch")
	c.Scopes = []string{devopsAppID + "/.default"}
	page := c.signIn(c.pages.open(c.authorizeAt(c.Tenant)), "user")
	answer := c.redeem(page.code()).ok()
	if got := answer.claims().Scopes; got != "vso.work" {
		t.Errorf("scp %q: what the registration lists", got)
	}
	got := send(t, s, "POST", s.Ready().DevOps+"/"+c.Organization+"/"+url.PathEscape(c.Project)+"/_apis/wit/workitems/$Task?api-version=7.1",
		`[{"op":"add","path":"/fields/System.Title","value":"Paint the ducks"}]`,
		"Authorization", "Bearer "+answer.string("access_token"), "Content-Type", "application/json-patch+json")
	if got.StatusCode != 401 || got.json(t)["typeKey"] != "UnauthorizedRequestException" {
		t.Errorf("writing without the scope for it: %d %s", got.StatusCode, got.body)
	}
}

func TestADisabledAppIsRefusedEverywhere(t *testing.T) {
	s, l := scenarios(t)
	c := l.connecting(s, "app disabled")
	l.token(c.tenant.ID, url.Values{
		"grant_type": {"client_credentials"}, "client_id": {c.ClientID}, "client_secret": {c.ClientSecret}, "scope": {devopsAppID + "/.default"},
	}).refused(7000112, unauthorizedClient, 400)
	page := c.adminConsent("admin")
	if got, _ := c.endsAt(page); got.place != atPage || got.code != 7000112 {
		t.Errorf("admin consent: %+v", got)
	}
}

// The seeded policies hold for people who may do anything else.
//
//parity:real graph POST /v1.0/applications/{id}/addPassword
func TestPoliciesOnSecretsHoldForAdministrators(t *testing.T) {
	s, l := scenarios(t)
	for _, c := range []struct {
		scenario string
		days     int
		refusal  string // "" when the secret is made
	}{
		{"healthy", 730, ""},
		{"secrets blocked by policy", 30, "CredentialTypeNotAllowedAsPerAppPolicy"},
		{"lifetime policy", 180, "CredentialInvalidLifetimeAsPerAppPolicy"},
		{"lifetime policy", 90, ""},
	} {
		tenant := l.connecting(s, c.scenario)
		end := l.clock.AddDate(0, 0, c.days).Format(time.RFC3339)
		got := tenant.graph("admin", "POST", "/applications(appId='"+tenant.ClientID+"')/addPassword", `{"passwordCredential":{"endDateTime":"`+end+`"}}`).json(t)
		fault, _ := got["error"].(map[string]any)
		if code, _ := fault["code"].(string); code != c.refusal || (got["secretText"] == nil) != (c.refusal != "") {
			t.Errorf("%s, %d days: %v, want %q", c.scenario, c.days, got, c.refusal)
		}
	}
}

//parity:real graph POST /v1.0/servicePrincipals
func TestAnAdministratorAddsTheMissingPrincipalOfAzureDevOps(t *testing.T) {
	s, l := scenarios(t)
	c := l.connecting(s, "Azure DevOps principal missing")
	if got, _ := c.endsAt(c.adminConsent("admin")); got.place != atRedirect || got.code != 650052 {
		t.Errorf("admin consent before: %+v", got)
	}
	if got := c.graph("admin", "POST", "/servicePrincipals", `{"appId":"`+devopsAppID+`"}`); got.StatusCode != 201 {
		t.Fatalf("%d %s", got.StatusCode, got.body)
	}
	if got, want := l.connecting(s, "Azure DevOps principal missing").connect("user"), (ending{place: connected, status: 200, asked: true}); got != want {
		t.Errorf("afterwards %+v, want %+v", got, want)
	}
}

// The maker's own people never meet what its customers do.
func TestTheUnverifiedPublishersAppIsTheHealthyOne(t *testing.T) {
	s, l := scenarios(t)
	maker, customer := l.connecting(s, "healthy"), l.connecting(s, "unverified publisher")
	if maker.ClientID != customer.ClientID || maker.ClientSecret != customer.ClientSecret || !slices.Equal(maker.RedirectURIs, customer.RedirectURIs) {
		t.Errorf("maker %+v, customer %+v", maker.ReadyConnection, customer.ReadyConnection)
	}
	if maker.Organization == customer.Organization || maker.tenant.ID == customer.tenant.ID {
		t.Errorf("maker %+v, customer %+v", maker.ReadyConnection, customer.ReadyConnection)
	}
}
