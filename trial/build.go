package trial

import (
	"slices"

	"github.com/consentry/consentry/checks"
	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/oauth"
)

// resourceNames are the audiences people know by name.
var resourceNames = map[entra.ClientID]string{
	entra.AzureDevOps:    "Azure DevOps",
	entra.MicrosoftGraph: "Microsoft Graph",
}

// tokenReport is the part of a report that the token itself tells. resource
// is the one that was asked for. A token that cannot be decoded is no fault:
// access tokens are opaque to clients, so the answer's own words stand then.
func tokenReport(tokens oauth.Tokens, resource entra.ClientID) (Report, []string) {
	r := Report{
		HasToken:    true,
		Expires:     tokens.Expires,
		Lifetime:    tokens.Lifetime,
		LifetimeOK:  tokens.Lifetime > 0 && tokens.Lifetime <= MaxLifetime,
		RefreshCame: !tokens.Refresh.IsZero(),
	}
	claims, err := oauth.Claims(tokens.Access)
	if err != nil {
		r.AudienceOK = true // nothing says otherwise; using it will
		r.ResourceName = resourceNames[resource]
		r.Notes = []string{"The token cannot be decoded here, which is allowed: what it holds is taken from the answer that brought it."}
		return r, namesOf(tokens.Scopes, resource)
	}
	r.Audience = entra.ForeignText(text(claims["aud"]))
	audience := entra.ParseScope(r.Audience + "/x").Resource
	r.AudienceOK = audience == resource
	r.ResourceName = resourceNames[audience]
	r.Issuer = entra.ForeignText(stringClaim(claims, "iss"))
	r.Person = personIn(claims)
	r.Tenant = r.Person.Tenant
	r.Issued = timeClaim(claims, "iat")
	if at := timeClaim(claims, "exp"); !at.IsZero() {
		r.Expires = at
	}
	r.Claims = explainClaims(claims)
	return r, scopesIn(claims, tokens, resource)
}

// scopesIn are the bare names of what the token may do.
func scopesIn(claims map[string]any, tokens oauth.Tokens, resource entra.ClientID) []string {
	scp, ok := claims["scp"].(string)
	if !ok {
		return namesOf(tokens.Scopes, resource)
	}
	var names []string
	for _, ref := range entra.ParseScopes(scp) {
		if !entra.IsOpenIDScope(ref.Name) {
			names = append(names, ref.Name)
		}
	}
	return names
}

// scopeTable fills the table and the words about what could not be read.
func (r *Report) scopeTable(t Trial, f directoryFacts, token []string, resource entra.ClientID) {
	r.RegisteredKnown, r.ConsentedKnown, r.Unread = f.registeredKnown, f.consentedKnown, f.unread
	r.Scopes = checks.ScopePlaces{
		Asked:      namesOf(t.Scopes, resource),
		Registered: f.registered, RegisteredKnown: f.registeredKnown,
		Consented: f.consented, ConsentedKnown: f.consentedKnown,
		Token: token, TokenKnown: r.HasToken,
		Compare: t.Compare,
	}.Matrix()
}

// homeNotes say what a consent in the app's own tenant does not prove. Users
// of other tenants may not consent to an app registered after 2020-11-08
// without a verified publisher
// [MicrosoftDocs/entra-docs/docs/identity/enterprise-apps/configure-risk-based-step-up-consent.md].
func homeNotes(t Trial, f directoryFacts, tokenTenant entra.TenantID) []string {
	if f.app == nil || tokenTenant != f.tenant || f.app.Audience == entra.SingleTenant {
		return nil
	}
	const home = "This was tried in the app's own tenant, which proves nothing for customers' tenants."
	switch {
	case f.app.Verified:
		return []string{home + " Try it in another tenant too."}
	case t.Kind == AdminConsent:
		return []string{home + " Every customer's administrator has to consent there: send them the customer link."}
	}
	return []string{home + " The app has no verified publisher, so users there may not consent by themselves: send their administrator the customer link."}
}

// wantsRefresh reports whether a refresh token was asked for.
func wantsRefresh(scopes []string) bool { return slices.Contains(scopes, entra.ScopeOfflineAccess) }
