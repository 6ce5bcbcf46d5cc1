package handlers

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/oauth"
	"github.com/consentry/consentry/store"
	"github.com/consentry/consentry/trial"
	"github.com/consentry/consentry/web"
)

// signInAgain leads back to the beginning.
var signInAgain = web.Link{Label: "Sign in again", Href: "/sign-in"}

// finishSignIn takes Microsoft's answer. Nothing of it is shown or used before
// its state is known to be of a sign-in that this browser began.
func (h *Handlers) finishSignIn(c *gin.Context) (web.Response, error) {
	cb := oauth.ParseCallback(c.Request.URL.Query())
	sess := web.SessionOf(c)
	var p pendingSignIn
	known := cb.State != "" && sess.Get(flowKey+cb.State, &p)
	sess.Delete(flowKey + cb.State) // used up, whatever comes of it
	if !known || p.Flow.ExpiredAt(h.Now()) {
		return nil, h.refuse(c, entra.Person{}, "unknown state", &web.Error{Status: http.StatusBadRequest, Next: signInAgain,
			Public: "This sign-in was not started here, was used before, or took longer than ten minutes. Start it again."})
	}
	if cb.Error != "" {
		page := h.signInPage(p.Back, p.Need, p.Again)
		page.Failure = failureOf(cb)
		return web.CallbackPage("sign_in.html", page), nil
	}
	return h.signIn(c, p, cb)
}

// failureOf puts Microsoft's refusal into our words, with its own text below
// where there are none for it.
func failureOf(cb oauth.Callback) *trial.Failure {
	f := trial.Explain(cb.AADSTS, cb.Error)
	if cb.AADSTS == 0 && f.Raw == "" {
		f.Raw = cb.Description // one line of at most 300 characters
	}
	return &f
}

func (h *Handlers) signIn(c *gin.Context, p pendingSignIn, cb oauth.Callback) (web.Response, error) {
	ctx := c.Request.Context()
	if err := p.Flow.Check(cb); err != nil {
		return nil, &web.Error{Status: http.StatusBadRequest, Public: "The answer does not belong to this sign-in. Start it again.", Err: err}
	}
	tokens, err := h.OAuth.Redeem(ctx, p.Flow, cb.Code, entra.Sensitive{})
	if err != nil {
		return nil, signInFailed(err)
	}
	id, err := h.OAuth.Identify(ctx, p.Flow, tokens.ID)
	if err != nil {
		return nil, h.refuse(c, entra.Person{}, "the ID token was refused", unproven(err))
	}
	v := visit{Proved: id.Authenticated, Checked: h.Now()}
	if h.Shared != nil {
		if resp, err := h.letIn(c, p, id); resp != nil || err != nil {
			return resp, err
		}
		v.Role = h.roleFor(id).String()
		v.Proved = latest(v.Proved, provedBefore(c, id.Person))
	}
	tokens.Asked = p.Flow.Scopes
	if err := h.saveTokens(c.Request.Context(), id, tokens); err != nil {
		return nil, err
	}
	if !tokens.Allow(p.Need.scopes()) {
		if err := web.SessionOf(c).Say("You are signed in, but Microsoft did not grant everything that was asked for. An administrator of your tenant has to consent to it first."); err != nil {
			return nil, err
		}
	}
	return h.welcome(c, id.Person, v, p.Back)
}

// saveTokens keeps the tokens in place of earlier ones, after a renewal that
// is under way. What the person allowed before stays allowed while the earlier
// tokens hold: work that goes on in their name would stop otherwise.
func (h *Handlers) saveTokens(ctx context.Context, id oauth.Identity, t oauth.Tokens) error {
	who := id.Person
	held := h.operators.turn(who)
	held.Lock()
	defer held.Unlock()
	held.failed = nil
	most := Admin.most()
	if h.Shared != nil {
		most = h.roleFor(id).most()
	}
	before, err := h.keptTokens(ctx, who)
	if l := min(levelReached(before), most); err == nil && before.Expires.After(h.Now()) && !t.Allow(l.scopes()) {
		t.Asked = l.scopes()
	}
	return h.Store.SaveOperator(ctx, who, t.Seal())
}

