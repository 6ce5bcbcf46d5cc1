package handlers

import (
	"net/url"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/setup"
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
	page.Client = web.Field{Name: "client", Label: "Client ID (portal: Application (client) ID)", Value: typedOrAsked(c, "client", ""), Required: true}
	page.Tenant.Label = "Tenant of the app, or the other tenant"
	page.Tenant.Required = true
	page.Organization = web.Field{Name: "organization", Label: "Azure DevOps organization (optional)", Value: typedOrAsked(c, "organization", ""), Help: "Its name or any address of it."}
	page.Project = web.Field{Name: "project", Label: "Project (optional)", Value: typedOrAsked(c, "project", "")}
	return page
}

func (h *Handlers) startTestAny(c *gin.Context) (web.Response, error) {
	page := h.testAnyPage(c)
	var problems []setup.FieldError
	refuse := func(name string, err error) {
		if err != nil {
			problems = append(problems, setup.FieldError{Field: name, Message: err.Error()})
		}
	}
	client, err := entra.ParseClientID(c.PostForm("client"))
	refuse("client", err)
	own := ""
	if c.PostForm("where") == "own" {
		own, err = entra.ParseTenant(c.PostForm("tenant"))
		refuse("tenant", err)
	}
	t, shared := h.readTest(c, client, own)
	problems = append(problems, shared...)
	t.Organization, t.Project, err = readPlace(c)
	refuse("organization", err)
	if t.Project != "" {
		refuse("project", entra.ValidateProject(t.Project))
	}
	secret := strings.TrimSpace(c.PostForm("secret"))
	problems = append(problems, secretShape(secret)...)
	if len(problems) > 0 {
		return page.refused(problems), nil
	}
	if t, err = t.Begin(h.Now()); err != nil {
		return nil, err
	}
	return h.launch(c, t, pendingTrial{Secret: secret, Run: c.PostForm("run"), Started: h.Now()})
}

// readPlace reads organization and project; a pasted address may hold both.
func readPlace(c *gin.Context) (organization, project string, err error) {
	typed, project := strings.TrimSpace(c.PostForm("organization")), strings.TrimSpace(c.PostForm("project"))
	if typed == "" {
		return "", project, nil
	}
	slug, inAddress, err := entra.ParseOrganization(typed)
	return slug, firstOf(project, inAddress), err
}
