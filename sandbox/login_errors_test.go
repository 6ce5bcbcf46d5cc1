package sandbox

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"
)

// A place where an authorization error is shown.
const (
	onPage     = "page"
	onRedirect = "redirect"
)

//parity:real login GET /{tenant}/oauth2/v2.0/authorize
//parity:choice login 700054 and 700051: sent to the app, by the rule of OpenID Connect
//parity:choice login text of 50194: names /common whatever the request named
func TestAuthorizationErrorsBeforeSignIn(t *testing.T) {
	single := func(a *application) { a.SignInAudience = audienceSingleTenant }
	for _, c := range []struct {
		name    string
		segment string
		app     func(*application)
		values  []string
		code    int
		where   string
		oauth   string // of a redirect
	}{
		{"unknown tenant", "3c3c3c3c-0000-4000-8000-000000000000", nil, nil, 90002, onPage, ""},
		{"unknown domain", "nowhere.example.com", nil, nil, 90002, onPage, ""},
		{"tenant neither id nor domain", "YOUR_TENANT", nil, nil, 900023, onPage, ""},
		{"tenant with a placeholder's braces", "%7Btenant%7D", nil, nil, 90013, onPage, ""},
		{"no client id", "organizations", nil, []string{"client_id", ""}, 900144, onPage, ""},
		{"unknown client", "organizations", nil, []string{"client_id", "3c3c3c3c-0000-4000-8000-000000000000"}, 700016, onPage, ""},
		{"single-tenant app of another tenant", "fabrikam.sandbox.invalid", single, nil, 700016, onPage, ""},
		{"disabled app", "contoso.sandbox.invalid", func(a *application) { yes := true; a.IsDisabled = &yes }, nil, 7000112, onPage, ""},
		{"redirect URI not registered", "organizations", nil, []string{"redirect_uri", "https://app.example.com/CB"}, 50011, onPage, ""},
		{"no redirect URI registered", "organizations", func(a *application) { a.Web.RedirectURIs = nil }, nil, 500113, onPage, ""},
		{"redirect URI not absolute", "organizations", nil, []string{"redirect_uri", "/cb"}, 90102, onPage, ""},
		{"single-tenant app through organizations", "organizations", single, nil, 50194, onRedirect, "invalid_request"},
		{"single-tenant app through common", "common", single, nil, 50194, onRedirect, "invalid_request"},
		{"organizational app through consumers", "consumers", nil, nil, 90130, onRedirect, "invalid_request"},
		{"no response type", "organizations", nil, []string{"response_type", ""}, 900144, onRedirect, "invalid_request"},
		{"unknown response type", "organizations", nil, []string{"response_type", "ticket"}, 70005, onRedirect, "unsupported_response_type"},
		{"ID token not enabled", "organizations", nil, []string{"response_type", "id_token", "nonce", "n"}, 700054, onRedirect, "unsupported_response_type"},
		{"token not enabled", "organizations", nil, []string{"response_type", "token"}, 700051, onRedirect, "unsupported_response_type"},
		{"token in the query", "organizations", nil, []string{"response_type", "token", "response_mode", "query"}, 70007, onRedirect, "invalid_request"},
		{"unknown response mode", "organizations", nil, []string{"response_mode", "pigeon"}, 70007, onRedirect, "invalid_request"},
		{"no scope", "organizations", nil, []string{"scope", ""}, 900144, onRedirect, "invalid_request"},
		{"scope without a name", "organizations", nil, []string{"scope", "https://graph.microsoft.com/"}, 70011, onRedirect, "invalid_scope"},
		{".default beside named scopes", "organizations", nil, []string{"scope", devopsAppID + "/.default User.Read"}, 70011, onRedirect, "invalid_scope"},
		{"resource parameter", "organizations", nil, []string{"resource", devopsAppID}, 901002, onRedirect, "invalid_request"},
		{"unknown prompt", "organizations", nil, []string{"prompt", "please"}, 90023, onRedirect, "invalid_request"},
		{"challenge too short", "organizations", nil, []string{"code_challenge", "short"}, 501491, onRedirect, "invalid_request"},
		{"unknown challenge method", "organizations", nil, []string{"code_challenge", testChallenge, "code_challenge_method", "S512"}, 90023, onRedirect, "invalid_request"},
		{"silent without session", "organizations", nil, []string{"prompt", "none"}, 50058, onRedirect, "login_required"},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := newTestWorld(t)
			s := l.visitor().open(l.authorizeURL(c.segment, l.app(c.app), c.values...))
			s.refusedOn(c.where, c.code, c.oauth)
		})
	}
}

