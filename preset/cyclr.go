package preset

import "github.com/consentry/consentry/entra"

// The models of Cyclr: one app registration for all users, or one for each.
const (
	cyclrAllUsers = "all-users"
	cyclrPerUser  = "per-user"
)

var cyclr = Preset{
	ID:     "cyclr",
	Name:   "Cyclr",
	Source: Source{Title: "Cyclr: Microsoft Azure DevOps connector", Read: "2026-11-21"},
	About:  "Cyclr's connector works on the items of one Azure DevOps project.",
	Inputs: []Input{
		{
			Name:    "host",
			Label:   "Your Cyclr service domain",
			Help:    "The host of your Cyclr service. The page that sets the connector up shows it in the callback address.",
			Example: "yourcompany.cyclr.com",
			Kind:    HostInput,
		},
		{
			Name:    "model",
			Label:   "Whose app registration it is",
			Help:    "One is enough while the same scopes do for everybody.",
			Kind:    ChoiceInput,
			Default: cyclrAllUsers,
			Choices: []Choice{
				{Value: cyclrAllUsers, Label: "One for all users", Help: "Client ID, secret and scopes are stored once, in the Application Connector Library.",
					Where: []string{"Connectors", "Application Connector Library", "Microsoft Azure DevOps"}},
				{Value: cyclrPerUser, Label: "One for each user", Help: "The library's entry stays blank and each user gives client ID, secret and scopes when installing the connector.",
					Where: []string{"Installing the Microsoft Azure DevOps connector"}},
			},
		},
	},
	RedirectURI: "https://{host}/connector/callback",
	AppName:     "Cyclr Azure DevOps Connector",
	Audience:    entra.AnyOrganization,
	Registered:  []string{"vso.work_full"},
	Compare:     Exact,
	ScopeForm: ScopeForm{
		Prefix: true,
		Note:   "The page knows the retired registration only and wants the same list here as on the registration. Assumed is that it passes to Microsoft as typed, where each scope needs its resource in front. When the connection ends after an hour or so, add offline_access.",
	},
	Fields: []Field{
		{Label: "Client ID", Value: ClientIDValue, Note: "The page calls it App ID on the registration."},
		{Label: "Client Secret", Value: ClientSecretValue},
		{Label: "Scopes", Value: ScopesValue, Note: "Must be exactly the scopes of the registration: Cyclr reports InvalidScope otherwise."},
		{Label: "Organization ID", Value: OrganizationValue, Place: "When installing the connector"},
		{Label: "Project Name", Value: ProjectValue, Place: "When installing the connector"},
	},
	Where: []string{"Connectors", "Application Connector Library", "Microsoft Azure DevOps"},
	Operations: []Operation{
		{"Search work items", "POST", "/{project}/{team}/_apis/wit/wiql", "vso.work"},
		{"Read work item", "GET", "/{project}/_apis/wit/workitems/{id}", "vso.work"},
		{"Create work item", "POST", "/{project}/_apis/wit/workitems/${type}", "vso.work_write"},
		{"Update work item", "PATCH", "/{project}/_apis/wit/workitems/{id}", "vso.work_write"},
	},
	Warnings: []string{
		"The scopes in Cyclr and those on the registration must be the same list, no more and no less.",
		"Audit log and account methods need further scopes: vso.auditlog, vso.profile.",
		"Its page tells you to register at Azure DevOps' own OAuth, which takes no new registrations. Ask Cyclr whether your connector's version signs in through Microsoft Entra.",
	},
	Unsourced: []string{
		"Everything about Microsoft Entra: the page describes the retired registration, so whether and how the connector signs in through Entra is not known.",
		"The form of the scopes field, with or without the resource in front, and whether offline_access belongs in it.",
		"Which calls its methods make: the page says that \"Work items (full)\" is required for most of them.",
		"That the rule of equal lists still holds with Entra, where a registration that covers the scopes would do.",
	},
}
