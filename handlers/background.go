package handlers

import (
	"context"
	"fmt"
	"runtime/debug"
)

// background runs what goes on when its page is left. A defect in it does not
// end the console; what it was about is found again as after a crash.
func (h *Handlers) background(f func()) {
	h.work.Go(func() { h.containing(f) })
}

func (h *Handlers) containing(f func()) {
	defer func() {
		if p := recover(); p != nil {
			h.Log.Error("a defect", "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
		}
	}()
	f()
}

// GiveUp is called when the process is about to end: operations stop at the
// next step, so that another process can go on with them, and no further ones
// are taken up. Wait waits for that.
func (h *Handlers) GiveUp() { h.running.giveUp() }

// holding says to the other processes that this one is at work on a test or a
// run of the checks, until the answer is called.
func (h *Handlers) holding(ctx context.Context, id string) (letGo func()) {
	h.hold(ctx, id)
	return h.renewing(ctx, id)
}

func (h *Handlers) hold(ctx context.Context, id string) {
	if err := h.Store.Hold(ctx, id); err != nil && ctx.Err() == nil {
		h.Log.Warn("other processes may take this for cut off", "id", id, "error", err.Error())
	}
}

// renewing goes on to say so.
func (h *Handlers) renewing(ctx context.Context, id string) (letGo func()) {
	ctx, stop := context.WithCancel(ctx)
	go func() {
		for h.Sleep(ctx, leaseEvery) == nil {
			h.hold(ctx, id)
		}
	}()
	return func() {
		stop()
		if err := h.Store.LetGo(context.WithoutCancel(ctx), id); err != nil {
			h.Log.Debug("it counts as held for a moment longer", "id", id, "error", err.Error())
		}
	}
}

// held reports whether some process is at work on it, this one or another.
// What cannot be asked counts as held: nothing is said to be over that may
// not be.
func (h *Handlers) held(ctx context.Context, id string) bool {
	if h.running.has(id) {
		return true
	}
	held, err := h.Store.Held(ctx, id)
	return held || err != nil
}

// Wait lets what is under way end, operations and tests, for as long as ctx
// allows; the console calls it when it stops. What does not end in time is
// found in the journal at the next start.
func (h *Handlers) Wait(ctx context.Context) {
	done := make(chan struct{})
	go func() {
		h.work.Wait()
		close(done)
	}()
	select {
	case <-done:
	case <-ctx.Done():
	}
}
