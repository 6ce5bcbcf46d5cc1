package work

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"

	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/rivermigrate"
)

// migrationLock is the number of the PostgreSQL advisory lock that is held
// while River's tables are brought up to date: replicas start side by side. A
// SQLite file belongs to one process.
const migrationLock = 0x436f6e736e747279 // "Consntry"

func migrate(ctx context.Context, o Options, driver riverdriver.Driver[*sql.Tx], log *slog.Logger) (err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("work: bring the queue's tables up to date: %w", err)
		}
	}()
	unlock, err := lock(ctx, o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, unlock()) }()
	m, err := rivermigrate.New(driver, &rivermigrate.Config{Logger: log})
	if err != nil {
		return err
	}
	_, err = m.Migrate(ctx, rivermigrate.DirectionUp, nil)
	return err
}

// lock waits for the lock, however long, in a transaction of its own: it ends
// with that, and so with the process.
func lock(ctx context.Context, o Options) (unlock func() error, err error) {
	if o.SQLite {
		return func() error { return nil }, nil
	}
	tx, err := o.DB.BeginTx(ctx, nil)
	if err != nil {
		return nil, err
	}
	_, err = tx.ExecContext(ctx, `SET LOCAL lock_timeout = 0`)
	if err == nil {
		_, err = tx.ExecContext(ctx, `SELECT pg_advisory_xact_lock($1)`, int64(migrationLock))
	}
	if err != nil {
		return nil, errors.Join(err, tx.Rollback())
	}
	return tx.Commit, nil
}
