package e2e

import (
	"cmp"
	"slices"
	"strings"
	"testing"
)

// A diagnosis is the way from what a customer sees to a connected
// integration, in the tenant of a scenario.
type diagnosis struct {
	scenario, person string
	// cause is what the pasted page is explained with, and actor who must
	// act; empty where the integration connects, and only its client ID is
	// there to paste.
	cause, actor string
	// unnamed: the page does not say which app it is about.
	unnamed bool
	// tenant is where the customer says that people sign in; empty for any
	// organization's accounts.
	tenant string
	// token: the checks want the token of a test consent of the person's.
	token bool
	// steps are what is wrong, one after the other, each with its mend; none
	// where the checks find nothing.
	steps []step
	// accepts: the person is asked for consent as they connect in the end.
	accepts bool
	// waits: nothing connects before somebody else has acted.
	waits bool
}

// A step is what is found first, and what is done about it.
type step struct {
	check string // its id
	how   mend
	// told is what the page says about it.
	told []string
	// scopes are what the integration asks for from then on.
	scopes string
}

// A mend says how a finding is mended.
type mend int

const (
	byOthers  mend = iota // the console can do nothing, and says who can
	byChange              // the console changes the directory
	bySecret              // the console makes a secret, which goes into the integration
	bySetting             // the integration's own settings are wrong
)

// Who must act, in the words of the page.
const (
	appOwner    = "whoever owns the app registration"
	tenantAdmin = "an administrator of the Microsoft Entra tenant"
	orgAdmin    = "an administrator of the Azure DevOps organization"
)

var diagnoses = []diagnosis{
	{scenario: healthy, person: "user", accepts: true},
	{
		scenario: "single-tenant app", person: "user", cause: "A single-tenant app was used through the address for all tenants", actor: appOwner,
		steps: []step{{check: "audience-multitenant", how: byChange}}, accepts: true,
	},
	{
		scenario: "expired secret", person: "user", cause: "The client secret has expired", actor: appOwner,
		steps: []step{{check: "secret-present", how: bySecret, told: []string{"expired on"}}},
	},
	{scenario: "expiring secret", person: "user", steps: []step{{check: "secret-lasts", how: bySecret}}},
	{
		scenario: scopeMismatch, person: "user", cause: "The service has no scope of this name", actor: appOwner, unnamed: true,
		steps: []step{
			{check: "scopes-known", how: bySetting, told: []string{"vso.audit is no scope of Azure DevOps"}, scopes: azureDevOps + "/vso.work_full"},
			{check: "scopes-match-exactly", how: byChange},
		},
		accepts: true,
	},
	{
		scenario: adminConsent, person: "user", cause: "An administrator has to consent first", actor: tenantAdmin, unnamed: true,
		steps: []step{{check: "users-may-consent", how: byChange, told: []string{"AADSTS90095"}}},
	},
	{
		scenario: consentOff, person: "user", cause: "An administrator has to consent first", actor: tenantAdmin, unnamed: true,
		steps: []step{{check: "users-may-consent", how: byChange, told: []string{"AADSTS90094"}}},
	},
	{
		scenario: "unverified publisher", person: "user", cause: "An administrator has to consent first", actor: tenantAdmin, unnamed: true,
		steps: []step{{check: "service-principal-exists", how: byChange}, {check: "users-may-consent", how: byChange, told: []string{"publisher is not verified"}}},
	},
	{
		scenario: "assignment required", person: "user", cause: "The person is not assigned to the app", actor: tenantAdmin,
		steps: []step{{check: "assignment-satisfied", how: byChange}},
	},
	{
		scenario: appDisabled, person: "user", cause: "The app is switched off in this tenant", actor: tenantAdmin,
		steps: []step{{check: "service-principal-enabled", how: byChange}},
	},
	{
		scenario: secretsBlocked, person: "user", cause: "The client secret has expired", actor: appOwner,
		steps: []step{{check: "secret-present", told: []string{"expired on", "exempt this app from the policy", "Who can: tenant admin"}}}, waits: true,
	},
	{scenario: lifetimePolicy, person: "user", steps: []step{{check: "secret-lasts", how: bySecret}}, accepts: true},
	{
		scenario: "Azure DevOps principal missing", person: "user", cause: "The service does not exist in this tenant", actor: tenantAdmin, unnamed: true,
		steps: []step{{check: "devops-principal-exists", how: byChange}}, accepts: true,
	},
	{
		scenario: otherTenantsOrg, person: "user", cause: "The person is not a member of the organization", actor: orgAdmin, unnamed: true, tenant: "northwind.sandbox.invalid",
		steps: []step{{check: "organization-in-tenant", told: []string{"northwind belongs to the tenant", "Who can:"}}}, waits: true,
	},
	{
		scenario: "organization not connected", person: "user", cause: "The person is not a member of the organization", actor: orgAdmin, unnamed: true,
		steps: []step{{check: "organization-connected", told: []string{"personal Microsoft accounts", "Who can: organization admin"}}}, waits: true,
	},
	{scenario: conditionalAccess, person: "user", cause: "A Conditional Access policy blocks the sign-in", actor: tenantAdmin, unnamed: true, waits: true},
	{
		scenario: conditionalAccess, person: "developer", cause: "A Conditional Access policy blocks the sign-in", actor: tenantAdmin, unnamed: true, token: true,
		steps: []step{{check: "conditional-access-passed", told: []string{"VS403463", "Who can: tenant admin"}}}, waits: true,
	},
	{scenario: replicationDelay, person: "user"},
}

