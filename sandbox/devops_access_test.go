package sandbox

import (
	"net/http"
	"slices"
	"strings"
	"testing"
)

// adatum has an organization with a public project and members of each kind.
const adatum = `{
 "tenants": [{"domain": "adatum.sandbox.invalid", "name": "Adatum", "scenario": "tests",
  "users": [
   {"name": "basic", "password": "Sandbox-1!"}, {"name": "stakeholder", "password": "Sandbox-1!"},
   {"name": "unlicensed", "password": "Sandbox-1!"}, {"name": "stranger", "password": "Sandbox-1!"}]}],
 "organizations": [{"slug": "Adatum", "tenant": "adatum.sandbox.invalid",
  "projects": [{"name": "Open", "public": true}, {"name": "Closed"}],
  "members": [{"user": "basic", "access": "basic"}, {"user": "stakeholder", "access": "stakeholder"}, {"user": "unlicensed", "access": "none"}]}]
}`

//parity:partly devops GET /{organization}/_apis/connectionData: the list of service definitions is empty
//parity:real devops HEAD /{organization}
//parity:choice devops anonymous connectionData: 302, or 401 with Suppress, where there is no public project; by analogy with other operations
//parity:choice devops WWW-Authenticate: Bearer, Basic, TFS-Federated, in this order and each in a line of its own
func TestAnonymousAnswersTellOrganizationsApart(t *testing.T) {
	s := start(t, Options{Seed: []byte(adatum)})
	contoso := s.world.tenantOf("contoso.sandbox.invalid").ID
	challenge := []string{"Bearer authorization_uri=" + s.Ready().Login + "/" + contoso, basicChallenge, "TFS-Federated"}
	for name, c := range map[string]struct {
		method, path string
		suppress     bool
		status       int
		tenant       string
		challenge    []string
	}{
		"missing":                          {"GET", "/no-such/_apis/connectionData", false, 404, "", nil},
		"missing, suppressed":              {"GET", "/no-such/_apis/connectionData", true, 404, "", nil},
		"missing, its page":                {"HEAD", "/no-such/", false, 404, "", nil},
		"not a slug":                       {"GET", "/no such_/_apis/projects", true, 404, "", nil},
		"existing":                         {"GET", "/contoso/_apis/connectionData", false, 302, contoso, nil},
		"existing, suppressed":             {"GET", "/contoso/_apis/connectionData", true, 401, contoso, challenge},
		"existing, HEAD suppressed":        {"HEAD", "/contoso/_apis/connectiondata", true, 401, contoso, challenge},
		"existing, other letter case":      {"GET", "/ConToso/_apis/projects", true, 401, contoso, challenge},
		"existing, its page":               {"HEAD", "/contoso/", false, 302, contoso, nil},
		"existing, its page, suppressed":   {"HEAD", "/contoso", true, 401, contoso, challenge},
		"existing, PATCH":                  {"PATCH", "/contoso/_apis/wit/workitems/1", false, 401, contoso, []string{"TFS-Federated, Bearer"}},
		"of another tenant":                {"GET", "/northwind/_apis/projects", true, 401, contoso, challenge},
		"unconnected":                      {"GET", "/personal-projects/_apis/projects", false, 302, noTenant, nil},
		"unconnected, suppressed":          {"GET", "/personal-projects/_apis/projects", true, 401, noTenant, challenge[1:]},
		"public project, connectionData":   {"GET", "/adatum/_apis/connectionData", true, 200, stableID("tenant", "adatum.sandbox.invalid"), nil},
		"public project, other operations": {"GET", "/adatum/_apis/wit/fields", true, 401, stableID("tenant", "adatum.sandbox.invalid"), nil},
	} {
		var header []string
		if c.suppress {
			header = []string{"X-TFS-FedAuthRedirect", "Suppress"}
		}
		got := send(t, s, c.method, s.Ready().DevOps+strings.ReplaceAll(c.path, " ", "%20"), "", header...)
		if got.StatusCode != c.status || got.Header.Get("X-VSS-ResourceTenant") != c.tenant {
			t.Errorf("%s: %d, tenant %q; want %d, %q", name, got.StatusCode, got.Header.Get("X-VSS-ResourceTenant"), c.status, c.tenant)
		}
		if have := got.Header.Values("WWW-Authenticate"); c.challenge != nil && !slices.Equal(have, c.challenge) {
			t.Errorf("%s: WWW-Authenticate %q, want %q", name, have, c.challenge)
		}
		if location := got.Header.Get("Location"); (c.status == 302) != strings.HasPrefix(location, s.Ready().VSSPS+"/_signin?") {
			t.Errorf("%s: Location %q", name, location)
		}
	}
}

