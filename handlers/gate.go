package handlers

import (
	"errors"
	"net/url"

	"github.com/gin-gonic/gin"
)

// A gate stands on a page in the place of the button that changes something,
// until the person has allowed the change at Microsoft, and in a shared
// console has proved a short time ago who they are.
type gate struct {
	Label, Words string
	Href         string // begins at Microsoft and comes back to the page
}

// gate is what stands before a change of the level on the page at back; nil
// when nothing does, or nobody is signed in.
func (h *Handlers) gate(c *gin.Context, need level, back string) (*gate, error) {
	who, ok := person(c)
	if !ok || h.role(c).most() < need {
		return nil, nil
	}
	stale := !h.recently(visitOf(c))
	err := h.allowed(c.Request.Context(), who, need)
	var needs *needsError
	switch {
	case errors.As(err, &needs):
		return newGate(need, stale, back, h.loginHost()), nil
	case err != nil:
		return nil, err
	case stale:
		return newGate(levelSignIn, true, back, h.loginHost()), nil
	}
	return nil, nil
}

func newGate(need level, again bool, back, loginHost string) *gate {
	g := &gate{Label: "Allow the changes at Microsoft", Href: beginPath(need, again, back),
		Words: "Nothing is changed yet. You go to " + loginHost + ", which asks you to allow it unless that was done before, and come back here."}
	if need == levelSignIn {
		g.Label = "Confirm that it is you"
		g.Words = "Nothing is changed yet. This cannot be taken back, and your sign-in is more than 15 minutes old: sign in once more at " + loginHost + ", and come back here."
	}
	return g
}

// loginHost is where people type their password.
func (h *Handlers) loginHost() string {
	u, err := url.Parse(h.Cloud.Authorize)
	if err != nil {
		return h.Cloud.Authorize
	}
	return u.Host
}

// reads reports whether whoever asks has allowed to read their directory.
func (h *Handlers) reads(c *gin.Context) bool {
	who, ok := person(c)
	return ok && h.allowed(c.Request.Context(), who, levelRead) == nil
}

// toRead is the way to a directory that can be read: the sign-in, or for
// somebody signed in the permission to.
func (h *Handlers) toRead(back string) string { return signInPath(levelRead, false, back) }

// mayAdd reports whether the console may put its callback on the app for a
// test, and notes what has to be allowed before.
func (h *Handlers) mayAdd(c *gin.Context, page *testPage) bool {
	if _, ok := person(c); !ok {
		return false
	}
	allow, err := h.gate(c, levelWrite, comeBack(c))
	page.Allow = allow
	return err == nil && allow == nil
}
