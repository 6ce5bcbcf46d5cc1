package graph

import (
	"context"
	"errors"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/microsoft/kiota-abstractions-go/serialization"

	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/sandbox"
)

// shared is one sandbox for all tests: closing one takes seconds, because
// idle HTTP/2 connections are given time.
var shared = sync.OnceValues(func() (*sandbox.Sandbox, error) {
	return sandbox.Start(context.Background(), sandbox.Options{})
})

func TestMain(m *testing.M) {
	code := m.Run()
	if s, err := shared(); err == nil {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		if err := s.Close(ctx); err != nil {
			fmt.Fprintln(os.Stderr, "closing the sandbox:", err)
			code = 1
		}
		cancel()
	}
	os.Exit(code)
}

func sharedSandbox(t *testing.T) *sandbox.Sandbox {
	t.Helper()
	s, err := shared()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func tenantOf(t *testing.T, s *sandbox.Sandbox, scenario string) sandbox.ReadyTenant {
	t.Helper()
	for _, tenant := range s.Ready().Tenants {
		if tenant.Scenario == scenario {
			return tenant
		}
	}
	t.Fatalf("the sandbox has no tenant of the scenario %q", scenario)
	return sandbox.ReadyTenant{}
}

// automation is a client with the tenant's automation credential. Waits
// between tries are not waited for.
func automation(t *testing.T, s *sandbox.Sandbox, tenant sandbox.ReadyTenant) *Client {
	t.Helper()
	cred, err := ClientSecret(s.Cloud(), tenant.ID, entra.ClientID(tenant.Automation.ClientID), entra.NewSensitive(tenant.Automation.ClientSecret))
	if err != nil {
		t.Fatal(err)
	}
	noWait := clock{time.Now, func(ctx context.Context, _ time.Duration) error { return ctx.Err() }}
	c, err := newClient(s.Cloud(), cred, Options{}, noWait)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// do sends a change that must succeed.
func do(t *testing.T, c *Client, ch entra.Change) entra.Created {
	t.Helper()
	created, err := c.Do(t.Context(), ch)
	if err != nil {
		t.Fatalf("%T: %v", ch, err)
	}
	if created.RequestID == "" {
		t.Errorf("%T: no request id", ch)
	}
	return created
}

func newRegistration(tag string) entra.CreateApplication {
	return entra.CreateApplication{
		DisplayName: "Integration " + tag, Audience: entra.AnyOrganization, Tags: []string{tag},
		RedirectURIs: []entra.RedirectURI{
			{URI: "https://gateway.example.com/integration-callback", Platform: entra.Web},
			{URI: "http://localhost", Platform: entra.PublicClient},
		},
		Permissions: []entra.Permission{
			{Resource: entra.AzureDevOps, ID: scopeA, Kind: entra.Scope},
			{Resource: entra.MicrosoftGraph, ID: scopeB, Kind: entra.Scope},
		},
		Secret: &entra.NewSecret{Name: "consentry/" + tag, End: time.Now().AddDate(0, 6, 0).UTC().Truncate(time.Second)},
	}
}

func TestARegistrationFromBirthToRemoval(t *testing.T) {
	s := sharedSandbox(t)
	c := automation(t, s, tenantOf(t, s, "healthy"))
	ctx := t.Context()

	wanted := newRegistration("consentry:life")
	made := do(t, c, wanted)
	app := *made.Application
	if made.SecretValue.IsZero() || made.Secret == nil || made.Secret.Hint != made.SecretValue.Hint() || !made.Secret.End.Equal(wanted.Secret.End) {
		t.Errorf("secret %+v; want its value and hint, ending %v", made.Secret, wanted.Secret.End)
	}
	found, err := c.ApplicationsByTag(ctx, "consentry:life")
	if err != nil || len(found) != 1 {
		t.Fatalf("by tag: %+v, %v; want the one application", found, err)
	}
	same(t, "read back", found[0], app)
	same(t, "as wanted", comparable(found[0]), comparable(wanted.Apply(entra.Application{})))
	one, err := c.Application(ctx, app.ClientID)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "by client ID", one, app)

	grants, exists, err := c.GrantsOf(ctx, app.ClientID)
	if err != nil || exists || len(grants) != 0 {
		t.Errorf("grants before there is a principal: %v, exists %v, %v", grants, exists, err)
	}
	principal := do(t, c, entra.CreateServicePrincipal{ClientID: app.ClientID}).Principal
	_, err = c.Do(ctx, entra.CreateServicePrincipal{ClientID: app.ClientID})
	if no := serviceError(t, err); no.Status != 409 || no.Code != "Request_MultipleObjectsWithSameKeyValue" || no.Detail != "ObjectConflict" {
		t.Errorf("second principal: %+v", no)
	}

	resources, err := c.ServicePrincipals(ctx, entra.AzureDevOps, entra.MicrosoftGraph, clientID)
	if err != nil || len(resources) != 2 {
		t.Fatalf("resources: %d, %v; want Azure DevOps and Microsoft Graph", len(resources), err)
	}
	devops := resources[slices.IndexFunc(resources, func(p entra.ServicePrincipal) bool { return p.ClientID == entra.AzureDevOps })]
	if !slices.ContainsFunc(devops.Scopes, func(p entra.PublishedScope) bool {
		return p.ID == scopeA && p.Value == "user_impersonation" && p.Enabled
	}) {
		t.Errorf("Azure DevOps does not publish user_impersonation: %+v", devops.Scopes)
	}
	grant := do(t, c, entra.CreateGrant{Client: principal.ID, Resource: devops.ID, Type: entra.AllPrincipals, Scopes: []string{"user_impersonation"}}).Grant
	_, err = c.Do(ctx, entra.CreateGrant{Client: principal.ID, Resource: devops.ID, Type: entra.AllPrincipals, Scopes: []string{"user_impersonation"}})
	if no := serviceError(t, err); no.Status != 400 || no.Code != "Request_BadRequest" {
		t.Errorf("second grant: %+v", no)
	}
	do(t, c, entra.SetGrantScopes{Grant: grant.ID, Scopes: []string{"user_impersonation", "vso.work"}})
	grants, exists, err = c.GrantsOf(ctx, app.ClientID)
	if err != nil || !exists || len(grants) != 1 || !slices.Equal(grants[0].Scopes, []string{"user_impersonation", "vso.work"}) || grants[0].Resource != devops.ID {
		t.Errorf("grants %+v, exists %v, %v", grants, exists, err)
	}

	do(t, c, entra.DeleteGrant{Grant: grant.ID})
	if grants, exists, err = c.GrantsOf(ctx, app.ClientID); err != nil || !exists || len(grants) != 0 {
		t.Errorf("after the grant's removal: %+v, exists %v, %v", grants, exists, err)
	}
	do(t, c, entra.DeleteServicePrincipal{ID: principal.ID})
	if _, exists, err = c.GrantsOf(ctx, app.ClientID); err != nil || exists {
		t.Errorf("after the principal's removal: exists %v, %v", exists, err)
	}
	do(t, c, entra.DeleteApplication{App: app.ID})
	if _, err = c.Application(ctx, app.ClientID); serviceError(t, err).Status != 404 {
		t.Errorf("after the application's removal: %v", err)
	}
}

// comparable leaves out what only Graph knows.
func comparable(a entra.Application) entra.Application {
	a.ID, a.ClientID, a.PublisherDomain, a.Created, a.PublicFlows = "", "", "", time.Time{}, false
	a.Secrets = slices.Clone(a.Secrets)
	for i := range a.Secrets {
		a.Secrets[i].KeyID, a.Secrets[i].Hint, a.Secrets[i].Start = "", "", time.Time{}
	}
	return a
}

func same(t *testing.T, what string, got, want entra.Application) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s:\ngot  %+v\nwant %+v", what, got, want)
	}
}

