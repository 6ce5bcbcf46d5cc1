package handlers

import (
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/preset"
	"github.com/consentry/consentry/setup"
	"github.com/consentry/consentry/web"
)

// credentialStep asks how a service proves itself that can do so in several
// ways.
type credentialStep struct {
	Kind        web.Field
	Certificate web.Field
	Issuer      web.Field
	Subject     web.Field
	Audience    web.Field
	Issuers     []preset.Issuer
	// PrivateKey: one was pasted. It was not kept, and counts as leaked.
	PrivateKey bool
}

// credentialChoices are in the words of the choice.
var credentialChoices = map[entra.CredentialKind]web.Option{
	entra.FederatedKind: {Label: "With a token of the platform it runs on: a federated credential",
		Help: "The best way: there is no secret that could leak or end. For GitHub Actions, Azure DevOps pipelines, Kubernetes and others that give their workloads a signed token."},
	entra.CertificateKind: {Label: "With a certificate",
		Help: "The private key signs and is never sent; the app registration has the public part. It ends on its day, as a secret does."},
	entra.ClientSecretKind: {Label: "With a client secret",
		Help: "The simplest, and the one to leak most easily: whoever has the text is the app."},
}

// credentialStep builds the choice, with what was typed; nil where there is
// none.
func (page *wizardPage) credentialStep(typed func(name, def string) string) *credentialStep {
	kinds := page.Preset.Credentials()
	if len(kinds) < 2 {
		return nil
	}
	spec := page.Env.Spec
	step := &credentialStep{Issuers: preset.Issuers}
	var options []web.Option
	for _, k := range kinds {
		o := credentialChoices[k]
		o.Value = string(k)
		options = append(options, o)
	}
	step.Kind = radio("credential", "How does the service prove that it is this app?", typed("credential", string(provesBy(page.Env))), options...)
	step.Kind.Error = page.bad("credential")
	step.Certificate = web.Field{Name: "certificate", Label: "The certificate, without its private key", Type: "textarea", Value: typed("certificate", spec.Certificate), Placeholder: "-----BEGIN CERTIFICATE-----",
		Help:  "An RSA key of 2048 bits or more. Left empty, a key pair is made here and its private key is shown once, like a client secret.",
		Error: page.bad("certificate")}
	_, err := entra.ParseCertificate([]byte(step.Certificate.Value), time.Time{})
	if step.PrivateKey = errors.Is(err, entra.ErrPrivateKey); step.PrivateKey {
		step.Certificate.Value = ""
	}
	step.Issuer = web.Field{Name: "issuer", Label: "Issuer", Value: typed("issuer", spec.Federated.Issuer), Placeholder: "https://token.actions.githubusercontent.com", Help: "The token's iss, letter for letter."}
	step.Subject = web.Field{Name: "subject", Label: "Subject", Value: typed("subject", spec.Federated.Subject), Placeholder: "repo:contoso/shop:ref:refs/heads/main", Help: "The token's sub, letter for letter; * does not stand for anything."}
	step.Audience = web.Field{Name: "audience", Label: "Audience", Value: typed("audience", firstOf(spec.Federated.Audience, entra.TokenExchange)), Help: "The token's aud; other clouds than the public one have others."}
	page.federatedError(step)
	return step
}

// federatedError puts the sentence beside the field that it is about.
func (page *wizardPage) federatedError(step *credentialStep) {
	words := page.bad("federated")
	for _, f := range []*web.Field{&step.Subject, &step.Audience, &step.Issuer} {
		if words != "" && (strings.Contains(strings.ToLower(words), f.Name) || f == &step.Issuer) {
			f.Error = words
			return
		}
	}
}

// saveCredential reads the choice into the environment; a private key does not
// get there.
func (h *Handlers) saveCredential(c *gin.Context, page *wizardPage) []setup.FieldError {
	if len(page.Preset.Credentials()) < 2 {
		return nil
	}
	spec := &page.Env.Spec
	spec.Credential = entra.CredentialKind(firstOf(c.PostForm("credential"), string(entra.ClientSecretKind)))
	if !slices.Contains(page.Preset.Credentials(), spec.Credential) {
		spec.Credential = ""
		return []setup.FieldError{{Field: "credential", Message: "Choose how the service proves itself."}}
	}
	pasted := strings.TrimSpace(c.PostForm("certificate"))
	var wrong []setup.FieldError
	if pasted != "" && pasted != strings.TrimSpace(spec.Certificate) {
		if _, err := entra.ParseCertificate([]byte(pasted), h.Now()); err != nil {
			pasted, wrong = "", []setup.FieldError{{Field: "certificate", Message: sentence(err)}}
		}
	}
	if spec.Certificate = pasted; spec.Credential != entra.CertificateKind {
		spec.Certificate = ""
		if len(wrong) > 0 && !strings.Contains(wrong[0].Message, "private key") {
			wrong = nil // of a way that was not chosen; a leaked key is told all the same
		}
	}
	spec.Federated = entra.FederatedCredential{}
	if spec.Credential == entra.FederatedKind {
		spec.Federated = entra.FederatedCredential{Issuer: strings.TrimSpace(c.PostForm("issuer")), Subject: strings.TrimSpace(c.PostForm("subject")), Audience: strings.TrimSpace(c.PostForm("audience"))}
	}
	return wrong
}
