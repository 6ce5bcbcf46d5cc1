package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/consentry/consentry/store"
)

// keyVariable holds the encryption key where there is no file to keep it in;
// several are set apart by blanks, the first encrypts.
const keyVariable = "CONSENTRY_KEY"

// keyGiven: somebody chose the key, rather than taking the person's own.
func (f DataFlags) keyGiven() bool { return len(f.KeyFile) > 0 || os.Getenv(keyVariable) != "" }

// keys are those to open the database with: the first encrypts, all open.
// Where the console is shared none is made and none is taken unasked: the
// others could not read what it writes. Where one is made, its place is said.
func (f DataFlags) keys(shared bool, say io.Writer) ([]store.Key, error) {
	text := os.Getenv(keyVariable)
	switch {
	case text != "" && len(f.KeyFile) > 0:
		return nil, fmt.Errorf("give one of --key-file and %s", keyVariable)
	case text != "":
		return parseKeys(text)
	case shared && len(f.KeyFile) == 0:
		return nil, fmt.Errorf(`the encryption key is missing; a shared console takes it from --key-file or %s only: make it once with "openssl rand -base64 32" and bring it to each`, keyVariable)
	case len(f.KeyFile) > 1 || shared:
		return f.loadKeys()
	}
	path, err := f.keyPath()
	if err != nil {
		return nil, err
	}
	key, made, err := store.LoadOrMakeKey(path)
	if made {
		fmt.Fprintf(say, "Made the encryption key %s. Keep it: without it the database cannot be read.\n", path)
	}
	return []store.Key{key}, err
}

func parseKeys(text string) ([]store.Key, error) {
	var out []store.Key
	for _, one := range strings.Fields(text) {
		key, err := store.ParseKey(one)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", keyVariable, err)
		}
		out = append(out, key)
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("%s is empty", keyVariable)
	}
	return out, nil
}

// loadKeys reads key files that must be there.
func (f DataFlags) loadKeys() ([]store.Key, error) {
	var out []store.Key
	for _, path := range f.KeyFile {
		key, err := store.LoadKey(path)
		if errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf(`the key file %s is missing; it is not made here, because other consoles or another key depend on it: consoles that share a database need the same key. Make it once with "openssl rand -base64 32" and give it mode 600`, path)
		}
		if err != nil {
			return nil, err
		}
		out = append(out, key)
	}
	return out, nil
}

// keyPath is the key file given, or the person's own.
func (f DataFlags) keyPath() (string, error) {
	if len(f.KeyFile) > 0 {
		return f.KeyFile[0], nil
	}
	base, err := os.UserConfigDir()
	if err != nil {
		return "", fmt.Errorf("--key-file is not given and there is no configuration folder: %w", err)
	}
	return filepath.Join(base, "consentry", "key"), nil
}
