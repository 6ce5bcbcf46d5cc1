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
}

type seedPolicies struct {
	UsersMayRegisterApps bool `json:"users_may_register_apps"`
	UsersMayConsent      bool `json:"users_may_consent"`
	RiskyConsentAllowed  bool `json:"risky_consent_allowed"`
	AdminConsentWorkflow bool `json:"admin_consent_workflow"`
	MultitenantForbidden bool `json:"multitenant_forbidden"`
	SecretsForbidden     bool `json:"secrets_forbidden"`
	SecretMaxDays        int  `json:"secret_max_days"` // 0: no limit
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
	Name               string   `json:"name"`
	ClientID           string   `json:"client_id"`     // made up when empty
	MultiTenant        bool     `json:"multitenant"`   // any organizational directory
	PublicClient       bool     `json:"public_client"` // redirect URIs are of the mobile and desktop platform
	RedirectURIs       []string `json:"redirect_uris"`
	Owner              string   `json:"owner"`               // a user's name
	Secret             string   `json:"secret"`              // a client secret's value
	SecretDays         int      `json:"secret_days"`         // until it expires, may be negative; 0: two years
	Delegated          []string `json:"delegated"`           // Graph permissions it lists
	AzureDevOps        []string `json:"azure_devops"`        // Azure DevOps permissions it lists
	ApplicationGranted []string `json:"application_granted"` // Graph application permissions it holds
	ConsentedForAll    bool     `json:"consented_for_all"`   // what it lists is granted tenant-wide
}

// A seedOrganization is an Azure DevOps organization.
type seedOrganization struct {
	Slug     string        `json:"slug"`
	Tenant   string        `json:"tenant"` // a domain; empty: backed by personal accounts
	Projects []seedProject `json:"projects"`
	Members  []seedMember  `json:"members"`
}

type seedProject struct {
	Name        string `json:"name"`
	Description string `json:"description"`
	Public      bool   `json:"public"`
}

type seedMember struct {
	User   string `json:"user"`   // a user's name in the organization's tenant
	Access string `json:"access"` // basic, stakeholder or none
	Admin  bool   `json:"admin"`
}

// builtin are the scenarios. Everybody's password follows from their name.
var builtin = seedFile{
	Tenants: []seedTenant{
		{Domain: "contoso.sandbox.invalid", Name: "Contoso", Scenario: "healthy", Users: threePeople, Apps: usualApps},
		{Domain: "fabrikam.sandbox.invalid", Name: "Fabrikam", Scenario: "admin consent required", Users: threePeople, Apps: usualApps,
			Policies: &seedPolicies{AdminConsentWorkflow: true}},
		{Domain: "northwind.sandbox.invalid", Name: "Northwind", Scenario: "organization of another tenant", Users: threePeople, Apps: usualApps},
		{Domain: "woodgrove.sandbox.invalid", Name: "Woodgrove", Scenario: "secrets blocked by policy", Users: threePeople, Apps: usualApps,
			Policies: &seedPolicies{UsersMayRegisterApps: true, UsersMayConsent: true, SecretsForbidden: true}},
	},
	Organizations: []seedOrganization{
		{Slug: "contoso", Tenant: "contoso.sandbox.invalid", Members: everybody, Projects: []seedProject{
			{Name: "Web Shop", Description: "The public shop."}, {Name: "Mobile", Description: "The apps for phones."}}},
		{Slug: "fabrikam", Tenant: "fabrikam.sandbox.invalid", Members: everybody, Projects: []seedProject{{Name: "Assembly Line"}}},
		{Slug: "northwind", Tenant: "contoso.sandbox.invalid", Members: everybody, Projects: []seedProject{{Name: "Orders"}}},
		{Slug: "woodgrove", Tenant: "woodgrove.sandbox.invalid", Members: everybody, Projects: []seedProject{{Name: "Lending"}}},
		{Slug: "personal-projects", Projects: []seedProject{{Name: "Garden"}}},
	},
}

var threePeople = []seedUser{
	{Name: "admin", DisplayName: "Ada Admin", Password: "Sandbox-Admin-1!", Roles: []string{"Global Administrator"}},
	{Name: "developer", DisplayName: "Dev Developer", Password: "Sandbox-Developer-1!", Roles: []string{"Application Developer"}},
	{Name: "user", DisplayName: "Uma User", Password: "Sandbox-User-1!"},
}

var everybody = []seedMember{
	{User: "admin", Access: accessBasic, Admin: true},
	{User: "developer", Access: accessBasic},
	{User: "user", Access: accessBasic},
}

// usualApps are what people registered by hand before.
var usualApps = []seedApp{
	{Name: "Paragon (existing)", Owner: "developer", RedirectURIs: []string{"https://passport.useparagon.com/oauth"},
		Delegated: []string{"User.Read"}, Secret: "pGn8Q~sandbox.made-by-hand.0123456789abc", SecretDays: 20},
	{Name: "Team dashboard", Owner: "admin", RedirectURIs: []string{"https://dashboard.example.com/auth/callback"},
		Delegated: []string{"User.Read", "openid", "profile"}, AzureDevOps: []string{"vso.build", "vso.project"}, ConsentedForAll: true,
		Secret: "tDb8Q~sandbox.expired-long-ago.0123456789", SecretDays: -30},
}

// firstPartyClients are Microsoft's own public clients that the developer
// credentials of Azure's SDKs sign in with.
var firstPartyClients = seedTenant{Domain: "microsoft.sandbox.invalid", Name: "Microsoft Services", Apps: []seedApp{
	{Name: "Microsoft Azure CLI", ClientID: "04b07795-8ddb-461a-bbee-02f9e1bf7b46", MultiTenant: true, PublicClient: true,
		RedirectURIs: localhost, Delegated: directoryTools, AzureDevOps: []string{everything}},
	{Name: "Microsoft Azure PowerShell", ClientID: "1950a258-227b-4e31-a9cf-717495945fc2", MultiTenant: true, PublicClient: true,
		RedirectURIs: localhost, Delegated: directoryTools, AzureDevOps: []string{everything}},
	{Name: "Microsoft Graph Command Line Tools", ClientID: "14d82eec-204b-4c2f-b7e8-296a70dab67e", MultiTenant: true, PublicClient: true,
		RedirectURIs: localhost, Delegated: []string{"User.Read", "openid", "profile", "offline_access"}},
}}

// consoleHome is where the console's own client is registered.
var consoleHome = seedTenant{Domain: "consentry.sandbox.invalid", Name: "Consentry", Apps: []seedApp{
	{Name: "Consentry console", ClientID: ConsoleClientID, MultiTenant: true, PublicClient: true,
		RedirectURIs: []string{"http://localhost", "http://localhost/sign-in/callback", "http://127.0.0.1/sign-in/callback"},
		Delegated: []string{"Application.ReadWrite.All", "DelegatedPermissionGrant.ReadWrite.All", "Policy.Read.All",
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
