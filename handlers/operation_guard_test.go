package handlers_test

import (
	"context"
	"slices"
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
	after  func(entra.Change, error)
}

func (d halting) Do(ctx context.Context, ch entra.Change) (entra.Created, error) {
	d.before(ch)
	created, err := d.Directory.Do(ctx, ch)
	d.after(ch, err)
	return created, err
}

// onChange calls before and after around every change of the console's
// operations.
func onChange(before func(entra.Change), after func(entra.Change, error)) func(*handlers.Handlers) {
	return func(h *handlers.Handlers) {
		real := h.NewDirectory
		h.NewDirectory = func(token handlers.TokenFunc) (handlers.Directory, error) {
			d, err := real(token)
			return halting{d, before, after}, err
		}
	}
}

// A process that was halted after it wrote down what it is about to send, and
// comes back when others may be at work, sends nothing: it has no token any
// more, however many it was given before.
func TestAProcessThatWasHaltedBeforeARequestSendsNothing(t *testing.T) {
	var c *console
	var halt, back sync.Once
	came := make(chan error, 1) // what became of the change
	c = newConsole(t, onChange(func(ch entra.Change) {
		if _, ok := ch.(entra.CreateServicePrincipal); ok {
			halt.Do(func() { c.later(store.Lease + time.Second) })
		}
	}, func(ch entra.Change, err error) {
		if _, ok := ch.(entra.CreateServicePrincipal); ok {
			back.Do(func() { came <- err })
		}
	}))
	b := c.browser()
	b.signIn("healthy", "admin")
	path := b.environment("frontegg", frontegg)
	mark := c.mark()
	op := b.post(path+"/apply", nil).at.Path
	if err := <-came; err == nil {
		t.Error("the change was made by a process that had lost the operation")
	}
	c.recovers(op)
	b.done(op)
	c.wantOneApp(path, mark)
}

// recovers looks again and again, as consoles do, until an operation whose
// process was halted is over. That process may have renewed its lease on coming
// back.
func (c *console) recovers(path string) {
	c.t.Helper()
	c.later(store.Lease)
	until(c.t, "the operation to be taken up", func() bool {
		if err := c.handlers.Recover(c.t.Context()); err != nil {
			c.t.Fatal(err)
		}
		op, err := c.store.Operation(c.t.Context(), strings.TrimPrefix(path, "/operations/"))
		return err == nil && op.State != store.OperationRunning
	})
}

// Nobody asks for a page while an operation waits or runs, so what Microsoft
// says of its admin's role is asked for all the same.
func TestAnOperationEndsWithTheRoleOfWhoBeganIt(t *testing.T) {
	for name, role := range map[string]string{"no role any more": "", "another role": "support"} {
		t.Run("taken away while it waits: "+name, func(t *testing.T) {
			c := sharedConsole(t)
			_, op, mark := c.waiting()
			c.giveRole(home, anAdmin, role)
			c.later(5 * time.Minute)
			c.carriesOn()
			c.interrupted(op)
			if n := c.asked(mark, "POST", "/v1.0/applications"); n != 0 {
				t.Errorf("%d changes were sent in the name of somebody who is no admin", n)
			}
		})
	}
	t.Run("taken away while it runs", func(t *testing.T) {
		var c *console
		var once sync.Once
		c = sharedConsole(t, onChange(func(ch entra.Change) {
			if _, ok := ch.(entra.CreateServicePrincipal); ok {
				once.Do(func() {
					c.giveRole(home, anAdmin, "")
					c.later(store.Lease - 5*time.Second)
				})
			}
		}, func(entra.Change, error) {}))
		b, path := c.reviewed()
		c.later(3*time.Minute + 55*time.Second) // so long ago Microsoft was asked
		mark := c.mark()
		op := b.post(path+"/apply", nil).at.Path
		c.interrupted(op)
		if n := c.sent(mark, "POST", "/v1.0/servicePrincipals"); n != 0 || c.sent(mark, "POST", "/v1.0/applications") != 1 {
			t.Errorf("%d changes were sent after the role was gone", n)
		}
	})
}

// Of what was asked for before the console was away for hours nothing is begun
// until somebody says so again.
func TestAnOperationThatWaitedForHoursIsGoneOnWithByAPerson(t *testing.T) {
	c := newConsole(t)
	_, op, mark := c.waiting()
	c.later(61 * time.Minute)
	c.carriesOn()
	c.interrupted(op)
	if n := c.sent(mark, "POST", "/v1.0/applications"); n != 0 {
		t.Errorf("%d changes were sent", n)
	}
	again := c.browser()
	again.enter(home, anAdmin)
	again.allows("consent", "/")
	again.post(op+"/resume", nil)
	c.carriesOn()
	if n := c.sent(mark, "POST", "/v1.0/applications"); n != 1 {
		t.Errorf("gone on with, %d apps were made", n)
	}
}

// Whoever signs in anew allows no more than that at first; what was begun before
// then changes nothing that they have not allowed this time.
func TestAnOperationChangesNothingThatIsNotAllowedAnyMore(t *testing.T) {
	c := sharedConsole(t)
	b, op, mark := c.waiting()
	who := c.person(home, anAdmin)
	now := c.tokens(who)
	now.Asked = slices.DeleteFunc(now.Asked, func(scope string) bool { return strings.Contains(scope, "Write") })
	if err := c.store.SaveOperator(t.Context(), who, now.Seal()); err != nil {
		t.Fatal(err)
	}
	c.carriesOn()
	if n := c.asked(mark, "POST", "/v1.0/"); n != 0 {
		t.Errorf("%d changes were sent", n)
	}
	b.get(op).want(200, "not allowed at Microsoft yet")
}

// reviewed is an environment whose plan the home tenant's admin may apply.
func (c *console) reviewed() (b *browser, path string) {
	c.t.Helper()
	b = c.browser()
	b.enter(home, anAdmin)
	b.allows("consent", "/")
	return b, b.environment("frontegg", frontegg)
}

// waiting is an operation that an admin asked for and nothing carries out, with
// the browser it was asked for in.
func (c *console) waiting() (b *browser, op string, mark int) {
	c.t.Helper()
	b, path := c.reviewed()
	if err := c.queue.Stop(c.t.Context()); err != nil {
		c.t.Fatal(err)
	}
	mark = c.mark()
	return b, b.post(path+"/apply", nil).at.Path, mark
}

// carriesOn carries out the operation that is next.
func (c *console) carriesOn() {
	c.t.Helper()
	if err := c.handlers.Work(c.t.Context()); err != nil {
		c.t.Fatal(err)
	}
}

// interrupted: another admin can go on with the operation.
func (c *console) interrupted(path string) {
	c.t.Helper()
	until(c.t, "it to be interrupted", func() bool {
		op, err := c.store.Operation(c.t.Context(), strings.TrimPrefix(path, "/operations/"))
		if err != nil {
			c.t.Fatal(err)
		}
		return op.State == store.OperationInterrupted
	})
}
