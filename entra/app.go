package entra

import "time"

// Audience is an application's signInAudience.
type Audience string

// The audiences an application can have. Azure DevOps takes no tokens of
// personal accounts, so AnyOrganization is right for an integration.
const (
	SingleTenant    Audience = "AzureADMyOrg"
	AnyOrganization Audience = "AzureADMultipleOrgs"
	AnyAccount      Audience = "AzureADandPersonalMicrosoftAccount"
	PersonalOnly    Audience = "PersonalMicrosoftAccount"
)

// Platform is the portal's "platform" of a redirect URI. It decides how the
// code may be redeemed: with a secret (Web), from a browser (SPA), without
// either (PublicClient).
type Platform string

// The platforms, named as the Graph properties that hold them.
const (
	Web          Platform = "web"
	SPA          Platform = "spa"
	PublicClient Platform = "publicClient"
)

// A RedirectURI is one address codes may be sent to.
type RedirectURI struct {
	URI      string   `json:"uri"`
	Platform Platform `json:"platform"`
}

// Secret is what can be read about a client secret after its creation.
type Secret struct {
	KeyID KeyID     `json:"keyId"`
	Name  string    `json:"name"`  // displayName
	Hint  string    `json:"hint"`  // first three characters of the value
	Start time.Time `json:"start"` // UTC
	End   time.Time `json:"end"`   // UTC; sign-in fails with AADSTS7000222 from then on
}

// ExpiredAt reports whether the secret no longer works at t.
func (s Secret) ExpiredAt(t time.Time) bool { return !s.End.IsZero() && !t.Before(s.End) }

// PermissionKind is the type of a requiredResourceAccess entry.
type PermissionKind string

// Scope is a delegated permission, Role an application permission.
const (
	Scope PermissionKind = "Scope"
	Role  PermissionKind = "Role"
)

// A Permission is one entry of requiredResourceAccess: what the registration
// lists, which is neither what was consented nor what a token holds.
type Permission struct {
	Resource ClientID       `json:"resource"`
	ID       string         `json:"id"` // GUID of the scope or role
	Kind     PermissionKind `json:"kind"`
}

// Application is an app registration, in its home tenant.
type Application struct {
	ID           ObjectID      `json:"id"`
	ClientID     ClientID      `json:"clientId"`
	DisplayName  string        `json:"displayName"`
	Audience     Audience      `json:"audience"`
	Tags         []string      `json:"tags,omitempty"`
	RedirectURIs []RedirectURI `json:"redirectUris,omitempty"`
	Secrets      []Secret      `json:"secrets,omitempty"`
	Permissions  []Permission  `json:"permissions,omitempty"`

	PublisherDomain string    `json:"publisherDomain,omitempty"`
	Verified        bool      `json:"verified"` // has a verified publisher
	Created         time.Time `json:"created"`
	PublicFlows     bool      `json:"publicFlows"` // isFallbackPublicClient
}

// ServicePrincipal is an application's presence in one tenant, called
// "Enterprise application" in the portal.
type ServicePrincipal struct {
	ID                 ObjectID         `json:"id"`
	ClientID           ClientID         `json:"clientId"`
	DisplayName        string           `json:"displayName"`
	Enabled            bool             `json:"enabled"`            // accountEnabled; false gives AADSTS7000112
	AssignmentRequired bool             `json:"assignmentRequired"` // appRoleAssignmentRequired; AADSTS50105
	OwnerTenant        TenantID         `json:"ownerTenant"`        // appOwnerOrganizationId
	Scopes             []PublishedScope `json:"scopes,omitempty"`
}

// PublishedScope is one delegated permission a resource defines
// (oauth2PermissionScopes).
type PublishedScope struct {
	ID        string `json:"id"`
	Value     string `json:"value"`
	Enabled   bool   `json:"enabled"`
	AdminOnly bool   `json:"adminOnly"` // type "Admin": users cannot consent
}

// ConsentType says for whom a grant stands.
type ConsentType string

// AllPrincipals is admin consent for the whole tenant, Principal one user's.
const (
	AllPrincipals ConsentType = "AllPrincipals"
	Principal     ConsentType = "Principal"
)

// A Grant is delegated consent: client and resource are service principals of
// the same tenant.
type Grant struct {
	ID        string      `json:"id"`
	Client    ObjectID    `json:"client"`
	Resource  ObjectID    `json:"resource"`
	Type      ConsentType `json:"type"`
	Principal ObjectID    `json:"principal,omitempty"` // the user, for Type Principal
	Scopes    []string    `json:"scopes"`
}

// Person is who is signed in, as the directory knows them. Only Tenant and
// ID identify; the rest is text for people.
type Person struct {
	Tenant      TenantID `json:"tenant"`
	ID          ObjectID `json:"id"`
	UPN         string   `json:"upn"`
	DisplayName string   `json:"displayName"`
}

// Directory roles by template id
// [maester365/maester/powershell/internal/Get-MtRoleInfo.ps1].
const (
	RoleGlobalAdministrator           = "62e90394-69f5-4237-9190-012177145e10"
	RoleApplicationAdministrator      = "9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3"
	RoleCloudApplicationAdministrator = "158c047a-c907-4556-b7ef-446551a6b5f7"
	RoleApplicationDeveloper          = "cf1c38e5-3621-4004-a7cb-879624dced7c"
	RolePrivilegedRoleAdministrator   = "e8611ab8-c189-46e8-94e1-60213ab1f814"
)

// Tenant is a directory as its members see it.
type Tenant struct {
	ID            TenantID `json:"id"`
	DisplayName   string   `json:"displayName"`
	DefaultDomain string   `json:"defaultDomain"`
	Domains       []string `json:"domains,omitempty"`
}

// Policies are the tenant settings that decide whether a setup can succeed.
// A nil pointer means the setting could not be read, which is never an error.
type Policies struct {
	// UsersMayRegisterApps is
	// authorizationPolicy.defaultUserRolePermissions.allowedToCreateApps.
	UsersMayRegisterApps *bool `json:"usersMayRegisterApps"`
	// ConsentPolicies are the permission grant policies assigned to users;
	// none means users may not consent at all. Unknown when nil.
	ConsentPolicies []string `json:"consentPolicies"`
	// SecretsForbidden: passwordAddition is restricted for new apps.
	SecretsForbidden *bool `json:"secretsForbidden"`
	// MaxSecretLifetime is passwordLifetime.maxLifetime; zero means no limit,
	// nil unknown.
	MaxSecretLifetime *time.Duration `json:"maxSecretLifetime"`
	// Unread says in words which policies could not be read and which
	// permission would allow it.
	Unread []string `json:"unread,omitempty"`
}

// A DevOpsOrganization is what anybody may learn about an Azure DevOps
// organization without signing in.
type DevOpsOrganization struct {
	Slug   string
	Exists bool
	// Tenant is the tenant it is connected to; empty when not Connected.
	Tenant TenantID
	// Connected is false for an organization of personal Microsoft accounts,
	// which no Entra app can serve.
	Connected bool
	// Checked is the request that showed it.
	Checked string
}
