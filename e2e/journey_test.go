package e2e

import (
	"regexp"
	"strings"
	"testing"

	"github.com/playwright-community/playwright-go"
)

// A person walks through the console in a browser window.
type visitor struct {
	t    *testing.T
	page playwright.Page
	base string
	box  *box
}

func newPerson(t *testing.T, b *box, base string, options ...playwright.BrowserNewContextOptions) *visitor {
	t.Helper()
	return &visitor{t: t, page: open(t, options...), base: base, box: b}
}

func (p *visitor) must(err error) {
	p.t.Helper()
	if err != nil {
		text, _ := p.page.Locator("main, body").First().InnerText()
		p.t.Fatalf("%v\nat %s\npage says:\n%s", err, p.page.URL(), tail(text, 2500))
	}
}

func (p *visitor) goTo(path string) {
	p.t.Helper()
	_, err := p.page.Goto(p.base + path)
	p.must(err)
}

func (p *visitor) link(name string) { p.t.Helper(); p.press("link", name) }

func (p *visitor) button(name string) { p.t.Helper(); p.press("button", name) }

func (p *visitor) press(role, name string) {
	p.t.Helper()
	p.must(p.page.GetByRole(playwright.AriaRole(role), playwright.PageGetByRoleOptions{Name: name}).First().Click())
}

func (p *visitor) fill(label, value string) {
	p.t.Helper()
	p.must(p.page.GetByLabel(label).First().Fill(value))
}

func (p *visitor) check(label string) {
	p.t.Helper()
	p.must(p.page.GetByLabel(label).First().Check())
}

// sees waits until the text stands on the page.
func (p *visitor) sees(text string) {
	p.t.Helper()
	p.must(p.page.GetByText(text).First().WaitFor())
}

func (p *visitor) heading(text string) {
	p.t.Helper()
	p.must(p.page.GetByRole("heading", playwright.PageGetByRoleOptions{Name: text}).First().WaitFor())
}

// signInAt types an account into the sandbox's sign-in pages and accepts
// what they ask, as far as they ask.
func signInAt(t *testing.T, page playwright.Page, upn, password string) {
	t.Helper()
	fail := func(err error) {
		if err != nil {
			text, _ := page.Locator("body").InnerText()
			t.Fatalf("sign in as %s: %v\nat %s\n%s", upn, err, page.URL(), tail(text, 1500))
		}
	}
	name := page.Locator("input[name=loginfmt]")
	other := page.GetByRole("button", playwright.PageGetByRoleOptions{Name: "Use another account"})
	fail(name.Or(other).First().WaitFor())
	if visible, err := other.IsVisible(); err == nil && visible {
		fail(other.Click())
	}
	fail(name.Fill(upn))
	fail(page.Locator("input[name=loginfmt]").Press("Enter"))
	fail(page.Locator("input[name=passwd]").Fill(password))
	fail(page.Locator("input[name=passwd]").Press("Enter"))
}

// accept agrees on the consent page, ticking the box for the organization
// when asked to.
func accept(t *testing.T, page playwright.Page, forOrganization bool) {
	t.Helper()
	button := page.GetByRole("button", playwright.PageGetByRoleOptions{Name: "Accept"})
	if err := button.WaitFor(); err != nil {
		text, _ := page.Locator("body").InnerText()
		t.Fatalf("no consent page: %v\nat %s\n%s", err, page.URL(), tail(text, 1500))
	}
	if forOrganization {
		if err := page.GetByLabel("Consent on behalf of your organization").Check(); err != nil {
			t.Fatal(err)
		}
	}
	if err := button.Click(); err != nil {
		t.Fatal(err)
	}
}

// begin picks the integration, fills its inputs and signs in to the tenant.
func (p *visitor) begin(integration string, inputs map[string]string, scenario, account string) {
	p.t.Helper()
	p.goTo("/")
	p.link("Set up an integration")
	p.press("link", integration)
	for label, value := range inputs {
		p.fill(label, value)
	}
	p.button("Continue")
	p.heading("Sign in to the tenant")
	p.must(p.page.Locator("main").GetByRole("link", playwright.LocatorGetByRoleOptions{Name: "Sign in"}).First().Click())
	p.signIn(scenario, account)
	p.sees("What you may do here")
}

// signIn goes from the console's sign-in page to the cloud and back.
func (p *visitor) signIn(scenario, account string) {
	p.t.Helper()
	p.must(p.page.GetByRole("link", playwright.PageGetByRoleOptions{Name: "Sign in at"}).First().Click())
	upn, password := p.box.user(p.t, scenario, account)
	signInAt(p.t, p.page, upn, password)
	p.must(p.page.WaitForURL(regexp.MustCompile("^" + regexp.QuoteMeta(p.base))))
}

