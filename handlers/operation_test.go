package handlers_test

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/consentry/consentry/azuredevops"
	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/handlers"
	"github.com/consentry/consentry/store"
	"github.com/consentry/consentry/trial"
)

// broken is a directory with a defect.
type broken struct{ handlers.Directory }

func (broken) Do(context.Context, entra.Change) (entra.Created, error) {
	panic("CANARY in /home/somebody/graph.go:12")
}

func TestADefectEndsOneOperationAndNotTheConsole(t *testing.T) {
	c := newConsole(t, func(h *handlers.Handlers) {
		real := h.NewDirectory
		h.NewDirectory = func(f handlers.TokenFunc) (handlers.Directory, error) {
			d, err := real(f)
			return broken{d}, err
		}
	})
	b := c.browser()
	b.signIn("healthy", "admin")
	path := b.environment("frontegg", frontegg)
	op := b.post(path+"/apply", nil).at.Path
	b.eventually(op, "Go on where it stopped").want(200, "defect").without("CANARY", "goroutine", ".go:")
	if !strings.Contains(c.logs.String(), "CANARY") {
		t.Error("the log lacks what happened")
	}
	b.get(path).want(200, "needs attention").without("CANARY")
}

// A page that was made while something ran must not wait for what has ended.
func TestAStreamOpenedTooLateLeadsOn(t *testing.T) {
	s := newScene(t)
	if p := s.b.send("GET", "/operations/"+s.operation+"/events", nil); !strings.Contains(p.body, "event: go\ndata: /operations/"+s.operation) {
		t.Errorf("%d %q", p.status, p.body)
	}
	s.b.post(s.test+"/no-answer", nil)
	for _, seen := range []string{"waiting", "redeeming", "", "silent"} {
		if p := s.b.send("GET", s.test+"/events?seen="+seen, nil); !strings.Contains(p.body, "event: go\ndata: "+s.test) {
			t.Errorf("seen %q: %d %q", seen, p.status, p.body)
		}
	}
}

// A lease that could not be renewed for its whole length counts as lost.
func TestAnOperationThatCannotSayItIsAliveStops(t *testing.T) {
	beat := make(chan struct{})
	c := newConsole(t, func(h *handlers.Handlers) {
		h.Sleep = func(ctx context.Context, d time.Duration) error {
			if d < 4*time.Second {
				return sleep(ctx, d)
			}
			select {
			case <-beat:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		}
	})
	b := c.browser()
	b.signIn("healthy", "admin")
	path := b.environment("frontegg", frontegg)
	c.faults(held("POST", "/v1.0/servicePrincipals"))
	mark := c.mark()
	op := b.post(path+"/apply", nil).at.Path
	until(t, "the request to be on its way", func() bool { return c.asked(mark, "POST", "/v1.0/servicePrincipals") == 1 })
	c.later(store.Lease + time.Second)
	running, err := c.store.Operation(t.Context(), strings.TrimPrefix(op, "/operations/"))
	if err != nil {
		t.Fatal(err)
	}
	if err := c.store.InterruptOperation(t.Context(), running); err != nil {
		t.Fatal(err)
	}
	beat <- struct{}{}
	c.handlers.Wait(t.Context()) // without the request ever being answered
	b.get(op).want(200, "Go on where it stopped")
}

// lockingDirectory calls read when the directory was read for an operation.
type lockingDirectory struct {
	handlers.Directory
	read func()
}

func (d lockingDirectory) ApplicationsByTag(ctx context.Context, tag string) ([]entra.Application, error) {
	apps, err := d.Directory.ApplicationsByTag(ctx, tag)
	d.read()
	return apps, err
}

// It is nobody's fault and passes, so nobody is asked to go on.
func TestAnOperationWaitsForItsDatabase(t *testing.T) {
	var reads atomic.Int32
	var lock func()
	c := newConsole(t, func(h *handlers.Handlers) {
		real := h.NewDirectory
		h.NewDirectory = func(f handlers.TokenFunc) (handlers.Directory, error) {
			d, err := real(f)
			return lockingDirectory{d, func() {
				if reads.Add(1) == 3 { // review, applying, and now the operation
					lock()
				}
			}}, err
		}
	})
	db := c.database()
	defer db.Close()
	conn, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	exec := func(q string) {
		if _, err := conn.ExecContext(t.Context(), q); err != nil {
			t.Error(err)
		}
	}
	exec("PRAGMA query_only = off")
	lock = func() { exec("BEGIN IMMEDIATE") }
	b := c.browser()
	b.signIn("healthy", "admin")
	path := b.environment("frontegg", frontegg)
	mark := c.mark()
	op := b.post(path+"/apply", nil).at.Path
	until(t, "it to wait", func() bool { return strings.Contains(c.logs.String(), "waits until the database") })
	exec("ROLLBACK")
	if n := c.sent(mark, "POST", "/v1.0/applications"); n != 0 {
		t.Errorf("%d requests were sent without a word in the journal", n)
	}
	b.get(op).want(200, "running")
	c.later(store.Lease)
	if err := c.handlers.Recover(t.Context()); err != nil {
		t.Fatal(err)
	}
	b.done(op)
	c.wantOneApp(path, mark)
}

// brokenDevOps has a defect too.
type brokenDevOps struct{ trial.DevOps }

func (brokenDevOps) Connection(context.Context, string, entra.Sensitive) (azuredevops.Identity, error) {
	panic("CANARY")
}

func TestADefectEndsOneTestAndNotTheConsole(t *testing.T) {
	c := newConsole(t, func(h *handlers.Handlers) {
		runner := *h.Trials
		runner.DevOps = brokenDevOps{runner.DevOps}
		h.Trials = &runner
	})
	b := c.browser()
	b.signIn("healthy", "admin")
	path := b.connected()
	test := b.prepared(path, nil)
	b.consent(test, "healthy", "user")
	b.eventually(test, "The console stopped while it redeemed the code").without("CANARY")
}
