package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"reflect"
	"time"

	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/setup"
)

// A Waker makes some process, this or another one, look for an operation that
// waits. It may be told more often than needed.
type Waker interface {
	// Wake has its effect when tx is committed.
	Wake(ctx context.Context, tx *sql.Tx, operation string, fence int64) error
	// Nudge follows the commit, for those of this process.
	Nudge(ctx context.Context, operation string, fence int64) error
}

// WakeBy says who is told of operations that wait. It is called once, before
// the first is queued.
func (s *Store) WakeBy(w Waker) { s.waker = w }

const (
	// Waiting is how long an operation may wait for a process. Afterwards it
	// does not keep another from being started.
	Waiting = 15 * time.Minute
	// MaxOperations is how many operations may be under way or waiting at once,
	// MaxTenantOperations how many of them in one tenant.
	MaxOperations, MaxTenantOperations = 200, 50
	// TenantAtOnce is how many of a tenant are carried out at once, in all
	// processes: each sends several requests side by side, and a tenant has one
	// allowance at Microsoft for all.
	TenantAtOnce = 4
)

// QueueOperation is StartOperation for whichever process is free, which is
// woken in the same transaction. The plan was made from e, and what is carried
// out is what e wants then: whoever read e before cannot save it any more.
// ErrBusy: one is running for the environment already. ErrConflict: it wants
// something else by now. ErrFull: too many are under way or waiting.
func (s *Store) QueueOperation(ctx context.Context, e Environment, kind OperationKind, actor entra.Person, plan setup.Plan) (Operation, error) {
	if s.waker == nil {
		return Operation{}, errors.New("store: queue operation: nobody is there to be woken")
	}
	o, err := s.begin(ctx, e.ID, kind, actor, plan, claimed{"", Waiting}, func(ctx context.Context, tx *sql.Tx, o Operation) error {
		if err := stillWanted(ctx, tx, e); err != nil {
			return err
		}
		return s.admit(ctx, tx, o)
	})
	if err != nil {
		return Operation{}, err
	}
	s.nudge(ctx, o)
	return o, nil
}

// stillWanted fails with ErrConflict where the environment wants something else
// than e does. Its version counts up, so that forms that were filled from e are
// not saved.
func stillWanted(ctx context.Context, tx *sql.Tx, e Environment) error {
	var now Environment
	err := tx.QueryRowContext(ctx, `UPDATE environments SET version = version + 1 WHERE id = $1 RETURNING spec, tenant`, e.ID).Scan(document{&now.Spec}, &now.Tenant)
	if err != nil {
		return notFound(err)
	}
	if now.Tenant != e.Tenant || !reflect.DeepEqual(now.Spec, e.Spec) {
		return ErrConflict
	}
	return nil
}

// admit lets an operation in and wakes somebody for it.
func (s *Store) admit(ctx context.Context, tx *sql.Tx, o Operation) error {
	var all, tenants int
	err := tx.QueryRowContext(ctx, `SELECT COUNT(*), COUNT(CASE WHEN e.tenant = own.tenant THEN 1 END)
		FROM operations o JOIN environments e ON e.id = o.environment JOIN environments own ON own.id = $1
		WHERE o.state = 'running' AND o.lease_until > $2`, o.Environment, millis(s.leaseNow())).Scan(&all, &tenants)
	switch {
	case err != nil:
		return err
	case all > MaxOperations, tenants > MaxTenantOperations:
		return ErrFull
	}
	return s.waker.Wake(ctx, tx, o.ID, o.Fence)
}

// nudge is a matter of speed only: the wake-up is recorded.
func (s *Store) nudge(ctx context.Context, o Operation) {
	if err := s.waker.Nudge(context.WithoutCancel(ctx), o.ID, o.Fence); err != nil {
		s.log.Debug("an operation is noticed a little later", "operation", o.ID, "error", err.Error())
	}
}

// claimable are the operations that a process may take up: those that wait for
// one, and those whose process gave no sign for too long. A fix is not: what
// it needs was known to its process alone.
const claimable = `o.state = 'running' AND o.kind <> 'fix' AND (o.holder = '' OR o.lease_until <= $1)`

// NextOperation claims the operation that is next: of the tenant with the
// fewest at work, so that nobody waits behind another tenant's many, and there
// the oldest. ErrNotFound: none waits, or those that do are of tenants with
// TenantAtOnce at work.
func (s *Store) NextOperation(ctx context.Context) (Operation, error) {
	for {
		next, err := s.waiting(ctx, 1)
		if err != nil {
			return Operation{}, fmt.Errorf("store: next operation: %w", err)
		}
		if len(next) == 0 {
			return Operation{}, fmt.Errorf("store: next operation: %w", ErrNotFound)
		}
		o, err := s.ClaimOperation(ctx, next[0].id)
		if errors.Is(err, ErrConflict) { // another process was quicker
			continue
		}
		return o, err
	}
}

// A waiter is an operation that a process may take up.
type waiter struct {
	id    string
	fence int64
}

