package setup

import (
	"context"
	"crypto/rsa"
	"errors"
	"fmt"
	"math"
	"net/http"
	"time"

	"github.com/consentry/consentry/entra"
)

// An Engine makes a directory what it should be and remembers each outside
// call in a journal, before it is made and after it was answered. It may be
// stopped at any point, killed too: applying again goes on from there.
type Engine struct {
	Directory Directory
	Journal   Journal
	// Now is the clock; nil means time.Now.
	Now func() time.Time
	// Sleep waits between looks at a directory that has not caught up; it ends
	// early with ctx. Nil means a timer.
	Sleep func(ctx context.Context, d time.Duration) error
	// Observe, when set, hears of progress. It may be called concurrently.
	Observe func(Event)

	// newKey makes the key of a certificate; nil means RSA of keyBits. Tests
	// have one made already.
	newKey func() (*rsa.PrivateKey, error)
}

// Apply reads, plans and carries out, until reading shows nothing left to do;
// that reading is the proof. With nothing to do it costs the three requests
// of one reading. The operation's id stands in the name of a new secret.
//
// When steps could not be done, the others that do not need them are done all
// the same; the error joins one *StepError for each, and Result.Left tells
// what is left.
func (e *Engine) Apply(ctx context.Context, want Desired, operation string) (Result, error) {
	return e.apply(ctx, want, operation, nil)
}

// ApplyFrom is Apply for a caller who has just read the directory: what was
// read is not read again before the first step.
func (e *Engine) ApplyFrom(ctx context.Context, want Desired, actual Actual, operation string) (Result, error) {
	return e.apply(ctx, want, operation, &actual)
}

func (e *Engine) apply(ctx context.Context, want Desired, operation string, actual *Actual) (Result, error) {
	want.operation = operation
	c := e.newConvergence(want, actual, func(a Actual, entries []Entry) (Plan, error) {
		return MakePlan(want, a, entries, e.now())
	})
	err := c.run(ctx)
	return c.result(want), err
}

func (e *Engine) now() time.Time {
	if e.Now == nil {
		return time.Now()
	}
	return e.Now()
}

func (e *Engine) sleep(ctx context.Context, d time.Duration) error {
	if e.Sleep != nil {
		return e.Sleep(ctx, d)
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

func (e *Engine) observe(ev Event) {
	if e.Observe != nil {
		e.Observe(ev)
	}
}

// call sends one change: intent, request, outcome.
func (e *Engine) call(ctx context.Context, s Step, c entra.Change) (entra.Created, error) {
	// What has been sent must be recorded even when the person gives up.
	record := context.WithoutCancel(ctx)
	seq, err := e.Journal.Intent(record, Entry{
		Step: s.ID, Title: s.Title, Request: c.Request(), State: Intended, Started: e.now(),
	})
	if err != nil {
		return entra.Created{}, &journalError{"It was not sent, because the intent could not be written down: ", err}
	}
	e.observe(Event{Step: s.ID, State: Intended, Title: s.Title})
	created, err := e.Directory.Do(entra.OnWaiting(ctx, func(w entra.Waiting) {
		e.observe(Event{Step: s.ID, State: Intended, Title: s.Title, Text: waitingWords(w), RequestID: w.RequestID})
	}), c)
	state := outcome(err)
	cause := err
	if state == Failed {
		cause = refusedChange{stepError(s, err)}
	}
	if jerr := e.Journal.Outcome(record, seq, state, created, cause); jerr != nil {
		return entra.Created{}, &journalError{"It was sent, but what came of it could not be written down: ", errors.Join(err, jerr)}
	}
	ev := Event{Step: s.ID, State: state, Title: s.Title, RequestID: created.RequestID}
	if err != nil {
		ev.RequestID, ev.Text = requestID(err), refusedChange{stepError(s, err)}.Error()
	}
	e.observe(ev)
	return created, err
}

// waitingWords say why nothing happens for a while.
func waitingWords(w entra.Waiting) string {
	span := fmt.Sprintf("%d seconds", int(math.Ceil(w.For.Seconds())))
	if span == "1 seconds" {
		span = "a second"
	}
	if w.Status == http.StatusTooManyRequests {
		return w.Service + " asks to wait; going on in " + span + "."
	}
	return w.Service + " is at work on another change of it; trying again in " + span + "."
}

func outcome(err error) EntryState {
	switch {
	case err == nil:
		return Done
	case entra.OutcomeUnknown(err):
		return Unknown
	}
	return Failed
}

// A journalError ends the step: without a journal nothing is sent.
type journalError struct {
	what string
	err  error
}

func (e *journalError) Error() string { return e.what + e.err.Error() }
func (e *journalError) Unwrap() error { return e.err }
