package checks

// Pages of Microsoft's that the checks cite, by what they are about.
const (
	learn = "https://learn.microsoft.com/"

	citeAllowList      = learn + "azure/devops/organizations/security/allow-list-ip-url"
	citeAccessTokens   = learn + "entra/identity-platform/access-tokens"
	citeProtocols      = learn + "entra/identity-platform/v2-protocols"
	citeCodeFlow       = learn + "entra/identity-platform/v2-oauth2-auth-code-flow"
	citeClientFlow     = learn + "entra/identity-platform/v2-oauth2-client-creds-grant-flow"
	citeErrorCodes     = learn + "entra/identity-platform/reference-error-codes"
	citeRegister       = learn + "entra/identity-platform/quickstart-register-app"
	citeCredentials    = learn + "entra/identity-platform/how-to-add-credentials"
	citeReplyURL       = learn + "entra/identity-platform/reply-url"
	citeScopes         = learn + "entra/identity-platform/scopes-oidc"
	citeDevOpsScopes   = learn + "azure/devops/integrate/get-started/authentication/oauth#scopes"
	citeDevOpsEntra    = learn + "azure/devops/integrate/get-started/authentication/entra-oauth"
	citeDevOpsLegacy   = learn + "azure/devops/integrate/get-started/authentication/azure-devops-oauth"
	citeOrgNames       = learn + "azure/devops/organizations/settings/naming-restrictions"
	citeOrgEntra       = learn + "azure/devops/organizations/accounts/connect-organization-to-azure-ad"
	citeOrgEntraAccess = learn + "azure/devops/organizations/accounts/access-with-azure-ad"
)
