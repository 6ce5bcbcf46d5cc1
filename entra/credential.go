package entra

import (
	"bytes"
	"crypto/rsa"
	"crypto/sha1" //nolint:gosec // a thumbprint is defined as SHA-1
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"
	"time"
)

// CredentialKind is how an application proves to the sign-in service who it
// is.
type CredentialKind string

// The kinds, as environment files have them.
const (
	ClientSecretKind CredentialKind = "secret"
	CertificateKind  CredentialKind = "certificate"
	FederatedKind    CredentialKind = "federated"
)

// What a keyCredential is that proves an application by a signature
// [Microsoft Learn, keyCredential resource type].
const (
	CertificateType  = "AsymmetricX509Cert"
	CertificateUsage = "Verify"
)

// leastRSA is the shortest key that is accepted, in bits.
const leastRSA = 2048

// NewCertificate is a certificate to be added to an application. Only its
// public part is ever sent.
type NewCertificate struct {
	KeyID KeyID     // chosen by us, so that sending twice adds once; Graph chooses where it is empty
	Name  string    // displayName
	DER   []byte    // the certificate; empty in a plan whose key pair is yet to be made
	Start time.Time // UTC
	End   time.Time // UTC
	// Private is the key and the certificate as PEM, where this program made
	// them: shown once, like a secret's value. Zero where the key is elsewhere.
	Private Sensitive
}

// Fingerprint is the SHA-256 of a certificate's DER in lower-case hexadecimal.
func Fingerprint(der []byte) string {
	sum := sha256.Sum256(der)
	return hex.EncodeToString(sum[:])
}

// Thumbprint is the SHA-1 of a certificate's DER in upper-case hexadecimal, by
// which the portal and the sign-in service name a certificate.
func Thumbprint(der []byte) string {
	return fmt.Sprintf("%X", sha1.Sum(der)) //nolint:gosec // see import
}

// ErrPrivateKey says that a private key was given where only the public
// certificate belongs. Whoever sent it has let it out of their hands.
var ErrPrivateKey = errors.New("this holds a private key: it must never leave the machine that uses it. It was not kept; make a new key pair, and give the certificate alone (the part between BEGIN CERTIFICATE and END CERTIFICATE)")

// ParseCertificate reads the one certificate in data, PEM, DER or DER in
// base64, that an application is to prove itself with, and holds it against what Entra takes:
// an RSA key of 2048 bits or more, valid now; at the zero time its dates are
// not looked at. The error wraps ErrPrivateKey
// where a private key was given; it never quotes the data.
func ParseCertificate(data []byte, now time.Time) (NewCertificate, error) {
	der, err := oneCertificate(data)
	if err != nil {
		return NewCertificate{}, err
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return NewCertificate{}, errors.New("this is no certificate: give one in PEM form (BEGIN CERTIFICATE) or DER form (.cer)")
	}
	key, isRSA := cert.PublicKey.(*rsa.PublicKey)
	switch {
	case !isRSA:
		return NewCertificate{}, fmt.Errorf("the certificate has a key of the kind %s, and Entra takes RSA keys: make one with an RSA key of %d bits or more", cert.PublicKeyAlgorithm, leastRSA)
	case key.N.BitLen() < leastRSA:
		return NewCertificate{}, fmt.Errorf("the certificate's RSA key has %d bits: make one of %d bits or more", key.N.BitLen(), leastRSA)
	case !now.Before(cert.NotAfter):
		return NewCertificate{}, fmt.Errorf("the certificate ended on %s: make a new one", cert.NotAfter.UTC().Format(time.DateOnly))
	case !now.IsZero() && now.Add(maxSkew).Before(cert.NotBefore):
		return NewCertificate{}, fmt.Errorf("the certificate is valid from %s on only: give one that is valid now", cert.NotBefore.UTC().Format(time.DateOnly))
	}
	return NewCertificate{DER: der, Start: cert.NotBefore.UTC(), End: cert.NotAfter.UTC()}, nil
}

// maxSkew is how far the clock of whoever made a certificate may be ahead.
const maxSkew = 10 * time.Minute

// oneCertificate is the DER of the only certificate there is.
func oneCertificate(data []byte) ([]byte, error) {
	if len(bytes.TrimSpace(data)) == 0 {
		return nil, errors.New("the certificate is missing")
	}
	if !bytes.Contains(data, []byte("-----BEGIN")) {
		data = unwrapped(data)
		if isPrivateKey(data) {
			return nil, ErrPrivateKey
		}
		return data, nil
	}
	var found [][]byte
	for rest := data; ; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		if strings.Contains(block.Type, "PRIVATE KEY") {
			return nil, ErrPrivateKey
		}
		if block.Type == "CERTIFICATE" {
			found = append(found, block.Bytes)
		}
	}
	switch {
	case bytes.Contains(data, []byte("PRIVATE KEY")): // damaged, and a private key all the same
		return nil, ErrPrivateKey
	case len(found) == 0:
		return nil, errors.New("there is no whole certificate in this text: it begins with -----BEGIN CERTIFICATE----- and ends with -----END CERTIFICATE-----")
	case len(found) > 1:
		return nil, fmt.Errorf("there are %d certificates in this text: give the application's own alone, without those of the authorities", len(found))
	}
	return found[0], nil
}

// unwrapped is DER that was copied as base64, or the data as it is.
func unwrapped(data []byte) []byte {
	der, err := base64.StdEncoding.DecodeString(string(bytes.Join(bytes.Fields(data), nil)))
	if err != nil {
		return data
	}
	return der
}

func isPrivateKey(der []byte) bool {
	_, pkcs8 := x509.ParsePKCS8PrivateKey(der)
	_, pkcs1 := x509.ParsePKCS1PrivateKey(der)
	_, ec := x509.ParseECPrivateKey(der)
	return pkcs8 == nil || pkcs1 == nil || ec == nil || bytes.Contains(der[:min(len(der), 64)], pkcs7Data)
}

// pkcs7Data begins what a PKCS #12 file (.pfx) holds, which is a key with its
// certificate: the identifier 1.2.840.113549.1.7.1.
var pkcs7Data = []byte{6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 1}
