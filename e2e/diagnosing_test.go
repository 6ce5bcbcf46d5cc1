package e2e

import (
	"slices"
	"strings"

	"github.com/playwright-community/playwright-go"
)

// selects chooses from a list by value.
func (p *visitor) selects(label, value string) {
	p.t.Helper()
	_, err := p.page.GetByLabel(label).First().SelectOption(playwright.SelectOptionValues{Values: &[]string{value}})
	p.must(err)
}

// runs starts the checks from the form and waits for their end.
func (p *visitor) runs() {
	p.t.Helper()
	p.button("Run the checks")
	p.ran()
}

// ran waits until a run has ended.
func (p *visitor) ran() {
	p.t.Helper()
	p.must(p.find("link", "Report").WaitFor())
	shot(p.page, "run-"+strings.ReplaceAll(p.t.Name(), "/", "-"))
}

// finds holds the first that is wrong to the step of a diagnosis.
func (p *visitor) finds(s step) {
	p.t.Helper()
	if wrong := p.firstWrong(); wrong != s.check {
		p.t.Fatalf("the first that is wrong is %q, want %q\n%s", wrong, s.check, tail(p.text(), 2500))
	}
	text, err := p.page.Locator("#check-" + s.check).InnerText()
	p.must(err)
	wantAll(p.t, text, s.told...)
}

// firstWrong is the check that is shown first as wrong; empty when nothing is.
func (p *visitor) firstWrong() string {
	p.t.Helper()
	wrong := p.page.Locator("section[aria-labelledby=wrong] > * > ul > li")
	if !p.has(wrong) {
		return ""
	}
	id, err := wrong.First().GetAttribute("id")
	p.must(err)
	return strings.TrimPrefix(id, "check-")
}

// mends does what a step says; given are the integration's settings.
func (p *visitor) mends(s step, given *connection) {
	p.t.Helper()
	switch s.how {
	case byChange:
		p.makesChange(s.check, given.ClientSecret)
	case bySecret:
		p.makesChange(s.check, given.ClientSecret)
		p.reads("note", "waits for you")
		given.ClientSecret = p.takeSecret()
	case bySetting:
		given.Scopes = strings.Fields(s.scopes)
		p.link("Change what is checked")
		p.fill("Scopes", s.scopes)
		p.fill("Client secret", given.ClientSecret)
		p.runs()
	}
}

// consentsForTheChecks signs in once more as somebody who uses the
// integration, so that the checks see the token.
func (p *visitor) consentsForTheChecks(d diagnosis, given connection) {
	p.t.Helper()
	p.box.directory(p.t, d.scenario).allow(given.ClientID, p.callback())
	p.link("Make a test consent")
	p.heading("Test any app's consent")
	p.fill("Client secret", given.ClientSecret)
	p.prepare()
	w := p.leave()
	w.signIn(p, d.scenario, d.person)
	w.gone()
	p.link("Every check, with this token")
	p.ran()
}

// allow adds a redirect URI to an app.
func (d *directory) allow(clientID, uri string) {
	d.t.Helper()
	app := list[registration](d, "/applications", "appId eq '"+clientID+"'")[0]
	d.ask("PATCH", "/applications/"+app.ID, map[string]any{"web": map[string]any{"redirectUris": append(app.Web.RedirectURIs, uri)}}, nil)
}

// makesChange goes from a finding through the preview to what became of it,
// which is what the preview said. The secret is tried again where that helps.
func (p *visitor) makesChange(check, secret string) {
	p.t.Helper()
	p.must(p.page.Locator("#check-"+check).GetByRole("link", playwright.LocatorGetByRoleOptions{Name: "See what this fixes"}).First().Click())
	p.heading("Before anything is written")
	shot(p.page, "fix-"+strings.ReplaceAll(p.t.Name(), "/", "-"))
	foreseen := p.named("main ul a[href^='/checks/']")
	if !slices.Contains(foreseen, check) {
		p.t.Errorf("the preview turns %q, not %s", foreseen, check)
	}
	p.allow()
	again := p.page.GetByLabel("Client secret, to try it again")
	if p.has(again) {
		p.must(again.Fill(secret))
	}
	p.change("Make this change")
	p.reads("status", "the checks came out as the preview said")
	shot(p.page, "fixed-"+strings.ReplaceAll(p.t.Name(), "/", "-"))
	if turned := p.named("main li[id^='turn-'] a[href^='/checks/']"); !slices.Equal(turned, foreseen) {
		p.t.Errorf("turned were %q, foreseen %q", turned, foreseen)
	}
	if p.has(p.page.GetByText("not looked at again")) {
		p.t.Error("something foreseen was not looked at again")
	}
}

// named are the ids of the checks that links lead to.
func (p *visitor) named(links string) (ids []string) {
	p.t.Helper()
	all, err := p.page.Locator(links).All()
	p.must(err)
	for _, link := range all {
		href, err := link.GetAttribute("href")
		p.must(err)
		ids = append(ids, strings.TrimPrefix(href, "/checks/"))
	}
	slices.Sort(ids)
	return ids
}