func TestMissingOrganizationIsPlainText(t *testing.T) {
	s := start(t, Options{})
	got := send(t, s, "GET", s.Ready().DevOps+"/no-such", "")
	if string(got.body) != "The resource cannot be found." || !strings.HasPrefix(got.Header.Get("Content-Type"), "text/plain") {
		t.Errorf("%q as %s", got.body, got.Header.Get("Content-Type"))
	}
}

//parity:partly vssps GET /_signin: the page without a way to sign in, for programs that follow a redirect
func TestSignInPageIsNoDataAlthough203(t *testing.T) {
	s := start(t, Options{})
	redirect := send(t, s, "GET", s.Ready().DevOps+"/contoso/_apis/projects", "")
	page := send(t, s, "GET", redirect.Header.Get("Location"), "")
	if page.StatusCode != http.StatusNonAuthoritativeInfo || !strings.Contains(string(page.body), "<title>Azure DevOps Services | Sign In</title>") {
		t.Errorf("%d %s", page.StatusCode, page.body)
	}
}

func TestBehindPublicNamesTheChallengeNamesPublicHosts(t *testing.T) {
	s := start(t, Options{})
	contoso := s.world.tenantOf("contoso.sandbox.invalid").ID
	forwarded := []string{"X-Forwarded-Host", "dev.azure.com", "X-Forwarded-Proto", "https"}
	got := send(t, s, "GET", s.Ready().TLS.DevOps+"/contoso/_apis/projects", "", append(forwarded, "X-TFS-FedAuthRedirect", "suppress")...)
	if want := "Bearer authorization_uri=https://login.microsoftonline.com/" + contoso; got.Header.Get("WWW-Authenticate") != want {
		t.Errorf("WWW-Authenticate %q, want %q", got.Header.Get("WWW-Authenticate"), want)
	}
	if want := "https://vssps.dev.azure.com/contoso/"; got.Header.Get("X-VSS-AuthorizationEndpoint") != want {
		t.Errorf("X-VSS-AuthorizationEndpoint %q, want %q", got.Header.Get("X-VSS-AuthorizationEndpoint"), want)
	}
	got = send(t, s, "GET", s.Ready().DevOps+"/contoso/_apis/projects", "", forwarded...)
	if location := got.Header.Get("Location"); !strings.HasPrefix(location, "https://spsprodcus1.vssps.visualstudio.com/_signin?") || !strings.Contains(location, "reply_to=https%3A%2F%2Fdev.azure.com%2Fcontoso%2F_apis%2Fprojects") {
		t.Errorf("Location %q", location)
	}
	token := tokenFor(t, s, contosoDeveloper, everything)
	projects := send(t, s, "GET", s.Ready().DevOps+"/contoso/_apis/projects", "", append(forwarded, "Authorization", "Bearer "+token)...)
	if !strings.Contains(string(projects.body), `"url":"https://dev.azure.com/contoso/_apis/projects/`) {
		t.Errorf("projects %s", projects.body)
	}
}

//parity:real vssps HEAD /{organization}
func TestTenantProbeIs404WithTheTenant(t *testing.T) {
	s := start(t, Options{})
	for slug, tenant := range map[string]string{
		"contoso": s.world.tenantOf("contoso.sandbox.invalid").ID, "northwind": s.world.tenantOf("contoso.sandbox.invalid").ID,
		"personal-projects": noTenant, "no-such": "",
	} {
		got := send(t, s, "HEAD", s.Ready().TLS.VSSPS+"/"+slug, "")
		if got.StatusCode != http.StatusNotFound || got.Header.Get("X-Vss-Resourcetenant") != tenant {
			t.Errorf("%s: %d with %q, want 404 with %q", slug, got.StatusCode, got.Header.Get("X-Vss-Resourcetenant"), tenant)
		}
	}
}

