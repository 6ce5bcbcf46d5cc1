package sandbox

import (
	"cmp"
	"strings"
	"sync"
	"time"
)

// newWorld builds what a sandbox begins with. Errors speak of the seed file.
func newWorld(o Options) (*world, error) {
	added, err := parseSeed(o.Seed)
	if err != nil {
		return nil, err
	}
	w := &world{now: o.Now, tenants: map[string]*tenant{}, orgs: map[string]*organization{}, login: newLoginState(o.Now), legacy: newLegacyState()}
	w.plantHome(firstPartyClients, microsoftTenantID)
	w.plantHome(consoleHome, stableID("tenant", consoleHome.Domain))
	for _, file := range []seedFile{builtin(), added} {
		for _, t := range file.Tenants {
			w.plantTenant(t)
		}
		for _, org := range file.Organizations {
			w.plantOrganization(org)
		}
	}
	w.plantMany(o.Apps)
	w.caughtUp()
	return w, nil
}

// plantHome makes a directory that is there for its registrations alone:
// nobody lives in it.
func (w *world) plantHome(s seedTenant, id string) {
	t := w.addTenant(s, id)
	for _, a := range s.Apps {
		w.plantApp(t, a)
	}
}

func (w *world) addTenant(s seedTenant, id string) *tenant {
	t := newTenant(id, s.Name, s.Domain, s.Scenario, w.now().AddDate(-2, 0, 0).UTC().Truncate(time.Second))
	w.tenants[id] = t
	w.order = append(w.order, id)
	return t
}

// tenantOf finds a tenant by its domain, or nil.
func (w *world) tenantOf(domain string) *tenant {
	for _, t := range w.tenants {
		if strings.EqualFold(t.Domain, domain) {
			return t
		}
	}
	return nil
}

func (w *world) plantTenant(s seedTenant) {
	t := w.tenantOf(s.Domain)
	if t == nil {
		t = w.addTenant(s, stableID("tenant", s.Domain))
		t.policies = policiesOf(delivered, s.Domain)
		w.plantResidents(t)
		w.plantApp(t, automationApp(s.Domain))
	}
	if s.Policies != nil {
		t.policies = policiesOf(*s.Policies, s.Domain)
	}
	if s.ReplicationReads > 0 {
		t.replication.reads = s.ReplicationReads
	}
	for _, id := range s.WithoutPrincipals {
		if sp := t.principalOf(id); sp != nil {
			t.removePrincipal(sp)
		}
	}
	for _, u := range s.Users {
		t.plantUser(u)
	}
	for _, a := range s.Apps {
		w.plantApp(t, a)
	}
	for _, a := range s.EnterpriseApps {
		w.plantEnterpriseApp(t, a)
	}
	for _, a := range s.LegacyApps {
		w.plantLegacyApp(t, a)
	}
	if s.Connection != nil {
		t.connection = s.Connection
	}
}

func policiesOf(s seedPolicies, domain string) policies {
	p := policies{
		AllowedToCreateApps: s.UsersMayRegisterApps, AllowRiskyConsent: s.RiskyConsentAllowed,
		AdminConsentWorkflow: s.AdminConsentWorkflow, MultitenantForbidden: s.MultitenantForbidden,
		PasswordAdditionForbidden: s.SecretsForbidden, PasswordMaxLifetime: time.Duration(s.SecretMaxDays) * 24 * time.Hour,
		AppPolicyID: stableID("app policy", domain), AccessRules: s.AccessRules, RiskyApps: s.RiskyApps,
	}
	if s.UsersMayConsent {
		p.PermissionGrantPolicies = []string{consentForSelf}
	}
	return p
}

// plantResidents puts into a tenant what every one has: Microsoft's
// resources, Microsoft's clients with the permissions they come with, and the
// console's client with an administrator's consent.
func (w *world) plantResidents(t *tenant) {
	for _, appID := range residentResources {
		sp := firstPartyPrincipal(appID)
		sp.ID = stableID("principal", t.ID, appID)
		t.addPrincipal(sp)
	}
	for _, home := range []seedTenant{firstPartyClients, consoleHome} {
		for _, a := range home.Apps {
			homeTenant, app := w.findApp(a.ClientID)
			t.plantPrincipal(app, homeTenant)
			t.consentForAll(a, app.AppID)
		}
	}
}

func (t *tenant) plantUser(s seedUser) {
	given, surname, _ := strings.Cut(s.DisplayName, " ")
	upn := s.Name + "@" + t.Domain
	u := &user{
		ID: stableID("user", upn), UserPrincipalName: upn, Mail: upn, Password: s.Password, Guest: s.Guest,
		DisplayName: cmp.Or(s.DisplayName, s.Name), GivenName: given, Surname: surname,
	}
	for id, name := range directoryRoleNames {
		for _, wanted := range s.Roles {
			if strings.EqualFold(name, wanted) {
				u.Roles = append(u.Roles, id)
			}
		}
	}
	t.users[u.ID] = u
}

// userNamed finds a user by the part of the name before the @, or nil.
func (t *tenant) userNamed(name string) *user { return t.users[stableID("user", name+"@"+t.Domain)] }

func (t *tenant) plantPrincipal(a *application, home *tenant) *servicePrincipal {
	sp := newPrincipal(a, home)
	sp.ID = stableID("principal", t.ID, a.AppID)
	t.addPrincipal(sp)
	return sp
}

// listed are the delegated permissions the app names, by resource.
func (s seedApp) listed() map[string][]string {
	return map[string][]string{graphAppID: s.Delegated, devopsAppID: s.AzureDevOps, managementAppID: s.azureManagement}
}

func (s seedApp) required() []requiredResource {
	required := []requiredResource{}
	for _, resource := range residentResources {
		var access []resourceAccess
		for _, value := range s.listed()[resource] {
			access = append(access, resourceAccess{ID: scopeIDs()[resource][value], Type: "Scope"})
		}
		if access != nil {
			required = append(required, requiredResource{ResourceAppID: resource, ResourceAccess: access})
		}
	}
	return required
}

// scopeIDs are the permission IDs of Microsoft's resources by client ID and
// value.
var scopeIDs = sync.OnceValue(func() map[string]map[string]string {
	ids := map[string]map[string]string{}
	for _, resource := range residentResources {
		ids[resource] = map[string]string{}
		for _, scope := range firstPartyPrincipal(resource).OAuth2PermissionScopes {
			ids[resource][scope.Value] = scope.ID
		}
	}
	return ids
})

// consentForAll grants what the app lists to everybody in the tenant.
func (t *tenant) consentForAll(s seedApp, clientID string) {
	client := t.principalOf(clientID)
	for _, resource := range residentResources {
		api := t.principalOf(resource)
		if scopes := s.listed()[resource]; api != nil && len(scopes) > 0 {
			t.addGrant(&grant{
				ID: grantID(client.ID, api.ID, nil), ClientID: client.ID, ResourceID: api.ID,
				ConsentType: "AllPrincipals", Scope: strings.Join(scopes, " "),
			})
		}
	}
}