// refusedOn checks that an error is where it belongs, in its full form.
func (s sight) refusedOn(where string, code int, oauth string) {
	s.Helper()
	line := fmt.Sprintf("AADSTS%d: ", code)
	if where == onPage {
		s.shows("Sign in")
		text := s.text()
		block := regexp.MustCompile(`Request Id: [0-9a-f-]{36} Correlation Id: [0-9a-f-]{36} Timestamp: \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ Message: ` + line)
		if s.status != http.StatusBadRequest || !strings.Contains(text, "Sorry, but we're having trouble signing you in. "+line) || !block.MatchString(text) {
			s.Errorf("page %d: %s", s.status, text)
		}
		return
	}
	q := s.answer()
	if q.Get("error") != oauth || !strings.HasPrefix(q.Get("error_description"), line) || q.Get("state") != "a state/1" {
		s.Errorf("redirect %v", q)
	}
}

//parity:real login GET /{tenant}/oauth2/v2.0/authorize
//parity:choice login 650052, 650053 and 500011: sent to the app; 650053 was seen on the page as well
func TestAuthorizationErrorsAfterSignIn(t *testing.T) {
	foreign := "fabrikam.sandbox.invalid"
	for _, c := range []struct {
		name    string
		segment string
		prepare func(*loginTest, *application)
		values  []string
		code    int
		where   string
		oauth   string
	}{
		{"user of another tenant", foreign, nil, nil, 50020, onPage, ""},
		{"scope the resource does not define", "organizations", nil, []string{"scope", devopsAppID + "/vso.nothing"}, 650053, onRedirect, "invalid_client"},
		{"resource nobody knows", "organizations", nil, []string{"scope", "api://nothing/read"}, 500011, onRedirect, "invalid_resource"},
		{"resource without service principal here", "organizations", func(l *loginTest, _ *application) {
			home := l.tenant("contoso")
			home.removePrincipal(home.principalOf(devopsAppID))
		}, nil, 650052, onRedirect, "invalid_client"},
		{"resource disabled here", "organizations", func(l *loginTest, _ *application) {
			sp := *l.tenant("contoso").principalOf(devopsAppID)
			sp.AccountEnabled = false
			l.tenant("contoso").addPrincipal(&sp)
		}, nil, 500014, onRedirect, "invalid_resource"},
		{"app disabled here", "organizations", func(l *loginTest, a *application) {
			sp := l.tenant("contoso").ensurePrincipal(client{a, l.tenant("contoso")})
			sp.AccountEnabled = false
		}, nil, 7000112, onPage, ""},
		{"user not assigned", "organizations", requireAssignment, nil, 50105, onPage, ""},
		{".default of a resource that is not listed", "organizations", func(_ *loginTest, a *application) {
			a.RequiredResourceAccess = nil
		}, []string{"scope", devopsAppID + "/.default"}, 650056, onPage, ""},
		{"token for itself by URI", "organizations", func(_ *loginTest, a *application) {
			a.IdentifierURIs = []string{"api://itself"}
		}, []string{"scope", "api://itself/.default"}, 90009, onRedirect, "invalid_request"},
		{"Conditional Access", "organizations", block(53003), nil, 53003, onPage, ""},
		{"second factor", "organizations", block(50076), nil, 50076, onPage, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := newTestWorld(t)
			a := l.app(nil)
			if c.prepare != nil {
				c.prepare(l, a)
			}
			l.visitor().open(l.authorizeURL(c.segment, a, c.values...)).signIn("user", "contoso").refusedOn(c.where, c.code, c.oauth)
		})
	}
}

func requireAssignment(l *loginTest, a *application) {
	l.tenant("contoso").ensurePrincipal(client{a, l.tenant("contoso")}).AppRoleAssignmentRequired = true
}

func block(code int) func(*loginTest, *application) {
	return func(l *loginTest, _ *application) {
		l.tenant("contoso").policies.AccessRules = []accessRule{{Code: code}}
	}
}

