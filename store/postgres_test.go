package store

import (
	"testing"
	"time"

	"github.com/consentry/consentry/store/postgrestest"
)

// openURL opens a PostgreSQL database.
func openURL(t *testing.T, url string, key Key, now func() time.Time) *Store {
	t.Helper()
	s, err := Open(t.Context(), Options{URL: url, Key: key, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func TestPostgreSQL(t *testing.T) {
	conformance(t, func(t *testing.T, now func() time.Time) *Store {
		return openURL(t, postgrestest.Start(t), NewKey(), now)
	})
}
