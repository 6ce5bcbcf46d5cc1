// Package setup turns what an environment should be into a plan, applies the
// plan, and resumes it after a crash. The console and the command line use it
// alike. It does its reading and writing through interfaces: Directory, which
// the graph package satisfies, and Journal, which the store satisfies.
package setup

import (
	"context"
	"time"

	"github.com/consentry/consentry/entra"
)

// SecretSpec is the client secret an environment wants.
type SecretSpec struct {
	Description string `json:"description,omitempty"`
	// LifetimeDays is from creation to expiry; 0 means DefaultLifetimeDays.
	LifetimeDays int `json:"lifetimeDays,omitempty"`
}

// DefaultLifetimeDays is how long a new secret lives unless said otherwise.
const DefaultLifetimeDays = 180

// A Spec is what a person wants, as the wizard collects it and an environment
// file says it. Empty fields mean the integration's default.
type Spec struct {
	Name         string            `json:"environment"` // grammar: see ValidateName
	Integration  string            `json:"integration"` // preset id
	Inputs       map[string]string `json:"inputs,omitempty"`
	Tenant       string            `json:"tenant,omitempty"` // GUID or domain
	Organization string            `json:"organization,omitempty"`
	Project      string            `json:"project,omitempty"`
	// Scopes are Azure DevOps permissions by name, without resource prefix.
	Scopes      []string       `json:"scopes,omitempty"`
	DisplayName string         `json:"displayName,omitempty"`
	Audience    entra.Audience `json:"audience,omitempty"`
	Secret      SecretSpec     `json:"secret,omitzero"`
	// Credential is what the application proves itself with; empty means a
	// client secret, the only kind that the named integrations take.
	Credential entra.CredentialKind `json:"credential,omitempty"`
	// Certificate is the one to use, as PEM and without its private key;
	// empty means that a key pair is made and its private key shown once.
	Certificate string                    `json:"certificate,omitempty"`
	Federated   entra.FederatedCredential `json:"federated,omitzero"`
	// Adopt is the client ID of an existing application chosen by the person;
	// empty means our own, found by its marker or made new.
	Adopt entra.ClientID `json:"adopt,omitempty"`
	// SkipConsent leaves the tenant-wide consent to an administrator.
	SkipConsent bool `json:"skipConsent,omitempty"`
}

// A FieldError names a field of a Spec and the mend.
type FieldError struct {
	Field   string `json:"field"` // "inputs.host", "secret.lifetime"
	Message string `json:"message"`
}

// ResourceScopes are the delegated permissions wanted of one resource.
type ResourceScopes struct {
	Resource entra.ClientID
	Name     string // "Azure DevOps"
	Scopes   []NamedScope
	// Asked are finer scopes that the integration asks for at sign-in although
	// the registration lists a broader one. Consent is kept by name, so a
	// consent for the whole tenant has to hold them too: where users may not
	// consent for themselves, they would be stopped at every name it lacks.
	Asked []string
}

// consented are the scopes that a consent for the whole tenant holds.
func (r ResourceScopes) consented() []string {
	var out []string
	for _, s := range r.Scopes {
		out = append(out, s.Value)
	}
	return append(out, r.Asked...)
}

// NamedScope is a delegated permission with the id the registration lists.
type NamedScope struct{ ID, Value string }

// Desired is a Spec with every default filled in: what must be true.
type Desired struct {
	Name         string
	Marker       string // tag on the application, derived from Name
	DisplayName  string
	Audience     entra.Audience
	RedirectURIs []entra.RedirectURI
	Permissions  []ResourceScopes
	Secret       SecretSpec
	// Credential is what kind the application is to prove itself with. For a
	// certificate, description and lifetime are Secret's.
	Credential  entra.CredentialKind
	Certificate *entra.NewCertificate // the one to use; nil: a key pair is made
	Federated   *entra.FederatedCredential
	Adopt       entra.ClientID
	Consent     bool
	// NewSecret asks for another secret although a live one of ours is there;
	// that one is removed first.
	NewSecret bool

	// operation stands in the name of a new secret; empty in a preview.
	operation string
	// most is the longest that the tenant's policy lets a secret last; zero
	// where that is longer than wanted, or unknown.
	most time.Duration
}

// Actual is what the directory holds of it.
type Actual struct {
	App *entra.Application
	// Others are further applications with our marker; more than one of ours
	// is a conflict a person must solve.
	Others []entra.Application
	// PrincipalExists: the application has a service principal in the tenant.
	PrincipalExists bool
	// Principal is its object ID where a grant or an earlier answer told it.
	Principal entra.ObjectID
	Resources map[entra.ClientID]entra.ServicePrincipal
	Grants    []entra.Grant
}

// StepID names a step; it is stable across runs: "application",
// "service-principal", "secret", "certificate", "federated",
// "resource:{client id}", "grant:{client id}", "lost-secret:{key id}",
// "old-secret:{key id}", "next-secret:{key id}", "old-federated:{name}".
type StepID string

// Action is what a step does.
type Action string

// The actions a step can have.
const (
	Keep   Action = "keep"
	Create Action = "create"
	Update Action = "update"
	Remove Action = "remove"
)