func TestSilentRequestsTellTheAppWhatOthersShowTheUser(t *testing.T) {
	for _, c := range []struct {
		name    string
		prepare func(*loginTest, *application)
		code    int
	}{
		{"no consent", func(*loginTest, *application) {}, 65001},
		{"not assigned", requireAssignment, 50105},
		{"Conditional Access", block(53003), 53003},
		{"enrolment", block(50079), 50079},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := newTestWorld(t)
			b := l.visitor()
			b.open(l.authorizeURL("organizations", l.consented(nil))).signIn("user", "contoso").code()
			a := l.app(nil)
			c.prepare(l, a)
			b.open(l.authorizeURL("organizations", a, "prompt", "none")).refusedOn(onRedirect, c.code, "interaction_required")
		})
	}
}

//parity:partly login POST /{tenant}/oauth2/v2.0/token: on-behalf-of is refused with 70003
//parity:choice login token status: 401 for every invalid_client (7000215, 7000218, 700025, 500112, 7000229), as captured for 7000216 and 7000222; 400 for everything else
func TestTokenErrors(t *testing.T) {
	without := func(names ...string) []string {
		var values []string
		for _, n := range names {
			values = append(values, n, "")
		}
		return values
	}
	for _, c := range []struct {
		name    string
		segment string
		prepare func(*loginTest, *application)
		values  []string
		code    int
		oauth   string
		status  int
	}{
		{"unknown tenant", "3c3c3c3c-0000-4000-8000-000000000000", nil, nil, 90002, "invalid_request", 400},
		{"tenant neither id nor domain", "YOUR_TENANT", nil, nil, 900023, "invalid_request", 400},
		{"no client id", "", nil, without("client_id"), 900144, "invalid_request", 400},
		{"no grant type", "", nil, without("grant_type"), 900144, "invalid_request", 400},
		{"unknown grant type", "", nil, []string{"grant_type", "wish"}, 70003, "unsupported_grant_type", 400},
		{"unknown client", "", nil, []string{"client_id", "3c3c3c3c-0000-4000-8000-000000000000"}, 700016, "unauthorized_client", 400},
		{"single-tenant app through organizations", "", func(_ *loginTest, a *application) { a.SignInAudience = audienceSingleTenant }, nil, 50194, "invalid_request", 400},
		{"disabled app", "", func(_ *loginTest, a *application) { yes := true; a.IsDisabled = &yes }, nil, 7000112, "unauthorized_client", 400},
		{"wrong secret", "", nil, []string{"client_secret", "wrong"}, 7000215, "invalid_client", 401},
		{"secret ID instead of its value", "", func(_ *loginTest, a *application) {
			a.PasswordCredentials[0].KeyID = "11111111-2222-4333-8444-555555555555"
		}, []string{"client_secret", "11111111-2222-4333-8444-555555555555"}, 7000215, "invalid_client", 401},
		{"expired secret", "", func(l *loginTest, a *application) { a.PasswordCredentials[0].EndDateTime = l.clock }, nil, 7000222, "invalid_client", 401},
		{"secret not yet spread", "", func(l *loginTest, a *application) { a.PasswordCredentials[0].activeAt = l.clock.Add(time.Second) }, nil, 7000215, "invalid_client", 401},
		{"no secret", "", nil, without("client_secret"), 7000218, "invalid_client", 401},
		{"assertion that is no JWT", "", nil, []string{"client_secret", "", "client_assertion_type", assertionType, "client_assertion", "x.y.z"}, 50027, "invalid_grant", 400},
		{"resource parameter", "", nil, []string{"resource", devopsAppID}, 901002, "invalid_request", 400},
		{"no code", "", nil, without("code"), 900144, "invalid_request", 400},
		{"malformed code", "", nil, []string{"code", "nonsense"}, 70000, "invalid_grant", 400},
		{"expired code", "", func(l *loginTest, _ *application) { l.clock = l.clock.Add(codeLifetime) }, nil, 70008, "invalid_grant", 400},
		{"redeemed at another tenant", "contoso.sandbox.invalid", nil, nil, 700005, "invalid_grant", 400},
		{"no redirect URI", "", nil, without("redirect_uri"), 900144, "invalid_request", 400},
		{"another redirect URI", "", nil, []string{"redirect_uri", testApp + "/"}, 500112, "invalid_client", 401},
		{"wrong verifier", "", nil, []string{"code_verifier", "another"}, 501481, "invalid_grant", 400},
		{"no verifier", "", nil, without("code_verifier"), 501481, "invalid_grant", 400},
		{"scope syntax", "", nil, []string{"scope", "https://graph.microsoft.com/"}, 70011, "invalid_scope", 400},
		{"two resources", "", nil, []string{"scope", devopsScope + " User.Read"}, 28000, "invalid_request", 400},
		{"unknown resource", "", nil, []string{"scope", "api://nothing/read"}, 500011, "invalid_resource", 400},
		{"scope not consented", "", nil, []string{"scope", devopsAppID + "/vso.code"}, 65001, "invalid_grant", 400},
		{"resource disabled", "", func(l *loginTest, _ *application) {
			sp := *l.tenant("contoso").principalOf(devopsAppID)
			sp.AccountEnabled = false
			l.tenant("contoso").addPrincipal(&sp)
		}, []string{"scope", devopsScope}, 500014, "invalid_resource", 400},
		{"user no longer assigned", "", requireAssignment, nil, 50105, "invalid_grant", 400},
		{"user gone", "", func(l *loginTest, _ *application) { clear(l.tenant("contoso").users) }, nil, 50173, "invalid_grant", 400},
		{"Conditional Access", "", block(530003), nil, 530003, "interaction_required", 400},
		{"from a script of another origin", "", nil, []string{"client_secret", "", "@origin", "https://app.example.com"}, 9002326, "invalid_request", 400},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := newTestWorld(t)
			a := l.consented(nil)
			code := l.visitor().open(l.authorizeURL("organizations", a, "code_challenge", testChallenge, "code_challenge_method", "S256")).
				signIn("user", "contoso").code()
			if c.prepare != nil {
				c.prepare(l, a)
			}
			form := redeem(a, code, append([]string{"code_verifier", testVerifier}, c.values...)...)
			segment, header := c.segment, []string(nil)
			if segment == "" {
				segment = "organizations"
			}
			if origin := form.Get("@origin"); origin != "" {
				form.Del("@origin")
				header = []string{"Origin", origin}
			}
			l.token(segment, form, header...).refused(c.code, c.oauth, c.status)
		})
	}
}

