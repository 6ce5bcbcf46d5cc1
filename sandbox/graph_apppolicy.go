package sandbox

import (
	"fmt"
	"net/http"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"time"
)

// defaultAppPolicyID is the id of the policy for all apps of a tenant.
const defaultAppPolicyID = "00000000-0000-0000-0000-000000000000"

// A tenantAppPolicy restricts the credentials of all apps of a tenant.
type tenantAppPolicy struct {
	ID              string                  `json:"id"`
	DeletedDateTime *time.Time              `json:"deletedDateTime"`
	DisplayName     string                  `json:"displayName"`
	Description     string                  `json:"description"`
	IsEnabled       bool                    `json:"isEnabled"`
	Applications    applicationRestrictions `json:"applicationRestrictions"`
	Principals      credentialRestrictions  `json:"servicePrincipalRestrictions"`
}

type applicationRestrictions struct {
	IdentifierURIs *struct{}        `json:"identifierUris"`
	Passwords      []credentialRule `json:"passwordCredentials"`
	Keys           []credentialRule `json:"keyCredentials"`
}

type credentialRestrictions struct {
	Passwords []credentialRule `json:"passwordCredentials"`
	Keys      []credentialRule `json:"keyCredentials"`
}

// A credentialRule is one restriction of secrets or certificates. It is about apps
// that were created from a time on; about all of them without one.
type credentialRule struct {
	RestrictionType string     `json:"restrictionType"`
	State           string     `json:"state"`
	MaxLifetime     *string    `json:"maxLifetime"` // ISO 8601, such as P90D
	ForAppsAfter    *time.Time `json:"restrictForAppsCreatedAfterDateTime"`
	ExcludeActors   *struct{}  `json:"excludeActors"`
}

// The restrictions that are obeyed.
const (
	passwordAddition = "passwordAddition"
	passwordLifetime = "passwordLifetime"
	keyLifetime      = "asymmetricKeyLifetime"
)

var tenantAppPolicySet = &entitySet{
	name: "policies/defaultAppManagementPolicy", typeName: "microsoft.graph.tenantAppManagementPolicy", resource: "TenantAppManagementPolicy",
	of: reflect.TypeFor[tenantAppPolicy](),
}

// appPolicy is the tenant's default policy, as it was seeded or last changed.
func (t *tenant) appPolicy() *tenantAppPolicy {
	if t.policies.appPolicy != nil {
		return t.policies.appPolicy
	}
	p := &tenantAppPolicy{
		ID: defaultAppPolicyID, DisplayName: "Default app management tenant policy",
		Description: "Default tenant policy that enforces app management restrictions on applications and service principals.",
	}
	if t.policies.AppPolicyID != "" {
		p.ID = t.policies.AppPolicyID
	}
	p.Applications.Passwords = t.seededRestrictions()
	p.Principals.Passwords = p.Applications.Passwords
	p.IsEnabled = len(p.Applications.Passwords) > 0
	return normalized(p)
}

// seededRestrictions are those that the seed asks for; nothing that is off is
// listed.
func (t *tenant) seededRestrictions() []credentialRule {
	var list []credentialRule
	since := t.Created.UTC().Truncate(time.Second)
	if t.policies.PasswordAdditionForbidden {
		list = append(list, credentialRule{RestrictionType: passwordAddition, State: "enabled", ForAppsAfter: &since})
	}
	if max := t.policies.PasswordMaxLifetime; max > 0 {
		days := fmt.Sprintf("P%dD", max/(24*time.Hour))
		list = append(list, credentialRule{RestrictionType: passwordLifetime, State: "enabled", MaxLifetime: &days, ForAppsAfter: &since})
	}
	return list
}

// ofApplications are the restrictions of registrations that are in force.
func (p *tenantAppPolicy) ofApplications() []credentialRule {
	if !p.IsEnabled {
		return nil
	}
	return slices.Concat(p.Applications.Passwords, p.Applications.Keys)
}

