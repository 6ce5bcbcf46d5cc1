package sandbox

// ConsoleClientID is a multitenant public client that is registered in the
// sandbox and consented in each of its tenants: what a console signs its
// people in with. Its redirect URIs are http://localhost, on any port, and
// /sign-in/callback there and at 127.0.0.1.
const ConsoleClientID = "c0a57e1b-7d3c-4c0e-9b55-5e1f0c0b0a01"

// Who may consent to apps for themselves, as tenants are delivered.
const consentForSelf = "ManagePermissionGrantsForSelf.microsoft-user-default-recommended"

// A seedFile says what a sandbox begins with: the built-in tenants are one,
// --seed adds another. Names of fields are those of the JSON.
type seedFile struct {
	Tenants       []seedTenant       `json:"tenants"`
	Organizations []seedOrganization `json:"organizations"`
}

// A seedTenant adds a tenant, or to the one that has this domain.
type seedTenant struct {
	Domain   string        `json:"domain"`
	Name     string        `json:"name"`
	Scenario string        `json:"scenario"`
	Policies *seedPolicies `json:"policies"` // nil: as tenants are delivered
	Users    []seedUser    `json:"users"`
	Apps     []seedApp     `json:"apps"`
	// ReplicationReads is how many lookups of a directory object miss what was
	// written to it last.
	ReplicationReads int `json:"replication_reads"`
	// WithoutPrincipals are client IDs of Microsoft's APIs that this tenant
	// has no service principal of.
	WithoutPrincipals []string        `json:"without_principals"`
	Connection        *seedConnection `json:"connection"`
	LegacyApps        []seedLegacyApp `json:"legacy_apps"`
	// EnterpriseApps are apps of other tenants that this one let in.
	EnterpriseApps []seedEnterpriseApp `json:"enterprise_apps"`
}

type seedPolicies struct {
	UsersMayRegisterApps bool     `json:"users_may_register_apps"`
	UsersMayConsent      bool     `json:"users_may_consent"`
	RiskyConsentAllowed  bool     `json:"risky_consent_allowed"`
	AdminConsentWorkflow bool     `json:"admin_consent_workflow"`
	MultitenantForbidden bool     `json:"multitenant_forbidden"`
	SecretsForbidden     bool     `json:"secrets_forbidden"`
	SecretMaxDays        int      `json:"secret_max_days"` // 0: no limit
	RiskyApps            []string `json:"risky_apps"`      // client IDs that consent waits for an administrator with
	// AccessRules are what Conditional Access refuses, by AADSTS number.
	AccessRules []accessRule `json:"access_rules"`
}

// delivered are the policies of a tenant that nobody has changed.
var delivered = seedPolicies{UsersMayRegisterApps: true, UsersMayConsent: true}

// A seedUser is a person. Name is the part of the user principal name before
// the @.
type seedUser struct {
	Name        string   `json:"name"`
	DisplayName string   `json:"display_name"`
	Password    string   `json:"password"`
	Roles       []string `json:"roles"` // display names
	Guest       bool     `json:"guest"`
}

// A seedApp is an app registration made by hand, with its service principal.
type seedApp struct {
	Name               string           `json:"name"`
	ClientID           string           `json:"client_id"`     // made up when empty
	MultiTenant        bool             `json:"multitenant"`   // any organizational directory
	PublicClient       bool             `json:"public_client"` // redirect URIs are of the mobile and desktop platform
	RedirectURIs       []string         `json:"redirect_uris"`
	Owner              string           `json:"owner"`               // a user's name: who registered it
	CoOwners           []string         `json:"co_owners"`           // further users' names
	Delegated          []string         `json:"delegated"`           // Graph permissions it lists
	AzureDevOps        []string         `json:"azure_devops"`        // Azure DevOps permissions it lists
	ApplicationGranted []string         `json:"application_granted"` // Graph application permissions it holds
	ConsentedForAll    bool             `json:"consented_for_all"`   // what it lists is granted tenant-wide
	Consented          []string         `json:"consented"`           // or only these Graph permissions are
	VerifiedPublisher  string           `json:"verified_publisher"`  // a display name; empty: not verified
	PropertyLock       bool             `json:"property_lock"`       // service principals elsewhere cannot be changed
	Disabled           bool             `json:"disabled"`            // isDisabled of the registration
	SignInDisabled     bool             `json:"sign_in_disabled"`    // accountEnabled of its service principal is false
	AssignmentRequired bool             `json:"assignment_required"` // only those assigned may sign in to it
	Assigned           []string         `json:"assigned"`            // users' names
	AppRoles           []seedRole       `json:"app_roles"`
	RoleAssignments    []seedAssignment `json:"role_assignments"`
	OptionalClaims     []string         `json:"optional_claims"` // of ID tokens

	Secret     string       `json:"secret"`      // a client secret's value
	SecretDays int          `json:"secret_days"` // until it expires, may be negative; 0: two years
	Secrets    []seedSecret `json:"secrets"`     // further ones

	azureManagement []string // Azure Resource Manager permissions; only Microsoft's own tools list them
}

