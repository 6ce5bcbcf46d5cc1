package main

import "fmt"

var stackOne = product{
	ID: "stackone", Name: "StackOne",
	Callback: "https://api.stackone.com/connect/oauth2/azuredevops/callback",
	Settings: form{
		Where: "Connector Profiles > + Connector Profile > Azure DevOps",
		Fields: []field{
			{Label: "Type", Key: applicationType, Kind: oneOf, Choices: []string{"OAuth 2.0 (Microsoft Entra ID)"}},
			{Label: "Client ID", Key: clientID, Kind: typed},
			{Label: "Client Secret", Key: clientSecret, Kind: typedSecret},
			{Label: "Scopes", Key: scopes, Kind: typed, Optional: true},
		},
		Button: "Create profile",
	},
	Connect: form{
		Intro: "Link your Azure DevOps account.",
		Fields: []field{{Label: "Organization", Key: organization, Kind: typed, Optional: true,
			Help: "Left empty, the first organization you are a member of is used."}},
		Button: "Connect",
	},
	SignIn: dialect{RepeatScope: true, Blank: azureDevOps + "/.default " + offlineAccess},
	Calls:  callStyle{UserAgent: "stackone-connect/1.0", Suppress: true},
	Work: []operation{
		{Name: "Find the organization", run: findOrganization},
		listProjects("7.1"),
		{Name: "Get project", run: getProject},
	},
	Trouble: "Connection failed",
	Report: func(f *failure) string {
		if f.Status == 0 {
			return fmt.Sprintf("azuredevops: %s: provider returned error=%s error_description=%q", f.At, f.Code, f.Message)
		}
		return fmt.Sprintf("azuredevops: %s: provider request %s %s failed with status %d\n%s", f.At, f.Method, f.URL, f.Status, f.Raw)
	},
}
