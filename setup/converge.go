package setup

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/consentry/consentry/entra"
)

const (
	// maxPasses bounds how often one operation reads, plans and acts.
	maxPasses = 6
	// settling is how long after a write the directory may still answer from
	// a replica that has not heard of it.
	settling = 10 * time.Minute
)

// Waiting for what was sent to show. A write that was answered is certain, so
// it is waited for longer; one without answer is looked for several times in
// a row before it is sent again.
var (
	waitsAfterAnswer   = seconds(1, 1, 2, 2, 4, 4, 8, 8, 8, 8, 15, 15, 15, 15, 15, 15, 15, 15) // 156 s
	waitsWithoutAnswer = seconds(1, 1, 2, 2, 3, 3, 3)                                          // 15 s
	waitsBeforeRepeat  = seconds(1, 2)                                                         // what can do no harm twice
)

func seconds(all ...int) []time.Duration {
	out := make([]time.Duration, len(all))
	for i, n := range all {
		out[i] = time.Duration(n) * time.Second
	}
	return out
}

// A convergence is one operation: read, plan, act, until nothing is left.
// Resuming needs nothing more: what an earlier attempt did is seen by
// reading, and what it may have done is waited for.
type convergence struct {
	*Engine
	want Desired
	plan func(Actual, []Entry) (Plan, error)
	// read learns what is there; nil means everything an environment has.
	read func(context.Context, Directory, Desired) (Actual, error)

	given   *Actual // read by the caller already
	before  *Actual // as it was read first
	actual  Actual
	steps   Plan
	history history
	// blocked are the steps that cannot be done now, with the reason.
	blocked map[StepID]error
	// tired: an answered request of the step was waited for in vain; it is not
	// waited for again.
	tired map[StepID]bool
	// doubtful are the steps that were refused in a way that also means "it
	// is there already": the next look decides.
	doubtful map[StepID]bool
	done     []Step
	// ids are what the last pass knew and learned.
	ids *ids
	// acted: the last reading is older than what was done.
	acted bool
	// lagged: the directory was seen to lag behind its writes.
	lagged atomic.Bool
	// proven: reading showed nothing left to do.
	proven bool
}

func (e *Engine) newConvergence(want Desired, given *Actual, plan func(Actual, []Entry) (Plan, error)) *convergence {
	return &convergence{
		Engine: e, want: want, plan: plan, given: given,
		blocked: map[StepID]error{}, tired: map[StepID]bool{}, doubtful: map[StepID]bool{},
	}
}

// run ends with nil when reading showed nothing left to do.
func (c *convergence) run(ctx context.Context) error {
	for pass := 1; ; pass++ {
		if err := c.survey(ctx); err != nil {
			return errors.Join(append(c.refusals(), err)...)
		}
		ready := c.ready()
		if len(ready) == 0 {
			c.proven = len(c.steps.Pending()) == 0
			return errors.Join(c.refusals()...)
		}
		if pass > maxPasses {
			return errors.Join(append(c.refusals(), fmt.Errorf("the directory still does not show what was done: %s. Apply again in some minutes", titles(ready)))...)
		}
		if err := c.complete(ctx, ready); err != nil {
			return err
		}
		if err := c.act(ctx, ready); err != nil {
			return err
		}
	}
}

// survey looks, and until it can be relied upon when nothing seems to be left.
func (c *convergence) survey(ctx context.Context) error {
	if _, err := c.look(ctx); err != nil || len(c.steps.Pending()) > 0 {
		return err
	}
	return c.steady(ctx)
}

// look reads and plans. While something sent shortly before does not show, it
// looks again; missed tells that it had to.
func (c *convergence) look(ctx context.Context) (missed bool, err error) {
	for miss := 0; ; miss++ {
		entries, err := c.Journal.Entries(ctx)
		if err != nil {
			return missed, fmt.Errorf("read the journal: %w", err)
		}
		c.history = newHistory(entries)
		switch err := c.readOnce(ctx); {
		case errors.Is(err, errNotEverywhere) && miss < len(waitsWithoutAnswer):
			missed = true
			c.lagged.Store(true)
			if err := c.sleep(ctx, waitsWithoutAnswer[miss]); err != nil {
				return missed, err
			}
			continue
		case err != nil:
			return missed, err
		}
		if c.steps, err = c.plan(c.actual, entries); err != nil {
			return missed, err
		}
		s, wait, again := c.unsettled(miss)
		if !again {
			return missed, nil
		}
		missed = true
		c.lagged.Store(true)
		c.observe(Event{Step: s.ID, State: Intended, Title: s.Title, Text: "Sent; waiting until the directory shows it."})
		if err := c.sleep(ctx, wait); err != nil {
			return missed, err
		}
	}
}

