package sandbox

import (
	"fmt"
	"slices"
	"strings"
)

// accessRule is the outcome of a tenant's Conditional Access for one app:
// the number of the AADSTS code that sign-in ends with.
type accessRule struct {
	ClientID string   `json:"client_id"` // empty: every app
	Users    []string `json:"users"`     // the part of their names before the @; none: everybody and apps themselves
	Code     int      `json:"code"`
}

// accessCodes are the outcomes that Conditional Access has.
var accessCodes = []int{50076, 50079, 50158, 53000, 53003, 530003, 530032}

func (r accessRule) check(people []string) error {
	if r.ClientID != "" && !isGUID(r.ClientID) {
		return fmt.Errorf(`"client_id" is %q: give a GUID, or leave it out for every app`, r.ClientID)
	}
	if err := checkPeople("users", r.Users, people); err != nil {
		return err
	}
	if !slices.Contains(accessCodes, r.Code) {
		return fmt.Errorf(`"code" is %d: give one of %v`, r.Code, accessCodes)
	}
	return nil
}

// covers reports whether the rule is about a client and the user that it
// acts for, nil for a client by itself.
func (r accessRule) covers(c client, u *user) bool {
	if r.ClientID != "" && r.ClientID != c.AppID {
		return false
	}
	if len(r.Users) == 0 {
		return true
	}
	return u != nil && slices.ContainsFunc(r.Users, func(name string) bool { return strings.HasPrefix(u.UserPrincipalName, name+"@") })
}

// blocked applies the tenant's Conditional Access rules to a client and the
// user that it acts for, nil for a client by itself.
func (t *tenant) blocked(c client, u *user, wanted []asked) *refusal {
	i := slices.IndexFunc(t.policies.AccessRules, func(r accessRule) bool { return r.covers(c, u) })
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
