package handlers

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/preset"
	"github.com/consentry/consentry/setup"
	"github.com/consentry/consentry/store"
	"github.com/consentry/consentry/web"
)

// secretPage is the secret's own moment: masked until asked for, shown once.
type secretPage struct {
	web.Base
	Env    store.Environment
	Preset preset.Preset
	// Kept is the secret waiting to be shown; nil when there is none.
	Kept *store.KeptSecret
	// Value is set only in the direct answer to a browser without script.
	Value string
	Field string // the integration's label for it
	// Foreign: another person made it, so only that person may see it.
	Foreign bool
	SignIn  string
	Live    *entra.Secret
}

func (h *Handlers) showSecret(c *gin.Context) (web.Response, error) {
	page, err := h.secretPage(c)
	if err != nil {
		return nil, err
	}
	return web.Page("secret.html", page), nil
}

func (h *Handlers) secretPage(c *gin.Context) (*secretPage, error) {
	env, p, err := h.environment(c)
	if err != nil {
		return nil, err
	}
	page := &secretPage{Env: env, Preset: p, Field: secretField(p), SignIn: "/sign-in?return=/environments/" + env.ID + "/secret"}
	page.Title, page.Section = env.Name+": client secret", "start"
	if env.Result != nil {
		page.Live = env.Result.Secret
	}
	kept, err := h.Store.Secrets(c.Request.Context(), env.ID)
	if err != nil {
		return nil, err
	}
	who, _ := person(c)
	for _, k := range kept {
		if !k.Usable || !k.RevealedAt.IsZero() {
			continue
		}
		page.Kept = &k
		page.Foreign = k.Owner.Tenant != who.Tenant || k.Owner.ID != who.ID
	}
	return page, nil
}

// secretField is what the integration's form calls the client secret.
func secretField(p preset.Preset) string {
	for _, f := range p.Fields {
		if f.Value == preset.ClientSecretValue {
			return f.Label
		}
	}
	return "Client secret"
}

// revealSecret gives the value once, to the person who made it. A page's
// script gets JSON and puts it into the page; without script the answer is a
// page of its own that is kept nowhere.
func (h *Handlers) revealSecret(c *gin.Context) (web.Response, error) {
	who, ok := person(c)
	if !ok {
		return nil, &signInNeeded{back: "/"}
	}
	asJSON := strings.Contains(c.GetHeader("Accept"), "application/json")
	value, err := h.Store.RevealSecret(c.Request.Context(), c.Param("secret"), who)
	if problem := revealProblem(err); problem != nil {
		if asJSON {
			return web.JSON(problem.Status, map[string]string{"message": problem.Public}), nil
		}
		problem.Next = web.Link{Label: "Back to the environment", Href: "/environments/" + c.Param("id")}
		return nil, problem
	}
	if err != nil {
		return nil, err
	}
	if asJSON {
		return web.JSON(http.StatusOK, map[string]string{"secret": value.Reveal()}), nil
	}
	page, err := h.secretPage(c)
	if err != nil {
		return nil, err
	}
	page.Value = value.Reveal()
	return web.Page("secret.html", page), nil
}

func revealProblem(err error) *web.Error {
	switch {
	case errors.Is(err, store.ErrGone):
		return &web.Error{Status: http.StatusGone, Err: err, Public: "This secret was shown already, or its time is over. If it was lost, replace it: the old one is removed and a new one shown once."}
	case errors.Is(err, store.ErrNotFound):
		return &web.Error{Status: http.StatusNotFound, Err: err, Public: "There is no secret here for you. It is shown only to the person who created it."}
	}
	return nil
}

// replaceSecret removes our live secret and makes a new one, as an operation.
func (h *Handlers) replaceSecret(c *gin.Context) (web.Response, error) {
	env, p, err := h.environment(c)
	if err != nil {
		return nil, err
	}
	d, who, err := h.tenantDirectory(c, env)
	if err != nil {
		return nil, err
	}
	desired, errs := env.Spec.Resolve(p)
	if len(errs) > 0 {
		return web.SeeOther("/environments/" + env.ID + "/setup/review"), nil
	}
	desired.NewSecret = true
	plan, err := h.plan(c.Request.Context(), env, d, desired)
	if err != nil {
		return nil, &web.Error{Status: http.StatusBadGateway, Err: err, Public: "The secret cannot be replaced now: " + sentence(err)}
	}
	return h.start(c, env, who, store.SecretOperation, plan, func(ctx context.Context, op store.Operation) (setup.Result, error) {
		return h.engine(d, op).Apply(ctx, desired, op.ID)
	})
}
