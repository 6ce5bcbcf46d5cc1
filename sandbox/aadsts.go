package sandbox

import (
	"fmt"
	"net/http"
	"strings"
)

// A signInError is one code of the sign-in service: the OAuth error value it
// comes with and the text behind "AADSTSnnn: ". Texts are what the service
// sends; {words} are filled in.
type signInError struct {
	oauth    string
	text     string
	sub      string // suberror of the JSON body
	unlisted bool   // Microsoft's error page does not know it: no error_uri
}

// OAuth error values.
const (
	accessDenied         = "access_denied"
	consentRequired      = "consent_required"
	interactionRequired  = "interaction_required"
	invalidClient        = "invalid_client"
	invalidGrant         = "invalid_grant"
	invalidRequest       = "invalid_request"
	invalidResource      = "invalid_resource"
	invalidScope         = "invalid_scope"
	loginRequired        = "login_required"
	unauthorizedClient   = "unauthorized_client"
	unsupportedGrantType = "unsupported_grant_type"
	unsupportedResponse  = "unsupported_response_type"
)

const (
	needsMFA   = "Due to a configuration change made by your administrator, or because you moved to a new location, you must use multi-factor authentication to access '{resource}'."
	needsEnrol = "Due to a configuration change made by your administrator, or because you moved to a new location, you must enroll in multi-factor authentication to access '{resource}'."
	// reviewAssertions ends the texts about client assertions.
	reviewAssertions = " Review the documentation at https://learn.microsoft.com/entra/identity-platform/certificate-credentials ."
	// reviewFederated ends those about tokens of other issuers.
	reviewFederated = " Check your federated identity credential Subject, Audience and Issuer against the presented assertion. https://learn.microsoft.com/entra/workload-id/workload-identity-federation"
	noTenantInfo    = "No tenant-identifying information found in either the request or implied by any provided credentials."
)