//parity:choice login token error text: single blanks before Trace ID, Correlation ID and Timestamp, as in captures of 2025; older ones have line breaks
//parity:choice login token headers: Cache-Control no-store, no-cache, and client-request-id comes back when return-client-request-id is true; neither was captured
func TestATokenErrorBodyHasAllItsParts(t *testing.T) {
	l := newTestWorld(t)
	a := l.consented(nil)
	id := newGUID()
	answer := l.token("organizations", redeem(a, "x", "client_secret", "wrong"), "client-request-id", id, "return-client-request-id", "true")
	trace := answer.header.Get("x-ms-request-id")
	stamp := l.clock.Format("2006-01-02 15:04:05Z")
	want := fmt.Sprintf("AADSTS7000215: Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID, for a secret added to app '%s'. Trace ID: %s Correlation ID: %s Timestamp: %s", a.AppID, trace, id, stamp)
	if got := answer.string("error_description"); got != want {
		t.Errorf("description\n%s\nwant\n%s", got, want)
	}
	for name, want := range map[string]string{"trace_id": trace, "correlation_id": id, "timestamp": stamp, "error_uri": l.base + "/error?code=7000215"} {
		if answer.string(name) != want {
			t.Errorf("%s is %q, want %q", name, answer.string(name), want)
		}
	}
	for name, want := range map[string]string{
		"client-request-id": id, "Cache-Control": "no-store, no-cache", "Content-Type": "application/json; charset=utf-8",
		"P3p": `CP="DSP CUR OTPi IND OTRi ONL FIN"`, "Strict-Transport-Security": "", "Access-Control-Allow-Origin": "",
	} {
		if got := answer.header.Get(name); got != want {
			t.Errorf("header %s is %q, want %q", name, got, want)
		}
	}
	if answer.header.Get("x-ms-ests-server") == "" {
		t.Error("no x-ms-ests-server")
	}
}

