package bootstrap

import (
	"fmt"
	"slices"
	"strings"

	"github.com/consentry/consentry/entra"
)

// Who may do the steps
// [MicrosoftDocs/entra-docs, permissions-reference.md].
const (
	whoCreates  = "an Application Developer, Application Administrator, Cloud Application Administrator or Global Administrator"
	whoChanges  = "an owner of the app registration, or an Application Administrator, Cloud Application Administrator or Global Administrator"
	whoConsents = "an Application Administrator, Cloud Application Administrator, Privileged Role Administrator or Global Administrator"
)

// MakePlan compares what should be with what is there. It is pure. The error
// says what of Want cannot be.
func MakePlan(want Want, actual Actual, place PlaceState) ([]Step, error) {
	p := planner{want, actual, place}
	permissions, err := p.permissions()
	if err != nil {
		return nil, err
	}
	secret, err := p.secret()
	if err != nil {
		return nil, err
	}
	all := append([]*Step{p.application(permissions), p.certificate(), p.federated()}, secret...)
	all = append(all, p.principal(), p.assignment(), p.consent(), p.role())
	var steps []Step
	for _, s := range all {
		if s != nil {
			steps = append(steps, *s)
		}
	}
	return steps, nil
}

type planner struct {
	want   Want
	actual Actual
	place  PlaceState
}

func step(id StepID, c entra.Change, who string, ready bool, diffs ...string) *Step {
	title := c.Describe()
	return &Step{ID: id, Title: strings.ToUpper(title[:1]) + title[1:], Diffs: diffs, Request: c.Request(), Who: who, change: c, ready: ready}
}

// permissions are the declared ones with the ids that Microsoft Graph gives
// them.
func (p planner) permissions() ([]entra.Permission, error) {
	var out []entra.Permission
	for _, name := range p.want.Declared {
		i := slices.IndexFunc(p.actual.Graph.Scopes, func(s entra.PublishedScope) bool { return s.Value == name })
		if i < 0 {
			return nil, fmt.Errorf("delegated permission %s is not one that Microsoft Graph has in this tenant", name)
		}
		out = append(out, entra.Permission{Resource: entra.MicrosoftGraph, ID: p.actual.Graph.Scopes[i].ID, Kind: entra.Scope})
	}
	return out, nil
}

// application makes the registration, or mends it. What others added to it
// stays.
func (p planner) application(permissions []entra.Permission) *Step {
	c := entra.PutRegistration{
		UniqueName: p.want.UniqueName(), DisplayName: p.want.DisplayName, Audience: p.want.Audience, Tags: []string{p.want.Marker()},
		RedirectURIs: []entra.RedirectURI{{URI: p.want.Callback(), Platform: entra.Web}},
		Permissions:  permissions, AppRoles: Roles, IDTokenClaims: idTokenClaims,
	}
	app := p.actual.App
	if app == nil {
		diffs := []string{
			"name: " + c.DisplayName, "accounts: " + audienceWords(c.Audience), "redirect URI (web): " + p.want.Callback(),
			"app roles: viewer, support, admin", "optional claim of ID tokens: auth_time",
			"delegated permissions of Microsoft Graph: " + strings.Join(p.want.Declared, ", "),
			"tokens of version 2, property lock on, no implicit grant",
		}
		s := step(StepApplication, c, whoCreates, true, diffs...)
		s.Title = fmt.Sprintf("Create the app registration %q", c.DisplayName)
		return s
	}
	var diffs []string
	differs := func(is bool, format string, args ...any) {
		if is {
			diffs = append(diffs, fmt.Sprintf(format, args...))
		}
	}
	differs(app.DisplayName != c.DisplayName, "name: %s", c.DisplayName)
	differs(app.Audience != c.Audience, "accounts: %s", audienceWords(c.Audience))
	differs(!slices.Contains(app.RedirectURIs, c.RedirectURIs[0]), "redirect URI (web): %s", p.want.Callback())
	differs(app.TokenVersion != 2, "tokens of version 2")
	differs(!app.PropertyLock.Complete(), "property lock on")
	differs(app.ImplicitGrant.On(), "no implicit grant")
	var added []string
	c.Tags, added = withAll(app.Tags, c.Tags, same)
	differs(len(added) > 0, "tag: %s", strings.Join(added, ", "))
	c.IDTokenClaims, added = withAll(app.IDTokenClaims, c.IDTokenClaims, same)
	differs(len(added) > 0, "optional claim of ID tokens: %s", strings.Join(added, ", "))
	var lacking []entra.Permission
	c.Permissions, lacking = withAll(app.Permissions, c.Permissions, same)
	differs(len(lacking) > 0, "delegated permissions of Microsoft Graph: %s", strings.Join(p.names(lacking), ", "))
	c.RedirectURIs, _ = withAll(onWeb(app.RedirectURIs), c.RedirectURIs, same)
	var roles []string
	c.AppRoles, roles = mergedRoles(app.AppRoles)
	differs(len(roles) > 0, "app roles: %s", strings.Join(roles, ", "))
	if len(diffs) == 0 {
		return nil
	}
	s := step(StepApplication, c, whoChanges, true, diffs...)
	s.Title = fmt.Sprintf("Change the app registration %q", app.DisplayName)
	return s
}

func same[T comparable](a, b T) bool { return a == b }

// withAll is what is there with what lacks, which comes back by itself.
func withAll[T any](have, want []T, equal func(a, b T) bool) (all, lacking []T) {
	all = slices.Clone(have)
	for _, w := range want {
		if !slices.ContainsFunc(have, func(h T) bool { return equal(h, w) }) {
			all, lacking = append(all, w), append(lacking, w)
		}
	}
	return all, lacking
}

