package preset

import (
	"slices"
	"strings"

	"github.com/consentry/consentry/entra"
)

// A ManualStep is one part of the way by hand: what to click and what to
// paste, for people who lack the rights or do not want a tool to write.
type ManualStep struct {
	ID    string // "register", "redirect-uri", "permissions", "consent", "secret", "organization"
	Title string
	// Who may do it.
	Who string
	// Present is the click path as the portal has it now, one sentence each.
	Present []string
	// Older is what differs in the portal's older form; nil when nothing does.
	Older []string
	// Copy are the values the step takes, in the order they are pasted.
	Copy []FieldValue
	// Blade is the page of the Entra admin centre it happens on; empty for
	// steps in Azure DevOps, whose page is Settings.
	Blade    entra.Blade
	Settings entra.SettingsPage
	// Check says how to see that it is done.
	Check string
}

// The steps that are the same for every integration. Labels are the portal's
// own, as the integrations' pages give them.
var (
	registerStep = ManualStep{
		ID:    "register",
		Title: "Register the application",
		Who:   "anybody in the tenant while users may register applications, else an Application Developer or an application administrator",
		Present: []string{
			"Sign in to the Microsoft Entra admin center and open App registrations.",
			"Choose New registration.",
			"Name: paste the name.",
			"Supported account types: choose Accounts in any organizational directory (Any Microsoft Entra ID tenant - Multitenant), then Allow all tenants.",
			"Redirect URI: choose Web and paste the redirect URI.",
			"Choose Register.",
			"On the Overview page copy Application (client) ID and Directory (tenant) ID.",
		},
		Older: []string{
			"In the Azure portal the way leads through Microsoft Entra ID (once Azure Active Directory) to App registrations.",
			"Accounts in any organizational directory has no second choice: Allow all tenants is missing there and is meant.",
		},
		Copy:  []FieldValue{AppNameValue, RedirectURIValue},
		Blade: entra.PortalRegister,
		Check: "The Overview page shows the name, and under Supported account types that several organizations may sign in.",
	}
	redirectStep = ManualStep{
		ID:    "redirect-uri",
		Title: "Add the redirect URI",
		Who:   "an owner of the app registration, or an application administrator",
		Present: []string{
			"Where it was given when registering, this step only checks it.",
			"Open the app registration; under Manage choose Authentication (Preview).",
			"On the tab Redirect URI configuration choose Add Redirect URI, then Web.",
			"Paste the redirect URI and choose Configure.",
		},
		Older: []string{
			"Under Manage choose Authentication.",
			"Under Platform configurations choose Add a platform, then Web; paste the redirect URI and choose Configure.",
			"Where the Web platform is there already, choose Add URI in it and then Save at the top of the page.",
		},
		Copy:  []FieldValue{RedirectURIValue},
		Blade: entra.PortalAuthentication,
		Check: "The redirect URI stands under Web, letter for letter, and on no other platform.",
	}
	permissionsStep = ManualStep{
		ID:    "permissions",
		Title: "Add the permissions",
		Who:   "an owner of the app registration, or an application administrator",
		Present: []string{
			"Open API permissions and choose Add a permission.",
			"On the tab Microsoft APIs choose Azure DevOps, then Delegated permissions.",
			"Tick each of the permissions; user_impersonation stands under Other permissions, the others under the group they are named after.",
			"Choose Add permissions.",
			"Leave User.Read of Microsoft Graph in the list; when it is missing, add it: Microsoft Graph, Delegated permissions, User.Read.",
		},
		Older: []string{
			"user_impersonation stands at the top of the list, without the group Other permissions.",
			"Where Azure DevOps is not among the Microsoft APIs, find it under APIs my organization uses by the ID 499b84ac-1321-427f-aa17-267ca6975798.",
		},
		Copy:  []FieldValue{PermissionsValue},
		Blade: entra.PortalPermissions,
		Check: "Configured permissions lists Azure DevOps with these permissions and Microsoft Graph with User.Read, all of type Delegated.",
	}
	consentStep = ManualStep{
		ID:    "consent",
		Title: "Give consent for the tenant",
		Who:   "a Cloud Application Administrator, Application Administrator or Global Administrator",
		Present: []string{
			"Open API permissions.",
			"Choose Grant admin consent for, followed by your organization's name, and confirm with Yes.",
		},
		Older: []string{
			"Or open Enterprise applications, the application, Permissions, and choose Grant admin consent for your organization there.",
		},
		Blade: entra.PortalPermissions,
		Check: "The column Status says Granted for your organization in every row.",
	}
	secretStep = ManualStep{
		ID:    "secret",
		Title: "Create the client secret",
		Who:   "an owner of the app registration, or an application administrator, unless the tenant's policy forbids secrets",
		Present: []string{
			"Open Certificates & secrets, tab Client secrets, and choose New client secret.",
			"Description: paste the description with its part in brackets, by which the secret is found again. Expires: choose a span the tenant allows; note the day.",
			"Choose Add.",
			"Copy the Value column at once: it is shown only until you leave the page. The column Secret ID is not the secret.",
			"Put the value straight into the integration's form or a password manager; never into a mail, a chat or version control.",
		},
		Copy:  []FieldValue{SecretNameValue},
		Blade: entra.PortalSecrets,
		Check: "The list shows the description with its expiry. A value that was not copied in time is lost: delete that row and make a new one.",
	}
	organizationStep = ManualStep{
		ID:    "organization",
		Title: "Check the Azure DevOps organization",
		Who:   "a Project Collection Administrator or the organization's owner for its settings; everybody who connects must be a member of the project with at least Basic access",
		Present: []string{
			"Open Azure DevOps and select the organization.",
			"Open Organization settings, Overview: the organization's name stands next to Name and in the address https://dev.azure.com/{organization}/.",
			"Open Organization settings, Microsoft Entra: it must be connected to the tenant from which people sign in.",
			"Open Organization settings, Users: each person who connects has at least the access level Basic and belongs to the project.",
		},
		Older: []string{
			"Addresses of the form https://{organization}.visualstudio.com lead to the same organization.",
			"The page Microsoft Entra was called Azure Active Directory.",
		},
		Copy:     []FieldValue{OrganizationValue, ProjectValue},
		Settings: entra.SettingsOverview,
		Check:    "The organization opens at https://dev.azure.com/ followed by its name, and its page Microsoft Entra names the tenant.",
	}
)

