package oauth_test

import (
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	jose "github.com/go-jose/go-jose/v4"

	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/oauth"
)

// A ring is a sign-in service whose keys change, with a client of one clock.
type ring struct {
	*aLogin
	t      *testing.T
	client *oauth.Client

	mu    sync.Mutex
	clock time.Time
	keys  map[string]*rsa.PrivateKey // that are published
	down  bool
	// issuer, when set, stands in every key.
	issuer string
}

func startRing(t *testing.T) *ring {
	t.Helper()
	r := &ring{aLogin: startLogin(t), t: t, clock: began, keys: map[string]*rsa.PrivateKey{}}
	r.publish = r.serveKeys
	r.client = r.aLogin.client()
	r.client.Now = r.now
	r.rotate("one")
	return r
}

func (r *ring) now() time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.clock
}

func (r *ring) later(d time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.clock = r.clock.Add(d)
}

// rotate publishes a new key alone.
func (r *ring) rotate(id string) {
	r.t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		r.t.Fatal(err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.keys = map[string]*rsa.PrivateKey{id: key}
}

func (r *ring) serveKeys(w http.ResponseWriter) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.down {
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	keys := []map[string]any{}
	for id, key := range r.keys {
		jwk := jose.JSONWebKey{Key: key.Public(), KeyID: id, Use: "sig"}
		fields := asMap(r.t, jwk)
		if r.issuer != "" {
			fields["issuer"] = r.issuer
		}
		keys = append(keys, fields)
	}
	writeJSON(w, map[string]any{"keys": keys})
}

func (r *ring) setDown(down bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.down = down
}

// login signs somebody in with a token of the given key.
func (r *ring) login(id string, key *rsa.PrivateKey) error {
	r.t.Helper()
	claims := r.claims()
	now := r.now()
	claims["iat"], claims["nbf"], claims["exp"] = now.Unix(), now.Unix(), now.Add(time.Hour).Unix()
	_, err := r.client.Identify(r.t.Context(), oauth.Flow{Tenant: homeTenant, ClientID: testClient, Nonce: theNonce}, idToken(r.t, jose.RS256, key, id, claims))
	return err
}

func (r *ring) key(id string) *rsa.PrivateKey {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.keys[id]
}

// fetches counts how often keys were asked for.
func (r *ring) fetches() (n int) {
	r.aLogin.mu.Lock()
	defer r.aLogin.mu.Unlock()
	for _, p := range r.paths {
		if strings.HasSuffix(p, "/discovery/v2.0/keys") {
			n++
		}
	}
	return n
}

func TestFiveHundredSignInsAskForKeysOnce(t *testing.T) {
	r := startRing(t)
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() {
			for range 10 {
				if err := r.login("one", r.key("one")); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	if n := r.fetches(); n != 1 {
		t.Errorf("keys were asked for %d times", n)
	}
}

func TestAKeyThatCameInBetweenIsFetchedOnce(t *testing.T) {
	r := startRing(t)
	if err := r.login("one", r.key("one")); err != nil {
		t.Fatal(err)
	}
	old := r.key("one")
	r.later(time.Minute)
	r.rotate("two")
	var all sync.WaitGroup
	for range 500 {
		all.Go(func() {
			if err := r.login("two", r.key("two")); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if n := r.fetches(); n != 2 {
		t.Errorf("keys were asked for %d times", n)
	}
	if err := r.login("one", old); err == nil {
		t.Error("a key that is not published any more is believed")
	}
}

func TestUnknownKeysDoNotMakeAStorm(t *testing.T) {
	r := startRing(t)
	foreign, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	for range 600 { // ten minutes of somebody who tries once a second
		if r.login("foreign", foreign) == nil {
			t.Fatal("a foreign key is believed")
		}
		r.later(time.Second)
	}
	if n := r.fetches(); n < 2 || n > 12 {
		t.Errorf("keys were asked for %d times in ten minutes", n)
	}
	if err := r.login("one", r.key("one")); err != nil {
		t.Errorf("meanwhile nobody can sign in: %v", err)
	}
}

func TestOldKeysServeForADayWhileNoNewOnesCanBeHad(t *testing.T) {
	r := startRing(t)
	if err := r.login("one", r.key("one")); err != nil {
		t.Fatal(err)
	}
	r.setDown(true)
	for _, hours := range []int{6, 13, 23} {
		r.later(began.Add(time.Duration(hours) * time.Hour).Sub(r.now()))
		if err := r.login("one", r.key("one")); err != nil {
			t.Errorf("after %d hours: %v", hours, err)
		}
	}
	if n := r.fetches(); n < 2 {
		t.Errorf("nobody looked for new keys: %d fetches", n)
	}
	r.later(2 * time.Hour)
	err := r.login("one", r.key("one"))
	var no *entra.ServiceError
	if err == nil || !errors.As(err, &no) {
		t.Errorf("after a day: %v", err)
	}
	r.setDown(false)
	r.later(10 * time.Minute)
	if err := r.login("one", r.key("one")); err != nil {
		t.Errorf("once there are keys again: %v", err)
	}
}

func TestAKeySignsForItsIssuerAlone(t *testing.T) {
	for issuer, good := range map[string]bool{
		"": true, "{login}/{tenantid}/v2.0": true, "{login}/" + homeTenant + "/v2.0": true,
		"{login}/" + otherTenant + "/v2.0": false, "https://evil.example/{tenantid}/v2.0": false,
	} {
		r := startRing(t)
		r.issuer = strings.ReplaceAll(issuer, "{login}", r.URL)
		if err := r.login("one", r.key("one")); (err == nil) != good {
			t.Errorf("a key for %q: %v", issuer, err)
		}
	}
}

func TestKeysThatAreTooShortOrForOtherUsesAreNone(t *testing.T) {
	r := startRing(t)
	short, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Skip("this Go makes no short keys: ", err)
	}
	r.publish = func(w http.ResponseWriter) {
		encrypts := asMap(t, jose.JSONWebKey{Key: r.key("one").Public(), KeyID: "encrypts", Use: "enc"})
		writeJSON(w, map[string]any{"keys": []any{asMap(t, jose.JSONWebKey{Key: short.Public(), KeyID: "short", Use: "sig"}), encrypts, "no key", nil}})
	}
	if r.login("short", short) == nil || r.login("encrypts", r.key("one")) == nil {
		t.Error("such a key is believed")
	}
}

func TestARefreshedTokenNeedsNoNonceButTheSamePerson(t *testing.T) {
	r := startRing(t)
	who := entra.Person{Tenant: homeTenant, ID: "00000000-0000-0000-0000-00000000000a"}
	for name, c := range map[string]struct {
		change map[string]any
		good   bool
	}{
		"as it should be":          {nil, true},
		"with an old sign-in":      {map[string]any{"auth_time": began.Add(-8 * time.Hour).Unix()}, true},
		"somebody else's":          {map[string]any{"oid": "00000000-0000-0000-0000-00000000000b"}, false},
		"of another tenant":        {map[string]any{"tid": otherTenant, "iss": r.URL + "/" + otherTenant + "/v2.0"}, false},
		"for another application":  {map[string]any{"aud": "other"}, false},
		"one that has expired":     {map[string]any{"exp": began.Add(-time.Hour).Unix()}, false},
		"an access token":          {map[string]any{"scp": "User.Read"}, false},
		"with roles of wrong type": {map[string]any{"roles": "admin"}, true},
	} {
		claims := r.claims()
		delete(claims, "nonce")
		for k, v := range c.change {
			claims[k] = v
		}
		id, err := r.client.IdentifyAgain(t.Context(), who, testClient, idToken(t, jose.RS256, r.key("one"), "one", claims))
		if (err == nil) != c.good {
			t.Errorf("%s: %v", name, err)
		}
		if name == "with roles of wrong type" && (!id.BadRoles || id.Roles != nil) {
			t.Errorf("roles %q, bad %v", id.Roles, id.BadRoles)
		}
	}
	if _, err := r.client.IdentifyAgain(t.Context(), who, testClient, entra.Sensitive{}); err == nil {
		t.Error("no token at all is taken")
	}
}

func TestAnErrorAboutTheClockSaysHowFarItIsOff(t *testing.T) {
	r := startRing(t)
	real := time.Now()
	r.later(real.Add(-20 * time.Minute).Sub(r.now())) // the service answers with the real time
	claims := r.claims()
	claims["iat"], claims["nbf"], claims["exp"] = real.Unix(), real.Unix(), real.Add(time.Hour).Unix()
	_, err := r.client.Identify(t.Context(), oauth.Flow{Tenant: homeTenant, ClientID: testClient, Nonce: theNonce}, idToken(t, jose.RS256, r.key("one"), "one", claims))
	var clock *oauth.ClockError
	if !errors.As(err, &clock) || clock.Ahead > -19*time.Minute || clock.Ahead < -21*time.Minute {
		t.Errorf("%v", err)
	}
}
