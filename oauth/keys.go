package oauth

import (
	"cmp"
	"context"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	jose "github.com/go-jose/go-jose/v4"

	"github.com/consentry/consentry/entra"
)

const (
	// keysRenewed is when keys are asked for anew although the wanted one is
	// there: keys roll without notice and are to be looked at daily
	// [MicrosoftDocs/entra-docs/docs/identity-platform/access-tokens.md].
	keysRenewed = 12 * time.Hour
	// keysLife is how long old keys serve while no new ones can be had.
	keysLife = 24 * time.Hour
	// keysPause is how long nobody asks again after keys were asked for; each
	// time in vain doubles it, up to keysMaxPause.
	keysPause    = 5 * time.Second
	keysMaxPause = 5 * time.Minute
	// maxIssuers is how many tenants' keys are remembered.
	maxIssuers = 1000
	// minKeyBits is the least that an RSA key may have.
	minKeyBits = 2048
)

// issuers remembers the signing keys of the tenants that people signed in
// from.
type issuers struct {
	mu   sync.Mutex
	keys map[string]*issuerKeys // by the tenant as it was asked for
}

func (i *issuers) of(tenant string) *issuerKeys {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.keys == nil || len(i.keys) >= maxIssuers && i.keys[tenant] == nil {
		i.keys = map[string]*issuerKeys{}
	}
	if i.keys[tenant] == nil {
		i.keys[tenant] = &issuerKeys{tenant: tenant}
	}
	return i.keys[tenant]
}

// issuerKeys are the signing keys of one tenant, by key ID. Whoever finds them
// missing asks for them; the others wait for the answer.
type issuerKeys struct {
	tenant string

	mu      sync.Mutex
	issuer  string
	keys    map[string]signingKey
	fetched time.Time
	tried   time.Time
	pause   time.Duration
	failed  error // the last time; nil when it went well
}

// A signingKey is one public key, and the issuer it signs for where the
// document says so, with {tenantid} in the tenant's place.
type signingKey struct {
	public *rsa.PublicKey
	issuer string
}

// errUnknownKey: the tokens' signing key is none of the tenant's.
var errUnknownKey = errors.New("ID token refused: its signing key is none of the tenant's")

// find gives the issuer and one of its keys. An unknown key ID leads to one
// look at the tenant's document, and not to another for a while.
func (k *issuerKeys) find(ctx context.Context, c *Client, kid string) (issuer string, key signingKey, err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	now := c.now()
	key, known := k.keys[kid]
	if known && now.Sub(k.fetched) < keysRenewed {
		return k.issuer, key, nil
	}
	if k.tried.IsZero() || now.Sub(k.tried) >= k.pause {
		k.renew(ctx, c, kid)
	}
	key, known = k.keys[kid]
	switch {
	case known && now.Sub(k.fetched) < keysLife:
		return k.issuer, key, nil
	case k.failed != nil:
		return "", key, k.failed
	}
	return "", key, errUnknownKey
}

// renew asks for the keys. It goes on when whoever wants them has gone: others
// are waiting.
func (k *issuerKeys) renew(ctx context.Context, c *Client, wanted string) {
	k.tried = c.now()
	issuer, keys, err := c.fetchKeys(context.WithoutCancel(ctx), k.tenant)
	k.failed = err
	if err == nil {
		k.issuer, k.keys, k.fetched = issuer, keys, c.now()
	}
	if _, found := k.keys[wanted]; found && err == nil {
		k.pause = keysPause
		return
	}
	k.pause = min(max(2*k.pause, keysPause), keysMaxPause)
}

