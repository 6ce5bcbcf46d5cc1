package handlers_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/handlers"
	"github.com/consentry/consentry/sandbox"
)

// answerOf signs in at Microsoft and stops before the console hears of it.
func (b *browser) answerOf(p page, scenario, name string) (callback string) {
	b.t.Helper()
	tenant := b.c.tenant(scenario)
	for _, u := range tenant.Users {
		if u.UserPrincipalName != name+"@"+tenant.Domain {
			continue
		}
		if p.doc().Find("button:contains('Use another account')").Length() > 0 {
			p = b.submit(p, "Use another account", nil)
		}
		p = b.submit(p, "Next", url.Values{"loginfmt": {u.UserPrincipalName}})
		p = b.submitOnce(p, "Sign in", url.Values{"passwd": {u.Password}})
		for range 10 {
			switch {
			case strings.HasPrefix(p.location, b.c.base):
				return p.location
			case p.location != "":
				p = b.send("GET", p.location, nil)
			default:
				p = b.submitOnce(p, "Accept", nil)
			}
		}
	}
	b.t.Fatalf("no answer for %s of %s: %s", name, scenario, p.text())
	return ""
}

func (b *browser) signedIn() bool {
	b.t.Helper()
	return strings.Contains(b.get("/").body, "Sign out")
}

func TestACallbackThatDoesNotBelongHereSignsNobodyIn(t *testing.T) {
	c := newConsole(t)
	b := c.browser()
	good := b.answerOf(b.get("/sign-in/begin"), "healthy", "admin")
	u, err := url.Parse(good)
	if err != nil {
		t.Fatal(err)
	}
	with := func(name, value string) string {
		q := u.Query()
		q.Set(name, value)
		if value == "" {
			q.Del(name)
		}
		return u.Path + "?" + q.Encode()
	}
	mark := c.mark()
	for name, path := range map[string]string{
		"no state": with("state", ""), "another state": with("state", "AAAAAAAAAAAAAAAAAAAAAAAAAA"), "nothing": u.Path,
		"the key of something else": with("state", "../person"),
	} {
		p := b.send("GET", path, nil)
		p.want(400, "was not started here", "Start it again").without(u.Query().Get("code"))
		if p.header.Get("Referrer-Policy") != "no-referrer" || b.signedIn() {
			t.Errorf("%s: referrer policy %q, signed in %v", name, p.header.Get("Referrer-Policy"), b.signedIn())
		}
	}
	other := c.browser()
	other.send("GET", good, nil).want(400, "was not started here")
	other.get("/sign-in/begin")
	other.send("GET", good, nil).want(400, "was not started here")
	if other.signedIn() {
		t.Error("another browser was signed in with a good answer")
	}
	if n := c.asked(mark, "POST", "/token"); n != 0 {
		t.Errorf("%d codes were redeemed", n)
	}
	if p := b.follow(b.send("GET", good, nil)); !b.signedIn() || strings.Contains(p.at.String(), "code=") {
		t.Errorf("the good answer led to %s", p.at)
	}
	b.send("GET", good, nil).want(400, "was used before")
}

func TestAFailedSignInIsUsedUpToo(t *testing.T) {
	c := newConsole(t)
	for _, wrong := range []struct{ name, value string }{{"code", "not-a-code"}, {"error", "access_denied"}} {
		b := c.browser()
		good := b.answerOf(b.get("/sign-in/begin"), "healthy", "admin")
		u, err := url.Parse(good)
		if err != nil {
			t.Fatal(err)
		}
		q := u.Query()
		q.Set(wrong.name, wrong.value)
		b.send("GET", u.Path+"?"+q.Encode(), nil)
		b.send("GET", good, nil).want(400, "was used before")
		if b.signedIn() {
			t.Errorf("after a wrong %s the same state signed somebody in", wrong.name)
		}
	}
}

func TestASignInThatTookTooLongIsRefused(t *testing.T) {
	c := newConsole(t)
	b := c.browser()
	good := b.answerOf(b.get("/sign-in/begin"), "healthy", "admin")
	c.later(11 * time.Minute)
	b.send("GET", good, nil).want(400, "longer than ten minutes")
}

