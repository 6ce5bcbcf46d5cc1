package sandbox

import (
	"bytes"
	"crypto/rsa"
	"crypto/sha1" //nolint:gosec // a thumbprint is defined as SHA-1
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"time"
)

// The values of a keyCredential for a certificate that proves who a client
// is.
const (
	certificateType  = "AsymmetricX509Cert"
	certificateUsage = "Verify"
)

// settleCertificates completes the certificates of an application that is
// about to be stored and holds the new ones against the tenant's policy.
func (q *graphRequest) settleCertificates(a *application, existing []keyCredential) (fault *graphError) {
	if a.KeyCredentials, fault = settleKeys(a.KeyCredentials, existing); fault != nil {
		return fault
	}
	rules := q.tenant.appPolicy()
	for _, k := range a.KeyCredentials {
		known := slices.ContainsFunc(existing, func(e keyCredential) bool { return e.KeyID == k.KeyID })
		if !known && !permitsLifetime(rules.ofApplications(), keyLifetime, a.CreatedDateTime, k.EndDateTime.Sub(k.StartDateTime)) {
			return errSecretLifetime.with(rules.ID)
		}
	}
	return nil
}

// settleKeys completes the certificates that a body names. One that the
// registration has already is known by its id and cannot change; its key need
// not be sent again. Of a new one the key must be a certificate, and what is
// left out follows from it.
func settleKeys(sent, existing []keyCredential) ([]keyCredential, *graphError) {
	settled := []keyCredential{}
	for _, k := range sent {
		next, fault := settleKey(k, existing)
		if fault != nil {
			return nil, fault
		}
		if slices.ContainsFunc(settled, func(other keyCredential) bool { return other.KeyID == next.KeyID }) {
			return nil, errInvalidValue.with("keyCredentials", applicationSet.resource)
		}
		settled = append(settled, next)
	}
	return settled, nil
}

func settleKey(k keyCredential, existing []keyCredential) (keyCredential, *graphError) {
	k.KeyID = strings.ToLower(k.KeyID)
	i := slices.IndexFunc(existing, func(known keyCredential) bool { return known.KeyID == k.KeyID })
	if i < 0 {
		return newKey(k)
	}
	if sent := parseCertificate(k.Key); k.Key != nil && (sent == nil || !sent.Equal(existing[i].certificate)) {
		return k, errKeyImmutable.with(k.KeyID)
	}
	return existing[i], nil
}

// newKey reads the certificate of an entry that the registration has not yet.
func newKey(k keyCredential) (keyCredential, *graphError) {
	certificate := parseCertificate(k.Key)
	switch {
	case certificate == nil:
		return k, &errKeyValue
	case k.Type != certificateType, k.Usage != certificateUsage, k.KeyID != "" && !isGUID(k.KeyID):
		return k, errInvalidValue.with("keyCredentials", applicationSet.resource)
	}
	if k.KeyID == "" {
		k.KeyID = newGUID()
	}
	if k.CustomKeyIdentifier == nil {
		print := thumbprint(certificate)
		k.CustomKeyIdentifier = &print
	}
	if k.StartDateTime.IsZero() {
		k.StartDateTime = certificate.NotBefore
	}
	if k.EndDateTime.IsZero() {
		k.EndDateTime = certificate.NotAfter
	}
	if k.EndDateTime.After(certificate.NotAfter) || !k.EndDateTime.After(k.StartDateTime) {
		return k, &errKeyEnd
	}
	k.StartDateTime, k.EndDateTime = k.StartDateTime.UTC().Truncate(time.Second), k.EndDateTime.UTC().Truncate(time.Second)
	k.Key, k.certificate = nil, certificate
	return k, nil
}

// parseCertificate reads the base64 of a certificate with an RSA key: DER, or
// the PEM text that the portal's upload takes. It is nil for anything else.
func parseCertificate(key *string) *x509.Certificate {
	if key == nil {
		return nil
	}
	data, err := base64.StdEncoding.DecodeString(*key)
	if err != nil {
		return nil
	}
	certificate, err := x509.ParseCertificate(unarmored(data))
	if err != nil {
		return nil
	}
	if _, isRSA := certificate.PublicKey.(*rsa.PublicKey); !isRSA {
		return nil
	}
	return certificate
}

// unarmored takes the lines of a PEM file away.
func unarmored(data []byte) []byte {
	const begin, end = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"
	_, rest, armored := bytes.Cut(data, []byte(begin))
	body, _, _ := bytes.Cut(rest, []byte(end))
	if !armored {
		return data
	}
	der, err := base64.StdEncoding.DecodeString(string(bytes.Join(bytes.Fields(body), nil)))
	if err != nil {
		return nil
	}
	return der
}

// thumbprint is how the portal and messages name a certificate.
func thumbprint(c *x509.Certificate) string {
	return fmt.Sprintf("%X", sha1.Sum(c.Raw)) //nolint:gosec // see import
}

// encoded is the key as it was uploaded.
func (k keyCredential) encoded() string { return base64.StdEncoding.EncodeToString(k.certificate.Raw) }

// withKeys is the application with its certificates in full, which a read of
// one object shows when it selects them.
func (a *application) withKeys() *application {
	shown := *a
	shown.KeyCredentials = slices.Clone(a.KeyCredentials)
	for i, k := range shown.KeyCredentials {
		key := k.encoded()
		shown.KeyCredentials[i].Key = &key
	}
	return &shown
}
