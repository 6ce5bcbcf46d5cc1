package handlers

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"slices"
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
	env, p, err := h.living(c)
	if err != nil {
		return nil, err
	}
	if seen, given := c.GetPostForm("wanted"); given && seen != wanted(env) {
		return nil, &web.Error{Status: http.StatusConflict, Next: web.Link{Label: "Look at the plan as it is now", Href: "/environments/" + env.ID + "/setup/review"},
			Public: "Somebody changed this environment since you opened the review, so nothing was applied: the plan is another one now."}
	}
	return h.startSetup(c, env, p, store.SetupOperation)
}

// wanted tells what an environment wants from anything else that it could, for
// the form of the review.
func wanted(env store.Environment) string {
	data, err := json.Marshal([]any{env.Tenant, env.Spec})
	if err != nil {
		return "" // which no other is
	}
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:16])
}

// resume goes on with what an operation left that failed or was cut off. The
// journal tells what had been sent; nothing is sent twice.
func (h *Handlers) resume(c *gin.Context) (web.Response, error) {
	op, err := h.operation(c)
	if err != nil {
		return nil, err
	}
	ctx := c.Request.Context()
	env, err := h.Store.Environment(ctx, op.Environment)
	if err != nil {
		return nil, err
	}
	p, ok := preset.ByID(env.Spec.Integration)
	if !ok {
		return nil, web.NotFound("integration")
	}
	switch resumable, err := h.resumable(ctx, env, op); {
	case err != nil:
		return nil, err
	case !resumable:
		return web.SeeOther("/operations/" + op.ID), nil
	}
	switch {
	case op.Kind == store.RemoveOperation:
		return h.startRemove(c, env, p)
	case rotates(op.Kind):
		return h.resumeRotation(c, env, p, op)
	}
	kind, err := h.whatIsLeft(ctx, op)
	if err != nil {
		return nil, err
	}
	return h.startSetup(c, env, p, kind)
}

// stopOperation lets nothing more begin: what is on its way is still waited
// for and written down. It can be resumed.
func (h *Handlers) stopOperation(c *gin.Context) (web.Response, error) {
	op, err := h.operation(c)
	if err != nil {
		return nil, err
	}
	ctx := c.Request.Context()
	if op.State == store.OperationRunning && op.Kind != store.FixOperation {
		err := h.Store.InterruptOperation(ctx, op)
		if errors.Is(err, store.ErrConflict) { // it ended, or was taken up, at this moment: the page shows which
			return web.SeeOther("/operations/" + op.ID), nil
		}
		if err := errors.Join(err, h.needsAttention(ctx, op.Environment)); err != nil {
			return nil, err
		}
		h.running.stop(op.ID, errStopped) // another process notices at the next step
	}
	return web.SeeOther("/operations/" + op.ID), nil
}

// resumable: it stopped before it was done, and nothing was started since.
func (h *Handlers) resumable(ctx context.Context, env store.Environment, op store.Operation) (bool, error) {
	if op.Kind == store.FixOperation || env.State == store.Removed || op.State == store.OperationDone || op.State == store.OperationRunning {
		return false, nil
	}
	ops, err := h.Store.Operations(ctx, env.ID)
	return err == nil && len(ops) > 0 && ops[0].ID == op.ID, err
}

// whatIsLeft of replacing a secret is an ordinary setup once the new one has
// been made: asking for a new one again would throw it away.
func (h *Handlers) whatIsLeft(ctx context.Context, op store.Operation) (store.OperationKind, error) {
	made, err := h.madeCredential(ctx, op)
	if err == nil && made {
		return store.SetupOperation, nil
	}
	return op.Kind, err
}

// madeCredential: the operation made a secret or a certificate, in whichever
// process.
func (h *Handlers) madeCredential(ctx context.Context, op store.Operation) (bool, error) {
	entries, err := h.Store.Entries(ctx, op.ID)
	return slices.ContainsFunc(entries, func(e setup.Entry) bool {
		return e.State == setup.Done && e.Created != nil && (e.Created.Secret != nil || e.Created.Certificate != nil)
	}), err
}

// startSetup makes the environment what it should be; for a SecretOperation
// with a new client secret in place of the old one.
func (h *Handlers) startSetup(c *gin.Context, env store.Environment, p preset.Preset, kind store.OperationKind) (web.Response, error) {
	d, who, err := h.tenantDirectory(c, env)
	if err != nil {
		return nil, err
	}
	review := "/environments/" + env.ID + "/setup/review"
	desired, errs := env.Spec.Resolve(p)
	if len(errs) > 0 || env.Tenant == "" {
		return web.SeeOther(review), nil
	}
	desired.NewSecret = kind == store.SecretOperation
	plan, err := h.plan(c.Request.Context(), env, d, desired)
	if err != nil {
		return nil, noPlan(err, review)
	}
	return h.start(c, env, who, kind, plan)
}

func noPlan(err error, review string) error {
	return &web.Error{Status: http.StatusBadGateway, Err: err, Public: "There is no plan to apply. " + sentence(err),
		Next: web.Link{Label: "Back to the review", Href: review}}
}

// engine is the setup engine of one operation.
func (h *Handlers) engine(d Directory, op store.Operation) *setup.Engine {
	return &setup.Engine{
		Directory: d, Journal: h.Store.Journal(op), Now: h.Now, Sleep: h.Sleep,
		Observe: func(e setup.Event) { h.running.tell(op.ID, e) },
	}
}

// start records the operation for whichever process is free, see carriers, and
// leads to its page. While another one runs for the environment, that one is
// shown.
func (h *Handlers) start(c *gin.Context, env store.Environment, who entra.Person, kind store.OperationKind, plan setup.Plan) (web.Response, error) {
	ctx := c.Request.Context()
	if err := h.allowed(ctx, who, levelOfPlan(plan.Pending())); err != nil {
		return nil, err
	}
	op, err := h.Store.QueueOperation(ctx, env, kind, who, plan)
	if errors.Is(err, store.ErrBusy) {
		ops, lerr := h.Store.Operations(ctx, env.ID)
		if lerr != nil || len(ops) == 0 {
			return nil, errors.Join(err, lerr)
		}
		return web.SeeOther("/operations/" + ops[0].ID), nil
	}
	if errors.Is(err, store.ErrFull) {
		return nil, &web.Error{Status: http.StatusTooManyRequests, Err: err, RetryAfter: 30 * time.Second, Next: web.Link{Label: "Back to the environment", Href: "/environments/" + env.ID},
			Public: "Too many changes are under way and waiting, so this one was not begun. Wait until some have ended, then try again."}
	}
	if err != nil {
		return nil, err
	}
	web.Note(c, slog.String("operation", op.ID))
	return web.SeeOther("/operations/" + op.ID), nil
}
