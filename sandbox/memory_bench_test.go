package sandbox

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"runtime"
	"strings"
	"testing"
)

// BenchmarkMemoryOfSignIns measures the live heap after 100 sign-ins and after
// 1,000, each through authorize, code and refresh token: by somebody with a
// session, and by one new browser after another that all type the password.
// Target: at most a fifth more. What may add up is remembered for minutes
// (redeemed codes, the loop guard) or up to 10,000 times (browsers' sessions).
// It begins with a full journal, which is bounded too; MiB are shown only.
func BenchmarkMemoryOfSignIns(b *testing.B) {
	const target = 1.2
	for name, newBrowser := range map[string]bool{"one session": false, "new browsers": true} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				s := begun(b, Options{})
				p := &signInLoad{b: b, handler: s.plainHandler(s.services()), app: automationApp("contoso.sandbox.invalid")}
				p.run(1, newBrowser)
				fill(s.journal)
				p.run(100, newBrowser)
				before := liveHeap()
				p.run(900, newBrowser)
				after := liveHeap()
				runtime.KeepAlive(s)
				b.ReportMetric(0, "ns/op")
				b.ReportMetric(before/(1<<20), "MiB-after-100")
				b.ReportMetric(after/before, "of-that-after-1000")
				b.ReportMetric(target, "target")
				if after > target*before {
					b.Fatalf("%.0f bytes after 1,000 sign-ins are %.2f times those after 100, target at most %.2f times", after, after/before, target)
				}
			}
		})
	}
}

// begun is a sandbox for one benchmark.
func begun(b *testing.B, o Options) *Sandbox {
	b.Helper()
	s, err := Start(b.Context(), o)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := s.Close(b.Context()); err != nil {
			b.Error(err)
		}
	})
	return s
}

// liveHeap is what is still in use, in bytes. The second collection takes
// what the first one's finalizers let go.
func liveHeap() float64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc)
}

// A signInLoad signs an administrator in to a confidential client, without
// sockets in between.
type signInLoad struct {
	b       *testing.B
	handler http.Handler
	app     seedApp
	cookie  *http.Cookie // the browser's session
}

const (
	loadTenant = "/login/contoso.sandbox.invalid"
	loadScope  = "https://graph.microsoft.com/User.Read offline_access"
)

// fill puts as many requests into the journal as it takes: those that are
// there, over and over.
func fill(j *journal) {
	sample := j.list("", 0)
	j.clear()
	for i := range journalSize {
		e := sample[i%len(sample)]
		for _, text := range []*string{&e.Service, &e.Method, &e.Path, &e.ClientID, &e.GrantType} {
			*text = strings.Clone(*text)
		}
		j.entries = append(j.entries, &e)
	}
}

func (p *signInLoad) authorizeURL() string {
	return loadTenant + "/oauth2/v2.0/authorize?" + url.Values{
		"response_type": {"code"}, "client_id": {p.app.ClientID}, "redirect_uri": p.app.RedirectURIs[:1], "scope": {loadScope},
	}.Encode()
}

func (p *signInLoad) run(times int, newBrowser bool) {
	for range times {
		if newBrowser {
			p.cookie = nil
		}
		p.once()
	}
}

// once signs in, redeems the code and refreshes.
func (p *signInLoad) once() {
	client := url.Values{"client_id": {p.app.ClientID}, "client_secret": {p.app.Secret}, "redirect_uri": p.app.RedirectURIs[:1], "scope": {loadScope}}
	answer := p.send(http.MethodGet, p.authorizeURL(), nil)
	for answer.Code == http.StatusOK {
		answer = p.send(http.MethodPost, loadTenant+"/login", nextForm(answer.Body.String()))
	}
	to, err := url.Parse(answer.Header().Get("Location"))
	if err != nil || to.Query().Get("code") == "" {
		p.b.Fatalf("%d, to %q: %s", answer.Code, to, answer.Body)
	}
	tokens := p.token(client, "grant_type", "authorization_code", "code", to.Query().Get("code"))
	_, rest, _ := strings.Cut(tokens, `"refresh_token":"`)
	refresh, _, _ := strings.Cut(rest, `"`)
	p.token(client, "grant_type", "refresh_token", "refresh_token", refresh)
}

var hiddenField = regexp.MustCompile(`type="hidden" name="(\w+)" value="([^"]*)"`)

// nextForm answers whichever page it is: the forms take what they know.
func nextForm(page string) url.Values {
	form := url.Values{"loginfmt": {"admin@contoso.sandbox.invalid"}, "passwd": {"Sandbox-Admin-1!"}, "action": {"accept"}}
	for _, field := range hiddenField.FindAllStringSubmatch(page, -1) {
		form.Set(field[1], field[2])
	}
	return form
}

func (p *signInLoad) token(client url.Values, pairs ...string) string {
	override(client, pairs)
	answer := p.send(http.MethodPost, loadTenant+"/oauth2/v2.0/token", client)
	if answer.Code != http.StatusOK {
		p.b.Fatalf("%d %s", answer.Code, answer.Body)
	}
	return answer.Body.String()
}

func (p *signInLoad) send(method, target string, form url.Values) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, target, strings.NewReader(form.Encode()))
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if p.cookie != nil {
		r.AddCookie(p.cookie)
	}
	answer := httptest.NewRecorder()
	p.handler.ServeHTTP(answer, r)
	for _, c := range answer.Result().Cookies() {
		if c.Name == sessionCookie {
			p.cookie = c
		}
	}
	return answer
}
