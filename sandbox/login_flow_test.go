package sandbox

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

//parity:real login GET /{tenant}/oauth2/v2.0/authorize
//parity:partly login POST /{tenant}/oauth2/v2.0/token: on-behalf-of is refused with 70003
//parity:choice login consent page: "Permissions requested", "Accept" and "Cancel", with a list of the permissions in words; of the public page only the administrator's check box is sourced
func TestACodeFlowWithRealClients(t *testing.T) {
	l := newTestWorld(t)
	a := l.app(nil)
	home := l.tenant("contoso")
	ctx := t.Context()
	provider, err := oidc.NewProvider(ctx, l.base+"/"+home.ID+"/v2.0")
	if err != nil {
		t.Fatal(err)
	}
	config := oauth2.Config{
		ClientID: a.AppID, ClientSecret: testSecret, Endpoint: provider.Endpoint(), RedirectURL: testApp,
		Scopes: []string{devopsScope, oidc.ScopeOpenID, "profile", "offline_access"},
	}
	v := oauth2.GenerateVerifier()
	page := l.visitor().open(config.AuthCodeURL("state-1", oauth2.S256ChallengeOption(v), oidc.Nonce("nonce-1"))).
		signIn("user", "contoso").shows("Permissions requested")
	for _, want := range []string{"Azure DevOps", "Maintain access to data you have given it access to", "Test Integration", "contoso.sandbox.invalid", "unverified"} {
		if !strings.Contains(page.text(), want) {
			t.Errorf("the consent page does not say %q: %s", want, page.text())
		}
	}
	answer := page.press("Accept").answer()
	if answer.Get("state") != "state-1" || !isGUID(answer.Get("session_state")) {
		t.Errorf("answer %v", answer)
	}
	token, err := config.Exchange(ctx, answer.Get("code"), oauth2.VerifierOption(v))
	if err != nil {
		t.Fatal(err)
	}
	checkIDToken(t, ctx, provider, token, a)
	refreshed, err := config.TokenSource(ctx, &oauth2.Token{RefreshToken: token.RefreshToken}).Token()
	if err != nil {
		t.Fatal(err)
	}
	if refreshed.RefreshToken == token.RefreshToken || refreshed.AccessToken == token.AccessToken {
		t.Error("a refresh gives new tokens")
	}
}

func checkIDToken(t *testing.T, ctx context.Context, provider *oidc.Provider, token *oauth2.Token, a *application) {
	t.Helper()
	raw, _ := token.Extra("id_token").(string)
	id, err := provider.Verifier(&oidc.Config{ClientID: a.AppID}).Verify(ctx, raw)
	if err != nil {
		t.Fatal(err)
	}
	var claims struct {
		Version  string `json:"ver"`
		Tenant   string `json:"tid"`
		ObjectID string `json:"oid"`
		Name     string `json:"preferred_username"`
	}
	if err := id.Claims(&claims); err != nil {
		t.Fatal(err)
	}
	if id.Nonce != "nonce-1" || claims.Version != "2.0" || claims.Name != "user@contoso.sandbox.invalid" || !isGUID(claims.ObjectID) || !strings.Contains(id.Issuer, claims.Tenant) {
		t.Errorf("nonce %q, claims %+v", id.Nonce, claims)
	}
}

//parity:choice login Azure DevOps token: claims of a delegated token follow the reference of v1.0 tokens; only an app-only one was captured
func TestTheAzureDevOpsTokenHasTheCapturedForm(t *testing.T) {
	l := newTestWorld(t)
	a := l.consented(nil)
	home := l.tenant("contoso")
	code := l.visitor().open(l.authorizeURL("organizations", a)).signIn("user", "contoso").code()
	answer := l.token("organizations", redeem(a, code)).ok()
	c, u := answer.claims(), home.userNamed("user")
	want := accessClaims{
		Audience: devopsAppID, Issuer: "https://sts.windows.net/" + home.ID + "/", AppID: a.AppID, AppIDACR: "1",
		ObjectID: u.ID, Scopes: "user_impersonation", Tenant: home.ID, Version: "1.0",
		UPN: u.UserPrincipalName, UniqueName: u.UserPrincipalName, Name: u.DisplayName, GivenName: u.GivenName, FamilyName: u.Surname,
		ACR: "1", AMR: []string{"pwd"}, IPAddress: "127.0.0.1",
		Issued: c.Issued, NotBefore: c.Issued, Expires: c.Expires, AIO: c.AIO, RH: c.RH, UTI: c.UTI, Subject: c.Subject,
	}
	if got, expected := mustJSON(t, c), mustJSON(t, want); got != expected {
		t.Errorf("claims\n%s\nwant\n%s", got, expected)
	}
	if answer.string("scope") != devopsScope || answer.string("token_type") != "Bearer" {
		t.Errorf("answer %v", answer.json)
	}
	lifetime := time.Duration(c.Expires-c.Issued) * time.Second
	if in, _ := answer.json["expires_in"].(float64); lifetime < 59*time.Minute || lifetime > 90*time.Minute || in != lifetime.Seconds() {
		t.Errorf("lifetime %s, expires_in %v", lifetime, in)
	}
}

