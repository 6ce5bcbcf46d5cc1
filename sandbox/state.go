package sandbox

import (
	"crypto/x509"
	"sync"
	"time"
)

// A world is everything the sandbox holds. One lock guards it: handlers hold
// it while they compute, never while they write an answer.
type world struct {
	mu      sync.Mutex
	now     func() time.Time
	tenants map[string]*tenant // by tenant id
	// order lists tenant ids as seeded, for stable output.
	order []string
	orgs  map[string]*organization // by lower-case slug
	login *loginState              // codes, refresh tokens, device codes, browser sessions, keys
	// legacy is the same for the retired OAuth of Azure DevOps itself.
	legacy *legacyState
}

// A tenant is one directory.
type tenant struct {
	ID          string
	DisplayName string
	Domain      string // the default verified domain
	Scenario    string
	Created     time.Time

	users map[string]*user // by object id
	// The directory's objects by object id. What these maps hold is never
	// changed in place: a change puts a changed copy in (addApp and its
	// siblings in state_index.go), so an object once read under the lock may
	// be written to an answer without it.
	apps       map[string]*application
	deleted    map[string]*application // soft-deleted registrations
	principals map[string]*servicePrincipal
	grants     map[string]*grant
	// appOrder and its siblings keep creation order: lists come back in it.
	appOrder, spOrder, grantOrder []string
	appList                       []*application // see allApps
	// Indexes by client ID: a tenant may hold thousands of registrations.
	appsByClientID       map[string]*application
	principalsByClientID map[string]*servicePrincipal
	// assignments of app roles by id.
	assignments     map[string]*appRoleAssignment
	assignmentOrder []string

	replication replication

	policies   policies
	connection *seedConnection // what an integration was set up with; may be nil
}

// policies are the tenant's settings that the wizard and sign-in obey.
type policies struct {
	AllowedToCreateApps bool
	// PermissionGrantPolicies are assigned to users; none: no user consent.
	PermissionGrantPolicies []string
	AllowRiskyConsent       bool
	// RiskyApps are client IDs of apps that Microsoft's detection, rather
	// than their registration, holds against consent by users.
	RiskyApps            []string
	AdminConsentWorkflow bool
	// AccessRules are what Conditional Access refuses.
	AccessRules []accessRule
	// MultitenantForbidden refuses every audience beyond the own tenant.
	MultitenantForbidden bool
	// Password restrictions for new apps.
	PasswordAdditionForbidden bool
	PasswordMaxLifetime       time.Duration // 0: none
	AppPolicyID               string

	// What administrators changed over the wire; nil until then. Of these
	// the settings above are what counts, except for the restrictions of
	// credentials, which are then those of appPolicy alone.
	authorization   *authorizationPolicy
	consentRequests *consentRequestPolicy
	appPolicy       *tenantAppPolicy
}

// A user is a person in one tenant. Roles are role template ids.
type user struct {
	ID                string
	UserPrincipalName string
	DisplayName       string
	GivenName         string
	Surname           string
	Mail              string
	Password          string
	Roles             []string
	Guest             bool
	Disabled          bool // may not sign in

	// sessionsFrom: refresh tokens from before are revoked.
	sessionsFrom time.Time
	profile      graphUser // what else was written about them over the wire
}

