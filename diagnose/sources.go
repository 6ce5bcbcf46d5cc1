package diagnose

import (
	"context"

	"github.com/consentry/consentry/checks"
	"github.com/consentry/consentry/entra"
)

// Sources are the ways to every fact of checks.Facts. What can be asked at
// once is: the secret is tried where a tenant is known, and the scopes where
// the organization knows the token.
func Sources(a Access) []checks.Source {
	return []checks.Source{
		source("the tenant", a.tenant, nil, checks.NeedTenant),
		source("the sign-in page", a.signIn, nil, checks.NeedSignIn),
		source("the organization", a.organization, nil, checks.NeedOrganization),
		source("the client secret", a.secretTrial, []checks.Need{checks.NeedTenant, checks.NeedOperator, checks.NeedOrganization}, checks.NeedSecretTrial),

		source("who is signed in", a.operator, nil, checks.NeedOperator),
		source("the app registration", a.application, nil, checks.NeedApplication),
		source("the owners", a.owners, nil, checks.NeedOwners),
		source("the service principals", a.principals, nil, checks.NeedPrincipal, checks.NeedResources),
		source("the consents", a.grants, nil, checks.NeedGrants),
		source("the assignments", a.assignments, nil, checks.NeedAssignments),
		source("the tenant's policies", a.policies, nil, checks.NeedPolicies),
		source("the audit log", a.consents, nil, checks.NeedConsents),
		source("the tenants allowed", a.restrictions, nil, checks.NeedRestrictions),

		source("the token", a.token, nil, checks.NeedToken),
		source("the connection to the organization", a.connection, nil, checks.NeedConnection),
		source("the project", a.project, nil, checks.NeedProject),
		source("the access level", a.accessLevel, nil, checks.NeedAccessLevel),
		source("the calls that the scopes allow", a.exercises, []checks.Need{checks.NeedConnection}, checks.NeedExercises),

		// Last, because it makes connections of its own and nobody waits for it.
		source("the network path", a.network, nil, checks.NeedNetwork, checks.NeedClock),
	}
}

// fetch asks for facts and returns how to write them down.
type fetch func(ctx context.Context, f checks.Facts) (func(*checks.Facts), error)

func source(name string, ask fetch, after []checks.Need, gives ...checks.Need) checks.Source {
	return checks.Source{Name: name, Gives: gives, After: after, Fetch: ask}
}

// clientID reads the given one; what is no client ID is not sent anywhere.
func clientID(f checks.Facts) (entra.ClientID, error) {
	id, err := entra.ParseClientID(f.Given.ClientID)
	switch {
	case f.Given.ClientID == "":
		return "", notGiven("No client ID was given.", "Give the Application (client) ID of the app registration.")
	case err != nil:
		return "", gap("What was given as client ID is none.", "Give the Application (client) ID of the app registration.")
	}
	return id, nil
}

// slug reads the given organization.
func slug(f checks.Facts) (string, error) {
	name, _, err := entra.ParseOrganization(f.Given.Organization)
	switch {
	case f.Given.Organization == "":
		return "", notGiven("No Azure DevOps organization was given.", "Give the organization's name or address.")
	case err != nil:
		return "", gap("What was given as organization is none.", "Give the organization's name or address.")
	}
	return name, nil
}
