package handlers

import (
	"crypto/sha1" //nolint:gosec // x5t is defined as SHA-1
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/oauth"
	"github.com/consentry/consentry/setup"
	"github.com/consentry/consentry/store"
)

// assertionLabel is what a person pastes where an app proves itself without a
// client secret; empty where it has one.
func assertionLabel(env store.Environment) string {
	switch provesBy(env) {
	case entra.CertificateKind:
		return "Client assertion, signed where the private key is"
	case entra.FederatedKind:
		return "Fresh token of the platform"
	}
	return ""
}

// proofShape refuses what cannot prove an environment's app.
func (h *Handlers) proofShape(env store.Environment, pasted string) []setup.FieldError {
	if assertionLabel(env) == "" {
		return secretShape(pasted)
	}
	problem := "It is missing: paste it. The test redeems a real code with it, and no private key is at hand here."
	if pasted != "" {
		problem = ""
		rows := credentialRows(env, nil, h.Now())
		if i := slices.IndexFunc(rows, func(r credentialRow) bool { return r.Current }); i >= 0 {
			problem = assertionProblem(pasted, env, rows[i])
		}
	}
	if problem == "" {
		return nil
	}
	return []setup.FieldError{{Field: "secret", Message: problem}}
}

// assertionProblem refuses what cannot prove the app with this very
// credential. Nothing of it is believed; Microsoft decides.
func assertionProblem(pasted string, env store.Environment, row credentialRow) string {
	switch oauth.KindOf(entra.NewSensitive(pasted)) {
	case entra.CertificateKind:
		return "That was a private key or a certificate. A private key must not leave the machine that uses it: it was not kept, but treat it as leaked. Paste an assertion that was signed there."
	case entra.ClientSecretKind:
		return "What was pasted is no token: one has three parts with dots between, and begins with ey."
	}
	var header struct {
		SHA1   string `json:"x5t"`
		SHA256 string `json:"x5t#S256"`
	}
	var claims struct {
		Issuer  string `json:"iss"`
		Subject string `json:"sub"`
	}
	parts := strings.Split(pasted, ".")
	if readPart(parts[0], &header) != nil || readPart(parts[1], &claims) != nil {
		return "What was pasted is no token: its parts cannot be read."
	}
	if row.Kind == entra.FederatedKind {
		return issuerProblem(claims.Issuer, claims.Subject, row)
	}
	thumbprint, fingerprint := row.thumbprint(), row.fingerprint
	switch {
	case claims.Issuer != string(env.Result.App.ClientID) || claims.Subject != claims.Issuer:
		return fmt.Sprintf("The assertion speaks for another app: its iss and sub must both be %s.", env.Result.App.ClientID)
	case header.SHA1 == "" && header.SHA256 == "":
		return "The assertion does not say which certificate signed it: its header needs x5t#S256 or x5t."
	case header.SHA1 != "" && thumbprint != "" && !strings.EqualFold(hexOf(header.SHA1), thumbprint),
		header.SHA256 != "" && fingerprint != "" && hexOf(header.SHA256) != fingerprint:
		return "The assertion names another certificate than this one."
	}
	return ""
}

func issuerProblem(issuer, subject string, row credentialRow) string {
	for _, c := range []struct{ what, has, wants string }{{"iss", issuer, row.Details[0]}, {"sub", subject, row.Details[1]}} {
		if c.has != c.wants {
			return fmt.Sprintf("The token's %s is %q, and this credential takes %q: they must be the same, letter for letter.", c.what, entra.ForeignText(c.has), c.wants)
		}
	}
	return ""
}

// thumbprint is a certificate's; empty where it is not known.
func (r credentialRow) thumbprint() string {
	if r.Kind != entra.CertificateKind || len(r.Details) == 0 || len(r.Details[0]) != 2*sha1.Size {
		return ""
	}
	return r.Details[0]
}

func readPart(part string, into any) error {
	data, err := base64.RawURLEncoding.DecodeString(part)
	if err != nil {
		return err
	}
	return json.Unmarshal(data, into)
}

// hexOf is a base64url value in hexadecimal; empty when it is none.
func hexOf(part string) string {
	data, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(part, "="))
	if err != nil {
		return ""
	}
	return hex.EncodeToString(data)
}
