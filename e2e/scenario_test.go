package e2e

import (
	"slices"
	"strings"
	"testing"
)

// Headings of the pages where connecting an integration may end: Microsoft's
// and the integrations' own.
const (
	connected        = "Connected"
	microsoftSignIn  = "Sign in"
	needApproval     = "Need admin approval"
	approvalRequired = "Approval required"
	fronteggFailed   = "Azure DevOps authorization failed"
	stackOneFailed   = "Connection failed"
	cyclrFailed      = "Error authenticating Connector"
	customFailed     = "Sign-in to Azure DevOps failed"
)

// An ending is where somebody gets to who connects an integration that was
// set up with what the tenant of a scenario is seeded with.
type ending struct {
	scenario, person string
	unseen           bool // it ends before anybody signs in
	accepts          bool // consent is asked for on the way
	heading          string
	says             []string
}

var endings = []ending{
	{scenario: healthy, person: "user", accepts: true, heading: connected},
	{scenario: "single-tenant app", person: "user", unseen: true, heading: fronteggFailed, says: []string{"invalid_request", "AADSTS50194"}},
	{scenario: "expired secret", person: "user", heading: stackOneFailed, says: []string{"failed with status 401", "invalid_client", "AADSTS7000222"}},
	{scenario: "expiring secret", person: "user", heading: connected},
	{scenario: scopeMismatch, person: "user", heading: cyclrFailed, says: []string{"invalid_client", "AADSTS650053", "vso.audit"}},
	{scenario: adminConsent, person: "user", heading: approvalRequired, says: []string{"AADSTS90095"}},
	{scenario: consentOff, person: "user", heading: needApproval, says: []string{"AADSTS90094"}},
	{scenario: "unverified publisher", person: "user", heading: needApproval, says: []string{"AADSTS90094", "unverified"}},
	{scenario: "assignment required", person: "user", heading: microsoftSignIn, says: []string{"AADSTS50105"}},
	{scenario: "assignment required", person: "developer", heading: connected},
	{scenario: appDisabled, person: "user", heading: microsoftSignIn, says: []string{"AADSTS7000112"}},
	{scenario: secretsBlocked, person: "user", heading: customFailed, says: []string{"HTTP/1.1 401 Unauthorized", "AADSTS7000222"}},
	{scenario: lifetimePolicy, person: "user", accepts: true, heading: connected},
	{scenario: "Azure DevOps principal missing", person: "user", heading: cyclrFailed, says: []string{"invalid_client", "AADSTS650052"}},
	{scenario: otherTenantsOrg, person: "user", accepts: true, heading: fronteggFailed, says: []string{"status 401", "TF400813"}},
	{scenario: "organization not connected", person: "user", heading: customFailed, says: []string{"HTTP/1.1 401 Unauthorized", "TF400813"}},
	{scenario: conditionalAccess, person: "user", heading: microsoftSignIn, says: []string{"AADSTS53003"}},
	{scenario: conditionalAccess, person: "developer", heading: stackOneFailed, says: []string{"failed with status 403", "VS403463"}},
	{scenario: replicationDelay, person: "user", heading: connected},
}

func TestEachScenarioEndsAtThePageThatACustomerSees(t *testing.T) {
	t.Parallel()
	b := startBox(t)
	m := b.market(t, nil)
	for _, e := range endings {
		t.Run(e.scenario+", "+e.person, func(t *testing.T) {
			if e.heading == connected {
				m.reach(t, e)
				return
			}
			text := m.symptom(t, e.scenario, e.person)
			wantAll(t, text, e.says...)
			wantKept(t, e.file(), text)
		})
	}
	for _, tenant := range b.Tenants {
		if !slices.ContainsFunc(endings, func(e ending) bool { return e.scenario == tenant.Scenario }) {
			t.Errorf("no ending for the scenario %q", tenant.Scenario)
		}
	}
}

func endingOf(t *testing.T, scenario, person string) ending {
	t.Helper()
	i := slices.IndexFunc(endings, func(e ending) bool { return e.scenario == scenario && e.person == person })
	if i < 0 {
		t.Fatalf("nothing says where %s ends in the scenario %q", person, scenario)
	}
	return endings[i]
}

// symptom is the text of the page where a person of a scenario's tenant ends,
// as they would copy it to whoever is to help.
func (m *market) symptom(t *testing.T, scenario, person string) string {
	t.Helper()
	return m.reach(t, endingOf(t, scenario, person)).wholePage()
}

// reach connects an integration as somebody of a scenario's tenant, up to the
// page where it ends.
func (m *market) reach(t *testing.T, e ending) *visitor {
	t.Helper()
	c := m.box.tenantOf(t, e.scenario).Connection
	p := m.connect(t, c.Integration, c.entries())
	if !e.unseen {
		p.signsIn(e.scenario, e.person)
	}
	if e.accepts {
		p.accepts()
	}
	p.heading(e.heading)
	return p
}

// entries are what a person types in who was given the connection's values.
func (c connection) entries() []entry {
	scopes, secret := entry{label: "Scopes", text: strings.Join(c.Scopes, " ")}, entry{label: "Client Secret", text: c.ClientSecret}
	var further []entry
	switch c.Integration {
	case "frontegg":
		scopes.text = c.chosen()
		further = []entry{{label: "Azure DevOps organization", text: c.Organization}}
	case "paragon":
		scopes = entry{label: "Permissions", text: c.chosen()}
		further = []entry{{label: "Organization", text: c.Organization, later: true}}
	case "stackone":
		further = []entry{{label: "Organization", text: c.Organization, later: true}}
	case "cyclr":
		further = []entry{{label: "Organization ID", text: c.Organization, later: true}, {label: "Project Name", text: c.Project, later: true}}
	case "custom":
		secret.label = "Client secret"
		further = []entry{{label: "Azure DevOps organization", text: c.Organization}, {label: "Project", text: c.Project}}
	}
	return append([]entry{{label: "Client ID", text: c.ClientID}, secret, scopes}, further...)
}

// chosen are the scopes of Azure DevOps as lists offer them, by bare name.
func (c connection) chosen() string {
	var names []string
	for _, s := range c.Scopes {
		if name, ours := strings.CutPrefix(s, azureDevOps+"/"); ours {
			names = append(names, name)
		}
	}
	return strings.Join(names, " ")
}
