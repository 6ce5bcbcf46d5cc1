package graph

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"net/http"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/consentry/consentry/entra"
)

const (
	appID    = "11111111-1111-1111-1111-111111111111"
	clientID = "22222222-2222-2222-2222-222222222222"
	keyID    = "33333333-3333-3333-3333-333333333333"
	grantID  = "aB3_-grantid"
	scopeA   = "ee69721e-6c3a-468f-a9ec-302d16a4c599"
	scopeB   = "e1fe6dd8-ba31-4d61-89e7-88639da4683d"
)

var secretEnd = time.Date(2027, 5, 20, 14, 30, 15, 123456789, time.FixedZone("CEST", 2*3600))

// changes holds at least one value of every change there is.
var changes = []struct {
	name   string
	change entra.Change
	status int
	answer string
}{
	{"everything in one request", entra.CreateApplication{
		DisplayName: `Frontegg "Integration" <ü>`, Audience: entra.AnyOrganization, Tags: []string{"consentry:prod", "b"},
		RedirectURIs: []entra.RedirectURI{
			{URI: "https://gateway.example.com/integration-callback", Platform: entra.Web},
			{URI: "http://localhost", Platform: entra.PublicClient},
			{URI: "https://spa.example.com/", Platform: entra.SPA},
		},
		Permissions: []entra.Permission{
			{Resource: entra.AzureDevOps, ID: scopeA, Kind: entra.Scope},
			{Resource: entra.MicrosoftGraph, ID: scopeB, Kind: entra.Scope},
			{Resource: entra.AzureDevOps, ID: keyID, Kind: entra.Role},
		},
		Secret: &entra.NewSecret{Name: "consentry/1", End: secretEnd},
	}, 201, createdApplication},
	{"least", entra.CreateApplication{DisplayName: "x", Audience: entra.SingleTenant}, 201, createdApplication},
	{"every property", entra.UpdateApplication{
		App: appID, DisplayName: new("new name"), Audience: new(entra.AnyOrganization), Tags: []string{"t"},
		RedirectURIs: []entra.RedirectURI{{URI: "https://a.example.com/cb", Platform: entra.Web}},
		Permissions:  []entra.Permission{{Resource: entra.AzureDevOps, ID: scopeA, Kind: entra.Scope}},
	}, 204, ""},
	{"lists emptied", entra.UpdateApplication{
		App: appID, Tags: []string{}, RedirectURIs: []entra.RedirectURI{}, Permissions: []entra.Permission{},
	}, 204, ""},
	{"implicit grant off", entra.UpdateApplication{App: appID, ImplicitGrant: &entra.ImplicitGrant{}}, 204, ""},
	{"implicit grant beside redirect URIs", entra.UpdateApplication{
		App: appID, ImplicitGrant: &entra.ImplicitGrant{IDTokens: true}, RedirectURIs: []entra.RedirectURI{{URI: "https://a.example.com/cb", Platform: entra.Web}},
	}, 204, ""},
	{"property lock", entra.UpdateApplication{App: appID, PropertyLock: &entra.PropertyLock{Enabled: true, All: true}}, 204, ""},
	{"users let in", entra.UpdateServicePrincipal{ID: appID, DisplayName: "not sent", Enabled: new(true)}, 204, ""},
	{"assignment no longer required", entra.UpdateServicePrincipal{ID: appID, AssignmentRequired: new(false)}, 204, ""},
	{"owner", entra.AddOwner{App: appID, Owner: entra.Person{ID: keyID, DisplayName: "not sent"}}, 204, ""},
	{"the name alone", entra.UpdateApplication{App: appID, DisplayName: new("new name")}, 204, ""},
	{"add", entra.AddSecret{App: appID, Secret: entra.NewSecret{Name: "consentry/2", End: secretEnd}}, 200, createdSecret},
	{"remove", entra.RemoveSecret{App: appID, Key: keyID}, 204, ""},
	{"principal", entra.CreateServicePrincipal{ClientID: clientID, DisplayName: "not sent"}, 201, createdPrincipal},
	{"principal with tag", entra.CreateServicePrincipal{ClientID: clientID, Tags: []string{entra.EnterpriseAppTag}}, 201, createdPrincipal},
	{"for the tenant", entra.CreateGrant{
		Client: appID, Resource: clientID, ResourceName: "not sent", Type: entra.AllPrincipals, Scopes: []string{"user_impersonation", "vso.work"},
	}, 201, createdGrant},
	{"for one user", entra.CreateGrant{
		Client: appID, Resource: clientID, Type: entra.Principal, Principal: keyID, Scopes: []string{"User.Read"},
	}, 201, createdGrant},
	{"scopes", entra.SetGrantScopes{Grant: grantID, Scopes: []string{"a", "b"}}, 204, ""},
	{"beside one that is there", entra.AddCertificate{App: appID, Existing: []entra.Certificate{{
		KeyID: keyID, Name: "old <ü>", Usage: "Verify", Type: "AsymmetricX509Cert", Thumbprint: "52ED9B5038A47B9E2E2190715CC238359D4F8F73", Start: secretEnd.AddDate(-1, 0, 0), End: secretEnd,
	}}, Certificate: entra.NewCertificate{KeyID: appID, Name: "new", DER: []byte{1, 2, 3}, Start: secretEnd.AddDate(-1, 0, 0), End: secretEnd, Private: entra.NewSensitive("private-canary")}}, 204, ""},
	{"the only one", entra.RemoveCertificate{App: appID, Existing: []entra.Certificate{{KeyID: keyID, Usage: "Verify"}}, Key: keyID}, 204, ""},
	{"one of two", entra.RemoveCertificate{App: appID, Existing: []entra.Certificate{{KeyID: keyID}, {KeyID: clientID, Usage: "Sign"}}, Key: keyID}, 204, ""},
	{"federated", entra.AddFederatedCredential{App: appID, Credential: entra.FederatedCredential{
		Name: "main", Issuer: "https://token.actions.githubusercontent.com", Subject: "repo:contoso/shop:ref:refs/heads/main", Audience: entra.TokenExchange,
	}}, 201, `{"id":"` + keyID + `","name":"main"}`},
	{"federated", entra.RemoveFederatedCredential{App: appID, Name: "main"}, 204, ""},
	{"registration", entra.PutRegistration{
		UniqueName: "console", DisplayName: "Console <ü>", Audience: entra.SingleTenant, Tags: []string{"t"},
		RedirectURIs: []entra.RedirectURI{{URI: "https://console.example.com/sign-in/callback", Platform: entra.Web}},
		Permissions:  []entra.Permission{{Resource: entra.MicrosoftGraph, ID: scopeB, Kind: entra.Scope}},
		AppRoles:     []entra.AppRole{{ID: keyID, Value: "admin", Name: "Admin", Description: "All of it", Enabled: true}}, IDTokenClaims: []string{"auth_time"},
	}, 201, `{"id":"` + appID + `","appId":"` + clientID + `"}`},
	{"registration as it is", entra.PutRegistration{UniqueName: "console", DisplayName: "Console", Audience: entra.SingleTenant}, 204, ""},
	{"app role", entra.AssignAppRole{Resource: appID, Role: entra.AppRole{ID: keyID, Value: "admin"}, Who: entra.Person{ID: clientID, DisplayName: "not sent"}}, 201, `{"id":"1"}`},
	{"application", entra.DeleteApplication{App: appID}, 204, ""},
	{"principal", entra.DeleteServicePrincipal{ID: appID}, 204, ""},
	{"grant", entra.DeleteGrant{Grant: grantID}, 204, ""},
}

