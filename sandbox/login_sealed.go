package sandbox

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"strings"
	"time"
)

// Codes and refresh tokens hold what they stand for, encrypted, as Entra's do:
// nothing of them is kept here, so that however many sign-ins there are the
// sandbox stays as small as it is. Only which codes were redeemed is
// remembered, for as long as they would be valid.

// The kinds of sealed values. A value of one kind does not open as another.
const (
	sealedCode    = "code"
	sealedRefresh = "refresh token"
)

// sealedPrefix begins what is sealed as Entra's codes and refresh tokens begin,
// and goes on with a marker by which they are found wherever they should not
// be.
const sealedPrefix = "1.ASANDBOX"

func newSealing() cipher.AEAD {
	key := make([]byte, 32)
	rand.Read(key) // never fails: crypto/rand ends the process instead
	block, err := aes.NewCipher(key)
	if err != nil {
		panic(err) // a key of another length only
	}
	gcm, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		panic(err) // another block size only
	}
	return gcm
}

// seal gives the value that holds v.
func (s *loginState) seal(kind string, v any) (string, error) {
	plain, err := json.Marshal(v)
	if err != nil {
		return "", err
	}
	return sealedPrefix + base64.RawURLEncoding.EncodeToString(s.sealing.Seal(nil, nil, plain, []byte(kind))), nil
}

// open reads a sealed value into v; false when it is none of ours.
func (s *loginState) open(kind, value string, v any) bool {
	encoded, ours := strings.CutPrefix(value, sealedPrefix)
	raw, err := base64.RawURLEncoding.DecodeString(encoded)
	if err != nil || !ours {
		return false
	}
	plain, err := s.sealing.Open(nil, nil, raw, []byte(kind))
	return err == nil && json.Unmarshal(plain, v) == nil
}

// code finds out what an authorization code stands for; nil when it is not
// one, or was issued before a reset of its tenant.
func (s *loginState) code(value string) *authorizationCode {
	c := &authorizationCode{}
	if !s.open(sealedCode, value, c) || c.Resets != s.resetsOf(c.TenantID, c.Account) {
		return nil
	}
	return c
}

// refreshToken is code for refresh tokens.
func (s *loginState) refreshToken(value string) *refreshToken {
	t := &refreshToken{}
	if !s.open(sealedRefresh, value, t) || t.Resets != s.resetsOf(t.TenantID, t.Account) {
		return nil
	}
	return t
}

// sealed is seal for a visit: when it fails the whole answer does.
func (v *visit) sealed(kind string, record any) string {
	value, err := v.world.login.seal(kind, record)
	if err != nil {
		v.failed = err
	}
	return value
}

// isRedeemed and redeem tell whether a code was used and that it is.
func (s *loginState) isRedeemed(code string) bool {
	_, redeemed := s.redeemed[sha256.Sum256([]byte(code))]
	return redeemed
}

func (s *loginState) redeem(code string, expires time.Time) {
	s.redeemed[sha256.Sum256([]byte(code))] = expires
}

// resetsOf numbers the state of a user's sign-in to a tenant: the number
// changes with every reset that ends it.
func (s *loginState) resetsOf(tenantID string, a account) int {
	return s.resets[everyTenant] + s.resets[tenantID] + s.resets[a.tenantID]
}

// everyTenant stands for all of them in the counts of resets.
const everyTenant = ""

// MarshalJSON and its siblings give what is sealed a form outside.

type accountJSON struct{ Tenant, User string }

// MarshalJSON implements json.Marshaler.
func (a account) MarshalJSON() ([]byte, error) {
	return json.Marshal(accountJSON{a.tenantID, a.userID})
}

// UnmarshalJSON implements json.Unmarshaler.
func (a *account) UnmarshalJSON(data []byte) error {
	var j accountJSON
	err := json.Unmarshal(data, &j)
	*a = account{j.Tenant, j.User}
	return err
}

type askedJSON struct {
	Resource, Audience, Address string
	Names                       []string
	IsDefault, Short            bool
}

// MarshalJSON implements json.Marshaler.
func (a asked) MarshalJSON() ([]byte, error) {
	return json.Marshal(askedJSON{a.resource, a.audience, a.address, a.names, a.isDefault, a.short})
}

// UnmarshalJSON implements json.Unmarshaler.
func (a *asked) UnmarshalJSON(data []byte) error {
	var j askedJSON
	err := json.Unmarshal(data, &j)
	*a = asked{j.Resource, j.Audience, j.Address, j.Names, j.IsDefault, j.Short}
	return err
}
