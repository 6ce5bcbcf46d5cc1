package setup

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/consentry/consentry/entra"
)

func TestApplyFromNothing(t *testing.T) {
	w := newWorld(t)
	r := w.mustApply(wanted())
	want := []string{
		"POST /applications", "POST /servicePrincipals", "POST /oauth2PermissionGrants", "POST /oauth2PermissionGrants",
	}
	if !slices.Equal(w.dir.sent, want) {
		t.Errorf("sent %q", w.dir.sent)
	}
	// Two reads to plan by, three to prove.
	if len(w.dir.reads) != 5 {
		t.Errorf("reads %q", w.dir.reads)
	}
	if r.Secret == nil || r.App.ClientID == "" || r.Principal == "" || len(r.Changed) != 5 || len(r.Words) != 0 {
		t.Errorf("result %+v", r)
	}
	if w.clock.all != 0 {
		t.Errorf("waited %v", w.clock.all)
	}
	w.check(wanted())
}

func TestApplyAgainReadsThreeTimesAndWritesNothing(t *testing.T) {
	w := newWorld(t)
	w.mustApply(wanted())
	w.checkQuiet(wanted())
	// From another machine, which has no journal, it is the same.
	w.journal = newJournal(w.clock)
	w.checkQuiet(wanted())
}

func TestApplyFromReadsNothingTwice(t *testing.T) {
	w := newWorld(t)
	actual, err := Read(t.Context(), w.dir, wanted())
	if err != nil {
		t.Fatal(err)
	}
	w.counted()
	if r, err := w.engine().ApplyFrom(t.Context(), wanted(), actual, "op1"); err != nil || !r.Proven {
		t.Fatalf("proven %v, %v", r.Proven, err)
	}
	if len(w.dir.reads) != 3 {
		t.Errorf("reads %q, want the three of the proof", w.dir.reads)
	}
}

// TestIndependentStepsGoSideBySide lets each of two requests wait for the
// other: one after the other would never end.
func TestIndependentStepsGoSideBySide(t *testing.T) {
	w := newWorld(t)
	var reads, grants sync.WaitGroup
	reads.Add(2)
	grants.Add(2)
	e := w.engine()
	e.Directory = meeting{w.dir, &reads, &grants}
	if r, err := e.Apply(t.Context(), wanted(), "op1"); err != nil || !r.Proven {
		t.Fatalf("proven %v, %v", r.Proven, err)
	}
}

type meeting struct {
	*directory
	reads, grants *sync.WaitGroup
}

func meet(g *sync.WaitGroup) {
	defer func() { _ = recover() }() // the meeting is over already: nothing to wait for
	g.Done()
	g.Wait()
}

func (m meeting) ApplicationsByTag(ctx context.Context, tag string) ([]entra.Application, error) {
	meet(m.reads)
	return m.directory.ApplicationsByTag(ctx, tag)
}

func (m meeting) ServicePrincipals(ctx context.Context, ids ...entra.ClientID) ([]entra.ServicePrincipal, error) {
	meet(m.reads)
	return m.directory.ServicePrincipals(ctx, ids...)
}

func (m meeting) Do(ctx context.Context, c entra.Change) (entra.Created, error) {
	if _, ok := c.(entra.CreateGrant); ok {
		meet(m.grants)
	}
	return m.directory.Do(ctx, c)
}

func TestSomeoneElsesAppOfTheSameNameIsLeftAlone(t *testing.T) {
	w := newWorld(t)
	theirs := entra.Application{ID: "app-x", ClientID: "client-x", DisplayName: "Frontegg Integration", Audience: entra.SingleTenant}
	w.dir.now.apps = []entra.Application{theirs}
	w.mustApply(wanted())
	w.check(wanted())
	if got := w.dir.now.apps[0]; got.Audience != theirs.Audience || got.Secrets != nil || got.Tags != nil {
		t.Errorf("it was touched: %+v", got)
	}
}

func TestConsentOfOnePersonIsLeftAlone(t *testing.T) {
	w := newWorld(t)
	w.mustApply(wanted())
	client := w.dir.now.grants[0].Client
	w.dir.now.grants = []entra.Grant{{ID: "p", Client: client, Resource: "sp-devops", Type: entra.Principal, Principal: "user-1", Scopes: []string{"vso.work"}}}
	w.mustApply(wanted())
	w.check(wanted())
	if g := w.dir.now.grants[0]; g.ID != "p" || !slices.Equal(g.Scopes, []string{"vso.work"}) {
		t.Errorf("it was touched: %+v", g)
	}
}

