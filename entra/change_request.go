package entra

import (
	"net/url"
	"strings"
	"time"
)

// Request is POST /applications with everything the registration needs.
// Implicit grant is turned off explicitly, the property lock on, so that no
// other tenant adds credentials to its service principal of the app, and
// tokens for it are of version 2. The other platforms appear only when they
// have a redirect URI.
func (c CreateApplication) Request() Request {
	body := map[string]any{
		"displayName":    c.DisplayName,
		"signInAudience": string(c.Audience),
		"web": map[string]any{
			"redirectUris":          urisOn(Web, c.RedirectURIs),
			"implicitGrantSettings": ImplicitGrant{}.body(),
		},
		"servicePrincipalLockConfiguration": map[string]any{"isEnabled": true, "allProperties": true},
		"api":                               map[string]any{"requestedAccessTokenVersion": float64(2)},
	}
	for _, p := range []Platform{SPA, PublicClient} {
		if uris := urisOn(p, c.RedirectURIs); len(uris) > 0 {
			body[string(p)] = map[string]any{"redirectUris": uris}
		}
	}
	if len(c.Tags) > 0 {
		body["tags"] = anyStrings(c.Tags)
	}
	if len(c.Permissions) > 0 {
		body["requiredResourceAccess"] = resourceAccess(c.Permissions)
	}
	if c.Secret != nil {
		body["passwordCredentials"] = []any{c.Secret.body()}
	}
	return Request{"POST", "/applications", body}
}

// Request is PATCH /applications/{id} with the changed properties only. The
// three platforms are sent together, so that a redirect URI that moves from
// one to another is never on both.
func (c UpdateApplication) Request() Request {
	body := map[string]any{}
	if c.DisplayName != nil {
		body["displayName"] = *c.DisplayName
	}
	if c.Audience != nil {
		body["signInAudience"] = string(*c.Audience)
	}
	if c.Tags != nil {
		body["tags"] = anyStrings(c.Tags)
	}
	if c.RedirectURIs != nil {
		for _, p := range []Platform{Web, SPA, PublicClient} {
			body[string(p)] = map[string]any{"redirectUris": urisOn(p, c.RedirectURIs)}
		}
	}
	if c.Permissions != nil {
		body["requiredResourceAccess"] = resourceAccess(c.Permissions)
	}
	if c.ImplicitGrant != nil {
		inside(body, string(Web))["implicitGrantSettings"] = c.ImplicitGrant.body()
	}
	if c.PropertyLock != nil {
		body["servicePrincipalLockConfiguration"] = c.PropertyLock.body()
	}
	return Request{"PATCH", applicationPath(c.App), body}
}

// inside is the object at key, made where there is none.
func inside(body map[string]any, key string) map[string]any {
	if inner, ok := body[key].(map[string]any); ok {
		return inner
	}
	inner := map[string]any{}
	body[key] = inner
	return inner
}

func (g ImplicitGrant) body() map[string]any {
	return map[string]any{"enableAccessTokenIssuance": g.AccessTokens, "enableIdTokenIssuance": g.IDTokens}
}

func (l PropertyLock) body() map[string]any {
	return map[string]any{
		"isEnabled": l.Enabled, "allProperties": l.All, "credentialsWithUsageVerify": l.Verify,
		"credentialsWithUsageSign": l.Sign, "tokenEncryptionKeyId": l.TokenKeyIDs,
	}
}

// Request is POST /applications/{id}/owners/$ref.
func (c AddOwner) Request() Request {
	owner := segment(string(c.Owner.ID), "object id of the owner")
	return Request{"POST", applicationPath(c.App) + "/owners/$ref", map[string]any{"@odata.id": c.Graph + "/v1.0/directoryObjects/" + owner}}
}

// Request is POST /applications/{id}/addPassword.
func (c AddSecret) Request() Request {
	return Request{"POST", applicationPath(c.App) + "/addPassword", map[string]any{"passwordCredential": c.Secret.body()}}
}

// Request is POST /applications/{id}/removePassword.
func (c RemoveSecret) Request() Request {
	return Request{"POST", applicationPath(c.App) + "/removePassword", map[string]any{"keyId": string(c.Key)}}
}

