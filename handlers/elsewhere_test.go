package handlers_test

import (
	"context"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/consentry/consentry/azuredevops"
	"github.com/consentry/consentry/checks"
	"github.com/consentry/consentry/diagnose"
	"github.com/consentry/consentry/handlers"
	"github.com/consentry/consentry/sandbox"
	"github.com/consentry/consentry/store"
	"github.com/consentry/consentry/trial"
	"github.com/consentry/consentry/work"
)

// another says, as another process of the console would, that it is at work on
// a test or a run.
func (c *console) another(id string) {
	c.t.Helper()
	db, _ := c.store.Database()
	if _, err := db.ExecContext(c.t.Context(), `INSERT INTO holds (id, holder, until) VALUES ($1, 'another', $2)`, id, c.now().Add(store.Lease).UnixMilli()); err != nil {
		c.t.Fatal(err)
	}
}

func TestARunOfAnotherProcessIsUnderWayAsLongAsThatLives(t *testing.T) {
	c := newConsole(t)
	run, err := c.store.StartRun(t.Context(), store.Run{})
	if err != nil {
		t.Fatal(err)
	}
	c.another(run.ID)
	b := c.browser()
	p := b.get("/runs/"+run.ID).want(200, "under way", "0 of ")
	if p.doc().Find("[data-events]").Length() == 0 {
		t.Error("the page does not wait for more")
	}
	run.Results = []checks.Result{{ID: checks.All[3].ID, Outcome: checks.Passed}}
	run.Doing = "Reading the directory."
	if err := c.store.NoteRun(t.Context(), run); err != nil {
		t.Fatal(err)
	}
	b.get("/runs/"+run.ID).want(200, "under way", "1 of ", "Reading the directory.")
	b.get("/diagnose").want(200, "under way")
	c.later(store.Lease)
	b.get("/runs/"+run.ID).want(200, "The console stopped while the checks were under way")
	if events := b.send("GET", "/runs/"+run.ID+"/events", nil); !strings.Contains(events.body, "event: go\ndata: /runs/"+run.ID) {
		t.Errorf("the stream of a run that was cut off: %q", events.body)
	}
}

func TestATestOfAnotherProcessIsNotCutOffAndItsRedirectURIStays(t *testing.T) {
	s := newScene(t)
	redeeming, err := s.store.Trial(t.Context(), s.id)
	if err != nil {
		t.Fatal(err)
	}
	redeeming.State = trial.Redeeming
	if err := s.store.SaveTrial(t.Context(), redeeming, "", nil); err != nil {
		t.Fatal(err)
	}
	s.another(s.id)
	mark := s.mark()
	s.sweep()
	s.b.get(s.test).want(200, "redeeming the code").without("The console stopped")
	if n := s.asked(mark, "PATCH", "/v1.0/applications"); n != 0 {
		t.Error("the redirect URI was taken away from under it")
	}
	s.later(store.Lease)
	s.b.get(s.test).want(200, "The console stopped while it redeemed the code")
	s.sweep()
	if n := s.asked(mark, "PATCH", "/v1.0/applications"); n != 1 {
		t.Errorf("the redirect URI was taken away %d times", n)
	}
}

// An app's redirect URIs are replaced as a whole, so one at a time does so.
func TestTheRedirectURIsWaitForAnotherProcess(t *testing.T) {
	waited := make(chan time.Duration, 100)
	c := newConsole(t, func(h *handlers.Handlers) {
		real := h.Sleep
		h.Sleep = func(ctx context.Context, d time.Duration) error {
			if d == 200*time.Millisecond {
				waited <- d
			}
			return real(ctx, d)
		}
	})
	b := c.browser()
	b.signIn("healthy", "admin")
	path := b.connected()
	env, err := c.store.Environment(t.Context(), envID(path))
	if err != nil {
		t.Fatal(err)
	}
	c.another("redirect URIs of " + strings.ToLower(string(env.Result.App.ClientID)))
	go func() {
		<-waited
		c.later(store.Lease) // the other one has died
	}()
	b.prepared(path, nil)
}

