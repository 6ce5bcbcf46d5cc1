package handlers_test

import (
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/handlers"
)

func TestASharedConsoleLetsNobodyInWithoutARole(t *testing.T) {
	c := sharedConsole(t)
	for _, somebody := range []struct {
		name, scenario, user string
		says                 []string
	}{
		{"no role", home, aStranger, []string{"no role in this console yet", "Users and groups", "Application Administrator", "this console’s enterprise application"}},
		{"no role in a tenant that knows the console", neighbor, aViewer, []string{"no role in this console yet"}},
	} {
		t.Run(somebody.name, func(t *testing.T) {
			b := c.browser()
			b.enter(somebody.scenario, somebody.user).want(403, somebody.says...)
			if p := b.get("/"); p.at.Path != "/sign-in" {
				t.Errorf("the start page led to %s", p.at)
			}
		})
	}
	for _, p := range c.people() {
		t.Errorf("tokens of %s are kept", p.UPN)
	}
	denied := c.audited("sign-in-denied")
	if len(denied) != 2 || !strings.Contains(denied[0].Detail, "no role") || denied[0].ActorID == "" || denied[0].Result != "denied" {
		t.Errorf("the audit log says %+v", denied)
	}
	if len(c.audited("sign-in")) != 0 {
		t.Error("a sign-in stands in the audit log")
	}
}

func TestATenantThatIsNotOnTheListIsNotLetIn(t *testing.T) {
	c := sharedConsole(t, func(h *handlers.Handlers) {
		h.Shared.Tenants = slices.DeleteFunc(h.Shared.Tenants, func(id entra.TenantID) bool { return id != h.Shared.Tenants[0] })
	})
	b := c.browser()
	b.enter(neighbor, anAdmin).want(403, "not let in to this console")
	if p := b.get("/"); p.at.Path != "/sign-in" || len(c.people()) != 0 {
		t.Errorf("the start page led to %s; %d people are kept", p.at, len(c.people()))
	}
	c.browser().enter(home, anAdmin).want(200)
}

func TestWhoeverRunsTheConsoleNamesTheFirstAdmin(t *testing.T) {
	c := sharedConsole(t)
	other := c.browser()
	other.enter(home, anAdmin)
	who, stranger := c.person(home, anAdmin), c.objectID(home, aStranger)
	c.restartWith(share, func(h *handlers.Handlers) {
		// By tenant and object ID, in any letter case; a name says nothing.
		h.Shared.Admins = []entra.Person{{Tenant: entra.TenantID(strings.ToUpper(string(who.Tenant))), ID: stranger}, {UPN: "user@contoso.sandbox.invalid"}}
	})
	b := c.browser()
	b.enter(home, aStranger).want(200, "Set up an integration")
	b.get("/setup").want(200)
	viewer := c.browser()
	viewer.enter(home, aViewer)
	viewer.get("/setup").want(403, "takes the role admin")
}

func TestTheFirstToComeIsNothingSpecial(t *testing.T) {
	c := sharedConsole(t)
	c.browser().enter(home, aStranger).want(403)
	b := c.browser()
	b.enter(home, aViewer)
	b.get("/setup").want(403, "role viewer", "takes the role admin")
}

func TestWhoIsNotSignedInIsLedToTheSignInAndBack(t *testing.T) {
	s := sharedScene(t)
	b := s.browser()
	p := b.get(s.path + "/setup/app?search=Front")
	if p.at.Path != "/sign-in" {
		t.Fatalf("led to %s", p.at)
	}
	p = b.signInAt(b.get(p.doc().Find(`a[href^="/sign-in/begin"]`).First().AttrOr("href", "")), home, anAdmin)
	if got := p.at.RequestURI(); got != s.path+"/setup/app?search=Front" {
		t.Errorf("led back to %s", got)
	}
}

