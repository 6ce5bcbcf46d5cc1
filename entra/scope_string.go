package entra

import "strings"

// ScopeOpenID and the others belong to no resource: they ask the sign-in
// service itself for an ID token and for a refresh token.
const (
	ScopeOpenID        = "openid"
	ScopeProfile       = "profile"
	ScopeEmail         = "email"
	ScopeOfflineAccess = "offline_access"
)

// A ScopeRef is one scope of a request, taken apart.
type ScopeRef struct {
	// Resource is the client ID of Azure DevOps or Microsoft Graph; empty for
	// the scopes of the sign-in service itself; for any other resource what
	// stands before the name, without the slash between them.
	Resource ClientID
	Name     string // "vso.work", ".default"
}

// resourceNames are the other names of the two resources: their service
// principal names, without a trailing slash.
var resourceNames = map[string]ClientID{
	string(AzureDevOps):                        AzureDevOps,
	"https://app.vssps.visualstudio.com":       AzureDevOps,
	"https://app.vssps.vsallin.net":            AzureDevOps,
	"https://analytics.dev.azure.com":          AzureDevOps,
	"https://wcus0.app.vssps.visualstudio.com": AzureDevOps,
	string(MicrosoftGraph):                     MicrosoftGraph,
	"https://graph.microsoft.com":              MicrosoftGraph,
}

// IsOpenIDScope reports whether a bare name belongs to the sign-in service.
func IsOpenIDScope(name string) bool {
	switch name {
	case ScopeOpenID, ScopeProfile, ScopeEmail, ScopeOfflineAccess:
		return true
	}
	return false
}

// ParseScope takes one scope apart as the sign-in service would: a name
// without resource belongs to Microsoft Graph
// [MicrosoftDocs/entra-docs/docs/identity-platform/scopes-oidc.md].
func ParseScope(s string) ScopeRef {
	slash := strings.LastIndexByte(s, '/')
	if slash < 0 {
		if IsOpenIDScope(s) {
			return ScopeRef{Name: s}
		}
		return ScopeRef{MicrosoftGraph, s}
	}
	// A resource URI that ends in a slash keeps it: two slashes meet then.
	written := strings.TrimRight(s[:slash], "/")
	if known, ok := resourceNames[strings.ToLower(written)]; ok {
		return ScopeRef{known, s[slash+1:]}
	}
	return ScopeRef{ClientID(written), s[slash+1:]}
}

// ParseScopes takes a scope string apart: names separated by blanks.
func ParseScopes(s string) []ScopeRef {
	var out []ScopeRef
	for _, one := range strings.Fields(s) {
		out = append(out, ParseScope(one))
	}
	return out
}

// String writes the scope the way a request to the v2.0 endpoint takes it.
func (r ScopeRef) String() string {
	if r.Resource == "" {
		return r.Name
	}
	return ScopeName(r.Resource, r.Name)
}

// ScopeName puts the resource in front of a scope's bare name. Azure DevOps
// needs it: a bare name is looked up on Microsoft Graph and fails with
// AADSTS650053.
func ScopeName(resource ClientID, name string) string { return string(resource) + "/" + name }

// ScopeString joins scopes by blanks: each with its resource in front when
// prefix is set, offline_access last when offline is set.
func ScopeString(resource ClientID, names []string, prefix, offline bool) string {
	out := make([]string, 0, len(names)+1)
	for _, n := range names {
		if prefix {
			n = ScopeName(resource, n)
		}
		out = append(out, n)
	}
	if offline {
		out = append(out, ScopeOfflineAccess)
	}
	return strings.Join(out, " ")
}
