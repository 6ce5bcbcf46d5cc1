package handlers

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/consentry/consentry/checks"
	"github.com/consentry/consentry/store"
	"github.com/consentry/consentry/web"
	"github.com/consentry/consentry/work"
)

// place reserves what a run of the checks takes, before anything is recorded.
// Places go round among the tenants of those who ask, or, where one person has
// the console, among the tenants asked about.
func (h *Handlers) place(ctx context.Context, given checks.Given) (*work.Place, error) {
	tenant := strings.ToLower(given.Tenant)
	if c, ok := store.CallerOf(ctx); ok && c.Tenant != "" {
		tenant = string(c.Tenant)
	}
	place, err := h.Runs.Reserve(tenant)
	switch {
	case errors.Is(err, work.ErrFull):
		return nil, errTooMany
	case errors.Is(err, work.ErrStopped):
		return nil, errEnding
	}
	return place, err
}

// inTurn carries a run out when its turn has come; it goes on when the person
// leaves. Its context ends when the process is about to. A defect in it does
// not end the console.
func (h *Handlers) inTurn(ctx context.Context, place *work.Place, run store.Run, do func(context.Context)) {
	ctx = context.WithoutCancel(ctx)
	h.work.Add(1)
	place.Run(func(until context.Context) {
		defer h.work.Done()
		defer h.checkings.end(run.ID)
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		defer context.AfterFunc(until, cancel)()
		if until.Err() != nil { // AfterFunc is told a moment later
			cancel()
		}
		h.containing(func() { do(ctx) })
	})
}

var errTooMany = &web.Error{Status: http.StatusTooManyRequests, RetryAfter: 10 * time.Second, Next: web.Link{Label: "Back to the checks", Href: "/diagnose"},
	Public: "Too many runs of the checks are under way and waiting. Wait until some have ended, then try again."}

var errEnding = &web.Error{Status: http.StatusServiceUnavailable, RetryAfter: 5 * time.Second,
	Public: "This process of the console is about to end, so nothing new is begun here. Try again in a moment."}

// underWay reports whether some process is at work on a run.
func (h *Handlers) underWay(ctx context.Context, run store.Run) bool {
	return run.State == store.RunRunning && (h.checkings.get(run.ID) != nil || h.held(ctx, run.ID))
}

// changes gives the channel that closes at the next change of a run; nil when
// this process does not carry it out.
func (h *Handlers) changes(run string) <-chan struct{} {
	live := h.checkings.get(run)
	if live == nil {
		return nil
	}
	_, changed := live.look()
	return changed
}
