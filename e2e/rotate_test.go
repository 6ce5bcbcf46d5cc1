package e2e

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/playwright-community/playwright-go"
)

// takes reports whether sign-in takes a secret of an app for a token of its
// own.
func (b *box) takes(t *testing.T, scenario, appID, secret string) bool {
	t.Helper()
	resp, err := http.PostForm(b.Login+"/"+b.tenantOf(t, scenario).ID+"/oauth2/v2.0/token", url.Values{
		"grant_type": {"client_credentials"}, "scope": {"https://graph.microsoft.com/.default"}, "client_id": {appID}, "client_secret": {secret}})
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	return resp.StatusCode == http.StatusOK
}

// A client secret is rotated with overlap: at no moment is the integration
// without one that works, and in the end the old one is gone.
func TestASecretIsRotatedWithoutInterruption(t *testing.T) {
	t.Parallel()
	b := startBox(t)
	c := b.console(t)
	p := c.visit(t)
	p.setUp("rotated", healthy, "admin", choices{organization: "contoso"})
	d := b.directory(t, healthy)
	app := d.one("rotated")
	first := p.takeSecret()
	works := func(secret string, want bool) {
		t.Helper()
		if got := b.takes(t, healthy, app.AppID, secret); got != want {
			t.Errorf("the secret %s… works: %v, want %v", secret[:3], got, want)
		}
	}

	p.environment("rotated")
	p.link("Rotate the client secret")
	p.heading("1. Add the next secret")
	shot(p.page, "rotate-1-add")
	p.change("Add the next secret")
	p.reads("status", "beside the one in use")
	p.link("Go on with the rotation")
	p.heading("2. Take its value, once")
	works(first, true)
	if live := d.one("rotated").live("rotated"); len(live) != 2 {
		t.Errorf("%d live secrets while they overlap: %v", len(live), live)
	}
	shot(p.page, "rotate-2-take")

	// Somebody else cannot see it; a second rotation leads to this one.
	other := c.visit(t)
	other.signInAgain(healthy, "developer")
	other.environment("rotated")
	other.link("Finish rotating the client secret")
	other.sees("only that person can see it")

	p.link("Take the new secret")
	p.button("Show it once")
	shown := p.page.Locator("#shown [data-secret]")
	p.must(shown.WaitFor())
	second, err := shown.InnerText()
	p.must(err)
	p.link("I have stored it safely")
	p.heading("3. Hand it over to your service")
	_, err = p.page.GoBack()
	p.must(err)
	p.sees("cannot be shown again")
	p.tellsNot(second)
	p.goTo(strings.TrimPrefix(other.page.URL(), other.base))
	p.check("Client secret has the new value")
	p.button("Save")
	p.sees("said")
	shot(p.page, "rotate-4-prove")
	p.button("Prove it now")
	p.reads("status", "Microsoft gave a token for it")
	p.tellsNot(second)
	shot(p.page, "rotate-5-retire")
	works(first, true)
	works(second, true)

	p.button("Retire " + first[:3])
	p.reads("status", "The old client secret is gone")
	p.link("Open the environment")
	p.link("Rotate the client secret")
	p.reads("status", "The last rotation is over")
	shot(p.page, "rotate-6-over")
	works(first, false)
	works(second, true)
	if live := d.one("rotated").live("rotated"); len(live) != 1 {
		t.Errorf("left are %v", live)
	}
	p.environment("rotated")
	p.sees("set up and proven")
	c.stop()
	wantNowhereIn(t, c.data, second)
	if strings.Contains(c.log(), second) {
		t.Error("the secret is in the log")
	}
}

// What Microsoft does not know everywhere yet is asked again in front of the
// person, on a phone in the dark too.
func TestARotationTellsWhatItWaitsFor(t *testing.T) {
	t.Parallel()
	b := startBox(t)
	p := b.console(t).visit(t, playwright.BrowserNewContextOptions{ColorScheme: playwright.ColorSchemeDark, Viewport: &playwright.Size{Width: 360, Height: 760}})
	p.setUp("patient", healthy, "admin", choices{organization: "contoso"})
	p.takeSecret()
	p.environment("patient")
	p.link("Rotate the client secret")
	p.change("Add the next secret")
	p.link("Go on with the rotation")
	p.heading("4. Prove that it works")
	b.fault(t, `[{"service":"login","method":"POST","path":"**/token","times":2,"action":{"status":401,"body":{"error":"invalid_client","error_description":"AADSTS7000215: Invalid client secret provided.","error_codes":[7000215]}}}]`)
	p.button("Prove it now")
	p.reads("status", "asked again for up to a minute")
	shot(p.page, "rotate-proving-narrow-dark")
	p.must(p.page.Locator("main").GetByText("Microsoft gave a token for it").First().WaitFor(playwright.LocatorWaitForOptions{Timeout: playwright.Float(float64((30 * time.Second).Milliseconds()))}))
	p.sees("3 requests")
}
