package setup

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/consentry/consentry/entra"
)

// A directory is one tenant in memory. It answers as Microsoft Graph does
// where setup depends on it: unique service principals and grants, refusals
// with their codes, and applications and secrets that may be made twice.
type directory struct {
	mu    sync.Mutex
	clock *clock
	now   state
	// stale is what reads see while staleReads is positive.
	stale      state
	staleReads int
	// lag is how many reads after each write do not see it.
	lag int

	// before may refuse the i-th write (from 1) before it is looked at; after
	// may replace its answer.
	before func(i int, c entra.Change) error
	after  func(i int, c entra.Change) error
	// noSecretText leaves the value out of a new application's answer.
	noSecretText bool

	writes     int
	sent       []string // every write that arrived, in words
	reads      []string
	violations []string
	serial     int
}

type state struct {
	apps       []entra.Application
	principals []entra.ServicePrincipal
	grants     []entra.Grant
}

func (s state) clone() state {
	c := state{slices.Clone(s.apps), slices.Clone(s.principals), slices.Clone(s.grants)}
	for i := range c.apps {
		c.apps[i].Secrets = slices.Clone(c.apps[i].Secrets)
	}
	return c
}

var (
	devopsPrincipal = entra.ServicePrincipal{ID: "sp-devops", ClientID: entra.AzureDevOps, DisplayName: "Azure DevOps", Enabled: true}
	graphPrincipal  = entra.ServicePrincipal{ID: "sp-graph", ClientID: entra.MicrosoftGraph, DisplayName: "Microsoft Graph", Enabled: true}
)

func newDirectory(c *clock) *directory {
	return &directory{clock: c, now: state{principals: []entra.ServicePrincipal{devopsPrincipal, graphPrincipal}}}
}

func (d *directory) id(kind string) string {
	d.serial++
	return fmt.Sprintf("%s-%d", kind, d.serial)
}

// seen is the state a read sees.
func (d *directory) seen(what string) state {
	d.reads = append(d.reads, what)
	if d.staleReads > 0 {
		d.staleReads--
		return d.stale.clone()
	}
	return d.now.clone()
}

func (d *directory) ApplicationsByTag(ctx context.Context, tag string) ([]entra.Application, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.DeleteFunc(d.seen("applications by tag").apps, func(a entra.Application) bool { return !slices.Contains(a.Tags, tag) }), ctx.Err()
}

func (d *directory) Application(ctx context.Context, id entra.ClientID) (entra.Application, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, a := range d.seen("application").apps {
		if a.ClientID == id {
			return a, ctx.Err()
		}
	}
	return entra.Application{}, refuse(404, "Request_ResourceNotFound")
}

func (d *directory) ServicePrincipals(ctx context.Context, ids ...entra.ClientID) ([]entra.ServicePrincipal, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.DeleteFunc(d.seen("service principals").principals, func(p entra.ServicePrincipal) bool { return !slices.Contains(ids, p.ClientID) }), ctx.Err()
}

func (d *directory) GrantsOf(ctx context.Context, client entra.ClientID) ([]entra.Grant, bool, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	s := d.seen("grants")
	for _, p := range s.principals {
		if p.ClientID == client {
			return slices.DeleteFunc(s.grants, func(g entra.Grant) bool { return g.Client != p.ID }), true, ctx.Err()
		}
	}
	return nil, false, ctx.Err()
}

func (d *directory) Do(ctx context.Context, c entra.Change) (entra.Created, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return entra.Created{}, &entra.NoAnswerError{Service: "Microsoft Graph", Err: err}
	}
	d.writes++
	i := d.writes
	if d.before != nil {
		if err := d.before(i, c); err != nil {
			return entra.Created{}, err
		}
	}
	r := c.Request()
	d.sent = append(d.sent, r.Method+" "+r.Path)
	before := d.now.clone()
	created, err := d.carryOut(c)
	if err == nil {
		d.stale, d.staleReads = before, d.lag
	}
	d.watch()
	if d.after != nil {
		if lost := d.after(i, c); lost != nil {
			return entra.Created{}, lost
		}
	}
	created.RequestID = fmt.Sprintf("request-%d", i)
	return created, err
}

