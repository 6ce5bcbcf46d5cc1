package e2e

import (
	"strings"
	"testing"
)

func TestSomebodyGoesOnInAnotherBrowser(t *testing.T) {
	t.Parallel()
	b := startBox(t)
	c := b.console(t)
	p := c.visit(t)
	p.begin("Custom", "left", map[string]string{"Redirect URI": "https://app.example.com/callback"}, healthy, "admin")
	p.button("Continue")
	p.heading("New app registration, or an existing one")
	p.fill("Name of the app registration", "Left and found again")
	p.button("Continue")
	p.heading("Permissions")
	p.must(p.page.Context().Close())

	p = c.visit(t)
	p.goTo("/")
	p.sees("in progress, at Permissions")
	p.link("left")
	p.heading("Permissions")
	p.sees("Left and found again")
	p.button("Continue")
	p.signIn(healthy, "admin")
	p.heading("Client secret")
	p.button("Continue")
	p.heading("Organization and project")
	p.button("Continue")
	p.heading("Review")
	p.apply()
	if app := b.directory(t, healthy).wantOneOfEach("left"); app.DisplayName != "Left and found again" {
		t.Errorf("the app is called %q", app.DisplayName)
	}
}

// TestTheConsoleIsKilledWhileApplying cuts the power at different points of
// the way. The next start finishes it: one app, one service principal, one
// consent for each resource, one live secret of ours.
func TestTheConsoleIsKilledWhileApplying(t *testing.T) {
	t.Parallel()
	b := startBox(t)
	d := b.directory(t, healthy)
	for _, kill := range []struct {
		name, rule string
		reached    func(environment string) bool
		lost       bool // the answer with the secret never came
	}{
		{
			name: "app-made-answer-lost", rule: `{"method":"POST","path":"/v1.0/applications","action":{"hold":"after"}}`,
			reached: func(e string) bool { return len(d.made(e)) == 1 }, lost: true,
		},
		{
			name: "principal-not-made", rule: `{"method":"POST","path":"/v1.0/servicePrincipals","action":{"hold":"before"}}`,
			reached: func(string) bool { return b.struck(t) == 1 },
		},
		{
			name: "consents-given-answers-lost", rule: `{"method":"POST","path":"/v1.0/oauth2PermissionGrants","action":{"hold":"after"}}`,
			reached: func(e string) bool { return len(d.grants(d.principals(d.one(e).AppID)[0])) == 2 },
		},
	} {
		t.Run(kill.name, func(t *testing.T) {
			c := b.console(t)
			p := c.visit(t)
			p.watch.allow("net::ERR_")
			p.begin("Custom", kill.name, map[string]string{"Redirect URI": "https://app.example.com/callback"}, healthy, "admin")
			p.throughWizard(choices{organization: "contoso"})
			b.fault(t, `[`+kill.rule+`]`)
			p.change("Apply")
			p.reads("status", "running")
			eventually(t, "the request is under way", func() bool { return b.struck(t) > 0 && kill.reached(kill.name) })
			c.kill()
			b.fault(t, "[]")
			c.again(t)

			p.reads("status", "proven by reading everything back") // it goes on by itself, and the page finds out
			if kill.lost {
				p.reads("note", "replaced")
			}
			p.takeSecret()
			d.wantOneOfEach(kill.name)
		})
	}
}

func TestASecondRunChangesNothing(t *testing.T) {
	t.Parallel()
	b := startBox(t)
	p := b.console(t).visit(t)
	p.setUp("twice", healthy, "admin", choices{organization: "contoso"})
	_, last := b.requests(t, 0)
	p.environment("twice")
	p.link("Compare with the tenant again")
	p.sees("Everything is as it should be. Nothing is left to do.")
	asked, last := b.requests(t, last)
	if len(asked) != 3 {
		t.Errorf("comparing took %d requests, want 3: %q", len(asked), asked)
	}
	p.button("Read back and finish")
	p.reads("status", "proven by reading everything back")
	asked, _ = b.requests(t, last)
	for _, request := range asked {
		if !strings.HasPrefix(request, "GET ") {
			t.Errorf("the second run wrote: %s", request)
		}
	}
}

func TestAnEnvironmentIsRemoved(t *testing.T) {
	t.Parallel()
	b := startBox(t)
	p := b.console(t).visit(t)
	p.setUp("gone", healthy, "admin", choices{organization: "contoso"})
	d := b.directory(t, healthy)
	app := d.wantOneOfEach("gone")

	p.environment("gone")
	p.link("Remove")
	p.heading("What stops working")
	p.sees(app.AppID)
	p.fill("Type gone to remove it", "another")
	p.change("Remove gone")
	p.reads("alert", "Type the environment's name, gone, to remove it.")
	p.fill("Type gone to remove it", "gone")
	p.change("Remove gone")
	p.reads("status", "Removed.")
	if apps, principals := d.made("gone"), d.principals(app.AppID); len(apps)+len(principals) != 0 {
		t.Errorf("left: apps %v, service principals %v", apps, principals)
	}
	p.goTo("/")
	p.sees("removed")
}

// TestTheConsoleIsKilledDuringATest: its redirect URI goes with the next
// sign-in, when it could not be taken away at the start.
func TestTheConsoleIsKilledDuringATest(t *testing.T) {
	t.Parallel()
	b := startBox(t)
	c := b.console(t)
	p := c.visit(t)
	p.watch.allow("net::ERR_")
	p.setUp("cut", healthy, "admin", choices{organization: "contoso"})
	d := b.directory(t, healthy)
	p.testConsent("cut")
	p.prepare()
	if !d.one("cut").holds(p.callback()) {
		t.Error("the console's redirect URI was not added for the test")
	}
	b.fault(t, `[{"service":"login","method":"POST","path":"/*/oauth2/v2.0/token","action":{"hold":"before"}}]`)
	w := p.leave()
	w.signIn(p, healthy, "user")
	w.gone()
	p.reads("status", "redeeming the code")
	eventually(t, "the code is being redeemed", func() bool { return b.struck(t) > 0 })
	c.kill()
	if !d.one("cut").holds(p.callback()) {
		t.Error("the console's redirect URI went too early")
	}

	b.fault(t, `[{"service":"graph","method":"PATCH","path":"/v1.0/applications/*","action":{"status":403,"body":{"error":{"code":"Authorization_RequestDenied","message":"Not now."}}}}]`)
	c = c.again(t)
	eventually(t, "the console tries to clean up at its start", func() bool { return b.struck(t) > 0 })
	p.reads("alert", "The console stopped while it redeemed the code.")
	b.fault(t, "[]")
	p.signInAgain(healthy, "admin")
	p.goneFromTenant(healthy, "cut")
	if log := c.log(); !strings.Contains(log, "temporary redirect URI is still registered") {
		t.Errorf("the log does not say that the redirect URI stayed:\n%s", tail(log, 2000))
	}
}
