package store

import (
	"bufio"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/setup"
)

// heldFor tells this test binary, started again, to hold the lock on the file
// in childPath that long, or until it is killed.
const heldFor = "STORE_TEST_HOLD"

// holdExclusively is what sqlite3 or a backup tool does to a file.
func holdExclusively(path string, d time.Duration) error {
	db, err := sql.Open("sqlite", "file:"+path)
	if err != nil {
		return err
	}
	db.SetMaxOpenConns(1)
	if _, err := db.Exec(`BEGIN EXCLUSIVE`); err != nil {
		return err
	}
	fmt.Println("held")
	time.Sleep(d) // the fault itself
	if _, err := db.Exec(`ROLLBACK`); err != nil {
		return err
	}
	return db.Close()
}

// lockedBy starts a process that holds the file, and waits until it does.
func lockedBy(t *testing.T, path string, d time.Duration) *exec.Cmd {
	t.Helper()
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), childPath+"="+path, heldFor+"="+d.String())
	child.Stderr = os.Stderr
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(out).ReadString('\n'); err != nil || line != "held\n" {
		t.Fatalf("%q, %v", line, err)
	}
	return child
}

func TestAWriteWaitsForAProcessThatLocksTheFileForThreeSeconds(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "consentry.db")
	b := &bench{Store: openAt(t, path, NewKey(), nil), clock: &clock{now: time.Now()}}
	e := b.environment(t, "one")
	child := lockedBy(t, path, 3*time.Second)
	if _, err := b.StartOperation(t.Context(), e.ID, SetupOperation, alice, setup.Plan{}); err != nil {
		t.Error(err)
	}
	if err := child.Wait(); err != nil {
		t.Error(err)
	}
}

func TestAWriteGivesUpOnAProcessThatKeepsTheFileLockedAndDoesNothingByHalves(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "consentry.db")
	b := &bench{Store: openAt(t, path, NewKey(), nil), clock: &clock{now: time.Now()}}
	o := b.operation(t, b.environment(t, "one").ID)
	idle := b.environment(t, "two")
	child := lockedBy(t, path, 20*time.Second)
	for i, err := range together(4, func(i int) error { // one waits for the file, the others for it
		if i%2 == 0 {
			_, err := b.StartOperation(t.Context(), idle.ID, SetupOperation, alice, setup.Plan{})
			return err
		}
		_, err := b.Journal(o).Intent(t.Context(), setup.Entry{Step: "application"})
		return err
	}) {
		if !errors.Is(err, ErrUnavailable) {
			t.Errorf("write %d: %v", i, err)
		}
	}
	ops, err := b.Operations(t.Context(), idle.ID)
	entries, err2 := b.Entries(t.Context(), o.ID)
	if err := errors.Join(err, err2); err != nil || len(ops)+len(entries) != 0 {
		t.Errorf("reading meanwhile: %v, %v, %v", ops, entries, err)
	}
	if err := child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := child.Wait(); err == nil {
		t.Error("it ended by itself")
	}
	if _, err := b.StartOperation(t.Context(), idle.ID, SetupOperation, alice, setup.Plan{}); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

func TestAnAnswerThatComesWhileTheDiskIsFullIsRecordedOnceThereIsSpace(t *testing.T) {
	b := &bench{Store: openAt(t, filepath.Join(t.TempDir(), "consentry.db"), NewKey(), nil), clock: &clock{now: time.Now()}}
	o := b.operation(t, b.environment(t, "one").ID)
	seq := b.intent(t, o, "secret")
	var pages int
	if err := b.write.QueryRowContext(t.Context(), `PRAGMA page_count`).Scan(&pages); err != nil {
		t.Fatal(err)
	}
	setMaxPages(t, b.Store, pages)
	paused := false
	b.pause = func(_ context.Context, _ time.Duration) error {
		paused = true
		setMaxPages(t, b.Store, pages+1000)
		return nil
	}
	created := entra.Created{Application: &entra.Application{DisplayName: strings.Repeat("x", 1<<16)}, SecretValue: entra.NewSensitive("the-value")}
	if err := b.Journal(o).Outcome(t.Context(), seq, setup.Done, created, nil); err != nil || !paused {
		t.Fatalf("waited: %v, %v", paused, err)
	}
	if v, err := b.RevealSecret(t.Context(), b.keptSecret(t, o.Environment).ID, alice); err != nil || v.Reveal() != "the-value" {
		t.Errorf("got %v", err)
	}
}