// signInErrors are the codes the sandbox answers with, by number.
var signInErrors = map[int]signInError{
	16000:   {oauth: interactionRequired, text: "Either multiple user identities are available for the current request or selected account is not supported for the scenario."},
	28000:   {oauth: invalidRequest, text: "Provided value for the input parameter scope is not valid because it contains more than one resource. Scope {scope} is not valid."},
	28003:   {oauth: invalidRequest, text: "Provided value for the input parameter scope cannot be empty when requesting an access token using the provided authorization code. Please specify a valid scope."},
	50011:   {oauth: invalidRequest, text: "The redirect URI '{redirectUri}' specified in the request does not match the redirect URIs configured for the application '{appId}'. Make sure the redirect URI sent in the request matches one added to your application in the Azure portal. Navigate to https://aka.ms/redirectUriMismatchError to learn more about how to fix this."},
	50020:   {oauth: invalidRequest, text: "User account '{email}' from identity provider '{idp}' does not exist in tenant '{tenant}' and cannot access the application '{appId}'({appName}) in that tenant. The account needs to be added as an external user in the tenant first. Sign out and sign in again with a different Microsoft Entra user account."},
	50013:   {oauth: invalidGrant, text: "Assertion failed signature validation."},
	50012:   {oauth: invalidClient, text: "Client assertion application identifier doesn't match 'client_id' parameter."},
	50027:   {oauth: invalidGrant, text: "JWT token is invalid or malformed."},
	50034:   {oauth: invalidGrant, text: "The user account {EmailHidden} does not exist in the {tenant} directory. To sign into this application, the account must be added to the directory."},
	50049:   {oauth: "invalid_instance", text: "Unknown or invalid instance."},
	50057:   {oauth: invalidGrant, text: "The user account is disabled."},
	50058:   {oauth: loginRequired, text: "A silent sign-in request was sent but no user is signed in."},
	50059:   {oauth: invalidRequest, text: noTenantInfo},
	50076:   {oauth: interactionRequired, text: needsMFA, sub: "basic_action"},
	50079:   {oauth: interactionRequired, text: needsEnrol, sub: "basic_action"},
	50105:   {oauth: invalidGrant, text: "Your administrator has configured the application {appName} ('{appId}') to block users unless they are specifically granted ('assigned') access to the application. The signed in user '{upn}' is blocked because they are not a direct member of a group with access, nor had access directly assigned by an administrator. Please contact your administrator to assign access to this application."},
	50126:   {oauth: invalidGrant, text: "Error validating credentials due to invalid username or password."},
	50158:   {oauth: interactionRequired, text: "External security challenge not satisfied."},
	50166:   {oauth: invalidRequest, text: "Request to External OIDC endpoint failed."},
	50173:   {oauth: invalidGrant, text: "The provided grant has expired due to it being revoked, a fresh auth token is needed. The user might have changed or reset their password.", sub: "bad_token"},
	50194:   {oauth: invalidRequest, text: "Application '{appId}'({appName}) is not configured as a multi-tenant application. Usage of the /common endpoint is not supported for such applications created after '10/15/2018'. Use a tenant-specific endpoint or configure the application to be multi-tenant."},
	50196:   {oauth: invalidGrant, text: "The server terminated an operation because it encountered a loop while processing a request."},
	53000:   {oauth: interactionRequired, text: "Your device is required to be managed to access this resource.", sub: "message_only"},
	53003:   {oauth: interactionRequired, text: "Access has been blocked by Conditional Access policies. The access policy does not allow token issuance.", sub: "message_only"},
	54005:   {oauth: invalidGrant, text: "OAuth2 Authorization code was already redeemed, please retry with a new valid code or use an existing refresh token."},
	65001:   {oauth: invalidGrant, text: "The user or administrator has not consented to use the application with ID '{appId}' named '{appName}'. Send an interactive authorization request for this user and resource.", sub: consentRequired},
	65004:   {oauth: accessDenied, text: "User declined to consent to access the app."},
	70000:   {oauth: invalidGrant, text: "Provided grant is invalid or malformed."},
	70003:   {oauth: unsupportedGrantType, text: "The app requested an unsupported grant type '{grantType}'."},
	70005:   {oauth: unsupportedResponse, text: "The application requested an unsupported response type '{responseType}' when requesting a token."},
	70007:   {oauth: invalidRequest, text: "'{responseMode}' is not a supported value of 'response_mode' when requesting a token."},
	70008:   {oauth: invalidGrant, text: "The provided authorization code or refresh token has expired due to inactivity. Send a new interactive authorization request for this user and resource.", sub: "bad_token"},
	70011:   {oauth: invalidScope, text: "The provided request must include a 'scope' input parameter. The provided value for the input parameter 'scope' is not valid. The scope {scope} is not valid.{why}"},
	70016:   {oauth: "authorization_pending", text: "OAuth 2.0 device flow error. Authorization is pending. Continue polling."},
	70018:   {oauth: "bad_verification_code", text: "Invalid verification code due to User typing in wrong user code for device code flow."},
	70019:   {oauth: "expired_token", text: "Verification code expired."},
	70020:   {oauth: "expired_token", text: "The provided value for the input parameter 'device_code' is not valid. This device code has expired.", unlisted: true},
	90002:   {oauth: invalidRequest, text: "Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud. Check with your subscription administrator, this may happen if there are no active subscriptions for the tenant."},
	90008:   {oauth: invalidRequest, text: "The user or administrator has not consented to use the application with ID '{appId}'. This happened because application is misconfigured: it must require access to Windows Azure Active Directory by specifying at least 'Sign in and read user profile' permission."},
	90009:   {oauth: invalidRequest, text: "Application '{appId}'({appName}) is requesting a token for itself. This scenario is supported only if resource is specified using the GUID based App Identifier."},
	90013:   {oauth: invalidRequest, text: "Invalid input received from the user."},
	90014:   {oauth: invalidRequest, text: "The required field '{field}' is missing from the credential. Ensure that you have all the necessary parameters for the login request."},
	90019:   {oauth: invalidRequest, text: noTenantInfo},
	90023:   {oauth: invalidRequest, text: "Unsupported '{parameter}' value."},
	90093:   {oauth: accessDenied, text: "{appName} is requesting one or more permissions that you are not authorized to grant. Contact an administrator, who can consent to this application on your behalf."},
	90094:   {oauth: accessDenied, text: "{appName} needs permission to access resources in your organization that only an admin can grant. Please ask an admin to grant permission to this app before you can use it."},
	90095:   {oauth: accessDenied, text: "{appName} requires your admin's approval to access resources in your organization. Request approval to ask an admin to review this app."},
	90102:   {oauth: invalidRequest, text: "'redirect_uri' value must be a valid absolute URI."},
	90130:   {oauth: invalidRequest, text: "Application '{appId}' ({appName}) is not supported over the /common or /consumers endpoints. Please use the /organizations or tenant-specific endpoint."},
	90133:   {oauth: invalidRequest, text: "Device Code flow is not supported under /common or /consumers endpoint.", unlisted: true},
	165000:  {oauth: invalidRequest, text: "Invalid Request: The user session context is missing."},
	500011:  {oauth: invalidResource, text: "The resource principal named {name} was not found in the tenant named {tenant}. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant. You might have sent your authentication request to the wrong tenant."},
	500014:  {oauth: invalidResource, text: "The service principal for resource '{resource}' is disabled. This indicate that a subscription within the tenant has lapsed, or that the administrator for this tenant has disabled the application, preventing tokens from being issued for it."},
	500112:  {oauth: invalidClient, text: "The reply address '{sent}' does not match the reply address '{original}' provided when requesting Authorization code."},
	500113:  {oauth: invalidRequest, text: "No reply address is registered for the application.", unlisted: true},
	501481:  {oauth: invalidGrant, text: "The Code_Verifier does not match the code_challenge supplied in the authorization request."},
	501491:  {oauth: invalidRequest, text: "The size of the code_challenge supplied in the authorization request is invalid."},
	530032:  {oauth: interactionRequired, text: "The tenant admin has configured a security policy that blocks this request. Check the security policies that are defined on the tenant level to determine if your request meets the policy requirements."},
	530003:  {oauth: interactionRequired, text: "Your device is required to be managed to access this resource."},
	650052:  {oauth: invalidClient, text: "The app is trying to access a service '{resourceAppId}'({resourceName}) that your organization '{tenant}' lacks a service principal for. Contact your IT Admin to review the configuration of your service subscriptions or consent to the application in order to create the required service principal."},
	650053:  {oauth: invalidClient, text: "The application '{appName}' asked for scope '{scope}' that doesn't exist on the resource '{resource}'. Contact the app vendor."},
	650056:  {oauth: invalidClient, text: "Misconfigured application. This could be due to one of the following: the client has not listed any permissions for '{resource}' in the requested permissions in the client's application registration. Or, the admin has not consented in the tenant. Or, check the application identifier in the request to ensure it matches the configured client application identifier. Or, check the certificate in the request to ensure it's valid. Please contact your admin to fix the configuration or consent on behalf of the tenant. Client app ID: {appId}."},
	650057:  {oauth: invalidResource, text: "Invalid resource. The client has requested access to a resource which is not listed in the requested permissions in the client's application registration. Client app ID: {appId}({appName}). Resource value from request: {resource}. Resource app ID: {resourceAppId}. List of valid resources from app registration: {list}."},
	650059:  {oauth: invalidClient, text: "The application (appId:{appId}) is not configured for use in tenant (tenantId: {tenantId}). The value AzureADMyOrg set for application property SignInAudience is limiting its use in the tenant.", unlisted: true},
	700005:  {oauth: invalidGrant, text: "The provided Authorization Code is intended to use against other tenant, thus rejected. OAuth2 Authorization Code must be redeemed against same tenant it was acquired for (/common or /{tenant-ID} as appropriate)."},
	700016:  {oauth: unauthorizedClient, text: "Application with identifier '{appId}' was not found in the directory '{tenant}'. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant. You may have sent your authentication request to the wrong tenant."},
	700023:  {oauth: invalidRequest, text: "Client assertion audience claim does not match Realm issuer." + reviewAssertions},
	700024:  {oauth: invalidClient, text: "Client assertion is not within its valid time range. Current time: {now}, assertion valid from {from}, expiry time of assertion {until}." + reviewAssertions, unlisted: true},
	700025:  {oauth: invalidClient, text: "Client is public so neither 'client_assertion' nor 'client_secret' should be presented."},
	700027:  {oauth: invalidClient, text: "{what} [Reason - {reason}, Please visit the Azure Portal, Graph Explorer or directly use MS Graph to see configured keys for app Id '{appId}'. Review the documentation at https://docs.microsoft.com/en-us/graph/deployments to determine the corresponding service endpoint and https://docs.microsoft.com/en-us/graph/api/application-get?view=graph-rest-1.0&tabs=http to build a query request URL, such as 'https://graph.microsoft.com/beta/applications/{appId}']."},
	700051:  {oauth: unsupportedResponse, text: "response_type 'token' is not enabled for the application."},
	700054:  {oauth: unsupportedResponse, text: "response_type 'id_token' is not enabled for the application."},
	700082:  {oauth: invalidGrant, text: "The refresh token has expired due to inactivity. The token was issued on {issued} and was inactive for {days}.00:00:00.", sub: "bad_token"},
	700084:  {oauth: invalidGrant, text: "The refresh token was issued to a single page app (SPA), and therefore has a fixed, limited lifetime of 1.00:00:00, which cannot be extended. It is now expired and a new sign in request must be sent by the SPA to the sign in page. The token was issued on {issued}.", sub: "token_expired"},
	900023:  {oauth: invalidRequest, text: "Specified tenant identifier '{tenant}' is neither a valid DNS name, nor a valid external domain."},
	700211:  {oauth: invalidClient, text: "No matching federated identity record found for presented assertion issuer '{issuer}'." + reviewFederated, unlisted: true},
	700212:  {oauth: invalidClient, text: "No matching federated identity record found for presented assertion audience '{audience}'." + reviewFederated, unlisted: true},
	700213:  {oauth: invalidClient, text: "No matching federated identity record found for presented assertion subject '{subject}'." + reviewFederated, unlisted: true},
	900144:  {oauth: invalidRequest, text: "The request body must contain the following parameter: '{parameter}'."},
	900561:  {oauth: invalidRequest, text: "The endpoint only accepts {validVerbs} requests. Received a {verb} request."},
	900941:  {oauth: accessDenied, text: "Administrator consent is required. App is considered risky. (AdminConsentRequiredDueToRiskyApp)", unlisted: true},
	901002:  {oauth: invalidRequest, text: "The 'resource' request parameter is not supported."},
	1002012: {oauth: invalidScope, text: "The provided value for scope {scope} is not valid. Client credential flows must have a scope value with /.default suffixed to the resource identifier (application ID URI).", unlisted: true},
	7000112: {oauth: unauthorizedClient, text: "Application '{appId}'({appName}) is disabled."},
	7000215: {oauth: invalidClient, text: "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID, for a secret added to app '{appId}'."},
	7000216: {oauth: invalidClient, text: "'client_assertion', 'client_secret' or 'request' is required for the 'client_credentials' grant type."},
	7000218: {oauth: invalidClient, text: "The request body must contain the following parameter: 'client_assertion' or 'client_secret'."},
	7000222: {oauth: invalidClient, text: "The provided client secret keys for app '{appId}' are expired. Visit the Azure portal to create new keys for your app: https://aka.ms/NewClientSecret, or consider using certificate credentials for added security: https://aka.ms/certCreds."},
	7000229: {oauth: invalidClient, text: "The client application {appId} is missing service principal in the tenant {tenant}. See instructions here: https://go.microsoft.com/fwlink/?linkid=2225119", unlisted: true},
	9001023: {oauth: invalidRequest, text: "The grant type is not supported over the /common or /consumers endpoints. Please use the /organizations or tenant-specific endpoint."},
	9002313: {oauth: invalidRequest, text: "Invalid request. Request is malformed or invalid."},
	9002325: {oauth: invalidRequest, text: "Proof Key for Code Exchange is required for cross-origin authorization code redemption."},
	9002326: {oauth: invalidRequest, text: "Cross-origin token redemption is permitted only for the 'Single-Page Application' client-type."},
	9002327: {oauth: invalidRequest, text: "Tokens issued for the 'Single-Page Application' client-type may only be redeemed via cross-origin requests."},
}

