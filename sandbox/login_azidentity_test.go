package sandbox

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
)

const everythingOnGraph = "https://graph.microsoft.com/.default"

// azureOptions lead a credential of azidentity to a running sandbox.
func azureOptions(t *testing.T, s *Sandbox) azcore.ClientOptions {
	t.Helper()
	return azcore.ClientOptions{
		Transport: trusting(t, s),
		Cloud:     cloud.Configuration{ActiveDirectoryAuthorityHost: s.Ready().TLS.Login},
	}
}

// tokenOf asks a credential for a token.
func tokenOf(t *testing.T, credential azcore.TokenCredential, scope string) string {
	t.Helper()
	token, err := credential.GetToken(t.Context(), policy.TokenRequestOptions{Scopes: []string{scope}})
	if err != nil {
		t.Fatal(err)
	}
	return token.Token
}

// DeviceCredential is azidentity's device code credential for the first
// tenant, as Azure's command line: the person, by the part of their name
// before the @, types the code in a browser of their own.
func DeviceCredential(t *testing.T, s *Sandbox, person string) *azidentity.DeviceCodeCredential {
	t.Helper()
	options := azureOptions(t, s)
	credential, err := azidentity.NewDeviceCodeCredential(&azidentity.DeviceCodeCredentialOptions{
		ClientOptions: options, TenantID: s.Ready().Tenants[0].ID, ClientID: azureCLI, DisableInstanceDiscovery: true,
		UserPrompt: func(_ context.Context, message azidentity.DeviceCodeMessage) error {
			if !strings.Contains(message.Message, message.VerificationURL) || !strings.Contains(message.Message, message.UserCode) {
				return errors.New("the message lacks address or code: " + message.Message)
			}
			b := browserOf(t, s)
			b.open(message.VerificationURL).press("Next", "otc", message.UserCode).signIn(person, "contoso").press("Continue")
			return nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return credential
}

// browserOf is a person's browser at the TLS listeners.
func browserOf(t *testing.T, s *Sandbox) *visitor {
	t.Helper()
	b := (&loginTest{T: t, w: s.world}).visitor()
	b.http.Transport = trusting(t, s).Transport
	return b
}

//parity:real login POST /{tenant}/oauth2/v2.0/devicecode
func TestAzidentitySignsInWithADeviceCode(t *testing.T) {
	s := start(t, Options{})
	credential := DeviceCredential(t, s, "admin")
	var me struct {
		Name string `json:"userPrincipalName"`
	}
	client, scope := trusting(t, s), "https://graph.microsoft.com/User.Read.All"
	readWith(t, client, s.Ready().TLS.Graph+"/v1.0/me", tokenOf(t, credential, scope), &me)
	if me.Name != "admin@contoso.sandbox.invalid" {
		t.Errorf("me %+v", me)
	}
	var list struct{ Count int }
	address := s.Ready().TLS.DevOps + "/contoso/_apis/projects?api-version=7.1"
	readWith(t, client, address, tokenOf(t, credential, devopsScope), &list) // by the refresh token that it kept
	if list.Count == 0 {
		t.Error("no projects")
	}
}

//parity:real graph PATCH /v1.0/applications/{id}
func TestAzidentitySignsInWithACertificate(t *testing.T) {
	s := start(t, Options{})
	tenant, by := s.Ready().Tenants[0], certificates(t)[0]
	options := azureOptions(t, s)
	secret, err := azidentity.NewClientSecretCredential(tenant.ID, tenant.Automation.ClientID, tenant.Automation.ClientSecret,
		&azidentity.ClientSecretCredentialOptions{ClientOptions: options, DisableInstanceDiscovery: true})
	if err != nil {
		t.Fatal(err)
	}
	path := s.Ready().TLS.Graph + "/v1.0/applications(appId='" + tenant.Automation.ClientID + "')"
	patchWith(t, trusting(t, s), path, tokenOf(t, secret, everythingOnGraph), `{"keyCredentials":[`+by.entry()+`]}`)

	credential := certificateCredential(t, s, by)
	var list struct{ Value []map[string]any }
	readWith(t, trusting(t, s), s.Ready().TLS.Graph+"/v1.0/applications?$top=1", tokenOf(t, credential, everythingOnGraph), &list)

	_, err = certificateCredential(t, s, certificates(t)[1]).GetToken(t.Context(), policy.TokenRequestOptions{Scopes: []string{everythingOnGraph}})
	refused, ok := errors.AsType[*azidentity.AuthenticationFailedError](err)
	if !ok || refused.RawResponse.StatusCode != http.StatusUnauthorized || !strings.Contains(err.Error(), "AADSTS700027") {
		t.Errorf("a certificate that is not registered: %v", err)
	}
}

// certificateCredential is azidentity's, for the first tenant's automation.
func certificateCredential(t *testing.T, s *Sandbox, by testCertificate) *azidentity.ClientCertificateCredential {
	t.Helper()
	certificate, err := x509.ParseCertificate(by.der)
	if err != nil {
		t.Fatal(err)
	}
	tenant := s.Ready().Tenants[0]
	credential, err := azidentity.NewClientCertificateCredential(tenant.ID, tenant.Automation.ClientID, []*x509.Certificate{certificate}, by.private,
		&azidentity.ClientCertificateCredentialOptions{ClientOptions: azureOptions(t, s), DisableInstanceDiscovery: true})
	if err != nil {
		t.Fatal(err)
	}
	return credential
}

func TestAzidentityTellsWhatIsWrong(t *testing.T) {
	s := start(t, Options{})
	tenant := s.Ready().Tenants[0]
	for _, c := range []struct{ name, tenant, client, secret, says string }{
		{"wrong secret", tenant.ID, tenant.Automation.ClientID, "wrong", "AADSTS7000215"},
		{"unknown client", tenant.ID, newGUID(), "x", "AADSTS700016"},
		{"client of another tenant", s.Ready().Tenants[1].ID, tenant.Automation.ClientID, tenant.Automation.ClientSecret, "AADSTS700016"},
		{"unknown tenant", newGUID(), tenant.Automation.ClientID, "x", "AADSTS90002"},
	} {
		t.Run(c.name, func(t *testing.T) {
			credential, err := azidentity.NewClientSecretCredential(c.tenant, c.client, c.secret,
				&azidentity.ClientSecretCredentialOptions{ClientOptions: azureOptions(t, s), DisableInstanceDiscovery: true})
			if err != nil {
				t.Fatal(err)
			}
			_, err = credential.GetToken(t.Context(), policy.TokenRequestOptions{Scopes: []string{everythingOnGraph}})
			if err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("it does not say %s: %v", c.says, err)
			}
		})
	}
}

// patchWith sends a change of a Microsoft Graph object.
func patchWith(t *testing.T, client *http.Client, address, token, body string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPatch, address, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("Content-Type", "application/json")
	resp, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusNoContent {
		var refused any
		_ = json.NewDecoder(resp.Body).Decode(&refused) // for the message alone
		t.Fatalf("%d: %v", resp.StatusCode, refused)
	}
}
