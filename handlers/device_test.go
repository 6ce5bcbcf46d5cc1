package handlers_test

import (
	"encoding/json"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/handlers"
	"github.com/consentry/consentry/sandbox"
)

// withDevice is a console for a machine without a browser.
func withDevice(h *handlers.Handlers) {
	h.Browser = nil
	h.Device = &handlers.DeviceSignIn{ClientID: entra.ClientID(sandbox.ConsoleClientID), Name: "Consentry", Tenant: "organizations"}
}

// code begins a sign-in with a code and gives its page, and the page's own
// address.
func (b *browser) code(form url.Values) (page, string) {
	b.t.Helper()
	p := b.post("/sign-in/device", form).want(200, "Type this code only because you began this sign-in")
	return p, p.at.Path
}

// poll is what the page's script does; again is the seconds to wait, to where
// it leads.
func (b *browser) poll(path string) (again int, to string) {
	b.t.Helper()
	p := b.send(http.MethodPost, path, url.Values{}, "Accept", "application/json")
	var answer struct {
		Again int    `json:"again"`
		Go    string `json:"go"`
	}
	if err := json.Unmarshal([]byte(p.body), &answer); err != nil || p.status != http.StatusOK {
		b.t.Fatalf("%d %s", p.status, p.body)
	}
	return answer.Again, answer.Go
}

// session is the cookie that the browser has.
func (b *browser) session() string {
	at, err := url.Parse(b.c.base)
	if err != nil {
		b.t.Fatal(err)
	}
	var values []string
	for _, cookie := range b.jar.Cookies(at) {
		values = append(values, cookie.Value)
	}
	return strings.Join(values, " ")
}

// account is one of the sandbox's people with their password.
func (c *console) account(scenario, name string) sandbox.ReadyUser {
	c.t.Helper()
	for _, u := range c.tenant(scenario).Users {
		if strings.HasPrefix(u.UserPrincipalName, name+"@") {
			return u
		}
	}
	c.t.Fatalf("nobody is called %s", name)
	return sandbox.ReadyUser{}
}

// typeCode is what the person does in a browser of their own.
func (c *console) typeCode(p page, scenario, name, action string) {
	c.t.Helper()
	user, address, code := c.account(scenario, name), p.doc().Find("p.h2 a").AttrOr("href", ""), p.doc().Find("#user-code").Text()
	jar, err := cookiejar.New(nil)
	if err != nil {
		c.t.Fatal(err)
	}
	browser := &http.Client{Jar: jar, Transport: c.transport}
	resp, err := browser.Get(address)
	for range 5 {
		if err != nil {
			c.t.Fatal(err)
		}
		doc, err := goquery.NewDocumentFromReader(resp.Body)
		resp.Body.Close()
		if err != nil {
			c.t.Fatal(err)
		}
		if text := doc.Find("main").Text(); strings.Contains(text, "You may now close this window") {
			return
		}
		values := url.Values{"otc": {code}, "loginfmt": {user.UserPrincipalName}, "passwd": {user.Password}}
		for _, name := range []string{"flowToken", "step"} {
			if value, ok := doc.Find("input[name=" + name + "]").Attr("value"); ok {
				values.Set(name, value)
			}
		}
		if values.Get("step") == "decision" {
			values.Set("action", action)
		}
		form, _ := doc.Find("form").Attr("action")
		if resp, err = browser.PostForm(form, values); err != nil {
			c.t.Fatal(err)
		}
	}
	c.t.Fatal("the pages of the device sign-in do not end")
}

func TestAPersonSignsInWithACode(t *testing.T) {
	c := newConsole(t, withDevice)
	b := c.browser()
	b.get("/sign-in?return=/diagnose").want(200, "Get a code", sandbox.ConsoleClientID, "Application.Read.All")
	p, path := b.code(url.Values{"return": {"/diagnose"}})
	if strings.Contains(p.body, "eyJ") || p.header.Get("Cache-Control") != "no-store" {
		t.Errorf("page: %s", p.header)
	}
	mark := c.mark()
	if again, to := b.poll(path); to != "" || again < 1 || c.asked(mark, "POST", "/oauth2/v2.0/token") != 0 {
		t.Errorf("too early: again in %d s, to %q, asked %d times", again, to, c.asked(mark, "POST", "/oauth2/v2.0/token"))
	}
	c.later(6 * time.Second)
	if again, to := b.poll(path); to != "" || again != 5 || c.asked(mark, "POST", "/oauth2/v2.0/token") != 1 {
		t.Errorf("nobody yet: again in %d s, to %q, asked %d times", again, to, c.asked(mark, "POST", "/oauth2/v2.0/token"))
	}
	b.post(path, nil).want(200, "Nobody has finished this sign-in yet")
	c.typeCode(p, "healthy", "developer", "accept")
	c.later(6 * time.Second)
	before := b.session()
	if _, to := b.poll(path); to != "/diagnose" {
		t.Errorf("led to %q", to)
	}
	if b.session() == before {
		t.Error("the session kept its id")
	}
	if !b.signedIn() {
		t.Error("nobody is signed in")
	}
	b.get(path).want(404)
}

