package entra

import "net/url"

// A Blade is one page of the Entra admin centre about an app registration.
type Blade string

// The pages, by the last part of their address. PortalRegister and PortalList
// are about no registration in particular.
const (
	PortalRegister       Blade = "register"
	PortalList           Blade = "list"
	PortalOverview       Blade = "Overview"
	PortalAuthentication Blade = "Authentication"
	PortalPermissions    Blade = "CallAnAPI"
	PortalSecrets        Blade = "Credentials"
	PortalOwners         Blade = "Owners"
	PortalBranding       Blade = "Branding" // name, and the publisher
)

// PortalApp is a deep link into the Entra admin centre; empty when the cloud
// has none or b names no page. Without a client ID it leads to the list of app registrations, or
// to the form for a new one.
func PortalApp(c Cloud, id ClientID, b Blade) string {
	base := c.Portal + "/#view/Microsoft_AAD_RegisteredApps/"
	switch {
	case c.Portal == "", b == "":
		return ""
	case b == PortalRegister:
		return base + "CreateApplicationBlade/quickStartType~/null/isMSAApp~/false"
	case b == PortalList, id == "":
		return base + "ApplicationsListBlade"
	}
	return base + "ApplicationMenuBlade/~/" + string(b) + "/appId/" + url.PathEscape(string(id)) + "/isMSAApp~/false"
}

// PortalEnterpriseApp is a deep link to the permissions of an enterprise
// application (service principal), where consent is seen and given. It needs
// the object ID of the service principal in the person's own tenant.
func PortalEnterpriseApp(c Cloud, principal ObjectID, id ClientID) string {
	if c.Portal == "" || principal == "" {
		return ""
	}
	return c.Portal + "/#view/Microsoft_AAD_IAM/ManagedAppMenuBlade/~/Permissions/objectId/" +
		url.PathEscape(string(principal)) + "/appId/" + url.PathEscape(string(id))
}

// PortalUserConsent is a deep link to the tenant's user consent settings.
func PortalUserConsent(c Cloud) string {
	if c.Portal == "" {
		return ""
	}
	return c.Portal + "/#view/Microsoft_AAD_IAM/ConsentPoliciesMenuBlade/~/UserSettings"
}

// PortalConditionalAccess is a deep link to the tenant's Conditional Access
// policies.
func PortalConditionalAccess(c Cloud) string {
	if c.Portal == "" {
		return ""
	}
	return c.Portal + "/#view/Microsoft_AAD_ConditionalAccess/ConditionalAccessBlade/~/Policies"
}

// A SettingsPage is one page of an Azure DevOps organization's settings.
type SettingsPage string

// The pages that matter to an integration: name and owner, people and their
// access level, policies, and the tenant the organization is connected to.
const (
	SettingsOverview SettingsPage = "organizationOverview"
	SettingsUsers    SettingsPage = "users"
	SettingsPolicies SettingsPage = "organizationPolicy"
	SettingsEntra    SettingsPage = "organizationAad"
)

// OrganizationSettings is a deep link into an organization's settings; slug
// must have passed ParseOrganization.
func OrganizationSettings(c Cloud, slug string, p SettingsPage) string {
	return c.DevOps + "/" + url.PathEscape(slug) + "/_settings/" + string(p)
}
