package sandbox

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
)

// A legacyTest is a sandbox with Contoso's apps of the retired OAuth.
type legacyTest struct {
	*testing.T
	s     *Sandbox
	cyclr ReadyLegacyApp
}

func newLegacyTest(t *testing.T, o Options) *legacyTest {
	t.Helper()
	s := start(t, o)
	apps := s.Ready().Tenants[0].LegacyApps
	i := slices.IndexFunc(apps, func(a ReadyLegacyApp) bool { return a.Integration == "cyclr" })
	if i < 0 {
		t.Fatal("the ready line lists no legacy app for Cyclr")
	}
	return &legacyTest{t, s, apps[i]}
}

// authorizeURL is an authorization request of the app; values are name, value
// pairs.
func (l *legacyTest) authorizeURL(values ...string) string {
	q := url.Values{
		"client_id": {l.cyclr.AppID}, "response_type": {"Assertion"}, "state": {"a state/1"},
		"scope": {strings.Join(l.cyclr.Scopes, " ")}, "redirect_uri": {l.cyclr.CallbackURL},
	}
	override(q, values)
	return l.s.Ready().VSSPS + "/oauth2/authorize?" + q.Encode()
}

func (l *legacyTest) browser() *visitor { return (&loginTest{T: l.T, w: l.s.world}).visitor() }

// follow goes where a redirect or a page that submits itself leads.
func (s sight) follow() sight {
	s.Helper()
	switch {
	case s.location != "":
		return s.open(s.location)
	case s.heading() == "Taking you back to the app":
		return s.press("Continue")
	}
	s.Fatalf("page %q leads nowhere by itself: %d %s", s.heading(), s.status, s.text())
	return s
}

// acceptPage signs a person in and stops where they are asked to accept.
func (l *legacyTest) acceptPage(b *visitor, name, tenant string, values ...string) sight {
	l.Helper()
	page := b.open(l.authorizeURL(values...)).follow().signIn(name, tenant).follow().follow()
	return page.shows("Cyclr by Contoso requests permission")
}

// code is a user's authorization code.
func (l *legacyTest) code(name, tenant string) string {
	l.Helper()
	page := l.acceptPage(l.browser(), name, tenant)
	return page.pressAt(page.at, "Accept").answer().Get("code")
}

// pressAt is press for a form without an action: it goes to its own page.
func (s sight) pressAt(address, label string, values ...string) sight {
	s.Helper()
	s.html.Find("form").SetAttr("action", address)
	return s.press(label, values...)
}

// token asks the token endpoint with a code; values are name, value pairs.
func (l *legacyTest) token(values ...string) response {
	l.Helper()
	form := url.Values{
		"client_assertion_type": {jwtBearerAssertion}, "client_assertion": {l.cyclr.AppSecret},
		"grant_type": {jwtBearerGrant}, "redirect_uri": {l.cyclr.CallbackURL},
	}
	override(form, values)
	return send(l.T, l.s, "POST", l.s.Ready().VSSPS+"/oauth2/token", form.Encode(), "Content-Type", "application/x-www-form-urlencoded")
}

// tokens is token when it is granted.
func (l *legacyTest) tokens(values ...string) map[string]any {
	l.Helper()
	got := l.token(values...)
	if got.StatusCode != http.StatusOK {
		l.Fatalf("token: %d %s", got.StatusCode, got.body)
	}
	return got.json(l.T)
}

// call makes a request with an access token.
func (l *legacyTest) call(method, address string, tokens map[string]any) response {
	l.Helper()
	token, _ := tokens["access_token"].(string)
	return send(l.T, l.s, method, address, "{}", "Authorization", "Bearer "+token, "Content-Type", "application/json")
}

