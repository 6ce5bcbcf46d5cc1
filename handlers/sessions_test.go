package handlers_test

import (
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"github.com/consentry/consentry/sandbox"
)

// with is another browser that has somebody's session.
func (b *browser) with(cookie string) *browser {
	b.t.Helper()
	other := b.c.browser()
	other.jar.SetCookies(mustParse(b.t, b.c.base), []*http.Cookie{{Name: "__Host-consentry", Value: cookie}})
	return other
}

// out reports whether the console knows nobody in this browser.
func (b *browser) out() bool {
	b.t.Helper()
	p := b.get("/")
	return p.at.Path == "/sign-in" && !strings.Contains(p.body, "Sign out")
}

func TestASessionGetsANewIDWheneverWhatItIsWorthChanges(t *testing.T) {
	c := sharedConsole(t)
	b := c.browser()
	b.send("GET", "/sign-in/begin", nil)
	cookies := []string{b.cookie()}
	b.enter(home, anAdmin)
	cookies = append(cookies, b.cookie())
	b.allows("read", "/") // signs in once more
	cookies = append(cookies, b.cookie())
	c.giveRole(home, anAdmin, "support")
	c.later(5 * time.Minute)
	b.get("/setup").want(403, "role support")
	cookies = append(cookies, b.cookie())
	for i, now := range cookies {
		if now == "" || i > 0 && now == cookies[i-1] {
			t.Errorf("change %d left the id", i)
		}
		if i < len(cookies)-1 && !b.with(now).out() {
			t.Errorf("the id before change %d is still good", i+1)
		}
	}
	if b.out() {
		t.Error("the last one is not")
	}
}

func TestAMadeUpSessionIsNeverTakenUp(t *testing.T) {
	c := sharedConsole(t)
	made := strings.Repeat("A", 43)
	b := c.browser().with(made)
	b.get("/")
	b.enter(home, anAdmin)
	if b.cookie() == made || !b.with(made).out() {
		t.Error("a made-up id became somebody's")
	}
}

func TestACopyOfTheDatabaseGivesNoSession(t *testing.T) {
	c := sharedConsole(t)
	b := c.browser()
	b.enter(home, anAdmin)
	files, err := filepath.Glob(filepath.Join(c.data, "*"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%v, %v", files, err)
	}
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for what, needle := range map[string]string{"the session's id": b.cookie(), "the name of who is signed in, in clear with the role": `"role":"admin"`} {
			if strings.Contains(string(data), needle) {
				t.Errorf("%s holds %s", filepath.Base(f), what)
			}
		}
	}
}

func TestSigningOutIsAFormAndEndsIt(t *testing.T) {
	c := sharedConsole(t)
	b := c.browser()
	b.enter(home, anAdmin)
	cookie := b.cookie()
	if p := b.send("GET", "/sign-out", nil); p.status != 405 || b.out() {
		t.Errorf("GET /sign-out: %d, signed out %v", p.status, b.out())
	}
	p := b.send("POST", "/sign-out", url.Values{})
	if got := p.header.Get("Clear-Site-Data"); got != `"cache","cookies","storage"` {
		t.Errorf("Clear-Site-Data is %q", got)
	}
	if !b.with(cookie).out() || len(c.people()) != 0 {
		t.Error("the session or its tokens outlive the sign-out")
	}
	if rows := c.audited("sign-out"); len(rows) != 1 || rows[0].Actor != "admin@contoso.sandbox.invalid" {
		t.Errorf("the audit log says %+v", rows)
	}
}

func TestAnAdministratorEndsSessionsAtOnce(t *testing.T) {
	c := sharedConsole(t)
	admin, viewer, phone, foreign := c.browser(), c.browser(), c.browser(), c.browser()
	admin.enter(home, anAdmin)
	viewer.enter(home, aViewer)
	phone.enter(home, aViewer)
	foreign.enter(neighbor, anAdmin)

	p := admin.get("/sessions").want(200, "admin@contoso", "this browser", "user@contoso", "127.0.0.1").without("adventure-works")
	if n := p.doc().Find("tbody tr").Length(); n != 3 {
		t.Errorf("%d sessions are listed, want 3", n)
	}
	viewer.get("/sessions").want(403)
	theirs := foreign.get("/sessions").want(200).doc().Find("input[name=session]").AttrOr("value", "")
	for _, mark := range []string{"0000000000000000", "", theirs} {
		admin.post("/sessions/end", url.Values{"session": {mark}}).want(404, "There is no session")
	}
	if theirs == "" || foreign.out() {
		t.Error("a session of another tenant was ended")
	}

	mark := ""
	p.doc().Find("tbody tr").Each(func(_ int, row *goquery.Selection) {
		if strings.Contains(row.Text(), "user@contoso") {
			mark = row.Find("input[name=session]").AttrOr("value", "")
		}
	})
	admin.post("/sessions/end", url.Values{"session": {mark}, "everywhere": {"yes"}}).want(200, "is signed out everywhere")
	if !viewer.out() || !phone.out() || admin.out() {
		t.Error("the wrong sessions are left")
	}
	for _, who := range c.people() {
		if who.UPN == "user@contoso.sandbox.invalid" {
			t.Error("the tokens are left")
		}
	}
	admin.post("/sessions/end", url.Values{"session": {admin.get("/sessions").doc().Find("tbody tr:contains('this browser') input[name=session]").AttrOr("value", "")}}).want(200, "Sign in")
	if !admin.out() {
		t.Error("nobody can end their own session")
	}
	if rows := c.audited("session-ended"); len(rows) != 3 || rows[1].Actor != "admin@contoso.sandbox.invalid" || !strings.Contains(rows[1].Detail, "user@contoso") {
		t.Errorf("the audit log says %+v", rows)
	}
}