const (
	createdApplication = `{"@odata.context":"https://graph.microsoft.com/v1.0/$metadata#applications/$entity",
		"id":"` + appID + `","appId":"` + clientID + `","displayName":"x","signInAudience":"AzureADMultipleOrgs","tags":["t"],
		"web":{"redirectUris":["https://a.example.com/cb"]},"spa":{"redirectUris":[]},"publicClient":{"redirectUris":["http://localhost"]},
		"requiredResourceAccess":[{"resourceAppId":"` + string(entra.AzureDevOps) + `","resourceAccess":[{"id":"` + scopeA + `","type":"Scope"}]}],
		"verifiedPublisher":{"displayName":null,"verifiedPublisherId":null,"addedDateTime":null},"createdDateTime":"2026-11-21T12:00:00Z",
		"passwordCredentials":[` + createdSecret + `]}`
	createdSecret = `{"customKeyIdentifier":null,"displayName":"consentry/1","endDateTime":"2027-05-20T12:30:15Z","hint":"abc",
		"keyId":"` + keyID + `","secretText":"abc8Q~the-value","startDateTime":"2026-11-21T12:00:00Z"}`
	createdPrincipal = `{"id":"` + appID + `","appId":"` + clientID + `","displayName":"x","accountEnabled":true,"appOwnerOrganizationId":"` + keyID + `"}`
	createdGrant     = `{"id":"` + grantID + `","clientId":"` + appID + `","consentType":"AllPrincipals","principalId":null,"resourceId":"` + clientID + `","scope":" user_impersonation  vso.work"}`
)

