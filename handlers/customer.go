package handlers

import (
	"context"
	"net/http"
	"net/url"

	"github.com/gin-gonic/gin"

	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/oauth"
	"github.com/consentry/consentry/preset"
	"github.com/consentry/consentry/store"
	"github.com/consentry/consentry/trial"
	"github.com/consentry/consentry/web"
)

// customerPage gives the link for a customer's administrator.
type customerPage struct {
	web.Base
	EnvID   string
	EnvName string
	Tenant  web.Field
	Back    web.Field // where Microsoft leads afterwards
	Link    string
	// Redirect is the redirect URI the link names.
	Redirect string
	// Ours: that is the console's own page. Registered: the app has it among
	// its redirect URIs, as far as is known here.
	Ours, Registered bool
	OursCopy         web.Copyable
	Scopes           []string
	// Integration is what the customer knows the app by; LoginHost where its
	// administrator will sign in.
	Integration, LoginHost string
	Allow                  *gate // before the app may be changed
}

// outcomePurpose is what the state of a customer's link is signed for.
const outcomePurpose = "customer link"

func (h *Handlers) showCustomer(c *gin.Context) (web.Response, error) {
	env, p, err := h.withApp(c)
	if err != nil {
		return nil, err
	}
	page := h.customerPage(env, p, c.Query("tenant"), c.Query("back"))
	if page.Allow, err = h.gate(c, levelWrite, localPath(c.Request.URL.RequestURI())); err != nil && detourFor(err) == nil {
		return nil, err
	}
	if page.Tenant.Value == "" {
		return web.Page("customer.html", page), nil
	}
	tenant, err := entra.ParseTenant(page.Tenant.Value)
	if err != nil {
		page.Tenant.Error = full(capital(err.Error()))
		return web.PageWithStatus(http.StatusUnprocessableEntity, "customer.html", page), nil
	}
	page.Link = trial.CustomerLink(h.Cloud, tenant, env.Result.App.ClientID, page.Scopes, page.Redirect, h.Store.Sign(outcomePurpose, env.ID))
	return web.Page("customer.html", page), nil
}

// withApp is living for pages that are about the app registration.
func (h *Handlers) withApp(c *gin.Context) (store.Environment, preset.Preset, error) {
	env, p, err := h.living(c)
	if err == nil && (env.Result == nil || env.Result.App.ClientID == "") {
		err = &web.Error{Status: http.StatusConflict, Public: "There is no app registration yet. Apply the plan first.",
			Next: web.Link{Label: "Go to the review", Href: "/environments/" + env.ID + "/setup/review"}}
	}
	return env, p, err
}

// customerPage builds the form. The integration's own address is offered
// first: the console's is of use only to who can open it.
func (h *Handlers) customerPage(env store.Environment, p preset.Preset, tenant, back string) *customerPage {
	page := &customerPage{EnvID: env.ID, EnvName: env.Name, Integration: env.Result.App.DisplayName, LoginHost: hostOf(h.Cloud.Authorize), Ours: back == "console", Redirect: handOffValues(env, p).RedirectURI}
	page.Title, page.Section = env.Name+": link for a customer", "test"
	page.Tenant = web.Field{Name: "tenant", Label: "The customer's tenant", Value: tenant, Placeholder: "customer.onmicrosoft.com", Required: true,
		Help: "Its Directory (tenant) ID or a domain of it."}
	page.Back = radio("back", "Where Microsoft leads afterwards", firstOf(back, "integration"),
		web.Option{Value: "integration", Label: "To the integration's own address", Help: "Right for a customer. That page may complain about a sign-in it did not start; the consent is given all the same."},
		web.Option{Value: "console", Label: "To this console, which explains what came of it", Help: "Only for who can open " + h.BaseURL + ", such as yourself on this machine."})
	page.Scopes = adminScopes(p.AskedScopes(chosenScopes(env.Spec, p)))
	page.OursCopy = web.Copyable{Label: "redirect URI", Value: h.BaseURL + consentOutcome}
	page.Registered = hasRedirect(env.Result.App, page.OursCopy.Value)
	if page.Ours {
		page.Redirect = page.OursCopy.Value
	}
	return page
}

// registerOutcome puts the console's outcome page among the app's redirect
// URIs. The change is safe to repeat: the whole list is sent.
func (h *Handlers) registerOutcome(c *gin.Context) (web.Response, error) {
	env, _, err := h.withApp(c)
	if err != nil {
		return nil, err
	}
	d, _, err := h.tenantDirectory(c, env)
	if err != nil {
		return nil, err
	}
	ctx := c.Request.Context()
	app, err := h.withRedirect(ctx, d, env.Result.App.ClientID, h.BaseURL+consentOutcome)
	if err != nil {
		return nil, err
	}
	if err := h.alter(ctx, env.ID, func(e *store.Environment) { e.Result.App.RedirectURIs = app.RedirectURIs }); err != nil {
		return nil, err
	}
	if err := web.SessionOf(c).Say("The app now has the redirect URI " + h.BaseURL + consentOutcome + "."); err != nil {
		return nil, err
	}
	return web.SeeOther("/environments/" + env.ID + "/customer?back=console&tenant=" + url.QueryEscape(c.PostForm("tenant"))), nil
}

// withRedirect gives the app with the redirect URI, adding it where it is
// missing.
func (h *Handlers) withRedirect(ctx context.Context, d Directory, id entra.ClientID, uri string) (app entra.Application, err error) {
	err = h.aloneWith(ctx, id, func() error {
		if app, err = d.Application(ctx, id); err != nil || hasRedirect(app, uri) {
			return err
		}
		err = h.addRedirect(ctx, d, app, uri)
		app.RedirectURIs = append(app.RedirectURIs, entra.RedirectURI{URI: uri, Platform: entra.Web})
		return err
	})
	return app, err
}

// outcomePage explains to a customer's administrator what came of the
// consent. Nothing here is secret, and nobody needs to be signed in.
type outcomePage struct {
	web.Base
	Outcome trial.Outcome
}

// showOutcome shows only what came back for a link made here: anybody can
// write an address that leads here, with any text in it.
func (h *Handlers) showOutcome(c *gin.Context) (web.Response, error) {
	cb := oauth.ParseCallback(c.Request.URL.Query())
	if _, ours := h.Store.Signed(outcomePurpose, cb.State); !ours {
		cb = oauth.Callback{}
	}
	page := &outcomePage{Outcome: trial.ReadOutcome(cb)}
	page.Title = page.Outcome.Title
	return web.CallbackPage("outcome.html", page), nil
}
