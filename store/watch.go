package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// Ready says why the console cannot work on its database now, or nil: it must
// answer and take a write, have the schema this program made or knows, and
// hold nothing that the keys given cannot read. Nothing is changed.
func (s *Store) Ready(ctx context.Context) error {
	err := s.inTx(ctx, func(tx *sql.Tx) error {
		if err := s.ownSchema(ctx, tx); err != nil {
			return err
		}
		if err := s.ownKeys(ctx, tx); err != nil {
			return err
		}
		// The same value again: a full or read-only disk shows when it is kept.
		n, err := touched(ctx, tx, `UPDATE encryption_keys SET created = created`)
		if err == nil && n == 0 {
			err = errors.New("no encryption key is on record")
		}
		return err
	})
	if err == nil {
		err = s.space()
	}
	if err != nil {
		return fmt.Errorf("store: not ready: %w", err)
	}
	return nil
}

// ownSchema: a newer program that shares the database may have changed it.
func (s *Store) ownSchema(ctx context.Context, q querier) error {
	var version int64
	err := q.QueryRowContext(ctx, `SELECT COALESCE(MAX(version_id), 0) FROM goose_db_version`).Scan(&version)
	if err == nil && version != s.schema {
		err = fmt.Errorf("the schema is version %d by now, and this program works with version %d", version, s.schema)
	}
	return err
}

func (s *Store) ownKeys(ctx context.Context, q querier) error {
	proofs, err := keyProofs(ctx, q)
	if err != nil {
		return err
	}
	return s.seal.provesAll(proofs)
}

// OpenOperations is how many operations wait for a process or are carried out.
func (s *Store) OpenOperations(ctx context.Context) (n int64, err error) {
	err = s.read.QueryRowContext(ctx, `SELECT COUNT(*) FROM operations WHERE state = 'running'`).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("store: open operations: %w", err)
	}
	return n, nil
}

// AuditHead is the sequence number of the audit log's last row, 0 before the
// first.
func (s *Store) AuditHead(ctx context.Context) (int64, error) {
	seq, _, err := s.auditHead(ctx)
	return seq, err
}

// A Tally is how many rows there are of a kind, by how they stand.
type Tally struct {
	Of, State string
	N         int64
}

func scanTally(row scanner) (t Tally, err error) { return t, row.Scan(&t.Of, &t.State, &t.N) }

// OperationTally counts the operations on record by kind and state.
func (s *Store) OperationTally(ctx context.Context) ([]Tally, error) {
	list, err := all(ctx, s.read, scanTally, `SELECT kind, state, COUNT(*) FROM operations GROUP BY kind, state ORDER BY kind, state`)
	if err != nil {
		return nil, fmt.Errorf("store: count operations: %w", err)
	}
	return list, nil
}

// AuditTally counts the rows of the audit log after one of them, 0 for all, by
// action and result; last is the row to count on from.
func (s *Store) AuditTally(ctx context.Context, after int64) (list []Tally, last int64, err error) {
	if last, err = s.AuditHead(ctx); err != nil {
		return nil, 0, err
	}
	list, err = all(ctx, s.read, scanTally, `SELECT action, result, COUNT(*) FROM audit WHERE seq > $1 AND seq <= $2 GROUP BY action, result ORDER BY action, result`, after, last)
	if err != nil {
		return nil, 0, fmt.Errorf("store: count the audit log: %w", err)
	}
	return list, last, nil
}
