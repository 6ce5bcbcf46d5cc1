package sandbox

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	"github.com/AzureAD/microsoft-authentication-library-for-go/apps/public"
)

// Microsoft's own libraries against the TLS listeners: they refuse plain
// http and check what they read more closely than others do.

func TestAzidentityGetsATokenThatGraphTakes(t *testing.T) {
	s := start(t, Options{})
	client := trusting(t, s)
	tenant := s.Ready().Tenants[0]
	credential, err := azidentity.NewClientSecretCredential(tenant.ID, tenant.Automation.ClientID, tenant.Automation.ClientSecret,
		&azidentity.ClientSecretCredentialOptions{
			ClientOptions: azcore.ClientOptions{
				Transport: client,
				Cloud:     cloud.Configuration{ActiveDirectoryAuthorityHost: s.Ready().TLS.Login},
			},
			DisableInstanceDiscovery: true,
		})
	if err != nil {
		t.Fatal(err)
	}
	token, err := credential.GetToken(t.Context(), policy.TokenRequestOptions{Scopes: []string{"https://graph.microsoft.com/.default"}})
	if err != nil {
		t.Fatal(err)
	}
	var list struct{ Value []map[string]any }
	readWith(t, client, s.Ready().TLS.Graph+"/v1.0/applications?$top=1", token.Token, &list)
	if len(list.Value) != 1 {
		t.Errorf("applications %v", list)
	}
}

func TestMSALRedeemsACodeAndRefreshesSilently(t *testing.T) {
	s := start(t, Options{})
	client := trusting(t, s)
	tenant := s.Ready().Tenants[0]
	app, err := public.New(ConsoleClientID, public.WithAuthority(s.Ready().TLS.Login+"/"+tenant.ID),
		public.WithHTTPClient(client), public.WithInstanceDiscovery(false))
	if err != nil {
		t.Fatal(err)
	}
	ctx, scopes, redirect := t.Context(), []string{devopsScope}, "http://localhost:8400"
	address, err := app.AuthCodeURL(ctx, ConsoleClientID, redirect, scopes)
	if err != nil {
		t.Fatal(err)
	}
	l := &loginTest{T: t, w: s.world}
	b := l.visitor()
	b.http.Transport = client.Transport
	code := b.open(address+"&code_challenge="+testChallenge+"&code_challenge_method=S256").signIn("user", "contoso").code()
	result, err := app.AcquireTokenByAuthCode(ctx, code, redirect, scopes, public.WithChallenge(testVerifier))
	if err != nil {
		t.Fatal(err)
	}
	if result.Account.PreferredUsername != "user@contoso.sandbox.invalid" || !strings.HasSuffix(result.Account.HomeAccountID, "."+tenant.ID) {
		t.Errorf("account %+v", result.Account)
	}
	graph, err := app.AcquireTokenSilent(ctx, []string{"https://graph.microsoft.com/User.Read"}, public.WithSilentAccount(result.Account))
	if err != nil {
		t.Fatal(err)
	}
	var me struct {
		Name string `json:"userPrincipalName"`
	}
	readWith(t, client, s.Ready().TLS.Graph+"/v1.0/me", graph.AccessToken, &me)
	if me.Name != "user@contoso.sandbox.invalid" {
		t.Errorf("me %+v", me)
	}
}

func readWith(t *testing.T, client *http.Client, address, token string, into any) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	resp, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if err := json.NewDecoder(resp.Body).Decode(into); err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("%s: %d %v", address, resp.StatusCode, err)
	}
}
