package entra

// A subcode that the sign-in page sends instead of a number when the person
// pressed Cancel, or went back without consenting.
const subcodeCancel = "cancel"

var cancelled = Explanation{"The person pressed Cancel or went back before consenting.", "Begin again, and choose Accept on the consent page.", EndUser}

// oauthErrors explains the values of "error" that come without a number of
// Microsoft's [RFC 6749 4.1.2.1 and 5.2, OpenID Connect Core 3.1.2.6,
// MicrosoftDocs/entra-docs/docs/identity-platform/v2-admin-consent.md].
var oauthErrors = map[string]Explanation{
	"access_denied":              {"Access was refused: the person declined, or may not consent.", "Begin again and choose Accept, or send the text for the administrator.", EndUser},
	"permission_denied":          {"The administrator declined the consent.", "Ask why; then let the administrator open the link again and choose Accept.", TenantAdmin},
	"consent_required":           {"Somebody has to consent first.", "Sign in and accept, or let an administrator give consent for the whole tenant.", EndUser},
	"interaction_required":       {"The person has to do something on Microsoft's page first, such as a second factor.", "Sign in again without prompt=none.", EndUser},
	"login_required":             {"Nobody is signed in, and the request did not allow asking.", "Sign in again without prompt=none.", EndUser},
	"account_selection_required": {"Several accounts are signed in, and none was chosen.", "Sign in again and choose the account.", EndUser},
	"invalid_client":             {"The app could not prove that it is itself: client ID or client secret is wrong, missing or expired.", "Check client ID and client secret (the value, not the secret's ID), and when the secret expires.", AppOwner},
	"invalid_grant":              {"The code or the refresh token is used up, expired or revoked, or belongs to another request.", "Sign in again.", EndUser},
	"invalid_request":            {"The request is incomplete or wrongly put together.", "Compare redirect URI, scopes and tenant with the app registration.", AppOwner},
	"invalid_resource":           {"The service asked for is not known in this tenant.", "Check the first part of each scope: 499b84ac-1321-427f-aa17-267ca6975798 for Azure DevOps.", AppOwner},
	"invalid_scope":              {"A scope is unknown or wrongly written.", "Write each Azure DevOps scope with 499b84ac-1321-427f-aa17-267ca6975798/ in front, separated by single blanks.", AppOwner},
	"InvalidScope":               {"Azure DevOps' retired OAuth refused the scopes: they must be exactly those of the registration.", "Move the integration to Microsoft Entra; until then, make both lists equal.", AppOwner},
	"unauthorized_client":        {"The app is unknown or disabled in this tenant, or may not sign in this way.", "Check the client ID and the tenant, and whether the enterprise application is enabled.", AppOwner},
	"unsupported_grant_type":     {"This kind of token request is not supported.", "The integration's vendor has to look at grant_type in the token request.", AppOwner},
	"unsupported_response_type":  {"This kind of answer is not enabled for the app.", "Use the authorization code flow (response_type=code).", AppOwner},
	"invalid_instance":           {"The sign-in host is none of Microsoft's.", "Correct the cloud's login address.", AppOwner},
	"authorization_pending":      {"The person has not finished the device sign-in yet.", "Enter the code on Microsoft's page; this goes on by itself.", EndUser},
	"authorization_declined":     {"The person declined the device sign-in.", "Begin again and accept.", EndUser},
	"bad_verification_code":      {"The code of the device sign-in is wrong.", "Begin again and enter the new code.", EndUser},
	"expired_token":              {"The device sign-in took too long.", "Begin again.", EndUser},
	"slow_down":                  {"The device sign-in is asked about too often.", "Wait a little; this goes on by itself.", EndUser},
	"server_error":               {"Microsoft's sign-in service failed.", "Try again; if it lasts, see Microsoft's status page.", Microsoft},
	"temporarily_unavailable":    {"Microsoft's sign-in service is busy.", "Try again in a minute.", Microsoft},
}

// ExplainOAuth explains the value of "error" of an answer that carries no
// number; subcode is its error_subcode.
func ExplainOAuth(value, subcode string) (Explanation, bool) {
	if value == "access_denied" && subcode == subcodeCancel {
		return cancelled, true
	}
	e, ok := oauthErrors[value]
	return e, ok
}