func TestEachPageAsksMicrosoftForNoMoreThanItTakes(t *testing.T) {
	s := sharedScene(t)
	signIn := "openid profile offline_access"
	read := signIn + " User.Read Application.Read.All DelegatedPermissionGrant.Read.All Policy.Read.All"
	write := read + " Application.ReadWrite.All"
	consent := write + " DelegatedPermissionGrant.ReadWrite.All"

	mark := s.mark()
	viewer := s.browser()
	viewer.enter(home, aViewer)
	for _, page := range []string{"/", s.path, "/runs/" + s.run, "/operations/" + s.operation, "/explain", "/checks"} {
		viewer.get(page).want(200)
	}
	for _, more := range []string{"read", "write", "consent"} {
		viewer.get("/sign-in/begin?for="+more).want(403, "no use for")
	}
	if got := s.asksFor(mark); !slices.Equal(got, []string{signIn}) {
		t.Errorf("a viewer was asked for %q", got)
	}

	mark = s.mark()
	late := s.browser() // whose session is over signs in first
	late.get("/sign-in?for=write&again=1&return=/setup").want(200, "Sign in to Consentry").without("Application.ReadWrite.All")
	late.signInAt(late.get("/sign-in/begin?for=write&again=1&return=/setup"), home, anAdmin).want(200)
	if got := s.asksFor(mark); !slices.Equal(got, []string{signIn}) {
		t.Errorf("somebody who came late was asked for %q", got)
	}

	mark = s.mark()
	support := s.browser()
	support.enter(home, aSupport)
	p := support.get(s.path+"/checks").want(200, "The directory is not read so far")
	p = support.get(p.doc().Find(`main a:contains("Let the checks read it")`).AttrOr("href", "")).want(200, "Let Consentry read your directory")
	support.get(p.doc().Find(`a[href^="/sign-in/begin"]`).AttrOr("href", "")).want(200, "Read the directory as developer@")
	support.get("/sign-in/begin?for=write").want(403, "no use for")
	if got := s.asksFor(mark); !slices.Equal(got, []string{signIn, read}) {
		t.Errorf("support was asked for %q", got)
	}

	mark = s.mark()
	admin := s.browser()
	admin.enter(home, anAdmin)
	p = admin.get(s.path + "/remove")
	if p.at.Path != "/sign-in" || p.at.Query().Get("for") != "" && p.at.Query().Get("for") != "read" {
		// The tokens of the scene still hold, so reading is allowed already.
		p.want(200, "What stops working")
	}
	admin.get("/sign-in/begin?for=write&return=/")
	admin.get("/sign-in/begin?for=consent&return=/")
	got := s.asksFor(mark)
	if len(got) < 2 || got[0] != signIn || got[len(got)-1] != consent {
		t.Errorf("an admin was asked for %q", got)
	}
}

func TestAPlanIsAppliedOnceItIsAllowedAndNotBefore(t *testing.T) {
	c := sharedConsole(t)
	b := c.browser()
	b.enter(home, anAdmin)
	p := b.post("/setup/frontegg", url.Values{"environment": {"incremental"}, "inputs.host": {"gateway.example.com"}})
	p.want(200, "Let Consentry read your directory")
	path := strings.TrimSuffix(p.at.Query().Get("return"), "/setup/tenant")
	p = b.get(p.doc().Find(`a[href^="/sign-in/begin"]`).AttrOr("href", "")).want(200, "What you may do here")
	for p.at.Path != path+"/setup/organization" {
		p = b.submit(p, "Continue", nil).want(200)
	}
	p = b.submit(p, "Continue", url.Values{"organization": {"contoso"}}).want(200, "Review", "Nothing is changed yet")
	allow := p.doc().Find(`main a:contains("Allow the changes at Microsoft")`)
	if p.doc().Find(`button:contains("Apply")`).Length() != 0 || allow.Length() == 0 {
		t.Fatalf("the review offers to apply: %s", p.text())
	}
	mark := c.mark()
	if p := b.post(path+"/apply", nil); p.at.Path != "/sign-in" || p.at.Query().Get("for") != "consent" || p.at.Query().Get("return") != path+"/setup/review" {
		t.Errorf("applying all the same led to %s", p.at)
	}
	if n := c.asked(mark, "POST", "/v1.0/"); n != 0 {
		t.Errorf("%d changes were sent", n)
	}
	p = b.accepts(b.get(allow.AttrOr("href", ""))).want(200, "Review")
	if p.at.Path != path+"/setup/review" {
		t.Errorf("came back to %s", p.at)
	}
	op := b.submit(p, "Apply", nil)
	b.done(op.at.Path)
}

