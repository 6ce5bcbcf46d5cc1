package handlers_test

import (
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
)

// Whatever people of two tenants ask for at the same time, each request leaves
// with the token of the tenant that it is about.
func TestTokensNeverCrossTenants(t *testing.T) {
	c := newConsole(t)
	type side struct {
		b                *browser
		path, id, domain string
	}
	var sides []side
	for _, scenario := range []string{home, "expired secret"} {
		b := c.browser()
		b.signIn(scenario, "admin")
		tenant := c.tenant(scenario)
		sides = append(sides, side{b, b.environment("frontegg", url.Values{"environment": {"in-" + strings.Split(tenant.Domain, ".")[0]}, "inputs.host": frontegg["inputs.host"]}), tenant.ID, tenant.Domain})
	}
	mark := c.mark()
	var all sync.WaitGroup
	for range 25 {
		for _, s := range sides {
			all.Go(func() {
				if p := s.b.send(http.MethodGet, s.path+"/setup/tenant", nil); p.status != http.StatusOK || !strings.Contains(p.body, s.id) {
					t.Errorf("%s: %d %s", s.domain, p.status, p.text())
				}
				if p := s.b.send(http.MethodGet, s.path+"/setup/review", nil); p.status != http.StatusOK {
					t.Errorf("%s: %d %s", s.domain, p.status, p.text())
				}
			})
		}
	}
	all.Wait()
	about := 0
	for _, r := range c.since(mark) {
		if r.Service != "graph" {
			continue
		}
		for _, s := range sides {
			if name := "in-" + strings.Split(s.domain, ".")[0]; strings.Contains(r.Path, name) {
				about++
				if r.TenantID != s.id || r.User != "admin@"+s.domain {
					t.Errorf("%s was asked with the token of %s", r.Path, r.User)
				}
			}
		}
	}
	if about < 50 {
		t.Errorf("%d requests were about an environment: this test proves nothing", about)
	}
}
