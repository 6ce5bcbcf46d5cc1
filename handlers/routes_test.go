package handlers_test

import (
	"crypto/rand"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/consentry/consentry/handlers"
)

// A scene has something at every address.
type scene struct {
	*console
	b                                      *browser
	path, env, operation, secret, test, id string
	run                                    string
}

func newScene(t *testing.T) scene {
	t.Helper()
	c := newConsole(t, func(h *handlers.Handlers) { h.Gallery = true })
	b := c.browser()
	b.signIn("healthy", "admin")
	return c.furnished(b)
}

// furnished makes something at every address in somebody's name.
func (c *console) furnished(b *browser) scene {
	c.t.Helper()
	path := b.connected()
	s := scene{console: c, b: b, path: path, env: strings.TrimPrefix(path, "/environments/")}
	s.test = b.prepared(path, nil)
	ops, err := c.store.Operations(c.t.Context(), s.env)
	if err != nil {
		c.t.Fatal(err)
	}
	kept, err := c.store.Secrets(c.t.Context(), s.env)
	if err != nil {
		c.t.Fatal(err)
	}
	s.operation, s.secret, s.id = ops[0].ID, kept[0].ID, strings.TrimPrefix(s.test, "/tests/")
	s.run = strings.TrimPrefix(b.ended(b.submit(b.get(path+"/checks"), "Run the checks", nil).at.Path).at.Path, "/runs/")
	return s
}

// settle waits until nothing is under way for the environment, as a person
// would before the next click.
func (s scene) settle() {
	s.t.Helper()
	until(s.t, "the end of what is under way", func() bool {
		n, err := s.store.OpenOperations(s.t.Context())
		if err != nil {
			s.t.Fatal(err)
		}
		return n == 0
	})
}

// address fills a route's pattern with what the scene has.
func (s scene) address(pattern string) string {
	id := s.env
	switch {
	case strings.HasPrefix(pattern, "/operations/"):
		id = s.operation
	case strings.HasPrefix(pattern, "/tests/"):
		id = s.id
	case strings.HasPrefix(pattern, "/runs/"):
		id = s.run
	case strings.HasPrefix(pattern, "/checks/"):
		id = "redirect-uri-registered"
	case strings.HasPrefix(pattern, "/causes/"):
		id = "redirect_uri_mismatch"
	}
	return strings.NewReplacer(":integration", "frontegg", ":step", "secret", ":secret", s.secret, ":id", id, ":name", "start", ":file", "none.css").Replace(pattern)
}

// endless are answered for as long as somebody listens.
func endless(pattern string) bool { return strings.HasSuffix(pattern, "/events") }

func TestNoOtherSiteCanSendAForm(t *testing.T) {
	s := newScene(t)
	before, mark := s.dump(), s.mark()
	headers := []struct {
		name   string
		header []string
	}{
		{"another site", []string{"Sec-Fetch-Site", "cross-site"}},
		{"a sibling site", []string{"Sec-Fetch-Site", "same-site"}},
		{"no page at all", []string{"Sec-Fetch-Site", "none"}},
		{"another site, origin ours", []string{"Sec-Fetch-Site", "cross-site", "Origin", s.base}},
		{"older browser, another origin", []string{"Sec-Fetch-Site", "", "Origin", "http://evil.example"}},
		{"older browser, origin null", []string{"Sec-Fetch-Site", "", "Origin", "null"}},
		{"older browser, our host and another port", []string{"Sec-Fetch-Site", "", "Origin", "http://localhost:1"}},
		{"older browser, a host that begins like ours", []string{"Sec-Fetch-Site", "", "Origin", s.base + ".evil.example"}},
		{"nothing but the cookie", []string{"Sec-Fetch-Site", ""}},
	}
	n := 0
	for _, route := range s.engine.Routes() {
		if route.Method != http.MethodPost || route.Path == "/csp-report" { // which changes nothing and belongs to nobody
			continue
		}
		n++
		for _, h := range headers {
			header := slices.Clone(h.header)
			if i := slices.Index(header, ""); i >= 0 { // an empty header is none
				header = slices.Delete(header, i-1, i+1)
			}
			if p := s.raw("POST", s.address(route.Path), header); p != http.StatusForbidden {
				t.Errorf("%s from %s: %d, want 403", route.Path, h.name, p)
			}
		}
	}
	if n < 15 {
		t.Fatalf("only %d routes take forms: is the route list what this test thinks?", n)
	}
	if after := s.dump(); after != before {
		t.Errorf("something was changed:\n%s\n---\n%s", before, after)
	}
	if got := len(s.since(mark)); got != 0 {
		t.Errorf("the cloud was asked %d times", got)
	}
}