// watch notes what must never be, not even for a moment.
func (d *directory) watch() {
	marked := map[string]int{}
	for _, a := range d.now.apps {
		for _, t := range a.Tags {
			if name, ok := entra.MarkedEnvironment(t); ok {
				marked[name]++
				if n := len(liveSecrets(a, name, d.clock.Now())); n > 1 {
					d.violations = append(d.violations, fmt.Sprintf("%d live secrets of %s", n, name))
				}
			}
		}
	}
	for name, n := range marked {
		if n > 1 {
			d.violations = append(d.violations, fmt.Sprintf("%d applications of %s", n, name))
		}
	}
}

func refuse(status int, code string) error {
	return &entra.ServiceError{Service: "Microsoft Graph", Status: status, Code: code, Message: "no", RequestID: "refused-1"}
}

func (d *directory) carryOut(c entra.Change) (entra.Created, error) {
	switch c := c.(type) {
	case entra.CreateApplication:
		return d.createApplication(c), nil
	case entra.CreateServicePrincipal:
		return d.createPrincipal(c)
	case entra.CreateGrant:
		return d.createGrant(c)
	case entra.SetGrantScopes:
		return entra.Created{}, d.eachGrant(c.Grant, func(g *entra.Grant) { g.Scopes = slices.Clone(c.Scopes) })
	case entra.UpdateApplication:
		return entra.Created{}, d.eachApp(c.App, func(a *entra.Application) error { *a = c.Apply(*a); return nil })
	case entra.AddSecret:
		return d.addSecret(c)
	case entra.RemoveSecret:
		return entra.Created{}, d.removeSecret(c)
	case entra.DeleteServicePrincipal:
		return entra.Created{}, d.deletePrincipal(c.ID)
	case entra.DeleteApplication:
		return entra.Created{}, d.deleteApplication(c.App)
	}
	panic(fmt.Sprintf("%T", c))
}

func (d *directory) createApplication(c entra.CreateApplication) entra.Created {
	app := c.Apply(entra.Application{})
	app.ID, app.ClientID = entra.ObjectID(d.id("app")), entra.ClientID(d.id("client"))
	out := entra.Created{Application: &app}
	if c.Secret != nil {
		app.Secrets[0] = d.newSecret(app.Secrets[0])
		out.Secret = new(app.Secrets[0])
		if !d.noSecretText {
			out.SecretValue = entra.NewSensitive("value of " + string(app.Secrets[0].KeyID))
		}
	}
	d.now.apps = append(d.now.apps, app)
	return out
}

func (d *directory) newSecret(s entra.Secret) entra.Secret {
	s.KeyID, s.Start, s.Hint = entra.KeyID(d.id("key")), d.clock.Now(), "val"
	return s
}

func (d *directory) createPrincipal(c entra.CreateServicePrincipal) (entra.Created, error) {
	for _, p := range d.now.principals {
		if p.ClientID == c.ClientID {
			return entra.Created{}, refuse(409, "Request_MultipleObjectsWithSameKeyValue")
		}
	}
	p := entra.ServicePrincipal{ID: entra.ObjectID(d.id("sp")), ClientID: c.ClientID, DisplayName: c.DisplayName, Enabled: true}
	d.now.principals = append(d.now.principals, p)
	return entra.Created{Principal: &p}, nil
}

func (d *directory) createGrant(c entra.CreateGrant) (entra.Created, error) {
	for _, g := range d.now.grants {
		if g.Client == c.Client && g.Resource == c.Resource && g.Type == c.Type && g.Principal == c.Principal {
			return entra.Created{}, refuse(400, "Request_BadRequest")
		}
	}
	g := entra.Grant{ID: d.id("grant"), Client: c.Client, Resource: c.Resource, Type: c.Type, Principal: c.Principal, Scopes: slices.Clone(c.Scopes)}
	d.now.grants = append(d.now.grants, g)
	return entra.Created{Grant: &g}, nil
}

func (d *directory) eachGrant(id string, change func(*entra.Grant)) error {
	for i := range d.now.grants {
		if d.now.grants[i].ID == id {
			change(&d.now.grants[i])
			return nil
		}
	}
	return refuse(404, "Request_ResourceNotFound")
}

