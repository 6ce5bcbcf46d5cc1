package sandbox

import (
	"net/url"
	"slices"
	"strings"
)

// Limits of redirect URIs over all platforms
// [MicrosoftDocs/entra-docs/docs/identity-platform/reply-url.md].
const (
	maxRedirectURIs         = 256
	maxRedirectURIsPersonal = 100
	maxRedirectURILength    = 256
)

// A redirectRule decides about one URI; personal and wildcard rules come from
// the application's audience.
type redirectRule func(u *url.URL) bool

// redirectsHold checks the URIs of one platform and the number of all.
func (a *application) redirectsHold(uris []string, allowed redirectRule) bool {
	limit := maxRedirectURIs
	if a.personal() {
		limit = maxRedirectURIsPersonal
	}
	return len(a.redirectURIs()) <= limit && !slices.ContainsFunc(uris, func(uri string) bool {
		return !a.redirectHolds(uri, allowed)
	})
}

func (a *application) redirectHolds(uri string, allowed redirectRule) bool {
	if len(uri) > maxRedirectURILength || strings.ContainsAny(uri, "!$'(),; \t\r\n#") {
		return false
	}
	u, err := url.Parse(uri)
	if err != nil || a.personal() && (u.RawQuery != "" || strings.Contains(uri, "*")) {
		return false
	}
	return allowed(u)
}

// validRedirectURI is the rule of the platforms web and spa: https, or http
// on localhost or 127.0.0.1. [::1] and names below localhost are refused.
func validRedirectURI(u *url.URL) bool {
	switch u.Scheme {
	case "https":
		return u.Hostname() != "" && validWildcard(u.Host)
	case "http":
		return u.Hostname() == "localhost" || u.Hostname() == "127.0.0.1"
	}
	return false
}

// validWildcard lets a star stand for the first label of a host.
func validWildcard(host string) bool {
	rest, _ := strings.CutPrefix(host, "*.")
	return !strings.Contains(rest, "*") && strings.Contains(rest, ".") || rest == host && !strings.Contains(host, "*")
}

// validPublicRedirectURI adds the schemes that installed apps register, such
// as msauth://… or urn:ietf:wg:oauth:2.0:oob.
func validPublicRedirectURI(u *url.URL) bool {
	if u.Scheme == "http" || u.Scheme == "https" {
		return validRedirectURI(u)
	}
	return u.Scheme != "" && (u.Host != "" || u.Opaque != "" || u.Path != "")
}
