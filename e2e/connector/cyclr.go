package main

import "fmt"

var cyclr = product{
	ID: "cyclr", Name: "Cyclr",
	Callback: "https://{host}/connector/callback",
	Host:     "yourcompany.cyclr.com",
	Settings: form{
		Where: "Cyclr Console > Connectors > Application Connector Library > Microsoft Azure DevOps",
		Intro: "Leave all of it blank when your users give details of their own as they install the connector.",
		Fields: []field{
			{Label: "Client ID", Key: clientID, Kind: typed, Optional: true},
			{Label: "Client Secret", Key: clientSecret, Kind: typedSecret, Optional: true},
			{Label: "Scopes", Key: scopes, Kind: typed, Optional: true, Help: "The same list as on the application, no more and no less."},
		},
		Button: "Save",
	},
	Connect: form{
		Intro: "Installing the Microsoft Azure DevOps connector.",
		Fields: []field{
			{Label: "Client ID", Key: clientID, Kind: typed, IfBlank: true},
			{Label: "Client Secret", Key: clientSecret, Kind: typedSecret, IfBlank: true},
			{Label: "Scopes", Key: scopes, Kind: typed, IfBlank: true, Help: "The same list as on the application, no more and no less."},
			{Label: "Organization ID", Key: organization, Kind: typed},
			{Label: "Project Name", Key: projectName, Kind: typed},
		},
		Button: "Next",
	},
	SignIn:    dialect{Prompt: "select_account", Compares: true},
	NewWindow: true,
	Retired:   true,
	Calls:     callStyle{UserAgent: "Cyclr/1.0"},
	Work: []operation{
		{Name: "Get project", run: getProject},
		{Name: "Search work items", run: searchWorkItems},
		{Name: "Read work item", run: readWorkItem},
		{Name: "Create work item", run: createWorkItem},
		{Name: "Update work item", run: updateWorkItem},
		{Name: "Delete work item", run: deleteWorkItem},
	},
	Trouble: "Error authenticating Connector",
	Report: func(f *failure) string {
		text := "Microsoft Azure DevOps: " + f.At + ": "
		switch {
		case f.Status != 0:
			return text + fmt.Sprintf("the remote server returned (%d).\r\n%s", f.Status, f.Raw)
		case f.Message == "":
			return text + f.Code
		}
		return text + f.Code + "\r\n" + f.Message
	},
}
