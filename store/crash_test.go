package store

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/setup"
)

// childPath and childKey tell this test binary, started again, which database
// to write to until it is killed.
const childPath, childKey = "STORE_TEST_CHILD_PATH", "STORE_TEST_CHILD_KEY"

func TestMain(m *testing.M) {
	if path := os.Getenv(childPath); path != "" {
		if err := child(path); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// child is what this binary does when a test started it again.
func child(path string) error {
	if d, err := time.ParseDuration(os.Getenv(heldFor)); err == nil {
		return holdExclusively(path, d)
	}
	if n, err := strconv.ParseInt(os.Getenv(killAt), 10, 64); err == nil {
		return upgradeUntilKilled(path, n, os.Getenv(killIn))
	}
	return writeUntilKilled(path, os.Getenv(childKey))
}

// writeUntilKilled records entry after entry and prints the number of each
// once it was acknowledged. Every other one brings a secret.
func writeUntilKilled(path, keyFile string) error {
	ctx := context.Background()
	key, _, err := LoadOrMakeKey(keyFile)
	if err != nil {
		return err
	}
	s, err := Open(ctx, Options{Path: path, Key: key})
	if err != nil {
		return err
	}
	env, err := s.CreateEnvironment(ctx, Environment{Spec: setup.Spec{Name: "crash"}})
	if err != nil {
		return err
	}
	op, err := s.StartOperation(ctx, env.ID, SetupOperation, alice, setup.Plan{})
	if err != nil {
		return err
	}
	for {
		seq, err := s.Journal(op).Intent(ctx, setup.Entry{Step: "secret"})
		if err != nil {
			return err
		}
		if seq%2 == 0 {
			created := entra.Created{SecretValue: entra.NewSensitive("value-" + strconv.FormatInt(seq, 10))}
			if err := s.Journal(op).Outcome(ctx, seq, setup.Done, created, nil); err != nil {
				return err
			}
		}
		fmt.Println(seq)
	}
}

// A process that is killed loses nothing it was told is recorded, holds the
// file while it lives, and lets go of it when it dies.
func TestKilledProcessLosesNothingAcknowledged(t *testing.T) {
	dir := t.TempDir()
	path, keyFile := filepath.Join(dir, "data", "consentry.db"), filepath.Join(dir, "consentry.key")
	key, _, err := LoadOrMakeKey(keyFile)
	if err != nil {
		t.Fatal(err)
	}
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), childPath+"="+path, childKey+"="+keyFile)
	child.Stderr = os.Stderr
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	const before = 50
	for range before {
		if !lines.Scan() {
			t.Fatalf("the child ended: %v", lines.Err())
		}
	}
	_, err = Open(t.Context(), Options{Path: path, Key: key})
	if want := fmt.Sprintf("process %d ", child.Process.Pid); !errors.Is(err, ErrInUse) || !strings.Contains(err.Error(), want) {
		t.Errorf("while the child lives: %v; want it to name %q", err, want)
	}
	if err := child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	last := int64(before)
	for lines.Scan() { // what it had printed when it died
		if n, err := strconv.ParseInt(lines.Text(), 10, 64); err == nil && n == last+1 {
			last = n
		}
	}
	if err := child.Wait(); err == nil {
		t.Error("the child ended by itself")
	}
	wantRecorded(t, openAt(t, path, key, nil), last)
}

// wantRecorded checks that entries 1 to last are there and that each even one
// kept its secret.
func wantRecorded(t *testing.T, s *Store, last int64) {
	t.Helper()
	dead, err := s.NextOperation(t.Context())
	if err != nil {
		t.Fatalf("what it had running: %v", err)
	}
	entries, err := s.Entries(t.Context(), dead.ID)
	if err != nil || int64(len(entries)) < last {
		t.Fatalf("%d of %d entries, %v", len(entries), last, err)
	}
	for i, e := range entries[:last] {
		if even := e.Seq%2 == 0; e.Seq != int64(i+1) || e.SecretKept != even || (e.State == setup.Done) != even {
			t.Fatalf("entry %d: %+v", i+1, e)
		}
	}
	kept, err := s.Secrets(t.Context(), dead.Environment)
	if err != nil || int64(len(kept)) < last/2 {
		t.Fatalf("%d secrets, %v", len(kept), err)
	}
	for i, k := range kept[:last/2] {
		if v, err := s.UseSecret(t.Context(), k.ID, alice); err != nil || v.Reveal() != fmt.Sprintf("value-%d", 2*(i+1)) {
			t.Fatalf("secret %d: %v", i, err)
		}
	}
}
