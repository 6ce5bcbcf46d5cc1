package handlers

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/oauth"
	"github.com/consentry/consentry/preset"
	"github.com/consentry/consentry/setup"
	"github.com/consentry/consentry/store"
	"github.com/consentry/consentry/trial"
	"github.com/consentry/consentry/web"
)

// leaveForMicrosoft begins a fresh journey: state, nonce and PKCE verifier
// are new each time the link is followed. It changes this browser's own test
// only, and not for a link on another site.
func (h *Handlers) leaveForMicrosoft(c *gin.Context) (web.Response, error) {
	t, err := h.trial(c)
	if err != nil {
		return nil, err
	}
	if _, ok := pending(c, t.ID); !ok {
		return nil, notYourTest()
	}
	if fromAnotherSite(c) {
		return nil, &web.Error{Status: http.StatusForbidden, Public: "Begin the test from its own page.", Next: web.Link{Label: "Open the test", Href: "/tests/" + t.ID}}
	}
	if t.TemporaryURI == trial.URIRemoved {
		return nil, testEnded(t, errors.New("the redirect URI was taken away"))
	}
	begun, err := t.Begin(h.Now())
	if err != nil {
		return nil, testEnded(t, err)
	}
	flow, to := h.beginFlow(begun)
	data, err := json.Marshal(flow)
	if err != nil {
		return nil, fmt.Errorf("test: %w", err)
	}
	if err := h.Store.SaveTrial(c.Request.Context(), begun, flow.State, data); err != nil {
		return nil, err
	}
	return web.SeeOtherInPopup(to), nil
}

// fromAnotherSite: the browser says that a page of another origin led here.
func fromAnotherSite(c *gin.Context) bool {
	site := c.GetHeader("Sec-Fetch-Site")
	return site == "cross-site" || site == "same-site"
}

func (h *Handlers) beginFlow(t trial.Trial) (oauth.Flow, string) {
	r := oauth.Request{Tenant: t.Tenant, ClientID: t.ClientID, RedirectURI: t.RedirectURI, Scopes: t.Scopes, Prompt: "select_account"}
	if t.Kind == trial.AdminConsent {
		r.Scopes = adminScopes(t.Scopes)
		return oauth.BeginAdminConsent(h.Cloud, r, h.Now())
	}
	return oauth.Begin(h.Cloud, r, h.Now())
}

// adminScopes leaves out what the admin-consent endpoint does not take.
func adminScopes(scopes []string) []string {
	return slices.DeleteFunc(slices.Clone(scopes), func(s string) bool {
		return s == "offline_access" || s == "openid" || s == "profile" || s == "email"
	})
}

func notYourTest() error {
	return &web.Error{Status: http.StatusForbidden, Public: "This test was started in another browser. Finish it there, or start a new one here.", Next: web.Link{Label: "Start a test", Href: "/tests/new"}}
}

func testEnded(t trial.Trial, err error) error {
	return &web.Error{Status: http.StatusConflict, Err: err, Public: "This test has ended. Start a new one.", Next: web.Link{Label: "Start again", Href: testAddress(t)}}
}

// finishTrial receives Microsoft's answer, redeems apart from the request,
// and leads to a clean address.
func (h *Handlers) finishTrial(c *gin.Context) (web.Response, error) {
	cb := oauth.ParseCallback(c.Request.URL.Query())
	ctx := c.Request.Context()
	t, flow, err := h.awaited(ctx, cb)
	if err != nil {
		return nil, err
	}
	p, ok := pending(c, t.ID)
	if !ok {
		return nil, notYourTest()
	}
	who, _ := person(c)
	secret, err := h.testSecret(ctx, p, who, cb)
	if err != nil {
		return h.cannotRedeem(c, t, err)
	}
	answered, err := t.Answer()
	if err != nil {
		return nil, testEnded(t, err)
	}
	h.running.beginHeld(t.ID, h.holding(context.WithoutCancel(ctx), t.ID))
	if err := h.Store.SaveTrial(ctx, answered, "", nil); err != nil {
		h.running.end(t.ID)
		return nil, err
	}
	web.SessionOf(c).Delete(trialKey + t.ID)
	ctx = context.WithoutCancel(ctx)
	h.background(func() { h.complete(ctx, t, p, flow, cb, secret, who) })
	return web.SeeOtherInPopup("/tests/" + t.ID + "/answered"), nil
}

// awaited finds the test that an answer belongs to, once.
func (h *Handlers) awaited(ctx context.Context, cb oauth.Callback) (t trial.Trial, flow oauth.Flow, err error) {
	t, data, err := h.Store.TrialByState(ctx, cb.State)
	if errors.Is(err, store.ErrNotFound) || errors.Is(err, store.ErrGone) {
		return t, flow, &web.Error{Status: http.StatusBadRequest, Err: err, Next: web.Link{Label: "Start a test", Href: "/tests/new"},
			Public: "This answer belongs to no test that waits for one: it was used before, or the test was not started here."}
	}
	if err != nil {
		return t, flow, err
	}
	if err := json.Unmarshal(data, &flow); err != nil {
		return t, flow, errors.New("test: its flow cannot be read") // the cause may quote it
	}
	if flow.ExpiredAt(h.Now()) {
		err = &web.Error{Status: http.StatusBadRequest, Public: "The sign-in took longer than ten minutes. Start it again.", Next: web.Link{Label: "Back to the test", Href: "/tests/" + t.ID}}
	}
	return t, flow, err
}

