package oauth

import (
	"context"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"

	"github.com/consentry/consentry/entra"
)

// idClaims are the claims of a v2.0 ID token that decide who signed in.
type idClaims struct {
	tokenTimes
	Tenant        string          `json:"tid"`
	Object        string          `json:"oid"`
	Username      string          `json:"preferred_username"`
	Name          string          `json:"name"`
	Party         string          `json:"azp"`
	Roles         json.RawMessage `json:"roles"`
	Authenticated float64         `json:"auth_time"`
	// Scopes stand in access tokens, which prove nothing to a client.
	Scopes string `json:"scp"`
}

// An Identity is what a proven ID token says of a person. Only tenant and
// object ID tell who it is; the names can be changed by others.
type Identity struct {
	Person entra.Person
	// Roles are the app roles they have in the client's registration, letter
	// for letter (claim roles).
	Roles []string
	// BadRoles: the claim was there and no array of texts; Roles is nil then.
	BadRoles bool
	// Authenticated is when they last proved who they are (claim auth_time);
	// zero where the token does not say.
	Authenticated time.Time
}

// VerifyIDToken is Identify for those who only want to know who it is.
func (c *Client) VerifyIDToken(ctx context.Context, f Flow, raw entra.Sensitive) (entra.Person, error) {
	id, err := c.Identify(ctx, f, raw)
	return id.Person, err
}

// Identify proves that the ID token was issued by this cloud for this flow,
// and says for whom: signature (RS256 only, keys of the tenant's discovery
// document), type, issuer resolved with the token's tenant, audience,
// authorized party, times (at most 5 min apart) and nonce. A flow in a named
// tenant accepts that tenant's tokens only; one in "organizations" accepts
// every tenant's, so the caller compares Person.Tenant with whom it admits.
// Errors never quote the token; one about the clock is a *ClockError, and one
// for want of an answer wraps *entra.NoAnswerError.
func (c *Client) Identify(ctx context.Context, f Flow, raw entra.Sensitive) (Identity, error) {
	if f.Nonce == "" || raw.IsZero() {
		return Identity{}, errors.New("ID token: there is none, or no nonce to compare it with")
	}
	id, nonce, err := c.identify(ctx, f.Tenant, f.ClientID, raw)
	if err == nil && subtle.ConstantTimeCompare([]byte(nonce), []byte(f.Nonce)) != 1 {
		err = errors.New("ID token refused: its nonce is not the one of this sign-in")
	}
	if err != nil {
		return Identity{}, err
	}
	return id, nil
}

// IdentifyAgain is Identify for the ID token that came with a refresh, which
// has no nonce: it must be the same person's.
func (c *Client) IdentifyAgain(ctx context.Context, who entra.Person, client entra.ClientID, raw entra.Sensitive) (Identity, error) {
	if raw.IsZero() {
		return Identity{}, errors.New("ID token: none came with the refresh")
	}
	id, _, err := c.identify(ctx, string(who.Tenant), client, raw)
	if err == nil && (id.Person.Tenant != who.Tenant || id.Person.ID != who.ID) {
		err = errors.New("ID token refused: it is another person's")
	}
	if err != nil {
		return Identity{}, err
	}
	return id, nil
}

// identify proves everything but the nonce.
func (c *Client) identify(ctx context.Context, tenant string, client entra.ClientID, raw entra.Sensitive) (_ Identity, nonce string, err error) {
	tid, err := claimedTenant(raw)
	if err != nil {
		return Identity{}, "", err
	}
	ctx, cancel := c.prepare(ctx)
	defer cancel()
	token, err := c.verifier(tenant, client, tid).Verify(ctx, raw.Reveal())
	if err != nil {
		return Identity{}, "", fmt.Errorf("ID token refused: %w", c.withCause(tenant, tid, err))
	}
	id, err := c.read(client, token)
	return id, token.Nonce, err
}

// withCause gives back the cause of keys that could not be had, which go-oidc
// turns into text.
func (c *Client) withCause(tenant, tid string, err error) error {
	k := c.issuers.of(documentOf(tenant, tid))
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.failed != nil {
		return k.failed
	}
	return err
}