func TestARefusalAtMicrosoftIsExplainedAndShownHarmlessly(t *testing.T) {
	c := newConsole(t)
	b := c.browser()
	p := b.get("/sign-in/begin")
	state := p.at.Query().Get("state")
	evil := `<script>alert(1)</script> call 555-0100` + bidi
	answer := b.send("GET", "/sign-in/callback?"+url.Values{"state": {state}, "error": {"access_denied"}, "error_description": {"AADSTS65004: " + evil}, "error_uri": {"https://evil.example"}}.Encode(), nil)
	answer.want(200, "declined").without("<script>alert", "555-0100", "evil.example", "\u202e")
}

func TestSeveralTabsMaySignInAtOnce(t *testing.T) {
	c := newConsole(t)
	b := c.browser()
	first, second := b.get("/sign-in/begin?return=/setup"), b.get("/sign-in/begin?return=/tests/new")
	one := b.answerOf(first, "healthy", "admin")
	two := b.answerOf(second, "healthy", "admin")
	if p := b.get(two); p.at.Path != "/tests/new" {
		t.Errorf("the second tab ended at %s", p.at)
	}
	if p := b.get(one); p.at.Path != "/setup" {
		t.Errorf("the first tab ended at %s: %s", p.at, p.text())
	}
}

func TestTabsThatBeginAtTheSameMomentBothFinish(t *testing.T) {
	c := newConsole(t)
	b := c.browser()
	b.get("/sign-in/begin") // both have the session already
	begun := make([]page, 4)
	var wg sync.WaitGroup
	for i := range begun {
		wg.Go(func() { begun[i] = b.send("GET", "/sign-in/begin", nil) })
	}
	wg.Wait()
	for i, p := range begun {
		if got := b.get(b.answerOf(b.follow(p), "healthy", "admin")); got.status != 200 {
			t.Errorf("tab %d: %d %s", i, got.status, got.text())
		}
	}
}

func TestSigningInAndOutEndsOldSessions(t *testing.T) {
	c := newConsole(t)
	b := c.browser()
	b.get("/sign-in/begin")
	u, err := url.Parse(c.base)
	if err != nil {
		t.Fatal(err)
	}
	cookie := func() *http.Cookie { return b.jar.Cookies(u)[0] }
	before := cookie()
	b.signIn("healthy", "admin")
	during := cookie()
	b.post("/sign-out", nil)
	for name, old := range map[string]*http.Cookie{"before signing in": before, "signed out": during} {
		other := c.browser()
		other.jar.SetCookies(u, []*http.Cookie{old})
		if other.signedIn() {
			t.Errorf("the cookie from %s is signed in", name)
		}
		other.get("/sign-in/begin")
		if got := other.jar.Cookies(u)[0]; got.Value == old.Value {
			t.Errorf("the cookie from %s was taken up again", name)
		}
	}
	if before.Value == during.Value {
		t.Error("signing in kept the session's id")
	}
}

// The token of an expired sign-in is renewed once, however many pages need it.
func TestARefreshIsAskedForOnce(t *testing.T) {
	c := newConsole(t)
	b := c.browser()
	b.signIn("healthy", "admin")
	path := b.environment("frontegg", frontegg)
	c.later(100 * time.Minute)
	mark := c.mark()
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			if p := b.send("GET", path+"/setup/tenant", nil); p.status != 200 {
				t.Errorf("%d %s", p.status, p.text())
			}
		})
	}
	wg.Wait()
	if n := c.asked(mark, "POST", "/token"); n != 1 {
		t.Errorf("%d token requests, want 1", n)
	}
}

func TestARefreshWithoutAnswerIsNotRepeatedAtOnce(t *testing.T) {
	c := newConsole(t)
	b := c.browser()
	b.signIn("healthy", "admin")
	path := b.environment("frontegg", frontegg)
	c.later(100 * time.Minute)
	c.faults(sandbox.Fault{Service: "login", Method: "POST", Path: "**/token", Times: 1000, Action: sandbox.Action{Drop: "before"}})
	mark := c.mark()
	var wg sync.WaitGroup
	for range 10 {
		wg.Go(func() {
			b.send("GET", path+"/setup/tenant", nil).want(502, "sign-in", "network").without(": EOF", "http://", "lookup")
		})
	}
	wg.Wait()
	if n := c.asked(mark, "POST", "/token"); n != 1 {
		t.Errorf("%d token requests, want 1", n)
	}
	if err := c.box.SetFaults(); err != nil {
		t.Fatal(err)
	}
	c.later(time.Minute)
	b.get(path+"/setup/tenant").want(200, "Signed in as")
}

