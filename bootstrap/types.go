// Package bootstrap makes the console's own app registration what it should
// be: what a console that several people share signs them in with. It is the
// same whoever runs it, however often, and wherever an earlier run was cut
// off: the registration is kept by a unique name, everything else is looked
// for before it is made, and a client secret is asked for only after a place
// for it was taken.
package bootstrap

import (
	"context"
	"regexp"

	"github.com/consentry/consentry/entra"
)

// CallbackPath is where the console's sign-in comes back to, below its
// address.
const CallbackPath = "/sign-in/callback"

// Roles are the app roles of the registration, the least first. Their IDs
// never change: assignments are kept by them.
var Roles = []entra.AppRole{
	{ID: "9f3a2b61-5c0e-4d7a-8a44-1f6e0d2c7b01", Value: "viewer", Name: "Viewer", Description: "Reads what the console keeps, no secret among it.", Enabled: true},
	{ID: "9f3a2b61-5c0e-4d7a-8a44-1f6e0d2c7b02", Value: "support", Name: "Support", Description: "Runs checks and test consents besides.", Enabled: true},
	{ID: "9f3a2b61-5c0e-4d7a-8a44-1f6e0d2c7b03", Value: "admin", Name: "Admin", Description: "Creates, reveals, changes and deletes besides.", Enabled: true},
}

// Admin is the role of whoever looks after the console.
func admin() entra.AppRole { return Roles[len(Roles)-1] }

// idTokenClaims are the optional claims of ID tokens that the console needs:
// without auth_time nobody can show that they have just signed in.
var idTokenClaims = []string{"auth_time"}

// A Want is what the registration should be.
type Want struct {
	Name        string // of the console: see ValidName
	DisplayName string
	BaseURL     string // the console's address, without slash at its end
	Audience    entra.Audience
	// Declared are the delegated permissions of Microsoft Graph that the
	// registration lists, by name; Consented are those of them that are granted
	// for everybody in the tenant.
	Declared, Consented []string
	// One of these proves the console; none leaves that alone.
	Certificate *entra.NewCertificate // public part only
	Federated   *entra.FederatedCredential
	Secret      *entra.NewSecret
	// Admin gets the role admin; nobody does when its ID is empty.
	Admin entra.Person
}

var namePattern = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$`)

// ValidName reports whether a console may be called so: small letters, digits
// and hyphens, at most 40.
func ValidName(name string) bool { return namePattern.MatchString(name) }

// UniqueName is that of the registration, Marker the tag it carries.
func (w Want) UniqueName() string { return "consentry-console-" + w.Name }

// Marker is the tag that the registration carries besides.
func (w Want) Marker() string { return "consentry:console:" + w.Name }

// Callback is the redirect URI of the sign-in.
func (w Want) Callback() string { return w.BaseURL + CallbackPath }

// An Actual is what the directory holds of it.
type Actual struct {
	App       *entra.Registration     // nil: there is none
	Principal *entra.ServicePrincipal // of App; nil: there is none
	// Graph is Microsoft Graph's service principal, whose permissions are
	// listed.
	Graph       entra.ServicePrincipal
	Grants      []entra.Grant
	Assignments []entra.RoleAssignment
}

// A Directory reads and changes one tenant; graph.Client is one.
type Directory interface {
	// Registration reads an application by its unique name; a missing one is a
	// *entra.ServiceError with Status 404.
	Registration(ctx context.Context, uniqueName string) (entra.Registration, error)
	FederatedCredentials(ctx context.Context, app entra.ObjectID) ([]entra.FederatedCredential, error)
	ServicePrincipals(ctx context.Context, ids ...entra.ClientID) ([]entra.ServicePrincipal, error)
	GrantsOf(ctx context.Context, client entra.ClientID) (grants []entra.Grant, exists bool, err error)
	RoleAssignments(ctx context.Context, id entra.ClientID) ([]entra.RoleAssignment, error)
	Do(ctx context.Context, c entra.Change) (entra.Created, error)
}

// A SecretPlace is where a client secret is put, once.
type SecretPlace interface {
	State() (PlaceState, error)
	// Take notes, before a secret is asked for, which operation asks. A secret
	// that is there already is never overwritten.
	Take(operation string) error
	// Put puts the secret into the place that was taken.
	Put(secret entra.Sensitive) error
	// Release gives up a place that was taken: no secret was made for it.
	Release() error
}

// A PlaceState is what a SecretPlace holds; the zero value is nothing.
type PlaceState struct {
	// Hint is the beginning of the secret that is there.
	Hint string
	// Operation took the place and never put a secret there: it was cut off,
	// and a secret in its name is lost.
	Operation string
}

// A Step is one thing that differs and the request that mends it.
type Step struct {
	ID      StepID
	Title   string
	Diffs   []string // what differs, one line each
	Request entra.Request
	// Who may do it, for whoever may not.
	Who string

	change entra.Change
	ready  bool // every id it needs is known
}

// StepID names a step; "lost-secret:{key id}" besides those below.
type StepID string

// The steps in their order.
const (
	StepApplication StepID = "application"
	StepPrincipal   StepID = "service-principal"
	StepAssignment  StepID = "assignment-required"
	StepCertificate StepID = "certificate"
	StepFederated   StepID = "federated-credential"
	StepSecret      StepID = "secret"
	StepConsent     StepID = "consent"
	StepRole        StepID = "role"

	lostSecretPrefix = "lost-secret:"
)
