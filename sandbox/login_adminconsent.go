package sandbox

import (
	"net/http"
	"slices"
	"strings"
)

// adminGoal is consent by an administrator, for the whole tenant.
type adminGoal struct {
	segment tenantSegment
	client  client
	target  redirectTarget
	// scope is what is asked for; without "v2.0", or with ".default", it is
	// everything that is registered, application permissions too.
	scope scopeRequest
	v1    bool
}

// adminConsent is GET /{tenant}/v2.0/adminconsent.
func (v *visit) adminConsent() *loginAnswer {
	g, e := v.readAdminConsent()
	if e != nil {
		return g.refuse(v, e)
	}
	if g.scope, e = v.adminScope(); e != nil {
		return g.refuse(v, e)
	}
	return v.begin(g, g.segment, demand{hint: v.param("login_hint")})
}

// adminConsentV1 is GET /{tenant}/adminconsent.
func (v *visit) adminConsentV1() *loginAnswer {
	v.v1 = true
	g, e := v.readAdminConsent()
	if e != nil {
		return g.refuse(v, e)
	}
	return v.begin(g, g.segment, demand{hint: v.param("login_hint")})
}

func (v *visit) readAdminConsent() (g *adminGoal, e *refusal) {
	g = &adminGoal{v1: v.v1}
	if m := v.request.Method; m != http.MethodGet && m != http.MethodPost {
		return g, aadsts(900561, "validVerbs", "GET, POST", "verb", m)
	}
	if g.segment, e = v.segment(); e != nil {
		return g, e
	}
	if g.segment.shared == segmentCommon && !g.v1 {
		return g, aadsts(90019)
	}
	g.client, g.target, _, e = v.readApp(g.segment, v.param("client_id"))
	return g, e
}

func (v *visit) adminScope() (scopeRequest, *refusal) {
	if strings.TrimSpace(v.param("scope")) == "" {
		return scopeRequest{}, aadsts(900144, "parameter", "scope")
	}
	scope, e := parseScopes(v.param("scope"))
	if e == nil && len(scope.resources) > 1 {
		e = aadsts(28000, "scope", scope.raw)
	}
	return scope, e
}

// everything reports whether all that is registered is asked for.
func (g *adminGoal) everything() bool {
	return g.v1 || slices.ContainsFunc(g.scope.resources, func(r namedResource) bool { return r.isDefault })
}

func (g *adminGoal) app() client { return g.client }

func (g *adminGoal) proceed(v *visit, it *interaction) *loginAnswer {
	a, e := g.assess(v, it)
	switch {
	case e != nil:
		return g.refuse(v, e)
	case a.verdict == approvalNeeded:
		return v.approvalPage(it, a.subject, a.refusal)
	}
	return v.adminConsentPage(it, a, g.rolesAsked(a.subject.tenant))
}

func (g *adminGoal) assess(v *visit, it *interaction) (a assessment, e *refusal) {
	if a.subject, e = v.subjectAt(it.account, it.at, g.client); e != nil {
		return a, e
	}
	t := a.subject.tenant
	if e = g.client.enabledIn(t); e != nil {
		return a, e
	}
	if g.everything() {
		a.wanted, e = v.registered(t, g.client)
	} else {
		a.wanted, e = v.resolveScopes(t, g.client, g.scope)
	}
	if e != nil {
		return a, e
	}
	a.verdict, a.missing = consentNeeded, a.wanted
	if len(g.scope.oidc) > 0 {
		a.missing = mergeAsked(append(slices.Clone(a.wanted), asked{resource: graphAppID, audience: graphAppID, names: g.scope.oidc}))
	}
	if !g.mayGrant(a.subject) {
		a.verdict, a.refusal = approvalNeeded, aadstsApp(90093, g.client.application)
	}
	return a, nil
}

// mayGrant: application permissions on Microsoft Graph are for the two
// highest roles to give.
func (g *adminGoal) mayGrant(s *subject) bool {
	if slices.ContainsFunc(g.rolesAsked(s.tenant), func(r listedRole) bool { return r.resource.AppID == graphAppID }) {
		return s.user.holdsAny(graphRoleGivers)
	}
	return mayConsentForAll(s.user)
}

func (g *adminGoal) rolesAsked(t *tenant) []listedRole {
	if !g.everything() {
		return nil
	}
	return t.rolesListed(g.client)
}

func (g *adminGoal) accept(v *visit, it *interaction) *loginAnswer {
	a, e := g.assess(v, it)
	switch {
	case e != nil:
		return g.refuse(v, e)
	case a.verdict == approvalNeeded:
		return v.approvalAnswer(it, a.subject, a.refusal)
	}
	v.done(it)
	t := a.subject.tenant
	t.grantConsent(g.client, nil, a.missing)
	t.grantRoles(g.client, g.rolesAsked(t), v.at)
	return v.send(g.target, g.success(a)...)
}

func (g *adminGoal) success(a assessment) []field {
	consent, tenantID := field{"admin_consent", "True"}, field{"tenant", a.subject.tenant.ID}
	if g.v1 {
		return append(withState([]field{tenantID}, g.target.state), consent)
	}
	var granted []string
	for _, given := range a.wanted {
		granted = append(granted, given.scopeNames(given.names))
	}
	granted = append(granted, g.scope.oidc...)
	return withState([]field{consent, tenantID, {"scope", joinScopes(granted)}}, g.target.state)
}

func (g *adminGoal) decline(v *visit, it *interaction) *loginAnswer { return g.cancel(v, it) }

func (g *adminGoal) cancel(v *visit, _ *interaction) *loginAnswer {
	if g.v1 {
		return v.send(g.target, withState([]field{
			{"error", "permission_denied"}, {"error_description", "The admin canceled the request"},
		}, g.target.state)...)
	}
	declined := aadsts(65004).as(consentRequired)
	declined.text = "The resource owner or authorization server denied the request."
	return g.refuse(v, declined)
}

// refuse brings an error to where it belongs. Even then the app hears
// admin_consent=True.
func (g *adminGoal) refuse(v *visit, e *refusal) *loginAnswer {
	if g.target.uri == "" || slices.Contains(pageOnly, e.code) {
		return v.errorPage(e)
	}
	if g.v1 {
		return v.sendRefusal(g.target, e)
	}
	return v.send(g.target, withState([]field{
		{"admin_consent", "True"}, {"error", e.oauth}, {"error_description", v.redirectDescription(e)},
	}, g.target.state)...)
}
