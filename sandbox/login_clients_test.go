package sandbox

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// onPlatform moves the test app's redirect URI.
func onPlatform(p platform) func(*application) {
	return func(a *application) {
		a.Web.RedirectURIs = nil
		switch p {
		case platformSPA:
			a.SPA.RedirectURIs = []string{testApp}
		case platformPublic:
			a.PublicClient.RedirectURIs = []string{testApp}
		case platformWeb:
			a.Web.RedirectURIs = []string{testApp}
		}
	}
}

func TestThePlatformDecidesHowACodeIsRedeemed(t *testing.T) {
	origin := []string{"Origin", "https://app.example.com"}
	for _, c := range []struct {
		name     string
		platform platform
		pkce     bool
		secret   string
		header   []string
		code     int // 0: works
		oauth    string
		status   int
	}{
		{"web with secret", platformWeb, false, testSecret, nil, 0, "", 200},
		{"web with secret and PKCE", platformWeb, true, testSecret, nil, 0, "", 200},
		{"web without secret", platformWeb, true, "", nil, 7000218, "invalid_client", 401},
		{"web from a browser", platformWeb, true, "", origin, 9002326, "invalid_request", 400},
		{"public without secret", platformPublic, true, "", nil, 0, "", 200},
		{"public with secret", platformPublic, true, testSecret, nil, 700025, "invalid_client", 401},
		{"public from a browser", platformPublic, true, "", origin, 9002326, "invalid_request", 400},
		{"single-page from a browser", platformSPA, true, "", origin, 0, "", 200},
		{"single-page without PKCE", platformSPA, false, "", origin, 9002325, "invalid_request", 400},
		{"single-page from a server", platformSPA, true, "", nil, 9002327, "invalid_request", 400},
		{"single-page from a server with secret", platformSPA, true, testSecret, nil, 9002327, "invalid_request", 400},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := newTestWorld(t)
			a := l.consented(onPlatform(c.platform))
			asking, redeeming := []string{}, []string{"client_secret", c.secret}
			if c.pkce {
				asking = []string{"code_challenge", testChallenge, "code_challenge_method", "S256"}
				redeeming = append(redeeming, "code_verifier", testVerifier)
			}
			code := l.visitor().open(l.authorizeURL("organizations", a, asking...)).signIn("user", "contoso").code()
			answer := l.token("organizations", redeem(a, code, redeeming...), c.header...)
			if c.code != 0 {
				answer.refused(c.code, c.oauth, c.status)
				return
			}
			wantACR := publicClientACR
			if c.platform == platformWeb {
				wantACR = secretACR
			}
			if got := answer.ok().claims().AppIDACR; got != wantACR {
				t.Errorf("appidacr %q", got)
			}
		})
	}
}

//parity:real login OPTIONS /{tenant}/oauth2/v2.0/token
func TestOnlySinglePageAppsMayReadTheAnswerInABrowser(t *testing.T) {
	for p, want := range map[platform]string{platformSPA: "*", platformWeb: "", platformPublic: ""} {
		l := newTestWorld(t)
		a := l.consented(onPlatform(p))
		answer := l.token("organizations", redeem(a, "nonsense", "client_secret", ""), "Origin", "https://app.example.com")
		if got := answer.header.Get("Access-Control-Allow-Origin"); got != want {
			t.Errorf("%s: Access-Control-Allow-Origin %q", p, got)
		}
	}
	l := newTestWorld(t)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodOptions, l.base+"/organizations/oauth2/v2.0/token", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Access-Control-Request-Headers", "content-type")
	if s := l.visitor().do(r); s.status != http.StatusOK || s.header.Get("Access-Control-Allow-Origin") != "*" || s.header.Get("Access-Control-Allow-Headers") != "content-type" {
		t.Errorf("preflight %d %v", s.status, s.header)
	}
}

