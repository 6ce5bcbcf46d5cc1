package store

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"log/slog"
	"strings"
	"time"
)

// Options say where the data is and what it is encrypted with.
type Options struct {
	// Path of the SQLite file. It is created with its folder when missing,
	// readable by its owner only.
	Path string
	// URL of a PostgreSQL database, postgres://user:password@host/database,
	// to use instead of a file. Several processes may have it open. It is
	// never logged and stands in no error, because of the password.
	URL string
	// Key encrypts what must not be readable in a copy of the file.
	Key Key
	// OldKeys still open what they encrypted, until Rekey has taken it over.
	OldKeys []Key
	// Now is the clock, for tests. Nil means time.Now, and on PostgreSQL the
	// server's clock, which is the same for all replicas.
	Now func() time.Time
	// Log hears about migrations and about what could not be written without
	// failing a read; nil means nobody.
	Log *slog.Logger
}

// Store is the open database. Its methods may be called concurrently. Every
// write is on disk when the method returns.
type Store struct {
	// write has one connection on SQLite: it has one writer anyway, and waiting
	// for the connection is fairer than waiting for the file's lock.
	write, read *sql.DB
	// queue is for what runs on a schedule, so that it takes no connection away
	// from the pages.
	queue *sql.DB
	seal  *keyring
	clock func() time.Time
	// leaseClock is what leases are kept by: one that all who share the
	// database agree on and that never jumps.
	leaseClock func() time.Time
	pause      func(context.Context, time.Duration) error
	// process names this open store among all that share the database.
	process string
	waker   Waker // nil where nobody is to be woken
	schema  int64 // its version
	rush    *rush
	// space says why there is no room for more than a small write.
	space   func() error
	log     *slog.Logger
	release func() error // gives the lock on the file back
}

// Open opens the PostgreSQL database at o.URL, or else the SQLite file at
// o.Path, brings its schema up to date and checks the key. Errors that a
// person can mend wrap ErrInUse, ErrWrongKey, ErrNewerSchema or ErrUnavailable
// and say how.
func Open(ctx context.Context, o Options) (*Store, error) {
	if o.Log == nil {
		o.Log = noLog()
	}
	switch {
	case o.Key.isZero():
		return nil, errors.New("store: the encryption key is missing")
	case o.URL != "" && o.Path != "":
		return nil, errors.New("store: give the path of a file or the URL of a database, not both")
	case o.URL != "":
		return openPostgres(ctx, o)
	case o.Path == "":
		return nil, errors.New("store: the path of the database is missing")
	}
	return openSQLite(ctx, o)
}

func noLog() *slog.Logger { return slog.New(slog.DiscardHandler) }

// Database gives connections of their own to the same database, for a queue
// that wakes operations; sqlite says which of the two kinds it is. It ends
// with the store and must not be closed.
func (s *Store) Database() (db *sql.DB, sqlite bool) {
	return s.queue, s.queue != nil && s.read != s.write
}

// prepare makes the schema current and checks the key. The key is checked
// first where there is something to check, so that a wrong one changes
// nothing.
func (s *Store) prepare(ctx context.Context, m migrator) error {
	existing, err := m.version(ctx)
	if err != nil {
		return err
	}
	if existing > 0 {
		if err := s.checkKey(ctx); err != nil {
			return err
		}
	}
	if err := m.up(ctx); err != nil {
		return err
	}
	if s.schema, err = m.version(ctx); err != nil || existing > 0 {
		return err
	}
	return s.checkKey(ctx)
}

// Close ends the connections and lets another process open the file. Closing
// twice is no error.
func (s *Store) Close() error {
	var errs []error
	for _, db := range []*sql.DB{s.queue, s.read, s.write} {
		if db != nil {
			errs = append(errs, db.Close())
		}
	}
	return errors.Join(append(errs, s.release())...)
}

// now is the time as it is stored: UTC, whole milliseconds.
func (s *Store) now() time.Time { return s.clock().UTC().Truncate(time.Millisecond) }

// leaseNow is the time that leases are kept by, as it is stored.
func (s *Store) leaseNow() time.Time { return s.leaseClock().UTC().Truncate(time.Millisecond) }

// newID makes an id nobody can guess: 26 letters and digits, 130 bits.
func newID() string { return strings.ToLower(rand.Text()) }