// raw sends a form with the scene's cookie and these headers alone.
func (s scene) raw(method, path string, header []string) int {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), method, s.base+path, strings.NewReader(url.Values{"name": {"x"}}.Encode()))
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	resp, err := s.b.client.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	return resp.StatusCode
}

// writesOnGet are the addresses that remember something although they are
// asked for with GET, with the reason.
var writesOnGet = map[string]string{
	"/tests/:id/leave": "what the answer is compared with must be kept before the person leaves; only this browser's own test",
}

func TestLookingChangesNothing(t *testing.T) {
	s := newScene(t)
	before := s.dump()
	for _, route := range s.engine.Routes() {
		if endless(route.Path) || writesOnGet[route.Path] != "" {
			continue
		}
		for _, method := range []string{"GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE", "PATCH"} {
			if method == route.Method && method != "GET" {
				continue
			}
			for _, query := range []string{"", "?_method=POST&name=x&go=check", "?code=x&state=y"} {
				p := s.b.send(method, s.address(route.Path)+query, nil, "X-HTTP-Method-Override", "POST")
				if method != "GET" && p.status != 405 && p.status != 404 {
					t.Errorf("%s %s: %d, want 405", method, route.Path, p.status)
				}
				if p.status >= 500 {
					t.Errorf("%s %s%s: %d %s", method, route.Path, query, p.status, p.text())
				}
			}
		}
	}
	if after := s.dump(); after != before {
		t.Errorf("looking changed the database:\n%s\n---\n%s", before, after)
	}
}

func TestABeginningAtMicrosoftIsNotForLinksElsewhere(t *testing.T) {
	s := newScene(t)
	before := s.dump()
	for _, site := range []string{"cross-site", "same-site"} {
		s.b.send("GET", s.test+"/leave", nil, "Sec-Fetch-Site", site).want(403, "from its own page")
	}
	if s.dump() != before {
		t.Error("it began all the same")
	}
}

// sameAnswer: whatever is unknown looks the same, whoever asks.
func TestWhatIsNotThereIsNotFound(t *testing.T) {
	s := newScene(t)
	for _, route := range s.engine.Routes() {
		if !strings.ContainsAny(route.Path, ":") || strings.HasPrefix(route.Path, "/static") {
			continue
		}
		for _, id := range []string{"unknown", "../" + s.env, s.env + "x", strings.ToUpper(s.env), "%00", "'--"} {
			path := strings.NewReplacer(":id", url.PathEscape(id), ":integration", url.PathEscape(id), ":step", "secret", ":secret", s.secret, ":name", url.PathEscape(id)).Replace(route.Path)
			var form url.Values
			if route.Method == http.MethodPost {
				form = url.Values{}
			}
			if p := s.b.send(route.Method, path, form); p.status != http.StatusNotFound {
				t.Errorf("%s %s: %d, want 404", route.Method, path, p.status)
			}
		}
	}
	s.b.send("GET", s.path+"/setup/nonsense", nil).want(404)
	s.b.send("POST", s.path+"/setup/nonsense", url.Values{}).want(404)
	s.b.send("POST", s.path+"/setup/review", url.Values{}).want(404)
}

