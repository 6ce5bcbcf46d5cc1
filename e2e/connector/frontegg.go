package main

import "fmt"

var frontegg = product{
	ID: "frontegg", Name: "Frontegg",
	Callback: "https://{host}/integration-callback",
	Host:     "gateway.example.com",
	Settings: form{
		Where: "Frontegg portal > [ENVIRONMENT] > Integrations > Azure DevOps",
		Fields: []field{
			{Label: "Client ID", Key: clientID, Kind: typed},
			{Label: "Client Secret", Key: clientSecret, Kind: typedSecret},
			{Label: "Azure DevOps organization", Key: organization, Kind: typed, Help: "The organization's slug, such as mycompany."},
			{Label: "Scopes", Key: scopes, Kind: manyOf, Choices: offered},
		},
		Button: "Save",
	},
	Connect: form{Intro: "Your AI agents act in Azure DevOps as you.", Button: "Connect"},
	SignIn:  dialect{PKCE: true, Chosen: true, Adds: []string{offlineAccess}},
	Calls:   callStyle{UserAgent: "frontegg-mcp-gateway/1.0", Suppress: true},
	Work: []operation{
		listProjects("7.1"),
		{Name: "List repositories", Needs: "vso.code", run: listRepositories},
		{Name: "List pull requests", Needs: "vso.code", run: listPullRequests},
		{Name: "List pipelines", Needs: "vso.build", run: listPipelines},
		{Name: "Search work items", Needs: "vso.work", run: searchWorkItems},
	},
	Trouble: "Azure DevOps authorization failed",
	Report: func(f *failure) string {
		text := "Failed to authorize integration \"Azure DevOps\" (" + f.At + ")\n"
		if f.Status != 0 {
			return text + fmt.Sprintf("Upstream responded with status %d: %s", f.Status, f.Raw)
		}
		return text + fmt.Sprintf("%s: %s", f.Code, f.Message)
	},
}
