package entra

import (
	"bytes"
	"encoding/json"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

var (
	someEnd  = time.Date(2027, 5, 21, 1, 2, 3, 900, time.FixedZone("", 3600))
	someURIs = []RedirectURI{
		{"https://b.example/cb", Web},
		{"http://localhost:3000", SPA},
		{"https://a.example/cb", Web},
		{"msal://auth", PublicClient},
	}
	somePermissions = []Permission{
		{AzureDevOps, UserImpersonationID, Scope},
		{MicrosoftGraph, UserReadID, Scope},
		{AzureDevOps, "3214-work", Scope},
		{MicrosoftGraph, "some-role", Role},
	}
)

func ptr[T any](v T) *T { return &v }

// changes holds every Change once at least, with the request it becomes.
var changes = []struct {
	name   string
	change Change
	words  string
	want   string // "METHOD path", a line feed, the body
}{
	{
		"a registration with everything in one request",
		CreateApplication{"Frontegg", AnyOrganization, []string{"consentry:environment:a"}, someURIs, somePermissions, &NewSecret{"first", someEnd}},
		`create the app registration "Frontegg"`,
		`POST /applications
{"displayName":"Frontegg","signInAudience":"AzureADMultipleOrgs","tags":["consentry:environment:a"],
"web":{"redirectUris":["https://b.example/cb","https://a.example/cb"],"implicitGrantSettings":{"enableAccessTokenIssuance":false,"enableIdTokenIssuance":false}},
"spa":{"redirectUris":["http://localhost:3000"]},"publicClient":{"redirectUris":["msal://auth"]},
"requiredResourceAccess":[
{"resourceAppId":"499b84ac-1321-427f-aa17-267ca6975798","resourceAccess":[{"id":"ee69721e-6c3a-468f-a9ec-302d16a4c599","type":"Scope"},{"id":"3214-work","type":"Scope"}]},
{"resourceAppId":"00000003-0000-0000-c000-000000000000","resourceAccess":[{"id":"e1fe6dd8-ba31-4d61-89e7-88639da4683d","type":"Scope"},{"id":"some-role","type":"Role"}]}],
"passwordCredentials":[{"displayName":"first","endDateTime":"2027-05-21T00:02:03Z"}],
"servicePrincipalLockConfiguration":{"isEnabled":true,"allProperties":true},"api":{"requestedAccessTokenVersion":2}}`,
	},
	{
		"a bare registration leaves out what is empty, but says what is off",
		CreateApplication{DisplayName: "Bare", Audience: SingleTenant},
		`create the app registration "Bare"`,
		`POST /applications
{"displayName":"Bare","signInAudience":"AzureADMyOrg","web":{"redirectUris":[],"implicitGrantSettings":{"enableAccessTokenIssuance":false,"enableIdTokenIssuance":false}},
"servicePrincipalLockConfiguration":{"isEnabled":true,"allProperties":true},"api":{"requestedAccessTokenVersion":2}}`,
	},
	{
		"an update sends what differs only",
		UpdateApplication{App: "app-1", DisplayName: ptr("New"), Audience: ptr(AnyOrganization)},
		"change the name and supported account types of the app registration",
		"PATCH /applications/app-1\n" + `{"displayName":"New","signInAudience":"AzureADMultipleOrgs"}`,
	},
	{
		"redirect URIs are sent for every platform, so that one can move",
		UpdateApplication{App: "app-1", RedirectURIs: []RedirectURI{{"https://a.example/cb", Web}}},
		"change the redirect URIs of the app registration",
		"PATCH /applications/app-1\n" + `{"web":{"redirectUris":["https://a.example/cb"]},"spa":{"redirectUris":[]},"publicClient":{"redirectUris":[]}}`,
	},
	{
		"empty lists clear",
		UpdateApplication{App: "app-1", Tags: []string{}, RedirectURIs: []RedirectURI{}, Permissions: []Permission{}},
		"change the tags, redirect URIs and API permissions of the app registration",
		"PATCH /applications/app-1\n" + `{"tags":[],"requiredResourceAccess":[],"web":{"redirectUris":[]},"spa":{"redirectUris":[]},"publicClient":{"redirectUris":[]}}`,
	},
	{
		"implicit grant off, and nothing said about redirect URIs",
		UpdateApplication{App: "app-1", ImplicitGrant: &ImplicitGrant{}},
		"change the implicit grant of the app registration",
		"PATCH /applications/app-1\n" + `{"web":{"implicitGrantSettings":{"enableAccessTokenIssuance":false,"enableIdTokenIssuance":false}}}`,
	},
	{
		"implicit grant off beside new redirect URIs",
		UpdateApplication{App: "app-1", RedirectURIs: []RedirectURI{{"https://a.example/cb", Web}}, ImplicitGrant: &ImplicitGrant{IDTokens: true}},
		"change the redirect URIs and implicit grant of the app registration",
		"PATCH /applications/app-1\n" + `{"web":{"redirectUris":["https://a.example/cb"],"implicitGrantSettings":{"enableAccessTokenIssuance":false,"enableIdTokenIssuance":true}},
"spa":{"redirectUris":[]},"publicClient":{"redirectUris":[]}}`,
	},
	{
		"the property lock on",
		UpdateApplication{App: "app-1", PropertyLock: &PropertyLock{Enabled: true, All: true}},
		"change the property lock of the app registration",
		"PATCH /applications/app-1\n" + `{"servicePrincipalLockConfiguration":{"isEnabled":true,"allProperties":true,"credentialsWithUsageVerify":false,
"credentialsWithUsageSign":false,"tokenEncryptionKeyId":false}}`,
	},
	{
		"a second owner",
		AddOwner{App: "app-1", Owner: Person{ID: "user-1", UPN: "ada@contoso.example", DisplayName: "Ada"}, Graph: "https://graph.microsoft.com"},
		"make Ada an owner of the app registration",
		"POST /applications/app-1/owners/$ref\n" + `{"@odata.id":"https://graph.microsoft.com/v1.0/directoryObjects/user-1"}`,
	},
	{
		"an enterprise application switched on",
		UpdateServicePrincipal{ID: "sp-1", DisplayName: "Frontegg", Enabled: ptr(true)},
		`let users sign in to the service principal (enterprise application) of "Frontegg"`,
		"PATCH /servicePrincipals/sp-1\n" + `{"accountEnabled":true}`,
	},
	{
		"assignment no longer required",
		UpdateServicePrincipal{ID: "sp-1", DisplayName: "Frontegg", AssignmentRequired: ptr(false)},
		`require no assignment to the service principal (enterprise application) of "Frontegg"`,
		"PATCH /servicePrincipals/sp-1\n" + `{"appRoleAssignmentRequired":false}`,
	},
	{
		"a secret for an application not made yet",
		AddSecret{Secret: NewSecret{"second", someEnd}},
		`add the client secret "second", valid until 2027-05-21`,
		"POST /applications/{object id of the new application}/addPassword\n" + `{"passwordCredential":{"displayName":"second","endDateTime":"2027-05-21T00:02:03Z"}}`,
	},
	{
		"a secret removed by its ID",
		RemoveSecret{"app-1", "key-1"},
		"remove the client secret with ID key-1",
		"POST /applications/app-1/removePassword\n" + `{"keyId":"key-1"}`,
	},
	{
		"a certificate beside one that is there",
		AddCertificate{"app-1", []Certificate{{KeyID: "key-1", Name: "old", Usage: "Verify", Type: "AsymmetricX509Cert", Thumbprint: "AB12", Start: someEnd.AddDate(-1, 0, 0), End: someEnd}},
			NewCertificate{"key-2", "new", []byte{1, 2, 3}, someEnd.AddDate(-1, 0, 0), someEnd, NewSensitive("private-canary")}},
		`add the certificate "new", valid until 2027-05-21`,
		"PATCH /applications/app-1\n" + `{"keyCredentials":[
{"keyId":"key-1","type":"AsymmetricX509Cert","usage":"Verify","displayName":"old","customKeyIdentifier":"AB12","startDateTime":"2026-05-21T00:02:03Z","endDateTime":"2027-05-21T00:02:03Z"},
{"keyId":"key-2","type":"AsymmetricX509Cert","usage":"Verify","displayName":"new","key":"AQID","startDateTime":"2026-05-21T00:02:03Z","endDateTime":"2027-05-21T00:02:03Z"}]}`,
	},
	{
		"a certificate whose key pair is not made yet",
		AddCertificate{Certificate: NewCertificate{Name: "new", Start: someEnd.AddDate(-1, 0, 0), End: someEnd}},
		`add the certificate "new", valid until 2027-05-21`,
		"PATCH /applications/{object id of the new application}\n" + `{"keyCredentials":[{"type":"AsymmetricX509Cert","usage":"Verify","displayName":"new",
"key":"{the certificate of the key pair that will be made}","startDateTime":"2026-05-21T00:02:03Z","endDateTime":"2027-05-21T00:02:03Z"}]}`,
	},
	{
		"the only certificate removed",
		RemoveCertificate{"app-1", []Certificate{{KeyID: "key-1"}}, "key-1"},
		"remove the certificate with ID key-1",
		"PATCH /applications/app-1\n" + `{"keyCredentials":[]}`,
	},
	{
		"a federated credential",
		AddFederatedCredential{"app-1", FederatedCredential{Name: "main", Issuer: "https://issuer.example", Subject: "repo:a/b", Audience: TokenExchange}},
		`add the federated credential "main" for repo:a/b`,
		"POST /applications/app-1/federatedIdentityCredentials\n" + `{"name":"main","issuer":"https://issuer.example","subject":"repo:a/b","audiences":["api://AzureADTokenExchange"]}`,
	},
	{
		"a federated credential removed by its name",
		RemoveFederatedCredential{"app-1", "main"},
		`remove the federated credential "main"`,
		"DELETE /applications/app-1/federatedIdentityCredentials/main",
	},
	{
		"a service principal of an application not made yet",
		CreateServicePrincipal{DisplayName: "Frontegg"},
		`create the service principal (enterprise application) of "Frontegg"`,
		"POST /servicePrincipals\n" + `{"appId":"{client id of the new application}"}`,
	},
	{
		"a service principal of a known resource",
		CreateServicePrincipal{ClientID: AzureDevOps},
		`create the service principal (enterprise application) of "499b84ac-1321-427f-aa17-267ca6975798"`,
		"POST /servicePrincipals\n" + `{"appId":"499b84ac-1321-427f-aa17-267ca6975798"}`,
	},
	{
		"consent for the tenant between principals not made yet",
		CreateGrant{ResourceName: "Azure DevOps", Type: AllPrincipals, Principal: "ignored", Scopes: []string{"vso.work", "vso.code"}},
		"consent for the whole tenant to vso.work and vso.code of Azure DevOps",
		"POST /oauth2PermissionGrants\n" + `{"clientId":"{object id of the new service principal}","consentType":"AllPrincipals","resourceId":"{object id of the service principal of Azure DevOps}","scope":"vso.work vso.code"}`,
	},
	{
		"consent of one user",
		CreateGrant{Client: "sp-1", Resource: "sp-2", Type: Principal, Principal: "user-1", Scopes: []string{"User.Read"}},
		"consent for one user to User.Read of the resource",
		"POST /oauth2PermissionGrants\n" + `{"clientId":"sp-1","consentType":"Principal","principalId":"user-1","resourceId":"sp-2","scope":"User.Read"}`,
	},
	{
		"more scopes in an existing consent",
		SetGrantScopes{"grant-1", "Azure DevOps", []string{"vso.work", "vso.code"}},
		"change the consent for Azure DevOps to vso.work and vso.code",
		"PATCH /oauth2PermissionGrants/grant-1\n" + `{"scope":"vso.work vso.code"}`,
	},
	{"an application deleted", DeleteApplication{"app-1", "Frontegg"}, `delete the app registration "Frontegg"`, "DELETE /applications/app-1\n"},
	{"a service principal deleted", DeleteServicePrincipal{"sp-1", "Frontegg"}, `delete the service principal (enterprise application) of "Frontegg" with its consents`, "DELETE /servicePrincipals/sp-1\n"},
	{"consent withdrawn", DeleteGrant{"grant/1", "Azure DevOps"}, "withdraw the consent for Azure DevOps", "DELETE /oauth2PermissionGrants/grant%2F1\n"},
}

func TestChangesBecomeTheirRequest(t *testing.T) {
	for _, tt := range changes {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.change.Describe(); got != tt.words {
				t.Errorf("Describe() = %q, want %q", got, tt.words)
			}
			line, body, _ := strings.Cut(tt.want, "\n")
			method, path, _ := strings.Cut(line, " ")
			want := Request{Method: method, Path: path}
			if body != "" {
				if err := json.Unmarshal([]byte(body), &want.Body); err != nil {
					t.Fatal(err)
				}
			}
			// Compared as values: the body must hold exactly what a decoder
			// of the wire would make of it.
			if got := tt.change.Request(); !reflect.DeepEqual(got, want) {
				t.Errorf("Request():\n got %#v\nwant %#v", got, want)
			}
		})
	}
}