func TestChangesOfARegistration(t *testing.T) {
	s := sharedSandbox(t)
	c := automation(t, s, tenantOf(t, s, "healthy"))
	app := *do(t, c, newRegistration("consentry:change")).Application
	changes := []entra.ApplicationChange{
		entra.UpdateApplication{App: app.ID, DisplayName: new("Another name"), Audience: new(entra.SingleTenant)},
		entra.UpdateApplication{App: app.ID, RedirectURIs: []entra.RedirectURI{
			{URI: "https://gateway.example.com/second", Platform: entra.Web}, {URI: "https://spa.example.com/", Platform: entra.SPA},
		}},
		entra.UpdateApplication{App: app.ID, Permissions: []entra.Permission{{Resource: entra.MicrosoftGraph, ID: scopeB, Kind: entra.Scope}}},
		entra.AddSecret{App: app.ID, Secret: entra.NewSecret{Name: "second", End: time.Now().AddDate(0, 1, 0)}},
		entra.RemoveSecret{App: app.ID, Key: app.Secrets[0].KeyID},
		entra.UpdateApplication{App: app.ID, Tags: []string{}, RedirectURIs: []entra.RedirectURI{}, Permissions: []entra.Permission{}},
	}
	for _, ch := range changes {
		before, err := c.Application(t.Context(), app.ClientID)
		if err != nil {
			t.Fatal(err)
		}
		do(t, c, ch)
		after, err := c.Application(t.Context(), app.ClientID)
		if err != nil {
			t.Fatal(err)
		}
		want := comparable(ch.Apply(before))
		got := comparable(after)
		// Whether an empty list is nil is nothing a directory knows.
		if shown, wanted := fmt.Sprintf("%+v", got), fmt.Sprintf("%+v", want); shown != wanted {
			t.Errorf("after %T\ngot  %s\nwant %s", ch, shown, wanted)
		}
	}
}

