package main

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/setup"
	"github.com/consentry/consentry/store"
	"github.com/consentry/consentry/store/postgrestest"
)

// canaryURL is a database that nobody answers for, with a password to look
// for in what is printed.
const canaryURL = "postgres://consentry:CANARY-pass@127.0.0.1:1/nowhere?connect_timeout=1"

func keyFileAt(t *testing.T, path string) string {
	t.Helper()
	var key [32]byte
	_, _ = rand.Read(key[:])
	if err := os.WriteFile(path, []byte(base64.StdEncoding.EncodeToString(key[:])), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func openWith(t *testing.T, f DataFlags) (st *store.Store, said string, err error) {
	t.Helper()
	var out bytes.Buffer
	log := slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug}))
	st, err = openStore(t.Context(), f, entra.Public(), log, &out)
	if err == nil {
		t.Cleanup(func() {
			if err := st.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	return st, out.String(), err
}

func TestTwoConsolesShareOneDatabaseWithOneKey(t *testing.T) {
	url, dir := postgrestest.Start(t), t.TempDir()
	file := filepath.Join(dir, "url")
	if err := os.WriteFile(file, []byte(url+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	key := keyFileAt(t, filepath.Join(dir, "key"))
	one, _, err := openWith(t, DataFlags{Database: url, KeyFile: []string{key}})
	if err != nil {
		t.Fatal(err)
	}
	two, _, err := openWith(t, DataFlags{DatabaseFile: file, KeyFile: []string{key}})
	if err != nil {
		t.Fatal(err)
	}
	env, err := one.CreateEnvironment(t.Context(), store.Environment{Spec: setup.Spec{Name: "shared"}})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := two.Environment(t.Context(), env.ID); err != nil || got.Name != "shared" {
		t.Errorf("the other reads %+v, %v", got, err)
	}
	_, _, err = openWith(t, DataFlags{Database: url, KeyFile: []string{keyFileAt(t, filepath.Join(dir, "other"))}})
	if err == nil || !strings.Contains(err.Error(), store.ErrWrongKey.Error()) {
		t.Errorf("with another key: %v", err)
	}
}

func TestASharedDatabaseNeverMakesAKey(t *testing.T) {
	path := filepath.Join(t.TempDir(), "key")
	_, _, err := openWith(t, DataFlags{Database: canaryURL, KeyFile: []string{path}})
	if err == nil || !strings.Contains(err.Error(), "same key") {
		t.Errorf("got %v", err)
	}
	if _, err := os.Stat(path); !os.IsNotExist(err) {
		t.Errorf("a key was made: %v", err)
	}
}

func TestWhatTheDatabaseFlagsCannotMeanIsSaidWithoutThePassword(t *testing.T) {
	dir := t.TempDir()
	key := keyFileAt(t, filepath.Join(dir, "key"))
	empty, full := filepath.Join(dir, "empty"), filepath.Join(dir, "full")
	for path, text := range map[string]string{empty: "\n", full: canaryURL} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	with := func(old, new string) string { return strings.Replace(canaryURL, old, new, 1) }
	for name, c := range map[string]struct {
		flags DataFlags
		want  string
	}{
		"file and database":       {DataFlags{Data: dir, Database: canaryURL}, "--data"},
		"URL twice":               {DataFlags{Database: canaryURL, DatabaseFile: full}, "one of --database"},
		"file of the URL missing": {DataFlags{DatabaseFile: filepath.Join(dir, "none")}, "--database-file"},
		"file of the URL empty":   {DataFlags{DatabaseFile: empty}, "is empty"},
		"another kind":            {DataFlags{Database: with("postgres:", "mysql:")}, "postgres://"},
		"a slash in the password": {DataFlags{Database: with("-pass", "-pa/ss")}, "%-escapes"},
		"nobody answers":          {DataFlags{Database: canaryURL}, store.ErrUnavailable.Error()},
	} {
		t.Run(name, func(t *testing.T) {
			c.flags.KeyFile = []string{key}
			_, said, err := openWith(t, c.flags)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v", err)
			}
			if err != nil && strings.Contains(err.Error()+said, "CANARY") {
				t.Errorf("the password is in %v, %s", err, said)
			}
		})
	}
}

func TestTheCommandLineTakesTheDatabaseFromTheEnvironment(t *testing.T) {
	key := keyFileAt(t, filepath.Join(t.TempDir(), "key"))
	t.Setenv("CONSENTRY_DATABASE", canaryURL)
	var out, errs bytes.Buffer
	code := run(t.Context(), []string{"serve", "--listen", "localhost:0", "--cloud", "public", "--key-file", key}, &out, &errs)
	if code != 1 || !strings.Contains(errs.String(), "nowhere on 127.0.0.1") {
		t.Errorf("exit code %d: %s", code, errs.String())
	}
	if strings.Contains(out.String()+errs.String(), "CANARY") {
		t.Errorf("the password was printed: %s%s", out.String(), errs.String())
	}
}
