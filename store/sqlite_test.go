package store

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pressly/goose/v3"

	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/setup"
	"github.com/consentry/consentry/trial"
)

func openAt(t *testing.T, path string, key Key, now func() time.Time) *Store {
	t.Helper()
	s, err := Open(t.Context(), Options{Path: path, Key: key, Now: now})
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

func TestSQLite(t *testing.T) {
	conformance(t, func(t *testing.T, now func() time.Time) *Store {
		return openAt(t, filepath.Join(t.TempDir(), "consentry.db"), NewKey(), now)
	})
}

func TestOpenMakesFolderAndFilesForTheOwnerAlone(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data", "with ? # % in its name")
	path := filepath.Join(dir, "consentry.db")
	s := openAt(t, path, NewKey(), nil)
	b := &bench{Store: s, clock: &clock{}}
	b.environment(t, "one")
	if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("folder: %v, %v", info.Mode(), err)
	}
	for _, suffix := range []string{"", "-wal", "-shm", ".lock"} {
		if info, err := os.Stat(path + suffix); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", suffix, info, err)
		}
	}
}

func TestOpenTakesOtherPeoplesAccessAway(t *testing.T) {
	path := filepath.Join(t.TempDir(), "consentry.db")
	if err := os.WriteFile(path, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	openAt(t, path, NewKey(), nil)
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
}

func TestOpenNeedsPathAndKey(t *testing.T) {
	for name, o := range map[string]Options{
		"no path": {Key: NewKey()},
		"no key":  {Path: filepath.Join(t.TempDir(), "x.db")},
	} {
		if s, err := Open(t.Context(), o); err == nil {
			t.Errorf("%s: opened", name)
			_ = s.Close()
		}
	}
}

func TestPragmasAreInForceOnEveryConnection(t *testing.T) {
	s := openAt(t, filepath.Join(t.TempDir(), "consentry.db"), NewKey(), nil)
	for range readers { // hold each one, so that the next is another
		conn, err := s.read.Conn(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		var on string
		if err := conn.QueryRowContext(t.Context(), "PRAGMA query_only").Scan(&on); err != nil || on != "1" {
			t.Errorf("query_only is %q, %v", on, err)
		}
	}
	if err := assertPragmas(t.Context(), s.write, pragmas); err != nil {
		t.Error(err)
	}
}

func TestAPragmaTheDriverIgnoredIsNoticed(t *testing.T) {
	db, err := sql.Open("sqlite", "file:"+filepath.Join(t.TempDir(), "x.db")+"?_pragmas=busy_timeout(5000)")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := assertPragmas(t.Context(), db, pragmas); err == nil || !strings.Contains(err.Error(), "PRAGMA ") {
		t.Errorf("got %v", err)
	}
}

func TestAFileInUseIsRefusedWithItsHolder(t *testing.T) {
	path, key := filepath.Join(t.TempDir(), "consentry.db"), NewKey()
	openAt(t, path, key, nil)
	s, err := Open(t.Context(), Options{Path: path, Key: key})
	if !errors.Is(err, ErrInUse) || !strings.Contains(err.Error(), "process ") || s != nil {
		t.Errorf("got %v", err)
	}
}

func TestAnotherKeyIsRefusedAndHarmsNothing(t *testing.T) {
	path, key := filepath.Join(t.TempDir(), "consentry.db"), NewKey()
	first := openAt(t, path, key, nil)
	b := &bench{Store: first, clock: &clock{now: time.Now()}}
	k := b.secret(t, "one", "the-value")
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	if s, err := Open(t.Context(), Options{Path: path, Key: NewKey()}); !errors.Is(err, ErrWrongKey) || s != nil {
		t.Fatalf("got %v", err)
	}
	again := openAt(t, path, key, nil)
	if v, err := again.RevealSecret(t.Context(), k.ID, alice); err != nil || v.Reveal() != "the-value" {
		t.Errorf("afterwards: %v, %v", v, err)
	}
}

func TestACheckValueOfAnotherKeyUnderOurIDIsRefused(t *testing.T) {
	path, key := filepath.Join(t.TempDir(), "consentry.db"), NewKey()
	s := openAt(t, path, key, nil)
	b := &bench{Store: s}
	b.exec(t, `UPDATE encryption_keys SET check_value = $1`, newSealer(NewKey()).seal(keyCheck, s.seal.sealers[0].keyID(), "", []byte(checkText)))
	if err := s.checkKey(t.Context()); !errors.Is(err, ErrWrongKey) {
		t.Errorf("got %v", err)
	}
}

func TestANewerSchemaIsRefusedAndHarmsNothing(t *testing.T) {
	path, key := filepath.Join(t.TempDir(), "consentry.db"), NewKey()
	s := openAt(t, path, key, nil)
	b := &bench{Store: s}
	b.exec(t, `INSERT INTO goose_db_version (version_id, is_applied) VALUES (99, TRUE)`)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), Options{Path: path, Key: key}); !errors.Is(err, ErrNewerSchema) || !strings.Contains(err.Error(), "99") {
		t.Errorf("got %v", err)
	}
}

