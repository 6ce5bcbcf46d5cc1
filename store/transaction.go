package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"
)

// tries is how often a transaction is begun before its failure counts.
const tries = 5

// waitForConnection is how long a write waits for the others that are under
// way. It is as long as SQLite waits for a lock on the file.
const waitForConnection = 5 * time.Second

// inTx runs f in a transaction on a writing connection and commits when f
// returns nil. Where the database gave the transaction up in favour of
// another, or the connection broke before the commit, everything is done
// again: f must do nothing outside the database, and nothing twice that counts.
func (s *Store) inTx(ctx context.Context, f func(tx *sql.Tx) error) error {
	for try := 1; ; try++ {
		err := s.attempt(ctx, f)
		if err == nil || try == tries || ctx.Err() != nil || !mayRepeat(err) {
			return classify(err)
		}
		if waited := s.pause(ctx, backoff(try)); waited != nil {
			return classify(err)
		}
	}
}

// insistence is how long what cannot be had a second time is tried to be
// recorded. It is shorter than a Lease.
const insistence = 15 * time.Second

// insist repeats f for as long as the database cannot be used. again: an
// earlier try may have been committed although it failed.
func (s *Store) insist(ctx context.Context, f func(again bool) error) error {
	end := time.Now().Add(insistence)
	for try := 1; ; try++ {
		err := f(try > 1)
		if !errors.Is(err, ErrUnavailable) || time.Now().After(end) {
			return err
		}
		if s.pause(ctx, min(time.Duration(try)*100*time.Millisecond, time.Second)) != nil {
			return err
		}
	}
}

// backoff is random, so that two transactions that were in each other's way
// are not again: up to 20 ms, then twice as long each time.
func backoff(try int) time.Duration {
	return time.Duration(rand.Int64N(int64(20*time.Millisecond) << (try - 1)))
}

// pause waits for d or until ctx ends.
func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// attempt is one try of inTx.
func (s *Store) attempt(ctx context.Context, f func(tx *sql.Tx) error) error {
	conn, err := s.connection(ctx)
	if err != nil {
		return err
	}
	defer conn.Close() // gives it back; its error is only that it is broken
	tx, err := conn.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if err := f(tx); err != nil {
		undo := tx.Rollback()
		if undo != nil && !errors.Is(undo, sql.ErrTxDone) && !broken(undo) {
			err = errors.Join(err, undo)
		}
		return err
	}
	if err := tx.Commit(); err != nil {
		return &commitError{err}
	}
	return nil
}

// connection is one to write with, once one is free.
func (s *Store) connection(ctx context.Context) (*sql.Conn, error) {
	waiting, cancel := context.WithTimeout(ctx, waitForConnection)
	defer cancel()
	conn, err := s.write.Conn(waiting)
	if err != nil && waiting.Err() != nil && ctx.Err() == nil {
		return nil, fmt.Errorf("%w: too many writes wait for it", ErrUnavailable)
	}
	return conn, err
}

// commitError: whether the transaction was committed is only certain for some
// causes.
type commitError struct{ cause error }

// Error implements error.
func (e *commitError) Error() string { return "commit: " + e.cause.Error() }

// Unwrap gives the driver's error.
func (e *commitError) Unwrap() error { return e.cause }

// mayRepeat: the database says that nothing was done and that another try may
// succeed, or the connection broke while nothing was committed.
func mayRepeat(err error) bool {
	if postgresCode(err) == serializationFailure || postgresCode(err) == deadlockDetected {
		return true
	}
	var committing *commitError
	return broken(err) && !errors.As(err, &committing)
}

// broken: the connection is of no use any more.
func broken(err error) bool {
	return errors.Is(err, driver.ErrBadConn) || errors.Is(err, sql.ErrConnDone) || postgresBroken(err)
}

// classify marks the drivers' errors that callers can act on. PostgreSQL
// refuses to compare with a text that no row can hold; that is no row, too.
func classify(err error) error {
	switch {
	case err == nil, errors.Is(err, ErrUnavailable):
		return err
	case postgresCode(err) == badText: // what is stored goes through storable, so this was to be compared with
		return ErrNotFound
	case sqliteUnavailable(err), postgresUnavailable(err), broken(err):
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	return err
}

// duplicate: the statement would have broken a unique index.
func duplicate(err error) bool { return sqliteDuplicate(err) || postgresCode(err) == uniqueViolation }
