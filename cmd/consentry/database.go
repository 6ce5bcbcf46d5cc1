package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/store"
)

// DataFlags say where the data is and what it is encrypted with: a SQLite
// file in a folder, for one console, or a PostgreSQL database, for several.
type DataFlags struct {
	Data         string `placeholder:"DIR" help:"Folder for the database file. Default: the person's data folder; for the in-process sandbox one that lives as long as the console."`
	Database     string `env:"CONSENTRY_DATABASE" placeholder:"URL" help:"PostgreSQL database to use instead, postgres://user:password@host/database?sslmode=verify-full; several consoles may share it. Others on this machine can read arguments: prefer the variable or --database-file."`
	DatabaseFile string `placeholder:"FILE" help:"File with that URL."`
	KeyFile      string `placeholder:"FILE" help:"File with the encryption key, outside the data folder. Made when it is missing, but not for --database, where all consoles need the same."`
}

// databaseURL is the PostgreSQL database's, empty for a file. Errors do not
// quote it: it may hold a password.
func (f DataFlags) databaseURL() (string, error) {
	url := f.Database
	if f.DatabaseFile != "" {
		if url != "" {
			return "", errors.New("give one of --database (or CONSENTRY_DATABASE) and --database-file")
		}
		text, err := os.ReadFile(f.DatabaseFile)
		if err != nil {
			return "", fmt.Errorf("--database-file: %w", err)
		}
		if url = strings.TrimSpace(string(text)); url == "" {
			return "", fmt.Errorf("--database-file: %s is empty", f.DatabaseFile)
		}
	}
	if url != "" && f.Data != "" {
		return "", errors.New("--data is the folder of a database file: leave it out with --database")
	}
	return url, nil
}

// there reports whether there is a database already; one of a URL counts as
// there.
func (f DataFlags) there(cloud entra.Cloud) (bool, error) {
	if url, err := f.databaseURL(); err != nil || url != "" {
		return err == nil, err
	}
	folder, err := dataFolder(f.Data, cloud)
	if err != nil {
		return false, err
	}
	_, err = os.Stat(database(folder))
	return !errors.Is(err, fs.ErrNotExist), nil
}

// keyPath is the key file given, or the person's own.
func (f DataFlags) keyPath() (string, error) {
	if f.KeyFile != "" {
		return f.KeyFile, nil
	}
	base, err := os.UserConfigDir()
	if err != nil {
		return "", fmt.Errorf("--key-file is not given and there is no configuration folder: %w", err)
	}
	return filepath.Join(base, "consentry", "key"), nil
}

// sharedKey is for a database that several consoles use: none of them makes a
// key, since the others could not read what it writes.
func sharedKey(path string) error {
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf(`the key file %s is missing; consoles that share a database need the same key: make it once with "openssl rand -base64 32", give it mode 600, and bring it to each`, path)
	}
	return nil // other errors are told where it is read
}

// openStore opens the database with its key. Environments of different clouds
// never share a database. Where a key is made, its place is said.
func openStore(ctx context.Context, f DataFlags, cloud entra.Cloud, log *slog.Logger, say io.Writer) (*store.Store, error) {
	url, err := f.databaseURL()
	if err != nil {
		return nil, err
	}
	keyFile, err := f.keyPath()
	if err != nil {
		return nil, err
	}
	o := store.Options{URL: url, Log: log}
	if url != "" {
		if err := sharedKey(keyFile); err != nil {
			return nil, err
		}
	} else {
		folder, err := dataFolder(f.Data, cloud)
		if err != nil {
			return nil, err
		}
		o.Path = database(folder)
	}
	key, made, err := store.LoadOrMakeKey(keyFile)
	if err != nil {
		return nil, err
	}
	if made {
		fmt.Fprintf(say, "Made the encryption key %s. Keep it: without it the database in %s cannot be read.\n", keyFile, filepath.Dir(o.Path))
	}
	o.Key = key
	return store.Open(ctx, o)
}
