package handlers

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/oauth"
	"github.com/consentry/consentry/store"
	"github.com/consentry/consentry/web"
)

const (
	// roleFresh is how long a role is believed before Microsoft is asked
	// whether it still stands, roleLimit how long at most, when Microsoft gives
	// no answer.
	roleFresh = 4 * time.Minute
	roleLimit = 5 * time.Minute
	// recent is how long ago somebody may have proved who they are before they
	// do what cannot be taken back.
	recent = 15 * time.Minute
)

// admitted is the route's handler for those who may use it. Every route of
// Table goes through here and nothing else decides: what takes a role is
// refused unless it is known that the person has it.
func (h *Handlers) admitted(r Route) web.Handler {
	return func(c *gin.Context) (web.Response, error) {
		if _, ok := store.CallerOf(c.Request.Context()); !ok {
			return nil, fmt.Errorf("%s %s is asked for in nobody's name", r.Method, r.Path)
		}
		if h.Shared != nil && r.Least > Anyone {
			if resp, err := h.admit(c, r); resp != nil || err != nil {
				return resp, err
			}
		}
		return r.handle(c)
	}
}

// admit answers whoever may not use the route; nothing to whoever may.
func (h *Handlers) admit(c *gin.Context, r Route) (web.Response, error) {
	who, ok := person(c)
	if !ok {
		return nil, errNobody
	}
	if err := h.confirmRole(c, who); err != nil {
		return nil, err
	}
	if has := h.role(c); has < r.Least {
		return h.denied(c, r, has)
	}
	if r.Recent && !h.recently(visitOf(c)) {
		return nil, errStale
	}
	return nil, nil
}

// errStale: what was asked for takes a sign-in of the last quarter of an hour.
var errStale = errors.New("the sign-in is too long ago for this")

// recently reports whether the person proved who they are a short time ago. A
// token that does not say when proves nothing.
func (h *Handlers) recently(v visit) bool {
	return h.Shared == nil || !v.Proved.IsZero() && h.Now().Sub(v.Proved) <= recent
}

// denied says to somebody with a role what it takes, and who gives roles.
func (h *Handlers) denied(c *gin.Context, r Route, has Role) (web.Response, error) {
	err := h.Store.Audit(c.Request.Context(), store.AuditEvent{Action: "access-denied", Result: store.AuditDenied, Object: "route" + r.Path,
		Detail: map[string]string{"method": r.Method, "role": has.String(), "reason": "takes " + r.Least.String()}})
	if err != nil { // it is refused in any case
		h.Log.Error("a refusal could not be written into the audit log", "route", r.Path, "error", err.Error())
	}
	words := fmt.Sprintf("You have the role %s in this console, and this takes the role %s.", has, r.Least)
	if wantsJSON(c) {
		return nil, &web.Error{Status: http.StatusForbidden, Public: words}
	}
	return h.deniedPage(words), nil
}

// confirmRole asks Microsoft every few minutes whether the person still has
// the role they signed in with. Whoever lost it, or was disabled, is out.
func (h *Handlers) confirmRole(c *gin.Context, who entra.Person) error {
	v := visitOf(c)
	age := h.Now().Sub(v.Checked)
	if age < roleFresh && age > -roleFresh {
		return nil
	}
	id, at, err := h.confirmed(context.WithoutCancel(c.Request.Context()), who)
	var clock *oauth.ClockError
	switch {
	case errors.Is(err, errSignedOut):
		return err
	case err != nil && age < roleLimit && age > -roleLimit:
		h.Log.Warn("a role could not be confirmed; it stands for a little", "error", err.Error())
		return nil
	case errors.As(err, &clock):
		return unproven(err)
	case err != nil:
		return &web.Error{Status: http.StatusServiceUnavailable, Err: err, RetryAfter: refreshPause, Next: again(c),
			Public: "Microsoft could not be asked whether you may still use this console, so nothing is shown. Try again in a moment."}
	}
	role := h.roleFor(id)
	v.Checked = at // another window may have asked, minutes ago
	if role == v.role() {
		return web.SessionOf(c).Set(visitKey, v)
	}
	return h.changeRole(c, who, v, role)
}

// changeRole gives the session of somebody whose role changed a new id, or
// ends it where they have none any more.
func (h *Handlers) changeRole(c *gin.Context, who entra.Person, v visit, role Role) error {
	web.Note(c, slog.String("role_was", v.Role), slog.String("role_is", role.String()))
	sess := web.SessionOf(c)
	if role == Anyone {
		err := h.Store.Audit(c.Request.Context(), store.AuditEvent{Action: "session-ended", Result: store.AuditDone, Object: "session/" + sess.Mark(),
			Detail: map[string]string{"reason": "the role was taken away", "role": v.Role}})
		sess.Forget("")
		h.putCaller(c)
		return errors.Join(errNoRole, err, h.Store.DeleteOperator(c.Request.Context(), who.Tenant, who.ID))
	}
	v.Role = role.String()
	sess.Renew()
	err := sess.Set(visitKey, v)
	h.putCaller(c)
	return err
}

