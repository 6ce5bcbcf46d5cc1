package sandbox

import (
	"net/http"
	"reflect"
	"slices"
	"strings"
)

var principalSet = &entitySet{
	name: "servicePrincipals", typeName: "microsoft.graph.servicePrincipal", resource: "ServicePrincipal", of: reflect.TypeFor[servicePrincipal](),
	filterable: []string{"id", "appId", "displayName", "tags", "servicePrincipalNames", "servicePrincipalType", "accountEnabled",
		"appOwnerOrganizationId", "alternativeNames", "homepage", "preferredSingleSignOnMode"},
	sortable:   []string{"displayName"},
	searchable: []string{"displayName", "description"},
	expandable: []string{expandOwners, expandHeldRoles, expandGivenRoles},
	unset:      unsetOfPrincipal, unsetInBeta: unsetOfPrincipalInBeta,
}

// samlSettings are kept only; sign-in by SAML is not served.
type samlSettings struct {
	RelayState *string `json:"relayState"`
}

// onPrincipal resolves the path's service principal; the owner of the
// application behind it is admitted as its own owner is.
func onPrincipal(do func(*graphRequest, *servicePrincipal) (reply, *graphError)) func(*graphRequest) (reply, *graphError) {
	return func(q *graphRequest) (reply, *graphError) {
		sp := q.view.principal(q.tenant, q.keys[0])
		if sp == nil {
			return reply{}, errNotFound.with(q.keys[0].text)
		}
		if fault := q.admit(append(q.tenant.ownersOf(sp.AppID), sp.owners...)); fault != nil {
			return reply{}, fault
		}
		return do(q, sp)
	}
}

func (t *tenant) principalBy(key pathToken) *servicePrincipal {
	switch key.by {
	case "", "id":
		return t.principals[strings.ToLower(key.text)]
	case "appId":
		return t.principalsByClientID[strings.ToLower(key.text)]
	}
	return nil
}

// picksPrincipal reports whether the key is one of the service principal's.
func (k pathToken) picksPrincipal(sp *servicePrincipal) bool {
	if k.by == "appId" {
		return strings.EqualFold(sp.AppID, k.text)
	}
	return (k.by == "" || k.by == "id") && strings.EqualFold(sp.ID, k.text)
}

// ownersOf are the owners of an application that the tenant registered.
func (t *tenant) ownersOf(appID string) []string {
	if a := t.appsByClientID[appID]; a != nil {
		return slices.Clip(a.owners)
	}
	return nil
}

func listPrincipals(q *graphRequest) (reply, *graphError) {
	return listOf(q, principalSet, q.view.principals(q.tenant))
}

func getPrincipal(q *graphRequest, sp *servicePrincipal) (reply, *graphError) {
	return one(q, principalSet, sp)
}

var principalBody = bodyRule{principalSet, []string{"id", "appDisplayName", "appDescription", "appOwnerOrganizationId",
	"applicationTemplateId", "createdByAppId", "deletedDateTime", "disabledByMicrosoftStatus", "oauth2PermissionScopes", "appRoles",
	"passwordCredentials", "resourceSpecificApplicationPermissions", "signInAudience", "verifiedPublisher"}}

func createPrincipal(q *graphRequest) (reply, *graphError) {
	doc, fault := q.object()
	if fault != nil {
		return reply{}, fault
	}
	return q.makePrincipal(doc)
}

// makePrincipal creates the service principal of an application, the
// tenant's own or one that other tenants may use.
func (q *graphRequest) makePrincipal(doc map[string]any) (reply, *graphError) {
	owners, fault := q.boundOwners(doc, principalSet)
	if fault != nil {
		return reply{}, fault
	}
	if fault := principalBody.check(doc); fault != nil {
		return reply{}, fault
	}
	appID, isText := doc["appId"].(string)
	if appID = strings.ToLower(appID); !isText || appID == "" {
		return reply{}, errRequired.with("appId", principalSet.resource)
	}
	base, fault := q.draftPrincipal(appID)
	if fault != nil {
		return reply{}, fault
	}
	if q.tenant.principalOf(appID) != nil {
		return reply{}, errPrincipalExists.detailed("ObjectConflict", "servicePrincipalNames", appID)
	}
	delete(doc, "appId")
	sp, fault := merged(base, doc, principalSet)
	if fault != nil {
		return reply{}, fault
	}
	sp.owners = owners
	q.ownPrincipal(sp)
	q.tenant.addPrincipal(sp)
	answer := q.entity(http.StatusCreated, principalSet, sp, projection{})
	answer.header = map[string]string{"Location": q.location(sp.ID, "ServicePrincipal")}
	return answer, nil
}

// draftPrincipal admits the caller and returns what the service principal of
// a client ID begins as. One of another tenant's application takes an
// application administrator.
func (q *graphRequest) draftPrincipal(appID string) (*servicePrincipal, *graphError) {
	home, a := q.world.findApp(appID)
	if a != nil && q.view.registered(home, a) == nil {
		return nil, errNoApplication.detailed("NoBackingApplicationObject", "appId", appID)
	}
	if a != nil && home == q.tenant {
		return newPrincipal(a, home), q.admit(a.owners)
	}
	if q.onlyOwned() {
		return nil, &errForeignOwnedBy
	}
	if q.user != nil && !appAdminsOnly.include(q.user, q.tenant.policies) {
		return nil, &errDenied
	}
	if sp := firstPartyPrincipal(appID); sp != nil {
		return sp, nil
	}
	if a == nil || a.SignInAudience == audienceSingleTenant {
		return nil, errNoApplication.detailed("NoBackingApplicationObject", "appId", appID)
	}
	return newPrincipal(a, home), nil
}

// patchPrincipal updates, or creates by client ID when the caller asks for
// that and there is none yet.
func patchPrincipal(q *graphRequest) (reply, *graphError) {
	if key := q.keys[0]; key.by == "appId" && q.tenant.principalBy(key) == nil && q.prefers("create-if-missing") {
		doc, fault := q.object()
		if fault != nil {
			return reply{}, fault
		}
		doc["appId"] = key.text
		return q.makePrincipal(doc)
	}
	return onPrincipal(updatePrincipal)(q)
}

func updatePrincipal(q *graphRequest, sp *servicePrincipal) (reply, *graphError) {
	doc, fault := q.changes(sp)
	if fault != nil {
		return reply{}, fault
	}
	rule := principalBody
	rule.readOnly = append(slices.Clone(rule.readOnly), "appId")
	if fault := rule.check(doc); fault != nil {
		return reply{}, fault
	}
	next, fault := merged(sp, doc, principalSet)
	if fault != nil {
		return reply{}, fault
	}
	next.owners, next.PasswordCredentials = sp.owners, sp.PasswordCredentials
	q.tenant.addPrincipal(next)
	return reply{status: http.StatusNoContent}, nil
}

// deletePrincipal leaves Microsoft's own APIs alone, which a tenant cannot be
// without: provisioning tools try to delete all they manage.
func deletePrincipal(q *graphRequest, sp *servicePrincipal) (reply, *graphError) {
	if firstPartyPrincipal(sp.AppID) != nil {
		return reply{}, &errMicrosoftInternal
	}
	q.tenant.removePrincipal(sp)
	return reply{status: http.StatusNoContent}, nil
}
