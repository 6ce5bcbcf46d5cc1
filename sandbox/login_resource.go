package sandbox

import (
	"slices"
	"strings"
)

// resolveScopes holds a scope request against a tenant: which resources it
// names, and whether they publish what is asked for.
func (v *visit) resolveScopes(t *tenant, c client, req scopeRequest) ([]asked, *refusal) {
	var wanted []asked
	for _, named := range req.resources {
		a, e := v.resolveResource(t, c, named)
		if e != nil {
			return nil, e
		}
		i := slices.IndexFunc(wanted, func(o asked) bool { return o.resource == a.resource })
		if i < 0 {
			wanted = append(wanted, a)
			continue
		}
		wanted[i].names = addMissing(wanted[i].names, a.names...)
		wanted[i].isDefault = wanted[i].isDefault || a.isDefault
	}
	return wanted, nil
}

func (v *visit) resolveResource(t *tenant, c client, named namedResource) (asked, *refusal) {
	a := asked{audience: named.identifier, isDefault: named.isDefault, short: named.short}
	if isSelf, e := c.namesItself(named.identifier); isSelf {
		a.resource = c.AppID
		return a, e
	}
	if public := v.publicName(named.identifier); public != "" {
		a.address, a.audience = a.audience, public
	}
	sp := t.resourceCalled(a.audience)
	if sp == nil {
		return a, v.noSuchResource(t, a.audience)
	}
	if !sp.AccountEnabled {
		return a, aadsts(500014, "resource", named.identifier)
	}
	a.resource = sp.AppID
	for _, name := range named.names {
		published := sp.scopeCalled(name)
		if published == nil {
			return a, aadstsApp(650053, c.application, "scope", name, "resource", sp.AppID)
		}
		a.names = addMissing(a.names, published.Value)
	}
	return a, nil
}

// publicName is the identifier of the resource that stands at an address of
// this sandbox: clients of other clouds than the public one name a resource
// by its address. It is empty for any other identifier.
func (v *visit) publicName(identifier string) string {
	if isPublicHost(callerHost(v.request)) {
		return ""
	}
	for service, name := range addressNames {
		if strings.EqualFold(strings.TrimRight(identifier, "/"), siblingOrigin(v.request, service)) {
			return name
		}
	}
	return ""
}

// addressNames are the identifiers of the resources by service.
var addressNames = map[string]string{
	serviceGraph:  publicOrigins[serviceGraph],
	serviceDevOps: publicOrigins[serviceVSSPS],
	serviceVSSPS:  publicOrigins[serviceVSSPS],
}

// namesItself: an app may ask for a token for itself by its client ID, if it
// lists some permission of Microsoft Graph.
func (c client) namesItself(identifier string) (bool, *refusal) {
	if strings.EqualFold(identifier, c.AppID) {
		if !c.lists(graphAppID) {
			return true, aadsts(90008, "appId", c.AppID)
		}
		return true, nil
	}
	if containsFold(c.IdentifierURIs, []string{identifier}) {
		return true, aadstsApp(90009, c.application)
	}
	return false, nil
}

// lists reports whether the registration names a resource in its required
// permissions.
func (c client) lists(resource string) bool {
	return slices.ContainsFunc(c.RequiredResourceAccess, func(r requiredResource) bool { return r.ResourceAppID == resource })
}

// resourceCalled finds a service principal by client ID or application ID
// URI; a slash at the end does not matter.
func (t *tenant) resourceCalled(identifier string) *servicePrincipal {
	if sp := t.principalOf(strings.ToLower(identifier)); sp != nil {
		return sp
	}
	for _, id := range t.spOrder {
		if t.principals[id].isCalled(identifier) {
			return t.principals[id]
		}
	}
	return nil
}

func (sp *servicePrincipal) isCalled(identifier string) bool {
	return slices.ContainsFunc(sp.ServicePrincipalNames, func(name string) bool {
		return strings.EqualFold(strings.TrimRight(name, "/"), strings.TrimRight(identifier, "/"))
	})
}

// noSuchResource tells a resource that exists elsewhere from one that is
// unknown.
func (w *world) noSuchResource(t *tenant, identifier string) *refusal {
	if sp := w.knownElsewhere(identifier); sp != nil {
		return aadsts(650052, "resourceAppId", sp.AppID, "resourceName", sp.DisplayName, "tenant", t.DisplayName)
	}
	return aadsts(500011, "name", identifier, "tenant", t.DisplayName)
}

func (w *world) knownElsewhere(identifier string) *servicePrincipal {
	if sp := firstPartyPrincipal(resourceOfAudience(identifier)); sp != nil {
		return sp
	}
	for _, id := range w.order {
		if sp := w.tenants[id].resourceCalled(identifier); sp != nil {
			return sp
		}
	}
	return nil
}

// scopeCalled finds an enabled delegated permission by name, letter case
// ignored.
func (sp *servicePrincipal) scopeCalled(name string) *permissionScope {
	for i := range sp.OAuth2PermissionScopes {
		if s := &sp.OAuth2PermissionScopes[i]; s.IsEnabled && strings.EqualFold(s.Value, name) {
			return s
		}
	}
	return nil
}

// scopeWithID finds a delegated permission by id.
func (sp *servicePrincipal) scopeWithID(id string) *permissionScope {
	for i := range sp.OAuth2PermissionScopes {
		if s := &sp.OAuth2PermissionScopes[i]; s.ID == id {
			return s
		}
	}
	return nil
}

// registered is what the registration lists as delegated permissions, of all
// resources: the meaning of ".default" before there is any consent. Ids that
// a resource does not publish are left out.
func (w *world) registered(t *tenant, c client) ([]asked, *refusal) {
	var wanted []asked
	for _, required := range c.RequiredResourceAccess {
		a := asked{resource: required.ResourceAppID, audience: required.ResourceAppID}
		sp := t.principalOf(required.ResourceAppID)
		if sp == nil {
			return nil, w.noSuchResource(t, required.ResourceAppID)
		}
		for _, access := range required.ResourceAccess {
			if s := sp.scopeWithID(access.ID); s != nil && access.Type == "Scope" {
				a.names = addMissing(a.names, s.Value)
			}
		}
		if len(a.names) > 0 {
			wanted = append(wanted, a)
		}
	}
	return wanted, nil
}
