package sandbox_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	abstractions "github.com/microsoft/kiota-abstractions-go"
	"github.com/microsoft/kiota-abstractions-go/authentication"
	"github.com/microsoft/kiota-abstractions-go/serialization"
	kiotahttp "github.com/microsoft/kiota-http-go"
	kiotajson "github.com/microsoft/kiota-serialization-json-go"
	"github.com/microsoftgraph/msgraph-sdk-go/applications"
	"github.com/microsoftgraph/msgraph-sdk-go/models"
	"github.com/microsoftgraph/msgraph-sdk-go/models/odataerrors"
	"github.com/microsoftgraph/msgraph-sdk-go/oauth2permissiongrants"
	"github.com/microsoftgraph/msgraph-sdk-go/organization"
	"github.com/microsoftgraph/msgraph-sdk-go/serviceprincipals"

	"github.com/consentry/consentry/sandbox"
)

// bearer adds a token on the way out.
type bearer struct {
	token string
	next  http.RoundTripper
}

func (b bearer) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("Authorization", "Bearer "+b.token)
	return b.next.RoundTrip(r)
}

// official is the way of Microsoft's own SDK, with its usual middlewares, to
// a running sandbox.
func official(t *testing.T) abstractions.RequestAdapter {
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
	trusting := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: authorities(t, s.CAFile())}}
	token := automationToken(t, &http.Client{Transport: trusting}, s)
	client := &http.Client{Transport: kiotahttp.NewCustomTransportWithParentTransport(bearer{token, trusting}, kiotahttp.GetDefaultMiddlewares()...)}
	adapter, err := kiotahttp.NewNetHttpRequestAdapterWithParseNodeFactoryAndSerializationWriterFactoryAndHttpClient(
		&authentication.AnonymousAuthenticationProvider{}, nil, nil, client)
	if err != nil {
		t.Fatal(err)
	}
	abstractions.RegisterDefaultSerializer(func() serialization.SerializationWriterFactory { return kiotajson.NewJsonSerializationWriterFactory() })
	abstractions.RegisterDefaultDeserializer(func() serialization.ParseNodeFactory { return kiotajson.NewJsonParseNodeFactory() })
	adapter.SetBaseUrl(s.Ready().TLS.Graph + "/v1.0")
	return adapter
}

func authorities(t *testing.T, file string) *x509.CertPool {
	t.Helper()
	pem, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		t.Fatal("the CA file holds no certificate")
	}
	return pool
}

