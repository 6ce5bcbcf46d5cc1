package store

import (
	"errors"
	"slices"
	"testing"
)

var watchTests = map[string]func(*testing.T, *bench){
	"a store that works is ready": func(t *testing.T, b *bench) {
		for range 2 {
			if err := b.Ready(t.Context()); err != nil {
				t.Error(err)
			}
		}
	},
	"a schema changed by a newer program is not worked on": func(t *testing.T, b *bench) {
		b.exec(t, `INSERT INTO goose_db_version (version_id, is_applied) VALUES ($1, $2)`, b.schema+1, true)
		if err := b.Ready(t.Context()); err == nil {
			t.Error("ready")
		}
	},
	"a key that another process brought and this one lacks": func(t *testing.T, b *bench) {
		b.exec(t, `INSERT INTO encryption_keys (id, check_value, created) SELECT 'other', check_value, created FROM encryption_keys`)
		if err := b.Ready(t.Context()); !errors.Is(err, ErrWrongKey) {
			t.Errorf("%v", err)
		}
	},
	"a database that was closed is not ready": func(t *testing.T, b *bench) {
		if err := b.write.Close(); err != nil {
			t.Fatal(err)
		}
		if err := b.Ready(t.Context()); err == nil {
			t.Error("ready")
		}
	},
	"operations count until they end": func(t *testing.T, b *bench) {
		wantOpen := func(want int64) {
			t.Helper()
			if n, err := b.OpenOperations(t.Context()); n != want || err != nil {
				t.Errorf("%d, %v; want %d", n, err, want)
			}
		}
		wantOpen(0)
		op := b.operation(t, b.environment(t, "one").ID)
		b.operation(t, b.environment(t, "two").ID)
		wantOpen(2)
		op.State = OperationDone
		if err := b.FinishOperation(t.Context(), op); err != nil {
			t.Fatal(err)
		}
		wantOpen(1)
	},
	"operations are counted by kind and state": func(t *testing.T, b *bench) {
		op := b.operation(t, b.environment(t, "one").ID)
		b.operation(t, b.environment(t, "two").ID)
		op.State = OperationFailed
		if err := b.FinishOperation(t.Context(), op); err != nil {
			t.Fatal(err)
		}
		got, err := b.OperationTally(t.Context())
		if want := []Tally{{"setup", "failed", 1}, {"setup", "running", 1}}; err != nil || !slices.Equal(got, want) {
			t.Errorf("%v, %v; want %v", got, err, want)
		}
	},
	"the audit log is counted on from where it was left": func(t *testing.T, b *bench) {
		_, from, err := b.AuditTally(t.Context(), 0)
		if err != nil {
			t.Fatal(err)
		}
		b.events(t, 3)
		got, last, err := b.AuditTally(t.Context(), from)
		if want := []Tally{{"sign-in", AuditDone, 3}}; err != nil || last != from+3 || !slices.Equal(got, want) {
			t.Errorf("%v up to %d, %v", got, last, err)
		}
		if got, again, err := b.AuditTally(t.Context(), last); len(got) != 0 || again != last || err != nil {
			t.Errorf("%v up to %d, %v", got, again, err)
		}
	},
	"the head of the audit log is its last row": func(t *testing.T, b *bench) {
		before, err := b.AuditHead(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		b.events(t, 3)
		if got, err := b.AuditHead(t.Context()); got != before+3 || err != nil {
			t.Errorf("%d, %v; want %d", got, err, before+3)
		}
	},
}
