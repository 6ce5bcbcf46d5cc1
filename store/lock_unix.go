//go:build unix

package store

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"
)

// lockFile holds the file at path until release is called or the process
// ends, however it ends. The file says who holds it; it stays behind, since
// removing it would let two processes lock two files of the same name.
func lockFile(path string) (release func() error, err error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return nil, errors.Join(lockRefused(f, err), f.Close())
	}
	if err := errors.Join(f.Truncate(0), writeHolder(f)); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f.Close, nil
}

func writeHolder(f *os.File) error {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown host"
	}
	_, err = fmt.Fprintf(f, "process %d on %s", os.Getpid(), host)
	return err
}

func lockRefused(f *os.File, cause error) error {
	if !errors.Is(cause, syscall.EWOULDBLOCK) {
		return fmt.Errorf("lock %s: %w", f.Name(), cause)
	}
	holder, err := io.ReadAll(io.LimitReader(f, 200))
	if err != nil || len(holder) == 0 {
		holder = []byte("it did not say which")
	}
	return fmt.Errorf("%w (%s): stop that one first, or give this one a data folder of its own", ErrInUse, strings.TrimSpace(string(holder)))
}
