package handlers

import (
	"context"
	"errors"

	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/oauth"
	"github.com/consentry/consentry/trial"
)

// Recover finds what processes left that died: operations wait for whoever is
// free, and what only the dead could have gone on with is marked, so that
// every page tells the truth about it. It is called before the console answers
// and then again and again.
func (h *Handlers) Recover(ctx context.Context) error {
	cut, err := h.Store.CutOff(ctx)
	for _, op := range cut {
		err = errors.Join(err, h.needsAttention(ctx, op.Environment))
	}
	return errors.Join(err, h.Store.WakeWaiting(ctx))
}

// Sweep does what waits for nobody and is done again and again: it deletes what
// has outlived its time limit, and takes away redirect URIs that tests left
// behind. The error is about the store.
func (h *Handlers) Sweep(ctx context.Context) error {
	err := h.Store.Sweep(ctx)
	h.cleanUpTrials(ctx, func(t trial.Trial) (entra.Person, bool) {
		env, err := h.Store.Environment(ctx, t.Environment)
		return env.Owner, err == nil && env.Owner.ID != ""
	})
	return err
}

// cleanUpTrialsOf takes away what tests left in the tenant of a person who has
// just signed in.
func (h *Handlers) cleanUpTrialsOf(ctx context.Context, who entra.Person) {
	h.cleanUpTrials(ctx, func(t trial.Trial) (entra.Person, bool) {
		env, err := h.Store.Environment(ctx, t.Environment)
		return who, err == nil && env.Tenant == who.Tenant
	})
}

// cleanUpTrials removes the temporary redirect URI of every test that nobody
// waits for any more, in the name of the person that who gives for it.
func (h *Handlers) cleanUpTrials(ctx context.Context, who func(trial.Trial) (entra.Person, bool)) {
	left, err := h.Store.TrialsToCleanUp(ctx)
	if err != nil {
		if ctx.Err() == nil {
			h.Log.Warn("tests to clean up could not be listed", "error", err.Error())
		}
		return
	}
	for _, t := range left {
		if h.mayYetAnswer(ctx, t) {
			continue
		}
		if p, ok := who(t); ok {
			h.removeCallback(ctx, t, p)
		}
	}
}

// mayYetAnswer: the test is being begun or its answer redeemed, or the person
// may still be at Microsoft; nobody is there before the redirect URI is. A test
// that gave no sign for long, or whose window seems closed, counts as
// unanswered before its answer would be refused; its redirect URI stays until
// then.
func (h *Handlers) mayYetAnswer(ctx context.Context, t trial.Trial) bool {
	switch {
	case h.held(ctx, t.ID):
		return true
	case t.TemporaryURI == trial.URIIntended:
		return false
	case t.State == trial.Waiting, t.State == trial.NoAnswer && t.Silence != trial.PersonSaysSo:
		return h.Now().Sub(t.Started) <= oauth.FlowLifetime
	}
	return false
}

// cutOff is why a test whose code was being redeemed ended with the console.
var cutOff = trial.Failure{
	Cause: "The console stopped while it redeemed the code. A code can be used once only, so this test cannot go on.",
	Next:  "Start the test again.",
	Who:   "whoever runs this console",
}

// asSeen is a test as people see it: one that nobody works on any more has
// ended, whether that was written down or not.
func (h *Handlers) asSeen(ctx context.Context, t trial.Trial) trial.Trial {
	now, ended := h.Now(), t
	err := error(nil)
	switch {
	case t.Overdue(now):
		ended, err = t.Unanswered(trial.DeadlinePassed, now)
	case (t.State == trial.Redeeming || t.State == trial.Retrying) && !h.held(ctx, t.ID):
		ended, err = t.Fail(cutOff, now)
	}
	if err != nil { // no such move; the state it has is then the true one
		return t
	}
	return ended
}
