//go:build unix

package store

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// ours and theirs are processes on two machines that see the same folder.
var (
	ours   = lockHolder{"process 1 on here", "kernel-a"}
	theirs = lockHolder{"process 2 on there", "kernel-b"}
)

// quick is a beat for tests.
const quick = 20 * time.Millisecond

func writeHolder(t *testing.T, path string, h lockHolder) {
	t.Helper()
	if err := os.WriteFile(path, []byte(h.words+"\n"+h.kernel+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestAHolderOnAnotherMachineIsRefusedWithItsName(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.lock")
	writeHolder(t, path, theirs)
	done := make(chan struct{})
	beats := make(chan struct{})
	go func() { // the other machine, whose lock this kernel does not see
		defer close(beats)
		for i := 0; ; i++ {
			select {
			case <-done:
				return
			default:
				at := time.Now().Add(time.Duration(i) * time.Millisecond)
				if err := os.Chtimes(path, at, at); err != nil {
					return
				}
			}
		}
	}()
	release, err := lockAs(t.Context(), path, ours, quick)
	close(done)
	<-beats
	if !errors.Is(err, ErrInUse) || !strings.Contains(err.Error(), theirs.words) || release != nil {
		t.Errorf("got %v", err)
	}
}

func TestAHolderThatDiedOnAnotherMachineIsWaitedForAndTakenOverFrom(t *testing.T) {
	for name, since := range map[string]time.Duration{"just now": 0, "long ago": time.Hour} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "x.lock")
			writeHolder(t, path, theirs)
			at := time.Now().Add(-since)
			if err := os.Chtimes(path, at, at); err != nil {
				t.Fatal(err)
			}
			release, err := lockAs(t.Context(), path, ours, quick)
			if err != nil {
				t.Fatal(err)
			}
			if h, ok := readHolder(path); !ok || h != ours {
				t.Errorf("the file says %+v", h)
			}
			if err := release(); err != nil {
				t.Error(err)
			}
			if _, ok := readHolder(path); ok {
				t.Error("after a good end the file still names somebody")
			}
		})
	}
}

func TestAHolderThatDiedOnThisMachineIsNotWaitedFor(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.lock")
	writeHolder(t, path, lockHolder{"process 9 on here", ours.kernel})
	release, err := lockAs(t.Context(), path, ours, time.Hour) // waiting would outlast the test
	if err != nil {
		t.Fatal(err)
	}
	if err := release(); err != nil {
		t.Error(err)
	}
}

func TestAHolderGoesOnWritingItself(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.lock")
	release, err := lockAs(t.Context(), path, ours, time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	first, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	for { // the test's own time limit is the only one
		if info, err := os.Stat(path); err != nil || info.ModTime().After(first.ModTime()) {
			break
		}
	}
	if err := release(); err != nil {
		t.Error(err)
	}
}
