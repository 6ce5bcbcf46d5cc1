package handlers

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/consentry/consentry/preset"
	"github.com/consentry/consentry/setup"
	"github.com/consentry/consentry/store"
)

// An undertaking is an operation with all that is needed to carry it out,
// built anew from what is stored: any process may go on with it.
type undertaking struct {
	op     store.Operation
	env    store.Environment
	preset preset.Preset
	// directory is the tenant, in the name of whoever started the operation.
	directory Directory
	engine    *setup.Engine
}

// carriers say how the operations of each kind are carried out. They may be
// called again for one that was cut off: the journal tells the engine what had
// been sent, and nothing is sent twice.
var carriers = map[store.OperationKind]func(*Handlers, context.Context, undertaking) (setup.Result, error){
	store.SetupOperation:  (*Handlers).carrySetup,
	store.SecretOperation: (*Handlers).carrySetup,
	store.RemoveOperation: (*Handlers).carryRemoval,
	store.RotateOperation: (*Handlers).carryRotation,
	store.RetireOperation: (*Handlers).carryRotation,
}

// carrySetup makes the environment what it should be; for a SecretOperation
// with a new client secret in place of the old one.
func (h *Handlers) carrySetup(ctx context.Context, u undertaking) (setup.Result, error) {
	desired, errs := u.env.Spec.Resolve(u.preset)
	if len(errs) > 0 {
		return setup.Result{}, errors.New("what was chosen is not complete any more: " + specErrors(errs)[0])
	}
	kind, err := h.whatIsLeft(ctx, u.op)
	if err != nil {
		return setup.Result{}, err
	}
	desired.NewSecret = kind == store.SecretOperation
	return u.engine.Apply(ctx, desired, u.op.ID)
}

func (h *Handlers) carryRemoval(ctx context.Context, u undertaking) (setup.Result, error) {
	desired, errs := u.env.Spec.Resolve(u.preset)
	if len(errs) > 0 {
		return setup.Result{}, errors.New("what was chosen is not complete any more: " + specErrors(errs)[0])
	}
	return u.engine.Remove(ctx, desired, u.op.ID)
}

// stalePlan is after how long nothing is begun on its own of what somebody
// asked for: no console was there meanwhile, and they may have helped
// themselves otherwise.
const stalePlan = time.Hour

// errLongAgo: it waited for too long. Somebody can go on with it.
var errLongAgo = errors.New("it was asked for long ago, when no console was there to carry it out")

// errNoTokens: the person's sign-in has ended, before anything was sent.
var errNoTokens = errors.New("nobody can act in this person's name any more")

// undertake gathers what the operation takes. Requests on their way end with
// hold, everything else with ctx.
func (h *Handlers) undertake(ctx, hold context.Context, l *lease) (u undertaking, err error) {
	u.op = l.op
	if h.Now().Sub(u.op.Started) > stalePlan {
		return u, errLongAgo
	}
	if u.env, err = h.Store.Environment(ctx, u.op.Environment); err != nil {
		return u, err
	}
	var ok bool
	if u.preset, ok = preset.ByID(u.env.Spec.Integration); !ok {
		return u, fmt.Errorf("there is no integration %q", u.env.Spec.Integration)
	}
	tokens := l.tokens(h.tokensOfAdmin(u.op.Actor))
	switch _, _, err := tokens(ctx); {
	case errors.Is(err, errSignedOut):
		return u, errNoTokens
	case errors.Is(err, errRoleLost):
		return u, err
	}
	d, err := h.directoryWith(u.op.Actor, tokens)
	if err != nil {
		return u, err
	}
	u.directory = unbroken{d, hold}
	u.engine = h.engine(u.directory, u.op)
	if rotates(u.op.Kind) {
		return u, nil
	}
	return u, h.alter(ctx, u.env.ID, func(e *store.Environment) { e.State = store.Applying })
}