func TestTheGraphTokenTellsTheRoles(t *testing.T) {
	l := newTestWorld(t)
	a := l.consented(nil)
	code := l.visitor().open(l.authorizeURL("organizations", a, "scope", "User.Read openid")).signIn("admin", "contoso").code()
	answer := l.token("organizations", redeem(a, code)).ok()
	c := answer.claims()
	if c.Audience != graphAppID || !has(c.Wids, roleGlobalAdministrator) || !has(c.Wids, memberWid) {
		t.Errorf("claims %+v", c)
	}
	if answer.string("scope") != "openid User.Read" || answer.string("refresh_token") != "" {
		t.Errorf("without offline_access, short names: %v", answer.json)
	}
}

// redeem is the form of a code redemption by a web app.
func redeem(a *application, code string, values ...string) url.Values {
	form := url.Values{
		"client_id": {a.AppID}, "client_secret": {testSecret}, "grant_type": {"authorization_code"},
		"code": {code}, "redirect_uri": {testApp},
	}
	override(form, values)
	return form
}

func TestTheRedirectIsEscapedAsCaptured(t *testing.T) {
	l := newTestWorld(t)
	a := l.app(nil)
	s := l.visitor().open(l.authorizeURL("organizations", a, "scope", ""))
	prefix := testApp + "?error=invalid_request&error_description=AADSTS900144%3a+The+request+body+must+contain+the+following+parameter%3a+%27scope%27.%0d%0aTrace+ID%3a+"
	rest, ok := strings.CutPrefix(s.location, prefix)
	if !ok {
		t.Fatalf("redirect %s", s.location)
	}
	trace := s.header.Get("x-ms-request-id")
	stamp := strings.ReplaceAll(l.clock.Format("2006-01-02+15:04:05Z"), ":", "%3a")
	pattern := trace + "%0d%0aCorrelation+ID%3a+" + rest[len(trace)+len("%0d%0aCorrelation+ID%3a+"):][:36] + "%0d%0aTimestamp%3a+" + stamp +
		"&error_uri=" + escapeParameter(l.base+"/error?code=900144") + "&state=a+state%2f1#"
	if rest != pattern {
		t.Errorf("redirect ends\n%s\nwant\n%s", rest, pattern)
	}
}

//parity:real login GET /{tenant}/oauth2/v2.0/authorize
func TestResponseModes(t *testing.T) {
	l := newTestWorld(t)
	a := l.consented(func(a *application) { a.Web.ImplicitGrantSettings.EnableIDTokenIssuance = true })
	open := func(values ...string) sight {
		return l.visitor().open(l.authorizeURL("organizations", a, values...)).signIn("user", "contoso")
	}
	if s := open("response_mode", "query"); !strings.HasPrefix(s.location, testApp+"?code=") || !strings.HasSuffix(s.location, "#") {
		t.Errorf("query: %s", s.location)
	}
	if s := open("response_mode", "fragment"); !strings.HasPrefix(s.location, testApp+"#code=") {
		t.Errorf("fragment: %s", s.location)
	}
	s := open("response_mode", "form_post").shows("Taking you back to the app")
	if action, _ := s.html.Find("form").Attr("action"); action != testApp || s.html.Find("input[name=code]").Length() != 1 || s.html.Find("input[name=state]").AttrOr("value", "") != "a state/1" {
		t.Errorf("form_post: %s", s.text())
	}
	q := open("response_type", "code id_token", "nonce", "n").answer()
	if q.Get("code") == "" || q.Get("id_token") == "" {
		t.Errorf("hybrid: %v", q)
	}
}

func TestARedirectURIWithoutPathGetsItsSlash(t *testing.T) {
	l := newTestWorld(t)
	a := l.consented(func(a *application) { a.Web.RedirectURIs = []string{"https://app.example.com"} })
	s := l.visitor().open(l.authorizeURL("organizations", a, "redirect_uri", "https://app.example.com")).signIn("user", "contoso")
	if !strings.HasPrefix(s.location, "https://app.example.com/?code=") {
		t.Errorf("redirect %s", s.location)
	}
}

