package handlers_test

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	jose "github.com/go-jose/go-jose/v4"

	"github.com/consentry/consentry/handlers"
	"github.com/consentry/consentry/oauth"
)

// A mint stands between the console and the cloud's sign-in service. It signs
// with a key of its own, which is published as the tenant's, and gives out
// whatever ID token a test wants.
type mint struct {
	next http.RoundTripper
	key  *rsa.PrivateKey

	mu    sync.Mutex
	token string // the next ID token
}

func newMint(t *testing.T) *mint {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return &mint{key: key}
}

// minted is a shared console whose people come from the mint.
func minted(t *testing.T, m *mint, change ...func(*handlers.Handlers)) *console {
	t.Helper()
	return sharedConsole(t, append([]func(*handlers.Handlers){func(h *handlers.Handlers) {
		m.next = h.OAuth.HTTP.Transport
		h.OAuth = &oauth.Client{Cloud: h.Cloud, HTTP: &http.Client{Transport: m}, Now: h.OAuth.Now}
	}}, change...)...)
}

func (m *mint) RoundTrip(r *http.Request) (*http.Response, error) {
	var answer any
	switch {
	case strings.HasSuffix(r.URL.Path, "/oauth2/v2.0/token"):
		m.mu.Lock()
		answer = map[string]any{"token_type": "Bearer", "scope": "openid profile", "expires_in": 3599, "access_token": "an.access.token", "refresh_token": "a-refresh-token", "id_token": m.token}
		m.mu.Unlock()
	case strings.HasSuffix(r.URL.Path, "/discovery/v2.0/keys"):
		answer = jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: m.key.Public(), KeyID: "minted", Use: "sig"}}}
	default:
		return m.next.RoundTrip(r)
	}
	if r.Body != nil {
		defer r.Body.Close()
	}
	body, err := json.Marshal(answer)
	return &http.Response{StatusCode: 200, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(bytes.NewReader(body)), Request: r}, err
}

// sign makes a JWT; nil claims are left out.
func (m *mint) sign(t *testing.T, alg jose.SignatureAlgorithm, key any, header map[jose.HeaderKey]any, claims map[string]any) string {
	t.Helper()
	options := &jose.SignerOptions{ExtraHeaders: map[jose.HeaderKey]any{"kid": "minted", "typ": "JWT"}}
	maps.Copy(options.ExtraHeaders, header)
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: alg, Key: key}, options)
	if err != nil {
		t.Fatal(err)
	}
	kept := maps.Clone(claims)
	maps.DeleteFunc(kept, func(_ string, v any) bool { return v == nil })
	payload, err := json.Marshal(kept)
	if err != nil {
		t.Fatal(err)
	}
	signed, err := signer.Sign(payload)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := signed.CompactSerialize()
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// someObject is the object ID of whoever the mint makes up.
const someObject = "0a000000-0000-4000-8000-00000000000a"

// comes lets somebody come back from Microsoft with the token that make gives
// for the claims of a good one. path is where the sign-in begins.
func (m *mint) comes(b *browser, path string, make func(claims map[string]any) string) page {
	b.t.Helper()
	begun := b.send("GET", path, nil)
	to := mustParse(b.t, begun.location)
	now, tenant := b.c.now(), string(b.c.tenantID(home))
	token := make(map[string]any{
		"iss": b.c.box.Cloud().Login + "/" + tenant + "/v2.0", "aud": to.Query().Get("client_id"), "tid": tenant, "oid": someObject, "sub": "s", "ver": "2.0",
		"nonce": to.Query().Get("nonce"), "iat": now.Unix(), "nbf": now.Unix(), "exp": now.Add(time.Hour).Unix(), "auth_time": now.Unix(),
		"preferred_username": "anna@contoso.sandbox.invalid", "name": "Anna", "roles": []string{"admin"},
	})
	m.mu.Lock()
	m.token = token
	m.mu.Unlock()
	return b.send("GET", "/sign-in/callback?"+url.Values{"code": {"a-code"}, "state": {to.Query().Get("state")}}.Encode(), nil)
}

// good signs the claims with some changed.
func (m *mint) good(t *testing.T, change map[string]any) func(map[string]any) string {
	return func(claims map[string]any) string {
		maps.Copy(claims, change)
		return m.sign(t, jose.RS256, m.key, nil, claims)
	}
}

