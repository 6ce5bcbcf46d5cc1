//go:build linux || darwin

package sandbox

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
)

// browserCommands are what azidentity opens the system's browser with.
var browserCommands = []string{"xdg-open", "open"}

// systemBrowser puts a command in the place of the system's browser. What it
// is told to open comes out of the channel.
func systemBrowser(t *testing.T) <-chan string {
	t.Helper()
	dir := t.TempDir()
	pipe := filepath.Join(dir, "address")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Skipf("a stand-in for the browser takes a named pipe: %v", err)
	}
	for _, name := range browserCommands {
		script := "#!/bin/sh\nprintf %s \"$1\" > '" + pipe + "'\n"
		if err := os.WriteFile(filepath.Join(dir, name), []byte(script), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", dir)
	opened := make(chan string, 1)
	go func() {
		address, err := os.ReadFile(pipe) // waits for the command
		if err != nil {
			t.Error(err)
		}
		opened <- string(address)
	}()
	return opened
}

//parity:real login GET /{tenant}/oauth2/v2.0/authorize
func TestAzidentitySignsInThroughABrowser(t *testing.T) {
	s := start(t, Options{})
	opened := systemBrowser(t)
	credential, err := azidentity.NewInteractiveBrowserCredential(&azidentity.InteractiveBrowserCredentialOptions{
		ClientOptions: azureOptions(t, s), TenantID: s.Ready().Tenants[0].ID, ClientID: ConsoleClientID, DisableInstanceDiscovery: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	type answer struct {
		token azcore.AccessToken
		err   error
	}
	answered := make(chan answer, 1)
	go func() {
		token, err := credential.GetToken(t.Context(), policy.TokenRequestOptions{Scopes: []string{"https://graph.microsoft.com/User.Read"}})
		answered <- answer{token, err}
	}()
	select {
	case address := <-opened:
		end := browserOf(t, s).open(address).signIn("user", "contoso").shows("Taking you back to the app").press("Continue")
		if end.status != http.StatusOK || !strings.Contains(end.html.Text(), "Authentication complete") {
			t.Errorf("the library's own page: %d %s", end.status, end.html.Text())
		}
	case early := <-answered:
		t.Fatalf("no browser was opened: %v", early.err)
	}
	got := <-answered
	if got.err != nil {
		t.Fatal(got.err)
	}
	var me struct {
		Name string `json:"userPrincipalName"`
	}
	readWith(t, trusting(t, s), s.Ready().TLS.Graph+"/v1.0/me", got.token.Token, &me)
	if me.Name != "user@contoso.sandbox.invalid" {
		t.Errorf("me %+v", me)
	}
}
