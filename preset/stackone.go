package preset

import "github.com/consentry/consentry/entra"

var stackOne = Preset{
	ID:           "stackone",
	Name:         "StackOne",
	Source:       Source{Title: "StackOne: register a Microsoft Entra ID application for Azure DevOps", Read: "2026-11-21"},
	About:        "StackOne runs actions on Azure DevOps through a Connector Profile.",
	RedirectURI:  "https://api.stackone.com/connect/oauth2/azuredevops/callback",
	AppName:      "StackOne Azure DevOps Integration",
	Audience:     entra.AnyOrganization,
	Registered:   []string{entra.UserImpersonation},
	AdminConsent: true,
	Compare:      Covered,
	ScopeForm: ScopeForm{
		Prefix:        true,
		OfflineAccess: true,
		Note:          "The page says only that the field is optional. Assumed is that it passes to Microsoft as typed: then each scope needs its resource in front, and offline_access brings a refresh token.",
	},
	Fields: []Field{
		{Label: "Type", Value: FixedValue, Fixed: "OAuth 2.0 (Microsoft Entra ID)"},
		{Label: "Client ID", Value: ClientIDValue},
		{Label: "Client Secret", Value: ClientSecretValue},
		{Label: "Scopes", Value: ScopesValue, Optional: true},
	},
	Where: []string{"Connector Profiles", "+ Connector Profile", "Azure DevOps"},
	Warnings: []string{
		"The page asks for admin consent for the whole tenant: an administrator has to give it.",
		"Its page adds the redirect URI after registering; here it is part of the registration from the start.",
	},
	Unsourced: []string{
		"Which calls the actions make: its page says that the scopes follow from the actions. Choose permissions by the actions you enable, or keep user_impersonation.",
		"In which form the scopes field is written, and what leaving it empty means.",
	},
}
