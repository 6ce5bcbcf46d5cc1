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

// Certificate is what can be read about a certificate credential (one entry of
// keyCredentials).
type Certificate struct {
	KeyID KeyID     `json:"keyId"`
	Name  string    `json:"name"`  // displayName
	Usage string    `json:"usage"` // "Verify" proves the app's identity, "Sign" signs SAML
	Start time.Time `json:"start"` // UTC
	End   time.Time `json:"end"`   // UTC
	// Type is "AsymmetricX509Cert" for a certificate.
	Type string `json:"type,omitempty"`
	// Thumbprint is customKeyIdentifier as Graph writes it; for a certificate
	// mostly its SHA-1 in hexadecimal.
	Thumbprint string `json:"thumbprint,omitempty"`
	// Fingerprint is the SHA-256 of the certificate in lower-case hexadecimal;
	// empty where Graph did not tell the certificate itself.
	Fingerprint string `json:"fingerprint,omitempty"`
}

// ExpiredAt reports whether the certificate no longer works at t.
func (c Certificate) ExpiredAt(t time.Time) bool { return !c.End.IsZero() && !t.Before(c.End) }

// ImplicitGrant says which tokens the authorization endpoint may hand out
// without a code (web.implicitGrantSettings).
type ImplicitGrant struct {
	AccessTokens bool `json:"accessTokens"` // enableAccessTokenIssuance
	IDTokens     bool `json:"idTokens"`     // enableIdTokenIssuance
}

// On reports whether there are any.
func (g ImplicitGrant) On() bool { return g.AccessTokens || g.IDTokens }

// PropertyLock keeps other tenants from changing credentials on their own
// service principal of a multitenant app (servicePrincipalLockConfiguration;
// "App instance property lock" in the portal).
type PropertyLock struct {
	Enabled bool `json:"enabled"`
	// All locks every sensitive property; the others name one each.
	All         bool `json:"all"`
	Verify      bool `json:"verify"`      // credentials that prove the app, secrets among them
	Sign        bool `json:"sign"`        // credentials that sign
	TokenKeyIDs bool `json:"tokenKeyIds"` // tokenEncryptionKeyId
}

// Complete reports whether nothing sensitive is left open.
func (l PropertyLock) Complete() bool {
	return l.Enabled && (l.All || l.Verify && l.Sign && l.TokenKeyIDs)
}

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

	// IsDisabled: an owner or administrator deactivated the registration, and
	// no new tokens are issued; nil when Graph did not say.
	IsDisabled *bool `json:"isDisabled,omitempty"`
	// DisabledByMicrosoft is disabledByMicrosoftStatus, such as
	// "DisabledDueToViolationOfServicesAgreement"; empty or "NotDisabled" when
	// it is not.
	DisabledByMicrosoft string        `json:"disabledByMicrosoft,omitempty"`
	Certificates        []Certificate `json:"certificates,omitempty"`
	// Federated are known only where they were asked for: they stand at an
	// address of their own.
	Federated      []FederatedCredential `json:"federated,omitempty"`
	ImplicitGrant  ImplicitGrant         `json:"implicitGrant,omitzero"`
	PropertyLock   PropertyLock          `json:"propertyLock,omitzero"`
	IdentifierURIs []string              `json:"identifierUris,omitempty"`
	Notes          string                `json:"notes,omitempty"` // internal notes
}

// BlockedByMicrosoft reports whether Microsoft disabled the registration.
func (a Application) BlockedByMicrosoft() bool { return blockedByMicrosoft(a.DisabledByMicrosoft) }

func blockedByMicrosoft(status string) bool { return status != "" && status != "NotDisabled" }

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

	// IsDisabled and DisabledByMicrosoft are as on the registration.
	IsDisabled          *bool    `json:"isDisabled,omitempty"`
	DisabledByMicrosoft string   `json:"disabledByMicrosoft,omitempty"`
	Audience            Audience `json:"audience,omitempty"`     // signInAudience, as it was at the last consent
	Verified            bool     `json:"verified"`               // has a verified publisher
	RedirectURIs        []string `json:"redirectUris,omitempty"` // replyUrls, whatever the platform
}

// BlockedByMicrosoft reports whether Microsoft disabled the application.
func (p ServicePrincipal) BlockedByMicrosoft() bool { return blockedByMicrosoft(p.DisabledByMicrosoft) }

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
	// AdminConsentWorkflow: users may ask for an administrator's consent on
	// the page that refuses them (adminConsentRequestPolicy.isEnabled).
	AdminConsentWorkflow *bool `json:"adminConsentWorkflow"`
	// RiskyConsentAllowed: users may consent to multitenant apps of other
	// tenants without a verified publisher
	// (authorizationPolicy.allowUserConsentForRiskyApps; absent means no).
	RiskyConsentAllowed *bool `json:"riskyConsentAllowed"`
	// Unread says in words which policies could not be read and which
	// permission would allow it.
	Unread []string `json:"unread,omitempty"`
}

// A DevOpsOrganization is what anybody may learn about an Azure DevOps
// organization without signing in.
type DevOpsOrganization struct {
	Slug   string `json:"slug"`
	Exists bool   `json:"exists"`
	// Tenant is the tenant it is connected to; empty when not Connected.
	Tenant TenantID `json:"tenant,omitempty"`
	// Connected is false for an organization of personal Microsoft accounts,
	// which no Entra app can serve.
	Connected bool `json:"connected"`
	// Checked is the request that showed it.
	Checked string `json:"checked,omitempty"`
}
