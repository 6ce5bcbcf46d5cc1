package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/setup"
)

// journal is the setup.Journal of one operation.
type journal struct {
	s  *Store
	op Operation
}

// Journal is where the operation writes what it is about to send and what
// came of it. Sequence numbers count through the whole environment.
//
// Intent fails with ErrConflict when the operation is no longer running: then
// nothing may be sent. Outcome records an answer even when its context has
// ended or the operation was interrupted, because an answer comes only once;
// it fails with ErrConflict when a later operation was started, which has
// drawn its own conclusions about the missing answer. While the database cannot
// be used it goes on trying for a while, because an answer may hold a secret.
func (s *Store) Journal(op Operation) setup.Journal { return &journal{s, op} }

// Intent implements setup.Journal. It is also a sign of life: it renews the
// operation's lease.
func (j *journal) Intent(ctx context.Context, e setup.Entry) (seq int64, err error) {
	request, err := text(e.Request)
	if err != nil {
		return 0, fmt.Errorf("store: journal intent: %w", err)
	}
	err = j.s.inTx(ctx, func(tx *sql.Tx) error {
		if _, err := j.s.renew(ctx, tx, j.op); err != nil {
			return err
		}
		if seq, err = nextSeq(ctx, tx, j.op.Environment); err != nil {
			return err
		}
		started := e.Started
		if started.IsZero() {
			started = j.s.now()
		}
		_, err := tx.ExecContext(ctx, `INSERT INTO journal
			(environment, seq, operation, step, title, request, state, request_id, error, started, ended)
			VALUES ($1, $2, $3, $4, $5, $6, 'intended', '', '', $7, 0)`,
			j.op.Environment, seq, j.op.ID, e.Step, e.Title, request, millis(started))
		if err != nil {
			return err
		}
		return j.s.auditIntent(ctx, tx, j.op, e.Request)
	})
	if err != nil {
		return 0, fmt.Errorf("store: journal intent: %w", err)
	}
	return seq, nil
}

func nextSeq(ctx context.Context, tx *sql.Tx, env string) (seq int64, err error) {
	err = tx.QueryRowContext(ctx, `UPDATE environments SET last_seq = last_seq + 1 WHERE id = $1 RETURNING last_seq`, env).Scan(&seq)
	return seq, notFound(err)
}

// Outcome implements setup.Journal. seq may be an entry that an earlier,
// killed operation left open. An entry that has its outcome keeps it:
// ErrConflict.
func (j *journal) Outcome(ctx context.Context, seq int64, state setup.EntryState, created entra.Created, cause error) error {
	ctx = context.WithoutCancel(ctx)
	var answer *entra.Created // stays NULL where there was none
	if created != (entra.Created{}) {
		answer = &created
	}
	doc, err := text(answer)
	if err != nil {
		return fmt.Errorf("store: journal outcome: %w", err)
	}
	created.RequestID = requestID(created, cause)
	o := outcome{seq: seq, state: state, doc: doc, words: words(cause), created: created}
	err = j.s.insist(ctx, func(again bool) error {
		return j.s.inTx(ctx, func(tx *sql.Tx) error { return j.record(ctx, tx, o, again) })
	})
	if err != nil {
		return fmt.Errorf("store: journal outcome: %w", err)
	}
	return nil
}

// outcome is what came of one entry.
type outcome struct {
	seq     int64
	state   setup.EntryState
	doc     sql.NullString // created without the secret's value
	words   string
	created entra.Created
}

// record keeps an outcome with its secret. again: an earlier try may have done
// it although its answer was lost.
func (j *journal) record(ctx context.Context, tx *sql.Tx, o outcome, again bool) error {
	if err := heldFence(ctx, tx, j.op); err != nil {
		return err
	}
	var request entra.Request
	err := tx.QueryRowContext(ctx, `UPDATE journal SET state = $1, created = $2, request_id = $3, error = $4, ended = $5
		WHERE environment = $6 AND seq = $7 AND state IN ('intended', 'unknown') RETURNING request`,
		o.state, o.doc, o.created.RequestID, o.words, millis(j.s.now()), j.op.Environment, o.seq).Scan(document{&request})
	if errors.Is(err, sql.ErrNoRows) {
		if again {
			return j.recorded(ctx, tx, o)
		}
		return ErrConflict
	}
	if err == nil && !o.created.SecretValue.IsZero() {
		err = j.s.keepSecret(ctx, tx, j.op, o.seq, o.created)
	}
	if err != nil {
		return err
	}
	return j.s.auditOutcome(ctx, tx, j.op, request, o.state, o.created)
}

// recorded: the entry has this very outcome.
func (j *journal) recorded(ctx context.Context, tx *sql.Tx, o outcome) error {
	var same int
	err := tx.QueryRowContext(ctx, `SELECT COUNT(*) FROM journal WHERE environment = $1 AND seq = $2 AND state = $3 AND request_id = $4 AND error = $5`,
		j.op.Environment, o.seq, o.state, o.created.RequestID, o.words).Scan(&same)
	if err == nil && same == 0 {
		return ErrConflict
	}
	return err
}

// requestID is the answer's, or that of the refusal.
func requestID(created entra.Created, cause error) string {
	var refused *entra.ServiceError
	if created.RequestID == "" && errors.As(cause, &refused) {
		return storable(refused.RequestID)
	}
	return storable(created.RequestID)
}

func words(cause error) string {
	if cause == nil {
		return ""
	}
	return storable(cause.Error())
}

// Entries implements setup.Journal.
func (j *journal) Entries(ctx context.Context) ([]setup.Entry, error) {
	return j.s.EnvironmentEntries(ctx, j.op.Environment)
}

const entryQuery = `SELECT j.seq, j.step, j.title, j.request, j.state, j.created, j.request_id, j.error, j.started, j.ended,
	s.value IS NOT NULL AND s.drop_at > $1, COALESCE(s.revealed, 0) > 0
	FROM journal j LEFT JOIN secrets s ON s.environment = j.environment AND s.seq = j.seq `

func scanEntry(row scanner) (setup.Entry, error) {
	var e setup.Entry
	var kept, shown sql.NullBool
	err := row.Scan(&e.Seq, &e.Step, &e.Title, document{&e.Request}, &e.State, document{&e.Created}, &e.RequestID, &e.Error,
		instant{&e.Started}, instant{&e.Ended}, &kept, &shown)
	e.SecretKept, e.SecretShown = kept.Bool, shown.Bool
	return e, err
}

// Entries returns what one operation recorded, oldest first.
func (s *Store) Entries(ctx context.Context, operation string) ([]setup.Entry, error) {
	return s.entries(ctx, "j.operation", operation)
}

// EnvironmentEntries returns what all operations of an environment recorded,
// oldest first.
func (s *Store) EnvironmentEntries(ctx context.Context, env string) ([]setup.Entry, error) {
	return s.entries(ctx, "j.environment", env)
}

func (s *Store) entries(ctx context.Context, of, id string) ([]setup.Entry, error) {
	and, args := ofOwn(ctx, "j.environment", millis(s.now()), id)
	list, err := all(ctx, s.read, scanEntry, entryQuery+`WHERE `+of+` = $2`+and+` ORDER BY j.seq`, args...)
	if err != nil {
		return nil, fmt.Errorf("store: journal entries: %w", err)
	}
	return list, nil
}
