package sandbox

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
)

// testKey is one signing key for all tests: making one takes its time.
var testKey = sync.OnceValues(func() (*signingKey, error) { return newSigningKey(time.Now()) })

const (
	devopsScope   = devopsAppID + "/user_impersonation"
	testApp       = "https://app.example.com/cb"
	testSecret    = "abc8Q~a-client-secret-of-a-test+with/signs"
	testVerifier  = "a-code-verifier-that-is-long-enough-for-the-rule-0123456789"
	testChallenge = "DydzLJwtvBzDniXu5ir5ikdqBnWtQcpoTtoortvX-aE" // S256 of testVerifier
)

// A loginTest is a world with its sign-in service under a base URL.
type loginTest struct {
	*testing.T
	w     *world
	base  string
	clock time.Time
}

// newTestWorld has the seeded tenants, a clock that stands still, and the
// sign-in service at base.
func newTestWorld(t *testing.T) *loginTest {
	t.Helper()
	l := &loginTest{T: t, clock: time.Now().UTC().Truncate(time.Second)}
	w, err := newWorld(Options{Now: func() time.Time { return l.clock }})
	if err != nil {
		t.Fatal(err)
	}
	w.login.key = testKey
	l.w = w
	handler := seen(t, serviceLogin, w.loginHandler())
	srv := httptest.NewServer(http.StripPrefix("/login", http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		handler.ServeHTTP(rw, r.WithContext(withPlace(r.Context(), place{service: serviceLogin})))
	})))
	t.Cleanup(srv.Close)
	l.base = srv.URL + "/login"
	return l
}

// tenant finds a seeded tenant by the first part of its domain.
func (l *loginTest) tenant(name string) *tenant {
	l.Helper()
	t := l.w.tenantOf(name + ".sandbox.invalid")
	if t == nil {
		l.Fatalf("no tenant %s", name)
	}
	return t
}

// app registers a multitenant web app in Contoso that lists Azure DevOps and
// User.Read and has a secret; change adapts it.
func (l *loginTest) app(change func(*application)) *application {
	l.Helper()
	home := l.tenant("contoso")
	a := newApplication(home, "Test Integration", audienceMultitenant, l.clock)
	a.Web.RedirectURIs = []string{testApp}
	a.RequiredResourceAccess = seedApp{Delegated: []string{"User.Read"}, AzureDevOps: []string{"user_impersonation"}}.required()
	a.PasswordCredentials = []passwordCredential{{KeyID: newGUID(), StartDateTime: l.clock.Add(-time.Hour), EndDateTime: l.clock.AddDate(1, 0, 0), value: testSecret}}
	if change != nil {
		change(a)
	}
	home.addApp(a)
	return a
}

// consented is app with tenant-wide consent to what it lists.
func (l *loginTest) consented(change func(*application)) *application {
	l.Helper()
	a := l.app(change)
	home := l.tenant("contoso")
	c := client{a, home}
	listed, e := l.w.registered(home, c)
	if e != nil {
		l.Fatal(e.line())
	}
	home.grantConsent(c, nil, listed)
	return a
}

// authorizeURL is an authorization request; values are name, value pairs and
// an empty value takes a parameter away.
func (l *loginTest) authorizeURL(segment string, a *application, values ...string) string {
	q := url.Values{
		"client_id": {a.AppID}, "response_type": {"code"}, "redirect_uri": {testApp}, "state": {"a state/1"},
		"scope": {devopsScope + " openid profile email offline_access"},
	}
	override(q, values)
	return l.base + "/" + segment + "/oauth2/v2.0/authorize?" + q.Encode()
}

func override(q url.Values, pairs []string) {
	for i := 0; i < len(pairs); i += 2 {
		if q.Set(pairs[i], pairs[i+1]); pairs[i+1] == "" {
			q.Del(pairs[i])
		}
	}
}

// A visitor is a person's browser: it keeps cookies and stops where the
// sign-in service hands over to an app.
type visitor struct {
	*loginTest
	http *http.Client
}

