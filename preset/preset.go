// Package preset says, as cited data, what each integration expects of an app
// registration: its redirect URI, its form's fields under its own labels, the
// scope string that form takes, the Azure DevOps operations it uses. Adding an
// integration is one file.
package preset

import (
	"cmp"
	"strings"

	"github.com/consentry/consentry/entra"
)

// A Source says where a preset's facts come from.
type Source struct {
	Title string // the page's title
	URL   string // where the page stands, when the stored copy tells; else empty
	Read  string // date it was read, YYYY-MM-DD
}

// InputKind decides how an input is checked.
type InputKind string

// The kinds of inputs.
const (
	HostInput   InputKind = "host"   // a host name, optionally with port
	URIInput    InputKind = "uri"    // whole redirect URIs, separated by blanks
	ChoiceInput InputKind = "choice" // one of Choices
)

// An Input is something only the person knows, asked for by the wizard and
// named in the environment file under "inputs".
type Input struct {
	Name    string // key in the file: "host"
	Label   string // as the wizard asks
	Help    string // where to find it
	Example string
	Kind    InputKind
	Default string
	Choices []Choice
}

// A Choice is one answer to a ChoiceInput.
type Choice struct {
	Value, Label, Help string
	// Where is the path to the integration's form when this is chosen; nil
	// means Preset.Where.
	Where []string
}

// FieldValue says which value goes into a field of the integration's form.
type FieldValue string

// The values a form field can take.
const (
	ClientIDValue     FieldValue = "client-id"
	ClientSecretValue FieldValue = "client-secret"
	OrganizationValue FieldValue = "organization"
	ProjectValue      FieldValue = "project"
	ScopesValue       FieldValue = "scopes"
	RedirectURIValue  FieldValue = "redirect-uri"
	TenantIDValue     FieldValue = "tenant-id"
	FixedValue        FieldValue = "fixed" // Field.Fixed, chosen or typed as it stands
)

// The values that only the portal's own forms take.
const (
	AppNameValue     FieldValue = "app-name"    // display name of the registration
	PermissionsValue FieldValue = "permissions" // registered permissions by name
	SecretNameValue  FieldValue = "secret-name" // description of the client secret
	// CertificateNameValue is the description of a certificate; the others are
	// a federated credential's.
	CertificateNameValue FieldValue = "certificate-name"
	IssuerValue          FieldValue = "issuer"
	SubjectValue         FieldValue = "subject"
	TrustNameValue       FieldValue = "trust-name"
	TrustForValue        FieldValue = "trust-for"
)

// A Field is one field of the integration's own form.
type Field struct {
	Label    string // the product's own label
	Value    FieldValue
	Fixed    string // for FixedValue
	Note     string
	Optional bool
	// Place says where the field is when it is not on the form Preset.Where
	// leads to.
	Place string
}

// ScopeForm says how the integration's scopes field wants to be written.
type ScopeForm struct {
	Prefix        bool   // each name after "499b84ac-…/"
	Select        bool   // a list to choose from; nothing is typed
	OfflineAccess bool   // offline_access belongs in the field
	Blank         string // what an empty field means, without full stop; empty when the page does not say
	Sourced       bool   // false: the document does not say; shown as "unsourced"
	Note          string // what is known and what is not
}

// Comparison says how asked and registered scopes must agree.
type Comparison string

// Covered: what is registered must imply what is asked. Exact: the two sets
// must be equal, as Cyclr's page demands.
const (
	Covered Comparison = "covered"
	Exact   Comparison = "exact"
)

// An Operation is one Azure DevOps call the integration makes.
type Operation struct {
	Name   string // in the integration's words: "Search work items"
	Method string
	Path   string // below the organization, as in Microsoft's specification
	Scope  string // the delegated scope it needs: "vso.work"
}

// A Preset is everything known about one integration.
type Preset struct {
	ID   string // "frontegg"; never changes
	Name string // "Frontegg"
	// Common stands for Name in sentences where Name is none in them: "your
	// service". Empty for a product's name.
	Common string
	Source Source
	// About says in one sentence what the integration is.
	About string
	// Inputs are asked in this order.
	Inputs []Input
	// RedirectURI is a template: {host} stands for the input of that name.
	RedirectURI string
	// AppName is the suggested display name of the app registration.
	AppName string
	// OftenExisting: the product's page starts from an existing registration.
	OftenExisting bool
	Audience      entra.Audience
	// Registered are the Azure DevOps permissions recommended for the
	// registration: "user_impersonation" or vso.* names.
	Registered []string
	// Asked are the scopes the integration asks for at sign-in by default, as
	// bare names; empty means it asks for what is registered.
	Asked []string
	// AskedBeyondRegistered: asking for granular scopes while
	// user_impersonation is registered is right for this product.
	AskedBeyondRegistered bool
	// AdminConsent: the product's page asks for tenant-wide admin consent.
	AdminConsent bool
	Compare      Comparison
	ScopeForm    ScopeForm
	Fields       []Field
	// Proves are the kinds of credentials that the integration can prove
	// itself with, the best first; empty means a client secret alone.
	Proves []entra.CredentialKind
	chosen entra.CredentialKind // by For
	// Where is the path to the form in the product: "Integrations", "Azure DevOps".
	Where      []string
	Operations []Operation
	Warnings   []string
	// Unsourced lists what the product's page does not say and we assume.
	Unsourced []string
}

// Called is the integration within a sentence.
func (p Preset) Called() string { return cmp.Or(p.Common, p.Name) }

// CalledFirst is the integration at the beginning of a sentence.
func (p Preset) CalledFirst() string {
	called := p.Called()
	return strings.ToUpper(called[:1]) + called[1:]
}