// Request is POST /servicePrincipals.
func (c CreateServicePrincipal) Request() Request {
	body := map[string]any{"appId": orPlaceholder(string(c.ClientID), "client id of the new application")}
	if len(c.Tags) > 0 {
		body["tags"] = anyStrings(c.Tags)
	}
	return Request{"POST", "/servicePrincipals", body}
}

// Request is POST /oauth2PermissionGrants. principalId is there only for one
// user's consent.
func (c CreateGrant) Request() Request {
	body := map[string]any{
		"clientId":    orPlaceholder(string(c.Client), "object id of the new service principal"),
		"consentType": string(c.Type),
		"resourceId":  orPlaceholder(string(c.Resource), "object id of the service principal of "+resourceName(c.ResourceName)),
		"scope":       strings.Join(c.Scopes, " "),
	}
	if c.Type == Principal {
		body["principalId"] = orPlaceholder(string(c.Principal), "object id of the user")
	}
	return Request{"POST", "/oauth2PermissionGrants", body}
}

// Request is PATCH /oauth2PermissionGrants/{id}.
func (c SetGrantScopes) Request() Request {
	return Request{"PATCH", grantPath(c.Grant), map[string]any{"scope": strings.Join(c.Scopes, " ")}}
}

// Request is DELETE /applications/{id}.
func (c DeleteApplication) Request() Request {
	return Request{Method: "DELETE", Path: applicationPath(c.App)}
}

// Request is DELETE /servicePrincipals/{id}.
func (c DeleteServicePrincipal) Request() Request {
	return Request{Method: "DELETE", Path: principalPath(c.ID)}
}

// Request is PATCH /servicePrincipals/{id} with the changed properties only.
func (c UpdateServicePrincipal) Request() Request {
	body := map[string]any{}
	if c.Enabled != nil {
		body["accountEnabled"] = *c.Enabled
	}
	if c.AssignmentRequired != nil {
		body["appRoleAssignmentRequired"] = *c.AssignmentRequired
	}
	return Request{"PATCH", principalPath(c.ID), body}
}

// Request is DELETE /oauth2PermissionGrants/{id}.
func (c DeleteGrant) Request() Request {
	return Request{Method: "DELETE", Path: grantPath(c.Grant)}
}

func applicationPath(id ObjectID) string {
	return "/applications/" + segment(string(id), "object id of the new application")
}

func principalPath(id ObjectID) string {
	return "/servicePrincipals/" + segment(string(id), "object id of the service principal")
}

func grantPath(id string) string {
	return "/oauth2PermissionGrants/" + segment(id, "id of the grant")
}

// segment is an id as one path segment, or its placeholder.
func segment(id, what string) string {
	return orPlaceholder(url.PathEscape(id), what)
}

// orPlaceholder stands in, for people, for an id that an earlier request of
// the same plan will bring.
func orPlaceholder(id, what string) string {
	if id == "" {
		return "{" + what + "}"
	}
	return id
}

func (s NewSecret) body() map[string]any {
	return map[string]any{
		"displayName": s.Name,
		"endDateTime": s.End.UTC().Format(time.RFC3339),
	}
}

// urisOn lists the redirect URIs of one platform, never nil: Graph clears a
// list only when it is sent an empty one.
func urisOn(p Platform, all []RedirectURI) []any {
	out := []any{}
	for _, r := range all {
		if r.Platform == p {
			out = append(out, r.URI)
		}
	}
	return out
}

// resourceAccess groups permissions by resource, resources and permissions
// in the order of their first appearance.
func resourceAccess(all []Permission) []any {
	out := []any{}
	for _, resource := range resourcesOf(all) {
		var entries []any
		for _, p := range all {
			if p.Resource == resource {
				entries = append(entries, map[string]any{"id": p.ID, "type": string(p.Kind)})
			}
		}
		out = append(out, map[string]any{"resourceAppId": string(resource), "resourceAccess": entries})
	}
	return out
}

func resourcesOf(all []Permission) []ClientID {
	var out []ClientID
	seen := map[ClientID]bool{}
	for _, p := range all {
		if !seen[p.Resource] {
			seen[p.Resource] = true
			out = append(out, p.Resource)
		}
	}
	return out
}

func anyStrings(in []string) []any {
	out := make([]any, len(in))
	for i, s := range in {
		out[i] = s
	}
	return out
}
