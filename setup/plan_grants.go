package setup

import (
	"fmt"
	"strings"

	"github.com/consentry/consentry/entra"
)

// grants are the consents for the whole tenant, one per resource.
func (p planner) grants() []Step {
	out := make([]Step, len(p.want.Permissions))
	for i, r := range p.want.Permissions {
		out[i] = p.grant(r)
		out[i].Note = p.grantNote(r.Resource)
	}
	return out
}

func (p planner) grant(r ResourceScopes) Step {
	resource := p.actual.Resources[r.Resource].ID
	id := grantStep(r.Resource)
	existing, ok := p.tenantGrant(resource)
	if !ok {
		scopes, _ := mergeScopes(nil, r.consented())
		s := step(id, Create, entra.CreateGrant{
			Client: p.actual.Principal, Resource: resource, ResourceName: r.Name, Type: entra.AllPrincipals, Scopes: scopes,
		}, whoConsents, stepPrincipal, resourceStep(r.Resource))
		s.Diffs = []Diff{{Field: "consent", New: strings.Join(scopes, " ")}}
		return s
	}
	scopes, added := mergeScopes(existing.Scopes, r.consented())
	if !added {
		return Step{ID: id, Action: Keep, Title: fmt.Sprintf("Keep the consent for the whole tenant to %s", r.Name)}
	}
	s := step(id, Update, entra.SetGrantScopes{Grant: existing.ID, ResourceName: r.Name, Scopes: scopes}, whoConsents)
	s.Diffs = []Diff{{Field: "consent", Old: strings.Join(existing.Scopes, " "), New: strings.Join(scopes, " ")}}
	return s
}

// tenantGrant finds the one consent for everybody; there is at most one per
// client and resource.
func (p planner) tenantGrant(resource entra.ObjectID) (entra.Grant, bool) {
	for _, g := range p.actual.Grants {
		if g.Type == entra.AllPrincipals && g.Resource == resource && resource != "" {
			return g, true
		}
	}
	return entra.Grant{}, false
}

func (p planner) grantNote(client entra.ClientID) string {
	var notes []string
	resource, ok := p.actual.Resources[client]
	if ok && !resource.Enabled {
		notes = append(notes, fmt.Sprintf("The service principal of %s is disabled in this tenant, so sign-in will fail with AADSTS7000112 until it is enabled.", resource.DisplayName))
	}
	people := 0
	for _, g := range p.actual.Grants {
		if g.Type == entra.Principal && g.Resource == resource.ID && ok {
			people++
		}
	}
	switch {
	case people == 1:
		notes = append(notes, "One person consented alone; that consent is left as it is.")
	case people > 1:
		notes = append(notes, fmt.Sprintf("%d people consented alone; their consents are left as they are.", people))
	}
	return strings.Join(notes, " ")
}
