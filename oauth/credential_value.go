package oauth

import (
	"net/url"
	"strings"
	"time"

	"github.com/consentry/consentry/entra"
)

// Value is what somebody has in hand, as a Credential: a certificate with its
// private key as PEM, a client assertion or a token of another issuer, or a
// client secret. What it is, it shows by its form. Errors never hold it.
func Value(v entra.Sensitive) Credential { return handed{v} }

// KindOf says which of them a value is.
func KindOf(v entra.Sensitive) entra.CredentialKind {
	text := strings.TrimSpace(v.Reveal())
	switch {
	case strings.HasPrefix(text, "-----BEGIN"):
		return entra.CertificateKind
	case len(text) > longestSecret && strings.HasPrefix(text, "ey") && strings.Count(text, ".") == 2:
		return entra.FederatedKind
	}
	return entra.ClientSecretKind
}

// longestSecret is more than Entra's secrets have, and less than any token.
const longestSecret = 100

type handed struct{ value entra.Sensitive }

// Proof implements Credential.
func (h handed) Proof(id entra.ClientID, tokenURL string, now time.Time) (url.Values, error) {
	text := strings.TrimSpace(h.value.Reveal())
	switch KindOf(h.value) {
	case entra.CertificateKind:
		leaf, key, err := parseCertificate([]byte(text))
		if err == nil {
			text, err = assertionOf(leaf, key, id, tokenURL, now)
		}
		if err != nil {
			return nil, err
		}
	case entra.ClientSecretKind:
		return url.Values{"client_secret": {h.value.Reveal()}}, nil
	}
	return url.Values{"client_assertion_type": {assertionType}, "client_assertion": {text}}, nil
}

// String implements Credential.
func (h handed) String() string {
	return map[entra.CredentialKind]string{
		entra.CertificateKind: "a certificate with its key", entra.FederatedKind: "a signed token", entra.ClientSecretKind: "a client secret",
	}[KindOf(h.value)]
}