func TestWhoDeclinesAtMicrosoftChangesNothing(t *testing.T) {
	c := sharedConsole(t)
	b := c.browser()
	b.enter(home, anAdmin)
	// The first consent of this person may have been given in another test.
	p := b.get("/sign-in/begin?for=consent&return=/setup")
	state := p.at.Query().Get("state")
	if p.doc().Find("button:contains('Cancel')").Length() == 0 {
		begun := b.send("GET", "/sign-in/begin?for=consent&return=/setup", nil)
		to, err := url.Parse(begun.location)
		if err != nil {
			t.Fatal(err)
		}
		state = to.Query().Get("state")
		p = b.get("/sign-in/callback?" + url.Values{"state": {state}, "error": {"access_denied"}, "error_description": {"AADSTS65004: declined"}}.Encode())
	} else {
		p = b.submit(p, "Cancel", nil)
	}
	p.want(200, "declined")
	b.get("/").want(200)
	if got := b.send("GET", "/sign-in/callback?state="+state+"&code=x", nil); got.status != 400 {
		t.Errorf("the state is still good: %d", got.status)
	}
}

func TestWhatCannotBeTakenBackTakesARecentSignIn(t *testing.T) {
	s := sharedScene(t)
	recents := 0
	for _, r := range s.handlers.Table() {
		if r.Recent {
			recents++
		}
	}
	if recents < 5 {
		t.Fatalf("only %d routes ask for a recent sign-in", recents)
	}
	s.later(16 * time.Minute)
	before, mark := s.dump(), s.mark()
	for _, r := range s.handlers.Table() {
		if !r.Recent {
			continue
		}
		p := s.b.post(s.address(r.Path), url.Values{"name": {"x"}})
		if p.at.Path != "/sign-in" || p.at.Query().Get("again") == "" {
			t.Errorf("POST %s led to %s: %d", r.Path, p.at, p.status)
		}
	}
	if s.asked(mark, "POST", "/v1.0/")+s.asked(mark, "DELETE", "/v1.0/") != 0 || withoutTokens(s.dump()) != withoutTokens(before) {
		t.Error("something was changed all the same")
	}
	p := s.b.get(s.path+"/remove").want(200, "Confirm that it is you")
	cookie := s.b.cookie()
	p = s.b.get(p.doc().Find(`main a:contains("Confirm that it is you")`).AttrOr("href", ""))
	if p.doc().Find("input[name=passwd]").Length() == 0 {
		t.Fatalf("Microsoft does not ask for the password: %s", p.short())
	}
	s.later(-16 * time.Minute) // the cloud has no part in the passing of time
	s.b.submit(p, "Sign in", url.Values{"passwd": {s.password(home, anAdmin)}}).want(200, "What stops working", "Type "+s.name()+" to remove it")
	if s.b.cookie() == cookie {
		t.Error("the session kept its id")
	}
	s.b.post(s.path+"/apply", nil).want(200)
}

// withoutTokens leaves the tokens out, which are renewed whoever looks.
func withoutTokens(dump string) string {
	var out []string
	for line := range strings.Lines(dump) {
		if !strings.HasPrefix(line, "operators ") { // tokens are renewed on the way
			out = append(out, line)
		}
	}
	return strings.Join(out, "")
}
