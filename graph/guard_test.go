package graph

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
)

// httptestClosed is an address nobody listens on.
func httptestClosed() string {
	s := httptest.NewTLSServer(nil)
	defer s.Close()
	return s.URL
}

// canary counts the requests that reach a host they must not reach.
func canary(t *testing.T) (url string, hits *atomic.Int32) {
	hits = &atomic.Int32{}
	s := httptest.NewTLSServer(http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
		hits.Add(1)
		respond(rw, 200, emptyList)
	}))
	t.Cleanup(s.Close)
	return s.URL, hits
}

func TestNextLinksStayOnGraph(t *testing.T) {
	elsewhere, hits := canary(t)
	tests := []struct{ name, link string }{
		{"another port of the same host", elsewhere + "/v1.0/applications"},
		{"another host", "https://graph.microsoft.com.example.com/v1.0/applications"},
		{"plain http", "http://{host}/v1.0/applications"},
		{"credentials in it", "https://user@{host}/v1.0/applications"},
		{"another version", "https://{host}/beta/applications"},
		{"no host", "/v1.0/applications"},
		{"not a URL", "https://%zz/"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w, c := newWire(t, func(rw http.ResponseWriter, r *http.Request) {
				respond(rw, 200, `{"value":[],"@odata.nextLink":"`+strings.ReplaceAll(tt.link, "{host}", r.Host)+`"}`)
			})
			_, err := c.ApplicationsByTag(t.Context(), "t")
			if lost := noAnswer(t, err); lost.Sent {
				t.Errorf("error %v says that the link was followed", err)
			}
			w.expect("GET /v1.0/applications")
			if hits.Load() != 0 {
				t.Error("the link was followed")
			}
		})
	}
}

func TestNextLinksAreFollowedVerbatim(t *testing.T) {
	w, c := newWire(t, nil)
	w.answer = inTurn(
		always(200, `{"value":[{"id":"1"}],"@odata.nextLink":"`+w.server.URL+`/v1.0/applications?$skiptoken=a%20b'c&$filter=x"}`),
		always(200, `{"value":[{"id":"2"}]}`),
	)
	found, err := c.ApplicationsByTag(t.Context(), "t")
	if err != nil || len(found) != 2 || found[1].ID != "2" {
		t.Fatalf("found %+v, %v; want both pages", found, err)
	}
	if got := w.got[1].query; got != "$skiptoken=a%20b'c&$filter=x" {
		t.Errorf("second request asked %q", got)
	}
}

func TestEndlessListsEnd(t *testing.T) {
	w, c := newWire(t, nil)
	w.answer = func(rw http.ResponseWriter, _ *http.Request) {
		respond(rw, 200, fmt.Sprintf(`{"value":[{"id":"1"}],"@odata.nextLink":"%s/v1.0/applications?$skiptoken=again"}`, w.server.URL))
	}
	if _, err := c.ApplicationsByTag(t.Context(), "t"); err == nil {
		t.Error("no error")
	}
	if n := len(w.requests()); n != maxPages {
		t.Errorf("%d requests, want %d", n, maxPages)
	}
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	elsewhere, hits := canary(t)
	for _, code := range []int{301, 302, 303, 307, 308} {
		w, c := newWire(t, status(code, "Location", elsewhere+"/v1.0/applications"))
		if no := serviceError(t, read(t, c)); no.Status != code {
			t.Errorf("status %d told as %d", code, no.Status)
		}
		w.expect("GET /v1.0/applications")
	}
	if hits.Load() != 0 {
		t.Error("a redirect was followed")
	}
}

func TestObservedPathsShowNoValues(t *testing.T) {
	w, c := newWire(t, always(200, emptyList))
	if _, err := c.SearchApplications(t.Context(), "O'Hara & Söhne"); err != nil {
		t.Fatal(err)
	}
	call := w.calls[0]
	if !strings.HasPrefix(call.Path, "/v1.0/applications?") || !strings.Contains(call.Path, "$filter=…") || !strings.Contains(call.Path, "$select=id,appId") || strings.Contains(call.Path, "Hara") {
		t.Errorf("observed path %q", call.Path)
	}
	if call.Method != "GET" || call.Status != 200 || call.RequestID != "graph-request-id" || call.Try != 1 {
		t.Errorf("observed %+v", call)
	}
}
