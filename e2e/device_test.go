package e2e

import (
	"regexp"
	"testing"

	"github.com/playwright-community/playwright-go"
)

// Somebody signs in on another device: the page here shows the code, waits,
// and goes on by itself.
func TestAPersonSignsInWithACodeElsewhere(t *testing.T) {
	t.Parallel()
	b := startBox(t)
	p := b.console(t, "--identity", "device-code").visit(t)
	p.goTo("/sign-in?return=/advisor")
	p.sees("For a machine without a browser of its own")
	p.button("Get a code")
	p.heading("Sign in with a code")
	p.sees("Type this code only because you began this sign-in here")
	code, err := p.page.Locator("#user-code").InnerText()
	p.must(err)
	address, err := p.page.Locator("p.h2 a").GetAttribute("href")
	p.must(err)

	elsewhere, err := browser.NewContext(playwright.BrowserNewContextOptions{IgnoreHttpsErrors: playwright.Bool(true)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := elsewhere.Close(); err != nil {
			t.Error(err)
		}
	})
	there, err := elsewhere.NewPage()
	p.must(err)
	_, err = there.Goto(address)
	p.must(err)
	p.must(there.Locator("input[name=otc]").Fill(code))
	p.must(there.GetByRole("button", playwright.PageGetByRoleOptions{Name: "Next"}).Click())
	upn, password := b.account(t, healthy, "developer")
	p.must(typeAccount(there, upn, password))
	p.must(there.GetByRole("button", playwright.PageGetByRoleOptions{Name: "Continue"}).Click())
	p.must(there.GetByText("You may now close this window").WaitFor())

	p.must(p.page.WaitForURL(regexp.MustCompile("^" + regexp.QuoteMeta(p.base) + "/advisor")))
	p.must(p.page.GetByText(upn).First().WaitFor())
}
