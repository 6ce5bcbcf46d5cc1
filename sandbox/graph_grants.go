package sandbox

import (
	"net/http"
	"reflect"
	"strings"
)

// The values of a grant's consentType.
const (
	consentTenant = "AllPrincipals"
	consentUser   = "Principal"
)

var grantSet = &entitySet{
	name: "oauth2PermissionGrants", typeName: "microsoft.graph.oAuth2PermissionGrant", resource: "OAuth2PermissionGrant",
	of:         reflect.TypeFor[grant](),
	filterable: []string{"id", "clientId", "consentType", "principalId", "resourceId"}, sortable: []string{""},
}

// onGrant resolves the path's grant.
func onGrant(do func(*graphRequest, *grant) (reply, *graphError)) func(*graphRequest) (reply, *graphError) {
	return func(q *graphRequest) (reply, *graphError) {
		if fault := q.admit(nil); fault != nil {
			return reply{}, fault
		}
		g := q.view.grant(q.tenant, q.keys[0].text)
		if g == nil || q.keys[0].by != "" && q.keys[0].by != "id" {
			return reply{}, errNotFound.with(q.keys[0].text)
		}
		return do(q, g)
	}
}

func listGrants(q *graphRequest) (reply, *graphError) {
	return listOf(q, grantSet, q.view.grants(q.tenant))
}

func listGrantsOfPrincipal(q *graphRequest, sp *servicePrincipal) (reply, *graphError) {
	var list []*grant
	for _, g := range q.view.grants(q.tenant) {
		if g.ClientID == sp.ID {
			list = append(list, g)
		}
	}
	return listOf(q, grantSet, list)
}

func getGrant(q *graphRequest, g *grant) (reply, *graphError) { return one(q, grantSet, g) }

// createGrant gives a client delegated permissions on one resource. Whether
// the resource defines them is not checked, as in Entra.
func createGrant(q *graphRequest) (reply, *graphError) {
	doc, fault := q.object()
	if fault != nil {
		return reply{}, fault
	}
	if fault := (bodyRule{grantSet, []string{"id"}}).check(doc); fault != nil {
		return reply{}, fault
	}
	g, fault := merged(&grant{}, doc, grantSet)
	if fault != nil {
		return reply{}, fault
	}
	g.ClientID, g.ResourceID = strings.ToLower(g.ClientID), strings.ToLower(g.ResourceID)
	if fault := q.tenant.checkGrant(g); fault != nil {
		return reply{}, fault
	}
	for _, id := range []string{g.ClientID, g.ResourceID} {
		if q.view.principal(q.tenant, pathToken{text: id}) == nil {
			return reply{}, &errObjectNotFound
		}
	}
	g.ID = grantID(g.ClientID, g.ResourceID, g.PrincipalID)
	if q.tenant.grants[g.ID] != nil {
		return reply{}, &errGrantExists
	}
	q.tenant.addGrant(g)
	answer := q.entity(http.StatusCreated, grantSet, g, projection{})
	answer.header = map[string]string{"Location": q.origin + "/" + q.version + "/" + grantSet.name + "/" + g.ID}
	return answer, nil
}

func (t *tenant) checkGrant(g *grant) *graphError {
	for _, required := range []property{{"clientId", g.ClientID}, {"resourceId", g.ResourceID}, {"consentType", g.ConsentType}} {
		if required.value == "" {
			return errRequired.with(required.name, grantSet.resource)
		}
	}
	switch {
	case g.ConsentType != consentTenant && g.ConsentType != consentUser:
		return errInvalidValue.with("consentType", grantSet.resource)
	case (g.ConsentType == consentUser) != (g.PrincipalID != nil):
		return errInvalidValue.with("principalId", grantSet.resource)
	case t.principals[g.ClientID] == nil || t.principals[g.ResourceID] == nil:
		return &errObjectNotFound
	case g.PrincipalID != nil && t.users[*g.PrincipalID] == nil:
		return &errObjectNotFound
	}
	return nil
}

// patchGrant replaces the list of permissions; nothing else of a grant can
// change.
func patchGrant(q *graphRequest, g *grant) (reply, *graphError) {
	doc, fault := q.changes(g)
	if fault != nil {
		return reply{}, fault
	}
	rule := bodyRule{grantSet, []string{"id", "clientId", "consentType", "principalId", "resourceId"}}
	if fault := rule.check(doc); fault != nil {
		return reply{}, fault
	}
	next, fault := merged(g, doc, grantSet)
	if fault != nil {
		return reply{}, fault
	}
	q.tenant.addGrant(next)
	return reply{status: http.StatusNoContent}, nil
}

func deleteGrant(q *graphRequest, g *grant) (reply, *graphError) {
	q.tenant.removeGrant(g.ID)
	return reply{status: http.StatusNoContent}, nil
}
