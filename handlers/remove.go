package handlers

import (
	"context"
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
}

func (h *Handlers) showRemove(c *gin.Context) (web.Response, error) {
	page, _, err := h.removePage(c)
	if err != nil {
		return nil, err
	}
	return web.Page("remove.html", page), nil
}

func (h *Handlers) removePage(c *gin.Context) (*removePage, setup.Removal, error) {
	env, p, err := h.environment(c)
	if err != nil {
		return nil, setup.Removal{}, err
	}
	page := &removePage{Env: env, Preset: p, Adopted: env.Spec.Adopt != ""}
	page.Title, page.Section = env.Name+": remove", "start"
	if env.Tenant == "" || env.Result == nil {
		return page, setup.Removal{}, nil // a draft: nothing exists in the tenant
	}
	d, _, err := h.tenantDirectory(c, env)
	if err != nil {
		return nil, setup.Removal{}, err
	}
	removal, err := h.planRemoval(c.Request.Context(), env, p, d)
	if err != nil {
		return nil, setup.Removal{}, err
	}
	page.Rows, page.Stops = planRows(removal.Plan.Steps), removal.Stops
	return page, removal, nil
}

func (h *Handlers) planRemoval(ctx context.Context, env store.Environment, p preset.Preset, d Directory) (setup.Removal, error) {
	desired, errs := env.Spec.Resolve(p)
	if len(errs) > 0 {
		return setup.Removal{}, web.BadRequest(errs[0].Message)
	}
	actual, err := setup.Read(ctx, d, desired)
	if err != nil {
		return setup.Removal{}, &web.Error{Status: http.StatusBadGateway, Err: err, Public: "What would be removed could not be read: " + sentence(err)}
	}
	return setup.PlanRemove(desired, actual), nil
}

func (h *Handlers) remove(c *gin.Context) (web.Response, error) {
	page, _, err := h.removePage(c)
	if err != nil {
		return nil, err
	}
	page.Typed = c.PostForm("name")
	if page.Typed != page.Env.Name {
		page.Errors = []string{"Type the environment's name, " + page.Env.Name + ", to remove it."}
		return web.PageWithStatus(http.StatusUnprocessableEntity, "remove.html", page), nil
	}
	if page.Env.Result == nil {
		if err := h.Store.DeleteEnvironment(c.Request.Context(), page.Env.ID); err != nil {
			return nil, err
		}
		if err := web.SessionOf(c).Say("The draft " + page.Env.Name + " is gone. Nothing had been made in the tenant."); err != nil {
			return nil, err
		}
		return web.SeeOther("/"), nil
	}
	return h.startRemove(c, page.Env, page.Preset)
}

// startRemove runs the removal as an operation.
func (h *Handlers) startRemove(c *gin.Context, env store.Environment, p preset.Preset) (web.Response, error) {
	d, who, err := h.tenantDirectory(c, env)
	if err != nil {
		return nil, err
	}
	removal, err := h.planRemoval(c.Request.Context(), env, p, d)
	if err != nil {
		return nil, err
	}
	desired, errs := env.Spec.Resolve(p)
	if len(errs) > 0 {
		return nil, web.BadRequest(errs[0].Message)
	}
	return h.start(c, env, who, store.RemoveOperation, removal.Plan, func(ctx context.Context, op store.Operation) (setup.Result, error) {
		return h.engine(d, op).Remove(ctx, desired, op.ID)
	})
}
