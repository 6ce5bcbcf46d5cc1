package e2e

import (
	"testing"
	"time"
)

// Where a user has to wait for an administrator, the administrator signs in
// from the same page and consents for everybody.
func TestAnAdministratorConsentsWhereUsersMayNot(t *testing.T) {
	t.Parallel()
	b := startBox(t)
	m := b.market(t, nil)
	for _, e := range endings {
		if e.heading != needApproval && e.heading != approvalRequired {
			continue
		}
		t.Run(e.scenario, func(t *testing.T) {
			p := m.reach(t, e)
			p.button("Sign in with that account")
			p.signsIn(e.scenario, "admin")
			p.heading("Permissions requested")
			p.check("Consent on behalf of your organization")
			p.button("Accept")
			p.heading(connected)

			m.reach(t, ending{scenario: e.scenario, person: "user", heading: connected})
		})
	}
}

func TestAUserReturnsWithoutTheAdministratorsConsent(t *testing.T) {
	t.Parallel()
	m := startBox(t).market(t, nil)
	p := m.reach(t, endingOf(t, consentOff, "user"))
	p.button("Return to the application")
	p.heading(fronteggFailed)
	wantAll(t, p.wholePage(), "access_denied: error_subcode=cancel")
}

// The console gives the seeded apps a new secret; where the tenant's policy
// limits its life, one that lives no longer.
func TestANewSecretFromTheConsoleConnects(t *testing.T) {
	t.Parallel()
	b := startBox(t)
	m := b.market(t, nil)
	c := b.console(t)
	for _, s := range []struct {
		scenario, integration, app string
		inputs                     map[string]string
		days                       int
	}{
		{scenario: "expired secret", integration: "StackOne", app: "StackOne of Litware", days: 730},
		{scenario: lifetimePolicy, integration: "Frontegg", app: "Frontegg of Margie's Travel",
			inputs: map[string]string{"MCP gateway": "gateway.example.com"}, days: 90},
	} {
		t.Run(s.scenario, func(t *testing.T) {
			seeded := b.tenantOf(t, s.scenario).Connection
			p := c.visit(t)
			p.begin(s.integration, seeded.Integration, s.inputs, s.scenario, "admin")
			p.button("Continue")
			p.choose(seeded.ClientID, s.app)
			p.fromPermissions(choices{organization: seeded.Organization})
			p.apply()
			app := b.directory(t, s.scenario).named(s.app)[0]
			if n := len(app.live(seeded.Integration)); n != 1 {
				t.Errorf("%d live secrets of the console's, want one", n)
			}
			for _, secret := range app.Secrets {
				if secret.End.After(time.Now().AddDate(0, 0, s.days)) {
					t.Errorf("%q lives until %s, longer than %d days", secret.Name, secret.End, s.days)
				}
			}
			customer := m.connect(t, seeded.Integration, p.handOver(seeded.Integration, s.integration))
			customer.signsIn(s.scenario, "user")
			customer.heading(connected)
		})
	}
}

func TestASlowDirectoryIsSetUpAndConnected(t *testing.T) {
	t.Parallel()
	b := startBox(t)
	m := b.market(t, nil)
	p := b.console(t).visit(t)
	p.begin("Paragon", "slow", nil, replicationDelay, "admin")
	p.throughWizard(choices{organization: "southridge"})
	p.apply()
	customer := m.connect(t, "paragon", p.handOver("slow", "Paragon"))
	customer.heading(microsoftSignIn)
	eventually(t, "sign-in knows the app", func() bool {
		_, err := customer.page.Reload()
		customer.must(err)
		return customer.has(customer.page.GetByLabel("Email or user name"))
	})
	customer.signsIn(replicationDelay, "user")
	customer.heading(connected)
}

// handOver takes the secret of a setup that has just been applied, and reads
// the hand-off page.
func (p *visitor) handOver(environment, integration string) []entry {
	p.t.Helper()
	secret := p.takeSecret()
	p.environment(environment)
	p.link("Hand")
	p.heading("Hand over to " + called(integration))
	return p.handedOver(secret)
}
