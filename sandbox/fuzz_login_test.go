package sandbox

import (
	"encoding/json"
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"time"
)

const contosoToken = "/contoso.sandbox.invalid/oauth2/v2.0/token"

// FuzzTokenForm: whatever the form, the token endpoint answers with a token
// that holds, or with one AADSTS error in the layout of its own.
func FuzzTokenForm(f *testing.F) {
	w := newFuzzedWorld(f)
	app := automationApp(w.home.Domain)
	form := func(pairs ...string) string {
		v := url.Values{"client_id": {app.ClientID}, "client_secret": {app.Secret}}
		override(v, pairs)
		return v.Encode()
	}
	held := heldGrant{account: account{w.home.ID, w.home.userNamed("admin").ID}, tenantID: w.home.ID}
	refresh, err := w.login.seal(sealedRefresh, refreshToken{
		ClientID: app.ClientID, Platform: platformWeb, Account: held.account, TenantID: held.tenantID, Expires: w.now().Add(time.Hour),
		Wanted: asked{resource: graphAppID, audience: graphAppID, short: true},
	})
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range []string{
		form("grant_type", "client_credentials", "scope", "https://graph.microsoft.com/.default"),
		form("grant_type", "refresh_token", "refresh_token", refresh), form("grant_type", "refresh_token", "refresh_token", refresh[:90]),
		form("grant_type", "authorization_code", "code", refresh, "redirect_uri", app.RedirectURIs[0], "code_verifier", "x"),
		form("grant_type", deviceGrant, "device_code", "1.Dx"), form("grant_type", "password"), form("resource", "x"), form("grant_type", "client_credentials", "scope", "a/.default b/.default"),
		form("grant_type", "client_credentials", "client_assertion", "a.b.c", "client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer", "client_secret", ""),
		"client_id=%", "grant_type=client_credentials&grant_type=refresh_token", "", ";", "scope=" + strings.Repeat("a%20", 100),
	} {
		f.Add(seed, false)
		f.Add(seed, true)
	}
	handler := w.loginHandler()
	f.Fuzz(func(t *testing.T, body string, v1 bool) {
		path := contosoToken
		if v1 {
			path = strings.Replace(path, "/v2.0", "", 1)
		}
		rec := answered(t, handler, serviceLogin, fuzzedRequest(http.MethodPost, path, "", "application/x-www-form-urlencoded", body))
		var answer struct {
			Token       string `json:"access_token"`
			Error       string
			Description string `json:"error_description"`
			Codes       []int  `json:"error_codes"`
			Trace       string `json:"trace_id"`
		}
		if err := json.Unmarshal(rec.Body.Bytes(), &answer); err != nil {
			t.Fatalf("%d %s: %v", rec.Code, rec.Body, err)
		}
		if rec.Code == http.StatusOK {
			if _, reason := w.login.verify(answer.Token, w.now()); reason != "" {
				t.Errorf("the token is refused: %s", reason)
			}
			return
		}
		if answer.Error == "" || len(answer.Codes) != 1 || !isGUID(answer.Trace) || !strings.HasPrefix(answer.Description, "AADSTS") || !strings.Contains(answer.Description, answer.Trace) {
			t.Errorf("%d %s", rec.Code, rec.Body)
		}
	})
}

// FuzzAuthorize: whatever the query, the browser gets a page, or is sent to a
// redirect URI that the app has registered.
func FuzzAuthorize(f *testing.F) {
	w := newFuzzedWorld(f)
	app := automationApp(w.home.Domain)
	base := "client_id=" + app.ClientID + "&redirect_uri=" + url.QueryEscape(app.RedirectURIs[0])
	for _, query := range []string{
		base + "&response_type=code&scope=openid", base + "&response_type=code&scope=User.Read&prompt=none&state=%20a", base + "&response_type=token&scope=x",
		base + "&response_type=code&scope=openid&response_mode=form_post&prompt=none", base + "&response_type=code%20id_token&nonce=1&scope=openid&response_mode=fragment",
		base + "&response_type=code&scope=openid&code_challenge=x&code_challenge_method=S256", "client_id=" + app.ClientID, base + "&redirect_uri=https://evil.example.com",
		"client_id=" + ConsoleClientID + "&redirect_uri=http://localhost:1234&response_type=code&scope=openid&login_hint=<script>", "", "client_id=%zz", base + "&response_type=&scope=",
	} {
		f.Add("contoso.sandbox.invalid", query)
	}
	f.Add("common", base)
	f.Add("organizations", base+"&response_type=code&scope=openid")
	f.Add("nowhere.example.com", base)
	handler := w.loginHandler()
	f.Fuzz(func(t *testing.T, segment, query string) {
		clear(w.login.interactions) // what earlier inputs began
		clear(w.login.browsers)
		path := "/" + url.PathEscape(segment) + "/oauth2/v2.0/authorize"
		rec := answered(t, handler, serviceLogin, fuzzedRequest(http.MethodGet, path, query, "", ""))
		location := rec.Header().Get("Location")
		if rec.Code != http.StatusFound || strings.HasPrefix(location, "/") { // the latter: a path made clean
			if strings.Contains(rec.Body.String(), "<script>") {
				t.Errorf("an input stands on the page as it is: %s", rec.Body)
			}
			return
		}
		to, err := url.Parse(location)
		if err != nil {
			t.Fatalf("sent to %q: %v", location, err)
		}
		to.RawQuery, to.Fragment = "", ""
		asked, _ := url.ParseQuery(query) // what can be read counts
		_, a := w.findApp(strings.ToLower(asked.Get("client_id")))
		if _, registered := a.matchRedirect(to.String()); !registered {
			t.Errorf("sent to %q, which is not registered", location)
		}
	})
}