func TestTheDirectoryAnswersTheWizard(t *testing.T) {
	s := sharedSandbox(t)
	ready := tenantOf(t, s, "healthy")
	c := automation(t, s, ready)
	tenant, err := c.Tenant(t.Context())
	if err != nil || string(tenant.ID) != ready.ID || tenant.DefaultDomain != ready.Domain || !slices.Contains(tenant.Domains, ready.Domain) {
		t.Errorf("tenant %+v, %v; want %s, %s", tenant, err, ready.ID, ready.Domain)
	}
	me, err := c.Me(t.Context())
	if err != nil || string(me.Tenant) != ready.ID || me.ID == "" || me.DisplayName == "" {
		t.Errorf("me %+v, %v; want the automation's service principal", me, err)
	}
	policies, err := c.Policies(t.Context())
	if err != nil || len(policies.Unread) != 0 {
		t.Fatalf("policies %+v, %v; want all of them read", policies, err)
	}
	if !*policies.UsersMayRegisterApps || len(policies.ConsentPolicies) == 0 || *policies.SecretsForbidden {
		t.Errorf("a healthy tenant: %+v", policies)
	}
	do(t, c, newRegistration("consentry:find"))
	found, err := c.SearchApplications(t.Context(), "integration CONSENTRY:f")
	if err != nil || len(found) != 1 || found[0].DisplayName != "Integration consentry:find" {
		t.Errorf("search by name: %+v, %v", found, err)
	}
	found, err = c.SearchApplications(t.Context(), ready.Automation.ClientID)
	if err != nil || len(found) != 1 || string(found[0].ClientID) != ready.Automation.ClientID {
		t.Errorf("search by client ID: %+v, %v", found, err)
	}
}

