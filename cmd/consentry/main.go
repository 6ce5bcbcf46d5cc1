// Command consentry is the console for Microsoft Entra app registrations, the
// same setup from a file, and the sandbox cloud, each a subcommand.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/alecthomas/kong"

	"github.com/consentry/consentry/sandbox"
)

// cli are the subcommands; serve is the default.
type cli struct {
	Serve   ServeCmd   `cmd:"" default:"withargs" help:"Run the console. Without arguments it works on an in-process sandbox."`
	Sandbox SandboxCmd `cmd:"" help:"Run the sandbox cloud alone; prints one line of JSON when it is ready."`
	Setup   SetupCmd   `cmd:"" help:"Set up an environment from a file: show the plan, or apply it. Applying again goes on where a stopped run ended."`
	Explain ExplainCmd `cmd:"" help:"Say what a pasted error means, who has to act and how."`
	Check   CheckCmd   `cmd:"" help:"Find out why an integration does not work, or whether it will."`
}

// SandboxCmd runs the Microsoft cloud in a box.
type SandboxCmd struct {
	Listen  string        `default:"127.0.0.1:18080" help:"Address of the plain http listener; loopback only."`
	Latency time.Duration `help:"Added to every answer, such as 100ms."`
	Apps    int           `help:"App registrations the healthy tenant has on top of the seeded ones."`
	Seed    string        `type:"existingfile" help:"JSON file that adds tenants, users, apps and organizations."`
}

// Run serves the sandbox until ctx ends.
func (s *SandboxCmd) Run(ctx context.Context, stdout, stderr io.Writer) error {
	o := sandbox.Options{Listen: s.Listen, Latency: s.Latency, Apps: s.Apps, Log: slog.New(slog.NewTextHandler(stderr, nil))}
	if s.Seed != "" {
		var err error
		if o.Seed, err = os.ReadFile(s.Seed); err != nil {
			return fmt.Errorf("--seed: %w", err)
		}
	}
	return sandbox.Serve(ctx, o, stdout)
}

// An exitCode ends the program with that code and without another word.
type exitCode int

// Error implements error.
func (e exitCode) Error() string { return fmt.Sprintf("exit code %d", int(e)) }

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// run carries out one command line and returns the exit code: 0 done and
// nothing wrong, 2 changes pending or something found, 3 undecided, 1 error.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	var c cli
	parser, err := kong.New(&c, kong.Name("consentry"), kong.Description("Microsoft Entra app registrations for Azure DevOps integrations, from nothing to a proven connection."),
		kong.Writers(stdout, stderr), kong.UsageOnError())
	if err != nil {
		fmt.Fprintln(stderr, err)
		return 1
	}
	k, err := parser.Parse(args)
	if err != nil {
		fmt.Fprintln(stderr, "consentry:", err)
		return 1
	}
	command, ok := k.Selected().Target.Addr().Interface().(interface {
		Run(ctx context.Context, stdout, stderr io.Writer) error
	})
	if !ok {
		fmt.Fprintln(stderr, "consentry: this command cannot be run")
		return 1
	}
	err = command.Run(ctx, stdout, stderr)
	var code exitCode
	switch {
	case err == nil:
		return 0
	case errors.As(err, &code):
		return int(code)
	}
	fmt.Fprintln(stderr, "consentry:", err)
	return 1
}
