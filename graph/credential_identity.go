package graph

import (
	"cmp"
	"fmt"
	"os"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"

	"github.com/consentry/consentry/entra"
)

// Environment is the application of AZURE_CLIENT_ID with its
// AZURE_CLIENT_SECRET or AZURE_CLIENT_CERTIFICATE_PATH. The tenant is that of
// AZURE_TENANT_ID, or the one given, which must then be the same.
func Environment(c entra.Cloud, tenant string) (azcore.TokenCredential, error) {
	home := os.Getenv("AZURE_TENANT_ID")
	for _, name := range []string{"AZURE_TENANT_ID", "AZURE_CLIENT_ID"} {
		if os.Getenv(name) == "" {
			return nil, fmt.Errorf("the identity of the environment needs AZURE_TENANT_ID, AZURE_CLIENT_ID, and AZURE_CLIENT_SECRET or AZURE_CLIENT_CERTIFICATE_PATH: %s is not set", name)
		}
	}
	if os.Getenv("AZURE_USERNAME") != "" {
		return nil, fmt.Errorf("AZURE_USERNAME is set: a person's password in the environment is no identity to use; sign in with a browser or a device code")
	}
	options, err := clientOptions(c)
	if err != nil {
		return nil, err
	}
	cred, err := azidentity.NewEnvironmentCredential(&azidentity.EnvironmentCredentialOptions{ClientOptions: options, DisableInstanceDiscovery: !isPublic(c)})
	if err != nil {
		return nil, err
	}
	return inTenant{cred, sameOrEmpty(home, tenant)}, nil
}

// sameOrEmpty leaves the tenant to the credential where it is its own anyway:
// azidentity refuses every other.
func sameOrEmpty(home, tenant string) string {
	if home == tenant {
		return ""
	}
	return tenant
}

// WorkloadIdentity is the application of AZURE_CLIENT_ID that the platform
// vouches for in AZURE_FEDERATED_TOKEN_FILE.
func WorkloadIdentity(c entra.Cloud, tenant string) (azcore.TokenCredential, error) {
	for _, name := range []string{"AZURE_CLIENT_ID", "AZURE_FEDERATED_TOKEN_FILE"} {
		if os.Getenv(name) == "" {
			return nil, fmt.Errorf("a workload identity needs AZURE_CLIENT_ID, AZURE_TENANT_ID and AZURE_FEDERATED_TOKEN_FILE, which the platform sets: %s is not set", name)
		}
	}
	options, err := clientOptions(c)
	if err != nil {
		return nil, err
	}
	return azidentity.NewWorkloadIdentityCredential(&azidentity.WorkloadIdentityCredentialOptions{
		ClientOptions: options, DisableInstanceDiscovery: !isPublic(c), TenantID: cmp.Or(tenant, os.Getenv("AZURE_TENANT_ID")),
	})
}

// ManagedIdentity is the one that Azure gave this machine: of several, the
// one with a client ID. Azure has tokens of Microsoft's own clouds alone.
func ManagedIdentity(c entra.Cloud, id entra.ClientID) (azcore.TokenCredential, error) {
	if !isMicrosofts(c) {
		return nil, fmt.Errorf("a managed identity is of Microsoft's clouds, and its tokens are nothing to send to the cloud %q", c.Name)
	}
	options := &azidentity.ManagedIdentityCredentialOptions{}
	if id != "" {
		options.ID = azidentity.ClientID(id)
	}
	return azidentity.NewManagedIdentityCredential(options)
}
