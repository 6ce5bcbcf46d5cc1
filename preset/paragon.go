package preset

import "github.com/consentry/consentry/entra"

var paragon = Preset{
	ID:            "paragon",
	Name:          "Paragon",
	Source:        Source{Title: "Paragon: Azure DevOps setup guide", Read: "2026-11-21"},
	About:         "Paragon connects your users' Azure DevOps accounts for its SDK and for workflows on work items.",
	RedirectURI:   "https://passport.useparagon.com/oauth",
	AppName:       "Paragon Integration",
	OftenExisting: true,
	Audience:      entra.AnyOrganization,
	Registered:    []string{entra.UserImpersonation},
	Compare:       Covered,
	ScopeForm: ScopeForm{
		Select:  true,
		Sourced: true,
		Note:    "Choose the same scopes as on the registration. Paragon's dashboard lists those it recommends.",
	},
	Fields: []Field{
		{Label: "Application Type", Value: FixedValue, Fixed: "Microsoft Entra ID App", Note: "The other type, Azure DevOps OAuth App, is there only for those who had it before Microsoft's announcement."},
		{Label: "Client ID", Value: ClientIDValue, Note: "Left empty together with the secret, Paragon uses its own development keys."},
		{Label: "Client Secret", Value: ClientSecretValue},
		{Label: "Permissions", Value: ScopesValue},
	},
	Where: []string{"Integrations", "Connected Integrations", "Azure DevOps", "Settings"},
	Operations: []Operation{
		{"Get project list", "GET", "/_apis/projects", "vso.project"},
		{"Search work items", "POST", "/{project}/{team}/_apis/wit/wiql", "vso.work"},
		{"Create work item", "POST", "/{project}/_apis/wit/workitems/${type}", "vso.work_write"},
		{"Update work item", "PATCH", "/{project}/_apis/wit/workitems/{id}", "vso.work_write"},
		{"Delete work item", "DELETE", "/{project}/_apis/wit/workitems/{id}", "vso.work_write"},
	},
	Warnings: []string{
		"Client ID and Client Secret left empty mean Paragon's development keys: fine for a trial, wrong for production.",
		"Moving from the older Azure DevOps OAuth App to Microsoft Entra ID makes every connected user connect again. Tell them first.",
		"Client secrets expire: make a new one in time and put it into Paragon.",
	},
	Unsourced: []string{
		"Which scopes Paragon recommends: its page refers to the dashboard. user_impersonation covers whatever they are.",
		"Which request searches work items: a query in the work item query language is assumed.",
		"What choosing no permissions means.",
		"Whether it asks for offline_access; without it users would have to sign in again after an hour or so.",
	},
}
