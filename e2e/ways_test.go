package e2e

import (
	"strings"
	"testing"

	"github.com/playwright-community/playwright-go"
)

func TestItWorksWithoutScript(t *testing.T) {
	t.Parallel()
	b := startBox(t)
	p := b.console(t).visit(t, playwright.BrowserNewContextOptions{JavaScriptEnabled: playwright.Bool(false)})
	p.setUp("plain", healthy, "admin", choices{organization: "contoso"})
	p.link("Take the client secret")
	p.button("Show it once")
	p.sees("Copy it now. It cannot be shown again.")
	secret, err := p.page.Locator("pre.secret-value").InnerText()
	p.must(err)
	if len(secret) < 30 || strings.Contains(secret, "•") {
		t.Fatalf("the secret shown is %q", secret)
	}
	p.link("I have stored it safely")
	p.prepare()
	w := p.leave()
	w.signIn(p, healthy, "user")
	w.sees("Microsoft has answered")
	w.must(w.page.GetByRole("link", playwright.PageGetByRoleOptions{Name: "Show it here"}).Click())
	w.sees("The token")
	p.reads("status", "works") // the page that waits loads itself again
	p.link("Hand the values over")
	p.heading("Hand over to your service")
	p.check("done: Client ID")
	p.button("Save what is done")
	p.must(p.page.GetByLabel("done: Client ID").WaitFor())
	if done, err := p.page.GetByLabel("done: Client ID").IsChecked(); err != nil || !done {
		t.Errorf("the tick was not kept: %v %v", done, err)
	}
}

// tabTo moves the focus with the keyboard alone, and sees that it shows.
func (p *visitor) tabTo(what playwright.Locator) {
	p.t.Helper()
	p.must(what.WaitFor())
	for range 100 {
		p.must(p.page.Keyboard().Press("Tab"))
		got, err := what.Evaluate(`e => e === document.activeElement && (getComputedStyle(e).outlineStyle !== "none" || getComputedStyle(e).boxShadow !== "none" ? "shown" : "hidden")`, nil)
		p.must(err)
		switch got {
		case "shown":
			return
		case "hidden":
			p.t.Errorf("the focus does not show at %s", p.page.URL())
			return
		}
	}
	p.t.Fatalf("the keyboard does not reach it at %s\n%s", p.page.URL(), tail(p.text(), 1500))
}

// press presses a key on what the keyboard reaches.
func (p *visitor) key(role, name, key string) {
	p.t.Helper()
	p.tabTo(p.find(role, name))
	p.must(p.page.Keyboard().Press(key))
}

// keys types into what the keyboard reaches.
func (p *visitor) keys(label, text string) {
	p.t.Helper()
	p.tabTo(p.page.GetByLabel(label).First())
	p.must(p.page.Keyboard().Type(text))
}

func TestTheKeyboardIsEnough(t *testing.T) {
	t.Parallel()
	b := startBox(t)
	p := b.console(t).visit(t)
	p.goTo("/")
	p.key("link", "Skip to content", "Enter")
	p.key("link", "Set up an integration", "Enter")
	p.heading("Which integration?")
	p.key("link", "StackOne", "Enter")
	p.heading("StackOne")
	p.key("button", "Continue", "Enter")
	p.heading("Sign in to the tenant")
	p.tabTo(p.page.Locator("main").GetByRole("link", playwright.LocatorGetByRoleOptions{Name: "Sign in"}).First())
	p.must(p.page.Keyboard().Press("Enter"))
	p.heading("Sign in to your tenant")
	p.key("link", "Sign in at", "Enter")

	upn, password := b.account(t, healthy, "admin")
	for _, step := range [][2]string{{"loginfmt", upn}, {"passwd", password}} {
		p.must(p.page.Locator("input[name=" + step[0] + "]:focus").WaitFor()) // Microsoft's pages focus it
		p.must(p.page.Keyboard().Type(step[1]))
		p.must(p.page.Keyboard().Press("Enter"))
	}
	p.sees("What you may do here")

	p.key("button", "Continue", "Enter")
	p.heading("New app registration, or an existing one")
	p.key("button", "Continue", "Enter")
	p.heading("Permissions")
	p.key("button", "Continue", "Space")
	p.heading("Client secret")
	p.key("button", "Continue", "Enter")
	p.heading("Organization and project")
	p.keys("Azure DevOps organization", "contoso")
	p.must(p.page.Keyboard().Press("Enter"))
	p.reads("status", "found") // Enter asks Azure DevOps first
	p.key("button", "Continue", "Enter")
	p.heading("Review")
	p.key("link", "Allow the changes at Microsoft", "Enter")
	p.key("button", "Apply", "Enter")
	p.reads("status", "proven by reading everything back")
	p.key("link", "Take the client secret", "Enter")
	p.key("button", "Show it once", "Enter")
	p.must(p.page.Locator("#shown [data-secret]").WaitFor())
	p.must(p.page.Locator("#shown button:focus").WaitFor()) // the focus went where the next key press is
	p.key("link", "I have stored it safely", "Enter")
	p.heading("Test the consent flow")
	p.key("button", "Prepare the test", "Enter")
	p.must(p.find("link", "Sign in at").WaitFor())
}

func TestANarrowWindowIsEnough(t *testing.T) {
	t.Parallel()
	b := startBox(t)
	p := b.console(t).visit(t, playwright.BrowserNewContextOptions{Viewport: &playwright.Size{Width: 360, Height: 740}})
	p.at = func(heading string) {
		if n := overflow(t, p.page); n > 0 {
			t.Errorf("the page %q is %d pixels wider than the window", heading, n)
			shot(p.page, "wide-"+strings.ReplaceAll(heading, " ", "-"))
		}
	}
	p.setUp("narrow", healthy, "admin", choices{organization: "contoso", project: "Web Shop"})
	p.at("Apply")
	p.takeSecret()
	p.at("Client secret")
	p.link("I have stored it safely")
	p.heading("Test the consent flow")
	p.prepare()
	p.at("Test consent, before leaving")
	w := p.leave()
	w.signIn(p, healthy, "user")
	w.gone()
	p.reads("status", "works")
	p.at("Test consent, result")
	p.link("Hand the values over")
	p.heading("Hand over to your service")
	p.environment("narrow")
	p.heading("narrow")
}