func TestATokenThatIsNotWhatItShouldBeSignsNobodyIn(t *testing.T) {
	m := newMint(t)
	c := minted(t, m)
	foreign, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	public, err := x509.MarshalPKIXPublicKey(m.key.Public())
	if err != nil {
		t.Fatal(err)
	}
	now := c.now()
	login := c.box.Cloud().Login
	header := func(alg jose.SignatureAlgorithm, key any, h map[jose.HeaderKey]any) func(map[string]any) string {
		return func(claims map[string]any) string { return m.sign(t, alg, key, h, claims) }
	}
	bad := map[string]func(map[string]any) string{
		"nothing": func(map[string]any) string { return "" },
		"no JWT":  func(map[string]any) string { return "abc" },
		"alg none": func(claims map[string]any) string {
			parts := strings.Split(m.sign(t, jose.RS256, m.key, nil, claims), ".")
			return base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none","typ":"JWT"}`)) + "." + parts[1] + "."
		},
		"HS256 with the public key":        header(jose.HS256, public, nil),
		"RS512":                            header(jose.RS512, m.key, nil),
		"a foreign key under a known name": header(jose.RS256, foreign, nil),
		"a foreign key":                    header(jose.RS256, foreign, map[jose.HeaderKey]any{"kid": "foreign"}),
		"a key that it brings along":       header(jose.RS256, foreign, map[jose.HeaderKey]any{"kid": "foreign", "jwk": jose.JSONWebKey{Key: foreign.Public(), KeyID: "foreign"}}),
		"keys that it points to":           header(jose.RS256, foreign, map[jose.HeaderKey]any{"kid": "foreign", "jku": "https://evil.example/keys", "x5u": "https://evil.example/cert"}),
		"an access token by its type":      header(jose.RS256, m.key, map[jose.HeaderKey]any{"typ": "at+jwt"}),
		"an access token by its scopes":    m.good(t, map[string]any{"scp": "User.Read"}),
		"another audience":                 m.good(t, map[string]any{"aud": "99999999-2222-3333-4444-555555555555"}),
		"several audiences, no party":      m.good(t, map[string]any{"aud": []string{"c0a57e1b-7d3c-4c0e-9b55-5e1f0c0b0a02", "other"}}),
		"another party":                    m.good(t, map[string]any{"azp": "99999999-2222-3333-4444-555555555555"}),
		"another issuer":                   m.good(t, map[string]any{"iss": "https://evil.example/v2.0"}),
		"the issuer's template":            m.good(t, map[string]any{"iss": login + "/{tenantid}/v2.0"}),
		"the issuer of another tenant":     m.good(t, map[string]any{"iss": login + "/" + string(c.tenantID(neighbor)) + "/v2.0"}),
		"an old nonce":                     m.good(t, map[string]any{"nonce": "AAAAAAAAAAAAAAAAAAAAAAAAAA"}),
		"no nonce":                         m.good(t, map[string]any{"nonce": nil}),
		"expired":                          m.good(t, map[string]any{"exp": now.Add(-6 * time.Minute).Unix()}),
		"no end":                           m.good(t, map[string]any{"exp": nil}),
		"not valid yet":                    m.good(t, map[string]any{"nbf": now.Add(6 * time.Minute).Unix()}),
		"issued in the future":             m.good(t, map[string]any{"iat": now.Add(6 * time.Minute).Unix()}),
		"nobody":                           m.good(t, map[string]any{"oid": nil}),
		"somebody by name":                 m.good(t, map[string]any{"oid": "anna@contoso.sandbox.invalid"}),
		"no tenant":                        m.good(t, map[string]any{"tid": nil}),
	}
	for name, make := range bad {
		t.Run(name, func(t *testing.T) {
			b, before := c.browser(), len(c.audited("sign-in-denied"))
			p := m.comes(b, "/sign-in/begin", make)
			p.want(502, "could not be verified, so nobody was signed in")
			for _, inside := range []string{"nonce", "audience", "RS256", "evil.example", "ID token"} {
				if strings.Contains(p.text(), inside) {
					t.Errorf("the page says %q", inside)
				}
			}
			if !b.out() || len(c.people()) != 0 {
				t.Error("somebody is signed in, or tokens are kept")
			}
			if rows := c.audited("sign-in-denied"); len(rows) != before+1 || rows[0].Result != "denied" || rows[0].IP == "" {
				t.Errorf("the audit log says %+v", rows)
			}
		})
	}
	if p := m.comes(c.browser(), "/sign-in/begin", m.good(t, nil)); p.status != 303 {
		t.Errorf("a good token: %d %s: this test proves nothing", p.status, p.text())
	}
	if strings.Contains(c.logs.String(), "an.access.token") || strings.Contains(c.logs.String(), "a-refresh-token") {
		t.Error("the log holds tokens")
	}
}

