package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/consentry/consentry/store"
)

// RekeyCmd changes the encryption key.
type RekeyCmd struct{ keptFlags }

// Help is what --help says besides.
func (*RekeyCmd) Help() string {
	return `Give the new key's file first and the old one's after it: --key-file new --key-file old. With a database file, stop the console first. With PostgreSQL, first restart every console with both files in that order, so that none writes with the old key any more. It may be stopped and run again. When it has said that the old key can go, start the console with the new one alone.`
}

// Run encrypts anew.
func (c *RekeyCmd) Run(ctx context.Context, stdout, stderr io.Writer) (err error) {
	o, err := c.withKeys(warnings(stderr))
	if err != nil {
		return err
	}
	st, err := store.Open(ctx, o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	r, err := st.Rekey(byOperator(ctx), func(done int) { fmt.Fprintf(stdout, "%s encrypted anew\n", amount(int64(done), "value", "values")) })
	if err != nil {
		return err
	}
	if len(r.Unreadable) > 0 {
		return fmt.Errorf("%s cannot be opened with any of the keys, so no key can go yet: %s. Give the key that is missing, or delete what they belong to", amount(int64(len(r.Unreadable)), "value", "values"), strings.Join(r.Unreadable, ", "))
	}
	if r.Left > 0 {
		return fmt.Errorf("%s encrypted with an old key meanwhile, so that one cannot go yet: a console still writes with it. Restart every console with both files, the new one first, and run this again", amount(int64(r.Left), "value was", "values were"))
	}
	switch len(r.Retired) {
	case 0:
		fmt.Fprintln(stdout, "Everything is encrypted with the first key. No other was in use.")
	default:
		fmt.Fprintf(stdout, "Everything is encrypted with the first key. The old one (%s) can go: start the console without its file.\n", strings.Join(r.Retired, ", "))
	}
	return nil
}
