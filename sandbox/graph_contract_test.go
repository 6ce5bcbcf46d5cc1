package sandbox_test

import (
	"context"
	"crypto/tls"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	abstractions "github.com/microsoft/kiota-abstractions-go"
	"github.com/microsoft/kiota-abstractions-go/serialization"
	kiotaauth "github.com/microsoft/kiota-authentication-azure-go"
	kiotahttp "github.com/microsoft/kiota-http-go"
	kiotajson "github.com/microsoft/kiota-serialization-json-go"
	core "github.com/microsoftgraph/msgraph-sdk-go-core"
	"github.com/microsoftgraph/msgraph-sdk-go/applications"
	"github.com/microsoftgraph/msgraph-sdk-go/applicationswithappid"
	"github.com/microsoftgraph/msgraph-sdk-go/applicationswithuniquename"
	"github.com/microsoftgraph/msgraph-sdk-go/directory"
	"github.com/microsoftgraph/msgraph-sdk-go/models"
	"github.com/microsoftgraph/msgraph-sdk-go/models/odataerrors"
	"github.com/microsoftgraph/msgraph-sdk-go/oauth2permissiongrants"
	"github.com/microsoftgraph/msgraph-sdk-go/policies"
	"github.com/microsoftgraph/msgraph-sdk-go/serviceprincipals"

	"github.com/consentry/consentry/sandbox"
)

// signedIn is Microsoft's SDK as its documentation sets it up: azidentity signs
// an administrator in, kiota carries the token, all middlewares are on.
func signedIn(t *testing.T) (*core.GraphRequestAdapterBase, *sandbox.Sandbox) {
	t.Helper()
	s, err := sandbox.Start(t.Context(), sandbox.Options{})
	if err != nil {
		t.Fatal(err)
	}
	sandbox.RecordRequests(t, s)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		if err := s.Close(ctx); err != nil {
			t.Error(err)
		}
	})
	base, err := url.Parse(s.Ready().TLS.Graph)
	if err != nil {
		t.Fatal(err)
	}
	auth, err := kiotaauth.NewAzureIdentityAuthenticationProviderWithScopesAndValidHosts(sandbox.DeviceCredential(t, s, "admin"),
		[]string{"https://graph.microsoft.com/.default"}, []string{base.Hostname()})
	if err != nil {
		t.Fatal(err)
	}
	trusting := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: authorities(t, s.CAFile())}}
	abstractions.RegisterDefaultSerializer(func() serialization.SerializationWriterFactory { return kiotajson.NewJsonSerializationWriterFactory() })
	abstractions.RegisterDefaultDeserializer(func() serialization.ParseNodeFactory { return kiotajson.NewJsonParseNodeFactory() })
	options := core.GraphClientOptions{GraphServiceVersion: "v1.0"}
	client := &http.Client{Transport: kiotahttp.NewCustomTransportWithParentTransport(trusting, core.GetDefaultMiddlewaresWithOptions(&options)...)}
	adapter, err := core.NewGraphRequestAdapterBaseWithParseNodeFactoryAndSerializationWriterFactoryAndHttpClient(auth, options,
		kiotajson.NewJsonParseNodeFactory(), kiotajson.NewJsonSerializationWriterFactory(), client)
	if err != nil {
		t.Fatal(err)
	}
	adapter.SetBaseUrl(base.String() + "/v1.0")
	return adapter, s
}

// must ends the test with what the service said.
func must[T any](t *testing.T) func(T, error) T {
	t.Helper()
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(explain(err))
		}
		return v
	}
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(explain(err))
	}
}

