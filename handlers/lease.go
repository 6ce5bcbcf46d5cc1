package handlers

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/store"
)

const (
	// leaseEvery is how often a running operation says that it is alive.
	leaseEvery = 4 * time.Second
	// operationLimit is how long one may take. Nobody waits as long for a
	// directory that catches up: two minutes for each request.
	operationLimit = 15 * time.Minute
)

// Why an operation stops that is not done.
var (
	// errTakenOver: another process has it, or may have.
	errTakenOver = errors.New("the operation was taken over")
	// errStopped: somebody stopped it.
	errStopped = errors.New("the operation was stopped")
	// errGivenUp: this process ends; another one goes on.
	errGivenUp = errors.New("the operation is given up, because this process ends")
	// errTooLong: it took longer than operationLimit.
	errTooLong = errors.New("the operation took longer than a quarter of an hour")
)

// A lease is this process's hold of an operation.
type lease struct {
	h  *Handlers
	op store.Operation

	mu sync.Mutex
	// until is when others may take it, by this process's clock.
	until time.Time
}

// claim is a lease that began with a request to the store at the time asked.
func (h *Handlers) claim(op store.Operation, asked time.Time) *lease {
	return &lease{h: h, op: op, until: asked.Add(store.Lease)}
}

// over reports whether others may have taken the operation.
func (l *lease) over() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return !l.h.Now().Before(l.until)
}

func (l *lease) extend(asked time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.until = asked.Add(store.Lease)
}

// keep renews the lease until ctx ends. Once it is lost, or could not be
// renewed for so long that anybody may have it, nothing more may happen: halt
// ends requests on their way too. Where somebody stopped the operation, stop
// lets those be answered.
func (l *lease) keep(ctx context.Context, stop, halt context.CancelCauseFunc) {
	for l.h.Sleep(ctx, leaseEvery) == nil {
		asked := l.h.Now()
		_, err := l.h.Store.RenewLease(ctx, l.op)
		switch {
		case err == nil:
			l.extend(asked)
		case l.over():
			halt(errTakenOver)
			return
		case !errors.Is(err, store.ErrConflict): // the next try may succeed
		case l.wasStopped(ctx):
			stop(errStopped)
			return
		default:
			halt(errTakenOver)
			return
		}
	}
}

// keeping renews the lease of an operation that stays with this process until
// the answer is called.
func (h *Handlers) keeping(ctx context.Context, op store.Operation, asked time.Time) (letGo func()) {
	ctx, stop := context.WithCancel(context.WithoutCancel(ctx))
	lost := func(error) {} // the journal takes no intent then
	go h.claim(op, asked).keep(ctx, lost, lost)
	return stop
}

// wasStopped: nobody else has the operation, and yet it runs no more.
func (l *lease) wasStopped(ctx context.Context) bool {
	now, err := l.h.Store.Operation(ctx, l.op.ID)
	return err == nil && now.Fence == l.op.Fence && now.State == store.OperationInterrupted
}

// tokens gives tokens only as long as the operation is ours. Every request
// fetches one right before it is sent: a process that was halted in between,
// and finds on coming back that others may be at work, sends nothing.
func (l *lease) tokens(next TokenFunc) TokenFunc {
	return func(ctx context.Context) (entra.Sensitive, time.Time, error) {
		token, expires, err := next(ctx)
		if err == nil && l.over() {
			return entra.Sensitive{}, time.Time{}, errTakenOver
		}
		return token, expires, err
	}
}

// unbroken is a directory in which a change that is on its way is waited for,
// also when the operation is to stop: what it answers comes only once. It ends
// with hold.
type unbroken struct {
	Directory
	hold context.Context
}

// Do implements setup.Directory.
func (u unbroken) Do(ctx context.Context, c entra.Change) (entra.Created, error) {
	if u.hold.Err() != nil {
		return u.Directory.Do(u.hold, c) // which is not sent any more
	}
	held, end := context.WithCancelCause(context.WithoutCancel(ctx)) // whoever is told of waits by ctx still is
	defer end(nil)
	defer context.AfterFunc(u.hold, func() { end(context.Cause(u.hold)) })()
	return u.Directory.Do(held, c)
}