// An application is an app registration; JSON names and order are Graph's.
// Pointers and slices without omitempty give the explicit null or [] that
// Graph sends.
type application struct {
	ID                         string               `json:"id"`
	DeletedDateTime            *time.Time           `json:"deletedDateTime"`
	AppID                      string               `json:"appId"`
	ApplicationTemplateID      *string              `json:"applicationTemplateId"`
	DisabledByMicrosoftStatus  *string              `json:"disabledByMicrosoftStatus"`
	CreatedByAppID             *string              `json:"createdByAppId"`
	CreatedDateTime            time.Time            `json:"createdDateTime"`
	DisplayName                string               `json:"displayName"`
	Description                *string              `json:"description"`
	GroupMembershipClaims      *string              `json:"groupMembershipClaims"`
	IdentifierURIs             []string             `json:"identifierUris"`
	IsDeviceOnlyAuthSupported  *bool                `json:"isDeviceOnlyAuthSupported"`
	IsDisabled                 *bool                `json:"isDisabled"`
	IsFallbackPublicClient     *bool                `json:"isFallbackPublicClient"`
	Notes                      *string              `json:"notes"`
	PublisherDomain            *string              `json:"publisherDomain"`
	ServiceManagementReference *string              `json:"serviceManagementReference"`
	SignInAudience             string               `json:"signInAudience"`
	Tags                       []string             `json:"tags"`
	TokenEncryptionKeyID       *string              `json:"tokenEncryptionKeyId"`
	UniqueName                 *string              `json:"uniqueName"`
	SamlMetadataURL            *string              `json:"samlMetadataUrl"`
	DefaultRedirectURI         *string              `json:"defaultRedirectUri"`
	Certification              *struct{}            `json:"certification"`
	OptionalClaims             *optionalClaims      `json:"optionalClaims"`
	RequestSignature           *struct{}            `json:"requestSignatureVerification"`
	PrincipalLock              *principalLock       `json:"servicePrincipalLockConfiguration"`
	AddIns                     []any                `json:"addIns"`
	API                        apiApplication       `json:"api"`
	AppRoles                   []appRole            `json:"appRoles"`
	Info                       informationalURL     `json:"info"`
	KeyCredentials             []keyCredential      `json:"keyCredentials"`
	ParentalControls           parentalControls     `json:"parentalControlSettings"`
	PasswordCredentials        []passwordCredential `json:"passwordCredentials"`
	PublicClient               redirectList         `json:"publicClient"`
	RequiredResourceAccess     []requiredResource   `json:"requiredResourceAccess"`
	VerifiedPublisher          verifiedPublisher    `json:"verifiedPublisher"`
	Web                        webApplication       `json:"web"`
	SPA                        redirectList         `json:"spa"`

	federated []*federatedCredential
	owners    []string // object ids
	createdBy string   // object id of the user whose quota it counts against
}

type optionalClaims struct {
	AccessToken []any `json:"accessToken"`
	IDToken     []any `json:"idToken"`
	SAML2Token  []any `json:"saml2Token"`
}

type principalLock struct {
	IsEnabled                  bool  `json:"isEnabled"`
	AllProperties              *bool `json:"allProperties"`
	CredentialsWithUsageVerify *bool `json:"credentialsWithUsageVerify"`
	CredentialsWithUsageSign   *bool `json:"credentialsWithUsageSign"`
	TokenEncryptionKeyID       *bool `json:"tokenEncryptionKeyId"`
}

type apiApplication struct {
	AcceptMappedClaims          *bool             `json:"acceptMappedClaims"`
	KnownClientApplications     []string          `json:"knownClientApplications"`
	RequestedAccessTokenVersion *int              `json:"requestedAccessTokenVersion"`
	OAuth2PermissionScopes      []permissionScope `json:"oauth2PermissionScopes"`
	PreAuthorizedApplications   []any             `json:"preAuthorizedApplications"`
}

// permissionScope is a delegated permission that a resource defines.
type permissionScope struct {
	AdminConsentDescription string  `json:"adminConsentDescription"`
	AdminConsentDisplayName string  `json:"adminConsentDisplayName"`
	ID                      string  `json:"id"`
	IsEnabled               bool    `json:"isEnabled"`
	Origin                  *string `json:"origin,omitempty"`
	Type                    string  `json:"type"` // User or Admin
	UserConsentDescription  *string `json:"userConsentDescription"`
	UserConsentDisplayName  *string `json:"userConsentDisplayName"`
	Value                   string  `json:"value"`
}

// appRole is an application permission that a resource defines.
type appRole struct {
	AllowedMemberTypes []string `json:"allowedMemberTypes"`
	Description        string   `json:"description"`
	DisplayName        string   `json:"displayName"`
	ID                 string   `json:"id"`
	IsEnabled          bool     `json:"isEnabled"`
	Origin             string   `json:"origin"`
	Value              string   `json:"value"`
}

