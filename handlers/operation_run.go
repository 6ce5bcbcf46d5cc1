package handlers

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/setup"
	"github.com/consentry/consentry/store"
	"github.com/consentry/consentry/trial"
)

// leaseEvery is how often a running operation says that it is alive.
const leaseEvery = 5 * time.Second

// errTakenOver: another run of the environment was started, or may be.
var errTakenOver = errors.New("the operation was taken over")

// run carries an operation out and records how it ended, whatever happens.
func (h *Handlers) run(ctx context.Context, op store.Operation, do job) {
	defer h.running.end(op.ID)
	if err := h.alter(ctx, op.Environment, func(e *store.Environment) { e.State = store.Applying }); err != nil {
		h.ended(ctx, op, setup.Result{}, err)
		return
	}
	working, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	go h.keepLease(working, stop, op)
	result, err := contained(func() (setup.Result, error) { return do(working, op) })
	if errors.Is(context.Cause(working), errTakenOver) {
		h.Log.Warn("operation was taken over; what it did stands in the journal", "operation", op.ID)
		return
	}
	h.ended(ctx, op, result, err)
}

// keepLease renews the lease until ctx ends. When it is lost, or could not be
// renewed for so long that anybody may take it, this run must stop.
func (h *Handlers) keepLease(ctx context.Context, stop func(error), op store.Operation) {
	for h.Sleep(ctx, leaseEvery) == nil {
		renewed, err := h.Store.RenewLease(ctx, op)
		switch {
		case err == nil:
			op = renewed
		case errors.Is(err, store.ErrConflict), h.Now().After(op.LeaseUntil):
			stop(errTakenOver)
			return
		}
	}
}

// contained keeps one operation's defect from ending the console.
func contained(f func() (setup.Result, error)) (r setup.Result, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = &setup.DefectError{Value: p, Stack: debug.Stack()}
		}
	}()
	return f()
}

// ended records the outcome: on the environment first, because whoever sees
// the operation done goes on with what it made.
func (h *Handlers) ended(ctx context.Context, op store.Operation, result setup.Result, cause error) {
	op.Result, op.State = &result, store.OperationDone
	if cause != nil {
		op.State, op.Error = store.OperationFailed, sentence(cause)
		h.Log.Warn("operation stopped", "operation", op.ID, "error", cause.Error())
	}
	var defect *setup.DefectError
	if errors.As(cause, &defect) {
		h.Log.Error("an operation met a defect", "operation", op.ID, "details", defect.Details())
	}
	_, err := h.Store.RenewLease(ctx, op) // still ours
	if err == nil {
		err = h.settle(ctx, op, cause)
	}
	if err == nil {
		err = h.Store.FinishOperation(ctx, op)
	}
	if err != nil {
		h.Log.Error("what came of the operation could not be recorded", "operation", op.ID, "error", err.Error())
		return
	}
	if op.Kind == store.RemoveOperation && cause == nil {
		h.cleanUpTrials(ctx, func(t trial.Trial) (entra.Person, bool) { return op.Actor, t.Environment == op.Environment })
	}
}

// settle brings in line what depends on the outcome.
func (h *Handlers) settle(ctx context.Context, op store.Operation, cause error) error {
	err := h.alter(ctx, op.Environment, func(e *store.Environment) { record(e, op, cause) })
	if err != nil {
		return err
	}
	switch {
	case cause != nil:
		return nil
	case op.Kind == store.RemoveOperation:
		return h.dropSecrets(ctx, op.Environment, func(store.KeptSecret) bool { return true })
	case op.Result.Proven && op.Result.Secret != nil:
		return h.dropReplaced(ctx, op.Environment, op.Result.Secret.KeyID)
	}
	return nil
}

// record puts an operation's outcome on its environment.
func record(e *store.Environment, op store.Operation, cause error) {
	e.Step = "review"
	switch {
	case op.Kind == store.RemoveOperation && cause == nil:
		e.State = store.Removed
	case op.Kind == store.RemoveOperation:
		e.State = store.Attention
	case cause == nil && op.Result.Proven:
		e.State, e.Result = store.Connected, op.Result
	default:
		e.State = store.Attention
		if op.Result.App.ClientID != "" {
			e.Result = op.Result
		}
	}
}

// background runs what goes on when its page is left. A defect in it does not
// end the console; what it was about is found again as after a crash.
func (h *Handlers) background(f func()) {
	h.work.Go(func() {
		defer func() {
			if p := recover(); p != nil {
				h.Log.Error("a defect", "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
			}
		}()
		f()
	})
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
