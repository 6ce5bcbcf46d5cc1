package handlers_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/consentry/consentry/sandbox"
	"github.com/consentry/consentry/store"
)

// asks is the form as a person fills it in who knows the integration.
func asks(tenant sandbox.ReadyTenant) url.Values {
	c := tenant.Connection
	return url.Values{
		"sent": {"yes"}, "read": {"yes"}, "integration": {c.Integration}, "client": {c.ClientID}, "tenant": {c.Tenant}, "redirect_uri": {c.RedirectURIs[0]},
		"scopes": {strings.Join(c.Scopes, " ")}, "organization": {c.Organization}, "project": {c.Project}, "secret": {c.ClientSecret},
	}
}

// checked runs the checks and gives the page of the run when it is done.
func (b *browser) checked(form url.Values) page {
	b.t.Helper()
	return b.ended(b.post("/diagnose", form).want(200).at.Path)
}

// ended waits until a run is done.
func (b *browser) ended(path string) page {
	b.t.Helper()
	id := strings.TrimPrefix(path, "/runs/")
	until(b.t, "the end of "+path, func() bool {
		run, err := b.c.store.Run(b.t.Context(), id)
		if err != nil {
			b.t.Fatalf("%s: %v", path, err)
		}
		return run.State == store.RunDone
	})
	return b.get(path).want(200)
}

func (b *browser) run(p page) store.Run {
	b.t.Helper()
	run, err := b.c.store.Run(b.t.Context(), strings.TrimPrefix(p.at.Path, "/runs/"))
	if err != nil {
		b.t.Fatal(err)
	}
	return run
}

// rootIDs are the failed checks on a page, in its order.
func (p page) rootIDs() []string {
	var out []string
	for _, id := range []string{"wrong", "advice"} {
		for _, n := range p.doc().Find(`section[aria-labelledby="` + id + `"] li.plan-row[id^="check-"]`).EachIter() {
			out = append(out, strings.TrimPrefix(n.AttrOr("id", ""), "check-"))
		}
	}
	return out
}

func TestChecksWithoutSigningIn(t *testing.T) {
	c := newConsole(t)
	b := c.browser()
	b.get("/diagnose").want(200, "Nobody is signed in", "Client ID")
	form := asks(c.tenant("healthy"))
	form.Set("redirect_uri", form.Get("redirect_uri")+"/wrong")
	p := b.checked(form)
	p.want(200, "Sign in to learn more", "Not known").without(form.Get("secret"))
	if got := p.rootIDs(); len(got) == 0 || got[0] != "sign-in-accepted" {
		t.Errorf("the roots are %v: %s", got, p.text())
	}
	run := b.run(p)
	if run.Owner.ID != "" || run.Verdict != "wrong" || !run.Facts.SecretTrial.Known() || run.Facts.Application.Known() {
		t.Errorf("the run is %+v", run)
	}
	if dump := c.dump(); strings.Contains(dump, form.Get("secret")) {
		t.Error("the secret is in the database")
	}
	b.get("/diagnose").want(200, "Earlier runs")
}

func TestAnEmptyFormIsAskedForMore(t *testing.T) {
	b := newConsole(t).browser()
	b.post("/diagnose", url.Values{"sent": {"yes"}}).want(422, "There is nothing to check yet")
	b.post("/diagnose", url.Values{"sent": {"yes"}, "integration": {"cyclr"}}).want(422, "There is nothing to check yet")
	long := strings.Repeat("x", 5000)
	b.post("/diagnose", url.Values{"sent": {"yes"}, "client": {long}}).want(422, "too long")
}

func TestTheFormIsFilledFromItsAddress(t *testing.T) {
	b := newConsole(t).browser()
	p := b.get("/diagnose?client=c&tenant=t&redirect_uri=https://x/cb&scopes=a+b&organization=o&project=p&integration=cyclr&endpoint=https://e")
	for name, want := range map[string]string{"client": "c", "tenant": "t", "redirect_uri": "https://x/cb", "scopes": "a b", "organization": "o", "project": "p", "integration": "cyclr", "endpoint": "https://e"} {
		if got := p.field(name); got != want {
			t.Errorf("%s is %q", name, got)
		}
	}
}

func TestSignedInTheDirectoryIsReadAndRootsComeFirst(t *testing.T) {
	c := newConsole(t)
	b := c.browser()
	b.signIn("healthy", "admin")
	form := asks(c.tenant("healthy"))
	form.Set("redirect_uri", form.Get("redirect_uri")+"/wrong")
	p := b.checked(form).want(200, "Consents", "Client secrets", "In the token", "Make a test consent", "See what this fixes")
	if got := p.rootIDs(); len(got) == 0 || got[0] != "redirect-uri-registered" {
		t.Errorf("the roots are %v", got)
	}
	p.without("Sign in to learn more")
	b.signIn("scope mismatch", "admin")
	p = b.checked(asks(c.tenant("scope mismatch"))).want(200, "follow from this")
	if p.doc().Find(`#check-scopes-known details.follows #check-permissions-declared`).Length() != 1 {
		t.Errorf("what follows is not folded under its cause: %s", p.text())
	}
	if run := b.run(p); run.Owner.UPN == "" || !run.Facts.Application.Known() {
		t.Errorf("the run is %+v", run.Owner)
	}
}

