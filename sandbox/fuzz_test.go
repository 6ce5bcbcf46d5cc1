package sandbox

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"
)

// A fuzzedWorld is a world whose services fuzz targets call without sockets.
type fuzzedWorld struct {
	*world
	home  *tenant
	admin *caller
}

func newFuzzedWorld(f *testing.F) *fuzzedWorld {
	f.Helper()
	w, err := newWorld(Options{}.withDefaults())
	if err != nil {
		f.Fatal(err)
	}
	w.login.key = testKey
	home := w.tenantOf("contoso.sandbox.invalid")
	u := home.userNamed("admin")
	return &fuzzedWorld{w, home, &caller{
		TenantID: home.ID, AppID: ConsoleClientID, ObjectID: u.ID, UserPrincipalName: u.UserPrincipalName, Scopes: allScopes,
	}}
}

// slow is far beyond what any input takes, also on a busy machine. An input
// that takes longer has found work without bounds.
const slow = 20 * time.Second

// answered sends a request to a service and holds the answer to what is true
// of all of them: it comes soon, and it is no failure of the service.
func answered(t *testing.T, h http.Handler, service string, r *http.Request) *httptest.ResponseRecorder {
	t.Helper()
	rec := httptest.NewRecorder()
	began := time.Now()
	h.ServeHTTP(rec, r.WithContext(withPlace(r.Context(), place{service: service})))
	if took := time.Since(began); took > slow {
		t.Errorf("took %v", took)
	}
	if rec.Code >= http.StatusInternalServerError {
		t.Errorf("%d %s", rec.Code, rec.Body)
	}
	return rec
}

// fuzzedRequest is a request as it comes from the network, with a query that
// nobody has checked.
func fuzzedRequest(method, path, query, kind, body string) *http.Request {
	r := httptest.NewRequest(method, "/", strings.NewReader(body))
	r.URL = &url.URL{Path: path, RawQuery: query}
	if kind != "" {
		r.Header.Set("Content-Type", kind)
	}
	return r
}

// graph calls Microsoft Graph as the tenant's administrator.
func (w *fuzzedWorld) graph(t *testing.T, method, path, query, body string, advanced bool) *httptest.ResponseRecorder {
	t.Helper()
	r := fuzzedRequest(method, path, query, "application/json", body)
	if advanced {
		r.Header.Set("ConsistencyLevel", "eventual")
	}
	return answered(t, http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) { w.serveGraph(rw, r, w.admin) }), serviceGraph, r)
}