// claimedTenant reads the tenant the token says it is of. It only chooses
// whose keys are asked for; the signature then proves it.
func claimedTenant(raw entra.Sensitive) (string, error) {
	claims, err := Claims(raw)
	if err != nil {
		return "", fmt.Errorf("ID token: %w", err)
	}
	if name := respelled(claims); name != "" {
		return "", fmt.Errorf("ID token refused: it has a claim %q, which could be taken for another", entra.ForeignText(name))
	}
	tid, _ := claims["tid"].(string)
	if !entra.IsGUID(tid) {
		return "", errors.New("ID token: it names no tenant")
	}
	return tid, nil
}

// deciding are the claims that decide whether a token counts, who it is and
// what they may do.
var deciding = []string{"iss", "aud", "azp", "exp", "nbf", "iat", "nonce", "tid", "oid", "roles", "auth_time", "scp"}

// respelled is a claim that has the name of a deciding one in other letter
// case, which encoding/json takes for it; empty where there is none. Tenants may
// put claims of their own into tokens.
func respelled(claims map[string]any) string {
	for name := range claims {
		for _, known := range deciding {
			if name != known && strings.EqualFold(name, known) {
				return name
			}
		}
	}
	return ""
}

// documentOf is the tenant whose document has the keys. That of a named
// tenant, asked for by id or domain, must name the issuer of tid's tenant;
// "organizations" has a template for an issuer, so the document of tid's
// tenant is asked for instead.
func documentOf(tenant, tid string) string {
	if tenant == "organizations" || tenant == "common" {
		return tid
	}
	return tenant
}

// verifier leaves the times to checkTimes: go-oidc gives exp no leeway.
func (c *Client) verifier(tenant string, client entra.ClientID, tid string) *oidc.IDTokenVerifier {
	issuer := c.Cloud.Login + "/" + tid + "/v2.0"
	keys := keySet{client: c, keys: c.issuers.of(documentOf(tenant, tid)), issuer: issuer, tenant: tid}
	return oidc.NewVerifier(issuer, keys, &oidc.Config{
		ClientID:             string(client),
		SupportedSigningAlgs: []string{oidc.RS256},
		SkipExpiryCheck:      true,
	})
}

// read makes the checks that go-oidc leaves to its caller.
func (c *Client) read(client entra.ClientID, token *oidc.IDToken) (Identity, error) {
	var claims idClaims
	if err := token.Claims(&claims); err != nil {
		return Identity{}, errors.New("ID token: its claims have the wrong types")
	}
	if err := c.checkTimes(claims.tokenTimes); err != nil {
		return Identity{}, err
	}
	switch {
	case !partyIsClient(claims.Party, token.Audience, string(client)):
		return Identity{}, errors.New("ID token refused: it was issued to another application")
	case claims.Scopes != "":
		return Identity{}, errors.New("ID token refused: it is an access token")
	case !entra.IsGUID(claims.Object):
		return Identity{}, errors.New("ID token refused: it does not say who signed in (claim oid)")
	}
	id := Identity{Person: entra.Person{
		Tenant:      entra.TenantID(claims.Tenant),
		ID:          entra.ObjectID(claims.Object),
		UPN:         entra.ForeignText(claims.Username),
		DisplayName: entra.ForeignText(claims.Name),
	}}
	id.Roles, id.BadRoles = roles(claims.Roles)
	if at := claims.at(claims.Authenticated); claims.Authenticated > 0 && !at.After(c.now().Add(clockSkew)) {
		id.Authenticated = at
	}
	return id, nil
}

// roles reads the claim, which must be an array of texts and nothing else.
func roles(raw json.RawMessage) (list []string, bad bool) {
	if len(raw) == 0 {
		return nil, false
	}
	if raw[0] != '[' || json.Unmarshal(raw, &list) != nil || slices.Contains(list, "") {
		return nil, true
	}
	return list, false
}

// partyIsClient: azp must be the client where it is given, and must be given
// where the audience holds others (OpenID Connect Core 3.1.3.7).
func partyIsClient(party string, audience []string, client string) bool {
	if party == "" {
		return len(audience) == 1 && slices.Contains(audience, client)
	}
	return party == client
}
