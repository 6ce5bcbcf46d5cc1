package handlers_test

import (
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/sandbox"
	"github.com/consentry/consentry/trial"
)

// registered are the redirect URIs the scene's app has at Microsoft.
func (s scene) registered() []string {
	s.t.Helper()
	env, err := s.store.Environment(s.t.Context(), s.env)
	if err != nil {
		s.t.Fatal(err)
	}
	d, err := s.handlers.NewDirectory(s.adminToken())
	if err != nil {
		s.t.Fatal(err)
	}
	app, err := d.Application(s.t.Context(), env.Result.App.ClientID)
	if err != nil {
		s.t.Fatal(err)
	}
	var out []string
	for _, u := range app.RedirectURIs {
		out = append(out, u.URI)
	}
	return out
}

func (s scene) hasCallback() bool {
	s.t.Helper()
	return slices.Contains(s.registered(), s.base+"/test/callback")
}

func TestTheCallbackIsThereForTheTimeOfTheTest(t *testing.T) {
	s := newScene(t)
	if !s.hasCallback() {
		t.Fatal("it was not added")
	}
	s.b.consent(s.test, "healthy", "user")
	s.b.eventually(s.test, "works")
	until(t, "the callback to be taken away", func() bool { return !s.hasCallback() })
	if got := s.registered(); len(got) != 1 || got[0] != "https://gateway.example.com/integration-callback" {
		t.Errorf("left are %q", got)
	}
}

func TestACallbackThatWasThereBeforeStays(t *testing.T) {
	s := newScene(t)
	s.b.post(s.test+"/no-answer", nil)
	until(t, "the callback to be taken away", func() bool { return !s.hasCallback() })
	s.addByHand()
	test := s.b.prepared(s.path, nil)
	s.b.consent(test, "healthy", "user")
	s.b.eventually(test, "works")
	s.handlers.Wait(t.Context())
	s.sweep()
	if !s.hasCallback() {
		t.Error("the owner's redirect URI was taken away")
	}
}

// addByHand puts the console's callback on the app as an owner would.
func (s scene) addByHand() {
	s.t.Helper()
	env, err := s.store.Environment(s.t.Context(), s.env)
	if err != nil {
		s.t.Fatal(err)
	}
	d, err := s.handlers.NewDirectory(s.adminToken())
	if err != nil {
		s.t.Fatal(err)
	}
	app, err := d.Application(s.t.Context(), env.Result.App.ClientID)
	if err != nil {
		s.t.Fatal(err)
	}
	uris := append(app.RedirectURIs, entra.RedirectURI{URI: s.base + "/test/callback", Platform: entra.Web})
	if _, err := d.Do(s.t.Context(), entra.UpdateApplication{App: app.ID, RedirectURIs: uris}); err != nil {
		s.t.Fatal(err)
	}
}

func TestTwoTestsOfOneAppShareTheCallback(t *testing.T) {
	s := newScene(t)
	second := s.b.prepared(s.path, nil)
	s.b.consent(s.test, "healthy", "user")
	s.b.eventually(s.test, "works")
	s.handlers.Wait(t.Context())
	if !s.hasCallback() {
		t.Fatal("the first took away what the second needs")
	}
	s.b.consent(second, "healthy", "admin")
	s.b.eventually(second, "works")
	until(t, "the callback to be taken away", func() bool { return !s.hasCallback() })
}

func TestATestLeftAloneIsCleanedUp(t *testing.T) {
	s := newScene(t)
	s.b.get(s.test + "/leave")
	s.sweep()
	if !s.hasCallback() {
		t.Fatal("it was taken away while somebody is at Microsoft")
	}
	s.later(6 * time.Minute)
	s.b.get(s.test).want(200, "Nothing came back within five minutes")
	s.sweep()
	if !s.hasCallback() {
		t.Fatal("it was taken away while a late answer would still be taken")
	}
	s.later(6 * time.Minute)
	s.sweep()
	if s.hasCallback() {
		t.Error("it is still there")
	}
	s.b.send("GET", s.test+"/leave", nil).want(409, "This test has ended")
}

func TestALateAnswerIsTaken(t *testing.T) {
	s := newScene(t)
	answer := s.b.answerOf(s.b.get(s.test+"/leave"), "healthy", "user")
	s.b.post(s.test+"/closed", nil).want(200, "window closed")
	s.later(6 * time.Minute)
	s.b.get(answer).want(200, "Microsoft has answered")
	s.b.eventually(s.test, "works")
}

func TestAWindowThatSeemsClosedKeepsTheCallback(t *testing.T) {
	s := newScene(t)
	s.b.get(s.test + "/leave")
	s.b.post(s.test+"/closed", nil)
	s.handlers.Wait(t.Context())
	s.sweep()
	if !s.hasCallback() {
		t.Error("a late answer would fail")
	}
	s.later(11 * time.Minute)
	s.sweep()
	if s.hasCallback() {
		t.Error("it is still there")
	}
}

