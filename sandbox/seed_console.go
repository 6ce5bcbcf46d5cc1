package sandbox

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
)

// SharedConsoleClientID is a multitenant confidential client with the app
// roles viewer, support and admin: what a console that several people share
// signs them in with. [Ready] has its secret and who has which role. Its
// redirect URIs are http://localhost/sign-in/callback, on any port, and the
// same at 127.0.0.1.
const SharedConsoleClientID = "c0a57e1b-7d3c-4c0e-9b55-5e1f0c0b0a02"

// A seedRole is an app role that an app defines for people.
type seedRole struct {
	Value string `json:"value"`
	Name  string `json:"name"`
}

// A seedAssignment gives a user an app role by its value.
type seedAssignment struct {
	User string `json:"user"`
	Role string `json:"role"`
}

// A seedEnterpriseApp is what a tenant's administrators decided about an app
// that is registered in an earlier tenant of the file or before it.
type seedEnterpriseApp struct {
	ClientID           string           `json:"client_id"`
	Consented          []string         `json:"consented"` // Graph permissions, for everybody
	AssignmentRequired bool             `json:"assignment_required"`
	RoleAssignments    []seedAssignment `json:"role_assignments"`
}

// appRoles are the app's roles as its registration has them.
func (s seedApp) appRoles(clientID string) []appRole {
	roles := []appRole{}
	for _, r := range s.AppRoles {
		roles = append(roles, appRole{
			ID: stableID("app role", clientID, r.Value), Value: r.Value, DisplayName: cmp.Or(r.Name, r.Value),
			Description: cmp.Or(r.Name, r.Value), AllowedMemberTypes: []string{"User"}, IsEnabled: true, Origin: "Application",
		})
	}
	return roles
}

// claims puts the optional claims into ID tokens.
func (s seedApp) claims(a *application) {
	if len(s.OptionalClaims) == 0 {
		return
	}
	a.OptionalClaims = &optionalClaims{AccessToken: []any{}, IDToken: []any{}, SAML2Token: []any{}}
	for _, name := range s.OptionalClaims {
		claim := map[string]any{"name": name, "source": nil, "essential": false, "additionalProperties": []any{}}
		a.OptionalClaims.IDToken = append(a.OptionalClaims.IDToken, claim)
	}
}

// giveRoles assigns app roles of a service principal to people.
func (t *tenant) giveRoles(sp *servicePrincipal, given []seedAssignment) {
	for _, g := range given {
		for _, r := range sp.AppRoles {
			if r.Value == g.Role {
				t.assignRole(t.userNamed(g.User).principal(), sp, r.ID, t.Created)
			}
		}
	}
}

// plantEnterpriseApp lets an app of another tenant in.
func (w *world) plantEnterpriseApp(t *tenant, s seedEnterpriseApp) {
	home, a := w.findApp(s.ClientID)
	sp := t.plantPrincipal(a, home)
	sp.AppRoleAssignmentRequired = s.AssignmentRequired
	t.giveRoles(sp, s.RoleAssignments)
	t.consentForAll(seedApp{Delegated: s.Consented}, a.AppID)
}

// checkRoles holds the assignments to people of the tenant and to roles.
func checkRoles(given []seedAssignment, people []string, roles []seedRole) error {
	for i, g := range given {
		switch {
		case g.User == "" || !slices.Contains(people, g.User):
			return fmt.Errorf(`role_assignments[%d]: "user" is %q: give the name of a user of the tenant`, i, g.User)
		case !slices.ContainsFunc(roles, func(r seedRole) bool { return r.Value == g.Role }):
			return fmt.Errorf(`role_assignments[%d]: "role" is %q: give the value of one of the app's "app_roles"`, i, g.Role)
		}
	}
	return nil
}

func (s seedEnterpriseApp) check(domain string, people []string, all seedFile) error {
	app, home := all.appWithID(s.ClientID)
	switch {
	case app == nil:
		return fmt.Errorf(`"client_id" is %q: give that of an app with a "client_id" in this file or built in`, s.ClientID)
	case home == domain:
		return errors.New(`"client_id" is of an app of the same tenant, which is there anyway`)
	case !app.MultiTenant:
		return fmt.Errorf(`"client_id" is of %q, which is not multitenant`, app.Name)
	}
	if err := (seedApp{Delegated: s.Consented}).checkPermissions(); err != nil {
		return err
	}
	return checkRoles(s.RoleAssignments, people, app.AppRoles)
}

// appWithID finds an app by the client ID it was given, with its tenant's
// domain.
func (f *seedFile) appWithID(clientID string) (*seedApp, string) {
	for _, t := range f.Tenants {
		for i := range t.Apps {
			if clientID != "" && t.Apps[i].ClientID == clientID {
				return &t.Apps[i], t.Domain
			}
		}
	}
	return nil, ""
}

// A ReadyConsole is the shared console's client, and who may do what there.
type ReadyConsole struct {
	ReadyClient
	People []ReadyMember `json:"people"`
}

// A ReadyMember is a person with the app role they have at the shared console,
// "" for none.
type ReadyMember struct {
	TenantID          string `json:"tenant_id"`
	UserPrincipalName string `json:"upn"`
	Role              string `json:"role"`
}

// describeConsole lists the people of every tenant that let the shared
// console in. It is nil where the scenario's app is gone.
func (w *world) describeConsole() *ReadyConsole {
	home, a := w.findApp(SharedConsoleClientID)
	if a == nil {
		return nil
	}
	r := &ReadyConsole{ReadyClient: ReadyClient{ClientID: a.AppID, RedirectURIs: a.Web.RedirectURIs}}
	for _, app := range builtin().Tenants[0].Apps {
		if app.ClientID == a.AppID && home.Domain == builtin().Tenants[0].Domain {
			r.ClientSecret = app.Secret
		}
	}
	for _, id := range w.order {
		if t := w.tenants[id]; t.Scenario != "" && t.principalOf(a.AppID) != nil {
			r.People = append(r.People, t.members(t.principalOf(a.AppID))...)
		}
	}
	return r
}

func (t *tenant) members(sp *servicePrincipal) []ReadyMember {
	var list []ReadyMember
	for _, u := range t.describe().Users {
		m := ReadyMember{TenantID: t.ID, UserPrincipalName: u.UserPrincipalName}
		if roles := t.roleValues(stableID("user", u.UserPrincipalName), sp); len(roles) > 0 {
			m.Role = roles[0]
		}
		list = append(list, m)
	}
	return list
}
