package explain

import (
	"net/url"
	"slices"

	"github.com/consentry/consentry/entra"
)

// The Entra admin centre's lists that belong to no app.
const (
	enterpriseApps    = "/#view/Microsoft_AAD_IAM/StartboardApplicationsMenuBlade/~/AppAppsPreview"
	signInLogs        = "/#view/Microsoft_AAD_IAM/SignInEventsV3Blade"
	conditionalAccess = "/#view/Microsoft_AAD_ConditionalAccess/ConditionalAccessBlade/~/Policies"
	allUsers          = "/#view/Microsoft_AAD_UsersAndTenants/UserManagementMenuBlade/~/AllUsers"
	tenantOverview    = "/#view/Microsoft_AAD_IAM/TenantOverview.ReactView"
)

// linkTo makes the addresses that causes name, for the public cloud.
var linkTo = map[string]func(Entities) Link{
	"app":            appLink("The app registration", entra.PortalOverview),
	"authentication": appLink("Redirect URIs and account types of the app", entra.PortalAuthentication),
	"permissions":    appLink("API permissions of the app", entra.PortalPermissions),
	"secrets":        appLink("Client secrets of the app", entra.PortalSecrets),
	"register":       portalLink("Register an app", entra.PortalApp(entra.Public(), "", entra.PortalRegister)),
	"enterprise":     portalLink("Enterprise applications of the tenant", entra.Public().Portal+enterpriseApps),
	"sign-ins":       portalLink("Sign-in log of the tenant", entra.Public().Portal+signInLogs),
	"policies":       portalLink("Conditional Access policies", entra.Public().Portal+conditionalAccess),
	"people":         portalLink("Users of the tenant", entra.Public().Portal+allUsers),
	"tenant":         portalLink("Overview of the tenant", entra.Public().Portal+tenantOverview),
	"user-consent":   portalLink("User consent settings of the tenant", entra.PortalUserConsent(entra.Public())),
	"org-overview":   orgLink("Overview of the organization", entra.SettingsOverview),
	"org-users":      orgLink("Users of the organization", entra.SettingsUsers),
	"org-policies":   orgLink("Policies of the organization", entra.SettingsPolicies),
	"org-entra":      orgLink("Microsoft Entra connection of the organization", entra.SettingsEntra),
	"pats":           patLink,
	"admin-consent":  adminConsentLink,
	"status":         portalLink("Status of Azure DevOps", "https://status.dev.azure.com"),
	"azure-status":   portalLink("Status of Microsoft's cloud", "https://status.cloud.microsoft"),
}

func portalLink(label, address string) func(Entities) Link {
	return func(Entities) Link { return Link{label, address} }
}

func appLink(label string, b entra.Blade) func(Entities) Link {
	return func(e Entities) Link {
		return Link{label, entra.PortalApp(entra.Public(), entra.ClientID(e.ClientID), b)}
	}
}

func orgLink(label string, p entra.SettingsPage) func(Entities) Link {
	return func(e Entities) Link {
		if e.Organization == "" {
			return Link{}
		}
		return Link{label, entra.OrganizationSettings(entra.Public(), e.Organization, p)}
	}
}

func patLink(e Entities) Link {
	if e.Organization == "" {
		return Link{}
	}
	return Link{"Personal access tokens", entra.Public().DevOps + "/" + url.PathEscape(e.Organization) + "/_usersSettings/tokens"}
}

// adminConsentLink asks for everything the registration lists
// [MicrosoftDocs/entra-docs/docs/identity-platform/v2-admin-consent.md].
func adminConsentLink(e Entities) Link {
	if e.ClientID == "" {
		return Link{}
	}
	tenant := e.Tenant
	if tenant == "" {
		tenant = "organizations"
	}
	q := url.Values{"client_id": {e.ClientID}}
	return Link{"Admin consent", entra.Public().Login + "/" + url.PathEscape(tenant) + "/adminconsent?" + q.Encode()}
}

// links makes the addresses for one paste; those that would need a value that
// was not recognised are left out.
func (s *signs) links(names []string) []Link {
	var out []Link
	for _, name := range names {
		if l := linkTo[name](s.entities); l.URL != "" && !slices.Contains(out, l) {
			out = append(out, l)
		}
	}
	return out
}
