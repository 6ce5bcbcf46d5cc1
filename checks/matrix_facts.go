package checks

import (
	"slices"
	"strings"

	"github.com/consentry/consentry/entra"
)

// ScopePlaces are the places where scopes of Azure DevOps stand, as far as the
// facts know them; its Matrix is the table that pages show. Consented are
// those that hold for the person of the test consent, and without one those
// that hold for anybody.
func (f *Facts) ScopePlaces() ScopePlaces {
	p := ScopePlaces{Asked: f.askedScopes(), TokenKnown: f.Token.Known(), RegisteredKnown: f.app() != nil}
	if p.RegisteredKnown {
		p.Registered = f.registeredScopes()
	}
	if f.Grants.Known() && f.Resources.Known() && f.consentsAreOf(f.Token.Or(TokenFacts{}).Tenant) {
		p.ConsentedKnown = true
		p.Consented = consentedTo(f.devOpsGrants(), f.Token.Or(TokenFacts{}).Person.ID)
	}
	p.Token = f.Token.Or(TokenFacts{}).Scopes
	if integration, ok := f.Preset(); ok {
		p.Compare = integration.Compare
	}
	return p
}

// consentsAreOf reports whether the consents that were read are those of the
// tenant a token is of; without a token there is nothing to compare.
func (f *Facts) consentsAreOf(token entra.TenantID) bool {
	signedIn := f.Operator.Or(Operator{}).Tenant.ID
	return token == "" || signedIn == "" || token == signedIn
}

// askedScopes are the bare names of Azure DevOps' scopes that the integration
// asks for, .default among them.
func (f *Facts) askedScopes() []string {
	var out []string
	for _, ref := range readScopes(f.Given.Scopes).refs() {
		if ofDevOps(ref) && !named(out, ref.Name) {
			out = append(out, ref.Name)
		}
	}
	return out
}

// askedByName are the asked scopes without .default.
func (f *Facts) askedByName() []string {
	return slices.DeleteFunc(f.askedScopes(), func(s string) bool { return s == StaticScope })
}

// askedInEffect are the scopes that the integration comes to ask for: .default
// stands for what is registered, where that is known.
func (f *Facts) askedInEffect() []string {
	if named(f.askedScopes(), StaticScope) && f.app() != nil {
		return f.registeredScopes()
	}
	return f.askedByName()
}

// registeredScopes are the delegated permissions of Azure DevOps on the
// registration, by name where it is known and by ID otherwise.
func (f *Facts) registeredScopes() []string {
	var out []string
	for _, p := range f.app().Permissions {
		if p.Resource == entra.AzureDevOps && p.Kind == entra.Scope {
			out = append(out, f.permissionName(p))
		}
	}
	return out
}

// permissionName is what the resource calls a permission in this tenant, else
// what is known of Azure DevOps, else its ID.
func (f *Facts) permissionName(p entra.Permission) string {
	for _, s := range f.Resources.Or(nil)[p.Resource].Scopes {
		if strings.EqualFold(s.ID, p.ID) {
			return s.Value
		}
	}
	switch s, ok := entra.LookupScopeID(p.ID); {
	case ok && p.Resource == entra.AzureDevOps:
		return s.Value
	case p.ID == entra.UserReadID:
		return entra.UserRead
	}
	return p.ID
}

// devOpsGrants are the client's consents for Azure DevOps.
func (f *Facts) devOpsGrants() []entra.Grant {
	devops, ok := f.Resources.Or(nil)[entra.AzureDevOps]
	if !ok {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(f.Grants.Or(nil)), func(g entra.Grant) bool { return g.Resource != devops.ID })
}

// consentedTo joins the scopes of the grants that hold for a person; for
// nobody in particular those of all.
func consentedTo(grants []entra.Grant, person entra.ObjectID) []string {
	var out []string
	for _, g := range grants {
		if g.Type == entra.AllPrincipals || person == "" || g.Principal == person {
			out = union(out, g.Scopes)
		}
	}
	return out
}

// forEverybody is the consent for the whole tenant, if there is one.
func forEverybody(grants []entra.Grant) (entra.Grant, bool) {
	i := slices.IndexFunc(grants, func(g entra.Grant) bool { return g.Type == entra.AllPrincipals })
	if i < 0 {
		return entra.Grant{}, false
	}
	return grants[i], true
}
