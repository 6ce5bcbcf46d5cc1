package main

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
)

// tokens are what a token endpoint gave.
type tokens struct {
	Access  string  `json:"access_token"`
	Refresh string  `json:"refresh_token"`
	ID      string  `json:"id_token"`
	Scope   string  `json:"scope"`
	Seconds seconds `json:"expires_in"`
}

// seconds are a number, or, from Azure DevOps' own OAuth, a text of one.
type seconds int

// UnmarshalJSON implements json.Unmarshaler.
func (s *seconds) UnmarshalJSON(b []byte) error {
	return json.Unmarshal([]byte(strings.Trim(string(b), `"`)), (*int)(s))
}

// redeem exchanges the code.
func (c *connector) redeem(ctx context.Context, a *attempt, code string) (tokens, error) {
	form := url.Values{"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {a.callback}}
	if a.retired {
		form = url.Values{"grant_type": {"urn:ietf:params:oauth:grant-type:jwt-bearer"}, "assertion": {code}, "redirect_uri": {a.callback}}
	}
	if a.verifier != "" {
		form.Set("code_verifier", a.verifier)
	}
	return c.fetchTokens(ctx, a, "exchange the authorization code", form)
}

// refresh exchanges the refresh token for new tokens.
func (c *connector) refresh(ctx context.Context, a *attempt, old tokens) (tokens, error) {
	form := url.Values{"grant_type": {"refresh_token"}, "refresh_token": {old.Refresh}}
	if a.retired {
		form = url.Values{"grant_type": {"refresh_token"}, "assertion": {old.Refresh}, "redirect_uri": {a.callback}}
	}
	fresh, err := c.fetchTokens(ctx, a, "refresh the access token", form)
	if err == nil && fresh.Refresh == "" {
		fresh.Refresh = old.Refresh
	}
	return fresh, err
}

func (c *connector) fetchTokens(ctx context.Context, a *attempt, purpose string, form url.Values) (tokens, error) {
	q := request{purpose: purpose, method: http.MethodPost, url: a.tokenAt, form: form, header: http.Header{"Accept": {"application/json"}}}
	c.authenticate(a, &q)
	body, err := c.wire.send(ctx, q)
	if err != nil {
		return tokens{}, err
	}
	var t tokens
	if err := json.Unmarshal(body, &t); err != nil || t.Access == "" {
		return t, &failure{At: purpose, Message: "The answer holds no access token."}
	}
	return t, nil
}

// authenticate adds the client's ID and secret in the product's way.
func (c *connector) authenticate(a *attempt, q *request) {
	id, secret := a.values[clientID], a.values[clientSecret]
	switch d := c.product.SignIn; {
	case a.retired:
		q.auth = "assertion"
		q.form.Set("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer")
		q.form.Set("client_assertion", secret)
		return
	case d.Basic:
		q.auth = "basic"
		pair := url.QueryEscape(id) + ":" + url.QueryEscape(secret)
		q.header.Set("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(pair)))
	default:
		q.auth = "body"
		q.form.Set("client_id", id)
		q.form.Set("client_secret", secret)
	}
	if c.product.SignIn.RepeatScope {
		q.form.Set("scope", a.asked)
	}
}

// person reads who signed in from the ID token. It came straight from the
// token endpoint, so its signature is not looked at; that it is meant for
// this sign-in is.
func (t tokens) person(a *attempt) (string, error) {
	var claims struct {
		Audience string `json:"aud"`
		Nonce    string `json:"nonce"`
		Name     string `json:"preferred_username"`
	}
	parts := strings.Split(t.ID, ".")
	if len(parts) != 3 {
		return "", &failure{At: "read the ID token", Message: "There is none in the answer."}
	}
	body, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err == nil {
		err = json.Unmarshal(body, &claims)
	}
	if err != nil || claims.Audience != a.values[clientID] || claims.Nonce != a.nonce {
		return "", &failure{At: "read the ID token", Message: "It was issued to another client or for another sign-in."}
	}
	return claims.Name, nil
}
