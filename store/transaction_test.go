package store

import (
	"context"
	"database/sql"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/consentry/consentry/setup"
	"github.com/consentry/consentry/store/postgrestest"
)

// each runs f twice at once, and lets both wait for each other the first time
// they come to the middle.
func each(t *testing.T, s *Store, f func(tx *sql.Tx, i int, middle func()) error) (tried int64) {
	t.Helper()
	var tries atomic.Int64
	var meeting sync.WaitGroup
	meeting.Add(2)
	for i, err := range together(2, func(i int) error {
		var once sync.Once
		return s.inTx(t.Context(), func(tx *sql.Tx) error {
			tries.Add(1)
			return f(tx, i, func() {
				once.Do(func() {
					meeting.Done()
					meeting.Wait()
				})
			})
		})
	}) {
		if err != nil {
			t.Errorf("transaction %d: %v", i, err)
		}
	}
	return tries.Load()
}

func TestADeadlockIsResolvedAndBothTransactionsAreDone(t *testing.T) {
	b := replicas(t, 1)[0]
	e := []string{b.environment(t, "one").ID, b.environment(t, "two").ID}
	tried := each(t, b.Store, func(tx *sql.Tx, i int, middle func()) error {
		for n, id := range []string{e[i], e[1-i]} {
			if _, err := touched(t.Context(), tx, `UPDATE environments SET version = version + 1 WHERE id = $1`, id); err != nil {
				return err
			}
			if n == 0 {
				middle()
			}
		}
		return nil
	})
	if tried < 3 {
		t.Errorf("%d tries: there was no deadlock", tried)
	}
	for _, id := range e {
		if got, err := b.Environment(t.Context(), id); err != nil || got.Version != 3 {
			t.Errorf("version %d, %v", got.Version, err)
		}
	}
}

func TestATransactionThatCouldNotBeSerializedIsDoneAgain(t *testing.T) {
	b := replicas(t, 1)[0]
	e := b.environment(t, "one").ID
	tried := each(t, b.Store, func(tx *sql.Tx, i int, middle func()) error {
		if _, err := tx.ExecContext(t.Context(), `SET TRANSACTION ISOLATION LEVEL SERIALIZABLE`); err != nil {
			return err
		}
		var version int64
		if err := tx.QueryRowContext(t.Context(), `SELECT version FROM environments WHERE id = $1`, e).Scan(&version); err != nil {
			return err
		}
		middle()
		_, err := touched(t.Context(), tx, `UPDATE environments SET version = $1 WHERE id = $2`, version+1, e)
		return err
	})
	if got, err := b.Environment(t.Context(), e); err != nil || got.Version != 3 || tried < 3 {
		t.Errorf("version %d after %d tries, %v", got.Version, tried, err)
	}
}

func TestATransactionIsTriedFiveTimesWithGrowingPauses(t *testing.T) {
	b := replicas(t, 1)[0]
	var pauses []time.Duration
	b.pause = func(_ context.Context, d time.Duration) error {
		pauses = append(pauses, d)
		return nil
	}
	for code, want := range map[string]int{"40001": tries, "40P01": tries, "57P01": tries, "23514": 1, "22012": 1, "53100": 1} {
		pauses = nil
		tried := 0
		err := b.inTx(t.Context(), func(tx *sql.Tx) error {
			tried++
			_, err := tx.ExecContext(t.Context(), `DO $$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = '`+code+`'; END $$`)
			return err
		})
		if err == nil || tried != want || len(pauses) != want-1 {
			t.Errorf("%s: %d tries, %d pauses, %v", code, tried, len(pauses), err)
		}
		for i, d := range pauses {
			if most := 20 * time.Millisecond << i; d < 0 || d > most {
				t.Errorf("%s: pause %d is %v", code, i, d)
			}
		}
		if lasting := code == "23514" || code == "22012"; errors.Is(err, ErrUnavailable) == lasting {
			t.Errorf("%s: %v", code, err)
		}
	}
}

// A commit whose answer was lost may have been done: doing it again could do
// it twice.
func TestACommitThatBrokeIsNotRepeated(t *testing.T) {
	for _, b := range replicas(t, 1) {
		tried := 0
		err := b.inTx(t.Context(), func(tx *sql.Tx) error {
			tried++
			var pid int
			if err := tx.QueryRowContext(t.Context(), `SELECT pg_backend_pid()`).Scan(&pid); err != nil {
				return err
			}
			_, err := b.write.ExecContext(t.Context(), `SELECT pg_terminate_backend($1, 5000)`, pid)
			return err
		})
		if !errors.Is(err, ErrUnavailable) || tried != 1 {
			t.Errorf("%d tries, %v", tried, err)
		}
	}
}

func TestWaitingForAConnectionEnds(t *testing.T) {
	for name, open := range map[string]func() *Store{
		"SQLite":     func() *Store { return openAt(t, t.TempDir()+"/consentry.db", NewKey(), nil) },
		"PostgreSQL": func() *Store { return openURL(t, postgrestest.Start(t), NewKey(), nil) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel() // both wait five seconds
			s := open()
			s.write.SetMaxOpenConns(1)
			conn, err := s.write.Conn(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			_, err = s.CreateEnvironment(t.Context(), Environment{Spec: setup.Spec{Name: "one"}, Owner: alice})
			if !errors.Is(err, ErrUnavailable) {
				t.Errorf("got %v", err)
			}
			if err := conn.Close(); err != nil {
				t.Fatal(err)
			}
			if _, err := s.CreateEnvironment(t.Context(), Environment{Spec: setup.Spec{Name: "one"}, Owner: alice}); err != nil {
				t.Errorf("with a free one: %v", err)
			}
		})
	}
}