//parity:real vssps GET /oauth2/authorize
//parity:real vssps POST /oauth2/authorize
//parity:real vssps POST /_signedin
//parity:real vssps POST /oauth2/token
func TestLegacyOAuthFromThePageToWorkItems(t *testing.T) {
	l := newLegacyTest(t, Options{})
	page := l.acceptPage(l.browser(), "user", "contoso")
	if text := page.text(); !strings.Contains(text, "vso.work_write") || !strings.Contains(text, "user@contoso.sandbox.invalid") {
		t.Errorf("the page says %s", text)
	}
	back := page.pressAt(page.at, "Accept")
	if !strings.HasPrefix(back.location, l.cyclr.CallbackURL+"?code=") || back.answer().Get("state") != "a state/1" {
		t.Fatalf("back at %s", back.location)
	}
	tokens := l.tokens("assertion", back.answer().Get("code"))
	if tokens["token_type"] != "jwt-bearer" || tokens["expires_in"] != "3599" || tokens["scope"] != "vso.project vso.work_write" || tokens["refresh_token"] == "" {
		t.Errorf("tokens %v", tokens)
	}
	base := l.s.Ready().DevOps + "/contoso/"
	for path, want := range map[string]int{"_apis/projects?api-version=7.1": 200, "_apis/git/repositories?api-version=7.1": 401} {
		if got := l.call("GET", base+path, tokens); got.StatusCode != want {
			t.Errorf("%s: %d, want %d", path, got.StatusCode, want)
		}
	}
	if found := l.call("POST", base+"Mobile/_apis/wit/wiql?api-version=7.1", tokens); found.StatusCode != 400 {
		t.Errorf("a query without a query: %d", found.StatusCode)
	}
	again := l.tokens("grant_type", "refresh_token", "assertion", tokens["refresh_token"].(string))
	if again["access_token"] == tokens["access_token"] || again["refresh_token"] == tokens["refresh_token"] {
		t.Error("refreshing gave the old tokens")
	}
	who := l.call("GET", l.s.Ready().VSSPS+"/_apis/profile/profiles/me", l.tokens("grant_type", "refresh_token", "assertion", again["refresh_token"].(string)))
	if who.StatusCode != 200 || who.json(t)["emailAddress"] != "user@contoso.sandbox.invalid" {
		t.Errorf("the profile, which the scopes contain: %d %s", who.StatusCode, who.body)
	}
}

//parity:choice vssps oauth2/authorize: InvalidScope is told before the sign-in and carries the state along
func TestLegacyScopesMustBeTheRegisteredOnes(t *testing.T) {
	l := newLegacyTest(t, Options{})
	for asked, same := range map[string]bool{
		"vso.project vso.work_write":             true,
		"vso.work_write vso.project":             true,
		"vso.work_write vso.project vso.project": true,
		"vso.work_write":                         false,
		"vso.work_write vso.project vso.profile": false,
		"vso.project vso.work_full":              false,
		"VSO.project vso.work_write":             false,
		"499b84ac-1321-427f-aa17-267ca6975798/vso.project 499b84ac-1321-427f-aa17-267ca6975798/vso.work_write": false,
	} {
		got := l.browser().open(l.authorizeURL("scope", asked))
		if told := got.location == l.cyclr.CallbackURL+"?error=InvalidScope&state=a+state%2F1"; told == same {
			t.Errorf("%q: %d to %s", asked, got.status, got.location)
		}
	}
	if got := l.browser().open(l.authorizeURL("scope", "vso.code", "state", "")); got.location != l.cyclr.CallbackURL+"?error=InvalidScope" {
		t.Errorf("without a state: %s", got.location)
	}
}

func TestLegacyUserMayDeny(t *testing.T) {
	l := newLegacyTest(t, Options{})
	page := l.acceptPage(l.browser(), "user", "contoso")
	if got := page.pressAt(page.at, "Deny").answer(); got.Get("error") != "access_denied" || got.Get("code") != "" || got.Get("state") != "a state/1" {
		t.Errorf("the app is told %v", got)
	}
}

