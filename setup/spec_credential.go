package setup

import (
	"slices"
	"strings"
	"time"

	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/preset"
)

// credential checks how the application is to prove itself. What does not
// belong to the chosen kind is not looked at.
func (c *checker) credential(s Spec, p preset.Preset, d *Desired) {
	d.Credential = s.Credential
	if d.Credential == "" {
		d.Credential = entra.ClientSecretKind
	}
	if !slices.Contains(p.Credentials(), d.Credential) {
		c.refuse("credential", "%s takes %s: choose that.", p.Name, credentialNames(p.Credentials()))
		return
	}
	switch d.Credential {
	case entra.CertificateKind:
		c.certificate(s, d)
	case entra.FederatedKind:
		c.federated(s, d)
	}
}

// certificate reads the one given. Whether it is valid now is for whoever
// takes it to ask, with a clock.
func (c *checker) certificate(s Spec, d *Desired) {
	if strings.TrimSpace(s.Certificate) == "" {
		return
	}
	given, err := entra.ParseCertificate([]byte(s.Certificate), time.Time{})
	c.check("certificate", err)
	if err == nil {
		d.Certificate = &given
	}
}

func (c *checker) federated(s Spec, d *Desired) {
	f := s.Federated
	if f.Name == "" {
		f.Name = "consentry-" + s.Name
	}
	if f.Audience == "" {
		f.Audience = entra.TokenExchange
	}
	c.check("federated", f.Validate())
	f.ID = ""
	d.Federated = &f
}

// credentialNames are the kinds in words: "a client secret, or a certificate".
func credentialNames(kinds []entra.CredentialKind) string {
	names := make([]string, len(kinds))
	for i, k := range kinds {
		names[i] = credentialWords[k]
	}
	return strings.Join(names, ", or ")
}

var credentialWords = map[entra.CredentialKind]string{
	entra.ClientSecretKind: "a client secret", entra.CertificateKind: "a certificate", entra.FederatedKind: "a federated credential",
}
