package store

import (
	"context"
	"errors"
	"reflect"
	"testing"
	"time"

	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/setup"
)

var journalTests = map[string]func(*testing.T, *bench){
	"every field comes back as it was recorded": func(t *testing.T, b *bench) {
		o := b.operation(t, b.environment(t, "one").ID)
		want := setup.Entry{Step: "application", Title: "create the app", Request: entra.Request{Method: "POST", Path: "/applications", Body: map[string]any{"tags": []any{"x"}}},
			State: setup.Intended, Started: b.clock.Now()}
		seq, err := b.Journal(o).Intent(t.Context(), want)
		if err != nil {
			t.Fatal(err)
		}
		want.Seq = seq
		wantEntries(t, b, o, want)
		b.clock.pass(time.Second)
		created := entra.Created{Application: &entra.Application{ID: "o", ClientID: "c"}, RequestID: "r-1"}
		if err := b.Journal(o).Outcome(t.Context(), seq, setup.Done, created, nil); err != nil {
			t.Fatal(err)
		}
		want.State, want.Created, want.RequestID, want.Ended = setup.Done, &created, "r-1", b.clock.Now()
		wantEntries(t, b, o, want)
	},
	"a refusal keeps its words and its request id": func(t *testing.T, b *bench) {
		o := b.operation(t, b.environment(t, "one").ID)
		cause := &entra.ServiceError{Service: "Microsoft Graph", Status: 403, Code: "Authorization_RequestDenied", RequestID: "r-2"}
		if err := b.Journal(o).Outcome(t.Context(), b.intent(t, o, "application"), setup.Failed, entra.Created{}, cause); err != nil {
			t.Fatal(err)
		}
		got, err := b.Entries(t.Context(), o.ID)
		if err != nil || got[0].Error != cause.Error() || got[0].RequestID != "r-2" || got[0].Created != nil || got[0].State != setup.Failed {
			t.Errorf("got %+v, %v", got, err)
		}
	},
	"entries of all operations come oldest first": func(t *testing.T, b *bench) {
		e := b.environment(t, "one")
		other := b.operation(t, b.environment(t, "other").ID)
		b.intent(t, other, "not ours")
		first := b.operation(t, e.ID)
		b.intent(t, first, "application")
		b.intent(t, first, "secret")
		b.clock.pass(Lease)
		second := b.operation(t, e.ID)
		b.intent(t, second, "application")
		got, err := b.Journal(second).Entries(t.Context())
		if err != nil || len(got) != 3 || got[0].Seq >= got[1].Seq || got[1].Seq >= got[2].Seq || got[1].Step != "secret" {
			t.Errorf("got %+v, %v", got, err)
		}
		if own, err := b.Entries(t.Context(), second.ID); err != nil || len(own) != 1 || own[0].Seq != got[2].Seq {
			t.Errorf("its own: %+v, %v", own, err)
		}
	},
	"intents at the same time get numbers of their own": func(t *testing.T, b *bench) {
		o := b.operation(t, b.environment(t, "one").ID)
		for _, err := range together(16, func(int) error {
			_, err := b.Journal(o).Intent(t.Context(), setup.Entry{Step: "grant"})
			return err
		}) {
			if err != nil {
				t.Error(err)
			}
		}
		got, err := b.Entries(t.Context(), o.ID)
		if err != nil || len(got) != 16 || got[15].Seq != 16 {
			t.Errorf("got %d entries, %v", len(got), err)
		}
	},
	"an intent is a sign of life": func(t *testing.T, b *bench) {
		o := b.operation(t, b.environment(t, "one").ID)
		b.clock.pass(Lease - time.Second)
		b.intent(t, o, "application")
		b.clock.pass(Lease - time.Second)
		b.another().wantNoneNext(t)
	},
	"an interrupted operation may intend nothing": func(t *testing.T, b *bench) {
		o := b.operation(t, b.environment(t, "one").ID)
		if err := b.InterruptOperation(t.Context(), o); err != nil {
			t.Fatal(err)
		}
		if _, err := b.Journal(o).Intent(t.Context(), setup.Entry{Step: "application"}); !errors.Is(err, ErrConflict) {
			t.Errorf("got %v", err)
		}
	},
	"an answer is recorded although the context ended": func(t *testing.T, b *bench) {
		o := b.operation(t, b.environment(t, "one").ID)
		seq := b.intent(t, o, "secret")
		over, end := context.WithCancel(t.Context())
		end()
		if err := b.Journal(o).Outcome(over, seq, setup.Done, entra.Created{SecretValue: entra.NewSensitive("a-secret")}, nil); err != nil {
			t.Fatal(err)
		}
		if !b.keptSecret(t, o.Environment).Usable {
			t.Error("the secret was lost")
		}
	},
	"an intent is refused when the context ended": func(t *testing.T, b *bench) {
		o := b.operation(t, b.environment(t, "one").ID)
		over, end := context.WithCancel(t.Context())
		end()
		if _, err := b.Journal(o).Intent(over, setup.Entry{}); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
	},
	"an answer is recorded although the lease ran out": func(t *testing.T, b *bench) {
		o := b.operation(t, b.environment(t, "one").ID)
		seq := b.intent(t, o, "application")
		b.clock.pass(Lease)
		if err := b.InterruptOperation(t.Context(), o); err != nil {
			t.Fatal(err)
		}
		if err := b.Journal(o).Outcome(t.Context(), seq, setup.Done, entra.Created{}, nil); err != nil {
			t.Error(err)
		}
	},
	"an answer that comes after a takeover changes nothing": func(t *testing.T, b *bench) {
		e := b.environment(t, "one")
		old := b.operation(t, e.ID)
		seq := b.intent(t, old, "secret")
		b.clock.pass(Lease)
		b.operation(t, e.ID)
		err := b.Journal(old).Outcome(t.Context(), seq, setup.Done, entra.Created{SecretValue: entra.NewSensitive("a-secret")}, nil)
		if !errors.Is(err, ErrConflict) {
			t.Errorf("got %v", err)
		}
		if kept, err := b.Secrets(t.Context(), e.ID); err != nil || len(kept) != 0 {
			t.Errorf("kept %v, %v", kept, err)
		}
	},
	"a later operation settles what an earlier one left open": func(t *testing.T, b *bench) {
		e := b.environment(t, "one")
		old := b.operation(t, e.ID)
		seq := b.intent(t, old, "application")
		b.clock.pass(Lease)
		fresh := b.operation(t, e.ID)
		for _, state := range []setup.EntryState{setup.Unknown, setup.Done} {
			if err := b.Journal(fresh).Outcome(t.Context(), seq, state, entra.Created{}, nil); err != nil {
				t.Fatalf("%s: %v", state, err)
			}
		}
	},
	"an outcome stays": func(t *testing.T, b *bench) {
		o := b.operation(t, b.environment(t, "one").ID)
		seq := b.intent(t, o, "secret")
		value := func(v string) entra.Created { return entra.Created{SecretValue: entra.NewSensitive(v)} }
		if err := b.Journal(o).Outcome(t.Context(), seq, setup.Done, value("first-secret"), nil); err != nil {
			t.Fatal(err)
		}
		if err := b.Journal(o).Outcome(t.Context(), seq, setup.Done, value("second-secret"), nil); !errors.Is(err, ErrConflict) {
			t.Errorf("again: %v", err)
		}
		if got, err := b.RevealSecret(t.Context(), b.keptSecret(t, o.Environment).ID, alice); err != nil || got.Reveal() != "first-secret" {
			t.Errorf("kept %q, %v", got.Reveal(), err)
		}
	},
	"an outcome that cannot be recorded keeps no secret": func(t *testing.T, b *bench) {
		o := b.operation(t, b.environment(t, "one").ID)
		err := b.Journal(o).Outcome(t.Context(), 99, setup.Done, entra.Created{SecretValue: entra.NewSensitive("a-secret")}, nil)
		if !errors.Is(err, ErrConflict) {
			t.Errorf("got %v", err)
		}
		if kept, err := b.Secrets(t.Context(), o.Environment); err != nil || len(kept) != 0 {
			t.Errorf("kept %v, %v", kept, err)
		}
	},
	"an entry says what became of its secret": func(t *testing.T, b *bench) {
		k := b.secret(t, "one", "the-value")
		wantSecretFlags(t, b, k, true, false)
		if _, err := b.RevealSecret(t.Context(), k.ID, alice); err != nil {
			t.Fatal(err)
		}
		wantSecretFlags(t, b, k, true, true)
		if err := b.DropSecret(t.Context(), k.ID); err != nil {
			t.Fatal(err)
		}
		wantSecretFlags(t, b, k, false, true)
		unseen := b.secret(t, "two", "the-value")
		b.clock.pass(SecretLifetime)
		wantSecretFlags(t, b, unseen, false, false)
	},
}

func wantEntries(t *testing.T, b *bench, o Operation, want ...setup.Entry) {
	t.Helper()
	got, err := b.Journal(o).Entries(t.Context())
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v\nwant %+v", got, err, want)
	}
}

func wantSecretFlags(t *testing.T, b *bench, k KeptSecret, kept, shown bool) {
	t.Helper()
	got, err := b.EnvironmentEntries(t.Context(), k.Environment)
	if err != nil || len(got) != 1 || got[0].SecretKept != kept || got[0].SecretShown != shown {
		t.Errorf("got %+v, %v; want kept %v, shown %v", got, err, kept, shown)
	}
}