func TestSecretsForbiddenOrTooLongByPolicy(t *testing.T) {
	s := sharedSandbox(t)
	for _, tenant := range s.Ready().Tenants {
		c := automation(t, s, tenant)
		policies, err := c.Policies(t.Context())
		if err != nil || policies.SecretsForbidden == nil || policies.MaxSecretLifetime == nil {
			t.Fatalf("%s: %+v, %v", tenant.Domain, policies, err)
		}
		want := ""
		switch {
		case *policies.SecretsForbidden:
			want = "CredentialTypeNotAllowedAsPerAppPolicy"
		case *policies.MaxSecretLifetime > 0:
			want = "CredentialInvalidLifetimeAsPerAppPolicy"
		}
		_, err = c.Do(t.Context(), newRegistration("consentry:policy"))
		got, no := "", (*entra.ServiceError)(nil)
		if errors.As(err, &no) {
			got = no.Code
		}
		if got != want || (err != nil) != (want != "") {
			t.Errorf("%s: creating a secret: %v, want %q", tenant.Domain, err, want)
		}
	}
}

func TestWrongSecretOfTheCredential(t *testing.T) {
	s := sharedSandbox(t)
	tenant := tenantOf(t, s, "healthy")
	tenant.Automation.ClientSecret = "abc8Q~not-the-secret-of-this-app"
	c := automation(t, s, tenant)
	_, err := c.Do(t.Context(), newRegistration("consentry:wrong"))
	if no := serviceError(t, err); no.Service != "sign-in" || no.AADSTS != 7000215 || no.Status != 401 {
		t.Errorf("%+v", no)
	}
	if entra.OutcomeUnknown(err) || strings.Contains(err.Error(), "not-the-secret") {
		t.Errorf("error %v", err)
	}
}

func TestChainTakesTheEnvironmentInTheTenantNamed(t *testing.T) {
	s := sharedSandbox(t)
	tenant := tenantOf(t, s, "healthy")
	t.Setenv("AZURE_CLIENT_ID", tenant.Automation.ClientID)
	t.Setenv("AZURE_CLIENT_SECRET", tenant.Automation.ClientSecret)
	t.Setenv("AZURE_TENANT_ID", clientID) // some other tenant
	cred, err := Chain(s.Cloud(), tenant.Domain)
	if err != nil {
		t.Fatal(err)
	}
	c, err := New(s.Cloud(), cred, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := c.Tenant(t.Context()); err != nil || string(got.ID) != tenant.ID {
		t.Errorf("tenant %+v, %v; want %s", got, err, tenant.ID)
	}
}

// TestFaultsNeverDoubleAnything plays each fault on the real wire and counts
// what arrived.
func TestFaultsNeverDoubleAnything(t *testing.T) {
	drop := sandbox.Action{Drop: "before"}
	t.Cleanup(func() { strike(t, sharedSandbox(t), "", "", 0, sandbox.Action{}) })
	tests := []struct {
		name     string
		action   sandbox.Action
		unknown  bool
		fails    bool
		requests int // POST /applications that arrived
		apps     int // applications there are afterwards
	}{
		{"throttled once", sandbox.Action{Status: 429, Headers: map[string]string{"Retry-After": "1"}}, false, false, 2, 1},
		{"unavailable", sandbox.Action{Status: 503, Headers: map[string]string{"Retry-After": "1"}}, true, true, 1, 0},
		{"made, then unavailable", sandbox.Action{CommitThenStatus: 503}, true, true, 1, 1},
		{"made, then timed out at a gateway", sandbox.Action{CommitThenStatus: 504}, true, true, 1, 1},
		{"made, then the connection broke", sandbox.Action{CommitThenDrop: true}, true, true, 1, 1},
		{"the connection broke before", drop, true, true, 1, 0},
		{"made, answer cut off", sandbox.Action{TruncateAt: new(200)}, true, true, 1, 1},
		{"made, answer garbled", sandbox.Action{BadJSON: true}, true, true, 1, 1},
		{"refused", sandbox.Action{Status: 403}, false, true, 1, 0},
	}
	s := sharedSandbox(t)
	c := automation(t, s, tenantOf(t, s, "healthy"))
	for i, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tag := fmt.Sprintf("consentry:fault-%d", i)
			seen := len(s.Requests())
			strike(t, s, "POST", "/v1.0/applications", 1, tt.action)
			_, err := c.Do(t.Context(), newRegistration(tag))
			strike(t, s, "", "", 0, sandbox.Action{})
			if (err != nil) != tt.fails || entra.OutcomeUnknown(err) != tt.unknown {
				t.Errorf("error %v; want one: %v, outcome unknown: %v", err, tt.fails, tt.unknown)
			}
			posts := 0
			for _, r := range s.Requests()[seen:] {
				if r.Service == "graph" && r.Method == "POST" {
					posts++
				}
			}
			apps, err := c.ApplicationsByTag(t.Context(), tag)
			if err != nil || posts != tt.requests || len(apps) != tt.apps {
				t.Errorf("%d POST arrived and made %d applications, %v; want %d and %d", posts, len(apps), err, tt.requests, tt.apps)
			}
		})
	}
}