//parity:choice devops bad token: 302 to the sign-in page on GET and POST as in probes of 2026; older captures have 203 with the page
func TestTokensThatAreNoGood(t *testing.T) {
	s := start(t, Options{})
	good := tokenFor(t, s, contosoDeveloper, everything)
	for name, token := range map[string]string{
		"expired":             tokenFor(t, s, contosoDeveloper, everything, func(c *accessClaims) { c.Expires = c.Issued - 1 }),
		"for Microsoft Graph": tokenFor(t, s, contosoDeveloper, everything, func(c *accessClaims) { c.Audience = graphAppID }),
		"tampered with":       good[:len(good)-8] + "AAAAAAAA",
		"no JWT":              "abc",
	} {
		got := send(t, s, "GET", s.Ready().DevOps+"/contoso/_apis/projects", "", "Authorization", "Bearer "+token)
		if got.StatusCode != http.StatusFound {
			t.Errorf("%s: %d, want the redirect to sign-in", name, got.StatusCode)
		}
		got = send(t, s, "GET", s.Ready().DevOps+"/contoso/_apis/projects", "", "Authorization", "Bearer "+token, "X-TFS-FedAuthRedirect", "Suppress")
		if got.StatusCode != http.StatusUnauthorized {
			t.Errorf("%s, suppressed: %d, want 401", name, got.StatusCode)
		}
	}
	got := send(t, s, "GET", s.Ready().DevOps+"/contoso/_apis/projects", "", "Authorization", "Basic "+good)
	if got.StatusCode != 401 || len(got.body) != 0 || got.Header.Get("WWW-Authenticate") != basicChallenge {
		t.Errorf("as Basic: %d %q %q", got.StatusCode, got.body, got.Header.Get("WWW-Authenticate"))
	}
}

func TestOnlyLicensedMembersOfTheOrganizationsTenantComeIn(t *testing.T) {
	s := start(t, Options{Seed: []byte(adatum)})
	for name, c := range map[string]struct {
		upn, org string
		status   int
	}{
		"member":                      {"basic@adatum.sandbox.invalid", "adatum", 200},
		"stakeholder":                 {"stakeholder@adatum.sandbox.invalid", "adatum", 200},
		"member without access":       {"unlicensed@adatum.sandbox.invalid", "adatum", 401},
		"of the tenant, no member":    {"stranger@adatum.sandbox.invalid", "adatum", 401},
		"of another tenant":           {contosoDeveloper, "adatum", 401},
		"backed by another tenant":    {"admin@northwind.sandbox.invalid", "northwind", 401},
		"of the tenant that backs it": {contosoDeveloper, "northwind", 200},
		"not connected to Entra":      {contosoDeveloper, "personal-projects", 401},
	} {
		got := send(t, s, "GET", s.Ready().DevOps+"/"+c.org+"/_apis/projects", "", "Authorization", "Bearer "+tokenFor(t, s, c.upn, everything))
		if got.StatusCode != c.status {
			t.Errorf("%s: %d, want %d: %s", name, got.StatusCode, c.status, got.body)
			continue
		}
		if c.status == 401 {
			refused := got.json(t)
			want := "TF400813: The user '" + stableID("user", c.upn) + "' is not authorized to access this resource."
			if refused["message"] != want || refused["typeKey"] != "UnauthorizedRequestException" || refused["eventId"] != 3000.0 || refused["$id"] != "1" || refused["innerException"] != nil {
				t.Errorf("%s: %v", name, refused)
			}
			if got.Header.Get("WWW-Authenticate") != "TFS-Federated, Bearer" {
				t.Errorf("%s: WWW-Authenticate %q", name, got.Header.Get("WWW-Authenticate"))
			}
		}
	}
}

