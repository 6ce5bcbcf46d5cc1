package checks

import (
	"slices"
	"time"

	"github.com/consentry/consentry/entra"
)

// The world of the fixtures: one integration of Paragon in the tenant contoso.
const (
	contoso      entra.TenantID = "7b1f2a04-6c0e-4d3b-9f5a-2d1c8e4b7a01"
	fabrikam     entra.TenantID = "c2d9e1f3-84ab-4a57-b1c6-90e7f3d2a502"
	paragonID    entra.ClientID = "3f6a9c12-5d7e-4b80-a1c2-6e8f0b3d5a03"
	paragonApp   entra.ObjectID = "a17c0d52-93e4-4f6b-8c25-1b7d9e3f6a04"
	paragonSP    entra.ObjectID = "d84b6f01-2c3a-4e95-b7d8-5f0a1c6e9b05"
	devopsSP     entra.ObjectID = "6e5d4c3b-2a19-4087-96a5-b4c3d2e1f006"
	graphSP      entra.ObjectID = "0f1e2d3c-4b5a-4697-8879-6a5b4c3d2e07"
	paragonKey   entra.KeyID    = "91a2b3c4-d5e6-4f70-8192-a3b4c5d6e708"
	adele        entra.ObjectID = "58d0c7e6-1f2a-4b3c-9d4e-5f6a7b8c9d09"
	megan        entra.ObjectID = "e0f1a2b3-c4d5-4e6f-8a7b-9c0d1e2f3a10"
	paragonURI                  = "https://passport.useparagon.com/oauth"
	paragonScope                = "499b84ac-1321-427f-aa17-267ca6975798/user_impersonation openid profile offline_access"
)

// fixedNow is when the facts of the fixtures were gathered.
var fixedNow = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// healthy is a complete integration on which every check passes that applies
// to it. Each call makes facts of its own: a test changes what it needs.
func healthy() Facts {
	return Facts{
		Now:          fixedNow,
		Cloud:        entra.Public(),
		Given:        healthyGiven(),
		Network:      Known(healthyNetwork(), "one request to each service"),
		Clock:        Known(time.Second, "Date of https://login.microsoftonline.com"),
		Tenant:       Known(TenantLookup{Exists: true, ID: contoso}, "GET /{tenant}/v2.0/.well-known/openid-configuration"),
		SignIn:       Known(SignInProbe{Accepted: true, AADSTS: 50058, OAuth: "login_required"}, "GET /{tenant}/oauth2/v2.0/authorize?prompt=none"),
		Organization: Known(entra.DevOpsOrganization{Slug: "contoso-shop", Exists: true, Tenant: contoso, Connected: true, Checked: "HEAD https://vssps.dev.azure.com/contoso-shop"}, "HEAD https://vssps.dev.azure.com/contoso-shop"),

		SecretTrial: Known(SecretTrial{Accepted: true}, "POST /{tenant}/oauth2/v2.0/token"),

		Operator:     Known(healthyOperator(), "GET /me"),
		Application:  Known(healthyApplication(), "GET /applications(appId='…')"),
		Owners:       Known([]entra.Person{person(adele, "adele"), person(megan, "megan")}, "GET /applications/{id}/owners"),
		Principal:    Known(healthyPrincipal(), "GET /servicePrincipals(appId='…')"),
		Resources:    Known(healthyResources(), "GET /servicePrincipals(appId='…')"),
		Grants:       Known(healthyGrants(), "GET /oauth2PermissionGrants"),
		Assignments:  Known(2, "GET /servicePrincipals/{id}/appRoleAssignedTo"),
		Policies:     Known(healthyPolicies(), "GET /policies/authorizationPolicy"),
		Consents:     Known([]ConsentRecord{{When: fixedNow.AddDate(0, -2, 0), By: "megan@contoso.example", All: true}}, "GET /auditLogs/directoryAudits"),
		Restrictions: Known([]entra.TenantID(nil), "the portal"),

		Token:       Known(healthyToken(), "a test consent"),
		Connection:  Known(Connection{OK: true, As: "Adele Vance", Status: 200, Asked: "GET /contoso-shop/_apis/connectionData"}, "GET /contoso-shop/_apis/connectionData"),
		Project:     Known(ProjectLookup{Found: true, Status: 200, Others: []string{"Shop"}}, "GET /contoso-shop/_apis/projects/Shop"),
		AccessLevel: Known("basic", "GET /contoso-shop/_apis/userentitlements"),
		Exercises:   Known([]Exercise{{Scope: "vso.project", Method: "GET", Path: "/_apis/projects", Status: 200, OK: true, Tried: true}, {Scope: "vso.work", Method: "POST", Path: "/Shop/_apis/wit/wiql", Status: 200, OK: true, Tried: true}}, "harmless calls"),
	}
}

