package handlers

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/oauth"
	"github.com/consentry/consentry/store"
	"github.com/consentry/consentry/trial"
	"github.com/consentry/consentry/web"
)

// handNext records that the new secret stands in the integration's form, or
// that it does not after all.
func (h *Handlers) handNext(c *gin.Context) (web.Response, error) {
	page, r, err := h.rotatePage(c)
	if err != nil {
		return nil, err
	}
	if r.overlap.New == nil || r.overlap.New.KeyID != entra.KeyID(c.PostForm("new")) {
		return page.refused("That client secret is not there any more, or another one took its place. This is how it stands now."), nil
	}
	who, _ := person(c)
	entered := slices.Contains(c.PostFormArray("handed"), page.Field)
	ctx := c.Request.Context()
	if err := h.Store.HandOver(ctx, r.env.ID, r.overlap.New.KeyID, who, entered); err != nil {
		return nil, err
	}
	err = h.alter(ctx, r.env.ID, func(e *store.Environment) {
		e.Handed = slices.DeleteFunc(e.Handed, func(label string) bool { return label == page.Field })
		if entered {
			e.Handed = append(e.Handed, page.Field)
		}
	})
	return web.SeeOther("/environments/" + r.env.ID + "/rotate"), err
}

// proveNext asks Microsoft for a token with the new secret itself: the value
// that is kept here, or the one that was pasted.
func (h *Handlers) proveNext(c *gin.Context) (web.Response, error) {
	page, r, err := h.rotatePage(c)
	if err != nil {
		return nil, err
	}
	back := web.SeeOther("/environments/" + r.env.ID + "/rotate")
	switch {
	case r.overlap.New == nil:
		return page.refused("There is no new client secret to prove."), nil
	case page.Proof != nil && page.Proof.Live:
		return back, nil
	}
	who, _ := person(c)
	ctx := c.Request.Context()
	value, problem, err := h.valueToProve(ctx, c, page, r, who)
	if err != nil || problem != "" {
		return page.unproven(problem), err
	}
	p := trial.Proof{State: trial.Proving, Tenant: string(r.env.Tenant), ClientID: r.actual.App.ClientID, Scope: trial.ProofScope, By: who, Started: h.Now()}
	if err := h.Store.KeepProof(ctx, r.env.ID, r.overlap.New.KeyID, p); err != nil {
		return nil, err
	}
	env, key := r.env.ID, r.overlap.New.KeyID
	ctx = context.WithoutCancel(ctx)
	h.background(func() { h.prove(ctx, env, key, p, value) })
	return back, nil
}

func (page *rotatePage) unproven(problem string) web.Response {
	if problem == "" {
		return nil
	}
	page.Errors = []string{problem}
	return web.PageWithStatus(http.StatusUnprocessableEntity, "rotate.html", page)
}

// valueToProve is the pasted value where one was, which must be the new
// secret's, else the kept one. A problem is a sentence for people.
func (h *Handlers) valueToProve(ctx context.Context, c *gin.Context, page *rotatePage, r rotation, who entra.Person) (value entra.Sensitive, problem string, err error) {
	pasted := strings.TrimSpace(c.PostForm("secret"))
	if pasted != "" {
		return entra.NewSensitive(pasted), pastedProblem(pasted, r), nil
	}
	if !page.Usable {
		return value, "Paste the new client secret's value: it is not at hand here any more.", nil
	}
	value, err = h.Store.UseSecret(ctx, page.Kept.ID, who)
	if errors.Is(err, store.ErrGone) || errors.Is(err, store.ErrNotFound) {
		return value, "Paste the new client secret's value: it is not at hand here any more.", nil
	}
	return value, "", err
}

