package diagnose

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/consentry/consentry/checks"
	"github.com/consentry/consentry/entra"
)

// Permissions that a sign-in needs to read something.
const (
	readApps     = "Application.Read.All"
	readGrants   = "DelegatedPermissionGrant.Read.All"
	readPolicies = "Policy.Read.All"
)

// operator asks for person, tenant and roles side by side. Roles that the
// directory hides are no error.
func (a Access) operator(ctx context.Context, f checks.Facts) (func(*checks.Facts), error) {
	if a.Directory == nil {
		return nil, errNobody
	}
	var o checks.Operator
	var meErr, tenantErr, rolesErr error
	var wg sync.WaitGroup
	wg.Go(func() { o.Person, meErr = a.Directory.Me(ctx) })
	wg.Go(func() { o.Tenant, tenantErr = a.Directory.Tenant(ctx) })
	wg.Go(func() { o.Roles, rolesErr = a.Directory.Roles(ctx) })
	wg.Wait()
	if err := errors.Join(meErr, tenantErr); err != nil {
		return nil, unanswered("who is signed in", "User.Read", err)
	}
	o.RolesKnown = rolesErr == nil
	return func(f *checks.Facts) { f.Operator = checks.Known(o, "GET /v1.0/me, /v1.0/organization") }, nil
}

// of reads something of the client from the directory.
func of[T any](ctx context.Context, a Access, f checks.Facts, what, permission string, read func(context.Context, entra.ClientID) (T, error)) (T, error) {
	var none T
	if a.Directory == nil {
		return none, errNobody
	}
	id, err := clientID(f)
	if err != nil {
		return none, err
	}
	found, err := read(ctx, id)
	if err != nil && !absent(err) {
		return none, unanswered(what, permission, err)
	}
	return found, err
}

// absent: the directory was read and does not have it.
func absent(err error) bool {
	var no *entra.ServiceError
	return errors.As(err, &no) && no.Status == http.StatusNotFound
}

func (a Access) application(ctx context.Context, f checks.Facts) (func(*checks.Facts), error) {
	app, err := of(ctx, a, f, "the app registration", readApps, func(ctx context.Context, id entra.ClientID) (*entra.Application, error) {
		found, err := a.Directory.Application(ctx, id)
		if absent(err) {
			return nil, nil
		}
		if err == nil {
			found.Federated, err = a.federated(ctx, found, f.Now)
		}
		return &found, err
	})
	if err != nil {
		return nil, err
	}
	from := "GET /v1.0/applications(appId='" + f.Given.ClientID + "')"
	return func(f *checks.Facts) { f.Application = checks.Known(app, from) }, nil
}

// federated asks for the credentials that stand at an address of their own,
// where they may be what the app proves itself with: it has nothing else.
func (a Access) federated(ctx context.Context, app entra.Application, now time.Time) ([]entra.FederatedCredential, error) {
	secret := slices.ContainsFunc(app.Secrets, func(s entra.Secret) bool { return !s.ExpiredAt(now) })
	certificate := slices.ContainsFunc(app.Certificates, func(c entra.Certificate) bool { return !c.ExpiredAt(now) })
	lists, ok := a.Directory.(interface {
		FederatedCredentials(ctx context.Context, app entra.ObjectID) ([]entra.FederatedCredential, error)
	})
	if secret || certificate || !ok {
		return nil, nil
	}
	return lists.FederatedCredentials(ctx, app.ID)
}

func (a Access) owners(ctx context.Context, f checks.Facts) (func(*checks.Facts), error) {
	owners, err := of(ctx, a, f, "the owners", readApps, func(ctx context.Context, id entra.ClientID) ([]entra.Person, error) {
		return a.Directory.Owners(ctx, id)
	})
	switch {
	case absent(err):
		return nil, gap("The app is not registered in the tenant that is signed in to, so its owners cannot be read.",
			"Sign in to the tenant that the app is registered in.")
	case err != nil:
		return nil, err
	}
	from := "GET /v1.0/applications(appId='" + f.Given.ClientID + "')/owners"
	return func(f *checks.Facts) { f.Owners = checks.Known(owners, from) }, nil
}

