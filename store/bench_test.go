package store

import (
	"bytes"
	"path/filepath"
	"strconv"
	"testing"

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

// sessionBytes is about what a signed-in session with a wizard under way has.
var sessionBytes = bytes.Repeat([]byte("x"), 2600)

// BenchmarkSession is what a page that changes the session pays: one load and
// one durable save.
func BenchmarkSession(b *testing.B) {
	s := openForBenchmark(b)
	h := hash("id")
	save := func() {
		if err := s.SaveSession(b.Context(), h, sessionBytes, idle, absolute); err != nil {
			b.Fatal(err)
		}
	}
	save()
	b.Run("load", func(b *testing.B) {
		for b.Loop() {
			if _, err := s.LoadSession(b.Context(), h); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("load side by side", func(b *testing.B) {
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				if _, err := s.LoadSession(b.Context(), h); err != nil {
					b.Error(err)
				}
			}
		})
	})
	b.Run("load and save", func(b *testing.B) {
		for b.Loop() {
			if _, err := s.LoadSession(b.Context(), h); err != nil {
				b.Fatal(err)
			}
			save()
		}
	})
}

// BenchmarkJournal is what each outside call of a setup pays: intent before,
// outcome after, both durable.
func BenchmarkJournal(b *testing.B) {
	s := openForBenchmark(b)
	for _, withSecret := range []bool{false, true} {
		b.Run("secret="+strconv.FormatBool(withSecret), func(b *testing.B) {
			j := journalForBenchmark(b, s)
			created := entra.Created{Application: &entra.Application{ID: "o", ClientID: "c"}}
			if withSecret {
				created.SecretValue = entra.NewSensitive("abc~0123456789012345678901234567890123")
			}
			entry := setup.Entry{Step: "application", Title: "create", Request: entra.Request{Method: "POST", Path: "/applications", Body: map[string]any{"displayName": "x"}}}
			for b.Loop() {
				seq, err := j.Intent(b.Context(), entry)
				if err != nil {
					b.Fatal(err)
				}
				if err := j.Outcome(b.Context(), seq, setup.Done, created, nil); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func journalForBenchmark(b *testing.B, s *Store) setup.Journal {
	b.Helper()
	env, err := s.CreateEnvironment(b.Context(), Environment{Spec: setup.Spec{Name: b.Name() + newID()}})
	if err != nil {
		b.Fatal(err)
	}
	op, err := s.StartOperation(b.Context(), env.ID, SetupOperation, alice, setup.Plan{})
	if err != nil {
		b.Fatal(err)
	}
	return s.Journal(op)
}