func TestHTTPBasicCarriesClientIDAndSecretEncoded(t *testing.T) {
	l := newTestWorld(t)
	a := l.consented(nil)
	code := l.visitor().open(l.authorizeURL("organizations", a)).signIn("user", "contoso").code()
	basic := func(secret string) string {
		return "Basic " + base64.StdEncoding.EncodeToString([]byte(a.AppID+":"+secret))
	}
	form := redeem(a, code, "client_id", "", "client_secret", "")
	l.token("organizations", form, "Authorization", basic("wrong")).refused(7000215, "invalid_client", 401)
	l.token("organizations", form, "Authorization", basic(url.QueryEscape(testSecret))).ok()
}

func TestPlainPKCE(t *testing.T) {
	l := newTestWorld(t)
	a := l.consented(nil)
	open := func() string {
		return l.visitor().open(l.authorizeURL("organizations", a, "code_challenge", testVerifier)).signIn("user", "contoso").code()
	}
	l.token("organizations", redeem(a, open(), "code_verifier", testVerifier)).ok()
	l.token("organizations", redeem(a, open(), "code_verifier", testChallenge)).refused(501481, "invalid_grant", 400)
}

// refreshForm is the form of a refresh.
func refreshForm(a *application, token string, values ...string) url.Values {
	form := url.Values{"client_id": {a.AppID}, "client_secret": {testSecret}, "grant_type": {"refresh_token"}, "refresh_token": {token}}
	override(form, values)
	return form
}

//parity:partly login POST /{tenant}/oauth2/v2.0/token: on-behalf-of is refused with 70003
func TestRefreshTokensRotateAndTheOldOneStays(t *testing.T) {
	l := newTestWorld(t)
	a := l.consented(nil)
	code := l.visitor().open(l.authorizeURL("organizations", a)).signIn("user", "contoso").code()
	first := l.token("organizations", redeem(a, code)).ok().string("refresh_token")
	l.clock = l.clock.Add(refreshLifetime - time.Second)
	second := l.token("organizations", refreshForm(a, first)).ok()
	l.token("organizations", refreshForm(a, first)).ok()
	l.clock = l.clock.Add(time.Second)
	l.token("organizations", refreshForm(a, first)).refused(700082, "invalid_grant", 400)
	third := l.token(l.tenant("contoso").ID, refreshForm(a, second.string("refresh_token"))).ok()
	if third.string("id_token") == "" || third.claims().Scopes != "user_impersonation" {
		t.Errorf("answer %v", third.json)
	}
	l.token("organizations", refreshForm(a, "nonsense")).refused(70000, "invalid_grant", 400)
	l.token("organizations", refreshForm(l.consented(nil), second.string("refresh_token"))).refused(70000, "invalid_grant", 400)
	l.token("organizations", refreshForm(a, second.string("refresh_token"), "client_secret", "")).refused(7000218, "invalid_client", 401)
	l.token("organizations", refreshForm(a, "", "refresh_token", "")).refused(900144, "invalid_request", 400)
}

func TestTheRefreshTokensOfASinglePageAppEndAfterADay(t *testing.T) {
	l := newTestWorld(t)
	a := l.consented(onPlatform(platformSPA))
	origin := []string{"Origin", "https://app.example.com"}
	code := l.visitor().open(l.authorizeURL("organizations", a, "code_challenge", testChallenge, "code_challenge_method", "S256")).signIn("user", "contoso").code()
	first := l.token("organizations", redeem(a, code, "client_secret", "", "code_verifier", testVerifier), origin...).ok()
	l.clock = l.clock.Add(spaRefreshLifetime - time.Second)
	second := l.token("organizations", refreshForm(a, first.string("refresh_token"), "client_secret", ""), origin...).ok()
	l.clock = l.clock.Add(time.Second)
	l.token("organizations", refreshForm(a, second.string("refresh_token"), "client_secret", ""), origin...).refused(700084, "invalid_grant", 400)
}

