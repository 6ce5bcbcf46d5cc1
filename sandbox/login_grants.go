package sandbox

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"slices"
	"strings"
)

// The values of code_challenge_method.
const (
	pkcePlain = "plain"
	pkceS256  = "S256"
)

// redeemCode is grant_type=authorization_code.
func (v *visit) redeemCode(req tokenRequest) (*tokenBody, *refusal) {
	p := v.platformOf(req)
	acr, e := v.authenticateClient(req, p, 7000218)
	if e != nil {
		return nil, e
	}
	code, e := v.checkCode(req)
	if e != nil {
		return nil, e
	}
	if e := code.checkVerifier(v.param("code_verifier")); e != nil {
		return nil, e
	}
	body, e := v.issueFor(req, heldGrant{code.Account, code.TenantID, code.Wanted, code.OIDC, code.Signed}, tokenIntent{
		acr: acr, nonce: code.Nonce, platform: p,
	})
	if e == nil {
		v.world.login.redeem(v.param("code"), code.Expires)
	}
	return body, e
}

// checkCode holds the code and the redirect URI against what was issued.
func (v *visit) checkCode(req tokenRequest) (*authorizationCode, *refusal) {
	if v.param("code") == "" {
		return nil, aadsts(900144, "parameter", "code")
	}
	code := v.world.login.code(v.param("code"))
	sent := v.param("redirect_uri")
	switch {
	case code == nil, code.ClientID != req.client.AppID:
		return nil, aadsts(70000)
	case v.world.login.isRedeemed(v.param("code")):
		return nil, aadsts(54005)
	case !v.at.Before(code.Expires):
		return nil, aadsts(70008)
	case code.Authority != req.segment.key():
		return nil, aadsts(700005)
	case sent == "":
		return nil, aadsts(900144, "parameter", "redirect_uri")
	case sent != code.RedirectURI:
		return nil, aadsts(500112, "sent", sent, "original", code.RedirectURI)
	}
	return code, nil
}

// checkVerifier is PKCE: optional, but held to once a challenge was sent.
func (c *authorizationCode) checkVerifier(verifier string) *refusal {
	if c.Challenge == "" {
		if c.Platform == platformSPA {
			return aadsts(9002325)
		}
		return nil
	}
	computed := verifier
	if c.Method == pkceS256 {
		sum := sha256.Sum256([]byte(verifier))
		computed = base64.RawURLEncoding.EncodeToString(sum[:])
	}
	if subtle.ConstantTimeCompare([]byte(computed), []byte(c.Challenge)) != 1 {
		return aadsts(501481)
	}
	return nil
}

// refresh is grant_type=refresh_token. The token that is sent stays valid.
func (v *visit) refresh(req tokenRequest) (*tokenBody, *refusal) {
	p := v.platformOf(req)
	acr, e := v.authenticateClient(req, p, 7000218)
	if e != nil {
		return nil, e
	}
	held, e := v.checkRefreshToken(req)
	if e != nil {
		return nil, e
	}
	intent := tokenIntent{acr: acr, platform: p}
	if p == platformSPA {
		intent.spaEnd = held.Expires
	}
	tenantID := held.TenantID
	if req.segment.tenant != nil {
		tenantID = req.segment.tenant.ID // refresh tokens are not bound to a tenant
	}
	return v.issueFor(req, heldGrant{held.Account, tenantID, []asked{held.Wanted}, held.OIDC, held.Signed}, intent)
}

func (v *visit) checkRefreshToken(req tokenRequest) (*refreshToken, *refusal) {
	value := v.param("refresh_token")
	if value == "" {
		return nil, aadsts(900144, "parameter", "refresh_token")
	}
	held := v.world.login.refreshToken(value)
	switch {
	case held == nil, held.ClientID != req.client.AppID:
		return nil, aadsts(70000)
	case v.revoked(held):
		return nil, aadsts(50173)
	case v.at.Before(held.Expires):
		return held, nil
	case held.Platform == platformSPA:
		return nil, aadsts(700084, "issued", issueTime(held.Issued))
	}
	return nil, aadsts(700082, "issued", issueTime(held.Issued), "days", "90")
}

// revoked reports whether the user's sessions were ended since.
func (v *visit) revoked(held *refreshToken) bool {
	u := v.userOf(held.Account)
	return u != nil && held.Issued.Before(u.sessionsFrom)
}

