package e2e

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/playwright-community/playwright-go"
)

// shared starts a console that several people use, with the registration that
// the sandbox has for it.
func (b *box) shared(t *testing.T) *console {
	t.Helper()
	dir := t.TempDir()
	write := func(name, content string) string {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	var known struct{ Console boxClient }
	ready, err := os.ReadFile(b.file)
	if err == nil {
		err = json.Unmarshal(ready, &known)
	}
	if err != nil || known.Console.ClientID == "" {
		t.Fatalf("the sandbox knows no shared console: %v", err)
	}
	key := make([]byte, 32)
	_, _ = rand.Read(key) // it does not fail on the systems Go supports
	write("key", base64.StdEncoding.EncodeToString(key))
	return b.consoleAt(t, dir, "localhost:0", "--sign-in", "entra", "--client-id", known.Console.ClientID,
		"--client-secret-file", write("secret", known.Console.ClientSecret), "--allow-tenant", b.tenantOf(t, healthy).ID)
}

type boxClient struct {
	ClientID     string `json:"client_id"`
	ClientSecret string `json:"client_secret"`
}

// comeIn signs in to a shared console from any of its pages.
func (p *visitor) comeIn(scenario, account string) {
	p.t.Helper()
	p.goTo("/")
	p.heading("Sign in to Consentry")
	p.signIn(scenario, account)
}

// nav is what the head of the page leads to.
func (p *visitor) nav() string {
	p.t.Helper()
	all, err := p.page.GetByRole("navigation", playwright.PageGetByRoleOptions{Name: "Main"}).GetByRole("link").AllInnerTexts()
	p.must(err)
	return strings.Join(all, ", ")
}

// backHere waits until the browser is at the console again, by way of
// Microsoft's consent page where that is shown.
func (p *visitor) backHere() {
	p.t.Helper()
	accept := p.page.GetByRole("button", playwright.PageGetByRoleOptions{Name: "Accept"})
	here := p.page.GetByRole("button", playwright.PageGetByRoleOptions{Name: "Apply"})
	p.must(accept.Or(here).First().WaitFor())
	if p.has(accept) {
		p.must(accept.Click())
	}
	p.must(p.page.WaitForURL(regexp.MustCompile("^" + regexp.QuoteMeta(p.base))))
}

func TestPeopleShareAConsole(t *testing.T) {
	t.Parallel()
	b := startBox(t)
	c := b.shared(t)

	// Nobody without a role gets in, and learns who can help.
	stranger := c.visit(t)
	stranger.watch.allow("403")
	stranger.comeIn(healthy, "trainee")
	stranger.heading("This is not yours to use")
	stranger.sees("Users and groups")
	stranger.hasNoBarriers("denied")

	// An administrator sets up; Microsoft is asked for each permission when it
	// is needed.
	admin := c.visit(t)
	admin.comeIn(healthy, "admin")
	admin.heading("Connect an integration to Azure DevOps")
	if got := admin.nav(); got != "Environments, Set up, Test consent, Diagnose" {
		t.Errorf("an admin is led to %q", got)
	}
	admin.link("Set up an integration")
	admin.link("Custom")
	admin.fill("Name of this environment", "together")
	admin.fill("Redirect URI", "https://app.example.com/callback")
	admin.button("Continue")
	admin.heading("Let Consentry read your directory")
	admin.hasNoBarriers("let-read")
	admin.link("Allow reading at")
	admin.sees("What you may do here")
	admin.throughWizard(choices{organization: "contoso"})
	admin.sees("Nothing is changed yet")
	admin.link("Allow the changes at Microsoft")
	admin.backHere()
	admin.heading("Review")
	admin.button("Apply")
	admin.reads("status", "proven by reading everything back")
	admin.takeSecret()

	// Whoever may only look sees the same environment, and no way to change it.
	viewer := c.visit(t)
	viewer.comeIn(healthy, "user")
	if got := viewer.nav(); got != "Environments, Diagnose" {
		t.Errorf("a viewer is led to %q", got)
	}
	viewer.link("together")
	viewer.heading("together")
	for _, hidden := range []string{"Client secret", "Remove…", "Compare with the tenant again", "Run the checks"} {
		if viewer.has(viewer.page.Locator("main").GetByRole("link", playwright.LocatorGetByRoleOptions{Name: hidden})) {
			t.Errorf("a viewer is led to %q", hidden)
		}
	}
	viewer.hasNoBarriers("environment-viewer")

	// Ending somebody's session counts at once.
	admin.goTo("/sessions")
	admin.heading("Who is signed in")
	admin.hasNoBarriers("sessions")
	row := admin.page.Locator("tbody tr", playwright.PageLocatorOptions{HasText: "user@"})
	admin.must(row.GetByRole("button", playwright.LocatorGetByRoleOptions{Name: "End the session"}).Click())
	admin.sees("is signed out everywhere")
	viewer.goTo("/")
	viewer.heading("Sign in to Consentry")

	// All of it was about one app.
	if n := len(b.directory(t, healthy).made("together")); n != 1 {
		t.Errorf("%d apps were made", n)
	}
}