func TestConsentTakenBackEndsTheRefresh(t *testing.T) {
	l := newTestWorld(t)
	a := l.consented(nil)
	home := l.tenant("contoso")
	code := l.visitor().open(l.authorizeURL("organizations", a)).signIn("user", "contoso").code()
	token := l.token("organizations", redeem(a, code)).ok().string("refresh_token")
	home.removeGrant(grantID(home.principalOf(a.AppID).ID, home.principalOf(devopsAppID).ID, nil))
	l.token("organizations", refreshForm(a, token)).refused(65001, "invalid_grant", 400)
	home.removePrincipal(home.principalOf(a.AppID))
	l.token("organizations", refreshForm(a, token)).refused(65001, "invalid_grant", 400)
}

func TestTheSameGrantOverAndOverIsALoop(t *testing.T) {
	l := newTestWorld(t)
	a := l.consented(nil)
	code := l.visitor().open(l.authorizeURL("organizations", a)).signIn("user", "contoso").code()
	token := l.token("organizations", redeem(a, code)).ok().string("refresh_token")
	for range loopLimit {
		l.token("organizations", refreshForm(a, token)).ok()
	}
	l.token("organizations", refreshForm(a, token)).refused(50196, "invalid_grant", 400)
	l.clock = l.clock.Add(loopWindow)
	l.token("organizations", refreshForm(a, token)).ok()
}

// appForm is the form of a client credentials grant.
func appForm(a *application, values ...string) url.Values {
	form := url.Values{"client_id": {a.AppID}, "client_secret": {testSecret}, "grant_type": {"client_credentials"}, "scope": {"https://graph.microsoft.com/.default"}}
	override(form, values)
	return form
}

//parity:partly login POST /{tenant}/oauth2/v2.0/token: on-behalf-of is refused with 70003
func TestClientCredentials(t *testing.T) {
	l := newTestWorld(t)
	a := l.app(nil)
	home := l.tenant("contoso")
	l.token(home.ID, appForm(a)).refused(7000229, "invalid_client", 401)
	sp := home.ensurePrincipal(client{a, home})
	home.holdRoles(sp, home.principalOf(graphAppID), []string{"Application.Read.All"}, l.clock)
	answer := l.token(home.Domain, appForm(a)).ok()
	c := answer.claims()
	if c.ObjectID != sp.ID || c.Subject != sp.ID || c.UPN != "" || c.Scopes != "" || !has(c.Roles, "Application.Read.All") || c.Audience != "https://graph.microsoft.com" || c.IDType != "app" {
		t.Errorf("claims %+v", c)
	}
	if answer.string("refresh_token")+answer.string("id_token")+answer.string("scope") != "" {
		t.Errorf("an access token alone: %v", answer.json)
	}
	devops := l.token(home.ID, appForm(a, "scope", devopsAppID+"/.default")).ok().claims()
	if devops.Audience != devopsAppID || devops.Roles != nil || devops.IDP != stsIssuer(home.ID) {
		t.Errorf("claims %+v", devops)
	}
	for _, c := range []struct {
		name, segment, parameter, value string
		code                            int
		oauth                           string
		status                          int
	}{
		{"no tenant", "organizations", "scope", "", 50059, "invalid_request", 400},
		{"no secret", home.ID, "client_secret", "", 7000216, "invalid_client", 401},
		{"no scope", home.ID, "scope", "", 90014, "invalid_request", 400},
		{"named scope", home.ID, "scope", devopsScope, 1002012, "invalid_scope", 400},
		{"sign-in scopes", home.ID, "scope", "openid", 1002012, "invalid_scope", 400},
		{"two resources", home.ID, "scope", devopsAppID + "/.default https://graph.microsoft.com/.default", 28000, "invalid_request", 400},
		{"unknown resource", home.ID, "scope", "api://nothing/.default", 500011, "invalid_resource", 400},
	} {
		t.Run(c.name, func(t *testing.T) {
			l.token(c.segment, appForm(a, c.parameter, c.value)).refused(c.code, c.oauth, c.status)
		})
	}
}

