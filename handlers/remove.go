package handlers

import (
	"context"
	"errors"
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/consentry/consentry/preset"
	"github.com/consentry/consentry/setup"
	"github.com/consentry/consentry/store"
	"github.com/consentry/consentry/web"
)

// removePage shows what will go and what stops working, before anything does.
type removePage struct {
	web.Base
	Env    store.Environment
	Preset preset.Preset
	Rows   []planRow
	Stops  []string
	Errors []string
	Typed  string
	// Adopted: the app registration was not made here and is left in place.
	Adopted bool
	// Applied: something may be in the tenant. It is not, for a draft.
	Applied bool
	Allow   *gate // before anything may be removed
}

func (h *Handlers) showRemove(c *gin.Context) (web.Response, error) {
	page, err := h.removePage(c)
	if err != nil {
		return nil, err
	}
	return web.Page("remove.html", page), nil
}

// removePage says what would go. Nothing is read for a draft: as long as
// nothing was ever sent, nothing is in the tenant.
func (h *Handlers) removePage(c *gin.Context) (*removePage, error) {
	env, p, err := h.living(c)
	if err != nil {
		return nil, err
	}
	page := &removePage{Env: env, Preset: p, Adopted: env.Spec.Adopt != ""}
	page.Title, page.Section = env.Name+": remove", "start"
	if page.Applied, err = h.applied(c.Request.Context(), env); err != nil || !page.Applied {
		return page, err
	}
	d, _, err := h.tenantDirectory(c, env)
	if err != nil {
		return nil, err
	}
	_, removal, err := h.planRemoval(c.Request.Context(), env, p, d)
	if err != nil {
		return nil, err
	}
	page.Rows, page.Stops = planRows(removal.Plan.Steps), removal.Stops
	page.Allow, err = h.gate(c, levelOfPlan(removal.Plan.Steps), "/environments/"+env.ID+"/remove")
	return page, err
}

func (h *Handlers) planRemoval(ctx context.Context, env store.Environment, p preset.Preset, d Directory) (setup.Desired, setup.Removal, error) {
	desired, errs := env.Spec.Resolve(p)
	if len(errs) > 0 {
		return desired, setup.Removal{}, web.BadRequest(specErrors(errs)[0])
	}
	actual, err := setup.Read(ctx, d, desired)
	var gone *setup.NotFoundError
	if errors.As(err, &gone) { // the adopted app is not there any more
		return desired, setup.Removal{Stops: []string{gone.Error()}}, nil
	}
	if err != nil {
		return desired, setup.Removal{}, err
	}
	return desired, setup.PlanRemove(desired, actual), nil
}

func (h *Handlers) remove(c *gin.Context) (web.Response, error) {
	page, err := h.removePage(c)
	if err != nil {
		return nil, err
	}
	page.Typed = c.PostForm("name")
	if page.Typed != page.Env.Name {
		page.Errors = []string{"Type the environment's name, " + page.Env.Name + ", to remove it."}
		return web.PageWithStatus(http.StatusUnprocessableEntity, "remove.html", page), nil
	}
	if page.Applied {
		return h.startRemove(c, page.Env, page.Preset)
	}
	err = h.Store.DeleteEnvironment(c.Request.Context(), page.Env.ID)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return nil, err
	}
	if err := web.SessionOf(c).Say("The draft " + page.Env.Name + " is gone. Nothing had been made in the tenant."); err != nil {
		return nil, err
	}
	return web.SeeOther("/"), nil
}

// startRemove runs the removal as an operation.
func (h *Handlers) startRemove(c *gin.Context, env store.Environment, p preset.Preset) (web.Response, error) {
	d, who, err := h.tenantDirectory(c, env)
	if err != nil {
		return nil, err
	}
	_, removal, err := h.planRemoval(c.Request.Context(), env, p, d)
	if err != nil {
		return nil, err
	}
	return h.start(c, env, who, store.RemoveOperation, removal.Plan)
}
