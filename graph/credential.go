package graph

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"os"
	"slices"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"

	"github.com/consentry/consentry/entra"
)

// scope is Microsoft Graph's in every cloud that names its resource after the
// public host, the sandbox included.
const scope = "https://graph.microsoft.com/.default"

// maxTokenBody bounds an answer of the sign-in service, in bytes.
const maxTokenBody = 1 << 20

// microsoftLogins are the sign-in hosts of Microsoft's own clouds: the only
// ones that the tools of a workstation or of Azure hold tokens for.
var microsoftLogins = []string{
	"https://login.microsoftonline.com",
	"https://login.microsoftonline.us",
	"https://login.chinacloudapi.cn",
	"https://login.partner.microsoftonline.cn",
}

// TokenFunc is a credential that asks f for an access token of Microsoft
// Graph. A token is kept and used again until five minutes before expires,
// unless Options.AskEachTime is set.
func TokenFunc(f func(context.Context) (token entra.Sensitive, expires time.Time, err error)) azcore.TokenCredential {
	return tokenFunc(f)
}

type tokenFunc func(context.Context) (entra.Sensitive, time.Time, error)

// GetToken implements azcore.TokenCredential.
func (f tokenFunc) GetToken(ctx context.Context, _ policy.TokenRequestOptions) (azcore.AccessToken, error) {
	token, expires, err := f(ctx)
	if err != nil {
		return azcore.AccessToken{}, err
	}
	return azcore.AccessToken{Token: token.Reveal(), ExpiresOn: expires}, nil
}

// AzureCLI is the account that "az login" signed in on this machine; tenant
// (a GUID or a domain) may be empty for the CLI's current one. Outside
// Microsoft's clouds a tenant is needed: without one the CLI would hand over a
// token of the public cloud, which is nothing to send elsewhere.
func AzureCLI(c entra.Cloud, tenant string) (azcore.TokenCredential, error) {
	if tenant == "" && !isMicrosofts(c) {
		return nil, fmt.Errorf("the Azure CLI's sign-in can be used with the cloud %q only for a named tenant: give its Directory (tenant) ID", c.Name)
	}
	return azidentity.NewAzureCLICredential(&azidentity.AzureCLICredentialOptions{TenantID: tenant})
}

// ClientSecret is an application's own identity in the tenant (a GUID or a
// domain).
func ClientSecret(c entra.Cloud, tenant string, id entra.ClientID, secret entra.Sensitive) (azcore.TokenCredential, error) {
	options, err := clientOptions(c)
	if err != nil {
		return nil, err
	}
	return azidentity.NewClientSecretCredential(tenant, string(id), secret.Reveal(), &azidentity.ClientSecretCredentialOptions{
		ClientOptions:            options,
		DisableInstanceDiscovery: !isPublic(c),
	})
}

// Chain takes the first identity that is there: the AZURE_* variables of the
// environment, workload or managed identity, Azure CLI, Azure Developer CLI,
// Azure PowerShell. Outside Microsoft's clouds only AZURE_CLIENT_ID with
// AZURE_CLIENT_SECRET, and the Azure CLI when tenant is given, hold an
// identity that belongs there.
//
// A token is asked for in tenant when it is given, whatever AZURE_TENANT_ID
// says. A managed identity has one tenant and ignores it: compare Client.Tenant.
func Chain(c entra.Cloud, tenant string) (azcore.TokenCredential, error) {
	if !isMicrosofts(c) {
		return customChain(c, tenant)
	}
	options, err := clientOptions(c)
	if err != nil {
		return nil, err
	}
	chain, err := azidentity.NewDefaultAzureCredential(&azidentity.DefaultAzureCredentialOptions{
		AdditionallyAllowedTenants: []string{"*"},
		ClientOptions:              options,
		DisableInstanceDiscovery:   !isPublic(c),
		TenantID:                   tenant,
	})
	if err != nil {
		return nil, err
	}
	return inTenant{chain, tenant}, nil
}

func customChain(c entra.Cloud, tenant string) (azcore.TokenCredential, error) {
	id, secret := os.Getenv("AZURE_CLIENT_ID"), os.Getenv("AZURE_CLIENT_SECRET")
	home := cmp.Or(tenant, os.Getenv("AZURE_TENANT_ID"))
	switch {
	case id != "" && secret != "" && home != "":
		return ClientSecret(c, home, entra.ClientID(id), entra.NewSensitive(secret))
	case tenant != "":
		return AzureCLI(c, tenant)
	}
	return nil, fmt.Errorf("no credential for the cloud %q: set AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET", c.Name)
}

// inTenant asks for tokens of one tenant; empty leaves it to the credential.
type inTenant struct {
	cred   azcore.TokenCredential
	tenant string
}

// GetToken implements azcore.TokenCredential.
func (i inTenant) GetToken(ctx context.Context, o policy.TokenRequestOptions) (azcore.AccessToken, error) {
	o.TenantID = i.tenant
	return i.cred.GetToken(ctx, o)
}

func isPublic(c entra.Cloud) bool { return c.Login == entra.Public().Login }

func isMicrosofts(c entra.Cloud) bool { return slices.Contains(microsoftLogins, c.Login) }

// clientOptions point azidentity at the cloud's sign-in service. Its retries
// stay on: asking twice for a token does no harm.
func clientOptions(c entra.Cloud) (azcore.ClientOptions, error) {
	carrier, err := Transport(c)
	if err != nil {
		return azcore.ClientOptions{}, err
	}
	return azcore.ClientOptions{
		Cloud: cloud.Configuration{ActiveDirectoryAuthorityHost: c.Login},
		Retry: policy.RetryOptions{MaxRetries: 2, RetryDelay: 500 * time.Millisecond, MaxRetryDelay: 5 * time.Second, TryTimeout: perTry},
		Transport: &http.Client{
			Transport:     limited{carrier},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}, nil
}

// limited bounds answers: azidentity reads them whole.
type limited struct{ carrier http.RoundTripper }

// RoundTrip implements http.RoundTripper.
func (l limited) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := l.carrier.RoundTrip(req)
	if err == nil {
		resp.Body = http.MaxBytesReader(nil, resp.Body, maxTokenBody)
	}
	return resp, err
}
