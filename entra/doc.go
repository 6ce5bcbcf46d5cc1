// Package entra is the vocabulary of the project: applications, redirect
// URIs, secrets, permissions, grants, clouds. Values and pure rules; no I/O,
// no clock.
//
// The same thing carries three names in the field. This is which is which:
//
//	portal wording                  Microsoft Graph property          Go name
//	------------------------------  --------------------------------  ---------------------
//	Application (client) ID         application.appId                 ClientID
//	Object ID                       *.id                              ObjectID
//	Directory (tenant) ID           organization.id, token claim tid  TenantID
//	App registration                application                       Application
//	Enterprise application          servicePrincipal                  ServicePrincipal
//	Redirect URI                    web|spa|publicClient.redirectUris RedirectURI
//	Supported account types         signInAudience                    Audience
//	API permission                  requiredResourceAccess            Permission
//	Client secret (value)           passwordCredentials[].secretText  Sensitive
//	Client secret (row)             passwordCredentials[]             Secret
//	Secret ID                       passwordCredentials[].keyId       KeyID
//	Consent (delegated)             oauth2PermissionGrants            Grant
//	Application ID URI              identifierUris                    (not used)
package entra
