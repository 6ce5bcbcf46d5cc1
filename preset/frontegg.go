package preset

import "github.com/consentry/consentry/entra"

var frontegg = Preset{
	ID:     "frontegg",
	Name:   "Frontegg",
	Source: Source{Title: "Frontegg: Azure DevOps integration", Read: "2026-11-21"},
	About:  "Frontegg reaches projects, repositories, pipelines, work items and pull requests of Azure DevOps on behalf of your users.",
	Inputs: []Input{{
		Name:    "host",
		Label:   "Host of your Frontegg MCP gateway",
		Help:    "The host in the redirect URL that Frontegg gives you. Its guide writes YOUR_MCP_GATEWAY_URL in its place.",
		Example: "gateway.example.com",
		Kind:    HostInput,
	}},
	RedirectURI:           "https://{host}/integration-callback",
	AppName:               "Frontegg Integration",
	Audience:              entra.AnyOrganization,
	Registered:            []string{entra.UserImpersonation},
	Asked:                 []string{"vso.project", "vso.code", "vso.work", "vso.build"},
	AskedBeyondRegistered: true,
	Compare:               Covered,
	ScopeForm: ScopeForm{
		Select:  true,
		Sourced: true,
		Note:    "Choose the scopes your integration needs. user_impersonation on the registration covers each of them, so asking for vso.* scopes that are not registered is right here.",
	},
	Fields: []Field{
		{Label: "Client ID", Value: ClientIDValue},
		{Label: "Client Secret", Value: ClientSecretValue},
		{Label: "Azure DevOps organization", Value: OrganizationValue, Note: "The name alone, without https://dev.azure.com/."},
		{Label: "Scopes", Value: ScopesValue},
	},
	Where: []string{"[ENVIRONMENT]", "Integrations", "Azure DevOps"},
	Operations: []Operation{
		{"List projects", "GET", "/_apis/projects", "vso.project"},
		{"List repositories", "GET", "/{project}/_apis/git/repositories", "vso.code"},
		{"List pull requests", "GET", "/{project}/_apis/git/pullrequests", "vso.code"},
		{"List pipelines", "GET", "/{project}/_apis/pipelines", "vso.build"},
		{"Read work items", "GET", "/{project}/_apis/wit/workitems", "vso.work"},
	},
	Warnings: []string{
		"Register it in Microsoft Entra: Azure DevOps' own OAuth takes no new registrations.",
		"Never share the client secret and never commit it to version control.",
		"The Azure DevOps organization must be connected to the tenant its users sign in from.",
	},
	Unsourced: []string{
		"Which calls Frontegg makes: its page names projects, repositories, pipelines, work items and pull requests only; the reading calls listed here are assumed.",
		"Which scopes it asks for by default: its page names vso.code, vso.work and vso.build as examples; the test asks for these and for vso.project, which the list of projects needs.",
		"How the list of scopes is worded, and what choosing none means.",
		"Whether it asks for offline_access; without it users would have to sign in again after an hour or so.",
	},
}
