package store

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
)

// keySize is the length of a Key in bytes: AES-256.
const keySize = 32

// A Key encrypts the sensitive columns. It prints as "[redacted]".
type Key struct{ bytes [keySize]byte }

// NewKey makes a random key.
func NewKey() Key {
	var k Key
	_, _ = rand.Read(k.bytes[:]) // never fails: it ends the program instead
	return k
}

// ParseKey reads a key in its text form: 32 bytes in base64. A key that is
// too short or plainly not random is refused. Errors never quote the text.
func ParseKey(text string) (Key, error) {
	raw, err := base64.StdEncoding.DecodeString(strings.TrimSpace(text))
	if err != nil {
		return Key{}, errors.New(`the key is not base64: make one with "openssl rand -base64 32"`)
	}
	if len(raw) != keySize {
		return Key{}, fmt.Errorf(`the key has %d bytes and must have %d: make one with "openssl rand -base64 32"`, len(raw), keySize)
	}
	k := Key{[keySize]byte(raw)}
	if k.isWeak() {
		return Key{}, errors.New(`the key is not random: make one with "openssl rand -base64 32"`)
	}
	return k, nil
}

// LoadOrMakeKey reads the key file at path, or makes one with a random key
// when there is none; made says which. The file holds the key in its text form
// and belongs to its owner alone; one that others may read is refused. Keep it
// outside the data folder: a copied folder must not hold both.
func LoadOrMakeKey(path string) (k Key, made bool, err error) {
	k, err = LoadKey(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return k, false, err
	}
	k = NewKey()
	err = makeKeyFile(path, k)
	if errors.Is(err, fs.ErrExist) { // another process was quicker
		k, err = LoadKey(path)
		return k, false, err
	}
	if err != nil {
		return Key{}, false, fmt.Errorf("make key file %s: %w", path, err)
	}
	return k, true, nil
}

// LoadKey reads the key file at path. Its errors are those of LoadOrMakeKey,
// and fs.ErrNotExist where there is no file.
func LoadKey(path string) (Key, error) {
	f, err := os.Open(path)
	if err != nil {
		return Key{}, fmt.Errorf("key file: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return Key{}, fmt.Errorf("key file: %w", err)
	}
	if !info.Mode().IsRegular() {
		return Key{}, fmt.Errorf("key file %s: it is not a file", path)
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		return Key{}, fmt.Errorf("key file %s: others may use it (mode %04o): run chmod 600 on it", path, mode)
	}
	text, err := io.ReadAll(io.LimitReader(f, 1024))
	if err != nil {
		return Key{}, fmt.Errorf("key file: %w", err)
	}
	k, err := ParseKey(string(text))
	if err != nil {
		return Key{}, fmt.Errorf("key file %s: %w", path, err)
	}
	return k, nil
}

// makeKeyFile writes the whole file before it gets its name, so that a crash
// leaves no half key; it fails with fs.ErrExist when the name is taken.
func makeKeyFile(path string, k Key) error {
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(dir, ".key-*") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = fmt.Fprintln(f, base64.StdEncoding.EncodeToString(k.bytes[:]))
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Link(f.Name(), path); err != nil {
		return err
	}
	return syncDir(dir)
}

// syncDir makes a new name in dir survive a power cut: without the key the
// database is lost.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

func (k Key) isZero() bool { return k == Key{} }

// isWeak finds keys typed by hand or taken from an example: zeros, one
// character again and again, bytes in sequence, and plain text. 32 random
// bytes have about 30 different values, and one of them at least is no
// character of a text.
func (k Key) isWeak() bool {
	seen, steps := map[byte]bool{}, map[byte]bool{}
	if text := bytes.IndexFunc(k.bytes[:], func(r rune) bool { return r < ' ' || r > '~' }); text < 0 {
		return true
	}
	for i, b := range k.bytes {
		seen[b] = true
		if i > 0 {
			steps[b-k.bytes[i-1]] = true
		}
	}
	return len(seen) < 8 || len(steps) < 8
}

// Format prints no key, whatever the verb.
func (k Key) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, "[redacted]") }

// MarshalText implements encoding.TextMarshaler, and with it JSON, without
// giving the key away.
func (k Key) MarshalText() ([]byte, error) { return []byte("[redacted]"), nil }

// LogValue implements slog.LogValuer.
func (k Key) LogValue() slog.Value { return slog.StringValue("[redacted]") }
