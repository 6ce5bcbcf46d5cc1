package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"

	"github.com/consentry/consentry/store"
)

// BackupCmd writes a backup.
type BackupCmd struct {
	keptFlags
	Out string `required:"" placeholder:"FILE" help:"New file to write to, for its owner only."`
}

// Help is what --help says besides.
func (*BackupCmd) Help() string {
	return "The file is the same whether the database is SQLite or PostgreSQL, and restores into either. It does not hold the encryption key: keep that apart, for without it the backup cannot be read. Sessions, people's tokens and secrets that wait to be shown are left out, so that nothing that ended comes back to life."
}

// Run makes it.
func (c *BackupCmd) Run(ctx context.Context, stdout, stderr io.Writer) error {
	return beside(ctx, stderr, c.location, func(ctx context.Context, st *store.Store) error {
		rows, err := st.Backup(ctx, c.Out)
		if err != nil {
			return err
		}
		fmt.Fprintf(stdout, "Wrote %s with %s. It takes the same encryption key to restore it; the key is not in the file.\n", c.Out, contents(rows))
		return nil
	})
}

// contents names what people know of.
func contents(rows map[string]int64) string {
	return strings.Join([]string{amount(rows["environments"], "environment", "environments"), amount(rows["operations"], "operation", "operations"),
		amount(rows["runs"], "run of the checks", "runs of the checks"), amount(rows["audit"], "row of the audit log", "rows of the audit log")}, ", ")
}

// RestoreCmd restores one.
type RestoreCmd struct {
	keptFlags
	From    string `required:"" placeholder:"FILE" help:"The backup."`
	Despite bool   `name:"despite-faults" help:"Restore although the audit log's chain is broken or values do not open. What is wrong is named and logged."`
}

// Help is what --help says besides.
func (*RestoreCmd) Help() string {
	return "The database must be empty: choose another --data folder, or a new PostgreSQL database. Afterwards everybody signs in again, operations that were under way are interrupted and look at the tenant before they go on, and secrets that waited to be shown must be replaced, unless somebody took them after the backup was made: the console leaves them alone."
}

// Run restores.
func (c *RestoreCmd) Run(ctx context.Context, stdout, stderr io.Writer) error {
	o, err := c.withKeys(warnings(stderr))
	if err != nil {
		return err
	}
	r, err := store.Restore(byOperator(ctx), c.From, c.Despite, o)
	if errors.Is(err, store.ErrNotEmpty) {
		return fmt.Errorf("%w; nothing was changed: restore into another --data folder or a new PostgreSQL database", err)
	}
	if errors.Is(err, fs.ErrNotExist) && missing(c.From) {
		return fmt.Errorf("--from: there is no file %s", c.From)
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(stdout, "Restored %s, all read back.\n", contents(r.Rows))
	if len(r.Faults) == 0 {
		fmt.Fprintf(stdout, "The audit log's chain is whole, and %s.\n", amount(int64(r.Opened), "encrypted value opens", "encrypted values open"))
	}
	if r.Interrupted > 0 {
		fmt.Fprintf(stdout, "%s under way and can be gone on with on its page.\n", amount(int64(r.Interrupted), "operation was", "operations were"))
	}
	for _, fault := range r.Faults {
		fmt.Fprintf(stderr, "consentry: restored despite a fault: %s\n", fault)
	}
	fmt.Fprintln(stdout, "Everybody signs in again. Secrets that waited to be shown are gone: replace those that nobody took after the backup was made.")
	return nil
}
