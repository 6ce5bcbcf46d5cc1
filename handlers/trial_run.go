package handlers

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/oauth"
	"github.com/consentry/consentry/setup"
	"github.com/consentry/consentry/store"
	"github.com/consentry/consentry/trial"
)

// complete redeems the code, builds the report, and takes the temporary
// redirect URI away again.
func (h *Handlers) complete(ctx context.Context, t trial.Trial, flow oauth.Flow, cb oauth.Callback, secret entra.Sensitive, who entra.Person) {
	ctx = context.WithoutCancel(ctx)
	defer h.running.end(t.ID)
	runner := *h.Trials
	if who.ID != "" {
		if d, err := h.NewDirectory(h.tokens(who)); err == nil {
			runner.Directory = d
		}
	}
	runner.Observe = func(text string) {
		h.running.tell(t.ID, setup.Event{Step: "test", Text: text})
	}
	done, err := runner.Complete(ctx, t, flow, cb, secret)
	if err != nil {
		h.Log.Error("test could not be completed", "test", t.ID, "error", err.Error())
		done = t
		done.State, done.Ended = trial.Failed, h.Now()
		done.Failure = &trial.Failure{Cause: "The test could not be completed: " + sentence(err), Next: "Start it again."}
	}
	if err := h.Store.SaveTrial(ctx, done, "", nil); err != nil {
		h.Log.Error("test result could not be stored", "test", t.ID, "error", err.Error())
	}
	if done.TemporaryURI == trial.URIAdded || done.TemporaryURI == trial.URIIntended {
		h.removeCallback(ctx, done, who)
	}
}

// awaitAnswer waits for Microsoft's answer apart from the request. When none
// came in time, the test ends and the temporary redirect URI goes.
func (h *Handlers) awaitAnswer(c *gin.Context, t trial.Trial) {
	who, _ := person(c)
	ctx := context.WithoutCancel(c.Request.Context())
	h.running.begin(t.ID)
	go func() {
		if err := h.Sleep(ctx, trial.Patience+time.Second); err != nil {
			return
		}
		if err := h.giveUp(ctx, t.ID, who); err != nil {
			h.Log.Error("test without answer could not be ended", "test", t.ID, "error", err.Error())
		}
	}()
}

// giveUp ends a test that waits for an answer too long. One for which the
// person left again later is left to that later waiting.
func (h *Handlers) giveUp(ctx context.Context, id string, who entra.Person) error {
	t, err := h.Store.Trial(ctx, id)
	if err != nil {
		return err
	}
	if t.Overdue(h.Now()) {
		if t, err = t.Unanswered(trial.DeadlinePassed, h.Now()); err != nil {
			return err
		}
		if err := h.Store.SaveTrial(ctx, t, "", nil); err != nil {
			return err
		}
	}
	if t.State != trial.NoAnswer {
		return nil
	}
	h.running.end(t.ID)
	if t.TemporaryURI == trial.URIAdded {
		h.removeCallback(ctx, t, who)
	}
	return nil
}

// addCallback puts the console's callback among the app's redirect URIs for
// the time of the test. The intent is stored before, so that a crash in
// between leaves a trace to clean up by. A problem is a sentence for the
// person, who can go on without; an error is ours.
func (h *Handlers) addCallback(c *gin.Context, env store.Environment, t trial.Trial) (_ trial.Trial, problem string, _ error) {
	d, _, err := h.tenantDirectory(c, env)
	if err != nil {
		return t, "Sign in to the app's tenant first: the console adds its callback in your name. Or choose to add it yourself.", nil
	}
	ctx := c.Request.Context()
	t.TemporaryURI = trial.URIIntended
	if err := h.Store.SaveTrial(ctx, t, "", nil); err != nil {
		return t, "", err
	}
	app, err := d.Application(ctx, t.ClientID)
	if err == nil && !hasCallback(app, t) {
		uris := append(slices.Clone(app.RedirectURIs), entra.RedirectURI{URI: t.RedirectURI, Platform: entra.Web})
		_, err = d.Do(ctx, entra.UpdateApplication{App: app.ID, RedirectURIs: uris})
	}
	if err != nil {
		return t, fmt.Sprintf("The redirect URI %s could not be added to the app: %s. Choose to add it yourself, then start the test.", t.RedirectURI, sentence(err)), nil
	}
	t.TemporaryURI, t.Changed = trial.URIAdded, h.Now()
	return t, "", nil
}

