package checks

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"runtime"
	"slices"

	"github.com/consentry/consentry/entra"
)

// A Source asks one service for one or more facts. Fetch runs beside others
// and must not write f; what it learned it returns as a function that does,
// which is called where nobody else looks. An error makes Gives unknown.
type Source struct {
	Name string // for the person who waits: "the app registration"
	// Gives are the facts it settles; After the ones it wants settled first.
	Gives, After []Need
	Fetch        func(ctx context.Context, f Facts) (func(*Facts), error)
}

// A GapError is an error of a Source that says what would make the fact known.
type GapError struct{ Gap }

// Error is the gap in a sentence.
func (e *GapError) Error() string { return e.Why }

// Run gathers the facts that the checks need, side by side, and yields every
// result as soon as it can be decided: in the order of becoming true, not of
// display. f begins with what is given and ends complete. When ctx is done,
// what is still missing is unknown; to stop early ends the gathering. Facts
// that are settled already are not asked for again; see [Facts.Renew]. What was
// given is made fit to keep; see [Given.Safe].
func Run(ctx context.Context, f *Facts, checks []*Check, sources []Source) iter.Seq[Result] {
	return func(yield func(Result) bool) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		f.Given = f.Given.Safe()
		idle := wanted(f, checks, sources)
		r := &run{facts: f, deck: newDeck(checks), idle: idle, answers: make(chan answer, len(idle)), yield: yield}
		r.leaveOut(sources)
		r.loop(ctx)
	}
}

// Evaluate decides all checks from facts that are complete, in the order of
// display.
func Evaluate(f *Facts, checks []*Check) []Result {
	d := newDeck(checks)
	settled := *f
	for _, n := range AllNeeds {
		if fact := settled.fact(n); !fact.settled() {
			fact.forget(unasked(n))
		}
	}
	for {
		if _, ok := d.next(&settled); !ok {
			break
		}
	}
	return d.inOrder(checks)
}

// wanted are the sources of facts that a check reads and that are not settled
// yet, with those that must come before them.
func wanted(f *Facts, checks []*Check, sources []Source) []Source {
	needed := map[Need]bool{}
	for _, c := range checks {
		if c.Applies == nil || c.Applies(f) {
			mark(needed, c.Needs, c.Wants)
		}
	}
	for before := -1; before != len(needed); {
		before = len(needed)
		for _, s := range sources {
			if s.gives(f, needed) {
				mark(needed, s.After)
			}
		}
	}
	var out []Source
	for _, s := range sources {
		if s.gives(f, needed) {
			out = append(out, s)
		}
	}
	return out
}

func mark(set map[Need]bool, lists ...[]Need) {
	for _, n := range slices.Concat(lists...) {
		set[n] = true
	}
}

// gives reports whether the source settles one of the needed facts.
func (s Source) gives(f *Facts, needed map[Need]bool) bool {
	return slices.ContainsFunc(s.Gives, func(n Need) bool { return needed[n] && !f.fact(n).settled() })
}

type answer struct {
	source Source
	write  func(*Facts)
	err    error
}

type run struct {
	facts   *Facts
	deck    *deck
	idle    []Source // not started yet
	running int
	answers chan answer
	yield   func(Result) bool
}

// unfindable is why a fact is missing that no source came to.
var unfindable = Gap{Why: "Nothing here could find it out.", Would: "Run the checks again."}

// tooLong is why a fact is missing whose source did not answer in time.
var tooLong = Gap{Why: "It took too long.", Would: "Run the checks again."}

// leaveOut settles at once what no source will.
func (r *run) leaveOut(sources []Source) {
	given := map[Need]bool{}
	for _, s := range sources {
		mark(given, s.Gives)
	}
	for _, n := range AllNeeds {
		if fact := r.facts.fact(n); !given[n] && !fact.settled() {
			fact.forget(unasked(n))
		}
	}
}

// loop starts what can start, decides what can be decided and waits, until
// nothing is left.
func (r *run) loop(ctx context.Context) {
	for {
		r.start(ctx)
		if !r.decide() {
			return
		}
		if r.running == 0 {
			break
		}
		select {
		case a := <-r.answers:
			r.take(a)
		case <-ctx.Done():
			r.drain()
			r.giveUp(tooLong)
		}
	}
	if len(r.idle) > 0 { // they wait for each other
		r.giveUp(unfindable)
		r.decide()
	}
}

func (r *run) start(ctx context.Context) {
	var still []Source
	for _, s := range r.idle {
		if !r.facts.settled(s.After) {
			still = append(still, s)
			continue
		}
		r.running++
		go func(f Facts) {
			write, err := fetch(ctx, s, f)
			r.answers <- answer{s, write, err}
		}(*r.facts)
	}
	r.idle = still
}

// fetch turns a panic of a source into its error.
func fetch(ctx context.Context, s Source, f Facts) (write func(*Facts), err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("asking for %s met %s", s.Name, defect(p))
		}
	}()
	return s.Fetch(ctx, f)
}

// defect is what a person may read of a panic. Its value may hold anything,
// but for what the runtime says: that tells of types and lengths alone.
func defect(p any) string {
	var of runtime.Error
	if err, ok := p.(error); ok && errors.As(err, &of) {
		return "a defect of this program (" + of.Error() + ")"
	}
	return "a defect of this program"
}

// take writes what a source learned, or why it did not.
func (r *run) take(a answer) {
	r.running--
	if a.err == nil && a.write != nil {
		a.err = a.record(r.facts)
	}
	gap := a.gap()
	for _, n := range a.source.Gives {
		if fact := r.facts.fact(n); !fact.settled() {
			fact.forget(gap)
		}
	}
}

// record writes on a copy first, so that a panic leaves no half of an answer.
func (a answer) record(f *Facts) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("reading %s met %s", a.source.Name, defect(p))
		}
	}()
	written := *f
	a.write(&written)
	*f = written
	return nil
}

// gap is why what the source should have given is not there.
func (a answer) gap() Gap {
	var g *GapError
	switch {
	case errors.As(a.err, &g):
		return g.Gap
	case errors.Is(a.err, context.DeadlineExceeded), errors.Is(a.err, context.Canceled):
		return tooLong
	case a.err != nil:
		return Gap{Why: entra.ForeignText(a.err.Error()), Would: "Run the checks again."}
	}
	return Gap{Why: fmt.Sprintf("The answer to asking for %s did not hold it.", a.source.Name), Would: "Run the checks again."}
}

// drain takes the answers that have come already.
func (r *run) drain() {
	for len(r.answers) > 0 {
		r.take(<-r.answers)
	}
}

// giveUp makes everything that is not settled unknown and waits for nobody.
func (r *run) giveUp(g Gap) {
	r.idle, r.running = nil, 0
	for _, n := range AllNeeds {
		if fact := r.facts.fact(n); !fact.settled() {
			fact.forget(g)
		}
	}
}

// decide yields what has become decidable; false when nobody listens any more.
func (r *run) decide() bool {
	for {
		result, ok := r.deck.next(r.facts)
		if !ok {
			return true
		}
		if !r.yield(result) {
			return false
		}
	}
}
