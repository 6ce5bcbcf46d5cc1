package handlers

import (
	"log/slog"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/store"
	"github.com/consentry/consentry/web"
)

// Shared is what a console that several people use knows of who may use it.
// They sign in to the console itself, with its own app registration, whose
// app roles say what each of them may do.
type Shared struct {
	// Tenants are those whose people are let in.
	Tenants []entra.TenantID
	// Admins have the role admin whatever their tokens say, by tenant ID and
	// object ID: whoever assigns the roles has to get in first.
	Admins []entra.Person
}

// personKey holds who is signed in, visitKey how.
const (
	personKey = "person"
	visitKey  = "visit"
)

// A visit is how somebody came to be signed in.
type visit struct {
	Role  string    `json:"role,omitempty"` // as the roles claim has it; empty on one's own machine
	Since time.Time `json:"since"`
	// Checked is when Microsoft last confirmed the role, Proved when the
	// person last proved who they are; zero where Microsoft does not say.
	Checked time.Time `json:"checked"`
	Proved  time.Time `json:"proved"`
	IP      string    `json:"ip"`
	// Way is how they signed in; empty for the browser.
	Way string `json:"way,omitempty"`
}

// role of a visit; Anyone for one that was written by hand.
func (v visit) role() Role {
	r, err := ParseRole(v.Role)
	if err != nil {
		return Anyone
	}
	return r
}

// person is who is signed in from this browser; nobody before the session was
// looked up, where a request is refused that early.
func person(c *gin.Context) (entra.Person, bool) {
	var p entra.Person
	s := web.SessionOf(c)
	ok := s != nil && s.Get(personKey, &p)
	return p, ok && p.ID != ""
}

// visitOf is how the person came to be signed in.
func visitOf(c *gin.Context) (v visit) {
	web.SessionOf(c).Get(visitKey, &v)
	return v
}

// role is what whoever asks may do. Whoever has the console to themselves may
// do everything.
func (h *Handlers) role(c *gin.Context) Role {
	if h.Shared == nil {
		return Admin
	}
	if _, ok := person(c); !ok {
		return Anyone
	}
	return visitOf(c).role()
}

// identify says in the request's context on whose behalf the store is asked.
// It stands before every route, so that none can ask in the program's own
// name: in a shared console nobody in particular has no tenant and finds
// nothing.
func (h *Handlers) identify(c *gin.Context) {
	h.putCaller(c)
	c.Next()
}

func (h *Handlers) putCaller(c *gin.Context) {
	c.Request = c.Request.WithContext(store.As(c.Request.Context(), h.caller(c)))
}

func (h *Handlers) caller(c *gin.Context) store.Caller {
	who, _ := person(c)
	return store.Caller{
		Person: who, Role: h.role(c).String(), Tenant: who.Tenant, Everything: h.Shared == nil,
		Session: web.SessionOf(c).Mark(), IP: web.ClientIP(c), RequestID: web.RequestID(c),
	}
}

// Line says who is signed in, for the top of every page.
func Line(s *web.Session) web.PersonLine {
	var p entra.Person
	if !s.Get(personKey, &p) {
		return web.PersonLine{}
	}
	name := p.UPN
	if name == "" {
		name = p.DisplayName
	}
	var v visit
	s.Get(visitKey, &v)
	return web.PersonLine{Name: name, Tenant: "Tenant " + string(p.Tenant), Role: v.Role}
}

// May reports whether whoever asks may use a route of Table, given as method
// and pattern or as method and path; it is for web.Config. What is no route is
// nobody's.
func (h *Handlers) May(c *gin.Context, route string) bool {
	least, ok := h.leastOf(route)
	if !ok {
		h.Log.Error("a page leads to a route that does not exist", slog.String("route", route))
	}
	return ok && h.role(c) >= least
}

// leastOf is the role that a route takes.
func (h *Handlers) leastOf(route string) (least Role, ok bool) {
	h.leastOnce.Do(func() {
		h.least = map[string]Role{}
		for _, r := range h.Table() {
			h.least[r.Method+" "+r.Path] = r.Least
		}
	})
	if least, ok = h.least[route]; ok {
		return least, true
	}
	route, _, _ = strings.Cut(route, "?")
	for pattern, of := range h.least {
		if matches(pattern, route) && (!ok || of > least) {
			least, ok = of, true
		}
	}
	return least, ok
}

// matches compares segment by segment; one that begins with a colon stands for
// any.
func matches(pattern, path string) bool {
	want, got := strings.Split(pattern, "/"), strings.Split(path, "/")
	if len(want) != len(got) {
		return false
	}
	for i := range want {
		if want[i] != got[i] && !strings.HasPrefix(want[i], ":") {
			return false
		}
	}
	return true
}