func TestARestartTakesTheCallbackAwayInTheOwnersName(t *testing.T) {
	s := newScene(t)
	base := s.base
	s.later(11 * time.Minute)
	s.restart()
	s.base = base // where the callback was
	s.sweep()
	if s.hasCallback() {
		t.Error("it is still there")
	}
}

func TestARestartEndsATestThatWasBeingRedeemed(t *testing.T) {
	s := newScene(t)
	tr, err := s.store.Trial(t.Context(), s.id)
	if err != nil {
		t.Fatal(err)
	}
	if tr, err = tr.Answer(); err != nil {
		t.Fatal(err)
	}
	if err := s.store.SaveTrial(t.Context(), tr, "", nil); err != nil {
		t.Fatal(err)
	}
	s.b.get(s.test).want(200, "The console stopped while it redeemed the code", "Start the test again")
}

func TestSomebodyElseCannotFinishOrEndATest(t *testing.T) {
	s := newScene(t)
	answer := s.b.answerOf(s.b.get(s.test+"/leave"), "healthy", "user")
	other := s.browser()
	other.signIn("healthy", "admin")
	other.get(s.test).want(200, "started in another browser")
	for _, step := range []string{"/closed", "/no-answer", "/pasted"} {
		other.send("POST", s.test+step, url.Values{"pasted": {"AADSTS50011"}}).want(404)
	}
	other.send("GET", s.test+"/leave", nil).want(403, "started in another browser")
	mark := s.mark()
	other.send("GET", answer, nil).want(403, "started in another browser")
	if n := s.asked(mark, "POST", "/token"); n != 0 {
		t.Errorf("%d codes were redeemed", n)
	}
	if tr, err := s.store.Trial(t.Context(), s.id); err != nil || tr.State != trial.Waiting {
		t.Errorf("the test is %q, %v", tr.State, err)
	}
	s.b.send("GET", answer, nil).want(400, "used before")
	s.b.consent(s.test, "healthy", "user") // it can be begun again
	s.b.eventually(s.test, "works")
}

func TestAnAnswerThatBelongsToNoTest(t *testing.T) {
	s := newScene(t)
	mark := s.mark()
	for _, query := range []string{"", "?code=x", "?code=x&state=", "?code=x&state=AAAAAAAAAAAAAAAAAAAAAAAAAA", "?error=access_denied&error_description=%3Cscript%3Ealert(1)%3C/script%3E"} {
		p := s.b.send("GET", "/test/callback"+query, nil).want(400, "belongs to no test")
		p.without("<script>alert", "alert(1)")
		if p.header.Get("Referrer-Policy") != "no-referrer" {
			t.Errorf("%s: referrer policy %q", query, p.header.Get("Referrer-Policy"))
		}
	}
	signIn := s.b.answerOf(s.b.get("/sign-in/begin"), "healthy", "admin")
	s.b.send("GET", "/test/callback?"+strings.SplitN(signIn, "?", 2)[1], nil).want(400)
	test := s.b.answerOf(s.b.get(s.test+"/leave"), "healthy", "user")
	s.b.send("GET", "/sign-in/callback?"+strings.SplitN(test, "?", 2)[1], nil).want(400)
	if n := s.asked(mark, "POST", "/token"); n != 0 {
		t.Errorf("%d codes were redeemed at the wrong callback", n)
	}
}

func TestAnAnswerCountsOnce(t *testing.T) {
	s := newScene(t)
	answer := s.b.answerOf(s.b.get(s.test+"/leave"), "healthy", "user")
	mark := s.mark()
	s.b.send("GET", answer, nil)
	s.b.send("GET", answer, nil).want(400, "used before")
	s.b.eventually(s.test, "works")
	if n := s.grants(mark, "authorization_code"); n != 1 {
		t.Errorf("%d codes were redeemed", n)
	}
}

func (c *console) grants(mark int, kind string) (n int) {
	for _, r := range c.since(mark) {
		if r.GrantType == kind {
			n++
		}
	}
	return n
}

func TestAnErrorOnMicrosoftsOwnPageIsPasted(t *testing.T) {
	s := newScene(t)
	s.b.get(s.test + "/leave")
	s.b.submit(s.b.get(s.test), "Explain it", url.Values{"pasted": {"AADSTS50105: not assigned <script>alert(1)</script>"}}).
		want(200, "failed", "AADSTS50105").without("<script>alert")
	until(t, "the callback to be taken away", func() bool { return !s.hasCallback() })
}

func TestARefusalThatPassesByItselfKeepsTheCallback(t *testing.T) {
	s := newScene(t)
	s.b.get(s.test + "/leave")
	s.b.submit(s.b.get(s.test), "Explain it", url.Values{"pasted": {"AADSTS50011: the redirect URI does not match"}}).want(200, "Not yet spread", "Sign in at")
	s.handlers.Wait(t.Context())
	if !s.hasCallback() {
		t.Error("it was taken away, and the next attempt would fail for good")
	}
}

