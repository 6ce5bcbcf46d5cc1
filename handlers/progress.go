package handlers

import (
	"context"
	"maps"
	"sync"
	"time"

	"github.com/consentry/consentry/setup"
)

// running keeps what is only worth knowing while something runs in this
// process: who listens, and what a step waits for.
type running struct {
	mu   sync.Mutex
	runs map[string]*run
	over bool // nothing more is taken up: the process ends
}

type run struct {
	changed chan struct{} // closed and replaced at each change
	texts   map[setup.StepID]setup.Event
	// stop tells what another process can go on with to end; letGo tells the
	// other processes that it has ended. One of them is set.
	stop  func(error)
	letGo func()
}

// beginHeld begins what only this process can do: a test.
func (r *running) beginHeld(id string, letGo func()) { r.begin(id, &run{letGo: letGo}) }

// beginWork begins what another process can go on with: an operation. It is
// stopped when this process ends.
func (r *running) beginWork(id string, stop func(error)) {
	r.begin(id, &run{stop: stop})
	if r.givenUp() {
		stop(errGivenUp)
	}
}

func (r *running) begin(id string, now *run) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.runs == nil {
		r.runs = map[string]*run{}
	}
	now.changed, now.texts = make(chan struct{}), map[setup.StepID]setup.Event{}
	r.runs[id] = now
}

// stop stops one of them.
func (r *running) stop(id string, why error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if run := r.runs[id]; run != nil && run.stop != nil {
		run.stop(why)
	}
}

// giveUp stops what another process can go on with, now and from now on.
func (r *running) giveUp() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.over = true
	for _, run := range r.runs {
		if run.stop != nil {
			run.stop(errGivenUp)
		}
	}
}

func (r *running) givenUp() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.over
}

func (r *running) tell(id string, e setup.Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if run := r.runs[id]; run != nil {
		run.texts[e.Step] = e
		close(run.changed)
		run.changed = make(chan struct{})
	}
}

func (r *running) end(id string) {
	r.mu.Lock()
	run := r.runs[id]
	delete(r.runs, id)
	r.mu.Unlock()
	if run == nil {
		return
	}
	if run.letGo != nil {
		run.letGo()
	}
	close(run.changed)
}

// watch gives the channel that closes at the next change, and the texts so
// far; nil when it does not run in this process.
func (r *running) watch(id string) (<-chan struct{}, map[setup.StepID]setup.Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	run := r.runs[id]
	if run == nil {
		return nil, nil
	}
	return run.changed, maps.Clone(run.texts)
}

func (r *running) has(id string) bool {
	changed, _ := r.watch(id)
	return changed != nil
}

// streamPoll is how often a page that waits looks at what nobody tells about.
const streamPoll = time.Second

// waitForChange returns at the next change, or soon when none is told of here.
func waitForChange(ctx context.Context, changed <-chan struct{}) error {
	t := time.NewTimer(streamPoll)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-changed:
	case <-t.C:
	}
	return nil
}
