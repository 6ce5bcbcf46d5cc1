//go:build nosandbox

package main

import (
	"context"
	"errors"
	"io"
	"log/slog"

	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/handlers"
)

// defaultCloud is the only one that this build has by name.
const defaultCloud = "public"

// defaultProduction: this build is for it.
const defaultProduction = "true"

// sandboxCommands are none in this build.
type sandboxCommands struct{}

// A box cannot be had in this build.
type box struct{}

func startBox(context.Context, *slog.Logger) (*box, error) { return nil, errors.New(withoutSandbox()) }

// withoutSandbox says that this build has none.
func withoutSandbox() string {
	return "this build was made without the sandbox: give public, or take a build that has it"
}

// sandboxClient is none: nothing of the sandbox is known here.
func sandboxClient() entra.ClientID { return "" }

func (*box) Cloud() entra.Cloud           { return entra.Cloud{} }
func (*box) Close(context.Context) error  { return nil }
func (*box) accounts() []handlers.Account { return nil }
func (*box) announce(io.Writer)           {}

func (*box) share(*handlers.Handlers) error { return errors.New(withoutSandbox()) }
