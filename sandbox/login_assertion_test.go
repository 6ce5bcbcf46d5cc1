package sandbox

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1" //nolint:gosec // x5t is defined as a SHA-1 thumbprint
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"fmt"
	"maps"
	"math/big"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

// A testCertificate is what a client signs its assertions with.
type testCertificate struct {
	private *rsa.PrivateKey
	der     []byte
}

// testCertificates are two for all tests: making keys takes its time.
var testCertificates = sync.OnceValues(func() ([2]testCertificate, error) {
	var pair [2]testCertificate
	for i := range pair {
		private, err := rsa.GenerateKey(rand.Reader, 2048)
		if err != nil {
			return pair, err
		}
		template := &x509.Certificate{
			SerialNumber: big.NewInt(int64(i + 1)), Subject: pkix.Name{CommonName: fmt.Sprintf("client %d", i+1)},
			NotBefore: time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC), NotAfter: time.Date(2090, 1, 1, 0, 0, 0, 0, time.UTC),
		}
		der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
		if err != nil {
			return pair, err
		}
		pair[i] = testCertificate{private, der}
	}
	return pair, nil
})

// certificates are the two of the tests.
func certificates(t *testing.T) [2]testCertificate {
	t.Helper()
	pair, err := testCertificates()
	if err != nil {
		t.Fatal(err)
	}
	return pair
}

func (c testCertificate) encoded() string { return base64.StdEncoding.EncodeToString(c.der) }

// entry is the certificate as a body of Microsoft Graph has it.
func (c testCertificate) entry() string {
	return `{"type":"AsymmetricX509Cert","usage":"Verify","key":"` + c.encoded() + `"}`
}

// withCertificate registers the first certificate of the tests.
func (l *loginTest) withCertificate(a *application) {
	l.Helper()
	key := certificates(l.T)[0].encoded()
	settled, fault := settleKeys([]keyCredential{{Type: certificateType, Usage: certificateUsage, Key: &key}}, nil)
	if fault != nil {
		l.Fatal(fault)
	}
	a.KeyCredentials = settled
}

// An assertion is a client assertion before it is signed.
type assertion struct {
	algorithm jose.SignatureAlgorithm
	by        testCertificate
	header    map[jose.HeaderKey]any
	claims    map[string]any
}

// assertion is one that holds, by the first certificate.
func (l *loginTest) assertion(a *application) assertion {
	by := certificates(l.T)[0]
	sum := sha1.Sum(by.der) //nolint:gosec // see import
	return assertion{
		algorithm: jose.RS256, by: by,
		header: map[jose.HeaderKey]any{"x5t": base64.RawURLEncoding.EncodeToString(sum[:])},
		claims: map[string]any{
			"aud": l.base + "/" + l.tenant("contoso").ID + "/oauth2/v2.0/token", "iss": a.AppID, "sub": a.AppID, "jti": newGUID(),
			"nbf": l.clock.Unix(), "exp": l.clock.Add(10 * time.Minute).Unix(),
		},
	}
}

func (a assertion) sign(t *testing.T) string {
	t.Helper()
	options := (&jose.SignerOptions{}).WithType("JWT")
	for name, value := range a.header {
		options.WithHeader(name, value)
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: a.algorithm, Key: a.by.private}, options)
	if err != nil {
		t.Fatal(err)
	}
	signed, err := jwt.Signed(signer).Claims(a.claims).Serialize()
	if err != nil {
		t.Fatal(err)
	}
	return signed
}

// asserted is the form of a client credentials grant with an assertion.
func asserted(a *application, assertion string, values ...string) []string {
	return append([]string{"client_secret", "", "client_assertion_type", assertionType, "client_assertion", assertion}, values...)
}

//parity:real login POST /{tenant}/oauth2/v2.0/token
func TestAnAssertionByARegisteredCertificateProvesTheClient(t *testing.T) {
	by := certificates(t)[0]
	sum := sha256.Sum256(by.der)
	hexadecimal := fmt.Sprintf("%X", sha1.Sum(by.der)) //nolint:gosec // see import
	for name, change := range map[string]func(*loginTest, *assertion){
		"RS256 with x5t": func(*loginTest, *assertion) {},
		"PS256 with x5t#S256": func(_ *loginTest, a *assertion) {
			a.algorithm, a.header = jose.PS256, map[jose.HeaderKey]any{"x5t#S256": base64.RawURLEncoding.EncodeToString(sum[:])}
		},
		"x5t as Microsoft's library for Go writes it": func(_ *loginTest, a *assertion) {
			print := sha1.Sum(by.der) //nolint:gosec // see import
			a.header = map[jose.HeaderKey]any{"x5t": base64.StdEncoding.EncodeToString(print[:])}
		},
		"thumbprint as kid":                     func(_ *loginTest, a *assertion) { a.header = map[jose.HeaderKey]any{"kid": hexadecimal} },
		"audience of the endpoint without v2.0": func(l *loginTest, a *assertion) { a.claims["aud"] = l.base + "/contoso.sandbox.invalid/oauth2/token" },
		"audience is the issuer":                func(l *loginTest, a *assertion) { a.claims["aud"] = l.base + "/" + l.tenant("contoso").ID + "/v2.0" },
		"audience is the issuer of v1 tokens":   func(l *loginTest, a *assertion) { a.claims["aud"] = stsIssuer(l.tenant("contoso").ID) },
		"audience names the public cloud": func(l *loginTest, a *assertion) {
			a.claims["aud"] = "https://login.microsoftonline.com/" + l.tenant("contoso").ID + "/oauth2/v2.0/token"
		},
		"no beginning":           func(_ *loginTest, a *assertion) { delete(a.claims, "nbf") },
		"a clock a little ahead": func(l *loginTest, a *assertion) { a.claims["nbf"] = l.clock.Add(time.Minute).Unix() },
	} {
		t.Run(name, func(t *testing.T) {
			l := newTestWorld(t)
			a := l.consented(l.withCertificate)
			unsigned := l.assertion(a)
			change(l, &unsigned)
			form := appForm(a, asserted(a, unsigned.sign(t))...)
			for range 2 {
				if got := l.token(l.tenant("contoso").ID, form).ok().claims().AppIDACR; got != certificateACR {
					t.Errorf("appidacr %q", got)
				}
			}
		})
	}
}