func (d *directory) eachApp(id entra.ObjectID, change func(*entra.Application) error) error {
	for i := range d.now.apps {
		if d.now.apps[i].ID == id {
			return change(&d.now.apps[i])
		}
	}
	return refuse(404, "Request_ResourceNotFound")
}

func (d *directory) addSecret(c entra.AddSecret) (entra.Created, error) {
	var out entra.Created
	err := d.eachApp(c.App, func(a *entra.Application) error {
		*a = c.Apply(*a)
		last := &a.Secrets[len(a.Secrets)-1]
		*last = d.newSecret(*last)
		out = entra.Created{Secret: new(*last), SecretValue: entra.NewSensitive("value of " + string(last.KeyID))}
		return nil
	})
	return out, err
}

func (d *directory) removeSecret(c entra.RemoveSecret) error {
	return d.eachApp(c.App, func(a *entra.Application) error {
		before := len(a.Secrets)
		if *a = c.Apply(*a); len(a.Secrets) == before {
			return refuse(400, "Request_BadRequest")
		}
		return nil
	})
}

func (d *directory) deletePrincipal(id entra.ObjectID) error {
	before := len(d.now.principals)
	d.now.principals = slices.DeleteFunc(d.now.principals, func(p entra.ServicePrincipal) bool { return p.ID == id })
	d.now.grants = slices.DeleteFunc(d.now.grants, func(g entra.Grant) bool { return g.Client == id })
	if len(d.now.principals) == before {
		return refuse(404, "Request_ResourceNotFound")
	}
	return nil
}

func (d *directory) deleteApplication(id entra.ObjectID) error {
	before := len(d.now.apps)
	d.now.apps = slices.DeleteFunc(d.now.apps, func(a entra.Application) bool { return a.ID == id })
	if len(d.now.apps) == before {
		return refuse(404, "Request_ResourceNotFound")
	}
	return nil
}

// A journal keeps entries and the secrets' values, as the store does.
type journal struct {
	mu      sync.Mutex
	clock   *clock
	entries []Entry
	values  map[entra.KeyID]string
	// failing is returned by Intent when set.
	failing error
}

func newJournal(c *clock) *journal { return &journal{clock: c, values: map[entra.KeyID]string{}} }

func (j *journal) Intent(_ context.Context, e Entry) (int64, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.failing != nil {
		return 0, j.failing
	}
	e.Seq, e.State = int64(len(j.entries)+1), Intended
	j.entries = append(j.entries, e)
	return e.Seq, nil
}

func (j *journal) Outcome(_ context.Context, seq int64, state EntryState, created entra.Created, cause error) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	e := &j.entries[seq-1]
	e.State, e.Created, e.Ended = state, &created, j.clock.Now()
	if cause != nil {
		e.Error = cause.Error()
	}
	if created.Secret != nil && !created.SecretValue.IsZero() {
		e.SecretKept = true
		j.values[created.Secret.KeyID] = created.SecretValue.Reveal()
	}
	e.Created.SecretValue = entra.Sensitive{}
	return nil
}

func (j *journal) Entries(context.Context) ([]Entry, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return slices.Clone(j.entries), nil
}

// A clock stands still but for sleeping.
type clock struct {
	mu  sync.Mutex
	at  time.Time
	all time.Duration // slept
}

func newClock() *clock { return &clock{at: time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) Sleep(ctx context.Context, d time.Duration) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at, c.all = c.at.Add(d), c.all+d
	return ctx.Err()
}

// A world is a tenant with a journal and a clock; engines come and go.
type world struct {
	t       *testing.T
	clock   *clock
	dir     *directory
	journal *journal
	runs    int
}

func newWorld(t *testing.T) *world {
	c := newClock()
	return &world{t: t, clock: c, dir: newDirectory(c), journal: newJournal(c)}
}

func (w *world) engine() *Engine {
	return &Engine{Directory: w.dir, Journal: w.journal, Now: w.clock.Now, Sleep: w.clock.Sleep}
}

// apply runs once, as a new operation.
func (w *world) apply(want Desired) (Result, error) {
	w.runs++
	return w.engine().Apply(w.t.Context(), want, fmt.Sprintf("op%d", w.runs))
}

