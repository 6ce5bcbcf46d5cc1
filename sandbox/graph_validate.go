package sandbox

import (
	"net/url"
	"reflect"
	"slices"
	"strings"
)

// Limits of a registration [MicrosoftDocs/entra-docs: entra-service-limits-include.md,
// supported-accounts-validation.md].
const (
	maxDisplayName         = 120
	maxDisplayNamePersonal = 90
	maxText                = 1024 // description and notes
	maxTagLength           = 256
	maxLogoutURL           = 255
	maxOwnAPIs             = 50
	maxForeignAPIs         = 10
	maxPermissions         = 400
	maxPermissionsPersonal = 200
	maxPerAPIPersonal      = 30
	maxSecretsPersonal     = 2
	maxCreatedObjects      = 250 // by one user without an administrator role
)

// personal reports whether personal Microsoft accounts may sign in.
func (a *application) personal() bool {
	return a.SignInAudience == audienceAndPersonal || a.SignInAudience == audiencePersonalOnly
}

// validate checks a registration that is about to be stored; before is what
// it replaces, nil for a new one. The first rule that fails is told.
func (q *graphRequest) validate(a, before *application) *graphError {
	if a.DisplayName == "" {
		return errRequired.with("displayName", applicationSet.resource)
	}
	for _, rule := range applicationRules {
		if !rule.holds(a) {
			return errInvalidValue.with(rule.property, applicationSet.resource)
		}
	}
	if a.personal() && (a.API.RequestedAccessTokenVersion == nil || *a.API.RequestedAccessTokenVersion != 2) {
		return &errTokenVersion
	}
	if !distinctFold(a.redirectURIs()) {
		return &errDistinctURIs
	}
	for _, check := range []func(a, before *application) *graphError{
		q.checkAPIs, q.checkAudience, q.checkUniqueness, q.checkIdentifierURIs, checkEntitlements,
	} {
		if fault := check(a, before); fault != nil {
			return fault
		}
	}
	return nil
}

// applicationRules hold for a registration by itself. Which rule failed the
// service does not tell, only the property.
var applicationRules = []struct {
	property string
	holds    func(*application) bool
}{
	{"displayName", func(a *application) bool {
		n := len([]rune(a.DisplayName))
		return n <= maxDisplayName && (n <= maxDisplayNamePersonal || !a.personal())
	}},
	{"signInAudience", func(a *application) bool {
		return slices.Contains([]string{audienceSingleTenant, audienceMultitenant, audienceAndPersonal, audiencePersonalOnly}, a.SignInAudience)
	}},
	{"description", func(a *application) bool { return a.Description == nil || len(*a.Description) <= maxText }},
	{"notes", func(a *application) bool { return a.Notes == nil || len(*a.Notes) <= maxText }},
	{"tags", func(a *application) bool {
		return !slices.ContainsFunc(a.Tags, func(t string) bool { return t == "" || len(t) > maxTagLength })
	}},
	{"uniqueName", func(a *application) bool { return a.UniqueName == nil || *a.UniqueName != "" }},
	{"web", (*application).webHolds},
	{"spa", func(a *application) bool { return a.redirectsHold(a.SPA.RedirectURIs, validRedirectURI) }},
	{"publicClient", func(a *application) bool { return a.redirectsHold(a.PublicClient.RedirectURIs, validPublicRedirectURI) }},
	{"requiredResourceAccess", (*application).permissionsHold},
}

func (a *application) webHolds() bool {
	if a.Web.HomePageURL != nil && !absoluteURL(*a.Web.HomePageURL) {
		return false
	}
	if u := a.Web.LogoutURL; u != nil && (len(*u) > maxLogoutURL || !strings.HasPrefix(*u, "https://")) {
		return false
	}
	return a.redirectsHold(a.Web.RedirectURIs, validRedirectURI)
}

func absoluteURL(s string) bool {
	u, err := url.Parse(s)
	return err == nil && u.Scheme != "" && u.Host != ""
}

