package web

import (
	"compress/gzip"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
)

type clock struct{ t time.Time }

func (c *clock) now() time.Time { return c.t }

// testConsole is a shell with a few routes that exercise it.
func testConsole(t *testing.T) (http.Handler, *clock, *strings.Builder) {
	t.Helper()
	now := &clock{time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)}
	logs := &strings.Builder{}
	s, err := New(Config{
		Hosts: []string{"localhost:8080"}, Cloud: "sandbox", Sandbox: true, Version: "test",
		Sessions: &MemorySessions{Now: now.now}, Idle: time.Hour, Absolute: 4 * time.Hour,
		Person: func(s *Session) PersonLine {
			var name string
			s.Get("name", &name)
			return PersonLine{Name: name}
		},
		Log: slog.New(slog.NewJSONHandler(logs, nil)), Now: now.now,
	})
	if err != nil {
		t.Fatal(err)
	}
	e, err := s.Engine()
	if err != nil {
		t.Fatal(err)
	}
	page := func() *ErrorPage { p := &ErrorPage{Message: "hello"}; p.Title = "Hello"; return p }
	e.GET("/page", s.Handle(func(*gin.Context) (Response, error) { return Page("error.html", page()), nil }))
	e.GET("/callback", s.Handle(func(*gin.Context) (Response, error) { return CallbackPage("error.html", page()), nil }))
	e.GET("/broken", s.Handle(func(*gin.Context) (Response, error) { return Page("no-such.html", page()), nil }))
	e.GET("/panic", s.Handle(func(*gin.Context) (Response, error) { panic("a secret detail") }))
	e.GET("/fails", s.Handle(func(*gin.Context) (Response, error) { return nil, errors.New("a secret detail") }))
	e.POST("/change", s.Handle(func(c *gin.Context) (Response, error) { return Text("changed " + c.PostForm("x")), nil }))
	e.POST("/visit", s.Handle(func(c *gin.Context) (Response, error) { return SeeOther("/page"), SessionOf(c).Set("seen", true) }))
	e.POST("/sign-in", s.Handle(func(c *gin.Context) (Response, error) {
		SessionOf(c).Renew()
		return SeeOther("/page"), SessionOf(c).Set("name", "Ada")
	}))
	e.POST("/sign-out", s.Handle(func(c *gin.Context) (Response, error) { SessionOf(c).End(); return SeeOther("/page"), nil }))
	e.GET("/events", s.Handle(func(*gin.Context) (Response, error) { return countToTwo(), nil }))
	return e, now, logs
}

