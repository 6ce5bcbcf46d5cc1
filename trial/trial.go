// Package trial is the test consent flow: it finishes a consent that a person
// began in the browser, finds out what the resulting token can do, and says
// so in a Report, or says in plain words why none came.
//
// Everything but Runner is a pure function of values.
package trial

import (
	"time"

	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/preset"
)

// Kind is whose consent is tried.
type Kind string

// UserConsent: a person signs in and consents for themselves; a token comes.
// AdminConsent: an administrator consents for a whole tenant; no token comes.
const (
	UserConsent  Kind = "user"
	AdminConsent Kind = "admin"
)

// TemporaryURI is how far the console's own callback got as a redirect URI of
// the tested application. "intended" and "added" must be cleaned up.
type TemporaryURI string

// None means that the console never touched the application for this trial.
const (
	URINone     TemporaryURI = ""
	URIIntended TemporaryURI = "intended"
	URIAdded    TemporaryURI = "added"
	URIRemoved  TemporaryURI = "removed"
)

// A Trial is one attempt at a consent. It holds no secret and no token.
type Trial struct {
	ID          string `json:"id"`
	Environment string `json:"environment"`
	Kind        Kind   `json:"kind"`
	// Tenant is where consent is tried: "organizations", an id or a domain.
	Tenant string `json:"tenant"`
	// Elsewhere: Tenant is another one than the application's.
	Elsewhere   bool           `json:"elsewhere,omitempty"`
	ClientID    entra.ClientID `json:"clientId"`
	RedirectURI string         `json:"redirectUri"`
	// Scopes are the full scope strings asked for.
	Scopes []string `json:"scopes"`
	// Compare is how the integration wants asked and registered scopes to
	// agree; empty means preset.Covered.
	Compare preset.Comparison `json:"compare,omitempty"`
	// Organization and Project are what the token should reach; either may be
	// empty.
	Organization string `json:"organization,omitempty"`
	Project      string `json:"project,omitempty"`

	State        State        `json:"state"`
	Silence      Silence      `json:"silence,omitempty"` // for NoAnswer
	TemporaryURI TemporaryURI `json:"temporaryUri,omitempty"`
	// Changed is when we last changed the application (redirect URI, secret);
	// zero when we did not. Until NotYetSpread after it, some refusals pass by
	// themselves.
	Changed time.Time `json:"changed,omitzero"`
	Started time.Time `json:"started"`
	Ended   time.Time `json:"ended,omitzero"`
	Failure *Failure  `json:"failure,omitempty"`
	Report  *Report   `json:"report,omitempty"`
}
