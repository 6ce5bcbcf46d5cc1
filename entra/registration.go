package entra

import (
	"fmt"
	"net/url"
	"strings"
)

// An AppRole is a role that an application defines and people are assigned
// to. Its value stands in the claim roles of their tokens for it.
type AppRole struct {
	ID          string `json:"id"` // GUID, for as long as the role exists
	Value       string `json:"value"`
	Name        string `json:"name"`
	Description string `json:"description"`
	Enabled     bool   `json:"enabled"`
}

// A Registration is an application with what one that signs people in has
// besides.
type Registration struct {
	Application
	UniqueName    string    `json:"uniqueName"`
	AppRoles      []AppRole `json:"appRoles,omitempty"`
	IDTokenClaims []string  `json:"idTokenClaims,omitempty"` // optional claims
	TokenVersion  int       `json:"tokenVersion"`            // requestedAccessTokenVersion; 0 where there is none
}

// A RoleAssignment says that somebody has an app role of a resource.
type RoleAssignment struct {
	Principal ObjectID `json:"principal"`
	Role      string   `json:"role"` // AppRole.ID
}

// PutRegistration makes an app registration, or changes the one that has its
// unique name: PATCH /applications(uniqueName='…') with the header Prefer:
// create-if-missing. However often it is sent there is one registration. Lists
// are sent whole, because Graph replaces them.
type PutRegistration struct {
	UniqueName    string
	DisplayName   string
	Audience      Audience
	Tags          []string
	RedirectURIs  []RedirectURI // of the web platform
	Permissions   []Permission
	AppRoles      []AppRole
	IDTokenClaims []string
}

// Describe names the application.
func (c PutRegistration) Describe() string {
	return fmt.Sprintf("make the app registration %q what it should be", c.DisplayName)
}

// Request is PATCH /applications(uniqueName='…') with everything but
// credentials: the property lock on, implicit grant off, tokens of version 2.
func (c PutRegistration) Request() Request {
	body := map[string]any{
		"displayName": c.DisplayName, "signInAudience": string(c.Audience), "tags": anyStrings(c.Tags),
		"web":                               map[string]any{"redirectUris": urisOn(Web, c.RedirectURIs), "implicitGrantSettings": ImplicitGrant{}.body()},
		"requiredResourceAccess":            resourceAccess(c.Permissions),
		"appRoles":                          appRoles(c.AppRoles),
		"optionalClaims":                    map[string]any{"idToken": optionalClaims(c.IDTokenClaims)},
		"api":                               map[string]any{"requestedAccessTokenVersion": float64(2)},
		"servicePrincipalLockConfiguration": map[string]any{"isEnabled": true, "allProperties": true},
	}
	return Request{"PATCH", UniqueNamePath(c.UniqueName), body}
}

// UniqueNamePath addresses an application by its unique name.
func UniqueNamePath(name string) string {
	return "/applications(uniqueName='" + strings.ReplaceAll(url.PathEscape(name), "'", "''") + "')"
}

func appRoles(all []AppRole) []any {
	out := []any{}
	for _, r := range all {
		out = append(out, map[string]any{
			"id": r.ID, "value": r.Value, "displayName": r.Name, "description": r.Description,
			"isEnabled": r.Enabled, "allowedMemberTypes": []any{"User"},
		})
	}
	return out
}

func optionalClaims(names []string) []any {
	out := []any{}
	for _, name := range names {
		out = append(out, map[string]any{"name": name, "essential": false})
	}
	return out
}

// AssignAppRole gives somebody an app role (POST
// /servicePrincipals/{id}/appRoleAssignedTo). A role can be had once.
type AssignAppRole struct {
	Resource ObjectID // the service principal that has the role
	Role     AppRole
	Who      Person
}

// Describe names role and person.
func (c AssignAppRole) Describe() string {
	return fmt.Sprintf("give %s the role %s", c.Who.called(), c.Role.Value)
}

// Request is POST /servicePrincipals/{id}/appRoleAssignedTo.
func (c AssignAppRole) Request() Request {
	id := orPlaceholder(string(c.Resource), "object id of the new service principal")
	return Request{"POST", principalPath(c.Resource) + "/appRoleAssignedTo", map[string]any{
		"principalId": orPlaceholder(string(c.Who.ID), "object id of the person"), "resourceId": id, "appRoleId": c.Role.ID,
	}}
}
