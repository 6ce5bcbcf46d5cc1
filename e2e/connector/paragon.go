package main

import "encoding/json"

// retiredType is the type of Paragon's settings for those who had an app of
// Azure DevOps' own OAuth before it was closed.
const retiredType = "Azure DevOps OAuth App"

var paragon = product{
	ID: "paragon", Name: "Paragon",
	Callback: "https://passport.useparagon.com/oauth",
	Settings: form{
		Where: "Integrations > Connected Integrations > Azure DevOps > Settings",
		Intro: "Client ID and Client Secret left blank mean Paragon's development keys.",
		Fields: []field{
			{Label: "Application Type", Key: applicationType, Kind: oneOf, Choices: []string{"Microsoft Entra ID App", retiredType},
				Help: "For a first setup choose Microsoft Entra ID App. " + retiredType + " is for apps created before April 2025."},
			{Label: "Client ID", Key: clientID, Kind: typed, Optional: true},
			{Label: "Client Secret", Key: clientSecret, Kind: typedSecret, Optional: true},
			{Label: "Permissions", Key: scopes, Kind: manyOf, Choices: offered},
		},
		Button: "Save changes",
	},
	Connect: form{
		Intro: "Connect your Azure DevOps account to let workflows search and change work items for you.",
		Fields: []field{{Label: "Organization", Key: organization, Kind: typed, Optional: true,
			Help: "Left empty, the first organization you are a member of is used."}},
		Button: "Connect",
	},
	SignIn: dialect{Basic: true, Chosen: true, Adds: []string{offlineAccess}},
	Calls:  callStyle{UserAgent: "paragon-passport/1.0"},
	Work: []operation{
		{Name: "Find the organization", run: findOrganization},
		listProjects("5.0"),
		{Name: "Search work items", run: searchWorkItems},
		{Name: "Create work item", run: createWorkItem},
		{Name: "Update work item", run: updateWorkItem},
		{Name: "Delete work item", run: deleteWorkItem},
	},
	Trouble: "Unable to connect Azure DevOps",
	Report:  paragonReport,
}

// paragonReport wraps the answer in an envelope, as a proxy does.
func paragonReport(f *failure) string {
	envelope := struct {
		Message  string `json:"message"`
		Code     string `json:"code,omitempty"`
		Error    string `json:"error,omitempty"`
		Status   int    `json:"status,omitempty"`
		Response any    `json:"response,omitempty"`
	}{"Azure DevOps: " + f.At + " failed.", f.Code, f.Message, f.Status, nil}
	if f.Status != 0 {
		envelope.Response = f.Raw
		if json.Valid([]byte(f.Raw)) {
			envelope.Response = json.RawMessage(f.Raw)
		}
	}
	return indented(envelope)
}
