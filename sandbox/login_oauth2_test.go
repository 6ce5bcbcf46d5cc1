package sandbox

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
)

// The clients of OAuth that are not Microsoft's, over the TLS listeners.

// oauthContext leads x/oauth2 and go-oidc to a running sandbox.
func oauthContext(t *testing.T, s *Sandbox) context.Context {
	t.Helper()
	return context.WithValue(t.Context(), oauth2.HTTPClient, trusting(t, s))
}

//parity:real login GET /{tenant}/v2.0/.well-known/openid-configuration
func TestXOAuth2SignsInForAnyOrganization(t *testing.T) {
	s := start(t, Options{})
	ctx, authority := oauthContext(t, s), s.Ready().TLS.Login
	connection := s.Ready().Tenants[0].Connection
	// The issuer of /organizations is a text with braces: go-oidc has to be
	// told, and then the issuer of a token is for the client to compare.
	provider, err := oidc.NewProvider(oidc.InsecureIssuerURLContext(ctx, authority+"/{tenantid}/v2.0"), authority+"/organizations/v2.0")
	if err != nil {
		t.Fatal(err)
	}
	config := oauth2.Config{
		ClientID: connection.ClientID, ClientSecret: connection.ClientSecret, Endpoint: provider.Endpoint(),
		RedirectURL: connection.RedirectURIs[0], Scopes: append([]string{oidc.ScopeOpenID, "profile"}, connection.Scopes...),
	}
	verifier := oauth2.GenerateVerifier()
	address := config.AuthCodeURL("state-1", oauth2.S256ChallengeOption(verifier), oidc.Nonce("nonce-1"))
	back := browserOf(t, s).open(address).signIn("user", "contoso").shows("Permissions requested").press("Accept")
	token, err := config.Exchange(ctx, back.code(), oauth2.VerifierOption(verifier))
	if err != nil {
		t.Fatal(err)
	}
	raw, _ := token.Extra("id_token").(string)
	if _, err := provider.Verifier(&oidc.Config{ClientID: config.ClientID}).Verify(ctx, raw); err == nil {
		t.Error("the issuer of a token is that of its tenant, not the text with braces")
	}
	id, err := provider.Verifier(&oidc.Config{ClientID: config.ClientID, SkipIssuerCheck: true}).Verify(ctx, raw)
	if err != nil {
		t.Fatal(err)
	}
	var claims struct {
		Tenant string `json:"tid"`
	}
	if err := id.Claims(&claims); err != nil || id.Issuer != authority+"/"+claims.Tenant+"/v2.0" || claims.Tenant != s.Ready().Tenants[0].ID || id.Nonce != "nonce-1" {
		t.Errorf("issuer %s, tenant %s, nonce %s, %v", id.Issuer, claims.Tenant, id.Nonce, err)
	}
	refreshAndRead(t, s, &config, token)
}

// refreshAndRead uses a token of Azure DevOps when it has expired.
func refreshAndRead(t *testing.T, s *Sandbox, config *oauth2.Config, token *oauth2.Token) {
	t.Helper()
	ctx := oauthContext(t, s)
	expired := *token
	expired.Expiry = time.Now().Add(-time.Hour)
	resp, err := config.Client(ctx, &expired).Get(s.Ready().TLS.DevOps + "/contoso/_apis/projects?api-version=7.1")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		t.Errorf("projects: %d", resp.StatusCode)
	}
	fresh, err := config.TokenSource(ctx, &expired).Token()
	if err != nil || fresh.AccessToken == token.AccessToken || fresh.RefreshToken == token.RefreshToken {
		t.Errorf("a refresh gives new tokens: %v", err)
	}
}

func TestGoOIDCVerifiesATenantsIssuer(t *testing.T) {
	s := start(t, Options{})
	ctx, tenant := oauthContext(t, s), s.Ready().Tenants[0]
	issuer := s.Ready().TLS.Login + "/" + tenant.ID + "/v2.0"
	provider, err := oidc.NewProvider(ctx, issuer)
	if err != nil {
		t.Fatal(err)
	}
	config := oauth2.Config{ClientID: ConsoleClientID, Endpoint: provider.Endpoint(), RedirectURL: "http://localhost:8400", Scopes: []string{oidc.ScopeOpenID, "profile", "email"}}
	verifier := oauth2.GenerateVerifier()
	back := browserOf(t, s).open(config.AuthCodeURL("s", oauth2.S256ChallengeOption(verifier))).signIn("user", "contoso")
	token, err := config.Exchange(ctx, back.code(), oauth2.VerifierOption(verifier))
	if err != nil {
		t.Fatal(err)
	}
	raw, _ := token.Extra("id_token").(string)
	id, err := provider.Verifier(&oidc.Config{ClientID: ConsoleClientID}).Verify(ctx, raw)
	if err != nil || id.Issuer != issuer {
		t.Fatalf("issuer %v: %v", id, err)
	}
	info, err := provider.UserInfo(ctx, oauth2.StaticTokenSource(token))
	if err != nil || info.Subject != id.Subject || info.Email != "user@contoso.sandbox.invalid" {
		t.Errorf("userinfo %+v: %v", info, err)
	}
}

func TestXOAuth2SignsInOnADevice(t *testing.T) {
	s := start(t, Options{})
	ctx, authority := oauthContext(t, s), s.Ready().TLS.Login+"/organizations/oauth2/v2.0"
	config := oauth2.Config{
		ClientID: azureCLI, Scopes: []string{devopsScope, "offline_access"},
		Endpoint: oauth2.Endpoint{TokenURL: authority + "/token", DeviceAuthURL: authority + "/devicecode"},
	}
	device, err := config.DeviceAuth(ctx)
	if err != nil {
		t.Fatal(err)
	}
	browserOf(t, s).open(device.VerificationURI).press("Next", "otc", device.UserCode).signIn("user", "contoso").press("Continue")
	device.Interval = 1 // the least that x/oauth2 waits before it asks
	token, err := config.DeviceAccessToken(ctx, device)
	if err != nil {
		t.Fatal(err)
	}
	refreshAndRead(t, s, &config, token)
}

func TestXOAuth2GetsATokenForTheAppItself(t *testing.T) {
	s := start(t, Options{})
	ctx, tenant := oauthContext(t, s), s.Ready().Tenants[0]
	config := clientcredentials.Config{
		ClientID: tenant.Automation.ClientID, ClientSecret: tenant.Automation.ClientSecret,
		TokenURL: s.Ready().TLS.Login + "/" + tenant.ID + "/oauth2/v2.0/token", Scopes: []string{everythingOnGraph},
	}
	for name, style := range map[string]oauth2.AuthStyle{"in the form": oauth2.AuthStyleInParams, "as HTTP Basic": oauth2.AuthStyleInHeader, "tried out": oauth2.AuthStyleAutoDetect} {
		config.AuthStyle = style
		resp, err := config.Client(ctx).Get(s.Ready().TLS.Graph + "/v1.0/applications?$top=1")
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		resp.Body.Close()
		if resp.StatusCode != http.StatusOK {
			t.Errorf("%s: %d", name, resp.StatusCode)
		}
	}
	config.ClientSecret = "wrong"
	_, err := config.Token(ctx)
	refused, ok := errors.AsType[*oauth2.RetrieveError](err)
	if !ok || refused.ErrorCode != "invalid_client" || !strings.HasPrefix(refused.ErrorDescription, "AADSTS7000215: ") || refused.Response.StatusCode != http.StatusUnauthorized {
		t.Errorf("refusal %v", err)
	}
}