// errNoRole: the person has no role in this console, or none any more.
var errNoRole = errors.New("the person has no role in this console")

// deniedPage says in plain words who can help.
type deniedPage struct {
	web.Base
	Words string
	// Client is the console's registration, in which roles are given.
	Client entra.ClientID
	Roles  []scopeWords
}

// roleWords say what each role is for.
var roleWords = []scopeWords{
	{Viewer.String(), "reads what is kept here, no client secret among it"},
	{Support.String(), "runs the checks and tests besides"},
	{Admin.String(), "creates, reveals, changes and removes besides"},
}

func (h *Handlers) deniedPage(words string) web.Response {
	return web.PageWithStatus(http.StatusForbidden, "denied.html", h.deniedView(words))
}

func (h *Handlers) deniedView(words string) *deniedPage {
	page := &deniedPage{Words: words, Roles: roleWords}
	page.Title = "This is not yours to use"
	if h.Browser != nil {
		page.Client = h.Browser.ClientID
	}
	return page
}

// guarded leads to the sign-in and back where a page needs somebody who is
// not, or no longer, signed in, or something they have not allowed yet.
func (h *Handlers) guarded(r Route) web.Handler {
	f := h.admitted(r)
	return func(c *gin.Context) (web.Response, error) {
		resp, err := f(c)
		if err == nil {
			return resp, nil
		}
		if to := detourFor(err); to != nil {
			to.keeps = !r.Recent
			return h.leave(c, err, *to)
		}
		if errors.Is(err, errNoRole) {
			return h.roleLost(c, err)
		}
		if dropped := h.dropRefused(c, err); dropped != nil {
			err = errors.Join(err, dropped)
		}
		return nil, err
	}
}

// dropRefused forgets tokens that Microsoft Graph does not take any more,
// though their time is not over: they were revoked, or a policy wants the
// person to sign in anew. The page says so and leads to the sign-in and back.
func (h *Handlers) dropRefused(c *gin.Context, err error) error {
	who, ok := person(c)
	var no *entra.ServiceError
	if !ok || !errors.As(err, &no) || no.Service == signInService || no.Status != http.StatusUnauthorized {
		return nil
	}
	web.SessionOf(c).Delete(personKey)
	web.SessionOf(c).Delete(visitKey)
	h.putCaller(c)
	return h.forgetTokens(context.WithoutCancel(c.Request.Context()), who)
}

// A detour is the way over the sign-in page.
type detour struct {
	need  level
	again bool   // the person has to prove anew who they are
	ended bool   // the sign-in has ended
	words string // for a script
	// keeps: what was sent waits until the person is back. What cannot be
	// taken back does not: it is asked for on its page anew.
	keeps bool
}

// detourFor tells errors that are mended at Microsoft from others.
func detourFor(err error) *detour {
	var needs *needsError
	switch {
	case errors.Is(err, errSignedOut):
		return &detour{ended: true, words: "You are not signed in any more. Load this page again and sign in."}
	case errors.Is(err, errNobody):
		return &detour{words: "You are not signed in any more. Load this page again and sign in."}
	case errors.Is(err, errStale):
		return &detour{again: true, words: "This takes a sign-in of the last 15 minutes. Load this page again and confirm that it is you."}
	case errors.As(err, &needs):
		return &detour{need: needs.level, words: "This has not been allowed at Microsoft yet. Load this page again and allow it there."}
	}
	return nil
}

// leave sends the person on the detour.
func (h *Handlers) leave(c *gin.Context, cause error, d detour) (web.Response, error) {
	who, _ := person(c)
	if d.ended {
		if err := forgetPerson(c); err != nil {
			return nil, err
		}
	}
	if wantsJSON(c) {
		return nil, &web.Error{Status: http.StatusForbidden, Err: cause, Public: d.words}
	}
	back := comeBack(c)
	if d.keeps {
		kept, err := h.keepForm(c, who)
		if err != nil {
			return nil, err
		}
		back = firstOf(kept, back)
	}
	return web.SeeOther(signInPath(d.need, d.again, back)), nil
}

// roleLost ends the visit of somebody who lost their role.
func (h *Handlers) roleLost(c *gin.Context, cause error) (web.Response, error) {
	words := "You have no role in this console any more, so you were signed out."
	h.Log.Info("somebody lost their role", "error", cause.Error())
	if wantsJSON(c) {
		return nil, &web.Error{Status: http.StatusForbidden, Err: cause, Public: words}
	}
	return h.deniedPage(words), nil
}

// forgetPerson brings the session in line with tokens that are gone.
func forgetPerson(c *gin.Context) error {
	sess := web.SessionOf(c)
	sess.Delete(personKey)
	sess.Delete(visitKey)
	return sess.Say("Your sign-in has ended. Sign in again to go on where you were.")
}
