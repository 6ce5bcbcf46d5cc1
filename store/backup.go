package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"github.com/pressly/goose/v3"
)

// backupPragmas are for a file that nobody sees before it is whole.
var backupPragmas = []pragma{{"journal_mode", "MEMORY", "memory"}, {"foreign_keys", "on", "1"}, {"synchronous", "OFF", "0"}}

// Backup writes a consistent copy of the database to a new file at path, for
// its owner only, while others read and write. It is a SQLite file whichever
// the database is, and complete when it has its name. What is encrypted stays
// so: restoring takes the key. It returns how many rows each table has.
func (s *Store) Backup(ctx context.Context, path string) (rows map[string]int64, err error) {
	e := AuditEvent{Action: "backup-made", Result: AuditIntent, Object: "backup/" + filepath.Base(path)}
	if _, err := os.Lstat(path); err == nil {
		return nil, fmt.Errorf("store: backup: %s is there already; choose another name", path)
	}
	if err := s.Audit(ctx, e); err != nil {
		return nil, err
	}
	if rows, err = s.backup(ctx, path); err != nil {
		e.Result = AuditFailed
		return nil, errors.Join(fmt.Errorf("store: backup: %w", classify(err)), s.Audit(context.WithoutCancel(ctx), e))
	}
	e.Result, e.Detail = AuditDone, map[string]string{"count": strconv.FormatInt(sum(rows), 10)}
	return rows, s.Audit(context.WithoutCancel(ctx), e)
}

func sum(rows map[string]int64) (all int64) {
	for _, n := range rows {
		all += n
	}
	return all
}

func (s *Store) backup(ctx context.Context, path string) (map[string]int64, error) {
	dir := filepath.Dir(path)
	f, err := os.CreateTemp(dir, ".backup-*") // mode 0600
	if err != nil {
		return nil, err
	}
	defer os.Remove(f.Name())
	defer f.Close()
	rows, err := s.writeBackup(ctx, f.Name())
	if err != nil {
		return nil, err
	}
	if err := f.Sync(); err != nil {
		return nil, err
	}
	if err := os.Link(f.Name(), path); err != nil {
		return nil, err
	}
	return rows, syncDir(dir)
}

// writeBackup fills an empty file.
func (s *Store) writeBackup(ctx context.Context, path string) (rows map[string]int64, err error) {
	db, err := connect(ctx, path, 1, backupPragmas)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	files, err := migrations(goose.DialectSQLite3)
	if err != nil {
		return nil, err
	}
	m, err := newMigrator(goose.DialectSQLite3, db, files, noLog())
	if err != nil {
		return nil, err
	}
	if err := m.up(ctx); err != nil {
		return nil, err
	}
	return rows, s.snapshot(ctx, func(from *sql.Tx) error {
		to, err := db.BeginTx(ctx, nil)
		if err != nil {
			return err
		}
		if rows, err = fill(ctx, from, to); err != nil {
			return errors.Join(err, to.Rollback())
		}
		return to.Commit()
	})
}

// fill makes to, just migrated, a copy of from.
func fill(ctx context.Context, from, to *sql.Tx) (map[string]int64, error) {
	inUse, err := makeRoom(ctx, to)
	if err != nil {
		return nil, err
	}
	if inUse != "" {
		return nil, fmt.Errorf("%w: table %s has rows", ErrNotEmpty, inUse)
	}
	return copyTables(ctx, from, to)
}

// snapshot runs f in a transaction that sees the database as it was at one
// moment and keeps nobody from writing.
func (s *Store) snapshot(ctx context.Context, f func(tx *sql.Tx) error) error {
	tx, err := s.read.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true})
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // it has nothing to commit
	if s.read == s.write {               // PostgreSQL; what one request may take is not enough
		if _, err := tx.ExecContext(ctx, `SET LOCAL statement_timeout = 0`); err != nil {
			return err
		}
	}
	return f(tx)
}
