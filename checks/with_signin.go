package checks

import (
	"slices"

	"github.com/consentry/consentry/entra"
)

func (f *Facts) createGrant(ch entra.CreateGrant) {
	p := f.Principal.Or(nil)
	if p == nil || p.ID != ch.Client || !f.Grants.Known() {
		return
	}
	made := entra.Grant{Client: ch.Client, Resource: ch.Resource, Type: ch.Type, Scopes: slices.Clone(ch.Scopes)}
	if ch.Type == entra.Principal {
		made.Principal = ch.Principal
	}
	set(&f.Grants, append(slices.Clone(f.Grants.Get()), made))
}

// changeGrants changes each grant by itself; one for which keep says no is
// withdrawn.
func (f *Facts) changeGrants(keep func(*entra.Grant) bool) {
	if !f.Grants.Known() {
		return
	}
	grants := []entra.Grant{}
	for _, g := range f.Grants.Get() {
		if keep(&g) {
			grants = append(grants, g)
		}
	}
	set(&f.Grants, grants)
}

// trySignInAgain: what the sign-in service refused for a reason that the
// registration no longer gives, it takes.
func (f *Facts) trySignInAgain() {
	if s := f.SignIn.Or(SignInProbe{}); s.AADSTS != 0 && !s.Accepted && f.mended(s.AADSTS) {
		set(&f.SignIn, SignInProbe{Accepted: true, AADSTS: noSession, OAuth: "login_required"})
	}
	if t := f.SecretTrial.Or(SecretTrial{}); t.AADSTS == 7000112 && f.mended(t.AADSTS) {
		set(&f.SecretTrial, SecretTrial{Accepted: true})
	}
}

// noSession is the code for "would go on, but nobody is signed in".
const noSession = 50058

// mended reports whether the registration, as the facts have it now, no longer
// gives reason for a code.
func (f *Facts) mended(aadsts int) bool {
	app, principal := f.app(), f.Principal.Or(nil)
	switch aadsts {
	case 50011, 500113:
		return app != nil && slices.ContainsFunc(app.RedirectURIs, func(r entra.RedirectURI) bool { return r.Matches(f.Given.RedirectURI) })
	case 50194:
		return app != nil && (app.Audience == entra.AnyOrganization || app.Audience == entra.AnyAccount)
	case 7000112:
		disabled := app != nil && (app.BlockedByMicrosoft() || app.IsDisabled != nil && *app.IsDisabled)
		return !disabled && principal != nil && principal.Enabled
	}
	return false
}
