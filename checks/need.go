package checks

import "slices"

// A Need names a fact.
type Need string

// The facts, by name.
const (
	NeedNetwork      Need = "network"
	NeedClock        Need = "clock"
	NeedTenant       Need = "tenant"
	NeedSignIn       Need = "sign-in page"
	NeedOrganization Need = "organization"
	NeedSecretTrial  Need = "secret trial"
	NeedOperator     Need = "operator"
	NeedApplication  Need = "application"
	NeedOwners       Need = "owners"
	NeedPrincipal    Need = "service principal"
	NeedResources    Need = "resources"
	NeedGrants       Need = "grants"
	NeedAssignments  Need = "assignments"
	NeedPolicies     Need = "policies"
	NeedConsents     Need = "consents"
	NeedRestrictions Need = "restrictions"
	NeedToken        Need = "token"
	NeedConnection   Need = "connection"
	NeedProject      Need = "project"
	NeedAccessLevel  Need = "access level"
	NeedExercises    Need = "exercises"
)

// AllNeeds are all names, in the order of the facts.
var AllNeeds = []Need{
	NeedNetwork, NeedClock, NeedTenant, NeedSignIn, NeedOrganization, NeedSecretTrial,
	NeedOperator, NeedApplication, NeedOwners, NeedPrincipal, NeedResources, NeedGrants, NeedAssignments,
	NeedPolicies, NeedConsents, NeedRestrictions, NeedToken, NeedConnection, NeedProject, NeedAccessLevel, NeedExercises,
}

// anyFact is a fact whatever its type.
type anyFact interface {
	settled() bool
	missing() *Gap
	forget(Gap)
	renew()
	source() string
}

func (f *Facts) fact(n Need) anyFact {
	switch n {
	case NeedNetwork:
		return &f.Network
	case NeedClock:
		return &f.Clock
	case NeedTenant:
		return &f.Tenant
	case NeedSignIn:
		return &f.SignIn
	case NeedOrganization:
		return &f.Organization
	case NeedSecretTrial:
		return &f.SecretTrial
	case NeedOperator:
		return &f.Operator
	case NeedApplication:
		return &f.Application
	case NeedOwners:
		return &f.Owners
	case NeedPrincipal:
		return &f.Principal
	case NeedResources:
		return &f.Resources
	case NeedGrants:
		return &f.Grants
	case NeedAssignments:
		return &f.Assignments
	case NeedPolicies:
		return &f.Policies
	case NeedConsents:
		return &f.Consents
	case NeedRestrictions:
		return &f.Restrictions
	case NeedToken:
		return &f.Token
	case NeedConnection:
		return &f.Connection
	case NeedProject:
		return &f.Project
	case NeedAccessLevel:
		return &f.AccessLevel
	case NeedExercises:
		return &f.Exercises
	}
	panic("checks: no fact is named " + string(n))
}

// missing returns why the first of the facts that is not known is not.
func (f *Facts) missing(needs []Need) *Gap {
	for _, n := range needs {
		fact := f.fact(n)
		if !fact.settled() {
			gap := unasked(n)
			return &gap
		}
		if gap := fact.missing(); gap != nil {
			return gap
		}
	}
	return nil
}

func (f *Facts) settled(needs []Need) bool {
	for _, n := range needs {
		if !f.fact(n).settled() {
			return false
		}
	}
	return true
}

// Asked is the request that a fact came from; empty when it is not known.
func (f *Facts) Asked(n Need) string { return f.fact(n).source() }

// Forget takes a fact away, with the reason.
func (f *Facts) Forget(n Need, why, would string) { f.fact(n).forget(Gap{Why: why, Would: would}) }

// Renew makes facts ask to be gathered again by the next [Run].
func (f *Facts) Renew(needs ...Need) {
	for _, n := range needs {
		f.fact(n).renew()
	}
}

// unasked is why a fact is not known that no source was there for.
func unasked(n Need) Gap {
	switch {
	case n == NeedSecretTrial:
		return Gap{"No client secret was given.", "Give the client secret.", true}
	case slices.Contains(directoryNeeds, n):
		return Gap{"Nobody is signed in to the tenant's directory.", "Sign in with an account that may read app registrations.", true}
	case slices.Contains(tokenNeeds, n):
		return Gap{"There is no token of a test consent.", "Make a test consent.", true}
	}
	return unfindable
}

// What only a sign-in to the directory shows, and what only a token does.
var (
	directoryNeeds = []Need{
		NeedOperator, NeedApplication, NeedOwners, NeedPrincipal, NeedResources, NeedGrants,
		NeedAssignments, NeedPolicies, NeedConsents, NeedRestrictions,
	}
	tokenNeeds = []Need{NeedToken, NeedConnection, NeedProject, NeedAccessLevel, NeedExercises}
)