func TestARefusedRefreshLeadsToTheSignIn(t *testing.T) {
	c := newConsole(t)
	b := c.browser()
	b.signIn("healthy", "admin")
	path := b.environment("frontegg", frontegg)
	c.later(100 * time.Minute)
	c.faults(sandbox.Fault{Service: "login", Method: "POST", Path: "**/token", Times: 1000, Action: sandbox.Action{Status: 400,
		Body: json.RawMessage(`{"error":"invalid_grant","error_description":"AADSTS50173: The provided grant has expired.","error_codes":[50173]}`)}})
	mark := c.mark()
	for _, from := range []string{path + "/setup/tenant", path + "/setup/review", path + "/setup/app"} {
		p := b.get(from)
		if from == path+"/setup/tenant" && p.at.Path == "/sign-in" {
			p.want(200, "Your sign-in has ended")
		}
		if p.at.Path == from && !strings.Contains(p.text(), "Sign in") || p.status != 200 {
			t.Errorf("%s led to %s: %d %s", from, p.at, p.status, p.text())
		}
	}
	if n := c.asked(mark, "POST", "/token"); n != 1 {
		t.Errorf("%d token requests, want 1", n)
	}
	if b.signedIn() {
		t.Error("the page still says that somebody is signed in")
	}
	if err := c.box.SetFaults(); err != nil {
		t.Fatal(err)
	}
	c.later(-100 * time.Minute) // ID tokens are compared with the clock
	b.signIn("healthy", "admin").want(200)
	if !b.signedIn() {
		t.Error("signing in again did not help")
	}
	b.get(path+"/setup/review").want(200, "Review")
}

func TestSomebodySignedOutElsewhereIsLedToTheSignIn(t *testing.T) {
	c := newConsole(t)
	b, other := c.browser(), c.browser()
	b.signIn("healthy", "admin")
	path := b.connected()
	other.signIn("healthy", "admin")
	other.post("/sign-out", nil)
	for name, p := range map[string]page{
		"a page": b.get(path + "/setup/tenant"), "a form": b.post(path+"/apply", nil), "a removal": b.get(path + "/remove"),
	} {
		if p.at.Path != "/sign-in" || p.status != 200 {
			t.Errorf("%s led to %s: %d", name, p.at, p.status)
		}
	}
}

func TestAScriptIsToldThatTheSignInHasEnded(t *testing.T) {
	s := newScene(t)
	p := s.browser().send("POST", s.path+"/secret/"+s.secret+"/reveal", url.Values{}, "Accept", "application/json")
	var problem struct{ Detail string }
	if err := json.Unmarshal([]byte(p.body), &problem); err != nil || p.status != 403 || !strings.Contains(problem.Detail, "sign in") {
		t.Errorf("%d %s %v", p.status, p.body, err)
	}
}

// tokenFor is a token by whose claims somebody is recognised, and no more.
func tokenFor(tenant, person string) entra.Sensitive {
	claims := base64.RawURLEncoding.EncodeToString([]byte(`{"tid":"` + tenant + `","oid":"` + person + `"}`))
	return entra.NewSensitive("e30." + claims + ".x")
}

// Whoever ran az login must not act for somebody who signed in through the
// browser and out again.
func TestTheAzureCLINeverStandsInForSomebodyElse(t *testing.T) {
	asked := 0
	c := newConsole(t, func(h *handlers.Handlers) {
		h.Ambient = &handlers.Ambient{Kind: handlers.AzureCLI, Token: func(context.Context) (entra.Sensitive, time.Time, error) {
			asked++
			return tokenFor("11111111-2222-3333-4444-555555555555", "99999999-2222-3333-4444-555555555555"), time.Now().Add(time.Hour), nil
		}}
	})
	b, other := c.browser(), c.browser()
	b.signIn("healthy", "admin")
	path := b.environment("frontegg", frontegg)
	other.signIn("healthy", "admin")
	other.post("/sign-out", nil)
	mark := c.mark()
	if p := b.get(path + "/setup/review"); p.at.Path != "/sign-in" {
		t.Errorf("led to %s: %s", p.at, p.text())
	}
	if asked == 0 {
		t.Error("the Azure CLI was not asked: this test proves nothing")
	}
	if n := len(c.since(mark)); n != 0 {
		t.Errorf("%d requests went out in the CLI's name", n)
	}
}

