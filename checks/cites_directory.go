package checks

// Pages that the checks of the directory's side and of tokens cite.
const (
	citeAudience         = learn + "entra/identity-platform/supported-accounts-validation"
	citeDisabledApp      = learn + "entra/identity/enterprise-apps/disable-user-sign-in-portal"
	citePrincipals       = learn + "entra/identity-platform/app-objects-and-service-principals"
	citePermissions      = learn + "entra/identity-platform/permissions-consent-overview"
	citeLeastPrivilege   = learn + "entra/identity-platform/secure-least-privileged-access"
	citeConsent          = learn + "entra/identity/enterprise-apps/user-admin-consent-overview"
	citeUserConsent      = learn + "entra/identity/enterprise-apps/configure-user-consent"
	citeReviewConsent    = learn + "entra/identity/enterprise-apps/manage-application-permissions"
	citeAssignment       = learn + "entra/identity/enterprise-apps/assign-user-or-group-access-portal"
	citePublisher        = learn + "entra/identity-platform/publisher-verification-overview"
	citeAppPolicy        = learn + "graph/api/resources/applicationauthenticationmethodpolicy"
	citePropertyLock     = learn + "entra/identity-platform/howto-configure-app-instance-property-locks"
	citeOwners           = learn + "entra/identity/enterprise-apps/overview-assign-app-owners"
	citeAppSecurity      = learn + "entra/identity-platform/security-best-practices-for-app-registration"
	citeImplicit         = learn + "entra/identity-platform/v2-oauth2-implicit-grant-flow"
	citeRefresh          = learn + "entra/identity-platform/refresh-tokens"
	citeConditional      = learn + "azure/devops/organizations/accounts/conditional-access-policies"
	citeOrgPolicies      = learn + "azure/devops/organizations/accounts/change-application-access-policies"
	citeOrgMembers       = learn + "azure/devops/organizations/accounts/add-organization-users"
	citeAccessLevels     = learn + "azure/devops/organizations/security/access-levels"
	citeProjects         = learn + "azure/devops/organizations/projects/about-projects"
	citeDevOpsPermission = learn + "azure/devops/organizations/security/about-permissions"
)