func TestNewSecretReplacesTheOldOne(t *testing.T) {
	w := newWorld(t)
	before := w.mustApply(wanted()).Secret.KeyID
	want := wanted()
	want.NewSecret = true
	r := w.mustApply(want)
	w.check(wanted())
	if r.Secret.KeyID == before {
		t.Error("the secret is the old one")
	}
	if w.clock.all != 0 {
		t.Errorf("waited %v", w.clock.all)
	}
	w.checkQuiet(wanted())
}

func TestAdoptingWhatIsNotThere(t *testing.T) {
	w := newWorld(t)
	want := wanted()
	want.Adopt = "11111111-2222-3333-4444-555555555555"
	_, err := w.apply(want)
	var missing *NotFoundError
	if !errors.As(err, &missing) || !strings.Contains(err.Error(), string(want.Adopt)) {
		t.Errorf("got %v", err)
	}
	if len(w.dir.sent) > 0 {
		t.Errorf("sent %q", w.dir.sent)
	}
}

func TestWithoutAJournalNothingIsSent(t *testing.T) {
	w := newWorld(t)
	w.journal.failing = errors.New("disk full")
	r, err := w.apply(wanted())
	if err == nil || !strings.Contains(err.Error(), "disk full") || r.Proven {
		t.Errorf("got %v", err)
	}
	if len(w.dir.sent) > 0 {
		t.Errorf("sent %q", w.dir.sent)
	}
}

func TestAStoppedRunRecordsWhatItSent(t *testing.T) {
	w := newWorld(t)
	ctx, cancel := context.WithCancel(t.Context())
	w.dir.after = func(i int, _ entra.Change) error {
		if i == 1 {
			cancel()
		}
		return nil
	}
	_, err := w.engine().Apply(ctx, wanted(), "op1")
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if len(w.dir.sent) != 1 || w.journal.entries[0].State != Done || len(w.journal.values) != 1 {
		t.Errorf("sent %q, journal %+v", w.dir.sent, w.journal.entries)
	}
	w.dir.after = nil
	w.mustApply(wanted())
	w.check(wanted())
}

func TestTheJournalHoldsNoSecret(t *testing.T) {
	w := newWorld(t)
	w.mustApply(wanted())
	text := fmt.Sprintf("%+v", w.journal.entries)
	for _, value := range w.journal.values {
		if strings.Contains(text, value) {
			t.Errorf("the journal holds %q", value)
		}
	}
}

func TestProgressIsTold(t *testing.T) {
	w := newWorld(t)
	var mu sync.Mutex
	told := map[StepID][]EntryState{}
	e := w.engine()
	e.Observe = func(ev Event) {
		mu.Lock()
		defer mu.Unlock()
		told[ev.Step] = append(told[ev.Step], ev.State)
		if ev.State == Done && ev.Step != stepSecret && ev.RequestID == "" {
			t.Errorf("%s: no request ID", ev.Step)
		}
	}
	if _, err := e.Apply(t.Context(), wanted(), "op1"); err != nil {
		t.Fatal(err)
	}
	for _, id := range []StepID{stepApplication, stepPrincipal, devopsGrant, graphGrant} {
		if !slices.Equal(told[id], []EntryState{Intended, Done}) {
			t.Errorf("%s: %v", id, told[id])
		}
	}
	if !slices.Equal(told[stepSecret], []EntryState{Done}) {
		t.Errorf("secret: %v", told[stepSecret])
	}
}

func TestRemoveThenSetUpAgain(t *testing.T) {
	w := newWorld(t)
	first := w.mustApply(wanted()).App.ClientID
	if r, err := w.engine().Remove(t.Context(), wanted(), "op-remove"); err != nil || !r.Proven {
		t.Fatalf("remove: %v", err)
	}
	again := w.mustApply(wanted())
	w.check(wanted())
	if again.App.ClientID == first {
		t.Error("the removed application is back")
	}
	if w.clock.all != 0 {
		t.Errorf("waited %v for what was removed on purpose", w.clock.all)
	}
}

func TestRemoveAnAdoptedApplicationThatIsGone(t *testing.T) {
	w := newWorld(t)
	want := wanted()
	want.Adopt = "client-gone"
	if r, err := w.engine().Remove(t.Context(), want, "op1"); err != nil || !r.Proven {
		t.Errorf("proven %v, %v", r.Proven, err)
	}
}
