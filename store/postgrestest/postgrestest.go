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
	neturl "net/url"
	"os"
	"os/exec"
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
		return &server{url: url, admin: url}, nil
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
	url, drop := create(tb, s)
	tb.Cleanup(drop)
	return url
}

// StartSchema gives the URL of an empty schema in the database that the
// server's URL names. It is there much quicker than a database of its own: for
// suites of many small tests.
func StartSchema(tb testing.TB) (url string) {
	tb.Helper()
	s, err := shared()
	giveUp(tb, err)
	name := newName()
	if err := execute(s.url, "CREATE SCHEMA "+name); err != nil {
		tb.Fatalf("postgrestest: make a schema: %v", err)
	}
	tb.Cleanup(func() {
		if err := execute(s.url, "DROP SCHEMA "+name+" CASCADE"); err != nil {
			tb.Errorf("postgrestest: drop the schema: %v", err)
		}
	})
	return with(tb, s.url, func(u *neturl.URL) {
		q := u.Query()
		q.Set("search_path", name)
		u.RawQuery = q.Encode()
	})
}

// AsSuperuser is a URL that Start or StartSchema gave, for a role that may do
// anything. With a server that was not started here the test skips.
func AsSuperuser(tb testing.TB, url string) string {
	tb.Helper()
	if os.Getenv(URLVariable) != "" {
		tb.Skipf("no superuser is known of the server in %s", URLVariable)
	}
	return with(tb, url, func(u *neturl.URL) { u.User = neturl.UserPassword(superuser, "any") })
}

func newName() string { return "test_" + strings.ToLower(rand.Text()) }

// with changes a URL.
func with(tb testing.TB, url string, change func(*neturl.URL)) string {
	tb.Helper()
	u, err := neturl.Parse(url)
	if err != nil {
		tb.Fatalf("postgrestest: %s is no URL", URLVariable) // the error would quote it, password and all
	}
	change(u)
	return u.String()
}

// create makes an empty database; drop removes it again, also when the server
// itself is at work in it, which takes a superuser.
func create(tb testing.TB, s *server) (of string, drop func()) {
	tb.Helper()
	name := newName()
	if err := execute(s.url, "CREATE DATABASE "+name); err != nil {
		tb.Fatalf("postgrestest: make a database: %v", err)
	}
	return with(tb, s.url, func(u *neturl.URL) { u.Path = "/" + name }), func() {
		if err := execute(s.admin, "DROP DATABASE "+name+" WITH (FORCE)"); err != nil {
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

// Dump is everything that a database holds, as pg_dump writes it: what a
// person who steals a backup would read. Row security has nothing to hide from
// a connection that names no tenant.
func Dump(tb testing.TB, url string) string {
	tb.Helper()
	out, err := exec.Command(Program(tb, "pg_dump"), "--dbname="+url, "--inserts", "--enable-row-security").Output()
	if err != nil {
		tb.Fatalf("dump the database: %v", err)
	}
	return string(out)
}
