package handlers_test

import (
	"net/url"
	"strings"
	"testing"
)

// customerLink makes one that leads back to the console.
func (s scene) customerLink(domain string) string {
	s.t.Helper()
	p := s.b.get(s.path + "/customer?back=console&tenant=" + domain)
	if p.doc().Find("button:contains('Add it to the app')").Length() > 0 {
		s.b.submit(p, "Add it to the app", nil).want(200, "now has the redirect URI")
	}
	return strings.TrimSpace(s.b.get(s.path + "/customer?back=console&tenant=" + domain).doc().Find("pre").Text())
}

func TestACustomersAdministratorConsentsAndReadsWhatCameOfIt(t *testing.T) {
	s := newScene(t)
	customer := s.tenant("admin consent required")
	link := s.customerLink(customer.Domain)
	if !strings.HasPrefix(link, s.box.Cloud().Authorize) {
		t.Fatalf("the link is %q", link)
	}
	s.restart() // a link holds beyond a restart
	admin := s.browser()
	p := admin.signInAt(admin.get(link), "admin consent required", "admin")
	for strings.Contains(p.body, "Accept") && p.location == "" && !strings.Contains(p.at.Path, "/consent/outcome") {
		before := p.at.String()
		p = admin.submitOnce(p, "Accept", nil)
		if p.location == "" && p.at.String() == before {
			break
		}
	}
	if !strings.Contains(p.location, "/consent/outcome?") {
		t.Fatalf("it led to %q: %s", p.location, p.short())
	}
	back, err := url.Parse(p.location)
	if err != nil {
		t.Fatal(err)
	}
	outcome := "/consent/outcome?" + back.RawQuery
	got := s.browser().send("GET", outcome, nil).want(200, "Consent was given", customer.ID)
	if got.header.Get("Referrer-Policy") != "no-referrer" {
		t.Errorf("referrer policy %q", got.header.Get("Referrer-Policy"))
	}
}

func TestTheOutcomePageShowsOnlyWhatBelongsToALinkOfOurs(t *testing.T) {
	s := newScene(t)
	ours := queryOf(t, s.customerLink("customer.example"), "state")
	other := newScene(t) // another console has another key
	theirs := queryOf(t, other.customerLink("customer.example"), "state")
	evil := "<script>alert(1)</script> Call 555-0100 to fix it" + bidi + strings.Repeat(" more", 1000)
	refusal := url.Values{"error": {"access_denied"}, "error_subcode": {"cancel"}, "error_description": {evil}, "error_uri": {"https://evil.example/"}}
	granted := url.Values{"admin_consent": {"True"}, "tenant": {"11111111-2222-3333-4444-555555555555"}, "scope": {"evil-scope"}}
	for name, state := range map[string]string{"none": "", "made up": "AAAA", "forged": ours + "A", "of another console": theirs, "ours without seal": strings.Split(ours, ".")[0], "of a test": s.id} {
		for _, answer := range []url.Values{refusal, granted} {
			answer.Set("state", state)
			p := s.browser().send("GET", "/consent/outcome?"+answer.Encode(), nil).want(200, "No answer of Microsoft's came")
			p.without("555-0100", "evil", "11111111-2222", "Consent was given", "alert(1)")
			if t.Failed() {
				t.Fatalf("with the state %s", name)
			}
		}
	}
	refusal.Set("state", ours)
	p := s.browser().send("GET", "/consent/outcome?"+refusal.Encode(), nil).want(200, "Consent was not given")
	p.without("<script>alert", "\u202e")
	if strings.Count(p.body, " more") > 80 {
		t.Error("a foreign text is shown at full length")
	}
	granted.Set("state", ours)
	s.browser().send("GET", "/consent/outcome?"+granted.Encode(), nil).want(200, "Consent was given", "11111111-2222-3333-4444-555555555555")
}

func TestTheCustomersLinkLeadsToTheIntegrationUnlessAskedOtherwise(t *testing.T) {
	s := newScene(t)
	p := s.b.get(s.path+"/customer?tenant=customer.example").want(200, "Send this to an administrator of customer.example")
	link := strings.TrimSpace(p.doc().Find("pre").Text())
	if got := queryOf(t, link, "redirect_uri"); got != "https://gateway.example.com/integration-callback" {
		t.Errorf("it leads back to %s", got)
	}
	message := p.doc().Find("#customer-message").Text()
	for _, want := range []string{link, "Frontegg Integration", "(customer.example)", "its address begins with ", "If another page complains"} {
		if !strings.Contains(message, want) {
			t.Errorf("the message to the customer lacks %q:\n%s", want, message)
		}
	}
	if strings.Contains(queryOf(t, link, "scope"), "offline_access") {
		t.Error("it asks for offline_access, which the admin-consent endpoint does not take")
	}
	draft := s.b.environment("custom", url.Values{"inputs.redirectUri": {"https://app.example.com/cb"}})
	s.b.get(draft+"/customer").want(409, "Apply the plan first")
}
