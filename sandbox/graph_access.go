package sandbox

import (
	"slices"
	"strings"
)

// Role template ids of the directory roles that decide something here
// [maester365/maester/powershell/internal/Get-MtRoleInfo.ps1].
const (
	roleGlobalAdministrator         = "62e90394-69f5-4237-9190-012177145e10"
	roleGlobalReader                = "f2ef992c-3afb-46b9-b7cf-a126ee74c451"
	roleApplicationAdministrator    = "9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3"
	roleCloudAppAdministrator       = "158c047a-c907-4556-b7ef-446551a6b5f7"
	roleApplicationDeveloper        = "cf1c38e5-3621-4004-a7cb-879624dced7c"
	rolePrivilegedRoleAdministrator = "e8611ab8-c189-46e8-94e1-60213ab1f814"
)

// directoryRoleNames are the roles' display names.
var directoryRoleNames = map[string]string{
	roleGlobalAdministrator:         "Global Administrator",
	roleGlobalReader:                "Global Reader",
	roleApplicationAdministrator:    "Application Administrator",
	roleCloudAppAdministrator:       "Cloud Application Administrator",
	roleApplicationDeveloper:        "Application Developer",
	rolePrivilegedRoleAdministrator: "Privileged Role Administrator",
}

// graphRoleGivers may give application permissions on Microsoft Graph.
var graphRoleGivers = []string{roleGlobalAdministrator, rolePrivilegedRoleAdministrator}

var applicationAdmins = []string{roleCloudAppAdministrator, roleApplicationAdministrator, roleGlobalAdministrator}

// ownedBy is the application permission that reaches only what the calling
// service principal owns.
const ownedBy = "Application.ReadWrite.OwnedBy"

// permissions an operation asks of the token, least first; one of them
// suffices. An entry of several words needs all of them.
type permissions struct {
	delegated   []string
	application []string
}

// people says which users an operation is open to, apart from permissions.
type people struct {
	members  bool     // every member of the tenant, but no guest
	everyone bool     // guests too
	creators bool     // members while the tenant lets them register apps
	owner    bool     // the owner of the application concerned
	roles    []string // holders of a directory role, by template id
}

var (
	openToAll       = people{everyone: true}
	openToMembers   = people{members: true, owner: true, roles: append([]string{roleGlobalReader}, applicationAdmins...)}
	appCreators     = people{creators: true, roles: append([]string{roleApplicationDeveloper}, applicationAdmins...)}
	appEditors      = people{owner: true, roles: applicationAdmins}
	appAdminsOnly   = people{roles: applicationAdmins}
	consentGivers   = people{roles: append([]string{rolePrivilegedRoleAdministrator}, applicationAdmins...)}
	globalAdmins    = people{roles: []string{roleGlobalAdministrator}}
	tenantAdmins    = people{roles: graphRoleGivers}
	appPolicyReader = people{roles: append([]string{roleGlobalReader}, applicationAdmins...)}
)