// provedBefore is when the person, as long as it is still the same one, last
// proved who they are.
func provedBefore(c *gin.Context, who entra.Person) time.Time {
	if before, _ := person(c); before.Tenant != who.Tenant || before.ID != who.ID {
		return time.Time{}
	}
	return visitOf(c).Proved
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func signInFailed(err error) error {
	return &web.Error{Status: http.StatusBadGateway, Err: err, Next: signInAgain,
		Public: fmt.Sprintf("The sign-in could not be finished: %s", sentence(err))}
}

// unproven says no more than a person needs: what was wrong with a token is
// for the log.
func unproven(err error) *web.Error {
	e := &web.Error{Status: http.StatusBadGateway, Err: err, Next: signInAgain,
		Public: "Microsoft's answer could not be verified, so nobody was signed in. Start again; if it stays, tell whoever runs this console."}
	var clock *oauth.ClockError
	if errors.As(err, &clock) && clock.Ahead.Abs() > time.Minute {
		e.Public = "The clock of the machine that this console runs on " + apart(clock.Ahead) + " Microsoft's, so that nobody can be signed in. Set it right, best by turning on the synchronisation of time (NTP), then sign in again."
	}
	var lost *entra.NoAnswerError
	if errors.As(err, &lost) {
		e.Public = "Nobody was signed in: " + noAnswerWords(lost)
	}
	return e
}

// apart says how far a clock is off.
func apart(ahead time.Duration) string {
	way := "ahead of"
	if ahead < 0 {
		way = "behind"
	}
	return fmt.Sprintf("is %s %s", ahead.Abs().Round(time.Second), way)
}

// PersonalTenant is the tenant of all personal accounts
// [MicrosoftDocs/entra-docs/docs/identity-platform/access-tokens.md].
const PersonalTenant entra.TenantID = "9188040d-6c67-4c5b-b112-36a304b66dad"

// letIn answers whoever may not use the shared console; nothing to whoever
// may. No tokens are kept of somebody who is not let in.
func (h *Handlers) letIn(c *gin.Context, p pendingSignIn, id oauth.Identity) (web.Response, error) {
	who := id.Person
	switch {
	case !h.admits(who.Tenant):
		return h.turnedAway(c, who, "the tenant is not on the list", "People of your tenant are not let in to this console. Whoever runs it decides which tenants are (--allow-tenant).")
	case h.roleFor(id) == Anyone:
		return h.turnedAway(c, who, noRoleReason(id), "You are known, but you have no role in this console yet.")
	case p.Who.ID != "" && (p.Who.Tenant != who.Tenant || p.Who.ID != who.ID):
		return nil, h.refuse(c, who, "another person came back", &web.Error{Status: http.StatusConflict, Next: web.Link{Label: "Back to where you were", Href: p.Back},
			Public: fmt.Sprintf("You are signed in as %s, but another person came back from Microsoft. Nothing has changed. Choose the same account there, or sign out first.", nameOf(p.Who))})
	case p.Need > h.roleFor(id).most():
		return h.turnedAway(c, who, "the role has no use for the permission", "Your role in this console has no use for what you were asked to allow.")
	case p.Again && !h.recently(visit{Proved: id.Authenticated}):
		return nil, h.refuse(c, who, "no recent auth_time", &web.Error{Status: http.StatusForbidden, Next: web.Link{Label: "Back to where you were", Href: p.Back},
			Public: "Microsoft did not say that you have just signed in, so nothing that cannot be taken back is done. The console's app registration has to have the optional claim auth_time for ID tokens; \"consentry bootstrap\" sets it."})
	}
	return nil, nil
}

func noRoleReason(id oauth.Identity) string {
	switch {
	case id.BadRoles:
		return "the claim roles is malformed"
	case len(id.Roles) > 0:
		return "the roles are not this console's"
	}
	return "no role"
}

func nameOf(p entra.Person) string { return firstOf(p.UPN, p.DisplayName, string(p.ID)) }

// admits reports whether people of the tenant may sign in at all.
func (h *Handlers) admits(t entra.TenantID) bool {
	return t != PersonalTenant && slices.ContainsFunc(h.Shared.Tenants, func(known entra.TenantID) bool { return strings.EqualFold(string(known), string(t)) })
}

// roleFor is the highest role that the token gives, or that whoever runs the
// console gave by name; Anyone without one. The first to come is nothing
// special.
func (h *Handlers) roleFor(id oauth.Identity) Role {
	if !h.admits(id.Person.Tenant) {
		return Anyone
	}
	for _, a := range h.Shared.Admins {
		if strings.EqualFold(string(a.Tenant), string(id.Person.Tenant)) && strings.EqualFold(string(a.ID), string(id.Person.ID)) {
			return Admin
		}
	}
	highest := Anyone
	for _, value := range id.Roles {
		if r, err := ParseRole(value); err == nil {
			highest = max(highest, r)
		}
	}
	return highest
}

// turnedAway says that the person is not let in, and keeps nothing of them.
func (h *Handlers) turnedAway(c *gin.Context, who entra.Person, reason, words string) (web.Response, error) {
	if err := h.refuse(c, who, reason, nil); err != nil {
		return nil, err
	}
	return h.deniedPage(words), nil
}

// refuse writes a refused sign-in down and gives back what is told about it.
func (h *Handlers) refuse(c *gin.Context, who entra.Person, reason string, told *web.Error) error {
	caller := h.caller(c)
	err := h.Store.Audit(store.As(c.Request.Context(), caller), store.AuditEvent{Action: "sign-in-denied", Result: store.AuditDenied, Tenant: who.Tenant, Actor: who,
		Detail: map[string]string{"reason": reason}})
	if err != nil { // it is refused in any case
		h.Log.Error("a refused sign-in could not be written into the audit log", "error", err.Error())
	}
	if told == nil {
		return nil
	}
	return told
}
