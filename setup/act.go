package setup

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"

	"github.com/consentry/consentry/entra"
)

// afterOwnCreate are the waits before a request is repeated that the
// directory refused because it had not heard of something just made, or was
// at work for somebody else: two minutes in all.
var afterOwnCreate = seconds(1, 2, 4, 8, 15, 15, 15, 15, 15, 15, 15)

// act carries the steps out: each as soon as those it comes after are done,
// the others side by side. A step that fails stops those that need it. The
// error is not about a step but ends the operation.
func (c *convergence) act(ctx context.Context, steps []Step) error {
	a := &acting{convergence: c, ids: newIDs(c.actual), ended: map[StepID]chan struct{}{}, failed: map[StepID]bool{}}
	for _, s := range steps {
		a.ended[s.ID] = make(chan struct{})
	}
	var wg sync.WaitGroup
	for _, s := range steps {
		wg.Go(func() {
			defer close(a.ended[s.ID])
			a.settle(s, contained(func() error { return a.carryOut(ctx, s) }))
		})
	}
	wg.Wait()
	c.ids, c.acted = a.ids, true
	return errors.Join(a.fatal, context.Cause(ctx))
}

// acting is one pass over the steps.
type acting struct {
	*convergence
	ids   *ids
	ended map[StepID]chan struct{}

	mu     sync.Mutex // guards what follows, and the convergence's maps and lists
	failed map[StepID]bool
	fatal  error
}

// errLook ends a step whose outcome only another look can tell.
var errLook = errors.New("another look decides")

// errStopped ends a step because one that it needs is not done.
var errStopped = errors.New("a step before it is not done")

// carryOut waits for the steps before s, then sends s.
func (a *acting) carryOut(ctx context.Context, s Step) error {
	for _, id := range s.After {
		ended, ok := a.ended[id]
		if !ok {
			continue // nothing to do there
		}
		<-ended
		if a.hasFailed(id) {
			return errStopped
		}
	}
	if err := ctx.Err(); err != nil {
		return errStopped
	}
	if s.change == nil {
		return a.carried(s)
	}
	c, err := a.ids.fill(s)
	if err != nil {
		return err
	}
	if add, ok := c.(entra.AddCertificate); ok {
		if c, err = a.withKeyPair(add); err != nil {
			return err
		}
	}
	created, err := a.send(ctx, s, c)
	a.ids.note(s, created)
	return err
}

// carried ends a step that an earlier step's request carried out. Only a
// secret's value decides: without one, the next pass goes by what is there.
func (a *acting) carried(s Step) error {
	if s.ID == stepSecret && !a.ids.gotSecret() {
		return errStopped
	}
	a.observe(Event{Step: s.ID, State: Done, Title: s.Title})
	return nil
}

// settle records how a step ended.
func (a *acting) settle(s Step, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if err == nil {
		a.done = append(slices.DeleteFunc(a.done, func(d Step) bool { return d.ID == s.ID }), s)
		return
	}
	a.failed[s.ID] = true
	var broken *journalError
	var defect *DefectError
	switch {
	case errors.As(err, &defect):
		a.fatal = errors.Join(a.fatal, err)
	case errors.As(err, &broken):
		a.fatal = errors.Join(a.fatal, stepError(s, err))
	case errors.Is(err, errLook):
		a.doubtful[s.ID] = true
	case errors.Is(err, errStopped):
	case entra.OutcomeUnknown(err): // the next look decides
	case isDoubtful(s, err) && !a.doubtful[s.ID]:
		a.doubtful[s.ID] = true
	default:
		a.blocked[s.ID] = stepError(s, err)
	}
}

func (a *acting) hasFailed(id StepID) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.failed[id]
}

// send repeats what the directory refused only because it had not caught up.
func (a *acting) send(ctx context.Context, s Step, c entra.Change) (entra.Created, error) {
	for try := 0; ; try++ {
		created, err := a.call(ctx, s, c)
		switch {
		case err == nil:
			return created, nil
		case try >= len(afterOwnCreate) || !a.willPass(err):
			return entra.Created{}, err
		}
		a.lagged.Store(true)
		a.observe(Event{Step: s.ID, State: Intended, Title: s.Title, Text: "The directory has not caught up yet; trying again.", RequestID: requestID(err)})
		if err := a.sleep(ctx, afterOwnCreate[try]); err != nil {
			return entra.Created{}, errStopped
		}
	}
}