// Who does not want the directory read is not read for.
func TestReadingTheDirectoryIsAChoice(t *testing.T) {
	c := newConsole(t)
	b := c.browser()
	b.signIn("healthy", "admin")
	form := asks(c.tenant("healthy"))
	form.Del("read")
	mark := c.mark()
	p := b.checked(form)
	if n := c.asked(mark, "GET", "/v1.0/"); n != 0 {
		t.Errorf("Graph was asked %d times", n)
	}
	p.want(200, "You are signed in now")
	again := b.ended(b.submit(p, "Run again", nil).at.Path)
	if run := b.run(again); !run.Facts.Application.Known() || run.Facts.Given.ClientID != form.Get("client") {
		t.Errorf("again: %+v", run.Facts.Given)
	}
}

func TestAnEnvironmentsChecksAreFilledInAndUseItsSecret(t *testing.T) {
	c := newConsole(t)
	b := c.browser()
	b.signIn("healthy", "admin")
	path := b.connected()
	p := b.get(path+"/checks").want(200, "Everything the environment says is filled in", "Try the client secret made here")
	p = b.ended(b.submit(p, "Run the checks", nil).at.Path)
	run := b.run(p)
	if run.Environment != strings.TrimPrefix(path, "/environments/") || !run.Facts.SecretTrial.Known() || !run.Facts.Application.Known() {
		t.Errorf("the run is %+v: %+v", run.Environment, run.Facts.SecretTrial)
	}
	for _, root := range p.rootIDs() {
		for _, blocks := range []string{"registration-exists", "redirect-uri-registered", "secret-accepted", "consent-present"} {
			if root == blocks {
				t.Errorf("%s failed on what was just set up: %s", root, p.text())
			}
		}
	}
	b.get(path).want(200, "Checks", run.Sentence)
	secret := b.reveal(path)
	if strings.Contains(p.body, secret) || strings.Contains(c.dump(), secret) {
		t.Error("the run holds the secret")
	}
	other := c.browser()
	other.signIn("user consent off", "admin")
	other.get(path+"/checks").want(200, "signed in to another tenant")
}

// A held service keeps its checks waiting, and the page says for what.
func TestARunGrowsOnItsPageAndInItsStream(t *testing.T) {
	c := newConsole(t)
	b := c.browser()
	b.signIn("healthy", "admin")
	c.faults(held("GET", "/v1.0/applications*"))
	path := b.send("POST", "/diagnose", asks(c.tenant("healthy"))).location
	path = strings.TrimPrefix(path, c.base)
	p := b.eventually(path, "Waiting for the app registration")
	p.want(200, "under way", "decided", "Look again")
	if !strings.Contains(p.body, `<noscript><meta http-equiv="refresh"`) {
		t.Error("without script the page does not load itself again")
	}
	if p.doc().Find(`#check-client-id-well-formed`).Length() != 1 {
		t.Error("the check of the client ID is not there yet")
	}
	c.later(4 * time.Second)
	b.get(path).want(200, "which takes long: ")
	if err := c.box.SetFaults(); err != nil {
		t.Fatal(err)
	}
	b.ended(path)
	if events := b.send("GET", path+"/events", nil); !strings.Contains(events.body, "event: go\ndata: "+path) {
		t.Errorf("the stream of a run that is done: %q", events.body)
	}
}

func TestARunThatWasCutOffSaysSo(t *testing.T) {
	c := newConsole(t)
	run, err := c.store.StartRun(t.Context(), store.Run{})
	if err != nil {
		t.Fatal(err)
	}
	b := c.browser()
	b.get("/runs/"+run.ID).want(200, "The console stopped while the checks were under way", "Run again")
	b.get("/diagnose").want(200, "cut off")
	b.send("GET", "/runs/"+run.ID+"/report", nil).want(409, "not done")
	b.send("GET", "/runs/"+run.ID+"/fix?give=secret", nil).want(409, "not done")
}

func TestRunsAreSweptWhenTheirTimeIsOver(t *testing.T) {
	c := newConsole(t)
	b := c.browser()
	p := b.checked(asks(c.tenant("healthy")))
	c.later(91 * 24 * time.Hour)
	b.send("GET", p.at.Path, nil).want(404)
	c.sweep()
	if strings.Contains(c.dump(), strings.TrimPrefix(p.at.Path, "/runs/")) {
		t.Error("it is still in the database")
	}
}

func TestATestConsentIsCheckedWithItsToken(t *testing.T) {
	c := newConsole(t)
	b := c.browser()
	b.signIn("healthy", "admin")
	path := b.connected()
	test := b.prepared(path, nil)
	b.consent(test, "healthy", "user")
	p := b.eventually(test, "Every check, with this token")
	run := b.ended(strings.TrimPrefix(p.doc().Find(`a:contains("Every check, with this token")`).AttrOr("href", ""), c.base))
	if got := b.run(run); !got.Facts.Token.Known() || !got.Facts.Connection.Known() || got.Trial == "" || got.Environment == "" {
		t.Errorf("token %v, connection %v, %+v", got.Facts.Token.Known(), got.Facts.Connection.Known(), got.Environment)
	}
}