//parity:choice vssps oauth2/authorize: what is wrong with the app, its callback URL or the response type is told on a page with status 400
func TestLegacyRequestsThatTheAppIsNotToldOf(t *testing.T) {
	l := newLegacyTest(t, Options{})
	for name, values := range map[string][]string{
		"unknown app":             {"client_id", stableID("nothing")},
		"an Entra client":         {"client_id", l.s.Ready().Tenants[0].Automation.ClientID},
		"no app":                  {"client_id", ""},
		"another callback":        {"redirect_uri", l.cyclr.CallbackURL + "/"},
		"no callback":             {"redirect_uri", ""},
		"response type of Entra":  {"response_type", "code"},
		"no response type":        {"response_type", ""},
		"callback and scope both": {"redirect_uri", "https://other.example.com/cb", "scope", "vso.code"},
	} {
		got := l.browser().open(l.authorizeURL(values...))
		if got.status != http.StatusBadRequest || got.location != "" || !strings.Contains(got.text(), "DelegatedAuthorizationException") {
			t.Errorf("%s: %d %s %s", name, got.status, got.location, got.text())
		}
	}
}

func TestLegacyPageIsNotAcceptedForSomebodyElse(t *testing.T) {
	l := newLegacyTest(t, Options{})
	page := l.acceptPage(l.browser(), "user", "contoso")
	if got := page.pressAt(page.at, "Accept", "form", "forged"); got.status != http.StatusBadRequest {
		t.Errorf("a forged form: %d %s", got.status, got.location)
	}
	stranger := l.browser()
	if got := stranger.post(l.s.Ready().VSSPS+signedInPath, url.Values{"id_token": {"x"}, "state": {"y"}}); got.status != http.StatusBadRequest {
		t.Errorf("a sign-in that was not begun: %d", got.status)
	}
	stranger.open(l.authorizeURL())
	session := l.sessionOf(stranger)
	if got := stranger.post(l.s.Ready().VSSPS+signedInPath, url.Values{"id_token": {"x"}, "state": {session.form}}); got.status != http.StatusUnauthorized {
		t.Errorf("no ID token: %d", got.status)
	}
	if got := stranger.open(l.s.Ready().VSSPS + signedInPath); got.status != http.StatusBadRequest {
		t.Errorf("GET: %d", got.status)
	}
}

// sessionOf is what Azure DevOps knows of a browser.
func (l *legacyTest) sessionOf(b *visitor) *legacySession {
	l.Helper()
	u, err := url.Parse(l.s.Ready().VSSPS)
	if err != nil {
		l.Fatal(err)
	}
	l.s.world.mu.Lock()
	defer l.s.world.mu.Unlock()
	for _, c := range b.http.Jar.Cookies(u) {
		if s := l.s.world.legacy.sessions[c.Value]; c.Name == legacyCookie && s != nil {
			return s
		}
	}
	l.Fatal("the browser has no session")
	return nil
}

//parity:choice login authorize: people of Azure DevOps itself are sent to this cloud's Azure DevOps only
func TestSignInToAzureDevOpsItself(t *testing.T) {
	l := newLegacyTest(t, Options{})
	b := l.browser()
	page := b.open(l.authorizeURL()).follow().shows("Sign in")
	if back := page.press("Cancel").follow(); back.status != http.StatusUnauthorized {
		t.Errorf("canceled: %d %s", back.status, back.text())
	}
	elsewhere := url.Values{"client_id": {devopsAppID}, "response_type": {"id_token"}, "redirect_uri": {"https://elsewhere.example.com/"}}
	b.open(l.s.Ready().Login+"/common/oauth2/authorize?"+elsewhere.Encode()).refusedOn(onPage, 50011, "")
	// Whoever is signed in is not asked again.
	again := l.acceptPage(b, "developer", "contoso")
	if next := b.open(again.at); next.status != http.StatusOK {
		t.Errorf("the page once more: %d", next.status)
	}
}

