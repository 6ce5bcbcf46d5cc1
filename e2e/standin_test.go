package e2e

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/playwright-community/playwright-go"
)

// A standIn is an integration as its customers meet it: the connector in a
// process of its own, at its documented redirect URI.
type standIn struct {
	*process
	Integration, URL, Callback string
	CallbackListen             string `json:"callback_listen"`

	// settings is held by whoever fills them in, until they took effect: like
	// the real one, an integration has them once, for all its customers.
	settings sync.Mutex
}

func (b *box) standIn(t *testing.T, integration, host string) *standIn {
	t.Helper()
	args := []string{"--integration", integration, "--login", b.Login, "--devops", b.DevOps, "--vssps", b.VSSPS}
	if host != "" {
		args = append(args, "--callback-host", host)
	}
	s := &standIn{process: start(t, connector, args...)}
	if err := json.Unmarshal([]byte(s.line(t, "{")), s); err != nil {
		t.Fatal(err)
	}
	return s
}

// A market is all five integrations at one cloud, and a browser for their
// customers.
type market struct {
	box     *box
	byID    map[string]*standIn
	browser playwright.Browser
	theme   *playwright.ColorScheme
	// at, when set, is called on each page whose heading was seen.
	at func(p *visitor, heading string)
}

// market starts the stand-ins; hosts are those in the redirect URIs that the
// customer has a say in.
func (b *box) market(t *testing.T, hosts map[string]string) *market {
	t.Helper()
	m := &market{box: b, byID: map[string]*standIn{}}
	var rules []string
	for _, in := range integrations {
		s := b.standIn(t, in.id, hosts[in.id])
		callback, err := url.Parse(s.Callback)
		if err != nil {
			t.Fatal(err)
		}
		m.byID[in.id], rules = s, append(rules, fmt.Sprintf("MAP %s %s", callback.Host, s.CallbackListen))
	}
	var err error
	if m.browser, err = launch("--host-resolver-rules=" + strings.Join(rules, ",")); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = m.browser.Close() }) // its windows are closed already
	return m
}

// visit opens a customer's window at an integration. The certificate of its
// redirect URI is of its own making.
func (m *market) visit(t *testing.T, integration string) *visitor {
	t.Helper()
	s := m.byID[integration]
	page, w := openIn(t, m.browser, s.URL, playwright.BrowserNewContextOptions{IgnoreHttpsErrors: playwright.Bool(true), ColorScheme: m.theme})
	p := &visitor{t: t, page: page, base: s.URL, box: m.box, watch: w}
	if m.at != nil {
		p.at = func(heading string) { m.at(p, heading) }
	}
	return p
}

// An entry is a value and the field that it goes into.
type entry struct {
	label, text string
	later       bool // on the form of whoever connects an account
}

// handedOver is what the console's hand-off page says to enter. The secret
// was shown before.
func (p *visitor) handedOver(secret string) (entries []entry) {
	p.t.Helper()
	rows, err := p.page.Locator(".handoff-field").All()
	p.must(err)
	for _, row := range rows {
		heading, err := row.GetByRole("heading").InnerText()
		p.must(err)
		e := entry{label: strings.TrimSuffix(heading, " (optional)"), later: p.has(row.GetByText("Where:"))}
		switch value := row.Locator("pre"); {
		case p.has(value):
			e.text, err = value.InnerText()
			p.must(err)
		case p.has(row.GetByText("shown once")):
			e.text = secret
		}
		entries = append(entries, e)
	}
	return entries
}

// has reports whether the page has it now.
func (p *visitor) has(what playwright.Locator) bool {
	p.t.Helper()
	n, err := what.Count()
	p.must(err)
	return n > 0
}

// enter fills in the field with the label, of whichever kind it is. Several
// choices are separated by blanks.
func (p *visitor) enter(label, text string) {
	p.t.Helper()
	whole := playwright.Bool(true)
	choices := p.page.GetByRole("group", playwright.PageGetByRoleOptions{Name: label, Exact: whole})
	if p.has(choices) {
		p.chooseOnly(choices.First(), strings.Fields(text))
		return
	}
	in := p.page.GetByLabel(label, playwright.PageGetByLabelOptions{Exact: whole})
	element, err := in.Evaluate("e => e.localName", nil)
	p.must(err)
	if element == "select" {
		_, err = in.SelectOption(playwright.SelectOptionValues{Labels: &[]string{text}})
	} else {
		err = in.Fill(text)
	}
	p.must(err)
}

// chooseOnly ticks these boxes of a group and no others.
func (p *visitor) chooseOnly(group playwright.Locator, labels []string) {
	p.t.Helper()
	ticked := group.Locator("input:checked")
	for p.has(ticked) {
		p.must(ticked.First().Uncheck())
	}
	for _, label := range labels {
		p.must(group.GetByLabel(label, playwright.LocatorGetByLabelOptions{Exact: playwright.Bool(true)}).Check())
	}
}

// send presses the button of the only form.
func (p *visitor) send() {
	p.t.Helper()
	p.must(p.page.Locator("main form").GetByRole("button").Click())
}

// connect fills in an integration's forms in a new window and goes where it
// sends whoever connects an account: to Microsoft.
func (m *market) connect(t *testing.T, integration string, entries []entry) *visitor {
	t.Helper()
	shared := &m.byID[integration].settings
	shared.Lock()
	defer shared.Unlock()
	p := m.visit(t, integration)
	p.goTo("/settings")
	p.heading("Settings")
	p.enterAll(entries, false)
	p.send()
	p.reads("status", "Saved.")
	p.link("Connect Azure DevOps")
	p.heading("Connect Azure DevOps")
	p.enterAll(entries, true)
	p.send()
	if integration == "cyclr" { // it opens a window
		p.heading("waiting for sign-in")
		window, err := p.page.ExpectPopup(func() error { return p.find("link", "Sign In").Click() })
		p.must(err)
		p.page = window
	}
	return p
}

func (p *visitor) enterAll(entries []entry, later bool) {
	p.t.Helper()
	for _, e := range entries {
		if e.later == later && e.text != "" {
			p.enter(e.label, e.text)
		}
	}
}

// signsIn types an account into Microsoft's pages.
func (p *visitor) signsIn(scenario, account string) {
	p.t.Helper()
	p.heading(microsoftSignIn)
	upn, password := p.box.account(p.t, scenario, account)
	p.must(typeAccount(p.page, upn, password))
}

// accepts agrees to what an integration asks for.
func (p *visitor) accepts() {
	p.t.Helper()
	p.heading("Permissions requested")
	p.button("Accept")
}

// steps are what an integration says it did.
func (p *visitor) steps() []string {
	p.t.Helper()
	names, err := p.page.Locator("main ol strong").AllInnerTexts()
	p.must(err)
	return names
}

// wholePage is the page's text, once all of it has come.
func (p *visitor) wholePage() string {
	p.t.Helper()
	p.must(p.page.WaitForLoadState())
	text, err := p.page.Locator("body").InnerText()
	p.must(err)
	return text
}
