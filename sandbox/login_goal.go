package sandbox

import "time"

const codeLifetime = 10 * time.Minute

// authorizeGoal signs in for the authorization endpoint.
type authorizeGoal struct{ req *authorizeRequest }

func (g *authorizeGoal) app() client { return g.req.client }

func (g *authorizeGoal) cancel(v *visit, _ *interaction) *loginAnswer {
	return v.sendCanceled(g.req.target)
}

func (g *authorizeGoal) proceed(v *visit, it *interaction) *loginAnswer {
	a, e := g.assess(v, it, g.req.prompt == promptConsent)
	if e != nil {
		return v.deliver(g.req, e)
	}
	silent := g.req.prompt == promptNone
	switch {
	case g.req.prompt == promptAdminConsent && !mayConsentForAll(a.subject.user):
		return v.approvalPage(it, a.subject, aadstsApp(90093, g.req.client.application))
	case a.verdict == consentGiven && g.req.prompt != promptAdminConsent:
		return g.complete(v, it, a)
	case silent:
		return v.deliver(g.req, aadstsApp(65001, g.req.client.application))
	case a.verdict == approvalNeeded:
		return v.approvalPage(it, a.subject, a.refusal)
	}
	return v.consentPage(it, a)
}

// accept writes the consent down and sends the code. What is missing is
// looked up again: it may have changed since the page was shown.
func (g *authorizeGoal) accept(v *visit, it *interaction) *loginAnswer {
	a, e := g.assess(v, it, g.req.prompt == promptConsent)
	switch {
	case e != nil:
		return v.deliver(g.req, e)
	case a.verdict == approvalNeeded:
		return v.approvalAnswer(it, a.subject, a.refusal)
	}
	v.recordConsent(g.req.client, a, g.req.prompt == promptAdminConsent)
	return g.complete(v, it, a)
}

// recordConsent writes down what the person agreed to: for themselves, or
// for the whole tenant when an administrator ticked the box.
func (v *visit) recordConsent(c client, a assessment, forAll bool) {
	forUser := a.subject.user
	if (forAll || v.param(consentOnBehalf) != "") && mayConsentForAll(forUser) {
		forUser = nil
	}
	a.subject.tenant.grantConsent(c, forUser, a.missing)
}

func (g *authorizeGoal) decline(v *visit, it *interaction) *loginAnswer {
	a, e := g.assess(v, it, g.req.prompt == promptConsent)
	if e != nil || a.verdict == approvalNeeded {
		return v.sendCanceled(g.req.target) // "Return to the application without granting consent"
	}
	return v.sendRefusal(g.req.target, aadsts(65004))
}

// An assessment is what proceeding depends on.
type assessment struct {
	consentDecision
	subject *subject
	wanted  []asked
}

// assess holds the request against the tenant of the person who signed in.
func (g *authorizeGoal) assess(v *visit, it *interaction, forced bool) (assessment, *refusal) {
	c, e := v.findClient(g.req.client.AppID, it.at)
	if e != nil {
		return assessment{}, e
	}
	g.req.client = c
	s, e := v.subjectAt(it.account, it.at, c)
	if e != nil {
		return assessment{}, e
	}
	return v.assess(c, s, g.req.scope, g.req.v1, forced)
}

// assess is what the authorization endpoint and the device code flow share.
func (v *visit) assess(c client, s *subject, scope scopeRequest, v1, forced bool) (assessment, *refusal) {
	a := assessment{subject: s}
	e := c.enabledIn(s.tenant)
	if e != nil {
		return a, e
	}
	if a.wanted, e = v.resolveScopes(s.tenant, c, scope); e != nil {
		return a, e
	}
	if e = v.notListed(s, c, a.wanted, v1); e != nil {
		return a, e
	}
	listed, e := v.registeredIfNeeded(s.tenant, c, a.wanted)
	if e != nil {
		return a, e
	}
	a.consentDecision = decideConsent(consentQuestion{
		subject: s, client: c, wanted: a.wanted, oidc: scope.oidc, listed: listed, forced: forced,
		principal: s.tenant.principalOf(c.AppID),
	})
	if a.verdict == consentRefused {
		return a, a.refusal
	}
	return a, s.tenant.blocked(c, s.user, a.wanted)
}

// registeredIfNeeded reads the registration's list only for ".default": an
// unknown resource in it does not trouble anybody else.
func (v *visit) registeredIfNeeded(t *tenant, c client, wanted []asked) ([]asked, *refusal) {
	for _, a := range wanted {
		if a.isDefault {
			return v.registered(t, c)
		}
	}
	return nil, nil
}

// complete sends what response_type asks for.
func (g *authorizeGoal) complete(v *visit, it *interaction, a assessment) *loginAnswer {
	v.done(it)
	a.subject.tenant.ensurePrincipal(g.req.client)
	fields, e := g.outcome(v, it, a)
	if e != nil {
		return v.deliver(g.req, e)
	}
	if g.req.clientInfo {
		fields = append(fields, field{"client_info", clientInfo(a.subject)})
	}
	fields = append(withState(fields, g.req.target.state), field{"session_state", stableID("session", it.browser.cookie)})
	return v.send(g.req.target, fields...)
}

// outcome is the code and the tokens, in this order.
func (g *authorizeGoal) outcome(v *visit, it *interaction, a assessment) (fields []field, e *refusal) {
	id := idGrant{
		v1: g.req.v1, client: g.req.client, subject: a.subject, oidc: g.req.scope.oidc, nonce: g.req.nonce, authenticated: g.authenticated(it),
	}
	if has(g.req.responses, "code") {
		id.code = g.newCode(v, it, a)
		fields = append(fields, field{"code", id.code})
	}
	if has(g.req.responses, "token") {
		issued, e := v.issueAccess(tokenIntent{
			client: g.req.client, acr: publicClientACR, subject: a.subject,
			wanted: firstAsked(a.wanted), oidc: g.req.scope.oidc,
		})
		if e != nil {
			return nil, e
		}
		id.token = issued.AccessToken
		fields = append(fields, issued.fields()...)
	}
	if has(g.req.responses, "id_token") {
		fields = append(fields, field{"id_token", v.idToken(id)})
	}
	return fields, nil
}

func (g *authorizeGoal) newCode(v *visit, it *interaction, a assessment) string {
	req := g.req
	return v.sealed(sealedCode, authorizationCode{
		ClientID: req.client.AppID, RedirectURI: req.target.uri, Platform: req.platform,
		Authority: req.segment.key(), Account: it.account, TenantID: a.subject.tenant.ID,
		Wanted: a.wanted, OIDC: req.scope.oidc, Nonce: req.nonce,
		Challenge: req.challenge, Method: req.method, Signed: g.authenticated(it), Expires: v.at.Add(codeLifetime),
		Resets: v.world.login.resetsOf(a.subject.tenant.ID, it.account),
	})
}