// Pages of all roles are looked at in TestEveryAnswerToEveryRoleIsLockedDown;
// this is a console that one person has to themselves.
func TestEveryPageOfOnesOwnIsLockedDown(t *testing.T) {
	s := newScene(t)
	for _, route := range routes() {
		if strings.HasPrefix(route, "GET ") && !strings.HasSuffix(route, "/events") {
			inspect(t, route, s.b.asked(s, route))
		}
	}
}

func TestAPageAskedForUnderAnotherNameIsRefusedEverywhere(t *testing.T) {
	s := newScene(t)
	_, port, _ := strings.Cut(strings.TrimPrefix(s.base, "http://"), ":")
	for _, route := range s.engine.Routes() {
		for host, want := range map[string]bool{
			"attacker.example": false, "localhost": false, "localhost:1": false, "127.0.0.1:" + port: false, "[::1]:" + port: false, "[::ffff:127.0.0.1]:" + port: false,
			"localhost.:" + port: false, "localhost:" + port + ".attacker.example": false, "attacker.example:" + port: false,
			"LOCALHOST:" + port: true,
		} {
			if strings.HasSuffix(route.Path, "/events") && want {
				continue
			}
			r, err := http.NewRequestWithContext(t.Context(), route.Method, s.base+s.address(route.Path), nil)
			if err != nil {
				t.Fatal(err)
			}
			r.Host = host
			r.Header.Set("X-Forwarded-Host", "localhost:"+port) // counts for nothing
			r.Header.Set("Forwarded", "host=localhost:"+port)
			resp, err := s.b.client.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			resp.Body.Close()
			if (resp.StatusCode != http.StatusMisdirectedRequest) != want {
				t.Errorf("%s %s at %s: %d", route.Method, route.Path, host, resp.StatusCode)
			}
		}
	}
}

// No name that a request claims gets into an address of ours.
func TestAddressesOfOursComeFromTheConfigurationAlone(t *testing.T) {
	s := newScene(t)
	for _, header := range []string{"X-Forwarded-Host", "X-Forwarded-Server", "X-Host", "X-Original-Url", "X-Rewrite-Url", "X-Forwarded-Prefix", "Forwarded", "X-Forwarded-Proto"} {
		for _, path := range []string{"/", "/sign-in", "/sign-in/begin", s.path + "/test", s.path + "/customer"} {
			p := s.b.send("GET", path, nil, header, "evil.example")
			if strings.Contains(p.body, "evil.example") || strings.Contains(p.location, "evil.example") {
				t.Errorf("%s of %s: evil.example got into the answer", header, path)
			}
		}
	}
}

// Where a long list goes on is written by the console and for one person.
func TestAPlaceInAListCannotBeMadeUp(t *testing.T) {
	c := newSharedConsole(t)
	b := c.enter("admin", true)
	for range 30 {
		b.post("/setup/frontegg", url.Values{"environment": {"e" + strings.ToLower(rand.Text()[:12])}, "inputs.host": {"gateway.example.com"}})
	}
	more := b.get("/").want(200).doc().Find(`a[rel="next"]`).AttrOr("href", "")
	place, found := strings.CutPrefix(more, "/?place=")
	if !found {
		t.Fatalf("30 environments have no second page: %q", more)
	}
	b.get(more).want(200)
	stranger := c.enter("admin", false)
	stranger.send("GET", more, nil).want(400, "no place in your list")
	edited := []byte(place)
	edited[len(edited)/2]++
	for what, place := range map[string]string{
		"made up": "AAAA", "edited": string(edited), "cut": place[:len(place)-2], "longer": place + "A", "SQL": "1'; DROP TABLE environments--", "a number": "25", "another list's": place,
	} {
		at := "/?place="
		if what == "another list's" {
			at = "/audit?place="
		}
		p := b.send("GET", at+url.QueryEscape(place), nil)
		if p.status != http.StatusBadRequest {
			t.Errorf("%s: %d, want 400: %s", what, p.status, p.short())
		}
	}
}
