package sandbox

import (
	"slices"
	"strings"
)

// oidcScopes belong to the sign-in itself; they are permissions of Microsoft
// Graph, but asking for them asks no resource.
var oidcScopes = []string{"openid", "profile", "email", "offline_access"}

// A scopeRequest is a scope parameter, read but not yet held against a
// tenant.
type scopeRequest struct {
	raw       string
	oidc      []string
	resources []namedResource // in the order they are first named
}

// A namedResource is a resource as a scope names it.
type namedResource struct {
	identifier string // without the slash before the permission
	names      []string
	isDefault  bool
	short      bool // Microsoft Graph, named by leaving the resource out
}

const defaultScope = ".default"

// maxScope bounds the length of a scope parameter.
const maxScope = 16 << 10

// parseScopes reads a scope parameter.
func parseScopes(raw string) (scopeRequest, *refusal) {
	if len(raw) > maxScope {
		return scopeRequest{}, aadsts(9002313)
	}
	s := scopeRequest{raw: strings.Join(strings.Fields(raw), " ")}
	for _, scope := range strings.Fields(raw) {
		if has(oidcScopes, strings.ToLower(scope)) {
			s.oidc = addMissing(s.oidc, strings.ToLower(scope))
			continue
		}
		identifier, name, ok := splitScope(scope)
		if !ok {
			return scopeRequest{}, badScope(scope, "")
		}
		s.add(identifier, name, !strings.Contains(scope, "/"))
	}
	return s, s.checkDefault()
}

// splitScope cuts a scope at its last slash. A name without resource is a
// permission of Microsoft Graph.
func splitScope(scope string) (identifier, name string, ok bool) {
	if strings.ContainsFunc(scope, func(r rune) bool { return r <= ' ' || r > '~' || r == '"' || r == '\\' }) {
		return "", "", false
	}
	at := strings.LastIndexByte(scope, '/')
	if at < 0 {
		return graphAppID, scope, true
	}
	identifier, name = scope[:at], scope[at+1:]
	bare := strings.TrimRight(identifier, "/")
	return identifier, name, name != "" && bare != "" && !strings.HasSuffix(bare, ":")
}

func (s *scopeRequest) add(identifier, name string, short bool) {
	i := slices.IndexFunc(s.resources, func(r namedResource) bool { return strings.EqualFold(r.identifier, identifier) })
	if i < 0 {
		s.resources = append(s.resources, namedResource{identifier: identifier, short: short})
		i = len(s.resources) - 1
	}
	if name == defaultScope {
		s.resources[i].isDefault = true
		return
	}
	s.resources[i].names = addMissing(s.resources[i].names, name)
}

// checkDefault: everything and something cannot be asked for at once.
func (s *scopeRequest) checkDefault() *refusal {
	named, whole := false, false
	for _, r := range s.resources {
		named = named || len(r.names) > 0
		whole = whole || r.isDefault
	}
	if named && whole {
		return badScope(s.raw, " .default scope can't be combined with resource-specific scopes.")
	}
	return nil
}

func badScope(scope, why string) *refusal { return aadsts(70011, "scope", scope, "why", why) }

func has(list []string, s string) bool { return slices.Contains(list, s) }

// addMissing appends what is not there yet; permissions are compared without
// letter case.
func addMissing(list []string, values ...string) []string {
	for _, value := range values {
		if !containsFold(list, []string{value}) {
			list = append(list, value)
		}
	}
	return list
}

func joinScopes(list []string) string { return strings.Join(list, " ") }