// A heldGrant is what a code, a refresh token or a device code stands for.
type heldGrant struct {
	account  account
	tenantID string
	wanted   []asked
	oidc     []string
	signed   authentication
}

// issueFor ends every grant that has a user: it chooses the resource and
// looks whether the user still may.
func (v *visit) issueFor(req tokenRequest, held heldGrant, t tokenIntent) (*tokenBody, *refusal) {
	s, e := v.subjectIn(held.account, held.tenantID, req.client)
	if e != nil {
		return nil, e
	}
	if e := req.client.enabledIn(s.tenant); e != nil {
		return nil, e
	}
	scope, e := v.requestedScope()
	if e != nil {
		return nil, e
	}
	if t.wanted, e = v.chooseResource(s.tenant, req.client, scope, held.wanted); e != nil {
		return nil, e
	}
	// Microsoft's own libraries name the sign-in scopes here only.
	t.oidc = addMissing(slices.Clone(held.oidc), scope.oidc...)
	t.client, t.subject, t.account, t.v1 = req.client, s, held.account, v.v1
	t.signed = held.signed
	q := consentQuestion{subject: s, client: req.client, principal: s.tenant.principalOf(req.client.AppID)}
	if e := q.unassigned(); e != nil {
		return nil, e
	}
	if e := s.tenant.blocked(req.client, s.user, []asked{t.wanted}); e != nil {
		return nil, e
	}
	return v.issue(t)
}

// chooseResource settles on the one resource of the access token: the one
// that scope names, or the one that was consented to.
func (v *visit) chooseResource(t *tenant, c client, scope scopeRequest, held []asked) (asked, *refusal) {
	switch {
	case len(scope.resources) > 1:
		return asked{}, aadsts(28000, "scope", scope.raw)
	case len(scope.resources) == 0 && len(held) > 1:
		return asked{}, aadsts(28003)
	case len(scope.resources) == 0:
		return firstAsked(held), nil
	}
	wanted, e := v.resolveScopes(t, c, scope)
	return firstAsked(wanted), e
}

// requestedScope reads scope, or resource at the endpoint without "v2.0".
func (v *visit) requestedScope() (scopeRequest, *refusal) {
	if v.v1 {
		return resourceScope(v.param("resource")), nil
	}
	return parseScopes(v.param("scope"))
}

// clientCredentials is grant_type=client_credentials: a token for the app
// itself. Its service principal must be in the tenant.
func (v *visit) clientCredentials(req tokenRequest) (*tokenBody, *refusal) {
	t := req.segment.tenant
	if t == nil {
		return nil, aadsts(50059)
	}
	acr, e := v.authenticateClient(req, platformWeb, 7000216)
	if e != nil {
		return nil, e
	}
	principal := v.view.principal(t, pathToken{by: "appId", text: req.client.AppID})
	if principal == nil {
		return nil, aadsts(7000229, "appId", req.client.AppID, "tenant", t.ID)
	}
	wanted, e := v.appScope(t, req.client)
	if e != nil {
		return nil, e
	}
	if e := t.blocked(req.client, nil, []asked{wanted}); e != nil {
		return nil, e
	}
	grant := accessGrant{
		tenant: t, client: req.client.application, clientACR: acr, resource: wanted.resource, audience: wanted.audience, principal: principal,
	}
	if resource := t.principalOf(wanted.resource); resource != nil {
		grant.roles = t.roleValues(principal.ID, resource)
	}
	return v.mint(grant), nil
}

// appScope reads the one resource an app asks a token of its own for.
func (v *visit) appScope(t *tenant, c client) (asked, *refusal) {
	switch {
	case v.v1 && v.param("resource") == "":
		return asked{}, aadsts(900144, "parameter", "resource")
	case !v.v1 && strings.TrimSpace(v.param("scope")) == "":
		return asked{}, aadsts(90014, "field", "scope")
	}
	scope, e := v.requestedScope()
	switch {
	case e != nil:
		return asked{}, e
	case len(scope.resources) > 1:
		return asked{}, aadsts(28000, "scope", scope.raw)
	case len(scope.resources) == 0, !scope.resources[0].isDefault:
		return asked{}, aadsts(1002012, "scope", scope.raw)
	}
	wanted, e := v.resolveScopes(t, c, scope)
	return firstAsked(wanted), e
}