func TestACodeIsRedeemedWithAnAssertion(t *testing.T) {
	l := newTestWorld(t)
	a := l.consented(l.withCertificate)
	code := l.visitor().open(l.authorizeURL("organizations", a)).signIn("user", "contoso").code()
	unsigned := l.assertion(a)
	unsigned.claims["aud"] = l.base + "/organizations/oauth2/v2.0/token"
	proof := asserted(a, unsigned.sign(t))
	answer := l.token("organizations", redeem(a, code, proof...)).ok()
	if answer.claims().AppIDACR != certificateACR {
		t.Errorf("claims %+v", answer.claims())
	}
	l.token("organizations", refreshForm(a, answer.string("refresh_token"), proof...)).ok()
}

func TestAssertionsThatProveNothing(t *testing.T) {
	set := func(name string, value any) func(*loginTest, *assertion) {
		return func(_ *loginTest, a *assertion) { a.claims[name] = value }
	}
	for _, c := range []struct {
		name   string
		change func(*loginTest, *assertion)
		code   int
		says   string
	}{
		{"another key under the same thumbprint", func(_ *loginTest, a *assertion) { a.by = certificates(t)[1] }, 700027, "The provided signature value did not match"},
		{"unknown certificate", func(_ *loginTest, a *assertion) {
			sum := sha1.Sum(certificates(t)[1].der) //nolint:gosec // see import
			a.by, a.header["x5t"] = certificates(t)[1], base64.RawURLEncoding.EncodeToString(sum[:])
		}, 700027, "The key was not found., Thumbprint of key used by client: '"},
		{"no thumbprint", func(_ *loginTest, a *assertion) { a.header = nil }, 700027, "The key was not found., Please visit"},
		{"expired", func(l *loginTest, a *assertion) { a.claims["exp"] = l.clock.Add(-assertionLeeway).Unix() }, 700024, "Current time: "},
		{"without end", func(_ *loginTest, a *assertion) { delete(a.claims, "exp") }, 700024, "expiry time of assertion 1970-01-01T00:00:00.0000000Z"},
		{"not valid yet", func(l *loginTest, a *assertion) { a.claims["nbf"] = l.clock.Add(assertionLeeway + time.Second).Unix() }, 700024, "assertion valid from "},
		{"by another client", set("iss", newGUID()), 50012, ""},
		{"about another client", set("sub", newGUID()), 50012, ""},
		{"audience of another tenant", func(l *loginTest, a *assertion) {
			a.claims["aud"] = l.base + "/" + l.tenant("fabrikam").ID + "/oauth2/v2.0/token"
		}, 700023, ""},
		{"audience elsewhere", set("aud", "https://example.com/token"), 700023, ""},
		{"audience of another endpoint", func(l *loginTest, a *assertion) {
			a.claims["aud"] = l.base + "/" + l.tenant("contoso").ID + "/oauth2/v2.0/authorize"
		}, 700023, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := newTestWorld(t)
			a := l.consented(l.withCertificate)
			unsigned := l.assertion(a)
			unsigned.header = maps.Clone(unsigned.header)
			c.change(l, &unsigned)
			answer := l.token(l.tenant("contoso").ID, appForm(a, asserted(a, unsigned.sign(t))...)).refused(c.code, "invalid_client", 401)
			if !strings.Contains(answer.string("error_description"), c.says) {
				t.Errorf("it does not say %q: %s", c.says, answer.string("error_description"))
			}
		})
	}
}

func TestAssertionsThatCannotBeRead(t *testing.T) {
	l := newTestWorld(t)
	a := l.consented(l.withCertificate)
	home := l.tenant("contoso").ID
	good := l.assertion(a).sign(t)
	l.token(home, appForm(a, asserted(a, "x.y.z")...)).refused(50027, "invalid_grant", 400)
	l.token(home, appForm(a, asserted(a, good, "client_assertion_type", "")...)).refused(900144, "invalid_request", 400)
	l.token(home, appForm(a, asserted(a, good, "client_assertion_type", "urn:saml")...)).refused(90023, "invalid_request", 400)
	weak, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.HS256, Key: []byte(testSecret)}, nil)
	if err != nil {
		t.Fatal(err)
	}
	symmetric, err := jwt.Signed(weak).Claims(l.assertion(a).claims).Serialize()
	if err != nil {
		t.Fatal(err)
	}
	l.token(home, appForm(a, asserted(a, symmetric)...)).refused(50027, "invalid_grant", 400)

	a.KeyCredentials[0].EndDateTime = l.clock
	expired := l.token(home, appForm(a, asserted(a, good)...)).refused(700027, "invalid_client", 401)
	if !strings.Contains(expired.string("error_description"), "The key used is expired.") {
		t.Errorf("answer %v", expired.json)
	}
}
