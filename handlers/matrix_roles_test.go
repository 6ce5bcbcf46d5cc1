package handlers_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/consentry/consentry/handlers"
)

// newSharedScene is a scene that an administrator of one tenant made in a
// shared console.
func newSharedScene(t *testing.T) scene {
	t.Helper()
	c := newSharedConsole(t)
	return c.furnished(c.enter("admin", true))
}

// asked sends what a route takes, with nothing filled in.
func (b *browser) asked(s scene, route string, header ...string) page {
	b.t.Helper()
	method, path, _ := strings.Cut(route, " ")
	var form url.Values
	if method == http.MethodPost {
		form = url.Values{}
	}
	return b.send(method, s.address(path), form, header...)
}

func TestWhatARoleLacksIsRefused(t *testing.T) {
	s := newSharedScene(t)
	for _, who := range []struct {
		name string
		role handlers.Role
		b    *browser
	}{
		{"nobody", handlers.Anyone, s.browser()},
		{"a viewer", handlers.Viewer, s.enter("viewer", true)},
		{"support", handlers.Support, s.enter("support", true)},
	} {
		before, mark := s.dump(), s.mark()
		for _, route := range routes() {
			if matrix[route].least <= who.role {
				continue
			}
			p, script := who.b.asked(s, route), who.b.asked(s, route, "Accept", "application/json")
			if script.status != http.StatusForbidden || script.header.Get("Content-Type") != "application/problem+json" {
				t.Errorf("%s: %s, as a script: %d %s, want 403 and a problem", who.name, route, script.status, script.header.Get("Content-Type"))
			}
			switch {
			case who.role == handlers.Anyone && (p.status != http.StatusSeeOther || !strings.HasPrefix(p.location, s.base+"/sign-in?")):
				t.Errorf("%s: %s: %d to %q, want the sign-in", who.name, route, p.status, p.location)
			case who.role > handlers.Anyone && p.status != http.StatusForbidden:
				t.Errorf("%s: %s: %d, want 403", who.name, route, p.status)
			}
		}
		s.wantUnchanged(before, mark)
	}
}

func TestWhatARoleMayIsAnswered(t *testing.T) {
	for _, role := range []handlers.Role{handlers.Viewer, handlers.Support, handlers.Admin} {
		t.Run(role.String(), func(t *testing.T) {
			s := newSharedScene(t)
			b := s.b
			if role != handlers.Admin {
				b = s.enter(role.String(), true)
			}
			for _, route := range routes() {
				r := matrix[route]
				if r.least > role || strings.HasSuffix(route, "/events") {
					continue
				}
				want := r.status
				if b != s.b && r.others != 0 {
					want = r.others
				}
				if p := b.asked(s, route); p.status != want {
					t.Errorf("%s: %d to %q, want %d: %s", route, p.status, p.location, want, p.short())
				}
				s.settle()
			}
		})
	}
}

// Whatever is another tenant's looks like what does not exist.
func TestWhatIsAnotherTenantsIsNotThere(t *testing.T) {
	s := newSharedScene(t)
	stranger := s.enter("admin", false)
	before, mark := s.dump(), s.mark()
	for _, route := range routes() {
		r := matrix[route]
		if r.of == "" {
			continue
		}
		missing := s
		missing.env, missing.operation, missing.id, missing.run, missing.secret = absent, absent, absent, absent, absent
		for _, accept := range []string{"text/html", "application/json"} {
			theirs := stranger.asked(s, route, "Accept", accept)
			none := stranger.asked(missing, route, "Accept", accept)
			if theirs.status != http.StatusNotFound || plainly(theirs) != plainly(none) {
				t.Errorf("%s: %d %s\nwant as for what is not there: %d %s", route, theirs.status, theirs.short(), none.status, none.short())
			}
		}
	}
	s.wantUnchanged(before, mark)
	if list := stranger.get("/"); strings.Contains(list.body, s.env) {
		t.Error("their start page lists it")
	}
}

// absent is an id as they look that nothing has.
const absent = "aaaaaaaaaaaaaaaaaaaaaaaaaa"

// plainly is a page without what differs from answer to answer: the request's
// id and nonce.
func plainly(p page) string {
	body := strings.ReplaceAll(p.body, p.header.Get("X-Request-Id"), "")
	_, nonce, _ := strings.Cut(p.header.Get("Content-Security-Policy"), "'nonce-")
	nonce, _, _ = strings.Cut(nonce, "'")
	return strings.ReplaceAll(body, nonce, "")
}

// What cannot be taken back takes a sign-in of the last quarter of an hour.
func TestAnOldSignInIsAskedForAgain(t *testing.T) {
	s := newSharedScene(t)
	s.later(16 * 60e9)
	before, mark := s.dump(), s.mark()
	for _, route := range routes() {
		if !matrix[route].recent {
			continue
		}
		if p := s.b.asked(s, route); p.status != http.StatusSeeOther || !strings.Contains(p.location, "/sign-in?") || !strings.Contains(p.location, "again=") {
			t.Errorf("%s: %d to %q, want the way to prove it anew", route, p.status, p.location)
		}
		if p := s.b.asked(s, route, "Accept", "application/json"); p.status != http.StatusForbidden {
			t.Errorf("%s, as a script: %d, want 403", route, p.status)
		}
	}
	s.wantUnchanged(before, mark)
}
