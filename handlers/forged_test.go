package handlers_test

import (
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// listener counts who comes; its address stands wherever a person may type
// one.
func listener(t *testing.T) (host string, hits *atomic.Int32) {
	t.Helper()
	hits = &atomic.Int32{}
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			hits.Add(1)
		}
	}
	s.Start()
	t.Cleanup(s.Close)
	return strings.TrimPrefix(s.URL, "http://"), hits
}

// forgedTenants try to leave the path segment, the host or the scheme.
func forgedTenants(host string) []string {
	return []string{
		host, "http://" + host + "/", "//" + host, `\\` + host, "@" + host, "contoso.example@" + host,
		"contoso.example:443@" + host + "/", "../../" + host, "..%2f..%2f" + host, "%2e%2e%2f", "contoso.example/oauth2", "contoso.example?x=1",
		"contoso.example#x", "contoso.example\r\nHost: " + host, "contoso.example\x00", "127.0.0.1", "[::1]", "localhost",
		"169.254.169.254", "metadata.google.internal/computeMetadata", "contoso.example%00.evil", "ｃｏｎｔｏｓｏ．example", "contoso.example\u202e", "common", "organizations", "consumers",
		strings.Repeat("a.", 200) + "example", "-.example", ".", "..",
	}
}

func TestATenantThatIsAForgedAddressGoesNowhere(t *testing.T) {
	host, hits := listener(t)
	c := newConsole(t)
	b := c.browser()
	b.signIn("healthy", "admin")
	for _, tenant := range forgedTenants(host) {
		t.Run(tenant, func(t *testing.T) {
			c.ahead.Add(int64(10 * time.Second)) // the limit on tests is not what refuses
			before := c.mark()
			p := b.post("/tests", url.Values{"client": {"11111111-2222-3333-4444-555555555555"}, "where": {"own"}, "tenant": {tenant},
				"kind": {"user"}, "scopes": {"openid"}, "organization": {"contoso"}, "secret": {""}})
			if p.status != http.StatusUnprocessableEntity && p.status != http.StatusBadRequest {
				t.Errorf("answered %d", p.status)
			}
			for _, r := range c.since(before) {
				if strings.Contains(r.Path, "tenant") || strings.Contains(r.Path, host) {
					t.Errorf("the cloud was asked for %s", r.Path)
				}
			}
		})
	}
	if n := hits.Load(); n != 0 {
		t.Errorf("%d connections were made to an address that was typed", n)
	}
}

// TestNothingThatIsTypedIsFetched gives the checks and the explainer addresses
// in every field.
func TestNothingThatIsTypedIsFetched(t *testing.T) {
	host, hits := listener(t)
	c := newConsole(t)
	b := c.browser()
	b.signIn("healthy", "admin")
	address := "http://" + host + "/callback"
	form := url.Values{}
	for _, field := range []string{"clientId", "tenant", "redirectUri", "organization", "project", "scopes", "secret", "authority", "environment", "integration", "paste", "authorizeUrl", "host", "inputs.host"} {
		form.Set(field, address)
	}
	b.post("/diagnose", form)
	b.post("/explain", form)
	b.get("/diagnose?" + form.Encode())
	b.get("/explain?" + form.Encode())
	if n := hits.Load(); n != 0 {
		t.Errorf("%d connections were made to an address that was typed", n)
	}
}
