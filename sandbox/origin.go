package sandbox

import (
	"context"
	"net"
	"net/http"
	"strings"
)

// The services of the cloud, as they are called in paths of the plain
// listener, in the journal and in fault rules.
const (
	serviceLogin  = "login"
	serviceGraph  = "graph"
	serviceDevOps = "devops"
	serviceVSSPS  = "vssps"
	// serviceVSSPSOrganizations is a second public name of serviceVSSPS, used
	// where an organization is the first path segment. Only siblingOrigin
	// knows it.
	serviceVSSPSOrganizations = "vssps-organizations"
)

// publicOrigins are where the services stand in the public cloud.
var publicOrigins = map[string]string{
	serviceLogin:              "https://login.microsoftonline.com",
	serviceGraph:              "https://graph.microsoft.com",
	serviceDevOps:             "https://dev.azure.com",
	serviceVSSPS:              "https://app.vssps.visualstudio.com",
	serviceVSSPSOrganizations: "https://vssps.dev.azure.com",
}

// loginAliases are further public names of the sign-in service. What it
// answers under them leads to its first name.
var loginAliases = []string{"login.windows.net", "login.microsoft.com", "sts.windows.net"}

// A place is where a request came in; the server puts it into the request's
// context before a service handler runs.
type place struct {
	service string
	// tlsPorts are the ports of the TLS listeners by service when the request
	// came in on one of them; nil on the plain listener, where services stand
	// side by side under /{service}.
	tlsPorts map[string]string
}

type placeKey struct{}

func withPlace(ctx context.Context, p place) context.Context {
	return context.WithValue(ctx, placeKey{}, p)
}

func placeOf(r *http.Request) place {
	p, _ := r.Context().Value(placeKey{}).(place)
	return p
}

// originOf returns the absolute base that the caller reached this service
// under, without a trailing slash: what absolute URLs in answers begin with.
// A service handler sees r.URL.Path as it is at the public host, so
// originOf(r)+r.URL.Path is the caller's own URL.
//
// X-Forwarded-Host and X-Forwarded-Proto win over the request's own host. A
// forwarded public host name has no path before the service's own; any other
// host keeps the /{service} of the plain listener.
func originOf(r *http.Request) string {
	host := callerHost(r)
	scheme := callerScheme(r, host)
	if scheme == "https" {
		host = strings.TrimSuffix(host, ":443")
	}
	origin := scheme + "://" + host
	if p := placeOf(r); p.service != "" && p.tlsPorts == nil && !isPublicHost(host) {
		origin += "/" + p.service
	}
	return origin
}

// siblingOrigin returns the base of another service of the same cloud as the
// caller sees it: a public host when the caller came through one, at the same
// port, else the sandbox's own base of the same kind (plain or TLS).
func siblingOrigin(r *http.Request, service string) string {
	host := callerHost(r)
	if isPublicHost(host) {
		return publicOrigins[service] + publicPort(host)
	}
	if service == serviceVSSPSOrganizations {
		service = serviceVSSPS
	}
	p := placeOf(r)
	if p.tlsPorts == nil {
		return callerScheme(r, host) + "://" + host + "/" + service
	}
	// Behind a proxy of unknown names the siblings' names are unknown too:
	// the listeners' own are then the only ones that surely answer.
	return "https://" + net.JoinHostPort(hostname(r.Host), p.tlsPorts[service])
}

// callerHost is the host (and port) that the caller addressed.
func callerHost(r *http.Request) string {
	host := r.Host
	if h := firstValue(r.Header.Get("X-Forwarded-Host")); validHost(h) {
		host = h
	}
	if has(loginAliases, strings.ToLower(hostname(host))) {
		return strings.TrimPrefix(publicOrigins[serviceLogin], "https://") + publicPort(host)
	}
	return host
}

// publicPort is the port of a proxy under the public host names, with its
// colon; empty when it is the usual one.
func publicPort(host string) string {
	_, port, err := net.SplitHostPort(host)
	if err != nil || port == "443" {
		return ""
	}
	return ":" + port
}

func callerScheme(r *http.Request, host string) string {
	switch proto := strings.ToLower(firstValue(r.Header.Get("X-Forwarded-Proto"))); {
	case proto == "http" || proto == "https":
		return proto
	case r.TLS != nil || isPublicHost(host):
		return "https"
	}
	return "http"
}

// firstValue is the value the first proxy set: each further one appends.
func firstValue(list string) string {
	first, _, _ := strings.Cut(list, ",")
	return strings.TrimSpace(first)
}

// validHost keeps a forged header from writing more than a host into a URL.
func validHost(h string) bool {
	return h != "" && !strings.ContainsAny(h, "/\\?#@\"'<> \t\r\n")
}

func isPublicHost(host string) bool {
	host = strings.ToLower(hostname(host))
	for _, origin := range publicOrigins {
		if host == strings.TrimPrefix(origin, "https://") {
			return true
		}
	}
	return strings.HasSuffix(host, ".visualstudio.com")
}

// hostname cuts the port off; IPv6 brackets go with it.
func hostname(hostport string) string {
	if h, _, err := net.SplitHostPort(hostport); err == nil {
		return h
	}
	return strings.Trim(hostport, "[]")
}
