package handlers_test

import (
	"encoding/base64"
	"net/url"
	"strings"
	"testing"

	"github.com/consentry/consentry/preset"
)

const oldAddress = "https://app.vssps.visualstudio.com/oauth2/authorize?client_id=33333333-2222-3333-4444-555555555555&response_type=Assertion&scope=vso.work_full%20vso.code&redirect_uri=https%3A%2F%2Facme.cyclr.com%2Fconnector%2Fcallback"

func TestTheWayOutOfTheRetiredOAuthIsFoundFromEverywhere(t *testing.T) {
	b := newConsole(t).browser()
	p := b.get("/legacy").want(200, "23 April 2025", "the day is not known", "App Secret", "nothing corresponds")
	for _, i := range preset.All {
		if p.doc().Find(`a[href="/legacy/`+i.ID+`"]`).Length() != 1 {
			t.Errorf("no guide for %s", i.Name)
		}
		b.get("/legacy/"+i.ID).want(200, i.Name, "Who connects again", "Every user who is connected connects again")
	}
	for _, from := range []string{"/setup", "/causes/legacy_oauth_retired", "/causes/legacy_scope_set_mismatch", "/checks/legacy-sign-in-unused"} {
		if b.get(from).doc().Find(`main a[href="/legacy"]`).Length() == 0 {
			t.Errorf("%s leads not to the guide", from)
		}
	}
	answer := b.post("/explain", url.Values{"paste": {"The window ends at https://acme.cyclr.com/connector/callback?error=InvalidScope&state=93ab"}})
	if answer.doc().Find(`main a[href="/legacy"]`).Length() == 0 {
		t.Errorf("the explanation leads not to the guide: %s", answer.short())
	}
	for _, from := range []string{"/causes/scope_insufficient_for_call", "/checks/operations-covered"} {
		if b.get(from).doc().Find(`main a[href="/advisor/call"]`).Length() == 0 {
			t.Errorf("%s leads not to the advisor", from)
		}
	}
}

func TestAnOldAddressGivesScopesAndHost(t *testing.T) {
	b := newConsole(t).browser()
	p := b.submit(b.get("/legacy/cyclr"), "Carry over", url.Values{"address": {oldAddress}}).
		want(200, "Work items (full)", "vso.work_full", "Code (read)", "https://acme.cyclr.com/connector/callback stays")
	href := p.doc().Find("a:contains('Begin the set-up')").AttrOr("href", "")
	if want := "/setup/cyclr?inputs.host=acme.cyclr.com&scopes=vso.work_full+vso.code"; href != want {
		t.Errorf("the set-up begins at %s, want %s", href, want)
	}
	set := b.get(href).want(200, "Permissions brought along")
	if set.field("inputs.host") != "acme.cyclr.com" {
		t.Errorf("host %q", set.field("inputs.host"))
	}
}

func TestOldScopesByTheirLabels(t *testing.T) {
	b := newConsole(t).browser()
	p := b.post("/legacy/paragon", url.Values{"scopes": {"Work items (full), PR threads\nService hooks (read)"}}).
		want(200, "vso.work_full", "vso.code_write", "no longer offered", "contains it")
	href := p.doc().Find("a:contains('Begin the set-up')").AttrOr("href", "")
	if want := "/setup/paragon?scopes=vso.work_full+vso.code_write"; href != want {
		t.Errorf("the set-up begins at %s, want %s", href, want)
	}
	b.get("/legacy/paragon?scopes=vso.work").want(200, "Work items (read)")
}

func TestAnotherCallbackIsNotCarriedOver(t *testing.T) {
	b := newConsole(t).browser()
	p := b.post("/legacy/stackone", url.Values{"address": {oldAddress}}).want(200, "has not the form of the redirect URI", "api.stackone.com")
	if href := p.doc().Find("a:contains('Begin the set-up')").AttrOr("href", ""); strings.Contains(href, "inputs") {
		t.Errorf("inputs in %s", href)
	}
}

func TestNothingPastedIntoAGuideIsKeptOrShown(t *testing.T) {
	c := newConsole(t)
	b := c.browser()
	part := base64.RawURLEncoding.EncodeToString
	secret := part([]byte(`{"typ":"JWT"}`)) + "." + part([]byte(`{"csi":"1","iss":"app.vstoken.visualstudio.com"}`)) + "." + strings.Repeat("s", 300)
	for _, form := range []url.Values{{"scopes": {"vso.work " + secret}}, {"address": {oldAddress + "&x=" + secret}}} {
		b.post("/legacy/cyclr", form).want(200, "What was pasted holds a signed token in three parts").without(secret, secret[:40])
	}
	if strings.Contains(c.logs.String(), secret[:40]) {
		t.Error("the secret was logged")
	}
	b.post("/legacy/cyclr", url.Values{"address": {"https://login.microsoftonline.com/x"}}).want(200, "It was not used")
	b.post("/legacy/cyclr", url.Values{"scopes": {"<script>alert(1)</script>"}}).want(200, "no scope of this name").without("<script>alert")
	b.post("/legacy/cyclr", url.Values{"scopes": {strings.Repeat("vso.work ", 5000)}}).want(200, "vso.work")
	b.get("/legacy/nobody").want(404)
}
