package checks

import (
	"time"

	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/preset"
)

// Facts are everything learned about one integration. Their JSON is the run
// that is kept, the report a person downloads and the fixture of a test. They
// hold no secret, code or token: nothing that could enter is put in.
type Facts struct {
	// Now is when the facts were gathered; checks know no other clock.
	Now   time.Time   `json:"now"`
	Cloud entra.Cloud `json:"cloud"`
	Given Given       `json:"given"`

	// What anybody may learn.
	Network      Fact[[]Reachability]           `json:"network"`
	Clock        Fact[time.Duration]            `json:"clock"` // how far ours is ahead of the service's
	Tenant       Fact[TenantLookup]             `json:"tenant"`
	SignIn       Fact[SignInProbe]              `json:"signIn"`
	Organization Fact[entra.DevOpsOrganization] `json:"organization"`

	// What the client secret shows.
	SecretTrial Fact[SecretTrial] `json:"secretTrial"`

	// What a sign-in that may read the directory shows. Where a pointer is
	// nil, the directory has no such object.
	Operator     Fact[Operator]                                  `json:"operator"`
	Application  Fact[*entra.Application]                        `json:"application"`
	Owners       Fact[[]entra.Person]                            `json:"owners"`
	Principal    Fact[*entra.ServicePrincipal]                   `json:"principal"`
	Resources    Fact[map[entra.ClientID]entra.ServicePrincipal] `json:"resources"`   // Azure DevOps, Microsoft Graph, by client ID; a missing one is absent
	Grants       Fact[[]entra.Grant]                             `json:"grants"`      // what the client holds
	Assignments  Fact[int]                                       `json:"assignments"` // users and groups assigned to the app
	Policies     Fact[entra.Policies]                            `json:"policies"`
	Consents     Fact[[]ConsentRecord]                           `json:"consents"`     // of the audit log
	Restrictions Fact[[]entra.TenantID]                          `json:"restrictions"` // "allow only certain tenants"

	// What the token of a test consent shows.
	Token       Fact[TokenFacts]    `json:"token"`
	Connection  Fact[Connection]    `json:"connection"` // the organization, asked with the token
	Project     Fact[ProjectLookup] `json:"project"`
	AccessLevel Fact[string]        `json:"accessLevel"` // "basic", "stakeholder", "none" or the service's own word
	Exercises   Fact[[]Exercise]    `json:"exercises"`
}

// Given is what a person or an environment says about the integration, as it
// was typed: finding out whether it is right is what the checks are for.
type Given struct {
	Environment string            `json:"environment,omitempty"` // its name, when one is checked
	Integration string            `json:"integration,omitempty"` // preset id; empty: none named
	Inputs      map[string]string `json:"inputs,omitempty"`
	ClientID    string            `json:"clientId,omitempty"`
	// Tenant is the segment of the address that is signed in at: a tenant ID,
	// a domain or "organizations"; empty when not given.
	Tenant       string      `json:"tenant,omitempty"`
	RedirectURI  string      `json:"redirectUri,omitempty"`
	Scopes       string      `json:"scopes,omitempty"` // the whole parameter, as sent
	Organization string      `json:"organization,omitempty"`
	Project      string      `json:"project,omitempty"`
	Registered   []string    `json:"registered,omitempty"` // Azure DevOps permissions an environment wants on its registration
	Secret       SecretGiven `json:"secret,omitzero"`
	// Made are the keys of the client secrets that the console has a record of
	// for the app; nil when its records were not looked at.
	Made []entra.KeyID `json:"made,omitzero"`
	// Endpoint is an address that the integration uses, when one is known,
	// for example an authorize URL out of a paste.
	Endpoint string `json:"endpoint,omitempty"`
}

// SecretGiven is what may be kept of a client secret that was given.
type SecretGiven struct {
	Given  bool        `json:"given"`
	Hint   string      `json:"hint,omitempty"` // the first three characters, which Graph shows too
	Length int         `json:"length,omitempty"`
	Shape  SecretShape `json:"shape,omitempty"`
}

// SecretShape is what a secret's form says about it.
type SecretShape string

// The shapes. Usual: 16 to 64 characters without blanks. IDShape: a GUID,
// which is the secret's ID and not its value. PlaceholderShape: a sample's
// text. LegacyShape: a JWT, as the retired Azure DevOps OAuth gives out.
// SpacedShape: it has blanks or line feeds. QuotedShape: quotation marks stand
// around it. EncodedShape: it is percent-encoded. OddShape: any other.
const (
	UsualShape       SecretShape = "usual"
	IDShape          SecretShape = "id"
	PlaceholderShape SecretShape = "placeholder"
	LegacyShape      SecretShape = "legacy"
	SpacedShape      SecretShape = "spaced"
	QuotedShape      SecretShape = "quoted"
	EncodedShape     SecretShape = "encoded"
	OddShape         SecretShape = "odd"
)

