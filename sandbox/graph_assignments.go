package sandbox

import (
	"net/http"
	"reflect"
	"slices"
	"strings"
)

var assignmentSet = &entitySet{
	name: "appRoleAssignments", typeName: "microsoft.graph.appRoleAssignment", resource: "AppRoleAssignment",
	of: reflect.TypeFor[appRoleAssignment](), filterable: []string{"resourceId", "principalId", "appRoleId"}, sortable: []string{""},
}

// A roleSide is one end of role assignments: they are listed at who holds
// the role and at the resource that gives it.
type roleSide struct {
	path string // in @odata.context
	id   string
	of   func(*appRoleAssignment) string // the id at this end
}

func heldBy(collection, id string) roleSide {
	return roleSide{collection + "('" + id + "')/appRoleAssignments", id, func(a *appRoleAssignment) string { return a.PrincipalID }}
}

func givenBy(sp *servicePrincipal) roleSide {
	return roleSide{principalSet.name + "('" + sp.ID + "')/appRoleAssignedTo", sp.ID, func(a *appRoleAssignment) string { return a.ResourceID }}
}

// assignmentsAt answers an operation on the assignments at one end.
type assignmentsAt func(*graphRequest, roleSide) (reply, *graphError)

// ofHolder is an operation on what the path's service principal holds.
func (do assignmentsAt) ofHolder() func(*graphRequest) (reply, *graphError) {
	return onPrincipal(func(q *graphRequest, sp *servicePrincipal) (reply, *graphError) {
		return do(q, heldBy(principalSet.name, sp.ID))
	})
}

// ofResource is an operation on what the path's service principal gives.
func (do assignmentsAt) ofResource() func(*graphRequest) (reply, *graphError) {
	return onPrincipal(func(q *graphRequest, sp *servicePrincipal) (reply, *graphError) { return do(q, givenBy(sp)) })
}

// ofUser is an operation on what a user holds: that of the path, or the one
// who calls where the path names none.
func (do assignmentsAt) ofUser() func(*graphRequest) (reply, *graphError) {
	return collection(func(q *graphRequest) (reply, *graphError) {
		u := q.user
		if !q.op.ofMe() {
			u = q.tenant.userCalled(q.keys[0].text)
		}
		if u == nil {
			return reply{}, errNotFound.with(q.keys[0].text)
		}
		return do(q, heldBy(userSet.name, u.ID))
	})
}

func listAssignments(q *graphRequest, side roleSide) (reply, *graphError) {
	set := *assignmentSet
	set.name = side.path
	return listOf(q, &set, slices.DeleteFunc(q.view.assignments(q.tenant), func(a *appRoleAssignment) bool { return side.of(a) != side.id }))
}

// at finds the assignment that ends the path, which has to be at this side.
func (side roleSide) at(q *graphRequest) (*appRoleAssignment, *graphError) {
	id := q.keys[len(q.keys)-1].text
	if a := q.view.assignment(q.tenant, id); a != nil && side.of(a) == side.id {
		return a, nil
	}
	return nil, errNotFound.with(id)
}

func getAssignment(q *graphRequest, side roleSide) (reply, *graphError) {
	a, fault := side.at(q)
	if fault != nil {
		return reply{}, fault
	}
	set := *assignmentSet
	set.name = side.path
	return one(q, &set, a)
}

func deleteAssignment(q *graphRequest, side roleSide) (reply, *graphError) {
	a, fault := side.at(q)
	if fault == nil {
		fault = q.mayGive(q.tenant.principals[a.ResourceID])
	}
	if fault != nil {
		return reply{}, fault
	}
	q.tenant.removeAssignment(a.ID)
	return reply{status: http.StatusNoContent}, nil
}

// createAssignment gives a role; the path names one end of it, the body both.
// Names and types of the ends, which some clients send along
// [nais/azurerator], are the directory's to tell.
func createAssignment(q *graphRequest, side roleSide) (reply, *graphError) {
	doc, fault := q.object()
	if fault != nil {
		return reply{}, fault
	}
	rule := bodyRule{assignmentSet, []string{"id", "deletedDateTime", "createdDateTime"}}
	if fault := rule.check(doc); fault != nil {
		return reply{}, fault
	}
	wanted, fault := merged(&appRoleAssignment{}, doc, assignmentSet)
	if fault != nil {
		return reply{}, fault
	}
	wanted.PrincipalID, wanted.ResourceID, wanted.AppRoleID = strings.ToLower(wanted.PrincipalID), strings.ToLower(wanted.ResourceID), strings.ToLower(wanted.AppRoleID)
	if side.of(wanted) != side.id {
		return reply{}, &errReference
	}
	return q.giveRole(wanted, side)
}

func (q *graphRequest) giveRole(wanted *appRoleAssignment, side roleSide) (reply, *graphError) {
	resource := q.tenant.principals[wanted.ResourceID]
	if resource == nil {
		return reply{}, errNotFound.with(wanted.ResourceID)
	}
	to, known := q.tenant.principalWithID(wanted.PrincipalID)
	if !known {
		return reply{}, errNotFound.with(wanted.PrincipalID)
	}
	switch fault := q.mayGive(resource); {
	case fault != nil:
		return reply{}, fault
	case !resource.offers(wanted.AppRoleID, to.kind):
		return reply{}, &errNoRole
	case slices.Contains(q.tenant.rolesHeld(to.id, resource.ID), wanted.AppRoleID):
		return reply{}, &errRoleHeld
	}
	made := q.tenant.assignRole(to, resource, wanted.AppRoleID, q.at)
	answer := q.entity(http.StatusCreated, &entitySet{name: side.path}, made, projection{})
	answer.header = map[string]string{"Location": q.origin + "/" + q.version + "/" + side.path + "/" + made.ID}
	return answer, nil
}

// mayGive: what Microsoft Graph lets apps do is for the two highest roles to
// decide.
func (q *graphRequest) mayGive(resource *servicePrincipal) *graphError {
	if q.user != nil && resource != nil && resource.AppID == graphAppID && !q.user.holdsAny(graphRoleGivers) {
		return &errDenied
	}
	return nil
}

// principalWithID finds whom a role can be assigned to.
func (t *tenant) principalWithID(id string) (principal, bool) {
	if u := t.users[id]; u != nil {
		return u.principal(), true
	}
	if sp := t.principals[id]; sp != nil {
		return sp.principal(), true
	}
	return principal{}, false
}

// offers reports whether a resource has this role for principals of a kind.
// Where it has none for them there is the default one.
func (sp *servicePrincipal) offers(roleID, kind string) bool {
	member := "User"
	if kind == "ServicePrincipal" {
		member = "Application"
	}
	open := slices.DeleteFunc(slices.Clone(sp.AppRoles), func(r appRole) bool {
		return !r.IsEnabled || !containsFold(r.AllowedMemberTypes, []string{member})
	})
	if roleID == defaultRole {
		return len(open) == 0
	}
	return slices.ContainsFunc(open, func(r appRole) bool { return r.ID == roleID })
}
