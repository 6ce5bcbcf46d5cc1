package trial

import (
	"fmt"
	"slices"
	"time"
)

// State is how far a trial got.
type State string

// The states of a trial.
const (
	Waiting   State = "waiting"   // the person is at Microsoft, or is about to go
	Redeeming State = "redeeming" // the answer came; the token is asked for and tried
	Retrying  State = "retrying"  // redeeming was refused because our change has not spread yet
	Succeeded State = "succeeded" // there is a Report
	Failed    State = "failed"    // there is a Failure
	NoAnswer  State = "no answer" // nothing came to the redirect URI; Silence says how we know
)

// Silence is how the console learnt that no answer will come: Microsoft shows
// several errors on its own page and never redirects.
type Silence string

// The ways to learn it.
const (
	WindowClosed   Silence = "window closed"
	PersonSaysSo   Silence = "the person says so"
	DeadlinePassed Silence = "deadline passed"
)

// Patience is how long nothing may come before a trial counts as unanswered.
// A late answer is still taken.
const Patience = 5 * time.Minute

// next are the moves a trial can make. An answer may come after all once the
// console gave up waiting, and what was refused because nothing had spread
// yet begins anew.
var next = map[State][]State{
	"":        {Waiting},
	Waiting:   {Waiting, Redeeming, Failed, NoAnswer},
	NoAnswer:  {Waiting, Redeeming, Failed},
	Redeeming: {Retrying, Succeeded, Failed},
	Retrying:  {Retrying, Redeeming, Succeeded, Failed},
}

// StateError is a move that a trial cannot make, for example a second answer.
type StateError struct{ From, To State }

// Error names both states.
func (e *StateError) Error() string {
	return fmt.Sprintf("a trial that is %q cannot become %q", e.From, e.To)
}

func (t Trial) to(s State) (Trial, error) {
	if !slices.Contains(next[t.State], s) {
		return t, &StateError{t.State, s}
	}
	t.State, t.Silence, t.Failure = s, "", nil
	return t, nil
}

// Begin: the person leaves for Microsoft.
func (t Trial) Begin(now time.Time) (Trial, error) {
	t, err := t.to(Waiting)
	if err == nil {
		t.Started, t.Ended = now, time.Time{}
	}
	return t, err
}

// Answer: something came to the redirect URI.
func (t Trial) Answer() (Trial, error) {
	t, err := t.to(Redeeming)
	if err == nil {
		t.Ended = time.Time{}
	}
	return t, err
}

// Unanswered: nothing came, or the console learnt that nothing will.
func (t Trial) Unanswered(s Silence, now time.Time) (Trial, error) {
	t, err := t.to(NoAnswer)
	if err == nil {
		t.Silence, t.Ended = s, now
	}
	return t, err
}

// Fail gives the trial its failure and ends it, unless the cause is that our
// own change has not spread yet (see Failure.Transient): a code is then tried
// again (Retrying), and without one the person is sent to Microsoft again
// (Waiting, the failure shown beside).
func (t Trial) Fail(f Failure, now time.Time) (Trial, error) {
	if f.AADSTS != unknownInTenant || !t.Elsewhere { // another tenant does not come to know it by itself
		f = f.soon(t.Changed, now)
	}
	if !f.Transient {
		return t.end(f, now)
	}
	if t.State == Redeeming || t.State == Retrying {
		t, err := t.to(Retrying)
		if err == nil {
			t.Failure = &f
		}
		return t, err
	}
	t, err := t.Begin(now)
	if err == nil {
		t.Failure = &f
	}
	return t, err
}

// unknownInTenant: the tenant has no such application.
const unknownInTenant = 700016

// end fails the trial for good.
func (t Trial) end(f Failure, now time.Time) (Trial, error) {
	t, err := t.to(Failed)
	if err == nil {
		t.Failure, t.Ended = &f, now
	}
	return t, err
}

// Succeed ends the trial with a report.
func (t Trial) Succeed(r Report, now time.Time) (Trial, error) {
	t, err := t.to(Succeeded)
	if err == nil {
		t.Report, t.Ended = &r, now
	}
	return t, err
}

// Overdue reports whether nothing came for longer than Patience.
func (t Trial) Overdue(now time.Time) bool {
	return t.State == Waiting && now.Sub(t.Started) > Patience
}

// Over reports whether the trial reached its end. An unanswered one did: only
// the person can move it on.
func (t Trial) Over() bool {
	return t.State == Succeeded || t.State == Failed || t.State == NoAnswer
}