//parity:real graph POST /v1.0/applications
//parity:real graph GET /v1.0/applications/{id}
//parity:real graph GET /v1.0/applications(appId='{appId}')
//parity:real graph PATCH /v1.0/applications/{id}
//parity:real graph POST /v1.0/applications/{id}/addPassword
//parity:real graph POST /v1.0/applications/{id}/removePassword
//parity:real graph GET /v1.0/applications/{id}/owners
//parity:real graph POST /v1.0/applications/{id}/owners/$ref
//parity:real graph DELETE /v1.0/applications/{id}/owners/{ownerId}/$ref
//parity:partly graph GET /v1.0/directory/deletedItems/microsoft.graph.application: applications only; users and groups are never deleted
//parity:real graph POST /v1.0/directory/deletedItems/{id}/restore
func TestMicrosoftsSDKTakesAnApplicationThroughItsLife(t *testing.T) {
	sdk, _ := signedIn(t)
	ctx, all := t.Context(), applications.NewApplicationsRequestBuilderInternal(nil, sdk)
	made := must[models.Applicationable](t)(all.Post(ctx, newApp("A whole life", "https://app.example.com/cb"), nil))
	understood(t, "application", made)
	item := all.ByApplicationId(*made.GetId())
	if secrets := made.GetPasswordCredentials(); len(secrets) != 1 || secrets[0].GetSecretText() == nil || secrets[0].GetKeyId() == nil {
		t.Fatal("no secret came back")
	}
	read := must[models.Applicationable](t)(applicationswithappid.NewApplicationsWithAppIdRequestBuilderInternal(nil, sdk, made.GetAppId()).Get(ctx, nil))
	understood(t, "application by appId", read)
	if *read.GetId() != *made.GetId() || read.GetPasswordCredentials()[0].GetSecretText() != nil {
		t.Error("another application, or its secret a second time")
	}

	change := models.NewApplication()
	change.SetIdentifierUris([]string{"api://" + *made.GetAppId()})
	must[models.Applicationable](t)(item.Patch(ctx, change, nil))
	secret := applications.NewItemAddPasswordPostRequestBody()
	secret.SetPasswordCredential(models.NewPasswordCredential())
	added := must[models.PasswordCredentialable](t)(item.AddPassword().Post(ctx, secret, nil))
	understood(t, "passwordCredential", added)
	removal := applications.NewItemRemovePasswordPostRequestBody()
	removal.SetKeyId(added.GetKeyId())
	check(t, item.RemovePassword().Post(ctx, removal, nil))
	owns(t, sdk, item)

	check(t, item.Delete(ctx, nil))
	deleted := directory.NewDeletedItemsRequestBuilderInternal(nil, sdk)
	gone := must[models.ApplicationCollectionResponseable](t)(deleted.GraphApplication().Get(ctx, nil))
	understood(t, "deleted applications", gone)
	if len(gone.GetValue()) != 1 || gone.GetValue()[0].GetDeletedDateTime() == nil {
		t.Errorf("%d deleted applications", len(gone.GetValue()))
	}
	back := must[models.DirectoryObjectable](t)(deleted.ByDirectoryObjectId(*made.GetId()).Restore().Post(ctx, nil))
	understood(t, "restored application", back)
	check(t, item.Delete(ctx, nil))
	check(t, deleted.ByDirectoryObjectId(*made.GetId()).Delete(ctx, nil))
}

// owns gives an application an owner and takes it away.
func owns(t *testing.T, sdk abstractions.RequestAdapter, item *applications.ApplicationItemRequestBuilder) {
	t.Helper()
	ctx := t.Context()
	me := person(t, sdk, "/me")
	reference, address := models.NewReferenceCreate(), sdk.GetBaseUrl()+"/directoryObjects/"+*me.GetId()
	reference.SetOdataId(&address)
	check(t, item.Owners().Ref().Post(ctx, reference, nil))
	owners := must[models.DirectoryObjectCollectionResponseable](t)(item.Owners().Get(ctx, nil))
	understood(t, "owners", owners)
	owner, ok := owners.GetValue()[0].(models.Userable)
	if !ok || *owner.GetUserPrincipalName() != "admin@contoso.sandbox.invalid" {
		t.Errorf("owner %T", owners.GetValue()[0])
	}
	check(t, item.Owners().ByDirectoryObjectId(*me.GetId()).Ref().Delete(ctx, nil))
}

// person reads a user. The package that has /me and /users is the SDK's
// largest by far, so the adapter is asked as it would ask it.
func person(t *testing.T, sdk abstractions.RequestAdapter, path string) models.Userable {
	t.Helper()
	request := abstractions.NewRequestInformationWithMethodAndUrlTemplateAndPathParameters(abstractions.GET, "{+baseurl}"+path, map[string]string{})
	request.Headers.TryAdd("Accept", "application/json")
	got, err := sdk.Send(t.Context(), request, models.CreateUserFromDiscriminatorValue, abstractions.ErrorMappings{"XXX": odataerrors.CreateODataErrorFromDiscriminatorValue})
	if err != nil {
		t.Fatal(explain(err))
	}
	user, ok := got.(models.Userable)
	if !ok {
		t.Fatalf("%T is no user", got)
	}
	return user
}