func do(t *testing.T, h http.Handler, method, path string, header map[string]string, cookies ...*http.Cookie) *http.Response {
	t.Helper()
	r := httptest.NewRequest(method, "http://localhost:8080"+path, nil)
	for k, v := range header {
		if k == "Host" {
			r.Host = v
			continue
		}
		r.Header.Set(k, v)
	}
	for _, c := range cookies {
		r.AddCookie(c)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

func body(t *testing.T, r *http.Response) string {
	t.Helper()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

var sameOrigin = map[string]string{"Sec-Fetch-Site": "same-origin"}

func cookieOf(r *http.Response) *http.Cookie {
	for _, c := range r.Cookies() {
		if c.Name == cookieName {
			return c
		}
	}
	return nil
}

func TestEveryAnswerCarriesTheSecurityHeaders(t *testing.T) {
	h, _, _ := testConsole(t)
	for _, path := range []string{"/page", "/nowhere", "/fails", "/panic", "/broken", "/static/none.css", "/healthz"} {
		r := do(t, h, "GET", path, nil)
		csp := r.Header.Get("Content-Security-Policy")
		for _, want := range []string{"default-src 'none'", "script-src 'nonce-", "frame-ancestors 'none'", "form-action 'self'", "base-uri 'none'"} {
			if !strings.Contains(csp, want) {
				t.Errorf("%s: Content-Security-Policy %q lacks %q", path, csp, want)
			}
		}
		for name, want := range map[string]string{"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store", "Referrer-Policy": "same-origin", "Cross-Origin-Opener-Policy": "same-origin"} {
			if got := r.Header.Get(name); got != want {
				t.Errorf("%s: %s is %q, want %q", path, name, got, want)
			}
		}
	}
}

func TestTheNonceIsFreshAndMatchesThePage(t *testing.T) {
	h, _, _ := testConsole(t)
	seen := map[string]bool{}
	for range 50 {
		r := do(t, h, "GET", "/page", nil)
		nonce := regexp.MustCompile(`'nonce-([^']+)'`).FindStringSubmatch(r.Header.Get("Content-Security-Policy"))[1]
		if seen[nonce] {
			t.Fatal("a nonce came twice")
		}
		seen[nonce] = true
		if b := body(t, r); strings.Count(b, `nonce="`+nonce+`"`) != strings.Count(b, "<script") {
			t.Fatal("a script element lacks the nonce")
		}
	}
}

func TestACallbackPageLeaksNoReferrer(t *testing.T) {
	h, _, _ := testConsole(t)
	if got := do(t, h, "GET", "/callback?code=x", nil).Header.Get("Referrer-Policy"); got != "no-referrer" {
		t.Errorf("Referrer-Policy is %q", got)
	}
}

func TestErrorsShowNothingOfTheInside(t *testing.T) {
	h, _, logs := testConsole(t)
	for _, path := range []string{"/fails", "/panic", "/broken"} {
		r := do(t, h, "GET", path, nil)
		b := body(t, r)
		if r.StatusCode != 500 || strings.Contains(b, "secret detail") || strings.Contains(b, ".go") || strings.Contains(b, "no-such") {
			t.Errorf("%s: status %d, body %s", path, r.StatusCode, b)
		}
		if !strings.Contains(b, r.Header.Get("X-Request-Id")) {
			t.Errorf("%s: the page does not name its request ID", path)
		}
	}
	if !strings.Contains(logs.String(), "a secret detail") {
		t.Error("the log lacks the cause")
	}
}

func TestAQueryNeverReachesTheLog(t *testing.T) {
	h, _, logs := testConsole(t)
	do(t, h, "GET", "/page?code=CANARY", map[string]string{"Cookie": "x=CANARY", "Referer": "http://a/CANARY"})
	do(t, h, "GET", "/CANARY", nil)
	if strings.Contains(logs.String(), "CANARY") {
		t.Errorf("the log holds it: %s", logs)
	}
}

func TestOnlyOurOwnHostIsAnswered(t *testing.T) {
	h, _, _ := testConsole(t)
	for host, want := range map[string]int{"localhost:8080": 200, "LOCALHOST:8080": 200, "evil.example": 421, "localhost": 421, "localhost:8081": 421, "": 421} {
		for _, path := range []string{"/page", "/healthz"} {
			if got := do(t, h, "GET", path, map[string]string{"Host": host}).StatusCode; got != want {
				t.Errorf("Host %q %s: %d, want %d", host, path, got, want)
			}
		}
	}
}

func TestUnsafeRequestsComeFromOurOwnPages(t *testing.T) {
	h, _, _ := testConsole(t)
	cookie := cookieOf(do(t, h, "POST", "/visit", sameOrigin))
	cases := []struct {
		name   string
		header map[string]string
		cookie bool
		want   int
	}{
		{"our own form", sameOrigin, true, 200},
		{"our own form, older browser", map[string]string{"Origin": "http://localhost:8080"}, true, 200},
		{"another site", map[string]string{"Sec-Fetch-Site": "cross-site"}, true, 403},
		{"a sibling site", map[string]string{"Sec-Fetch-Site": "same-site"}, true, 403},
		{"typed or bookmarked", map[string]string{"Sec-Fetch-Site": "none"}, true, 403},
		{"another origin, older browser", map[string]string{"Origin": "http://evil.example"}, true, 403},
		{"origin null", map[string]string{"Origin": "null"}, true, 403},
		{"our host, other scheme", map[string]string{"Origin": "https://localhost:8080"}, true, 403},
		{"our site, another origin", map[string]string{"Sec-Fetch-Site": "same-origin", "Origin": "http://evil.example"}, true, 403},
		{"our host, other port", map[string]string{"Origin": "http://localhost:9999"}, true, 403},
		{"no sign of where from, with our cookie", nil, true, 403},
		{"no sign of where from, no cookie", nil, false, 200},
	}
	for _, c := range cases {
		var cookies []*http.Cookie
		if c.cookie {
			cookies = append(cookies, cookie)
		}
		if got := do(t, h, "POST", "/change", c.header, cookies...).StatusCode; got != c.want {
			t.Errorf("%s: %d, want %d", c.name, got, c.want)
		}
	}
}

func TestTheSessionCookieIsLockedDown(t *testing.T) {
	h, _, _ := testConsole(t)
	c := cookieOf(do(t, h, "POST", "/visit", sameOrigin))
	if c == nil || !c.HttpOnly || !c.Secure || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" || len(c.Value) < 22 {
		t.Errorf("cookie is %+v", c)
	}
}

func TestSigningInEndsTheOldSessionID(t *testing.T) {
	h, _, _ := testConsole(t)
	before := cookieOf(do(t, h, "POST", "/visit", sameOrigin))
	after := cookieOf(do(t, h, "POST", "/sign-in", sameOrigin, before))
	if after == nil || after.Value == before.Value {
		t.Fatal("signing in kept the session id")
	}
	if !strings.Contains(body(t, do(t, h, "GET", "/page", nil, after)), "Ada") {
		t.Error("the new id is not signed in")
	}
	if strings.Contains(body(t, do(t, h, "GET", "/page", nil, before)), "Ada") {
		t.Error("the id from before is signed in too")
	}
}

func TestALoggedOutCookieStaysDead(t *testing.T) {
	h, _, _ := testConsole(t)
	c := cookieOf(do(t, h, "POST", "/sign-in", sameOrigin))
	do(t, h, "POST", "/sign-out", sameOrigin, c)
	again := cookieOf(do(t, h, "POST", "/sign-in", sameOrigin, c))
	if again == nil || again.Value == c.Value {
		t.Fatal("the logged-out id was taken up again")
	}
	if strings.Contains(body(t, do(t, h, "GET", "/page", nil, c)), "Ada") {
		t.Error("the holder of the logged-out cookie is signed in")
	}
}

func TestAMadeUpSessionIDIsNeverAdopted(t *testing.T) {
	h, _, _ := testConsole(t)
	made := &http.Cookie{Name: cookieName, Value: "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}
	got := cookieOf(do(t, h, "POST", "/visit", sameOrigin, made))
	if got == nil || got.Value == made.Value {
		t.Error("a made-up id was adopted")
	}
}

func TestSessionsEndWhenIdleAndAfterTheirWholeLife(t *testing.T) {
	h, now, _ := testConsole(t)
	signedIn := func(c *http.Cookie) bool { return strings.Contains(body(t, do(t, h, "GET", "/page", nil, c)), "Ada") }
	c := cookieOf(do(t, h, "POST", "/sign-in", sameOrigin))
	for range 5 { // used every 40 minutes it outlives the idle hour
		now.t = now.t.Add(40 * time.Minute)
		if !signedIn(c) {
			t.Fatal("a session in use ended")
		}
	}
	now.t = now.t.Add(61 * time.Minute)
	if signedIn(c) {
		t.Error("an idle session lives")
	}
	c = cookieOf(do(t, h, "POST", "/sign-in", sameOrigin))
	for range 7 {
		now.t = now.t.Add(40 * time.Minute)
		signedIn(c)
	}
	if signedIn(c) {
		t.Error("a session outlived its whole life")
	}
}

func TestTooLargeAFormIsRefused(t *testing.T) {
	h, _, _ := testConsole(t)
	for size, want := range map[int]int{maxBody - 2: 200, maxBody: 413} {
		r := httptest.NewRequest("POST", "http://localhost:8080/change", strings.NewReader("x="+strings.Repeat("a", size)))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != want {
			t.Errorf("%d bytes: %d, want %d", size+2, w.Code, want)
		}
	}
}

func TestAWrongMethodIsRefusedAndNamesTheRight(t *testing.T) {
	h, _, _ := testConsole(t)
	r := do(t, h, "GET", "/change", nil)
	if r.StatusCode != 405 || r.Header.Get("Allow") != "POST" {
		t.Errorf("%d, Allow %q", r.StatusCode, r.Header.Get("Allow"))
	}
}

func TestStaticFilesCarryTheirHashAndMayBeKept(t *testing.T) {
	h, _, _ := testConsole(t)
	page := body(t, do(t, h, "GET", "/page", nil))
	paths := regexp.MustCompile(`"(/static/[^"#]+)`).FindAllStringSubmatch(page, -1)
	if len(paths) < 4 {
		t.Fatalf("the page names %d static files", len(paths))
	}
	for _, p := range paths {
		plain := do(t, h, "GET", p[1], nil)
		packed := do(t, h, "GET", p[1], map[string]string{"Accept-Encoding": "gzip"})
		if plain.StatusCode != 200 || !strings.Contains(plain.Header.Get("Cache-Control"), "immutable") {
			t.Errorf("%s: %d %s", p[1], plain.StatusCode, plain.Header.Get("Cache-Control"))
		}
		z, err := gzip.NewReader(packed.Body)
		if err != nil {
			t.Fatal(err)
		}
		unpacked, err := io.ReadAll(z)
		if err != nil || string(unpacked) != body(t, plain) {
			t.Errorf("%s: compressed and plain differ: %v", p[1], err)
		}
	}
	if got := do(t, h, "GET", "/static/../web.go", nil).StatusCode; got != 404 {
		t.Errorf("a path outside gives %d", got)
	}
}

func countToTwo() Response {
	return Stream(func(_ context.Context, send func(Event) error) error {
		for _, n := range []string{"one", "two\nlines"} {
			if err := send(Event{Name: "row", Data: n}); err != nil {
				return err
			}
		}
		return nil
	})
}

func TestAnEventStreamSendsEachLineAsData(t *testing.T) {
	h, _, _ := testConsole(t)
	got := body(t, do(t, h, "GET", "/events", nil))
	if !strings.Contains(got, "event: row\ndata: one\n\n") || !strings.Contains(got, "event: row\ndata: two\ndata: lines\n\n") {
		t.Errorf("stream is %q", got)
	}
}

func TestWhenSaysTimesInWords(t *testing.T) {
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		d    time.Duration
		want string
	}{
		{12 * 24 * time.Hour, "in 12 days (3 Dec 2026)"},
		{24 * time.Hour, "in 1 day (22 Nov 2026)"},
		{180*24*time.Hour - time.Second, "in 180 days (20 May 2027)"},
		{-5 * time.Minute, "5 minutes ago"},
		{-time.Second, "just now"},
		{90 * time.Minute, "in 1 hour"},
	} {
		if got := When(now.Add(c.d), now); got != c.want {
			t.Errorf("%v: %q, want %q", c.d, got, c.want)
		}
	}
	if got := When(time.Time{}, now); got != "never" {
		t.Errorf("zero time: %q", got)
	}
}

// The banner says that everything ends with the console only where it does: a
// sandbox in a process of its own outlives it, and so does the database.
func TestTheBannerSaysWhatEndsWithTheConsole(t *testing.T) {
	for _, passing := range []bool{true, false} {
		s, err := New(Config{
			Hosts: []string{"localhost:8080"}, Cloud: "sandbox", Sandbox: true, Passing: passing, Sessions: &MemorySessions{Now: time.Now},
			Person: func(*Session) PersonLine { return PersonLine{} }, Log: slog.New(slog.DiscardHandler), Now: time.Now,
		})
		if err != nil {
			t.Fatal(err)
		}
		e, err := s.Engine()
		if err != nil {
			t.Fatal(err)
		}
		w := httptest.NewRecorder()
		r := httptest.NewRequest(http.MethodGet, "http://localhost:8080/nowhere", nil)
		e.ServeHTTP(w, r)
		body := w.Body.String()
		if !strings.Contains(body, "Nothing here touches a real tenant.") || strings.Contains(body, "until you stop the console") != passing {
			t.Errorf("passing %v: %s", passing, body)
		}
	}
}
