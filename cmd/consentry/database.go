package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"strings"

	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/store"
)

// DataFlags say where the data is and what it is encrypted with: a SQLite
// file in a folder, for one console, or a PostgreSQL database, for several.
type DataFlags struct {
	settingsFlag

	Data         string `placeholder:"DIR" help:"Folder for the database file. Default: the person's data folder; for the in-process sandbox one that lives as long as the console."`
	Database     string `env:"CONSENTRY_DATABASE" placeholder:"URL" help:"PostgreSQL database to use instead, postgres://user:password@host/database?sslmode=verify-full; several consoles may share it. Others on this machine can read arguments: prefer the variable or --database-file."`
	DatabaseFile string `placeholder:"FILE" help:"File with that URL."`
	// KeyFile are the files of the keys: the first encrypts, all open.
	KeyFile []string `sep:"none" placeholder:"FILE" help:"File with the encryption key, outside the data folder; or CONSENTRY_KEY holds the key itself. Made when it is missing, but not where consoles share a database, which all need the same. To change keys give the new file first and the old one after it, and run \"consentry rekey\"."`

	// shared: several people use the console, whatever the database.
	shared bool
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

// openStore opens the database with its key. Environments of different clouds
// never share a database. Where a key is made, its place is said.
func openStore(ctx context.Context, f DataFlags, cloud entra.Cloud, log *slog.Logger, say io.Writer) (*store.Store, error) {
	url, err := f.databaseURL()
	if err != nil {
		return nil, err
	}
	o := store.Options{URL: url, Log: log}
	if url == "" {
		folder, err := dataFolder(f.Data, cloud)
		if err != nil {
			return nil, err
		}
		o.Path = database(folder)
	}
	keys, err := f.keys(f.shared || url != "", say)
	if err != nil {
		return nil, err
	}
	o.Key, o.OldKeys = keys[0], keys[1:]
	st, err := store.Open(ctx, o)
	if err != nil {
		return nil, err
	}
	if err := st.Bind(ctx, boundName(cloud)); err != nil {
		return nil, errors.Join(err, st.Close())
	}
	return st, nil
}

// boundName tells clouds apart, for as long as a database lives: the sandbox
// is the same wherever it listens.
func boundName(c entra.Cloud) string {
	if c.IsSandbox() || c.Name == entra.Public().Name {
		return c.Name
	}
	return c.Login
}
