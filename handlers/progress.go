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
}

type run struct {
	changed chan struct{} // closed and replaced at each change
	texts   map[setup.StepID]setup.Event
}

func (r *running) begin(id string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.runs == nil {
		r.runs = map[string]*run{}
	}
	r.runs[id] = &run{changed: make(chan struct{}), texts: map[setup.StepID]setup.Event{}}
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
	defer r.mu.Unlock()
	if run := r.runs[id]; run != nil {
		close(run.changed)
		delete(r.runs, id)
	}
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
