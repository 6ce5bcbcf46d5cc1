package sandbox

import (
	"cmp"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strings"
)

// A directoryAssignment is a directory role that a user holds. The ids of
// built-in role definitions are those of their templates.
type directoryAssignment struct {
	ID                      string  `json:"id"`
	AppScopeID              *string `json:"appScopeId"`
	Condition               *string `json:"condition"`
	DirectoryScopeID        string  `json:"directoryScopeId"`
	PrincipalID             string  `json:"principalId"`
	PrincipalOrganizationID string  `json:"principalOrganizationId"`
	RoleDefinitionID        string  `json:"roleDefinitionId"`
}

// wholeTenant is the scope of an assignment that is not narrowed.
const wholeTenant = "/"

var directoryAssignmentSet = &entitySet{
	name: "roleManagement/directory/roleAssignments", typeName: "microsoft.graph.unifiedRoleAssignment", resource: "UnifiedRoleAssignment",
	of: reflect.TypeFor[directoryAssignment](), filterable: []string{"id", "principalId", "roleDefinitionId", "directoryScopeId"}, sortable: []string{""},
}

// peopleInOrder are a tenant's users by name.
func (t *tenant) peopleInOrder() []*user {
	return slices.SortedFunc(maps.Values(t.users), func(a, b *user) int { return cmp.Compare(a.UserPrincipalName, b.UserPrincipalName) })
}

// directoryAssignments lists who holds which role.
func (t *tenant) directoryAssignments() []*directoryAssignment {
	var list []*directoryAssignment
	for _, u := range t.peopleInOrder() {
		for _, role := range u.Roles {
			list = append(list, &directoryAssignment{
				ID: assignmentID(t.ID, u.ID, role), DirectoryScopeID: wholeTenant, PrincipalID: u.ID,
				PrincipalOrganizationID: t.ID, RoleDefinitionID: role,
			})
		}
	}
	return list
}

func listDirectoryAssignments(q *graphRequest) (reply, *graphError) {
	return listOf(q, directoryAssignmentSet, q.tenant.directoryAssignments())
}

// directoryAssignmentAt finds the assignment that the path names.
func (q *graphRequest) directoryAssignmentAt() (*directoryAssignment, *graphError) {
	list := q.tenant.directoryAssignments()
	i := slices.IndexFunc(list, func(a *directoryAssignment) bool { return a.ID == q.keys[0].text })
	if i < 0 {
		return nil, errNotFound.with(q.keys[0].text)
	}
	return list[i], nil
}

func getDirectoryAssignment(q *graphRequest) (reply, *graphError) {
	a, fault := q.directoryAssignmentAt()
	if fault != nil {
		return reply{}, fault
	}
	return one(q, directoryAssignmentSet, a)
}

// createDirectoryAssignment gives a user a role in the whole tenant.
func createDirectoryAssignment(q *graphRequest) (reply, *graphError) {
	doc, fault := q.object()
	if fault != nil {
		return reply{}, fault
	}
	rule := bodyRule{directoryAssignmentSet, []string{"id", "principalOrganizationId"}}
	if fault := rule.check(doc); fault != nil {
		return reply{}, fault
	}
	wanted, fault := merged(&directoryAssignment{}, doc, directoryAssignmentSet)
	if fault != nil {
		return reply{}, fault
	}
	role, u := strings.ToLower(wanted.RoleDefinitionID), q.tenant.users[strings.ToLower(wanted.PrincipalID)]
	switch {
	case wanted.DirectoryScopeID != wholeTenant:
		return reply{}, errInvalidValue.with("directoryScopeId", directoryAssignmentSet.resource)
	case directoryRoleNames[role] == "":
		return reply{}, errNotFound.with(wanted.RoleDefinitionID)
	case u == nil:
		return reply{}, errNotFound.with(wanted.PrincipalID)
	case slices.Contains(u.Roles, role):
		return reply{}, &errConflict
	}
	next := *u
	next.Roles = append(slices.Clone(u.Roles), role)
	q.world.replaceUser(q.tenant, &next)
	made := q.tenant.directoryAssignments()
	i := slices.IndexFunc(made, func(a *directoryAssignment) bool { return a.PrincipalID == u.ID && a.RoleDefinitionID == role })
	return q.entity(http.StatusCreated, directoryAssignmentSet, made[i], projection{}), nil
}

func deleteDirectoryAssignment(q *graphRequest) (reply, *graphError) {
	a, fault := q.directoryAssignmentAt()
	if fault != nil {
		return reply{}, fault
	}
	next := *q.tenant.users[a.PrincipalID]
	next.Roles = without(next.Roles, a.RoleDefinitionID)
	q.world.replaceUser(q.tenant, &next)
	return reply{status: http.StatusNoContent}, nil
}
