package sandbox

import (
	"regexp"
	"strings"
)

// The values of {tenant} that name no single tenant.
const (
	segmentCommon        = "common"
	segmentOrganizations = "organizations"
	segmentConsumers     = "consumers"
	// personalTenantID is the tenant of personal Microsoft accounts.
	personalTenantID = "9188040d-6c67-4c5b-b112-36a304b66dad"
)

// A tenantSegment is the {tenant} of a path: one tenant, or whichever the
// user belongs to.
type tenantSegment struct {
	tenant *tenant // nil for common, organizations and consumers
	shared string  // which of these three; empty for a tenant
}

// key tells authorities apart: a code is redeemed where it was asked for.
func (s tenantSegment) key() string {
	if s.tenant != nil {
		return s.tenant.ID
	}
	return s.shared
}

// name is how errors call it.
func (s tenantSegment) name() string {
	if s.tenant != nil {
		return s.tenant.DisplayName
	}
	return s.shared
}

var (
	dnsName        = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+$`)
	tenantAlphabet = regexp.MustCompile(`^[A-Za-z0-9._-]+$`)
)

// resolveTenant reads a {tenant}.
func (w *world) resolveTenant(raw string) (tenantSegment, *refusal) {
	name := strings.ToLower(raw)
	switch {
	case name == segmentCommon, name == segmentOrganizations, name == segmentConsumers:
		return tenantSegment{shared: name}, nil
	case name == personalTenantID:
		return tenantSegment{shared: segmentConsumers}, nil
	case !tenantAlphabet.MatchString(raw):
		return tenantSegment{}, aadsts(90013)
	case !isGUID(name) && !dnsName.MatchString(name):
		return tenantSegment{}, aadsts(900023, "tenant", raw)
	}
	for _, id := range w.order {
		if t := w.tenants[id]; t.ID == name || strings.EqualFold(t.Domain, name) {
			return tenantSegment{tenant: t}, nil
		}
	}
	return tenantSegment{}, aadsts(90002, "tenant", raw)
}

// segment reads the {tenant} of the request's path.
func (v *visit) segment() (tenantSegment, *refusal) {
	return v.resolveTenant(v.request.PathValue("tenant"))
}