type informationalURL struct {
	LogoURL             *string `json:"logoUrl"`
	MarketingURL        *string `json:"marketingUrl"`
	PrivacyStatementURL *string `json:"privacyStatementUrl"`
	SupportURL          *string `json:"supportUrl"`
	TermsOfServiceURL   *string `json:"termsOfServiceUrl"`
}

// keyCredential is a certificate. Key is on the wire only where it is
// selected of one object; sign-in verifies assertions with certificate.
type keyCredential struct {
	CustomKeyIdentifier *string   `json:"customKeyIdentifier"`
	DisplayName         *string   `json:"displayName"`
	EndDateTime         time.Time `json:"endDateTime"`
	Key                 *string   `json:"key"`
	KeyID               string    `json:"keyId"`
	StartDateTime       time.Time `json:"startDateTime"`
	Type                string    `json:"type"`
	Usage               string    `json:"usage"`

	certificate *x509.Certificate
}

type parentalControls struct {
	CountriesBlockedForMinors []string `json:"countriesBlockedForMinors"`
	LegalAgeGroupRule         string   `json:"legalAgeGroupRule"`
}

// passwordCredential is a client secret. SecretText is on the wire only in
// the answer that made it; value is what sign-in compares with.
type passwordCredential struct {
	CustomKeyIdentifier *string   `json:"customKeyIdentifier"`
	DisplayName         *string   `json:"displayName"`
	EndDateTime         time.Time `json:"endDateTime"`
	Hint                string    `json:"hint"`
	KeyID               string    `json:"keyId"`
	SecretText          *string   `json:"secretText"`
	StartDateTime       time.Time `json:"startDateTime"`

	value    string
	activeAt time.Time // refused with 7000215 before
}

type redirectList struct {
	RedirectURIs []string `json:"redirectUris"`
}

type webApplication struct {
	HomePageURL           *string               `json:"homePageUrl"`
	LogoutURL             *string               `json:"logoutUrl"`
	RedirectURIs          []string              `json:"redirectUris"`
	ImplicitGrantSettings implicitGrantSettings `json:"implicitGrantSettings"`
	RedirectURISettings   []redirectURISetting  `json:"redirectUriSettings"`
}

type implicitGrantSettings struct {
	EnableAccessTokenIssuance bool `json:"enableAccessTokenIssuance"`
	EnableIDTokenIssuance     bool `json:"enableIdTokenIssuance"`
}

type redirectURISetting struct {
	URI   string `json:"uri"`
	Index *int   `json:"index"`
}

type requiredResource struct {
	ResourceAppID  string           `json:"resourceAppId"`
	ResourceAccess []resourceAccess `json:"resourceAccess"`
}

type resourceAccess struct {
	ID   string `json:"id"`
	Type string `json:"type"` // Scope or Role
}

type verifiedPublisher struct {
	DisplayName         *string    `json:"displayName"`
	VerifiedPublisherID *string    `json:"verifiedPublisherId"`
	AddedDateTime       *time.Time `json:"addedDateTime"`
}

