package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"

	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/graph"
)

// directoryFlags say who reads the directory. Without a sign-in nobody does.
type directoryFlags struct {
	SignIn         string `enum:"none,auto,azure-cli,application" default:"none" help:"Who reads the app registration: none; azure-cli (the account of az login); application (--sign-in-client-id); auto (the environment, workload or managed identity, or the Azure tools' sign-in)."`
	SignInClientID string `placeholder:"ID" help:"With --sign-in application: the application that reads, with its secret in CONSENTRY_CLIENT_SECRET."`
	SignInTenant   string `placeholder:"TENANT" help:"Tenant whose directory is read. Default: --tenant, where that names one."`
}

// directory makes the client; nothing is sent yet. It is nil without a
// sign-in. In whose name it reads is said before it does.
func (d directoryFlags) directory(cloud entra.Cloud, integrationTenant string, say io.Writer) (*graph.Client, error) {
	if d.SignInClientID != "" && d.SignIn != "application" {
		return nil, errors.New("--sign-in-client-id goes with --sign-in application")
	}
	if d.SignIn == "none" {
		return nil, nil
	}
	tenant, err := d.home(integrationTenant)
	if err != nil {
		return nil, err
	}
	cred, err := d.credential(cloud, tenant)
	if err != nil {
		return nil, fmt.Errorf("--sign-in %s: %w", d.SignIn, err)
	}
	return graph.New(cloud, &speaker{TokenCredential: cred, say: say}, graph.Options{})
}

// home is the tenant to sign in to; empty leaves it to the credential.
func (d directoryFlags) home(integrationTenant string) (string, error) {
	if d.SignInTenant == "" {
		tenant, err := entra.ParseTenant(integrationTenant)
		if err != nil {
			return "", nil // "organizations", or wrong, which a check says
		}
		return tenant, nil
	}
	tenant, err := entra.ParseTenant(d.SignInTenant)
	if err != nil {
		return "", fmt.Errorf("--sign-in-tenant: %w", err)
	}
	return tenant, nil
}

func (d directoryFlags) credential(cloud entra.Cloud, tenant string) (azcore.TokenCredential, error) {
	switch d.SignIn {
	case "azure-cli":
		return graph.AzureCLI(cloud, tenant)
	case "application":
		return d.application(cloud, tenant)
	}
	return graph.Chain(cloud, tenant)
}

func (d directoryFlags) application(cloud entra.Cloud, tenant string) (azcore.TokenCredential, error) {
	id, err := entra.ParseClientID(cmp.Or(d.SignInClientID, "none given"))
	if err != nil {
		return nil, fmt.Errorf("--sign-in-client-id: %w", err)
	}
	if tenant == "" {
		return nil, errors.New("an application signs in to one tenant: give --sign-in-tenant")
	}
	secret, err := secretFrom("the application's secret", secretVariable)
	if err != nil {
		return nil, err
	}
	return graph.ClientSecret(cloud, tenant, id, secret)
}