func TestATokenWithTimesWithinFiveMinutesIsTaken(t *testing.T) {
	m := newMint(t)
	c := minted(t, m)
	for name, change := range map[string]map[string]any{
		"just expired":      {"exp": c.now().Add(-4 * time.Minute).Unix()},
		"from a fast clock": {"iat": c.now().Add(4 * time.Minute).Unix(), "nbf": c.now().Add(4 * time.Minute).Unix()},
		"for us and others": {"aud": []string{"c0a57e1b-7d3c-4c0e-9b55-5e1f0c0b0a02", "other"}, "azp": "c0a57e1b-7d3c-4c0e-9b55-5e1f0c0b0a02"},
	} {
		if p := m.comes(c.browser(), "/sign-in/begin", m.good(t, change)); p.status != 303 {
			t.Errorf("%s: %d %s", name, p.status, p.text())
		}
	}
}

func TestOnlyRolesOfThisConsoleCountLetterForLetter(t *testing.T) {
	m := newMint(t)
	c := minted(t, m)
	for name, roles := range map[string]any{
		"none": nil, "an empty list": []string{}, "text instead of a list": "admin", "another case": []string{"Admin"}, "with a blank": []string{"admin "},
		"unknown ones": []string{"Task.Write", "owner"}, "anyone": []string{"anyone"}, "a number": []any{1}, "one that is no text": []any{"admin", 1}, "an object": map[string]any{"admin": true}, "two in one": []string{"viewer,admin"},
	} {
		t.Run(name, func(t *testing.T) {
			b := c.browser()
			p := m.comes(b, "/sign-in/begin", m.good(t, map[string]any{"roles": roles}))
			p.want(403, "no role in this console yet", "Users and groups")
			if !b.out() || len(c.people()) != 0 {
				t.Error("somebody is signed in, or tokens are kept")
			}
		})
	}
	b := c.browser()
	m.comes(b, "/sign-in/begin", m.good(t, map[string]any{"roles": []string{"Task.Write", "viewer", "support"}}))
	b.get("/diagnose").want(200)
	b.get("/setup").want(403, "role support")
}

func TestPeopleOfTenantsThatAreNotOnTheListAreNotLetIn(t *testing.T) {
	m := newMint(t)
	c := minted(t, m, func(h *handlers.Handlers) { h.Shared.Tenants = append(h.Shared.Tenants, handlers.PersonalTenant) })
	login := c.box.Cloud().Login
	for name, tenant := range map[string]string{"another tenant": string(c.tenantID("expired secret")), "personal accounts": string(handlers.PersonalTenant)} {
		t.Run(name, func(t *testing.T) {
			b := c.browser()
			p := m.comes(b, "/sign-in/begin", m.good(t, map[string]any{"tid": tenant, "iss": login + "/" + tenant + "/v2.0"}))
			if p.status == 303 || !b.out() || len(c.people()) != 0 {
				t.Errorf("%d: somebody is signed in, or tokens are kept", p.status)
			}
		})
	}
}

func TestPeopleAreKnownByTenantAndObjectID(t *testing.T) {
	m := newMint(t)
	c := minted(t, m)
	anna, renamed, impostor := c.browser(), c.browser(), c.browser()
	m.comes(anna, "/sign-in/begin", m.good(t, nil))
	p := anna.post("/setup/frontegg", url.Values{"environment": {"annas"}, "inputs.host": {"gateway.example.com"}})
	path, _, _ := strings.Cut(p.at.Query().Get("return"), "/setup/")
	if path == "" {
		path, _, _ = strings.Cut(p.at.Path, "/setup/")
	}
	m.comes(renamed, "/sign-in/begin", m.good(t, map[string]any{"preferred_username": "anna.miller@contoso.sandbox.invalid", "email": "x@y.example"}))
	renamed.get("/").want(200, "annas")
	there := string(c.tenantID(neighbor))
	m.comes(impostor, "/sign-in/begin", m.good(t, map[string]any{
		"tid": there, "iss": c.box.Cloud().Login + "/" + there + "/v2.0", "oid": someObject, "preferred_username": "anna@contoso.sandbox.invalid", "email": "anna@contoso.sandbox.invalid"}))
	impostor.get("/").want(200).without("annas")
	impostor.get(path).want(404)
}