// removeCallback takes the temporary redirect URI away. What fails here stays
// on the clean-up list and is tried again at the next sign-in.
func (h *Handlers) removeCallback(ctx context.Context, t trial.Trial, who entra.Person) {
	shared, err := h.callbackShared(ctx, t)
	if err == nil && !shared {
		err = h.withoutCallback(ctx, t, who)
	}
	if err == nil {
		t.TemporaryURI = trial.URIRemoved
		err = h.Store.SaveTrial(ctx, t, "", nil)
	}
	if err != nil {
		h.Log.Warn("temporary redirect URI is still registered; it is taken away at the next sign-in", "test", t.ID, "error", err.Error())
	}
}

func hasCallback(app entra.Application, t trial.Trial) bool {
	return slices.ContainsFunc(app.RedirectURIs, func(u entra.RedirectURI) bool { return u.URI == t.RedirectURI })
}

// callbackShared reports whether another test of the app still needs the
// redirect URI; that one takes it away then.
func (h *Handlers) callbackShared(ctx context.Context, t trial.Trial) (bool, error) {
	left, err := h.Store.TrialsToCleanUp(ctx)
	return slices.ContainsFunc(left, func(o trial.Trial) bool {
		at, _ := h.running.watch(o.ID)
		return o.ID != t.ID && o.ClientID == t.ClientID && at != nil
	}), err
}

func (h *Handlers) withoutCallback(ctx context.Context, t trial.Trial, who entra.Person) error {
	if who.ID == "" {
		return errSignedOut
	}
	d, err := h.NewDirectory(h.tokens(who))
	if err != nil {
		return err
	}
	app, err := d.Application(ctx, t.ClientID)
	var se *entra.ServiceError
	if errors.As(err, &se) && se.Status == 404 {
		return nil // the app is gone, and the URI with it
	}
	if err != nil {
		return err
	}
	left := slices.DeleteFunc(slices.Clone(app.RedirectURIs), func(u entra.RedirectURI) bool { return u.URI == t.RedirectURI })
	if len(left) == len(app.RedirectURIs) {
		return nil
	}
	_, err = d.Do(ctx, entra.UpdateApplication{App: app.ID, RedirectURIs: left})
	return err
}

// cleanUpTrialsOf takes away what tests that were cut off left in the
// person's tenant.
func (h *Handlers) cleanUpTrialsOf(who entra.Person) {
	go h.cleanUpTrials(context.Background(), func(t trial.Trial) (entra.Person, bool) {
		env, err := h.Store.Environment(context.Background(), t.Environment)
		return who, err == nil && env.Tenant == who.Tenant
	})
}

// cleanUpTrials removes the temporary redirect URI of every test that no
// longer runs, in the name of the person that who gives for it.
func (h *Handlers) cleanUpTrials(ctx context.Context, who func(trial.Trial) (entra.Person, bool)) {
	left, err := h.Store.TrialsToCleanUp(ctx)
	if err != nil {
		h.Log.Warn("tests to clean up could not be listed", "error", err.Error())
		return
	}
	for _, t := range left {
		if changed, _ := h.running.watch(t.ID); changed != nil {
			continue // still waiting for its answer
		}
		if p, ok := who(t); ok {
			h.removeCallback(ctx, t, p)
		}
	}
}

// Recover goes on, at start, with what the last process left: temporary
// redirect URIs are taken away in the name of whoever owns the environment,
// as far as that sign-in is still good.
func (h *Handlers) Recover(ctx context.Context) error {
	if _, err := h.Store.Interrupted(ctx); err != nil {
		return err
	}
	h.cleanUpTrials(ctx, func(t trial.Trial) (entra.Person, bool) {
		env, err := h.Store.Environment(ctx, t.Environment)
		return env.Owner, err == nil && env.Owner.ID != ""
	})
	return nil
}
