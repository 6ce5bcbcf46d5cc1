package handlers

import (
	"context"
	"time"

	"github.com/consentry/consentry/checks"
	"github.com/consentry/consentry/store"
)

// noteEvery is how often at most it is written down how far a run got.
const noteEvery = time.Second

// soFar is how far a run got: as this process sees it, or as the one that
// carries it out wrote it down a moment ago.
func (h *Handlers) soFar(run store.Run) checkingSeen {
	if live := h.checkings.get(run.ID); live != nil {
		seen, _ := live.look()
		return seen
	}
	seen := checkingSeen{results: map[string]checks.Result{}, text: run.Doing}
	for _, r := range run.Results {
		seen.results[r.ID] = r
	}
	return seen
}

// inOrder are the results in the order of display.
func (s checkingSeen) inOrder() (out []checks.Result) {
	for _, c := range checks.All {
		if r, ok := s.results[c.ID]; ok {
			out = append(out, r)
		}
	}
	return out
}

// noting writes down how far the run got while it goes on, for those whose
// pages another process of the console answers. stop ends that, and returns
// when nothing more is written.
func (h *Handlers) noting(ctx context.Context, run store.Run, live *checking) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	run.Facts = checks.Facts{Now: run.Facts.Now, Cloud: run.Facts.Cloud, Given: run.Facts.Given.Safe()} // the run fills in the rest meanwhile
	go func() {
		defer close(done)
		for {
			seen, changed := live.look()
			run.Results, run.Doing = seen.inOrder(), seen.text
			if err := h.Store.NoteRun(ctx, run); err != nil && ctx.Err() == nil {
				h.Log.Debug("how far a run of the checks got could not be written down", "run", run.ID, "error", err.Error())
			}
			if h.Sleep(ctx, noteEvery) != nil {
				return
			}
			select {
			case <-changed:
			case <-ctx.Done():
				return
			}
		}
	}()
	return func() { cancel(); <-done }
}
