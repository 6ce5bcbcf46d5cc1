package handlers_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/consentry/consentry/sandbox"
	"github.com/consentry/consentry/setup"
	"github.com/consentry/consentry/store"
)

// held stops the requests at the cloud until the rules are replaced.
func held(method, path string) sandbox.Fault {
	return sandbox.Fault{Service: "graph", Method: method, Path: path, Times: 1000, Action: sandbox.Action{Hold: "before"}}
}

// until polls for what happens apart from any request.
func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !ok(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("never: %s", what)
		}
	}
}

func envID(path string) string { return strings.TrimPrefix(path, "/environments/") }

func TestTheSlowerOfTwoWindowsOverwritesNothing(t *testing.T) {
	c := newConsole(t)
	one, two := c.browser(), c.browser()
	one.signIn("healthy", "admin")
	two.signIn("healthy", "admin")
	path := one.environment("frontegg", frontegg)
	step := path + "/setup/secret"
	slow := one.get(step)
	two.submit(two.get(step), "Continue", url.Values{"description": {"theirs"}, "lifetime": {"90"}}).want(200)

	p := one.submit(slow, "Continue", url.Values{"description": {"mine"}, "lifetime": {"30"}})
	p.want(409, "in another window", "90 days")
	if got := p.field("description"); got != "mine" {
		t.Errorf("what was typed became %q", got)
	}
	if env, err := c.store.Environment(t.Context(), envID(path)); err != nil || env.Spec.Secret.Description != "theirs" {
		t.Errorf("stored is %+v, %v", env.Spec.Secret, err)
	}
	one.submit(p, "Continue", nil).want(200)
	if env, err := c.store.Environment(t.Context(), envID(path)); err != nil || env.Spec.Secret.Description != "mine" || env.Spec.Secret.LifetimeDays != 30 {
		t.Errorf("saved knowingly: %+v, %v", env.Spec.Secret, err)
	}
}

func TestADoubleClickIsNoConflict(t *testing.T) {
	c := newConsole(t)
	b := c.browser()
	b.signIn("healthy", "admin")
	form := url.Values{"environment": {"clicked-twice"}, "inputs.host": {"gateway.example.com"}}
	first, second := b.post("/setup/frontegg", form), b.post("/setup/frontegg", form)
	if first.at.Path != second.at.Path || second.status != 200 {
		t.Errorf("creating led to %s and %s (%d)", first.at.Path, second.at.Path, second.status)
	}
	path := b.environment("frontegg", frontegg)
	p := b.get(path + "/setup/secret")
	for range 2 {
		if got := b.submit(p, "Continue", url.Values{"lifetime": {"30"}}); got.status != 200 || got.at.Path != path+"/setup/organization" {
			t.Errorf("led to %s: %d", got.at.Path, got.status)
		}
	}
}

func TestTheSlowerWindowsTicksAreRefused(t *testing.T) {
	s := newScene(t)
	slow := s.b.get(s.path + "/hand-off")
	s.b.submit(s.b.get(s.path+"/hand-off"), "Save what is done", url.Values{"handed": {"Client ID"}}).want(200)
	s.b.submit(slow, "Save what is done", url.Values{"handed": {"Scopes"}}).want(409, "Nothing was overwritten")
}

func TestApplyingTwiceShowsTheOneThatRuns(t *testing.T) {
	c := newConsole(t)
	b := c.browser()
	b.signIn("healthy", "admin")
	path := b.environment("frontegg", frontegg)
	c.faults(held("POST", "/v1.0/applications"))
	mark := c.mark()
	running := b.post(path+"/apply", nil).want(200, "Working.").at.Path
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if p := b.send("POST", path+"/apply", url.Values{}); p.location != c.base+running {
				t.Errorf("led to %s, want %s", p.location, running)
			}
		})
	}
	wg.Wait()
	if err := c.box.SetFaults(); err != nil {
		t.Fatal(err)
	}
	b.done(running)
	if n := c.sent(mark, "POST", "/v1.0/applications"); n != 1 {
		t.Errorf("%d applications were asked for", n)
	}
	// A second run changes nothing: three reads.
	mark = c.mark()
	again := b.post(path+"/apply", nil)
	b.done(again.at.Path)
	for _, method := range []string{"POST", "PATCH", "DELETE"} {
		if n := c.asked(mark, method, "/v1.0/"); n != 0 {
			t.Errorf("%d %s requests in a second run", n, method)
		}
	}
}

