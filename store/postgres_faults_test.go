package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/setup"
	"github.com/consentry/consentry/store/postgrestest"
)

// replicas opens one database n times, as several consoles do.
func replicas(t *testing.T, n int) []*bench {
	t.Helper()
	return replicasOf(t, postgrestest.Start(t), n)
}

func replicasOf(t *testing.T, url string, n int) []*bench {
	t.Helper()
	key := NewKey()
	out := make([]*bench, n)
	for i := range out {
		out[i] = &bench{Store: openURL(t, url, key, nil), clock: &clock{now: time.Now()}}
	}
	return out
}

func TestChangesOfASessionOnTwoReplicasAreAllKept(t *testing.T) {
	r := replicas(t, 2)
	r[0].session(t, "a", "")
	wantEachKept(t, r)
}

func TestOfManyRevealsOnTwoReplicasOneGetsTheSecret(t *testing.T) {
	r := replicas(t, 2)
	k := r[0].secret(t, "one", "the-value")
	var values atomic.Int64
	wantOneWinner(t, together(16, func(i int) error {
		v, err := r[i%2].RevealSecret(t.Context(), k.ID, alice)
		if err == nil && v.Reveal() == "the-value" {
			values.Add(1)
		}
		return err
	}), ErrGone)
	if n := values.Load(); n != 1 {
		t.Errorf("%d got the value", n)
	}
}

func TestOfManyStartsOnTwoReplicasOneRuns(t *testing.T) {
	r := replicas(t, 2)
	env := r[0].environment(t, "one").ID
	wantOneWinner(t, together(16, func(i int) error {
		_, err := r[i%2].StartOperation(t.Context(), env, SetupOperation, alice, setup.Plan{})
		return err
	}), ErrBusy)
}

func TestOfManySavesOnTwoReplicasOneWins(t *testing.T) {
	r := replicas(t, 2)
	e := r[0].environment(t, "one")
	wantOneWinner(t, together(30, func(i int) error {
		_, err := r[i%2].SaveEnvironment(t.Context(), e)
		return err
	}), ErrConflict)
}

// The answer of a claimed operation's dead holder is waited for until its
// lease is over; then of several replicas one takes it up, and the holder,
// should it come back, may write nothing.
func TestOfTwoReplicasOneTakesUpADeadOnesOperation(t *testing.T) {
	c := &clock{now: time.Now()}
	at, key := postgrestest.Start(t), NewKey()
	var r []*bench
	for range 3 {
		r = append(r, &bench{Store: openURL(t, at, key, c.Now), clock: c})
	}
	dead := r[0]
	o := dead.operation(t, dead.environment(t, "one").ID)
	seq := dead.intent(t, o, "application")
	if _, err := r[1].ClaimOperation(t.Context(), o.ID); !errors.Is(err, ErrConflict) {
		t.Fatalf("claimed from one that lives: %v", err)
	}
	c.pass(Lease)
	wantOneWinner(t, together(8, func(i int) error {
		_, err := r[1+i%2].ClaimOperation(t.Context(), o.ID)
		return err
	}), ErrConflict)
	if _, err := dead.Journal(o).Intent(t.Context(), setup.Entry{Step: "next"}); !errors.Is(err, ErrConflict) {
		t.Errorf("the dead one intends: %v", err)
	}
	if err := dead.Journal(o).Outcome(t.Context(), seq, setup.Done, entra.Created{}, nil); !errors.Is(err, ErrConflict) {
		t.Errorf("the dead one records: %v", err)
	}
}

// withParameter adds a parameter to a database's URL.
func withParameter(t *testing.T, at, name, value string) string {
	t.Helper()
	u, err := url.Parse(at)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	q.Set(name, value)
	u.RawQuery = q.Encode()
	return u.String()
}

