package sandbox

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// A seedConnection is what an integration of a tenant's people was set up
// with: the app registration, what it asks for and where it is to work.
type seedConnection struct {
	Integration string `json:"integration"` // frontegg, paragon, stackone, cyclr or custom
	App         string `json:"app"`         // a registration's name
	// AppTenant is the domain where the app is registered; empty: here. An
	// integration's maker registers it once, and its customers are others.
	AppTenant string   `json:"app_tenant"`
	Scopes    []string `json:"scopes"` // as they stand in the request
	// Tenant is the segment of the path that it signs people in at: a
	// domain, organizations or common.
	Tenant       string `json:"tenant"`
	Organization string `json:"organization"`
	Project      string `json:"project"`
}

// integrations are the products that a connection can be of.
var integrations = []string{"frontegg", "paragon", "stackone", "cyclr", "custom"}

// check looks the connection of a tenant up in all that is seeded.
func (c seedConnection) check(domain string, all seedFile) error {
	home := c.AppTenant
	if home == "" {
		home = domain
	}
	switch {
	case !slices.Contains(integrations, c.Integration):
		return fmt.Errorf(`"integration" is %q: give one of %s`, c.Integration, strings.Join(integrations, ", "))
	case !all.hasApp(home, c.App):
		return fmt.Errorf(`"app" is %q: give the name of an app of %s`, c.App, home)
	case len(c.Scopes) == 0:
		return errors.New(`"scopes" is empty: give what the integration asks for`)
	case c.Tenant != segmentOrganizations && c.Tenant != segmentCommon && !all.hasTenant(c.Tenant):
		return fmt.Errorf(`"tenant" is %q: give organizations, common or the domain of a tenant`, c.Tenant)
	case !all.hasProject(c.Organization, c.Project):
		return fmt.Errorf(`"organization" and "project" are %q and %q: give an organization's slug and one of its projects`, c.Organization, c.Project)
	}
	return nil
}

func (f seedFile) hasTenant(domain string) bool {
	return slices.ContainsFunc(f.Tenants, func(t seedTenant) bool { return t.Domain == domain })
}

// hasApp reports whether an app of this name is registered in the tenant; each
// has the one of its scripts.
func (f seedFile) hasApp(domain, name string) bool {
	return f.hasTenant(domain) && name == automationApp(domain).Name || slices.ContainsFunc(f.Tenants, func(t seedTenant) bool {
		return t.Domain == domain && slices.ContainsFunc(t.Apps, func(a seedApp) bool { return a.Name == name })
	})
}

func (f seedFile) hasProject(slug, name string) bool {
	return slices.ContainsFunc(f.Organizations, func(o seedOrganization) bool {
		return strings.EqualFold(o.Slug, slug) && slices.ContainsFunc(o.Projects, func(p seedProject) bool { return p.Name == name })
	})
}

// describeConnection gives the values that the integration was set up with;
// nil for a tenant without one.
func (w *world) describeConnection(t *tenant) *ReadyConnection {
	c, home := t.connection, t
	if c == nil {
		return nil
	}
	if c.AppTenant != "" {
		home = w.tenantOf(c.AppTenant)
	}
	app := home.appNamed(c.App)
	r := ReadyConnection{
		Integration: c.Integration, Scopes: c.Scopes, Tenant: c.Tenant, Organization: c.Organization, Project: c.Project,
		ReadyClient: ReadyClient{ClientID: app.AppID, RedirectURIs: app.redirectURIs()},
	}
	if len(app.PasswordCredentials) > 0 {
		r.ClientSecret = app.PasswordCredentials[0].value
	}
	return &r
}
