package handlers_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/consentry/consentry/checks"
	"github.com/consentry/consentry/explain"
)

func TestTheTableOfChecksHasAllOfThem(t *testing.T) {
	b := newConsole(t).browser()
	doc := b.get("/checks").want(200, "Decided without signing in", "Decided with a test consent").doc()
	if n := doc.Find("tbody tr").Length(); n != len(checks.All) {
		t.Errorf("%d rows, want %d", n, len(checks.All))
	}
	for _, c := range checks.All {
		row := doc.Find(`tbody tr:has(a[href="/checks/` + c.ID + `"])`)
		if row.Length() != 1 || !strings.Contains(row.Text(), c.Title) || !strings.Contains(row.Text(), string(c.Severity)) {
			t.Errorf("%s: the row says %q", c.ID, row.Text())
		}
		if n := row.Find("dt").Length(); n != len(c.AADSTS) {
			t.Errorf("%s: %d codes explained, want %d", c.ID, n, len(c.AADSTS))
		}
	}
}

func TestChecksAreFoundByWhatTheySpeakOf(t *testing.T) {
	b := newConsole(t).browser()
	for query, want := range map[string]string{
		"50011": "redirect-uri-registered", "AADSTS7000222": "secret-not-expired", "Clock": "clock-in-step", "redirect registered": "redirect-uri-registered",
	} {
		p := b.get("/checks?q=" + url.QueryEscape(query)).want(200)
		rows := p.doc().Find("tbody tr")
		if rows.Length() == 0 || rows.Length() > 20 || rows.Find(`a[href="/checks/`+want+`"]`).Length() == 0 || p.field("q") != query {
			t.Errorf("%q finds %d checks, without %s", query, rows.Length(), want)
		}
	}
	b.get("/checks?q=TF400813").want(200, "Causes that speak of it")
	b.get("/checks?q=weather").want(200, "No check speaks of it", "Show all").without("<tbody>")
	b.get("/causes?q=weather").want(200, "No cause speaks of it")
	for _, path := range []string{"/checks", "/causes"} {
		p := b.get(path + "?q=" + url.QueryEscape(`"><script>alert(1)</script>`)).want(200)
		if p.doc().Find("main script").Length() > 0 {
			t.Error(path + " takes what is searched for as markup")
		}
	}
}

func TestEveryCheckAndEveryCauseHasItsPage(t *testing.T) {
	b := newConsole(t).browser()
	for _, c := range checks.All {
		p := b.get("/checks/"+c.ID).want(200, c.Title, strings.Join(strings.Fields(c.Why), " "), c.Severity.Words(), c.Group.Words(), c.Cites, "Verify it by hand")
		p.without("%3C", "%!")
		if p.doc().Find("section:has(#hand-head) li").Length() == 0 {
			t.Errorf("%s: nothing says how to verify it by hand", c.ID)
		}
	}
	decided := map[string]bool{}
	for _, c := range explain.All() {
		doc := b.get("/causes/"+c.ID).want(200, c.Title, "What to do", c.Actor()).doc()
		if c.Decides != nil {
			decided[*c.Decides] = true
			if doc.Find(`a[href="/checks/`+*c.Decides+`"]`).Length() != 1 {
				t.Errorf("%s does not lead to the check that decides it", c.ID)
			}
		}
	}
	for id := range decided {
		b.get("/checks/"+id).want(200, "Causes it decides")
	}
}

func TestAnUnknownCheckOrCauseLeadsToTheList(t *testing.T) {
	b := newConsole(t).browser()
	for _, what := range []string{"check", "cause"} {
		p := b.get("/"+what+"s/no-such-thing").want(404, "There is no "+what+" of this name")
		if p.doc().Find(`main a[href="/`+what+`s"]`).Length() != 1 {
			t.Errorf("the page does not lead to all %ss", what)
		}
	}
}
