package store

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/consentry/consentry/setup"
	"github.com/consentry/consentry/store/postgrestest"
	"github.com/consentry/consentry/trial"
)

// databases are the kinds there are; each call of one makes a new, empty one.
var databases = map[string]func(t *testing.T, key Key) Options{
	"SQLite": func(t *testing.T, key Key) Options {
		return Options{Path: filepath.Join(t.TempDir(), "consentry.db"), Key: key}
	},
	"PostgreSQL": func(t *testing.T, key Key) Options { return Options{URL: postgrestest.Start(t), Key: key} },
}

func benchAt(t *testing.T, o Options) *bench {
	t.Helper()
	c := &clock{now: time.Date(2026, 3, 1, 9, 30, 0, 123e6, time.UTC)}
	o.Now = c.Now
	s, err := Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return &bench{Store: s, clock: c}
}

// life puts into the store what a console has after some time.
func (b *bench) life(t *testing.T) (running Operation, k KeptSecret) {
	t.Helper()
	k = b.fill(t)
	running = b.operation(t, b.environment(t, "running").ID)
	b.intent(t, running, "application")
	b.exec(t, `UPDATE environments SET state = 'applying' WHERE id = $1`, running.Environment)
	if err := b.HandOver(t.Context(), k.Environment, k.KeyID, alice, true); err != nil {
		t.Fatal(err)
	}
	return running, k
}