// A seedSecret is a client secret with a name.
type seedSecret struct {
	Name  string `json:"name"`
	Value string `json:"value"`
	Days  int    `json:"days"` // as secret_days
}

// A seedOrganization is an Azure DevOps organization.
type seedOrganization struct {
	Slug     string                `json:"slug"`
	Tenant   string                `json:"tenant"` // a domain; empty: backed by personal accounts
	Projects []seedProject         `json:"projects"`
	Members  []seedMember          `json:"members"`
	Policies *organizationPolicies `json:"policies"` // nil: as organizations are delivered
}

type seedProject struct {
	Name        string `json:"name"`
	Description string `json:"description"`
	Public      bool   `json:"public"`
}

type seedMember struct {
	User   string `json:"user"`   // a user's name in the organization's tenant
	App    string `json:"app"`    // or the name of an app registered there: its service principal
	Access string `json:"access"` // basic, stakeholder or none
	Admin  bool   `json:"admin"`
}

// firstPartyClients are Microsoft's own public clients that the developer
// credentials of Azure's SDKs, and tools that bring no registration of their
// own, sign in with: Git Credential Manager as Visual Studio, the Azure DevOps
// MCP server, and the command line of Teams.
var firstPartyClients = seedTenant{Domain: "microsoft.sandbox.invalid", Name: "Microsoft Services", Apps: []seedApp{
	{Name: "Microsoft Azure CLI", ClientID: "04b07795-8ddb-461a-bbee-02f9e1bf7b46", MultiTenant: true, PublicClient: true,
		RedirectURIs: localhost, Delegated: directoryTools, AzureDevOps: []string{everything}, azureManagement: []string{everything}},
	{Name: "Microsoft Azure PowerShell", ClientID: "1950a258-227b-4e31-a9cf-717495945fc2", MultiTenant: true, PublicClient: true,
		RedirectURIs: localhost, Delegated: directoryTools, AzureDevOps: []string{everything}, azureManagement: []string{everything}},
	{Name: "Microsoft Graph Command Line Tools", ClientID: "14d82eec-204b-4c2f-b7e8-296a70dab67e", MultiTenant: true, PublicClient: true,
		RedirectURIs: localhost, Delegated: []string{"User.Read", "openid", "profile", "offline_access"}},
	{Name: "Visual Studio", ClientID: "872cd9fa-d31f-45e0-9eab-6e460a02d1f1", MultiTenant: true, PublicClient: true,
		RedirectURIs: localhost, Delegated: directoryTools, AzureDevOps: []string{everything}},
	{Name: "Azure DevOps MCP", ClientID: "0d50963b-7bb9-4fe7-94c7-a99af00b5136", MultiTenant: true, PublicClient: true,
		RedirectURIs: localhost, AzureDevOps: []string{everything}},
	{Name: "Teams Toolkit", ClientID: "7ea7c24c-b1f6-4a20-9d11-9ae12e9e7ac0", MultiTenant: true, PublicClient: true,
		RedirectURIs: localhost, Delegated: directoryTools},
}}

// consoleHome is where the console's own client is registered.
var consoleHome = seedTenant{Domain: "consentry.sandbox.invalid", Name: "Consentry", Apps: []seedApp{
	{Name: "Consentry console", ClientID: ConsoleClientID, MultiTenant: true, PublicClient: true,
		RedirectURIs: []string{"http://localhost", "http://localhost/sign-in/callback", "http://127.0.0.1/sign-in/callback"},
		Delegated: []string{"Application.Read.All", "DelegatedPermissionGrant.Read.All", "Policy.Read.All",
			"Application.ReadWrite.All", "DelegatedPermissionGrant.ReadWrite.All",
			"Directory.Read.All", "User.Read", "openid", "profile", "offline_access"},
		AzureDevOps: []string{everything}},
}}

var (
	localhost = []string{"http://localhost"}
	// directoryTools are permissions that Microsoft's tools come with in
	// every tenant, without anybody's consent.
	directoryTools = []string{"Application.ReadWrite.All", "AppRoleAssignment.ReadWrite.All", "AuditLog.Read.All",
		"DelegatedPermissionGrant.ReadWrite.All", "Directory.AccessAsUser.All", "Group.ReadWrite.All", "User.Read.All", "User.ReadWrite.All",
		"email", "openid", "profile"}
	// automationRoles let an unattended setup do all it may have to.
	automationRoles = []string{"Application.ReadWrite.All", "DelegatedPermissionGrant.ReadWrite.All",
		"Directory.Read.All", "Organization.Read.All", "Policy.Read.All"}
)

// automationApp is the confidential client that a tenant's scripts use. Its
// secret is known by heart, which a real one must never be.
func automationApp(domain string) seedApp {
	digest := hexDigest("automation secret", domain)
	return seedApp{
		Name: "Automation", ClientID: stableID("automation", domain), Secret: digest[:3] + "8Q~sandbox." + digest[3:29],
		RedirectURIs: []string{"http://localhost:8080/callback"}, Delegated: []string{"User.Read"}, ApplicationGranted: automationRoles,
	}
}
