package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/user"

	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/store"
)

// keepingCommands are for whoever runs the console: its log, its keys and its
// backups.
type keepingCommands struct {
	Audit   AuditCmd   `cmd:"" help:"Verify or export the audit log; also while the console runs."`
	Backup  BackupCmd  `cmd:"" help:"Write a copy of the database to a file; also while the console runs."`
	Restore RestoreCmd `cmd:"" help:"Fill an empty database with a backup, and verify it."`
	Rekey   RekeyCmd   `cmd:"" help:"Encrypt everything anew with the first of several keys, so that the others can go."`
}

// keptFlags say which database is meant.
type keptFlags struct {
	DataFlags
	Cloud string `default:"public" help:"Whose database folder is meant where neither --data nor --database is given: public, sandbox, a name, or the JSON file that serve was given."`
}

// location is where the database is.
func (f keptFlags) location(log *slog.Logger) (store.Options, error) {
	url, err := f.databaseURL()
	if err != nil || url != "" {
		return store.Options{URL: url, Log: log}, err
	}
	cloud, err := cloudOf(f.Cloud)
	if err != nil { // it is a name
		cloud = entra.Cloud{Name: f.Cloud}
	}
	folder, err := dataFolder(f.Data, cloud)
	return store.Options{Path: database(folder), Log: log}, err
}

// withKeys is the location with its keys, none of which is made.
func (f keptFlags) withKeys(log *slog.Logger) (store.Options, error) {
	o, err := f.location(log)
	if err != nil {
		return o, err
	}
	if !f.keyGiven() {
		path, err := f.keyPath()
		if err != nil {
			return o, err
		}
		if missing(path) {
			return o, fmt.Errorf("the encryption key is not at %s: name the one that belongs to the database or the backup with --key-file", path)
		}
		f.KeyFile = []string{path}
	}
	keys, err := f.keys(true, nil)
	if err != nil {
		return o, err
	}
	o.Key, o.OldKeys = keys[0], keys[1:]
	return o, nil
}

// warnings are what a command has to say besides its result.
func warnings(w io.Writer) *slog.Logger {
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: slog.LevelWarn}))
}

// byOperator gives a context in which the audit log says who sat at the
// machine: the command line knows nobody of the directory.
func byOperator(ctx context.Context) context.Context {
	name := "somebody"
	if u, err := user.Current(); err == nil {
		name = u.Username
	}
	if host, err := os.Hostname(); err == nil {
		name += " on " + host
	}
	return store.As(ctx, store.Caller{Person: entra.Person{DisplayName: name}, Role: "command line", Everything: true})
}

// amount is a number of things in words.
func amount(n int64, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
