package preset

import (
	"regexp"
	"slices"
	"strings"
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

// TestByHandAsksForWhatTheServiceProvesItselfWith: nobody is asked to make a
// client secret that nothing needs.
func TestByHandAsksForWhatTheServiceProvesItselfWith(t *testing.T) {
	v := Values{Environment: "shop", SecretSpan: "180 days", Federated: entra.FederatedCredential{
		Name: "consentry-shop", Issuer: "https://token.actions.githubusercontent.com", Subject: "repo:contoso/shop:ref:refs/heads/main", Audience: entra.TokenExchange}}
	for kind, has := range map[entra.CredentialKind][]string{
		entra.CertificateKind: {"Upload certificate", "[consentry shop by-hand]", "The certificate comes with this message"},
		entra.FederatedKind:   {"Federated credentials", v.Federated.Issuer, v.Federated.Subject, v.Federated.Audience, "Name of the federated credential: consentry-shop"},
	} {
		text := custom.For(kind).AdminRequest(v)
		for _, part := range has {
			if !strings.Contains(text, part) {
				t.Errorf("%s: the request lacks %q:\n%s", kind, part, text)
			}
		}
		for _, part := range []string{"New client secret", "Expiry of the client secret", "the day the client secret expires"} {
			if strings.Contains(text, part) {
				t.Errorf("%s: the request holds %q:\n%s", kind, part, text)
			}
		}
	}
	if text := custom.For("").AdminRequest(v); !strings.Contains(text, "New client secret") || strings.Contains(text, "Issuer") {
		t.Errorf("a secret:\n%s", text)
	}
}