func (l *loginTest) visitor() *visitor {
	jar, err := cookiejar.New(nil)
	if err != nil {
		l.Fatal(err)
	}
	return &visitor{l, &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// A sight is what the browser shows after a request.
type sight struct {
	*visitor
	status   int
	header   http.Header
	location string
	html     *goquery.Document
	at       string
}

func (b *visitor) do(r *http.Request) sight {
	b.Helper()
	resp, err := b.http.Do(r)
	if err != nil {
		b.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		b.Fatal(err)
	}
	doc, err := goquery.NewDocumentFromReader(bytes.NewReader(body))
	if err != nil {
		b.Fatal(err)
	}
	return sight{b, resp.StatusCode, resp.Header, resp.Header.Get("Location"), doc, r.URL.String()}
}

func (b *visitor) open(address string) sight {
	b.Helper()
	r, err := http.NewRequestWithContext(b.Context(), http.MethodGet, address, nil)
	if err != nil {
		b.Fatal(err)
	}
	return b.do(r)
}

func (b *visitor) post(address string, form url.Values) sight {
	b.Helper()
	r, err := http.NewRequestWithContext(b.Context(), http.MethodPost, address, strings.NewReader(form.Encode()))
	if err != nil {
		b.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return b.do(r)
}

func (s sight) heading() string { return strings.TrimSpace(s.html.Find("h1").Text()) }

func (s sight) text() string { return strings.Join(strings.Fields(s.html.Find("main").Text()), " ") }

// shows fails unless the page has this heading.
func (s sight) shows(heading string) sight {
	s.Helper()
	if s.heading() != heading {
		s.Fatalf("page %q instead of %q: %d %s %s", s.heading(), heading, s.status, s.location, s.text())
	}
	return s
}

// press fills the form (name, value pairs) and presses the button that begins
// with this label.
func (s sight) press(label string, values ...string) sight {
	s.Helper()
	form := url.Values{}
	s.html.Find("form input[type=hidden]").Each(func(_ int, in *goquery.Selection) {
		form.Set(in.AttrOr("name", ""), in.AttrOr("value", ""))
	})
	override(form, values)
	button := s.html.Find("form button").FilterFunction(func(_ int, b *goquery.Selection) bool {
		return strings.HasPrefix(strings.TrimSpace(b.Text()), label)
	})
	if button.Length() != 1 {
		s.Fatalf("%d buttons %q on page %q: %s", button.Length(), label, s.heading(), s.text())
	}
	if name, ok := button.Attr("name"); ok {
		form.Set(name, button.AttrOr("value", ""))
	}
	action, _ := s.html.Find("form").Attr("action")
	return s.post(action, form)
}

// signIn types user name and password; the person is name@tenant.
func (s sight) signIn(name, tenant string) sight {
	s.Helper()
	u := s.tenant(tenant).userNamed(name)
	return s.shows("Sign in").press("Next", "loginfmt", u.UserPrincipalName).
		shows("Enter password").press("Sign in", "passwd", u.Password)
}

// answer is what the app is told: the parameters of the redirect.
func (s sight) answer() url.Values {
	s.Helper()
	if s.status != http.StatusFound {
		s.Fatalf("no redirect but %d, page %q: %s", s.status, s.heading(), s.text())
	}
	u, err := url.Parse(s.location)
	if err != nil {
		s.Fatal(err)
	}
	if u.RawQuery == "" {
		q, err := url.ParseQuery(u.EscapedFragment())
		if err != nil {
			s.Fatal(err)
		}
		return q
	}
	return u.Query()
}

func (s sight) code() string {
	s.Helper()
	q := s.answer()
	if q.Get("code") == "" {
		s.Fatalf("no code: %s", s.location)
	}
	return q.Get("code")
}

// A tokenAnswer is an answer of the token endpoint.
type tokenAnswer struct {
	*loginTest
	status int
	header http.Header
	json   map[string]any
}

// token posts to the token endpoint of a tenant.
func (l *loginTest) token(segment string, form url.Values, header ...string) tokenAnswer {
	l.Helper()
	return l.postForm(l.base+"/"+segment+"/oauth2/v2.0/token", form, header...)
}

func (l *loginTest) postForm(address string, form url.Values, header ...string) tokenAnswer {
	l.Helper()
	r, err := http.NewRequestWithContext(l.Context(), http.MethodPost, address, strings.NewReader(form.Encode()))
	if err != nil {
		l.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	return l.fetch(r)
}

func (l *loginTest) fetch(r *http.Request) tokenAnswer {
	l.Helper()
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		l.Fatal(err)
	}
	defer resp.Body.Close()
	a := tokenAnswer{l, resp.StatusCode, resp.Header, map[string]any{}}
	if err := json.NewDecoder(resp.Body).Decode(&a.json); err != nil {
		l.Fatalf("not JSON: %v", err)
	}
	return a
}

func (l *loginTest) getJSON(address string) tokenAnswer {
	l.Helper()
	r, err := http.NewRequestWithContext(l.Context(), http.MethodGet, address, nil)
	if err != nil {
		l.Fatal(err)
	}
	return l.fetch(r)
}

func (a tokenAnswer) string(name string) string { s, _ := a.json[name].(string); return s }

func (a tokenAnswer) ok() tokenAnswer {
	a.Helper()
	if a.status != http.StatusOK {
		a.Fatalf("%d %v", a.status, a.json)
	}
	return a
}

// refused checks number, OAuth error and status of a JSON error.
func (a tokenAnswer) refused(code int, oauth string, status int) tokenAnswer {
	a.Helper()
	codes, _ := a.json["error_codes"].([]any)
	if a.status != status || a.json["error"] != oauth || len(codes) != 1 || codes[0] != float64(code) {
		a.Errorf("got %d %v %v, want %d %s %d: %v", a.status, a.json["error"], codes, status, oauth, code, a.json["error_description"])
	}
	return a
}

// claims are those of an access token that the sandbox itself accepts.
func (a tokenAnswer) claims() *accessClaims {
	a.Helper()
	c, reason := a.w.login.verify(a.string("access_token"), a.clock)
	if reason != "" {
		a.Fatalf("the access token is refused: %s", reason)
	}
	return c
}

func mustJSON(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
