package preset

import (
	"slices"

	"github.com/consentry/consentry/entra"
)

// Credentials are the kinds that the integration can prove itself with, the
// best first.
func (p Preset) Credentials() []entra.CredentialKind {
	if len(p.Proves) == 0 {
		return []entra.CredentialKind{entra.ClientSecretKind}
	}
	return p.Proves
}

// For is the integration as it is with a kind of credential: where it proves
// itself without a client secret, its form asks for none, and nobody is asked
// to make one by hand.
func (p Preset) For(kind entra.CredentialKind) Preset {
	p.chosen = kind
	switch kind {
	case entra.CertificateKind:
		p.Fields = slices.Clone(p.Fields)
		for i, f := range p.Fields {
			if f.Value == ClientSecretValue {
				p.Fields[i].Label = "Client certificate with its private key"
			}
		}
	case entra.FederatedKind:
		p.Fields = slices.DeleteFunc(slices.Clone(p.Fields), func(f Field) bool { return f.Value == ClientSecretValue })
	}
	return p
}

// takesSecret: the integration proves itself with a client secret.
func (p Preset) takesSecret() bool {
	return p.chosen == "" || p.chosen == entra.ClientSecretKind
}

// proofStep is how its credential is made by hand.
func (p Preset) proofStep() ManualStep {
	switch p.chosen {
	case entra.CertificateKind:
		return certificateStep
	case entra.FederatedKind:
		return federatedStep
	}
	return secretStep
}

var (
	certificateStep = ManualStep{
		ID:    "secret",
		Title: "Upload the certificate",
		Who:   "an owner of the app registration, or an application administrator, unless the tenant's policy forbids it",
		Present: []string{
			"Have the certificate as a file (.cer, .pem or .crt) without its private key, which stays where it is used.",
			"Open Certificates & secrets, tab Certificates, and choose Upload certificate.",
			"Choose the file, and for the description paste the one with its part in brackets, by which it is found again.",
			"Choose Add.",
		},
		Copy:  []FieldValue{CertificateNameValue},
		Blade: entra.PortalSecrets,
		Check: "The list shows the thumbprint with its expiry.",
	}
	federatedStep = ManualStep{
		ID:    "secret",
		Title: "Add the federated credential",
		Who:   "an owner of the app registration, or an application administrator",
		Present: []string{
			"Open Certificates & secrets, tab Federated credentials, and choose Add credential.",
			"Scenario: choose Other issuer.",
			"Paste issuer and subject exactly: a letter or a slash that differs is refused at every sign-in. Paste the name and, by Edit beside it, the audience.",
			"Choose Add.",
		},
		Copy:  []FieldValue{IssuerValue, SubjectValue, TrustNameValue, TrustForValue},
		Blade: entra.PortalSecrets,
		Check: "The list shows the name with its subject.",
	}
)

// An Issuer is a platform whose tokens can prove an application, with how its
// subjects are written.
type Issuer struct {
	Name    string
	Issuer  string // {…} stands for what the person fills in
	Subject string
	Help    string
}

// Issuers are the platforms that are offered, each as its documentation has it
// [Microsoft Learn, workload-identity-federation-create-trust].
var Issuers = []Issuer{
	{"GitHub Actions", "https://token.actions.githubusercontent.com", "repo:{organization}/{repository}:ref:refs/heads/{branch}",
		"For an environment write repo:{organization}/{repository}:environment:{environment}. Capital letters count."},
	{"Azure DevOps service connection", "https://login.microsoftonline.com/{tenant ID}/v2.0", "{subject that the service connection shows}",
		"Azure DevOps shows issuer and subject when the service connection is made with workload identity federation; older ones have the issuer https://vstoken.dev.azure.com/{organization ID} and the subject sc://{organization}/{project}/{service connection}."},
	{"Kubernetes", "https://{address of the cluster's OIDC issuer}/", "system:serviceaccount:{namespace}:{service account}",
		"On AKS the issuer is what az aks show --query oidcIssuerProfile.issuerUrl prints, with its slash at the end."},
}
