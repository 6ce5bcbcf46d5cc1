package entra

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"slices"
	"strings"
)

// An Identity is who an access token is for, as the token says: enough to
// show whose name something would be done in, and nothing to decide by.
type Identity struct {
	Person              // a user, or for AppOnly the service principal; UPN only of a user
	Client     ClientID `json:"client"` // the application that the token was issued to
	ClientName string   `json:"clientName,omitempty"`
	AppOnly    bool     `json:"appOnly"` // nobody is behind it
	// Permissions are application permissions for AppOnly, delegated ones
	// otherwise.
	Permissions []string `json:"permissions,omitempty"`
}

// Complete reports whether the token said who and where.
func (i Identity) Complete() bool { return i.Tenant != "" && i.ID != "" && i.Client != "" }

// Has reports whether one of the permissions is there.
func (i Identity) Has(anyOf ...string) bool {
	return slices.ContainsFunc(anyOf, func(p string) bool { return slices.Contains(i.Permissions, p) })
}

// microsoftTools are Microsoft's own clients that the tools of a workstation
// sign people in with: for the page that shows whose registration is used.
var microsoftTools = map[ClientID]string{
	"04b07795-8ddb-461a-bbee-02f9e1bf7b46": "Microsoft Azure CLI",
	"1950a258-227b-4e31-a9cf-717495945fc2": "Microsoft Azure PowerShell",
}

// TokenIdentity reads the claims of an access token that is our own to send,
// not to judge. What it does not hold stays empty; an opaque token tells
// nothing.
func TokenIdentity(token Sensitive) Identity {
	var c struct {
		Tenant    TenantID `json:"tid"`
		Object    ObjectID `json:"oid"`
		App       ClientID `json:"appid"`
		Party     ClientID `json:"azp"` // the same in tokens of version 2.0
		AppName   string   `json:"app_displayname"`
		Kind      string   `json:"idtyp"`
		Name      string   `json:"name"`
		UPN       string   `json:"upn"`
		Unique    string   `json:"unique_name"`
		Preferred string   `json:"preferred_username"`
		Scopes    string   `json:"scp"`
		Roles     []string `json:"roles"`
	}
	parts := strings.Split(token.Reveal(), ".")
	if len(parts) != 3 {
		return Identity{}
	}
	payload, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(parts[1], "="))
	if err != nil || json.Unmarshal(payload, &c) != nil {
		return Identity{}
	}
	i := Identity{
		Person: Person{Tenant: c.Tenant, ID: c.Object},
		Client: cmp.Or(c.App, c.Party), ClientName: ForeignText(c.AppName),
		// Tokens for people have scopes, and an application's own never.
		AppOnly: c.Kind == "app" || c.Kind == "" && c.Scopes == "",
	}
	i.ClientName = cmp.Or(i.ClientName, microsoftTools[i.Client])
	if i.AppOnly {
		i.DisplayName, i.Permissions = cmp.Or(i.ClientName, string(i.Client)), c.Roles
		return i
	}
	i.UPN = ForeignText(cmp.Or(c.UPN, c.Preferred, c.Unique))
	i.DisplayName, i.Permissions = ForeignText(cmp.Or(c.Name, i.UPN)), strings.Fields(c.Scopes)
	return i
}
