package store

import (
	"bytes"
	"database/sql"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

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
		return openURL(t, postgrestest.StartSchema(t), NewKey(), now)
	})
}

func TestEveryConnectionAcknowledgesWhatIsOnDiskOnly(t *testing.T) {
	at := postgrestest.Start(t)
	admin, err := sql.Open("pgx", at)
	if err != nil {
		t.Fatal(err)
	}
	defer admin.Close()
	name := at[strings.LastIndex(at[:strings.IndexByte(at, '?')], "/")+1 : strings.IndexByte(at, '?')]
	if _, err := admin.ExecContext(t.Context(), `ALTER DATABASE `+name+` SET synchronous_commit = off`); err != nil {
		t.Fatal(err)
	}
	s := openURL(t, withParameter(t, at, "synchronous_commit", "off"), NewKey(), nil)
	for db, n := range map[*sql.DB]int{s.write: pageConnections, s.queue: queueConnections} {
		for range n { // hold each one, so that the next is another
			conn, err := db.Conn(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			var got string
			if err := conn.QueryRowContext(t.Context(), `SHOW synchronous_commit`).Scan(&got); err != nil || got != "on" {
				t.Errorf("synchronous_commit is %q, %v", got, err)
			}
		}
	}
	bare, err := sql.Open("pgx", at)
	if err != nil {
		t.Fatal(err)
	}
	defer bare.Close()
	if err := assertDurable(t.Context(), bare); err == nil || !strings.Contains(err.Error(), `"off"`) {
		t.Errorf("where a proxy drops the setting: %v", err)
	}
}

func TestTheURLCannotLowerWhatTheConnectionsNeed(t *testing.T) {
	c, err := postgresConfig("postgres://u:p@localhost/d?default_query_exec_mode=simple_protocol&connect_timeout=3600&lock_timeout=0&application_name=mine")
	if err != nil {
		t.Fatal(err)
	}
	if c.DefaultQueryExecMode != pgx.QueryExecModeCacheStatement || c.ConnectTimeout != connectTimeout || c.RuntimeParams["lock_timeout"] != "5s" || c.RuntimeParams["application_name"] != "mine" {
		t.Errorf("mode %v, timeout %v, %v", c.DefaultQueryExecMode, c.ConnectTimeout, c.RuntimeParams)
	}
}

func TestAnUnverifiedConnectionIsWarnedAbout(t *testing.T) {
	for url, want := range map[string]bool{
		"postgres://u:CANARY@db.example.com/d":                     true,
		"postgres://u:CANARY@db.example.com/d?sslmode=require":     true,
		"postgres://u:CANARY@db.example.com/d?sslmode=verify-full": false,
		"postgres://u:CANARY@127.0.0.1/d":                          false,
		"postgres://u:CANARY@localhost/d":                          false,
		"postgres://u:CANARY@/d?host=/var/run/postgresql":          false,
	} {
		c, err := postgresConfig(url)
		if err != nil {
			t.Fatal(err)
		}
		var said bytes.Buffer
		warnUnverified(t.Context(), c, slog.New(slog.NewTextHandler(&said, nil)))
		if got := strings.Contains(said.String(), "verify-full"); got != want || strings.Contains(said.String(), "CANARY") {
			t.Errorf("%s: %q", url, said.String())
		}
	}
}

func TestAnIDThatNoTextCanHoldIsNotFound(t *testing.T) {
	b := replicas(t, 1)[0]
	for _, id := range []string{"a\x00b", "\xff\xfe"} {
		_, env := b.Environment(t.Context(), id)
		_, op := b.Operation(t.Context(), id)
		_, run := b.Run(t.Context(), id)
		_, reveal := b.RevealSecret(t.Context(), id, alice)
		for i, err := range []error{env, op, run, reveal, b.DropSecret(t.Context(), id), b.DeleteEnvironment(t.Context(), id)} {
			if !errors.Is(err, ErrNotFound) {
				t.Errorf("%q, %d: %v", id, i, err)
			}
		}
	}
}

func TestReplicasThatStartAtOnceMigrateOnce(t *testing.T) {
	at, key := postgrestest.Start(t), NewKey()
	for i, err := range together(4, func(int) error {
		s, err := Open(t.Context(), Options{URL: at, Key: key})
		if err != nil {
			return err
		}
		return s.Close()
	}) {
		if err != nil {
			t.Errorf("replica %d: %v", i, err)
		}
	}
	s := openURL(t, at, key, nil)
	var applied, versions, keys int
	err := s.read.QueryRowContext(t.Context(), `SELECT COUNT(*), COUNT(DISTINCT version_id), (SELECT COUNT(*) FROM encryption_keys) FROM goose_db_version`).Scan(&applied, &versions, &keys)
	if err != nil || applied != versions || keys != 1 {
		t.Errorf("%d migrations applied of %d versions, %d keys, %v", applied, versions, keys, err)
	}
}

func TestOfReplicasWithTwoKeysThatStartAtOnceOneKeyWins(t *testing.T) {
	at := postgrestest.Start(t)
	wantOneWinner(t, together(2, func(int) error {
		s, err := Open(t.Context(), Options{URL: at, Key: NewKey()})
		if err != nil {
			return err
		}
		return s.Close()
	}), ErrWrongKey)
}

func TestPostgreSQLRefusesANewerSchemaAndAnotherKey(t *testing.T) {
	at, key := postgrestest.Start(t), NewKey()
	b := &bench{Store: openURL(t, at, key, nil), clock: &clock{now: time.Now()}}
	if _, err := Open(t.Context(), Options{URL: at, Key: NewKey()}); !errors.Is(err, ErrWrongKey) {
		t.Errorf("another key: %v", err)
	}
	b.exec(t, `INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, TRUE)`)
	if _, err := Open(t.Context(), Options{URL: at, Key: key}); !errors.Is(err, ErrNewerSchema) || !strings.Contains(err.Error(), "9999") {
		t.Errorf("newer schema: %v", err)
	}
}