// fetchKeys reads a tenant's document and the keys it names. The document
// decides nothing but the issuer and where on this cloud the keys are.
func (c *Client) fetchKeys(ctx context.Context, tenant string) (issuer string, keys map[string]signingKey, err error) {
	var document struct {
		Issuer string `json:"issuer"`
		Keys   string `json:"jwks_uri"`
	}
	if err := c.getJSON(ctx, "/"+url.PathEscape(tenant)+"/v2.0/.well-known/openid-configuration", &document); err != nil {
		return "", nil, fmt.Errorf("discovery of tenant %s: %w", entra.ForeignText(tenant), err)
	}
	path, ours := strings.CutPrefix(document.Keys, c.Cloud.Login+"/")
	if !ours {
		return "", nil, errors.New("ID token refused: the document names keys of another host")
	}
	var set struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := c.getJSON(ctx, "/"+path, &set); err != nil {
		return "", nil, fmt.Errorf("signing keys of tenant %s: %w", entra.ForeignText(tenant), err)
	}
	keys = map[string]signingKey{}
	for _, raw := range set.Keys {
		if id, key, ok := readKey(raw); ok {
			keys[id] = key
		}
	}
	return document.Issuer, keys, nil
}

// readKey takes RSA keys for signatures; others are not ours to judge.
func readKey(raw []byte) (id string, key signingKey, ok bool) {
	var jwk jose.JSONWebKey
	var named struct {
		Issuer string `json:"issuer"`
	}
	if json.Unmarshal(raw, &jwk) != nil || json.Unmarshal(raw, &named) != nil {
		return "", key, false
	}
	public, isRSA := jwk.Key.(*rsa.PublicKey)
	if !isRSA || jwk.KeyID == "" || cmp.Or(jwk.Use, "sig") != "sig" || public.N.BitLen() < minKeyBits {
		return "", key, false
	}
	return jwk.KeyID, signingKey{public, named.Issuer}, true
}

// signsFor reports whether the key may sign the tokens of an issuer.
func (k signingKey) signsFor(issuer, tenant string) bool {
	return k.issuer == "" || strings.ReplaceAll(k.issuer, "{tenantid}", tenant) == issuer
}

// getJSON asks the sign-in service for a document.
func (c *Client) getJSON(ctx context.Context, path string, v any) error {
	resp, answer, err := c.get(ctx, path)
	switch {
	case err != nil:
		return err
	case resp.StatusCode != http.StatusOK:
		return serviceError(resp, answer.Body)
	}
	if err = answer.JSON(); err == nil && json.Unmarshal(answer.Body, v) != nil {
		err = errors.New("what came back is not the document that was asked for")
	}
	if err != nil {
		return unusable(answer, resp.Request, err)
	}
	return nil
}

// keySet proves signatures of one tenant's tokens for go-oidc.
type keySet struct {
	client *Client
	keys   *issuerKeys
	issuer string // that the document must name
	tenant string
}

// VerifySignature implements oidc.KeySet. Keys that the token itself carries
// or points to (jwk, jku, x5c, x5u) are never looked at.
func (s keySet) VerifySignature(ctx context.Context, raw string) ([]byte, error) {
	jws, err := jose.ParseSignedCompact(raw, []jose.SignatureAlgorithm{jose.RS256})
	if err != nil || len(jws.Signatures) != 1 {
		return nil, errors.New("it is not signed as ID tokens are (RS256)")
	}
	header := jws.Signatures[0].Protected
	if typ, given := header.ExtraHeaders[jose.HeaderType].(string); given && !strings.EqualFold(typ, "JWT") {
		return nil, fmt.Errorf("it is a token of another type: %q", entra.ForeignText(typ))
	}
	issuer, key, err := s.keys.find(ctx, s.client, header.KeyID)
	switch {
	case err != nil:
		return nil, err
	case issuer != s.issuer:
		return nil, fmt.Errorf("its tenant has issuer %q, the token is of %q", entra.ForeignText(issuer), s.issuer)
	case !key.signsFor(s.issuer, s.tenant):
		return nil, errors.New("its signing key is for another issuer")
	}
	payload, err := jws.Verify(key.public)
	if err != nil {
		return nil, errors.New("its signature is wrong")
	}
	return payload, nil
}
