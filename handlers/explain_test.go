package handlers_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"github.com/consentry/consentry/explain"
)

const (
	pastedApp = "33333333-2222-3333-4444-555555555555"
	mismatch  = "AADSTS50011: The redirect URI 'https://gateway.example.com/cb' specified in the request does not match the redirect URIs configured for the application '" + pastedApp + "'.\r\nCorrelation ID: 65a20b1d-dd17-4fdd-b6cd-4cd491699335"
	// aSecret has the form that Microsoft gives secrets; it was never valid.
	aSecret = "Zx18Q~abcDEFghiJKLmnoPQRstuVWXyz0123456_-"
)

// explained sends a paste from the start page.
func (b *browser) explained(paste string) page {
	b.t.Helper()
	return b.post("/explain", url.Values{"paste": {paste}})
}

func TestAPastedErrorIsExplained(t *testing.T) {
	b := newConsole(t).browser()
	start := b.get("/").want(200, "Paste an error, a redirect URL or an app's client ID")
	p := b.submit(start, "Find the cause", url.Values{"paste": {mismatch}}).want(200,
		"The redirect URI is not registered", "Who must act:", "whoever owns the app registration", "What to do", "Message for the customer", "Other possibilities")
	if got := p.header.Get("Cache-Control"); got != "no-store" {
		t.Errorf("Cache-Control is %q", got)
	}
	doc := p.doc()
	if title := doc.Find("title").Text(); !strings.HasPrefix(title, "Diagnose: The redirect URI is not registered") {
		t.Errorf("title %q", title)
	}
	if first := doc.Find(".paste-text mark").First().Text(); first != "telling place: AADSTS50011" {
		t.Errorf("the first mark is %q", first)
	}
	for _, want := range []string{pastedApp, "https://gateway.example.com/cb", "65a20b1d-dd17-4fdd-b6cd-4cd491699335"} {
		if doc.Find(`[data-copy="`+want+`"]`).Length() != 1 {
			t.Errorf("no button copies %s", want)
		}
	}
	if href := doc.Find(`a[href^="https://entra.microsoft.com/"]`).First().AttrOr("href", ""); !strings.Contains(href, pastedApp) {
		t.Errorf("the portal's address is %q", href)
	}
}

func TestNothingPastedSaysWhatToPaste(t *testing.T) {
	b := newConsole(t).browser()
	b.get("/explain").want(200, "What does not work?")
	for _, paste := range []string{"", " \r\n\t "} {
		p := b.explained(paste).want(422, "There is nothing to explain yet")
		if p.doc().Find("#paste[aria-invalid=true]").Length() != 1 {
			t.Error("the box does not show that it is empty")
		}
	}
	b.post("/explain", nil).want(422)
}

func TestAPasteThatDecidesNothingLeadsOn(t *testing.T) {
	b := newConsole(t).browser()
	p := b.explained("It does not work since Monday. https://dev.azure.com/contoso").want(200, "The text alone does not decide", "What would decide it")
	href, err := url.Parse(p.doc().Find("a:contains('Run the checks')").AttrOr("href", ""))
	if err != nil || href.Query().Get("organization") != "contoso" {
		t.Errorf("the checks are offered at %v, %v", href, err)
	}
	if n := p.doc().Find("mark").Length(); n != 0 {
		t.Errorf("%d places are marked as telling", n)
	}
}

func TestSecretsInAPasteAreWarnedOfAndShownNowhere(t *testing.T) {
	c := newConsole(t)
	b := c.browser()
	before := c.dump()
	p := b.explained("POST /token client_id="+pastedApp+"&client_secret="+aSecret+"&redirect_uri=https%3A%2F%2Fa.example%2Fcb%3Fclient_secret%3D"+aSecret+
		"\nAADSTS7000222: expired, for devon.reyes@contoso.example, password=Sommer2025, password=Winter2026").want(200, "This text holds a client secret", "This text holds a password, in 2 places", "The client secret has expired")
	p.without(aSecret, url.QueryEscape(aSecret), "devon.reyes", "Sommer2025", "Winter2026")
	if first := strings.TrimSpace(p.doc().Find("main h2").First().Text()); !strings.HasPrefix(first, "This text holds") {
		t.Errorf("the warnings do not come first but %q", first)
	}
	if n := p.doc().Find("mark.secret").Length(); n < 3 {
		t.Errorf("%d places to revoke are marked", n)
	}
	if after := c.dump(); after != before || strings.Contains(c.logs.String(), aSecret) || strings.Contains(c.logs.String(), "devon") {
		t.Error("something of the paste was kept")
	}
}

