package handlers

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/oauth"
	"github.com/consentry/consentry/trial"
	"github.com/consentry/consentry/web"
)

func hostOf(base string) string {
	u, err := url.Parse(base)
	if err != nil {
		return base
	}
	return u.Host
}

// showTestAny tests an app that no environment stands for.
func (h *Handlers) showTestAny(c *gin.Context) (web.Response, error) {
	return web.Page("test.html", h.testAnyPage(c)), nil
}

func (h *Handlers) testAnyPage(c *gin.Context) *testPage {
	page := h.newTestPage(c, []string{entra.ScopeName(entra.AzureDevOps, "user_impersonation"), "openid", "profile", "offline_access"})
	page.Title, page.Section, page.Action = "Test any app's consent", "test", "/tests"
	page.Client = web.Field{Name: "client", Label: "Client ID (portal: Application (client) ID)", Value: c.PostForm("client"), Required: true}
	page.Tenant.Label = "Tenant of the app, or the other tenant"
	page.Tenant.Required = true
	page.Organization = web.Field{Name: "organization", Label: "Azure DevOps organization (optional)", Value: c.PostForm("organization"), Help: "Its name or any address of it."}
	page.Project = web.Field{Name: "project", Label: "Project (optional)", Value: c.PostForm("project")}
	return page
}

func (h *Handlers) startTestAny(c *gin.Context) (web.Response, error) {
	page := h.testAnyPage(c)
	client, err := entra.ParseClientID(c.PostForm("client"))
	if err != nil {
		page.Client.Error = err.Error()
		page.Errors = append(page.Errors, err.Error())
	}
	tenant, err := entra.ParseTenant(c.PostForm("tenant"))
	if err != nil && c.PostForm("where") != "organizations" {
		page.Tenant.Error = err.Error()
		page.Errors = append(page.Errors, err.Error())
	}
	t, problems := h.readTest(c, client, entra.TenantID(tenant))
	if c.PostForm("where") != "other" {
		page.Errors = append(page.Errors, problems...)
	}
	if typed := strings.TrimSpace(c.PostForm("organization")); typed != "" {
		slug, project, err := entra.ParseOrganization(typed)
		if err != nil {
			page.Organization.Error = err.Error()
			page.Errors = append(page.Errors, err.Error())
		}
		t.Organization, t.Project = slug, firstOf(strings.TrimSpace(c.PostForm("project")), project)
	}
	secret := strings.TrimSpace(c.PostForm("secret"))
	page.Errors = append(page.Errors, secretShape(secret)...)
	if len(page.Errors) > 0 {
		return web.PageWithStatus(http.StatusUnprocessableEntity, "test.html", page), nil
	}
	return h.launch(c, t, pendingTrial{Secret: secret, Home: entra.TenantID(tenant)})
}

// customerPage gives the link for a customer's administrator.
type customerPage struct {
	web.Base
	EnvID    string
	EnvName  string
	Tenant   web.Field
	Link     string
	Redirect string
	// Reachable: the console's address can be opened from elsewhere, so the
	// outcome page works for the customer.
	Reachable bool
	Scopes    []string
}

func (h *Handlers) showCustomer(c *gin.Context) (web.Response, error) {
	env, p, err := h.environment(c)
	if err != nil {
		return nil, err
	}
	if env.Result == nil {
		return nil, &web.Error{Status: http.StatusConflict, Public: "There is no app registration yet. Apply the plan first."}
	}
	page := &customerPage{EnvID: env.ID, EnvName: env.Name, Reachable: !strings.HasPrefix(h.BaseURL, "http://localhost")}
	page.Title, page.Section = env.Name+": link for a customer", "test"
	page.Tenant = web.Field{Name: "tenant", Label: "The customer's tenant", Value: c.Query("tenant"), Placeholder: "customer.onmicrosoft.com", Required: true,
		Help: "Its Directory (tenant) ID or a domain of it."}
	page.Scopes = adminScopes(p.AskedScopes(chosenScopes(env.Spec, p)))
	page.Redirect = h.BaseURL + consentOutcome
	if !page.Reachable {
		page.Redirect = handOffValues(env, p).RedirectURI
	}
	if page.Tenant.Value == "" {
		return web.Page("customer.html", page), nil
	}
	tenant, err := entra.ParseTenant(page.Tenant.Value)
	if err != nil {
		page.Tenant.Error = err.Error()
		return web.PageWithStatus(http.StatusUnprocessableEntity, "customer.html", page), nil
	}
	page.Link = trial.CustomerLink(h.Cloud, tenant, env.Result.App.ClientID, page.Scopes, page.Redirect, newID())
	return web.Page("customer.html", page), nil
}

// outcomePage explains to a customer's administrator what came of the
// consent. Nothing here is secret, and nobody needs to be signed in.
type outcomePage struct {
	web.Base
	Outcome trial.Outcome
}

func (h *Handlers) showOutcome(c *gin.Context) (web.Response, error) {
	page := &outcomePage{Outcome: trial.ReadOutcome(oauth.ParseCallback(c.Request.URL.Query()))}
	page.Title = page.Outcome.Title
	return web.CallbackPage("outcome.html", page), nil
}
