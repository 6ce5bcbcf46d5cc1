package store

import (
	"bytes"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/setup"
)

func openForBenchmark(b *testing.B) *Store {
	b.Helper()
	s, err := Open(b.Context(), Options{Path: filepath.Join(b.TempDir(), "consentry.db"), Key: NewKey()})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := s.Close(); err != nil {
			b.Error(err)
		}
	})
	return s
}

// versus measures ours against the barest statements by hand, on the same
// connections to the same file. They take turns, and the median of the
// ratios must be at most target; microseconds are shown only.
func versus(b *testing.B, target float64, each int, ours, byHand func() error) {
	b.Helper()
	measure := func(f func() error) float64 {
		began := time.Now()
		for range each {
			if err := f(); err != nil {
				b.Fatal(err)
			}
		}
		return float64(time.Since(began).Microseconds()) / float64(each)
	}
	var ratios, took []float64
	for b.Loop() {
		for range 15 {
			reference, t := measure(byHand), measure(ours)
			ratios, took = append(ratios, t/reference), append(took, t)
		}
	}
	slices.Sort(ratios)
	slices.Sort(took)
	ratio := ratios[len(ratios)/2]
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(took[len(took)/2], "µs")
	b.ReportMetric(ratio, "of-by-hand")
	b.ReportMetric(target, "target")
	if ratio > target {
		b.Fatalf("%.2f times what the bare statements take, target at most %.2f", ratio, target)
	}
}

// BenchmarkSession is what every page pays, a load with its limits checked
// and its data decrypted, and what a change of the session pays: a durable
// save. By hand it is the row by its key, and the row written.
func BenchmarkSession(b *testing.B) {
	s := openForBenchmark(b)
	h := hash("id")
	// About what a signed-in session with a wizard under way has.
	data := bytes.Repeat([]byte("x"), 2600)
	save := func() error {
		return s.SaveSession(b.Context(), h, func([]byte) ([]byte, error) { return data, nil }, idle, absolute)
	}
	load := func() error { _, err := s.LoadSession(b.Context(), h); return err }
	if err := save(); err != nil {
		b.Fatal(err)
	}
	b.Run("load", func(b *testing.B) {
		var row []byte
		versus(b, 2.2, 300, load, func() error {
			return s.read.QueryRowContext(b.Context(), `SELECT data FROM sessions WHERE id_hash = $1`, h).Scan(&row)
		})
	})
	b.Run("save", func(b *testing.B) {
		versus(b, 1.5, 50, save, func() error {
			_, err := s.write.ExecContext(b.Context(), `UPDATE sessions SET idle_at = idle_at + 1, data = data WHERE id_hash = $1`, h)
			return err
		})
	})
}

// BenchmarkJournal is what each outside call of a setup pays: intent before,
// outcome after it, both durable and only while the operation is still the
// one at work. By hand it is one row inserted and updated, as durably.
func BenchmarkJournal(b *testing.B) {
	s := openForBenchmark(b)
	env, err := s.CreateEnvironment(b.Context(), Environment{Spec: setup.Spec{Name: "benchmark"}})
	if err != nil {
		b.Fatal(err)
	}
	op, err := s.StartOperation(b.Context(), env.ID, SetupOperation, alice, setup.Plan{})
	if err != nil {
		b.Fatal(err)
	}
	if _, err := s.write.ExecContext(b.Context(), `CREATE TABLE by_hand (seq INTEGER PRIMARY KEY, request TEXT, state TEXT)`); err != nil {
		b.Fatal(err)
	}
	journal := s.Journal(op)
	entry := setup.Entry{Step: "application", Title: "create", Request: entra.Request{Method: "POST", Path: "/applications", Body: map[string]any{"displayName": "x"}}}
	created := entra.Created{Application: &entra.Application{ID: "o", ClientID: "c"}}
	ours := func() error {
		seq, err := journal.Intent(b.Context(), entry)
		if err != nil {
			return err
		}
		return journal.Outcome(b.Context(), seq, setup.Done, created, nil)
	}
	versus(b, 2.5, 30, ours, func() error {
		r, err := s.write.ExecContext(b.Context(), `INSERT INTO by_hand (request, state) VALUES ('POST /applications', 'intended')`)
		if err != nil {
			return err
		}
		seq, err := r.LastInsertId()
		if err != nil {
			return err
		}
		_, err = s.write.ExecContext(b.Context(), `UPDATE by_hand SET state = 'done' WHERE seq = $1`, seq)
		return err
	})
}