// A server whose clock differs from this machine's is the same as a machine
// whose clock is wrong: leases are kept by the server's.
func TestAWrongClockNeitherStealsNorLosesALease(t *testing.T) {
	for _, skew := range []string{"-10 minutes", "+10 minutes"} {
		t.Run(skew, func(t *testing.T) {
			at := postgrestest.Start(t)
			plain, err := sql.Open("pgx", at)
			if err != nil {
				t.Fatal(err)
			}
			defer plain.Close()
			_, err = plain.ExecContext(t.Context(), `CREATE FUNCTION clock_timestamp() RETURNS timestamptz LANGUAGE sql AS
				$$ SELECT pg_catalog.clock_timestamp() + INTERVAL '`+skew+`' $$`)
			if err != nil {
				t.Fatal(err)
			}
			r := replicasOf(t, withParameter(t, at, "search_path", "public,pg_catalog"), 2)
			o := r[0].operation(t, r[0].environment(t, "one").ID)
			var server int64
			if err := plain.QueryRowContext(t.Context(), `SELECT CAST(EXTRACT(EPOCH FROM public.clock_timestamp()) * 1000 AS BIGINT)`).Scan(&server); err != nil {
				t.Fatal(err)
			}
			if left := o.LeaseUntil.Sub(fromMillis(server)); left <= 0 || left > Lease+slowest {
				t.Errorf("by the server's clock the lease lasts %v", left)
			}
			if _, err := r[1].ClaimOperation(t.Context(), o.ID); !errors.Is(err, ErrConflict) {
				t.Errorf("stolen: %v", err)
			}
			if _, err := r[0].RenewLease(t.Context(), o); err != nil {
				t.Errorf("lost: %v", err)
			}
		})
	}
}

func TestTheSharedClockFollowsTheTimeThatGoesBy(t *testing.T) {
	var gone time.Duration
	c := &sharedClock{elapsed: func() time.Duration { return gone }}
	db, err := sql.Open("pgx", postgrestest.Start(t))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := c.ask(t.Context(), db); err != nil {
		t.Fatal(err)
	}
	first := c.Now()
	gone += time.Hour
	if got := c.Now().Sub(first); got != time.Hour {
		t.Errorf("after an hour it is %v later", got)
	}
	slow := &sharedClock{server: first, elapsed: func() time.Duration { gone += 2 * slowest; return gone }}
	slow.at = gone
	if err := slow.ask(t.Context(), db); err != nil || !slow.server.Equal(first) {
		t.Errorf("an answer that was long on its way set it to %v, %v", slow.server, err)
	}
}

// The server crashes again and again while two replicas write: what was
// acknowledged is there, and nothing else is.
func TestCrashesOfTheServerLoseNothingAcknowledged(t *testing.T) {
	server := postgrestest.New(t)
	r := replicasOf(t, server.Database(), 2)
	ops := []Operation{r[0].operation(t, r[0].environment(t, "one").ID), r[1].operation(t, r[1].environment(t, "two").ID)}
	acknowledged := make([]map[int64]bool, 2)
	over := make(chan struct{})
	var writers sync.WaitGroup
	for i := range r {
		acknowledged[i] = map[int64]bool{}
		writers.Go(func() { writeOn(t, r[i].Store, ops[i], acknowledged[i], over) })
	}
	for range 3 {
		server.Restart("immediate")
	}
	close(over)
	writers.Wait()
	for i, o := range ops {
		entries, err := afterwards(t, r[i].Store, o.ID)
		if err != nil || len(acknowledged[i]) == 0 {
			t.Fatalf("%d acknowledged, %v", len(acknowledged[i]), err)
		}
		there := map[int64]setup.EntryState{}
		for _, e := range entries {
			there[e.Seq] = e.State
		}
		for seq := range acknowledged[i] {
			if there[seq] != setup.Done {
				t.Errorf("entry %d was acknowledged and is %q", seq, there[seq])
			}
		}
	}
}

// writeOn records entry after entry until it is over.
func writeOn(t *testing.T, s *Store, o Operation, acknowledged map[int64]bool, over <-chan struct{}) {
	for {
		select {
		case <-over:
			return
		default:
		}
		seq, err := s.Journal(o).Intent(t.Context(), setup.Entry{Step: "grant"})
		if err == nil {
			err = s.Journal(o).Outcome(t.Context(), seq, setup.Done, entra.Created{RequestID: fmt.Sprint(seq)}, nil)
		}
		switch {
		case err == nil:
			acknowledged[seq] = true
		case !errors.Is(err, ErrUnavailable):
			t.Errorf("during a restart: %v", err)
			return
		}
	}
}

