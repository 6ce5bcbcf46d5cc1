package store

import (
	"errors"
	"reflect"
	"testing"
	"time"

	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/setup"
)

var operationTests = map[string]func(*testing.T, *bench){
	"every field comes back as it was saved": func(t *testing.T, b *bench) {
		e := b.environment(t, "one")
		plan := setup.Plan{Steps: []setup.Step{{
			ID: "application", Action: setup.Create, Title: "create it", Diffs: []setup.Diff{{Field: "name", New: "x"}},
			Request: &entra.Request{Method: "POST", Path: "/applications", Body: map[string]any{"displayName": "x"}},
			After:   []setup.StepID{"secret"}, Who: "Application Developer", Note: "new",
		}}}
		o, err := b.StartOperation(t.Context(), e.ID, RemoveOperation, alice, plan)
		if err != nil {
			t.Fatal(err)
		}
		want := Operation{ID: o.ID, Environment: e.ID, Kind: RemoveOperation, Actor: alice, State: OperationRunning, Plan: plan,
			Started: b.clock.Now(), LeaseUntil: b.clock.Now().Add(Lease), Fence: 1, Holder: b.process}
		if !reflect.DeepEqual(o, want) {
			t.Errorf("started %+v\nwant %+v", o, want)
		}
		b.clock.pass(time.Second)
		want.State, want.Result, want.Error, want.Ended = OperationFailed, &setup.Result{Words: []string{"so"}}, "no", b.clock.Now()
		if err := b.FinishOperation(t.Context(), want); err != nil {
			t.Fatal(err)
		}
		if got, err := b.Operation(t.Context(), o.ID); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("read %+v, %v\nwant %+v", got, err, want)
		}
	},
	"one runs for an environment, others beside it for others": func(t *testing.T, b *bench) {
		one, two := b.environment(t, "one"), b.environment(t, "two")
		b.operation(t, one.ID)
		if _, err := b.StartOperation(t.Context(), one.ID, SetupOperation, bob, setup.Plan{}); !errors.Is(err, ErrBusy) {
			t.Errorf("second: %v", err)
		}
		b.operation(t, two.ID)
	},
	"of 16 started at once one runs": func(t *testing.T, b *bench) {
		e := b.environment(t, "one")
		errs := together(16, func(int) error {
			_, err := b.StartOperation(t.Context(), e.ID, SetupOperation, alice, setup.Plan{})
			return err
		})
		wantOneWinner(t, errs, ErrBusy)
	},
	"being refused leaves the running one's right to write": func(t *testing.T, b *bench) {
		e := b.environment(t, "one")
		o := b.operation(t, e.ID)
		if _, err := b.StartOperation(t.Context(), e.ID, SetupOperation, bob, setup.Plan{}); !errors.Is(err, ErrBusy) {
			t.Fatal(err)
		}
		o.State = OperationDone
		if err := b.FinishOperation(t.Context(), o); err != nil {
			t.Error(err)
		}
	},
	"an operation belongs to a person": func(t *testing.T, b *bench) {
		e := b.environment(t, "one")
		for _, who := range []entra.Person{{}, {Tenant: "t"}, {ID: "i"}} {
			if _, err := b.StartOperation(t.Context(), e.ID, SetupOperation, who, setup.Plan{}); err == nil {
				t.Errorf("%+v may start one", who)
			}
		}
	},
	"what is unknown is not found": func(t *testing.T, b *bench) {
		_, read := b.Operation(t.Context(), "nothing")
		_, started := b.StartOperation(t.Context(), "nothing", SetupOperation, alice, setup.Plan{})
		for i, err := range []error{read, started} {
			if !errors.Is(err, ErrNotFound) {
				t.Errorf("%d: %v", i, err)
			}
		}
	},
	"they are listed newest first": func(t *testing.T, b *bench) {
		e := b.environment(t, "one")
		var ids []string
		for range 3 {
			o := b.operation(t, e.ID)
			o.State = OperationDone
			if err := b.FinishOperation(t.Context(), o); err != nil {
				t.Fatal(err)
			}
			ids = append(ids, o.ID)
		}
		list, err := b.Operations(t.Context(), e.ID)
		if err != nil || len(list) != 3 || list[0].ID != ids[2] || list[2].ID != ids[0] {
			t.Errorf("got %v, %v; started %v", list, err, ids)
		}
	},
	"a renewed lease keeps it alive": func(t *testing.T, b *bench) {
		o := b.operation(t, b.environment(t, "one").ID)
		b.clock.pass(Lease - time.Second)
		renewed, err := b.RenewLease(t.Context(), o)
		if err != nil || !renewed.LeaseUntil.Equal(b.clock.Now().Add(Lease)) {
			t.Fatalf("got %+v, %v", renewed, err)
		}
		b.clock.pass(Lease - time.Second)
		b.another().wantNoneNext(t)
	},
	"what a dead process had is taken up once": func(t *testing.T, b *bench) {
		first := b.operation(t, b.environment(t, "one").ID)
		b.clock.pass(time.Second)
		second := b.operation(t, b.environment(t, "two").ID)
		b.clock.pass(Lease)
		for _, o := range []Operation{first, second} {
			if taken := b.another().next(t); taken.ID != o.ID {
				t.Errorf("taken up %+v, want %+v", taken, o)
			}
			if _, err := b.RenewLease(t.Context(), o); !errors.Is(err, ErrConflict) {
				t.Errorf("renewing it afterwards: %v", err)
			}
		}
		b.another().wantNoneNext(t)
	},
	"an expired lease is taken over and its holder shut out": func(t *testing.T, b *bench) {
		e := b.environment(t, "one")
		old := b.operation(t, e.ID)
		b.clock.pass(Lease)
		fresh := b.operation(t, e.ID)
		if fresh.Fence <= old.Fence {
			t.Errorf("fence went from %d to %d", old.Fence, fresh.Fence)
		}
		if got, err := b.Operation(t.Context(), old.ID); err != nil || got.State != OperationInterrupted {
			t.Errorf("the old one is %q, %v", got.State, err)
		}
		_, renewed := b.RenewLease(t.Context(), old)
		old.State = OperationDone
		for i, err := range []error{renewed, b.FinishOperation(t.Context(), old)} {
			if !errors.Is(err, ErrConflict) {
				t.Errorf("%d: %v", i, err)
			}
		}
	},
	"an interrupted one may still end while nobody took it over": func(t *testing.T, b *bench) {
		o := b.operation(t, b.environment(t, "one").ID)
		if err := b.InterruptOperation(t.Context(), o); err != nil {
			t.Fatal(err)
		}
		o.State = OperationDone
		if err := b.FinishOperation(t.Context(), o); err != nil {
			t.Fatal(err)
		}
		if got, err := b.Operation(t.Context(), o.ID); err != nil || got.State != OperationDone {
			t.Errorf("got %q, %v", got.State, err)
		}
	},
	"it ends once, and only in an end state": func(t *testing.T, b *bench) {
		o := b.operation(t, b.environment(t, "one").ID)
		if err := b.FinishOperation(t.Context(), o); err == nil {
			t.Error("it ended as running")
		}
		o.State = OperationDone
		if err := b.FinishOperation(t.Context(), o); err != nil {
			t.Fatal(err)
		}
		if err := b.FinishOperation(t.Context(), o); !errors.Is(err, ErrConflict) {
			t.Errorf("again: %v", err)
		}
		if _, err := b.RenewLease(t.Context(), o); !errors.Is(err, ErrConflict) {
			t.Errorf("renewing it: %v", err)
		}
	},
}
