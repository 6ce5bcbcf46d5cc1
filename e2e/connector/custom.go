package main

import (
	"fmt"
	"net/http"
)

// custom follows Microsoft's own page: OpenID Connect, an account chosen, and
// whatever a service with a client secret does then.
var custom = product{
	ID: "custom", Name: "Custom service",
	Callback: "https://{host}/auth/callback",
	Host:     "app.example.com",
	Settings: form{
		Where: "the settings of your service",
		Fields: []field{
			{Label: "Client ID", Key: clientID, Kind: typed},
			{Label: "Client secret", Key: clientSecret, Kind: typedSecret},
			{Label: "Directory (tenant) ID", Key: tenantID, Kind: typed, Optional: true, Help: "Left empty, people of any organization sign in."},
			{Label: "Redirect URI", Key: redirectURI, Kind: typed, Optional: true, Help: "Left empty, the service's usual one."},
			{Label: "Scopes", Key: scopes, Kind: typed},
			{Label: "Azure DevOps organization", Key: organization, Kind: typed, Optional: true, Help: "Left empty, the first one of the person who signed in."},
			{Label: "Project", Key: projectName, Kind: typed, Optional: true},
		},
		Button: "Save",
	},
	Connect: form{Intro: "You will be sent to Microsoft to choose your account and to approve.", Button: "Connect"},
	SignIn:  dialect{Basic: true, PKCE: true, OpenID: true, Prompt: "select_account", Adds: []string{"openid", "profile"}},
	Calls:   callStyle{UserAgent: "custom-service/1.0", InAccept: true, Suppress: true},
	Work: []operation{
		{Name: "Find the organization", run: findOrganization},
		{Name: "Read who is connected", run: readConnection},
		listProjects("7.1"),
		{Name: "Get project", run: getProject},
	},
	Trouble: "Sign-in to Azure DevOps failed",
	Report: func(f *failure) string {
		if f.Status == 0 {
			return fmt.Sprintf("%s: oauth2 callback: %s\n%s", f.At, f.Code, f.Raw)
		}
		return fmt.Sprintf("%s\n%s %s\nHTTP/1.1 %d %s\nContent-Type: %s\n\n%s", f.At, f.Method, f.URL, f.Status, http.StatusText(f.Status), f.ContentType, f.Raw)
	},
}
