package store

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"strings"

	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/setup"
)

// operationEvent is an event of an operation; its environment is looked up
// for whoever reads the log later.
func operationEvent(ctx context.Context, tx *sql.Tx, o Operation, action, result string) (AuditEvent, error) {
	e := AuditEvent{
		Action: action, Result: result, Object: "environment/" + o.Environment, Actor: o.Actor,
		Detail: map[string]string{"operation": o.ID, "kind": string(o.Kind)},
	}
	var name string
	err := tx.QueryRowContext(ctx, `SELECT name, tenant, home FROM environments WHERE id = $1`, o.Environment).Scan(&name, &e.Tenant, &e.Home)
	e.Detail["environment"] = name
	return e, notFound(err)
}

func (s *Store) auditOperation(ctx context.Context, tx *sql.Tx, o Operation, action, result string) error {
	e, err := operationEvent(ctx, tx, o, action, result)
	if err != nil {
		return err
	}
	return s.audit(ctx, tx, e)
}

// ended is an operation's outcome in the words of the log.
func (o Operation) ended() string {
	switch o.State {
	case OperationDone:
		return AuditDone
	case OperationFailed:
		return AuditFailed
	}
	return AuditUnknown
}

// auditCut writes down that operations were cut off.
func (s *Store) auditCut(ctx context.Context, tx *sql.Tx, cut []Operation) error {
	for _, o := range cut {
		if err := s.auditOperation(ctx, tx, o, "operation-ended", AuditUnknown); err != nil {
			return err
		}
	}
	return nil
}

// auditIntent writes down, with the journal's entry, that a fix is about to be
// sent. What a longer operation sends stands in its journal; the log has the
// operation, and the credentials it brought or took away.
func (s *Store) auditIntent(ctx context.Context, tx *sql.Tx, o Operation, request entra.Request) error {
	if o.Kind != FixOperation {
		return nil
	}
	e, err := operationEvent(ctx, tx, o, "fix-applied", AuditIntent)
	if err != nil {
		return err
	}
	e.Detail["method"], e.Detail["path"] = request.Method, request.Path
	return s.audit(ctx, tx, e)
}

// auditOutcome writes down what came of an entry: of a fix, and of whatever
// brings a credential or takes one away.
func (s *Store) auditOutcome(ctx context.Context, tx *sql.Tx, o Operation, request entra.Request, state setup.EntryState, created entra.Created) error {
	var actions []string
	if o.Kind == FixOperation {
		actions = append(actions, "fix-applied")
	}
	if a := credentialAction(request, created); a != "" {
		actions = append(actions, a)
	}
	for _, action := range actions {
		e, err := operationEvent(ctx, tx, o, action, entryResults[state])
		if err != nil {
			return err
		}
		e.Detail["method"], e.Detail["path"], e.Detail["graph-request-id"] = request.Method, request.Path, created.RequestID
		e.Detail["key-id"] = keyOf(request, created)
		if err := s.audit(ctx, tx, e); err != nil {
			return err
		}
	}
	return nil
}

// entryResults are the outcomes of a journal's entry in the words of the log.
var entryResults = map[setup.EntryState]string{
	setup.Done: AuditDone, setup.Failed: AuditFailed, setup.Unknown: AuditUnknown, setup.Intended: AuditUnknown,
}

// credentialRequests tell what requests do to an application's credentials. A
// secret may also come with the application itself; certificates are replaced
// as a list, in which a new one brings its key.
var credentialRequests = []struct {
	action string
	is     func(entra.Request) bool
}{
	{"credential-added", func(r entra.Request) bool { return strings.HasSuffix(r.Path, "/addPassword") }},
	{"credential-added", func(r entra.Request) bool { return r.Body["passwordCredentials"] != nil }},
	{"credential-added", func(r entra.Request) bool {
		return r.Method == "POST" && strings.HasSuffix(r.Path, "/federatedIdentityCredentials")
	}},
	{"credential-added", bringsCertificate},
	{"credential-removed", func(r entra.Request) bool { return strings.HasSuffix(r.Path, "/removePassword") }},
	{"credential-removed", func(r entra.Request) bool {
		return r.Method == "DELETE" && strings.Contains(r.Path, "/federatedIdentityCredentials/")
	}},
	{"credential-removed", func(r entra.Request) bool { return r.Body["keyCredentials"] != nil && !bringsCertificate(r) }},
}

func bringsCertificate(r entra.Request) bool {
	list, _ := r.Body["keyCredentials"].([]any)
	return slices.ContainsFunc(list, func(one any) bool {
		body, _ := one.(map[string]any)
		return body["key"] != nil
	})
}

// credentialAction is what a request does to an application's credentials;
// empty for most.
func credentialAction(request entra.Request, created entra.Created) string {
	if created.Secret != nil {
		return "credential-added"
	}
	for _, known := range credentialRequests {
		if known.is(request) {
			return known.action
		}
	}
	return ""
}

// keyOf is Microsoft's id of the credential that came or goes.
func keyOf(request entra.Request, created entra.Created) string {
	if created.Secret != nil {
		return string(created.Secret.KeyID)
	}
	id, _ := request.Body["keyId"].(string)
	return id
}

// auditSecret writes down what became of a kept secret.
func (s *Store) auditSecret(ctx context.Context, tx *sql.Tx, id, action string) error {
	e := AuditEvent{Action: action, Result: AuditDone, Object: "secret/" + id}
	var key, operation, name string
	err := tx.QueryRowContext(ctx, `SELECT s.key_id, s.operation, e.name, e.tenant, e.home
		FROM secrets s JOIN environments e ON e.id = s.environment WHERE s.id = $1`, id).Scan(&key, &operation, &name, &e.Tenant, &e.Home)
	if err != nil {
		return notFound(err)
	}
	e.Detail = map[string]string{"key-id": key, "operation": operation, "environment": name}
	return s.audit(ctx, tx, e)
}

// refused writes down that a secret was not given, and why; the attempt's own
// transaction is undone by then. What went wrong with the database is not the
// person's attempt and has no row.
func (s *Store) refused(ctx context.Context, action, object string, cause error) error {
	var reason string
	switch {
	case errors.Is(cause, ErrNotFound):
		reason = "not theirs, or not there"
	case errors.Is(cause, ErrGone):
		reason = "used up"
	case errors.Is(cause, ErrUnreadable):
		return s.unreadable(ctx, object, cause)
	default:
		return cause
	}
	return s.andAudit(ctx, cause, AuditEvent{Action: action, Result: AuditDenied, Object: object, Detail: map[string]string{"reason": reason}})
}

// unreadable writes down that a stored value does not open, which means that
// the database was damaged or tampered with, and passes the error on.
func (s *Store) unreadable(ctx context.Context, object string, cause error) error {
	if !errors.Is(cause, ErrUnreadable) {
		return cause
	}
	s.log.ErrorContext(ctx, "a stored value does not open: the database is damaged or was tampered with", "object", object, "error", cause.Error())
	return s.andAudit(ctx, cause, AuditEvent{Action: "value-unreadable", Result: AuditFailed, Object: object})
}

// andAudit passes an error on with a row about it.
func (s *Store) andAudit(ctx context.Context, cause error, e AuditEvent) error {
	if err := s.Audit(ctx, e); err != nil {
		return errors.Join(cause, err)
	}
	return cause
}