//parity:real graph GET /v1.0/me
//parity:partly graph GET /v1.0/users/{id}: by id and by user principal name; the people of the tenant are fixed
func TestMicrosoftsSDKUnderstandsPeople(t *testing.T) {
	sdk, _ := signedIn(t)
	me := person(t, sdk, "/me")
	understood(t, "me", me)
	understood(t, "user", person(t, sdk, "/users/"+*me.GetId()))
	if *me.GetUserPrincipalName() != "admin@contoso.sandbox.invalid" {
		t.Errorf("me %s", *me.GetUserPrincipalName())
	}
}

//parity:real graph PATCH /v1.0/applications(uniqueName='{uniqueName}')
func TestMicrosoftsSDKUpsertsByUniqueName(t *testing.T) {
	sdk, _ := signedIn(t)
	name := "through-the-sdk"
	item := applicationswithuniquename.NewApplicationsWithUniqueNameRequestBuilderInternal(nil, sdk, &name)
	config := &applicationswithuniquename.ApplicationsWithUniqueNameRequestBuilderPatchRequestConfiguration{Headers: abstractions.NewRequestHeaders()}
	config.Headers.Add("Prefer", "create-if-missing")
	wanted := newApp("Upserted")
	wanted.SetPasswordCredentials(nil)
	made := must[models.Applicationable](t)(item.Patch(t.Context(), wanted, config))
	understood(t, "application", made)
	again := must[models.Applicationable](t)(item.Patch(t.Context(), wanted, config))
	if made == nil || *made.GetUniqueName() != name || again != nil {
		t.Errorf("made %v, again %v", made, again)
	}
}

//parity:real graph GET /v1.0/applications
func TestMicrosoftsSDKFollowsPages(t *testing.T) {
	sdk, _ := signedIn(t)
	ctx, all := t.Context(), applications.NewApplicationsRequestBuilderInternal(nil, sdk)
	for _, name := range []string{"Page one", "Page two", "Page three", "Page four", "Page five"} {
		must[models.Applicationable](t)(all.Post(ctx, newApp(name), nil))
	}
	two, filter, count := int32(2), "startswith(displayName,'Page')", true
	config := &applications.ApplicationsRequestBuilderGetRequestConfiguration{
		Headers:         abstractions.NewRequestHeaders(),
		QueryParameters: &applications.ApplicationsRequestBuilderGetQueryParameters{Top: &two, Filter: &filter, Count: &count, Orderby: []string{"displayName"}, Select: []string{"id", "displayName"}},
	}
	config.Headers.Add("ConsistencyLevel", "eventual")
	first := must[models.ApplicationCollectionResponseable](t)(all.Get(ctx, config))
	understood(t, "applications", first)
	if *first.GetOdataCount() != 5 || len(first.GetValue()) != 2 {
		t.Errorf("count %d, page of %d", *first.GetOdataCount(), len(first.GetValue()))
	}
	pages, err := core.NewPageIterator[models.Applicationable](first, sdk, models.CreateApplicationCollectionResponseFromDiscriminatorValue)
	check(t, err)
	pages.SetHeaders(config.Headers)
	var names []string
	check(t, pages.Iterate(ctx, func(a models.Applicationable) bool {
		names = append(names, strings.TrimPrefix(*a.GetDisplayName(), "Page "))
		return true
	}))
	if !slices.Equal(names, []string{"five", "four", "one", "three", "two"}) {
		t.Errorf("all pages: %v", names)
	}
}

