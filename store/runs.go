package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/consentry/consentry/checks"
	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/setup"
)

// How long runs are kept: one that found nothing wrong is soon of no use.
const (
	RightRunLifetime = 30 * 24 * time.Hour
	WrongRunLifetime = 90 * 24 * time.Hour
)

// RunState is how far a run of the checks got.
type RunState string

// The states of a run. A running one that nobody works on was cut off.
const (
	RunRunning RunState = "running"
	RunDone    RunState = "done"
)

// A Run is one run of the checks, kept with its facts.
type Run struct {
	ID string
	// Environment is empty for an app that no environment stands for.
	Environment string
	// Trial is the test consent whose token was used; empty without one.
	Trial string
	// Owner started it; zero when nobody was signed in. It does not change.
	Owner    entra.Person
	State    RunState
	Verdict  checks.Verdict
	Sentence string
	// Started does not change; Ended is zero while it runs.
	Started, Ended time.Time
	RunDocument
}

// A RunDocument is what a run learned. It is kept encrypted, and lists leave
// it out.
type RunDocument struct {
	Facts checks.Facts `json:"facts"`
	// Results are those of the day the run was made, so far; today's checks may
	// answer otherwise.
	Results []checks.Result `json:"results,omitempty"`
	// Doing says what a run that goes on is doing, for people.
	Doing string `json:"doing,omitempty"`
	// Fix is set where the run checks what became of a change.
	Fix *RunFix `json:"fix,omitempty"`
}

// A RunFix is a change that was made because of an earlier run, and what was
// expected of it.
type RunFix struct {
	Parent string `json:"parent"` // the earlier run
	Check  string `json:"check"`  // whose finding it mends; empty for one that a person chose
	Say    string `json:"say"`    // the change in words
	// Request was shown and confirmed.
	Request entra.Request `json:"request"`
	// Before are the earlier run's results, Foreseen what the preview said.
	Before   []checks.Result `json:"before"`
	Foreseen []checks.Turn   `json:"foreseen,omitempty"`
	// Operation recorded the intent.
	Operation string `json:"operation"`
	// State is how far the request got; empty before it was intended.
	State     setup.EntryState `json:"state,omitempty"`
	RequestID string           `json:"requestId,omitempty"`
	Error     string           `json:"error,omitempty"`  // for people
	Secret    bool             `json:"secret,omitempty"` // it made a client secret
}

const runColumns = `id, environment, trial, owner, state, verdict, sentence, started, ended`

func scanRun(row scanner) (Run, error) {
	var r Run
	var env sql.NullString
	err := row.Scan(&r.ID, &env, &r.Trial, document{&r.Owner}, &r.State, &r.Verdict, &r.Sentence, instant{&r.Started}, instant{&r.Ended})
	r.Environment = env.String
	return r, notFound(err)
}

// StartRun keeps a new run and returns it with its ID and start. It belongs to
// its environment's tenant, or else the caller's, or the owner's.
// ErrNotFound: there is no such environment.
func (s *Store) StartRun(ctx context.Context, r Run) (Run, error) {
	r.ID, r.State, r.Started = newID(), RunRunning, s.now()
	owner, err := text(r.Owner)
	if err != nil {
		return Run{}, fmt.Errorf("store: start run: %w", err)
	}
	sealed, err := s.sealRun(r)
	if err != nil {
		return Run{}, fmt.Errorf("store: start run: %w", err)
	}
	err = s.inTx(ctx, func(tx *sql.Tx) error {
		home, err := newHome(ctx, tx, r.Environment, r.Owner.Tenant)
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `INSERT INTO runs
			(id, environment, trial, owner, tenant, state, verdict, sentence, document, started, ended, drop_at, home)
			VALUES ($1, $2, $3, $4, $5, $6, '', '', $7, $8, 0, $9, $10)`,
			r.ID, sql.NullString{String: r.Environment, Valid: r.Environment != ""}, r.Trial, owner, r.Owner.Tenant, r.State,
			sealed, millis(r.Started), millis(r.Started.Add(WrongRunLifetime)), home)
		if err != nil {
			return err
		}
		return s.audit(ctx, tx, AuditEvent{Action: "run-started", Result: AuditDone, Object: "run/" + r.ID, Tenant: r.Owner.Tenant, Actor: r.Owner,
			Detail: map[string]string{"environment": r.Facts.Given.Environment, "client-id": r.Facts.Given.ClientID}})
	})
	if err != nil {
		return Run{}, fmt.Errorf("store: start run: %w", err)
	}
	return r, nil
}

