package setup

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"

	"github.com/consentry/consentry/entra"
)

// maxFile bounds an environment file, in bytes.
const maxFile = 1 << 20

// file is an environment file: YAML, or JSON, which is YAML too. Its keys are
// those of Spec, but that the secret's lifetime is written with its unit.
type file struct {
	Environment  string            `yaml:"environment"`
	Integration  string            `yaml:"integration"`
	Inputs       map[string]string `yaml:"inputs"`
	Tenant       string            `yaml:"tenant"`
	Organization string            `yaml:"organization"`
	Project      string            `yaml:"project"`
	Scopes       []string          `yaml:"scopes"`
	DisplayName  string            `yaml:"displayName"`
	Audience     entra.Audience    `yaml:"audience"`
	Secret       struct {
		Description string `yaml:"description"`
		Lifetime    string `yaml:"lifetime"`
	} `yaml:"secret"`
	Credential  entra.CredentialKind `yaml:"credential"`
	Certificate string               `yaml:"certificate"`
	Federated   struct {
		Name     string `yaml:"name"`
		Issuer   string `yaml:"issuer"`
		Subject  string `yaml:"subject"`
		Audience string `yaml:"audience"`
	} `yaml:"federated"`
	Adopt       entra.ClientID `yaml:"adopt"`
	SkipConsent bool           `yaml:"skipConsent"`
}

// ParseFile reads an environment file:
//
//	environment: frontegg-production
//	integration: frontegg
//	inputs:
//	  host: gateway.example.com
//	tenant: contoso.onmicrosoft.com
//	organization: contoso
//	project: Web Shop
//	scopes: [vso.work_write]   # without it: what the integration recommends
//	secret:
//	  description: Frontegg
//	  lifetime: 180d           # 180d, 6mo, 1y, or P180D, P6M, P1Y
//
// Also known are displayName, audience, adopt (the client ID of an existing
// application) and skipConsent, and for a service of one's own how it proves
// itself: credential (secret, certificate or federated), certificate (PEM; none
// means that a key pair is made) and federated (issuer, subject, audience, name). Unknown and repeated keys are refused; the
// error names the line. Values are checked by Spec.Resolve.
func ParseFile(data []byte) (Spec, error) {
	if len(data) > maxFile {
		return Spec{}, fmt.Errorf("the environment file has more than %d MiB", maxFile>>20)
	}
	var f file
	in := yaml.NewDecoder(bytes.NewReader(data), yaml.Strict())
	if err := in.Decode(&f); err != nil {
		return Spec{}, fileError(err)
	}
	if err := in.Decode(new(any)); !errors.Is(err, io.EOF) {
		return Spec{}, errors.New("the environment file holds more than one document: keep one, without ---")
	}
	days, err := parseLifetime(f.Secret.Lifetime)
	if err != nil {
		return Spec{}, fmt.Errorf("the environment file: %w", err)
	}
	return Spec{
		Name: f.Environment, Integration: f.Integration, Inputs: f.Inputs,
		Tenant: f.Tenant, Organization: f.Organization, Project: f.Project, Scopes: f.Scopes,
		DisplayName: f.DisplayName, Audience: f.Audience,
		Secret:     SecretSpec{Description: f.Secret.Description, LifetimeDays: days},
		Credential: f.Credential, Certificate: f.Certificate,
		Federated: entra.FederatedCredential{Name: f.Federated.Name, Issuer: f.Federated.Issuer, Subject: f.Federated.Subject, Audience: f.Federated.Audience},
		Adopt:     f.Adopt, SkipConsent: f.SkipConsent,
	}, nil
}

// fileError says which line is wrong without quoting the file's values.
func fileError(err error) error {
	if errors.Is(err, io.EOF) {
		return errors.New("the environment file is empty: it needs at least environment and integration")
	}
	var at yaml.Error
	if !errors.As(err, &at) || at.GetToken() == nil {
		return fmt.Errorf("the environment file cannot be read: %w", err)
	}
	line := at.GetToken().Position.Line
	var (
		unknown *yaml.UnknownFieldError
		kind    *yaml.TypeError
	)
	switch {
	case errors.As(err, &unknown):
		return fmt.Errorf("the environment file, line %d: the key %q is unknown: %s", line, at.GetToken().Value, knownKeys)
	case errors.As(err, &kind):
		return fmt.Errorf("the environment file, line %d: the value has the wrong form (%s expected): put text with special characters in quotes", line, kind.DstType)
	}
	return fmt.Errorf("the environment file, line %d: %s", line, at.GetMessage())
}

const knownKeys = "known are environment, integration, inputs, tenant, organization, project, scopes, displayName, audience, secret (description, lifetime), credential, certificate, federated (name, issuer, subject, audience), adopt and skipConsent"

var lifetimePattern = regexp.MustCompile(`^(?i:(\d{1,4})\s*(d|mo|y)|P(\d{1,4})([DMY]))$`)

// parseLifetime reads 180d, 6mo, 1y and the ISO 8601 forms P180D, P6M, P1Y as
// days. A year has 365 days, and a month its twelfth, rounded down. Empty is
// 0, the default.
func parseLifetime(s string) (days int, err error) {
	s = strings.TrimSpace(s)
	if s == "" {
		return 0, nil
	}
	m := lifetimePattern.FindStringSubmatch(s)
	if m == nil {
		return 0, fmt.Errorf("secret.lifetime %q is none: give for example 180d, 6mo, 1y or P180D", s)
	}
	n, err := strconv.Atoi(m[1] + m[3])
	if err != nil {
		return 0, err
	}
	switch strings.ToLower(m[2] + m[4]) {
	case "mo", "m":
		n = n * 365 / 12
	case "y":
		n *= 365
	}
	if n == 0 {
		return 0, fmt.Errorf("secret.lifetime %q is no time at all: give for example 180d", s)
	}
	return n, nil
}