func (b *bench) backupTo(t *testing.T, name string) (path string, rows map[string]int64) {
	t.Helper()
	path = filepath.Join(t.TempDir(), name)
	rows, err := b.Backup(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	return path, rows
}

func TestABackupOfEitherDatabaseRestoresIntoEither(t *testing.T) {
	for from, source := range databases {
		for to, target := range databases {
			t.Run(from+" to "+to, func(t *testing.T) {
				key := NewKey()
				b := benchAt(t, source(t, key))
				running, k := b.life(t)
				path, rows := b.backupTo(t, "backup.db")
				o := target(t, key)
				o.Now = b.clock.Now
				r, err := Restore(t.Context(), path, false, o)
				if err != nil {
					t.Fatal(err)
				}
				if rows["environments"] != 2 || rows["runs"] != 1 || rows["journal"] != 2 || fmt.Sprint(r.Rows) != fmt.Sprint(rows) || r.Opened != 1 || r.Interrupted != 2 { // the secret's operation is one
					t.Errorf("%v in the backup, restored %+v", rows, r)
				}
				wantRestored(t, b, benchAt(t, o), running, k)
			})
		}
	}
}

// wantRestored compares what must be the same and what must have ended.
func wantRestored(t *testing.T, was, is *bench, running Operation, k KeptSecret) {
	t.Helper()
	ctx := t.Context()
	for _, name := range []string{"shop", "running"} {
		old, err := was.EnvironmentByName(ctx, name)
		if err != nil {
			t.Fatal(err)
		}
		env, err := is.Environment(ctx, old.ID)
		if err != nil || env.Name != name || env.Owner != old.Owner || env.Tenant != old.Tenant {
			t.Errorf("%+v, %v; want %+v", env, err, old)
		}
	}
	if env, err := is.Environment(ctx, running.Environment); err != nil || env.State != Attention {
		t.Errorf("the environment that was at work: %q, %v", env.State, err)
	}
	if op, err := is.Operation(ctx, running.ID); err != nil || op.State != OperationInterrupted {
		t.Errorf("the operation under way: %q, %v", op.State, err)
	}
	if entries, err := is.Entries(ctx, running.ID); err != nil || len(entries) != 1 || entries[0].State != setup.Intended {
		t.Errorf("its journal: %+v, %v", entries, err)
	}
	if _, err := is.RevealSecret(ctx, k.ID, alice); !errors.Is(err, ErrGone) {
		t.Errorf("the secret that waited: %v", err)
	}
	if _, _, err := is.TrialByState(ctx, "state"); !errors.Is(err, ErrGone) {
		t.Errorf("the answer that was waited for: %v", err)
	}
	if _, err := is.LoadSession(ctx, hash("session")); !errors.Is(err, ErrNotFound) {
		t.Errorf("the session: %v", err)
	}
	if _, _, err := is.Operator(ctx, alice.Tenant, alice.ID); !errors.Is(err, ErrNotFound) {
		t.Errorf("the tokens: %v", err)
	}
	if c, err := is.Credential(ctx, k.Environment, k.KeyID); err != nil || c.Handed.IsZero() {
		t.Errorf("the hand-over: %+v, %v", c, err)
	}
	runs, err := is.newestRuns(ctx, "", 1)
	if err != nil || len(runs) != 1 {
		t.Fatalf("runs: %v, %v", runs, err)
	}
	if run, err := is.Run(ctx, runs[0].ID); err != nil || run.Facts.Given.ClientID != "the-client" {
		t.Errorf("the run: %+v, %v", run.Facts.Given, err)
	}
	wantLogRestored(t, was, is)
}

// wantLogRestored: the log is the one of before, goes on, and says so.
func wantLogRestored(t *testing.T, was, is *bench) {
	t.Helper()
	old, log := was.log(t), is.log(t)
	same := len(old) - 1 // the backup's outcome came after it
	for i := range same {
		if !bytes.Equal(old[i].Hash, log[i].Hash) {
			t.Errorf("row %d is another", i+1)
		}
	}
	if got := is.said(t, same-1); len(got) < 4 || !slices.Equal(got[:4], []string{"backup-made intent", "operation-ended unknown", "operation-ended unknown", "restored done"}) {
		t.Errorf("it goes on with %q", got)
	}
	if sum, err := is.VerifyAudit(t.Context()); err != nil || sum.Rows != int64(len(log)) {
		t.Errorf("%+v, %v", sum, err)
	}
}

// Twenty backups are made while others write; each is whole.
func TestABackupUnderLoadIsWhole(t *testing.T) {
	for name, source := range databases {
		t.Run(name, func(t *testing.T) {
			key := NewKey()
			o := source(t, key)
			b := benchAt(t, o)
			beside, err := OpenBeside(t.Context(), o)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() {
				if err := beside.Close(); err != nil {
					t.Error(err)
				}
			})
			turns, stop := b.load(t.Context())
			for i := range 20 {
				for range turnsEach {
					turns <- struct{}{}
				}
				path := filepath.Join(t.TempDir(), "backup.db")
				if _, err := beside.Backup(t.Context(), path); err != nil {
					t.Fatal(err)
				}
				r, err := Restore(t.Context(), path, false, databases["SQLite"](t, key))
				if err != nil {
					t.Fatalf("backup %d: %v", i, err)
				}
				if r.Rows["environments"] != r.Rows["operations"] {
					t.Errorf("backup %d is torn: %d environments and %d operations", i, r.Rows["environments"], r.Rows["operations"])
				}
			}
			close(turns)
			if err := stop(); err != nil {
				t.Fatal(err)
			}
			if _, err := b.VerifyAudit(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
}

// turnsEach is how much is written around each backup.
const turnsEach = 24

// load writes once for each turn, by several at once, while the test goes on;
// stop waits for the last turn and says what went wrong.
func (b *bench) load(ctx context.Context) (turns chan struct{}, stop func() error) {
	turns = make(chan struct{}, turnsEach)
	errs := make([]error, 3)
	var workers sync.WaitGroup
	for w := range errs {
		workers.Go(func() {
			for range turns {
				errs[w] = errors.Join(errs[w], b.both(ctx, newID()))
			}
		})
	}
	return turns, func() error { workers.Wait(); return errors.Join(errs...) }
}

// both adds an environment and an operation in one transaction, with a row in
// the log.
func (b *bench) both(ctx context.Context, name string) error {
	return b.inTx(ctx, func(tx *sql.Tx) error {
		id := newID()
		if _, err := tx.ExecContext(ctx, `INSERT INTO environments (id, name, spec, owner, tenant, tenant_name, state, step, version, fence, last_seq, created, updated, home)
			VALUES ($1, $2, '{}', '{}', '', '', 'draft', '', 1, 1, 0, 1, 1, '')`, id, name); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `INSERT INTO operations (id, environment, kind, actor, state, plan, error, fence, lease_until, started, ended)
			VALUES ($1, $1, 'setup', '{}', 'done', '{}', '', 1, 0, 1, 1)`, id); err != nil {
			return err
		}
		return b.audit(ctx, tx, AuditEvent{Action: "operation-ended", Result: AuditDone, Object: "environment/" + id})
	})
}

func TestRestoreRefusesWhatItMustNotTouch(t *testing.T) {
	key := NewKey()
	b := benchAt(t, databases["SQLite"](t, key))
	b.life(t)
	good, _ := b.backupTo(t, "backup.db")
	used := databases["SQLite"](t, key)
	benchAt(t, used).environment(t, "in use")
	dir := t.TempDir()
	damaged, text, empty := filepath.Join(dir, "damaged"), filepath.Join(dir, "text"), filepath.Join(dir, "empty")
	content, err := os.ReadFile(good)
	if err != nil {
		t.Fatal(err)
	}
	for path, data := range map[string][]byte{damaged: content[:len(content)/2], text: []byte(strings.Repeat("no database ", 500)), empty: nil} {
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for name, c := range map[string]struct {
		from string
		into func(t *testing.T) Options
		is   error
		says string
	}{
		"another key":   {good, func(t *testing.T) Options { return databases["SQLite"](t, NewKey()) }, ErrWrongKey, "the key does not match"},
		"no such file":  {filepath.Join(dir, "none"), nil, os.ErrNotExist, ""},
		"half a file":   {damaged, nil, nil, ""},
		"another file":  {text, nil, nil, "cannot be read as a backup"},
		"an empty file": {empty, nil, nil, "no backup"},
		"database with data": {good, func(t *testing.T) Options {
			o := databases["SQLite"](t, key)
			s := openAt(t, o.Path, key, nil)
			(&bench{Store: s, clock: &clock{}}).environment(t, "in use")
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			return o
		}, ErrNotEmpty, "environments"},
		"database in use": {good, func(*testing.T) Options { return used }, ErrInUse, ""},
	} {
		t.Run(name, func(t *testing.T) {
			o := databases["SQLite"](t, key)
			if c.into != nil {
				o = c.into(t)
			}
			_, err := Restore(t.Context(), c.from, false, o)
			if err == nil || c.is != nil && !errors.Is(err, c.is) || !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %v", err)
			}
		})
	}
	if left, err := filepath.Glob(filepath.Join(os.TempDir(), "consentry-restore-*")); err != nil || len(left) != 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestABackupWithFaultsIsRestoredOnRequestOnly(t *testing.T) {
	key := NewKey()
	b := benchAt(t, databases["SQLite"](t, key))
	b.life(t)
	b.tamper(t)
	b.exec(t, `UPDATE audit SET actor = 'somebody else' WHERE seq = 2`)
	b.exec(t, `UPDATE runs SET document = $1`, append(bytes.Clone(b.seal.sealers[0].header), 1))
	path, _ := b.backupTo(t, "backup.db")
	o := databases["SQLite"](t, key)
	if _, err := Restore(t.Context(), path, false, o); err == nil || !strings.Contains(err.Error(), "row 2 of the audit log") || !strings.Contains(err.Error(), "runs/") {
		t.Fatalf("got %v", err)
	}
	if _, err := os.Stat(o.Path); !os.IsNotExist(err) {
		t.Errorf("something was written: %v", err)
	}
	r, err := Restore(t.Context(), path, true, o)
	if err != nil || len(r.Faults) != 2 {
		t.Fatalf("%+v, %v", r, err)
	}
	rows := benchAt(t, o).log(t)
	if last := rows[len(rows)-1]; last.Action != "restored" || !strings.Contains(last.Detail, "row 2") {
		t.Errorf("the log says %+v", last)
	}
}

func TestABackupIsOneFileForItsOwnerAndOverwritesNothing(t *testing.T) {
	b := benchAt(t, databases["SQLite"](t, NewKey()))
	b.life(t)
	path, _ := b.backupTo(t, "backup.db")
	files, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(files) != 1 {
		t.Errorf("%v, %v", files, err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
	before := len(b.log(t))
	if _, err := b.Backup(t.Context(), path); err == nil || !strings.Contains(err.Error(), "is there already") || len(b.log(t)) != before {
		t.Errorf("got %v", err)
	}
	if _, err := b.Backup(t.Context(), filepath.Join(path, "below", "a-file")); err == nil {
		t.Error("written below a file")
	}
	if got := b.said(t, before); !slices.Equal(got, []string{"backup-made intent", "backup-made failed"}) {
		t.Errorf("the log says %q", got)
	}
}

func TestABackupIsNotMadeWhenItCannotBeWrittenDown(t *testing.T) {
	b := benchAt(t, databases["SQLite"](t, NewKey()))
	b.refuseAudit(t)
	path := filepath.Join(t.TempDir(), "backup.db")
	if _, err := b.Backup(t.Context(), path); !errors.Is(err, ErrUnaudited) {
		t.Errorf("got %v", err)
	}
	if _, err := os.Lstat(path); !os.IsNotExist(err) {
		t.Errorf("made nevertheless: %v", err)
	}
}

// A table that is in neither list would be lost, or carried over unasked.
func TestEveryTableIsInBackupsOrNamedAsLeftOut(t *testing.T) {
	s := openAt(t, filepath.Join(t.TempDir(), "consentry.db"), NewKey(), nil)
	tables, err := all(t.Context(), s.read, scanID, `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'goose%' AND name NOT LIKE 'sqlite%' AND name NOT LIKE 'river%'`)
	if err != nil {
		t.Fatal(err)
	}
	want := slices.Clone(notInBackups)
	for _, c := range inBackups {
		want = append(want, c.table)
	}
	slices.Sort(tables)
	slices.Sort(want)
	if !slices.Equal(tables, want) {
		t.Errorf("tables %v\nin backups or left out %v", tables, want)
	}
}

// Nothing in a backup can be read, and what is used once is not even there
// encrypted.
func TestABackupHoldsNoSecret(t *testing.T) {
	b := benchAt(t, databases["SQLite"](t, NewKey()))
	b.secret(t, "canary", "CANARY~secret/value")
	b.session(t, "s", "CANARY~session/value")
	b.trial(t, trial.Trial{ID: "t"}, "CANARY~state/value", "CANARY~verifier/value")
	if err := b.SaveOperator(t.Context(), alice, []byte("CANARY~tokens/value")); err != nil {
		t.Fatal(err)
	}
	path, _ := b.backupTo(t, "backup.db")
	data, err := os.ReadFile(path)
	if err != nil || len(data) < 4096 {
		t.Fatalf("%d bytes, %v", len(data), err)
	}
	for _, what := range []string{"secret", "session", "state", "verifier", "tokens"} {
		plain := "CANARY~" + what + "/value"
		for form, text := range map[string]string{
			"raw": plain, "base64": base64.RawStdEncoding.EncodeToString([]byte(plain))[:20], "hex": hex.EncodeToString([]byte(plain)), "escaped": url.QueryEscape(plain),
		} {
			if bytes.Contains(bytes.ToLower(data), bytes.ToLower([]byte(text))) {
				t.Errorf("%s, %s, is in the backup", what, form)
			}
		}
	}
	for _, q := range []string{`SELECT value FROM secrets`, `SELECT flow FROM trials`} {
		var sealed []byte
		if err := b.read.QueryRowContext(t.Context(), q).Scan(&sealed); err != nil || len(sealed) == 0 {
			t.Fatal(err)
		}
		if bytes.Contains(data, sealed) {
			t.Errorf("%s: the ciphertext is in the backup", q)
		}
	}
}