// strike sets one fault rule, or none.
func strike(t *testing.T, s *sandbox.Sandbox, method, path string, times int, action sandbox.Action) {
	t.Helper()
	var rules []sandbox.Fault
	if times > 0 {
		rules = append(rules, sandbox.Fault{Service: "graph", Method: method, Path: path, Nth: 1, Times: times, Action: action})
	}
	if err := s.SetFaults(rules...); err != nil {
		t.Fatal(err)
	}
}

func TestReadsOutliveFaults(t *testing.T) {
	s := sharedSandbox(t)
	c := automation(t, s, tenantOf(t, s, "healthy"))
	for name, action := range map[string]sandbox.Action{
		"503": {Status: 503}, "429": {Status: 429, Headers: map[string]string{"Retry-After": "0.5"}},
		"dropped": {Drop: "before"}, "cut off": {TruncateAt: new(20)},
	} {
		t.Cleanup(func() { strike(t, s, "", "", 0, sandbox.Action{}) })
		strike(t, s, "GET", "/v1.0/applications", 2, action)
		if _, err := c.ApplicationsByTag(t.Context(), "consentry:none"); err != nil {
			t.Errorf("%s twice: %v", name, err)
		}
	}
}

// TestTheSandboxSaysNothingTheSDKDoesNotKnow: what a model does not know ends
// up in its additional data.
func TestTheSandboxSaysNothingTheSDKDoesNotKnow(t *testing.T) {
	s := sharedSandbox(t)
	c := automation(t, s, tenantOf(t, s, "healthy"))
	app := *do(t, c, newRegistration("consentry:keys")).Application
	principal := do(t, c, entra.CreateServicePrincipal{ClientID: app.ClientID}).Principal
	devops, err := c.ServicePrincipals(t.Context(), entra.AzureDevOps)
	if err != nil || len(devops) != 1 {
		t.Fatal(devops, err)
	}
	grant := do(t, c, entra.CreateGrant{Client: principal.ID, Resource: devops[0].ID, Type: entra.AllPrincipals, Scopes: []string{"user_impersonation"}}).Grant

	a, err := c.application(app.ID).Get(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	p, err := c.principals().ByServicePrincipalId(string(principal.ID)).Get(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	g, err := c.grants().ByOAuth2PermissionGrantId(grant.ID).Get(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	known(t, "application", a)
	known(t, "application.web", a.GetWeb())
	known(t, "application.api", a.GetApi())
	known(t, "application.passwordCredentials", a.GetPasswordCredentials()[0])
	known(t, "application.requiredResourceAccess", a.GetRequiredResourceAccess()[0])
	known(t, "servicePrincipal", p)
	known(t, "oauth2PermissionGrant", g)
}

// newerThanTheSDK are properties of the 2026 metadata.
var newerThanTheSDK = []string{"isDisabled", "createdByAppId"}

func known(t *testing.T, what string, m serialization.AdditionalDataHolder) {
	t.Helper()
	for key := range m.GetAdditionalData() {
		if !strings.HasPrefix(key, "@odata.") && !slices.Contains(newerThanTheSDK, key) {
			t.Errorf("%s: the property %q is unknown to the SDK", what, key)
		}
	}
}