func healthyGiven() Given {
	return Given{
		Environment:  "paragon-production",
		Integration:  "paragon",
		ClientID:     string(paragonID),
		Tenant:       string(contoso),
		RedirectURI:  paragonURI,
		Scopes:       paragonScope,
		Organization: "contoso-shop",
		Project:      "Shop",
		Registered:   []string{entra.UserImpersonation},
		Made:         []entra.KeyID{paragonKey},
		Secret:       SecretGiven{Given: true, Hint: "k9X", Length: 40, Shape: UsualShape},
		Endpoint:     "https://login.microsoftonline.com/" + string(contoso) + "/oauth2/v2.0/authorize",
	}
}

func healthyNetwork() []Reachability {
	var out []Reachability
	for _, s := range []struct{ service, host string }{
		{"sign-in", "login.microsoftonline.com"}, {"Microsoft Graph", "graph.microsoft.com"}, {"Azure DevOps", "dev.azure.com"},
	} {
		out = append(out, Reachability{Service: s.service, Host: s.host, Stage: "answer", Took: 80 * time.Millisecond})
	}
	return out
}

func person(id entra.ObjectID, name string) entra.Person {
	return entra.Person{Tenant: contoso, ID: id, UPN: name + "@contoso.example", DisplayName: name}
}

func healthyOperator() Operator {
	return Operator{
		Person: person(megan, "megan"),
		Tenant: entra.Tenant{ID: contoso, DisplayName: "Contoso", DefaultDomain: "contoso.example", Domains: []string{"contoso.example", "contoso.onmicrosoft.com"}},
		Roles:  []string{entra.RoleCloudApplicationAdministrator}, RolesKnown: true,
	}
}

func healthyApplication() *entra.Application {
	return &entra.Application{
		ID:           paragonApp,
		ClientID:     paragonID,
		DisplayName:  "Paragon Integration",
		Audience:     entra.AnyOrganization,
		Tags:         []string{entra.Marker("paragon-production")},
		RedirectURIs: []entra.RedirectURI{{URI: paragonURI, Platform: entra.Web}},
		Secrets: []entra.Secret{{
			KeyID: paragonKey, Name: "Paragon", Hint: "k9X",
			Start: fixedNow.AddDate(0, -1, 0), End: fixedNow.AddDate(0, 5, 0),
		}},
		Permissions: []entra.Permission{
			{Resource: entra.AzureDevOps, ID: entra.UserImpersonationID, Kind: entra.Scope},
			{Resource: entra.MicrosoftGraph, ID: entra.UserReadID, Kind: entra.Scope},
		},
		PropertyLock:    entra.PropertyLock{Enabled: true, All: true},
		IsDisabled:      new(false),
		PublisherDomain: "contoso.example",
		Verified:        true,
		Created:         fixedNow.AddDate(0, -6, 0),
	}
}

func healthyPrincipal() *entra.ServicePrincipal {
	return &entra.ServicePrincipal{
		ID: paragonSP, ClientID: paragonID, DisplayName: "Paragon Integration", Enabled: true, OwnerTenant: contoso,
		IsDisabled: new(false), Audience: entra.AnyOrganization, Verified: true, RedirectURIs: []string{paragonURI},
	}
}