// Manual is the way by hand for this integration, in order, with the audience
// it suggests.
func (p Preset) Manual() []ManualStep { return p.ManualFor(p.Audience) }

// ManualFor is Manual for an app registration of another audience; empty means
// the integration's suggestion.
func (p Preset) ManualFor(a entra.Audience) []ManualStep {
	register := registerStep
	if a == entra.SingleTenant {
		register = registerHereOnly()
	}
	if p.OftenExisting {
		register.Present = append([]string{
			"Where a registration for this integration exists already, open it under App registrations, All applications, and go on with the redirect URI.",
		}, register.Present...)
	}
	consent := consentStep
	if !p.AdminConsent {
		consent.Present = append(slices.Clone(consent.Present),
			"Without it each user is asked at the first sign-in, where the tenant lets users consent.")
	}
	return []ManualStep{register, redirectStep, permissionsStep, consent, p.proofStep(), organizationStep}
}

// registerHereOnly is the registration of an app for one tenant. Both forms of
// the portal name that choice differently.
func registerHereOnly() ManualStep {
	s := registerStep
	s.Present = slices.Clone(s.Present)
	at := slices.IndexFunc(s.Present, func(line string) bool { return strings.HasPrefix(line, "Supported account types:") })
	s.Present[at] = "Supported account types: choose accounts in this organizational directory only (single tenant)."
	s.Older = s.Older[:1]
	s.Check = "The Overview page shows the name, and under Supported account types that only this organization may sign in."
	return s
}
