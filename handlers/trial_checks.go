package handlers

import (
	"context"
	"strings"

	"github.com/consentry/consentry/checks"
	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/oauth"
	"github.com/consentry/consentry/store"
	"github.com/consentry/consentry/trial"
)

// checkWith runs the checks with the token of a test consent, which is kept
// nowhere and can be used now or never. asked is the run that wanted it.
func (h *Handlers) checkWith(ctx context.Context, t trial.Trial, asked string, tokens *oauth.Tokens, secret entra.Sensitive, who entra.Person) {
	if tokens == nil || t.State != trial.Succeeded {
		return
	}
	given, env, err := h.givenForTrial(ctx, t, asked)
	if err != nil {
		h.Log.Warn("the checks could not be run with the token of a test", "test", t.ID, "error", err.Error())
		return
	}
	begin := newRun{env: t.Environment, trial: t.ID, given: given, secret: secret, tokens: tokens}
	if env == nil || foreignTenant(*env, who) == nil {
		if d := h.readerOf(ctx, who); d != nil {
			begin.directory, begin.owner = d, who
		}
	}
	if _, err := h.begin(ctx, begin); err != nil {
		h.Log.Warn("the checks could not be run with the token of a test", "test", t.ID, "error", err.Error())
	}
}

// givenForTrial is what is checked with a test's token: what the run was given
// that asked for it, what the environment says, or what the test was given.
func (h *Handlers) givenForTrial(ctx context.Context, t trial.Trial, asked string) (checks.Given, *store.Environment, error) {
	g := checks.Given{ClientID: string(t.ClientID), Tenant: t.Tenant, Scopes: strings.Join(t.Scopes, " "), Organization: t.Organization, Project: t.Project}
	if t.Environment != "" {
		env, err := h.Store.Environment(ctx, t.Environment)
		if err != nil {
			return g, nil, err
		}
		g = givenOf(env)
		g.Scopes = strings.Join(t.Scopes, " ")
		return g, &env, nil
	}
	if asked == "" {
		return g, nil, nil
	}
	run, err := h.Store.Run(ctx, asked)
	if err != nil || run.Facts.Given.ClientID != g.ClientID {
		return g, nil, nil // it went, or was of another app: what was tested counts
	}
	run.Facts.Given.Scopes = g.Scopes
	return run.Facts.Given, nil, nil
}
