package sandbox

import (
	"encoding/json"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// The places where somebody who connects an integration may end.
const (
	atPage     = "Microsoft's page"
	atApproval = "the approval page"
	atRedirect = "the redirect"
	atToken    = "the token endpoint"
	atDevOps   = "Azure DevOps"
	connected  = "connected"
)

// An ending is how a connection ends for one person: where, the number of the
// AADSTS code, the OAuth error or the type key of Azure DevOps, the status.
type ending struct {
	place  string
	code   int
	error  string
	status int
	asked  bool // for consent on the way there
}

// A connecting is one person at an integration that was set up with the
// values of a tenant's connection, and nothing else.
type connecting struct {
	*loginTest
	s      *Sandbox
	tenant ReadyTenant
	ReadyConnection
	pages  *visitor
	ending ending
}

// connecting is a person of the tenant of a scenario, with a fresh browser.
func (l *loginTest) connecting(s *Sandbox, scenario string) *connecting {
	l.Helper()
	i := slices.IndexFunc(s.Ready().Tenants, func(t ReadyTenant) bool { return t.Scenario == scenario })
	if i < 0 || s.Ready().Tenants[i].Connection == nil {
		l.Fatalf("no tenant of the scenario %q with a connection", scenario)
	}
	tenant := s.Ready().Tenants[i]
	return &connecting{loginTest: l, s: s, tenant: tenant, ReadyConnection: *tenant.Connection, pages: l.visitor()}
}

// scenarios is a sandbox whose clock the test turns.
func scenarios(t *testing.T) (*Sandbox, *loginTest) {
	t.Helper()
	l := &loginTest{T: t, clock: time.Now().UTC().Truncate(time.Second)}
	s := start(t, Options{Now: func() time.Time { return l.clock }})
	l.w, l.base = s.world, s.Ready().Login
	return s, l
}

// connect goes the whole way, from the sign-in page to the list of projects.
func (c *connecting) connect(name string) ending {
	c.Helper()
	page := c.pages.open(c.authorizeAt(c.Tenant))
	if page.html.Find("input[name=loginfmt]").Length() > 0 {
		page = c.signIn(page, name)
	}
	if page.heading() == "Permissions requested" {
		c.ending.asked = true
		page = page.press("Accept")
	}
	if e, over := c.endsAt(page); over {
		return e
	}
	answer := c.redeem(page.code())
	if answer.status != 200 {
		return c.endsWith(atToken, codeIn(answer.string("error_description")), answer.string("error"), answer.status)
	}
	return c.projects(answer.string("access_token"))
}

func (c *connecting) authorizeAt(segment string) string {
	return c.base + "/" + segment + "/oauth2/v2.0/authorize?" + url.Values{
		"client_id": {c.ClientID}, "response_type": {"code"}, "redirect_uri": {c.RedirectURIs[0]},
		"scope": {strings.Join(c.Scopes, " ")}, "state": {"a state/1"},
	}.Encode()
}

func (c *connecting) signIn(page sight, name string) sight {
	c.Helper()
	upn := name + "@" + c.tenant.Domain
	i := slices.IndexFunc(c.tenant.Users, func(u ReadyUser) bool { return u.UserPrincipalName == upn })
	if i < 0 {
		c.Fatalf("the ready line has no %s", upn)
	}
	return page.press("Next", "loginfmt", upn).press("Sign in", "passwd", c.tenant.Users[i].Password)
}

// endsAt tells what a browser shows that is no code.
func (c *connecting) endsAt(page sight) (ending, bool) {
	c.Helper()
	switch heading := page.heading(); {
	case heading == "Need admin approval", heading == "Approval required":
		return c.endsWith(atApproval, codeIn(page.text()), "", page.status), true
	case page.status != 302:
		return c.endsWith(atPage, codeIn(page.html.Find("[role=alert]").Text()), "", page.status), true
	}
	if !strings.HasPrefix(page.location, c.RedirectURIs[0]+"?") {
		c.Fatalf("sent to %s", page.location)
	}
	q := page.answer()
	if q.Get("error") == "" {
		return ending{}, false
	}
	return c.endsWith(atRedirect, codeIn(q.Get("error_description")), q.Get("error"), page.status), true
}

func (c *connecting) endsWith(place string, code int, name string, status int) ending {
	c.ending.place, c.ending.code, c.ending.error, c.ending.status = place, code, name, status
	return c.ending
}

var aadstsNumber = regexp.MustCompile(`AADSTS(\d+): `)

// codeIn is the number in a text for people, or 0.
func codeIn(text string) int {
	m := aadstsNumber.FindStringSubmatch(text)
	if m == nil {
		return 0
	}
	n, _ := strconv.Atoi(m[1]) // digits by the expression
	return n
}

func (c *connecting) redeem(code string) tokenAnswer {
	c.Helper()
	return c.token(c.Tenant, url.Values{
		"grant_type": {"authorization_code"}, "client_id": {c.ClientID}, "client_secret": {c.ClientSecret},
		"code": {code}, "redirect_uri": {c.RedirectURIs[0]}, "scope": {strings.Join(c.Scopes, " ")},
	})
}

// projects is the first call of every integration.
func (c *connecting) projects(token string) ending {
	c.Helper()
	got := send(c.T, c.s, "GET", c.s.Ready().DevOps+"/"+c.Organization+"/_apis/projects?api-version=7.1", "",
		"Authorization", "Bearer "+token, "Accept", "application/json", "X-TFS-FedAuthRedirect", "Suppress")
	var body struct {
		TypeKey string                  `json:"typeKey"`
		Value   []struct{ Name string } `json:"value"`
	}
	if err := json.Unmarshal(got.body, &body); err != nil {
		c.Fatalf("%d, not JSON: %s", got.StatusCode, got.body)
	}
	if got.StatusCode != 200 {
		return c.endsWith(atDevOps, 0, body.TypeKey, got.StatusCode)
	}
	for _, p := range body.Value {
		if p.Name == c.Project {
			return c.endsWith(connected, 0, "", got.StatusCode)
		}
	}
	c.Fatalf("no project %s in %s", c.Project, got.body)
	return ending{}
}

// What each scenario is for: somebody connects an integration that was set up
// with the ready line's values, and ends here.
//
//parity:real login GET /{tenant}/oauth2/v2.0/authorize
//parity:real login POST /{tenant}/login
//parity:real login POST /{tenant}/oauth2/v2.0/token
//parity:real devops GET /{organization}/_apis/projects
//parity:choice login 50194 and 650053: sent to the app; both were also seen on the page
//parity:choice login error pages: status 400; what the public page has is not sourced
//parity:choice devops Conditional Access: with the organization's policy on, every member is refused with VS403463
func TestEachScenarioEndsWhereItShould(t *testing.T) {
	s, l := scenarios(t)
	good, goodAfterConsent := ending{place: connected, status: 200}, ending{place: connected, status: 200, asked: true}
	stranger := ending{place: atDevOps, error: "UnauthorizedRequestException", status: 401}
	strangerAfterConsent := stranger
	strangerAfterConsent.asked = true
	table := []struct {
		scenario, person string
		want             ending
	}{
		{"healthy", "user", goodAfterConsent},
		{"healthy", "admin", goodAfterConsent},
		{"single-tenant app", "user", ending{place: atRedirect, code: 50194, error: invalidRequest, status: 302}},
		{"expired secret", "user", ending{place: atToken, code: 7000222, error: invalidClient, status: 401}},
		{"expiring secret", "user", good},
		{"scope mismatch", "user", ending{place: atRedirect, code: 650053, error: invalidClient, status: 302}},
		{"admin consent required", "user", ending{place: atApproval, code: 90095, status: 200}},
		{"admin consent required", "admin", goodAfterConsent},
		{"user consent off", "user", ending{place: atApproval, code: 90094, status: 200}},
		{"user consent off", "developer", ending{place: atApproval, code: 90094, status: 200}},
		{"user consent off", "admin", goodAfterConsent},
		{"unverified publisher", "user", ending{place: atApproval, code: 90094, status: 200}},
		{"unverified publisher", "admin", goodAfterConsent},
		{"assignment required", "user", ending{place: atPage, code: 50105, status: 400}},
		{"assignment required", "admin", ending{place: atPage, code: 50105, status: 400}},
		{"assignment required", "developer", good},
		{"app disabled", "user", ending{place: atPage, code: 7000112, status: 400}},
		{"secrets blocked by policy", "user", ending{place: atToken, code: 7000222, error: invalidClient, status: 401}},
		{"lifetime policy", "user", goodAfterConsent},
		{"Azure DevOps principal missing", "user", ending{place: atRedirect, code: 650052, error: invalidClient, status: 302}},
		{"Azure DevOps principal missing", "admin", ending{place: atRedirect, code: 650052, error: invalidClient, status: 302}},
		{"organization of another tenant", "user", strangerAfterConsent},
		{"organization not connected", "user", stranger},
		{"conditional access", "user", ending{place: atPage, code: 53003, status: 400}},
		{"conditional access", "developer", ending{place: atDevOps, error: "VssServiceException", status: 403}},
		{"replication delay", "user", good},
	}
	shown := map[string]bool{}
	for _, c := range table {
		shown[c.scenario] = true
		t.Run(c.scenario+", "+c.person, func(t *testing.T) {
			l := &loginTest{T: t, w: l.w, base: l.base, clock: l.clock}
			if got := l.connecting(s, c.scenario).connect(c.person); got != c.want {
				t.Errorf("ends %+v\nwant %+v", got, c.want)
			}
		})
	}
	for _, tenant := range s.Ready().Tenants {
		if !shown[tenant.Scenario] {
			t.Errorf("nothing shows what the scenario %q is for", tenant.Scenario)
		}
	}
}