// mustApply runs once and insists on proof.
func (w *world) mustApply(want Desired) Result {
	w.t.Helper()
	r, err := w.apply(want)
	if err != nil || !r.Proven {
		w.t.Fatalf("apply: proven %v, left %v, error %v", r.Proven, r.Left, err)
	}
	return r
}

// plan is what a further run would do.
func (w *world) plan(want Desired) Plan {
	w.t.Helper()
	w.dir.staleReads = 0
	actual, err := Read(w.t.Context(), w.dir, want)
	if err != nil {
		w.t.Fatal(err)
	}
	p, err := MakePlan(want, actual, w.journal.entries, w.clock.Now())
	if err != nil {
		w.t.Fatal(err)
	}
	return p
}

// counted forgets what happened so far, so that a test counts from here.
func (w *world) counted() {
	w.dir.reads, w.dir.sent, w.dir.writes = nil, nil, 0
}

// ours is the one application of the environment.
func (w *world) ours(want Desired) entra.Application {
	w.t.Helper()
	var found []entra.Application
	for _, a := range w.dir.now.apps {
		if slices.Contains(a.Tags, want.Marker) || a.ClientID == want.Adopt {
			found = append(found, a)
		}
	}
	if len(found) != 1 {
		w.t.Fatalf("%d applications of the environment, want 1", len(found))
	}
	return found[0]
}

// check holds the invariants of a finished setup.
func (w *world) check(want Desired) {
	w.t.Helper()
	for _, v := range w.dir.violations {
		w.t.Errorf("at some moment there were %s", v)
	}
	app := w.ours(want)
	live := liveSecrets(app, want.Name, w.clock.Now())
	if len(live) != 1 {
		w.t.Fatalf("%d live secrets, want 1", len(live))
	}
	if got, want := w.journal.values[live[0].KeyID], "value of "+string(live[0].KeyID); got != want {
		w.t.Errorf("the value kept is %q, want %q", got, want)
	}
	principals := slices.DeleteFunc(slices.Clone(w.dir.now.principals), func(p entra.ServicePrincipal) bool { return p.ClientID != app.ClientID })
	if len(principals) != 1 {
		w.t.Fatalf("%d service principals, want 1", len(principals))
	}
	w.checkGrants(want, principals[0].ID)
	if pending := w.plan(want).Pending(); len(pending) > 0 {
		w.t.Errorf("a further run would still: %v", titles(pending))
	}
}

func (w *world) checkGrants(want Desired, principal entra.ObjectID) {
	w.t.Helper()
	got := map[entra.ObjectID][]string{}
	for _, g := range w.dir.now.grants {
		if g.Client == principal && g.Type == entra.AllPrincipals {
			got[g.Resource] = append(got[g.Resource], g.Scopes...)
		}
	}
	wanted := map[entra.ObjectID][]string{}
	for _, r := range want.Permissions {
		for _, p := range w.dir.now.principals {
			if p.ClientID == r.Resource {
				for _, s := range r.Scopes {
					wanted[p.ID] = append(wanted[p.ID], s.Value)
				}
			}
		}
	}
	if want.Consent && !maps.EqualFunc(got, wanted, slices.Equal) {
		w.t.Errorf("consents %v, want %v", got, wanted)
	}
}

// wanted is a Frontegg environment.
func wanted() Desired {
	return Desired{
		Name: "shop", Marker: entra.Marker("shop"), DisplayName: "Frontegg Integration", Audience: entra.AnyOrganization,
		RedirectURIs: []entra.RedirectURI{{URI: "https://gateway.example.com/integration-callback", Platform: entra.Web}},
		Permissions: []ResourceScopes{
			{entra.AzureDevOps, "Azure DevOps", []NamedScope{{entra.UserImpersonationID, entra.UserImpersonation}}},
			{entra.MicrosoftGraph, "Microsoft Graph", []NamedScope{{entra.UserReadID, entra.UserRead}}},
		},
		Secret: SecretSpec{Description: "Frontegg", LifetimeDays: 180}, Consent: true,
	}
}

var errCrashed = errors.New("the process was killed")
