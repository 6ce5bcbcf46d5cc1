package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/setup"
)

// OperationKind is what an operation does.
type OperationKind string

// The kinds of operations.
const (
	SetupOperation    OperationKind = "setup"
	RemoveOperation   OperationKind = "remove"
	SecretOperation   OperationKind = "secret"    // replace the client secret
	TrialURIOperation OperationKind = "trial-uri" // add or take away a trial's redirect URI
	FixOperation      OperationKind = "fix"       // one change that mends what a check found
)

// OperationState is how far an operation got.
type OperationState string

// The states of an operation.
const (
	OperationRunning     OperationState = "running"
	OperationDone        OperationState = "done"
	OperationFailed      OperationState = "failed"
	OperationInterrupted OperationState = "interrupted" // its process died or lost the lease
)

// Lease is how long a running operation counts as alive without renewing. So
// long another process waits before it goes on in the place of one that died.
const Lease = 15 * time.Second

// An Operation is one run of a plan. At most one runs for an environment.
type Operation struct {
	ID          string
	Environment string
	Kind        OperationKind
	// Actor started it and owns the secrets it makes.
	Actor  entra.Person
	State  OperationState
	Plan   setup.Plan
	Result *setup.Result // nil until it ended
	Error  string        // why it failed, for people
	// Ended is zero while it runs and when it was interrupted.
	Started, Ended, LeaseUntil time.Time
	// Fence counts the environment's claims: an operation gets the next number
	// when it is started, and again whenever a process takes it up. Whoever
	// holds an older number may write nothing any more.
	Fence int64
	// Holder is the process that is at work on it; empty while it waits for one.
	Holder string
}

const operationColumns = `id, environment, kind, actor, state, plan, result, error, started, ended, lease_until, fence, holder`

func scanOperation(row scanner) (Operation, error) {
	var o Operation
	err := row.Scan(&o.ID, &o.Environment, &o.Kind, document{&o.Actor}, &o.State, document{&o.Plan}, document{&o.Result}, &o.Error,
		instant{&o.Started}, instant{&o.Ended}, instant{&o.LeaseUntil}, &o.Fence, &o.Holder)
	return o, notFound(err)
}

// StartOperation records an operation that this process carries out, with a
// lease, in the person's name, with its intent in the audit log: when that
// cannot be written (ErrUnaudited), nothing is recorded. ErrBusy: one is
// running for the environment already. One whose lease is over does not count:
// it is marked interrupted.
func (s *Store) StartOperation(ctx context.Context, env string, kind OperationKind, actor entra.Person, plan setup.Plan) (Operation, error) {
	return s.begin(ctx, env, kind, actor, plan, claimed{s.process, Lease}, nothingMore)
}

// claimed says whose an operation is, and for how long unless they say more.
type claimed struct {
	holder string
	lease  time.Duration
}

func nothingMore(context.Context, *sql.Tx, Operation) error { return nil }

// begin records an operation, and in the same transaction what more does.
func (s *Store) begin(ctx context.Context, env string, kind OperationKind, actor entra.Person, plan setup.Plan, by claimed, more func(context.Context, *sql.Tx, Operation) error) (Operation, error) {
	if actor.Tenant == "" || actor.ID == "" {
		return Operation{}, errors.New("store: start operation: the actor needs a tenant ID and an object ID, since the secret will be shown to nobody else")
	}
	docs, err := texts(actor, plan)
	if err != nil {
		return Operation{}, fmt.Errorf("store: start operation: %w", err)
	}
	var o Operation
	err = s.inTx(ctx, func(tx *sql.Tx) error {
		now := s.leaseNow()
		fence, err := nextFence(ctx, tx, env)
		if err != nil {
			return err
		}
		cut, err := all(ctx, tx, scanOperation, `UPDATE operations SET state = 'interrupted'
			WHERE environment = $1 AND state = 'running' AND lease_until <= $2 RETURNING `+operationColumns, env, millis(now))
		if err != nil {
			return err
		}
		o, err = scanOperation(tx.QueryRowContext(ctx, `INSERT INTO operations
			(id, environment, kind, actor, state, plan, error, fence, holder, lease_until, started, ended)
			VALUES ($1, $2, $3, $4, 'running', $5, '', $6, $7, $8, $9, 0)
			ON CONFLICT DO NOTHING RETURNING `+operationColumns,
			newID(), env, kind, docs[0], docs[1], fence, by.holder, millis(now.Add(by.lease)), millis(s.now())))
		if errors.Is(err, ErrNotFound) {
			return ErrBusy
		}
		if err != nil {
			return err
		}
		if err := s.auditCut(ctx, tx, cut); err != nil {
			return err
		}
		if err := s.auditOperation(ctx, tx, o, "operation-started", AuditIntent); err != nil {
			return err
		}
		return more(ctx, tx, o)
	})
	if err != nil {
		return Operation{}, fmt.Errorf("store: start operation: %w", err)
	}
	return o, nil
}

