package handlers_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestEveryBeginningIsFresh(t *testing.T) {
	c := sharedConsole(t)
	seen := map[string]bool{}
	for range 200 {
		c.later(10 * time.Second) // the limit on beginnings is not what is looked at
		p := c.browser().send("GET", "/sign-in/begin", nil)
		q := mustParse(t, p.location).Query()
		if q.Get("code_challenge_method") != "S256" || q.Get("response_type") != "code" || q.Get("response_mode") != "query" {
			t.Fatalf("it asks for %s", p.location)
		}
		for _, name := range []string{"state", "nonce", "code_challenge"} {
			value := q.Get(name)
			if len(value) < 22 || seen[name+value] {
				t.Fatalf("%s %q is short or was used before", name, value)
			}
			seen[name+value] = true
		}
	}
}

// With what was allowed before Microsoft may answer without a question, so a
// link of another site only leads to the page with the buttons.
func TestAnotherSiteBeginsNoSignIn(t *testing.T) {
	c := sharedConsole(t)
	b := c.browser()
	b.enter(home, anAdmin)
	for _, site := range []string{"cross-site", "same-site"} {
		for _, path := range []string{"/sign-in/begin", "/sign-in/begin?for=consent", "/sign-in/begin?again=yes"} {
			p := b.send("GET", path, nil, "Sec-Fetch-Site", site)
			if p.status != http.StatusSeeOther || !strings.HasPrefix(p.location, c.base+"/sign-in?") && p.location != c.base+"/sign-in" {
				t.Errorf("%s from %s: %d to %q", path, site, p.status, p.location)
			}
		}
	}
	if p := b.send("GET", "/sign-in/begin", nil, "Sec-Fetch-Site", "same-origin"); !strings.Contains(p.location, "/oauth2/v2.0/authorize") {
		t.Errorf("from a page of the console's own: %d to %q", p.status, p.location)
	}
}

func TestTheRedirectURIIsTheConfiguredOneWhateverTheRequestSays(t *testing.T) {
	c := sharedConsole(t)
	for name, header := range map[string][]string{
		"a proxy nobody named":   {"X-Forwarded-Host", "evil.example", "X-Forwarded-Proto", "https", "X-Forwarded-Port", "443", "X-Forwarded-Prefix", "//evil.example"},
		"the standard's":         {"Forwarded", "host=evil.example;proto=https"},
		"with underscores":       {"X_Forwarded_Host", "evil.example"},
		"an original address":    {"X-Original-URL", "https://evil.example/", "X-Rewrite-Url", "//evil.example"},
		"another site's referer": {"Referer", "https://evil.example/"},
	} {
		p := c.browser().send("GET", "/sign-in/begin", nil, header...)
		if got := mustParse(t, p.location).Query().Get("redirect_uri"); got != c.base+"/sign-in/callback" {
			t.Errorf("%s: %s", name, got)
		}
	}
}

// A code is worth something at the address alone that it was made for, and
// nobody asks for tokens with it at another.
func TestACodeIsForOneCallback(t *testing.T) {
	s := sharedScene(t)
	mark := s.mark()
	signIn := mustParse(t, s.b.answerOf(s.b.get("/sign-in/begin"), home, anAdmin))
	consent := mustParse(t, s.b.answerOf(s.b.get(s.test+"/leave"), home, aViewer))
	if signIn.Path == consent.Path {
		t.Fatalf("both come to %s", signIn.Path)
	}
	for name, to := range map[string]string{"of the sign-in": consent.Path + "?" + signIn.RawQuery, "of the test": signIn.Path + "?" + consent.RawQuery} {
		if p := s.b.send("GET", to, nil); p.status < 400 || p.status > 499 {
			t.Errorf("the code %s at the other callback: %d", name, p.status)
		}
	}
	if n := s.asked(mark, "POST", "/token"); n != 0 {
		t.Errorf("%d token requests were made", n)
	}
}

func TestAfterSigningInNoCodeStandsAnywhere(t *testing.T) {
	c := sharedConsole(t)
	b := c.browser()
	answer := mustParse(t, b.answerOf(b.get("/sign-in/begin?return=/explain"), home, anAdmin))
	p := b.send("GET", answer.RequestURI(), nil)
	if p.status != http.StatusSeeOther || p.location != c.base+"/explain" {
		t.Errorf("%d to %q", p.status, p.location)
	}
	for header, want := range map[string]string{"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"} {
		if got := p.header.Get(header); got != want {
			t.Errorf("%s is %q", header, got)
		}
	}
	b.get("/explain").without(answer.Query().Get("code"), answer.Query().Get("state"))
	for _, value := range []string{"code", "state"} {
		if strings.Contains(c.logs.String(), answer.Query().Get(value)) {
			t.Errorf("the log holds the %s", value)
		}
	}
}

