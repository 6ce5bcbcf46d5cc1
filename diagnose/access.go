package diagnose

import (
	"context"
	"time"

	"github.com/consentry/consentry/azuredevops"
	"github.com/consentry/consentry/checks"
	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/oauth"
)

// SignIn is what is asked of the sign-in service; *oauth.Client does it.
type SignIn interface {
	// Discover reads a tenant's metadata; a tenant that does not exist is a
	// *entra.ServiceError.
	Discover(ctx context.Context, tenant string) (oauth.Discovery, error)
	// Probe sends an authorization request without a person.
	Probe(ctx context.Context, r oauth.Request) (oauth.Probe, error)
	ClientCredentials(ctx context.Context, tenant string, id entra.ClientID, secret entra.Sensitive, scope string) (oauth.Tokens, error)
	Refresh(ctx context.Context, tenant string, id entra.ClientID, secret, refresh entra.Sensitive, scopes []string) (oauth.Tokens, error)
}

// Directory is what is read of the tenant of whoever signed in; *graph.Client
// does it. What the tenant does not have is a *entra.ServiceError with Status
// 404 from Application and Owners, and simply absent elsewhere.
type Directory interface {
	Me(ctx context.Context) (entra.Person, error)
	Tenant(ctx context.Context) (entra.Tenant, error)
	// Roles are template IDs of active directory roles.
	Roles(ctx context.Context) ([]string, error)
	Application(ctx context.Context, id entra.ClientID) (entra.Application, error)
	Owners(ctx context.Context, id entra.ClientID) ([]entra.Person, error)
	// Assigned are the users and groups assigned to an application.
	Assigned(ctx context.Context, id entra.ClientID) ([]entra.Person, error)
	ServicePrincipals(ctx context.Context, ids ...entra.ClientID) ([]entra.ServicePrincipal, error)
	GrantsOf(ctx context.Context, client entra.ClientID) (grants []entra.Grant, exists bool, err error)
	Policies(ctx context.Context) (entra.Policies, error)
}

// DevOps is what is asked of Azure DevOps; *azuredevops.Client does it.
type DevOps interface {
	Lookup(ctx context.Context, slug string) (azuredevops.Organization, error)
	Connection(ctx context.Context, slug string, token entra.Sensitive) (azuredevops.Identity, error)
	Project(ctx context.Context, slug, nameOrID string, token entra.Sensitive) (azuredevops.Project, error)
	Projects(ctx context.Context, slug string, token entra.Sensitive) ([]azuredevops.Project, error)
	Exercise(ctx context.Context, slug, project, scope string, token entra.Sensitive) azuredevops.Exercise
}

// Access is what a run may use: services, and what was given to ask them
// with. What is zero was not given, and what it would have shown stays
// unknown.
type Access struct {
	Cloud  entra.Cloud
	SignIn SignIn
	DevOps DevOps
	Prober Prober
	// Directory is nil while nobody is signed in to a directory.
	Directory Directory
	// Secret is the integration's client secret.
	Secret entra.Sensitive
	// Tokens are those of a test consent; nil without one.
	Tokens *oauth.Tokens
	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// Start are the facts that a run begins with: what is given, and nothing
// learned yet. Of the secret in a only what may be kept goes in.
func (a Access) Start(g checks.Given) checks.Facts {
	g.Secret = checks.NewSecretGiven(a.Secret)
	return checks.Facts{Now: a.now(), Cloud: a.Cloud, Given: g}
}

func (a Access) now() time.Time {
	if a.Now != nil {
		return a.Now()
	}
	return time.Now()
}
