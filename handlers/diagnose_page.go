package handlers

import (
	"context"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/consentry/consentry/checks"
	"github.com/consentry/consentry/preset"
	"github.com/consentry/consentry/store"
	"github.com/consentry/consentry/web"
)

// diagnosePage asks what is to be checked.
type diagnosePage struct {
	web.Base
	Env    *store.Environment // nil when any app is checked
	Action string

	Integration, Client, Tenant, RedirectURI, Scopes web.Field
	Organization, Project, Secret, Endpoint          web.Field

	// Kept: the secret made here is still at hand; UseKept: and wanted.
	Kept, UseKept bool
	KeptUntil     time.Time
	// Reader is who is signed in, and Read whether the directory is read as
	// that person; empty when nobody is.
	Reader string
	Read   bool
	// Elsewhere: the person is signed in to another tenant than the
	// environment's, so that nothing is read there.
	Elsewhere bool
	// Unread: the person has not allowed the console to read the directory.
	Unread bool
	SignIn string
	Errors []string
	Past   []runRow
	// MorePast is where older ones are; empty without any.
	MorePast string
}

// runRow is a kept run in a list.
type runRow struct {
	ID, Words string
	State     state
	Started   time.Time
}

func (h *Handlers) diagnosePage(c *gin.Context, env *store.Environment) (*diagnosePage, error) {
	page := newDiagnosePage(env, func(name, def string) string { return typedOrAsked(c, name, def) })
	page.SignIn = signInFor(c.Request.URL.RequestURI())
	_, posted := c.GetPostForm("sent")
	page.Read = !posted || c.PostForm("read") == "yes"
	if who, ok := person(c); ok && !h.reads(c) {
		page.Unread, page.SignIn = true, h.toRead(localPath(c.Request.URL.RequestURI()))
	} else if ok {
		page.Reader = Line(web.SessionOf(c)).Name
		page.Elsewhere = env != nil && foreignTenant(*env, who) != nil
	}
	id := ""
	if env != nil {
		id = env.ID
		kept, ok, err := h.usableSecret(c, *env)
		if err != nil {
			return nil, err
		}
		page.Kept, page.KeptUntil = ok, kept.DropAt
		page.UseKept = ok && (!posted || c.PostForm("kept") == "yes")
	}
	runs, older, err := h.Store.RunsPage(c.Request.Context(), id, "", newest)
	if page.Past = h.runRows(c.Request.Context(), runs); older != "" {
		page.MorePast = strings.TrimSuffix(page.Action, "/checks") + "/runs"
	}
	return page, err
}

// newDiagnosePage builds the form; typed gives what was typed, else a default.
func newDiagnosePage(env *store.Environment, typed func(name, def string) string) *diagnosePage {
	page := &diagnosePage{Env: env, Action: "/diagnose"}
	page.Title, page.Section = "Check an integration", "diagnose"
	var g checks.Given
	if env != nil {
		g = givenOf(*env)
		page.Title, page.Action = env.Name+": checks", "/environments/"+env.ID+"/checks"
	}
	page.Integration = web.Field{Name: "integration", Label: "Integration", Type: "select", Value: typed("integration", g.Integration), Options: integrationOptions(typed("integration", g.Integration))}
	page.Client = web.Field{Name: "client", Label: "Client ID (portal: Application (client) ID)", Value: typed("client", g.ClientID), Placeholder: "00000000-0000-0000-0000-000000000000"}
	page.Tenant = web.Field{Name: "tenant", Label: "Tenant that is signed in at", Value: typed("tenant", g.Tenant), Help: "Its Directory (tenant) ID, one of its domains, or organizations: what stands in the address of the sign-in page."}
	page.RedirectURI = web.Field{Name: "redirect_uri", Label: "Redirect URI", Value: typed("redirect_uri", g.RedirectURI), Help: "As the integration sends it, letter for letter."}
	page.Scopes = web.Field{Name: "scopes", Label: "Scopes", Type: "textarea", Value: oneLine(typed("scopes", g.Scopes)), Help: "As the integration asks for them, separated by blanks."}
	page.Organization = web.Field{Name: "organization", Label: "Azure DevOps organization", Value: typed("organization", g.Organization), Help: "Its name or any address of it."}
	page.Project = web.Field{Name: "project", Label: "Project", Value: typed("project", g.Project)}
	page.Secret = web.Field{Name: "secret", Label: "Client secret", Type: "password", Help: "The value, not the secret ID. It is used for this run only and kept nowhere."}
	page.Endpoint = web.Field{Name: "endpoint", Label: "Sign-in address of the integration", Value: typed("endpoint", g.Endpoint), Help: "The address of the page that it opens for signing in, without what follows the question mark."}
	return page
}

func integrationOptions(chosen string) []web.Option {
	out := []web.Option{{Value: "", Label: "Not named: check what holds for any"}}
	for _, p := range preset.All {
		out = append(out, web.Option{Value: p.ID, Label: p.Name, Selected: p.ID == chosen})
	}
	return out
}

// A givenField is a field of the form and where it goes.
type givenField struct {
	field *web.Field
	into  *string
}

func (p *diagnosePage) fields(g *checks.Given) []givenField {
	return []givenField{
		{&p.Integration, &g.Integration}, {&p.Client, &g.ClientID}, {&p.Tenant, &g.Tenant}, {&p.RedirectURI, &g.RedirectURI}, {&p.Scopes, &g.Scopes},
		{&p.Organization, &g.Organization}, {&p.Project, &g.Project}, {&p.Endpoint, &g.Endpoint},
	}
}

func (h *Handlers) runRows(ctx context.Context, runs []store.Run) []runRow {
	var rows []runRow
	for _, r := range runs {
		rows = append(rows, runRow{r.ID, r.Sentence, runState(r, h.underWay(ctx, r)), r.Started})
	}
	return rows
}

// runState says how a run ended. One that nobody works on any more was cut
// off, whether that was written down or not.
func runState(r store.Run, underWay bool) state {
	switch {
	case underWay:
		return state{"busy", "under way"}
	case r.State == store.RunRunning:
		return state{"warn", "cut off"}
	}
	return verdictState(r.Verdict)
}

func verdictState(v checks.Verdict) state {
	switch v {
	case checks.Right:
		return state{"good", "nothing wrong"}
	case checks.Wrong:
		return state{"bad", "something is wrong"}
	}
	return state{"warn", "undecided"}
}