func TestWhatMicrosoftSaysIsShownOnlyInAnswerToUs(t *testing.T) {
	c := sharedConsole(t)
	evil := `<script>alert(1)</script> call 555-0100 ` + bidi + strings.Repeat("x", 5000)
	query := url.Values{"error": {"server_error"}, "error_description": {evil}, "error_uri": {"https://evil.example"}, "admin_consent": {"True"}, "tenant": {"<b>evil</b>"}}
	query.Set("state", "AAAAAAAAAAAAAAAAAAAAAAAAAA")
	c.browser().send("GET", "/sign-in/callback?"+query.Encode(), nil).want(400, "was not started here").without("555-0100", "evil.example", "alert(1)")

	b := c.browser()
	query.Set("state", mustParse(t, b.send("GET", "/sign-in/begin", nil).location).Query().Get("state"))
	p := b.send("GET", "/sign-in/callback?"+query.Encode(), nil).want(200, "What Microsoft said", "call 555-0100")
	p.without("<script>alert", "\u202e", "https://evil.example", "<b>evil")
	if said := p.doc().Find("details pre").Text(); len([]rune(said)) > 300 || said == "" {
		t.Errorf("%d characters of Microsoft's are shown", len([]rune(said)))
	}
}

// The browser is never given a token, whatever pages it looks at.
func TestTokensNeverReachTheBrowser(t *testing.T) {
	s := sharedScene(t)
	s.b.consent(s.test, home, aViewer)
	s.b.eventually(s.test, "Test again")
	for _, r := range s.handlers.Table() {
		if r.Method == http.MethodGet && !endless(r.Path) {
			s.b.send("GET", s.address(r.Path), nil)
		}
	}
	held := s.tokens(s.person(home, anAdmin))
	s.b.mu.Lock()
	all := s.b.all.String()
	s.b.mu.Unlock()
	for name, token := range map[string]string{"access": held.Access.Reveal(), "refresh": held.Refresh.Reveal(), "ID": held.ID.Reveal()} {
		if token == "" {
			t.Errorf("there is no %s token: this test proves nothing", name)
		}
		if strings.Contains(all, token) {
			t.Errorf("the browser was given the %s token", name)
		}
	}
	// Tokens of others, of the test's person too: every JWT has the same start.
	if found := regexp.MustCompile(`eyJ[A-Za-z0-9_-]{20,}\.`).FindString(all); found != "" {
		t.Errorf("something like a token was shown: %.60s", found)
	}
}

func TestAnExpiredTokenIsRenewedOnceForTwentyPages(t *testing.T) {
	s := sharedScene(t)
	who := s.person(home, anAdmin)
	held := s.tokens(who)
	held.Expires = s.now().Add(-time.Minute)
	if err := s.store.SaveOperator(t.Context(), who, held.Seal()); err != nil {
		t.Fatal(err)
	}
	mark := s.mark()
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			if p := s.b.send("GET", s.path+"/setup/tenant", nil); p.status != 200 {
				t.Errorf("%d %s", p.status, p.text())
			}
		})
	}
	wg.Wait()
	if n := s.asked(mark, "POST", "/token"); n != 1 {
		t.Errorf("%d token requests, want 1", n)
	}
}

func TestATestConsentOfAForeignPersonChangesNobodysSignIn(t *testing.T) {
	s := sharedScene(t)
	form := url.Values{"client": {s.clientIDOf(s.path)}, "where": {"organizations"}, "kind": {"user"}, "scopes": {"openid profile"}, "organization": {"contoso"}, "secret": {s.b.reveal(s.path)}}
	test := s.b.post("/tests", form).want(200, "Sign in at").at.Path
	cookie, people := s.b.cookie(), len(s.people())
	answer := s.b.answerOf(s.b.get(test+"/leave"), neighbor, aSupport)
	s.b.get(answer)
	s.b.eventually(test, "Test again")
	p := s.b.get("/sessions").want(200, "admin@contoso.sandbox.invalid")
	if strings.Contains(p.body, "adventure-works") || s.b.cookie() != cookie || len(s.people()) != people {
		t.Error("the console knows the person of the test")
	}
	s.b.get(s.path+"/setup/tenant").want(200, "admin@contoso.sandbox.invalid")
}

// Which version runs tells a stranger which holes to try.
func TestTheVersionIsForAdmins(t *testing.T) {
	c := sharedConsole(t)
	c.browser().get("/sign-in").want(200).without("v0.0.0-test")
	c.browser().get("/no-such-page").without("v0.0.0-test")
	viewer, admin := c.browser(), c.browser()
	viewer.enter(home, aViewer)
	viewer.get("/").want(200).without("v0.0.0-test")
	admin.enter(home, anAdmin)
	if !strings.Contains(admin.get("/").body, "v0.0.0-test") {
		t.Error("an admin is not told the version")
	}
}
