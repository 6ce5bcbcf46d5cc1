package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"

	"github.com/consentry/consentry/trial"
)

// SaveTrial keeps a trial over its earlier form. It belongs to its
// environment's tenant, or else the caller's. With a flow, state is the
// OAuth state its answer will carry and flow what must be remembered until
// then, kept encrypted; an answer can be taken for it once. A nil flow leaves
// an earlier one as it is; state is ignored then. ErrNotFound: there is no such
// environment.
func (s *Store) SaveTrial(ctx context.Context, t trial.Trial, state string, flow []byte) error {
	if flow != nil && state == "" {
		return errors.New("store: save trial: a flow without a state could never be found again")
	}
	doc, err := text(t)
	if err != nil {
		return fmt.Errorf("store: save trial: %w", err)
	}
	err = s.inTx(ctx, func(tx *sql.Tx) error {
		err := putTrial(ctx, tx, t, doc)
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

// putTrial keeps the trial; over an earlier form of it only when that is the
// caller's.
func putTrial(ctx context.Context, tx *sql.Tx, t trial.Trial, doc sql.NullString) error {
	home, err := newHome(ctx, tx, t.Environment, "")
	if err != nil {
		return err
	}
	and, args := own(ctx, "trials.home",
		t.ID, sql.NullString{String: t.Environment, Valid: t.Environment != ""}, doc, t.TemporaryURI, millis(t.Started), home)
	n, err := touched(ctx, tx, `INSERT INTO trials (id, environment, document, temporary_uri, flow_tenant, taken, started, home)
		VALUES ($1, $2, $3, $4, '', 0, $5, $6)
		ON CONFLICT (id) DO UPDATE SET document = excluded.document, temporary_uri = excluded.temporary_uri, started = excluded.started
		WHERE TRUE`+and, args...)
	if err == nil && n == 0 {
		return ErrNotFound
	}
	return err
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
	and, args := own(ctx, "home", id)
	t, err := scanTrial(s.read.QueryRowContext(ctx, `SELECT document FROM trials WHERE id = $1`+and, args...))
	if err != nil {
		return trial.Trial{}, fmt.Errorf("store: trial: %w", err)
	}
	return t, nil
}

// Trials lists an environment's, newest first; with an empty env those of no
// environment.
func (s *Store) Trials(ctx context.Context, env string) ([]trial.Trial, error) {
	of, args := ofEnvironment(env)
	and, args := own(ctx, "home", args...)
	return s.trials(ctx, of+and+` ORDER BY started DESC, id DESC`, args...)
}

// ofEnvironment is the condition for rows of an environment, or of none.
func ofEnvironment(env string) (condition string, args []any) {
	if env == "" {
		return `environment IS NULL`, nil
	}
	return `environment = $1`, []any{env}
}

// TrialsToCleanUp lists, oldest first, those whose temporary redirect URI is
// or may be on the application.
func (s *Store) TrialsToCleanUp(ctx context.Context) ([]trial.Trial, error) {
	and, args := own(ctx, "home")
	return s.trials(ctx, `temporary_uri IN ('intended', 'added')`+and+` ORDER BY started, id`, args...)
}

func (s *Store) trials(ctx context.Context, which string, args ...any) ([]trial.Trial, error) {
	list, err := all(ctx, s.read, scanTrial, `SELECT document FROM trials WHERE `+which, args...)
	if err != nil {
		return nil, fmt.Errorf("store: trials: %w", err)
	}
	return list, nil
}

// TrialByState finds the trial that waits for an answer with this OAuth state
// and takes its flow, which is then deleted: an answer counts once, even when
// it comes several times at once. Whoever has the state has the right to it,
// whoever they are. ErrGone: it was taken before. ErrNotFound:
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
