package sandbox

import "strings"

// findAccount finds the account that a person names on the sign-in page: by
// user principal name, in whichever tenant keeps its password.
func (w *world) findAccount(name string) (account, *user) {
	for _, id := range w.order {
		for _, u := range w.tenants[id].users {
			if u.Password != "" && strings.EqualFold(u.UserPrincipalName, strings.TrimSpace(name)) {
				return account{id, u.ID}, u
			}
		}
	}
	return account{}, nil
}

// subjectAt is an account as the tenant of a request knows it: any account at
// organizations and common, members and invited guests at a tenant. Nil when
// the account no longer exists.
func (w *world) subjectAt(a account, at tenantSegment, c client) (*subject, *refusal) {
	home := w.tenants[a.tenantID]
	if home == nil || home.users[a.userID] == nil {
		return nil, aadsts(50173)
	}
	u := home.users[a.userID]
	if u.Disabled {
		return nil, aadsts(50057)
	}
	if at.tenant == nil || at.tenant == home {
		return &subject{tenant: home, user: u, home: home}, nil
	}
	for _, guest := range at.tenant.users {
		if guest.Guest && strings.EqualFold(guest.Mail, u.UserPrincipalName) {
			if guest.Disabled {
				return nil, aadsts(50057)
			}
			return &subject{tenant: at.tenant, user: guest, home: home}, nil
		}
	}
	return nil, aadstsApp(50020, c.application,
		"email", u.UserPrincipalName, "idp", stsIssuer(home.ID), "tenant", at.tenant.DisplayName)
}

// subjectIn is subjectAt for a grant that names its tenant.
func (w *world) subjectIn(a account, tenantID string, c client) (*subject, *refusal) {
	t := w.tenants[tenantID]
	if t == nil {
		return nil, aadsts(50173)
	}
	return w.subjectAt(a, tenantSegment{tenant: t}, c)
}
