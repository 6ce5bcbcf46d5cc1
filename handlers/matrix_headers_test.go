package handlers_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"github.com/consentry/consentry/handlers"
)

// everyHeader is on every answer; what pages may have instead stands behind it.
var everyHeader = map[string][]string{
	"X-Content-Type-Options":       {"nosniff"},
	"Referrer-Policy":              {"same-origin", "no-referrer"},
	"Cross-Origin-Opener-Policy":   {"same-origin", "same-origin-allow-popups", "unsafe-none"},
	"Cross-Origin-Resource-Policy": {"same-origin"},
	"Cache-Control":                {"no-store"},
}

// neverHeader tell of the inside, or let others in.
var neverHeader = []string{
	"Server", "X-Powered-By", "Via", "Access-Control-Allow-Origin", "Access-Control-Allow-Credentials", "Access-Control-Allow-Headers", "Access-Control-Allow-Methods",
	"Strict-Transport-Security", "Reporting-Endpoints", // not on plain http
}

var policy = regexp.MustCompile(`^default-src 'none'; script-src 'nonce-([A-Za-z0-9_-]{22})' 'strict-dynamic'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; object-src 'none'; report-uri /csp-report$`)

// inside is what no answer tells.
var inside = []string{
	"goroutine ", ".go:", "runtime.", "panic:", "sql:", "SELECT ", "INSERT ", "sqlite", "pgx", "consentry.db", "/tmp/", "/root/", "ZgotmplZ", "&lt;nil&gt;", "<nil>", "%!", "0xc0",
	"github.com/", "dial tcp", "connection refused", "template:", "x-ms-", "eyJ0eXAi", "eyJhbGci", "access_token", "refresh_token", "client_secret=",
}

// inspect looks at what holds for every answer and gives its nonce.
func inspect(t *testing.T, route string, p page) string {
	t.Helper()
	for name, allowed := range everyHeader {
		if got := p.header.Get(name); !slices.Contains(allowed, got) || len(p.header.Values(name)) != 1 {
			t.Errorf("%s: %s is %q", route, name, p.header.Values(name))
		}
	}
	for _, name := range neverHeader {
		if p.header.Values(name) != nil {
			t.Errorf("%s: it has %s: %s", route, name, p.header.Get(name))
		}
	}
	vary := strings.Join(p.header.Values("Vary"), ", ")
	if !strings.Contains(vary, "Cookie") || !strings.Contains(vary, "Sec-Fetch-Site") || p.header.Get("Permissions-Policy") == "" || p.header.Get("X-Request-Id") == "" {
		t.Errorf("%s: Vary %q, Permissions-Policy %q, X-Request-Id %q", route, vary, p.header.Get("Permissions-Policy"), p.header.Get("X-Request-Id"))
	}
	for _, cookie := range p.header.Values("Set-Cookie") {
		if !strings.HasPrefix(cookie, "__Host-consentry=") || !strings.Contains(cookie, "; HttpOnly; Secure; SameSite=Lax") || !strings.Contains(cookie, "; Path=/") || strings.Contains(cookie, "Domain") || len(cookie) > 4096 {
			t.Errorf("%s: sets %s", route, cookie)
		}
	}
	nonce := policy.FindStringSubmatch(p.header.Get("Content-Security-Policy"))
	if nonce == nil {
		t.Errorf("%s: its policy is %q", route, p.header.Get("Content-Security-Policy"))
		return ""
	}
	if !strings.HasPrefix(p.at.Path, "/explain") && !strings.HasPrefix(p.at.Path, "/check") && !strings.HasPrefix(p.at.Path, "/cause") && !strings.HasPrefix(p.at.Path, "/_gallery") && !strings.HasPrefix(p.at.Path, "/legacy") {
		p.without(inside...) // those show what others' services say
	}
	if strings.HasPrefix(p.header.Get("Content-Type"), "text/html") && p.header.Get("Content-Disposition") == "" {
		inspectPage(t, route, p, nonce[1])
	}
	return nonce[1]
}

// inspectPage: everything a page loads and runs is ours.
func inspectPage(t *testing.T, route string, p page, nonce string) {
	t.Helper()
	doc := p.doc()
	doc.Find("script").Each(func(_ int, s *goquery.Selection) {
		if s.AttrOr("nonce", "") != nonce || s.AttrOr("src", "") == "" || strings.TrimSpace(s.Text()) != "" {
			t.Errorf("%s: a script without the nonce, or within the page", route)
		}
	})
	doc.Find("style, iframe, object, embed, base, meta[http-equiv='Set-Cookie']").Each(func(_ int, s *goquery.Selection) {
		t.Errorf("%s: has an element %s", route, goquery.NodeName(s))
	})
	doc.Find("script[src], link[href], img[src], use[href], source[src]").Each(func(_ int, s *goquery.Selection) {
		if from := s.AttrOr("src", s.AttrOr("href", "")); !strings.HasPrefix(from, "/static/") && !strings.HasPrefix(from, "#") {
			t.Errorf("%s: loads %s", route, from)
		}
	})
	doc.Find("*").Each(func(_ int, s *goquery.Selection) {
		for _, a := range s.Get(0).Attr {
			if a.Key == "style" || strings.HasPrefix(a.Key, "on") || strings.HasPrefix(strings.ToLower(strings.TrimSpace(a.Val)), "javascript:") {
				t.Errorf("%s: an attribute %s=%q, which the policy forbids", route, a.Key, a.Val)
			}
		}
	})
	doc.Find("form").Each(func(_ int, s *goquery.Selection) {
		if to := s.AttrOr("action", "/"); !strings.HasPrefix(to, "/") || strings.HasPrefix(to, "//") {
			t.Errorf("%s: a form goes to %s", route, to)
		}
	})
}

