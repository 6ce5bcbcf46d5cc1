package e2e

import (
	"strings"
	"testing"

	"github.com/playwright-community/playwright-go"
)

// paste tells the console what Microsoft's page says.
func (p *visitor) paste(text string) {
	p.t.Helper()
	box := p.page.GetByLabel("What Microsoft's page says")
	if visible, err := box.IsVisible(); err != nil || !visible {
		p.unfold("Microsoft's page shows an error")
	}
	p.must(box.Fill(text))
	p.button("Explain it")
}

// line is the line in Microsoft's window that has the text, as a person would
// copy it.
func (w *popup) line(text string) string {
	w.t.Helper()
	var line string
	w.must(w.do(func() (err error) {
		line, err = w.page.GetByText(text).First().InnerText()
		return err
	}))
	return line
}

func TestTheUserDeclines(t *testing.T) {
	t.Parallel()
	b := startBox(t)
	p := b.console(t).visit(t)
	p.setUp("declined", healthy, "admin", choices{organization: "contoso", noConsent: true})
	p.testConsent("declined")
	p.prepare()
	w := p.leave()
	w.signIn(p, healthy, "user")
	w.sees("Permissions requested")
	w.press("Cancel")
	w.gone()
	p.reads("alert", "The consent was declined.")
	p.reads("alert", "Begin again and choose Accept.")
	p.reads("status", "failed")
	p.link("Test again")
	p.heading("Test the consent flow")
	p.goneFromTenant(healthy, "declined")
}

// goneFromTenant waits until the test's redirect URI left the app.
func (p *visitor) goneFromTenant(scenario, environment string) {
	p.t.Helper()
	d := p.box.directory(p.t, scenario)
	eventually(p.t, "the console's redirect URI is taken away", func() bool { return !d.one(environment).holds(p.callback()) })
}

// callback is the console's own redirect URI.
func (p *visitor) callback() string { return p.base + "/test/callback" }

func TestTheTenantWantsAnAdministratorsConsent(t *testing.T) {
	t.Parallel()
	b := startBox(t)
	p := b.console(t).visit(t)
	p.setUp("locked", adminConsent, "admin", choices{organization: "fabrikam", noConsent: true})

	p.testConsent("locked")
	p.prepare()
	w := p.leave()
	w.signIn(p, adminConsent, "user")
	w.sees("Approval required")
	p.paste(w.line("AADSTS90095"))
	p.reads("alert", "This tenant wants an administrator's consent")
	p.reads("alert", "an administrator of the tenant")
	w.close()

	p.link("Test again")
	p.check("An administrator, for the whole tenant")
	p.prepare()
	p.sees("an administrator of")
	w = p.leave()
	w.signIn(p, adminConsent, "admin")
	w.press("Accept")
	w.gone()
	p.reads("status", "works")
	d := b.directory(t, adminConsent)
	for _, g := range d.grants(d.principals(d.one("locked").AppID)[0]) {
		if g.ConsentType != "AllPrincipals" {
			t.Errorf("a consent of the type %s", g.ConsentType)
		}
	}

	p.link("Test again")
	p.check("A user, for themselves")
	p.prepare()
	w = p.leave()
	w.signIn(p, adminConsent, "user")
	w.gone()
	p.reads("status", "works")
	p.sees("reached")
}

func TestMicrosoftKnowsNoSuchRedirectURI(t *testing.T) {
	t.Parallel()
	b := startBox(t)
	p := b.console(t).visit(t)
	p.setUp("nowhere", healthy, "admin", choices{noConsent: true})
	p.testConsent("nowhere")
	p.check("I add it myself")
	p.prepare()
	if b.directory(t, healthy).one("nowhere").holds(p.callback()) {
		t.Error("the console's redirect URI was added, though the person declined")
	}
	w := p.leave()
	w.sees("AADSTS50011")
	p.unfold("Microsoft's page shows an error")
	p.button("Explain it")
	p.sees("the line with AADSTS and a number is enough")
	p.paste(w.line("AADSTS50011"))
	p.reads("alert", "AADSTS50011")
	p.reads("alert", "Next:")
	p.reads("status", "failed")
}

func TestAnotherTenantDoesNotKnowTheApp(t *testing.T) {
	t.Parallel()
	b := startBox(t)
	p := b.console(t).visit(t)
	p.setUp("home", healthy, "admin", choices{noConsent: true, onlyHere: true})
	p.testConsent("home")
	p.check("A certain other tenant")
	p.fill("That other tenant", b.tenantOf(t, otherTenantsOrg).Domain)
	p.prepare()
	w := p.leave()
	w.sees("AADSTS700016")
	p.unfold("Microsoft's page shows an error")
	p.button("It shows nothing: stop waiting")
	p.reads("status", "no answer came")
	p.goneFromTenant(healthy, "home")
	p.paste(w.line("AADSTS700016"))
	p.reads("alert", "AADSTS700016")
	p.reads("status", "failed")
}