//parity:choice login suberror: consent_required with 65001 is sourced; basic_action and message_only of Conditional Access follow MSAL
func TestConsentMissingAtTheTokenEndpointHasASuberror(t *testing.T) {
	l := newTestWorld(t)
	a := l.consented(nil)
	code := l.visitor().open(l.authorizeURL("organizations", a)).signIn("user", "contoso").code()
	answer := l.token("organizations", redeem(a, code, "scope", devopsAppID+"/vso.code"))
	if answer.string("suberror") != "consent_required" {
		t.Errorf("body %v", answer.json)
	}
	block(50076)(l, a)
	if answer = l.token("organizations", redeem(a, code)); !strings.HasPrefix(answer.string("claims"), `{"access_token":`) {
		t.Errorf("a Conditional Access error comes with claims: %v", answer.json)
	}
}

//parity:choice login refresh for two resources: 28000, as measured for work accounts; the documentation speaks of the first resource
func TestSeveralResourcesConsentedNeedAScopeAtRedemption(t *testing.T) {
	l := newTestWorld(t)
	a := l.consented(nil)
	code := l.visitor().open(l.authorizeURL("organizations", a, "scope", devopsScope+" User.Read offline_access")).signIn("user", "contoso").code()
	l.token("organizations", redeem(a, code)).refused(28003, "invalid_request", 400)
	first := l.token("organizations", redeem(a, code, "scope", devopsScope)).ok()
	if first.claims().Audience != devopsAppID {
		t.Error("the scope chooses the resource")
	}
	refresh := url.Values{"client_id": {a.AppID}, "client_secret": {testSecret}, "grant_type": {"refresh_token"}, "refresh_token": {first.string("refresh_token")}, "scope": {"User.Read"}}
	if c := l.token("organizations", refresh).ok().claims(); c.Audience != graphAppID || c.Scopes != "User.Read" {
		t.Errorf("a refresh token serves other resources: %+v", c)
	}
	refresh.Set("scope", devopsScope+" User.Read")
	l.token("organizations", refresh).refused(28000, "invalid_request", 400)
}

func TestACodeWorksOnce(t *testing.T) {
	l := newTestWorld(t)
	a := l.consented(nil)
	code := l.visitor().open(l.authorizeURL("organizations", a)).signIn("user", "contoso").code()
	l.token("organizations", redeem(a, code)).ok()
	l.token("organizations", redeem(a, code)).refused(54005, "invalid_grant", 400)
}

func TestTheTokenEndpointTakesPostsOnly(t *testing.T) {
	l := newTestWorld(t)
	l.getJSON(l.base+"/organizations/oauth2/v2.0/token").refused(900561, "invalid_request", 400)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, l.base+"/organizations/oauth2/v2.0/token", strings.NewReader("a=%zz"))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	l.fetch(r).refused(9002313, "invalid_request", 400)
	a := l.app(nil)
	l.postForm(l.base+"/organizations/oauth2/v2.0/token?client_id="+a.AppID, url.Values{"grant_type": {"refresh_token"}}).refused(900144, "invalid_request", 400)
}

//parity:choice login token, several faults: checked in the order tenant, client, client authentication, grant, redirect URI, PKCE, scope, what the user may; the order of the public service is not published
func TestTheFirstFaultOfSeveralIsNamed(t *testing.T) {
	l := newTestWorld(t)
	a := l.consented(nil)
	code := l.visitor().open(l.authorizeURL("organizations", a, "code_challenge", testChallenge, "code_challenge_method", "S256")).signIn("user", "contoso").code()
	form := redeem(a, "bad code", "client_id", newGUID(), "client_secret", "bad", "redirect_uri", "https://bad.example.com", "scope", "a/b c/d")
	segment := newGUID()
	for _, step := range []struct {
		code int
		mend func()
	}{
		{90002, func() { segment = "organizations" }},
		{700016, func() { form.Set("client_id", a.AppID) }},
		{7000215, func() { form.Set("client_secret", testSecret) }},
		{70000, func() { form.Set("code", code) }},
		{500112, func() { form.Set("redirect_uri", testApp) }},
		{501481, func() { form.Set("code_verifier", testVerifier) }},
		{28000, func() { form.Set("scope", devopsAppID+"/vso.code") }},
		{65001, func() { form.Set("scope", devopsScope) }},
	} {
		answer := l.token(segment, form)
		if codes, _ := answer.json["error_codes"].([]any); len(codes) != 1 || codes[0] != float64(step.code) {
			t.Fatalf("want %d: %v", step.code, answer.json)
		}
		step.mend()
	}
	l.token(segment, form).ok()
}
