package handlers

import (
	"context"

	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/setup"
	"github.com/consentry/consentry/store"
)

// audited does something outside the console that has no operation, and writes
// it down before and after. What cannot be written down is not done; what came
// of it counts even where that could not be written down any more.
func (h *Handlers) audited(ctx context.Context, e store.AuditEvent, do func() error) error {
	e.Result = store.AuditIntent
	if err := h.Store.Audit(ctx, e); err != nil {
		return err
	}
	err := do()
	e.Result = auditResults[outcomeOf(err)]
	if aerr := h.Store.Audit(context.WithoutCancel(ctx), e); aerr != nil {
		h.Log.ErrorContext(ctx, "what came of a change could not be written into the audit log", "action", e.Action, "object", e.Object, "result", e.Result, "error", aerr.Error())
	}
	return err
}

var auditResults = map[setup.EntryState]string{setup.Done: store.AuditDone, setup.Failed: store.AuditFailed, setup.Unknown: store.AuditUnknown}

// redirectEvent is about a redirect URI of an app.
func redirectEvent(action string, app entra.Application, uri string) store.AuditEvent {
	return store.AuditEvent{Action: action, Object: "application/" + string(app.ClientID), Detail: map[string]string{"uri": uri, "name": app.DisplayName, "client-id": string(app.ClientID)}}
}