func (c *convergence) readOnce(ctx context.Context) (err error) {
	if c.given != nil {
		c.actual, c.given = *c.given, nil
		c.noteFirst()
		return nil
	}
	likely := c.want.Adopt
	if likely == "" {
		likely = c.history.client
	}
	if c.read != nil {
		c.actual, err = c.read(ctx, c.Directory, c.want)
	} else {
		c.actual, err = read(ctx, c.Directory, c.want, likely)
	}
	if err == nil {
		c.acted = false
		c.noteFirst()
	}
	return err
}

func (c *convergence) noteFirst() {
	if c.before == nil {
		c.before = new(c.actual)
	}
}

// unsettled finds a pending step that may have been carried out although the
// directory does not show it, and how long to wait before looking again.
func (c *convergence) unsettled(miss int) (Step, time.Duration, bool) {
	for _, s := range c.steps.Pending() {
		waits := c.patience(s)
		if miss < len(waits) {
			return s, waits[miss], true
		}
		// One that was waited for without an answer says nothing about the
		// answered one that may follow.
		if last := c.sent(s); len(waits) > 0 && last != nil && last.State == Done {
			c.tired[s.ID] = true
		}
	}
	return Step{}, 0, false
}

// patience says how a pending step is waited for, from the newest request
// that was sent for it.
func (c *convergence) patience(s Step) []time.Duration {
	last := c.sent(s)
	switch {
	case c.doubtful[s.ID]:
		return waitsWithoutAnswer
	case last == nil, c.now().Sub(later(last.Started, last.Ended)) > settling:
		return nil
	case last.State == Done && !c.tired[s.ID]:
		return waitsAfterAnswer
	case (last.State == Intended || last.State == Unknown) && unguarded(last.Request):
		return waitsWithoutAnswer
	case last.State == Unknown:
		return waitsBeforeRepeat
	}
	return nil
}

// sent is the newest request for what the step is about; nil when nothing
// was sent that could still show.
func (c *convergence) sent(s Step) *Entry {
	if s.ID != stepSecret && s.ID != stepCertificate || c.want.Certificate != nil {
		last, ok := c.history.last[s.ID]
		// Making, changing and deleting a thing bear the same step's name.
		if !ok || s.Request == nil || last.Request.Method != s.Request.Method {
			return nil
		}
		return &last
	}
	last := c.history.asking
	if last == nil || last.State == Done && createdKey(last.Created) == "" {
		return nil // answered without a secret: there is none
	}
	if last.State == Done && c.shows(createdKey(last.Created)) {
		return nil // it is there, and to be replaced
	}
	for _, other := range c.steps.Pending() {
		if strings.HasPrefix(string(other.ID), lostSecretPrefix) {
			return nil // it has shown already
		}
	}
	return last
}

func (c *convergence) shows(key entra.KeyID) bool {
	return c.actual.App != nil && (slices.ContainsFunc(c.actual.App.Secrets, func(s entra.Secret) bool { return s.KeyID == key }) ||
		slices.ContainsFunc(c.actual.App.Certificates, func(o entra.Certificate) bool { return o.KeyID == key }))
}

// unguarded reports whether sending the request twice would make two things:
// Graph refuses a second service principal and a second grant, but not a
// second application or secret.
func unguarded(r entra.Request) bool {
	return r.Method == "POST" && r.Path == "/applications" || secretName(r) != ""
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// ready are the pending steps that are not blocked, directly or by one they
// come after.
func (c *convergence) ready() []Step {
	stuck := map[StepID]bool{}
	var out []Step
	for _, s := range c.steps.Pending() {
		stuck[s.ID] = c.blocked[s.ID] != nil || slices.ContainsFunc(s.After, func(id StepID) bool { return stuck[id] })
		if !stuck[s.ID] {
			out = append(out, s)
		}
	}
	return out
}

// refusals are the reasons of the blocked steps that are still pending, in
// the plan's order.
func (c *convergence) refusals() []error {
	var out []error
	for _, s := range c.steps.Pending() {
		if err := c.blocked[s.ID]; err != nil {
			out = append(out, err)
		}
	}
	return out
}

// complete finds the object ID of a service principal that holds no grants:
// reading shows then that it exists and no more.
func (c *convergence) complete(ctx context.Context, ready []Step) error {
	needed := slices.ContainsFunc(ready, func(s Step) bool { return strings.HasPrefix(string(s.ID), grantPrefix) || s.ID == stepPrincipal })
	if !needed || !c.actual.PrincipalExists || c.actual.Principal != "" {
		return nil
	}
	found, err := c.Directory.ServicePrincipals(ctx, c.actual.App.ClientID)
	if err != nil {
		return fmt.Errorf("read the service principal: %w", err)
	}
	for _, p := range found {
		c.actual.Principal = p.ID
	}
	return nil
}

func titles(steps []Step) string {
	out := make([]string, len(steps))
	for i, s := range steps {
		out[i] = s.Title
	}
	return strings.Join(out, "; ")
}
