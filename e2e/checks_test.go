package e2e

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/playwright-community/playwright-go"
)

// checked runs the checks of a tenant's integration as its administrator.
func (p *visitor) checked(scenario, callback string) {
	p.t.Helper()
	p.goTo("/")
	given := p.box.tenantOf(p.t, scenario).Connection
	p.pastes(given.ClientID)
	p.readsDirectory(scenario)
	p.completes(diagnosis{scenario: scenario}, given, callback)
}

const paragonsRedirect = "https://passport.useparagon.com/oauth"

func TestResultsShowBeforeTheRunEnds(t *testing.T) {
	t.Parallel()
	b := startBox(t)
	p := b.console(t).visit(t)
	p.checked(healthy, paragonsRedirect)
	b.fault(t, `[{"service":"vssps","path":"**contoso**","action":{"hold":"before"}}]`)
	p.button("Run the checks")
	p.must(p.row("tenant-exists", "passed").WaitFor())
	p.must(p.row("devops-principal-exists", "passed").WaitFor())
	p.must(p.row("organization-exists", "Waiting for").WaitFor())
	p.must(p.row("organization-exists", "which takes long").WaitFor())
	p.sees("decided.")
	if p.has(p.find("link", "Report")) {
		t.Error("the run has ended while a service did not answer")
	}
	b.fault(t, `[]`)
	p.ran()
	p.must(p.page.Locator("#check-organization-exists").Filter(playwright.LocatorFilterOptions{HasText: "passed"}).WaitFor(
		playwright.LocatorWaitForOptions{State: playwright.WaitForSelectorStateAttached}))
}

// row is a check on the page of a run, when it says the words.
func (p *visitor) row(check, words string) playwright.Locator {
	return p.page.Locator("#check-" + check).Filter(playwright.LocatorFilterOptions{HasText: words})
}

func TestTheChecksWorkWithoutScript(t *testing.T) {
	t.Parallel()
	b := startBox(t)
	p := b.console(t).visit(t, playwright.BrowserNewContextOptions{JavaScriptEnabled: playwright.Bool(false),
		Viewport: &playwright.Size{Width: 1280, Height: 2400}}) // without script playwright cannot scroll to what it presses
	p.checked(appDisabled, paragonsRedirect)
	b.fault(t, `[{"service":"vssps","path":"**lucerne**","action":{"hold":"before"}}]`)
	p.button("Run the checks")
	p.must(p.row("tenant-exists", "passed").WaitFor()) // the page that grows loads itself again
	b.fault(t, `[]`)
	p.ran()
	p.finds(step{check: "service-principal-enabled"})
	p.makesChange("service-principal-enabled", b.tenantOf(t, appDisabled).Connection.ClientSecret)
}

func TestTheChecksByKeyboard(t *testing.T) {
	t.Parallel()
	b := startBox(t)
	given := b.tenantOf(t, "single-tenant app").Connection
	p := b.console(t).visit(t)
	p.signInAgain("single-tenant app", "admin")
	p.goTo("/")
	p.keys("Paste an error", "AADSTS50194: Application '"+given.ClientID+"'(Frontegg) is not configured as a multi-tenant application.")
	p.key("button", "Find the cause", "Enter")
	p.heading("A single-tenant app was used")
	p.key("link", "Check it", "Enter")
	p.heading("Check an integration")
	p.keys("Tenant that is signed in at", "organizations")
	p.key("button", "Run the checks", "Enter")
	p.ran()
	p.finds(step{check: "audience-multitenant"})
	p.key("link", "See what this fixes", "Enter")
	p.heading("Before anything is written")
	p.key("link", "Allow the changes at Microsoft", "Enter")
	p.key("button", "Make this change", "Enter")
	p.reads("status", "the checks came out as the preview said")
	p.key("link", "Report", "Enter")
	p.heading("Report")
	p.tabTo(p.find("link", "Markdown"))
}

func TestTheChecksKeepNoSecret(t *testing.T) {
	t.Parallel()
	b := startBox(t)
	c := b.console(t)
	p := c.visit(t)
	given := b.tenantOf(t, "expired secret").Connection
	secret := given.ClientSecret
	p.goTo("/")
	p.pastes("client_secret=" + secret + " AADSTS7000222 for app '" + given.ClientID + "'")
	p.reads("alert", "holds a client secret")
	p.tellsNot(secret)
	p.link("Check it")
	p.readsDirectory("expired secret")
	p.completes(diagnosis{scenario: "expired secret"}, given, "https://api.stackone.com/connect/oauth2/azuredevops/callback")
	p.runs()
	p.tellsNot(secret)
	run := strings.TrimPrefix(p.page.URL(), p.base)
	p.makesChange("secret-present", secret)
	p.tellsNot(secret)
	made := p.takeSecret()
	for _, path := range []string{run, run + "/change", run + "/report?whole=yes", "/diagnose", "/", "/explain"} {
		p.goTo(path)
		p.tellsNot(secret)
		p.tellsNot(made)
		p.tellsNot("eyJ")
	}
	for _, address := range p.watch.addresses {
		if strings.Contains(address, secret) || strings.Contains(address, made) {
			t.Errorf("a secret is in an address that was requested: %s", address)
		}
	}
	c.stop()
	for _, s := range []string{secret, made, "eyJ"} { // a token begins so
		if strings.Contains(c.log(), s) {
			t.Error("a secret or a token is in the log")
		}
		wantNowhereIn(t, c.data, s)
	}
}

// TestTheChecksHaveNoBarriers looks at the pages as they are on the way, in a
// wide and in a narrow window.
func TestTheChecksHaveNoBarriers(t *testing.T) {
	t.Parallel()
	b := startBox(t)
	needAxe(t)
	p := b.console(t).visit(t)
	look := func(name string) {
		_, err := p.page.Evaluate(`() => document.querySelectorAll("main details").forEach(d => { d.open = true })`)
		p.must(err)
		p.hasNoBarriers("diagnose-" + name)
		shot(p.page, "narrow-"+name)
	}
	p.goTo("/")
	look("start")
	p.pastes("client_secret=" + b.tenantOf(t, appDisabled).Connection.ClientSecret + " " + symptomKept(t, "app-disabled"))
	look("explained")
	p.link("Check it")
	p.readsDirectory(appDisabled)
	p.completes(diagnosis{scenario: appDisabled}, b.tenantOf(t, appDisabled).Connection, paragonsRedirect)
	look("form")
	b.fault(t, `[{"service":"vssps","path":"**lucerne**","action":{"hold":"before"}}]`)
	p.button("Run the checks")
	p.must(p.row("organization-exists", "Waiting for").WaitFor())
	look("running")
	b.fault(t, `[]`)
	p.ran()
	look("ran")
	p.must(p.find("link", "See what this fixes").Click())
	p.heading("Before anything is written")
	look("preview")
	p.change("Make this change")
	p.reads("status", "the checks came out as the preview said")
	look("changed")
	p.link("Report")
	p.heading("Report")
	look("report")
}

// symptomKept is the kept text of the page where a scenario ends.
func symptomKept(t *testing.T, scenario string) string {
	t.Helper()
	return saved(filepath.Join("testdata", "symptoms", scenario+".txt")).text(t)
}
