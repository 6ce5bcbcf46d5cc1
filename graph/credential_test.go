package graph

import (
	"encoding/pem"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"github.com/consentry/consentry/entra"
)

// caFile writes the certificate of a test server where a cloud can name it.
func caFile(t *testing.T, s *httptest.Server) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "ca.pem")
	data := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

var custom = entra.Cloud{Name: "custom", Login: "https://login.example.com", Graph: "https://graph.example.com"}

// fakeAzureCLI puts an az on the PATH that writes its arguments to a file and
// hands out a token.
func fakeAzureCLI(t *testing.T) (arguments func() string) {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("the stand-in for the Azure CLI is a shell script")
	}
	dir := t.TempDir()
	script := fmt.Sprintf("#!/bin/sh\necho \"$@\" >> %s/arguments\necho '{\"accessToken\":\"cli-token\",\"expires_on\":%d}'\n",
		dir, time.Now().Add(time.Hour).Unix())
	if err := os.WriteFile(filepath.Join(dir, "az"), []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+string(os.PathListSeparator)+os.Getenv("PATH"))
	return func() string {
		data, err := os.ReadFile(filepath.Join(dir, "arguments"))
		if err != nil {
			t.Fatal(err)
		}
		return string(data)
	}
}

func TestAzureCLIIsAskedForGraphOnce(t *testing.T) {
	arguments := fakeAzureCLI(t)
	cred, err := AzureCLI(entra.Public(), "contoso.onmicrosoft.com")
	if err != nil {
		t.Fatal(err)
	}
	w, _ := newWire(t, always(200, emptyList))
	c, err := New(entra.Cloud{Graph: w.server.URL}, cred, Options{HTTP: w.server.Client()})
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if err := read(t, c); err != nil {
			t.Fatal(err)
		}
	}
	if got := w.got[2].header.Get("Authorization"); got != "Bearer cli-token" {
		t.Errorf("Authorization %q", got)
	}
	want := "account get-access-token -o json --resource https://graph.microsoft.com --tenant contoso.onmicrosoft.com\n"
	if got := arguments(); got != want {
		t.Errorf("az was called with\n%swant\n%s", got, want)
	}
}

func TestTokensOfThePublicCloudStayThere(t *testing.T) {
	arguments := fakeAzureCLI(t)
	if _, err := AzureCLI(custom, ""); err == nil {
		t.Error("the Azure CLI may hand its public token to another cloud")
	}
	for _, name := range []string{"AZURE_TENANT_ID", "AZURE_CLIENT_ID", "AZURE_CLIENT_SECRET"} {
		t.Setenv(name, "")
	}
	if _, err := Chain(custom, ""); err == nil || !strings.Contains(err.Error(), "AZURE_CLIENT_ID") {
		t.Errorf("error %v; want one that names the variables to set", err)
	}
	cred, err := Chain(custom, "contoso.example.com")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := cred.GetToken(t.Context(), policy.TokenRequestOptions{Scopes: []string{scope}}); err != nil {
		t.Fatal(err)
	}
	if got := arguments(); !strings.Contains(got, "--tenant contoso.example.com") {
		t.Errorf("az was asked for no certain tenant: %s", got)
	}
}

func TestChainAsksInTheTenantNamed(t *testing.T) {
	arguments := fakeAzureCLI(t)
	t.Setenv("AZURE_TOKEN_CREDENTIALS", "AzureCLICredential")
	cred, err := Chain(entra.Public(), "contoso.onmicrosoft.com")
	if err != nil {
		t.Fatal(err)
	}
	token, err := cred.GetToken(t.Context(), policy.TokenRequestOptions{Scopes: []string{scope}})
	if err != nil || token.Token != "cli-token" {
		t.Fatalf("token %q, %v", token.Token, err)
	}
	if got := arguments(); !strings.Contains(got, "--tenant contoso.onmicrosoft.com") {
		t.Errorf("az was asked for another tenant: %s", got)
	}
}

func TestCredentialsRefuse(t *testing.T) {
	secret := entra.NewSensitive("s")
	plain := entra.Cloud{Name: "plain", Login: "http://127.0.0.1:18080/login"}
	noCA := entra.Cloud{Name: "no CA", Login: "https://127.0.0.1", CAFile: filepath.Join(t.TempDir(), "missing.pem")}
	emptyCA := filepath.Join(t.TempDir(), "empty.pem")
	if err := os.WriteFile(emptyCA, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, make := range map[string]func() error{
		"sign-in over plain http": func() error {
			cred, err := ClientSecret(plain, "contoso.example.com", clientID, secret)
			if err == nil {
				_, err = cred.GetToken(t.Context(), policy.TokenRequestOptions{Scopes: []string{scope}})
			}
			return err
		},
		"a tenant that is a path": func() error { _, err := ClientSecret(custom, "a/b", clientID, secret); return err },
		"a missing CA file":       func() error { _, err := ClientSecret(noCA, "t", clientID, secret); return err },
		"a CA file without certificate": func() error {
			_, err := Transport(entra.Cloud{CAFile: emptyCA})
			return err
		},
		"a tenant for a shell": func() error { _, err := AzureCLI(entra.Public(), "x; rm -rf /"); return err },
		"no credential":        func() error { _, err := New(custom, nil, Options{}); return err },
		"no Graph address": func() error {
			_, err := New(entra.Cloud{}, TokenFunc(nil), Options{})
			return err
		},
	} {
		if make() == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