// permissionsHold checks the form of the permissions asked for. That they
// exist is found out at consent only, as in Entra.
func (a *application) permissionsHold() bool {
	total := 0
	var resources []string
	for _, r := range a.RequiredResourceAccess {
		resources = append(resources, r.ResourceAppID)
		total += len(r.ResourceAccess)
		if !isGUID(r.ResourceAppID) || !slices.ContainsFunc(r.ResourceAccess, resourceAccess.holds) ||
			slices.ContainsFunc(r.ResourceAccess, func(p resourceAccess) bool { return !p.holds() }) ||
			a.personal() && len(r.ResourceAccess) > maxPerAPIPersonal {
			return false
		}
	}
	return distinctFold(resources) && total <= maxPermissions && (total <= maxPermissionsPersonal || !a.personal())
}

func (p resourceAccess) holds() bool { return isGUID(p.ID) && (p.Type == "Scope" || p.Type == "Role") }

func distinctFold(values []string) bool {
	seen := map[string]bool{}
	for _, v := range values {
		if v = strings.ToLower(v); seen[v] {
			return false
		}
		seen[v] = true
	}
	return true
}

// checkAPIs counts the APIs that permissions are asked of.
func (q *graphRequest) checkAPIs(a, _ *application) *graphError {
	own, foreign := 0, 0
	for _, r := range a.RequiredResourceAccess {
		if q.tenant.appsByClientID[r.ResourceAppID] != nil {
			own++
		} else {
			foreign++
		}
	}
	if own > maxOwnAPIs || foreign > maxForeignAPIs {
		return errInvalidValue.with("requiredResourceAccess", applicationSet.resource)
	}
	return nil
}

// checkAudience obeys the tenant's policy on multitenant apps, which stops
// new ones and changes to that audience.
func (q *graphRequest) checkAudience(a, before *application) *graphError {
	changed := before == nil || before.SignInAudience != a.SignInAudience
	if q.tenant.policies.MultitenantForbidden && changed && a.SignInAudience != audienceSingleTenant {
		return errAudiencePolicy.with(a.SignInAudience, q.tenant.policies.AppPolicyID)
	}
	return nil
}

func (q *graphRequest) checkUniqueness(a, _ *application) *graphError {
	if a.UniqueName != nil {
		if other := q.tenant.applicationNamed(*a.UniqueName); other != nil && other.ID != a.ID {
			return &errUniqueName
		}
	}
	if len(a.IdentifierURIs) == 0 {
		return nil
	}
	for _, other := range q.tenant.apps {
		if other.ID != a.ID && containsFold(other.IdentifierURIs, a.IdentifierURIs) {
			return &errConflict
		}
	}
	return nil
}

// checkIdentifierURIs holds those of apps that other tenants can use to
// domains that are provably the tenant's.
func (q *graphRequest) checkIdentifierURIs(a, _ *application) *graphError {
	for _, uri := range a.IdentifierURIs {
		u, err := url.Parse(uri)
		if err != nil || u.Scheme == "" {
			return errInvalidValue.with("identifierUris", applicationSet.resource)
		}
		if a.SignInAudience != audienceSingleTenant && !q.tenant.vouchesFor(u.Host, a.AppID) {
			return errUnverifiedHost.with(uri)
		}
	}
	return nil
}

// vouchesFor reports whether a host is the tenant's domain, below it, or one
// of the ids that api:// takes.
func (t *tenant) vouchesFor(host, appID string) bool {
	host = strings.ToLower(host)
	return host == t.Domain || strings.HasSuffix(host, "."+t.Domain) || host == appID || host == t.ID
}

// checkEntitlements protects permissions that others may hold: they must be
// disabled before they change or go.
func checkEntitlements(a, before *application) *graphError {
	if before == nil {
		return nil
	}
	for _, was := range before.API.OAuth2PermissionScopes {
		disabled := was
		disabled.IsEnabled = false
		if was.IsEnabled && !hasEqual(a.API.OAuth2PermissionScopes, was, disabled) {
			return &errEntitlement
		}
	}
	for _, was := range before.AppRoles {
		disabled := was
		disabled.IsEnabled = false
		if was.IsEnabled && !hasEqual(a.AppRoles, was, disabled) {
			return &errEntitlement
		}
	}
	return nil
}

// hasEqual reports whether one of two versions is in the list.
func hasEqual[T any](list []T, first, second T) bool {
	return slices.ContainsFunc(list, func(v T) bool { return reflect.DeepEqual(v, first) || reflect.DeepEqual(v, second) })
}
