package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/pressly/goose/v3"
)

// Restored is what Restore did.
type Restored struct {
	Rows        map[string]int64 // by table
	Audit       AuditSummary     // of the restored log
	Opened      int              // ciphertexts that were opened to prove the keys
	Interrupted int              // operations that were under way
	// Faults are what is wrong with the backup, where it was restored despite.
	Faults []string
}

// Restore fills the empty database of o with a backup and verifies it: the
// rows of each table, the chain of the audit log, and that every ciphertext
// opens. A backup with faults is refused before anything is written, unless
// despite is set. The keys must be those of the backup (ErrWrongKey). A
// database that is in use is left alone (ErrNotEmpty).
//
// What was under way when the backup was made is interrupted afterwards and
// looks at the tenant before it goes on; the values of secrets that waited to be
// shown are gone, which counts as if they had been, and everybody signs in
// again.
func Restore(ctx context.Context, from string, despite bool, o Options) (r Restored, err error) {
	backup, err := openBackup(ctx, from, o)
	if err != nil {
		return r, fmt.Errorf("store: restore: %w", err)
	}
	defer func() { err = errors.Join(err, backup.Close()) }()
	if r.Faults, _, _, err = backup.faults(ctx); err != nil {
		return r, fmt.Errorf("store: restore: %w", err)
	}
	if len(r.Faults) > 0 && !despite {
		return r, fmt.Errorf("store: restore: the backup is not whole, and nothing was written: %s", strings.Join(r.Faults, "; "))
	}
	s, err := Open(ctx, o)
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	if err := s.takeOver(ctx, backup, &r); err != nil {
		return r, fmt.Errorf("store: restore: %w", err)
	}
	return r, s.proveRestored(ctx, &r)
}

// openBackup opens a copy of the file, so that bringing its schema up to date
// changes nothing of the backup.
func openBackup(ctx context.Context, from string, o Options) (*Store, error) {
	dir, err := os.MkdirTemp("", "consentry-restore-")
	if err != nil {
		return nil, err
	}
	remove := func() error { return os.RemoveAll(dir) }
	path := filepath.Join(dir, "backup.db")
	if err := copyFile(from, path); err != nil {
		return nil, errors.Join(err, remove())
	}
	if err := isBackup(ctx, path); err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", from, err), remove())
	}
	s, err := Open(ctx, Options{Path: path, Key: o.Key, OldKeys: o.OldKeys, Now: o.Now, Log: o.Log})
	if errors.Is(err, ErrWrongKey) {
		err = fmt.Errorf("%s was made with another key than the one given: %w", from, ErrWrongKey)
	}
	if err != nil {
		return nil, errors.Join(err, remove())
	}
	unlock := s.release
	s.release = func() error { return errors.Join(unlock(), remove()) }
	return s, nil
}

func copyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}

// isBackup looks before the store opens the file, which would make a database
// of anything empty.
func isBackup(ctx context.Context, path string) error {
	db, err := connect(ctx, path, 1, nil)
	if err != nil {
		return fmt.Errorf("it cannot be read as a backup: %w", err)
	}
	defer db.Close()
	var integrity string
	if err := db.QueryRowContext(ctx, `PRAGMA integrity_check`).Scan(&integrity); err != nil {
		return fmt.Errorf("it cannot be read as a backup: %w", err)
	}
	if integrity != "ok" {
		return fmt.Errorf("the file is damaged: %s", integrity)
	}
	files, err := migrations(goose.DialectSQLite3)
	if err != nil {
		return err
	}
	m, err := newMigrator(goose.DialectSQLite3, db, files, noLog())
	if err != nil {
		return err
	}
	version, err := m.version(ctx)
	if err == nil && version == 0 {
		return errors.New("it is no backup of this program")
	}
	return err
}

// faults are what is wrong with the data itself.
func (s *Store) faults(ctx context.Context) (faults []string, audit AuditSummary, opened int, err error) {
	audit, err = s.VerifyAudit(ctx)
	var fault *AuditFault
	switch {
	case errors.As(err, &fault):
		faults = append(faults, fault.Error())
	case err != nil:
		return nil, audit, 0, err
	}
	bad, opened, err := s.Unreadable(ctx)
	for _, where := range bad {
		faults = append(faults, "the value of "+where+" does not open")
	}
	return faults, audit, opened, err
}

// takeOver copies the backup into the store and settles what was under way.
func (s *Store) takeOver(ctx context.Context, backup *Store, r *Restored) error {
	return backup.snapshot(ctx, func(from *sql.Tx) error {
		return s.inTx(ctx, func(to *sql.Tx) (err error) {
			if r.Rows, err = fill(ctx, from, to); err != nil {
				return err
			}
			return s.settle(ctx, to, r)
		})
	})
}

// settle ends what cannot go on in another place and time: as after a crash,
// but for good.
func (s *Store) settle(ctx context.Context, tx *sql.Tx, r *Restored) error {
	now := millis(s.now())
	cut, err := all(ctx, tx, scanOperation, `UPDATE operations SET state = 'interrupted', lease_until = 0 WHERE state = 'running' RETURNING `+operationColumns)
	if err != nil {
		return err
	}
	r.Interrupted = len(cut)
	// Whatever waited when the backup was made may have been shown since, and be
	// in use: it does not count as one that nobody has. The backup's newest row
	// of the audit log says when that was.
	if _, err := tx.ExecContext(ctx, `UPDATE secrets SET revealed = $1 WHERE revealed = 0 AND drop_at > (SELECT COALESCE(MAX(at), 0) FROM audit)`, now); err != nil {
		return err
	}
	for _, change := range []string{
		`UPDATE environments SET state = 'attention', version = version + 1, updated = $1 WHERE state = 'applying'`,
		`UPDATE secrets SET value = NULL, drop_at = $1 WHERE drop_at > $1`,
		`UPDATE trials SET flow = NULL, taken = $1 WHERE state_hash IS NOT NULL AND taken = 0`,
	} {
		if _, err := tx.ExecContext(ctx, change, now); err != nil {
			return err
		}
	}
	if err := s.auditCut(ctx, tx, cut); err != nil {
		return err
	}
	detail := map[string]string{"count": strconv.FormatInt(sum(r.Rows), 10), "reason": strings.Join(r.Faults, "; ")}
	return s.audit(ctx, tx, AuditEvent{Action: "restored", Result: AuditDone, Detail: detail})
}

// proveRestored reads back what was written.
func (s *Store) proveRestored(ctx context.Context, r *Restored) error {
	rows, err := countTables(ctx, s.read)
	if err != nil {
		return fmt.Errorf("store: restore: %w", err)
	}
	added := int64(r.Interrupted) + 1 // rows of the audit log about restoring
	rows["audit"] -= added
	if !maps.Equal(rows, r.Rows) {
		return fmt.Errorf("store: restore: %d rows were written and %d are there", sum(r.Rows), sum(rows))
	}
	faults, audit, opened, err := s.faults(ctx)
	r.Audit, r.Opened = audit, opened
	if err == nil && len(faults) > 0 && len(r.Faults) == 0 {
		err = fmt.Errorf("what was written does not read back: %s", strings.Join(faults, "; "))
	}
	if err != nil {
		return fmt.Errorf("store: restore: %w", err)
	}
	return nil
}