//parity:real graph POST /v1.0/$batch
func TestMicrosoftsSDKSendsABatch(t *testing.T) {
	sdk, _ := signedIn(t)
	ctx, all := t.Context(), applications.NewApplicationsRequestBuilderInternal(nil, sdk)
	batch := core.NewBatchRequest(sdk)
	create, err := all.ToPostRequestInformation(ctx, newApp("In a batch"), nil)
	check(t, err)
	list, err := serviceprincipals.NewServicePrincipalsRequestBuilderInternal(nil, sdk).ToGetRequestInformation(ctx, nil)
	check(t, err)
	missing, err := all.ByApplicationId(uuid.NewString()).ToGetRequestInformation(ctx, nil)
	check(t, err)
	var ids []string
	for _, request := range []*abstractions.RequestInformation{create, list, missing} {
		step, err := batch.AddBatchRequestStep(*request)
		check(t, err)
		ids = append(ids, *step.GetId())
	}
	answer, err := batch.Send(ctx, sdk)
	check(t, err)
	understood(t, "application", must[models.Applicationable](t)(core.GetBatchResponseById[models.Applicationable](answer, ids[0], models.CreateApplicationFromDiscriminatorValue)))
	principals := must[models.ServicePrincipalCollectionResponseable](t)(
		core.GetBatchResponseById[models.ServicePrincipalCollectionResponseable](answer, ids[1], models.CreateServicePrincipalCollectionResponseFromDiscriminatorValue))
	understood(t, "servicePrincipals", principals)
	if codes := answer.GetStatusCodes(); codes[ids[0]] != 201 || codes[ids[1]] != 200 || codes[ids[2]] != 404 || len(principals.GetValue()) == 0 {
		t.Errorf("statuses %v", codes)
	}
}

//parity:real graph POST /v1.0/servicePrincipals
//parity:real graph PATCH /v1.0/servicePrincipals/{id}
//parity:real graph DELETE /v1.0/servicePrincipals/{id}
//parity:real graph POST /v1.0/servicePrincipals/{id}/appRoleAssignments
//parity:real graph DELETE /v1.0/servicePrincipals/{id}/appRoleAssignments/{assignmentId}
//parity:real graph POST /v1.0/oauth2PermissionGrants
//parity:real graph PATCH /v1.0/oauth2PermissionGrants/{id}
//parity:real graph DELETE /v1.0/oauth2PermissionGrants/{id}
func TestMicrosoftsSDKGrantsWhatAnAppAsksFor(t *testing.T) {
	sdk, _ := signedIn(t)
	ctx, all := t.Context(), serviceprincipals.NewServicePrincipalsRequestBuilderInternal(nil, sdk)
	app := must[models.Applicationable](t)(applications.NewApplicationsRequestBuilderInternal(nil, sdk).Post(ctx, newApp("To be granted"), nil))
	wanted := models.NewServicePrincipal()
	wanted.SetAppId(app.GetAppId())
	sp := must[models.ServicePrincipalable](t)(all.Post(ctx, wanted, nil))
	understood(t, "servicePrincipal", sp)
	item := all.ByServicePrincipalId(*sp.GetId())
	change, enabled := models.NewServicePrincipal(), false
	change.SetAccountEnabled(&enabled)
	must[models.ServicePrincipalable](t)(item.Patch(ctx, change, nil))

	graph := resource(t, all, "00000003-0000-0000-c000-000000000000")
	kind, scope := "AllPrincipals", "User.Read"
	grant := models.NewOAuth2PermissionGrant()
	grant.SetClientId(sp.GetId())
	grant.SetResourceId(graph.GetId())
	grant.SetConsentType(&kind)
	grant.SetScope(&scope)
	grants := oauth2permissiongrants.NewOauth2PermissionGrantsRequestBuilderInternal(nil, sdk)
	granted := must[models.OAuth2PermissionGrantable](t)(grants.Post(ctx, grant, nil))
	understood(t, "oauth2PermissionGrant", granted)
	wider := models.NewOAuth2PermissionGrant()
	more := "User.Read openid"
	wider.SetScope(&more)
	must[models.OAuth2PermissionGrantable](t)(grants.ByOAuth2PermissionGrantId(*granted.GetId()).Patch(ctx, wider, nil))
	check(t, grants.ByOAuth2PermissionGrantId(*granted.GetId()).Delete(ctx, nil))

	assigned := must[models.AppRoleAssignmentable](t)(item.AppRoleAssignments().Post(ctx, assignment(sp, graph), nil))
	understood(t, "appRoleAssignment", assigned)
	held := must[models.AppRoleAssignmentCollectionResponseable](t)(item.AppRoleAssignments().Get(ctx, nil))
	understood(t, "appRoleAssignments", held)
	given := must[models.AppRoleAssignmentCollectionResponseable](t)(all.ByServicePrincipalId(*graph.GetId()).AppRoleAssignedTo().Get(ctx, nil))
	understood(t, "appRoleAssignedTo", given)
	check(t, item.AppRoleAssignments().ByAppRoleAssignmentId(*assigned.GetId()).Delete(ctx, nil))
	check(t, item.Delete(ctx, nil))
}

