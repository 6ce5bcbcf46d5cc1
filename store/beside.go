package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/pressly/goose/v3"
)

// OpenBeside opens an existing database that a console may have open at the
// same time: to read it, and to add to its audit log. Nothing else may be
// written, since on SQLite one process at a time is at work. The schema must
// be the one this program knows. Without o.Key nothing encrypted can be read.
func OpenBeside(ctx context.Context, o Options) (*Store, error) {
	s, err := openBeside(ctx, o)
	if err == nil {
		err = s.sameSchema(ctx)
	}
	if err == nil && !o.Key.isZero() {
		err = s.checkOpens(ctx)
	}
	if err == nil {
		return s, nil
	}
	if s != nil {
		err = errors.Join(err, s.Close())
	}
	return nil, fmt.Errorf("store: %w", err)
}

func openBeside(ctx context.Context, o Options) (s *Store, err error) {
	if o.Log == nil {
		o.Log = noLog()
	}
	if o.URL != "" {
		s, _, err = connectPostgres(ctx, o)
		return s, err
	}
	path, err := filepath.Abs(o.Path)
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("there is no database at %s: %w", path, ErrNotFound)
	}
	s = &Store{process: newID(), seal: newKeyring(o.Key, o.OldKeys...), clock: o.Now, log: o.Log, pause: pause, rush: &rush{}, space: plenty, release: func() error { return nil }}
	if o.Now == nil {
		s.clock = time.Now
	}
	s.leaseClock = s.clock
	if o.Key.isZero() {
		s.seal = &keyring{}
	}
	return s, s.connectSQLite(ctx, path)
}

// sameSchema refuses a database that this program would first have to change.
func (s *Store) sameSchema(ctx context.Context) error {
	d := goose.DialectPostgres
	if s.read != s.write {
		d = goose.DialectSQLite3
	}
	files, err := migrations(d)
	if err != nil {
		return err
	}
	m, err := newMigrator(d, s.write, files, s.log)
	if err != nil {
		return err
	}
	have, err := m.version(ctx)
	if err != nil {
		return err
	}
	if known := m.known(); have < known {
		return fmt.Errorf("the database has version %d of the schema and this program needs %d: start the console once with this version, or use the version that wrote it", have, known)
	}
	return nil
}

// known is the newest version there is a migration for.
func (m migrator) known() (newest int64) {
	for _, source := range m.provider.ListSources() {
		newest = max(newest, source.Version)
	}
	return newest
}

// checkOpens is checkKey for somebody who may not leave the proof of a new key.
func (s *Store) checkOpens(ctx context.Context) error {
	proofs, err := keyProofs(ctx, s.read)
	if err != nil {
		return err
	}
	return s.seal.provesAll(proofs)
}
