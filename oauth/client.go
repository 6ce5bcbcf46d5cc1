package oauth

import (
	"context"
	"maps"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"

	"github.com/consentry/consentry/entra"
)

// A Client asks one cloud's token endpoint. Its methods send each request
// once: a code can be redeemed only once, so nothing is resent blindly.
// Errors are *entra.ServiceError where the service said no, and
// *entra.NoAnswerError where no usable answer came.
type Client struct {
	Cloud entra.Cloud
	// HTTP is the client whose transport carries the requests and trusts the
	// cloud's certificate authority; nil means the system's authorities.
	// Redirects are not followed, answers end after 1 MiB and 20 s, and only
	// Cloud.Login is ever asked.
	HTTP *http.Client
	// Credential is that of the one application this client speaks for; it
	// goes with every request that brings no secret. Nil for a public client,
	// and where each request brings its own: a client with a credential must
	// not ask for applications that others name.
	Credential Credential
	// Now is the clock; nil means time.Now.
	Now func() time.Time

	issuers issuers
	skew    skew
}

// Redeem exchanges the code that came back for f. The secret is zero for a
// public client, and where Credential speaks. Of several resources asked for, the tokens are for the first.
func (c *Client) Redeem(ctx context.Context, f Flow, code, secret entra.Sensitive) (Tokens, error) {
	endpoint := c.endpoint(f.Tenant)
	proof, err := c.proof(f.ClientID, endpoint.TokenURL, secret)
	if err != nil {
		return Tokens{}, err
	}
	config := oauth2.Config{ClientID: string(f.ClientID), Endpoint: endpoint, RedirectURL: f.RedirectURI}
	options := []oauth2.AuthCodeOption{
		oauth2.VerifierOption(f.Verifier),
		oauth2.SetAuthURLParam("scope", strings.Join(oneResource(f.Scopes), " ")),
	}
	for name := range proof {
		options = append(options, oauth2.SetAuthURLParam(name, proof.Get(name)))
	}
	ctx, cancel := c.prepare(ctx)
	defer cancel()
	t, err := config.Exchange(ctx, code.Reveal(), options...)
	return c.tokens(endpoint.TokenURL, f.ClientID, t, err)
}

// Refresh exchanges a refresh token for new tokens, which may be for another
// resource than before. Empty scopes mean those granted before.
func (c *Client) Refresh(ctx context.Context, tenant string, id entra.ClientID, secret, refresh entra.Sensitive, scopes []string) (Tokens, error) {
	return c.grant(ctx, tenant, id, secret, oneResource(scopes), url.Values{
		"grant_type":    {"refresh_token"},
		"refresh_token": {refresh.Reveal()},
	})
}

// ClientCredentials asks for an app-only token; scope is "{resource}/.default".
func (c *Client) ClientCredentials(ctx context.Context, tenant string, id entra.ClientID, secret entra.Sensitive, scope string) (Tokens, error) {
	return c.grant(ctx, tenant, id, secret, []string{scope}, nil)
}

// grant sends any grant whose request is client, scope and extra parameters.
// clientcredentials is the part of x/oauth2 that lets the caller name both the
// grant type and the scope; oauth2's own refresh can name no scope.
func (c *Client) grant(ctx context.Context, tenant string, id entra.ClientID, secret entra.Sensitive, scopes []string, extra url.Values) (Tokens, error) {
	endpoint := c.endpoint(tenant)
	params, err := c.proof(id, endpoint.TokenURL, secret)
	if err != nil {
		return Tokens{}, err
	}
	maps.Copy(params, extra)
	config := clientcredentials.Config{
		ClientID:       string(id),
		TokenURL:       endpoint.TokenURL,
		AuthStyle:      endpoint.AuthStyle,
		Scopes:         scopes,
		EndpointParams: params,
	}
	ctx, cancel := c.prepare(ctx)
	defer cancel()
	t, err := config.Token(ctx)
	return c.tokens(endpoint.TokenURL, id, t, err)
}

// endpoint fixes the way of authenticating; left open, x/oauth2 would send
// the request twice to find out.
func (c *Client) endpoint(tenant string) oauth2.Endpoint {
	return oauth2.Endpoint{
		AuthURL:   c.Cloud.AuthorizeURL(tenant),
		TokenURL:  c.Cloud.TokenURL(tenant),
		AuthStyle: oauth2.AuthStyleInParams,
	}
}

func (c *Client) tokens(url string, id entra.ClientID, t *oauth2.Token, err error) (Tokens, error) {
	if err != nil {
		return Tokens{}, tokenError(pathOf(url), err)
	}
	lifetime := lifetimeOf(t)
	out := Tokens{
		Access:    entra.NewSensitive(t.AccessToken),
		Refresh:   entra.NewSensitive(t.RefreshToken),
		TokenType: t.TokenType,
		Client:    id,
		Lifetime:  lifetime,
		Expires:   c.now().Add(lifetime),
	}
	if id, ok := t.Extra("id_token").(string); ok {
		out.ID = entra.NewSensitive(id)
	}
	if scope, ok := t.Extra("scope").(string); ok {
		out.Scopes = strings.Fields(scope)
	}
	return out, nil
}

// lifetimeOf is the answer's expires_in. clientcredentials does not pass it on
// as ExpiresIn, and the Expiry it makes of it goes by another clock than ours.
func lifetimeOf(t *oauth2.Token) time.Duration {
	seconds := t.ExpiresIn
	switch said := t.Extra("expires_in").(type) {
	case float64:
		seconds = int64(said)
	case string: // some versions of the endpoint quote it
		if n, err := strconv.ParseInt(said, 10, 64); err == nil {
			seconds = n
		}
	}
	return time.Duration(seconds) * time.Second
}

func (c *Client) now() time.Time {
	if c.Now != nil {
		return c.Now()
	}
	return time.Now()
}