// willPass reports whether the refusal is one that time heals: the directory
// is busy with another change, or a replica has not heard of what was made
// shortly before. Such a refusal did nothing.
func (a *acting) willPass(err error) bool {
	var no *entra.ServiceError
	if !errors.As(err, &no) || entra.OutcomeUnknown(err) {
		return false
	}
	switch {
	case no.Code == "Directory_ConcurrencyViolation", no.Code == "Error_MsaAppDoesNotExist":
		return true
	case no.Status == http.StatusNotFound, no.Detail == "NoBackingApplicationObject":
		return a.ids.made() || a.now().Sub(a.history.created) < settling
	}
	return false
}

// isDoubtful reports a refusal that may mean that the work is done already,
// which a replica has not heard of: a service principal that is there (409), a
// grant or a removed secret (a plain 400 that no code tells from others),
// something deleted (404).
func isDoubtful(s Step, err error) bool {
	var no *entra.ServiceError
	if !errors.As(err, &no) {
		return false
	}
	switch s.change.(type) {
	case entra.CreateServicePrincipal:
		return no.Status == http.StatusConflict
	case entra.CreateGrant, entra.SetGrantScopes, entra.RemoveSecret, entra.AddFederatedCredential, entra.RemoveFederatedCredential:
		return no.Status == http.StatusBadRequest || no.Status == http.StatusNotFound || no.Status == http.StatusConflict
	case entra.DeleteApplication, entra.DeleteServicePrincipal:
		return no.Status == http.StatusNotFound
	}
	return false
}

// ids are what later steps need of earlier ones.
type ids struct {
	mu        sync.Mutex
	app       entra.Application
	principal entra.ObjectID
	resources map[entra.ClientID]entra.ObjectID
	secret    bool // its value came with the application
	fresh     bool // something was made in this pass
}

func newIDs(a Actual) *ids {
	i := &ids{principal: a.Principal, resources: map[entra.ClientID]entra.ObjectID{}}
	if a.App != nil {
		i.app = *a.App
	}
	for client, p := range a.Resources {
		i.resources[client] = p.ID
	}
	return i
}

func (i *ids) note(s Step, c entra.Created) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if c.Application != nil {
		i.app, i.fresh, i.secret = *c.Application, true, !c.SecretValue.IsZero()
	}
	if c.Principal != nil {
		i.fresh = true
		if s.ID == stepPrincipal {
			i.principal = c.Principal.ID
		} else {
			i.resources[s.ID.resource()] = c.Principal.ID
		}
	}
}

func (i *ids) made() bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.fresh
}

func (i *ids) gotSecret() bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.secret
}

// fill puts the ids that were not known when planning into the change.
func (i *ids) fill(s Step) (entra.Change, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	switch c := s.change.(type) {
	case entra.CreateServicePrincipal:
		if c.ClientID == "" {
			c.ClientID = i.app.ClientID
		}
		return c, known(string(c.ClientID))
	case entra.DeleteServicePrincipal:
		if c.ID == "" {
			c.ID = i.principal
		}
		return c, known(string(c.ID))
	case entra.AddCertificate:
		if c.App == "" {
			c.App = i.app.ID
		}
		return c, known(string(c.App))
	case entra.AddFederatedCredential:
		if c.App == "" {
			c.App = i.app.ID
		}
		return c, known(string(c.App))
	case entra.CreateGrant:
		if c.Client == "" {
			c.Client = i.principal
		}
		if c.Resource == "" {
			c.Resource = i.resources[s.ID.resource()]
		}
		return c, known(string(c.Client), string(c.Resource))
	}
	return s.change, nil
}

// known refuses to send a request with a gap in it; another look fills it.
func known(values ...string) error {
	if slices.Contains(values, "") {
		return fmt.Errorf("an id is not known yet: %w", errLook)
	}
	return nil
}