// nextFence gives the environment's next operation its number; the row stays
// locked until the transaction ends.
func nextFence(ctx context.Context, tx *sql.Tx, env string) (fence int64, err error) {
	and, args := own(ctx, "home", env)
	err = tx.QueryRowContext(ctx, `UPDATE environments SET fence = fence + 1 WHERE id = $1`+and+` RETURNING fence`, args...).Scan(&fence)
	return fence, notFound(err)
}

// Operation reads one; ErrNotFound when there is none.
func (s *Store) Operation(ctx context.Context, id string) (Operation, error) {
	and, args := ofOwn(ctx, "environment", id)
	o, err := scanOperation(s.read.QueryRowContext(ctx, `SELECT `+operationColumns+` FROM operations WHERE id = $1`+and, args...))
	if err != nil {
		return Operation{}, fmt.Errorf("store: operation: %w", err)
	}
	return o, nil
}

// Operations lists an environment's, newest first.
func (s *Store) Operations(ctx context.Context, env string) ([]Operation, error) {
	and, args := ofOwn(ctx, "environment", env)
	list, err := all(ctx, s.read, scanOperation, `SELECT `+operationColumns+` FROM operations WHERE environment = $1`+and+` ORDER BY fence DESC`, args...)
	if err != nil {
		return nil, fmt.Errorf("store: operations: %w", err)
	}
	return list, nil
}

// RenewLease says that the operation is alive for another Lease. ErrConflict:
// it was interrupted, ended or taken over, and whoever runs it must stop.
func (s *Store) RenewLease(ctx context.Context, o Operation) (Operation, error) {
	var renewed Operation
	err := s.inTx(ctx, func(tx *sql.Tx) (err error) {
		renewed, err = s.renew(ctx, tx, o)
		return err
	})
	if err != nil {
		return Operation{}, fmt.Errorf("store: renew lease: %w", err)
	}
	return renewed, nil
}

func (s *Store) renew(ctx context.Context, tx *sql.Tx, o Operation) (Operation, error) {
	and, args := ofOwn(ctx, "environment", millis(s.leaseNow().Add(Lease)), o.ID, o.Fence)
	renewed, err := scanOperation(tx.QueryRowContext(ctx, `UPDATE operations SET lease_until = $1
		WHERE id = $2 AND fence = $3 AND state = 'running'`+and+` RETURNING `+operationColumns, args...))
	if errors.Is(err, ErrNotFound) {
		return Operation{}, ErrConflict
	}
	return renewed, err
}

// FinishOperation records State, which must be OperationDone or
// OperationFailed, Result and Error. An interrupted operation may still end
// while nobody has taken it over; ErrConflict otherwise.
func (s *Store) FinishOperation(ctx context.Context, o Operation) error {
	if o.State != OperationDone && o.State != OperationFailed {
		return fmt.Errorf("store: finish operation: %q is no way to end", o.State)
	}
	result, err := text(o.Result)
	if err != nil {
		return fmt.Errorf("store: finish operation: %w", err)
	}
	err = s.inTx(ctx, func(tx *sql.Tx) error {
		if err := heldFence(ctx, tx, o); err != nil {
			return err
		}
		n, err := touched(ctx, tx, `UPDATE operations SET state = $1, result = $2, error = $3, ended = $4
			WHERE id = $5 AND fence = $6 AND state IN ('running', 'interrupted')`,
			o.State, result, storable(o.Error), millis(s.now()), o.ID, o.Fence)
		switch {
		case err != nil:
			return err
		case n == 0:
			return ErrConflict
		}
		return s.auditOperation(ctx, tx, o, "operation-ended", o.ended())
	})
	if err != nil {
		return fmt.Errorf("store: finish operation: %w", err)
	}
	return nil
}

// heldFence fails with ErrConflict once a later operation of the environment
// was started. The update changes nothing; it locks the row in databases that
// have several writers.
func heldFence(ctx context.Context, tx *sql.Tx, o Operation) error {
	and, args := own(ctx, "home", o.Environment, o.Fence)
	n, err := touched(ctx, tx, `UPDATE environments SET fence = fence WHERE id = $1 AND fence = $2`+and, args...)
	if err == nil && n == 0 {
		return ErrConflict
	}
	return err
}
