package handlers_test

import (
	"context"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"github.com/consentry/consentry/checks"
	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/handlers"
	"github.com/consentry/consentry/sandbox"
	"github.com/consentry/consentry/setup"
	"github.com/consentry/consentry/store"
)

// mended runs the checks as somebody, takes the way from the check's finding
// to its fix, confirms, and gives the page of what became of it.
func (b *browser) mended(run page, check string) page {
	b.t.Helper()
	return b.confirmed(b.preview(run, check))
}

// preview opens what a finding's fix would do.
func (b *browser) preview(run page, check string) page {
	b.t.Helper()
	href := run.doc().Find(`#check-`+check+` a:contains("See what this fixes")`).First().AttrOr("href", "")
	if href == "" {
		b.t.Fatalf("no fix is offered for %s: %s", check, run.text())
	}
	return b.get(href).want(200, "Before anything is written", "The exact request")
}

func (b *browser) confirmed(preview page) page {
	b.t.Helper()
	return b.ended(b.submit(preview, "Make this change", nil).want(200).at.Path)
}

// altered puts a tenant back as it was when the test ends.
func (c *console) altered(scenario string) {
	c.t.Helper()
	c.t.Cleanup(func() {
		if err := c.box.Reset(c.tenant(scenario).ID); err != nil {
			c.t.Error(err)
		}
	})
}

// quickly waits for nothing.
func quickly(h *handlers.Handlers) {
	h.Sleep = func(ctx context.Context, _ time.Duration) error { return ctx.Err() }
}

// turned is what the page says about each check that the change turned.
func (p page) turned() map[string]string {
	out := map[string]string{}
	p.doc().Find(`li[id^="turn-"]`).Each(func(_ int, li *goquery.Selection) {
		out[strings.TrimPrefix(li.AttrOr("id", ""), "turn-")] = strings.TrimSpace(li.Find(".row-head .badge").Text())
	})
	return out
}

func wantAsForeseen(t *testing.T, p page, check string) {
	t.Helper()
	p.want(200, "the checks came out as the preview said")
	if got := p.turned()[check]; got != "as foreseen" {
		t.Errorf("%s is %q among %v: %s", check, got, p.turned(), p.text())
	}
}

func TestAMissingRedirectURIIsAddedAsThePreviewSaid(t *testing.T) {
	c := newConsole(t)
	b := c.browser()
	b.signIn("healthy", "admin")
	form := asks(c.tenant("healthy"))
	wrong := "https://passport.useparagon.com/oauth/" + strings.ToLower(t.Name())
	form.Set("redirect_uri", wrong)
	run := b.checked(form)
	mark := c.mark()
	preview := b.preview(run, "redirect-uri-registered").want(200, "turn green", "PATCH /v1.0/applications/", wrong, "becomes one of your environments")
	if n := c.asked(mark, "PATCH", "/"); n != 0 {
		t.Fatal("something was written before it was confirmed")
	}
	done := b.confirmed(preview)
	wantAsForeseen(t, done, "redirect-uri-registered")
	if n := c.asked(mark, "PATCH", "/v1.0/applications/"); n != 1 {
		t.Errorf("%d requests were sent", n)
	}
	// What the change cannot alter is not asked for again.
	if n := c.asked(mark, "GET", "/_apis/"); n != 0 {
		t.Errorf("Azure DevOps was asked %d times", n)
	}
	got := b.run(done)
	entries, err := c.store.Entries(t.Context(), got.Fix.Operation)
	if err != nil || len(entries) != 1 || entries[0].State != "done" || entries[0].Request.Method != "PATCH" || entries[0].RequestID == "" {
		t.Errorf("the journal has %+v, %v", entries, err)
	}
	env, err := c.store.Environment(t.Context(), got.Environment)
	if err != nil || env.State != store.Watched || env.Result == nil || len(env.Result.App.RedirectURIs) < 2 {
		t.Errorf("the environment is %+v, %v", env, err)
	}
	b.get("/environments/"+env.ID).want(200, "checked and mended here", "Fix: ", "Run the checks")
	b.get("/operations/"+got.Fix.Operation).want(200, "Fix", "done")
	// The next fix of the same app belongs to the same environment.
	form.Set("redirect_uri", wrong+"/2")
	if again := b.run(b.mended(b.checked(form), "redirect-uri-registered")); again.Environment != env.ID {
		t.Errorf("a second environment was made: %s", again.Environment)
	}
}

