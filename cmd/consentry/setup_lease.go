package main

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/consentry/consentry/store"
)

// endCutOff ends the operation that a killed process left running. One that
// another process is at work on, or that waits for a console, is let alone.
func (r *setupRun) endCutOff(ctx context.Context, st *store.Store, env store.Environment) error {
	if _, err := st.CutOff(ctx); err != nil {
		return err
	}
	ops, err := st.Operations(ctx, env.ID)
	if err != nil || len(ops) == 0 || ops[0].State != store.OperationRunning {
		return err
	}
	busy := fmt.Errorf("%s: %w: wait until it has ended, then run the same command again", env.Name, store.ErrBusy)
	if _, alone := st.Database(); !alone && ops[0].Holder == "" {
		return busy
	}
	op, err := st.ClaimOperation(ctx, ops[0].ID)
	if errors.Is(err, store.ErrConflict) {
		return busy
	}
	if err != nil {
		return err
	}
	r.say.line("An earlier run was cut off; going on where it ended.")
	op.State, op.Error = store.OperationFailed, "The process that ran it ended before it was done. A later run goes on."
	return st.FinishOperation(ctx, op)
}

// renewEvery is how often a running operation says that it is alive.
const renewEvery = store.Lease / 3

// hold keeps the operation's lease until end is called. The context ends when
// another process took it over: nothing more may be sent then.
func hold(ctx context.Context, st *store.Store, op store.Operation) (working context.Context, end func()) {
	working, stop := context.WithCancelCause(ctx)
	var keeper sync.WaitGroup
	keeper.Go(func() {
		for sleep(working, renewEvery) == nil {
			if _, err := st.RenewLease(working, op); errors.Is(err, store.ErrConflict) {
				stop(err)
			}
		}
	})
	return working, func() {
		stop(nil)
		keeper.Wait()
	}
}