//parity:choice vssps oauth2/token: every refusal has status 400; a refresh token stays good beside its successors
func TestLegacyTokenRefusals(t *testing.T) {
	clock := time.Now()
	l := newLegacyTest(t, Options{Now: func() time.Time { return clock }})
	code := l.code("user", "contoso")
	for name, c := range map[string]struct {
		values []string
		want   *legacyError
	}{
		"no secret":                  {[]string{"client_assertion", ""}, errLegacyClient},
		"a wrong secret":             {[]string{"client_assertion", l.cyclr.AppSecret + "x"}, errLegacyClient},
		"another assertion type":     {[]string{"client_assertion_type", "secret"}, errLegacyClient},
		"an unknown grant type":      {[]string{"grant_type", "authorization_code"}, errLegacyGrant},
		"another callback":           {[]string{"redirect_uri", "https://other.example.com"}, errLegacyCallback},
		"a made-up code":             {[]string{"assertion", "code"}, errLegacyCode},
		"a code as refresh token":    {[]string{"grant_type", "refresh_token"}, errLegacyRefresh},
		"a made-up refresh token":    {[]string{"grant_type", "refresh_token", "assertion", "token"}, errLegacyRefresh},
		"the code of another app":    {[]string{"client_assertion", l.s.Ready().Tenants[0].LegacyApps[1].AppSecret, "redirect_uri", l.s.Ready().Tenants[0].LegacyApps[1].CallbackURL}, errLegacyCode},
		"an access token as a code":  {[]string{"assertion", l.tokens("assertion", l.code("user", "contoso"))["access_token"].(string)}, errLegacyCode},
		"a refresh token as a code":  {[]string{"assertion", l.tokens("assertion", l.code("user", "contoso"))["refresh_token"].(string)}, errLegacyCode},
		"an Entra client credential": {[]string{"client_assertion", l.s.Ready().Tenants[0].Automation.ClientSecret}, errLegacyClient},
	} {
		got := l.token(append([]string{"assertion", code}, c.values...)...)
		if body := got.json(t); got.StatusCode != 400 || body["Error"] != c.want.Code || body["ErrorDescription"] != c.want.Description {
			t.Errorf("%s: %d %s, want %v", name, got.StatusCode, got.body, c.want)
		}
	}
	if got := send(t, l.s, "GET", l.s.Ready().VSSPS+"/oauth2/token", ""); got.StatusCode != 400 {
		t.Errorf("GET: %d", got.StatusCode)
	}
	tokens := l.tokens("assertion", code)
	if got := l.token("assertion", code); got.StatusCode != 400 {
		t.Errorf("the code again: %d", got.StatusCode)
	}
	late := l.code("user", "contoso")
	clock = clock.Add(legacyCodeLifetime)
	if got := l.token("assertion", late); got.StatusCode != 400 {
		t.Errorf("a late code: %d", got.StatusCode)
	}
	clock = clock.AddDate(0, 0, legacySecretDays)
	if got := l.token("grant_type", "refresh_token", "assertion", tokens["refresh_token"].(string)).json(t); got["ErrorDescription"] != errLegacyExpired.Description {
		t.Errorf("after sixty days: %v", got)
	}
}

func TestLegacyTokensOpenNothingButAzureDevOps(t *testing.T) {
	clock := time.Now()
	l := newLegacyTest(t, Options{Now: func() time.Time { return clock }})
	code := l.code("user", "contoso")
	tokens := l.tokens("assertion", code)
	projects := l.s.Ready().DevOps + "/contoso/_apis/projects"
	for name, c := range map[string]struct {
		address, token string
		status         int
	}{
		"access token":            {projects, tokens["access_token"].(string), 200},
		"code":                    {projects, code, 302},
		"refresh token":           {projects, tokens["refresh_token"].(string), 302},
		"tampered with":           {projects, tokens["access_token"].(string)[:80] + "x" + tokens["access_token"].(string)[81:], 302},
		"the app's secret":        {projects, l.cyclr.AppSecret, 302},
		"access token, for Graph": {l.s.Ready().Graph + "/v1.0/me", tokens["access_token"].(string), 401},
	} {
		if got := send(t, l.s, "GET", c.address, "", "Authorization", "Bearer "+c.token); got.StatusCode != c.status {
			t.Errorf("%s: %d, want %d", name, got.StatusCode, c.status)
		}
	}
	clock = clock.Add(legacyTokenLifetime)
	if got := l.call("GET", projects, tokens); got.StatusCode != 302 {
		t.Errorf("an hour later: %d", got.StatusCode)
	}
}