// A servicePrincipal is an application's presence in a tenant. App-level
// facts of apps whose registration is in the sandbox are copied at creation,
// as Entra does.
type servicePrincipal struct {
	ID                        string               `json:"id"`
	DeletedDateTime           *time.Time           `json:"deletedDateTime"`
	AccountEnabled            bool                 `json:"accountEnabled"`
	AlternativeNames          []string             `json:"alternativeNames"`
	AppDisplayName            string               `json:"appDisplayName"`
	AppDescription            *string              `json:"appDescription"`
	AppID                     string               `json:"appId"`
	ApplicationTemplateID     *string              `json:"applicationTemplateId"`
	AppOwnerOrganizationID    *string              `json:"appOwnerOrganizationId"`
	AppRoleAssignmentRequired bool                 `json:"appRoleAssignmentRequired"`
	CreatedByAppID            *string              `json:"createdByAppId"`
	Description               *string              `json:"description"`
	DisabledByMicrosoftStatus *string              `json:"disabledByMicrosoftStatus"`
	DisplayName               string               `json:"displayName"`
	Homepage                  *string              `json:"homepage"`
	IsDisabled                *bool                `json:"isDisabled"`
	LoginURL                  *string              `json:"loginUrl"`
	LogoutURL                 *string              `json:"logoutUrl"`
	Notes                     *string              `json:"notes"`
	NotificationEmails        []string             `json:"notificationEmailAddresses"`
	PreferredSSOMode          *string              `json:"preferredSingleSignOnMode"`
	PreferredTokenSigningKey  *string              `json:"preferredTokenSigningKeyThumbprint"`
	ReplyURLs                 []string             `json:"replyUrls"`
	ServicePrincipalNames     []string             `json:"servicePrincipalNames"`
	ServicePrincipalType      string               `json:"servicePrincipalType"`
	SignInAudience            *string              `json:"signInAudience"`
	Tags                      []string             `json:"tags"`
	TokenEncryptionKeyID      *string              `json:"tokenEncryptionKeyId"`
	SAMLSettings              *samlSettings        `json:"samlSingleSignOnSettings"`
	AddIns                    []any                `json:"addIns"`
	AppRoles                  []appRole            `json:"appRoles"`
	Info                      informationalURL     `json:"info"`
	KeyCredentials            []keyCredential      `json:"keyCredentials"`
	OAuth2PermissionScopes    []permissionScope    `json:"oauth2PermissionScopes"`
	PasswordCredentials       []passwordCredential `json:"passwordCredentials"`
	ResourceSpecific          []any                `json:"resourceSpecificApplicationPermissions"`
	VerifiedPublisher         verifiedPublisher    `json:"verifiedPublisher"`

	owners []string // object ids
}

// A grant is an oauth2PermissionGrant.
type grant struct {
	ClientID    string  `json:"clientId"` // object id of the client's service principal
	ConsentType string  `json:"consentType"`
	ID          string  `json:"id"`
	PrincipalID *string `json:"principalId"`
	ResourceID  string  `json:"resourceId"`
	Scope       string  `json:"scope"`
}

// An organization is an Azure DevOps organization. An empty TenantID means it
// is backed by personal Microsoft accounts.
type organization struct {
	ID       string // instanceId
	Slug     string
	TenantID string
	members  map[string]*member // by Entra object id
	projects []*project
	policies organizationPolicies

	lastWorkItem int // the highest number given to a work item
}

// organizationPolicies are an organization's settings on who may come in. The
// zero value is how organizations are delivered.
type organizationPolicies struct {
	// ThirdPartyOAuth lets apps of Azure DevOps's own, retired OAuth in.
	ThirdPartyOAuth bool `json:"third_party_oauth"`
	// GuestsRefused keeps guests of the tenant out.
	GuestsRefused bool `json:"guests_refused"`
	// ConditionalAccess has the tenant's Conditional Access evaluated for
	// every call. Calls come from addresses that it does not allow.
	ConditionalAccess bool `json:"conditional_access"`
}

// A member is a user or service principal that belongs to an organization.
type member struct {
	ID          string // Azure DevOps identity id
	ObjectID    string // Entra object id
	DisplayName string
	Mail        string // of a user
	AppID       string // of a service principal
	// AccessLevel: basic, stakeholder or none.
	AccessLevel string
	Admin       bool // Project Collection Administrator
}

// A project and the things in it that scopes are exercised on.
type project struct {
	ID          string
	Name        string
	Description string
	Visibility  string // private or public
	Updated     time.Time
	workItems   map[int]*workItem
	repos       []*repository
	builds      []*build
}

// A workItem is never changed in place: answers are written without the lock.
type workItem struct {
	ID        int
	Rev       int
	Fields    map[string]any
	Relations []workItemRelation
	Deleted   bool
}

type repository struct{ ID, Name, DefaultBranch string }

type build struct {
	ID                     int
	Number, Status, Result string
	Queued                 time.Time
}