// A Diff is one difference: old → new.
type Diff struct {
	Field string `json:"field"`
	Old   string `json:"old,omitempty"`
	New   string `json:"new,omitempty"`
}

// A Step is one row of a plan.
type Step struct {
	ID     StepID `json:"id"`
	Action Action `json:"action"`
	Title  string `json:"title"`
	Diffs  []Diff `json:"diffs,omitempty"`
	// Request is the Graph request it becomes; nil for Keep, and for a step
	// that another step's request carries out (Note says which).
	Request *entra.Request `json:"request,omitempty"`
	After   []StepID       `json:"after,omitempty"`
	// Who says which role may do it.
	Who string `json:"who,omitempty"`
	// Note tells what a person should know: a lost secret, a kept grant.
	Note string `json:"note,omitempty"`

	change entra.Change
}

// A Plan is what Apply would do, in order.
type Plan struct {
	Steps []Step `json:"steps"`
}

// Pending returns the steps that change something.
func (p Plan) Pending() []Step {
	var out []Step
	for _, s := range p.Steps {
		if s.Action != Keep {
			out = append(out, s)
		}
	}
	return out
}

// A Directory reads and changes one tenant. Reads may be retried by the
// implementation; Do sends its request at most once, but for 429.
type Directory interface {
	// ApplicationsByTag lists applications carrying the tag.
	ApplicationsByTag(ctx context.Context, tag string) ([]entra.Application, error)
	// Application reads one by client ID; a missing one is a *entra.ServiceError
	// with Status 404.
	Application(ctx context.Context, id entra.ClientID) (entra.Application, error)
	// ServicePrincipals looks principals up with "appId in (…)"; missing ones
	// are simply absent.
	ServicePrincipals(ctx context.Context, ids ...entra.ClientID) ([]entra.ServicePrincipal, error)
	// GrantsOf lists the delegated grants the client holds in the tenant;
	// exists is false when it has no service principal there.
	GrantsOf(ctx context.Context, client entra.ClientID) (grants []entra.Grant, exists bool, err error)
	// FederatedCredentials lists those of an application, by its object ID.
	FederatedCredentials(ctx context.Context, app entra.ObjectID) ([]entra.FederatedCredential, error)
	// Do sends the change.
	Do(ctx context.Context, c entra.Change) (entra.Created, error)
}

// EntryState is how far a journal entry got.
type EntryState string

// Intent: written before sending, no answer recorded yet. Done and Failed:
// answered. Unknown: sent, and the answer was lost.
const (
	Intended EntryState = "intended"
	Done     EntryState = "done"
	Failed   EntryState = "failed"
	Unknown  EntryState = "unknown"
)

// An Entry is one outside call of an operation, as the journal keeps it. It
// never holds a secret's value.
type Entry struct {
	Seq       int64          `json:"seq"`
	Step      StepID         `json:"step"`
	Title     string         `json:"title"`
	Request   entra.Request  `json:"request"`
	State     EntryState     `json:"state"`
	Created   *entra.Created `json:"created,omitempty"`
	RequestID string         `json:"requestId,omitempty"`
	Error     string         `json:"error,omitempty"`
	// SecretKept: the value Graph gave is kept encrypted and still usable,
	// whether it was shown or not.
	SecretKept bool `json:"secretKept,omitempty"`
	// SecretShown: the value was given to its owner, so it is not lost when
	// it is kept no longer.
	SecretShown bool      `json:"secretShown,omitempty"`
	Started     time.Time `json:"started"`
	Ended       time.Time `json:"ended,omitzero"`
}

// A Journal keeps what one operation intends and what came of it. When Intent
// fails, the request is not sent.
type Journal interface {
	Intent(ctx context.Context, e Entry) (seq int64, err error)
	// Outcome records the end of an entry. A secret value in created is
	// encrypted and kept in the same transaction.
	Outcome(ctx context.Context, seq int64, state EntryState, created entra.Created, cause error) error
	// Entries returns everything this environment's operations recorded,
	// oldest first: resuming needs what an earlier, killed attempt intended.
	Entries(ctx context.Context) ([]Entry, error)
}

// An Event reports progress while a plan is applied.
type Event struct {
	Step  StepID     `json:"step"`
	State EntryState `json:"state"`
	Title string     `json:"title"`
	// Text says what is being waited for or what went wrong, for people.
	Text      string `json:"text,omitempty"`
	RequestID string `json:"requestId,omitempty"`
}

// A Result is what a finished operation leaves behind.
type Result struct {
	App       entra.Application `json:"app"`
	Principal entra.ObjectID    `json:"principal"`
	Secret    *entra.Secret     `json:"secret,omitempty"` // the live one with our marker
	// Certificate is the one that stands in a secret's place.
	Certificate *entra.Certificate `json:"certificate,omitempty"`
	// Changed are the steps that wrote something.
	Changed []Step `json:"changed"`
	// Proven: reading back showed nothing left to do.
	Proven bool `json:"proven"`
	// Left are steps still pending after reading back.
	Left []Step `json:"left,omitempty"`
	// Words are sentences a person should read, such as that a lost secret
	// was replaced.
	Words []string `json:"words,omitempty"`
}
