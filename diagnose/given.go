package diagnose

import (
	"strings"

	"github.com/consentry/consentry/checks"
	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/preset"
	"github.com/consentry/consentry/setup"
)

// Given is what an environment says about its integration: spec as the person
// wrote it, and client and tenant of its app registration, each empty before
// there is one. A single-tenant app signs people in at its tenant, any other
// at "organizations".
func Given(s setup.Spec, client entra.ClientID, tenant entra.TenantID) checks.Given {
	g := checks.Given{
		Environment: s.Name, Integration: s.Integration, Inputs: s.Inputs, ClientID: string(client),
		Tenant: "organizations", Organization: s.Organization, Project: s.Project, Registered: s.Scopes,
	}
	p, ok := preset.ByID(s.Integration)
	if !ok {
		return Complete(g)
	}
	g.Registered = p.Permissions(s.Scopes)
	audience := s.Audience
	if audience == "" {
		audience = p.Audience
	}
	if audience == entra.SingleTenant && tenant != "" {
		g.Tenant = string(tenant)
	}
	return Complete(g)
}

// Complete fills in, of what was not given, what the integration's own page
// says: the redirect URI where the inputs make one, and the scopes of its
// sign-in. A project in the organization's address counts as given too.
func Complete(g checks.Given) checks.Given {
	if name, project, err := entra.ParseOrganization(g.Organization); err == nil && g.Project == "" && name != "" {
		g.Project = project
	}
	p, ok := preset.ByID(g.Integration)
	if !ok {
		return g
	}
	if uris, bad := p.RedirectURIs(g.Inputs); g.RedirectURI == "" && len(bad) == 0 && len(uris) > 0 {
		g.RedirectURI = uris[0].URI
	}
	if g.Scopes == "" {
		g.Scopes = strings.Join(p.AskedScopes(known(g.Registered)), " ")
	}
	return g
}

// known leaves out what is no permission of Azure DevOps, and writes the
// others by their bare name.
func known(typed []string) []string {
	var out []string
	for _, name := range typed {
		if s, ok := entra.LookupScope(entra.ParseScope(name).Name); ok {
			out = append(out, s.Value)
		}
	}
	return out
}
