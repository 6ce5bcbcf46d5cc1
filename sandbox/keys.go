package sandbox

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1" //nolint:gosec // x5t is defined as a SHA-1 thumbprint (RFC 7517, 4.8)
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"fmt"
	"math/big"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// A signingKey signs every token of one world. Its id is the thumbprint of
// its certificate, as Entra's is.
type signingKey struct {
	private     *rsa.PrivateKey
	certificate []byte // DER
	id          string
	signer      jose.Signer
}

func newSigningKey(now time.Time) (*signingKey, error) {
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return nil, fmt.Errorf("make the token-signing key: %w", err)
	}
	der, err := selfSigned(private, now)
	if err != nil {
		return nil, fmt.Errorf("make the certificate of the token-signing key: %w", err)
	}
	sum := sha1.Sum(der) //nolint:gosec // see import
	key := &signingKey{private: private, certificate: der, id: base64.RawURLEncoding.EncodeToString(sum[:])}
	options := (&jose.SignerOptions{}).WithType("JWT").WithHeader("kid", key.id).WithHeader("x5t", key.id)
	key.signer, err = jose.NewSigner(jose.SigningKey{Algorithm: jose.RS256, Key: private}, options)
	return key, err
}

func selfSigned(private *rsa.PrivateKey, now time.Time) ([]byte, error) {
	template := &x509.Certificate{
		SerialNumber: big.NewInt(now.UnixNano()),
		Subject:      pkix.Name{CommonName: "accounts.accesscontrol.windows.net"},
		NotBefore:    now.Add(-time.Hour),
		NotAfter:     now.AddDate(5, 0, 0),
		KeyUsage:     x509.KeyUsageDigitalSignature,
	}
	return x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
}

// A publishedKey is one entry of the JWKS document, in the order of Entra's.
type publishedKey struct {
	KeyType     string   `json:"kty"`
	Use         string   `json:"use"`
	ID          string   `json:"kid"`
	Thumbprint  string   `json:"x5t"`
	Modulus     string   `json:"n"`
	Exponent    string   `json:"e"`
	Certificate []string `json:"x5c"`
	Issuer      string   `json:"issuer,omitempty"`
}

func (k *signingKey) published(issuer string) publishedKey {
	public := k.private.PublicKey
	return publishedKey{
		KeyType: "RSA", Use: "sig", ID: k.id, Thumbprint: k.id,
		Modulus:     base64.RawURLEncoding.EncodeToString(public.N.Bytes()),
		Exponent:    base64.RawURLEncoding.EncodeToString(big.NewInt(int64(public.E)).Bytes()),
		Certificate: []string{base64.StdEncoding.EncodeToString(k.certificate)},
		Issuer:      issuer,
	}
}