// hostile are pastes that are none.
var hostile = []string{
	"<script>alert(1)</script> AADSTS65001",
	`"><img src=x onerror=alert(1)> AADSTS65001`,
	"AADSTS50011: The redirect URI 'javascript:alert(1)//https://x.example' does not match. </pre></textarea><script>alert(1)</script>",
	"AADSTS700016: Application with identifier '\"><svg onload=alert(1)>' was not found in the directory '<b>x</b>'.",
	"{{.Paste}} {{template \"x\"}} {% AADSTS50020",
	"https://dev.azure.com/con\"onmouseover=alert(1)/x TF400813: The user '<i>' is not authorized",
	"AADSTS50011: 'https://a.example/\u202e\u2066gpj.exe' \x00\x01\x1b[31m\ufeff",
	"scope=https://evil.example/'><script>alert(1)</script> AADSTS70011",
	"\xff\xfe\xfd AADSTS50011 \xc3\x28",
	strings.Repeat("<mark>", 2000) + "AADSTS50011",
}

func TestAHostilePasteIsShownAsText(t *testing.T) {
	b := newConsole(t).browser()
	for _, paste := range hostile {
		p := b.explained(paste).want(200, "What was pasted")
		doc := p.doc()
		if n := doc.Find("main").Find("script, img, svg[onload], b, i, iframe, [onerror], [onload], [onmouseover]").Length(); n > 0 {
			t.Errorf("%.60q made %d elements of its own", paste, n)
		}
		if n := doc.Find(".paste-text mark mark, .paste-text *:not(mark, mark span, em)").Length(); n > 0 {
			t.Errorf("%.60q: %d elements in the paste", paste, n)
		}
		doc.Find("main a[href], main form[action]").Each(func(_ int, s *goquery.Selection) {
			href := s.AttrOr("href", s.AttrOr("action", ""))
			if !strings.HasPrefix(href, "https://") && !strings.HasPrefix(href, "/") || strings.HasPrefix(href, "//") || strings.Contains(href, "evil.example/'") {
				t.Errorf("%.60q made the address %q", paste, href)
			}
		})
		p.without("\u202e", "\u2066", "\x1b", "ZgotmplZ")
	}
}

func TestAPasteOfAMegabyteIsRead(t *testing.T) {
	b := newConsole(t).browser()
	line := "<at an.inner.place>\n" // form encoding makes three bytes of several
	long := strings.Repeat(line, explain.MaxPaste/len(line)-100)
	b.explained(long+mismatch).want(200, "The redirect URI is not registered", "characters are not shown").without("longer than a megabyte")
	p := b.explained(mismatch+strings.Repeat("&", explain.MaxPaste)).want(200, "The redirect URI is not registered", "longer than a megabyte")
	if len(p.body) > 200_000 {
		t.Errorf("the page has %d bytes", len(p.body))
	}
	b.explained(strings.Repeat("&", explain.MaxPaste+10_000)).want(413, "larger than")
	b.post("/sign-out", url.Values{"paste": {strings.Repeat("a", 100_000)}}).want(413) // other forms stay small
}

func TestARefusedTestLeadsToItsCause(t *testing.T) {
	c := newConsole(t)
	b := c.browser()
	b.signIn("healthy", "admin")
	test := b.prepared(b.connected(), nil)
	p := b.post(test+"/pasted", url.Values{"pasted": {"AADSTS50105: Your administrator has configured the application to block users unless they are assigned."}}).want(200, "Most likely cause: ")
	b.get(p.doc().Find(`main a[href^="/causes/"]`).AttrOr("href", "")).want(200, "What to do", "The check that decides")
}
