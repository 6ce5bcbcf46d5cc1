package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/pressly/goose/v3"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// A pragma is set on each connection and read back at start: the driver
// silently ignores a data source name written for another driver.
type pragma struct{ name, set, want string }

// FULL: a write that was acknowledged survives a power cut; with NORMAL the
// last commits of a write-ahead log may be lost.
var pragmas = []pragma{
	{"busy_timeout", "5000", "5000"}, // milliseconds to wait for a backup's lock
	{"journal_mode", "WAL", "wal"},
	{"foreign_keys", "on", "1"},
	{"synchronous", "FULL", "2"},
}

// readers is how many reads run side by side.
const readers = 4

func openSQLite(ctx context.Context, o Options) (s *Store, err error) {
	path, err := filepath.Abs(o.Path)
	if err != nil {
		return nil, fmt.Errorf("store: %w", err)
	}
	release, err := claim(ctx, path)
	if err != nil {
		return nil, fmt.Errorf("store: %w", err)
	}
	s = &Store{process: newID(), seal: newKeyring(o.Key, o.OldKeys...), log: o.Log, pause: pause, rush: &rush{}, space: room(path), release: sync.OnceValue(release)}
	s.clock, s.leaseClock = o.Now, o.Now
	if o.Now == nil {
		s.clock, s.leaseClock = time.Now, steady()
	}
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("store: open %s: %w", path, err), s.Close())
			s = nil
		}
	}()
	if err = s.connectSQLite(ctx, path); err != nil {
		return s, err
	}
	if s.queue, err = connect(ctx, path, 1, pragmas); err != nil {
		return s, err
	}
	if err = s.migrateSQLite(ctx); err != nil {
		return s, err
	}
	return s, s.endLeases(ctx)
}

func (s *Store) connectSQLite(ctx context.Context, path string) (err error) {
	if s.write, err = connect(ctx, path, 1, pragmas); err != nil {
		return err
	}
	s.read, err = connect(ctx, path, readers, append(pragmas[:len(pragmas):len(pragmas)], pragma{"query_only", "on", "1"}))
	return err
}

func (s *Store) migrateSQLite(ctx context.Context) error {
	files, err := migrations(goose.DialectSQLite3)
	if err != nil {
		return err
	}
	m, err := newMigrator(goose.DialectSQLite3, s.write, files, s.log)
	if err != nil {
		return err
	}
	return s.prepare(ctx, m)
}

// spare is the room that must be left for the console to count as ready. A
// small write may fit into what the write-ahead log has already.
const spare = 256 << 10

// room tries whether that much can be written beside the file.
func room(path string) func() error {
	return func() error {
		f, err := os.CreateTemp(filepath.Dir(path), ".space-*")
		if err != nil {
			return fmt.Errorf("%w: %w", ErrUnavailable, err)
		}
		_, err = f.Write(make([]byte, spare))
		if err := errors.Join(err, f.Sync(), f.Close(), os.Remove(f.Name())); err != nil {
			return fmt.Errorf("%w: the disk is nearly full: %w", ErrUnavailable, err)
		}
		return nil
	}
}

// plenty: the server looks after its disk, and refuses writes by itself.
func plenty() error { return nil }

// endLeases: only one process has the file, so whoever held a lease is dead
// and need not be waited for.
func (s *Store) endLeases(ctx context.Context) error {
	_, operations := s.write.ExecContext(ctx, `UPDATE operations SET lease_until = 0 WHERE state = 'running'`)
	_, others := s.write.ExecContext(ctx, `DELETE FROM holds`)
	return errors.Join(operations, others)
}

// claim makes folder and file for the owner only and locks the file against
// other processes.
func claim(ctx context.Context, path string) (release func() error, err error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, err
	}
	release, err = lockFile(ctx, path+".lock")
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if err := ownerOnly(path); err != nil {
		return nil, errors.Join(err, release())
	}
	return release, nil
}

// ownerOnly makes the file, or takes other people's access to it away; SQLite
// gives its -wal and -shm files the same mode.
func ownerOnly(path string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	return errors.Join(f.Chmod(0o600), f.Close())
}

func connect(ctx context.Context, path string, connections int, set []pragma) (*sql.DB, error) {
	db, err := sql.Open("sqlite", dsn(path, set))
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(connections)
	db.SetMaxIdleConns(connections)
	if err := assertPragmas(ctx, db, set); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

// dsn is the data source name in the form modernc.org/sqlite reads.
func dsn(path string, set []pragma) string {
	q := url.Values{"_txlock": {"immediate"}}
	for _, p := range set {
		q.Add("_pragma", p.name+"("+p.set+")")
	}
	return "file:" + (&url.URL{Path: filepath.ToSlash(path)}).EscapedPath() + "?" + q.Encode()
}

func assertPragmas(ctx context.Context, db *sql.DB, set []pragma) error {
	for _, p := range set {
		var got string
		if err := db.QueryRowContext(ctx, "PRAGMA "+p.name).Scan(&got); err != nil {
			return fmt.Errorf("read PRAGMA %s: %w", p.name, err)
		}
		if got != p.want {
			return fmt.Errorf("PRAGMA %s is %q and must be %q; some network and overlay file systems do not allow it, a local disk does", p.name, got, p.want)
		}
	}
	return nil
}

func sqliteDuplicate(err error) bool { return sqliteCode(err) == sqlite3.SQLITE_CONSTRAINT_UNIQUE }

func sqliteUnavailable(err error) bool {
	switch sqliteCode(err) & 0xff { // the primary code of an extended one
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_FULL, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN:
		return true
	}
	return false
}

// sqliteCode is the extended result code, 0 for an error of another kind.
func sqliteCode(err error) int {
	var e *sqlite.Error
	if errors.As(err, &e) {
		return e.Code()
	}
	return 0
}
