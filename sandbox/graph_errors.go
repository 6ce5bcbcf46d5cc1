package sandbox

import (
	"fmt"
	"net/http"
)

// A graphError is a refusal of Microsoft Graph.
type graphError struct {
	Status  int
	Code    string
	Message string
	Details []graphDetail
}

type graphDetail struct {
	Code    string `json:"code"`
	Message string `json:"message"`
	Target  string `json:"target"`
}

// Error makes a graphError fit for logs and test output.
func (e *graphError) Error() string { return fmt.Sprintf("%d %s: %s", e.Status, e.Code, e.Message) }

// with fills the places of the message.
func (e graphError) with(args ...any) *graphError {
	e.Message = fmt.Sprintf(e.Message, args...)
	return &e
}

// detailed is with plus one entry of details that repeats the message.
func (e graphError) detailed(code, target string, args ...any) *graphError {
	filled := e.with(args...)
	filled.Details = []graphDetail{{Code: code, Message: filled.Message, Target: target}}
	return filled
}

// The catalogue. Texts with %s take what the request named.
var (
	errTokenMissing   = graphError{Status: http.StatusUnauthorized, Code: "InvalidAuthenticationToken", Message: "Access token is empty."}
	errTokenMalformed = graphError{Status: http.StatusUnauthorized, Code: "InvalidAuthenticationToken", Message: "CompactToken parsing failed with error code: 80049217"}
	errTokenSignature = graphError{Status: http.StatusUnauthorized, Code: "InvalidAuthenticationToken", Message: "Access token validation failure. Invalid signature."}
	errTokenExpired   = graphError{Status: http.StatusUnauthorized, Code: "InvalidAuthenticationToken", Message: "Lifetime validation failed, the token is expired."}
	errTokenAudience  = graphError{Status: http.StatusUnauthorized, Code: "InvalidAuthenticationToken", Message: "Access token validation failure. Invalid audience."}
	errCallerGone     = graphError{Status: http.StatusUnauthorized, Code: "Authorization_IdentityNotFound", Message: "The identity of the calling application could not be established."}

	errDenied            = graphError{Status: http.StatusForbidden, Code: "Authorization_RequestDenied", Message: "Insufficient privileges to complete the operation."}
	errForeignOwnedBy    = graphError{Status: http.StatusForbidden, Code: "Authorization_RequestDenied", Message: "When using this permission, the backing application of the service principal being created must in the local tenant"}
	errQuota             = graphError{Status: http.StatusForbidden, Code: "Directory_QuotaExceeded", Message: "The directory object quota limit for the Principal has been exceeded. Please ask your administrator to increase the quota limit or delete objects to reduce the used quota."}
	errDelegatedOnly     = graphError{Status: http.StatusBadRequest, Code: "BadRequest", Message: "/me request is only valid with delegated authentication flow."}
	errMethod            = graphError{Status: http.StatusMethodNotAllowed, Code: "Request_BadRequest", Message: "Specified HTTP method is not allowed for the request target."}
	errSegment           = graphError{Status: http.StatusBadRequest, Code: "BadRequest", Message: "Resource not found for the segment '%s'."}
	errVersion           = graphError{Status: http.StatusBadRequest, Code: "BadRequest", Message: "Invalid version: %s"}
	errNotFound          = graphError{Status: http.StatusNotFound, Code: "Request_ResourceNotFound", Message: "Resource '%s' does not exist or one of its queried reference-property objects are not present."}
	errObjectNotFound    = graphError{Status: http.StatusNotFound, Code: "Directory_ObjectNotFound", Message: "Unable to read the company information from the directory."}
	errBody              = graphError{Status: http.StatusBadRequest, Code: "BadRequest", Message: "Unable to read JSON request payload. Please ensure Content-Type header is set and payload is of valid JSON format."}
	errEmptyBody         = graphError{Status: http.StatusBadRequest, Code: "BadRequest", Message: "Empty Payload. JSON content expected."}
	errUnknownProperty   = graphError{Status: http.StatusBadRequest, Code: "BadRequest", Message: "The property '%s' does not exist on type '%s'. Make sure to only use property names that are defined by the type."}
	errReadOnly          = graphError{Status: http.StatusBadRequest, Code: "Request_BadRequest", Message: "Property '%s' is read-only and cannot be set."}
	errInvalidValue      = graphError{Status: http.StatusBadRequest, Code: "Request_BadRequest", Message: "Invalid value specified for property '%s' of resource '%s'."}
	errRequired          = graphError{Status: http.StatusBadRequest, Code: "Request_BadRequest", Message: "A value is required for property '%s' of resource '%s'."}
	errConflict          = graphError{Status: http.StatusBadRequest, Code: "Request_BadRequest", Message: "A conflicting object with one or more of the specified property values is present in the directory."}
	errDistinctURIs      = graphError{Status: http.StatusBadRequest, Code: "Request_BadRequest", Message: "Redirect URIs must have distinct values."}
	errTokenVersion      = graphError{Status: http.StatusBadRequest, Code: "Request_BadRequest", Message: "Property api.requestedAccessTokenVersion is invalid."}
	errOwnerExists       = graphError{Status: http.StatusBadRequest, Code: "Request_BadRequest", Message: "One or more added object references already exist for the following modified properties: 'owners'."}
	errKeyValue          = graphError{Status: http.StatusBadRequest, Code: "KeyCredentialsInvalidValue", Message: "Key credential value is invalid."}
	errKeyEnd            = graphError{Status: http.StatusBadRequest, Code: "KeyCredentialsInvalidEndDate", Message: "Key credential end date is invalid."}
	errKeyImmutable      = graphError{Status: http.StatusBadRequest, Code: "Request_BadRequest", Message: "Update to existing credential with KeyId '%s' is not allowed."}
	errNoSuchSecret      = graphError{Status: http.StatusBadRequest, Code: "Request_BadRequest", Message: "No password credential found with keyId."}
	errMicrosoftInternal = graphError{Status: http.StatusBadRequest, Code: "Request_BadRequest", Message: "Specified App Principal ID is Microsoft Internal."}
	errGrantExists       = graphError{Status: http.StatusBadRequest, Code: "Request_BadRequest", Message: "Permission entry already exists."}
	errRoleHeld          = graphError{Status: http.StatusBadRequest, Code: "Request_BadRequest", Message: "Permission being assigned already exists on the object"}
	errNoRole            = graphError{Status: http.StatusBadRequest, Code: "Request_BadRequest", Message: "Permission being assigned was not found on application"}
	errReference         = graphError{Status: http.StatusBadRequest, Code: "Request_BadRequest", Message: "Not a valid reference update."}
	errNoApplication     = graphError{Status: http.StatusBadRequest, Code: "Request_BadRequest", Message: "The appId '%s' of the service principal does not reference a valid application object."}

	errUniqueName       = graphError{Status: http.StatusConflict, Code: "Request_MultipleObjectsWithSameKeyValue", Message: "Another object with the same value for property uniqueName already exists."}
	errFederatedExists  = graphError{Status: http.StatusConflict, Code: "Request_MultipleObjectsWithSameKeyValue", Message: "FederatedIdentityCredential with name %s already exists."}
	errPrincipalExists  = graphError{Status: http.StatusConflict, Code: "Request_MultipleObjectsWithSameKeyValue", Message: "The service principal cannot be created, updated, or restored because the service principal name %s is already in use."}
	errSecretsForbidden = graphError{Status: http.StatusBadRequest, Code: "CredentialTypeNotAllowedAsPerAppPolicy", Message: "Credential type not allowed as per assigned policy '%s'."}
	errSecretLifetime   = graphError{Status: http.StatusBadRequest, Code: "CredentialInvalidLifetimeAsPerAppPolicy", Message: "Credential lifetime exceeds the max value allowed as per assigned policy '%s'."}
	errAudiencePolicy   = graphError{Status: http.StatusBadRequest, Code: "SignInAudienceNotAllowedAsPerAppPolicy", Message: "SignInAudience value '%s' not allowed as per assigned policy '%s'. Set the application to use single-tenant audience of 'AzureADMyOrg' or other allowed values."}
	errUnverifiedHost   = graphError{Status: http.StatusBadRequest, Code: "HostNameNotOnVerifiedDomain", Message: "Values of identifierUris property must use a verified domain of the organization or its subdomain: '%s'"}
	errEntitlement      = graphError{Status: http.StatusBadRequest, Code: "CannotDeleteOrUpdateEnabledEntitlement", Message: "Permission (scope or role) cannot be deleted or updated unless disabled first."}

	errUnsupportedQuery = graphError{Status: http.StatusBadRequest, Code: "Request_UnsupportedQuery", Message: "Unsupported Query."}
	errSearchHeader     = graphError{Status: http.StatusBadRequest, Code: "Request_UnsupportedQuery", Message: "Request with $search query parameter only works through MSGraph with a special request header: 'ConsistencyLevel: eventual'"}
	errSorting          = graphError{Status: http.StatusBadRequest, Code: "Request_UnsupportedQuery", Message: "Sorting not supported for current query."}
	errFilterProperty   = graphError{Status: http.StatusBadRequest, Code: "Request_UnsupportedQuery", Message: "Unsupported or invalid query filter clause specified for property '%s' of resource '%s'."}
	errFilterClauses    = graphError{Status: http.StatusBadRequest, Code: "Request_UnsupportedQuery", Message: "Too many child clauses specified in search filter expression containing 'OR' operators: %d. Max allowed: %d."}
	errFilterSyntax     = graphError{Status: http.StatusBadRequest, Code: "BadRequest", Message: "Invalid filter clause: %s"}
	errFilterTypes      = graphError{Status: http.StatusBadRequest, Code: "BadRequest", Message: "Invalid filter clause: A binary operator with incompatible types was detected for property '%s'."}
	errSelect           = graphError{Status: http.StatusBadRequest, Code: "BadRequest", Message: "Parsing OData Select and Expand failed: Could not find a property named '%s' on type '%s'."}
	errQueryOption      = graphError{Status: http.StatusBadRequest, Code: "BadRequest", Message: "The query option '%s' is not supported for this resource."}
	errOptionLength     = graphError{Status: http.StatusBadRequest, Code: "Request_BadRequest", Message: "The value of the query option '%s' is longer than %d characters."}
	errPageSize         = graphError{Status: http.StatusBadRequest, Code: "Request_BadRequest", Message: "Invalid page size specified: '%s'. Must be between 1 and 999 inclusive."}
	errPageToken        = graphError{Status: http.StatusBadRequest, Code: "Directory_ExpiredPageToken", Message: "The specified page token value has expired and can no longer be included in your request."}

	errBatch       = graphError{Status: http.StatusBadRequest, Code: "BadRequest", Message: "Invalid batch payload format."}
	errBatchSize   = graphError{Status: http.StatusBadRequest, Code: "MaximumValueExceeded", Message: "Number of batch request steps exceeds the maximum value of 20."}
	errBatchFailed = graphError{Status: http.StatusFailedDependency, Code: "FailedDependency", Message: "A request that this one depends on has failed."}
)

// tokenErrors says how each fault of a token is answered.
var tokenErrors = map[tokenFaultReason]graphError{
	tokenMissing:       errTokenMissing,
	tokenMalformed:     errTokenMalformed,
	tokenBadSignature:  errTokenSignature,
	tokenExpired:       errTokenExpired,
	tokenWrongAudience: errTokenAudience,
}