// A refusal is a signInError about one request.
type refusal struct {
	signInError
	code int
	text string
	// claims is the challenge that goes with a Conditional Access refusal.
	claims string
}

// aadsts fills the text of a code; args are pairs of word and value.
func aadsts(code int, args ...string) *refusal {
	e, ok := signInErrors[code]
	if !ok {
		panic(fmt.Sprintf("sandbox: AADSTS%d is not in the table", code))
	}
	pairs := make([]string, len(args))
	for i, arg := range args {
		pairs[i] = arg
		if i%2 == 0 {
			pairs[i] = "{" + arg + "}"
		}
	}
	return &refusal{signInError: e, code: code, text: strings.NewReplacer(pairs...).Replace(e.text)}
}

// aadstsApp is aadsts for texts that name an application.
func aadstsApp(code int, a *application, args ...string) *refusal {
	return aadsts(code, append(args, "appId", a.AppID, "appName", a.DisplayName)...)
}

// as gives the refusal another OAuth error value: some codes have one at the
// authorization endpoint and another at the token endpoint.
func (e *refusal) as(oauth string) *refusal {
	changed := *e
	changed.oauth = oauth
	return &changed
}

// line is the first line of every form of the error.
func (e *refusal) line() string { return fmt.Sprintf("AADSTS%d: %s", e.code, e.text) }

// status is the HTTP status at the token endpoint.
func (e *refusal) status() int {
	if e.oauth == invalidClient && e.code != 650052 && e.code != 650053 {
		return http.StatusUnauthorized
	}
	return http.StatusBadRequest
}
