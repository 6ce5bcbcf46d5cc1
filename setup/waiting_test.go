package setup

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/consentry/consentry/entra"
)

// patient is a directory whose service asks to wait before each change.
type patient struct {
	*directory
	status int
	wait   time.Duration
}

func (p patient) Do(ctx context.Context, c entra.Change) (entra.Created, error) {
	entra.TellWaiting(ctx, entra.Waiting{Service: "Microsoft Graph", Status: p.status, RequestID: "request-1", For: p.wait})
	return p.directory.Do(ctx, c)
}

func TestAWaitIsTold(t *testing.T) {
	for _, c := range []struct {
		status int
		wait   time.Duration
		want   string
	}{
		{429, 6500 * time.Millisecond, "Microsoft Graph asks to wait; going on in 7 seconds."},
		{429, time.Second, "Microsoft Graph asks to wait; going on in a second."},
		{409, 8 * time.Second, "Microsoft Graph is at work on another change of it; trying again in 8 seconds."},
	} {
		w := newWorld(t)
		e := w.engine()
		e.Directory = patient{w.dir, c.status, c.wait}
		var mu sync.Mutex
		var told []Event
		e.Observe = func(ev Event) {
			mu.Lock()
			defer mu.Unlock()
			told = append(told, ev)
		}
		if _, err := e.Apply(t.Context(), wanted(), "op1"); err != nil {
			t.Fatal(err)
		}
		if !slices.ContainsFunc(told, func(ev Event) bool {
			return ev.Step == stepApplication && ev.State == Intended && ev.Text == c.want && ev.RequestID == "request-1"
		}) {
			t.Errorf("%q is not told: %+v", c.want, told)
		}
	}
}