func TestNoMoreRunsOfTheChecksAreTakenInThanMay(t *testing.T) {
	c := newConsole(t, func(h *handlers.Handlers) { h.Runs.Limits = work.Limits{AtOnce: 1, TenantAtOnce: 1, Waiting: 1} })
	c.faults(held("GET", "/v1.0/applications*"))
	b := c.browser()
	b.signIn("healthy", "admin")
	form := asks(c.tenant("healthy"))
	first := strings.TrimPrefix(b.send("POST", "/diagnose", form).location, c.base)
	b.eventually(first, "Waiting for the app registration")
	second := strings.TrimPrefix(b.send("POST", "/diagnose", form).location, c.base)
	b.get(second).want(200, "under way", "Waiting until others have ended")
	p := b.send("POST", "/diagnose", form).want(429, "Too many runs of the checks")
	if p.header.Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
	if err := c.box.SetFaults(); err != nil {
		t.Fatal(err)
	}
	b.ended(first)
	b.ended(second)
	b.checked(form)
}

// A console that is about to end begins nothing, and ends what waits.
func TestAConsoleThatEndsTakesNoRunsIn(t *testing.T) {
	c := newConsole(t, func(h *handlers.Handlers) { h.Runs.Limits = work.Limits{AtOnce: 1, TenantAtOnce: 1} })
	c.faults(held("GET", "/v1.0/applications*"))
	b := c.browser()
	b.signIn("healthy", "admin")
	form := asks(c.tenant("healthy"))
	first := strings.TrimPrefix(b.send("POST", "/diagnose", form).location, c.base)
	b.eventually(first, "Waiting for the app registration")
	second := strings.TrimPrefix(b.send("POST", "/diagnose", form).location, c.base)
	over, cancel := context.WithCancel(t.Context())
	cancel()
	c.handlers.Runs.Stop(over)
	for _, path := range []string{first, second} {
		b.get(path).want(200, "The console stopped while the checks were under way")
	}
	b.send("POST", "/diagnose", form).want(503, "about to end")
}

// brokenLookup has a defect.
type brokenLookup struct{ diagnose.DevOps }

func (brokenLookup) Lookup(context.Context, string) (azuredevops.Organization, error) {
	panic("CANARY")
}

func TestADefectEndsOneSourceOfTheChecksAndNotTheConsole(t *testing.T) {
	c := newConsole(t, func(h *handlers.Handlers) { h.Access.DevOps = brokenLookup{h.Access.DevOps} })
	b := c.browser()
	p := b.checked(url.Values{"organization": {"contoso"}})
	p.want(200, "a defect of this program").without("CANARY", "goroutine", ".go:")
	if !strings.Contains(c.logs.String(), "CANARY") {
		t.Error("the log lacks what happened")
	}
}

// What is chosen stays as it is while it is being applied.
func TestNothingIsChosenAnewWhileItIsApplied(t *testing.T) {
	c := newConsole(t)
	b := c.browser()
	b.signIn("healthy", "admin")
	path := b.environment("frontegg", frontegg)
	c.faults(held("POST", "/v1.0/applications"))
	op := b.post(path+"/apply", nil).at.Path
	until(t, "somebody is at work on it", func() bool { return strings.Contains(b.get(path).text(), "See how far it is") })
	b.submit(b.get(path+"/setup/app"), "Continue", url.Values{"displayName": {"Another name"}}).want(409, "still under way")
	if err := c.box.SetFaults(); err != nil {
		t.Fatal(err)
	}
	b.done(op)
	env, err := c.store.Environment(t.Context(), envID(path))
	if err != nil || env.Spec.DisplayName == "Another name" {
		t.Errorf("%q, %v", env.Spec.DisplayName, err)
	}
}

// What a run finds is written down while it goes on, so that a process that
// does not carry it out can show it.
func TestWhatARunFoundSoFarIsWrittenDown(t *testing.T) {
	c := newConsole(t)
	b := c.browser()
	c.faults(sandbox.Fault{Service: "devops", Action: sandbox.Action{Hold: "before"}})
	at := b.post("/diagnose", url.Values{"sent": {"yes"}, "client": {c.tenant(home).Connection.ClientID}, "tenant": {"contoso.sandbox.invalid"}, "organization": {"contoso"}}).want(200).at.Path
	until(t, "the results so far", func() bool {
		run, err := c.store.Run(t.Context(), strings.TrimPrefix(at, "/runs/"))
		if err != nil {
			t.Fatal(err)
		}
		return run.State == store.RunRunning && len(run.Results) > 0
	})
	c.faults()
	b.ended(at)
	if run := b.run(b.get(at)); run.Doing != "" || len(run.Results) != len(checks.All) {
		t.Errorf("in the end %d results are on record, and %q", len(run.Results), run.Doing)
	}
}