func TestARestartTakesOverWhatTheDeadProcessHadRunning(t *testing.T) {
	path, key := filepath.Join(t.TempDir(), "consentry.db"), NewKey()
	s := openAt(t, path, key, nil)
	b := &bench{Store: s, clock: &clock{}}
	o := b.operation(t, b.environment(t, "one").ID)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	taken, err := openAt(t, path, key, nil).NextOperation(t.Context())
	if err != nil || taken.ID != o.ID || taken.Fence <= o.Fence {
		t.Errorf("got %+v, %v", taken, err)
	}
}

func TestALockedFileIsUnavailableAndLosesNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "consentry.db")
	s := openAt(t, path, NewKey(), nil)
	b := &bench{Store: s, clock: &clock{}}
	e := b.environment(t, "one")
	if _, err := s.write.ExecContext(t.Context(), `PRAGMA busy_timeout = 1`); err != nil { // instead of waiting 5 s
		t.Fatal(err)
	}
	backup, err := sql.Open("sqlite", "file:"+path)
	if err != nil {
		t.Fatal(err)
	}
	defer backup.Close()
	backup.SetMaxOpenConns(1)
	if _, err := backup.ExecContext(t.Context(), `BEGIN EXCLUSIVE`); err != nil {
		t.Fatal(err)
	}
	e.Step = "review"
	if _, err := s.SaveEnvironment(t.Context(), e); !errors.Is(err, ErrUnavailable) {
		t.Errorf("write: %v", err)
	}
	if got, err := s.Environment(t.Context(), e.ID); err != nil || got.Step != "" {
		t.Errorf("read: %+v, %v", got, err)
	}
	if _, err := backup.ExecContext(t.Context(), `ROLLBACK`); err != nil {
		t.Fatal(err)
	}
	if saved, err := s.SaveEnvironment(t.Context(), e); err != nil || saved.Version != 2 {
		t.Errorf("afterwards: %+v, %v", saved, err)
	}
}

func TestAFullDiskStopsIntentsBeforeAnythingIsSentAndKeepsReading(t *testing.T) {
	c := &clock{now: time.Now()}
	s := openAt(t, filepath.Join(t.TempDir(), "consentry.db"), NewKey(), c.Now)
	b := &bench{Store: s, clock: c}
	o := b.operation(t, b.environment(t, "one").ID)
	b.session(t, "a", "data")
	c.pass(idle / 2) // reading the session wants to move its limit on
	o, err := s.RenewLease(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	var pages int
	if err := s.write.QueryRowContext(t.Context(), `PRAGMA page_count`).Scan(&pages); err != nil {
		t.Fatal(err)
	}
	setMaxPages(t, s, pages)
	big := setup.Entry{Step: "application", Title: strings.Repeat("x", 1<<20)}
	if _, err := s.Journal(o).Intent(t.Context(), big); !errors.Is(err, ErrUnavailable) {
		t.Errorf("intent: %v", err)
	}
	wantSession(t, b, "a", "data")
	if got, err := s.Entries(t.Context(), o.ID); err != nil || len(got) != 0 {
		t.Errorf("entries: %v, %v", got, err)
	}
	setMaxPages(t, s, pages+10_000)
	if seq, err := s.Journal(o).Intent(t.Context(), big); err != nil || seq != 1 {
		t.Errorf("with space again: %d, %v", seq, err)
	}
}

// setMaxPages makes the disk as large as that for SQLite.
func setMaxPages(t *testing.T, s *Store, n int) {
	t.Helper()
	if _, err := s.write.ExecContext(t.Context(), fmt.Sprintf(`PRAGMA max_page_count = %d`, n)); err != nil {
		t.Fatal(err)
	}
}

func TestAFileThatIsNoDatabaseIsLeftAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "notes.txt")
	const notes = "these are my notes, and they are longer than a header of SQLite is: a hundred bytes and a few more"
	if err := os.WriteFile(path, []byte(notes), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), Options{Path: path, Key: NewKey()}); err == nil {
		t.Error("it was opened")
	}
	if got, err := os.ReadFile(path); err != nil || string(got) != notes {
		t.Errorf("now it reads %q, %v", got, err)
	}
}

