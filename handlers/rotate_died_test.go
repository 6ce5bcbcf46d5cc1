package handlers_test

import (
	"context"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/handlers"
	"github.com/consentry/consentry/store"
)

// dying is a directory whose process is halted as soon as what came of adding a
// secret is recorded.
type dying struct {
	handlers.Directory
	added *atomic.Bool
	halt  func()
}

func (d dying) Do(ctx context.Context, ch entra.Change) (entra.Created, error) {
	created, err := d.Directory.Do(ctx, ch)
	if _, ok := ch.(entra.AddSecret); ok {
		d.added.Store(true)
	}
	return created, err
}

func (d dying) ApplicationsByTag(ctx context.Context, tag string) ([]entra.Application, error) {
	if d.added.CompareAndSwap(true, false) {
		d.halt()
	}
	return d.Directory.ApplicationsByTag(ctx, tag)
}

// takenUp lets another process have the operation that runs.
func (c *console) takenUp() {
	c.t.Helper()
	until(c.t, "another process to take it up", func() bool {
		c.later(store.Lease + time.Second)
		op, err := c.store.NextOperation(c.t.Context())
		return err == nil && c.store.ReleaseOperation(c.t.Context(), op) == nil
	})
}

// ticked says of every field that it is handed over.
func (b *browser) ticked(path string) {
	b.t.Helper()
	fields := url.Values{}
	for _, box := range b.get(path + "/hand-off").doc().Find("input[name=handed]").EachIter() {
		fields.Add("handed", box.AttrOr("value", ""))
	}
	b.post(path+"/hand-off", fields).want(200)
}

// handedOver are the fields that count as handed over.
func (c *console) handedOver(path string) string {
	c.t.Helper()
	env, err := c.store.Environment(c.t.Context(), envID(path))
	if err != nil {
		c.t.Fatal(err)
	}
	return strings.Join(env.Handed, ", ")
}

// A new secret is to be handed over, whatever was said of the old one: however
// it came about, and although the process that asked for it died.
func TestANewSecretIsStillToBeHandedOver(t *testing.T) {
	for name, begin := range map[string]string{"added beside the old one": "/rotate", "in place of the old one": "/secret/replace"} {
		for at, dies := range map[string]bool{"": false, ", by a process that died": true} {
			t.Run(name+at, func(t *testing.T) {
				var c *console
				var added atomic.Bool
				c = newConsole(t, hurried, func(h *handlers.Handlers) {
					real := h.NewDirectory
					h.NewDirectory = func(f handlers.TokenFunc) (handlers.Directory, error) {
						d, err := real(f)
						if dies {
							d = dying{d, &added, func() { c.takenUp() }}
						}
						return d, err
					}
				})
				b := c.browser()
				b.signIn("healthy", "admin")
				path := b.connected()
				b.reveal(path)
				b.ticked(path)
				if !strings.Contains(c.handedOver(path), "Secret") {
					t.Fatalf("handed over are only %s", c.handedOver(path))
				}
				op := b.post(path+begin, nil).at.Path
				b.done(op)
				if fields := c.handedOver(path); strings.Contains(fields, "Secret") || fields == "" {
					t.Errorf("handed over are %s", fields)
				}
			})
		}
	}
}
