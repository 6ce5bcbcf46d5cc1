package handlers

import (
	"time"

	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/preset"
	"github.com/consentry/consentry/setup"
	"github.com/consentry/consentry/store"
	"github.com/consentry/consentry/trial"
	"github.com/consentry/consentry/web"
)

// galleryCredentials is a service of one's own with each way to prove itself.
func galleryCredentials(h *Handlers, draft, done store.Environment) []galleryPage {
	p, _ := preset.ByID("custom")
	trust := entra.FederatedCredential{ID: "f1", Name: "consentry-shop-prod", Issuer: preset.Issuers[0].Issuer, Subject: "repo:contoso/shop:ref:refs/heads/main", Audience: entra.TokenExchange}
	own := func(kind entra.CredentialKind) store.Environment {
		e := done
		e.Name, e.Spec.Name, e.Spec.Integration, e.Spec.Inputs, e.Spec.Credential = "shop-prod", "shop-prod", "custom", map[string]string{"redirectUri": "https://shop.example.com/callback"}, kind
		r := *done.Result
		r.Secret, r.Words, r.App.DisplayName = nil, nil, "Shop"
		r.App.Secrets = nil
		e.Result = &r
		return e
	}
	made := entra.Certificate{KeyID: "99999999-2222-3333-4444-555555555555", Name: entra.SecretName("Shop", "shop-prod", "OP"), Thumbprint: "0123456789ABCDEF0123456789ABCDEF01234567",
		Start: galleryTime.Add(-150 * 24 * time.Hour), End: galleryTime.Add(20 * 24 * time.Hour)}
	withKey, withTrust := own(entra.CertificateKind), own(entra.FederatedKind)
	withKey.Result.Certificate, withKey.Result.App.Certificates, withKey.Result.App.Federated = &made, []entra.Certificate{made}, []entra.FederatedCredential{trust}
	withTrust.Spec.Federated = trust
	withTrust.Result.App.Federated, withTrust.Result.App.Certificates, withTrust.Result.App.Secrets = []entra.FederatedCredential{trust}, []entra.Certificate{made}, done.Result.App.Secrets
	given := withKey
	given.Spec.Certificate = "-----BEGIN CERTIFICATE-----"
	kept := galleryKept()[0]
	kept.Hint, kept.KeyID = made.Thumbprint[:8], made.KeyID
	refused := trial.Explain(700027, "invalid_client")
	page := func(name string, env store.Environment, proof *trial.Proof) galleryPage {
		e := h.environmentPage(env, p.For(env.Spec.Credential), nil, nil, nil)
		known := []store.Credential{{KeyID: made.KeyID, Proof: proof}, {KeyID: "f1", Proof: proof}}
		e.Credentials = credentialRows(env, known, galleryTime)
		return galleryPage{name, "environment.html", e}
	}
	secret := func(name string, env store.Environment, fill func(*secretPage)) galleryPage {
		s := newSecretPage(env, p.For(env.Spec.Credential))
		fill(s)
		return galleryPage{name, "secret.html", s}
	}
	at := func(state trial.ProofState, f *trial.Failure) *trial.Proof {
		return &trial.Proof{State: state, Tenant: "11111111-2222-3333-4444-555555555555", Started: galleryTime.Add(-time.Minute), Ended: galleryTime.Add(-time.Minute), Attempts: 1, Failure: f}
	}
	return append(galleryCredentialChoices(draft, p, trust),
		page("environment-certificate", withKey, nil), page("environment-certificate-refused", withKey, at(trial.Refuted, &refused)),
		page("environment-federated", withTrust, at(trial.Proven, nil)),
		secret("secret-private-key", withKey, func(s *secretPage) { s.Kept = &kept }),
		secret("secret-private-key-without-script", withKey, func(s *secretPage) {
			s.Kept, s.Value = &kept, "-----BEGIN PRIVATE KEY-----\nnot a real key, only a picture of one with a line that is as long\n-----END PRIVATE KEY-----\n"
		}),
		secret("secret-of-a-given-certificate", given, func(*secretPage) {}), secret("secret-federated", withTrust, func(*secretPage) {}),
		galleryPage{"hand-off-certificate", "hand_off.html", handOff(withKey, p.For(entra.CertificateKind))},
		galleryPage{"hand-off-federated", "hand_off.html", handOff(withTrust, p.For(entra.FederatedKind))},
		galleryPage{"manual-federated", "manual.html", galleryManual(h, withTrust, p.For(entra.FederatedKind))},
		galleryPage{"manual-certificate", "manual.html", galleryManual(h, withKey, p.For(entra.CertificateKind))})
}

// galleryCredentialChoices is the choice, as it begins, filled in, and after a
// private key was pasted.
func galleryCredentialChoices(draft store.Environment, p preset.Preset, trust entra.FederatedCredential) []galleryPage {
	var pages []galleryPage
	for _, s := range []struct {
		name      string
		spec      setup.Spec
		typed     map[string]string
		bad       []setup.FieldError
		forbidden bool
	}{
		{name: "wizard-credential"},
		{name: "wizard-credential-federated", spec: setup.Spec{Credential: entra.FederatedKind, Federated: trust}},
		{name: "wizard-credential-refused", spec: setup.Spec{Credential: entra.FederatedKind, Federated: trust}, bad: []setup.FieldError{{Field: "federated", Message: "the subject cannot hold *: it is compared letter for letter; add one credential for each branch or environment"}}},
		{name: "wizard-credential-private-key", spec: setup.Spec{Credential: entra.CertificateKind}, typed: map[string]string{"certificate": "-----BEGIN PRIVATE KEY-----"},
			bad: []setup.FieldError{{Field: "certificate", Message: sentence(entra.ErrPrivateKey)}}},
		{name: "wizard-credential-forbidden", forbidden: true},
	} {
		env := draft
		env.Name, s.spec.Name, s.spec.Integration, s.spec.Inputs = "shop-prod", "shop-prod", "custom", map[string]string{"redirectUri": "https://shop.example.com/callback"}
		env.Spec = s.spec
		w := newWizardPage(env, p, stepIndex("secret"))
		w.Heading, w.Bad, w.Errors = secretHeading(p), s.bad, specErrors(s.bad)
		w.Secret = &secretStep{Forbidden: s.forbidden, Limit: "90 days",
			Description: web.Field{Name: "description", Label: "Description", Value: "Azure DevOps Integration"},
			Lifetime:    web.Field{Name: "lifetime", Label: "Expires after", Type: "select", Options: []web.Option{{Value: "180", Label: "180 days", Selected: true}}},
			Credential: w.credentialStep(func(name, def string) string {
				if v, ok := s.typed[name]; ok {
					return v
				}
				return def
			})}
		pages = append(pages, galleryPage{s.name, "wizard.html", w})
	}
	return pages
}
