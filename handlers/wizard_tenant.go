package handlers

import (
	"context"

	"github.com/gin-gonic/gin"

	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/setup"
	"github.com/consentry/consentry/store"
)

// tenantStep shows who is signed in, where, and what that person may do.
type tenantStep struct {
	SignedIn  bool
	Person    entra.Person
	Tenant    entra.Tenant
	Abilities []ability
	Unread    []string
	SignIn    string // address of the sign-in page
	Other     bool   // the environment belongs to another tenant
}

func (h *Handlers) showTenantStep(c *gin.Context, page *wizardPage) error {
	step := &tenantStep{SignIn: signInFor("/environments/" + page.Env.ID + "/setup/tenant")}
	page.Tenant = step
	page.Heading = "Sign in to the tenant"
	if _, ok := person(c); !ok {
		return nil
	}
	d, who, err := h.directory(c)
	if err != nil {
		return err
	}
	ctx := c.Request.Context()
	step.SignedIn, step.Person = true, who
	if step.Tenant, err = d.Tenant(ctx); err != nil {
		return err
	}
	page.Heading = "Set it up in " + firstOf(step.Tenant.DisplayName, string(step.Tenant.ID)) + "?"
	step.Other = page.Env.Tenant != "" && page.Env.Tenant != who.Tenant
	step.Abilities, step.Unread, err = abilitiesOf(c, d)
	return err
}

func (h *Handlers) saveTenantStep(c *gin.Context, page *wizardPage) ([]setup.FieldError, error) {
	d, who, err := h.directory(c)
	if err != nil {
		return nil, err
	}
	t, err := d.Tenant(c.Request.Context())
	if err != nil {
		return nil, err
	}
	applied, err := h.applied(c.Request.Context(), page.Env)
	if err != nil {
		return nil, err
	}
	if applied && page.Env.Tenant != t.ID {
		return []setup.FieldError{{Field: "tenant", Message: "This environment's app registration is in another tenant. Sign in there, or set up a new environment for this tenant."}}, nil
	}
	if page.Env.Step == "tenant" { // nobody has decided on consent yet
		consents, err := mayConsent(c, d)
		if err != nil {
			return nil, err
		}
		page.Env.Spec.SkipConsent = !consents && !page.Preset.AdminConsent
	}
	page.Env.Tenant, page.Env.TenantName = t.ID, t.DisplayName
	page.Env.Spec.Tenant = string(t.ID)
	page.Env.Owner = who
	return nil, nil
}

// applied reports whether anything may have been made in the tenant: there is
// a result, or something was sent, whatever came of it.
func (h *Handlers) applied(ctx context.Context, env store.Environment) (bool, error) {
	if env.Result != nil {
		return true, nil
	}
	entries, err := h.Store.EnvironmentEntries(ctx, env.ID)
	return len(entries) > 0, err
}
