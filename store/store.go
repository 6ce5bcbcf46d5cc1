package store

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"
)

// Options say where the data is and what it is encrypted with.
type Options struct {
	// Path of the SQLite file. It is created with its folder when missing,
	// readable by its owner only.
	Path string
	// Key encrypts what must not be readable in a copy of the file.
	Key Key
	// Now is the clock; nil means time.Now.
	Now func() time.Time
	// Log hears about migrations and about what could not be written without
	// failing a read; nil means nobody.
	Log *slog.Logger
}

// Store is the open database. Its methods may be called concurrently. Every
// write is on disk when the method returns.
type Store struct {
	// write has one connection: SQLite has one writer anyway, and waiting for
	// the connection is fairer than waiting for the file's lock.
	write, read *sql.DB
	dialect     dialect
	seal        *sealer
	clock       func() time.Time
	log         *slog.Logger
	release     func() error // gives the lock on the file back
}

// dialect is what differs between databases and SQL cannot say.
type dialect struct {
	// duplicate: the statement would have broken a unique index.
	duplicate func(error) bool
	// unavailable: the database cannot be written now but may be later.
	unavailable func(error) bool
}

// Open opens the SQLite database at o.Path, brings its schema up to date and
// checks the key. Errors that a person can mend wrap ErrInUse, ErrWrongKey or
// ErrNewerSchema and say how.
func Open(ctx context.Context, o Options) (*Store, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Path == "" {
		return nil, errors.New("store: the path of the database is missing")
	}
	if o.Key.isZero() {
		return nil, errors.New("store: the encryption key is missing")
	}
	return openSQLite(ctx, o)
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
		return m.up(ctx)
	}
	if err := m.up(ctx); err != nil {
		return err
	}
	return s.checkKey(ctx)
}

// Close ends the connections and lets another process open the file. Closing
// twice is no error.
func (s *Store) Close() error {
	return errors.Join(s.read.Close(), s.write.Close(), s.release())
}

// inTx runs f in a transaction on the writing connection and commits when f
// returns nil.
func (s *Store) inTx(ctx context.Context, f func(tx *sql.Tx) error) error {
	tx, err := s.write.BeginTx(ctx, nil)
	if err != nil {
		return s.classify(err)
	}
	if err := f(tx); err != nil {
		if undo := tx.Rollback(); undo != nil && !errors.Is(undo, sql.ErrTxDone) {
			err = errors.Join(err, undo)
		}
		return s.classify(err)
	}
	return s.classify(tx.Commit())
}

// classify marks the driver's errors that callers can act on.
func (s *Store) classify(err error) error {
	if err != nil && s.dialect.unavailable(err) {
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	return err
}

// now is the time as it is stored: UTC, whole milliseconds.
func (s *Store) now() time.Time { return s.clock().UTC().Truncate(time.Millisecond) }

// newID makes an id nobody can guess: 26 letters and digits, 130 bits.
func newID() string { return strings.ToLower(rand.Text()) }