var (
	readApplications = permissions{
		delegated:   []string{"Application.Read.All", "Application.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All", "Directory.AccessAsUser.All"},
		application: []string{"Application.Read.All", "Application.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"},
	}
	readApplication = permissions{
		delegated:   readApplications.delegated,
		application: append([]string{ownedBy}, readApplications.application...),
	}
	writeApplications = permissions{
		delegated:   []string{"Application.ReadWrite.All", "Directory.ReadWrite.All", "Directory.AccessAsUser.All"},
		application: []string{ownedBy, "Application.ReadWrite.All", "Directory.ReadWrite.All"},
	}
	writeOwners = permissions{
		delegated:   []string{"Application.ReadWrite.All Directory.Read.All", "Directory.ReadWrite.All", "Directory.AccessAsUser.All"},
		application: []string{ownedBy + " Directory.Read.All", "Application.ReadWrite.All Directory.Read.All", "Directory.ReadWrite.All"},
	}
	writeAssignments = permissions{
		delegated: []string{"AppRoleAssignment.ReadWrite.All Application.Read.All", "AppRoleAssignment.ReadWrite.All Application.ReadWrite.All",
			"AppRoleAssignment.ReadWrite.All Directory.Read.All", "Directory.AccessAsUser.All"},
		application: []string{"AppRoleAssignment.ReadWrite.All Application.Read.All", "AppRoleAssignment.ReadWrite.All Application.ReadWrite.All",
			"AppRoleAssignment.ReadWrite.All Directory.Read.All"},
	}
	readGrants = permissions{
		delegated:   []string{"DelegatedPermissionGrant.Read.All", "DelegatedPermissionGrant.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All", "Directory.AccessAsUser.All"},
		application: []string{"DelegatedPermissionGrant.Read.All", "DelegatedPermissionGrant.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"},
	}
	writeGrants = permissions{
		delegated:   []string{"DelegatedPermissionGrant.ReadWrite.All", "Directory.ReadWrite.All", "Directory.AccessAsUser.All"},
		application: []string{"DelegatedPermissionGrant.ReadWrite.All", "Directory.ReadWrite.All"},
	}
	readMe = permissions{
		delegated: []string{"User.Read", "User.ReadWrite", "User.ReadBasic.All", "User.Read.All", "User.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All", "Directory.AccessAsUser.All"},
	}
	readUsers = permissions{
		delegated:   []string{"User.ReadBasic.All", "User.Read.All", "User.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All", "Directory.AccessAsUser.All"},
		application: []string{"User.Read.All", "User.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"},
	}
	writeUsers = permissions{
		delegated:   []string{"User.ReadWrite.All", "Directory.ReadWrite.All", "Directory.AccessAsUser.All"},
		application: []string{"User.ReadWrite.All", "Directory.ReadWrite.All"},
	}
	readMemberships = permissions{
		delegated: []string{"User.Read", "Directory.Read.All", "Directory.ReadWrite.All", "Directory.AccessAsUser.All"},
	}
	readRoles = permissions{
		delegated:   []string{"RoleManagement.Read.Directory", "RoleManagement.ReadWrite.Directory", "Directory.Read.All", "Directory.ReadWrite.All", "Directory.AccessAsUser.All"},
		application: []string{"RoleManagement.Read.Directory", "RoleManagement.ReadWrite.Directory", "Directory.Read.All", "Directory.ReadWrite.All"},
	}
	writeRoles = permissions{
		delegated:   []string{"RoleManagement.ReadWrite.Directory", "Directory.AccessAsUser.All"},
		application: []string{"RoleManagement.ReadWrite.Directory"},
	}
	readOrganization = permissions{
		delegated:   []string{"User.Read", "Organization.Read.All", "Directory.Read.All", "Directory.ReadWrite.All", "Directory.AccessAsUser.All"},
		application: []string{"Organization.Read.All", "Directory.Read.All", "Directory.ReadWrite.All"},
	}
	readAuthorizationPolicy = permissions{
		delegated:   []string{"Policy.Read.All", "Policy.ReadWrite.Authorization"},
		application: []string{"Policy.Read.All", "Policy.ReadWrite.Authorization"},
	}
	readAppPolicies = permissions{
		delegated:   []string{"Policy.Read.All", "Policy.ReadWrite.ApplicationConfiguration"},
		application: []string{"Policy.Read.All", "Policy.ReadWrite.ApplicationConfiguration"},
	}
	readConsentPolicy = permissions{
		delegated:   []string{"Policy.Read.All", "Policy.ReadWrite.ConsentRequest"},
		application: []string{"Policy.Read.All", "Policy.ReadWrite.ConsentRequest"},
	}
	writeAuthorizationPolicy = permissions{delegated: []string{"Policy.ReadWrite.Authorization"}, application: []string{"Policy.ReadWrite.Authorization"}}
	writeAppPolicies         = permissions{delegated: []string{"Policy.ReadWrite.ApplicationConfiguration"}, application: []string{"Policy.ReadWrite.ApplicationConfiguration"}}
	writeConsentPolicy       = permissions{delegated: []string{"Policy.ReadWrite.ConsentRequest"}, application: []string{"Policy.ReadWrite.ConsentRequest"}}
	anyToken                 = permissions{}
)

// permitted refuses a token without any of the operation's permissions.
func (q *graphRequest) permitted() *graphError {
	wanted := q.op.permissions
	if len(wanted.delegated) == 0 && len(wanted.application) == 0 {
		return nil
	}
	if q.user == nil && len(wanted.application) == 0 && q.op.ofMe() {
		return &errDelegatedOnly
	}
	if len(q.granting()) == 0 {
		return &errDenied
	}
	return nil
}

// granting are those of the operation's permissions that the token carries.
func (q *graphRequest) granting() []string {
	wanted, has := q.op.permissions.delegated, q.caller.hasScope
	if q.user == nil {
		wanted, has = q.op.permissions.application, q.caller.hasRole
	}
	return slices.DeleteFunc(slices.Clone(wanted), func(alternative string) bool {
		return slices.ContainsFunc(strings.Fields(alternative), func(p string) bool { return !has(p) })
	})
}

// onlyOwned reports whether the token reaches no more than what the calling
// service principal owns.
func (q *graphRequest) onlyOwned() bool {
	return q.user == nil && !slices.ContainsFunc(q.granting(), func(p string) bool {
		return !strings.HasPrefix(p, ownedBy)
	})
}

// admit refuses a caller whom the operation is not open to; owners are those
// of the application concerned.
func (q *graphRequest) admit(owners []string) *graphError {
	if q.user == nil {
		if q.onlyOwned() && !q.op.people.creators && !slices.Contains(owners, q.caller.ObjectID) {
			return &errDenied
		}
		return nil
	}
	if q.op.people.include(q.user, q.tenant.policies) || q.op.people.owner && slices.Contains(owners, q.user.ID) {
		return nil
	}
	return &errDenied
}

// include reports whether a user belongs to the people, owners apart.
func (p people) include(u *user, rules policies) bool {
	switch {
	case p.everyone, p.members && !u.Guest, p.creators && !u.Guest && rules.AllowedToCreateApps:
		return true
	}
	return u.holdsAny(p.roles)
}

func (u *user) holdsAny(roles []string) bool {
	return slices.ContainsFunc(u.Roles, func(r string) bool { return slices.Contains(roles, r) })
}