func TestUpdateOfNothingSaysSo(t *testing.T) {
	for _, ch := range []Change{UpdateApplication{App: "app-1"}, UpdateServicePrincipal{ID: "sp-1", DisplayName: "Frontegg"}} {
		if got := ch.Describe(); !strings.Contains(got, "nothing") {
			t.Errorf("%T: Describe() = %q", ch, got)
		}
	}
}

func TestAnUpdateOfAPrincipalChangesWhatItNames(t *testing.T) {
	before := ServicePrincipal{ID: "sp-1", AssignmentRequired: true}
	for _, tt := range []struct {
		change UpdateServicePrincipal
		want   ServicePrincipal
	}{
		{UpdateServicePrincipal{}, before},
		{UpdateServicePrincipal{Enabled: ptr(true)}, ServicePrincipal{ID: "sp-1", Enabled: true, AssignmentRequired: true}},
		{UpdateServicePrincipal{AssignmentRequired: ptr(false)}, ServicePrincipal{ID: "sp-1"}},
	} {
		if got := tt.change.Apply(before); !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%+v: %+v, want %+v", tt.change, got, tt.want)
		}
	}
}

func TestALockLeavesNothingOpenOrDoes(t *testing.T) {
	for _, tt := range []struct {
		lock PropertyLock
		want bool
	}{
		{PropertyLock{}, false}, {PropertyLock{All: true}, false}, {PropertyLock{Enabled: true}, false},
		{PropertyLock{Enabled: true, Verify: true}, false}, {PropertyLock{Enabled: true, All: true}, true},
		{PropertyLock{Enabled: true, Verify: true, Sign: true, TokenKeyIDs: true}, true},
	} {
		if got := tt.lock.Complete(); got != tt.want {
			t.Errorf("%+v: complete %v", tt.lock, got)
		}
	}
}

