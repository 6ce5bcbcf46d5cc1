package store

import (
	"errors"
	"io/fs"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/pressly/goose/v3"
)

func readMigrations(t *testing.T, files fs.FS) string {
	t.Helper()
	names, err := fs.Glob(files, "*.sql")
	if err != nil || len(names) == 0 {
		t.Fatalf("%v, %v", names, err)
	}
	var all strings.Builder
	for _, name := range names {
		data, err := fs.ReadFile(files, name)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(data)
	}
	return all.String()
}

// and adds migrations to ours.
func and(t *testing.T, ours fs.FS, more fstest.MapFS) fstest.MapFS {
	t.Helper()
	names, err := fs.Glob(ours, "*.sql")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		data, err := fs.ReadFile(ours, name)
		if err != nil {
			t.Fatal(err)
		}
		more[name] = &fstest.MapFile{Data: data}
	}
	return more
}

// explained reports whether the line that declares the column, in a new table
// or added to one, has a comment.
func explained(sources, table, column string) bool {
	_, after, found := strings.Cut(sources, "CREATE TABLE "+table+" (")
	body, _, _ := strings.Cut(after, "\n);")
	for line := range strings.Lines(body) {
		if strings.HasPrefix(strings.TrimSpace(line), column+" ") {
			return found && strings.Contains(line, "-- ")
		}
	}
	_, after, found = strings.Cut(sources, "ALTER TABLE "+table+" ADD COLUMN "+column+" ")
	line, _, _ := strings.Cut(after, "\n")
	return found && strings.Contains(line, "-- ")
}

func TestAMigrationThatFailsHalfWayChangesNothing(t *testing.T) {
	s := openAt(t, filepath.Join(t.TempDir(), "consentry.db"), NewKey(), nil)
	ours, err := migrations(goose.DialectSQLite3)
	if err != nil {
		t.Fatal(err)
	}
	next := and(t, ours, fstest.MapFS{
		"9999_broken.sql": {Data: []byte("-- +goose Up\nCREATE TABLE half (id TEXT);\nINSERT INTO nowhere VALUES (1);\n")},
	})
	m, err := newMigrator(goose.DialectSQLite3, s.write, next, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	if err := m.up(t.Context()); err == nil {
		t.Fatal("the broken migration went through")
	}
	var tables int
	if err := s.read.QueryRowContext(t.Context(), `SELECT COUNT(*) FROM sqlite_master WHERE name = 'half'`).Scan(&tables); err != nil || tables != 0 {
		t.Errorf("%d tables left behind, %v", tables, err)
	}
	if v, err := m.version(t.Context()); err != nil || v >= 9999 || v == 0 {
		t.Errorf("version %d, %v", v, err)
	}
}

func TestAMigrationKeepsDataAndIsAppliedOnce(t *testing.T) {
	path, key := filepath.Join(t.TempDir(), "consentry.db"), NewKey()
	s := openAt(t, path, key, nil)
	b := &bench{Store: s, clock: &clock{}}
	e := b.environment(t, "one")
	ours, err := migrations(goose.DialectSQLite3)
	if err != nil {
		t.Fatal(err)
	}
	next := and(t, ours, fstest.MapFS{
		"9999_more.sql": {Data: []byte("-- +goose Up\nALTER TABLE environments ADD COLUMN note TEXT NOT NULL DEFAULT '';\n")},
	})
	m, err := newMigrator(goose.DialectSQLite3, s.write, next, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := m.up(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := s.Environment(t.Context(), e.ID); err != nil || got.Name != "one" {
		t.Errorf("got %+v, %v", got, err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), Options{Path: path, Key: key}); !errors.Is(err, ErrNewerSchema) {
		t.Errorf("this program opens it with %v", err)
	}
}