func (s *Store) sealRun(r Run) ([]byte, error) {
	doc, err := json.Marshal(r.RunDocument)
	if err != nil {
		return nil, err
	}
	return s.seal.seal(runDocument, r.ID, string(r.Owner.Tenant), doc), nil
}

// NoteRun keeps how far a run got, for whoever asks another process. Of one
// that is done nothing is changed.
func (s *Store) NoteRun(ctx context.Context, r Run) error {
	sealed, err := s.sealRun(r)
	if err != nil {
		return fmt.Errorf("store: note run: %w", err)
	}
	and, args := own(ctx, "home", sealed, r.ID, RunRunning)
	err = s.inTx(ctx, func(tx *sql.Tx) error {
		_, err := touched(ctx, tx, `UPDATE runs SET document = $1 WHERE id = $2 AND state = $3`+and, args...)
		return err
	})
	if err != nil {
		return fmt.Errorf("store: note run: %w", err)
	}
	return nil
}

// FinishRun records what the run learned, its verdict and that it is done.
// ErrNotFound: it was deleted meanwhile.
func (s *Store) FinishRun(ctx context.Context, r Run) error {
	sealed, err := s.sealRun(r)
	if err != nil {
		return fmt.Errorf("store: finish run: %w", err)
	}
	life := WrongRunLifetime
	if r.Verdict == checks.Right {
		life = RightRunLifetime
	}
	now := s.now()
	and, args := own(ctx, "home", RunDone, r.Verdict, storable(r.Sentence), sealed, millis(now), millis(now.Add(life)), r.ID)
	err = s.inTx(ctx, func(tx *sql.Tx) error {
		n, err := touched(ctx, tx, `UPDATE runs SET state = $1, verdict = $2, sentence = $3, document = $4, ended = $5, drop_at = $6 WHERE id = $7`+and, args...)
		if err == nil && n == 0 {
			return ErrNotFound
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("store: finish run: %w", err)
	}
	return nil
}

// Run reads one with its document; ErrNotFound when there is none or its time
// is over.
func (s *Store) Run(ctx context.Context, id string) (Run, error) {
	and, args := own(ctx, "home", id, millis(s.now()))
	r, err := scanRun(s.read.QueryRowContext(ctx, `SELECT `+runColumns+` FROM runs WHERE id = $1 AND drop_at > $2`+and, args...))
	if err != nil {
		return Run{}, fmt.Errorf("store: run: %w", err)
	}
	var sealed []byte
	if err := s.read.QueryRowContext(ctx, `SELECT document FROM runs WHERE id = $1`, id).Scan(&sealed); err != nil {
		return Run{}, fmt.Errorf("store: run: %w", notFound(err))
	}
	doc, err := s.seal.open(runDocument, r.ID, string(r.Owner.Tenant), sealed)
	if err != nil {
		return Run{}, fmt.Errorf("store: run: %w", s.unreadable(ctx, "run/"+r.ID, err))
	}
	if err := json.Unmarshal(doc, &r.RunDocument); err != nil {
		return Run{}, fmt.Errorf("store: run: %w", err)
	}
	return r, nil
}

// RunOfTrial finds the run that used a test consent's token, without its
// document; ok is false when there is none.
func (s *Store) RunOfTrial(ctx context.Context, trial string) (r Run, ok bool, err error) {
	and, args := own(ctx, "home", trial)
	r, err = scanRun(s.read.QueryRowContext(ctx, `SELECT `+runColumns+` FROM runs WHERE trial = $1 AND trial <> ''`+and+` ORDER BY started DESC LIMIT 1`, args...))
	switch {
	case errors.Is(err, ErrNotFound):
		return Run{}, false, nil
	case err != nil:
		return Run{}, false, fmt.Errorf("store: run of trial: %w", err)
	}
	return r, true, nil
}

// SweepRuns deletes the runs whose time is over and returns how many.
func (s *Store) SweepRuns(ctx context.Context) (n int, err error) {
	err = s.inTx(ctx, func(tx *sql.Tx) error {
		dropped, err := touched(ctx, tx, `DELETE FROM runs WHERE drop_at <= $1`, millis(s.now()))
		n = int(dropped)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("store: sweep runs: %w", err)
	}
	return n, nil
}
