package web

import (
	"bytes"
	"fmt"

	"github.com/gin-gonic/gin"
)

// Base is what every page shows around its content. Pages embed it and set
// Title; the shell fills in the rest.
type Base struct {
	// Title names object and state: "frontegg-prod: review".
	Title string
	// Section marks the entry of the navigation this page belongs to:
	// "start", "setup", "test", "diagnose".
	Section string
	// Nonce is for the page's script elements, fresh for each response.
	Nonce string
	// Cloud is the name of the cloud this console works on.
	Cloud string
	// Sandbox: nothing here touches a real tenant; shown on every page.
	Sandbox bool
	// Passing: and everything ends with this console.
	Passing bool
	// Person is who is signed in to the directory; empty when nobody is.
	Person PersonLine
	// Flash is said once after a redirect.
	Flash string
	// Version of the console.
	Version string
	// Refresh asks browsers without script to load the page again after so
	// many seconds; 0 means not.
	Refresh int

	may func(route string) bool
}

// May reports whether whoever the page is for may use a route, given as
// method and pattern: "POST /environments/:id/apply". What leads to others is
// left out of the page; the route itself refuses in any case.
func (b *Base) May(route string) bool { return b.may == nil || b.may(route) }

// PersonLine says in short texts who is signed in. Role is empty where nobody
// has less than another.
type PersonLine struct{ Name, Tenant, Role string }

func (b *Base) base() *Base { return b }

// A Pager is a page: a pointer to a struct that embeds Base.
type Pager interface{ base() *Base }

// ErrorPage is shown instead of a page that could not be.
type ErrorPage struct {
	Base
	Status    int
	Message   string
	Next      Link
	RequestID string
}

// render executes a page into memory.
func (s *Shell) render(c *gin.Context, name string, page Pager) ([]byte, error) {
	b := page.base()
	b.Nonce = stateOf(c).nonce
	b.Cloud, b.Sandbox, b.Passing, b.Version = s.config.Cloud, s.config.Sandbox, s.config.Passing, s.config.Version
	if s.config.May != nil {
		b.may = func(route string) bool { return s.config.May(c, route) }
	}
	if sess := sessionOf(c); sess != nil {
		b.Person = s.config.Person(sess)
		if b.Flash == "" {
			b.Flash = sess.takeFlash()
			if err := s.saveSession(c); err != nil {
				return nil, err
			}
		}
	}
	return s.execute(name, "layout.html", page)
}

// pageSize is what most pages fit into; larger ones grow.
const pageSize = 16 << 10

// execute runs one template of a page's set.
func (s *Shell) execute(page, name string, data any) ([]byte, error) {
	t := s.templates[page]
	if t == nil {
		return nil, fmt.Errorf("web: no page template %q", page)
	}
	buf := bytes.NewBuffer(make([]byte, 0, pageSize))
	if err := t.ExecuteTemplate(buf, name, data); err != nil {
		return nil, fmt.Errorf("web: page %s: %w", page, err)
	}
	return buf.Bytes(), nil
}

// RenderPage executes a page outside a request, for tests and the gallery.
func (s *Shell) RenderPage(name string, page Pager) ([]byte, error) {
	return s.execute(name, "layout.html", page)
}
