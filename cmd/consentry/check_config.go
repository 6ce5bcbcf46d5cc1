package main

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/alecthomas/kong"
)

// origin is what a command knows of where its settings come from.
type origin struct{ settings *settings }

// takeFrom is called before Run.
func (o *origin) takeFrom(s *settings, ctx *kong.Context) {
	s.close(ctx)
	o.settings = s
}

// of is a problem of the flag; without settings, as in tests, its source is
// not known.
func (o *origin) of(flag, text string) problem {
	if o.settings == nil {
		return problem{Key: flag, Text: text}
	}
	return o.settings.of(flag, text)
}

// CheckConfigCmd says whether serve would start with the same settings.
type CheckConfigCmd struct{ ServeCmd }

// Run prints all problems at once, or where each setting comes from; never a
// value.
func (c *CheckConfigCmd) Run(_ context.Context, stdout, stderr io.Writer) error {
	if wrong := c.check(); len(wrong) > 0 {
		fmt.Fprintln(stderr, wrong.Error())
		return exitCode(1)
	}
	fmt.Fprintln(stdout, "The settings can be used.")
	for _, flag := range slices.Sorted(maps.Keys(c.settings.sources)) {
		fmt.Fprintf(stdout, "  %-24s %s\n", flag, c.settings.sources[flag])
	}
	return nil
}