func healthyResources() map[entra.ClientID]entra.ServicePrincipal {
	const microsoft entra.TenantID = "f8cdef31-a31e-4b4a-93e4-5f571e91255a"
	devops := entra.ServicePrincipal{ID: devopsSP, ClientID: entra.AzureDevOps, DisplayName: "Azure DevOps", Enabled: true, OwnerTenant: microsoft}
	for _, s := range entra.DevOpsScopes() {
		if s.Registrable() {
			devops.Scopes = append(devops.Scopes, entra.PublishedScope{ID: s.ID, Value: s.Value, Enabled: true})
		}
	}
	graph := entra.ServicePrincipal{ID: graphSP, ClientID: entra.MicrosoftGraph, DisplayName: "Microsoft Graph", Enabled: true, OwnerTenant: microsoft,
		Scopes: []entra.PublishedScope{{ID: entra.UserReadID, Value: entra.UserRead, Enabled: true}}}
	return map[entra.ClientID]entra.ServicePrincipal{entra.AzureDevOps: devops, entra.MicrosoftGraph: graph}
}

func healthyGrants() []entra.Grant {
	return []entra.Grant{
		{ID: "grant-devops", Client: paragonSP, Resource: devopsSP, Type: entra.AllPrincipals, Scopes: []string{entra.UserImpersonation}},
		{ID: "grant-graph", Client: paragonSP, Resource: graphSP, Type: entra.AllPrincipals, Scopes: []string{"openid", "profile", "offline_access", entra.UserRead}},
	}
}

func healthyPolicies() entra.Policies {
	return entra.Policies{
		UsersMayRegisterApps: new(true),
		ConsentPolicies:      []string{"ManagePermissionGrantsForSelf.microsoft-user-default-recommended"},
		SecretsForbidden:     new(false),
		MaxSecretLifetime:    new(time.Duration(0)),
		AdminConsentWorkflow: new(true),
		RiskyConsentAllowed:  new(false),
	}
}

func healthyToken() TokenFacts {
	return TokenFacts{
		Got:      fixedNow,
		Audience: string(entra.AzureDevOps),
		Issuer:   "https://sts.windows.net/" + string(contoso) + "/",
		Tenant:   contoso,
		Person:   person(adele, "adele"),
		Scopes:   []string{entra.UserImpersonation},
		Lifetime: 75 * time.Minute,
		Refresh:  RefreshFacts{Asked: true, Came: true, Worked: true},
	}
}

// changed is the healthy baseline with one thing different.
func changed(how ...func(*Facts)) Facts {
	f := healthy()
	for _, h := range how {
		h(&f)
	}
	return f
}

// app changes the app registration of the facts.
func app(how func(*entra.Application)) func(*Facts) {
	return func(f *Facts) {
		a := *f.Application.Get()
		a.RedirectURIs, a.Secrets, a.Permissions = slices.Clone(a.RedirectURIs), slices.Clone(a.Secrets), slices.Clone(a.Permissions)
		how(&a)
		f.Application = Known(&a, f.Application.From)
	}
}

// given changes what was typed.
func given(how func(*Given)) func(*Facts) { return func(f *Facts) { how(&f.Given) } }

// A fixture is one way in which a check fails: the healthy baseline with
// Change, and what must come of it.
type fixture struct {
	Check   string
	Name    string // the situation, in words
	Change  func(*Facts)
	Summary string // what the first finding's summary must hold
	// Remaining are what the summaries of the findings hold that are left
	// after all the changes offered; nil when they cure everything. Where no
	// change is offered it is not looked at.
	Remaining []string
	// Beside are other checks that fail in this situation; looked at in the
	// groups that need no sign-in.
	Beside []string
}

// failing are all fixtures. Each group of checks has its own list.
var failing = slices.Concat(failingAnonymous, failingSecret, failingGraph, failingToken)

// facts are those of the situation.
func (x fixture) facts() Facts { return changed(x.Change) }