// pastedProblem refuses what cannot be the new secret. Its first characters
// tell it from every other one of the app, which a token alone would not.
func pastedProblem(pasted string, r rotation) string {
	if wrong := secretShape(pasted); len(wrong) > 0 {
		return wrong[0].Message
	}
	hint := entra.NewSensitive(pasted).Hint()
	if hint != r.overlap.New.Hint {
		return "What was pasted begins with other characters than the new client secret, " + r.overlap.New.Hint + "…: it is another one."
	}
	for _, s := range r.actual.App.Secrets {
		if s.KeyID != r.overlap.New.KeyID && s.Hint == hint {
			return "Another client secret of this app begins with " + hint + " too, so a pasted value cannot be told from it. Whoever made the new one can prove it here within a day."
		}
	}
	return ""
}

// prove runs apart from the request; how far it got stands in the store.
func (h *Handlers) prove(ctx context.Context, env string, key entra.KeyID, p trial.Proof, value entra.Sensitive) {
	prover := trial.Prover{Now: h.Now, Sleep: h.Sleep, Keep: func(ctx context.Context, p trial.Proof) error { return h.Store.KeepProof(ctx, env, key, p) }}
	_, err := prover.Prove(ctx, p, func(ctx context.Context) (oauth.Tokens, error) {
		return h.OAuth.ClientCredentials(ctx, p.Tenant, p.ClientID, value, p.Scope)
	})
	if err != nil {
		h.Log.Warn("a proof could not be finished; the page says so after a while", "environment", env, "error", err.Error())
	}
}

// streamRotation leads on as soon as something moved since the page was made.
func (h *Handlers) streamRotation(c *gin.Context) (web.Response, error) {
	env, _, err := h.living(c)
	if err != nil {
		return nil, err
	}
	seen, key := c.Query("seen"), entra.KeyID(c.Query("new"))
	return web.Stream(func(ctx context.Context, send func(web.Event) error) error {
		for {
			now, err := h.rotationSeen(ctx, env.ID, key)
			if err != nil {
				return err
			}
			if now != seen {
				return send(web.Event{Name: "go", Data: "/environments/" + env.ID + "/rotate"})
			}
			if err := waitForChange(ctx, nil); err != nil {
				return err
			}
		}
	}), nil
}

func (h *Handlers) rotationSeen(ctx context.Context, env string, key entra.KeyID) (string, error) {
	known, err := h.Store.Credential(ctx, env, key)
	if err != nil {
		return "", err
	}
	ops, err := h.Store.Operations(ctx, env)
	if err != nil {
		return "", err
	}
	running := ""
	if len(ops) > 0 && ops[0].State == store.OperationRunning {
		running = ops[0].ID
	}
	return rotationSeen(running, known.Proof), nil
}

// noteConsent records a finished test consent as the proof of the secret that
// its code was redeemed with, where it is certain which one that was.
func (h *Handlers) noteConsent(ctx context.Context, t trial.Trial, p pendingTrial, secret entra.Sensitive, who entra.Person) error {
	proof, ok := trial.ProvenBy(t, who)
	if !ok || t.Environment == "" {
		return nil
	}
	key, err := h.secretUsed(ctx, t, p, secret)
	if err != nil || key == "" {
		return err
	}
	return h.Store.KeepProof(ctx, t.Environment, key, proof)
}

// secretUsed is the kept secret, or the only one of the app that begins as the
// pasted one does; empty when that is not certain.
func (h *Handlers) secretUsed(ctx context.Context, t trial.Trial, p pendingTrial, secret entra.Sensitive) (entra.KeyID, error) {
	if p.Kept != "" {
		kept, err := h.Store.Secrets(ctx, t.Environment)
		i := slices.IndexFunc(kept, func(k store.KeptSecret) bool { return k.ID == p.Kept })
		if err != nil || i < 0 {
			return "", err
		}
		return kept[i].KeyID, nil
	}
	env, err := h.Store.Environment(ctx, t.Environment)
	if err != nil || env.Result == nil {
		return "", err
	}
	var found []entra.KeyID
	for _, s := range env.Result.App.Secrets {
		if s.Hint == secret.Hint() && s.Hint != "" && !s.ExpiredAt(h.Now()) {
			found = append(found, s.KeyID)
		}
	}
	if len(found) != 1 {
		return "", nil
	}
	return found[0], nil
}
