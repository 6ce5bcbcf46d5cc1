package entra

import "time"

// A Request is what one Change becomes on the wire of Microsoft Graph v1.0:
// shown before it is sent, journaled when it is. It holds no secret; Graph
// makes secrets, it is never sent one.
type Request struct {
	Method string `json:"method"`
	// Path is below /v1.0. An id not known yet stands in braces, as in
	// "/applications/{object id of the new application}".
	Path string `json:"path"`
	// Body holds what encoding/json would decode it into: string, bool,
	// float64, []any and map[string]any only. Nil means no body is sent.
	Body map[string]any `json:"body,omitempty"`
}

// A Change is one write to a directory. The graph package sends exactly what
// Request shows; a test holds the two together.
type Change interface {
	// Describe says in a few words what happens, for example
	// `create the app registration "Frontegg Integration"`.
	Describe() string
	// Request is the Graph request it becomes.
	Request() Request
}

// An ApplicationChange is a Change that makes or alters an app registration.
type ApplicationChange interface {
	Change
	// Apply returns what the application is afterwards; app itself and its
	// lists stay as they are. What only Graph knows (ids, a secret's hint)
	// stays empty.
	Apply(app Application) Application
}

// NewSecret asks for a client secret. End is mandatory here although Graph
// would default it to two years.
type NewSecret struct {
	Name string    `json:"name"`
	End  time.Time `json:"end"` // UTC; sent with whole seconds
}

// CreateApplication makes an app registration with everything in one request
// (POST /applications). The answer carries the secret's value once; where it
// does not, AddSecret follows.
type CreateApplication struct {
	DisplayName  string
	Audience     Audience
	Tags         []string
	RedirectURIs []RedirectURI
	Permissions  []Permission
	Secret       *NewSecret
}

// UpdateApplication changes what differs (PATCH /applications/{id}). A nil
// field is left alone; lists are sent whole, because Graph replaces them.
type UpdateApplication struct {
	App          ObjectID
	DisplayName  *string
	Audience     *Audience
	Tags         []string
	RedirectURIs []RedirectURI // every platform's list when not nil
	Permissions  []Permission
	// ImplicitGrant and PropertyLock are set as a whole.
	ImplicitGrant *ImplicitGrant
	PropertyLock  *PropertyLock
}

// AddOwner makes a person or service principal an owner of an application
// (POST /applications/{id}/owners/$ref).
type AddOwner struct {
	App   ObjectID
	Owner Person // ID is sent; the rest is for people
	// Graph is the base of the cloud (Cloud.Graph): the reference that is sent
	// is a whole address.
	Graph string
}

// AddSecret adds a client secret (POST /applications/{id}/addPassword). It
// has no idempotency key: never resend it blindly.
type AddSecret struct {
	App    ObjectID
	Secret NewSecret
}

// RemoveSecret removes one (POST /applications/{id}/removePassword).
type RemoveSecret struct {
	App ObjectID
	Key KeyID
}

// CreateServicePrincipal gives an application a presence in the tenant
// (POST /servicePrincipals).
type CreateServicePrincipal struct {
	ClientID    ClientID
	Tags        []string
	DisplayName string // for people; not sent
}

// UpdateServicePrincipal changes what differs (PATCH /servicePrincipals/{id}).
// A nil field is left alone.
type UpdateServicePrincipal struct {
	ID                 ObjectID
	DisplayName        string // for people; not sent
	Enabled            *bool  // accountEnabled
	AssignmentRequired *bool  // appRoleAssignmentRequired
}

// CreateGrant consents to delegated permissions for the whole tenant or one
// user (POST /oauth2PermissionGrants).
type CreateGrant struct {
	Client, Resource ObjectID
	ResourceName     string // for people; not sent
	Type             ConsentType
	Principal        ObjectID // sent for Type Principal only
	Scopes           []string
}

// SetGrantScopes replaces the scopes of a grant (PATCH
// /oauth2PermissionGrants/{id}); Scopes must hold the existing ones too.
type SetGrantScopes struct {
	Grant        string
	ResourceName string // for people; not sent
	Scopes       []string
}

// DeleteApplication soft-deletes an app registration (DELETE
// /applications/{id}); it can be restored for 30 days.
type DeleteApplication struct {
	App         ObjectID
	DisplayName string
}

// DeleteServicePrincipal removes an application from the tenant, and with it
// every grant it holds there.
type DeleteServicePrincipal struct {
	ID          ObjectID
	DisplayName string
}

// DeleteGrant withdraws consent.
type DeleteGrant struct {
	Grant        string
	ResourceName string
}

// Created is what a Change brought back. Only the fields that the change
// makes are set.
type Created struct {
	Application *Application      `json:"application,omitempty"`
	Principal   *ServicePrincipal `json:"principal,omitempty"`
	Grant       *Grant            `json:"grant,omitempty"`
	Secret      *Secret           `json:"secret,omitempty"`
	// Certificate and Federated are what was added of these kinds.
	Certificate *Certificate         `json:"certificate,omitempty"`
	Federated   *FederatedCredential `json:"federated,omitempty"`
	// SecretValue is the secret itself, given once by Graph, or the private key
	// that was made for Certificate.
	SecretValue Sensitive `json:"-"`
	// RequestID is Graph's request-id of the answer.
	RequestID string `json:"requestId,omitempty"`
}