func TestARoleThatIsTakenAwayIsLostWithinFiveMinutes(t *testing.T) {
	for name, change := range map[string]func(*console){
		"no role any more": func(c *console) { c.giveRole(home, aSupport, "") },
		"the sign-ins were revoked": func(c *console) {
			c.directory(home, "POST", "/users/"+aSupport+"@"+c.tenant(home).Domain+"/revokeSignInSessions", nil)
		},
		"disabled": func(c *console) {
			user := "/users/" + aSupport + "@" + c.tenant(home).Domain
			c.directory(home, "PATCH", user, map[string]any{"accountEnabled": false})
			c.t.Cleanup(func() { c.directory(home, "PATCH", user, map[string]any{"accountEnabled": true}) })
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := sharedConsole(t)
			b := c.browser()
			b.enter(home, aSupport)
			b.get("/diagnose").want(200)
			change(c)
			c.later(3 * time.Minute)
			b.get("/diagnose").want(200)
			c.later(2 * time.Minute)
			if p := b.get("/diagnose"); p.status != 403 && p.at.Path != "/sign-in" {
				t.Errorf("%d at %s", p.status, p.at)
			}
			if !b.out() || len(c.people()) != 0 {
				t.Error("the session goes on, or tokens are kept")
			}
		})
	}
}

// A role is as old as Microsoft's word for it, whichever window was told: what
// another one asked for minutes ago makes it no younger.
func TestARoleIsNoYoungerThanMicrosoftsWordForIt(t *testing.T) {
	c := sharedConsole(t)
	b, other := c.browser(), c.browser()
	b.enter(home, aSupport)
	c.later(2 * time.Minute)
	other.enter(home, aSupport)
	c.giveRole(home, aSupport, "")
	c.later(3 * time.Minute)
	b.get("/diagnose").want(200)
	c.later(2*time.Minute + time.Second)
	if p := b.get("/diagnose"); p.status != 403 && p.at.Path != "/sign-in" {
		t.Errorf("five minutes after the role was taken away: %d at %s", p.status, p.at)
	}
}

func TestARoleThatCannotBeConfirmedIsNotBelievedForLong(t *testing.T) {
	c := sharedConsole(t)
	b := c.browser()
	b.enter(home, aViewer)
	c.faults(sandbox.Fault{Service: "login", Method: "POST", Path: "**/token", Times: 1000, Action: sandbox.Action{Drop: "before"}})
	c.later(4*time.Minute + 30*time.Second)
	b.get("/").want(200)
	c.later(time.Minute)
	p := b.send("GET", "/", nil)
	p.want(503, "could not be asked whether you may still use this console")
	if p.header.Get("Retry-After") == "" {
		t.Error("it does not say when to try again")
	}
	if err := c.box.SetFaults(); err != nil {
		t.Fatal(err)
	}
	c.later(time.Minute)
	b.get("/").want(200)
}

func TestASignInThatEndedLeadsBackToThePage(t *testing.T) {
	s := sharedScene(t)
	s.directory(home, "POST", "/users/"+anAdmin+"@"+s.tenant(home).Domain+"/revokeSignInSessions", nil)
	s.later(5 * time.Minute)
	p := s.b.get(s.path + "/setup/secret")
	if p.at.Path != "/sign-in" || p.at.Query().Get("return") != s.path+"/setup/secret" {
		t.Fatalf("led to %s", p.at)
	}
	p.want(200, "Your sign-in has ended")
	s.later(-5 * time.Minute)
	p = s.b.signInAt(s.b.get(p.doc().Find(`a[href^="/sign-in/begin"]`).AttrOr("href", "")), home, anAdmin)
	if p.at.Path != s.path+"/setup/secret" && p.at.Query().Get("return") != s.path+"/setup/secret" {
		t.Errorf("led back to %s", p.at)
	}
}

func TestLimitsOfASessionHoldOnTheServer(t *testing.T) {
	c := sharedConsole(t)
	idle, used := c.browser(), c.browser()
	idle.enter(home, anAdmin)
	used.enter(home, aViewer)
	for range 7 { // the bed's limits are two hours and twelve
		c.later(110 * time.Minute)
		if out := used.out(); out && c.aheadOf() < 12*time.Hour {
			t.Fatalf("out after %v although it was used", c.aheadOf())
		}
	}
	if !idle.out() {
		t.Error("a session that nobody used lives on")
	}
	if !used.out() {
		t.Error("a session lives longer than its whole life")
	}
}

func (c *console) aheadOf() time.Duration { return time.Duration(c.ahead.Load()) }

// A token that Microsoft Graph does not take any more, although its time is not
// over, is as good as none: the way back leads to the page.
func TestATokenThatGraphRefusesEndsTheSignIn(t *testing.T) {
	for _, page := range []string{"/setup/tenant", "/setup/review", "/remove"} {
		t.Run(page, func(t *testing.T) {
			s := sharedScene(t)
			s.faults(sandbox.Fault{Service: "graph", Method: "GET", Times: 1000, Action: sandbox.Action{Status: 401, Body: []byte(`{"error":{"code":"InvalidAuthenticationToken","message":"Continuous access evaluation resulted in challenge with result: InteractionRequired","innerError":{"request-id":"44444444-2222-3333-4444-555555555555"}}}`)}})
			p := s.b.get(s.path+page).want(403, "does not take this sign-in any more")
			next := p.doc().Find(`main a:contains("Sign in again")`).AttrOr("href", "")
			if !strings.HasSuffix(next, "return="+url.QueryEscape(s.path+page)) {
				t.Errorf("the way back leads to %q", next)
			}
			if !s.b.out() || len(s.people()) != 0 {
				t.Error("the session or its tokens go on")
			}
		})
	}
}
