package setup

import (
	"reflect"
	"strings"
	"testing"

	"github.com/consentry/consentry/entra"
)

const wholeFile = `
environment: frontegg-production
integration: frontegg
inputs:
  host: gateway.example.com
tenant: contoso.onmicrosoft.com
organization: contoso
project: Web Shop
scopes: [vso.work_write, vso.code]
displayName: Gateway
audience: AzureADMultipleOrgs
secret:
  description: Gateway
  lifetime: 6mo
adopt: 11111111-2222-3333-4444-555555555555
skipConsent: true
`

func TestParseFileReadsEveryKey(t *testing.T) {
	got, err := ParseFile([]byte(wholeFile))
	if err != nil {
		t.Fatal(err)
	}
	want := Spec{
		Name: "frontegg-production", Integration: "frontegg", Inputs: map[string]string{"host": "gateway.example.com"},
		Tenant: "contoso.onmicrosoft.com", Organization: "contoso", Project: "Web Shop",
		Scopes: []string{"vso.work_write", "vso.code"}, DisplayName: "Gateway", Audience: "AzureADMultipleOrgs",
		Secret: SecretSpec{Description: "Gateway", LifetimeDays: 182},
		Adopt:  "11111111-2222-3333-4444-555555555555", SkipConsent: true,
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestParseFileReadsHowAServiceProvesItself(t *testing.T) {
	got, err := ParseFile([]byte(`
environment: shop
integration: custom
credential: federated
federated:
  issuer: https://token.actions.githubusercontent.com
  subject: repo:contoso/shop:ref:refs/heads/main
  audience: api://AzureADTokenExchange
  name: main
`))
	want := entra.FederatedCredential{Name: "main", Issuer: "https://token.actions.githubusercontent.com", Subject: "repo:contoso/shop:ref:refs/heads/main", Audience: entra.TokenExchange}
	if err != nil || got.Credential != entra.FederatedKind || got.Federated != want {
		t.Errorf("got %+v, %v", got, err)
	}
	got, err = ParseFile([]byte("environment: shop\nintegration: custom\ncredential: certificate\ncertificate: |\n  -----BEGIN CERTIFICATE-----\n  AA==\n  -----END CERTIFICATE-----\n"))
	if err != nil || got.Credential != entra.CertificateKind || got.Certificate != "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n" {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestParseFileTakesJSON(t *testing.T) {
	got, err := ParseFile([]byte(`{"environment": "a", "integration": "cyclr", "inputs": {"domain": "x.example"}, "secret": {"lifetime": "P90D"}}`))
	if err != nil {
		t.Fatal(err)
	}
	if got.Name != "a" || got.Integration != "cyclr" || got.Inputs["domain"] != "x.example" || got.Secret.LifetimeDays != 90 {
		t.Errorf("got %+v", got)
	}
}

func TestParseFileRefuses(t *testing.T) {
	tests := []struct{ name, file, says string }{
		{"nothing", "", "is empty"},
		{"only a comment", "# later\n", "is empty"},
		{"an unknown key", "environment: a\nintegration: b\norganisation: c\n", `line 3: the key "organisation" is unknown`},
		{"an unknown key below secret", "environment: a\nsecret:\n  value: abc8Q~hunter2\n", `line 3: the key "value" is unknown`},
		{"a key twice", "environment: a\nintegration: b\nenvironment: c\n", `line 3: mapping key "environment" already defined`},
		{"an input twice", "inputs:\n  host: a\n  host: b\n", `line 3: mapping key "host" already defined`},
		{"a list for a text", "environment: [a, b]\n", "line 1: the value has the wrong form"},
		{"a text for a list", "environment: a\nscopes:\n  deep: {er: 1}\n", "line 3"},
		{"two documents", "environment: a\n---\nenvironment: b\n", "more than one document"},
		{"broken YAML", "environment: \"a\n", "line 1"},
		{"a lifetime without unit", "secret: {lifetime: 180}\n", `secret.lifetime "180" is none`},
		{"a lifetime of nothing", "secret: {lifetime: 0d}\n", `secret.lifetime "0d" is no time at all`},
		{"too much", "environment: " + strings.Repeat("a", maxFile), "more than 1 MiB"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := ParseFile([]byte(tt.file))
			if err == nil || !strings.Contains(err.Error(), tt.says) {
				t.Fatalf("got %v, want an error with %q", err, tt.says)
			}
			if strings.Contains(err.Error(), "hunter2") {
				t.Errorf("the error quotes a value: %v", err)
			}
		})
	}
}

func TestParseLifetime(t *testing.T) {
	for text, want := range map[string]int{
		"": 0, "180d": 180, "1y": 365, "2y": 730, "6mo": 182, "12mo": 365, "24mo": 730,
		"P180D": 180, "P6M": 182, "P1Y": 365, "p1y": 365, " 30 d ": 30,
	} {
		if got, err := parseLifetime(text); err != nil || got != want {
			t.Errorf("%q: %d, %v; want %d", text, got, err, want)
		}
	}
	for _, text := range []string{"d", "-1d", "1w", "P1H", "1.5y", "99999d", "PD"} {
		if got, err := parseLifetime(text); err == nil {
			t.Errorf("%q: %d without error", text, got)
		}
	}
}
