package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/consentry/consentry/store"
)

// AuditCmd is about the audit log.
type AuditCmd struct {
	Verify AuditVerifyCmd `cmd:"" help:"Read the whole log and say whether it is what was written; exit code 1 names the first row that is not."`
	Export AuditExportCmd `cmd:"" help:"Write the log as JSON or CSV. That it was exported is logged."`
	Head   AuditHeadCmd   `cmd:"" help:"Print the number and hash of the newest row, signed, to be kept elsewhere. The console logs the same from time to time."`
}

// AuditVerifyCmd verifies the chain.
type AuditVerifyCmd struct {
	keptFlags
	Head []string `sep:"none" placeholder:"FILE|TEXT" help:"Signed heads to compare with: what \"consentry audit head\" printed, or a file with such lines in it, such as the console's log. Takes the key. Without one, rows cut off at the end may go unnoticed."`
}

// Run verifies.
func (c *AuditVerifyCmd) Run(ctx context.Context, stdout, stderr io.Writer) error {
	heads, err := headsIn(c.Head)
	if err != nil {
		return err
	}
	locate := c.location
	if len(heads) > 0 {
		locate = c.withKeys
	}
	return beside(ctx, stderr, locate, func(ctx context.Context, st *store.Store) error {
		sum, err := st.VerifyAudit(ctx, heads...)
		if err != nil {
			return err
		}
		fmt.Fprintln(stdout, verdict(sum))
		return nil
	})
}

func verdict(sum store.AuditSummary) string {
	if sum.Rows == 0 {
		return "The audit log is empty."
	}
	text := fmt.Sprintf("The audit log is whole: %s, from %s to %s.", amount(sum.Rows, "row", "rows"), sum.First.Format(time.RFC3339), sum.Last.Format(time.RFC3339))
	if sum.Heads == 0 {
		return text + " It was compared with no signed head (--head), so rows cut off at the end together with the database's own count would not show."
	}
	return text + " It holds " + amount(int64(sum.Heads), "signed head.", "signed heads.")
}

// headsIn finds signed heads in what was given and in the files that it names.
func headsIn(given []string) ([]string, error) {
	var out []string
	for _, g := range given {
		heads := store.SignedHeads(g)
		if len(heads) == 0 {
			text, err := os.ReadFile(g)
			if err != nil {
				return nil, fmt.Errorf("--head: it is no signed head, and no file can be read: %w", errors.Unwrap(err))
			}
			if heads = store.SignedHeads(string(text)); len(heads) == 0 {
				return nil, fmt.Errorf("--head %s: there is no signed head in it", g)
			}
		}
		out = append(out, heads...)
	}
	return out, nil
}

// A locator says where the database is.
type locator = func(*slog.Logger) (store.Options, error)

// beside opens a database that may be in use, for as long as do takes.
func beside(ctx context.Context, stderr io.Writer, locate locator, do func(context.Context, *store.Store) error) (err error) {
	o, err := locate(warnings(stderr))
	if err != nil {
		return err
	}
	st, err := store.OpenBeside(ctx, o)
	if errors.Is(err, store.ErrNotFound) {
		return fmt.Errorf("there is no database at %s: name the console's with --data, --database-file or its --config", o.Path)
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	return do(byOperator(ctx), st)
}

// AuditHeadCmd prints a signed head.
type AuditHeadCmd struct{ keptFlags }

// Run prints it.
func (c *AuditHeadCmd) Run(ctx context.Context, stdout, stderr io.Writer) error {
	return beside(ctx, stderr, c.withKeys, func(ctx context.Context, st *store.Store) error {
		head, err := st.SignedHead(ctx)
		if err == nil && head == "" {
			return errors.New("the audit log is empty and has no head yet")
		}
		if err == nil {
			fmt.Fprintln(stdout, head)
		}
		return err
	})
}

// AuditExportCmd writes the log.
type AuditExportCmd struct {
	keptFlags
	Format string `enum:"json,csv" default:"json" help:"json or csv. CSV cells that a spreadsheet would take for a formula begin with an apostrophe."`
	Out    string `placeholder:"FILE" help:"New file to write to, for its owner only; without it standard output."`
	Action string `help:"Only this action, such as secret-revealed."`
	Actor  string `help:"Only rows of whose actor this is a part of the name, or the object ID."`
	From   day    `placeholder:"DATE" help:"Only from this day (UTC) on, such as 2026-11-21."`
	To     day    `placeholder:"DATE" help:"Only up to and with this day (UTC)."`
}

// A day is one of UTC, as 2026-11-21.
type day struct{ time.Time }

// UnmarshalText implements encoding.TextUnmarshaler.
func (d *day) UnmarshalText(text []byte) (err error) {
	if d.Time, err = time.Parse(time.DateOnly, string(text)); err != nil {
		return errors.New("give a day such as 2026-11-21")
	}
	return nil
}

// Run exports.
func (c *AuditExportCmd) Run(ctx context.Context, stdout, stderr io.Writer) error {
	if known := store.AuditActions(); c.Action != "" && !slices.Contains(known, c.Action) {
		return fmt.Errorf("--action: the log knows no %q; it has %s", c.Action, strings.Join(known, ", "))
	}
	return beside(ctx, stderr, c.location, func(ctx context.Context, st *store.Store) error { return c.export(ctx, st, stdout) })
}

func (c *AuditExportCmd) export(ctx context.Context, st *store.Store, stdout io.Writer) (err error) {
	e := store.AuditEvent{Action: "audit-exported", Result: store.AuditIntent, Detail: map[string]string{"format": c.Format, "action": c.Action, "name": c.Actor}}
	if err := st.Audit(ctx, e); err != nil {
		return err
	}
	f := store.AuditFilter{Action: c.Action, Actor: c.Actor, From: c.From.Time}
	if !c.To.IsZero() {
		f.To = c.To.AddDate(0, 0, 1)
	}
	n, err := c.write(stdout, func(w io.Writer) (int, error) { return store.WriteAudit(w, c.Format, true, st.AuditLog(ctx, f)) })
	e.Result, e.Detail["count"] = store.AuditDone, strconv.Itoa(n)
	if err != nil {
		e.Result = store.AuditFailed
	}
	return errors.Join(err, st.Audit(context.WithoutCancel(ctx), e))
}

// write gives the file, or standard output, to f.
func (c *AuditExportCmd) write(stdout io.Writer, f func(io.Writer) (int, error)) (int, error) {
	if c.Out == "" {
		return buffered(stdout, f)
	}
	file, err := newFile(c.Out)
	if err != nil {
		return 0, err
	}
	n, err := buffered(file, f)
	return n, errors.Join(err, file.Close())
}

func buffered(out io.Writer, f func(io.Writer) (int, error)) (int, error) {
	w := bufio.NewWriter(out)
	n, err := f(w)
	return n, errors.Join(err, w.Flush())
}

// newFile makes a file for its owner only and overwrites none.
func newFile(path string) (*os.File, error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("--out: %s is there already; choose another name", path)
	}
	if err != nil {
		return nil, fmt.Errorf("--out: %w", err)
	}
	return file, nil
}
