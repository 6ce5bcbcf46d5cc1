package sandbox

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"sync"
)

// microsoftTenantID owns Microsoft's own applications.
const microsoftTenantID = "f8cdef31-a31e-4b4a-93e4-5f571e91255a"

//go:embed data/azure-devops-scopes.json
var azureDevOpsData []byte

//go:embed data/microsoft-graph-permissions.json
var microsoftGraphData []byte

// The resource that Microsoft's developer tools take their first token for.
// The sandbox has no Azure Resource Manager; it is a resource as every tenant
// has it, so that those tools can sign in.
//
//go:embed data/azure-service-management.json
var azureManagementData []byte

// managementAppID is Azure Resource Manager's client ID.
const managementAppID = "797f4846-ba00-4fd7-ba43-dac1f8f63013"

// residentResources are Microsoft's APIs that every tenant has.
var residentResources = []string{graphAppID, devopsAppID, managementAppID}

// A resourceFile is what one of Microsoft's own APIs publishes.
type resourceFile struct {
	AppID                 string               `json:"appId"`
	DisplayName           string               `json:"displayName"`
	ServicePrincipalNames []string             `json:"servicePrincipalNames"`
	Delegated             []resourcePermission `json:"delegated"`
	Application           []resourcePermission `json:"application"`
}

type resourcePermission struct {
	ID          string `json:"id"`
	Value       string `json:"value"`
	DisplayName string `json:"displayName"`
	Admin       bool   `json:"admin"` // delegated only: users cannot consent
}

var (
	azureDevOpsResource     = sync.OnceValue(func() resourceFile { return parseResource(azureDevOpsData) })
	azureManagementResource = sync.OnceValue(func() resourceFile { return parseResource(azureManagementData) })
	microsoftGraphResource  = sync.OnceValue(func() resourceFile { return parseResource(microsoftGraphData) })
)

// parseResource reads an embedded file; that it is well-formed is for a test
// to hold.
func parseResource(data []byte) resourceFile {
	var f resourceFile
	if err := json.Unmarshal(data, &f); err != nil {
		panic(fmt.Sprintf("embedded resource file: %v", err))
	}
	return f
}

// azureDevOpsPrincipal returns a new service principal of Azure DevOps with
// every delegated permission it publishes.
func azureDevOpsPrincipal() *servicePrincipal { return azureDevOpsResource().principal() }

// microsoftGraphPrincipal returns a new service principal of Microsoft Graph
// with the permissions that matter to app registrations.
func microsoftGraphPrincipal() *servicePrincipal { return microsoftGraphResource().principal() }

// firstPartyPrincipal returns a new service principal of one of Microsoft's
// own APIs, which exist in every cloud and in no tenant's registrations; nil
// for any other client ID.
func firstPartyPrincipal(appID string) *servicePrincipal {
	switch appID {
	case devopsAppID:
		return azureDevOpsPrincipal()
	case graphAppID:
		return microsoftGraphPrincipal()
	case managementAppID:
		return azureManagementResource().principal()
	}
	return nil
}

func (f resourceFile) principal() *servicePrincipal {
	sp := foreignPrincipal(f.AppID, f.DisplayName, microsoftTenantID)
	sp.ServicePrincipalNames = append([]string(nil), f.ServicePrincipalNames...)
	for _, p := range f.Delegated {
		sp.OAuth2PermissionScopes = append(sp.OAuth2PermissionScopes, p.scope())
	}
	for _, p := range f.Application {
		sp.AppRoles = append(sp.AppRoles, appRole{
			AllowedMemberTypes: []string{"Application"}, Description: p.DisplayName,
			DisplayName: p.DisplayName, ID: p.ID, IsEnabled: true, Origin: "Application", Value: p.Value,
		})
	}
	return sp
}

func (p resourcePermission) scope() permissionScope {
	origin, kind := "Application", "User"
	if p.Admin {
		kind = "Admin"
	}
	text := p.DisplayName
	return permissionScope{
		AdminConsentDescription: text, AdminConsentDisplayName: text, ID: p.ID, IsEnabled: true,
		Origin: &origin, Type: kind, UserConsentDescription: &text, UserConsentDisplayName: &text, Value: p.Value,
	}
}

// foreignPrincipal returns a new service principal of an application that is
// registered in another tenant.
func foreignPrincipal(appID, name, homeTenantID string) *servicePrincipal {
	audience := audienceMultitenant
	return normalized(&servicePrincipal{
		ID: newGUID(), AccountEnabled: true, AppID: appID, AppDisplayName: name, DisplayName: name,
		AppOwnerOrganizationID: &homeTenantID, ServicePrincipalNames: []string{appID},
		ServicePrincipalType: "Application", SignInAudience: &audience,
	})
}
