package advise

import (
	"net/url"
	"strings"
)

// A call is the address of a request to Azure DevOps, taken apart.
type call struct {
	// service is the part of the host that tells Azure DevOps' services
	// apart: "vsrm", "vssps"; empty for dev.azure.com.
	service string
	// known: the host is one of Azure DevOps, so that service counts.
	known bool
	// organization stands in the path or, on visualstudio.com, in the host;
	// empty where the address has none.
	organization string
	// before are the segments between organization and API: project, team.
	before []string
	// segments are those of the API itself: "_apis", "wit", "workitems", "5".
	segments []string
}

// parseCall reads an address in any form people have it in: of dev.azure.com,
// visualstudio.com, another host, or the path alone. ok is false when no API
// of Azure DevOps stands in it.
func parseCall(address string) (c call, ok bool) {
	host, path := splitAddress(strings.TrimSpace(address))
	before, segments := cutAnchor(segmentsOf(path))
	if len(segments) < 2 {
		return call{}, false
	}
	c.segments = segments
	host = strings.ToLower(host)
	slug, service, old := oldHost(host)
	switch {
	case old:
		c.known, c.service, c.organization = true, service, slug
	case host == "dev.azure.com" || strings.HasSuffix(host, ".dev.azure.com"):
		c.known, c.service = true, strings.TrimSuffix(strings.TrimSuffix(host, "dev.azure.com"), ".")
	}
	if len(before) > 0 && strings.EqualFold(before[0], "DefaultCollection") {
		before = before[1:]
	}
	if c.organization == "" && !old && len(before) > 0 {
		c.organization, before = before[0], before[1:]
	}
	c.before = before
	return c, true
}

// splitAddress parts host and decoded path; the host is empty for a path.
func splitAddress(s string) (host, path string) {
	if !strings.Contains(s, "://") && !strings.HasPrefix(s, "/") {
		if first, _, _ := strings.Cut(s, "/"); strings.ContainsAny(first, ".:") {
			s = "https://" + s
		}
	}
	if u, err := url.Parse(s); err == nil {
		return u.Hostname(), u.Path
	}
	// What cannot be parsed, such as a stray percent sign, is read as it
	// stands.
	_, rest, hasScheme := strings.Cut(s, "://")
	if !hasScheme {
		rest = "/" + strings.TrimPrefix(s, "/")
	}
	host, path, _ = strings.Cut(rest, "/")
	path, _, _ = strings.Cut(path, "?")
	return host, path
}

// oldHost reads a host of visualstudio.com: {organization}.visualstudio.com
// and {organization}.{service}.visualstudio.com, where "app" is no
// organization.
func oldHost(host string) (slug, service string, ok bool) {
	labels, ok := strings.CutSuffix(host, ".visualstudio.com")
	if !ok {
		return "", "", false
	}
	slug, service, _ = strings.Cut(labels, ".")
	if slug == "app" {
		slug = ""
	}
	return slug, service, true
}

// serviceOf is the service that a host of the table stands for.
func serviceOf(host string) string {
	if _, service, ok := oldHost(host); ok {
		return service
	}
	return strings.TrimSuffix(strings.TrimSuffix(host, "dev.azure.com"), ".")
}

// project is the project the address names, as far as it can be told.
func (c call) project() string {
	if len(c.before) == 0 {
		return ""
	}
	return c.before[0]
}