func TestDoSendsExactlyWhatTheRequestShows(t *testing.T) {
	for _, tt := range changes {
		t.Run(fmt.Sprintf("%T %s", tt.change, tt.name), func(t *testing.T) {
			w, c := newWire(t, always(tt.status, tt.answer))
			if owner, ok := tt.change.(entra.AddOwner); ok {
				owner.Graph = w.server.URL
				tt.change = owner
			}
			created, err := c.Do(t.Context(), tt.change)
			if err != nil {
				t.Fatal(err)
			}
			if created.RequestID != "graph-request-id" {
				t.Errorf("RequestID = %q, want Graph's", created.RequestID)
			}
			want := tt.change.Request()
			w.expect(want.Method + " /v1.0" + want.Path)
			sameBody(t, w.got[0], want.Body)
		})
	}
}

func sameBody(t *testing.T, got received, want map[string]any) {
	t.Helper()
	if want == nil {
		if len(got.body) != 0 {
			t.Errorf("a body was sent: %s", got.body)
		}
		return
	}
	if body := decoded(t, got.body); !reflect.DeepEqual(body, any(want)) {
		t.Errorf("body on the wire\n%v\nwant\n%v", body, want)
	}
	if kind := got.header.Get("Content-Type"); kind != "application/json" {
		t.Errorf("Content-Type = %q", kind)
	}
	if got.length != int64(len(got.body)) {
		t.Errorf("Content-Length = %d for %d bytes", got.length, len(got.body))
	}
}

// TestEveryChangeIsCovered finds the changes in the source of package entra.
func TestEveryChangeIsCovered(t *testing.T) {
	covered := map[string]bool{}
	for _, tt := range changes {
		covered[reflect.TypeOf(tt.change).Name()] = true
	}
	files, err := filepath.Glob("../entra/*.go")
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, file := range files {
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range parsed.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok || f.Name.Name != "Request" || f.Recv == nil {
				continue
			}
			found++
			if name := types.ExprString(f.Recv.List[0].Type); !covered[name] {
				t.Errorf("the change %s is not in the table", name)
			}
		}
	}
	if found == 0 {
		t.Error("no change found in ../entra: the test looks in the wrong place")
	}
}

