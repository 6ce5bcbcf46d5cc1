package sandbox

import (
	"slices"
	"strings"
	"time"
)

// A verdict says what stands between a user and the token.
type verdict int

const (
	consentGiven   verdict = iota // nothing
	consentNeeded                 // a page to accept
	approvalNeeded                // an administrator
	consentRefused                // an error
)

// A consentQuestion is everything that the answer depends on.
type consentQuestion struct {
	subject   *subject
	client    client
	wanted    []asked // resolved in the subject's tenant
	oidc      []string
	listed    []asked           // the registration's own list, for .default
	forced    bool              // prompt=consent
	principal *servicePrincipal // of the client; nil before the first consent
}

// A consentDecision answers it.
type consentDecision struct {
	verdict verdict
	// missing is what the user is asked for.
	missing []asked
	refusal *refusal
}

// decideConsent applies the rules of consent: what is missing, and who may
// give it.
func decideConsent(q consentQuestion) consentDecision {
	if e := q.unassigned(); e != nil {
		return consentDecision{verdict: consentRefused, refusal: e}
	}
	missing, e := q.missing()
	switch {
	case e != nil:
		return consentDecision{verdict: consentRefused, refusal: e}
	case missing == nil:
		return consentDecision{verdict: consentGiven}
	}
	if e := q.needsAdmin(missing); e != nil {
		return consentDecision{verdict: approvalNeeded, missing: missing, refusal: e}
	}
	return consentDecision{verdict: consentNeeded, missing: missing}
}

// unassigned: an app may be closed to users who were not assigned to it.
// Neither consent nor an administrator's role replaces the assignment.
func (q consentQuestion) unassigned() *refusal {
	if q.principal == nil || !q.principal.AppRoleAssignmentRequired ||
		q.subject.tenant.isAssigned(q.subject.user.ID, q.principal.ID) {
		return nil
	}
	return aadstsApp(50105, q.client.application, "upn", q.subject.user.UserPrincipalName)
}

// missing lists what is not consented yet; nil when nothing is. The sign-in
// scopes are asked for with the first consent and come along with any later.
func (q consentQuestion) missing() ([]asked, *refusal) {
	first := !q.anyConsent()
	var missing []asked
	for _, a := range q.wanted {
		part, e := q.missingOf(a)
		if e != nil {
			return nil, e
		}
		missing = append(missing, part...)
	}
	if len(missing) == 0 && !first && !q.forced {
		return nil, nil
	}
	if len(q.oidc) > 0 {
		missing = append(missing, asked{resource: graphAppID, audience: graphAppID, names: q.oidc})
	}
	return mergeAsked(missing), nil
}

func (q consentQuestion) missingOf(a asked) ([]asked, *refusal) {
	have := q.consented(a.resource)
	switch {
	case a.resource == q.client.AppID:
		return nil, nil
	case !a.isDefault:
		if q.forced {
			return []asked{a}, nil
		}
		return lacking(a, have), nil
	case len(have) > 0 && !q.forced:
		return nil, nil
	case len(have) == 0 && !lists(q.listed, a.resource):
		return nil, aadsts(650056, "resource", a.resource, "appId", q.client.AppID)
	}
	return q.listed, nil
}

func lacking(a asked, have []string) []asked {
	a.names = slices.DeleteFunc(slices.Clone(a.names), func(n string) bool { return containsFold(have, []string{n}) })
	if len(a.names) == 0 {
		return nil
	}
	return []asked{a}
}

func lists(list []asked, resource string) bool {
	return slices.ContainsFunc(list, func(a asked) bool { return a.resource == resource })
}

// mergeAsked joins entries of the same resource.
func mergeAsked(list []asked) []asked {
	merged := []asked{}
	for _, a := range list {
		i := slices.IndexFunc(merged, func(m asked) bool { return m.resource == a.resource })
		if i < 0 {
			a.names = slices.Clone(a.names)
			merged = append(merged, a)
			continue
		}
		merged[i].names = addMissing(merged[i].names, a.names...)
	}
	return merged
}

