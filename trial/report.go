package trial

import (
	"time"

	"github.com/consentry/consentry/azuredevops"
	"github.com/consentry/consentry/checks"
	"github.com/consentry/consentry/entra"
)

// MaxLifetime is the longest an access token lives.
const MaxLifetime = checks.MaxTokenLifetime

// A Report says what a consent brought.
type Report struct {
	// HasToken is false for an administrator's consent, which brings none:
	// what is about a token is empty then.
	HasToken bool       `json:"hasToken"`
	Scopes   []ScopeRow `json:"scopes"` // differing rows first
	// RegisteredKnown and ConsentedKnown are false where those columns could
	// not be read; Unread says in words why.
	RegisteredKnown bool     `json:"registeredKnown"`
	ConsentedKnown  bool     `json:"consentedKnown"`
	Unread          []string `json:"unread,omitempty"`

	Audience   string `json:"audience,omitempty"`
	AudienceOK bool   `json:"audienceOk"` // it is the resource that was asked for
	// ResourceName is the audience in words: "Azure DevOps".
	ResourceName string         `json:"resourceName,omitempty"`
	Issuer       string         `json:"issuer,omitempty"`
	Tenant       entra.TenantID `json:"tenant,omitempty"`
	Person       entra.Person   `json:"person"`
	// PersonProven: Person is from a verified ID token, not read unverified
	// from the access token.
	PersonProven bool          `json:"personProven"`
	Issued       time.Time     `json:"issued,omitzero"`
	Expires      time.Time     `json:"expires,omitzero"`
	Lifetime     time.Duration `json:"lifetime,omitempty"` // expires_in of the answer, nanoseconds
	LifetimeOK   bool          `json:"lifetimeOk"`         // at most MaxLifetime

	RefreshAsked bool   `json:"refreshAsked"` // offline_access was
	RefreshCame  bool   `json:"refreshCame"`
	RefreshWorks bool   `json:"refreshWorks"`
	RefreshNote  string `json:"refreshNote,omitempty"`

	Claims       []Claim                `json:"claims,omitempty"`
	Organization Reach                  `json:"organization"`
	Project      Reach                  `json:"project"`
	Exercises    []azuredevops.Exercise `json:"exercises,omitempty"`

	// Notes are sentences a person should read that change no verdict.
	Notes []string `json:"notes,omitempty"`
	// Verdict is one sentence; Next is what to do, empty when nothing.
	Verdict string `json:"verdict"`
	Next    string `json:"next,omitempty"`
	OK      bool   `json:"ok"`
}

// A ScopeRow is one scope in the four places it can stand.
type ScopeRow = checks.ScopeRow

// A Claim is one claim of the access token, for people.
type Claim struct {
	Name    string `json:"name"`
	Value   string `json:"value"` // masked where it is personal or opaque
	Meaning string `json:"meaning"`
}

// A Reach says whether the token gets to an organization or a project.
type Reach struct {
	Name string `json:"name,omitempty"`
	// Tried is false where nothing was named or an earlier answer made asking
	// pointless; Cause says why in the second case.
	Tried bool `json:"tried"`
	OK    bool `json:"ok"`
	// Tenant is the tenant behind an organization, where it is known.
	Tenant entra.TenantID `json:"tenant,omitempty"`
	// As is who the token is there: a name for people.
	As      string `json:"as,omitempty"`
	Checked string `json:"checked,omitempty"` // the request that showed it
	Cause   string `json:"cause,omitempty"`   // why it is not reached, in plain words
	Next    string `json:"next,omitempty"`
	Note    string `json:"note,omitempty"` // what else is worth knowing
}

// A Failure is why a consent brought nothing.
type Failure struct {
	AADSTS int    `json:"aadsts,omitempty"` // 0 when there is no number
	Code   string `json:"code,omitempty"`   // OAuth error, or the service's code
	Cause  string `json:"cause"`            // in plain words
	Next   string `json:"next"`             // what to do
	Who    string `json:"who,omitempty"`    // who can do it
	// Raw is Microsoft's own text: at most 300 characters, identifiers of
	// persons masked. Untrusted.
	Raw string `json:"raw,omitempty"`
	// Transient: our own change has not spread yet, trying again helps.
	Transient bool `json:"transient,omitempty"`
}