// afterwards reads until the broken connections are used up.
func afterwards(t *testing.T, s *Store, op string) (entries []setup.Entry, err error) {
	for range 2 * pageConnections {
		if entries, err = s.Entries(t.Context(), op); !errors.Is(err, ErrUnavailable) {
			break
		}
	}
	return entries, err
}

func TestWithoutTheServerEverythingIsUnavailableAndNothingElse(t *testing.T) {
	server := postgrestest.New(t)
	at := server.Database()
	b := replicasOf(t, at, 1)[0]
	k := b.secret(t, "one", "the-value")
	server.Stop("fast")
	_, read := b.Environment(t.Context(), k.Environment)
	_, list := b.Environments(t.Context())
	_, session := b.LoadSession(t.Context(), hash("a"))
	_, reveal := b.RevealSecret(t.Context(), k.ID, alice)
	_, start := b.StartOperation(t.Context(), k.Environment, SetupOperation, alice, setup.Plan{})
	_, _, tokens := b.Operator(t.Context(), alice.Tenant, alice.ID)
	_, opened := Open(t.Context(), Options{URL: at, Key: NewKey()})
	for name, err := range map[string]error{"read": read, "list": list, "session": session, "reveal": reveal, "start": start, "tokens": tokens, "open": opened} {
		if !errors.Is(err, ErrUnavailable) || errors.Is(err, ErrNotFound) {
			t.Errorf("%s: %v", name, err)
		}
	}
	server.Start()
	if v, err := b.RevealSecret(t.Context(), k.ID, alice); err != nil || v.Reveal() != "the-value" {
		t.Errorf("back again: %v", err)
	}
}

func TestAnAnswerThatComesWhileTheServerIsAwayIsRecorded(t *testing.T) {
	server := postgrestest.New(t)
	b := replicasOf(t, server.Database(), 1)[0]
	o := b.operation(t, b.environment(t, "one").ID)
	seq := b.intent(t, o, "secret")
	server.Stop("immediate")
	paused := 0
	b.pause = func(ctx context.Context, d time.Duration) error {
		if paused++; paused == 2*tries { // well after the first try of Outcome has failed
			server.Start()
		}
		return nil
	}
	if err := b.Journal(o).Outcome(t.Context(), seq, setup.Done, entra.Created{SecretValue: entra.NewSensitive("the-value")}, nil); err != nil {
		t.Fatal(err)
	}
	if v, err := b.RevealSecret(t.Context(), b.keptSecret(t, o.Environment).ID, alice); err != nil || v.Reveal() != "the-value" {
		t.Errorf("got %v", err)
	}
}

// An answer whose commit was acknowledged to nobody is recorded once.
func TestAnAnswerRecordedTwiceIsNoConflictWithItself(t *testing.T) {
	b := replicas(t, 1)[0]
	o := b.operation(t, b.environment(t, "one").ID)
	seq := b.intent(t, o, "secret")
	j := &journal{b.Store, o}
	same := outcome{seq: seq, state: setup.Done, created: entra.Created{RequestID: "r-1", SecretValue: entra.NewSensitive("the-value")}}
	other := same
	other.created.RequestID = "r-2"
	record := func(o outcome, again bool) error {
		return b.inTx(t.Context(), func(tx *sql.Tx) error { return j.record(t.Context(), tx, o, again) })
	}
	if err := errors.Join(record(same, false), record(same, true)); err != nil {
		t.Error(err)
	}
	if err := record(same, false); !errors.Is(err, ErrConflict) {
		t.Errorf("not a repetition: %v", err)
	}
	if err := record(other, true); !errors.Is(err, ErrConflict) {
		t.Errorf("another answer: %v", err)
	}
	b.keptSecret(t, o.Environment) // one
}
