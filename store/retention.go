package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// How long what nobody needs any more is kept. Runs, secrets and sessions have
// limits of their own; the audit log has none.
const (
	// RemovedLifetime is how long an environment that was undone stays on
	// record with its operations, their journal and its tests. The journal of
	// one that is in use is kept: undoing it needs every entry.
	RemovedLifetime = 180 * 24 * time.Hour
	// TrialLifetime is how long a test stays after it began, and the operations
	// that added and took away its redirect URI after they ended. One whose
	// redirect URI may still be on the application stays until it is off.
	TrialLifetime = 90 * 24 * time.Hour
	// OperatorLifetime is how long somebody's tokens are kept after they were
	// last renewed. Microsoft takes a refresh token that was not used for 90
	// days no more.
	OperatorLifetime = 90 * 24 * time.Hour
)

// sweeps are what Sweep does, each in a transaction.
var sweeps = []struct {
	what string
	do   func(*Store, context.Context) (int, error)
}{
	{"sessions", (*Store).SweepSessions},
	{"secrets", (*Store).SweepSecrets},
	{"runs", (*Store).SweepRuns},
	{"environments", (*Store).sweepEnvironments},
	{"operations", (*Store).sweepOperations},
	{"tests", (*Store).sweepTrials},
	{"tokens", (*Store).sweepOperators},
}

// Sweep deletes everything that has outlived its time, of all tenants, and
// tells the log how much. What cannot be swept does not keep the rest from it.
func (s *Store) Sweep(ctx context.Context) error {
	var errs []error
	for _, sweep := range sweeps {
		n, err := sweep.do(s, ctx)
		if n > 0 {
			s.log.InfoContext(ctx, "deleted what had outlived its time", "what", sweep.what, "count", n)
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

func (s *Store) sweepEnvironments(ctx context.Context) (int, error) {
	return s.sweep(ctx, "environments", RemovedLifetime, `DELETE FROM environments WHERE state = 'removed' AND updated <= $1
		AND NOT EXISTS (SELECT 1 FROM operations WHERE environment = environments.id AND state = 'running')
		AND NOT EXISTS (SELECT 1 FROM trials WHERE environment = environments.id AND temporary_uri IN ('intended', 'added'))`)
}

// sweepOperations leaves those that left something open for the next one.
func (s *Store) sweepOperations(ctx context.Context) (int, error) {
	return s.sweep(ctx, "operations", TrialLifetime, `DELETE FROM operations WHERE kind = 'trial-uri' AND state = 'done' AND ended <= $1
		AND NOT EXISTS (SELECT 1 FROM journal WHERE operation = operations.id AND state IN ('intended', 'unknown'))`)
}

func (s *Store) sweepTrials(ctx context.Context) (int, error) {
	return s.sweep(ctx, "tests", TrialLifetime, `DELETE FROM trials WHERE started <= $1 AND temporary_uri NOT IN ('intended', 'added')`)
}

func (s *Store) sweepOperators(ctx context.Context) (int, error) {
	return s.sweep(ctx, "tokens", OperatorLifetime, `DELETE FROM operators WHERE updated <= $1`)
}

// sweep runs a statement whose parameter is the time that long ago.
func (s *Store) sweep(ctx context.Context, what string, life time.Duration, query string) (n int, err error) {
	err = s.inTx(ctx, func(tx *sql.Tx) error {
		deleted, err := touched(ctx, tx, query, millis(s.now().Add(-life)))
		n = int(deleted)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("store: sweep %s: %w", what, err)
	}
	return n, nil
}
