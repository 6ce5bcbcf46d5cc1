// Package postgrestest gives tests a PostgreSQL of their own: a server that
// starts with the first test that asks for one and ends with the test binary,
// however that ends, and an empty database for each call.
//
// Where PostgreSQL is not installed the tests that need it skip with a
// sentence; where the environment variable CI is set they fail instead, since
// a gate that skips them proves nothing. CONSENTRY_TEST_DATABASE may hold the
// URL of a server to use instead, of a role that may create databases.
package postgrestest

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
)

// URLVariable is the environment variable with the URL of a server to use
// instead of one started here.
const URLVariable = "CONSENTRY_TEST_DATABASE"

// shared is the server that the tests of one binary have in common. It is kept
// and not its URL alone: with it the pipe would go whose end ends the server.
var shared = sync.OnceValues(func() (*server, error) {
	if url := os.Getenv(URLVariable); url != "" {
		return &server{url: url}, nil
	}
	return launch()
})

// Start gives the URL of an empty database on a server that runs for as long
// as the test binary. The database is dropped when the test ends, whoever is
// still connected to it.
func Start(tb testing.TB) (url string) {
	tb.Helper()
	s, err := shared()
	giveUp(tb, err)
	url, drop := create(tb, s.url)
	tb.Cleanup(drop)
	return url
}

// create makes an empty database; drop removes it again.
func create(tb testing.TB, admin string) (of string, drop func()) {
	tb.Helper()
	u, err := url.Parse(admin)
	if err != nil {
		tb.Fatalf("postgrestest: %s is no URL", URLVariable) // the error would quote it, password and all
	}
	name := "test_" + strings.ToLower(rand.Text())
	if err := execute(admin, "CREATE DATABASE "+name); err != nil {
		tb.Fatalf("postgrestest: make a database: %v", err)
	}
	u.Path = "/" + name
	return u.String(), func() {
		if err := execute(admin, "DROP DATABASE "+name+" WITH (FORCE)"); err != nil {
			tb.Errorf("postgrestest: drop the database: %v", err)
		}
	}
}

func execute(url, statement string) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	db, err := sql.Open("pgx", url)
	if err != nil {
		return err
	}
	defer db.Close()
	_, err = db.ExecContext(ctx, statement)
	return err
}

// giveUp skips the test when PostgreSQL is missing and nobody promised that it
// would be there; any other error fails it.
func giveUp(tb testing.TB, err error) {
	tb.Helper()
	switch {
	case err == nil:
	case errors.Is(err, errMissing) && os.Getenv("CI") == "":
		tb.Skipf("%v", err)
	case errors.Is(err, errMissing):
		tb.Fatalf("%v; CI is set, so this test must not be skipped", err)
	default:
		tb.Fatalf("postgrestest: %v", err)
	}
}

// errMissing: there is no PostgreSQL to start.
var errMissing = fmt.Errorf(`PostgreSQL is not installed: on Debian "apt-get install postgresql" brings it; or set %s to the URL of a server whose role may create databases`, URLVariable)
