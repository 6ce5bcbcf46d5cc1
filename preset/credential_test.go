package preset

import (
	"regexp"
	"slices"
	"testing"

	"github.com/consentry/consentry/entra"
)

// TestTheNamedIntegrationsTakeASecretOnly holds what their guides say; a
// service of one's own is offered the better ways first.
func TestTheNamedIntegrationsTakeASecretOnly(t *testing.T) {
	for _, p := range All {
		want := []entra.CredentialKind{entra.ClientSecretKind}
		if p.ID == "custom" {
			want = []entra.CredentialKind{entra.FederatedKind, entra.CertificateKind, entra.ClientSecretKind}
		}
		if got := p.Credentials(); !slices.Equal(got, want) {
			t.Errorf("%s takes %v, want %v", p.ID, got, want)
		}
	}
}

func TestTheFormAsksForWhatTheServiceProvesItselfWith(t *testing.T) {
	labels := func(p Preset) (out []string) {
		for _, f := range p.Fields {
			if f.Value == ClientSecretValue {
				out = append(out, f.Label)
			}
		}
		return out
	}
	for kind, want := range map[entra.CredentialKind][]string{
		"": {"Client secret"}, entra.ClientSecretKind: {"Client secret"},
		entra.CertificateKind: {"Client certificate with its private key"}, entra.FederatedKind: nil,
	} {
		if got := labels(custom.For(kind)); !slices.Equal(got, want) {
			t.Errorf("%q: %v, want %v", kind, got, want)
		}
	}
	if got := labels(custom); !slices.Equal(got, []string{"Client secret"}) {
		t.Errorf("For changed the preset: %v", got)
	}
}

// TestTheIssuersCanBeFilledIn: with every gap filled, each is a credential
// that Entra takes.
func TestTheIssuersCanBeFilledIn(t *testing.T) {
	gap := regexp.MustCompile(`\{[^}]+\}`)
	for _, i := range Issuers {
		f := entra.FederatedCredential{Name: "consentry-x", Issuer: gap.ReplaceAllString(i.Issuer, "x.example"), Subject: gap.ReplaceAllString(i.Subject, "x"), Audience: entra.TokenExchange}
		if err := f.Validate(); err != nil {
			t.Errorf("%s: %v", i.Name, err)
		}
	}
}