func TestEveryAnswerToEveryRoleIsLockedDown(t *testing.T) {
	s := newSharedScene(t)
	nonces := map[string]bool{}
	people := map[string]*browser{"nobody": s.browser(), "viewer": s.enter("viewer", true), "support": s.enter("support", true), "admin": s.b, "another tenant's admin": s.enter("admin", false)}
	for who, b := range people {
		for _, route := range routes() {
			if strings.HasSuffix(route, "/events") || danger(route) > 0 && b == s.b {
				continue
			}
			for _, accept := range []string{"text/html", "application/json"} {
				nonce := inspect(t, who+": "+route, b.asked(s, route, "Accept", accept))
				if nonces[nonce] {
					t.Errorf("%s: %s: the nonce came before", who, route)
				}
				nonces[nonce] = true
			}
		}
	}
	if len(nonces) < 100 {
		t.Errorf("only %d answers were looked at", len(nonces))
	}
}

// errorAddresses lead nowhere, or to a refusal, in as many ways.
var errorAddresses = []struct {
	method, path string
	header       []string
	want         int
}{
	{"GET", "/nowhere", nil, 404},
	{"GET", "/environments", nil, 404},
	{"GET", "/environments/", nil, 404},
	{"GET", "/environments/1.css", nil, 404},
	{"GET", "/environments/{env}/x.js", nil, 404},
	{"GET", "/environments/{env}/.css", nil, 404},
	{"GET", "/environments/{env};.css", nil, 404},
	{"GET", "/environments/{env}%2f.css", nil, 404},
	{"GET", "/environments/{env}%3f.css", nil, 404},
	{"GET", "/environments/{env}/", nil, 404},
	{"GET", "//environments/{env}", nil, 404},
	{"GET", "/static/", nil, 404},
	{"GET", "/static/app.css", nil, 404},
	{"GET", "/static/../handlers.go", nil, 404},
	{"GET", "/static/%2e%2e%2fgo.mod", nil, 404},
	{"GET", "/.git/config", nil, 404},
	{"GET", "/.env", nil, 404},
	{"GET", "/metrics", nil, 404},
	{"GET", "/debug/pprof/", nil, 404},
	{"GET", "/debug/vars", nil, 404},
	{"GET", "/sandbox", nil, 404},
	{"GET", "/fault", nil, 404},
	{"GET", "/robots.txt", nil, 404},
	{"TRACE", "/", nil, 405},
	{"DELETE", "/environments/{env}", nil, 405},
	{"GET", "/sign-out", nil, 405},
	{"GET", "/?a=1&a=2", nil, 400},
	{"GET", "/?a=%00", nil, 400},
	{"GET", "/?a=%zz", nil, 400},
	{"GET", "/?" + strings.Repeat("a&", 1001), nil, 400},
	{"GET", "/sign-in/callback?code=x&state=y", nil, 400},
	{"GET", "/test/callback?code=x&state=y", nil, 400},
	{"GET", "/", []string{"Sec-Fetch-Mode", "no-cors"}, 403},
	{"POST", "/sign-out", []string{"Sec-Fetch-Site", "cross-site"}, 403},
	{"POST", "/sign-out", []string{"Content-Type", "text/plain"}, 415},
}

func TestAnErrorIsToldAlikeToPeopleAndScripts(t *testing.T) {
	s := newScene(t)
	for _, e := range errorAddresses {
		path := strings.ReplaceAll(e.path, "{env}", s.env)
		var form url.Values
		if e.method == http.MethodPost {
			form = url.Values{"name": {"x"}}
		}
		p := s.b.send(e.method, path, form, e.header...)
		if p.status != e.want || p.header.Get("Content-Type") != "text/html; charset=utf-8" || !strings.Contains(p.body, p.header.Get("X-Request-Id")) {
			t.Errorf("%s %s: %d %s, want %d and a page that names its request", e.method, path, p.status, p.header.Get("Content-Type"), e.want)
		}
		inspect(t, e.method+" "+path, p)
		script := s.b.send(e.method, path, form, append(slices.Clone(e.header), "Accept", "application/json")...)
		inspect(t, e.method+" "+path+" as a script", script)
		wantProblem(t, e.method+" "+path, script, e.want)
	}
}

// wantProblem checks an error as RFC 9457 has it: its five members, and no
// other.
func wantProblem(t *testing.T, route string, p page, status int) {
	t.Helper()
	var problem map[string]any
	if err := json.Unmarshal([]byte(p.body), &problem); err != nil {
		t.Errorf("%s: %d %s: %v", route, p.status, p.body, err)
		return
	}
	if p.status != status || p.header.Get("Content-Type") != "application/problem+json" || len(problem) != 5 || problem["status"] != float64(status) ||
		problem["type"] != "about:blank" || problem["title"] != http.StatusText(status) || problem["detail"] == "" || problem["instance"] != p.header.Get("X-Request-Id") {
		t.Errorf("%s: %d %s %s, want %d", route, p.status, p.header.Get("Content-Type"), p.body, status)
	}
}

// A hundred times the same page: a hundred nonces.
func TestANonceIsForOneAnswer(t *testing.T) {
	c := newConsole(t, func(h *handlers.Handlers) { h.Gallery = true })
	b := c.browser()
	seen := map[string]bool{}
	for range 100 {
		seen[inspect(t, "GET /", b.get("/"))] = true
	}
	if len(seen) != 100 {
		t.Errorf("%d nonces for 100 answers", len(seen))
	}
}
