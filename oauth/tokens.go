package oauth

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/consentry/consentry/entra"
)

// Tokens is what the token endpoint gave.
type Tokens struct {
	Access entra.Sensitive
	// Refresh comes only where offline_access was asked for.
	Refresh entra.Sensitive
	// ID comes only where openid was asked for.
	ID        entra.Sensitive
	TokenType string
	// Scopes are what the answer says was granted, with resource prefix but
	// for Microsoft Graph's.
	Scopes []string
	// Asked are the scopes that the person was asked for: those of the
	// authorization request. Microsoft puts everything else that was ever
	// consented on the same resource into the token as well, so Scopes may hold
	// more.
	Asked []string
	// Client is the application that they were issued to.
	Client entra.ClientID
	// Lifetime is the answer's expires_in; Expires counts it from receipt.
	Lifetime time.Duration
	Expires  time.Time
}

// Received is when the tokens came.
func (t Tokens) Received() time.Time { return t.Expires.Add(-t.Lifetime) }

// Allow reports whether each scope was asked for and granted. Scopes that the
// answer does not repeat, those of the sign-in itself, count as granted.
func (t Tokens) Allow(scopes []string) bool {
	for _, s := range scopes {
		if !holds(t.Asked, s) || isGraph(s) && !holds(t.Scopes, s) {
			return false
		}
	}
	return true
}

// graphScope begins the long form of Microsoft Graph's scopes, which answers
// leave out.
const graphScope = "https://graph.microsoft.com/"

func isGraph(scope string) bool { return strings.HasPrefix(scope, graphScope) }

// holds compares without letter case, as the sign-in service does.
func holds(list []string, scope string) bool {
	short := strings.TrimPrefix(scope, graphScope)
	return slices.ContainsFunc(list, func(s string) bool { return strings.EqualFold(strings.TrimPrefix(s, graphScope), short) })
}

// sealedTokens is the storage form of Tokens, values in clear.
type sealedTokens struct {
	Access    string         `json:"access"`
	Refresh   string         `json:"refresh,omitempty"`
	ID        string         `json:"id,omitempty"`
	TokenType string         `json:"tokenType"`
	Scopes    []string       `json:"scopes"`
	Asked     []string       `json:"asked,omitempty"`
	Client    entra.ClientID `json:"client,omitempty"`
	Lifetime  time.Duration  `json:"lifetime"` // nanoseconds
	Expires   time.Time      `json:"expires"`
}

// Seal writes the tokens as JSON with their values in clear, for encrypted
// storage only. The caller encrypts.
func (t Tokens) Seal() []byte {
	b, err := json.Marshal(sealedTokens{
		t.Access.Reveal(), t.Refresh.Reveal(), t.ID.Reveal(),
		t.TokenType, t.Scopes, t.Asked, t.Client, t.Lifetime, t.Expires,
	})
	if err != nil { // strings, a number and a time of this era always encode
		panic(err)
	}
	return b
}

// OpenTokens reads what Seal wrote.
func OpenTokens(sealed []byte) (Tokens, error) {
	var s sealedTokens
	if err := json.Unmarshal(sealed, &s); err != nil {
		return Tokens{}, errors.New("stored tokens: not the JSON that was sealed") // the cause may quote them
	}
	return Tokens{
		Access:    entra.NewSensitive(s.Access),
		Refresh:   entra.NewSensitive(s.Refresh),
		ID:        entra.NewSensitive(s.ID),
		TokenType: s.TokenType,
		Scopes:    s.Scopes,
		Asked:     s.Asked,
		Client:    s.Client,
		Lifetime:  s.Lifetime,
		Expires:   s.Expires,
	}, nil
}

// Claims decodes a token's claims without verifying anything: for showing to
// a person, never for a decision. Numbers are json.Number. An access token is
// opaque to clients, so an error here says nothing about its worth.
func Claims(token entra.Sensitive) (map[string]any, error) {
	parts := strings.Split(token.Reveal(), ".")
	if len(parts) != 3 {
		return nil, errors.New("the token is not a JWT: it has no three parts")
	}
	payload, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(parts[1], "="))
	if err != nil {
		return nil, errors.New("the token's middle part is not base64url")
	}
	d := json.NewDecoder(strings.NewReader(string(payload)))
	d.UseNumber()
	var claims map[string]any
	if err := d.Decode(&claims); err != nil || claims == nil {
		return nil, fmt.Errorf("the token's middle part is not a JSON object")
	}
	return claims, nil
}