func TestStoppingLetsAnOperationEnd(t *testing.T) {
	c := newConsole(t)
	b := c.browser()
	b.signIn("healthy", "admin")
	path := b.environment("frontegg", frontegg)
	c.faults(held("POST", "/v1.0/servicePrincipals"))
	mark := c.mark()
	op := b.post(path+"/apply", nil).at.Path
	until(t, "the request to be on its way", func() bool { return c.asked(mark, "POST", "/v1.0/servicePrincipals") == 1 })
	waited := make(chan struct{})
	go func() { c.handlers.Wait(t.Context()); close(waited) }()
	select {
	case <-waited:
		t.Fatal("it did not wait")
	default:
	}
	if err := c.box.SetFaults(); err != nil {
		t.Fatal(err)
	}
	<-waited
	b.done(op)
}

func TestWaitingForATestHoldsNothingUp(t *testing.T) {
	s := newScene(t) // with a test whose person is at Microsoft
	s.b.get(s.test + "/leave")
	done := make(chan struct{})
	go func() { s.handlers.Wait(t.Context()); close(done) }()
	select {
	case <-done:
	case <-time.After(10 * time.Second):
		t.Error("stopping waits for a person")
	}
}

// killed ends the console while a request is on its way, and starts it anew.
func (c *console) killed() {
	c.t.Helper()
	c.server.CloseClientConnections()
	c.server.Close()
	if err := c.store.Close(); err != nil { // what runs on can write no more
		c.t.Fatal(err)
	}
	handlers, queue := c.handlers, c.queue
	c.start()
	c.t.Cleanup(func() {
		over, cancel := context.WithCancel(c.t.Context())
		cancel()
		_ = queue.Stop(over) // its database is gone
		handlers.Wait(c.t.Context())
	})
}

// applyUntilTheAppIsMade starts an operation whose first request is carried
// out and never answered. Its operation's path is returned.
func (c *console) applyUntilTheAppIsMade(b *browser, path string) (op string) {
	c.t.Helper()
	c.faults(sandbox.Fault{Service: "graph", Method: "POST", Path: "/v1.0/applications", Action: sandbox.Action{Hold: "after"}})
	mark := c.mark()
	op = b.post(path+"/apply", nil).at.Path
	until(c.t, "the application to be made", func() bool { return c.asked(mark, "POST", "/v1.0/applications") == 1 })
	return op
}

func TestAKilledOperationGoesOnByItself(t *testing.T) {
	c := newConsole(t)
	b := c.browser()
	b.signIn("healthy", "admin")
	path := b.environment("frontegg", frontegg)
	mark := c.mark()
	op := c.applyUntilTheAppIsMade(b, path)
	c.killed()
	if err := c.box.SetFaults(); err != nil {
		t.Fatal(err)
	}
	b = c.browser()
	b.signIn("healthy", "admin")
	b.done(op)
	c.wantOneApp(path, mark)
	b.reveal(path)
	b.get(op).without("Go on where it stopped")
}

// wantOneApp: one was asked for, and one is there.
func (c *console) wantOneApp(path string, mark int) {
	c.t.Helper()
	if n := c.sent(mark, "POST", "/v1.0/applications"); n != 1 {
		c.t.Errorf("%d applications were asked for", n)
	}
	if n := c.appsMarked(path); n != 1 {
		c.t.Errorf("%d app registrations", n)
	}
}

func TestAKilledOperationWaitsForWhoSignedOut(t *testing.T) {
	c := newConsole(t)
	b := c.browser()
	b.signIn("healthy", "admin")
	path := b.environment("frontegg", frontegg)
	mark := c.mark()
	op := c.applyUntilTheAppIsMade(b, path)
	who := c.person("healthy", "admin")
	if err := c.store.DeleteOperator(t.Context(), who.Tenant, who.ID); err != nil {
		t.Fatal(err)
	}
	c.killed()
	if err := c.box.SetFaults(); err != nil {
		t.Fatal(err)
	}
	b = c.browser()
	b.eventually(op, "Go on where it stopped").want(200, "It was interrupted", "sign in")
	b.signIn("healthy", "admin")
	b.get(path).want(200, "needs attention")
	b.get(path + "/remove").want(200).without("Nothing was made in the tenant")
	b.get(path+"/setup/review").want(200, "was interrupted before it was done. What")
	p := b.submit(b.get(op), "Go on where it stopped", nil)
	b.done(p.at.Path)
	c.wantOneApp(path, mark)
	b.reveal(path)
	b.get(op).without("Go on where it stopped")
}

