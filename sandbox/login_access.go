package sandbox

import (
	"fmt"
	"slices"
)

// accessRule is the outcome of a tenant's Conditional Access for one app:
// the number of the AADSTS code that sign-in ends with.
type accessRule struct {
	ClientID string `json:"client_id"` // empty: every app
	Code     int    `json:"code"`
}

// accessCodes are the outcomes that Conditional Access has.
var accessCodes = []int{50076, 50079, 50158, 53000, 53003, 530003}

func (r accessRule) check() error {
	if !slices.Contains(accessCodes, r.Code) {
		return fmt.Errorf(`"code" is %d: give one of %v`, r.Code, accessCodes)
	}
	return nil
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
