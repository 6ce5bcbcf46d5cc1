package sandbox

import "strings"

// Properties that no object of the sandbox has a value of: whoever selects
// one is told null, as Microsoft Graph does for a property that is not set,
// and an empty list where the property is one. Without $select they are not
// shown.
var (
	unsetOfApplication = unsetProperties("authenticationBehaviors", "nativeAuthenticationApisEnabled", "managerApplications[]")
	unsetOfPrincipal   = unsetProperties("customSecurityAttributes")
	unsetOfUser        = unsetProperties(
		"aboutMe", "ageGroup", "assignedLicenses[]", "assignedPlans[]", "authorizationInfo", "city", "companyName",
		"consentProvidedForMinor", "country", "createdDateTime", "creationType", "customSecurityAttributes", "department",
		"employeeHireDate", "employeeId", "employeeLeaveDateTime", "employeeOrgData", "employeeType", "externalUserState",
		"externalUserStateChangeDateTime", "faxNumber", "identities[]", "identityParentId", "imAddresses[]", "interests[]",
		"isManagementRestricted", "isResourceAccount", "lastPasswordChangeDateTime", "legalAgeGroupClassification",
		"licenseAssignmentStates[]", "mailNickname", "mySite", "onPremisesDistinguishedName", "onPremisesDomainName",
		"onPremisesExtensionAttributes", "onPremisesImmutableId", "onPremisesLastSyncDateTime", "onPremisesProvisioningErrors[]",
		"onPremisesSamAccountName", "onPremisesSecurityIdentifier", "onPremisesSyncEnabled", "onPremisesUserPrincipalName",
		"otherMails[]", "passwordPolicies", "pastProjects[]", "postalCode", "preferredDataLocation", "preferredName", "print",
		"provisionedPlans[]", "proxyAddresses[]", "responsibilities[]", "schools[]", "securityIdentifier",
		"serviceProvisioningErrors[]", "showInAddressList", "signInActivity", "skills[]", "state", "streetAddress", "usageLocation")
)

// The same for those that only beta has; the sandbox knows the ones that
// Microsoft's partners' tools ask for.
var (
	unsetOfApplicationInBeta = object{{"oauth2RequirePostResponse", false}, {"signInAudienceRestrictions", nil}}
	unsetOfPrincipalInBeta   = unsetProperties("errorUrl", "samlMetadataUrl")
)

// unsetProperties makes null of names and empty lists of those with brackets.
func unsetProperties(names ...string) object {
	o := make(object, len(names))
	for i, name := range names {
		o[i].name = name
		if list, isList := strings.CutSuffix(name, "[]"); isList {
			o[i] = property{list, []string{}}
		}
	}
	return o
}

// inVersion is the set with the unset properties of a version of the API.
func (s *entitySet) inVersion(version string) *entitySet {
	if version != "beta" || s.unsetInBeta == nil {
		return s
	}
	beta := *s
	beta.unset = append(append(object(nil), s.unset...), s.unsetInBeta...)
	return &beta
}

// unsetNamed finds an unset property by its name in any letter case.
func (s *entitySet) unsetNamed(name string) (property, bool) {
	for _, p := range s.unset {
		if strings.EqualFold(p.name, name) {
			return p, true
		}
	}
	return property{}, false
}

// unsetAmong are the unset properties among those selected.
func (s *entitySet) unsetAmong(selected []string) object {
	var found object
	for _, name := range selected {
		if p, ok := s.unsetNamed(name); ok {
			found = append(found, p)
		}
	}
	return found
}
