package graph

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/sandbox"
)

// identityVariables are all that azidentity reads about identities.
var identityVariables = []string{
	"AZURE_TENANT_ID", "AZURE_CLIENT_ID", "AZURE_CLIENT_SECRET", "AZURE_CLIENT_CERTIFICATE_PATH", "AZURE_USERNAME", "AZURE_PASSWORD",
	"AZURE_FEDERATED_TOKEN_FILE", "AZURE_AUTHORITY_HOST", "IDENTITY_ENDPOINT", "IDENTITY_HEADER", "IMDS_ENDPOINT", "MSI_ENDPOINT", "MSI_SECRET",
}

// withVariables sets some of them and empties the others.
func withVariables(t *testing.T, values map[string]string) {
	t.Helper()
	for _, name := range identityVariables {
		t.Setenv(name, values[name])
		if values[name] == "" {
			if err := os.Unsetenv(name); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// whoIs asks the credential for a token and reads it.
func whoIs(t *testing.T, cred azcore.TokenCredential) entra.Identity {
	t.Helper()
	token, err := cred.GetToken(t.Context(), policy.TokenRequestOptions{Scopes: []string{scope}})
	if err != nil {
		t.Fatal(signInError(err))
	}
	return entra.TokenIdentity(entra.NewSensitive(token.Token))
}

func TestTheEnvironmentsApplicationIsUsed(t *testing.T) {
	s := sharedSandbox(t)
	tenant := tenantOf(t, s, "healthy")
	withVariables(t, map[string]string{
		"AZURE_TENANT_ID": tenant.ID, "AZURE_CLIENT_ID": tenant.Automation.ClientID, "AZURE_CLIENT_SECRET": tenant.Automation.ClientSecret,
	})
	for _, given := range []string{"", tenant.ID} {
		cred, err := Environment(s.Cloud(), given)
		if err != nil {
			t.Fatal(err)
		}
		who := whoIs(t, cred)
		if !who.AppOnly || string(who.Tenant) != tenant.ID || string(who.Client) != tenant.Automation.ClientID || who.ID == "" || who.UPN != "" ||
			!slices.Contains(who.Permissions, "Application.ReadWrite.All") || who.DisplayName != "Automation" {
			t.Errorf("tenant %q: %+v", given, who)
		}
	}
	cred, err := Environment(s.Cloud(), tenantOf(t, s, "expired secret").ID)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := cred.GetToken(t.Context(), policy.TokenRequestOptions{Scopes: []string{scope}}); err == nil {
		t.Error("another tenant than the environment's got a token")
	}
}

// platformToken is what the sandbox's platform says about a workload.
func platformToken(t *testing.T, s *sandbox.Sandbox, subject string) string {
	t.Helper()
	resp, err := http.Get(s.Ready().Address + "/workload-token?subject=" + subject)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	token, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, token, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestThePlatformVouchesForAWorkload(t *testing.T) {
	s := sharedSandbox(t)
	tenant := tenantOf(t, s, "healthy")
	c := automation(t, s, tenant)
	made := do(t, c, entra.CreateApplication{DisplayName: "Workload", Audience: entra.SingleTenant}).Application
	do(t, c, entra.CreateServicePrincipal{ClientID: made.ClientID})
	do(t, c, entra.AddFederatedCredential{App: made.ID, Credential: entra.FederatedCredential{
		Name: "platform", Issuer: sandbox.WorkloadIssuer, Subject: "console", Audience: entra.TokenExchange}})
	withVariables(t, map[string]string{
		"AZURE_TENANT_ID": tenant.ID, "AZURE_CLIENT_ID": string(made.ClientID), "AZURE_FEDERATED_TOKEN_FILE": platformToken(t, s, "console"),
	})
	cred, err := WorkloadIdentity(s.Cloud(), "")
	if err != nil {
		t.Fatal(err)
	}
	if who := whoIs(t, cred); !who.AppOnly || who.Client != made.ClientID || string(who.Tenant) != tenant.ID || len(who.Permissions) != 0 {
		t.Errorf("identity %+v", who)
	}
	t.Setenv("AZURE_FEDERATED_TOKEN_FILE", platformToken(t, s, "somebody-else"))
	if cred, err = WorkloadIdentity(s.Cloud(), tenant.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := cred.GetToken(t.Context(), policy.TokenRequestOptions{Scopes: []string{scope}}); err == nil {
		t.Error("another workload got a token")
	}
}

// TestAzureGivesThisMachineAnIdentity stands in for the endpoint that App
// Service has for managed identities.
func TestAzureGivesThisMachineAnIdentity(t *testing.T) {
	var mu sync.Mutex
	var asked []string
	endpoint := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		asked = append(asked, r.URL.Query().Get("resource")+" "+r.URL.Query().Get("client_id")+" "+r.Header.Get("X-Identity-Header"))
		fmt.Fprintf(rw, `{"access_token":"opaque","expires_on":"%d","resource":"https://graph.microsoft.com","token_type":"Bearer"}`, time.Now().Add(time.Hour).Unix())
	}))
	t.Cleanup(endpoint.Close)
	withVariables(t, map[string]string{"IDENTITY_ENDPOINT": endpoint.URL, "IDENTITY_HEADER": "known-here"})
	cred, err := ManagedIdentity(entra.Public(), clientID)
	if err != nil {
		t.Fatal(err)
	}
	if who := whoIs(t, cred); who.Complete() {
		t.Errorf("an opaque token told %+v", who)
	}
	mu.Lock()
	defer mu.Unlock()
	if want := []string{"https://graph.microsoft.com " + clientID + " known-here"}; !slices.Equal(asked, want) {
		t.Errorf("asked %q, want %q", asked, want)
	}
}

func TestIdentitiesThatAreNotThere(t *testing.T) {
	public := entra.Public()
	for situation, c := range map[string]struct {
		variables map[string]string
		make      func() (azcore.TokenCredential, error)
		word      string
	}{
		"no environment": {nil, func() (azcore.TokenCredential, error) { return Environment(public, "") }, "AZURE_TENANT_ID is not set"},
		"no client": {map[string]string{"AZURE_TENANT_ID": "t"}, func() (azcore.TokenCredential, error) { return Environment(public, "") },
			"AZURE_CLIENT_ID is not set"},
		"a person's password": {map[string]string{"AZURE_TENANT_ID": "t", "AZURE_CLIENT_ID": "c", "AZURE_USERNAME": "u", "AZURE_PASSWORD": "canary"},
			func() (azcore.TokenCredential, error) { return Environment(public, "") }, "AZURE_USERNAME is set"},
		"no platform": {map[string]string{"AZURE_CLIENT_ID": "c"}, func() (azcore.TokenCredential, error) { return WorkloadIdentity(public, "t") },
			"AZURE_FEDERATED_TOKEN_FILE is not set"},
		"a managed identity elsewhere": {nil, func() (azcore.TokenCredential, error) { return ManagedIdentity(custom, "") }, "nothing to send"},
	} {
		withVariables(t, c.variables)
		if _, err := c.make(); err == nil || !strings.Contains(err.Error(), c.word) || strings.Contains(err.Error(), "canary") {
			t.Errorf("%s: %v, want a word about %q", situation, err, c.word)
		}
	}
}
