package sandbox

import (
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"maps"
	"slices"
	"sync"
	"time"
)

// loginState is what the sign-in service remembers. The world's lock guards
// it, except the keys, which never change.
type loginState struct {
	key func() (*signingKey, error)

	sealing      cipher.AEAD              // of codes and refresh tokens
	redeemed     map[[32]byte]time.Time   // when redeemed codes expire, by hash
	resets       map[string]int           // how often what a tenant's users hold was made void
	devices      map[string]*deviceSignIn // by device code
	browsers     map[string]*browser      // by cookie value
	interactions map[string]*interaction  // by flow token
	repeats      map[[32]byte][]time.Time // same grant requests, for the loop guard
}

// newLoginState starts with nobody signed in. The signing key is made when it
// is first needed, see warm.
func newLoginState(now func() time.Time) *loginState {
	return &loginState{
		key:          sync.OnceValues(func() (*signingKey, error) { return newSigningKey(now()) }),
		sealing:      newSealing(),
		redeemed:     map[[32]byte]time.Time{},
		resets:       map[string]int{},
		devices:      map[string]*deviceSignIn{},
		browsers:     map[string]*browser{},
		interactions: map[string]*interaction{},
		repeats:      map[[32]byte][]time.Time{},
	}
}

// warm makes the signing key ahead of the first token, which would otherwise
// wait for it. A failure is kept and met by that token.
func (s *loginState) warm() { _, _ = s.key() }

// sweep forgets what has expired, so that a sandbox that runs for days stays
// small. Expired device codes are kept for a while to be told from unknown ones.
func (s *loginState) sweep(now time.Time) {
	const kept = 24 * time.Hour
	maps.DeleteFunc(s.interactions, func(_ string, it *interaction) bool { return now.After(it.expires) })
	maps.DeleteFunc(s.redeemed, func(_ [32]byte, expires time.Time) bool { return now.After(expires) })
	maps.DeleteFunc(s.devices, func(_ string, d *deviceSignIn) bool { return now.After(d.expires.Add(kept)) })
	maps.DeleteFunc(s.browsers, func(_ string, b *browser) bool { return now.After(b.seen.Add(kept)) })
	maps.DeleteFunc(s.repeats, func(_ [32]byte, at []time.Time) bool { return now.Sub(at[len(at)-1]) > loopWindow })
	dropOldest(s.interactions, func(it *interaction) time.Time { return it.expires })
	dropOldest(s.devices, func(d *deviceSignIn) time.Time { return d.expires })
	dropOldest(s.browsers, func(b *browser) time.Time { return b.seen })
}

// mostOpen is how many open sign-ins of one kind are remembered.
const mostOpen = 10_000

// dropOldest forgets the oldest entries beyond mostOpen.
func dropOldest[K comparable, V any](all map[K]V, age func(V) time.Time) {
	for len(all) > mostOpen {
		var oldest K
		var since time.Time
		for key, v := range all {
			if at := age(v); since.IsZero() || at.Before(since) {
				oldest, since = key, at
			}
		}
		delete(all, oldest)
	}
}

// A subject is a user as one tenant knows them: in their home tenant, or as a
// guest elsewhere.
type subject struct {
	tenant *tenant // where the token is for
	user   *user   // the account in that tenant
	home   *tenant // where the password was checked
}

// An account is a user signed in in a browser: the home identity.
type account struct {
	tenantID, userID string
}

// A browser is one cookie jar, with the accounts signed in in it. The latest
// is the last.
type browser struct {
	cookie   string
	accounts []account
	since    map[account]time.Time // when each account's password was typed last
	seen     time.Time
}

// asked is what one resource is asked for: permission names, or everything
// registered and consented (".default").
type asked struct {
	resource  string // appId
	audience  string // as the client named the resource
	address   string // the sandbox's own address by which the client named it instead, if it did
	names     []string
	isDefault bool
	short     bool // named by permissions alone: the answer names them so too
}

// An authorizationCode waits for its one redemption.
type authorizationCode struct {
	ClientID    string
	RedirectURI string
	Platform    platform
	Authority   string // the tenant part of the authorize request, see tenantSegment.key
	Account     account
	TenantID    string // where the token is for
	Wanted      []asked
	OIDC        []string
	Nonce       string
	Challenge   string
	Method      string
	Signed      authentication
	Expires     time.Time
	Resets      int // see resetsOf
}

// A refreshToken stays valid beside its successors.
type refreshToken struct {
	ClientID string
	Platform platform
	Account  account
	TenantID string
	Wanted   asked
	OIDC     []string
	Signed   authentication
	Issued   time.Time
	Expires  time.Time
	Resets   int // see resetsOf
}

// signOut ends the sessions of an account in all browsers.
func (s *loginState) signOut(gone account) {
	for _, b := range s.browsers {
		b.accounts = slices.DeleteFunc(b.accounts, func(a account) bool { return a == gone })
	}
}

// opaque returns a value that cannot be guessed, in the alphabet and with the
// kind of beginning that Entra's codes and refresh tokens have.
func opaque(prefix string, bytes int) string {
	b := make([]byte, bytes)
	rand.Read(b) // never fails: crypto/rand ends the process instead
	return prefix + base64.RawURLEncoding.EncodeToString(b)
}
