package sandbox

import (
	"cmp"
	"encoding/base64"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

// Azure DevOps had an OAuth of its own before it took Entra's tokens. It has
// accepted no new apps since April 2025 and is to end in 2026; apps of older
// days still sign their users in through it.

// legacyIssuer issues its tokens, and is their audience.
const legacyIssuer = "app.vstoken.visualstudio.com"

const (
	legacySecretDays      = 60 // since March 2025
	legacyCodeLifetime    = 15 * time.Minute
	legacyTokenLifetime   = time.Hour - time.Second
	legacyRefreshLifetime = 365 * 24 * time.Hour
	legacySessionLifetime = 8 * time.Hour
)

// The scopes that tell a code and a refresh token from an access token.
const (
	legacyGrantScope   = "vso.authorization_grant"
	legacyRefreshScope = "vso.refresh_token"
)

// A legacyApp is an app of the retired OAuth. It belongs to a person and to
// no tenant; users of every tenant may sign in to it.
type legacyApp struct {
	ID, Name, Company, CallbackURL string
	Integration                    string // the preset it was made for; may be empty
	Scopes                         []string
	home                           string // the tenant of the person who registered it
	// Secret has the form of a JWT; clients send it as their assertion.
	Secret     string
	SecretEnds time.Time
}

// legacyState is what the retired OAuth remembers. The world's lock guards
// it, except the authorizations.
type legacyState struct {
	apps     map[string]*legacyApp     // by ID
	sessions map[string]*legacySession // by cookie
	redeemed map[string]time.Time      // when redeemed codes end, by authorization

	mu sync.Mutex
	// authorizations are what users granted, by ID. Tokens are read without
	// the world's lock.
	authorizations map[string]*legacyAuthorization
}

// A legacyAuthorization is one user's grant to one app.
type legacyAuthorization struct {
	caller  caller // as its access tokens speak for
	ends    time.Time
	revoked bool // its codes and refresh tokens are worth nothing
}

func newLegacyState() *legacyState {
	return &legacyState{
		apps: map[string]*legacyApp{}, sessions: map[string]*legacySession{}, redeemed: map[string]time.Time{},
		authorizations: map[string]*legacyAuthorization{},
	}
}

// sweep forgets what has ended.
func (s *legacyState) sweep(now time.Time) {
	maps.DeleteFunc(s.sessions, func(_ string, b *legacySession) bool { return now.After(b.ends) })
	maps.DeleteFunc(s.redeemed, func(_ string, ends time.Time) bool { return now.After(ends) })
	s.mu.Lock()
	defer s.mu.Unlock()
	maps.DeleteFunc(s.authorizations, func(_ string, a *legacyAuthorization) bool { return now.After(a.ends) })
}

// forget ends the sign-ins of the users of some tenants. The access tokens
// that they gave rise to run out by themselves.
func (s *legacyState) forget(fresh *legacyState, ofTenant func(id string) bool) {
	for id, app := range fresh.apps {
		if ofTenant(app.home) {
			s.apps[id] = app
		}
	}
	maps.DeleteFunc(s.sessions, func(_ string, b *legacySession) bool { return ofTenant(b.account.tenantID) })
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, a := range s.authorizations {
		a.revoked = a.revoked || ofTenant(a.caller.TenantID)
	}
}

func (s *legacyState) authorize(id string, a *legacyAuthorization) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.authorizations[id] = a
}

func (s *legacyState) authorization(id string) *legacyAuthorization {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.authorizations[id]
}

// appOfSecret is the app whose secret this is.
func (s *legacyState) appOfSecret(secret string) *legacyApp {
	for _, app := range s.apps {
		if secret != "" && app.Secret == secret {
			return app
		}
	}
	return nil
}

// sorted are the apps in a stable order.
func (s *legacyState) sorted() []*legacyApp {
	return slices.SortedFunc(maps.Values(s.apps), func(a, b *legacyApp) int { return cmp.Compare(a.Name+a.ID, b.Name+b.ID) })
}

// legacyClaims is the payload of its codes, access tokens and refresh tokens.
type legacyClaims struct {
	Authorization string `json:"aui"`
	Identity      string `json:"nameid"`
	Scopes        string `json:"scp"`
	ID            string `json:"jti"`
	Issuer        string `json:"iss"`
	Audience      string `json:"aud"`
	NotBefore     int64  `json:"nbf"`
	Expires       int64  `json:"exp"`
}

// newLegacyToken signs one of the tokens of an authorization.
func (w *world) newLegacyToken(authorization string, who *caller, scopes []string, lifetime time.Duration) (string, error) {
	now := w.now()
	return w.login.sign(legacyClaims{
		Authorization: authorization, Identity: identityID(who.ObjectID), Scopes: strings.Join(scopes, " "), ID: newGUID(),
		Issuer: legacyIssuer, Audience: legacyIssuer, NotBefore: now.Unix(), Expires: now.Add(lifetime).Unix(),
	})
}

// issuedByLegacy reports whether a token says so; it may be forged.
func issuedByLegacy(raw string) bool {
	token, err := jwt.ParseSigned(raw, []jose.SignatureAlgorithm{jose.RS256})
	var claims struct {
		Issuer string `json:"iss"`
	}
	return err == nil && token.UnsafeClaimsWithoutVerification(&claims) == nil && claims.Issuer == legacyIssuer
}

// readLegacyToken reads one of the tokens of an authorization that stands.
func (w *world) readLegacyToken(raw string) (*legacyClaims, *legacyAuthorization, tokenFaultReason) {
	var claims legacyClaims
	if reason := w.login.signed(raw, &claims); reason != "" {
		return nil, nil, reason
	}
	if at := w.now().Unix(); at >= claims.Expires || at < claims.NotBefore {
		return nil, nil, tokenExpired
	}
	granted := w.legacy.authorization(claims.Authorization)
	if claims.Issuer != legacyIssuer || granted == nil {
		return nil, nil, tokenBadSignature
	}
	return &claims, granted, ""
}

// legacyCaller is who holds an access token.
func (w *world) legacyCaller(raw string) (*caller, tokenFaultReason) {
	claims, granted, reason := w.readLegacyToken(raw)
	if reason != "" {
		return nil, reason
	}
	scopes := strings.Fields(claims.Scopes)
	if has(scopes, legacyGrantScope) || has(scopes, legacyRefreshScope) {
		return nil, tokenBadSignature
	}
	who := granted.caller
	who.Scopes = scopes
	who.Issued, who.Expires = time.Unix(claims.NotBefore, 0).UTC(), time.Unix(claims.Expires, 0).UTC()
	return &who, ""
}

// legacySecret has the form of the secrets that were given out: a JWT of
// 2048 bits. What it is compared with is the text, so its signature need not
// hold; like all planted secrets it is the same in every sandbox.
func legacySecret(appID string) string {
	part := base64.RawURLEncoding.EncodeToString
	claims := fmt.Sprintf(`{"cid":%q,"csi":%q,"nameid":%q,"iss":%q,"aud":%q}`,
		appID, stableID("legacy secret", appID), stableID("legacy owner", appID), legacyIssuer, legacyIssuer)
	var signature []byte
	for i := range 8 {
		signature = append(signature, hexDigest("legacy signature", appID, fmt.Sprint(i))[:32]...)
	}
	return part([]byte(`{"typ":"JWT","alg":"RS256"}`)) + "." + part([]byte(claims)) + "." + part(signature)
}