func TestFixesNeedSomebodyOfTheTenant(t *testing.T) {
	c := newConsole(t)
	b := c.browser()
	b.signIn("healthy", "admin")
	form := asks(c.tenant("healthy"))
	form.Set("redirect_uri", "https://passport.useparagon.com/oauth/nobody")
	run := b.checked(form)
	preview := b.preview(run, "redirect-uri-registered")
	values := formValues(preview.doc().Find("form[action$='/fix']"))

	nobody := c.browser()
	nobody.get(preview.at.RequestURI()).want(200, "Sign in with an account that may do it").without("Make this change")
	if p := nobody.post(run.at.Path+"/fix", values); p.at.Path != "/sign-in" || !strings.HasPrefix(p.at.Query().Get("return"), run.at.Path+"/fix?") {
		t.Errorf("nobody was led to %s", p.at)
	}
	foreign := c.browser()
	foreign.signIn("user consent off", "admin")
	foreign.get(preview.at.RequestURI()).want(200, "you are signed in to").without("Make this change")
	foreign.post(run.at.Path+"/fix", values).want(409, "Sign in with an account of that tenant")

	mark := c.mark()
	values.Set("digest", "0")
	b.post(run.at.Path+"/fix", values).want(409, "not what was shown")
	b.send("GET", run.at.Path+"/fix?check=redirect-uri-registered&finding=7", nil).want(404)
	b.send("GET", run.at.Path+"/fix?revoke=nothing", nil).want(404)
	c.later(2 * time.Hour)
	b.get(preview.at.RequestURI()).want(200, "more than an hour old", "Run the checks again")
	if n := c.asked(mark, "PATCH", "/"); n != 0 {
		t.Errorf("%d requests were sent", n)
	}
}

func TestARefusalIsExplainedAndNothingIsSaidToBeMended(t *testing.T) {
	c := newConsole(t)
	b := c.browser()
	b.signIn("healthy", "user")
	form := asks(c.tenant("healthy"))
	form.Set("redirect_uri", "https://passport.useparagon.com/oauth/refused")
	done := b.mended(b.checked(form), "redirect-uri-registered")
	done.want(200, "The change was refused; nothing was written", "403", "request ID")
	if run := b.run(done); run.Fix.State != "failed" || !hasFailed(run, "redirect-uri-registered") {
		t.Errorf("the run is %+v", run.Fix)
	}
}

func hasFailed(run store.Run, check string) bool {
	for _, r := range run.Results {
		if r.ID == check {
			return r.Outcome == checks.Failed
		}
	}
	return false
}

// Two people add a redirect URI to the same list: the second must not undo
// what the first did since the checks were made.
func TestAChangeBuiltOnWhatIsNoLongerSoIsNotWritten(t *testing.T) {
	c := newConsole(t)
	b := c.browser()
	b.signIn("healthy", "admin")
	form := asks(c.tenant("healthy"))
	form.Set("redirect_uri", "https://passport.useparagon.com/oauth/slow")
	slow := b.preview(b.checked(form), "redirect-uri-registered")
	form.Set("redirect_uri", "https://passport.useparagon.com/oauth/quick")
	b.mended(b.checked(form), "redirect-uri-registered")
	mark := c.mark()
	b.confirmed(slow).want(200, "Somebody changed this in the directory", "nothing was written")
	if n := c.asked(mark, "PATCH", "/"); n != 0 {
		t.Errorf("%d requests were sent", n)
	}
}

func TestConsentIsGivenExtendedAndRevoked(t *testing.T) {
	c := newConsole(t)
	c.altered("admin consent required")
	b := c.browser()
	b.signIn("admin consent required", "admin")
	form := asks(c.tenant("admin consent required"))
	run := b.checked(form)
	done := b.mended(run, "consent-present")
	wantAsForeseen(t, done, "consent-present")
	done.want(200, "For everybody in the tenant")

	revoke := done.doc().Find(`a:contains("Revoke")`).FilterFunction(func(_ int, a *goquery.Selection) bool {
		return strings.Contains(a.Text(), "everybody") && strings.Contains(a.Text(), "Azure DevOps")
	}).AttrOr("href", "")
	preview := b.get(revoke).want(200, "Revoke the consent for everybody in the tenant", "DELETE /v1.0/oauth2PermissionGrants/", "What stops working")
	gone := b.confirmed(preview)
	if got := b.run(gone); !hasFailed(got, "consent-present") {
		t.Errorf("the consent is still there: %s", gone.text())
	}
	if got := gone.turned()["consent-present"]; got != "as foreseen" {
		t.Errorf("revoking: %v", gone.turned())
	}
	all := gone.doc().Find(`a:contains("Consent for the whole tenant")`).AttrOr("href", "")
	b.confirmed(b.get(all)).want(200, "For everybody in the tenant")
}