func TestTheAzureCLIsIdentityIsUsedWhenItIsTheOneChosen(t *testing.T) {
	c := newConsole(t)
	source := c.browser()
	source.signIn("healthy", "admin")
	admin := c.person("healthy", "admin")
	token := c.tokens(admin).Access
	c.restartWith(func(h *handlers.Handlers) {
		h.Browser = nil
		h.Ambient = &handlers.Ambient{Kind: handlers.AzureCLI, Token: func(context.Context) (entra.Sensitive, time.Time, error) {
			return token, time.Now().Add(time.Hour), nil
		}}
	})
	b := c.browser()
	b.get("/sign-in/begin").want(404)
	b.post("/sign-in/identity", url.Values{"return": {"//evil.example"}}).want(200, "Ada Admin", string(admin.Tenant), string(admin.ID), sandbox.ConsoleClientID)
	if b.signedIn() {
		t.Fatal("somebody is signed in who was only looked at")
	}
	if p := b.post("/sign-in/identity/use", nil); p.at.Path != "/" || !b.signedIn() {
		t.Fatalf("led to %s: %s", p.at, p.text())
	}
	if err := c.store.DeleteOperator(t.Context(), admin.Tenant, admin.ID); err != nil {
		t.Fatal(err)
	}
	b.environment("frontegg", frontegg)
}

func TestWhatMicrosoftGraphRefusesHasANextStep(t *testing.T) {
	c := newConsole(t)
	b := c.browser()
	b.signIn("healthy", "admin")
	path := b.environment("frontegg", frontegg)
	body := func(code string) json.RawMessage {
		return json.RawMessage(`{"error":{"code":"` + code + `","message":"<b>CANARY</b>","innerError":{"request-id":"44444444-2222-3333-4444-555555555555"}}}`)
	}
	for _, f := range []struct {
		name   string
		action sandbox.Action
		status int
		says   []string
		next   string
	}{
		{"401", sandbox.Action{Status: 401, Body: body("InvalidAuthenticationToken")}, 403, []string{"does not take this sign-in any more", "request ID"}, "Sign in again"},
		{"403", sandbox.Action{Status: 403, Body: body("Authorization_RequestDenied")}, 403, []string{"may not read this", "Authorization_RequestDenied", "request ID"}, "Use another account"},
		{"404", sandbox.Action{Status: 404, Body: body("Request_ResourceNotFound")}, 502, []string{"answered 404"}, "Try again"},
		{"400", sandbox.Action{Status: 400, Body: body("Request_BadRequest")}, 502, []string{"answered 400"}, "Try again"},
		{"no answer", sandbox.Action{Drop: "before"}, 502, []string{"No usable answer came from Microsoft Graph", "network"}, "Try again"},
		{"not JSON", sandbox.Action{BadJSON: true}, 502, []string{"No usable answer"}, "Try again"},
	} {
		t.Run(f.name, func(t *testing.T) {
			if !b.signedIn() { // 401 ends the sign-in
				b.signIn("healthy", "admin")
			}
			c.faults(sandbox.Fault{Service: "graph", Path: "/v1.0/organization*", Times: 1000, Action: f.action})
			p := b.get(path+"/setup/tenant").want(f.status, f.says...)
			p.without("<b>CANARY", ": EOF", "http://127", "http://localhost:1")
			if next := p.doc().Find("main a.btn-primary"); !strings.Contains(next.Text(), f.next) || next.AttrOr("href", "") == "" {
				t.Errorf("the next step is %q to %q", next.Text(), next.AttrOr("href", ""))
			}
		})
	}
}

func TestTheAccountsToBeginWithAreShownAndTheOthersAreFolded(t *testing.T) {
	c := newConsole(t, func(h *handlers.Handlers) {
		h.Accounts = []handlers.Account{
			{UPN: "admin@contoso.sandbox.invalid"}, {UPN: "user@contoso.sandbox.invalid"},
			{UPN: "admin@trey.sandbox.invalid"}, {UPN: "user@contoso.sandbox.invalid.example"},
		}
	})
	p := c.browser().get("/sign-in").want(200)
	folded := p.doc().Find("details td:first-child").Text()
	if folded != "admin@trey.sandbox.invaliduser@contoso.sandbox.invalid.example" {
		t.Errorf("folded: %s", folded)
	}
	if all := p.doc().Find("td:first-child").Length(); all != 4 {
		t.Errorf("%d accounts in all, want 4", all)
	}
}