// Work takes up the operation that is next and carries it out; with none
// waiting it returns at once. Any process may do so: everything it takes is in
// the store. An error means that the store could not be asked.
func (h *Handlers) Work(ctx context.Context) error {
	if h.running.givenUp() {
		return nil
	}
	asked := h.Now()
	op, err := h.Store.NextOperation(ctx)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	h.work.Add(1)
	defer h.work.Done()
	h.run(ctx, op, asked)
	if h.running.givenUp() {
		return nil // others have been woken
	}
	return h.Store.WakeWaiting(context.WithoutCancel(ctx))
}

// run carries an operation out and records how it ended, whatever happens. It
// was asked for at the given time.
func (h *Handlers) run(ctx context.Context, op store.Operation, asked time.Time) {
	// hold ends requests on their way, working what has not begun.
	hold, halt := context.WithCancelCause(ctx)
	defer halt(nil)
	timed, over := context.WithTimeoutCause(hold, operationLimit, errTooLong)
	defer over()
	working, stop := context.WithCancelCause(timed)
	defer stop(nil)
	h.running.beginWork(op.ID, stop)
	defer h.running.end(op.ID)
	l := h.claim(op, asked)
	go l.keep(hold, stop, halt)
	h.Log.Info("operation is carried out here", "operation", op.ID, "kind", string(op.Kind))
	result, err := contained(func() (setup.Result, error) {
		u, err := h.undertake(working, hold, l)
		if err != nil {
			return setup.Result{}, err
		}
		return carriers[op.Kind](h, working, u)
	})
	why := context.Cause(working)
	if errors.Is(err, store.ErrConflict) && why == nil { // the journal noticed before the lease
		why = errTakenOver
		if l.wasStopped(context.WithoutCancel(ctx)) {
			why = errStopped
		}
	}
	h.conclude(context.WithoutCancel(ctx), op, result, err, why)
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

// conclude decides what becomes of an operation that returned err, after it
// was told to stop because of why.
func (h *Handlers) conclude(ctx context.Context, op store.Operation, result setup.Result, err, why error) {
	switch {
	case err == nil:
		h.ended(ctx, op, result, nil)
	case errors.Is(why, errTakenOver), errors.Is(err, errTakenOver):
		h.Log.Warn("operation was taken over; what it did stands in the journal", "operation", op.ID)
	case errors.Is(why, errStopped):
		h.unrecorded(op, h.needsAttention(ctx, op.Environment))
	case errors.Is(err, errNoTokens), errors.Is(err, errRoleLost), errors.Is(err, errLongAgo):
		h.Log.Info("operation waits for somebody to go on with it", "operation", op.ID, "why", sentence(err))
		h.unrecorded(op, errors.Join(h.Store.InterruptOperation(ctx, op), h.needsAttention(ctx, op.Environment)))
	case errors.Is(err, store.ErrUnavailable):
		h.Log.Warn("operation waits until the database can be written; somebody goes on when its lease is over", "operation", op.ID, "error", err.Error())
	case errors.Is(why, errTooLong):
		h.ended(ctx, op, result, errTooLong)
	case why != nil: // given up, or told to end at once
		h.Log.Info("operation is given up for another process to go on with", "operation", op.ID)
		h.unrecorded(op, h.Store.ReleaseOperation(ctx, op))
	default:
		h.ended(ctx, op, result, err)
	}
}

// unrecorded logs what kept an operation's outcome from being recorded. Somebody
// finds it again when its lease is over.
func (h *Handlers) unrecorded(op store.Operation, err error) {
	if err != nil {
		h.Log.Error("what came of the operation could not be recorded", "operation", op.ID, "error", err.Error())
	}
}

// needsAttention marks an environment whose operation is over and not done.
func (h *Handlers) needsAttention(ctx context.Context, env string) error {
	return h.alter(ctx, env, func(e *store.Environment) {
		if e.State == store.Applying {
			e.State = store.Attention
		}
	})
}
