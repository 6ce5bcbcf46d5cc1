package sandbox

import (
	"net/http"
	"strconv"
	"strings"
)

// What the token endpoint is sent.
const (
	jwtBearerAssertion = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
	jwtBearerGrant     = "urn:ietf:params:oauth:grant-type:jwt-bearer"
)

// legacyTokens is what an app gets. The lifetime, in seconds, is a text.
type legacyTokens struct {
	AccessToken  string `json:"access_token"`
	TokenType    string `json:"token_type"`
	ExpiresIn    string `json:"expires_in"`
	RefreshToken string `json:"refresh_token"`
	Scope        string `json:"scope"`
}

// A legacyError is a refusal of the token endpoint, in capitals as captured.
// The status is not sourced; libraries take 400 for the refusal of a grant.
type legacyError struct {
	Code        string `json:"Error"`
	Description string `json:"ErrorDescription"`
}

var (
	errLegacyClient   = &legacyError{"invalid_client", "Invalid client auth token."}
	errLegacyExpired  = &legacyError{"invalid_client", "The client secret has expired."}
	errLegacyRequest  = &legacyError{"invalid_request", "The request is not valid: POST a form with client_assertion_type, client_assertion, grant_type, assertion and redirect_uri."}
	errLegacyGrant    = &legacyError{"unsupported_grant_type", "The grant type is not supported."}
	errLegacyCallback = &legacyError{"invalid_request", "The redirect_uri is not the callback URL of the app."}
	errLegacyCode     = &legacyError{"invalid_grant", "The authorization code is not valid."}
	errLegacyRefresh  = &legacyError{"invalid_request", "The access token is not valid"} // captured
)

// serveLegacyToken is POST /oauth2/token.
func serveLegacyToken(w *world, rw http.ResponseWriter, r *http.Request) {
	var tokens *legacyTokens
	var failure *legacyError
	var err error
	w.locked(func() { tokens, failure, err = w.legacyExchange(r) })
	switch {
	case err != nil:
		writeDevOpsInternalError(rw)
	case failure != nil:
		writeJSON(rw, http.StatusBadRequest, failure)
	default:
		writeJSON(rw, http.StatusOK, tokens)
	}
}

func (w *world) legacyExchange(r *http.Request) (*legacyTokens, *legacyError, error) {
	if r.Method != http.MethodPost || r.ParseForm() != nil {
		return nil, errLegacyRequest, nil
	}
	app := w.legacy.appOfSecret(r.PostForm.Get("client_assertion"))
	code := r.PostForm.Get("grant_type") == jwtBearerGrant
	switch {
	case r.PostForm.Get("client_assertion_type") != jwtBearerAssertion, app == nil:
		return nil, errLegacyClient, nil
	case !w.now().Before(app.SecretEnds):
		return nil, errLegacyExpired, nil
	case !code && r.PostForm.Get("grant_type") != "refresh_token":
		return nil, errLegacyGrant, nil
	case r.PostForm.Get("redirect_uri") != app.CallbackURL:
		return nil, errLegacyCallback, nil
	}
	redeem := w.redeemLegacyRefresh
	if code {
		redeem = w.redeemLegacyCode
	}
	claims, granted, failure := redeem(app, r.PostForm.Get("assertion"))
	if failure != nil {
		return nil, failure, nil
	}
	tokens, err := w.issueLegacy(claims.Authorization, granted)
	return tokens, nil, err
}

// redeemLegacyCode takes a code once.
func (w *world) redeemLegacyCode(app *legacyApp, raw string) (*legacyClaims, *legacyAuthorization, *legacyError) {
	claims, granted := w.legacyProof(app, raw, legacyGrantScope)
	if claims == nil {
		return nil, nil, errLegacyCode
	}
	if _, again := w.legacy.redeemed[claims.Authorization]; again {
		return nil, nil, errLegacyCode
	}
	w.legacy.redeemed[claims.Authorization] = w.now().Add(legacyCodeLifetime)
	return claims, granted, nil
}

// redeemLegacyRefresh takes a refresh token as often as it comes. Whether the
// service did so is not sourced; an app that asks twice at a time survives.
func (w *world) redeemLegacyRefresh(app *legacyApp, raw string) (*legacyClaims, *legacyAuthorization, *legacyError) {
	claims, granted := w.legacyProof(app, raw, legacyRefreshScope)
	if claims == nil {
		return nil, nil, errLegacyRefresh
	}
	return claims, granted, nil
}

// legacyProof reads a token of the given kind that an app may redeem; nil
// when it is none.
func (w *world) legacyProof(app *legacyApp, raw, kind string) (*legacyClaims, *legacyAuthorization) {
	claims, granted, reason := w.readLegacyToken(raw)
	if reason != "" || granted.revoked || granted.caller.AppID != app.ID || !has(strings.Fields(claims.Scopes), kind) {
		return nil, nil
	}
	return claims, granted
}

// issueLegacy signs an access token and its refresh token.
func (w *world) issueLegacy(id string, granted *legacyAuthorization) (*legacyTokens, error) {
	scopes := w.legacy.apps[granted.caller.AppID].Scopes
	access, err := w.newLegacyToken(id, &granted.caller, scopes, legacyTokenLifetime)
	if err != nil {
		return nil, err
	}
	refresh, err := w.newLegacyToken(id, &granted.caller, append([]string{legacyRefreshScope}, scopes...), legacyRefreshLifetime)
	if err != nil {
		return nil, err
	}
	granted.ends = w.now().Add(legacyRefreshLifetime)
	return &legacyTokens{
		AccessToken: access, TokenType: "jwt-bearer", ExpiresIn: strconv.Itoa(int(legacyTokenLifetime.Seconds())),
		RefreshToken: refresh, Scope: strings.Join(scopes, " "),
	}, nil
}
