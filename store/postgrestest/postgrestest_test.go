package postgrestest

import (
	"database/sql"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func open(t *testing.T, url string) *sql.DB {
	t.Helper()
	db, err := sql.Open("pgx", url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

func TestEachCallGivesAnEmptyDatabaseOfItsOwn(t *testing.T) {
	one, two := Start(t), Start(t)
	if one == two {
		t.Fatalf("both are %s", one)
	}
	if _, err := open(t, one).ExecContext(t.Context(), `CREATE TABLE mine (id TEXT)`); err != nil {
		t.Fatal(err)
	}
	var tables int
	if err := open(t, two).QueryRowContext(t.Context(), `SELECT COUNT(*) FROM pg_tables WHERE schemaname = 'public'`).Scan(&tables); err != nil || tables != 0 {
		t.Errorf("%d tables in the second, %v", tables, err)
	}
}

func TestADatabaseGoesWithItsTestWhoeverIsConnected(t *testing.T) {
	var url string
	t.Run("inner", func(t *testing.T) { url = Start(t) })
	db, err := sql.Open("pgx", url)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.PingContext(t.Context()); err == nil {
		t.Error("it is still there")
	}
}

func TestEachSchemaIsEmptyAndGoesWithItsTest(t *testing.T) {
	const make = `CREATE TABLE mine (id TEXT)`
	var first string
	t.Run("inner", func(t *testing.T) {
		first = StartSchema(t)
		for _, url := range []string{first, StartSchema(t)} {
			if _, err := open(t, url).ExecContext(t.Context(), make); err != nil {
				t.Error(err)
			}
		}
	})
	if _, err := open(t, first).ExecContext(t.Context(), make); err == nil {
		t.Error("the schema is still there")
	}
}

func TestAServerOfOnesOwnKeepsItsDataOverACrashAndLeavesNothingBehind(t *testing.T) {
	var folder string
	t.Run("inner", func(t *testing.T) {
		s := New(t)
		folder = s.run.folder
		url := s.Database()
		if _, err := open(t, url).ExecContext(t.Context(), `CREATE TABLE kept (id TEXT)`); err != nil {
			t.Fatal(err)
		}
		s.Restart("immediate")
		if _, err := open(t, url).ExecContext(t.Context(), `INSERT INTO kept VALUES ('a')`); err != nil {
			t.Error(err)
		}
	})
	if _, err := os.Stat(folder); !os.IsNotExist(err) {
		t.Errorf("%s is still there: %v", folder, err)
	}
}

// alone runs TestNeedsPostgreSQL in a process of its own that finds none, and
// gives what it said.
func alone(t *testing.T, env ...string) (said string, err error) {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run", "^TestNeedsPostgreSQL$", "-test.v")
	cmd.Env = append(env, "POSTGRESTEST_MISSING=1", "TMPDIR="+t.TempDir())
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// TestNeedsPostgreSQL is run by the two tests below; alone it shows that the
// server starts.
func TestNeedsPostgreSQL(t *testing.T) {
	if os.Getenv("POSTGRESTEST_MISSING") != "" {
		giveUp(t, errMissing)
	}
	Start(t)
}

func TestWithoutPostgreSQLATestSkipsWithTheWayToGetIt(t *testing.T) {
	said, err := alone(t)
	if err != nil || !strings.Contains(said, "--- SKIP") || !strings.Contains(said, "apt-get install postgresql") {
		t.Errorf("%v: %s", err, said)
	}
}

func TestWithoutPostgreSQLATestFailsWhereCIIsSet(t *testing.T) {
	if said, err := alone(t, "CI=true"); err == nil || !strings.Contains(said, "must not be skipped") {
		t.Errorf("%v: %s", err, said)
	}
}

func TestTheNewestOfSeveralVersionsComesFirst(t *testing.T) {
	folders := []string{"/usr/lib/postgresql/9.6/bin", "/usr/lib/postgresql/17/bin", "/usr/lib/postgresql/15/bin"}
	slices.SortFunc(folders, newestFirst)
	if want := []string{"/usr/lib/postgresql/17/bin", "/usr/lib/postgresql/15/bin", "/usr/lib/postgresql/9.6/bin"}; !slices.Equal(folders, want) {
		t.Errorf("got %v", folders)
	}
}

func TestAFolderWithTheClientAloneIsNotTaken(t *testing.T) {
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "pg_dump"), nil, 0o700); err != nil {
		t.Fatal(err)
	}
	if complete(folder) {
		t.Error("it was taken for a server")
	}
}
