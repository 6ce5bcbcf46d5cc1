package handlers

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/setup"
	"github.com/consentry/consentry/web"
)

// appStep decides between a new app registration and an existing one.
type appStep struct {
	Existing bool // the existing way is chosen
	Search   string
	Searched bool
	Found    []foundApp
	Name     web.Field
	Audience web.Field
	// OftenExisting: the integration's page starts from an existing app.
	OftenExisting bool
}

type foundApp struct {
	entra.Application
	Chosen bool
	// Foreign marks apps that another environment made.
	Foreign string
}

func (h *Handlers) showAppStep(c *gin.Context, page *wizardPage) error {
	d, _, err := h.tenantDirectory(c, page.Env)
	if err != nil {
		return err
	}
	spec := page.Env.Spec
	step := &appStep{OftenExisting: page.Preset.OftenExisting, Existing: spec.Adopt != "" || c.Query("search") != "", Search: strings.TrimSpace(c.Query("search"))}
	page.App, page.Heading = step, "New app registration, or an existing one"
	step.Name = web.Field{Name: "displayName", Label: "Name of the app registration", Value: firstOf(spec.DisplayName, page.Preset.AppName), Required: true,
		Help: "People see it on the consent page. At most 120 characters.", Error: page.bad("displayName")}
	if typed, ok := c.GetPostForm("displayName"); ok {
		step.Name.Value = typed
	}
	step.Audience = audienceField(spec.Audience)
	step.Audience.Error = page.bad("audience")
	search := firstOf(step.Search, string(spec.Adopt))
	if search == "" {
		return nil
	}
	apps, err := d.SearchApplications(c.Request.Context(), search)
	if err != nil {
		return err
	}
	step.Searched = step.Search != ""
	for _, a := range apps {
		f := foundApp{Application: a, Chosen: a.ClientID == spec.Adopt}
		for _, tag := range a.Tags {
			if name, ok := entra.MarkedEnvironment(tag); ok && name != page.Env.Name {
				f.Foreign = name
			}
		}
		step.Found = append(step.Found, f)
	}
	return nil
}

// audienceField offers the audiences that make sense for an integration.
func audienceField(chosen entra.Audience) web.Field {
	if chosen == "" {
		chosen = entra.AnyOrganization
	}
	return radio("audience", "Who may sign in (portal: Supported account types)", string(chosen),
		web.Option{Value: string(entra.AnyOrganization), Label: "Accounts in any organizational directory (multitenant)", Help: "Right for an integration whose users come from several companies. Azure DevOps takes no personal accounts."},
		web.Option{Value: string(entra.SingleTenant), Label: "Accounts in this tenant only", Help: "Customers' users are refused with AADSTS50194."})
}

func (h *Handlers) saveAppStep(c *gin.Context, page *wizardPage) ([]setup.FieldError, error) {
	if c.PostForm("way") == "existing" {
		return h.adopt(c, page)
	}
	spec := &page.Env.Spec
	spec.Adopt = ""
	spec.DisplayName = strings.TrimSpace(c.PostForm("displayName"))
	spec.Audience = entra.Audience(c.PostForm("audience"))
	var errs []setup.FieldError
	if spec.DisplayName == "" {
		errs = append(errs, setup.FieldError{Field: "displayName", Message: "The application's name is missing: give one that people recognise on the consent page."})
	}
	if spec.Audience == "" {
		errs = append(errs, setup.FieldError{Field: "audience", Message: "Choose who may sign in."})
	}
	_, bad := spec.Resolve(page.Preset)
	return append(errs, onFields(bad, "displayName", "audience")...), nil
}

// adopt takes an app registration that is there already.
func (h *Handlers) adopt(c *gin.Context, page *wizardPage) ([]setup.FieldError, error) {
	id, err := entra.ParseClientID(c.PostForm("adopt"))
	if err != nil {
		return []setup.FieldError{{Field: "adopt", Message: "Choose one of the app registrations found, or type its client ID into the search. Then go on."}}, nil
	}
	d, _, err := h.tenantDirectory(c, page.Env)
	if err != nil {
		return nil, err
	}
	app, err := d.Application(c.Request.Context(), id)
	var no *entra.ServiceError
	if errors.As(err, &no) && no.Status == http.StatusNotFound {
		return []setup.FieldError{{Field: "adopt", Message: fmt.Sprintf("This tenant has no app registration with the client ID %s: search for it by its name.", id)}}, nil
	}
	if err != nil {
		return nil, err
	}
	spec := &page.Env.Spec
	spec.Adopt, spec.DisplayName, spec.Audience = id, app.DisplayName, app.Audience
	_, bad := spec.Resolve(page.Preset)
	return onFields(bad, "adopt", "displayName", "audience"), nil
}
