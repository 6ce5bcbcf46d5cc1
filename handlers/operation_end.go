package handlers

import (
	"context"
	"errors"
	"slices"

	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/preset"
	"github.com/consentry/consentry/setup"
	"github.com/consentry/consentry/store"
	"github.com/consentry/consentry/trial"
)

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
	h.unrecorded(op, err)
	if err == nil && op.Kind == store.RemoveOperation && cause == nil {
		h.cleanUpTrials(ctx, func(t trial.Trial) (entra.Person, bool) { return op.Actor, t.Environment == op.Environment })
	}
}

// settle brings in line what depends on the outcome.
func (h *Handlers) settle(ctx context.Context, op store.Operation, cause error) error {
	made, err := h.madeCredential(ctx, op)
	if err != nil {
		return err
	}
	err = h.alter(ctx, op.Environment, func(e *store.Environment) {
		if made {
			toBeHandedOver(e)
		}
		if rotates(op.Kind) {
			recordRotation(e, op)
		} else {
			record(e, op, cause)
		}
	})
	if err != nil {
		return err
	}
	switch {
	case rotates(op.Kind):
		return h.dropRotated(ctx, op, cause)
	case cause != nil:
		return nil
	case op.Kind == store.RemoveOperation:
		return h.dropSecrets(ctx, op.Environment, func(store.KeptSecret) bool { return true })
	case op.Result.Proven && op.Result.Current() != nil:
		return h.dropReplaced(ctx, op.Environment, op.Result.Current().KeyID)
	}
	return nil
}

// toBeHandedOver: what was just made is, whatever was said of the one before.
func toBeHandedOver(e *store.Environment) {
	if p, ok := preset.ByID(e.Spec.Integration); ok {
		e.Handed = slices.DeleteFunc(e.Handed, func(label string) bool { return label == secretField(p) })
	}
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
		e.State = store.Connected
		e.NoteSetup(*op.Result)
	default:
		e.State = store.Attention
		if op.Result.App.ClientID != "" {
			e.NoteSetup(*op.Result)
		}
	}
}