//parity:partly login POST /{tenant}/login: what the pages' forms post to; the fields loginfmt and passwd are Entra's, the steps between the pages are the sandbox's own
func TestPromptsDecideWhichPagesAreShown(t *testing.T) {
	l := newTestWorld(t)
	a := l.consented(nil)
	b := l.visitor()
	open := func(values ...string) sight { return b.open(l.authorizeURL("organizations", a, values...)) }
	if q := open("prompt", "none").answer(); q.Get("error") != "login_required" || !strings.HasPrefix(q.Get("error_description"), "AADSTS50058:") {
		t.Errorf("silent without session: %v", q)
	}
	open().signIn("user", "contoso").code()
	open().code()
	open("prompt", "none").code()
	open("prompt", "login").shows("Sign in")
	open("prompt", "login", "login_hint", "user@contoso.sandbox.invalid").shows("Enter password")
	open("prompt", "consent").shows("Permissions requested")
	open("prompt", "select_account").shows("Pick an account").press("Uma User").code()
	open("prompt", "select_account").press("Use another account").signIn("developer", "contoso").code()
	open().shows("Pick an account").press("Dev Developer").code()
	open("login_hint", "user@contoso.sandbox.invalid").code()
	if q := open("prompt", "none").answer(); q.Get("error") != "interaction_required" || !strings.HasPrefix(q.Get("error_description"), "AADSTS16000:") {
		t.Errorf("silent with two accounts: %v", q)
	}
	open("prompt", "none", "login_hint", "developer@contoso.sandbox.invalid").code()
}

func TestAPersonMayLeaveOnAnyPage(t *testing.T) {
	l := newTestWorld(t)
	a := l.app(nil)
	open := func() sight { return l.visitor().open(l.authorizeURL("organizations", a)) }
	if got := open().press("Cancel").location; got != testApp+"?error=access_denied&error_subcode=cancel&state=a+state%2f1#" {
		t.Errorf("cancel on the sign-in page: %s", got)
	}
	q := open().signIn("user", "contoso").shows("Permissions requested").press("Cancel").answer()
	if q.Get("error") != "access_denied" || !strings.HasPrefix(q.Get("error_description"), "AADSTS65004: User declined to consent to access the app.\r\nTrace ID: ") {
		t.Errorf("cancel on the consent page: %v", q)
	}
	open().press("Next", "loginfmt", "user@contoso.sandbox.invalid").shows("Enter password").press("Back").shows("Sign in")
}

func TestWrongNamesAndPasswordsStayOnThePage(t *testing.T) {
	l := newTestWorld(t)
	page := l.visitor().open(l.authorizeURL("organizations", l.app(nil)))
	for _, c := range []struct{ name, says string }{{"", "AADSTS90014"}, {"nobody@contoso.sandbox.invalid", "AADSTS50034"}} {
		s := page.press("Next", "loginfmt", c.name).shows("Sign in")
		if alert := s.html.Find("[role=alert]").Text(); !strings.Contains(alert, c.says) || s.html.Find("[name=loginfmt]").AttrOr("value", "-") != c.name {
			t.Errorf("%q: %s", c.name, alert)
		}
	}
	page = page.press("Next", "loginfmt", "user@contoso.sandbox.invalid").press("Sign in", "passwd", "wrong").shows("Enter password")
	if alert := page.html.Find("[role=alert]").Text(); !strings.Contains(alert, "AADSTS50126") || !strings.Contains(alert, page.header.Get("x-ms-request-id")) {
		t.Errorf("wrong password: %s", alert)
	}
	page.press("Sign in", "passwd", "Sandbox-User-1!").shows("Permissions requested")
}

func TestAFormNeedsTheBrowserThatItWasShownIn(t *testing.T) {
	l := newTestWorld(t)
	page := l.visitor().open(l.authorizeURL("organizations", l.app(nil)))
	stranger := page
	stranger.visitor = l.visitor()
	if s := stranger.press("Next", "loginfmt", "user@contoso.sandbox.invalid"); !strings.Contains(s.text(), "AADSTS165000") {
		t.Errorf("another browser: %s", s.text())
	}
	done := page.press("Next", "loginfmt", "user@contoso.sandbox.invalid").press("Sign in", "passwd", "Sandbox-User-1!")
	done.press("Accept").code()
	if s := done.press("Accept"); !strings.Contains(s.text(), "AADSTS165000") {
		t.Errorf("the same form again: %s", s.text())
	}
	expired := l.visitor().open(l.authorizeURL("organizations", l.app(nil)))
	l.clock = l.clock.Add(interactionLifetime + time.Second)
	if s := expired.press("Next", "loginfmt", "user@contoso.sandbox.invalid"); !strings.Contains(s.text(), "AADSTS165000") {
		t.Errorf("an hour later: %s", s.text())
	}
}

func TestTheSessionCookieChangesAtSignIn(t *testing.T) {
	l := newTestWorld(t)
	b := l.visitor()
	page := b.open(l.authorizeURL("organizations", l.app(nil)))
	cookie := func() string {
		u, _ := url.Parse(l.base)
		i := slices.IndexFunc(b.http.Jar.Cookies(u), func(c *http.Cookie) bool { return c.Name == sessionCookie })
		return b.http.Jar.Cookies(u)[i].Value
	}
	before := cookie()
	page.signIn("user", "contoso")
	if cookie() == before {
		t.Error("the cookie of before sign-in still works")
	}
}