// Reachability is whether one service can be reached from here.
type Reachability struct {
	Service string `json:"service"` // "sign-in", "Microsoft Graph", "Azure DevOps"
	Host    string `json:"host"`
	// Stage is how far it came: "dns", "connect", "tls", "answer"; Problem is
	// empty when an answer came.
	Stage   string        `json:"stage"`
	Problem string        `json:"problem,omitempty"`
	Proxy   string        `json:"proxy,omitempty"` // host of the proxy in between
	Took    time.Duration `json:"took"`
}

// TenantLookup is what the discovery document of a tenant says.
type TenantLookup struct {
	Exists bool           `json:"exists"`
	ID     entra.TenantID `json:"id,omitempty"` // empty for "organizations" and "common"
	AADSTS int            `json:"aadsts,omitempty"`
}

// SignInProbe is what the authorization endpoint says to a request of the
// integration's with prompt=none and nobody signed in: login_required when
// client ID, redirect URI and scopes pass, an error otherwise.
type SignInProbe struct {
	Accepted bool   `json:"accepted"` // it would have gone on to sign-in
	OnPage   bool   `json:"onPage"`   // the error stayed on the service's page
	AADSTS   int    `json:"aadsts,omitempty"`
	OAuth    string `json:"oauth,omitempty"`
	Text     string `json:"text,omitempty"` // the service's own, cut; untrusted
}

// SecretTrial is what a client-credentials request with the secret brought.
type SecretTrial struct {
	Accepted bool   `json:"accepted"`
	AADSTS   int    `json:"aadsts,omitempty"`
	OAuth    string `json:"oauth,omitempty"`
	Text     string `json:"text,omitempty"` // the service's own, cut; untrusted
}

// Operator is whoever signed in to read the directory.
type Operator struct {
	Person entra.Person `json:"person"`
	Tenant entra.Tenant `json:"tenant"`
	// Roles are template IDs of active directory roles; RolesKnown is false
	// where the directory did not tell.
	Roles      []string `json:"roles,omitempty"`
	RolesKnown bool     `json:"rolesKnown"`
}

// A ConsentRecord is a consent as the directory's audit log has it.
type ConsentRecord struct {
	When time.Time `json:"when"`
	By   string    `json:"by"`  // user principal name, or an app's name
	All  bool      `json:"all"` // for the whole tenant
}

// TokenFacts is what a test consent's token says about itself.
type TokenFacts struct {
	Got      time.Time      `json:"got"`
	Audience string         `json:"audience"`
	Issuer   string         `json:"issuer"`
	Tenant   entra.TenantID `json:"tenant"`
	Person   entra.Person   `json:"person"`
	Scopes   []string       `json:"scopes"` // bare names
	Lifetime time.Duration  `json:"lifetime"`
	Refresh  RefreshFacts   `json:"refresh"`
	AppOnly  bool           `json:"appOnly"`
}

// RefreshFacts is what became of the refresh token.
type RefreshFacts struct {
	Asked  bool `json:"asked"` // offline_access was asked for
	Came   bool `json:"came"`
	Worked bool `json:"worked"`
	AADSTS int  `json:"aadsts,omitempty"`
}

// Connection is what the organization says to the token.
type Connection struct {
	OK        bool   `json:"ok"`
	Anonymous bool   `json:"anonymous,omitempty"` // answered without knowing the token
	As        string `json:"as,omitempty"`
	Status    int    `json:"status"`
	Code      string `json:"code,omitempty"`  // "TF400813", "VS403463", a typeKey
	Text      string `json:"text,omitempty"`  // the service's own, cut; untrusted
	Asked     string `json:"asked,omitempty"` // the request that showed it
}

// ProjectLookup is what became of the project that was named.
type ProjectLookup struct {
	Found  bool     `json:"found"`
	Status int      `json:"status"`
	Code   string   `json:"code,omitempty"`
	Others []string `json:"others,omitempty"` // projects that the token sees
}

// An Exercise is one harmless call that a scope allows.
type Exercise struct {
	Scope  string `json:"scope"`
	Method string `json:"method,omitempty"`
	Path   string `json:"path,omitempty"`
	Status int    `json:"status,omitempty"`
	OK     bool   `json:"ok"`
	Tried  bool   `json:"tried"`
}

// Preset is the integration's; ok is false when none is named.
func (f *Facts) Preset() (p preset.Preset, ok bool) { return preset.ByID(f.Given.Integration) }