// TestRequestKeysExistInGraph holds every key put on the wire against the
// names in Microsoft's published metadata.
func TestRequestKeysExistInGraph(t *testing.T) {
	data, err := os.ReadFile("../../shared/contracts/graph-v1.0-slice.json")
	if err != nil {
		t.Skip("the copy of Microsoft Graph's metadata is not beside this repository")
	}
	for _, tt := range changes {
		for _, key := range keysIn(tt.change.Request().Body) {
			// Parameters of actions and of OData itself are no properties of a type.
			if key != "passwordCredential" && key != "@odata.id" && !bytes.Contains(data, []byte(`"`+key+`"`)) {
				t.Errorf("%s: key %q is not in Graph's metadata", tt.name, key)
			}
		}
	}
}

func keysIn(v any) []string {
	var out []string
	switch v := v.(type) {
	case map[string]any:
		for k, inner := range v {
			out = append(append(out, k), keysIn(inner)...)
		}
	case []any:
		for _, inner := range v {
			out = append(out, keysIn(inner)...)
		}
	}
	return out
}

func TestApplyPreviewsTheChange(t *testing.T) {
	before := Application{
		ID: "app-1", ClientID: "client-1", DisplayName: "Old", Audience: SingleTenant, Tags: []string{"t"},
		RedirectURIs: []RedirectURI{{"https://old.example/cb", Web}},
		Permissions:  somePermissions[:1], ImplicitGrant: ImplicitGrant{IDTokens: true},
		Secrets:      append(make([]Secret, 0, 3), Secret{KeyID: "key-1", Name: "one"}, Secret{KeyID: "key-2", Name: "two"}),
		Certificates: append(make([]Certificate, 0, 2), Certificate{KeyID: "c-1"}), Federated: append(make([]FederatedCredential, 0, 2), FederatedCredential{Name: "a"}),
	}
	tests := []struct {
		name   string
		change ApplicationChange
		want   func(a *Application)
	}{
		{"nothing named, nothing changed", UpdateApplication{}, func(*Application) {}},
		{"all that an update can change", UpdateApplication{"app-1", ptr("New"), ptr(AnyOrganization), []string{"u"}, someURIs, somePermissions, &ImplicitGrant{}, &PropertyLock{Enabled: true, All: true}}, func(a *Application) {
			a.DisplayName, a.Audience, a.Tags, a.RedirectURIs, a.Permissions = "New", AnyOrganization, []string{"u"}, someURIs, somePermissions
			a.ImplicitGrant, a.PropertyLock = ImplicitGrant{}, PropertyLock{Enabled: true, All: true}
		}},
		{"lists emptied", UpdateApplication{Tags: []string{}, RedirectURIs: []RedirectURI{}}, func(a *Application) {
			a.Tags, a.RedirectURIs = []string{}, []RedirectURI{}
		}},
		{"a secret added, with whole seconds in UTC", AddSecret{"app-1", NewSecret{"three", someEnd}}, func(a *Application) {
			a.Secrets = append(slices.Clone(a.Secrets), Secret{Name: "three", End: time.Date(2027, 5, 21, 0, 2, 3, 0, time.UTC)})
		}},
		{"a secret removed", RemoveSecret{"app-1", "key-1"}, func(a *Application) { a.Secrets = []Secret{{KeyID: "key-2", Name: "two"}} }},
		{"an unknown secret removed", RemoveSecret{"app-1", "key-9"}, func(*Application) {}},
		{"a new registration owes nothing to what was there", CreateApplication{"New", AnyOrganization, []string{"u"}, someURIs, somePermissions, &NewSecret{"one", someEnd}}, func(a *Application) {
			*a = Application{DisplayName: "New", Audience: AnyOrganization, Tags: []string{"u"}, RedirectURIs: someURIs, Permissions: somePermissions, PropertyLock: PropertyLock{Enabled: true, All: true},
				Secrets: []Secret{{Name: "one", End: time.Date(2027, 5, 21, 0, 2, 3, 0, time.UTC)}}}
		}},
		{"a certificate added", AddCertificate{App: "app-1", Certificate: NewCertificate{KeyID: "c-2", Name: "cert", DER: []byte{1}, End: someEnd}}, func(a *Application) {
			a.Certificates = append(slices.Clone(a.Certificates), Certificate{KeyID: "c-2", Name: "cert", Usage: "Verify", Type: "AsymmetricX509Cert", End: time.Date(2027, 5, 21, 0, 2, 3, 0, time.UTC),
				Thumbprint: "BF8B4530D8D246DD74AC53A13471BBA17941DFF7", Fingerprint: "4bf5122f344554c53bde2ebb8cd2b7e3d1600ad631c385a5d7cce23c7785459a"})
		}},
		{"a certificate removed", RemoveCertificate{App: "app-1", Key: "c-1"}, func(a *Application) { a.Certificates = []Certificate{} }},
		{"a federated credential added", AddFederatedCredential{"app-1", FederatedCredential{Name: "b"}}, func(a *Application) { a.Federated = []FederatedCredential{{Name: "a"}, {Name: "b"}} }},
		{"a federated credential removed", RemoveFederatedCredential{"app-1", "a"}, func(a *Application) { a.Federated = []FederatedCredential{} }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			want := before
			tt.want(&want)
			if got := tt.change.Apply(before); !reflect.DeepEqual(got, want) {
				t.Errorf("Apply:\n got %+v\nwant %+v", got, want)
			}
			if spare := before.Secrets[:3][2]; spare != (Secret{}) {
				t.Errorf("Apply wrote %+v into the memory of the application it was given", spare)
			}
			if len(before.Secrets) != 2 || before.Secrets[0].KeyID != "key-1" {
				t.Errorf("Apply changed the application it was given: %+v", before.Secrets)
			}
		})
	}
}
