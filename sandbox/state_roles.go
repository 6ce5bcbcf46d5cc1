package sandbox

import (
	"crypto/sha256"
	"encoding/base64"
	"slices"
	"strings"
	"time"
)

// An appRoleAssignment lets a principal, which is a user or a service
// principal, use one role of a resource: application permissions are held in
// this way, and users are let into apps that ask for it.
type appRoleAssignment struct {
	ID                   string  `json:"id"`
	DeletedDateTime      *string `json:"deletedDateTime"`
	AppRoleID            string  `json:"appRoleId"`
	CreatedDateTime      string  `json:"createdDateTime"`
	PrincipalDisplayName string  `json:"principalDisplayName"`
	PrincipalID          string  `json:"principalId"`
	PrincipalType        string  `json:"principalType"`
	ResourceDisplayName  string  `json:"resourceDisplayName"`
	ResourceID           string  `json:"resourceId"`
}

// defaultRole is that of a resource which defines no role for the principal.
const defaultRole = "00000000-0000-0000-0000-000000000000"

// A principal is who a role is assigned to.
type principal struct{ id, kind, name string }

func (u *user) principal() principal { return principal{u.ID, "User", u.DisplayName} }

func (sp *servicePrincipal) principal() principal {
	return principal{sp.ID, "ServicePrincipal", sp.DisplayName}
}

// assignRole gives a principal a role of a resource; it has it once.
func (t *tenant) assignRole(to principal, resource *servicePrincipal, roleID string, at time.Time) *appRoleAssignment {
	a := &appRoleAssignment{
		ID: assignmentID(to.id, resource.ID, roleID), AppRoleID: roleID, CreatedDateTime: wireTime(at),
		PrincipalDisplayName: to.name, PrincipalID: to.id, PrincipalType: to.kind,
		ResourceDisplayName: resource.DisplayName, ResourceID: resource.ID,
	}
	if known := t.assignments[a.ID]; known != nil {
		return known
	}
	note(&t.replication, lateAssignments, a.ID, t.assignments, t.assignmentOrder)
	t.assignments[a.ID] = a
	t.assignmentOrder = append(t.assignmentOrder, a.ID)
	return a
}

func (t *tenant) removeAssignment(id string) {
	noteRemoval(&t.replication, lateAssignments, id, t.assignments, t.assignmentOrder)
	delete(t.assignments, id)
	t.assignmentOrder = without(t.assignmentOrder, id)
}

// assignmentsWhere lists the assignments that fit, in the order they were made.
func (t *tenant) assignmentsWhere(fits func(*appRoleAssignment) bool) []*appRoleAssignment {
	return slices.DeleteFunc(ordered(t.assignmentOrder, t.assignments), func(a *appRoleAssignment) bool { return !fits(a) })
}

// isAssigned reports whether a principal has any role of a resource.
func (t *tenant) isAssigned(principalID, resourceID string) bool {
	return len(t.rolesHeld(principalID, resourceID)) > 0
}

// rolesHeld are the ids of the roles that a principal has at a resource.
func (t *tenant) rolesHeld(principalID, resourceID string) []string {
	var ids []string
	for _, a := range t.assignmentsWhere(func(a *appRoleAssignment) bool { return a.PrincipalID == principalID && a.ResourceID == resourceID }) {
		ids = append(ids, a.AppRoleID)
	}
	return ids
}

// roleValues are the names of these roles as a token's claim roles has them.
func (t *tenant) roleValues(principalID string, resource *servicePrincipal) []string {
	var values []string
	for _, id := range t.rolesHeld(principalID, resource.ID) {
		if r := resource.roleWithID(id); r != nil && r.Value != "" {
			values = append(values, r.Value)
		}
	}
	return values
}

// holdRoles gives a service principal application permissions by name; those
// that the resource does not define are left out.
func (t *tenant) holdRoles(sp, resource *servicePrincipal, values []string, at time.Time) {
	for _, r := range resource.AppRoles {
		if containsFold(values, []string{r.Value}) {
			t.assignRole(sp.principal(), resource, r.ID, at)
		}
	}
}

// assignmentID is opaque, like Entra's, and the same whenever the same is
// assigned again.
func assignmentID(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}
