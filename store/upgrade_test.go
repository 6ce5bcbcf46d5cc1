package store

import (
	"context"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pressly/goose/v3"

	"github.com/consentry/consentry/checks"
	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/setup"
	"github.com/consentry/consentry/store/postgrestest"
)

// The files testdata/schema-N.json are what the release with version N of the
// schema wrote, every table of it: each a list of rows, bytes in hexadecimal.
// They were encrypted with fixtureKey at about fixtureTime, and dave owns them.
var released = []int64{1, 2}

const fixtureKey = "atlfeLfpbf1Sq225x5DOojSB8mw5sQ/rVnYFZQQw3+8="

var (
	fixtureTime = time.Date(2026, 9, 1, 8, 10, 0, 0, time.UTC)
	dave        = entra.Person{Tenant: "dddddddd-0000-0000-0000-000000000004", ID: "dddddddd-0000-0000-0000-00000000000d", UPN: "dave@fabrikam.com", DisplayName: "Dave"}
)

// fixtureTables are in the order in which rows refer to each other.
var fixtureTables = []string{"encryption_keys", "environments", "operations", "journal", "secrets", "sessions", "operators", "trials", "runs"}

// loadFixture makes an empty database what a release left behind.
func loadFixture(t *testing.T, d goose.Dialect, db *sql.DB, version int64) {
	t.Helper()
	files, err := migrations(d)
	if err != nil {
		t.Fatal(err)
	}
	m, err := newMigrator(d, db, files, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := m.provider.UpTo(t.Context(), version); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(fmt.Sprintf("testdata/schema-%d.json", version))
	if err != nil {
		t.Fatal(err)
	}
	decoder := json.NewDecoder(strings.NewReader(string(data)))
	decoder.UseNumber()
	var tables map[string][]map[string]any
	if err := decoder.Decode(&tables); err != nil {
		t.Fatal(err)
	}
	for _, table := range fixtureTables {
		for _, row := range tables[table] {
			insertRow(t, db, table, row)
		}
		delete(tables, table)
	}
	if len(tables) > 0 {
		t.Fatalf("tables of version %d that are not loaded: %v", version, tables)
	}
}

func insertRow(t *testing.T, db *sql.DB, table string, row map[string]any) {
	t.Helper()
	var columns, numbers []string
	var values []any
	for column, v := range row {
		switch typed := v.(type) {
		case json.Number:
			n, err := typed.Int64()
			if err != nil {
				t.Fatal(err)
			}
			v = n
		case map[string]any:
			raw, err := hex.DecodeString(typed["hex"].(string))
			if err != nil {
				t.Fatal(err)
			}
			v = raw
		}
		columns, values = append(columns, column), append(values, v)
		numbers = append(numbers, fmt.Sprintf("$%d", len(values)))
	}
	_, err := db.ExecContext(t.Context(), `INSERT INTO `+table+` (`+strings.Join(columns, ", ")+`) VALUES (`+strings.Join(numbers, ", ")+`)`, values...)
	if err != nil {
		t.Fatalf("%s: %v", table, err)
	}
}

// both are the databases that fixtures are loaded into.
var both = map[string]struct {
	dialect goose.Dialect
	driver  string
	empty   func(t *testing.T) Options
	dsn     func(Options) string
}{
	"SQLite": {goose.DialectSQLite3, "sqlite",
		func(t *testing.T) Options { return Options{Path: filepath.Join(t.TempDir(), "consentry.db")} },
		func(o Options) string { return dsn(o.Path, pragmas) }},
	"PostgreSQL": {goose.DialectPostgres, "pgx",
		func(t *testing.T) Options { return Options{URL: postgrestest.Start(t)} },
		func(o Options) string { return o.URL }},
}

// fixtureOf makes the database of a release, and gives how to open it.
func fixtureOf(t *testing.T, database string, version int64) Options {
	t.Helper()
	kind := both[database]
	o := kind.empty(t)
	db, err := sql.Open(kind.driver, kind.dsn(o))
	if err != nil {
		t.Fatal(err)
	}
	loadFixture(t, kind.dialect, db, version)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if o.Key, err = ParseKey(fixtureKey); err != nil {
		t.Fatal(err)
	}
	o.Now = func() time.Time { return fixtureTime }
	return o
}

// wantFixture opens the database and reads what the release left in it.
func wantFixture(t *testing.T, o Options, version int64) {
	t.Helper()
	s, err := Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}()
	ctx := of(t.Context(), dave)
	list, err := s.Environments(ctx)
	if err != nil || len(list) != 1 || list[0].Name != "fixture" || list[0].Owner != dave || list[0].Spec.Organization != "fabrikam" || !slices.Equal(list[0].Handed, []string{"clientId"}) {
		t.Fatalf("environments: %+v, %v", list, err)
	}
	if list, err := s.Environments(of(t.Context(), mallory)); err != nil || len(list) != 0 {
		t.Errorf("another tenant finds %v, %v", list, err)
	}
	wantFixtureJournal(t, ctx, s, list[0].ID)
	wantFixtureSecrets(t, ctx, s, list[0].ID)
	if version >= 2 {
		wantFixtureRuns(t, ctx, s, list[0].ID)
	}
}

