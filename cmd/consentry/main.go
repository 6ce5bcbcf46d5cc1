// Command consentry is the console for Microsoft Entra app registrations, the
// same setup from a file, and the sandbox cloud, each a subcommand.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"
)

// cli are the subcommands; serve is the default.
type cli struct {
	Serve ServeCmd `cmd:"" default:"withargs" help:"Run the console. Without arguments it works on an in-process sandbox."`
	sandboxCommands
	Setup     SetupCmd     `cmd:"" help:"Set up an environment from a file: show the plan, or apply it. Applying again goes on where a stopped run ended."`
	Rotate    RotateCmd    `cmd:"" help:"Replace a client secret without interruption: add the next one, prove it, retire the old."`
	Explain   ExplainCmd   `cmd:"" help:"Say what a pasted error means, who has to act and how."`
	Check     CheckCmd     `cmd:"" help:"Find out why an integration does not work, or whether it will."`
	Bootstrap BootstrapCmd `cmd:"" help:"Make the app registration that a shared console signs its people in with, and print the console's settings."`
	keepingCommands

	CheckConfig CheckConfigCmd `cmd:"" help:"Say everything that keeps serve from starting with these settings, or where each comes from."`
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

// newParser reads command lines into c, with the settings that from has.
func newParser(c *cli, from *settings, o ...kong.Option) (*kong.Kong, error) {
	return kong.New(c, append(o, kong.Name("consentry"), kong.UsageOnError(), kong.Resolvers(from), kong.PostBuild(from.learn),
		kong.Description("Microsoft Entra app registrations for Azure DevOps integrations, from nothing to a proven connection."),
		kong.Vars{"cloud": defaultCloud, "production": defaultProduction})...)
}

// run carries out one command line and returns the exit code: 0 done and
// nothing wrong, 2 changes pending or something found, 3 undecided, 1 error.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	var c cli
	from := newSettings(os.Environ())
	parser, err := newParser(&c, from, kong.Writers(stdout, stderr))
	if err != nil {
		fmt.Fprintln(stderr, err)
		return 1
	}
	k, err := parser.Parse(args)
	if err != nil {
		fmt.Fprintln(stderr, "consentry:", err)
		return 1
	}
	err = from.carryOut(ctx, k, stdout, stderr)
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
