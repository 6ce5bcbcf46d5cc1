package main

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/url"
	"strings"
)

// An attempt is what one sign-in is told apart by, and what proves that the
// answer belongs to it.
type attempt struct {
	values      values
	callback    string
	state       string
	verifier    string // PKCE; empty without
	nonce       string // OpenID Connect; empty without
	asked       string // the scope parameter
	retired     bool   // through Azure DevOps' own OAuth
	authorize   string // the page to send the person to
	authorizeAt string // endpoints
	tokenAt     string
}

// begin prepares a sign-in.
func (c *connector) begin(ctx context.Context, v values) (*attempt, error) {
	a := &attempt{values: v, callback: c.product.callback(c.host, v), state: rand.Text(), retired: c.retired(v)}
	if a.retired {
		c.beginRetired(a)
		return a, nil
	}
	d := c.product.SignIn
	a.asked = d.asked(v[scopes])
	base := c.login + "/" + url.PathEscape(orElse(v[tenantID], "organizations"))
	a.authorizeAt, a.tokenAt = base+"/oauth2/v2.0/authorize", base+"/oauth2/v2.0/token"
	if d.OpenID {
		a.nonce = rand.Text()
		if err := c.discover(ctx, base, a); err != nil {
			return a, err
		}
	}
	if d.PKCE {
		a.verifier = rand.Text() + rand.Text()
	}
	a.authorize = a.authorizeAt + "?" + a.parameters(d).Encode()
	return a, nil
}

func orElse(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}

// parameters are those of the authorization request.
func (a *attempt) parameters(d dialect) url.Values {
	q := url.Values{
		"client_id": {a.values[clientID]}, "response_type": {"code"}, "redirect_uri": {a.callback},
		"scope": {a.asked}, "state": {a.state},
	}
	if d.Prompt != "" {
		q.Set("prompt", d.Prompt)
	}
	if a.nonce != "" {
		q.Set("nonce", a.nonce)
	}
	if a.verifier != "" {
		sum := sha256.Sum256([]byte(a.verifier))
		q.Set("code_challenge", base64.RawURLEncoding.EncodeToString(sum[:]))
		q.Set("code_challenge_method", "S256")
	}
	return q
}

// discover takes the endpoints from the OpenID metadata.
func (c *connector) discover(ctx context.Context, base string, a *attempt) error {
	body, err := c.wire.send(ctx, request{purpose: "metadata", method: "GET", url: base + "/v2.0/.well-known/openid-configuration", auth: "none"})
	if err != nil {
		return err
	}
	var metadata struct {
		Authorize string `json:"authorization_endpoint"`
		Token     string `json:"token_endpoint"`
	}
	if err := json.Unmarshal(body, &metadata); err != nil || metadata.Authorize == "" || metadata.Token == "" {
		return &failure{At: "metadata", Message: "The OpenID metadata names no endpoints.", Raw: string(body)}
	}
	a.authorizeAt, a.tokenAt = metadata.Authorize, metadata.Token
	return nil
}

// beginRetired prepares a sign-in through Azure DevOps' own OAuth, which
// takes the bare names of scopes and has no PKCE.
func (c *connector) beginRetired(a *attempt) {
	a.asked = strings.TrimSpace(a.values[scopes])
	a.authorizeAt, a.tokenAt = c.vssps+"/oauth2/authorize", c.vssps+"/oauth2/token"
	a.authorize = a.authorizeAt + "?" + url.Values{
		"client_id": {a.values[clientID]}, "response_type": {"Assertion"}, "redirect_uri": {a.callback},
		"scope": {a.asked}, "state": {a.state},
	}.Encode()
}

// noteVisit writes down where the browser was sent.
func (c *connector) noteVisit(a *attempt) {
	u, err := url.Parse(a.authorize)
	if err != nil {
		return // the browser will say so
	}
	c.wire.note(record{Purpose: "authorize", By: "browser", Method: "GET", URL: withoutSecrets(u), Auth: "none", Parameters: names(u.Query())})
}