// The service decides how often it is asked: after slow_down five seconds
// later than before.
func TestTheConsoleSlowsDownWhenItIsTold(t *testing.T) {
	c := newConsole(t, withDevice)
	b := c.browser()
	_, path := b.code(nil)
	c.faults(sandbox.Fault{Service: "login", Path: "/*/oauth2/v2.0/token", Nth: 1, Times: 1,
		Action: sandbox.Action{Status: 400, Body: json.RawMessage(`{"error":"slow_down","error_description":"AADSTS90000: slower"}`)}})
	mark := c.mark()
	c.later(6 * time.Second)
	if again, _ := b.poll(path); again != 10 {
		t.Errorf("again in %d s", again)
	}
	c.later(9 * time.Second)
	if again, _ := b.poll(path); again != 1 || c.asked(mark, "POST", "/oauth2/v2.0/token") != 1 {
		t.Errorf("after 9 s: again in %d s, asked %d times", again, c.asked(mark, "POST", "/oauth2/v2.0/token"))
	}
	c.later(time.Second)
	if again, _ := b.poll(path); again != 10 || c.asked(mark, "POST", "/oauth2/v2.0/token") != 2 {
		t.Errorf("after 10 s: again in %d s, asked %d times", again, c.asked(mark, "POST", "/oauth2/v2.0/token"))
	}
}

func TestACodeIsOneBrowsersOwn(t *testing.T) {
	c := newConsole(t, withDevice)
	b, other := c.browser(), c.browser()
	p, path := b.code(nil)
	other.get(path).want(404)
	other.post(path, nil).want(404)
	c.typeCode(p, "healthy", "admin", "accept")
	c.later(6 * time.Second)
	if other.post(path, nil).want(404); other.signedIn() {
		t.Error("the other browser is signed in")
	}
	if _, to := b.poll(path); to != "/" || !b.signedIn() {
		t.Errorf("led to %q", to)
	}
}

func TestACodeThatComesToNothing(t *testing.T) {
	c := newConsole(t, withDevice)
	b := c.browser()
	p, path := b.code(url.Values{"return": {"/diagnose"}})
	c.typeCode(p, "healthy", "user", "cancel")
	c.later(6 * time.Second)
	b.post(path, nil).want(200, "turned down", "Get a code")
	_, path = b.code(nil)
	c.later(16 * time.Minute)
	b.post(path, nil).want(200, "not used in time")
	b.get(path).want(404)
	if b.signedIn() {
		t.Error("somebody is signed in")
	}
	c.faults(sandbox.Fault{Service: "login", Path: "/*/oauth2/v2.0/devicecode", Times: 1000,
		Action: sandbox.Action{Status: 400, Body: json.RawMessage(`{"error":"unauthorized_client","error_description":"AADSTS700016: <b>CANARY</b>"}`)}})
	b.post("/sign-in/device", nil).want(502, "gave no code").without("<b>CANARY")
}

// A further permission takes a further code, and what was allowed stays.
func TestMoreIsAllowedWithAnotherCode(t *testing.T) {
	c := newConsole(t, withDevice)
	b := c.browser()
	p, path := b.code(nil)
	c.typeCode(p, "healthy", "admin", "accept")
	c.later(6 * time.Second)
	b.poll(path)
	more := b.get("/sign-in/begin?for=write&return=/diagnose").want(200, "Allow the changes at Microsoft", "Application.ReadWrite.All", "Get a code")
	form := more.doc().Find("form[action='/sign-in/device']")
	p, path = b.code(url.Values{"for": {form.Find("input[name=for]").AttrOr("value", "")}, "return": {form.Find("input[name=return]").AttrOr("value", "")}})
	c.typeCode(p, "healthy", "admin", "accept")
	c.later(6 * time.Second)
	if _, to := b.poll(path); to != "/diagnose" {
		t.Errorf("led to %q", to)
	}
	tokens := c.tokens(c.person("healthy", "admin"))
	if !tokens.Allow([]string{"https://graph.microsoft.com/Application.ReadWrite.All", "https://graph.microsoft.com/Policy.Read.All"}) || tokens.Client != sandbox.ConsoleClientID {
		t.Errorf("asked %q, client %s", tokens.Asked, tokens.Client)
	}
}

func TestASharedConsoleKnowsNoCodesAndNoIdentityOfItsMachine(t *testing.T) {
	c := newConsole(t, withDevice, func(h *handlers.Handlers) {
		h.Shared = &handlers.Shared{}
		h.Ambient = &handlers.Ambient{Kind: handlers.AzureCLI}
	})
	b := c.browser()
	if p := b.get("/sign-in").want(200); strings.Contains(p.body, "Get a code") || strings.Contains(p.body, "See who that is") {
		t.Error("they are offered")
	}
	b.post("/sign-in/device", nil).want(404)
	b.post("/sign-in/identity", nil).want(404)
	b.post("/sign-in/identity/use", nil).want(404)
}

// Tokens of one app registration are not another's, whoever they are for.
func TestTokensOfAnotherRegistrationAreNotUsed(t *testing.T) {
	c := newConsole(t)
	b := c.browser()
	b.signIn("healthy", "admin")
	c.restartWith(func(h *handlers.Handlers) { h.Browser.ClientID = "11111111-2222-3333-4444-555555555555" })
	mark := c.mark()
	if p := b.get("/diagnose"); !strings.Contains(p.body, "/sign-in") {
		t.Errorf("page %s", p.text())
	}
	for _, r := range c.since(mark) {
		t.Errorf("%s %s was asked with them", r.Method, r.Path)
	}
}
