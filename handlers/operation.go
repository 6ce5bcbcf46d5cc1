package handlers

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/preset"
	"github.com/consentry/consentry/setup"
	"github.com/consentry/consentry/store"
	"github.com/consentry/consentry/web"
)

// apply starts the plan as an operation that goes on when the page is left.
func (h *Handlers) apply(c *gin.Context) (web.Response, error) {
	env, p, err := h.environment(c)
	if err != nil {
		return nil, err
	}
	return h.startSetup(c, env, p)
}

// resume goes on with what an interrupted operation left. The journal tells
// what had been sent; nothing is sent twice.
func (h *Handlers) resume(c *gin.Context) (web.Response, error) {
	op, err := h.operation(c)
	if err != nil {
		return nil, err
	}
	env, err := h.Store.Environment(c.Request.Context(), op.Environment)
	if err != nil {
		return nil, err
	}
	p, ok := preset.ByID(env.Spec.Integration)
	if !ok {
		return nil, web.NotFound("integration")
	}
	if op.Kind == store.RemoveOperation {
		return h.startRemove(c, env, p)
	}
	return h.startSetup(c, env, p)
}

func (h *Handlers) startSetup(c *gin.Context, env store.Environment, p preset.Preset) (web.Response, error) {
	d, who, err := h.tenantDirectory(c, env)
	if err != nil {
		return nil, err
	}
	desired, errs := env.Spec.Resolve(p)
	if len(errs) > 0 || env.Tenant == "" {
		return web.SeeOther("/environments/" + env.ID + "/setup/review"), nil
	}
	ctx := c.Request.Context()
	plan, err := h.plan(ctx, env, d, desired)
	if err != nil {
		return nil, &web.Error{Status: http.StatusBadGateway, Err: err, Public: "There is no plan to apply: " + sentence(err),
			Next: web.Link{Label: "Back to the review", Href: "/environments/" + env.ID + "/setup/review"}}
	}
	return h.start(c, env, who, store.SetupOperation, plan, func(ctx context.Context, op store.Operation) (setup.Result, error) {
		return h.engine(d, op).Apply(ctx, desired, op.ID)
	})
}

// engine is the setup engine of one operation.
func (h *Handlers) engine(d Directory, op store.Operation) *setup.Engine {
	return &setup.Engine{
		Directory: d, Journal: h.Store.Journal(op), Now: h.Now, Sleep: h.Sleep,
		Observe: func(e setup.Event) { h.running.tell(op.ID, e) },
	}
}

// start records the operation, runs it apart from the request, and leads to
// its page. While another one runs for the environment, that one is shown.
func (h *Handlers) start(c *gin.Context, env store.Environment, who entra.Person, kind store.OperationKind, plan setup.Plan,
	run func(context.Context, store.Operation) (setup.Result, error)) (web.Response, error) {
	ctx := c.Request.Context()
	op, err := h.Store.StartOperation(ctx, env.ID, kind, who, plan)
	if errors.Is(err, store.ErrBusy) {
		ops, lerr := h.Store.Operations(ctx, env.ID)
		if lerr != nil || len(ops) == 0 {
			return nil, errors.Join(err, lerr)
		}
		return web.SeeOther("/operations/" + ops[0].ID), nil
	}
	if err != nil {
		return nil, err
	}
	h.running.begin(op.ID)
	env.State = store.Applying
	if _, err := h.Store.SaveEnvironment(ctx, env); err != nil && !errors.Is(err, store.ErrConflict) {
		h.running.end(op.ID)
		return nil, err
	}
	web.Note(c, slog.String("operation", op.ID))
	go h.run(context.WithoutCancel(ctx), op, run)
	return web.SeeOther("/operations/" + op.ID), nil
}

// leaseEvery is how often a running operation says that it is alive.
const leaseEvery = 5 * time.Second

// run carries an operation out and records how it ended, whatever happens.
func (h *Handlers) run(ctx context.Context, op store.Operation, do func(context.Context, store.Operation) (setup.Result, error)) {
	defer h.running.end(op.ID)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go h.keepLease(ctx, cancel, op)
	result, err := guarded(func() (setup.Result, error) { return do(ctx, op) })
	if err := h.finish(context.WithoutCancel(ctx), op, result, err); err != nil {
		h.Log.Error("operation could not be recorded as ended; it will show as interrupted", "operation", op.ID, "error", err.Error())
	}
}

// keepLease renews the lease until ctx ends; when it is lost, somebody else
// has taken the operation over and this run must stop.
func (h *Handlers) keepLease(ctx context.Context, stop func(), op store.Operation) {
	for h.Sleep(ctx, leaseEvery) == nil {
		renewed, err := h.Store.RenewLease(ctx, op)
		if errors.Is(err, store.ErrConflict) || errors.Is(err, store.ErrBusy) {
			h.Log.Warn("operation was taken over", "operation", op.ID)
			stop()
			return
		}
		if err == nil {
			op = renewed
		}
	}
}

// guarded turns a panic into an error, so that one operation's defect does
// not end the console.
func guarded(f func() (setup.Result, error)) (r setup.Result, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	return f()
}

// finish records the outcome on the operation and on its environment.
func (h *Handlers) finish(ctx context.Context, op store.Operation, result setup.Result, cause error) error {
	op.Result, op.State = &result, store.OperationDone
	if cause != nil {
		op.State, op.Error = store.OperationFailed, sentence(cause)
		h.Log.Warn("operation stopped", "operation", op.ID, "error", cause.Error())
	}
	if err := h.Store.FinishOperation(ctx, op); err != nil {
		return err
	}
	return h.settle(ctx, op, result, cause)
}

// settle brings the environment's state in line; another window's edit in
// between is kept and only the outcome is put on top.
func (h *Handlers) settle(ctx context.Context, op store.Operation, result setup.Result, cause error) error {
	for range 5 {
		env, err := h.Store.Environment(ctx, op.Environment)
		if err != nil {
			return err
		}
		switch {
		case op.Kind == store.RemoveOperation && cause == nil:
			env.State = store.Removed
		case cause == nil && result.Proven:
			env.State, env.Result, env.Step = store.Connected, &result, "review"
		default:
			env.State, env.Step = store.Attention, "review"
			if result.App.ClientID != "" {
				env.Result = &result
			}
		}
		_, err = h.Store.SaveEnvironment(ctx, env)
		if !errors.Is(err, store.ErrConflict) {
			return err
		}
	}
	return store.ErrConflict
}

// Wait lets running operations end at a step's boundary, as long as ctx
// allows; the console calls it when it stops.
func (h *Handlers) Wait(ctx context.Context) {
	for h.running.count() > 0 && ctx.Err() == nil {
		_ = h.Sleep(ctx, 50*time.Millisecond) // ctx is looked at above
	}
}