//parity:choice devops descriptor of a service principal: Microsoft.VisualStudio.Services.Claims.AadServicePrincipal;{tenant}\{object ID}
//parity:real vssps GET /{organization}/_apis/graph/serviceprincipals
func TestServicePrincipalNeedsMembershipAndNoScope(t *testing.T) {
	s := start(t, Options{Seed: []byte(`{"organizations":[{"slug":"robots","tenant":"contoso.sandbox.invalid",
	 "projects":[{"name":"Arm"}], "members":[{"app":"Automation","access":"basic"},{"user":"user","access":"basic"}]}]}`)})
	token := signInAutomation(t, s, s.Ready().Tenants[0], devopsAppID+"/.default")
	if got := send(t, s, "GET", s.Ready().DevOps+"/contoso/_apis/connectionData", "", "Authorization", "Bearer "+token); got.StatusCode != 401 {
		t.Errorf("where it is no member: %d", got.StatusCode)
	}
	got := send(t, s, "GET", s.Ready().DevOps+"/robots/_apis/connectionData", "", "Authorization", "Bearer "+token)
	who, _ := got.json(t)["authenticatedUser"].(map[string]any)
	if got.StatusCode != 200 || who["providerDisplayName"] != "Automation" || !strings.HasPrefix(who["descriptor"].(string), "Microsoft.VisualStudio.Services.Claims.AadServicePrincipal;") {
		t.Errorf("as a member: %d %s", got.StatusCode, got.body)
	}
	bearer := "Bearer " + tokenFor(t, s, "user@contoso.sandbox.invalid", "vso.graph")
	apps := send(t, s, "GET", s.Ready().VSSPS+"/robots/_apis/graph/serviceprincipals?api-version=7.1-preview", "", "Authorization", bearer).json(t)
	people := send(t, s, "GET", s.Ready().VSSPS+"/robots/_apis/graph/users?api-version=7.1-preview", "", "Authorization", bearer).json(t)
	if list, _ := apps["value"].([]any); len(list) != 1 || list[0].(map[string]any)["applicationId"] != s.Ready().Tenants[0].Automation.ClientID || people["count"] != 1.0 {
		t.Errorf("apps %v, people %v", apps, people)
	}
}

func TestPublicOrganizationCallsNobodyAnonymous(t *testing.T) {
	s := start(t, Options{Seed: []byte(adatum)})
	for name, header := range map[string][]string{"nobody": nil, "bogus token": {"Authorization", "Bearer bogus"}} {
		got := send(t, s, "GET", s.Ready().DevOps+"/adatum/_apis/connectionData", "", header...)
		who, _ := got.json(t)["authenticatedUser"].(map[string]any)
		if got.StatusCode != 200 || who["id"] != anonymousID || who["descriptor"] != "System:PublicAccess;"+anonymousID || who["providerDisplayName"] != "Anonymous" {
			t.Errorf("%s: %d %v", name, got.StatusCode, who)
		}
	}
	if got := send(t, s, "GET", s.Ready().DevOps+"/adatum/_apis/projects", "").json(t); got["count"] != 1.0 {
		t.Errorf("nobody sees %v, want the public project alone", got)
	}
}

//parity:real devops GET /{organization}/{project}/_apis/git/repositories
//parity:partly devops GET /{organization}/{project}/_apis/git/repositories/{repository}: the repository, without its content
func TestStakeholdersSeeNoCode(t *testing.T) {
	s := start(t, Options{Seed: []byte(adatum)})
	for upn, count := range map[string]float64{"basic@adatum.sandbox.invalid": 1, "stakeholder@adatum.sandbox.invalid": 0} {
		token := "Bearer " + tokenFor(t, s, upn, everything)
		if got := send(t, s, "GET", s.Ready().DevOps+"/adatum/Closed/_apis/git/repositories", "", "Authorization", token).json(t); got["count"] != count {
			t.Errorf("%s sees %v repositories, want %v", upn, got["count"], count)
		}
		status := map[float64]int{1: 200, 0: 404}[count]
		if got := send(t, s, "GET", s.Ready().DevOps+"/adatum/Closed/_apis/git/repositories/Closed", "", "Authorization", token); got.StatusCode != status {
			t.Errorf("%s asks for the repository: %d, want %d", upn, got.StatusCode, status)
		}
	}
}
