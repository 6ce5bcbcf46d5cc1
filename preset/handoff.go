package preset

import (
	"time"

	"github.com/consentry/consentry/entra"
)

// Values are what a form's fields and the portal's pages are filled from.
// Empty ones are not known yet. A client secret is not among them: it is
// shown once, on a page of its own.
type Values struct {
	Environment  string // marks a client secret made by hand; empty leaves it unmarked
	AppName      string // display name; empty means the integration's suggestion
	ClientID     entra.ClientID
	TenantID     entra.TenantID
	TenantName   string
	Audience     entra.Audience // empty means the integration's suggestion
	RedirectURI  string
	Organization string
	Project      string
	Scopes       []string // registered permissions by bare name; none means the recommended ones
	SecretName   string   // description of the secret; empty means the integration's suggestion
	SecretSpan   string   // how long it should last, in words: "180 days"
	SecretHint   string   // first three characters
	SecretEnds   time.Time
	Federated    entra.FederatedCredential
	Inputs       map[string]string
}

// A FilledField is one field of the integration's form with what goes in.
type FilledField struct {
	Label string // the product's own label
	Kind  FieldValue
	// Text is what to paste, or for a list to choose from what to choose;
	// empty while it is not known, and always for the client secret.
	Text string
	// Once: the value is shown once, elsewhere, and cannot be shown again.
	Once     bool
	Select   bool // a list to choose from; nothing is typed
	Optional bool
	// Unsourced: the product's page does not say in which form the field
	// takes its value; Preset.ScopeForm says what is assumed.
	Unsourced bool
	Note      string
	Place     string // where the field is when not on the main form
}

// HandOff fills the fields of the integration's form, under its labels and in
// its order.
func (p Preset) HandOff(v Values) []FilledField {
	var out []FilledField
	for _, f := range p.Fields {
		filled := FilledField{Label: f.Label, Kind: f.Value, Text: v.Text(f.Value, p), Note: f.Note, Optional: f.Optional, Place: f.Place}
		switch f.Value {
		case FixedValue:
			filled.Text = f.Fixed
		case ScopesValue:
			filled.Select, filled.Unsourced = p.ScopeForm.Select, !p.ScopeForm.Sourced
		case ClientSecretValue:
			filled.Once = true
			filled.Note = joinSentences(f.Note, v.secretWords())
		}
		out = append(out, filled)
	}
	return out
}

// Text is the value a field of the integration's form or of the portal takes;
// empty when it is not known. The client secret's value is never known here.
func (v Values) Text(want FieldValue, p Preset) string {
	switch want {
	case ClientIDValue:
		return string(v.ClientID)
	case TenantIDValue:
		return string(v.TenantID)
	case OrganizationValue:
		return v.Organization
	case ProjectValue:
		return v.Project
	case RedirectURIValue:
		return v.RedirectURI
	case ScopesValue:
		return p.ScopeString(v.Scopes)
	case AppNameValue:
		return orDefault(v.AppName, p.AppName)
	case PermissionsValue:
		return joinWords(p.Permissions(v.Scopes))
	case SecretNameValue, CertificateNameValue:
		name := orDefault(v.SecretName, p.AppName)
		if v.Environment == "" {
			return name
		}
		return entra.SecretName(name, v.Environment, entra.ByHand)
	case IssuerValue:
		return v.Federated.Issuer
	case SubjectValue:
		return v.Federated.Subject
	case TrustNameValue:
		return v.Federated.Name
	case TrustForValue:
		return v.Federated.Audience
	}
	return ""
}

// labels are what the portal calls each value.
var labels = map[FieldValue]string{
	ClientIDValue:        "Application (client) ID",
	ClientSecretValue:    "Client secret value",
	OrganizationValue:    "Azure DevOps organization",
	ProjectValue:         "Project",
	ScopesValue:          "Scopes",
	RedirectURIValue:     "Redirect URI",
	TenantIDValue:        "Directory (tenant) ID",
	AppNameValue:         "Name",
	PermissionsValue:     "Permissions of Azure DevOps",
	SecretNameValue:      "Description of the client secret",
	CertificateNameValue: "Description of the certificate",
	IssuerValue:          "Issuer",
	SubjectValue:         "Subject identifier",
	TrustNameValue:       "Name of the federated credential",
	TrustForValue:        "Audience",
}

// Label is what the portal calls a value.
func (v Values) Label(want FieldValue) string { return labels[want] }

// secretWords says what still can be said of a secret.
func (v Values) secretWords() string {
	words := "It cannot be shown again once its page was left; when it is lost, replace it."
	if v.SecretHint != "" {
		words += " It begins with " + v.SecretHint + "."
	}
	if !v.SecretEnds.IsZero() {
		words += " It stops working on " + v.SecretEnds.UTC().Format("2 January 2006") + "."
	}
	return words
}