// Each value below must be in no file in clear: not in the database, not in
// its write-ahead log.
func TestNothingSensitiveIsReadableInTheFiles(t *testing.T) {
	dir := t.TempDir()
	b := &bench{Store: openAt(t, filepath.Join(dir, "consentry.db"), NewKey(), nil), clock: &clock{now: time.Now()}}
	const canary = "CANARY-5b1f"
	k := b.secret(t, "one", canary+"-client-secret")
	o, err := b.Operation(t.Context(), k.Operation)
	if err != nil {
		t.Fatal(err)
	}
	created := entra.Created{Application: &entra.Application{DisplayName: "visible"}, SecretValue: entra.NewSensitive(canary + "-second")}
	if err := b.Journal(o).Outcome(t.Context(), b.intent(t, o, "application"), setup.Done, created, nil); err != nil {
		t.Fatal(err)
	}
	o.State, o.Result = OperationDone, &setup.Result{Secret: &entra.Secret{KeyID: "visible"}}
	if err := b.FinishOperation(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	b.session(t, canary+"-session-id", canary+"-session-data")
	if err := b.SaveOperator(t.Context(), alice, []byte(canary+"-tokens")); err != nil {
		t.Fatal(err)
	}
	b.trial(t, trial.Trial{ID: "t"}, canary+"-state", canary+"-verifier")
	if _, err := b.RevealSecret(t.Context(), k.ID, alice); err != nil {
		t.Fatal(err)
	}
	wantInFiles(t, dir, canary, false)
	wantInFiles(t, dir, "visible", true) // the search does find what is there
}

func wantInFiles(t *testing.T, dir, text string, want bool) {
	t.Helper()
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	found := false
	for _, f := range files {
		data, err := os.ReadFile(filepath.Join(dir, f.Name()))
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(data, []byte(text)) {
			found = true
			if !want {
				t.Errorf("%s is readable in %s", text, f.Name())
			}
		}
	}
	if found != want {
		t.Errorf("%q found: %v; want %v", text, found, want)
	}
}

func TestEveryColumnIsExplained(t *testing.T) {
	files, err := migrations(goose.DialectSQLite3)
	if err != nil {
		t.Fatal(err)
	}
	s := openAt(t, filepath.Join(t.TempDir(), "consentry.db"), NewKey(), nil)
	sources := readMigrations(t, files)
	columns, err := all(context.Background(), s.read, func(r scanner) ([2]string, error) {
		var c [2]string
		return c, r.Scan(&c[0], &c[1])
	}, `SELECT m.name, c.name FROM sqlite_master m, pragma_table_info(m.name) c
		WHERE m.type = 'table' AND m.name NOT LIKE 'goose%' AND m.name NOT LIKE 'sqlite%'`)
	if err != nil || len(columns) < 60 {
		t.Fatalf("%d columns, %v", len(columns), err)
	}
	for _, c := range columns {
		if !explained(sources, c[0], c[1]) {
			t.Errorf("column %s.%s has no comment", c[0], c[1])
		}
	}
}