//parity:choice login aud: what the client called the resource, URI or GUID
func TestTheAudienceIsWhatTheClientCalledTheResource(t *testing.T) {
	l := newTestWorld(t)
	a := l.app(nil)
	home := l.tenant("contoso")
	home.ensurePrincipal(client{a, home})
	for scope, want := range map[string]string{
		devopsAppID + "/.default":                      devopsAppID,
		"https://app.vssps.visualstudio.com//.default": "https://app.vssps.visualstudio.com/",
		"https://graph.microsoft.com/.default":         "https://graph.microsoft.com",
		graphAppID + "/.default":                       graphAppID,
	} {
		if got := l.token(home.ID, appForm(a, "scope", scope)).ok().claims().Audience; got != want {
			t.Errorf("%s: aud %s, want %s", scope, got, want)
		}
	}
}

func TestATokenForTheAppItself(t *testing.T) {
	l := newTestWorld(t)
	a := l.consented(nil)
	code := l.visitor().open(l.authorizeURL("organizations", a, "scope", a.AppID+"/.default openid")).signIn("user", "contoso").code()
	if aud := l.token("organizations", redeem(a, code)).ok().claims().Audience; aud != a.AppID {
		t.Errorf("aud %s", aud)
	}
	bare := l.consented(func(a *application) { a.RequiredResourceAccess = nil })
	l.visitor().open(l.authorizeURL("organizations", bare, "scope", bare.AppID+"/.default")).signIn("user", "contoso").
		refusedOn(onRedirect, 90008, "invalid_request")
}

func TestManyRedemptionsAtOnceGiveOneToken(t *testing.T) {
	l := newTestWorld(t)
	a := l.consented(nil)
	code := l.visitor().open(l.authorizeURL("organizations", a)).signIn("user", "contoso").code()
	statuses := make(chan int)
	for range 16 {
		go func() {
			resp, err := http.PostForm(l.base+"/organizations/oauth2/v2.0/token", redeem(a, code))
			if err != nil {
				statuses <- 0
				return
			}
			resp.Body.Close()
			statuses <- resp.StatusCode
		}()
	}
	count := map[int]int{}
	for range 16 {
		count[<-statuses]++
	}
	if count[http.StatusOK] != 1 || count[http.StatusBadRequest] != 15 {
		t.Errorf("answers by status: %v", count)
	}
}

func TestAResourceMayBeNamedByItsAddressHere(t *testing.T) {
	l := newTestWorld(t)
	a, home := l.consented(nil), l.tenant("contoso")
	home.holdRoles(home.principalOf(a.AppID), home.principalOf(graphAppID), []string{"Application.Read.All"}, l.clock)
	root := strings.TrimSuffix(l.base, "/login")
	for address, audience := range map[string]string{
		root + "/graph":   "https://graph.microsoft.com",
		root + "/devops/": "https://app.vssps.visualstudio.com",
		root + "/vssps":   "https://app.vssps.visualstudio.com",
	} {
		if got := l.token(home.ID, appForm(a, "scope", address+"/.default")).ok().claims().Audience; got != audience {
			t.Errorf("%s: a token for %s, want %s", address, got, audience)
		}
	}
	code := l.visitor().open(l.authorizeURL("organizations", a, "scope", root+"/devops/user_impersonation")).signIn("user", "contoso").code()
	if got := l.token("organizations", redeem(a, code)).ok().string("scope"); got != root+"/devops/user_impersonation" {
		t.Errorf("scope %q, not as it was asked for", got)
	}
	l.token(home.ID, appForm(a, "scope", root+"/login/.default")).refused(500011, "invalid_resource", 400)
	l.token(home.ID, appForm(a, "scope", "https://dev.azure.com/.default"), "X-Forwarded-Host", "login.microsoftonline.com").refused(500011, "invalid_resource", 400)
}
