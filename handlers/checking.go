package handlers

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"github.com/consentry/consentry/checks"
)

// checkings are the runs of the checks that this process works on.
type checkings struct {
	mu   sync.Mutex
	runs map[string]*checking
}

// begin takes a run in; letGo tells the other processes that it has ended.
func (s *checkings) begin(id string, letGo func()) *checking {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.runs == nil {
		s.runs = map[string]*checking{}
	}
	s.runs[id] = &checking{letGo: letGo, changed: make(chan struct{}), seen: checkingSeen{results: map[string]checks.Result{}, busy: map[string]time.Time{}}}
	return s.runs[id]
}

func (s *checkings) get(id string) *checking {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.runs[id]
}

func (s *checkings) end(id string) {
	s.mu.Lock()
	c := s.runs[id]
	delete(s.runs, id)
	s.mu.Unlock()
	if c != nil {
		c.letGo()
		c.note(func(*checkingSeen) {})
	}
}

// A checking is a run under way, as pages see it grow.
type checking struct {
	letGo   func()
	mu      sync.Mutex
	seen    checkingSeen
	changed chan struct{} // closed and replaced at each change
}

// checkingSeen is how far a run got.
type checkingSeen struct {
	results map[string]checks.Result
	// sources are all that may be asked, busy those that were and have not
	// answered, with the time they were asked.
	sources []checks.Source
	busy    map[string]time.Time
	// text says what is done beside gathering; empty for nothing.
	text string
}

func (c *checking) note(change func(*checkingSeen)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	change(&c.seen)
	close(c.changed)
	c.changed = make(chan struct{})
}

func (c *checking) say(text string) { c.note(func(s *checkingSeen) { s.text = text }) }

func (c *checking) decided(r checks.Result) {
	c.note(func(s *checkingSeen) { s.results[r.ID] = r })
}

// look copies what there is, with the channel that closes at the next change.
func (c *checking) look() (checkingSeen, <-chan struct{}) {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := c.seen
	s.results, s.busy = maps.Clone(s.results), maps.Clone(s.busy)
	return s, c.changed
}

// watched are the sources, each telling when it is asked and has answered. The
// log has the defects of which the checks say only that they are there.
func (c *checking) watched(sources []checks.Source, now func() time.Time, log *slog.Logger) []checks.Source {
	c.note(func(s *checkingSeen) { s.sources = sources })
	out := slices.Clone(sources)
	for i, source := range out {
		out[i].Fetch = func(ctx context.Context, f checks.Facts) (func(*checks.Facts), error) {
			c.note(func(s *checkingSeen) { s.busy[source.Name] = now() })
			defer c.note(func(s *checkingSeen) { delete(s.busy, source.Name) })
			defer func() {
				if p := recover(); p != nil {
					log.Error("a defect", "in", "asking for "+source.Name, "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
					panic(p)
				}
			}()
			return source.Fetch(ctx, f)
		}
	}
	return out
}

// waiting is what a check that is not decided waits for: the source of a fact
// of its own, asked the longest ago, and since when; the zero time for one
// that was not asked yet.
func (s checkingSeen) waiting(c *checks.Check) (name string, since time.Time) {
	for _, source := range s.sources {
		asked, busy := s.busy[source.Name]
		if !busy || !givesAny(source, c) {
			continue
		}
		if name == "" || asked.Before(since) {
			name, since = source.Name, asked
		}
	}
	return name, since
}

func givesAny(s checks.Source, c *checks.Check) bool {
	return slices.ContainsFunc(s.Gives, func(n checks.Need) bool { return slices.Contains(c.Needs, n) || slices.Contains(c.Wants, n) })
}