func TestATestWithoutAddingTheCallback(t *testing.T) {
	s := newScene(t)
	s.b.post(s.test+"/no-answer", nil)
	until(t, "the callback to be taken away", func() bool { return !s.hasCallback() })
	signedOut := s.browser()
	form := url.Values{"kind": {"user"}, "where": {"own"}, "scopes": {"openid"}, "secret": {"abc8Q~0123456789012345"}}
	signedOut.post(s.path+"/test", form).want(200, "Sign in at")
	form.Set("add_uri", "no")
	s.b.post(s.path+"/test", form).want(200, "Sign in at")
	if s.hasCallback() {
		t.Error("it was added without asking")
	}
}

func TestACallbackThatCannotBeAddedEndsTheTestInWords(t *testing.T) {
	s := newScene(t)
	s.b.post(s.test+"/no-answer", nil)
	until(t, "the callback to be taken away", func() bool { return !s.hasCallback() })
	b := s.browser()
	b.signIn("healthy", "user")
	secret := url.Values{"secret": {"abc8Q~0123456789012345"}}
	b.submit(b.get(s.path+"/test"), "Prepare the test", secret).want(422, "could not be added to the app", "Choose to add it yourself")
	if past := b.get(s.path + "/test").doc().Find("ul.list-unstyled li").First().Text(); !strings.Contains(past, "failed") {
		t.Errorf("it stands among earlier tests as %q", past)
	}
	other := s.browser()
	other.signIn("admin consent required", "admin")
	other.submit(other.get(s.path+"/test"), "Prepare the test", secret).want(422, "belongs to tenant", "add the redirect URI yourself")
}

func TestALostAnswerToAddingTheCallbackIsCleanedUp(t *testing.T) {
	s := newScene(t)
	s.b.post(s.test+"/no-answer", nil)
	until(t, "the callback to be taken away", func() bool { return !s.hasCallback() })
	s.faults(sandbox.Fault{Service: "graph", Method: "PATCH", Path: "/v1.0/applications/*", Action: sandbox.Action{CommitThenDrop: true}})
	s.b.submit(s.b.get(s.path+"/test"), "Prepare the test", nil).want(422, "could not be added")
	if !s.hasCallback() {
		t.Fatal("the fault did not do what this test is about")
	}
	s.sweep()
	if s.hasCallback() {
		t.Error("it is still there")
	}
}

func TestASecretPastedForATestIsForgottenWithIt(t *testing.T) {
	s := newScene(t)
	secret := s.b.reveal(s.path)
	test := s.b.prepared(s.path, url.Values{"secret": {secret}})
	answer := s.b.answerOf(s.b.get(test+"/leave"), "healthy", "user")
	s.b.get(answer)
	s.b.eventually(test, "works")
	s.b.send("POST", test+"/pasted", url.Values{"pasted": {"AADSTS50011"}}).want(404) // nothing of it is left in the session
}

func TestAKeptSecretGoneMeanwhileEndsTheTestInWords(t *testing.T) {
	s := newScene(t)
	answer := s.b.answerOf(s.b.get(s.test+"/leave"), "healthy", "user")
	if err := s.store.DropSecret(t.Context(), s.secret); err != nil {
		t.Fatal(err)
	}
	s.b.get(answer)
	s.b.get(s.test).want(200, "no longer at hand here", "paste the secret's value")
	until(t, "the callback to be taken away", func() bool { return !s.hasCallback() })
}

func TestRemovingAnAdoptedAppTakesTheCallbackAway(t *testing.T) {
	c := newConsole(t)
	b := c.browser()
	b.signIn("healthy", "admin")
	path := b.environment("paragon", nil)
	found := b.get(path+"/setup/app?search=Paragon+(existing)").want(200, "Paragon (existing)")
	id := found.doc().Find("input[name=adopt]").First().AttrOr("value", "")
	b.submit(found, "Continue", url.Values{"way": {"existing"}, "adopt": {id}}).want(200)
	op := b.post(path+"/apply", nil)
	b.done(op.at.Path)
	s := scene{console: c, b: b, path: path, env: envID(path)}
	b.prepared(path, nil)
	if !s.hasCallback() {
		t.Fatal("it was not added")
	}
	c.later(11 * time.Minute)
	op = b.submit(b.get(path+"/remove"), "Remove", url.Values{"name": {s.name()}})
	b.done(op.at.Path)
	c.handlers.Wait(t.Context())
	if s.hasCallback() {
		t.Error("it is still there")
	}
	if got := s.registered(); !slices.Contains(got, "https://passport.useparagon.com/oauth") {
		t.Errorf("left are %q", got)
	}
}
