package entra

import (
	"cmp"
	"encoding/base64"
	"fmt"
	"slices"
	"time"
)

// AddCertificate adds a certificate that an application proves itself with
// (PATCH /applications/{id}). Graph replaces the whole list, so Existing must
// hold every certificate there is; their keys need not be sent again.
type AddCertificate struct {
	App         ObjectID
	Existing    []Certificate
	Certificate NewCertificate
}

// RemoveCertificate removes one (PATCH /applications/{id}). Existing must hold
// every certificate there is, this one too.
type RemoveCertificate struct {
	App      ObjectID
	Existing []Certificate
	Key      KeyID
}

// AddFederatedCredential adds one (POST
// /applications/{id}/federatedIdentityCredentials). Graph refuses a second of
// the same issuer and subject, or of the same name.
type AddFederatedCredential struct {
	App        ObjectID
	Credential FederatedCredential
}

// RemoveFederatedCredential removes one (DELETE
// /applications/{id}/federatedIdentityCredentials/{name}).
type RemoveFederatedCredential struct {
	App  ObjectID
	Name string
}

// Apply adds the certificate's row.
func (c AddCertificate) Apply(app Application) Application {
	app.Certificates = append(slices.Clone(app.Certificates), c.Certificate.Row())
	return app
}

// Apply takes the certificate's row away.
func (c RemoveCertificate) Apply(app Application) Application {
	app.Certificates = c.left(app.Certificates)
	return app
}

func (c RemoveCertificate) left(all []Certificate) []Certificate {
	return slices.DeleteFunc(slices.Clone(all), func(o Certificate) bool { return o.KeyID == c.Key })
}

// Apply adds the credential.
func (c AddFederatedCredential) Apply(app Application) Application {
	app.Federated = append(slices.Clone(app.Federated), c.Credential)
	return app
}

// Apply takes the credential away.
func (c RemoveFederatedCredential) Apply(app Application) Application {
	app.Federated = slices.DeleteFunc(slices.Clone(app.Federated), func(f FederatedCredential) bool { return f.Name == c.Name })
	return app
}

// Row is what can be read of the certificate once it is added.
func (n NewCertificate) Row() Certificate {
	row := Certificate{KeyID: n.KeyID, Name: n.Name, Usage: CertificateUsage, Type: CertificateType, Start: n.Start.UTC().Truncate(time.Second), End: n.End.UTC().Truncate(time.Second)}
	if len(n.DER) > 0 {
		row.Fingerprint, row.Thumbprint = Fingerprint(n.DER), Thumbprint(n.DER)
	}
	return row
}

// Request is PATCH /applications/{id} with the whole list.
func (c AddCertificate) Request() Request {
	list := append(certificateBodies(c.Existing), c.Certificate.body())
	return Request{"PATCH", applicationPath(c.App), map[string]any{"keyCredentials": list}}
}

// Request is PATCH /applications/{id} with the rest of the list.
func (c RemoveCertificate) Request() Request {
	return Request{"PATCH", applicationPath(c.App), map[string]any{"keyCredentials": certificateBodies(c.left(c.Existing))}}
}

// Request is POST /applications/{id}/federatedIdentityCredentials.
func (c AddFederatedCredential) Request() Request {
	f := c.Credential
	return Request{"POST", applicationPath(c.App) + "/federatedIdentityCredentials", map[string]any{
		"name": f.Name, "issuer": f.Issuer, "subject": f.Subject, "audiences": []any{f.Audience},
	}}
}

// Request is DELETE /applications/{id}/federatedIdentityCredentials/{name}.
func (c RemoveFederatedCredential) Request() Request {
	return Request{Method: "DELETE", Path: applicationPath(c.App) + "/federatedIdentityCredentials/" + segment(c.Name, "name of the federated credential")}
}

// certificateBodies are the entries as Graph gave them, without their keys.
func certificateBodies(all []Certificate) []any {
	out := make([]any, len(all))
	for i, c := range all {
		entry := map[string]any{
			"keyId": string(c.KeyID), "type": cmp.Or(c.Type, CertificateType), "usage": cmp.Or(c.Usage, CertificateUsage),
			"startDateTime": c.Start.UTC().Format(time.RFC3339), "endDateTime": c.End.UTC().Format(time.RFC3339),
		}
		for name, value := range map[string]string{"displayName": c.Name, "customKeyIdentifier": c.Thumbprint} {
			if value != "" {
				entry[name] = value
			}
		}
		out[i] = entry
	}
	return out
}

func (n NewCertificate) body() map[string]any {
	key := base64.StdEncoding.EncodeToString(n.DER)
	out := map[string]any{
		"type": CertificateType, "usage": CertificateUsage, "displayName": n.Name,
		"key":           orPlaceholder(key, "the certificate of the key pair that will be made"),
		"startDateTime": n.Start.UTC().Format(time.RFC3339), "endDateTime": n.End.UTC().Format(time.RFC3339),
	}
	if n.KeyID != "" {
		out["keyId"] = string(n.KeyID)
	}
	return out
}

// Describe names the certificate and its last day.
func (c AddCertificate) Describe() string {
	return fmt.Sprintf("add the certificate %q, valid until %s", c.Certificate.Name, c.Certificate.End.UTC().Format(time.DateOnly))
}

// Describe names the certificate by its ID.
func (c RemoveCertificate) Describe() string {
	return "remove the certificate with ID " + string(c.Key)
}

// Describe names the credential and whose tokens it admits.
func (c AddFederatedCredential) Describe() string {
	return fmt.Sprintf("add the federated credential %q for %s", c.Credential.Name, c.Credential.Subject)
}

// Describe names the credential.
func (c RemoveFederatedCredential) Describe() string {
	return fmt.Sprintf("remove the federated credential %q", c.Name)
}
