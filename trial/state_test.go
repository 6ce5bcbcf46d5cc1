package trial

import (
	"errors"
	"testing"
	"time"
)

// do is one move of a trial.
type do func(Trial) (Trial, error)

func begin(t Trial) (Trial, error)   { return t.Begin(now) }
func answer(t Trial) (Trial, error)  { return t.Answer() }
func silent(t Trial) (Trial, error)  { return t.Unanswered(WindowClosed, now) }
func succeed(t Trial) (Trial, error) { return t.Succeed(Report{Verdict: "v"}, now) }
func fail(code int) do {
	return func(t Trial) (Trial, error) { return t.Fail(Explain(code, ""), now) }
}

func TestTrialMoves(t *testing.T) {
	const never = State("refused")
	recent, old := now.Add(-time.Minute), now.Add(-time.Hour)
	for name, c := range map[string]struct {
		changed time.Time
		moves   []do
		want    State
	}{
		"begins":                              {old, []do{begin}, Waiting},
		"begins again while waiting":          {old, []do{begin, begin}, Waiting},
		"gets an answer":                      {old, []do{begin, answer}, Redeeming},
		"gets an answer twice":                {old, []do{begin, answer, answer}, never},
		"succeeds":                            {old, []do{begin, answer, succeed}, Succeeded},
		"succeeds without an answer":          {old, []do{begin, succeed}, never},
		"fails":                               {old, []do{begin, answer, fail(65004)}, Failed},
		"fails for good":                      {old, []do{begin, answer, fail(65004), answer}, never},
		"begins again after failing":          {old, []do{begin, fail(65004), begin}, never},
		"stays unanswered":                    {old, []do{begin, silent}, NoAnswer},
		"stays unanswered before it begins":   {old, []do{silent}, never},
		"is answered late":                    {old, []do{begin, silent, answer}, Redeeming},
		"begins anew after silence":           {old, []do{begin, silent, begin}, Waiting},
		"is explained by paste after silence": {old, []do{begin, silent, fail(50011)}, Failed},
		"50011 pasted after our change":       {recent, []do{begin, silent, fail(50011)}, Waiting},
		"50011 pasted without silence":        {recent, []do{begin, fail(50011)}, Waiting},
		"7000215 while redeeming, our change": {recent, []do{begin, answer, fail(7000215)}, Retrying},
		"7000215 again":                       {recent, []do{begin, answer, fail(7000215), fail(7000215)}, Retrying},
		"7000215, then it works":              {recent, []do{begin, answer, fail(7000215), succeed}, Succeeded},
		"7000215, then something else":        {recent, []do{begin, answer, fail(7000215), fail(54005)}, Failed},
		"7000215 without a change of ours":    {old, []do{begin, answer, fail(7000215)}, Failed},
		"silence while redeeming":             {old, []do{begin, answer, silent}, never},
		"an answer after success":             {old, []do{begin, answer, succeed, answer}, never},
	} {
		trial := Trial{Changed: c.changed}
		var err error
		for _, move := range c.moves {
			if trial, err = move(trial); err != nil {
				break
			}
		}
		got := trial.State
		var refused *StateError
		if errors.As(err, &refused) {
			got = never
		}
		if got != c.want {
			t.Errorf("a trial that %s is %q (%v), want %q", name, got, err, c.want)
		}
		if over := got == Succeeded || got == Failed || got == NoAnswer; got != never && (trial.Over() != over || trial.Ended.IsZero() == over) {
			t.Errorf("a trial that %s: over %v, ended %v", name, trial.Over(), trial.Ended)
		}
		if (got == Failed || got == Retrying) && trial.Failure == nil {
			t.Errorf("a trial that %s has no failure", name)
		}
	}
}

func TestAMoveLeavesTheEarlierValueAlone(t *testing.T) {
	first, err := Trial{}.Begin(now)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := first.Answer(); err != nil || first.State != Waiting {
		t.Errorf("the value that moved changed: %q, %v", first.State, err)
	}
}

func TestOverdue(t *testing.T) {
	waiting := Trial{State: Waiting, Started: now}
	if waiting.Overdue(now.Add(Patience)) || !waiting.Overdue(now.Add(Patience+time.Second)) {
		t.Error("a trial is overdue after Patience, not before")
	}
	if (Trial{State: Redeeming, Started: now}).Overdue(now.Add(time.Hour)) {
		t.Error("an answered trial is not overdue")
	}
}