func TestCreatedHoldsWhatGraphMade(t *testing.T) {
	secret := entra.Secret{
		KeyID: keyID, Name: "consentry/1", Hint: "abc",
		Start: epoch, End: time.Date(2027, 5, 20, 12, 30, 15, 0, time.UTC),
	}
	t.Run("application with secret", func(t *testing.T) {
		_, c := newWire(t, always(201, createdApplication))
		got, err := c.Do(t.Context(), changes[0].change)
		if err != nil {
			t.Fatal(err)
		}
		want := entra.Application{
			ID: appID, ClientID: clientID, DisplayName: "x", Audience: entra.AnyOrganization, Tags: []string{"t"}, Created: epoch,
			RedirectURIs: []entra.RedirectURI{{URI: "https://a.example.com/cb", Platform: entra.Web}, {URI: "http://localhost", Platform: entra.PublicClient}},
			Permissions:  []entra.Permission{{Resource: entra.AzureDevOps, ID: scopeA, Kind: entra.Scope}},
			Secrets:      []entra.Secret{secret},
		}
		if !reflect.DeepEqual(*got.Application, want) {
			t.Errorf("application\n%+v\nwant\n%+v", *got.Application, want)
		}
		if *got.Secret != secret || got.SecretValue.Reveal() != "abc8Q~the-value" {
			t.Errorf("secret %+v with value %d characters long", got.Secret, len(got.SecretValue.Reveal()))
		}
		if shown := fmt.Sprintf("%+v %#v", got, got); strings.Contains(shown, "8Q~") {
			t.Error("the secret's value can be printed")
		}
	})
	t.Run("application whose secret came without value", func(t *testing.T) {
		_, c := newWire(t, always(201, strings.ReplaceAll(createdApplication, `"abc8Q~the-value"`, "null")))
		got, err := c.Do(t.Context(), changes[0].change)
		if err != nil {
			t.Fatal(err)
		}
		if got.Secret == nil || got.Secret.KeyID != keyID || !got.SecretValue.IsZero() {
			t.Errorf("secret %+v, has value %v; want the row without value", got.Secret, !got.SecretValue.IsZero())
		}
	})
	t.Run("service principal", func(t *testing.T) {
		_, c := newWire(t, always(201, createdPrincipal))
		got, err := c.Do(t.Context(), entra.CreateServicePrincipal{ClientID: clientID})
		want := entra.ServicePrincipal{ID: appID, ClientID: clientID, DisplayName: "x", Enabled: true, OwnerTenant: keyID}
		if err != nil || !reflect.DeepEqual(*got.Principal, want) {
			t.Errorf("principal %+v, %v; want %+v", got.Principal, err, want)
		}
	})
	t.Run("grant", func(t *testing.T) {
		_, c := newWire(t, always(201, createdGrant))
		got, err := c.Do(t.Context(), entra.CreateGrant{Client: appID, Resource: clientID, Type: entra.AllPrincipals})
		want := entra.Grant{ID: grantID, Client: appID, Resource: clientID, Type: entra.AllPrincipals, Scopes: []string{"user_impersonation", "vso.work"}}
		if err != nil || !reflect.DeepEqual(*got.Grant, want) {
			t.Errorf("grant %+v, %v; want %+v", got.Grant, err, want)
		}
	})
}

type unknownChange struct{}

func (unknownChange) Describe() string       { return "something new" }
func (unknownChange) Request() entra.Request { return entra.Request{Method: "POST", Path: "/new"} }

func TestChangesThatCannotBeSentNeverLeave(t *testing.T) {
	tests := []struct {
		name   string
		change entra.Change
	}{
		{"no application id: the collection would be addressed", entra.DeleteApplication{}},
		{"no grant id", entra.DeleteGrant{}},
		{"a placeholder for an id", entra.UpdateApplication{App: "{object id of the new application}", DisplayName: new("x")}},
		{"an id that climbs the path", entra.SetGrantScopes{Grant: "../applications", Scopes: []string{"a"}}},
		{"an id with a query", entra.DeleteServicePrincipal{ID: "x?y"}},
		{"no client id", entra.CreateServicePrincipal{}},
		{"no principal of the client yet", entra.CreateGrant{Resource: clientID, Type: entra.AllPrincipals, Scopes: []string{"a"}}},
		{"no user in a user's grant", entra.CreateGrant{Client: appID, Resource: clientID, Type: entra.Principal, Scopes: []string{"a"}}},
		{"a key id that is no GUID", entra.RemoveSecret{App: appID, Key: "consentry/1"}},
		{"a permission by name", entra.CreateApplication{Permissions: []entra.Permission{{Resource: entra.AzureDevOps, ID: "vso.work"}}}},
		{"a secret for nobody", entra.AddSecret{}},
		{"a change of another kind", unknownChange{}},
	}
	for _, tt := range tests {
		w, c := newWire(t, always(http.StatusNoContent, ""))
		_, err := c.Do(t.Context(), tt.change)
		if err == nil || entra.OutcomeUnknown(err) {
			t.Errorf("%s: error %v; want a refusal whose outcome is known", tt.name, err)
		}
		if sent := w.requests(); len(sent) > 0 {
			t.Errorf("%s: %q was sent", tt.name, sent)
		}
	}
}
