package store

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/consentry/consentry/setup"
)

// smallDisk mounts a disk of that many bytes and gives its folder.
func smallDisk(t *testing.T, size string) string {
	t.Helper()
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size="+size); err != nil {
		t.Skipf("a small disk cannot be mounted here (%v): run this test as root on a machine of one's own", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, 0); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// fillDisk takes the rest of the disk.
func fillDisk(t *testing.T, path string) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for block := make([]byte, 4096); ; {
		if _, err := f.Write(block); errors.Is(err, syscall.ENOSPC) {
			return
		} else if err != nil {
			t.Fatal(err)
		}
	}
}

func TestOnAFullDiskNothingIsBegunPagesAreReadAndItRecovers(t *testing.T) {
	dir := smallDisk(t, "4m")
	c := &clock{now: time.Now()}
	b := &bench{Store: openAt(t, filepath.Join(dir, "consentry.db"), NewKey(), c.Now), clock: c}
	o := b.operation(t, b.environment(t, "one").ID)
	idle := b.environment(t, "two")
	b.session(t, "a", "data")
	filler := filepath.Join(dir, "filler")
	fillDisk(t, filler)
	for range 3 {
		_, intended := b.Journal(o).Intent(t.Context(), setup.Entry{Step: "application"})
		_, started := b.StartOperation(t.Context(), idle.ID, SetupOperation, alice, setup.Plan{})
		for what, err := range map[string]error{"intent": intended, "operation": started, "ready": b.Ready(t.Context())} {
			if !errors.Is(err, ErrUnavailable) {
				t.Errorf("%s: %v", what, err)
			}
		}
		wantSession(t, b, "a", "data")
		if list, err := b.Environments(t.Context()); err != nil || len(list) != 2 {
			t.Errorf("list: %v, %v", list, err)
		}
	}
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	if err := b.Ready(t.Context()); err != nil {
		t.Errorf("with space again: %v", err)
	}
	if seq := b.intent(t, o, "application"); seq != 1 {
		t.Errorf("the first entry is number %d", seq)
	}
}
