package handlers_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"github.com/consentry/consentry/handlers"
)

// leads are the addresses of the console that a page leads to, each with its
// method.
func (p page) leads() (out []string) {
	p.t.Helper()
	add := func(method, address string) {
		to, err := p.at.Parse(address)
		if err != nil {
			p.t.Errorf("%s leads to %q: %v", p.at, address, err)
			return
		}
		if to.Host == p.at.Host && !strings.HasPrefix(to.Path, "/static/") && !strings.HasPrefix(address, "#") {
			out = append(out, method+" "+to.Path)
		}
	}
	p.doc().Find("a[href]").Each(func(_ int, a *goquery.Selection) { add(http.MethodGet, a.AttrOr("href", "")) })
	p.doc().Find("[data-events]").Each(func(_ int, a *goquery.Selection) { add(http.MethodGet, a.AttrOr("data-events", "")) })
	p.doc().Find("form").Each(func(_ int, f *goquery.Selection) {
		add(strings.ToUpper(f.AttrOr("method", "get")), f.AttrOr("action", p.at.String()))
	})
	return out
}

// least is the role that an address takes.
func least(t *testing.T, table []handlers.Route, address string) handlers.Role {
	t.Helper()
	method, path, _ := strings.Cut(address, " ")
	best, found := handlers.Anyone, false
	for _, r := range table {
		want, got := strings.Split(r.Path, "/"), strings.Split(path, "/")
		same := r.Method == method && len(want) == len(got)
		for i := 0; same && i < len(want); i++ {
			same = want[i] == got[i] || strings.HasPrefix(want[i], ":")
		}
		if same {
			best, found = max(best, r.Least), true
		}
	}
	if !found {
		t.Errorf("%s is no route", address)
	}
	return best
}

// Whoever follows a link or presses a button of a page is never told that
// their role does not allow it.
func TestPagesLeadNobodyToWhatTheirRoleIsRefused(t *testing.T) {
	s := sharedScene(t)
	table := s.handlers.Table()
	for role, name := range map[handlers.Role]string{handlers.Viewer: aViewer, handlers.Support: aSupport, handlers.Anyone: ""} {
		b := s.browser()
		if name != "" {
			b.enter(home, name)
		}
		if role == handlers.Support {
			b.allows("read", "/")
		}
		pages := 0
		look := func(p page, called string) {
			pages++
			for _, to := range p.leads() {
				if needs := least(t, table, to); needs > role {
					t.Errorf("%s, as %v: leads to %s, which takes %v", called, role, to, needs)
				}
			}
		}
		if role > handlers.Anyone {
			look(b.post("/explain", url.Values{"paste": {"AADSTS50011: The redirect URI 'https://a.example/cb' does not match"}}).want(200), "/explain, answered")
			look(b.post("/explain", url.Values{"paste": {"what is this"}}).want(200), "/explain, undecided")
			p := b.get("/advisor?q=work+items")
			op := p.doc().Find("input[name=op]").First().AttrOr("value", "")
			look(b.get("/advisor?op="+url.QueryEscape(op)).want(200), "/advisor, answered")
		}
		for _, r := range table {
			if r.Method != http.MethodGet || r.Least > role || endless(r.Path) || strings.HasSuffix(r.Path, "/leave") {
				continue
			}
			p := b.get(s.address(r.Path))
			if p.status != 200 || !strings.HasPrefix(p.header.Get("Content-Type"), "text/html") || p.at.Host != mustParse(t, s.base).Host {
				continue
			}
			look(p, r.Path)
		}
		if pages < 3 || role > handlers.Anyone && pages < 15 {
			t.Errorf("only %d pages were looked at as %v", pages, role)
		}
	}
}

func mustParse(t *testing.T, address string) *url.URL {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return u
}
