package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// Hold says that this process is at work on a test or a run of the checks,
// for another Lease.
func (s *Store) Hold(ctx context.Context, id string) error {
	err := s.inTx(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO holds (id, holder, until) VALUES ($1, $2, $3)
			ON CONFLICT (id) DO UPDATE SET holder = excluded.holder, until = excluded.until`, id, s.process, millis(s.leaseNow().Add(Lease)))
		return err
	})
	if err != nil {
		return fmt.Errorf("store: hold: %w", err)
	}
	return nil
}

// TryHold is Hold for what one process may be at work on at a time; ours is
// false while another one is, or this one already.
func (s *Store) TryHold(ctx context.Context, id string) (ours bool, err error) {
	now := s.leaseNow()
	err = s.inTx(ctx, func(tx *sql.Tx) error {
		n, err := touched(ctx, tx, `INSERT INTO holds (id, holder, until) VALUES ($1, $2, $3)
			ON CONFLICT (id) DO UPDATE SET holder = excluded.holder, until = excluded.until WHERE holds.until <= $4`,
			id, s.process, millis(now.Add(Lease)), millis(now))
		ours = n == 1
		return err
	})
	if err != nil {
		return false, fmt.Errorf("store: hold alone: %w", err)
	}
	return ours, nil
}

// LetGo ends what Hold said, and forgets what processes that died held.
func (s *Store) LetGo(ctx context.Context, id string) error {
	err := s.inTx(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `DELETE FROM holds WHERE id = $1 AND holder = $2 OR until <= $3`, id, s.process, millis(s.leaseNow()))
		return err
	})
	if err != nil {
		return fmt.Errorf("store: let go: %w", err)
	}
	return nil
}

// Held reports whether some process is at work on it.
func (s *Store) Held(ctx context.Context, id string) (bool, error) {
	var until int64
	err := notFound(s.read.QueryRowContext(ctx, `SELECT until FROM holds WHERE id = $1`, id).Scan(&until))
	switch {
	case errors.Is(err, ErrNotFound):
		return false, nil
	case err != nil:
		return false, fmt.Errorf("store: held: %w", classify(err))
	}
	return until > millis(s.leaseNow()), nil
}
