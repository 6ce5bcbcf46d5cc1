package setup

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/consentry/consentry/entra"
)

func (r Rotation) retireCertificate(app entra.Application) Plan {
	i := slices.IndexFunc(app.Certificates, func(c entra.Certificate) bool { return c.KeyID == r.Old && r.Old != "" })
	if i < 0 {
		return Plan{} // it is gone
	}
	c := app.Certificates[i]
	s := step(oldSecretStep(c.KeyID), Remove, entra.RemoveCertificate{App: app.ID, Existing: app.Certificates, Key: c.KeyID}, whoChangesApps)
	s.Title = fmt.Sprintf("Remove the certificate %q with ID %s", describe(asSecret(c)), c.KeyID)
	s.Diffs = []Diff{{Field: "certificate", Old: fmt.Sprintf("%s valid until %s", c.Thumbprint, c.End.UTC().Format(time.DateOnly))}}
	s.Note = stillUsed
	return Plan{[]Step{s}}
}

func (r Rotation) retireFederated(app entra.Application) Plan {
	i := slices.IndexFunc(app.Federated, func(f entra.FederatedCredential) bool { return f.Name == string(r.Old) && r.Old != "" })
	if i < 0 {
		return Plan{} // it is gone
	}
	f := app.Federated[i]
	s := step(oldFederatedStep(f.Name), Remove, entra.RemoveFederatedCredential{App: app.ID, Name: f.Name}, whoChangesApps)
	s.Title = fmt.Sprintf("Remove the federated credential %q", f.Name)
	s.Diffs = []Diff{{Field: "federated credential", Old: f.Issuer + " " + f.Subject}}
	s.Note = "Tokens of that issuer and subject prove the application no longer."
	return Plan{[]Step{s}}
}

// Retired is what the plan of a retirement removes, as it was recorded.
func (p Plan) Retired() (entra.CredentialKind, entra.KeyID) {
	for _, s := range p.Steps {
		if name, ok := strings.CutPrefix(string(s.ID), oldFederated); ok {
			return entra.FederatedKind, entra.KeyID(name)
		}
		key, ok := s.ID.secret()
		switch {
		case !ok || s.Request == nil:
		case s.Request.Body["keyCredentials"] != nil:
			return entra.CertificateKind, key
		default:
			return entra.ClientSecretKind, key
		}
	}
	return entra.ClientSecretKind, p.OldIn()
}
