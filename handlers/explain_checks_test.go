package handlers_test

import (
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
)

func TestTheCheckThatDecidesIsOfferedWithWhatWasRecognised(t *testing.T) {
	b := newConsole(t).browser()
	p := b.explained(mismatch).want(200, "The check that decides")
	if p.doc().Find(`a[href="/checks/redirect-uri-registered"]`).Length() == 0 {
		t.Error("the check has no link to its page")
	}
	form := b.get(p.doc().Find("a:contains('Check it')").AttrOr("href", "")).want(200)
	if form.at.Path != "/diagnose" || form.field("client") != pastedApp || form.field("redirect_uri") != "https://gateway.example.com/cb" {
		t.Errorf("the form of the checks at %s has %q and %q", form.at, form.field("client"), form.field("redirect_uri"))
	}
}

func TestAClientIDAloneLeadsToTheChecks(t *testing.T) {
	b := newConsole(t).browser()
	for name, paste := range map[string]string{
		"as it is": pastedApp, "with a line feed": pastedApp + "\r\n", "quoted": ` "` + pastedApp + `",`, "in capitals": strings.ToUpper(pastedApp), "in braces": "{" + pastedApp + "}",
	} {
		p := b.explained(paste).want(200)
		if p.at.Path != "/diagnose" || p.field("client") != pastedApp {
			t.Errorf("%s led to %s with %q", name, p.at, p.field("client"))
		}
	}
	b.explained(pastedApp+" was not found").want(200, "What was pasted")
}

func TestTheHelpLeadsNowhereDead(t *testing.T) {
	b := newConsole(t).browser()
	seen := map[string]bool{}
	for _, from := range []string{"/explain", "/checks", "/causes", "/checks/redirect-uri-registered", "/causes/redirect_uri_mismatch"} {
		b.get(from).doc().Find("main a[href^='/'], nav a[href^='/']").Each(func(_ int, a *goquery.Selection) {
			if href := a.AttrOr("href", ""); !seen[href] {
				seen[href] = true
				b.get(href).want(200)
			}
		})
	}
}
