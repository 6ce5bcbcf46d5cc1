package store

import (
	"errors"
	"testing"
	"time"

	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/setup"
	"github.com/consentry/consentry/trial"
)

func (b *bench) sweepAll(t *testing.T) {
	t.Helper()
	if err := b.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func (b *bench) count(t *testing.T, table string) (n int) {
	t.Helper()
	if err := b.read.QueryRowContext(t.Context(), `SELECT COUNT(*) FROM `+table).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// ended gives an environment an operation of that kind that ended with one
// journal entry.
func (b *bench) ended(t *testing.T, env string, kind OperationKind, entry setup.EntryState) Operation {
	t.Helper()
	o, err := b.StartOperation(t.Context(), env, kind, alice, setup.Plan{})
	if err != nil {
		t.Fatal(err)
	}
	seq := b.intent(t, o, "uri")
	if entry != setup.Intended {
		if err := b.Journal(o).Outcome(t.Context(), seq, entry, entra.Created{}, nil); err != nil {
			t.Fatal(err)
		}
	}
	o.State = OperationDone
	if err := b.FinishOperation(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	return o
}

var retentionTests = map[string]func(*testing.T, *bench){
	"an undone environment goes with everything of it, one in use keeps its journal": func(t *testing.T, b *bench) {
		gone, stays := b.environment(t, "gone"), b.environment(t, "stays")
		for _, e := range []Environment{gone, stays} {
			b.ended(t, e.ID, SetupOperation, setup.Done)
		}
		gone.State = Removed
		if _, err := b.SaveEnvironment(t.Context(), gone); err != nil {
			t.Fatal(err)
		}
		b.clock.pass(RemovedLifetime - time.Second)
		b.sweepAll(t)
		if n := b.count(t, "environments"); n != 2 {
			t.Fatalf("before its time %d are left", n)
		}
		b.clock.pass(time.Second)
		b.sweepAll(t)
		for _, table := range []string{"environments", "operations", "journal"} {
			if n := b.count(t, table); n != 1 {
				t.Errorf("%s has %d rows", table, n)
			}
		}
		if _, err := b.Environment(t.Context(), stays.ID); err != nil {
			t.Error(err)
		}
	},
	"a test goes, one whose redirect URI may be on the application stays": func(t *testing.T, b *bench) {
		env := b.environment(t, "one").ID
		for id, uri := range map[string]trial.TemporaryURI{"none": "", "removed": trial.URIRemoved, "intended": trial.URIIntended, "added": trial.URIAdded} {
			b.trial(t, trial.Trial{ID: id, Environment: env, TemporaryURI: uri, Started: b.clock.Now()}, "", "")
		}
		b.clock.pass(TrialLifetime)
		b.sweepAll(t)
		for id, want := range map[string]error{"none": ErrNotFound, "removed": ErrNotFound, "intended": nil, "added": nil} {
			if _, err := b.Trial(t.Context(), id); !errors.Is(err, want) {
				t.Errorf("%s: %v", id, err)
			}
		}
	},
	"of an environment in use the operations of tests go, but none with an open end": func(t *testing.T, b *bench) {
		env := b.environment(t, "one").ID
		gone, open, kept := b.ended(t, env, TrialURIOperation, setup.Done), b.ended(t, env, TrialURIOperation, setup.Unknown), b.ended(t, env, FixOperation, setup.Done)
		b.clock.pass(TrialLifetime)
		running := b.operation(t, env)
		b.sweepAll(t)
		for id, want := range map[string]error{gone.ID: ErrNotFound, open.ID: nil, kept.ID: nil, running.ID: nil} {
			if _, err := b.Operation(t.Context(), id); !errors.Is(err, want) {
				t.Errorf("%s: %v, want %v", id, err, want)
			}
		}
		if seq := b.intent(t, running, "next"); seq != 4 {
			t.Errorf("the next entry is number %d", seq)
		}
	},
	"tokens that nobody renewed go": func(t *testing.T, b *bench) {
		for _, p := range []entra.Person{alice, bob} {
			if err := b.SaveOperator(t.Context(), p, []byte("tokens")); err != nil {
				t.Fatal(err)
			}
		}
		b.clock.pass(OperatorLifetime - time.Second)
		if err := b.SaveOperator(t.Context(), bob, []byte("new tokens")); err != nil {
			t.Fatal(err)
		}
		b.clock.pass(time.Second)
		b.sweepAll(t)
		if _, _, err := b.Operator(t.Context(), alice.Tenant, alice.ID); !errors.Is(err, ErrNotFound) {
			t.Errorf("not renewed: %v", err)
		}
		if _, _, err := b.Operator(t.Context(), bob.Tenant, bob.ID); err != nil {
			t.Errorf("renewed: %v", err)
		}
	},
	"runs, sessions and secrets go with the rest": func(t *testing.T, b *bench) {
		k := b.secret(t, "one", "the-value")
		b.session(t, "a", "data")
		if _, err := b.StartRun(t.Context(), Run{Owner: alice}); err != nil {
			t.Fatal(err)
		}
		b.clock.pass(WrongRunLifetime)
		b.sweepAll(t)
		if runs, sessions := b.count(t, "runs"), b.count(t, "sessions"); runs+sessions != 0 {
			t.Errorf("%d runs and %d sessions are left", runs, sessions)
		}
		if b.keptSecret(t, k.Environment).Usable {
			t.Error("the secret is still there")
		}
	},
}