// principals asks for the client's service principal and those of the
// resources in one request.
func (a Access) principals(ctx context.Context, f checks.Facts) (func(*checks.Facts), error) {
	found, err := of(ctx, a, f, "the service principals", readApps, func(ctx context.Context, id entra.ClientID) ([]entra.ServicePrincipal, error) {
		return a.Directory.ServicePrincipals(ctx, id, entra.AzureDevOps, entra.MicrosoftGraph)
	})
	if err != nil {
		return nil, err
	}
	var principal *entra.ServicePrincipal
	resources := map[entra.ClientID]entra.ServicePrincipal{}
	for _, p := range found {
		if p.ClientID == entra.AzureDevOps || p.ClientID == entra.MicrosoftGraph {
			resources[p.ClientID] = p
		} else {
			principal = &p
		}
	}
	from := "GET /v1.0/servicePrincipals?$filter=appId in ('" + f.Given.ClientID + "',…)"
	return func(f *checks.Facts) {
		f.Principal, f.Resources = checks.Known(principal, from), checks.Known(resources, from)
	}, nil
}

func (a Access) grants(ctx context.Context, f checks.Facts) (func(*checks.Facts), error) {
	grants, err := of(ctx, a, f, "the consents", readGrants, func(ctx context.Context, id entra.ClientID) ([]entra.Grant, error) {
		grants, _, err := a.Directory.GrantsOf(ctx, id)
		return grants, err
	})
	if err != nil {
		return nil, err
	}
	from := "GET /v1.0/servicePrincipals(appId='" + f.Given.ClientID + "')/oauth2PermissionGrants"
	return func(f *checks.Facts) { f.Grants = checks.Known(grants, from) }, nil
}

func (a Access) assignments(ctx context.Context, f checks.Facts) (func(*checks.Facts), error) {
	assigned, err := of(ctx, a, f, "who is assigned", readApps, func(ctx context.Context, id entra.ClientID) ([]entra.Person, error) {
		return a.Directory.Assigned(ctx, id)
	})
	if err != nil {
		return nil, err
	}
	from := "GET /v1.0/servicePrincipals(appId='" + f.Given.ClientID + "')/appRoleAssignedTo"
	return func(f *checks.Facts) { f.Assignments = checks.Known(len(assigned), from) }, nil
}

// policies that could not be read at all are no fact; single ones may be
// unknown inside.
func (a Access) policies(ctx context.Context, f checks.Facts) (func(*checks.Facts), error) {
	if a.Directory == nil {
		return nil, errNobody
	}
	p, err := a.Directory.Policies(ctx)
	if err != nil {
		return nil, unanswered("the tenant's policies", readPolicies, err)
	}
	if p.UsersMayRegisterApps == nil && p.ConsentPolicies == nil && p.SecretsForbidden == nil && p.AdminConsentWorkflow == nil {
		return nil, gap("The tenant's policies could not be read.", "Sign in with the permission "+readPolicies+", which an administrator consents to.")
	}
	const from = "GET /v1.0/policies/authorizationPolicy, …/defaultAppManagementPolicy, …/adminConsentRequestPolicy"
	return func(f *checks.Facts) { f.Policies = checks.Known(p, from) }, nil
}

// consents: who consented when stands in the directory's audit log alone,
// which takes a permission and a licence that are not asked for here.
func (a Access) consents(context.Context, checks.Facts) (func(*checks.Facts), error) {
	return nil, notGiven("Who consented and when stands in the directory's audit log alone, which is not read here.",
		"Look in the Entra admin center under Monitoring & health → Audit logs, with the activity “Consent to application”.")
}

// restrictions are not part of Microsoft Graph v1.0.
func (a Access) restrictions(context.Context, checks.Facts) (func(*checks.Facts), error) {
	return nil, notGiven("Whether only certain tenants may use the app cannot be read in Microsoft Graph v1.0.",
		"Look in the Entra admin center at the app registration under Authentication → Settings → Supported account types.")
}
