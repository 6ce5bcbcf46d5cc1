package main

import (
	"net/http"
	"strings"
	"testing"
)

// A trouble is something wrong with a set-up that works otherwise, and what
// the customer's page says then.
type trouble struct {
	name        string
	integration string
	change      func(*testing.T, setUp) setUp
	client      func(*testing.T, tenant, registration) credentials // nil: the registration's own
	says        []string
}

func setting(label, value string) func(*testing.T, setUp) setUp {
	return func(t *testing.T, s setUp) setUp { return s.with(t, label, value) }
}

func secretID(_ *testing.T, _ tenant, r registration) credentials {
	return credentials{r.ClientID, r.SecretID}
}

func wrongSecret(_ *testing.T, _ tenant, r registration) credentials {
	return credentials{r.ClientID, r.ClientSecret + "x"}
}

var troubles = []trouble{
	{name: "wrong secret", integration: "frontegg", client: wrongSecret,
		says: []string{"Upstream responded with status 401", `"error":"invalid_client"`, "AADSTS7000215"}},
	{name: "wrong secret", integration: "custom", client: wrongSecret,
		says: []string{"HTTP/1.1 401 Unauthorized", "AADSTS7000215"}},
	{name: "secret ID in place of the value", integration: "paragon", client: secretID,
		says: []string{`"status": 401`, "AADSTS7000215", "not the client secret ID"}},
	{name: "a scope that Azure DevOps does not have", integration: "stackone", change: setting("Scopes", prefixed+"vso.everything offline_access"),
		says: []string{"error=invalid_client", "AADSTS650053", "vso.everything"}},
	{name: "bare scopes are looked up on Graph", integration: "cyclr", change: setting("Scopes", "vso.work_full"),
		says: []string{"invalid_client", "AADSTS650053", "vso.work_full", "00000003-0000-0000-c000-000000000000"}},
	{name: "named scopes beside .default", integration: "cyclr", change: setting("Scopes", prefixed+".default "+prefixed+"vso.work"),
		says: []string{"invalid_scope", "AADSTS70011"}},
	{name: "organization of another tenant", integration: "frontegg", change: setting("Azure DevOps organization", "fabrikam"),
		says: []string{"status 401", "TF400813", "UnauthorizedRequestException"}},
	{name: "organization that does not exist", integration: "custom", change: setting("Azure DevOps organization", "no-such-organization"),
		says: []string{"HTTP/1.1 404 Not Found", "The resource cannot be found."}},
	{name: "project that does not exist", integration: "cyclr", change: setting("Project Name", "No Such Project"),
		says: []string{"(404)", "TF200016", "ProjectDoesNotExistWithNameException"}},
	{name: "scopes that do not let write", integration: "cyclr", change: setting("Scopes", prefixed+"vso.work "+prefixed+"vso.project"),
		says: []string{"Create work item", "TF400813"}},
}

func TestEachFailureEndsAtTheProductsErrorPage(t *testing.T) {
	contoso := tenantNamed(t, "contoso")
	for _, c := range troubles {
		t.Run(c.integration+": "+c.name, func(t *testing.T) {
			s := usually(t, c.integration)
			if c.change != nil {
				s = c.change(t, s)
			}
			at := s.start(t)
			app := register(t, contoso, at.Callback)
			who := app.credentials
			if c.client != nil {
				who = c.client(t, contoso, app)
			}
			failsAs(s.toMicrosoft(t, at, who).comesIn(contoso, "user"), c.integration, c.says...)
		})
	}
}

// failsAs fails unless the page is the product's own for failures, with text
// to copy.
func failsAs(page view, integration string, says ...string) {
	page.Helper()
	p, _ := productByID(integration)
	page.shows(p.Trouble).says("Azure DevOps is not connected.")
	report := strings.Join(strings.Fields(page.html.Find("#error").Text()), " ")
	for _, text := range says {
		if !strings.Contains(report, text) {
			page.Errorf("the report does not say %q: %s", text, report)
		}
	}
}