// The policy is off in organizations as they are delivered. The app gets its
// tokens all the same; only the calls fail.
func TestLegacyAppsNeedTheOrganizationsPolicy(t *testing.T) {
	l := newLegacyTest(t, Options{})
	tokens := l.tokens("assertion", l.code("user", "fabrikam"))
	got := l.call("GET", l.s.Ready().DevOps+"/fabrikam/_apis/projects", tokens)
	if got.StatusCode != 401 || got.json(t)["typeKey"] != "UnauthorizedRequestException" || !strings.HasPrefix(got.json(t)["message"].(string), "TF400813: The user '") {
		t.Errorf("legacy app: %d %s", got.StatusCode, got.body)
	}
	entra := tokenFor(t, l.s, "user@fabrikam.sandbox.invalid", "vso.project")
	if got := send(t, l.s, "GET", l.s.Ready().DevOps+"/fabrikam/_apis/projects", "", "Authorization", "Bearer "+entra); got.StatusCode != 200 {
		t.Errorf("the policy struck an Entra app: %d", got.StatusCode)
	}
	other := l.tokens("assertion", l.code("user", "contoso"))
	if got := l.call("GET", l.s.Ready().DevOps+"/fabrikam/_apis/projects", other); got.StatusCode != 401 {
		t.Errorf("somebody else's organization: %d", got.StatusCode)
	}
}

func TestResetEndsLegacySignIns(t *testing.T) {
	l := newLegacyTest(t, Options{})
	b := l.browser()
	page := l.acceptPage(b, "user", "contoso")
	tokens := l.tokens("assertion", page.pressAt(page.at, "Accept").answer().Get("code"))
	waiting := l.code("user", "fabrikam")
	if err := l.s.Reset("contoso.sandbox.invalid"); err != nil {
		t.Fatal(err)
	}
	if got := l.token("grant_type", "refresh_token", "assertion", tokens["refresh_token"].(string)); got.StatusCode != 400 {
		t.Errorf("refresh after a reset: %d", got.StatusCode)
	}
	if got := b.open(l.authorizeURL()); got.status != http.StatusFound {
		t.Errorf("the browser is still signed in: %d", got.status)
	}
	l.tokens("assertion", waiting) // another tenant notices nothing
	if apps := l.s.Ready().Tenants[0].LegacyApps; apps[0].AppSecret != l.cyclr.AppSecret {
		t.Error("the secret changed")
	}
}

//parity:real vssps GET /app/register
//parity:real vssps POST /app/register
func TestNewLegacyAppsAreNotAccepted(t *testing.T) {
	l := newLegacyTest(t, Options{})
	for method, want := range map[string]int{"GET": 200, "POST": 403} {
		got := send(t, l.s, method, l.s.Ready().VSSPS+"/app/register", "", "Content-Type", "application/x-www-form-urlencoded")
		if text := string(got.body); got.StatusCode != want || !strings.Contains(text, "no new registrations since April 2025") || !strings.Contains(text, "Microsoft Entra ID OAuth") {
			t.Errorf("%s: %d %s", method, got.StatusCode, text)
		}
	}
}

func TestLegacySeedErrorsNameTheMend(t *testing.T) {
	for seed, word := range map[string]string{
		`{}`: `"name"`,
		`{"name":"a","callback_url":"http://a.example.com"}`:                                  `"callback_url"`,
		`{"name":"a","callback_url":"https://a.example.com"}`:                                 `"scopes"`,
		`{"name":"a","callback_url":"https://a.example.com","scopes":["vso.nothing"]}`:        "vso.nothing",
		`{"name":"a","callback_url":"https://a.example.com","scopes":["user_impersonation"]}`: "user_impersonation",
	} {
		_, err := parseSeed([]byte(`{"tenants":[{"domain":"contoso.sandbox.invalid","legacy_apps":[` + seed + `]}]}`))
		if err == nil || !strings.Contains(err.Error(), "legacy_apps[0]") || !strings.Contains(err.Error(), word) {
			t.Errorf("%s: %v", seed, err)
		}
	}
}
