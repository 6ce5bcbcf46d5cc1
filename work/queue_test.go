package work_test

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	_ "modernc.org/sqlite"

	"github.com/consentry/consentry/store/postgrestest"
	"github.com/consentry/consentry/work"
)

// patience bounds every wait for something that must come about.
const patience = 20 * time.Second

// A base is a database for the queue; open connects another process to it.
type base struct {
	sqlite bool
	open   func(t *testing.T) *sql.DB
}

// bases runs f with an empty database of each kind.
func bases(t *testing.T, f func(t *testing.T, b base)) {
	t.Run("SQLite", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "q.db")
		f(t, base{true, func(t *testing.T) *sql.DB {
			db := connect(t, "sqlite", "file:"+path+"?_pragma=journal_mode(WAL)&_pragma=busy_timeout(5000)&_txlock=immediate")
			db.SetMaxOpenConns(1)
			return db
		}})
	})
	t.Run("PostgreSQL", func(t *testing.T) {
		url := postgrestest.Start(t)
		f(t, base{false, func(t *testing.T) *sql.DB { return connect(t, "pgx", url) }})
	})
}

func connect(t *testing.T, driver, name string) *sql.DB {
	t.Helper()
	db, err := sql.Open(driver, name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

// start starts a queue that stops with the test.
func start(t *testing.T, b base, db *sql.DB, o work.Options) *work.Queue {
	t.Helper()
	o.DB, o.SQLite = db, b.sqlite
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Operation == nil {
		o.Operation = func(context.Context) error { return nil }
	}
	q, err := work.New(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if err := q.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(t, q) })
	return q
}

func stop(t *testing.T, q *work.Queue) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := q.Stop(ctx); err != nil {
		t.Error(err)
	}
}

// come waits for n values.
func come[T any](t *testing.T, from <-chan T, n int, what string) []T {
	t.Helper()
	var got []T
	timeout := time.After(patience)
	for len(got) < n {
		select {
		case v := <-from:
			got = append(got, v)
		case <-timeout:
			t.Fatalf("%d of %d came: %s", len(got), n, what)
		}
	}
	return got
}

func inTx(t *testing.T, db *sql.DB, f func(tx *sql.Tx) error) {
	t.Helper()
	tx, err := db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(f(tx), tx.Commit()); err != nil {
		t.Fatal(err)
	}
}

