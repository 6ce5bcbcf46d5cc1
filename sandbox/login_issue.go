package sandbox

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A tokenIntent is what a grant has come to: who gets which token.
type tokenIntent struct {
	client   client
	acr      string
	subject  *subject
	wanted   asked // one resource; none: Microsoft Graph for the sign-in itself
	oidc     []string
	nonce    string
	platform platform
	account  account
	signed   authentication
	// spaEnd is when the refresh tokens of a single-page app end.
	spaEnd time.Time
	v1     bool
}

// tokenBody is the answer of the token endpoint.
type tokenBody struct {
	TokenType    string `json:"token_type"`
	Scope        string `json:"scope,omitempty"`
	ExpiresIn    int    `json:"expires_in"`
	ExtExpiresIn int    `json:"ext_expires_in"`
	AccessToken  string `json:"access_token"`
	RefreshToken string `json:"refresh_token,omitempty"`
	IDToken      string `json:"id_token,omitempty"`
	ClientInfo   string `json:"client_info,omitempty"`

	resource string
}

// fields is the answer as the authorization endpoint gives it.
func (b *tokenBody) fields() []field {
	return []field{
		{"access_token", b.AccessToken}, {"token_type", b.TokenType},
		{"expires_in", strconv.Itoa(b.ExpiresIn)}, {"scope", b.Scope},
	}
}

// issue answers a grant with all the tokens it is due.
func (v *visit) issue(t tokenIntent) (*tokenBody, *refusal) {
	body, e := v.issueAccess(t)
	if e != nil {
		return nil, e
	}
	if t.v1 || has(t.oidc, "offline_access") {
		body.RefreshToken = v.newRefreshToken(t)
	}
	if t.v1 || has(t.oidc, "openid") {
		body.IDToken = v.idToken(idGrant{v1: t.v1, client: t.client, subject: t.subject, oidc: t.oidc, nonce: t.nonce, authenticated: t.signed})
	}
	if v.param("client_info") == "1" {
		body.ClientInfo = clientInfo(t.subject)
	}
	return body, nil
}

// issueAccess answers with an access token alone.
func (v *visit) issueAccess(t tokenIntent) (*tokenBody, *refusal) {
	scopes, e := t.scopes()
	if e != nil {
		return nil, e
	}
	body := v.mint(accessGrant{
		tenant: t.subject.tenant, client: t.client.application, clientACR: t.acr, address: v.address(),
		resource: t.wanted.resource, audience: t.wanted.audience, subject: t.subject, scopes: scopes,
	})
	body.Scope, body.resource = t.wanted.scopeNames(scopes), t.wanted.name()
	return body, nil
}

// mint answers with a new access token. When that fails the whole answer
// does, see failed.
func (v *visit) mint(g accessGrant) *tokenBody {
	token, lifetime, err := v.world.login.accessToken(g, v.at)
	if err != nil {
		v.failed = err
	}
	seconds := int(lifetime / time.Second)
	return &tokenBody{TokenType: "Bearer", ExpiresIn: seconds, ExtExpiresIn: seconds, AccessToken: token, resource: g.audience}
}

// scopes are those the token gets: what was asked for, and what is consented
// on the same resource besides.
func (t tokenIntent) scopes() ([]string, *refusal) {
	if t.wanted.resource == t.client.AppID {
		return nil, nil
	}
	have := t.subject.tenant.consented(t.client.AppID, t.wanted.resource, t.subject.user.ID)
	for _, name := range t.wanted.names {
		if !containsFold(have, []string{name}) {
			return nil, aadstsApp(65001, t.client.application)
		}
	}
	if t.wanted.isDefault && len(have) == 0 {
		return nil, aadstsApp(65001, t.client.application)
	}
	scopes := addMissing(slices.Clone(t.wanted.names), have...)
	if t.wanted.resource == graphAppID {
		scopes = addMissing(scopes, t.oidc...)
	}
	scopes = without(scopes, "offline_access")
	slices.SortFunc(scopes, func(a, b string) int { return cmp.Compare(strings.ToLower(a), strings.ToLower(b)) })
	return scopes, nil
}

// scopeNames is how the answer names the token's scopes: those of the sign-in
// first, the others as the client named the resource.
func (a asked) scopeNames(scopes []string) string {
	var signIn, names []string
	for _, s := range scopes {
		switch {
		case a.resource == graphAppID && has(oidcScopes, s):
			signIn = append(signIn, s)
		case a.short:
			names = append(names, s)
		default:
			names = append(names, a.name()+"/"+s)
		}
	}
	if a.isDefault {
		names = append(names, a.name()+"/"+defaultScope)
	}
	return joinScopes(append(signIn, names...))
}

// name is the resource as the client named it.
func (a asked) name() string { return cmp.Or(a.address, a.audience) }

// firstAsked is the resource of the access token; a sign-in that asks none
// gets one for Microsoft Graph, to read the user's own profile.
func firstAsked(wanted []asked) asked {
	if len(wanted) > 0 {
		return wanted[0]
	}
	return asked{resource: graphAppID, audience: graphAppID, short: true}
}

const (
	refreshLifetime    = 90 * 24 * time.Hour // without use
	spaRefreshLifetime = 24 * time.Hour      // in all
)

func (v *visit) newRefreshToken(t tokenIntent) string {
	record := refreshToken{
		ClientID: t.client.AppID, Platform: t.platform, Account: t.account, TenantID: t.subject.tenant.ID,
		Wanted: t.wanted, OIDC: t.oidc, Signed: t.signed, Issued: v.at, Expires: v.at.Add(refreshLifetime),
		Resets: v.world.login.resetsOf(t.subject.tenant.ID, t.account),
	}
	if t.platform == platformSPA {
		if record.Expires = t.spaEnd; t.spaEnd.IsZero() {
			record.Expires = v.at.Add(spaRefreshLifetime)
		}
	}
	return v.sealed(sealedRefresh, record)
}

// clientInfo names the account to Microsoft's client libraries.
func clientInfo(s *subject) string {
	raw, _ := json.Marshal(map[string]string{"uid": s.user.ID, "utid": s.tenant.ID}) // strings always encode
	return base64.RawURLEncoding.EncodeToString(raw)
}

// tokenBodyV1 is the answer of the endpoint without "v2.0": numbers as text.
type tokenBodyV1 struct {
	TokenType    string `json:"token_type"`
	Scope        string `json:"scope,omitempty"`
	ExpiresIn    string `json:"expires_in"`
	ExtExpiresIn string `json:"ext_expires_in"`
	ExpiresOn    string `json:"expires_on"`
	NotBefore    string `json:"not_before"`
	Resource     string `json:"resource"`
	AccessToken  string `json:"access_token"`
	RefreshToken string `json:"refresh_token,omitempty"`
	IDToken      string `json:"id_token,omitempty"`
}

func (b *tokenBody) v1(now time.Time) tokenBodyV1 {
	names := strings.Fields(b.Scope)
	for i, name := range names {
		names[i] = strings.TrimPrefix(name, b.resource+"/")
	}
	return tokenBodyV1{
		TokenType: b.TokenType, Scope: joinScopes(without(names, defaultScope)),
		ExpiresIn: strconv.Itoa(b.ExpiresIn), ExtExpiresIn: strconv.Itoa(b.ExtExpiresIn),
		ExpiresOn: strconv.FormatInt(now.Unix()+int64(b.ExpiresIn), 10), NotBefore: strconv.FormatInt(now.Unix(), 10),
		Resource: b.resource, AccessToken: b.AccessToken, RefreshToken: b.RefreshToken, IDToken: b.IDToken,
	}
}
