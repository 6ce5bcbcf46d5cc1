package oauth

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"

	"github.com/consentry/consentry/entra"
)

// clockSkew is how far another clock may be ahead of ours.
const clockSkew = 5 * time.Minute

// idClaims are the claims of a v2.0 ID token that decide who signed in.
type idClaims struct {
	Tenant   string `json:"tid"`
	Object   string `json:"oid"`
	Username string `json:"preferred_username"`
	Name     string `json:"name"`
	Party    string `json:"azp"`
}

// VerifyIDToken proves that the ID token was issued by this cloud for this
// flow, and says for whom: signature (RS256 only, keys of the tenant's
// discovery document), issuer resolved with the token's tenant, audience,
// authorized party, times and nonce. A flow in a named tenant accepts that
// tenant's tokens only; one in "organizations" accepts every tenant's, so the
// caller compares Person.Tenant with whom it admits. Errors never quote the
// token.
func (c *Client) VerifyIDToken(ctx context.Context, f Flow, raw entra.Sensitive) (entra.Person, error) {
	if f.Nonce == "" || raw.IsZero() {
		return entra.Person{}, errors.New("ID token: there is none, or no nonce to compare it with")
	}
	tid, err := claimedTenant(raw)
	if err != nil {
		return entra.Person{}, err
	}
	ctx, cancel := c.prepare(ctx)
	defer cancel()
	verifier, err := c.verifier(ctx, f, tid)
	if err != nil {
		return entra.Person{}, err
	}
	token, err := verifier.Verify(ctx, raw.Reveal())
	if err != nil {
		return entra.Person{}, fmt.Errorf("ID token refused: %w", err)
	}
	return c.person(f, token)
}

// claimedTenant reads the tenant the token says it is of. It only chooses
// whose keys are asked for; the signature then proves it.
func claimedTenant(raw entra.Sensitive) (string, error) {
	claims, err := Claims(raw)
	if err != nil {
		return "", fmt.Errorf("ID token: %w", err)
	}
	tid, _ := claims["tid"].(string)
	if !entra.IsGUID(tid) {
		return "", errors.New("ID token: it names no tenant")
	}
	return tid, nil
}

// verifier discovers the tenant's keys. The document of a named tenant, asked
// for by id or domain, must name the issuer of tid's tenant; "organizations"
// has a template for an issuer, so the document of tid's tenant is asked for
// instead.
func (c *Client) verifier(ctx context.Context, f Flow, tid string) (*oidc.IDTokenVerifier, error) {
	document := f.Tenant
	if document == "organizations" || document == "common" {
		document = tid
	}
	issuer := c.Cloud.Login + "/" + tid + "/v2.0"
	// The context's name is of the case that documents name an issuer other
	// than their own address, as those of domains do; go-oidc then compares
	// nothing, so it is compared below.
	provider, err := oidc.NewProvider(oidc.InsecureIssuerURLContext(ctx, issuer), c.Cloud.Login+"/"+url.PathEscape(document)+"/v2.0")
	if err != nil {
		// go-oidc quotes whole answers in its text, and wraps no cause.
		return nil, fmt.Errorf("ID token: discovery of tenant %s: %s", document, entra.ForeignText(err.Error()))
	}
	var named struct {
		Issuer string `json:"issuer"`
	}
	if err := provider.Claims(&named); err != nil || named.Issuer != issuer {
		return nil, fmt.Errorf("ID token refused: tenant %s has issuer %q, the token is of %q", document, entra.ForeignText(named.Issuer), issuer)
	}
	return provider.VerifierContext(ctx, &oidc.Config{
		ClientID:             string(f.ClientID),
		SupportedSigningAlgs: []string{oidc.RS256},
		Now:                  c.now,
	}), nil
}

// person makes the checks that go-oidc leaves to its caller.
func (c *Client) person(f Flow, token *oidc.IDToken) (entra.Person, error) {
	var claims idClaims
	if err := token.Claims(&claims); err != nil {
		return entra.Person{}, errors.New("ID token: its claims have the wrong types")
	}
	switch {
	case subtle.ConstantTimeCompare([]byte(token.Nonce), []byte(f.Nonce)) != 1:
		return entra.Person{}, errors.New("ID token refused: its nonce is not the one of this sign-in")
	case !partyIsClient(claims.Party, token.Audience, string(f.ClientID)):
		return entra.Person{}, errors.New("ID token refused: it was issued to another application")
	case token.IssuedAt.After(c.now().Add(clockSkew)):
		return entra.Person{}, errors.New("ID token refused: it was issued in the future; check this machine's clock")
	case !entra.IsGUID(claims.Object):
		return entra.Person{}, errors.New("ID token refused: it does not say who signed in (claim oid)")
	}
	return entra.Person{
		Tenant:      entra.TenantID(claims.Tenant),
		ID:          entra.ObjectID(claims.Object),
		UPN:         entra.ForeignText(claims.Username),
		DisplayName: entra.ForeignText(claims.Name),
	}, nil
}

// partyIsClient: azp must be the client where it is given, and must be given
// where the audience holds others (OpenID Connect Core 3.1.3.7).
func partyIsClient(party string, audience []string, client string) bool {
	if party == "" {
		return len(audience) == 1 && slices.Contains(audience, client)
	}
	return party == client
}