// automationToken is the app-only token of the first tenant's automation.
func automationToken(t *testing.T, client *http.Client, s *sandbox.Sandbox) string {
	t.Helper()
	tenant := s.Ready().Tenants[0]
	r, err := client.PostForm(s.Ready().TLS.Login+"/"+tenant.ID+"/oauth2/v2.0/token", url.Values{
		"grant_type": {"client_credentials"}, "scope": {"https://graph.microsoft.com/.default"},
		"client_id": {tenant.Automation.ClientID}, "client_secret": {tenant.Automation.ClientSecret},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	var answer struct {
		AccessToken string `json:"access_token"`
		Description string `json:"error_description"`
	}
	if err := json.NewDecoder(r.Body).Decode(&answer); err != nil || answer.AccessToken == "" {
		t.Fatalf("no token: %d %s %v", r.StatusCode, answer.Description, err)
	}
	return answer.AccessToken
}

// newer are properties that Microsoft Graph's metadata of 2026-08 has and the
// SDK's models do not have yet, by model.
var newer = map[string]bool{"Application/createdByAppId": true, "Application/isDisabled": true, "ServicePrincipal/createdByAppId": true, "ServicePrincipal/isDisabled": true}

// understood fails the test where the SDK's model met something it does not
// know, at any depth.
func understood(t interface {
	Helper()
	Errorf(string, ...any)
}, at string, v any) {
	t.Helper()
	if list := reflect.ValueOf(v); list.Kind() == reflect.Slice {
		for i := range list.Len() {
			understood(t, at, list.Index(i).Interface())
		}
		return
	}
	model, ok := v.(serialization.AdditionalDataHolder)
	if !ok {
		return
	}
	for name := range model.GetAdditionalData() {
		kind := reflect.TypeOf(v).Elem().Name()
		if !strings.HasPrefix(name, "@odata.") && !newer[kind+"/"+name] {
			t.Errorf("%s: the SDK's %s does not know %s", at, kind, name)
		}
	}
	value := reflect.ValueOf(v)
	for i := range value.NumMethod() {
		name := value.Type().Method(i).Name
		get := value.Method(i)
		if !strings.HasPrefix(name, "Get") || get.Type().NumIn() != 0 || get.Type().NumOut() != 1 || name == "GetAdditionalData" || name == "GetBackingStore" {
			continue
		}
		if kind := get.Type().Out(0).Kind(); kind == reflect.Interface || kind == reflect.Slice {
			if got := get.Call(nil)[0]; !got.IsNil() {
				understood(t, at+"."+strings.TrimPrefix(name, "Get"), got.Interface())
			}
		}
	}
}

func newApp(name string, redirects ...string) models.Applicationable {
	a, audience, web := models.NewApplication(), "AzureADMultipleOrgs", models.NewWebApplication()
	web.SetRedirectUris(redirects)
	a.SetDisplayName(&name)
	a.SetSignInAudience(&audience)
	a.SetWeb(web)
	a.SetPasswordCredentials([]models.PasswordCredentialable{models.NewPasswordCredential()})
	return a
}

//parity:real graph GET /v1.0/applications
//parity:real graph POST /v1.0/applications
func TestMicrosoftsSDKUnderstandsApplications(t *testing.T) {
	sdk := official(t)
	all := applications.NewApplicationsRequestBuilderInternal(nil, sdk)
	made, err := all.Post(t.Context(), newApp("Through the SDK", "https://app.example.com/cb"), nil)
	if err != nil {
		t.Fatal(explain(err))
	}
	understood(t, "application", made)
	if len(made.GetPasswordCredentials()) != 1 || made.GetPasswordCredentials()[0].GetSecretText() == nil {
		t.Fatal("no secret came back")
	}
	body := applications.NewItemAddPasswordPostRequestBody()
	second, err := all.ByApplicationId(*made.GetId()).AddPassword().Post(t.Context(), body, nil)
	if err != nil {
		t.Fatal(explain(err))
	}
	understood(t, "passwordCredential", second)
	removal := applications.NewItemRemovePasswordPostRequestBody()
	removal.SetKeyId(second.GetKeyId())
	if err := all.ByApplicationId(*made.GetId()).RemovePassword().Post(t.Context(), removal, nil); err != nil {
		t.Fatal(explain(err))
	}
	change := models.NewApplication()
	change.SetTags([]string{"changed"})
	if _, err := all.ByApplicationId(*made.GetId()).Patch(t.Context(), change, nil); err != nil {
		t.Fatal(explain(err))
	}
	read, err := all.ByApplicationId(*made.GetId()).Get(t.Context(), nil)
	if err != nil {
		t.Fatal(explain(err))
	}
	understood(t, "application", read)
	if read.GetWeb().GetRedirectUris()[0] != "https://app.example.com/cb" || read.GetTags()[0] != "changed" || len(read.GetPasswordCredentials()) != 1 {
		t.Errorf("read back: %v %v", read.GetWeb().GetRedirectUris(), read.GetTags())
	}
	list, err := all.Get(t.Context(), nil)
	if err != nil {
		t.Fatal(explain(err))
	}
	understood(t, "applications", list)
	if err := all.ByApplicationId(*made.GetId()).Delete(t.Context(), nil); err != nil {
		t.Fatal(explain(err))
	}
}

//parity:real graph GET /v1.0/servicePrincipals
func TestMicrosoftsSDKUnderstandsPrincipalsGrantsAndTheOrganization(t *testing.T) {
	sdk := official(t)
	principals, err := serviceprincipals.NewServicePrincipalsRequestBuilderInternal(nil, sdk).Get(t.Context(), nil)
	if err != nil {
		t.Fatal(explain(err))
	}
	grants, err := oauth2permissiongrants.NewOauth2PermissionGrantsRequestBuilderInternal(nil, sdk).Get(t.Context(), nil)
	if err != nil {
		t.Fatal(explain(err))
	}
	tenants, err := organization.NewOrganizationRequestBuilderInternal(nil, sdk).Get(t.Context(), nil)
	if err != nil {
		t.Fatal(explain(err))
	}
	if len(principals.GetValue()) == 0 || len(grants.GetValue()) == 0 || len(tenants.GetValue()) != 1 {
		t.Errorf("%d principals, %d grants, %d organizations", len(principals.GetValue()), len(grants.GetValue()), len(tenants.GetValue()))
	}
	understood(t, "servicePrincipals", principals)
	understood(t, "oauth2PermissionGrants", grants)
	understood(t, "organization", tenants)
}

func TestMicrosoftsSDKReadsErrors(t *testing.T) {
	sdk := official(t)
	_, err := applications.NewApplicationsRequestBuilderInternal(nil, sdk).Post(t.Context(), newApp("Bad", "http://app.example.com/cb"), nil)
	refusal, ok := errors.AsType[*odataerrors.ODataError](err)
	if !ok {
		t.Fatalf("no OData error: %v", err)
	}
	main := refusal.GetErrorEscaped()
	if refusal.ResponseStatusCode != 400 || *main.GetCode() != "Request_BadRequest" || main.GetInnerError().GetRequestId() == nil || main.GetInnerError().GetDate() == nil {
		t.Errorf("error: %d %s", refusal.ResponseStatusCode, *main.GetMessage())
	}
}

// explain shows what the service said.
func explain(err error) string {
	if refusal, ok := errors.AsType[*odataerrors.ODataError](err); ok && refusal.GetErrorEscaped() != nil {
		return *refusal.GetErrorEscaped().GetCode() + ": " + *refusal.GetErrorEscaped().GetMessage()
	}
	return err.Error()
}
