package handlers

import (
	"cmp"

	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/preset"
	"github.com/consentry/consentry/setup"
	"github.com/consentry/consentry/store"
)

// provesBy is what an environment's app proves itself with.
func provesBy(env store.Environment) entra.CredentialKind {
	return cmp.Or(env.Spec.Credential, entra.ClientSecretKind)
}

// credentialNouns are what each kind is called in a sentence, and shownNouns
// what is shown once of it.
var (
	credentialNouns = map[entra.CredentialKind]string{
		entra.ClientSecretKind: "client secret", entra.CertificateKind: "certificate", entra.FederatedKind: "federated credential",
	}
	shownNouns = map[entra.CredentialKind]string{
		entra.ClientSecretKind: "client secret", entra.CertificateKind: "private key", entra.FederatedKind: "client secret",
	}
)

func credentialNoun(env store.Environment) string { return credentialNouns[provesBy(env)] }

func shownNoun(env store.Environment) string { return shownNouns[provesBy(env)] }

// credentialSummary says in the fewest words what was chosen.
func credentialSummary(spec setup.Spec, p preset.Preset) string {
	switch spec.Credential {
	case entra.FederatedKind:
		return "federated, for " + spec.Federated.Subject
	case entra.CertificateKind:
		if spec.Certificate != "" {
			return "the certificate given"
		}
		return "a new certificate, " + days(lifetime(spec))
	}
	if len(p.Credentials()) > 1 {
		return "client secret, " + days(lifetime(spec))
	}
	return days(lifetime(spec))
}

// madeHere: the console makes what the app proves itself with, so there is
// something to be shown once, and replaced.
func madeHere(spec setup.Spec) bool {
	switch spec.Credential {
	case entra.FederatedKind:
		return false
	case entra.CertificateKind:
		return spec.Certificate == ""
	}
	return true
}

// wantedTrust is the federated credential as the setup makes it.
func wantedTrust(env store.Environment) entra.FederatedCredential {
	p, ok := preset.ByID(env.Spec.Integration)
	if !ok || provesBy(env) != entra.FederatedKind {
		return entra.FederatedCredential{}
	}
	if desired, errs := env.Spec.Resolve(p); len(errs) == 0 {
		return *desired.Federated
	}
	return env.Spec.Federated
}
