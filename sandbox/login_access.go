package sandbox

import "slices"

// accessRule is the outcome of a tenant's Conditional Access for one app:
// the number of the AADSTS code that sign-in ends with.
type accessRule struct {
	ClientID string // empty: every app
	Code     int
}

// blocked applies the tenant's Conditional Access rules.
func (t *tenant) blocked(c client, wanted []asked) *refusal {
	i := slices.IndexFunc(t.policies.AccessRules, func(r accessRule) bool { return r.ClientID == "" || r.ClientID == c.AppID })
	if i < 0 {
		return nil
	}
	resource := graphAppID
	if len(wanted) > 0 {
		resource = wanted[0].resource
	}
	e := aadsts(t.policies.AccessRules[i].Code, "resource", resource)
	e.claims = `{"access_token":{"capolids":{"essential":true,"values":["` + stableID("access rule", t.ID) + `"]}}}`
	return e
}