func (q consentQuestion) consented(resource string) []string {
	return q.subject.tenant.consented(q.client.AppID, resource, q.subject.user.ID)
}

// anyConsent reports whether the user, or the tenant for all users, agreed to
// anything of this client before.
func (q consentQuestion) anyConsent() bool {
	return q.principal != nil && slices.ContainsFunc(q.subject.tenant.grantOrder, func(id string) bool {
		g := q.subject.tenant.grants[id]
		return g.ClientID == q.principal.ID && g.coversUser(q.subject.user.ID)
	})
}

func (g *grant) coversUser(userID string) bool {
	return g.ConsentType == "AllPrincipals" || g.PrincipalID != nil && *g.PrincipalID == userID
}

// consented lists the delegated permissions that a client has on a resource
// for a user: consented by them or for everybody.
func (t *tenant) consented(clientID, resourceAppID, userID string) []string {
	client, resource := t.principalOf(clientID), t.principalOf(resourceAppID)
	if client == nil || resource == nil {
		return nil
	}
	var have []string
	for _, id := range []*string{nil, &userID} {
		if g := t.grantOf(client.ID, resource.ID, id); g != nil {
			have = addMissing(have, strings.Fields(g.Scope)...)
		}
	}
	return have
}

// needsAdmin says why a user may not agree to what is missing; nil when they
// may. Administrators who may consent for the tenant may for themselves.
func (q consentQuestion) needsAdmin(missing []asked) *refusal {
	t := q.subject.tenant
	if mayConsentForAll(q.subject.user) {
		return nil
	}
	if containsFold(t.policies.RiskyApps, []string{q.client.AppID}) && !onlyBasic(missing) {
		return aadsts(900941)
	}
	closed := q.principal != nil && q.principal.AppRoleAssignmentRequired
	allowed := anyPolicyAllows(t.policies.PermissionGrantPolicies, q, missing)
	if allowed && !closed && !adminOnly(t, missing) && !q.risky(missing) {
		return nil
	}
	if t.policies.AdminConsentWorkflow {
		return aadstsApp(90095, q.client.application)
	}
	e := aadstsApp(90094, q.client.application)
	if !allowed {
		e.text = "An administrator of " + t.DisplayName + " has set a policy that prevents you from granting " + q.client.DisplayName +
			" the permissions it is requesting. Contact an administrator of " + t.DisplayName + ", who can grant permissions to this app on your behalf."
	}
	return e
}

// mayConsentForAll: the roles that can grant delegated permissions for the
// whole tenant.
func mayConsentForAll(u *user) bool {
	return slices.ContainsFunc(u.Roles, func(r string) bool { return has(consentGivers.roles, r) })
}

// adminOnly reports whether something missing is a permission that its
// resource reserves to administrators.
func adminOnly(t *tenant, missing []asked) bool {
	return slices.ContainsFunc(missing, func(a asked) bool {
		sp := t.principalOf(a.resource)
		return sp != nil && slices.ContainsFunc(a.names, func(name string) bool {
			s := sp.scopeCalled(name)
			return s != nil && s.Type == "Admin"
		})
	})
}

// stepUpSince is the registration date from which risk-based step-up consent
// applies.
var stepUpSince = time.Date(2020, 11, 8, 0, 0, 0, 0, time.UTC)

// risky is risk-based step-up consent: a multitenant app of another tenant
// without verified publisher, asked for more than the sign-in itself.
func (q consentQuestion) risky(missing []asked) bool {
	return !q.subject.tenant.policies.AllowRiskyConsent &&
		q.client.home != q.subject.tenant && !q.client.firstParty() && !q.client.verified() &&
		!q.client.CreatedDateTime.Before(stepUpSince) && !onlyBasic(missing)
}

// onlyBasic reports whether nothing beyond basic sign-in is asked for.
func onlyBasic(missing []asked) bool {
	for _, a := range missing {
		for _, name := range a.names {
			if a.resource != graphAppID || !has(oidcScopes, name) && name != "User.Read" {
				return false
			}
		}
	}
	return true
}
