package e2e

import (
	"regexp"
	"strings"
	"testing"

	"github.com/playwright-community/playwright-go"
)

// A visitor walks through the console in a browser window.
type visitor struct {
	t     *testing.T
	page  playwright.Page
	base  string
	box   *box
	watch *watch
	// at, when set, is called on each page whose heading was seen.
	at func(heading string)
}

// visit opens a browser window with nothing remembered.
func (c *console) visit(t *testing.T, options ...playwright.BrowserNewContextOptions) *visitor {
	t.Helper()
	page, w := open(t, c.base, options...)
	return &visitor{t: t, page: page, base: c.base, box: c.box, watch: w}
}

func (p *visitor) must(err error) {
	p.t.Helper()
	if err != nil {
		p.t.Fatalf("%v\nat %s\npage says:\n%s", err, p.page.URL(), tail(p.text(), 2500))
	}
}

// text is what the page says.
func (p *visitor) text() string {
	text, err := p.page.Locator("body").InnerText(playwright.LocatorInnerTextOptions{Timeout: playwright.Float(2000)})
	if err != nil {
		return err.Error()
	}
	return text
}

func (p *visitor) goTo(path string) {
	p.t.Helper()
	_, err := p.page.Goto(p.base + path)
	p.must(err)
}

func (p *visitor) find(role, name string) playwright.Locator {
	return p.page.GetByRole(playwright.AriaRole(role), playwright.PageGetByRoleOptions{Name: name}).First()
}

func (p *visitor) link(name string)   { p.t.Helper(); p.must(p.find("link", name).Click()) }
func (p *visitor) button(name string) { p.t.Helper(); p.must(p.find("button", name).Click()) }

func (p *visitor) fill(label, value string) {
	p.t.Helper()
	p.must(p.page.GetByLabel(label).First().Fill(value))
}

func (p *visitor) check(label string) {
	p.t.Helper()
	p.must(p.page.GetByLabel(label).First().Check())
}

func (p *visitor) uncheck(label string) {
	p.t.Helper()
	p.must(p.page.GetByLabel(label).First().Uncheck())
}

// unfold opens a folded part of the page.
func (p *visitor) unfold(summary string) {
	p.t.Helper()
	p.must(p.page.Locator("summary", playwright.PageLocatorOptions{HasText: summary}).First().Click())
}

// sees waits until the text stands in the page's content.
func (p *visitor) sees(text string) {
	p.t.Helper()
	p.must(p.page.Locator("main").GetByText(text).First().WaitFor())
}

// reads waits until a status line or an alert says the text.
func (p *visitor) reads(role, text string) {
	p.t.Helper()
	p.must(p.page.Locator("main").GetByRole(playwright.AriaRole(role)).Filter(playwright.LocatorFilterOptions{HasText: text}).First().WaitFor())
}

// heading waits for the page with the heading.
func (p *visitor) heading(text string) {
	p.t.Helper()
	p.must(p.find("heading", text).WaitFor())
	if p.at != nil {
		p.at(text)
	}
}

// begin picks the integration, names the environment, fills the inputs and
// signs in to the tenant.
func (p *visitor) begin(integration, environment string, inputs map[string]string, scenario, account string) {
	p.t.Helper()
	p.goTo("/")
	p.link("Set up an integration")
	p.link(integration)
	p.fill("Name of this environment", environment)
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
	p.link("Sign in at")
	upn, password := p.box.account(p.t, scenario, account)
	p.must(typeAccount(p.page, upn, password))
	p.must(p.page.WaitForURL(regexp.MustCompile("^" + regexp.QuoteMeta(p.base))))
}

// signInAgain signs in from the head of any page, whoever was signed in.
func (p *visitor) signInAgain(scenario, account string) {
	p.t.Helper()
	p.goTo("/sign-in")
	p.signIn(scenario, account)
}

// choices are what a visitor decides differently from what is suggested.
type choices struct {
	organization string // as typed; empty: none
	project      string
	noConsent    bool // consent for the tenant is left out
	onlyHere     bool // accounts in this tenant only
}

