package sandbox

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// Reset puts one tenant, named by domain or tenant ID, back to what the
// sandbox started with; all of them when the name is empty. The package
// documentation says what goes and what stays. The error says that there is
// no such tenant.
func (s *Sandbox) Reset(tenant string) error {
	fresh, err := seededAt(s.options, s.seedTime())
	if err != nil {
		return err
	}
	s.world.mu.Lock()
	defer s.world.mu.Unlock()
	if tenant == "" {
		s.world.resetAll(fresh)
		return nil
	}
	known := s.world.tenantCalled(tenant)
	if known == nil {
		return &noTenantError{tenant}
	}
	s.world.resetTenant(known.ID, fresh)
	return nil
}

type noTenantError struct{ name string }

// Error implements error.
func (e *noTenantError) Error() string { return fmt.Sprintf("there is no tenant %q", e.name) }

// seedTime is the moment that seeded dates are counted from: the start, moved
// on by whole days. So a reset gives the same to the byte, and a secret that
// is to expire soon still will in a sandbox that has been running for weeks.
func (s *Sandbox) seedTime() time.Time {
	return s.started.Add(s.options.Now().Sub(s.started).Truncate(24 * time.Hour))
}

// seededAt builds what a sandbox begins with at one moment.
func seededAt(o Options, at time.Time) (*world, error) {
	frozen := o
	frozen.Now = func() time.Time { return at }
	w, err := newWorld(frozen)
	if err != nil {
		return nil, err
	}
	w.now = o.Now
	return w, nil
}

func (w *world) tenantCalled(name string) *tenant {
	if t := w.tenants[strings.ToLower(name)]; t != nil {
		return t
	}
	return w.tenantOf(name)
}

// resetAll and resetTenant put fresh tenants in the place of the old ones
// instead of changing those: answers under way may still show them.
func (w *world) resetAll(fresh *world) {
	w.tenants, w.order, w.orgs = fresh.tenants, fresh.order, fresh.orgs
	w.login.forgetAll()
	w.legacy.forget(fresh.legacy, func(string) bool { return true })
}

func (w *world) resetTenant(id string, fresh *world) {
	w.tenants[id] = fresh.tenants[id]
	maps.DeleteFunc(w.orgs, func(_ string, o *organization) bool { return o.TenantID == id })
	for slug, o := range fresh.orgs {
		if o.TenantID == id {
			w.orgs[slug] = o
		}
	}
	w.login.forgetTenant(id)
	w.legacy.forget(fresh.legacy, func(tenantID string) bool { return tenantID == id })
}

// forgetAll ends every sign-in. The signing key stays.
func (s *loginState) forgetAll() {
	s.resets[everyTenant]++
	clear(s.redeemed)
	clear(s.devices)
	clear(s.browsers)
	clear(s.interactions)
	clear(s.repeats)
}

// forgetTenant ends the sign-ins of a tenant's users, to the tenant and to
// the apps registered in it.
func (s *loginState) forgetTenant(id string) {
	s.resets[id]++
	maps.DeleteFunc(s.devices, func(_ string, d *deviceSignIn) bool {
		return d.segment.key() == id || d.held.account.tenantID == id || d.held.tenantID == id
	})
	maps.DeleteFunc(s.interactions, func(_ string, it *interaction) bool {
		return it.at.key() == id || it.account.tenantID == id || it.goal.app().homeID() == id
	})
	for _, b := range s.browsers {
		b.accounts = slices.DeleteFunc(b.accounts, func(a account) bool { return a.tenantID == id })
	}
}

// homeID is the tenant that the client is registered in.
func (c client) homeID() string {
	if c.home == nil {
		return ""
	}
	return c.home.ID
}

// serveReset is DELETE /state. Only the one parameter is taken: a misspelled
// one must not reset everything.
func (s *Sandbox) serveReset(w http.ResponseWriter, r *http.Request) {
	tenant, err := resetTarget(r.URL.Query())
	if err != nil {
		http.Error(w, "Nothing was reset: "+err.Error()+".", http.StatusBadRequest)
		return
	}
	switch err := s.Reset(tenant).(type) {
	case nil:
		w.WriteHeader(http.StatusNoContent)
	case *noTenantError:
		http.Error(w, "Nothing was reset: "+err.Error()+". GET / lists the domains.", http.StatusNotFound)
	default:
		http.Error(w, "Nothing was reset: "+err.Error()+".", http.StatusInternalServerError)
	}
}

var errResetTarget = errors.New("the one parameter is tenant=DOMAIN, given once; without it everything is reset")

func resetTarget(query url.Values) (tenant string, err error) {
	for name, values := range query {
		if name != "tenant" || len(values) != 1 || values[0] == "" {
			return "", errResetTarget
		}
		tenant = values[0]
	}
	return tenant, nil
}
