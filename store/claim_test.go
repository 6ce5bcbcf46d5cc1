package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/setup"
)

// wakes remembers who was woken.
type wakes struct {
	mu     sync.Mutex
	inTx   []string
	nudged []string
	fails  error
}

func (w *wakes) Wake(_ context.Context, _ *sql.Tx, operation string, fence int64) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.inTx = append(w.inTx, fmt.Sprint(operation, " ", fence))
	return w.fails
}

func (w *wakes) Nudge(_ context.Context, operation string, fence int64) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.nudged = append(w.nudged, fmt.Sprint(operation, " ", fence))
	return nil
}

// another is a second process that has the same database open.
func (b *bench) another() *bench {
	s := *b.Store
	s.process = "another"
	return &bench{Store: &s, clock: b.clock}
}

// queued is an operation that waits, in an environment of its own.
func (b *bench) queued(t *testing.T, name string, tenant entra.TenantID) Operation {
	t.Helper()
	e, err := b.CreateEnvironment(t.Context(), Environment{Spec: setup.Spec{Name: name}, Owner: alice, Tenant: tenant})
	if err != nil {
		t.Fatal(err)
	}
	o, err := b.QueueOperation(t.Context(), e, SetupOperation, alice, setup.Plan{})
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// next claims what is next.
func (b *bench) next(t *testing.T) Operation {
	t.Helper()
	o, err := b.NextOperation(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func (b *bench) wantNoneNext(t *testing.T) {
	t.Helper()
	if o, err := b.NextOperation(t.Context()); !errors.Is(err, ErrNotFound) {
		t.Errorf("next is %+v, %v; want none", o, err)
	}
}

var claimTests = map[string]func(*testing.T, *bench){
	"one that waits is woken with its record and held by nobody": func(t *testing.T, b *bench) {
		w := &wakes{}
		b.WakeBy(w)
		o := b.queued(t, "one", "t1")
		want := []string{fmt.Sprint(o.ID, " ", o.Fence)}
		if o.Holder != "" || o.State != OperationRunning || !slices.Equal(w.inTx, want) || !slices.Equal(w.nudged, want) {
			t.Errorf("%+v, woken %q, nudged %q", o, w.inTx, w.nudged)
		}
		e, err := b.Environment(t.Context(), o.Environment)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := b.QueueOperation(t.Context(), e, SetupOperation, alice, setup.Plan{}); !errors.Is(err, ErrBusy) {
			t.Errorf("another for the same environment: %v", err)
		}
		b.clock.pass(2 * Lease)
		if _, err := b.StartOperation(t.Context(), o.Environment, FixOperation, alice, setup.Plan{}); !errors.Is(err, ErrBusy) {
			t.Errorf("another, although it waits still: %v", err)
		}
	},
	"what a plan was made from stays while it waits": func(t *testing.T, b *bench) {
		b.WakeBy(&wakes{})
		old := b.environment(t, "one")
		changed := old
		changed.Spec.DisplayName = "Another"
		changed, err := b.SaveEnvironment(t.Context(), changed)
		if err != nil {
			t.Fatal(err)
		}
		if o, err := b.QueueOperation(t.Context(), old, SetupOperation, alice, setup.Plan{}); !errors.Is(err, ErrConflict) {
			t.Errorf("a plan made from what nobody wants any more: %+v, %v", o, err)
		}
		if ops, err := b.Operations(t.Context(), old.ID); err != nil || len(ops) != 0 {
			t.Errorf("recorded: %v, %v", ops, err)
		}
		if _, err := b.QueueOperation(t.Context(), changed, SetupOperation, alice, setup.Plan{}); err != nil {
			t.Fatal(err)
		}
		if _, err := b.SaveEnvironment(t.Context(), changed); !errors.Is(err, ErrConflict) {
			t.Errorf("a form that was filled before it was queued: %v", err)
		}
	},
	"whoever cannot be woken has nothing recorded": func(t *testing.T, b *bench) {
		e := b.environment(t, "one")
		if _, err := b.QueueOperation(t.Context(), e, SetupOperation, alice, setup.Plan{}); err == nil {
			t.Error("queued with nobody to wake")
		}
		b.WakeBy(&wakes{fails: errors.New("no queue")})
		if _, err := b.QueueOperation(t.Context(), e, SetupOperation, alice, setup.Plan{}); err == nil {
			t.Error("queued although nobody was woken")
		}
		if ops, err := b.Operations(t.Context(), e.ID); err != nil || len(ops) != 0 {
			t.Errorf("recorded: %v, %v", ops, err)
		}
	},
	"many who look at once take one up once": func(t *testing.T, b *bench) {
		b.WakeBy(&wakes{})
		want := map[string]int{}
		for i := range 3 {
			want[b.queued(t, fmt.Sprint("e", i), entra.TenantID(fmt.Sprint("t", i))).ID] = 1
		}
		var mu sync.Mutex
		got := map[string]int{}
		for i, err := range together(8, func(int) error {
			o, err := b.NextOperation(t.Context())
			mu.Lock()
			defer mu.Unlock()
			got[o.ID]++
			return err
		}) {
			if err != nil && !errors.Is(err, ErrNotFound) {
				t.Errorf("%d: %v", i, err)
			}
		}
		delete(got, "")
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("taken up %v, want %v", got, want)
		}
	},
	"one that a live process holds is nobody else's": func(t *testing.T, b *bench) {
		b.WakeBy(&wakes{})
		b.queued(t, "one", "t1")
		held := b.next(t)
		b.another().wantNoneNext(t)
		if _, err := b.another().ClaimOperation(t.Context(), held.ID); !errors.Is(err, ErrConflict) {
			t.Errorf("claimed by another: %v", err)
		}
		if held.Holder != b.process || !held.LeaseUntil.Equal(b.clock.Now().Add(Lease)) {
			t.Errorf("held %+v", held)
		}
	},
	"a process that comes back after its lease can write nothing": func(t *testing.T, b *bench) {
		b.WakeBy(&wakes{})
		o := b.queued(t, "one", "t1")
		halted := b.next(t)
		open := b.intent(t, halted, "application")
		b.clock.pass(Lease)
		other := b.another()
		fresh := other.next(t)
		if fresh.ID != o.ID || fresh.Fence <= halted.Fence || fresh.Holder != "another" {
			t.Fatalf("taken over as %+v from %+v", fresh, halted)
		}
		secret := entra.Created{Secret: &entra.Secret{KeyID: "k"}, SecretValue: entra.NewSensitive("a secret's value")}
		_, intent := b.Journal(halted).Intent(t.Context(), setup.Entry{Step: "secret"})
		_, renew := b.RenewLease(t.Context(), halted)
		outcome := b.Journal(halted).Outcome(t.Context(), open, setup.Done, secret, nil)
		halted.State = OperationDone
		for what, err := range map[string]error{"intent": intent, "lease": renew, "outcome": outcome,
			"end": b.FinishOperation(t.Context(), halted), "release": b.ReleaseOperation(t.Context(), halted), "interrupt": b.InterruptOperation(t.Context(), halted)} {
			if !errors.Is(err, ErrConflict) {
				t.Errorf("%s: %v", what, err)
			}
		}
		if kept, err := b.Secrets(t.Context(), o.Environment); err != nil || len(kept) != 0 {
			t.Errorf("kept %v, %v", kept, err)
		}
		if err := other.Journal(fresh).Outcome(t.Context(), open, setup.Done, secret, nil); err != nil {
			t.Errorf("the new holder: %v", err)
		}
	},
	"one that is given up goes on elsewhere at once": func(t *testing.T, b *bench) {
		w := &wakes{}
		b.WakeBy(w)
		b.queued(t, "one", "t1")
		held := b.next(t)
		if err := b.another().ReleaseOperation(t.Context(), held); !errors.Is(err, ErrConflict) {
			t.Errorf("released by another: %v", err)
		}
		if err := b.ReleaseOperation(t.Context(), held); err != nil {
			t.Fatal(err)
		}
		taken := b.another().next(t)
		if taken.ID != held.ID || len(w.inTx) != 2 || w.inTx[0] == w.inTx[1] {
			t.Errorf("taken %+v, woken %q", taken, w.inTx)
		}
	},
	"the tenant with the fewest at work comes first, and none has too many": func(t *testing.T, b *bench) {
		b.WakeBy(&wakes{})
		names := map[string]string{}
		add := func(name string, tenant entra.TenantID) {
			names[b.queued(t, name, tenant).ID] = name
			b.clock.pass(time.Millisecond)
		}
		for i := range 6 {
			add(fmt.Sprint("many", i), "many")
		}
		add("other0", "other")
		add("other1", "other")
		add("third", "third")
		var got []string
		var first Operation
		for range 7 {
			o := b.next(t)
			got = append(got, names[o.ID])
			if first.ID == "" {
				first = o
			}
		}
		if want := []string{"many0", "other0", "third", "many1", "other1", "many2", "many3"}; !slices.Equal(got, want) {
			t.Errorf("in the order %q, want %q", got, want)
		}
		b.wantNoneNext(t) // the rest is beyond TenantAtOnce
		first.State = OperationDone
		if err := b.FinishOperation(t.Context(), first); err != nil {
			t.Fatal(err)
		}
		if o := b.next(t); names[o.ID] != "many4" {
			t.Errorf("then came %s", names[o.ID])
		}
	},
	"no more wait than may, of one tenant and of all": func(t *testing.T, b *bench) {
		b.WakeBy(&wakes{})
		for i := range MaxTenantOperations {
			b.queued(t, fmt.Sprint("many", i), "many")
		}
		one := b.environment(t, "one-more")
		one.Tenant = "many"
		one, err := b.SaveEnvironment(t.Context(), one)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := b.QueueOperation(t.Context(), one, SetupOperation, alice, setup.Plan{}); !errors.Is(err, ErrFull) {
			t.Errorf("one more of the tenant: %v", err)
		}
		b.queued(t, "other", "other")
		b.clock.pass(Waiting) // those in line are forgotten by then
		if _, err := b.QueueOperation(t.Context(), one, SetupOperation, alice, setup.Plan{}); err != nil {
			t.Errorf("once they count no more: %v", err)
		}
	},
	"what waits is woken again, each at its claim": func(t *testing.T, b *bench) {
		w := &wakes{}
		b.WakeBy(w)
		waits := b.queued(t, "waits", "t1")
		b.clock.pass(time.Second)
		b.queued(t, "dies", "t1")
		b.clock.pass(time.Second)
		b.queued(t, "lives", "t2")
		other := b.another()
		if o, err := other.ClaimOperation(t.Context(), waits.ID); err != nil || o.ID != waits.ID {
			t.Fatal(o, err)
		}
		live := other.next(t)
		b.clock.pass(Lease - time.Second)
		if _, err := other.RenewLease(t.Context(), live); err != nil {
			t.Fatal(err)
		}
		b.clock.pass(time.Second)
		w.nudged = nil
		if err := b.WakeWaiting(t.Context()); err != nil {
			t.Fatal(err)
		}
		if len(w.nudged) != 2 || slices.Contains(w.nudged, fmt.Sprint(live.ID, " ", live.Fence)) || slices.Contains(w.nudged, fmt.Sprint(waits.ID, " ", waits.Fence)) {
			t.Errorf("woken %q, want the one that waits and the one whose process died, at its new fence", w.nudged)
		}
	},
	"a fix goes with its process": func(t *testing.T, b *bench) {
		e := b.environment(t, "one")
		fix, err := b.StartOperation(t.Context(), e.ID, FixOperation, alice, setup.Plan{})
		if err != nil {
			t.Fatal(err)
		}
		seq := b.intent(t, fix, "fix:x")
		if cut, err := b.CutOff(t.Context()); err != nil || len(cut) != 0 {
			t.Errorf("cut off while it lives: %v, %v", cut, err)
		}
		b.clock.pass(Lease)
		b.wantNoneNext(t)
		if _, err := b.ClaimOperation(t.Context(), fix.ID); !errors.Is(err, ErrConflict) {
			t.Errorf("taken up: %v", err)
		}
		cut, err := b.CutOff(t.Context())
		if err != nil || len(cut) != 1 || cut[0].ID != fix.ID || cut[0].State != OperationInterrupted {
			t.Fatalf("cut off %v, %v", cut, err)
		}
		entries, err := b.Entries(t.Context(), fix.ID)
		if err != nil || entries[0].State != setup.Unknown {
			t.Errorf("the journal says %+v, %v", entries, err)
		}
		// It was slow and not dead: an answer comes only once.
		if err := b.Journal(fix).Outcome(t.Context(), seq, setup.Done, entra.Created{}, nil); err != nil {
			t.Error(err)
		}
	},
	"one that is stopped sends nothing more": func(t *testing.T, b *bench) {
		b.WakeBy(&wakes{})
		b.queued(t, "one", "t1")
		o := b.next(t)
		seq := b.intent(t, o, "application")
		if err := b.another().InterruptOperation(t.Context(), o); err != nil {
			t.Fatal(err)
		}
		if _, err := b.Journal(o).Intent(t.Context(), setup.Entry{Step: "secret"}); !errors.Is(err, ErrConflict) {
			t.Errorf("a further step: %v", err)
		}
		if err := b.Journal(o).Outcome(t.Context(), seq, setup.Done, entra.Created{}, nil); err != nil {
			t.Errorf("the answer that was on its way: %v", err)
		}
		b.wantNoneNext(t)
	},
	"one process at a time has a thing to itself": func(t *testing.T, b *bench) {
		try := func(who *bench, want bool) {
			t.Helper()
			if ours, err := who.TryHold(t.Context(), "list"); err != nil || ours != want {
				t.Errorf("%s has it: %v, %v; want %v", who.process, ours, err, want)
			}
		}
		try(b, true)
		try(b.another(), false)
		try(b, false) // nor twice
		b.clock.pass(Lease)
		try(b.another(), true)
		if err := b.LetGo(t.Context(), "list"); err != nil { // it is not ours any more
			t.Fatal(err)
		}
		try(b, false)
		if err := b.another().LetGo(t.Context(), "list"); err != nil {
			t.Fatal(err)
		}
		won := 0
		for _, err := range together(8, func(int) error {
			ours, err := b.TryHold(t.Context(), "list")
			if err == nil && !ours {
				err = ErrBusy
			}
			return err
		}) {
			switch {
			case err == nil:
				won++
			case !errors.Is(err, ErrBusy):
				t.Error(err)
			}
		}
		if won != 1 {
			t.Errorf("%d of 8 have it", won)
		}
	},
	"others know what a process is at work on, as long as it lives": func(t *testing.T, b *bench) {
		want := func(id string, want bool) {
			t.Helper()
			if held, err := b.another().Held(t.Context(), id); err != nil || held != want {
				t.Errorf("%s is held: %v, %v", id, held, err)
			}
		}
		for _, id := range []string{"lives", "dies"} {
			if err := b.Hold(t.Context(), id); err != nil {
				t.Fatal(err)
			}
		}
		want("lives", true)
		want("neither", false)
		b.clock.pass(Lease - time.Second)
		if err := b.Hold(t.Context(), "lives"); err != nil {
			t.Fatal(err)
		}
		b.clock.pass(time.Second)
		want("lives", true)
		want("dies", false)
		if err := b.another().LetGo(t.Context(), "lives"); err != nil { // not theirs
			t.Fatal(err)
		}
		want("lives", true)
		if err := b.LetGo(t.Context(), "lives"); err != nil {
			t.Fatal(err)
		}
		want("lives", false)
		var rows int
		if err := b.read.QueryRowContext(t.Context(), `SELECT COUNT(*) FROM holds`).Scan(&rows); err != nil || rows != 0 {
			t.Errorf("%d rows are left, %v", rows, err)
		}
	},
}
