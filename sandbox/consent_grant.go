package sandbox

import (
	"strings"
	"time"
)

// grantConsent writes consent down: for one user, or with nobody for the
// whole tenant. The client gets its service principal with the first one.
func (t *tenant) grantConsent(c client, forUser *user, given []asked) {
	sp := t.ensurePrincipal(c)
	consentType, principal := "AllPrincipals", (*string)(nil)
	if forUser != nil {
		consentType, principal = "Principal", &forUser.ID
	}
	for _, a := range given {
		resource := t.principalOf(a.resource)
		if resource == nil || len(a.names) == 0 {
			continue // such as the sign-in scopes in a tenant without Graph
		}
		g := grant{
			ID: grantID(sp.ID, resource.ID, principal), ClientID: sp.ID, ResourceID: resource.ID,
			ConsentType: consentType, PrincipalID: principal,
		}
		if old := t.grantOf(sp.ID, resource.ID, principal); old != nil {
			g = *old
		}
		g.Scope = joinScopes(addMissing(strings.Fields(g.Scope), a.names...))
		t.addGrant(&g)
	}
}

// ensurePrincipal returns the client's service principal in the tenant, which
// the first sign-in or consent makes.
func (t *tenant) ensurePrincipal(c client) *servicePrincipal {
	if sp := t.principalOf(c.AppID); sp != nil {
		return sp
	}
	sp := newPrincipal(c.application, c.home)
	t.addPrincipal(sp)
	return sp
}

// A listedRole is an application permission that a registration lists.
type listedRole struct {
	resource *servicePrincipal
	role     *appRole
}

// rolesListed are the application permissions that the registration lists;
// ids that a resource does not publish are left out.
func (t *tenant) rolesListed(c client) []listedRole {
	var roles []listedRole
	for _, required := range c.RequiredResourceAccess {
		resource := t.principalOf(required.ResourceAppID)
		if resource == nil {
			continue
		}
		for _, access := range required.ResourceAccess {
			if r := resource.roleWithID(access.ID); r != nil && access.Type == "Role" {
				roles = append(roles, listedRole{resource, r})
			}
		}
	}
	return roles
}

// grantRoles gives the client application permissions.
func (t *tenant) grantRoles(c client, roles []listedRole, at time.Time) {
	for _, r := range roles {
		t.assignRole(t.ensurePrincipal(c).principal(), r.resource, r.role.ID, at)
	}
}

func (sp *servicePrincipal) roleWithID(id string) *appRole {
	for i := range sp.AppRoles {
		if sp.AppRoles[i].ID == id {
			return &sp.AppRoles[i]
		}
	}
	return nil
}
