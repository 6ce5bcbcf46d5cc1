package checks

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Verdict is what a run comes to as a whole.
type Verdict string

// Right: nothing was found wrong, as far as was given to look at. Wrong:
// something keeps people from connecting, or will. Undecided: nothing was
// found wrong, but something that could have been was not learned. Advice
// changes none of them.
const (
	Right     Verdict = "right"
	Wrong     Verdict = "wrong"
	Undecided Verdict = "undecided"
)

// ExitCode is what a command ends with: 0 nothing wrong, 2 findings, 3
// undecided.
func (v Verdict) ExitCode() int {
	switch v {
	case Right:
		return 0
	case Wrong:
		return 2
	}
	return 3
}

// A Root is a failed check, with the ids of those that are skipped because of
// it.
type Root struct {
	ID      string   `json:"id"`
	Follows []string `json:"follows,omitempty"`
}

// A Summary is a run in a sentence and in figures.
type Summary struct {
	Verdict  Verdict         `json:"verdict"`
	Sentence string          `json:"sentence"`
	Counts   map[Outcome]int `json:"counts"`
	// Roots are the failed checks: what blocks first, then what risks, then
	// advice, each in the order of display.
	Roots []Root `json:"roots,omitempty"`
}

// Summarize sums up the results of a run over f.
func Summarize(f *Facts, results []Result) Summary {
	s := Summary{Counts: map[Outcome]int{}, Roots: rootsOf(results)}
	t := tally{now: f.Now}
	for _, r := range results {
		s.Counts[r.Outcome]++
		t.add(r)
	}
	s.Verdict, s.Sentence = t.verdict(), t.sentence(f)
	return s
}

func rootsOf(results []Result) []Root {
	var out []Root
	for _, severity := range []Severity{Blocks, Risks, Advises} {
		for _, r := range results {
			if r.Outcome == Failed && r.severity() == severity {
				out = append(out, Root{r.ID, followers(results, r.ID)})
			}
		}
	}
	return out
}

func followers(results []Result, root string) []string {
	var out []string
	for _, r := range results {
		if r.Outcome == Skipped && r.Cause == root {
			out = append(out, r.ID)
		}
	}
	return out
}

// severity of a check that this version does not know is the middle one.
func (r Result) severity() Severity {
	if c := r.Check(); c != nil {
		return c.Severity
	}
	return Risks
}

// due is the first moment to come at which a finding begins to matter.
func (r Result) due(now time.Time) time.Time {
	var first time.Time
	for _, f := range r.Findings {
		if f.Due.After(now) && (first.IsZero() || f.Due.Before(first)) {
			first = f.Due
		}
	}
	return first
}

// A tally counts what a sentence is made of.
type tally struct {
	now                                          time.Time
	stop, will, may, advice, undecided, unlooked int
	first                                        time.Time // when the first of will comes
}

func (t *tally) add(r Result) {
	switch {
	case r.Outcome == Unknown && r.NotGiven:
		t.unlooked++
	case r.Outcome == Unknown && r.severity() == Blocks:
		t.undecided++
	case r.Outcome != Failed:
	case r.severity() == Advises:
		t.advice++
	case r.severity() == Blocks:
		t.stop++
	default:
		t.risk(r.due(t.now))
	}
}

// risk counts a risk that comes at a known moment, or at none.
func (t *tally) risk(due time.Time) {
	if due.IsZero() {
		t.may++
		return
	}
	t.will++
	if t.first.IsZero() || due.Before(t.first) {
		t.first = due
	}
}

func (t *tally) verdict() Verdict {
	switch {
	case t.stop+t.will+t.may > 0:
		return Wrong
	case t.undecided > 0:
		return Undecided
	}
	return Right
}

// part is one count of the sentence.
type part struct {
	n         int
	one, many string // after "1" and after the number
}

func (p part) String() string {
	if p.n == 1 {
		return "1 " + p.one
	}
	return fmt.Sprintf("%d %s", p.n, p.many)
}

// sentence names things once: "2 things stop sign-in; 1 will in 12 days".
func (t *tally) sentence(f *Facts) string {
	when := in(t.first.Sub(t.now))
	will := part{t.will, "will " + when, "will, the first " + when}
	if t.stop == 0 {
		will = part{t.will, "will stop sign-in " + when, "will stop sign-in, the first " + when}
	}
	var words []string
	for _, p := range []part{{t.stop, "stops sign-in", "stop sign-in"}, will, {t.may, "keeps some people out", "keep some people out"}} {
		switch {
		case p.n == 0:
			continue
		case len(words) == 0:
			p.one, p.many = "thing "+p.one, "things "+p.many
		}
		words = append(words, p.String())
	}
	if len(words) == 0 {
		words = []string{t.nothingWrong(f)}
	}
	if t.stop+t.will+t.may == 0 && t.unlooked > 0 {
		words = append(words, part{t.unlooked, "thing could not be looked at", "things could not be looked at"}.String())
	}
	for _, p := range []part{{t.undecided, "check could not be decided", "checks could not be decided"}, {t.advice, "thing could be kept better", "things could be kept better"}} {
		if p.n > 0 {
			words = append(words, p.String())
		}
	}
	return strings.Join(words, "; ") + "."
}

// nothingWrong says how far that goes.
func (t *tally) nothingWrong(f *Facts) string {
	if t.unlooked+t.undecided > 0 {
		return "Nothing wrong was found"
	}
	who := "the integration"
	if p, ok := f.Preset(); ok {
		who = p.Name
	}
	return "Nothing is wrong: " + who + " can sign people in"
}

// in writes a span to come: in days, the last one in hours.
func in(d time.Duration) string { return "in " + about(d) }

// Undecidable lists what would make the unknown results known, each once, in
// the order of display.
func Undecidable(results []Result) []string {
	var out []string
	for _, r := range results {
		if r.Outcome == Unknown && r.Would != "" && !slices.Contains(out, r.Would) {
			out = append(out, r.Would)
		}
	}
	return out
}