func wantFixtureJournal(t *testing.T, ctx context.Context, s *Store, env string) {
	t.Helper()
	ops, err := s.Operations(ctx, env)
	if err != nil || len(ops) != 2 || ops[0].State != OperationRunning || ops[1].State != OperationDone || !ops[1].Result.Proven {
		t.Errorf("operations: %+v, %v", ops, err)
	}
	entries, err := s.EnvironmentEntries(ctx, env)
	if err != nil || len(entries) != 3 || entries[0].Created.Application.ClientID != "client-1" || !entries[1].SecretKept || entries[2].State != setup.Intended {
		t.Errorf("journal: %+v, %v", entries, err)
	}
	if o, err := s.ClaimOperation(t.Context(), ops[0].ID); err != nil || o.Fence <= ops[0].Fence {
		t.Errorf("what was cut off is claimed with %+v, %v", o, err)
	}
}

func wantFixtureSecrets(t *testing.T, ctx context.Context, s *Store, env string) {
	t.Helper()
	kept, err := s.Secrets(ctx, env)
	if err != nil || len(kept) != 1 || kept[0].KeyID != "key-1" || !kept[0].Usable {
		t.Fatalf("secrets: %+v, %v", kept, err)
	}
	if v, err := s.RevealSecret(ctx, kept[0].ID, dave); err != nil || v.Reveal() != "fixture-client-secret" {
		t.Errorf("secret: %v", err)
	}
	if data, err := s.LoadSession(ctx, hash("fixture-session")); err != nil || string(data) != "session data" {
		t.Errorf("session: %q, %v", data, err)
	}
	if p, tokens, err := s.Operator(ctx, dave.Tenant, dave.ID); err != nil || p != dave || string(tokens) != "tokens of dave" {
		t.Errorf("operator: %v, %q, %v", p, tokens, err)
	}
	if tr, flow, err := s.TrialByState(ctx, "fixture-state"); err != nil || tr.ID != "trial-1" || string(flow) != "flow of the trial" {
		t.Errorf("trial: %+v, %q, %v", tr, flow, err)
	}
	if _, err := s.Trial(ctx, "trial-2"); !errors.Is(err, ErrNotFound) {
		t.Errorf("a test of no environment, whose tenant nobody knows: %v", err)
	}
	if _, err := s.Trial(t.Context(), "trial-2"); err != nil {
		t.Errorf("the same for whoever sees everything: %v", err)
	}
}

func wantFixtureRuns(t *testing.T, ctx context.Context, s *Store, env string) {
	t.Helper()
	for _, of := range []string{env, ""} {
		runs, err := s.newestRuns(ctx, of, 10)
		if err != nil || len(runs) != 1 {
			t.Errorf("runs of %q: %v, %v", of, runs, err)
			continue
		}
		run, err := s.Run(ctx, runs[0].ID)
		if err != nil || run.Facts.Given.ClientID != "client-of-"+of || run.Verdict != checks.Wrong || run.Environment != of {
			t.Errorf("run of %q: %+v, %v", of, run, err)
		}
	}
}

func TestEveryReleasedSchemaIsBroughtUpToDateWithItsData(t *testing.T) {
	for database := range both {
		for _, version := range released {
			t.Run(fmt.Sprintf("%s/%d", database, version), func(t *testing.T) {
				o := fixtureOf(t, database, version)
				wantFixture(t, o, version)
				s, err := Open(t.Context(), o) // once more, with nothing left to do
				if err != nil {
					t.Fatal(err)
				}
				if err := errors.Join(s.Ready(t.Context()), s.Close()); err != nil {
					t.Error(err)
				}
			})
		}
	}
}

func TestReplicasThatStartAtOnceBringOneReleasesDataUpToDate(t *testing.T) {
	o := fixtureOf(t, "PostgreSQL", 2)
	for i, err := range together(4, func(int) error {
		s, err := Open(t.Context(), o)
		if err != nil {
			return err
		}
		return s.Close()
	}) {
		if err != nil {
			t.Errorf("replica %d: %v", i, err)
		}
	}
	wantFixture(t, o, 2)
}

func TestAFixtureOfAnotherKeyIsNotTouched(t *testing.T) {
	for database := range both {
		t.Run(database, func(t *testing.T) {
			o := fixtureOf(t, database, 2)
			wrong := o
			wrong.Key = NewKey()
			if _, err := Open(t.Context(), wrong); !errors.Is(err, ErrWrongKey) {
				t.Errorf("got %v", err)
			}
			db, err := sql.Open(both[database].driver, both[database].dsn(o))
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			var version int64
			if err := db.QueryRowContext(t.Context(), `SELECT MAX(version_id) FROM goose_db_version`).Scan(&version); err != nil || version != 2 {
				t.Errorf("the schema is version %d now, %v", version, err)
			}
			if err := db.Close(); err != nil {
				t.Error(err)
			}
			wantFixture(t, o, 2)
		})
	}
}
