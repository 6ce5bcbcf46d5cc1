package setup

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/consentry/consentry/entra"
)

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
	if key := createdKey(&created); key != "" && !created.SecretValue.IsZero() {
		e.SecretKept = true
		j.values[key] = created.SecretValue.Reveal()
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
	return &Engine{Directory: w.dir, Journal: w.journal, Now: w.clock.Now, Sleep: w.clock.Sleep, newKey: oneKey}
}

// oneKey is made once: making one takes a second.
var oneKey = sync.OnceValues(func() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, 2048) })

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
			{entra.AzureDevOps, "Azure DevOps", []NamedScope{{entra.UserImpersonationID, entra.UserImpersonation}}, nil},
			{entra.MicrosoftGraph, "Microsoft Graph", []NamedScope{{entra.UserReadID, entra.UserRead}}, nil},
		},
		Secret: SecretSpec{Description: "Frontegg", LifetimeDays: 180}, Consent: true,
	}
}

var errCrashed = errors.New("the process was killed")