func TestAWakeUpInATransactionComesWithItsCommitOnly(t *testing.T) {
	bases(t, func(t *testing.T, b base) {
		db := b.open(t)
		woken := make(chan struct{}, 10)
		q := start(t, b, db, work.Options{Operation: func(context.Context) error { woken <- struct{}{}; return nil }})
		tx, err := db.BeginTx(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(q.Wake(t.Context(), tx, "undone", 1), tx.Rollback()); err != nil {
			t.Fatal(err)
		}
		inTx(t, db, func(tx *sql.Tx) error { return q.Wake(t.Context(), tx, "done", 1) })
		come(t, woken, 1, "the committed wake-up")
		stop(t, q)
		if n := count(t, db, `SELECT count(*) FROM river_job`); n != 1 {
			t.Errorf("%d jobs, want the committed one alone", n)
		}
	})
}

func count(t *testing.T, db *sql.DB, query string) (n int) {
	t.Helper()
	if err := db.QueryRowContext(t.Context(), query).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// The nudge after a commit is the same job as the wake-up within.
func TestWakingTwiceLeavesOneJobWhileItWaits(t *testing.T) {
	bases(t, func(t *testing.T, b base) {
		db := b.open(t)
		held, let := make(chan struct{}, 10), make(chan struct{})
		q := start(t, b, db, work.Options{Operation: func(context.Context) error { held <- struct{}{}; <-let; return nil }})
		// Jobs are told apart in stretches of ten seconds; begin one.
		for time.Now().Unix()%10 > 7 {
			time.Sleep(100 * time.Millisecond)
		}
		inTx(t, db, func(tx *sql.Tx) error { return q.Wake(t.Context(), tx, "one", 1) })
		for range 3 {
			if err := q.Nudge(t.Context(), "one", 1); err != nil {
				t.Error(err)
			}
		}
		come(t, held, 1, "the worker")
		if n := count(t, db, `SELECT count(*) FROM river_job`); n != 1 {
			t.Errorf("%d jobs for one claim", n)
		}
		if err := q.Nudge(t.Context(), "one", 2); err != nil { // given up and waiting again
			t.Error(err)
		}
		come(t, held, 1, "the worker of the next claim")
		close(let)
	})
}

func TestReplicasStartSideBySideAndShareTheWork(t *testing.T) {
	bases(t, func(t *testing.T, b base) {
		if b.sqlite {
			t.Skip("a SQLite file belongs to one process")
		}
		var wg sync.WaitGroup
		queues, woken := make([]*work.Queue, 3), make(chan int, 100)
		for i := range queues {
			db := b.open(t)
			wg.Go(func() {
				queues[i] = start(t, b, db, work.Options{Operations: 1, Operation: func(context.Context) error { woken <- i; return nil }})
			})
		}
		wg.Wait()
		stop(t, queues[0])
		if err := queues[0].Nudge(t.Context(), "left by one that stops", 1); err != nil {
			t.Fatal(err)
		}
		if got := come(t, woken, 1, "another replica"); got[0] == 0 {
			t.Error("the stopped one worked")
		}
	})
}

func TestWhatComesRoundIsDoneByOneReplica(t *testing.T) {
	bases(t, func(t *testing.T, b base) {
		replicas := 2
		if b.sqlite {
			replicas = 1
		}
		rounds := make(chan string, 100)
		for range replicas {
			start(t, b, b.open(t), work.Options{Periodic: []work.Periodic{
				{Name: "hourly", Every: time.Hour, Do: func(context.Context) error { rounds <- "hourly"; return nil }},
				{Name: "often", Every: time.Second, Do: func(context.Context) error { rounds <- "often"; return errors.New("not this time") }},
			}})
		}
		seen := map[string]int{}
		for seen["hourly"] < 1 || seen["often"] < 2 {
			seen[come(t, rounds, 1, "a round")[0]]++
		}
		if seen["hourly"] != 1 {
			t.Errorf("the hourly round came %d times", seen["hourly"])
		}
	})
}

func TestWhatIsDoneEverywhereIsDoneByEachReplicaUntilItStops(t *testing.T) {
	bases(t, func(t *testing.T, b base) {
		replicas := 2
		if b.sqlite {
			replicas = 1
		}
		rounds := make(chan int, 100)
		var queues []*work.Queue
		for i := range replicas {
			queues = append(queues, start(t, b, b.open(t), work.Options{Periodic: []work.Periodic{
				{Name: "own", Every: time.Second, Everywhere: true, Do: func(context.Context) error {
					rounds <- i
					if i == 0 {
						panic("one of them has a defect")
					}
					return nil
				}},
			}}))
		}
		seen := map[int]int{}
		for len(seen) < replicas || seen[0] < 2 {
			seen[come(t, rounds, 1, "a round")[0]]++
		}
		stop(t, queues[0])
		for len(rounds) > 0 {
			<-rounds
		}
		if b.sqlite {
			return
		}
		for range 2 {
			if come(t, rounds, 1, "a round of the other")[0] == 0 {
				t.Error("the stopped one goes on")
			}
		}
	})
}

// A panic's value may hold anything; it is not written into a table.
func TestADefectEndsOneJobAndStaysOutOfTheDatabase(t *testing.T) {
	bases(t, func(t *testing.T, b base) {
		db, woken := b.open(t), make(chan struct{}, 10)
		var log logs
		q := start(t, b, db, work.Options{Log: slog.New(slog.NewJSONHandler(&log, nil)), Operation: func(context.Context) error {
			defer func() { woken <- struct{}{} }()
			panic("CANARY")
		}})
		if err := q.Nudge(t.Context(), "one", 1); err != nil {
			t.Fatal(err)
		}
		come(t, woken, 2, "the job, which is tried again")
		stop(t, q)
		var errs string
		column := "CAST(errors AS TEXT)"
		if !b.sqlite {
			column = "array_to_string(errors, ' ')"
		}
		if err := db.QueryRowContext(t.Context(), `SELECT `+column+` FROM river_job`).Scan(&errs); err != nil {
			t.Fatal(err)
		}
		if errs == "" || strings.Contains(errs, "CANARY") {
			t.Errorf("the database has %q", errs)
		}
		if !strings.Contains(log.String(), "CANARY") || !strings.Contains(log.String(), "queue_test.go") {
			t.Errorf("the log lacks what happened: %s", log.String())
		}
	})
}

func TestStoppingWaitsForWhatRunsAndThenEndsIt(t *testing.T) {
	bases(t, func(t *testing.T, b base) {
		running, ended := make(chan struct{}, 1), make(chan error, 1)
		q := start(t, b, b.open(t), work.Options{Operation: func(ctx context.Context) error {
			running <- struct{}{}
			<-ctx.Done()
			ended <- ctx.Err()
			return nil
		}})
		if err := q.Nudge(t.Context(), "one", 1); err != nil {
			t.Fatal(err)
		}
		come(t, running, 1, "the job")
		over, cancel := context.WithCancel(t.Context())
		cancel()
		if err := q.Stop(over); err != nil {
			t.Error(err)
		}
		if err := come(t, ended, 1, "the end of the job")[0]; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	})
}

func TestWhatCannotBeStartedIsSaid(t *testing.T) {
	do := func(context.Context) error { return nil }
	db, err := sql.Open("sqlite", ":memory:")
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	t.Cleanup(func() { _ = db.Close() })
	log := slog.New(slog.DiscardHandler)
	for name, o := range map[string]work.Options{
		"nothing to do":     {DB: db, Log: log},
		"no database":       {Operation: do, Log: log},
		"a round too often": {DB: db, SQLite: true, Operation: do, Log: log, Periodic: []work.Periodic{{Name: "a", Every: time.Millisecond, Do: do}}},
		"two of a name":     {DB: db, SQLite: true, Operation: do, Log: log, Periodic: []work.Periodic{{Name: "a", Every: time.Minute, Do: do}, {Name: "a", Every: time.Minute, Do: do}}},
	} {
		if _, err := work.New(t.Context(), o); err == nil {
			t.Errorf("%s: started", name)
		}
	}
}

// logs collects what was logged.
type logs struct {
	mu sync.Mutex
	b  strings.Builder
}

func (l *logs) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logs) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}
