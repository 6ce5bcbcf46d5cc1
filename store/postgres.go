package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"net"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
)

// Limits of the connections to PostgreSQL. Each replica has up to pages +
// queue of them.
const (
	pageConnections  = 16
	queueConnections = 4
	connectionLife   = 30 * time.Minute // then another, so that a failover or a new password is noticed
	connectionIdle   = 5 * time.Minute
	connectTimeout   = 5 * time.Second
)

// parameters are set on each connection, over what the URL says.
var parameters = map[string]string{
	// A write that was acknowledged survives a power cut.
	"synchronous_commit":            "on",
	"default_transaction_isolation": "read committed", // the statements take the locks they need
	"timezone":                      "UTC",
	"lock_timeout":                  "5s",
	"statement_timeout":             "30s",
	// A replica that was halted in a transaction does not hold the others up.
	"idle_in_transaction_session_timeout": "15s",
}

// migrationParameters: a migration may take long, and so may waiting for the
// one of another replica.
var migrationParameters = map[string]string{"lock_timeout": "0", "statement_timeout": "0", "idle_in_transaction_session_timeout": "0"}

func openPostgres(ctx context.Context, o Options) (*Store, error) {
	s, config, err := connectPostgres(ctx, o)
	if err != nil {
		return nil, err
	}
	if err := s.migratePostgres(ctx, config); err != nil {
		return nil, errors.Join(notOpened(config, err), s.Close())
	}
	return s, nil
}

func notOpened(config *pgx.ConnConfig, err error) error {
	return fmt.Errorf("store: open the database %s on %s: %w", config.Database, config.Host, err)
}

func connectPostgres(ctx context.Context, o Options) (s *Store, config *pgx.ConnConfig, err error) {
	config, err = postgresConfig(o.URL)
	if err != nil {
		return nil, nil, err
	}
	s = &Store{process: newID(), seal: newKeyring(o.Key, o.OldKeys...), log: o.Log, pause: pause, rush: &rush{}, space: plenty, release: func() error { return nil }}
	defer func() {
		if err != nil {
			err = errors.Join(notOpened(config, err), s.Close())
			s = nil
		}
	}()
	s.write = pool(config, pageConnections, nil)
	s.read, s.queue = s.write, pool(config, queueConnections, nil)
	if err = s.setClocks(ctx, o); err != nil {
		return s, config, err
	}
	warnUnverified(ctx, config, s.log)
	if err = s.warnUnheld(ctx); err != nil {
		return s, config, err
	}
	return s, config, assertDurable(ctx, s.write)
}

// postgresConfig reads the URL. What is wrong with it is not told in the
// driver's words, which may quote the password.
func postgresConfig(url string) (*pgx.ConnConfig, error) {
	if !strings.HasPrefix(url, "postgres://") && !strings.HasPrefix(url, "postgresql://") {
		return nil, errors.New("store: the URL of the database does not begin with postgres://")
	}
	config, err := pgx.ParseConfig(url)
	if err != nil {
		var file *fs.PathError
		if errors.As(err, &file) {
			return nil, fmt.Errorf("store: the URL of the database names a file that cannot be read: %w", file)
		}
		return nil, errors.New("store: the URL of the database cannot be read: it has the form postgres://user:password@host:5432/database?sslmode=verify-full, with %-escapes for special characters in the password")
	}
	config.DefaultQueryExecMode = pgx.QueryExecModeCacheStatement // never the simple protocol, whatever the URL says
	if config.ConnectTimeout == 0 || config.ConnectTimeout > connectTimeout {
		config.ConnectTimeout = connectTimeout
	}
	maps.Copy(config.RuntimeParams, parameters)
	if config.RuntimeParams["application_name"] == "" {
		config.RuntimeParams["application_name"] = "consentry"
	}
	return config, nil
}

// pool opens connections as they are needed, up to a number.
func pool(config *pgx.ConnConfig, connections int, more map[string]string) *sql.DB {
	c := config.Copy()
	maps.Copy(c.RuntimeParams, more)
	db := sql.OpenDB(tenantConnector{stdlib.GetConnector(*c)})
	db.SetMaxOpenConns(connections)
	db.SetMaxIdleConns(connections)
	db.SetConnMaxLifetime(connectionLife)
	db.SetConnMaxIdleTime(connectionIdle)
	return db
}

// warnUnverified says that somebody on the way could read along.
func warnUnverified(ctx context.Context, config *pgx.ConnConfig, log *slog.Logger) {
	local := strings.HasPrefix(config.Host, "/") || config.Host == "localhost"
	if ip := net.ParseIP(config.Host); ip != nil && ip.IsLoopback() {
		local = true
	}
	if !local && (config.TLSConfig == nil || config.TLSConfig.InsecureSkipVerify) {
		log.WarnContext(ctx, "the database's certificate is not verified: add sslmode=verify-full to its URL", "host", config.Host)
	}
}

// warnUnheld says that no policy holds the role: one tenant's rows are kept
// from another by the queries alone.
func (s *Store) warnUnheld(ctx context.Context) error {
	var role string
	var free bool
	err := s.read.QueryRowContext(ctx, `SELECT rolname, rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = CURRENT_USER`).Scan(&role, &free)
	if err != nil {
		return classify(err)
	}
	if free {
		s.log.WarnContext(ctx, "the database's role is a superuser or bypasses row security, so that its policies hold nothing back: use a role that merely owns the database", "role", role)
	}
	return nil
}

// assertDurable reads back what the connections were told: a proxy in between
// may have dropped it.
func assertDurable(ctx context.Context, db *sql.DB) error {
	var got string
	if err := db.QueryRowContext(ctx, `SHOW synchronous_commit`).Scan(&got); err != nil {
		return classify(err)
	}
	if got != parameters["synchronous_commit"] {
		return fmt.Errorf("synchronous_commit is %q and must be %q, so that what was recorded survives a power cut: connect without a proxy that changes it", got, parameters["synchronous_commit"])
	}
	return nil
}

// migrationLock is the number of the lock that whoever migrates holds: any
// number that other programs in the same database do not use.
const migrationLock = 0x636f6e73656e74 // "consent"

// migratePostgres makes the schema current while replicas that start at the
// same time wait. The lock belongs to the session: it ends with the process.
func (s *Store) migratePostgres(ctx context.Context, config *pgx.ConnConfig) error {
	db := pool(config, 3, migrationParameters)
	defer db.Close()
	session, err := db.Conn(ctx)
	if err != nil {
		return classify(err)
	}
	defer session.Close()
	if _, err := session.ExecContext(ctx, `SELECT pg_advisory_lock($1)`, migrationLock); err != nil {
		return classify(err)
	}
	files, err := migrations(goose.DialectPostgres)
	if err != nil {
		return err
	}
	m, err := newMigrator(goose.DialectPostgres, db, files, s.log)
	if err != nil {
		return err
	}
	return s.prepare(ctx, m)
}
