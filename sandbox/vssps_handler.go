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
		devopsHeaders(rw.Header(), r)
		if page := vsspsPage(r.URL.Path); page != nil {
			page(w, rw, r)
			return
		}
		switch slug, rest := addressed(r); {
		case slug == "_apis":
			w.serveProfile(rw, r)
		case rest == "":
			w.serveTenantProbe(rw, r, slug)
		default:
			w.serveOrganization(rw, r, slug, rest, vsspsOperations)
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
		challenge(rw, r, nowhere)
		return
	}
	c := &devopsCall{world: w, r: r, caller: who, header: rw.Header()}
	var answer devopsReply
	var failure *devopsError
	w.locked(func() { answer, failure = c.operate(profileOperations, strings.TrimPrefix(r.URL.Path, "/")) })
	c.write(rw, answer, failure)
}

// nowhere stands for the organization where a host has none: no tenant is
// known there.
var nowhere = &organization{ID: stableID("deployment"), TenantID: segmentCommon}

// profileOperations are the operations of app.vssps.visualstudio.com.
var profileOperations = slices.Concat(locationsOf(vsspsLocations), areaOperations, personOperations)

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
var vsspsOperations = slices.Concat(locationsOf(vsspsLocations), areaOperations, personOperations, []devopsOperation{
	{method: http.MethodGet, path: "_apis/connectionData", preview: true, run: connectionData},
	{method: http.MethodGet, path: "_apis/graph/users", scopes: needGraph, preview: true, run: listGraphUsers},
	{method: http.MethodGet, path: "_apis/graph/groups", scopes: needGraph, preview: true, run: listGraphGroups},
	{method: http.MethodGet, path: "_apis/graph/serviceprincipals", scopes: needGraph, preview: true, run: listGraphPrincipals},
	{method: http.MethodGet, path: "_apis/identities", scopes: needIdentity, run: findIdentities},
})