func TestAnExpiredSecretIsRotatedAndShownOnce(t *testing.T) {
	c := newConsole(t)
	c.altered("expired secret")
	b := c.browser()
	b.signIn("expired secret", "admin")
	form := asks(c.tenant("expired secret"))
	done := b.mended(b.checked(form), "secret-present")
	done.want(200, "The new client secret waits for you")
	run := b.run(done)
	if run.Fix.State != "done" || hasFailed(run, "secret-accepted") || hasFailed(run, "secret-present") {
		t.Errorf("the new secret is not in force: %s", done.text())
	}
	for id, words := range done.turned() {
		if words == "different" {
			t.Errorf("%s came out different: %s", id, done.text())
		}
	}
	path := "/environments/" + run.Environment
	env, err := c.store.Environment(t.Context(), run.Environment)
	if err != nil {
		t.Fatal(err)
	}
	if _, ours := entra.IsOurSecret(env.Result.Secret.Name, env.Name); !ours {
		t.Errorf("later clean-ups do not know the secret %q as one of ours", env.Result.Secret.Name)
	}
	secret := b.reveal(path)
	if len(secret) < 30 || strings.Contains(done.body, secret) || strings.Contains(c.dump(), secret) {
		t.Error("the secret is not shown once, in its own place")
	}
	// The old one is cleaned up.
	old := done.doc().Find(`section[aria-labelledby=secrets] li:contains("expired") a:contains("Remove")`).First().AttrOr("href", "")
	preview := b.get(old).want(200, "Remove this client secret", "/removePassword")
	after := b.confirmed(preview)
	if got := len(b.run(after).Facts.Application.Get().Secrets); got != len(run.Facts.Application.Get().Secrets)-1 {
		t.Errorf("%d secrets are left", got)
	}
}

// What the preview did not say is said afterwards.
func TestADifferenceFromThePreviewIsShown(t *testing.T) {
	c := newConsole(t, quickly)
	b := c.browser()
	b.signIn("healthy", "admin")
	form := asks(c.tenant("healthy"))
	form.Set("redirect_uri", "https://passport.useparagon.com/oauth/lost")
	preview := b.preview(b.checked(form), "redirect-uri-registered")
	// The answer says yes, and nothing is changed.
	c.faults(sandbox.Fault{Service: "graph", Method: "PATCH", Path: "/v1.0/applications/*", Times: 1, Action: sandbox.Action{Status: 204}})
	done := b.confirmed(preview)
	if got := done.turned()["redirect-uri-registered"]; got != "different" {
		t.Errorf("it is %q: %s", got, done.text())
	}
	done.want(200, "written, with a difference")
}

func TestASecondChangeWaitsForTheFirst(t *testing.T) {
	c := newConsole(t)
	b := c.browser()
	b.signIn("healthy", "admin")
	path := b.connected()
	run := b.ended(b.submit(b.get(path+"/checks"), "Run the checks", nil).at.Path)
	href := run.doc().Find(`a:contains("Make a new secret")`).AttrOr("href", "")
	preview := b.get(href).want(200, "addPassword")
	if _, err := c.store.StartOperation(t.Context(), envID(path), store.SetupOperation, c.person("healthy", "admin"), setup.Plan{}); err != nil {
		t.Fatal(err)
	}
	b.submit(preview, "Make this change", url.Values{}).want(409, "Something else is under way")
}

// A secret made for a set-up environment is known to its setup as one of ours.
func TestANewSecretOfAnEnvironmentIsOneOfOurs(t *testing.T) {
	c := newConsole(t)
	b := c.browser()
	b.signIn("healthy", "admin")
	path := b.connected()
	run := b.ended(b.submit(b.get(path+"/checks"), "Run the checks", nil).at.Path)
	done := b.confirmed(b.get(run.doc().Find(`a:contains("Make a new secret")`).AttrOr("href", "")))
	env, err := c.store.Environment(t.Context(), envID(path))
	if err != nil {
		t.Fatal(err)
	}
	if _, ours := entra.IsOurSecret(env.Result.Secret.Name, env.Name); !ours || env.State != store.Connected {
		t.Errorf("the live secret is %+v, the environment %s", env.Result.Secret, env.State)
	}
	b.get(path+"/setup/review").want(200, "Nothing is left to do").without("was lost")
	done.want(200, "Take the client secret")
}