// testSecret is the one pasted for the test, or the kept one of its owner. A
// refusal is not redeemed and needs none.
func (h *Handlers) testSecret(ctx context.Context, p pendingTrial, who entra.Person, cb oauth.Callback) (entra.Sensitive, error) {
	if p.Kept == "" || cb.Error != "" {
		return entra.NewSensitive(p.Secret), nil
	}
	return h.Store.UseSecret(ctx, p.Kept, who)
}

// cannotRedeem ends a test whose secret went away while the person was at
// Microsoft: it was replaced, it ran out, or its owner signed out.
func (h *Handlers) cannotRedeem(c *gin.Context, t trial.Trial, cause error) (web.Response, error) {
	if !errors.Is(cause, store.ErrGone) && !errors.Is(cause, store.ErrNotFound) {
		return nil, cause
	}
	ended, err := t.Fail(trial.Failure{
		Cause: "The client secret that was to be used is no longer at hand here.",
		Next:  "Sign in as the person who made it, or start the test again and paste the secret's value.",
	}, h.Now())
	if err != nil {
		return nil, testEnded(t, err)
	}
	if err := h.Store.SaveTrial(c.Request.Context(), ended, "", nil); err != nil {
		return nil, err
	}
	h.afterEnd(c, ended)
	return web.SeeOtherInPopup("/tests/" + t.ID + "/answered"), nil
}

// afterEnd takes the temporary redirect URI away: nobody waits any more.
func (h *Handlers) afterEnd(c *gin.Context, t trial.Trial) {
	who, _ := person(c)
	if !t.Over() || t.TemporaryURI != trial.URIAdded && t.TemporaryURI != trial.URIIntended {
		return
	}
	ctx := context.WithoutCancel(c.Request.Context())
	h.background(func() { h.removeCallback(ctx, t, who) })
}

// complete redeems the code, builds the report, and takes the temporary
// redirect URI away again.
func (h *Handlers) complete(ctx context.Context, t trial.Trial, p pendingTrial, flow oauth.Flow, cb oauth.Callback, secret entra.Sensitive, who entra.Person) {
	defer h.running.end(t.ID)
	done, tokens := h.redeemed(ctx, t, flow, cb, secret, who)
	if err := h.Store.SaveTrial(ctx, done, "", nil); err != nil {
		h.Log.Error("test result could not be stored", "test", t.ID, "error", err.Error())
	}
	if err := h.noteConsent(ctx, done, p, secret, who); err != nil {
		h.Log.Warn("that the secret works could not be recorded", "test", t.ID, "error", err.Error())
	}
	h.checkWith(ctx, done, p.Run, tokens, secret, who)
	h.running.end(t.ID)
	if done.TemporaryURI == trial.URIAdded || done.TemporaryURI == trial.URIIntended {
		h.removeCallback(ctx, done, who)
	}
	if err := h.afterSuccess(ctx, done); err != nil {
		h.Log.Warn("a secret that is needed no more is still kept; it goes with its time limit", "test", t.ID, "error", err.Error())
	}
}

func (h *Handlers) redeemed(ctx context.Context, t trial.Trial, flow oauth.Flow, cb oauth.Callback, secret entra.Sensitive, who entra.Person) (done trial.Trial, tokens *oauth.Tokens) {
	runner := *h.Trials
	runner.Tokens = func(t oauth.Tokens) { tokens = &t }
	if d := h.readerOf(ctx, who); d != nil {
		runner.Directory = d
	}
	runner.Observe = func(text string) {
		h.running.tell(t.ID, setup.Event{Step: "test", Text: text})
	}
	done, err := runner.Complete(ctx, t, flow, cb, secret)
	if err != nil {
		h.Log.Error("test could not be completed", "test", t.ID, "error", err.Error())
		done = t
		done.State, done.Ended = trial.Failed, h.Now()
		done.Failure = &trial.Failure{Cause: "The test could not be completed. " + sentence(err), Next: "Start it again."}
	}
	return done, tokens
}

// afterSuccess drops the secret when this test was the last thing it was kept
// for.
func (h *Handlers) afterSuccess(ctx context.Context, t trial.Trial) error {
	if t.State != trial.Succeeded || t.Environment == "" {
		return nil
	}
	env, err := h.Store.Environment(ctx, t.Environment)
	if err != nil {
		return err
	}
	p, ok := preset.ByID(env.Spec.Integration)
	if !ok {
		return nil
	}
	return h.dropDone(ctx, env, p)
}

// testAddress is the form that the test began with, filled as it was but for
// the secret.
func testAddress(t trial.Trial) string {
	fields := map[string]string{"kind": string(t.Kind), "where": "own", "scopes": strings.Join(t.Scopes, "\n")}
	form := "/environments/" + t.Environment + "/test"
	if t.Environment == "" {
		form = "/tests/new"
		fields["client"], fields["tenant"] = string(t.ClientID), t.Tenant
		fields["organization"], fields["project"] = t.Organization, t.Project
	}
	switch {
	case t.Elsewhere:
		fields["where"], fields["tenant"] = "other", t.Tenant
	case t.Tenant == "organizations":
		fields["where"], fields["tenant"] = t.Tenant, ""
	}
	q := url.Values{}
	for name, value := range fields {
		if value != "" {
			q.Set(name, value)
		}
	}
	return form + "?" + q.Encode()
}
