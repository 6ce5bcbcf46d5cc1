package sandbox

import "net/http"

// holderOfPrincipal: the policy looks at the age of the registration, which
// only its own tenant knows; a foreign one counts as made just now.
func (q *graphRequest) holderOfPrincipal(sp *servicePrincipal) secretHolder {
	h := secretHolder{rules: q.tenant.appPolicy().ofPrincipals(), created: q.at}
	if a := q.tenant.appsByClientID[sp.AppID]; a != nil {
		h.created = a.CreatedDateTime
	}
	return h
}

// addPrincipalPassword gives a service principal a secret of its own. The
// client proves itself with it in this tenant, beside those of its
// registration.
func addPrincipalPassword(q *graphRequest, sp *servicePrincipal) (reply, *graphError) {
	s, fault := q.askedSecret(q.holderOfPrincipal(sp))
	if fault != nil {
		return reply{}, fault
	}
	next := *sp
	next.PasswordCredentials = withSecret(sp.PasswordCredentials, s)
	q.tenant.addPrincipal(&next)
	return q.secretOnce(s), nil
}

func removePrincipalPassword(q *graphRequest, sp *servicePrincipal) (reply, *graphError) {
	left, fault := q.withoutSecret(sp.PasswordCredentials)
	if fault != nil {
		return reply{}, fault
	}
	next := *sp
	next.PasswordCredentials = left
	q.tenant.addPrincipal(&next)
	return reply{status: http.StatusNoContent}, nil
}