func onWeb(all []entra.RedirectURI) []entra.RedirectURI {
	return slices.DeleteFunc(slices.Clone(all), func(u entra.RedirectURI) bool { return u.Platform != entra.Web })
}

// mergedRoles keeps the roles that are there, by their value, and tells the
// values of those that lack or are disabled.
func mergedRoles(have []entra.AppRole) (all []entra.AppRole, changed []string) {
	all = slices.Clone(have)
	for _, want := range Roles {
		i := slices.IndexFunc(all, func(r entra.AppRole) bool { return r.Value == want.Value })
		switch {
		case i < 0:
			all, changed = append(all, want), append(changed, want.Value)
		case !all[i].Enabled:
			all[i].Enabled, changed = true, append(changed, want.Value)
		}
	}
	return all, changed
}

// names are those that Microsoft Graph has for permissions.
func (p planner) names(permissions []entra.Permission) []string {
	var out []string
	for _, s := range p.actual.Graph.Scopes {
		if slices.ContainsFunc(permissions, func(o entra.Permission) bool { return o.ID == s.ID }) {
			out = append(out, s.Value)
		}
	}
	return out
}

func audienceWords(a entra.Audience) string {
	if a == entra.SingleTenant {
		return "of this tenant only"
	}
	return "of any organization's tenant"
}

// appID is the registration's object ID, empty while there is none.
func (p planner) appID() entra.ObjectID {
	if p.actual.App == nil {
		return ""
	}
	return p.actual.App.ID
}

func (p planner) certificate() *Step {
	c := p.want.Certificate
	if c == nil {
		return nil
	}
	change := entra.AddCertificate{App: p.appID(), Certificate: *c}
	if p.actual.App != nil {
		if slices.ContainsFunc(p.actual.App.Certificates, func(k entra.Certificate) bool { return isCertificate(k, *c) }) {
			return nil
		}
		change.Existing = p.actual.App.Certificates
	}
	return step(StepCertificate, change, whoChanges, p.actual.App != nil && len(c.DER) > 0)
}

// isCertificate compares by what Graph tells of a certificate: itself, its
// SHA-1, or the name that was given to it, which has its SHA-256 in it.
func isCertificate(k entra.Certificate, c entra.NewCertificate) bool {
	if len(c.DER) == 0 {
		return false
	}
	return k.Fingerprint == entra.Fingerprint(c.DER) || strings.EqualFold(k.Thumbprint, entra.Thumbprint(c.DER)) || k.Name == c.Name
}

func (p planner) federated() *Step {
	f := p.want.Federated
	if f == nil {
		return nil
	}
	if p.actual.App != nil && slices.ContainsFunc(p.actual.App.Federated, func(o entra.FederatedCredential) bool {
		return o.Same(*f) && o.Audience == f.Audience
	}) {
		return nil
	}
	return step(StepFederated, entra.AddFederatedCredential{App: p.appID(), Credential: *f}, whoChanges, p.actual.App != nil)
}

func (p planner) principal() *Step {
	if p.actual.Principal != nil {
		return nil
	}
	c := entra.CreateServicePrincipal{DisplayName: p.want.DisplayName, Tags: []string{entra.EnterpriseAppTag}}
	if p.actual.App != nil {
		c.ClientID = p.actual.App.ClientID
	}
	return step(StepPrincipal, c, whoCreates, p.actual.App != nil)
}

// principalID is that of the service principal, empty while there is none.
func (p planner) principalID() entra.ObjectID {
	if p.actual.Principal == nil {
		return ""
	}
	return p.actual.Principal.ID
}

// assignment lets nobody sign in who was not given a role.
func (p planner) assignment() *Step {
	if p.actual.Principal != nil && p.actual.Principal.AssignmentRequired && p.actual.Principal.Enabled {
		return nil
	}
	c := entra.UpdateServicePrincipal{ID: p.principalID(), DisplayName: p.want.DisplayName, AssignmentRequired: new(true)}
	if p.actual.Principal != nil && !p.actual.Principal.Enabled {
		c.Enabled = new(true)
	}
	return step(StepAssignment, c, whoChanges, p.actual.Principal != nil)
}

// consent grants for everybody what the console asks of everybody.
func (p planner) consent() *Step {
	if len(p.want.Consented) == 0 {
		return nil
	}
	for _, g := range p.actual.Grants {
		if g.Type != entra.AllPrincipals || g.Resource != p.actual.Graph.ID {
			continue
		}
		all, lacking := withAll(g.Scopes, p.want.Consented, strings.EqualFold)
		if len(lacking) == 0 {
			return nil
		}
		return step(StepConsent, entra.SetGrantScopes{Grant: g.ID, ResourceName: "Microsoft Graph", Scopes: all}, whoConsents, true)
	}
	return step(StepConsent, entra.CreateGrant{
		Client: p.principalID(), Resource: p.actual.Graph.ID, ResourceName: "Microsoft Graph", Type: entra.AllPrincipals, Scopes: p.want.Consented,
	}, whoConsents, p.actual.Principal != nil)
}

// role gives the first person the role admin.
func (p planner) role() *Step {
	if p.want.Admin.ID == "" {
		return nil
	}
	role := admin()
	if p.actual.App != nil {
		for _, r := range p.actual.App.AppRoles {
			if r.Value == role.Value {
				role = r
			}
		}
	}
	if slices.Contains(p.actual.Assignments, entra.RoleAssignment{Principal: p.want.Admin.ID, Role: role.ID}) {
		return nil
	}
	return step(StepRole, entra.AssignAppRole{Resource: p.principalID(), Role: role, Who: p.want.Admin}, whoConsents, p.actual.Principal != nil && p.actual.App != nil)
}
