package handlers

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/gin-gonic/gin"

	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/store"
	"github.com/consentry/consentry/trial"
	"github.com/consentry/consentry/web"
)

// addCallback puts the console's callback among the app's redirect URIs for
// the time of the test. The intent is stored before, so that a crash in
// between leaves a trace to clean up by. A problem is a sentence for people;
// the test has ended then.
func (h *Handlers) addCallback(c *gin.Context, env store.Environment, t trial.Trial) (_ trial.Trial, problem string, err error) {
	d, _, err := h.tenantDirectory(c, env)
	var foreign *web.Error
	if errors.As(err, &foreign) {
		return t, foreign.Public + " Or choose to add the redirect URI yourself.", nil
	}
	if err != nil {
		return t, "", err
	}
	ctx := c.Request.Context()
	defer h.holding(context.WithoutCancel(ctx), t.ID)()
	t.TemporaryURI = trial.URIIntended
	if err := h.Store.SaveTrial(ctx, t, "", nil); err != nil {
		return t, "", err
	}
	added, err := h.register(ctx, d, t)
	var needs *needsError
	switch {
	case errors.Is(err, errSignedOut), errors.As(err, &needs):
		return t, "", err
	case err != nil:
		return h.notAdded(ctx, t, err)
	case added:
		t.TemporaryURI, t.Changed = trial.URIAdded, h.Now()
	default:
		t.TemporaryURI = trial.URINone // it was there before; whoever put it there keeps it
	}
	return t, "", h.Store.SaveTrial(ctx, t, "", nil)
}

// notAdded ends the test. Only a clear no means that there is nothing to take
// away again.
func (h *Handlers) notAdded(ctx context.Context, t trial.Trial, cause error) (trial.Trial, string, error) {
	if !entra.OutcomeUnknown(cause) {
		t.TemporaryURI = trial.URINone
	}
	problem := fmt.Sprintf("The redirect URI %s could not be added to the app. %s Choose to add it yourself, then start the test.", t.RedirectURI, sentence(cause))
	ended, err := t.Fail(trial.Failure{Cause: problem, Next: "Add the redirect URI by hand, or let somebody sign in who may change the app."}, h.Now())
	if err != nil {
		return t, "", err
	}
	return ended, problem, h.Store.SaveTrial(ctx, ended, "", nil)
}

// register adds the test's redirect URI to the app. added is false when it was
// there without a test of ours having put it there.
func (h *Handlers) register(ctx context.Context, d Directory, t trial.Trial) (added bool, err error) {
	err = h.aloneWith(ctx, t.ClientID, func() error {
		app, err := d.Application(ctx, t.ClientID)
		if err != nil {
			return err
		}
		if hasRedirect(app, t.RedirectURI) {
			others, err := h.othersWithCallback(ctx, t)
			added = len(others) > 0
			return err
		}
		added = true
		return h.addRedirect(ctx, d, app, t.RedirectURI)
	})
	return added, err
}

// addRedirect sends the whole list with one more.
func (h *Handlers) addRedirect(ctx context.Context, d Directory, app entra.Application, uri string) error {
	uris := append(slices.Clone(app.RedirectURIs), entra.RedirectURI{URI: uri, Platform: entra.Web})
	return h.audited(ctx, redirectEvent("redirect-uri-added", app, uri), func() error {
		_, err := d.Do(ctx, entra.UpdateApplication{App: app.ID, RedirectURIs: uris})
		return err
	})
}

func hasRedirect(app entra.Application, uri string) bool {
	return slices.ContainsFunc(app.RedirectURIs, func(u entra.RedirectURI) bool { return u.URI == uri })
}

// othersWithCallback are further tests that put the same redirect URI on the
// same app, or were about to.
func (h *Handlers) othersWithCallback(ctx context.Context, t trial.Trial) ([]trial.Trial, error) {
	all, err := h.Store.TrialsToCleanUp(ctx)
	return slices.DeleteFunc(all, func(o trial.Trial) bool {
		return o.ID == t.ID || o.ClientID != t.ClientID || o.RedirectURI != t.RedirectURI
	}), err
}

// removeCallback takes the temporary redirect URI away, unless another test
// needs it, which then does. What fails here stays on the clean-up list.
func (h *Handlers) removeCallback(ctx context.Context, t trial.Trial, who entra.Person) {
	err := h.unregister(ctx, t, who)
	if err == nil {
		err = h.alterTrial(ctx, t.ID, func(t *trial.Trial) { t.TemporaryURI = trial.URIRemoved })
	}
	var needs *needsError
	switch {
	case errors.Is(err, errSignedOut), errors.As(err, &needs):
		h.Log.Debug("temporary redirect URI waits for somebody to sign in", "test", t.ID)
	case err != nil && ctx.Err() == nil:
		h.Log.Warn("temporary redirect URI is still registered; it is tried again", "test", t.ID, "error", err.Error())
	}
}

func (h *Handlers) unregister(ctx context.Context, t trial.Trial, who entra.Person) error {
	if who.ID == "" {
		return errSignedOut
	}
	return h.aloneWith(ctx, t.ClientID, func() error { return h.unregisterAlone(ctx, t, who) })
}

func (h *Handlers) unregisterAlone(ctx context.Context, t trial.Trial, who entra.Person) error {
	others, err := h.othersWithCallback(ctx, t)
	if err != nil || slices.ContainsFunc(others, func(o trial.Trial) bool { return h.mayYetAnswer(ctx, o) && !followed(o, t) }) {
		return err
	}
	d, err := h.directoryOf(who)
	if err != nil {
		return err
	}
	app, err := d.Application(ctx, t.ClientID)
	var no *entra.ServiceError
	if errors.As(err, &no) && no.Status == http.StatusNotFound {
		return nil // the app is gone, and the URI with it
	}
	if err != nil || !hasRedirect(app, t.RedirectURI) {
		return err
	}
	left := slices.DeleteFunc(slices.Clone(app.RedirectURIs), func(u entra.RedirectURI) bool { return u.URI == t.RedirectURI })
	e := redirectEvent("redirect-uri-removed", app, t.RedirectURI)
	e.Actor, e.Tenant = who, who.Tenant
	return h.audited(ctx, e, func() error {
		_, err := d.Do(ctx, entra.UpdateApplication{App: app.ID, RedirectURIs: left})
		return err
	})
}

// followed: whoever starts a test anew has given the silent one up.
func followed(silent, later trial.Trial) bool {
	return silent.State == trial.NoAnswer && silent.Started.Before(later.Started)
}

// alterTrial changes a test as it stands now: its answer may have come since.
func (h *Handlers) alterTrial(ctx context.Context, id string, change func(*trial.Trial)) error {
	t, err := h.Store.Trial(ctx, id)
	if err != nil {
		return err
	}
	change(&t)
	return h.Store.SaveTrial(ctx, t, "", nil)
}