// ofPrincipals are those of service principals.
func (p *tenantAppPolicy) ofPrincipals() []credentialRule {
	if !p.IsEnabled {
		return nil
	}
	return slices.Concat(p.Principals.Passwords, p.Principals.Keys)
}

// restrictionIn finds the restriction of a kind that an app is under.
func restrictionIn(rules []credentialRule, kind string, created time.Time) (credentialRule, bool) {
	for _, c := range rules {
		if c.RestrictionType == kind && c.State == "enabled" && (c.ForAppsAfter == nil || !created.Before(*c.ForAppsAfter)) {
			return c, true
		}
	}
	return credentialRule{}, false
}

// permitsLifetime reports whether a credential of an app may live so long.
func permitsLifetime(rules []credentialRule, kind string, created time.Time, lifetime time.Duration) bool {
	c, restricted := restrictionIn(rules, kind, created)
	if !restricted || c.MaxLifetime == nil {
		return true
	}
	max, ok := parseDuration(*c.MaxLifetime)
	return ok && lifetime <= max
}

var isoDuration = regexp.MustCompile(`^P(?:(\d{1,5})D)?(?:T(?:(\d{1,6})H)?(?:(\d{1,7})M)?(?:(\d{1,8})S)?)?$`)

// parseDuration reads an Edm.Duration, which has days and no longer units.
func parseDuration(text string) (time.Duration, bool) {
	parts := isoDuration.FindStringSubmatch(text)
	if parts == nil {
		return 0, false
	}
	var sum time.Duration
	for i, unit := range []time.Duration{24 * time.Hour, time.Hour, time.Minute, time.Second} {
		n, _ := strconv.Atoi(parts[i+1]) // digits, or nothing for none
		sum += time.Duration(n) * unit
	}
	return sum, sum > 0
}

func getDefaultAppPolicy(q *graphRequest) (reply, *graphError) {
	return one(q, tenantAppPolicySet, q.tenant.appPolicy())
}

func patchDefaultAppPolicy(q *graphRequest) (reply, *graphError) {
	next, fault := changed(q, tenantAppPolicySet, q.tenant.appPolicy())
	if fault != nil {
		return reply{}, fault
	}
	for property, list := range map[string][]credentialRule{
		"applicationRestrictions":      slices.Concat(next.Applications.Passwords, next.Applications.Keys),
		"servicePrincipalRestrictions": slices.Concat(next.Principals.Passwords, next.Principals.Keys),
	} {
		if slices.ContainsFunc(list, func(c credentialRule) bool { return !c.holds() }) {
			return reply{}, errInvalidValue.with(property, tenantAppPolicySet.resource)
		}
	}
	q.tenant.policies.appPolicy = next
	return reply{status: http.StatusNoContent}, nil
}

// restrictionTypes are the kinds of restrictions; those of lifetimes say how
// long.
var restrictionTypes = map[string]bool{
	passwordAddition: false, passwordLifetime: true, "symmetricKeyAddition": false, "symmetricKeyLifetime": true,
	"customPasswordAddition": false, keyLifetime: true,
}

func (c credentialRule) holds() bool {
	timed, known := restrictionTypes[c.RestrictionType]
	if !known || c.State != "enabled" && c.State != "disabled" || timed != (c.MaxLifetime != nil) {
		return false
	}
	if !timed {
		return true
	}
	_, ok := parseDuration(*c.MaxLifetime)
	return ok
}

// An appManagementPolicy overrides the default for the apps it is assigned
// to.
type appManagementPolicy struct {
	ID string `json:"id"`
}

var appPolicySet = &entitySet{
	name: "policies/appManagementPolicies", typeName: "microsoft.graph.appManagementPolicy", resource: "AppManagementPolicy",
	of: reflect.TypeFor[appManagementPolicy](), sortable: []string{""},
}

// listAppPolicies lists none: the tenants here have no policy but the default.
func listAppPolicies(q *graphRequest) (reply, *graphError) {
	return listOf(q, appPolicySet, []*appManagementPolicy{})
}
