package preset

import "github.com/consentry/consentry/entra"

var custom = Preset{
	ID:     "custom",
	Name:   "Custom",
	Common: "your service",
	Source: Source{Title: "Microsoft: authorize access to Azure DevOps with OpenID Connect", Read: "2026-11-21"},
	About:  "Any other service, or one of your own, that signs people in with an authorization code. It may prove itself with a federated credential or a certificate in place of a client secret.",
	Inputs: []Input{{
		Name:    "redirectUri",
		Label:   "Redirect URI",
		Help:    "Where the service takes the authorization code; it is also called callback or redirect URL. Several are separated by blanks.",
		Example: "https://app.example.com/auth/callback",
		Kind:    URIInput,
	}},
	RedirectURI: "{redirectUri}",
	AppName:     "Azure DevOps Integration",
	Audience:    entra.AnyOrganization,
	Registered:  []string{entra.UserImpersonation},
	Compare:     Covered,
	ScopeForm: ScopeForm{
		Prefix:        true,
		OfflineAccess: true,
		Sourced:       true,
		Note:          "This is what Microsoft's sign-in takes: each scope with its resource in front, and offline_access for a refresh token. Your service's own documentation says whether it adds these by itself.",
	},
	Fields: []Field{
		{Label: "Client ID", Value: ClientIDValue},
		{Label: "Client secret", Value: ClientSecretValue},
		{Label: "Directory (tenant) ID", Value: TenantIDValue, Optional: true, Note: "Only where the service asks for it; services for many customers use organizations in its place."},
		{Label: "Redirect URI", Value: RedirectURIValue, Note: "Must be what the service sends, letter for letter."},
		{Label: "Scopes", Value: ScopesValue},
		{Label: "Azure DevOps organization", Value: OrganizationValue, Optional: true},
		{Label: "Project", Value: ProjectValue, Optional: true},
	},
	Proves: []entra.CredentialKind{entra.FederatedKind, entra.CertificateKind, entra.ClientSecretKind},
	Where:  []string{"the settings of your service"},
	Warnings: []string{
		"Give credentials on Microsoft's own sign-in page only, and look at its address and its HTTPS first.",
		"Access tokens live at most 90 minutes: the service needs a refresh token for more.",
	},
	Unsourced: []string{
		"The labels and the order of your service's own form.",
		"Which calls it makes, and so which permissions would do instead of user_impersonation.",
	},
}