// throughWizard takes the decisions up to the review.
func (p *visitor) throughWizard(c choices) {
	p.t.Helper()
	p.button("Continue") // tenant
	p.heading("New app registration, or an existing one")
	if c.onlyHere {
		p.check("Accounts in this tenant only")
	}
	p.button("Continue")
	p.fromPermissions(c)
}

// fromPermissions goes on behind the choice of an app.
func (p *visitor) fromPermissions(c choices) {
	p.t.Helper()
	p.heading("Permissions")
	if c.noConsent {
		p.uncheck("Consent for my whole tenant")
	}
	p.button("Continue")
	p.heading("Client secret")
	p.button("Continue")
	p.heading("Organization and project")
	p.fill("Azure DevOps organization", c.organization)
	p.fill("Project", c.project)
	p.button("Continue")
	p.heading("Review")
}

// setUp goes the whole way to a finished setup of the custom integration,
// which asks for the least.
func (p *visitor) setUp(environment, scenario, account string, c choices) {
	p.t.Helper()
	p.begin("Custom", environment, map[string]string{"Redirect URI": "https://app.example.com/callback"}, scenario, account)
	p.throughWizard(c)
	p.apply()
}

// change presses a button that changes something in the tenant. Where that has
// not been allowed at Microsoft yet, the page asks for it first; Microsoft knows
// the person already and leads straight back.
func (p *visitor) change(button string) {
	p.t.Helper()
	p.must(p.allowing().Or(p.page.GetByRole("button", playwright.PageGetByRoleOptions{Name: button})).First().WaitFor())
	p.allow()
	p.button(button)
}

// allowing is the way to allow a page's changes at Microsoft.
func (p *visitor) allowing() playwright.Locator {
	return p.page.Locator("main").GetByRole("link", playwright.LocatorGetByRoleOptions{Name: "Allow the changes at Microsoft"})
}

// allow allows the changes of a page that has loaded, where it asks for that.
func (p *visitor) allow() {
	p.t.Helper()
	if p.has(p.allowing()) {
		p.must(p.allowing().First().Click())
		p.must(p.allowing().WaitFor(playwright.LocatorWaitForOptions{State: playwright.WaitForSelectorStateDetached}))
	}
}

// apply applies the plan and waits for its end.
func (p *visitor) apply() {
	p.t.Helper()
	p.change("Apply")
	p.reads("status", "proven by reading everything back")
}

// takeSecret shows the secret once and returns it.
func (p *visitor) takeSecret() string {
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

// environment opens an environment's page from the start page.
func (p *visitor) environment(name string) {
	p.t.Helper()
	p.goTo("/")
	p.link(name)
}

// testConsent opens the form for the test of an environment.
func (p *visitor) testConsent(environment string) {
	p.t.Helper()
	p.environment(environment)
	p.link("Test the consent flow")
	p.heading("Test the consent flow")
}

// prepare sends the form and waits for the page from where one leaves for
// Microsoft.
func (p *visitor) prepare() {
	p.t.Helper()
	p.button("Prepare the test")
	p.must(p.find("link", "Sign in at").WaitFor())
}

// copying lets a visitor's window use the clipboard.
var copying = playwright.BrowserNewContextOptions{Permissions: []string{"clipboard-read", "clipboard-write"}}

// clipboard is what a button has just copied. Only another site's page can
// tell: the console's own may not read the clipboard.
func (p *visitor) clipboard() string {
	p.t.Helper()
	p.must(p.page.Locator("#live", playwright.PageLocatorOptions{HasText: "Copied."}).WaitFor(
		playwright.LocatorWaitForOptions{State: playwright.WaitForSelectorStateAttached}))
	other, err := p.page.Context().NewPage()
	p.must(err)
	_, err = other.Goto(p.box.Journal)
	p.must(err)
	p.must(other.BringToFront())
	text, err := other.Evaluate("navigator.clipboard.readText()")
	p.must(err)
	p.must(other.Close())
	s, ok := text.(string)
	if !ok {
		p.t.Fatalf("the clipboard holds %v", text)
	}
	return s
}
