//go:build unix

package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"
)

// lockBeat is how often the holder of a lock writes itself into the file anew.
const lockBeat = 5 * time.Second

// lockFile holds the file at path until release is called or the process
// ends, however it ends. The file says who holds it; it stays behind, since
// removing it would let two processes lock two files of the same name.
func lockFile(ctx context.Context, path string) (release func() error, err error) {
	return lockAs(ctx, path, thisProcess(), lockBeat)
}

// lockAs is lockFile for a holder. The kernel lets one process of this machine
// have the file. On a network file system it may let one of each machine: a
// holder on another one is known by what it goes on writing into the file.
func lockAs(ctx context.Context, path string, holder lockHolder, beat time.Duration) (release func() error, err error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return nil, errors.Join(lockRefused(f, err), f.Close())
	}
	if err := holder.elsewhere(ctx, f, beat); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	if err := errors.Join(f.Truncate(0), holder.write(f)); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	beating, stop := context.WithCancel(context.WithoutCancel(ctx))
	var beater sync.WaitGroup
	beater.Go(func() {
		for pause(beating, beat) == nil {
			_ = holder.write(f) // a full disk: the kernel's lock still holds
		}
	})
	return sync.OnceValue(func() error {
		stop()
		beater.Wait()
		return errors.Join(f.Truncate(0), f.Close()) // empty: nobody needs to wait for us
	}), nil
}

// A lockHolder is who has a lock: words for people, and the running kernel,
// whose locks are seen by all processes that it runs.
type lockHolder struct{ words, kernel string }

func thisProcess() lockHolder {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown host"
	}
	kernel, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		kernel = []byte(host) // no Linux
	}
	return lockHolder{fmt.Sprintf("process %d on %s", os.Getpid(), host), strings.TrimSpace(string(kernel))}
}

func (h lockHolder) write(f *os.File) error {
	_, err := f.WriteAt([]byte(h.words+"\n"+h.kernel+"\n"), 0)
	return errors.Join(err, f.Sync())
}

// readHolder is who wrote itself into the file last; ok is false when they
// ended well, or nobody did.
func readHolder(path string) (h lockHolder, ok bool) {
	f, err := os.Open(path)
	if err != nil {
		return h, false
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, 500))
	words, kernel, _ := bytes.Cut(text, []byte("\n"))
	return lockHolder{string(words), strings.TrimSpace(string(kernel))}, err == nil && len(words) > 0
}

// elsewhere fails when a process on another machine holds the file: it wrote
// into it lately, and goes on to do so. One that died there is waited for a
// few beats, since nobody can tell it from one that lives.
func (h lockHolder) elsewhere(ctx context.Context, f *os.File, beat time.Duration) error {
	other, ok := readHolder(f.Name())
	if !ok || other.kernel == h.kernel {
		return nil
	}
	first, err := f.Stat()
	if err != nil {
		return err
	}
	const beats, looks = 3, 15
	if now, err := fileTime(filepath.Dir(f.Name())); err != nil || now.Sub(first.ModTime()) > beats*beat {
		return err
	}
	for range looks {
		if err := pause(ctx, beats*beat/looks); err != nil {
			return err
		}
		if info, err := os.Stat(f.Name()); err == nil && !info.ModTime().Equal(first.ModTime()) {
			return inUse(other.words)
		}
	}
	return nil
}

// fileTime is the time by the clock of the folder's file system.
func fileTime(folder string) (time.Time, error) {
	f, err := os.CreateTemp(folder, ".clock-*")
	if err != nil {
		return time.Time{}, err
	}
	defer os.Remove(f.Name())
	info, err := f.Stat()
	if err := errors.Join(err, f.Close()); err != nil {
		return time.Time{}, err
	}
	return info.ModTime(), nil
}

func lockRefused(f *os.File, cause error) error {
	if !errors.Is(cause, syscall.EWOULDBLOCK) {
		return fmt.Errorf("lock %s: %w", f.Name(), cause)
	}
	holder, ok := readHolder(f.Name())
	if !ok {
		holder.words = "it did not say which"
	}
	return inUse(holder.words)
}

func inUse(holder string) error {
	return fmt.Errorf("%w (%s): stop that one first, or give this one a data folder of its own; several consoles can share a PostgreSQL database", ErrInUse, holder)
}