func TestAPersonWhoDeclines(t *testing.T) {
	contoso := tenantNamed(t, "contoso")
	for _, s := range usual {
		t.Run(s.integration, func(t *testing.T) {
			at := s.start(t)
			page := s.toMicrosoft(t, at, register(t, contoso, at.Callback).credentials).signIn(contoso, "user").
				shows("Permissions requested").press("Cancel")
			failsAs(page, s.integration, "access_denied", "AADSTS65004")
		})
	}
}

func TestAPersonWhoLeavesTheSignInPage(t *testing.T) {
	contoso := tenantNamed(t, "contoso")
	s := usually(t, "paragon")
	at := s.start(t)
	page := s.toMicrosoft(t, at, register(t, contoso, at.Callback).credentials).press("Cancel")
	failsAs(page, "paragon", "access_denied", "error_subcode=cancel")
}

func TestSomebodyWhoIsNoMember(t *testing.T) {
	contoso := tenantNamed(t, "contoso")
	t.Run("of the named organization", func(t *testing.T) {
		s := usually(t, "frontegg")
		at := s.start(t)
		page := s.toMicrosoft(t, at, register(t, contoso, at.Callback).credentials).signIn(contoso, "outsider").accept()
		failsAs(page, "frontegg", "TF400813")
	})
	t.Run("of any organization", func(t *testing.T) {
		s := usually(t, "stackone")
		at := s.start(t)
		page := s.toMicrosoft(t, at, register(t, contoso, at.Callback).credentials).signIn(contoso, "outsider").accept()
		failsAs(page, "stackone", "outsider@contoso.sandbox.invalid is a member of no Azure DevOps organization")
	})
}

func TestWhatStaysOnMicrosoftsPageLeavesTheProductWaiting(t *testing.T) {
	contoso := tenantNamed(t, "contoso")
	s := usually(t, "cyclr")
	at := s.start(t)
	page := s.toMicrosoft(t, at, register(t, contoso, "https://elsewhere.example.com/connector/callback").credentials)
	page.shows("Sign in").says("AADSTS50011", at.Callback)
}

func TestScopesThatAreGrantedDifferentlyAreToldByCyclr(t *testing.T) {
	contoso := tenantNamed(t, "contoso")
	s := usually(t, "cyclr")
	at := s.start(t)
	app := register(t, contoso, at.Callback).credentials
	s.toMicrosoft(t, at, app).signIn(contoso, "user").accept().shows("Connected").says("the same as in the form")
	narrower := s.with(t, "Scopes", prefixed+"vso.work_full "+prefixed+"vso.project offline_access")
	narrower.toMicrosoft(t, at, app).comesIn(contoso, "user").shows("Connected").
		says("They differ; granted beyond the form: "+prefixed+"user_impersonation", "Compare the scopes: they differ")
}

func TestAnAnswerThatBelongsToNoSignIn(t *testing.T) {
	at := startStandIn(t, "stackone")
	b := at.browser(t)
	for _, q := range []string{"code=abc", "code=abc&state=", "code=abc&state=made-up", "error=access_denied&state=made-up"} {
		page := b.open(at.Callback + "?" + q)
		if failsAs(page, "stackone", "invalid_state"); page.status != http.StatusBadRequest {
			t.Errorf("%s: %d", q, page.status)
		}
	}
}

func TestAStateIsGoodForOneAnswer(t *testing.T) {
	contoso := tenantNamed(t, "contoso")
	s := usually(t, "frontegg")
	at := s.start(t)
	page := s.toMicrosoft(t, at, register(t, contoso, at.Callback).credentials).signIn(contoso, "user").shows("Permissions requested")
	var answers []string
	page.http.CheckRedirect = func(r *http.Request, _ []*http.Request) error {
		if strings.HasPrefix(r.URL.String(), at.Callback) {
			answers = append(answers, r.URL.String())
		}
		return nil
	}
	page.accept().shows("Connected")
	if len(answers) != 1 {
		t.Fatalf("answers %v", answers)
	}
	failsAs(page.open(answers[0]), "frontegg", "invalid_state")
}