func TestFromSymptomToConnected(t *testing.T) {
	t.Parallel()
	b := startBox(t)
	m := b.market(t, nil)
	c := b.console(t)
	for _, d := range diagnoses {
		t.Run(d.scenario+", "+d.person, func(t *testing.T) {
			t.Parallel()
			given := b.tenantOf(t, d.scenario).Connection
			symptom := given.ClientID
			if d.cause != "" {
				symptom = m.symptom(t, d.scenario, d.person)
			}
			c.visit(t).diagnosed(m, d, given, symptom)
		})
	}
	t.Run("redirect URI changed", func(t *testing.T) {
		t.Parallel()
		app, secret := b.directory(t, healthy).byHand("Moved", "https://app.example.com/before", "by hand")
		given := connection{Integration: "custom", ClientID: app.AppID, ClientSecret: secret, Scopes: []string{azureDevOps + "/user_impersonation", "offline_access"}, Organization: "contoso", Project: "Web Shop"}
		customer := m.connect(t, given.Integration, given.entries())
		customer.heading(microsoftSignIn)
		c.visit(t).diagnosed(m, diagnosis{
			scenario: healthy, person: "user", cause: "The redirect URI is not registered", actor: appOwner,
			steps: []step{{check: "redirect-uri-registered", how: byChange, told: []string{"https://app.example.com/before"}}},
		}, given, customer.wholePage())
	})
	for _, tenant := range b.Tenants {
		if !slices.ContainsFunc(diagnoses, func(d diagnosis) bool { return d.scenario == tenant.Scenario }) {
			t.Errorf("no diagnosis for the scenario %q", tenant.Scenario)
		}
	}
}

// diagnosed goes from the symptom over the mends to the integration that
// connects.
func (p *visitor) diagnosed(m *market, d diagnosis, given connection, symptom string) {
	p.t.Helper()
	p.goTo("/")
	p.pastes(symptom)
	if d.cause != "" {
		p.isExplained(d)
	}
	p.readsDirectory(d.scenario)
	p.completes(d, given, m.byID[given.Integration].Callback)
	p.runs()
	if d.token {
		p.consentsForTheChecks(d, given)
	}
	for _, s := range d.steps {
		p.finds(s)
		p.mends(s, &given)
	}
	if wrong := p.firstWrong(); len(d.steps) == 0 && wrong != "" {
		p.t.Errorf("%s is wrong, want nothing", wrong)
	}
	if d.waits {
		return
	}
	customer := m.connect(p.t, given.Integration, given.entries())
	customer.signsIn(d.scenario, d.person)
	if d.accepts {
		customer.accepts()
	}
	customer.heading(connected)
}

// pastes puts a text into the start page's box.
func (p *visitor) pastes(text string) {
	p.t.Helper()
	p.fill("Paste an error", text)
	p.button("Find the cause")
}

// isExplained reads the cause and goes on to the checks.
func (p *visitor) isExplained(d diagnosis) {
	p.t.Helper()
	p.heading(d.cause)
	wantAll(p.t, p.text(), "Who must act:", d.actor)
	p.link("Check it")
}

// readsDirectory signs in from the form of the checks as the administrator of
// the tenant.
func (p *visitor) readsDirectory(scenario string) {
	p.t.Helper()
	p.heading("Check an integration")
	p.link("Sign in to learn more")
	p.signIn(scenario, "admin")
	p.heading("Check an integration")
	p.sees("Read the directory as")
}

// completes fills in what the customer knows beside what was recognised.
func (p *visitor) completes(d diagnosis, given connection, callback string) {
	p.t.Helper()
	client, err := p.page.GetByLabel("Client ID").First().InputValue()
	p.must(err)
	if want := map[bool]string{true: "", false: given.ClientID}[d.unnamed]; client != want {
		p.t.Errorf("the client ID is filled in with %q, want %q", client, want)
	}
	if open := p.page.Locator("details[open] [name=integration]"); !p.has(open) {
		p.unfold("What the integration sends")
	}
	p.selects("Integration", given.Integration)
	p.fill("Client ID", given.ClientID)
	p.fill("Redirect URI", callback)
	p.fill("Scopes", strings.Join(given.Scopes, " "))
	p.fill("Azure DevOps organization", given.Organization)
	p.fill("Project", given.Project)
	p.fill("Client secret", given.ClientSecret)
	p.fill("Tenant", cmp.Or(d.tenant, "organizations"))
}
