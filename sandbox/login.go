package sandbox

import (
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// A loginRoute is one path of the sign-in service. "{tenant}" is a tenant id,
// a domain, organizations, common or consumers.
type loginRoute struct {
	path   string
	handle func(*visit) *loginAnswer
}

// loginRoutes take every method: each handler says itself what it makes of
// one.
var loginRoutes = []loginRoute{
	{"/{tenant}/oauth2/v2.0/authorize", (*visit).authorize},
	{"/{tenant}/oauth2/authorize", (*visit).authorizeV1},
	{"/{tenant}/login", (*visit).login},
	{"/{tenant}/oauth2/v2.0/token", (*visit).token},
	{"/{tenant}/oauth2/token", (*visit).tokenV1},
	{"/{tenant}/oauth2/v2.0/devicecode", (*visit).deviceCode},
	{"/{tenant}/oauth2/devicecode", (*visit).deviceCode},
	{"/devicelogin", (*visit).deviceLogin},
	{"/common/oauth2/deviceauth", (*visit).deviceLogin},
	{"/{tenant}/v2.0/adminconsent", (*visit).adminConsent},
	{"/{tenant}/adminconsent", (*visit).adminConsentV1},
	{"/{tenant}/oauth2/v2.0/logout", (*visit).logout},
	{"/{tenant}/oauth2/logout", (*visit).logout},
	{"/{tenant}/v2.0/.well-known/openid-configuration", (*visit).discovery},
	{"/{tenant}/.well-known/openid-configuration", (*visit).discoveryV1},
	{"/{tenant}/discovery/v2.0/keys", (*visit).keys},
	{"/{tenant}/discovery/keys", (*visit).keys},
	{"/{tenant}/discovery/instance", (*visit).instances},
	{"/common/userrealm/{user}", (*visit).userRealm},
	{"/error", (*visit).lookup},
}

// loginHandler is the sign-in service, as it stands at
// https://login.microsoftonline.com.
func (w *world) loginHandler() http.Handler {
	mux := http.NewServeMux()
	for _, route := range loginRoutes {
		mux.HandleFunc(route.path, w.visited(route.handle))
	}
	mux.HandleFunc("/", w.visited((*visit).nowhere))
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		folded, address := *r, *r.URL
		address.Path = foldedPath(address.Path)
		folded.URL = &address
		mux.ServeHTTP(rw, &folded)
	})
}

// foldedPath has what follows {tenant} in lower case: the service does not
// mind, and Microsoft's library for Go asks for /common/UserRealm.
func foldedPath(path string) string {
	tenant, rest, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	if rest == "" {
		return path
	}
	return "/" + tenant + "/" + strings.ToLower(rest)
}

// nowhere answers a path that is no endpoint.
func (*visit) nowhere() *loginAnswer { return &loginAnswer{status: http.StatusNotFound} }

// A visit is one request to the sign-in service.
type visit struct {
	*world
	request *http.Request
	// form holds the parameters of the query, and on POST those of the body.
	form    url.Values
	badForm bool
	origin  string // what absolute URLs begin with
	at      time.Time
	view    *view // of the directories
	// trace and correlation are the ids that errors are looked up by.
	trace, correlation string
	// v1 is set at the endpoints without "v2.0".
	v1      bool
	cookies []*http.Cookie
	// failed is set when the sandbox itself could not do its work.
	failed error
}

// visited runs a handler under the world's lock and writes what it answers
// after.
func (w *world) visited(handle func(*visit) *loginAnswer) http.HandlerFunc {
	return func(rw http.ResponseWriter, r *http.Request) {
		v := w.newVisit(r)
		answer := v.locked(handle)
		if v.failed != nil {
			answer = broken(v.failed)
		}
		for _, c := range v.cookies {
			http.SetCookie(rw, c)
		}
		answer.write(rw, v)
	}
}

func (w *world) newVisit(r *http.Request) *visit {
	v := &visit{world: w, request: r, origin: originOf(r), at: w.now().UTC(), view: newView(true, false), trace: newGUID(), correlation: newGUID()}
	v.badForm = r.ParseForm() != nil
	v.form = r.Form
	for _, id := range []string{r.Header.Get("client-request-id"), v.form.Get("client-request-id")} {
		if isGUID(id) {
			v.correlation = id
			break
		}
	}
	return v
}

func (v *visit) locked(handle func(*visit) *loginAnswer) *loginAnswer {
	v.mu.Lock()
	defer v.mu.Unlock()
	return handle(v)
}

// param is a parameter's first value.
func (v *visit) param(name string) string { return v.form.Get(name) }

// crossOrigin reports whether a script of another origin sent the request.
func (v *visit) crossOrigin() bool { return v.request.Header.Get("Origin") != "" }

func (v *visit) timestamp() string { return v.at.Format("2006-01-02 15:04:05Z") }

// address is the caller's, for claim ipaddr.
func (v *visit) address() string {
	host, _, err := net.SplitHostPort(v.request.RemoteAddr)
	if err != nil {
		return ""
	}
	return host
}
