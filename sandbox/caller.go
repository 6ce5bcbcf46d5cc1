package sandbox

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

// The resources access tokens are issued for, by appId.
const (
	graphAppID  = "00000003-0000-0000-c000-000000000000"
	devopsAppID = "499b84ac-1321-427f-aa17-267ca6975798"
)

// A caller is who presents a valid access token.
type caller struct {
	TenantID string
	// AppID is the client that holds the token.
	AppID string
	// ObjectID is the user, or the client's service principal when there is
	// no user (see appOnly).
	ObjectID          string
	UserPrincipalName string // empty without a user
	DisplayName       string
	Scopes            []string // scp: delegated permissions; none without a user
	Roles             []string // roles: application permissions
	Wids              []string // role template ids of the user, Graph tokens only
	Audience          string   // aud as it stands in the token
	Resource          string   // appId of the resource that Audience names
	Issued, Expires   time.Time

	legacy bool // the token is of Azure DevOps's own, retired OAuth
}

// appOnly reports whether the token stands for the app itself, without a user.
func (c *caller) appOnly() bool { return c.UserPrincipalName == "" }

// hasScope reports whether the token carries one of the delegated
// permissions. Letter case does not matter, as at the resources.
func (c *caller) hasScope(values ...string) bool { return containsFold(c.Scopes, values) }

// hasRole is hasScope for application permissions.
func (c *caller) hasRole(values ...string) bool { return containsFold(c.Roles, values) }

func containsFold(have, want []string) bool {
	return slices.ContainsFunc(have, func(h string) bool {
		return slices.ContainsFunc(want, func(w string) bool { return strings.EqualFold(h, w) })
	})
}

// A tokenFault is why a request counts as anonymous.
type tokenFault struct{ Reason tokenFaultReason }

type tokenFaultReason string

// The reasons in the order they are looked for.
const (
	tokenMissing       tokenFaultReason = "missing"        // no Authorization: Bearer
	tokenMalformed     tokenFaultReason = "not a JWT"      // or signed by another algorithm
	tokenBadSignature  tokenFaultReason = "bad signature"  // or not an access token of ours
	tokenExpired       tokenFaultReason = "expired"        // or not valid yet
	tokenWrongAudience tokenFaultReason = "wrong audience" // meant for another resource
)

// authenticate reads the bearer token of a request to Microsoft Graph or
// Azure DevOps. Which of them was called is read from the request's place;
// a token for the other one is refused. It needs no lock. Whether the user
// still exists and what they may do is for the service to decide.
func (w *world) authenticate(r *http.Request) (*caller, *tokenFault) {
	scheme, raw, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if raw = strings.TrimSpace(raw); !strings.EqualFold(scheme, "Bearer") || raw == "" {
		return nil, &tokenFault{tokenMissing}
	}
	c, reason := w.callerOf(raw)
	if reason != "" {
		return nil, &tokenFault{reason}
	}
	if c.Resource == "" || c.Resource != resourceOfService(placeOf(r).service) {
		return nil, &tokenFault{tokenWrongAudience}
	}
	return c, nil
}

func resourceOfService(service string) string {
	switch service {
	case serviceGraph:
		return graphAppID
	case serviceDevOps, serviceVSSPS:
		return devopsAppID
	}
	return ""
}

// callerOf is who holds a token of Entra, or one of Azure DevOps's own OAuth.
func (w *world) callerOf(raw string) (*caller, tokenFaultReason) {
	if issuedByLegacy(raw) {
		return w.legacyCaller(raw)
	}
	claims, reason := w.login.verify(raw, w.now())
	if reason != "" {
		return nil, reason
	}
	return claims.caller(), ""
}

// verify checks signature and lifetime; the reason is empty when it holds.
func (s *loginState) verify(raw string, now time.Time) (*accessClaims, tokenFaultReason) {
	var claims accessClaims
	switch reason := s.signed(raw, &claims); {
	case reason != "":
		return nil, reason
	case claims.Version != accessTokenVersion:
		return nil, tokenBadSignature
	}
	if at := now.Unix(); at >= claims.Expires || at < claims.NotBefore {
		return nil, tokenExpired
	}
	return &claims, ""
}

// signed reads the claims of a JWT that was signed here.
func (s *loginState) signed(raw string, claims any) tokenFaultReason {
	token, err := jwt.ParseSigned(raw, []jose.SignatureAlgorithm{jose.RS256})
	if err != nil {
		return tokenMalformed
	}
	key, err := s.key()
	if err != nil {
		return tokenBadSignature
	}
	switch err = token.Claims(&key.private.PublicKey, claims); {
	case errors.Is(err, jose.ErrCryptoFailure):
		return tokenBadSignature
	case err != nil:
		return tokenMalformed
	}
	return ""
}

func (c *accessClaims) caller() *caller {
	return &caller{
		TenantID: c.Tenant, AppID: c.AppID, ObjectID: c.ObjectID,
		UserPrincipalName: c.UPN, DisplayName: c.Name,
		Scopes: strings.Fields(c.Scopes), Roles: c.Roles, Wids: c.Wids,
		Audience: c.Audience, Resource: resourceOfAudience(c.Audience),
		Issued: time.Unix(c.Issued, 0).UTC(), Expires: time.Unix(c.Expires, 0).UTC(),
	}
}

// resourceOfAudience maps an aud claim to the appId of one of the sandbox's
// own resources.
func resourceOfAudience(aud string) string {
	return wellKnownResources[strings.ToLower(strings.TrimRight(aud, "/"))]
}

// wellKnownResources are the identifiers under which the sandbox's resources
// are asked for, without trailing slashes.
var wellKnownResources = map[string]string{
	graphAppID:                           graphAppID,
	"https://graph.microsoft.com":        graphAppID,
	devopsAppID:                          devopsAppID,
	"https://app.vssps.visualstudio.com": devopsAppID,
}