func TestATokenThatDoesNotSayWhenProvesNothing(t *testing.T) {
	m := newMint(t)
	c := minted(t, m)
	for name, at := range map[string]any{
		"no auth_time": nil, "from the future": c.now().Add(time.Hour).Unix(), "long ago": c.now().Add(-16 * time.Minute).Unix(), "the year zero": 0,
	} {
		t.Run(name, func(t *testing.T) {
			b := c.browser()
			m.comes(b, "/sign-in/begin", m.good(t, map[string]any{"auth_time": at}))
			if p := b.post("/environments/x/apply", nil); p.at.Path != "/sign-in" || p.at.Query().Get("again") == "" {
				t.Fatalf("applying led to %s: %d", p.at, p.status)
			}
			cookie := b.cookie()
			p := m.comes(b, "/sign-in/begin?again=1&return=/setup", m.good(t, map[string]any{"auth_time": at}))
			p.want(403, "did not say that you have just signed in", "auth_time")
			if b.cookie() != cookie || b.post("/environments/x/apply", nil).at.Path != "/sign-in" {
				t.Error("it counts all the same")
			}
		})
	}
	b := c.browser()
	m.comes(b, "/sign-in/begin", m.good(t, map[string]any{"auth_time": nil}))
	if p := m.comes(b, "/sign-in/begin?again=1&return=/setup", m.good(t, nil)); p.status != 303 {
		t.Fatalf("proving it: %d %s", p.status, p.text())
	}
	b.post("/environments/x/apply", nil).want(404) // there is none, which may now be known
}

func TestWhoeverComesBackAsSomebodyElseChangesNothing(t *testing.T) {
	m := newMint(t)
	c := minted(t, m)
	b := c.browser()
	m.comes(b, "/sign-in/begin", m.good(t, nil))
	for _, begin := range []string{"/sign-in/begin?again=1&return=/setup", "/sign-in/begin?for=write&return=/setup"} {
		p := m.comes(b, begin, m.good(t, map[string]any{"oid": "0b000000-0000-4000-8000-00000000000b", "preferred_username": "bob@contoso.sandbox.invalid"}))
		p.want(409, "another person came back", "anna@contoso.sandbox.invalid")
	}
	if got := b.get("/sessions").want(200, "anna@contoso").body; strings.Contains(got, "bob@") || len(c.people()) != 1 {
		t.Error("the other person is signed in")
	}
}

func TestWhatAnotherPersonLeftIsNotForTheNext(t *testing.T) {
	m := newMint(t)
	c := minted(t, m)
	b := c.browser()
	m.comes(b, "/sign-in/begin", m.good(t, map[string]any{"roles": []string{"support"}}))
	form := url.Values{"client": {"11111111-2222-3333-4444-555555555555"}, "where": {"organizations"}, "kind": {"user"}, "scopes": {"openid"}, "organization": {"contoso"}, "secret": {"abc8Q~a-secret-of-some-length-0001"}}
	test := b.post("/tests", form).want(200, "Sign in at").at.Path
	m.comes(b, "/sign-in/begin", m.good(t, map[string]any{"oid": "0b000000-0000-4000-8000-00000000000b"}))
	if p := b.send("GET", test+"/leave", nil); p.status != 403 {
		t.Errorf("the test of the person before: %d to %q", p.status, p.location)
	}
}

func TestAProofIsThatOfThePersonWhoGaveIt(t *testing.T) {
	m := newMint(t)
	c := minted(t, m)
	b := c.browser()
	m.comes(b, "/sign-in/begin", m.good(t, nil))
	b.post("/environments/x/apply", nil).want(404) // proven a moment ago
	m.comes(b, "/sign-in/begin", m.good(t, map[string]any{"oid": "0b000000-0000-4000-8000-00000000000b", "auth_time": nil}))
	if p := b.post("/environments/x/apply", nil); p.at.Path != "/sign-in" || p.at.Query().Get("again") == "" {
		t.Errorf("with the proof of the person before: %d at %s", p.status, p.at)
	}
}

func TestAClockThatIsOffIsNamedWithItsDifference(t *testing.T) {
	for name, c := range map[string]struct {
		off  time.Duration
		says string
	}{
		"behind": {-11 * time.Minute, "behind Microsoft's"},
		"ahead":  {2 * time.Hour, "ahead of Microsoft's"},
	} {
		t.Run(name, func(t *testing.T) {
			console := sharedConsole(t)
			console.later(c.off)
			b := console.browser()
			p := b.enter(home, anAdmin).want(502, c.says, "NTP")
			if !strings.Contains(p.text(), strings.TrimSuffix(c.off.Abs().String(), "0s")) && !strings.Contains(p.text(), "1h59m") && !strings.Contains(p.text(), "10m59s") {
				t.Errorf("it does not say by how much: %s", p.text())
			}
			if !b.out() {
				t.Error("somebody is signed in")
			}
		})
	}
	c := sharedConsole(t)
	c.later(-4 * time.Minute)
	c.browser().enter(home, anAdmin).want(200)
}
