package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"

	"github.com/consentry/consentry/trial"
)

// SaveTrial keeps a trial over its earlier form. With a flow, state is the
// OAuth state its answer will carry and flow what must be remembered until
// then, kept encrypted; an answer can be taken for it once. A nil flow leaves
// an earlier one as it is; state is ignored then.
func (s *Store) SaveTrial(ctx context.Context, t trial.Trial, state string, flow []byte) error {
	if flow != nil && state == "" {
		return errors.New("store: save trial: a flow without a state could never be found again")
	}
	doc, err := text(t)
	if err != nil {
		return fmt.Errorf("store: save trial: %w", err)
	}
	err = s.inTx(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO trials (id, environment, document, temporary_uri, flow_tenant, taken, started)
			VALUES ($1, $2, $3, $4, '', 0, $5)
			ON CONFLICT (id) DO UPDATE SET document = excluded.document, temporary_uri = excluded.temporary_uri, started = excluded.started`,
			t.ID, sql.NullString{String: t.Environment, Valid: t.Environment != ""}, doc, t.TemporaryURI, millis(t.Started))
		if err != nil || flow == nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `UPDATE trials SET state_hash = $1, flow = $2, flow_tenant = $3, taken = 0 WHERE id = $4`,
			stateHash(state), s.seal.seal(trialFlow, t.ID, t.Tenant, flow), t.Tenant, t.ID)
		return err
	})
	if err != nil {
		return fmt.Errorf("store: save trial: %w", err)
	}
	return nil
}

func stateHash(state string) []byte {
	sum := sha256.Sum256([]byte(state))
	return sum[:]
}

func scanTrial(row scanner) (trial.Trial, error) {
	var t trial.Trial
	err := row.Scan(document{&t})
	return t, notFound(err)
}

// Trial reads one; ErrNotFound when there is none.
func (s *Store) Trial(ctx context.Context, id string) (trial.Trial, error) {
	t, err := scanTrial(s.read.QueryRowContext(ctx, `SELECT document FROM trials WHERE id = $1`, id))
	if err != nil {
		return trial.Trial{}, fmt.Errorf("store: trial: %w", err)
	}
	return t, nil
}

// Trials lists an environment's, newest first; with an empty env those of no
// environment.
func (s *Store) Trials(ctx context.Context, env string) ([]trial.Trial, error) {
	return s.trials(ctx, `WHERE COALESCE(environment, '') = $1 ORDER BY started DESC, id`, env)
}

// TrialsToCleanUp lists, oldest first, those whose temporary redirect URI is
// or may be on the application.
func (s *Store) TrialsToCleanUp(ctx context.Context) ([]trial.Trial, error) {
	return s.trials(ctx, `WHERE temporary_uri IN ('intended', 'added') ORDER BY started, id`)
}

func (s *Store) trials(ctx context.Context, which string, args ...any) ([]trial.Trial, error) {
	list, err := all(ctx, s.read, scanTrial, `SELECT document FROM trials `+which, args...)
	if err != nil {
		return nil, fmt.Errorf("store: trials: %w", err)
	}
	return list, nil
}

// TrialByState finds the trial that waits for an answer with this OAuth state
// and takes its flow, which is then deleted: an answer counts once, even when
// it comes several times at once. ErrGone: it was taken before. ErrNotFound:
// no trial ever sent this state.
func (s *Store) TrialByState(ctx context.Context, state string) (t trial.Trial, flow []byte, err error) {
	err = s.inTx(ctx, func(tx *sql.Tx) (err error) {
		t, flow, err = s.takeFlow(ctx, tx, stateHash(state))
		return err
	})
	if err != nil {
		return trial.Trial{}, nil, fmt.Errorf("store: trial by state: %w", s.unreadable(ctx, "test", err))
	}
	return t, flow, nil
}

func (s *Store) takeFlow(ctx context.Context, tx *sql.Tx, hash []byte) (trial.Trial, []byte, error) {
	var t trial.Trial
	var sealed []byte
	var id, tenant string
	err := tx.QueryRowContext(ctx, `UPDATE trials SET taken = $1 WHERE state_hash = $2 AND taken = 0
		RETURNING id, flow_tenant, flow, document`, millis(s.now()), hash).Scan(&id, &tenant, &sealed, document{&t})
	if errors.Is(err, sql.ErrNoRows) {
		return t, nil, whyNoFlow(ctx, tx, hash)
	}
	if err != nil {
		return t, nil, err
	}
	flow, err := s.seal.open(trialFlow, id, tenant, sealed)
	if err != nil {
		return t, nil, err
	}
	_, err = tx.ExecContext(ctx, `UPDATE trials SET flow = NULL WHERE id = $1`, id)
	return t, flow, err
}

func whyNoFlow(ctx context.Context, tx *sql.Tx, hash []byte) error {
	var there int
	if err := tx.QueryRowContext(ctx, `SELECT COUNT(*) FROM trials WHERE state_hash = $1`, hash).Scan(&there); err != nil {
		return err
	}
	if there > 0 {
		return ErrGone
	}
	return ErrNotFound
}
