package oauth

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/consentry/consentry/entra"
)

const (
	// assertionLife is how long an assertion holds: Entra takes five to ten
	// minutes [MicrosoftDocs/entra-docs/docs/identity-platform/certificate-credentials.md].
	assertionLife = 5 * time.Minute
	// leastRSA is the shortest key that is used, in bits.
	leastRSA = 2048
)

// CertificateFile is a certificate with its RSA key in one PEM file, which
// nobody else on the machine may read: the key as PKCS #8 or PKCS #1 without a
// password, and the certificate that the application's registration has. It
// signs a client assertion for each request.
func CertificateFile(path string) (Credential, error) {
	c := certificateFile(path)
	_, _, err := c.read(time.Time{})
	return c, err
}

// CertificateEnd is when the certificate in a file is no longer good.
func CertificateEnd(path string) (time.Time, error) {
	leaf, _, err := certificateFile(path).read(time.Time{})
	if err != nil {
		return time.Time{}, err
	}
	return leaf.NotAfter, nil
}

type certificateFile string

// Proof implements Credential.
func (f certificateFile) Proof(id entra.ClientID, tokenURL string, now time.Time) (url.Values, error) {
	leaf, key, err := f.read(now)
	if err != nil {
		return nil, err
	}
	assertion, err := assertionOf(leaf, key, id, tokenURL, now)
	if err != nil {
		return nil, f.failed(err)
	}
	return url.Values{"client_assertion_type": {assertionType}, "client_assertion": {assertion}}, nil
}

// assertionOf signs with PS256 and names the certificate by the SHA-256 of its
// DER (x5t#S256).
func assertionOf(leaf *x509.Certificate, key *rsa.PrivateKey, id entra.ClientID, tokenURL string, now time.Time) (string, error) {
	print := sha256.Sum256(leaf.Raw)
	options := (&jose.SignerOptions{}).WithType("JWT").WithHeader("x5t#S256", base64.RawURLEncoding.EncodeToString(print[:]))
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.PS256, Key: key}, options)
	if err != nil {
		return "", err
	}
	claims, err := json.Marshal(map[string]any{
		"aud": tokenURL, "iss": id, "sub": id, "jti": rand.Text(),
		"iat": now.Unix(), "nbf": now.Unix(), "exp": now.Add(assertionLife).Unix(),
	})
	if err != nil {
		return "", err
	}
	signed, err := signer.Sign(claims)
	if err != nil {
		return "", err
	}
	return signed.CompactSerialize()
}

// String implements Credential.
func (f certificateFile) String() string { return "a certificate in " + string(f) }

func (f certificateFile) failed(err error) error {
	return fmt.Errorf("the client certificate %s: %w", string(f), err)
}

// read gives the certificate and its key, and refuses one that is not good at
// a moment; the zero one is not looked at.
func (f certificateFile) read(now time.Time) (*x509.Certificate, *rsa.PrivateKey, error) {
	data, err := readFile(string(f), private)
	if err != nil {
		return nil, nil, fmt.Errorf("the client certificate: %w", err)
	}
	leaf, key, err := parseCertificate(data)
	switch {
	case err != nil:
	case !now.IsZero() && now.After(leaf.NotAfter):
		err = fmt.Errorf("it ended on %s: put a new one into the registration and into the file", leaf.NotAfter.UTC().Format(time.DateOnly))
	case !now.IsZero() && now.Add(clockSkew).Before(leaf.NotBefore):
		err = fmt.Errorf("it is good from %s on; check this machine's clock", leaf.NotBefore.UTC().Format(time.DateOnly))
	}
	if err != nil {
		return nil, nil, f.failed(err)
	}
	return leaf, key, nil
}

// parseCertificate finds the one key of a PEM file and the certificate for
// it; those of authorities may stand beside it.
func parseCertificate(data []byte) (*x509.Certificate, *rsa.PrivateKey, error) {
	var key *rsa.PrivateKey
	var chain []*x509.Certificate
	for block, rest := pem.Decode(data); block != nil; block, rest = pem.Decode(rest) {
		switch block.Type {
		case "CERTIFICATE":
			c, err := x509.ParseCertificate(block.Bytes)
			if err != nil {
				return nil, nil, errors.New("a certificate in it cannot be read")
			}
			chain = append(chain, c)
		case "PRIVATE KEY", "RSA PRIVATE KEY":
			if key != nil {
				return nil, nil, errors.New("it holds more than one key")
			}
			var err error
			if key, err = parseKey(block); err != nil {
				return nil, nil, err
			}
		case "ENCRYPTED PRIVATE KEY":
			return nil, nil, errors.New("its key has a password: take it off with openssl pkcs8, and keep the file to its owner (chmod 600)")
		}
	}
	if key == nil {
		return nil, nil, errors.New("it holds no private key: put certificate and key into one PEM file")
	}
	for _, c := range chain {
		if key.PublicKey.Equal(c.PublicKey) {
			return c, key, nil
		}
	}
	return nil, nil, errors.New("it holds no certificate of its key")
}

// parseKey reads an RSA key; Entra takes no other kind for an application.
func parseKey(block *pem.Block) (*rsa.PrivateKey, error) {
	if block.Type == "RSA PRIVATE KEY" {
		key, err := x509.ParsePKCS1PrivateKey(block.Bytes)
		if err != nil {
			return nil, errors.New("its key cannot be read")
		}
		return longEnough(key)
	}
	any, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, errors.New("its key cannot be read")
	}
	key, ok := any.(*rsa.PrivateKey)
	if !ok {
		return nil, errors.New("its key is not an RSA key, which is what Microsoft Entra takes")
	}
	return longEnough(key)
}

func longEnough(key *rsa.PrivateKey) (*rsa.PrivateKey, error) {
	if bits := key.N.BitLen(); bits < leastRSA {
		return nil, fmt.Errorf("its key has %d bits, and must have %d at least", bits, leastRSA)
	}
	return key, nil
}
