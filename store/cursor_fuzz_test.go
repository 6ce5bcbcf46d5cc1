package store

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"
)

// FuzzCursor: a place in a list that was not given here is no place.
func FuzzCursor(f *testing.F) {
	s, err := Open(f.Context(), Options{Path: filepath.Join(f.TempDir(), "fuzz.db"), Key: NewKey()})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() {
		if err := s.Close(); err != nil {
			f.Error(err)
		}
	})
	given, err := s.cursor(f.Context(), "environments", []any{"a", "b"})
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range []string{given, given[:len(given)-1], given + "A", "", ".", "bnVsbA.x", "' OR 1=1 --", "WyJhIiwiYiJd.AAAA"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, cursor string) {
		_, _, err := s.EnvironmentsPage(t.Context(), cursor, 10)
		switch {
		case cursor == "" && err != nil:
			t.Errorf("the first page: %v", err)
		case strings.ContainsAny(cursor, "\r\n"): // which base64 passes over
		case cursor != "" && cursor != given && !errors.Is(err, ErrCursor):
			t.Errorf("%q is taken: %v", cursor, err)
		}
	})
}