// FuzzBearer: whatever stands in the header, only the token that was issued
// opens the door, and it stands for whom it was issued.
func FuzzBearer(f *testing.F) {
	w := newFuzzedWorld(f)
	now := w.now()
	sign := func(change func(*accessClaims)) string {
		c := accessClaims{
			Audience: graphAppID, Tenant: w.home.ID, AppID: ConsoleClientID, ObjectID: w.admin.ObjectID, UPN: contosoAdmin, Scopes: "User.Read",
			Version: accessTokenVersion, Issued: now.Unix(), NotBefore: now.Unix() - 60, Expires: now.Add(24 * time.Hour).Unix(),
		}
		change(&c)
		token, err := w.login.sign(c)
		if err != nil {
			f.Fatal(err)
		}
		return token
	}
	good := sign(func(*accessClaims) {})
	request := func(header string) *http.Request {
		r := fuzzedRequest(http.MethodGet, "/v1.0/me", "", "", "")
		r.Header.Set("Authorization", header)
		return r.WithContext(withPlace(r.Context(), place{service: serviceGraph}))
	}
	issued, fault := w.authenticate(request("Bearer " + good))
	if fault != nil {
		f.Fatal(fault.Reason)
	}
	parts := strings.Split(good, ".")
	for _, header := range []string{
		"Bearer " + good, "bearer  " + good + " ", "Basic " + good, good, "", "Bearer", "Bearer a.b.c", "Bearer ..", "Bearer " + parts[0] + "." + parts[1] + ".",
		"Bearer eyJhbGciOiJub25lIn0." + parts[1] + ".", "Bearer eyJhbGciOiJIUzI1NiJ9." + parts[1] + "." + parts[2], "Bearer " + parts[0] + ".e30." + parts[2],
		"Bearer " + sign(func(c *accessClaims) { c.Expires = now.Unix() - 1 }), "Bearer " + sign(func(c *accessClaims) { c.Audience = devopsAppID }),
		"Bearer " + sign(func(c *accessClaims) { c.Version = "9" }), "Bearer a.b.c.d.e", `Bearer {"payload":"e30","signatures":[]}`,
	} {
		f.Add(header)
	}
	f.Fuzz(func(t *testing.T, header string) {
		who, fault := w.authenticate(request(header))
		switch {
		case (who == nil) == (fault == nil):
			t.Fatalf("caller %v and fault %v", who, fault)
		case fault != nil && tokenErrors[fault.Reason].Status != http.StatusUnauthorized:
			t.Errorf("no refusal for the reason %q", fault.Reason)
		case who != nil && !reflect.DeepEqual(who, issued):
			t.Errorf("%+v from %q", who, header)
		}
	})
}

// FuzzRequestedScopes: a scope parameter that is taken says the same when it
// is put together again from what was read.
func FuzzRequestedScopes(f *testing.F) {
	for _, seed := range []string{
		"openid profile", devopsScope + " offline_access", "https://graph.microsoft.com/.default", "https://graph.microsoft.com//User.Read User.Read user.read",
		"api://x/a api://x/b", ".default User.Read", "/", "a/", "://x", "https://a.example.com/", "\"", "OPENID  openid\t", "a/.default b/.default", "é",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		read, e := parseScopes(text)
		if e != nil {
			if e.code == 0 || e.oauth == "" {
				t.Errorf("refused with %+v", e)
			}
			return
		}
		var all []string
		for _, r := range read.resources {
			names := r.names
			if r.isDefault {
				names = append(names, defaultScope)
			}
			for _, name := range names {
				if !r.short {
					name = r.identifier + "/" + name
				}
				all = append(all, name)
			}
		}
		again, e := parseScopes(joinScopes(append(all, read.oidc...)))
		if e != nil {
			t.Fatalf("%q, put together again as %q, is refused: %s", text, all, e.line())
		}
		again.raw = read.raw
		if !reflect.DeepEqual(again, read) {
			t.Errorf("read %+v, then %+v", read, again)
		}
	})
}