// throughWizard takes every suggestion up to the review.
func (p *visitor) throughWizard(organization string) {
	p.t.Helper()
	p.button("Continue") // tenant
	p.heading("New app registration, or an existing one")
	p.button("Continue")
	p.heading("Permissions")
	p.button("Continue")
	p.heading("Client secret")
	p.button("Continue")
	p.heading("Organization and project")
	p.fill("Azure DevOps organization", organization)
	p.button("Continue")
	p.heading("Review")
}

// apply applies the plan and waits for its end.
func (p *visitor) apply() {
	p.t.Helper()
	p.must(p.page.GetByRole("button", playwright.PageGetByRoleOptions{Name: "Apply"}).Click())
	p.sees("proven by reading everything back")
}

// revealSecret shows the secret once and returns it.
func (p *visitor) revealSecret() string {
	p.t.Helper()
	p.link("Take the client secret")
	p.button("Show it once")
	shown := p.page.Locator("#shown [data-secret]")
	p.must(shown.WaitFor())
	value, err := shown.InnerText()
	p.must(err)
	if len(value) < 30 || strings.Contains(value, "•") {
		p.t.Fatalf("the secret shown is %q", value)
	}
	return value
}

// integrations are walked from the start page to the hand-off.
var integrations = []struct {
	id, name string
	inputs   map[string]string
	project  string
	fields   []string // labels on the hand-off page, in the product's order
}{
	{id: "frontegg", name: "Frontegg", inputs: map[string]string{"MCP gateway": "gateway.example.com"}, fields: []string{"Client ID", "Client Secret", "Azure DevOps organization"}},
	{id: "paragon", name: "Paragon", fields: []string{"Application Type", "Client ID", "Client Secret", "Permissions"}},
	{id: "stackone", name: "StackOne", fields: []string{"Client ID", "Client Secret", "Scopes"}},
	{id: "cyclr", name: "Cyclr", inputs: map[string]string{"service domain": "hosted.cyclr.example"}, fields: []string{"Client ID", "Client Secret"}},
	{id: "custom", name: "Custom", inputs: map[string]string{"Redirect URI": "https://app.example.com/callback"}, fields: []string{"Client ID", "Client secret"}},
}

func TestFromNothingToHandOff(t *testing.T) {
	needBrowser(t)
	b := startBox(t)
	_, base := b.console(t, t.TempDir())
	for _, in := range integrations {
		t.Run(in.id, func(t *testing.T) {
			p := newPerson(t, b, base, playwright.BrowserNewContextOptions{Permissions: []string{"clipboard-read", "clipboard-write"}})
			p.begin(in.name, in.inputs, "healthy", "admin")
			p.throughWizard("contoso")
			shot(p.page, in.id+"-review")
			p.apply()
			shot(p.page, in.id+"-applied")
			secret := p.revealSecret()
			p.link("I have stored it safely")
			p.heading("Test the consent flow")
			p.button("Prepare the test")
			p.consentInPopup("healthy", "user", false)
			p.sees("works")
			shot(p.page, in.id+"-test")
			p.link("Hand the values over")
			p.heading("Hand over to " + in.name)
			for _, label := range in.fields {
				p.heading(label)
			}
			shot(p.page, in.id+"-hand-off")
			html, err := p.page.Content()
			p.must(err)
			if strings.Contains(html, secret) {
				t.Error("the secret is still in a page")
			}
		})
	}
}

// consentInPopup follows the link to Microsoft's window, signs in and
// accepts.
func (p *visitor) consentInPopup(scenario, account string, admin bool) {
	p.t.Helper()
	popup, err := p.page.ExpectPopup(func() error {
		return p.page.GetByRole("link", playwright.PageGetByRoleOptions{Name: "Sign in at"}).Click()
	})
	p.must(err)
	upn, password := p.box.user(p.t, scenario, account)
	signInAt(p.t, popup, upn, password)
	acceptIfAsked(p.t, popup, admin)
}

// acceptIfAsked agrees where the consent page comes up; where everything was
// consented to before, the window closes by itself.
func acceptIfAsked(t *testing.T, popup playwright.Page, forOrganization bool) {
	t.Helper()
	button := popup.GetByRole("button", playwright.PageGetByRoleOptions{Name: "Accept"})
	for !popup.IsClosed() {
		if visible, err := button.IsVisible(); err == nil && visible {
			accept(t, popup, forOrganization)
			return
		}
		popup.WaitForTimeout(50)
	}
}
