package sandbox

import (
	"net/http"
	"strings"
)

// The older public hosts, on which an organization is the first label of the
// name and not the first segment of the path. They are still in use.
var organizationHosts = map[string]string{
	serviceDevOps:             ".visualstudio.com",
	serviceVSSPSOrganizations: ".vssps.visualstudio.com",
}

// hostOrganization is the organization that the caller named by the host;
// empty on all other hosts.
func hostOrganization(r *http.Request) string {
	host := strings.ToLower(hostname(callerHost(r)))
	slug, found := strings.CutSuffix(host, organizationHosts[serviceVSSPSOrganizations])
	if !found {
		slug, found = strings.CutSuffix(host, organizationHosts[serviceDevOps])
	}
	if !found || !seedSlug.MatchString(slug) || "https://"+host == publicOrigins[serviceVSSPS] || "https://"+host == signInHost {
		return ""
	}
	return slug
}

// addressed splits a path into the organization and what lies below it. On
// the older hosts the path may begin with the name of the collection.
func addressed(r *http.Request) (slug, rest string) {
	slug = hostOrganization(r)
	if slug == "" {
		return cutSegment(r.URL.Path)
	}
	first, below := cutSegment(r.URL.Path)
	if strings.EqualFold(first, "DefaultCollection") {
		return slug, below
	}
	return slug, strings.Trim(r.URL.Path, "/")
}

// organizationURL is where an organization stands at one of the services, in
// the form in which the caller addressed it, with a slash at the end.
func organizationURL(r *http.Request, service string, org *organization) string {
	if hostOrganization(r) == "" {
		return siblingOrigin(r, service) + "/" + org.Slug + "/"
	}
	return "https://" + strings.ToLower(org.Slug) + organizationHosts[service] + publicPort(callerHost(r)) + "/"
}
