package oauth

import (
	"slices"
	"strings"
)

// openIDScopes belong to no resource and may stand beside any.
var openIDScopes = []string{"openid", "profile", "email", "offline_access"}

// oneResource keeps the scopes of the first resource named, and those of
// OpenID Connect. A token is for one resource: naming two at the token
// endpoint is AADSTS28000, naming none after a consent to several AADSTS28003.
func oneResource(scopes []string) []string {
	var out []string
	first, found := "", false
	for _, s := range scopes {
		if slices.Contains(openIDScopes, s) {
			out = append(out, s)
			continue
		}
		r := resourceOf(s)
		if !found {
			first, found = r, true
		}
		if r == first {
			out = append(out, s)
		}
	}
	return out
}

// resourceOf returns what stands before the last slash; a scope without one
// belongs to Microsoft Graph.
func resourceOf(scope string) string {
	if i := strings.LastIndexByte(scope, '/'); i >= 0 {
		return strings.ToLower(scope[:i])
	}
	return ""
}
