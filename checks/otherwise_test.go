package checks

import (
	"testing"

	"github.com/consentry/consentry/entra"
)

func TestAnAppThatProvesItselfOtherwiseNeedsNoSecret(t *testing.T) {
	bare := func(a *entra.Application) { a.Secrets, a.Certificates, a.Federated = nil, nil, nil }
	certified := func(a *entra.Application) {
		bare(a)
		a.Certificates = []entra.Certificate{{KeyID: "c", Usage: "Verify", End: fixedNow.AddDate(0, 1, 0)}}
	}
	federated := func(a *entra.Application) {
		bare(a)
		a.Federated = []entra.FederatedCredential{{Name: "main"}}
	}
	tests := []struct {
		name        string
		change      func(*entra.Application)
		integration string
		secret      bool // one was given
		want        Outcome
	}{
		{"a certificate", certified, "", false, NotApplicable},
		{"a certificate, of one's own service", certified, "custom", false, NotApplicable},
		{"a federated credential, of one's own service", federated, "custom", false, NotApplicable},
		{"nothing", bare, "custom", false, Failed},
		{"a certificate, where the integration takes a secret", certified, "paragon", false, Failed},
		{"a federated credential, where the integration takes a secret", federated, "paragon", false, Failed},
		{"a certificate, and a secret was given", certified, "", true, Failed},
	}
	for _, tt := range tests {
		f := healthy()
		app(tt.change)(&f)
		f.Given.Integration, f.Given.Secret = tt.integration, SecretGiven{Given: tt.secret, Hint: "abc", Shape: UsualShape}
		for _, r := range Evaluate(&f, All) {
			if r.ID == "secret-present" && r.Outcome != tt.want {
				t.Errorf("%s: %v, want %v", tt.name, r.Outcome, tt.want)
			}
		}
	}
}
