package store

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/consentry/consentry/entra"
)

// What came of an audited action.
const (
	AuditIntent  = "intent"  // it is about to be done; the outcome has a row of its own
	AuditDone    = "done"    // it was done
	AuditFailed  = "failed"  // it was tried and did not work
	AuditDenied  = "denied"  // it was refused
	AuditUnknown = "unknown" // it was begun, and nobody knows what came of it
)

// auditResults are all there are.
var auditResults = []string{AuditIntent, AuditDone, AuditFailed, AuditDenied, AuditUnknown}

// auditActions are what the log may say was done. A word that is not here is
// refused, so that no page lacks the words for it.
var auditActions = []string{
	"sign-in", "sign-in-denied", "sign-out", "access-denied", "session-ended",
	"operation-started", "operation-ended", "fix-applied", "run-started",
	"credential-added", "credential-removed", "redirect-uri-added", "redirect-uri-removed",
	"secret-revealed", "secret-used", "secret-dropped", "value-unreadable",
	"audit-exported", "key-rotated", "backup-made", "restored", "reminder-sent", "tls-failure",
}

// auditDetails are the names a detail may have. Whoever adds one makes sure
// that its values can hold no secret, token or code; that is why the text of
// an error has none.
var auditDetails = []string{
	"action", "address", "app", "application", "approved", "backup", "client-id", "code", "console-request-id", "count",
	"credential", "days", "description", "environment", "expires", "format", "from", "graph-request-id", "identity", "key",
	"key-id", "kind", "method", "name", "new-key", "old-key", "operation", "path", "reason", "role", "roles", "route", "run",
	"secrets", "seq", "session", "step", "table", "tenant-name", "test", "to", "trial", "upn", "uri", "user", "version", "way",
}

// An AuditEvent is one thing to write down. Who did it, from where and in
// which request comes from the context's Caller; without one it is the
// program's own work, done by "system".
type AuditEvent struct {
	// Action is one of AuditActions, Result one of the constants above.
	Action, Result string
	// Object is what it was done to, as kind/id, such as "environment/x7".
	Object string
	// Tenant is the one it was done in; empty for none.
	Tenant entra.TenantID
	// Detail says more, in short texts under known names. A name that is not
	// known is an error: the list of names is what keeps secrets out.
	Detail map[string]string
	// Home is the tenant whose administrators may read the row. Empty means
	// the caller's, and where there is none Tenant.
	Home entra.TenantID
	// Actor is in whose name it is done when the context has no person.
	Actor entra.Person
}

// An AuditRow is an event as the log has it.
type AuditRow struct {
	Seq int64
	At  time.Time // UTC, whole milliseconds
	// ActorTenant and ActorID are empty for the program's own work; Actor is
	// the name for people, "system" then.
	ActorTenant entra.TenantID
	ActorID     entra.ObjectID
	Actor       string
	// Session is the beginning of the session id's hash.
	Session, Role, Action, Object string
	Tenant, Home                  entra.TenantID
	Result, RequestID, IP         string
	// Detail is a JSON object of texts, sorted by name.
	Detail string
	// Prev is the hash of the row before (32 zero bytes in the first), Hash that
	// of this one.
	Prev, Hash []byte
}

// AuditActions lists what the log may say was done.
func AuditActions() []string { return slices.Clone(auditActions) }

// errUnaudited: what cannot be written down is not done.
var errUnaudited = fmt.Errorf("%w: %w", ErrUnaudited, ErrUnavailable)

// Audit adds a row to the audit log. Where the row belongs to a change in this
// database the change writes it itself, in its own transaction. The error
// wraps ErrUnaudited; what was to be written down must then not be done.
func (s *Store) Audit(ctx context.Context, e AuditEvent) error {
	err := s.inTx(ctx, func(tx *sql.Tx) error { return s.audit(ctx, tx, e) })
	if err != nil {
		return fmt.Errorf("store: audit: %w", err)
	}
	return nil
}

// audit adds a row in the caller's transaction. It comes last there: the head
// of the log stays locked until the transaction ends, and everybody waits.
func (s *Store) audit(ctx context.Context, tx *sql.Tx, e AuditEvent) error {
	row, err := s.auditRow(ctx, e)
	if err == nil {
		err = chain(ctx, tx, row)
	}
	if err != nil {
		return fmt.Errorf("%w: %w", errUnaudited, err)
	}
	return nil
}

// auditRow completes an event with who and when, each text within its bounds.
func (s *Store) auditRow(ctx context.Context, e AuditEvent) (AuditRow, error) {
	if !slices.Contains(auditActions, e.Action) || !slices.Contains(auditResults, e.Result) {
		return AuditRow{}, fmt.Errorf("the audit log has no action %q with result %q", e.Action, e.Result)
	}
	detail, err := auditDetail(e.Detail)
	if err != nil {
		return AuditRow{}, err
	}
	c, asked := CallerOf(ctx)
	if !asked {
		c.Role = systemActor
	}
	who := c.Person
	if who == (entra.Person{}) {
		who = e.Actor
	}
	return AuditRow{
		At: s.now(), ActorTenant: entra.TenantID(entra.ForeignText(string(who.Tenant))), ActorID: entra.ObjectID(entra.ForeignText(string(who.ID))),
		Actor:   entra.ForeignText(cmp.Or(who.UPN, who.DisplayName, string(who.ID), nobody(asked))),
		Session: entra.ForeignText(c.Session), Role: entra.ForeignText(c.Role), Action: e.Action, Object: entra.ForeignText(e.Object),
		Tenant: entra.TenantID(entra.ForeignText(string(e.Tenant))), Home: entra.TenantID(entra.ForeignText(string(cmp.Or(e.Home, c.Tenant, e.Tenant)))),
		Result: e.Result, RequestID: entra.ForeignText(c.RequestID), IP: entra.ForeignText(c.IP), Detail: detail,
	}, nil
}

// systemActor is who does what nobody asked for.
const systemActor = "system"

func nobody(asked bool) string {
	if asked {
		return "nobody signed in"
	}
	return systemActor
}

// auditDetail is the canonical JSON of a detail: sorted by name, without
// blanks.
func auditDetail(detail map[string]string) (string, error) {
	bounded := make(map[string]string, len(detail))
	for name, value := range detail {
		if !slices.Contains(auditDetails, name) {
			return "", fmt.Errorf("the audit log has no detail %q", name)
		}
		if value = entra.ForeignText(value); value != "" {
			bounded[name] = value
		}
	}
	text, err := json.Marshal(bounded)
	return string(text), err
}