// What is on its way when the console is told to end is waited for and written
// down; what has not begun is left to whoever goes on.
func TestAStoppedConsoleGivesItsOperationUpBetweenTwoSteps(t *testing.T) {
	c := newConsole(t)
	b := c.browser()
	b.signIn("healthy", "admin")
	path := b.environment("frontegg", frontegg)
	mark := c.mark()
	c.faults(held("POST", "/v1.0/applications"))
	op := b.post(path+"/apply", nil).at.Path
	until(t, "the request to be on its way", func() bool { return c.asked(mark, "POST", "/v1.0/applications") == 1 })
	c.handlers.GiveUp()
	if err := c.box.SetFaults(); err != nil { // it is answered
		t.Fatal(err)
	}
	c.handlers.Wait(t.Context())
	entries, err := c.store.Entries(t.Context(), strings.TrimPrefix(op, "/operations/"))
	if err != nil || len(entries) != 1 || entries[0].State != setup.Done {
		t.Errorf("the journal has %+v, %v; want the one request with its answer", entries, err)
	}
	b.get(op).want(200, "running") // it goes on elsewhere
	c.restart()
	b = c.browser()
	b.signIn("healthy", "admin")
	b.done(op)
	c.wantOneApp(path, mark)
	b.reveal(path) // it came with the first answer
	if n := c.asked(mark, "POST", "Password"); n != 0 {
		t.Errorf("secrets were made or removed %d times after it", n)
	}
}

func TestSomebodyStopsAnOperationAndGoesOn(t *testing.T) {
	c := newConsole(t)
	b := c.browser()
	b.signIn("healthy", "admin")
	path := b.environment("frontegg", frontegg)
	mark := c.mark()
	c.faults(held("POST", "/v1.0/applications"))
	op := b.post(path+"/apply", nil).at.Path
	until(t, "the request to be on its way", func() bool { return c.asked(mark, "POST", "/v1.0/applications") == 1 })
	b.submit(b.get(op), "Stop", nil).want(200, "interrupted, can be resumed", "It was interrupted")
	b.get(path).want(200, "needs attention")
	if err := c.box.SetFaults(); err != nil {
		t.Fatal(err)
	}
	c.handlers.Wait(t.Context())
	if n := c.sent(mark, "POST", "/v1.0/servicePrincipals"); n != 0 {
		t.Errorf("%d further requests were sent", n)
	}
	b.send("POST", op+"/stop", nil).want(303)
	p := b.submit(b.get(op), "Go on where it stopped", nil)
	b.done(p.at.Path)
	c.wantOneApp(path, mark)
	b.reveal(path)
}

func TestNoMoreOperationsWaitThanMay(t *testing.T) {
	c := newConsole(t)
	b := c.browser()
	b.signIn("healthy", "admin")
	path := b.environment("frontegg", frontegg)
	who := c.person("healthy", "admin")
	for i := range store.MaxTenantOperations {
		env, err := c.store.CreateEnvironment(t.Context(), store.Environment{Spec: setup.Spec{Name: fmt.Sprint("other-", i)}, Owner: who, Tenant: who.Tenant})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.store.StartOperation(t.Context(), env.ID, store.SetupOperation, who, setup.Plan{}); err != nil {
			t.Fatal(err)
		}
	}
	p := b.post(path+"/apply", nil).want(429, "Too many changes are under way")
	if p.header.Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
	b.get(path).without("running")
}

// appsMarked counts the app registrations that carry the environment's mark.
func (c *console) appsMarked(path string) int {
	c.t.Helper()
	env, err := c.store.Environment(c.t.Context(), envID(path))
	if err != nil {
		c.t.Fatal(err)
	}
	d, err := c.handlers.NewDirectory(c.adminToken())
	if err != nil {
		c.t.Fatal(err)
	}
	desired, errs := env.Spec.Resolve(presetOf(c.t, env))
	if errs != nil {
		c.t.Fatal(errs)
	}
	apps, err := d.ApplicationsByTag(c.t.Context(), desired.Marker)
	if err != nil {
		c.t.Fatal(err)
	}
	return len(apps)
}

func TestAnOperationTakenOverStopsAndRecordsNothing(t *testing.T) {
	c := newConsole(t)
	b := c.browser()
	b.signIn("healthy", "admin")
	path := b.environment("frontegg", frontegg)
	c.faults(held("POST", "/v1.0/servicePrincipals"))
	mark := c.mark()
	op := b.post(path+"/apply", nil).at.Path
	until(t, "the request to be on its way", func() bool { return c.asked(mark, "POST", "/v1.0/servicePrincipals") == 1 })
	c.later(store.Lease + time.Minute) // as if this process had slept
	if _, err := c.store.StartOperation(t.Context(), envID(path), store.SetupOperation, c.person("healthy", "admin"), setup.Plan{}); err != nil {
		t.Fatal(err)
	}
	if err := c.box.SetFaults(); err != nil {
		t.Fatal(err)
	}
	c.handlers.Wait(t.Context())
	b.get(op).want(200, "interrupted")
	env, err := c.store.Environment(t.Context(), envID(path))
	if err != nil || env.State == store.Connected {
		t.Errorf("the environment is %s, %v", env.State, err)
	}
}

