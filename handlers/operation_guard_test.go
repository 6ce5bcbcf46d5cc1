package handlers_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/handlers"
	"github.com/consentry/consentry/store"
)

// halting is a directory whose process is halted right before a change leaves,
// which the journal holds by then.
type halting struct {
	handlers.Directory
	before func(entra.Change)
}

func (d halting) Do(ctx context.Context, ch entra.Change) (entra.Created, error) {
	d.before(ch)
	return d.Directory.Do(ctx, ch)
}

// onChange calls f before every change of the console's operations.
func onChange(f func(entra.Change)) func(*handlers.Handlers) {
	return func(h *handlers.Handlers) {
		real := h.NewDirectory
		h.NewDirectory = func(token handlers.TokenFunc) (handlers.Directory, error) {
			d, err := real(token)
			return halting{d, f}, err
		}
	}
}

// A process that was halted after it wrote down what it is about to send, and
// comes back when others may be at work, sends nothing: it has no token any
// more, however many it was given before.
func TestAProcessThatWasHaltedBeforeARequestSendsNothing(t *testing.T) {
	var c *console
	var halt sync.Once
	c = newConsole(t, onChange(func(ch entra.Change) {
		if _, ok := ch.(entra.CreateServicePrincipal); ok {
			halt.Do(func() { c.later(store.Lease + time.Second) })
		}
	}))
	b := c.browser()
	b.signIn("healthy", "admin")
	path := b.environment("frontegg", frontegg)
	mark := c.mark()
	op := b.post(path+"/apply", nil).at.Path
	until(t, "the process to find out", func() bool { return strings.Contains(c.logs.String(), "was taken over") })
	if n := c.sent(mark, "POST", "/v1.0/servicePrincipals"); n != 0 {
		t.Errorf("%d requests were sent by a process that had lost the operation", n)
	}
	if err := c.handlers.Recover(t.Context()); err != nil { // another process finds it
		t.Fatal(err)
	}
	b.done(op)
	c.wantOneApp(path, mark)
}
