package e2e

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/playwright-community/playwright-go"
)

func TestAReportIsGivenAway(t *testing.T) {
	t.Parallel()
	b := startBox(t)
	c := b.console(t)
	p := c.visit(t)
	given := b.tenantOf(t, appDisabled).Connection
	p.checked(appDisabled, paragonsRedirect)
	p.runs()
	shown := p.outcomes()
	p.link("Report")
	p.heading("Report")
	for _, kind := range []string{"Markdown", "HTML, one file", "JSON"} {
		file := p.download(kind)
		for _, name := range []string{given.ClientSecret, "lucerne", "Lucerne", "admin@", "Ada Admin", "Dev Developer", "eyJ"} {
			if strings.Contains(file.text(t), name) {
				t.Errorf("the masked report in %s tells %q", kind, name)
			}
		}
		if !strings.Contains(file.text(t), "disabled") {
			t.Errorf("the report in %s does not say what is wrong", kind)
		}
	}
	p.link("Show the whole")
	p.sees("Nothing is masked.")
	whole, page := p.download("JSON"), p.download("HTML, one file")
	if !strings.Contains(whole.text(t), given.ClientID) || strings.Contains(whole.text(t), given.ClientSecret) {
		t.Error("the whole report lacks the client ID, or has the secret")
	}

	b.stop() // nothing of it asks a service
	p = c.visit(t)
	p.goTo("/diagnose")
	p.unfold("Open a report from a file")
	p.must(p.page.GetByLabel("Report (JSON)").SetInputFiles(string(whole)))
	p.button("Open the report")
	p.reads("note", "Loaded from a file.")
	if opened := p.outcomes(); !slices.Equal(opened, shown) {
		t.Errorf("the file shows\n%q\nthe run showed\n%q", opened, shown)
	}
	for _, offered := range []string{"See what this fixes", "Run again"} {
		if n, err := p.page.GetByText(offered).Count(); err != nil || n > 0 {
			t.Errorf("a report from a file offers %q: %v", offered, err)
		}
	}

	_, err := p.page.Goto("file://" + string(page))
	p.must(err)
	p.must(p.page.GetByText("Paragon of Lucerne Publishing").First().WaitFor())
	p.hasNoBarriers("report-file")
	for _, address := range p.watch.addresses[slices.Index(p.watch.addresses, "file://"+string(page)):] {
		if !strings.HasPrefix(address, "file://") && !strings.HasPrefix(address, "data:") {
			t.Errorf("the file asks for %s", address)
		}
	}
}

// outcomes are the states of all checks on the page of a run, in its order.
func (p *visitor) outcomes() (states []string) {
	p.t.Helper()
	rows, err := p.page.Locator("main [id^=check-]").All()
	p.must(err)
	for _, row := range rows {
		id, err := row.GetAttribute("id")
		p.must(err)
		state, err := row.Locator(".badge, .state").First().TextContent()
		p.must(err)
		states = append(states, id+" "+strings.TrimSpace(state))
	}
	if len(states) < 50 {
		p.t.Errorf("only %d checks on the page", len(states))
	}
	return states
}

// A saved file is one that the browser was given.
type saved string

func (f saved) text(t *testing.T) string {
	t.Helper()
	data, err := os.ReadFile(string(f))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// download follows a link to a file.
func (p *visitor) download(link string) saved {
	p.t.Helper()
	d, err := p.page.ExpectDownload(func() error {
		return p.page.GetByRole("link", playwright.PageGetByRoleOptions{Name: link, Exact: playwright.Bool(true)}).Click()
	})
	p.must(err)
	path := filepath.Join(p.t.TempDir(), d.SuggestedFilename())
	p.must(d.SaveAs(path))
	return saved(path)
}