func TestARefusedStepIsToldWithItsRemedyAndGoesOn(t *testing.T) {
	c := newConsole(t)
	b := c.browser()
	b.signIn("healthy", "admin")
	path := b.environment("frontegg", frontegg)
	c.faults(sandbox.Fault{Service: "graph", Method: "POST", Path: "/v1.0/oauth2PermissionGrants", Times: 1000, Action: sandbox.Action{Status: 403,
		Body: json.RawMessage(`{"error":{"code":"Authorization_RequestDenied","message":"Insufficient privileges"}}`)}})
	op := b.post(path+"/apply", nil).at.Path
	p := b.eventually(op, "stopped with an error").want(200, "may not do this", "Who can:", "Send to an admin")
	b.get(path).want(200, "needs attention")
	b.reveal(path) // what was made is not lost
	if err := c.box.SetFaults(); err != nil {
		t.Fatal(err)
	}
	p = b.submit(p, "Go on where it stopped", nil)
	b.done(p.at.Path)
}

func TestARemovedEnvironmentCannotBeBroughtBack(t *testing.T) {
	s := newScene(t)
	name := s.name()
	op := s.b.submit(s.b.get(s.path+"/remove"), "Remove "+name, url.Values{"name": {name}}).at.Path
	s.b.done(op)
	before := s.dump()
	for _, path := range []string{s.path + "/apply", s.path + "/secret/replace", s.path + "/test", s.path + "/hand-off", s.path + "/remove", s.path + "/customer", s.path + "/setup/secret"} {
		s.b.send("POST", path, url.Values{}).want(410, "was removed")
	}
	for _, id := range []string{op, "/operations/" + s.operation} {
		if p := s.b.send("POST", id+"/resume", url.Values{}); p.location != s.base+id {
			t.Errorf("resuming %s led to %q: %d", id, p.location, p.status)
		}
	}
	if s.dump() != before {
		t.Error("something changed")
	}
	// Its name is free again.
	s.b.post("/setup/frontegg", url.Values{"environment": {name}, "inputs.host": {"gateway.example.com"}}).want(200, "step 2 of 7")
}

func (s scene) name() string {
	s.t.Helper()
	env, err := s.store.Environment(s.t.Context(), s.env)
	if err != nil {
		s.t.Fatal(err)
	}
	return env.Name
}

func TestAnEnvironmentInUseIsNotDeleted(t *testing.T) {
	c := newConsole(t)
	b := c.browser()
	b.signIn("healthy", "admin")
	path := b.environment("frontegg", frontegg)
	env, err := c.store.Environment(t.Context(), envID(path))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.store.StartOperation(t.Context(), env.ID, store.SetupOperation, c.person("healthy", "admin"), setup.Plan{}); err != nil {
		t.Fatal(err)
	}
	b.post(path+"/remove", url.Values{"name": {env.Name}}).want(409, "still under way")
}

func TestADraftIsForgottenWithoutAskingTheTenant(t *testing.T) {
	c := newConsole(t)
	b := c.browser()
	b.signIn("healthy", "admin")
	path := b.environment("frontegg", frontegg)
	env, err := c.store.Environment(t.Context(), envID(path))
	if err != nil {
		t.Fatal(err)
	}
	mark := c.mark()
	b.get(path+"/remove").want(200, "Nothing was made in the tenant")
	b.post(path+"/remove", url.Values{"name": {env.Name}}).want(200, "is gone")
	b.get(path).want(404)
	if n := len(c.since(mark)); n != 0 {
		t.Errorf("the cloud was asked %d times", n)
	}
}

func TestSomebodyOfAnotherTenantIsToldWhereToSignIn(t *testing.T) {
	s := newScene(t)
	other := s.browser()
	other.signIn("admin consent required", "admin")
	for _, p := range []page{other.get(s.path + "/setup/app"), other.post(s.path+"/apply", nil), other.get(s.path + "/remove")} {
		p.want(409, "belongs to tenant", "Sign in with an account of that tenant")
	}
	other.submit(other.get(s.path+"/setup/tenant"), "Continue", nil).want(422, "app registration is in another tenant")
}

func TestADatabaseThatCannotBeWrittenSaysSo(t *testing.T) {
	s := newScene(t)
	db := s.database()
	defer db.Close()
	if _, err := db.ExecContext(t.Context(), "PRAGMA query_only = off"); err != nil {
		t.Fatal(err)
	}
	conn, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	for _, q := range []string{"PRAGMA query_only = off", "BEGIN IMMEDIATE"} {
		if _, err := conn.ExecContext(t.Context(), q); err != nil {
			t.Fatal(err)
		}
	}
	p := s.b.post(s.path+"/hand-off", url.Values{"handed": {"Client ID"}})
	if _, err := conn.ExecContext(t.Context(), "ROLLBACK"); err != nil {
		t.Fatal(err)
	}
	p.want(503, "database cannot be used right now", "Try again").without("SQL", "locked (5)", ".db")
	if p.header.Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
}
