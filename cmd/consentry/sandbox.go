//go:build !nosandbox

package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"time"

	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/handlers"
	"github.com/consentry/consentry/sandbox"
)

// defaultCloud is where a newcomer begins.
const defaultCloud = sandboxCloud

// defaultProduction leaves it to whoever starts it.
const defaultProduction = "false"

// sandboxCommands are the subcommands of a build with the sandbox in it.
type sandboxCommands struct {
	Sandbox SandboxCmd `cmd:"" help:"Run the sandbox cloud alone; prints one line of JSON when it is ready."`
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

// withoutSandbox says that this build has none.
func withoutSandbox() string { return "" }

// A box is the sandbox cloud within this process.
type box struct{ *sandbox.Sandbox }

func startBox(ctx context.Context, log *slog.Logger) (*box, error) {
	s, err := sandbox.Start(ctx, sandbox.Options{Listen: "127.0.0.1:0", Now: time.Now, Log: log})
	if err != nil {
		return nil, fmt.Errorf("start the sandbox: %w", err)
	}
	return &box{s}, nil
}

// sandboxClient is the registration that the sandbox has for this console.
func sandboxClient() entra.ClientID { return entra.ClientID(sandbox.ConsoleClientID) }

// accounts are the sandbox's people, with what is special about them.
func (b *box) accounts() []handlers.Account { return accounts(b.Ready().Tenants) }

func accounts(tenants []sandbox.ReadyTenant) []handlers.Account {
	var out []handlers.Account
	for _, t := range tenants {
		for _, u := range t.Users {
			role := "no directory role"
			if len(u.Roles) > 0 {
				role = strings.Join(u.Roles, ", ")
			}
			out = append(out, handlers.Account{UPN: u.UserPrincipalName, Password: u.Password, About: t.Scenario + "; " + role})
		}
	}
	return out
}

// announce prints the accounts to begin with, and where the others are listed.
func (b *box) announce(out io.Writer) {
	fmt.Fprintln(out, "Cloud: the sandbox. Nothing here touches a real tenant. Accounts to sign in with:")
	ready := b.Ready()
	first, others := ready.Tenants[:1], ready.Tenants[1:]
	for _, a := range accounts(first) {
		fmt.Fprintf(out, "  %-38s %-24s %s\n", a.UPN, a.Password, a.About)
	}
	fmt.Fprintf(out, "%d more tenants, each in another situation, are listed with their accounts at %s\n", len(others), ready.Address)
}
