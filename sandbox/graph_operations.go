package sandbox

import "slices"

// An operation is one row of what this Graph can do.
type operation struct {
	method string
	path   string // after the version; * stands for a key
	permissions
	people
	do    func(*graphRequest) (reply, *graphError)
	units int  // resource units; 0 means 1 [concepts/throttling.md]
	batch bool // runs further requests instead of doing anything itself
}

// operations in the order they are tried: names before keys.
var operations = slices.Concat([]operation{
	{method: "GET", path: "applications", permissions: readApplications, people: openToMembers, do: collection(listApplications), units: 2},
	{method: "POST", path: "applications", permissions: writeApplications, people: appCreators, do: collection(createApplication)},
	{method: "GET", path: "applications/$count", permissions: readApplications, people: openToMembers, do: collection(counted(listApplications)), units: 2},
	{method: "GET", path: "applications/*", permissions: readApplication, people: openToMembers, do: onApplication(getApplication)},
	{method: "PATCH", path: "applications/*", permissions: writeApplications, people: appEditors, do: patchApplication},
	{method: "DELETE", path: "applications/*", permissions: writeApplications, people: appEditors, do: onApplication(deleteApplication)},
	{method: "POST", path: "applications/*/addPassword", permissions: writeApplications, people: appEditors, do: onApplication(addPassword)},
	{method: "POST", path: "applications/*/removePassword", permissions: writeApplications, people: appEditors, do: onApplication(removePassword)},
	{method: "GET", path: "applications/*/owners", permissions: readApplication, people: openToMembers, do: onApplication(listOwners)},
	{method: "GET", path: "applications/*/owners/microsoft.graph.user", permissions: readApplication, people: openToMembers, do: onApplication(listUserOwners)},
	{method: "GET", path: "applications/*/owners/microsoft.graph.servicePrincipal", permissions: readApplication, people: openToMembers, do: onApplication(listOwningPrincipals)},
	{method: "POST", path: "applications/*/owners/$ref", permissions: writeOwners, people: appEditors, do: onApplication(addOwner)},
	{method: "DELETE", path: "applications/*/owners/*/$ref", permissions: writeOwners, people: appEditors, do: onApplication(removeOwner)},

	{method: "GET", path: "directory/deletedItems/microsoft.graph.application", permissions: readApplications, people: openToMembers, do: collection(listDeleted)},
	{method: "GET", path: "directory/deletedItems/*", permissions: readApplications, people: openToMembers, do: onDeleted(getDeleted)},
	{method: "POST", path: "directory/deletedItems/*/restore", permissions: writeApplications, people: appEditors, do: onDeleted(restoreDeleted)},
	{method: "DELETE", path: "directory/deletedItems/*", permissions: writeApplications, people: appEditors, do: onDeleted(purgeDeleted)},

	{method: "GET", path: "servicePrincipals", permissions: readApplications, people: openToMembers, do: collection(listPrincipals)},
	{method: "POST", path: "servicePrincipals", permissions: writeApplications, people: appEditors, do: createPrincipal},
	{method: "GET", path: "servicePrincipals/$count", permissions: readApplications, people: openToMembers, do: collection(counted(listPrincipals))},
	{method: "GET", path: "servicePrincipals/*", permissions: readApplication, people: openToMembers, do: onPrincipal(getPrincipal)},
	{method: "PATCH", path: "servicePrincipals/*", permissions: writeApplications, people: appEditors, do: patchPrincipal},
	{method: "DELETE", path: "servicePrincipals/*", permissions: writeApplications, people: appEditors, do: onPrincipal(deletePrincipal)},
	{method: "GET", path: "servicePrincipals/*/owners", permissions: readApplication, people: openToMembers, do: onPrincipal(listPrincipalOwners)},
	{method: "POST", path: "servicePrincipals/*/addPassword", permissions: writeApplications, people: appEditors, do: onPrincipal(addPrincipalPassword)},
	{method: "POST", path: "servicePrincipals/*/removePassword", permissions: writeApplications, people: appEditors, do: onPrincipal(removePrincipalPassword)},
	{method: "POST", path: "servicePrincipals/*/owners/$ref", permissions: writeOwners, people: appEditors, do: onPrincipal(addPrincipalOwner)},
	{method: "DELETE", path: "servicePrincipals/*/owners/*/$ref", permissions: writeOwners, people: appEditors, do: onPrincipal(removePrincipalOwner)},
	{method: "GET", path: "servicePrincipals/*/oauth2PermissionGrants", permissions: readGrants, people: openToMembers, do: onPrincipal(listGrantsOfPrincipal)},
	{method: "GET", path: "servicePrincipals/*/appRoleAssignments", permissions: readApplications, people: openToMembers, do: assignmentsAt(listAssignments).ofHolder()},
	{method: "POST", path: "servicePrincipals/*/appRoleAssignments", permissions: writeAssignments, people: consentGivers, do: assignmentsAt(createAssignment).ofHolder()},
	{method: "GET", path: "servicePrincipals/*/appRoleAssignments/*", permissions: readApplications, people: openToMembers, do: assignmentsAt(getAssignment).ofHolder()},
	{method: "DELETE", path: "servicePrincipals/*/appRoleAssignments/*", permissions: writeAssignments, people: consentGivers, do: assignmentsAt(deleteAssignment).ofHolder()},
	{method: "GET", path: "servicePrincipals/*/appRoleAssignedTo", permissions: readApplications, people: openToMembers, do: assignmentsAt(listAssignments).ofResource()},
	{method: "POST", path: "servicePrincipals/*/appRoleAssignedTo", permissions: writeAssignments, people: consentGivers, do: assignmentsAt(createAssignment).ofResource()},
	{method: "GET", path: "servicePrincipals/*/appRoleAssignedTo/*", permissions: readApplications, people: openToMembers, do: assignmentsAt(getAssignment).ofResource()},
	{method: "DELETE", path: "servicePrincipals/*/appRoleAssignedTo/*", permissions: writeAssignments, people: consentGivers, do: assignmentsAt(deleteAssignment).ofResource()},

	{method: "GET", path: "oauth2PermissionGrants", permissions: readGrants, people: openToMembers, do: collection(listGrants), units: 2},
	{method: "POST", path: "oauth2PermissionGrants", permissions: writeGrants, people: consentGivers, do: collection(createGrant)},
	{method: "GET", path: "oauth2PermissionGrants/*", permissions: readGrants, people: openToMembers, do: onGrant(getGrant)},
	{method: "PATCH", path: "oauth2PermissionGrants/*", permissions: writeGrants, people: consentGivers, do: onGrant(patchGrant)},
	{method: "DELETE", path: "oauth2PermissionGrants/*", permissions: writeGrants, people: consentGivers, do: onGrant(deleteGrant)},

	{method: "GET", path: "me", permissions: readMe, people: openToAll, do: collection(getMe)},
	{method: "GET", path: "me/memberOf", permissions: readMemberships, people: openToAll, do: onMe(listMemberships)},
	{method: "GET", path: "me/memberOf/microsoft.graph.directoryRole", permissions: readMemberships, people: openToAll, do: onMe(listDirectoryRoles)},
	{method: "GET", path: "me/transitiveMemberOf", permissions: readMemberships, people: openToAll, do: onMe(listMemberships), units: 2},
	{method: "GET", path: "me/transitiveMemberOf/microsoft.graph.directoryRole", permissions: readMemberships, people: openToAll, do: onMe(listDirectoryRoles), units: 2},
	{method: "GET", path: "me/appRoleAssignments", permissions: readMemberships, people: openToAll, do: assignmentsAt(listAssignments).ofUser()},
	{method: "GET", path: "users/*/appRoleAssignments", permissions: readApplications, people: openToMembers, do: assignmentsAt(listAssignments).ofUser()},
	{method: "POST", path: "users/*/appRoleAssignments", permissions: writeAssignments, people: consentGivers, do: assignmentsAt(createAssignment).ofUser()},
	{method: "DELETE", path: "users/*/appRoleAssignments/*", permissions: writeAssignments, people: consentGivers, do: assignmentsAt(deleteAssignment).ofUser()},
	{method: "GET", path: "users", permissions: readUsers, people: openToMembers, do: collection(listUsers)},
	{method: "GET", path: "users/$count", permissions: readUsers, people: openToMembers, do: collection(counted(listUsers))},
	{method: "PATCH", path: "users/*", permissions: writeUsers, people: globalAdmins, do: collection(patchUser)},
	{method: "POST", path: "users/*/revokeSignInSessions", permissions: writeUsers, people: globalAdmins, do: collection(revokeSessions)},
	{method: "GET", path: "users/*", permissions: readUsers, people: openToMembers, do: collection(getUser)},

	{method: "GET", path: "roleManagement/directory/roleAssignments", permissions: readRoles, people: openToMembers, do: collection(listDirectoryAssignments)},
	{method: "POST", path: "roleManagement/directory/roleAssignments", permissions: writeRoles, people: tenantAdmins, do: collection(createDirectoryAssignment)},
	{method: "GET", path: "roleManagement/directory/roleAssignments/*", permissions: readRoles, people: openToMembers, do: collection(getDirectoryAssignment)},
	{method: "DELETE", path: "roleManagement/directory/roleAssignments/*", permissions: writeRoles, people: tenantAdmins, do: collection(deleteDirectoryAssignment)},

	{method: "GET", path: "organization", permissions: readOrganization, people: openToAll, do: collection(listOrganization)},
	{method: "GET", path: "organization/*", permissions: readOrganization, people: openToAll, do: collection(getOrganization)},

	{method: "GET", path: "policies/authorizationPolicy", permissions: readAuthorizationPolicy, people: openToMembers, do: collection(getAuthorizationPolicy)},
	{method: "PATCH", path: "policies/authorizationPolicy", permissions: writeAuthorizationPolicy, people: tenantAdmins, do: collection(patchAuthorizationPolicy)},
	{method: "GET", path: "policies/defaultAppManagementPolicy", permissions: readAppPolicies, people: appPolicyReader, do: collection(getDefaultAppPolicy)},
	{method: "PATCH", path: "policies/defaultAppManagementPolicy", permissions: writeAppPolicies, people: appAdminsOnly, do: collection(patchDefaultAppPolicy)},
	{method: "GET", path: "policies/appManagementPolicies", permissions: readAppPolicies, people: appPolicyReader, do: collection(listAppPolicies)},
	{method: "GET", path: "policies/adminConsentRequestPolicy", permissions: readConsentPolicy, people: openToMembers, do: collection(getConsentRequestPolicy)},
	{method: "PUT", path: "policies/adminConsentRequestPolicy", permissions: writeConsentPolicy, people: tenantAdmins, do: collection(putConsentRequestPolicy)},
	{method: "PATCH", path: "policies/adminConsentRequestPolicy", permissions: writeConsentPolicy, people: tenantAdmins, do: collection(putConsentRequestPolicy)},

	{method: "POST", path: "$batch", permissions: anyToken, people: openToAll, batch: true},
},
	photoOperations,
	directoryOperations,
	relationOperations,
	federatedOperations,
	propertyOperations("applications", applicationSet, readApplication, applicationProperty),
	propertyOperations("servicePrincipals", principalSet, readApplication, principalProperty),
)

// collection admits the caller to an operation on no particular object.
func collection(do func(*graphRequest) (reply, *graphError)) func(*graphRequest) (reply, *graphError) {
	return func(q *graphRequest) (reply, *graphError) {
		if fault := q.admit(nil); fault != nil {
			return reply{}, fault
		}
		return do(q)
	}
}
