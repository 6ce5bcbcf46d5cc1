package sandbox

import (
	"net/http"
	"slices"
	"strings"
)

// vsspsHandler is app.vssps.visualstudio.com, and vssps.dev.azure.com for
// paths that begin with an organization.
func (w *world) vsspsHandler() http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		devopsHeaders(rw.Header())
		first, rest := cutSegment(r.URL.Path)
		switch {
		case first == "_apis":
			w.serveProfile(rw, r)
		case first == "_signin":
			writeHTML(rw, http.StatusNonAuthoritativeInfo, signInPage, "it has no sign-in page for Azure DevOps itself. Send a bearer token.")
		case rest == "":
			w.serveTenantProbe(rw, r, first)
		default:
			w.serveOrganization(rw, r, first, rest, vsspsOperations)
		}
	})
}

// serveTenantProbe is the root of an organization on vssps.dev.azure.com:
// always 404, with the tenant in a header if the organization exists.
func (w *world) serveTenantProbe(rw http.ResponseWriter, r *http.Request, slug string) {
	var org *organization
	w.locked(func() { org = w.organization(slug) })
	if org != nil {
		announce(rw.Header(), r, org)
	}
	writeNoSuchResource(rw)
}

// serveProfile answers calls that belong to a person and to no organization.
func (w *world) serveProfile(rw http.ResponseWriter, r *http.Request) {
	who, fault := w.authenticate(r)
	if fault != nil && !asksForLocations(r, r.URL.Path) {
		refuseAnonymousProfile(rw, r)
		return
	}
	c := &devopsCall{world: w, r: r, caller: who, header: rw.Header()}
	var answer devopsReply
	var failure *devopsError
	w.locked(func() { answer, failure = c.operate(profileOperations, strings.TrimPrefix(r.URL.Path, "/")) })
	c.write(rw, answer, failure)
}

// refuseAnonymousProfile is challenge for a host without organizations: no
// tenant is known there.
func refuseAnonymousProfile(rw http.ResponseWriter, r *http.Request) {
	nowhere := &organization{ID: stableID("deployment")}
	if suppressed(r) {
		rw.Header().Add("WWW-Authenticate", "Bearer authorization_uri="+siblingOrigin(r, serviceLogin)+"/common")
		rw.Header().Add("WWW-Authenticate", basicChallenge)
		rw.Header().Add("WWW-Authenticate", "TFS-Federated")
		writeDevOpsError(rw, errDevOpsAnonymous.with())
		return
	}
	redirectToSignIn(rw, r, nowhere)
}

// profileOperations are the operations of app.vssps.visualstudio.com.
var profileOperations = slices.Concat(locationsOf(vsspsLocations), personOperations)

// personOperations are about the caller, with or without an organization in
// the path.
var personOperations = []devopsOperation{
	{method: http.MethodGet, path: "_apis/profile/profiles/{id}", scopes: needProfile, run: getProfile},
	{method: http.MethodGet, path: "_apis/accounts", scopes: needProfile, run: listAccounts},
}

var (
	needGraph    = []string{"vso.graph"}
	needIdentity = []string{"vso.identity"}
)

// vsspsOperations are the operations of vssps.dev.azure.com/{organization}.
var vsspsOperations = slices.Concat(locationsOf(vsspsLocations), personOperations, []devopsOperation{
	{method: http.MethodGet, path: "_apis/connectionData", preview: true, run: connectionData},
	{method: http.MethodGet, path: "_apis/graph/users", scopes: needGraph, preview: true, run: listGraphUsers},
	{method: http.MethodGet, path: "_apis/graph/groups", scopes: needGraph, preview: true, run: listGraphGroups},
	{method: http.MethodGet, path: "_apis/graph/serviceprincipals", scopes: needGraph, preview: true, run: emptyList},
	{method: http.MethodGet, path: "_apis/identities", scopes: needIdentity, run: findIdentities},
})