// resource finds the service principal of an API.
func resource(t *testing.T, all *serviceprincipals.ServicePrincipalsRequestBuilder, appID string) models.ServicePrincipalable {
	t.Helper()
	filter := "appId eq '" + appID + "'"
	found := must[models.ServicePrincipalCollectionResponseable](t)(all.Get(t.Context(), &serviceprincipals.ServicePrincipalsRequestBuilderGetRequestConfiguration{
		QueryParameters: &serviceprincipals.ServicePrincipalsRequestBuilderGetQueryParameters{Filter: &filter},
	}))
	if len(found.GetValue()) != 1 {
		t.Fatalf("%d service principals of %s", len(found.GetValue()), appID)
	}
	understood(t, "resource", found)
	return found.GetValue()[0]
}

// assignment asks for the first role that a resource publishes.
func assignment(sp, resource models.ServicePrincipalable) models.AppRoleAssignmentable {
	a := models.NewAppRoleAssignment()
	holder, giver := uuid.MustParse(*sp.GetId()), uuid.MustParse(*resource.GetId())
	a.SetPrincipalId(&holder)
	a.SetResourceId(&giver)
	a.SetAppRoleId(resource.GetAppRoles()[0].GetId())
	return a
}

//parity:real graph GET /v1.0/policies/authorizationPolicy
//parity:real graph GET /v1.0/policies/defaultAppManagementPolicy
//parity:real graph GET /v1.0/policies/adminConsentRequestPolicy
func TestMicrosoftsSDKUnderstandsPolicies(t *testing.T) {
	adapter, _ := signedIn(t)
	ctx, sdk := t.Context(), policies.NewPoliciesRequestBuilderInternal(nil, adapter)
	_, err := sdk.AuthorizationPolicy().Get(ctx, nil)
	if refused, ok := errors.AsType[*odataerrors.ODataError](err); !ok || *refused.GetErrorEscaped().GetCode() != "Authorization_RequestDenied" {
		t.Errorf("Azure's command line may not read policies: %v", err)
	}
	policiesByScript(t, official(t))
}

// policiesByScript reads with an app's own permissions.
func policiesByScript(t *testing.T, adapter abstractions.RequestAdapter) {
	t.Helper()
	ctx, sdk := t.Context(), policies.NewPoliciesRequestBuilderInternal(nil, adapter)
	authorization := must[models.AuthorizationPolicyable](t)(sdk.AuthorizationPolicy().Get(ctx, nil))
	understood(t, "authorizationPolicy", authorization)
	apps := must[models.TenantAppManagementPolicyable](t)(sdk.DefaultAppManagementPolicy().Get(ctx, nil))
	understood(t, "defaultAppManagementPolicy", apps)
	requests := must[models.AdminConsentRequestPolicyable](t)(sdk.AdminConsentRequestPolicy().Get(ctx, nil))
	understood(t, "adminConsentRequestPolicy", requests)
	further := must[models.AppManagementPolicyCollectionResponseable](t)(sdk.AppManagementPolicies().Get(ctx, nil))
	understood(t, "appManagementPolicies", further)
	if !*authorization.GetDefaultUserRolePermissions().GetAllowedToCreateApps() {
		t.Error("Contoso's people may register apps")
	}
}

// listener hears what a comparison finds.
type listener struct{ heard []string }

func (l *listener) Helper() {}

func (l *listener) Errorf(format string, _ ...any) { l.heard = append(l.heard, format) }

func TestTheComparisonWithTheSDKCanFail(t *testing.T) {
	app, api := models.NewApplication(), models.NewApiApplication()
	app.SetApi(api)
	app.SetAdditionalData(map[string]any{"createdByAppId": "x", "@odata.context": "y"})
	quiet := &listener{}
	understood(quiet, "application", app)
	api.SetAdditionalData(map[string]any{"nickname": "x"})
	loud := &listener{}
	understood(loud, "application", app)
	if len(quiet.heard) != 0 || len(loud.heard) != 1 {
		t.Errorf("heard %v and %v", quiet.heard, loud.heard)
	}
}