func TestMicrosoftsWindowIsClosed(t *testing.T) {
	t.Parallel()
	b := startBox(t)
	p := b.console(t).visit(t)
	p.setUp("closed", healthy, "admin", choices{noConsent: true})
	p.testConsent("closed")
	p.prepare()
	w := p.leave()
	w.sees("Pick an account")
	w.close()
	p.reads("status", "no answer came")
	p.reads("note", "Microsoft's window closed before an answer came.")

	p.link("Test again")
	p.prepare()
	w = p.leave()
	w.signIn(p, healthy, "user")
	w.press("Accept")
	w.gone()
	p.reads("status", "works")
	p.goneFromTenant(healthy, "closed")
}

func TestTheOrganizationBelongsToAnotherTenant(t *testing.T) {
	t.Parallel()
	b := startBox(t)
	p := b.console(t).visit(t)
	p.begin("Custom", "elsewhere", map[string]string{"Redirect URI": "https://app.example.com/callback"}, otherTenantsOrg, "admin")
	p.throughWizard(choices{organization: "northwind"})
	p.reads("status", "belongs to another tenant")
	p.apply()
	p.testConsent("elsewhere")
	p.prepare()
	w := p.leave()
	w.signIn(p, otherTenantsOrg, "user")
	w.gone()
	p.reads("status", "signed in, but something is missing")
	organization := p.page.GetByRole("listitem").Filter(playwright.LocatorFilterOptions{HasText: "Organization northwind"})
	p.must(organization.GetByText("refused").First().WaitFor())
	p.must(organization.GetByText("Next:").First().WaitFor())
}

func TestTheTenantForbidsClientSecrets(t *testing.T) {
	t.Parallel()
	b := startBox(t)
	p := b.console(t).visit(t)
	p.begin("Custom", "forbidden", map[string]string{"Redirect URI": "https://app.example.com/callback"}, secretsBlocked, "admin")
	p.sees("This tenant's policy forbids client secrets on new apps")
	p.throughWizard(choices{organization: "woodgrove"})
	p.change("Apply")
	p.reads("status", "stopped with an error")
	p.reads("listitem", "A policy of the tenant forbids client secrets")
	p.reads("listitem", "Who can:")
	p.heading("Left to do")
	p.must(p.find("button", "Go on where it stopped").WaitFor())
	p.link("Send to an admin who may do it")
	p.sees("https://app.example.com/callback")
	if apps := b.directory(t, secretsBlocked).named("Azure DevOps Integration"); len(apps) != 0 {
		t.Errorf("%d app registrations were left behind", len(apps))
	}
}

func TestACustomersAdministratorConsents(t *testing.T) {
	t.Parallel()
	b := startBox(t)
	c := b.console(t)
	p := c.visit(t)
	p.setUp("sold", healthy, "admin", choices{organization: "contoso"})
	p.environment("sold")
	p.link("Consent link for a customer")
	p.fill("The customer's tenant", b.tenantOf(t, otherTenantsOrg).Domain)
	p.check("This console")
	p.button("Make the link")
	p.change("Add it to the app")
	link, err := p.page.GetByLabel("Consent link", playwright.PageGetByLabelOptions{Exact: playwright.Bool(true)}).InnerText()
	p.must(err)

	customer := c.visit(t)
	_, err = customer.page.Goto(link)
	customer.must(err)
	upn, password := b.account(t, otherTenantsOrg, "admin")
	customer.must(typeAccount(customer.page, upn, password))
	customer.button("Accept")
	customer.heading("Consent was given")
	customer.sees(b.tenantOf(t, otherTenantsOrg).ID)
	there := b.directory(t, otherTenantsOrg)
	principals := there.principals(b.directory(t, healthy).one("sold").AppID)
	if len(principals) != 1 || len(there.grants(principals[0])) == 0 {
		t.Errorf("in the customer's tenant are the service principals %v", principals)
	}
}

func TestAnyAppIsTested(t *testing.T) {
	t.Parallel()
	b := startBox(t)
	c := b.console(t)
	p := c.visit(t)
	app, secret := b.directory(t, healthy).byHand("Somebody's app", p.callback(), "by hand")
	for _, try := range []struct{ name, secret, role, words string }{
		{"the right secret", secret, "status", "works"},
		{"a wrong secret", "abc8Q~" + strings.Repeat("x", 34), "alert", "AADSTS7000215"},
	} {
		t.Run(try.name, func(t *testing.T) {
			p := c.visit(t)
			p.goTo("/")
			p.link("Test an app you already have")
			p.fill("Client ID", app.AppID)
			p.fill("Tenant of the app", b.tenantOf(t, healthy).ID)
			p.fill("Client secret", try.secret)
			p.fill("Azure DevOps organization", "https://dev.azure.com/contoso")
			p.prepare()
			w := p.leave()
			w.signIn(p, healthy, "user")
			w.gone()
			p.reads(try.role, try.words)
			if html, err := p.page.Content(); err != nil || strings.Contains(html, try.secret) {
				t.Errorf("the page tells the secret: %v", err)
			}
		})
	}
	if strings.Contains(c.log(), secret) {
		t.Error("the log tells the secret")
	}
}