// waiting are the first n operations to take up, in the order of
// NextOperation.
func (s *Store) waiting(ctx context.Context, n int) ([]waiter, error) {
	return all(ctx, s.read, func(row scanner) (w waiter, err error) { return w, row.Scan(&w.id, &w.fence) },
		`WITH work AS (
			SELECT o.id, o.fence, e.tenant, o.started, (`+claimable+`) AS waits
			FROM operations o JOIN environments e ON e.id = o.environment WHERE o.state = 'running'),
		busy AS (SELECT tenant, COUNT(*) AS n FROM work WHERE NOT waits GROUP BY tenant)
		SELECT work.id, work.fence FROM work LEFT JOIN busy ON busy.tenant = work.tenant
		WHERE work.waits AND COALESCE(busy.n, 0) < $2
		ORDER BY COALESCE(busy.n, 0), work.started, work.id LIMIT $3`, millis(s.leaseNow()), TenantAtOnce, n)
}

// ClaimOperation takes an operation up for this process, with a lease and a
// fence of its own: whoever held it before may write nothing any more.
// ErrConflict: it has ended, or somebody is at work on it.
func (s *Store) ClaimOperation(ctx context.Context, id string) (Operation, error) {
	var o Operation
	err := s.inTx(ctx, func(tx *sql.Tx) (err error) {
		now := s.leaseNow()
		o, err = s.fenced(ctx, tx, id, `holder = $2, lease_until = $3`, claimable, millis(now), s.process, millis(now.Add(Lease)))
		return err
	})
	if err != nil {
		return Operation{}, fmt.Errorf("store: claim operation: %w", err)
	}
	return o, nil
}

// fenced changes a running operation that meets a condition and gives it the
// environment's next fence. The arguments are those of condition and change,
// from $1 on; ErrConflict when it does not meet the condition.
func (s *Store) fenced(ctx context.Context, tx *sql.Tx, id, change, condition string, args ...any) (Operation, error) {
	var env string
	n := len(args)
	err := tx.QueryRowContext(ctx, `SELECT environment FROM operations WHERE id = $1`, id).Scan(&env)
	if err != nil {
		return Operation{}, notFound(err)
	}
	fence, err := nextFence(ctx, tx, env)
	if err != nil {
		return Operation{}, err
	}
	o, err := scanOperation(tx.QueryRowContext(ctx, fmt.Sprintf(`UPDATE operations AS o SET %s, fence = $%d
		WHERE o.id = $%d AND %s RETURNING `, change, n+1, n+2, condition)+operationColumns, append(args, fence, id)...))
	if errors.Is(err, ErrNotFound) {
		return Operation{}, ErrConflict
	}
	return o, err
}

// ReleaseOperation gives an operation up that this process holds, for another
// to go on with, and wakes it. ErrConflict: it was not ours any more.
func (s *Store) ReleaseOperation(ctx context.Context, o Operation) error {
	err := s.inTx(ctx, func(tx *sql.Tx) error {
		free, err := s.fenced(ctx, tx, o.ID, `holder = '', lease_until = $3`, `o.state = 'running' AND o.holder = $1 AND o.fence = $2`,
			s.process, o.Fence, millis(s.leaseNow().Add(Waiting)))
		if err != nil || s.waker == nil {
			return err
		}
		return s.waker.Wake(ctx, tx, free.ID, free.Fence)
	})
	if err != nil {
		return fmt.Errorf("store: release operation: %w", err)
	}
	return nil
}

// wakeAtOnce is how many operations WakeWaiting wakes: those after them are
// woken when one of these has ended.
const wakeAtOnce = 16

// WakeWaiting wakes somebody for the operations that are next: a place has
// become free, or a process may have died, and a wake-up with it.
func (s *Store) WakeWaiting(ctx context.Context) error {
	next, err := s.waiting(ctx, wakeAtOnce)
	for _, w := range next {
		err = errors.Join(err, s.waker.Nudge(ctx, w.id, w.fence))
	}
	if err != nil {
		return fmt.Errorf("store: wake waiting: %w", err)
	}
	return nil
}

// InterruptOperation marks a running operation as interrupted, so that nothing
// more is sent for it: whoever is at work on it ends at the next step.
// ErrConflict: it has ended, or was claimed since it was read.
func (s *Store) InterruptOperation(ctx context.Context, o Operation) error {
	err := s.inTx(ctx, func(tx *sql.Tx) error {
		and, args := ofOwn(ctx, "environment", o.ID, o.Fence)
		n, err := touched(ctx, tx, `UPDATE operations SET state = 'interrupted' WHERE id = $1 AND fence = $2 AND state = 'running'`+and, args...)
		switch {
		case err != nil:
			return err
		case n == 0:
			return ErrConflict
		}
		return s.auditCut(ctx, tx, []Operation{o})
	})
	if err != nil {
		return fmt.Errorf("store: interrupt operation: %w", err)
	}
	return nil
}

// CutOff marks the fixes whose process died as interrupted, and what they sent
// without an answer as unknown, and returns them.
func (s *Store) CutOff(ctx context.Context) ([]Operation, error) {
	var list []Operation
	err := s.inTx(ctx, func(tx *sql.Tx) (err error) {
		list, err = all(ctx, tx, scanOperation, `UPDATE operations SET state = 'interrupted'
			WHERE state = 'running' AND kind = 'fix' AND lease_until <= $1 RETURNING `+operationColumns, millis(s.leaseNow()))
		if err != nil {
			return err
		}
		for _, o := range list {
			if _, err := tx.ExecContext(ctx, `UPDATE journal SET state = 'unknown', ended = $1 WHERE operation = $2 AND state = 'intended'`, millis(s.now()), o.ID); err != nil {
				return err
			}
		}
		return s.auditCut(ctx, tx, list)
	})
	if err != nil {
		return nil, fmt.Errorf("store: cut off: %w", err)
	}
	return list, nil
}
