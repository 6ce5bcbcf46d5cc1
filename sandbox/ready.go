package sandbox

import (
	"cmp"
	"net"
	"slices"
)

// Ready says where a sandbox listens and who lives in it. Its JSON is the
// line that "consentry sandbox" prints, and a cloud file.
type Ready struct {
	Name    string `json:"name"`    // "sandbox"
	Address string `json:"address"` // GET answers with this
	Login   string `json:"login"`
	Graph   string `json:"graph"`
	DevOps  string `json:"devops"`
	VSSPS   string `json:"vssps"`
	TLS     Bases  `json:"tls"`
	Journal string `json:"journal"`
	Faults  string `json:"faults"`
	State   string `json:"state"` // DELETE it to reset

	Tenants       []ReadyTenant       `json:"tenants"`
	Organizations []ReadyOrganization `json:"organizations"`
	// Console is what a console that several people share signs them in with.
	Console *ReadyConsole `json:"console,omitempty"`
}

// Bases are the https base URLs, one origin each.
type Bases struct {
	Login  string `json:"login"`
	Graph  string `json:"graph"`
	DevOps string `json:"devops"`
	VSSPS  string `json:"vssps"`
	// CAFile is the PEM file of the authority to trust.
	CAFile string `json:"ca_file"`
}

// A ReadyTenant is a tenant with what is needed to sign in to it.
type ReadyTenant struct {
	ID         string      `json:"id"`
	Domain     string      `json:"domain"`
	Scenario   string      `json:"scenario"`
	Users      []ReadyUser `json:"users"`
	Automation ReadyClient `json:"automation"`
	// Connection is nil for a tenant of a seed file that has none.
	Connection *ReadyConnection `json:"connection,omitempty"`
	LegacyApps []ReadyLegacyApp `json:"legacy_apps"`
}

// A ReadyUser is a person; roles are display names.
type ReadyUser struct {
	UserPrincipalName string   `json:"upn"`
	Password          string   `json:"password"`
	Roles             []string `json:"roles"`
}

// A ReadyClient is a confidential client with application permissions.
type ReadyClient struct {
	ClientID     string   `json:"client_id"`
	ClientSecret string   `json:"client_secret"`
	RedirectURIs []string `json:"redirect_uris"`
}

// A ReadyConnection is what an integration was set up with in a tenant: the
// client and what it does. What becomes of it is the tenant's scenario.
type ReadyConnection struct {
	Integration string `json:"integration"` // frontegg, paragon, stackone, cyclr or custom
	ReadyClient
	Scopes []string `json:"scopes"` // that it asks for, as they stand in the request
	// Tenant is the segment of the path that it signs people in at.
	Tenant       string `json:"tenant"`
	Organization string `json:"organization"` // a slug
	Project      string `json:"project"`
}

// A ReadyOrganization is an Azure DevOps organization; the tenant ID is empty
// when personal accounts back it.
type ReadyOrganization struct {
	Slug     string   `json:"slug"`
	TenantID string   `json:"tenant_id"`
	Projects []string `json:"projects"`
}

// describe fills in the addresses the listeners got.
func (s *Sandbox) describe(plain net.Addr, tlsPorts map[string]string) Ready {
	base := "http://" + plain.String()
	secure := func(service string) string { return "https://" + net.JoinHostPort("127.0.0.1", tlsPorts[service]) }
	r := Ready{
		Name: "sandbox", Address: base, Login: base + "/" + serviceLogin, Graph: base + "/" + serviceGraph,
		DevOps: base + "/" + serviceDevOps, VSSPS: base + "/" + serviceVSSPS,
		TLS: Bases{
			Login: secure(serviceLogin), Graph: secure(serviceGraph),
			DevOps: secure(serviceDevOps), VSSPS: secure(serviceVSSPS), CAFile: s.ca.file,
		},
		Journal: base + "/journal", Faults: base + "/faults", State: base + "/state",
	}
	s.world.mu.Lock()
	defer s.world.mu.Unlock()
	for _, id := range s.world.order {
		if t := s.world.tenants[id]; t.Scenario != "" {
			ready := t.describe()
			ready.Connection = s.world.describeConnection(t)
			ready.LegacyApps = s.world.describeLegacyApps(t)
			r.Tenants = append(r.Tenants, ready)
		}
	}
	r.Console = s.world.describeConsole()
	for _, o := range s.world.orgs {
		r.Organizations = append(r.Organizations, o.describe())
	}
	slices.SortFunc(r.Organizations, func(a, b ReadyOrganization) int { return cmp.Compare(a.Slug, b.Slug) })
	return r
}

func (t *tenant) describe() ReadyTenant {
	r := ReadyTenant{ID: t.ID, Domain: t.Domain, Scenario: t.Scenario, Users: []ReadyUser{}}
	for _, u := range t.users {
		person := ReadyUser{UserPrincipalName: u.UserPrincipalName, Password: u.Password, Roles: []string{}}
		for _, role := range u.Roles {
			person.Roles = append(person.Roles, directoryRoleNames[role])
		}
		r.Users = append(r.Users, person)
	}
	slices.SortFunc(r.Users, func(a, b ReadyUser) int { return cmp.Compare(a.UserPrincipalName, b.UserPrincipalName) })
	if a := t.appsByClientID[automationApp(t.Domain).ClientID]; a != nil {
		r.Automation = ReadyClient{ClientID: a.AppID, ClientSecret: automationApp(t.Domain).Secret, RedirectURIs: a.Web.RedirectURIs}
	}
	return r
}

func (o *organization) describe() ReadyOrganization {
	r := ReadyOrganization{Slug: o.Slug, TenantID: o.TenantID, Projects: []string{}}
	for _, p := range o.projects {
		r.Projects = append(r.Projects, p.Name)
	}
	return r
}
