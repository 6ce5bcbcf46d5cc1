package sandbox

import (
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// serviceOrder is the order of the tables.
var serviceOrder = []string{serviceLogin, serviceGraph, serviceDevOps, serviceVSSPS}

// outsideTables are the paths that a handler takes before it looks into its
// tables, for every method.
var outsideTables = []endpoint{
	{serviceGraph, "", "/oidc/userinfo"},
	{serviceDevOps, "", "/{organization}"},
	{serviceVSSPS, "", "/{organization}"},
}

// preflights stand for what a browser asks before a script's request, which
// is answered for every path.
var preflights = map[string]endpoint{
	serviceGraph:  {serviceGraph, http.MethodOptions, "/v1.0/{path}"},
	serviceDevOps: {serviceDevOps, http.MethodOptions, "/{organization}/{path}"},
	serviceVSSPS:  {serviceVSSPS, http.MethodOptions, "/{organization}/{path}"},
}

// routes are all that the sandbox serves, in the order of its tables. A route
// without method takes every one.
func routes() []endpoint {
	var all []endpoint
	for _, r := range loginRoutes {
		all = append(all, endpoint{serviceLogin, "", r.path})
	}
	for i := range operations {
		all = append(all, graphRoute(&operations[i]))
	}
	all = append(all, outsideTables...)
	for _, op := range devopsOperations {
		all = append(all, endpoint{serviceDevOps, op.method, "/{organization}/" + op.path})
	}
	for _, op := range profileOperations {
		all = append(all, endpoint{serviceVSSPS, op.method, "/" + op.path})
	}
	for _, path := range slices.Sorted(maps.Keys(vsspsPages)) {
		all = append(all, endpoint{serviceVSSPS, "", path})
	}
	for _, op := range vsspsOperations {
		all = append(all, endpoint{serviceVSSPS, op.method, "/{organization}/" + op.path})
	}
	all = slices.AppendSeq(all, maps.Values(preflights))
	known := map[endpoint]bool{}
	return slices.DeleteFunc(all, func(e endpoint) bool {
		again := known[e]
		known[e] = true
		return again
	})
}

// graphRoute names an operation of Graph. Those that read one property of an
// object are many and made from the object's type: they are one route.
func graphRoute(op *operation) endpoint {
	path := op.path
	for collection, set := range map[string]*entitySet{"applications": applicationSet, "servicePrincipals": principalSet} {
		for _, f := range fieldsOf(set.of) {
			if op.method == http.MethodGet && path == collection+"/*/"+f.name {
				path = collection + "/*/{property}"
			}
		}
	}
	return endpoint{serviceGraph, op.method, "/v1.0/" + strings.ReplaceAll(path, "*", "{id}")}
}

// route finds what serves a request, or the endpoint of a row: the sandbox's
// own way of finding it, where there is one.
func (e endpoint) route() (endpoint, bool) {
	found, known := e.tabled()
	if preflight, any := preflights[e.service]; !known && any && e.method == http.MethodOptions {
		return preflight, true
	}
	return found, known
}

// tabled is route without preflights.
func (e endpoint) tabled() (endpoint, bool) {
	if path, err := url.PathUnescape(e.path); err == nil && e.service != serviceGraph {
		e.path = path
	}
	if e.service == serviceVSSPS && vsspsPages[e.path] != nil {
		return endpoint{serviceVSSPS, "", e.path}, true
	}
	for _, r := range outsideTables {
		if r.service == e.service && samePath(r.path, e.path) {
			return r, true
		}
	}
	switch e.service {
	case serviceLogin:
		return loginRouteOf(e)
	case serviceGraph:
		return graphRouteOf(e)
	case serviceDevOps:
		return devopsRouteOf(e, devopsOperations, devopsOperations)
	}
	return devopsRouteOf(e, vsspsOperations, slices.Concat(profileOperations, vsspsOperations))
}

func samePath(template, path string) bool {
	path = strings.Trim(path, "/")
	_, same := matchPath(strings.TrimPrefix(template, "/"), path)
	return same && path != "" && path != "_apis"
}

var loginMux = func() *http.ServeMux {
	mux := http.NewServeMux()
	for _, r := range loginRoutes {
		mux.Handle(r.path, http.NotFoundHandler())
	}
	return mux
}()

func loginRouteOf(e endpoint) (endpoint, bool) {
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.URL.Path = foldedPath(e.path)
	_, pattern := loginMux.Handler(r)
	return endpoint{serviceLogin, "", pattern}, pattern != ""
}

// devopsRouteOf finds an operation below an organization, or at the root of a
// host that is of one organization or of none.
func devopsRouteOf(e endpoint, below, root []devopsOperation) (endpoint, bool) {
	method := e.method
	if method == http.MethodHead {
		method = http.MethodGet // as the service takes it
	}
	_, rest := cutSegment(e.path)
	for _, at := range []struct {
		prefix, path string
		operations   []devopsOperation
	}{
		{"/{organization}/", rest, below},
		{"/", strings.TrimPrefix(e.path, "/DefaultCollection"), root},
	} {
		for _, op := range at.operations {
			if _, same := matchPath(op.path, at.path); same && op.method == method {
				return endpoint{e.service, method, at.prefix + op.path}, true
			}
		}
	}
	return endpoint{}, e.path == "/"
}

func graphRouteOf(e endpoint) (endpoint, bool) {
	_, _, tokens := readGraphPath(e.path)
	if len(tokens) == 0 {
		return endpoint{}, false
	}
	op, _, fault := findOperation(e.method, tokens)
	if fault != nil {
		return endpoint{}, false
	}
	return graphRoute(op), true
}

var beforeCollection = regexp.MustCompile(`(?i)^(myorganization|[0-9a-f-]{36})$`)

// readGraphPath takes a path apart: version, whether the directory stands
// before the collection, and the rest, which is empty when it cannot be read.
func readGraphPath(path string) (version string, directory bool, tokens []pathToken) {
	// A row that stands for all properties is found by one of them.
	path = strings.ReplaceAll(path, "{property}", "displayName")
	version, rest, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	tokens, _ = splitPath(rest)
	if len(tokens) > 1 && beforeCollection.MatchString(tokens[0].text) {
		return version, true, tokens[1:]
	}
	return version, false, tokens
}

// An identity is what a row and a request to it have in common.
type identity struct {
	route  endpoint
	method string
	// form is what comes before a collection of Graph: the version, and the
	// directory where it is given.
	form string
	// keys are the properties that keys of Graph are of; "" is the usual one.
	keys []string
}

func (e endpoint) identity() (identity, bool) {
	found, ok := e.route()
	id := identity{route: found, method: e.method}
	if e.service != serviceGraph {
		return id, ok
	}
	version, directory, tokens := readGraphPath(e.path)
	id.form = version
	if directory {
		id.form += " directory"
	}
	for _, t := range tokens {
		id.keys = append(id.keys, strings.ToLower(t.by))
	}
	return id, ok
}

// takes reports whether a request was one to a row's endpoint. A row with the
// usual keys stands for all.
func (id identity) takes(request identity) bool {
	return id.route == request.route && id.method == request.method && id.form == request.form &&
		slices.EqualFunc(id.keys, request.keys, func(mine, theirs string) bool { return mine == "" || mine == theirs })
}
