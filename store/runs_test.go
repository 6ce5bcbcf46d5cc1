package store

import (
	"context"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/consentry/consentry/checks"
	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/setup"
)

func (b *bench) run(t *testing.T, r Run) Run {
	t.Helper()
	r, err := b.StartRun(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// learned is a document with something of every part.
func learned() RunDocument {
	return RunDocument{
		Facts: checks.Facts{
			Now: time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC), Cloud: entra.Public(), Given: checks.Given{ClientID: "c", Tenant: "contoso.com"},
			Tenant:      checks.Known(checks.TenantLookup{Exists: true, ID: alice.Tenant}, "GET metadata"),
			Application: checks.NotKnown[*entra.Application]("Nobody is signed in.", "Sign in."),
		},
		Results: []checks.Result{{ID: "tenant-exists", Outcome: checks.Passed}, {ID: "registration-exists", Outcome: checks.Unknown, Because: "Nobody is signed in.", NotGiven: true}},
		Fix: &RunFix{Parent: "p", Check: "redirect-uri-registered", Say: "change the redirect URIs", Request: entra.Request{Method: "PATCH", Path: "/applications/1"},
			Foreseen: []checks.Turn{{ID: "redirect-uri-registered", Before: checks.Failed, After: checks.Passed}}, Operation: "o", State: setup.Done, RequestID: "r"},
	}
}

func sameJSON(t *testing.T, got, want any) {
	t.Helper()
	a, err := json.Marshal(got)
	if err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	if string(a) != string(b) {
		t.Errorf("got  %s\nwant %s", a, b)
	}
}

var runTests = map[string]func(*testing.T, *bench){
	"every field comes back as it was saved": func(t *testing.T, b *bench) {
		want := b.run(t, Run{Environment: b.environment(t, "one").ID, Trial: "t", Owner: alice, RunDocument: RunDocument{Facts: learned().Facts}})
		b.clock.pass(2 * time.Second)
		want.Verdict, want.Sentence, want.RunDocument = checks.Wrong, "1 thing stops sign-in.", learned()
		if err := b.FinishRun(t.Context(), want); err != nil {
			t.Fatal(err)
		}
		want.State, want.Ended = RunDone, want.Started.Add(2*time.Second)
		got, err := b.Run(t.Context(), want.ID)
		if err != nil {
			t.Fatal(err)
		}
		sameJSON(t, got, want)
	},
	"one of nobody's and no environment's comes back too": func(t *testing.T, b *bench) {
		r := b.run(t, Run{RunDocument: learned()})
		got, err := b.Run(t.Context(), r.ID)
		if err != nil || got.State != RunRunning || got.Environment != "" || got.Owner != (entra.Person{}) || !got.Ended.IsZero() {
			t.Errorf("got %+v, %v", got, err)
		}
	},
	"an unknown one is not found": func(t *testing.T, b *bench) {
		if _, err := b.Run(t.Context(), "nothing"); !errors.Is(err, ErrNotFound) {
			t.Errorf("got %v", err)
		}
		if err := b.FinishRun(t.Context(), Run{ID: "nothing"}); !errors.Is(err, ErrNotFound) {
			t.Errorf("finishing it: %v", err)
		}
	},
	"lists are of one environment, newest first, without documents": func(t *testing.T, b *bench) {
		one, two := b.environment(t, "one").ID, b.environment(t, "two").ID
		first := b.run(t, Run{Environment: one, RunDocument: learned()})
		b.run(t, Run{Environment: two, RunDocument: learned()})
		b.clock.pass(time.Second)
		second := b.run(t, Run{Environment: one, RunDocument: learned()})
		loose := b.run(t, Run{RunDocument: learned()})
		for env, want := range map[string][]string{one: {second.ID, first.ID}, "": {loose.ID}} {
			got, err := b.newestRuns(t.Context(), env, 10)
			if err != nil || len(got) != len(want) {
				t.Fatalf("%q: %d runs, %v", env, len(got), err)
			}
			for i, r := range got {
				if r.ID != want[i] || len(r.Results) != 0 {
					t.Errorf("%q: %d is %+v", env, i, r)
				}
			}
		}
		if got, err := b.newestRuns(t.Context(), one, 1); err != nil || len(got) != 1 || got[0].ID != second.ID {
			t.Errorf("the newest one: %+v, %v", got, err)
		}
	},
	"the run of a test consent is found": func(t *testing.T, b *bench) {
		b.run(t, Run{RunDocument: learned()})
		want := b.run(t, Run{Trial: "t", RunDocument: learned()})
		if got, ok, err := b.RunOfTrial(t.Context(), "t"); err != nil || !ok || got.ID != want.ID {
			t.Errorf("got %+v, %v, %v", got, ok, err)
		}
		for _, none := range []string{"u", ""} {
			if got, ok, err := b.RunOfTrial(t.Context(), none); err != nil || ok {
				t.Errorf("of %q: %+v, %v", none, got, err)
			}
		}
	},
	"one that found nothing wrong is kept for 30 days, others for 90": func(t *testing.T, b *bench) {
		right, wrong, cut := b.run(t, Run{}), b.run(t, Run{}), b.run(t, Run{})
		right.Verdict, wrong.Verdict = checks.Right, checks.Undecided
		for _, r := range []Run{right, wrong} {
			if err := b.FinishRun(t.Context(), r); err != nil {
				t.Fatal(err)
			}
		}
		b.clock.pass(RightRunLifetime)
		if _, err := b.Run(t.Context(), right.ID); !errors.Is(err, ErrNotFound) {
			t.Errorf("after 30 days: %v", err)
		}
		if n, err := b.SweepRuns(t.Context()); n != 1 || err != nil {
			t.Errorf("swept %d, %v", n, err)
		}
		b.clock.pass(WrongRunLifetime - RightRunLifetime - time.Millisecond)
		if got, err := b.newestRuns(t.Context(), "", 10); err != nil || len(got) != 2 {
			t.Errorf("just before 90 days: %d, %v", len(got), err)
		}
		b.clock.pass(time.Millisecond)
		if n, err := b.SweepRuns(t.Context()); n != 2 || err != nil {
			t.Errorf("swept %d, %v", n, err)
		}
		if _, err := b.Run(t.Context(), cut.ID); !errors.Is(err, ErrNotFound) {
			t.Errorf("after 90 days: %v", err)
		}
	},
	"a document moved to another row, or given to another tenant, does not open": func(t *testing.T, b *bench) {
		one, two := b.run(t, Run{Owner: alice, RunDocument: learned()}), b.run(t, Run{Owner: alice, RunDocument: learned()})
		b.exec(t, `UPDATE runs SET document = (SELECT document FROM runs WHERE id = $1) WHERE id = $2`, two.ID, one.ID)
		if _, err := b.Run(t.Context(), one.ID); !errors.Is(err, ErrUnreadable) {
			t.Errorf("moved: %v", err)
		}
		owner, err := text(mallory)
		if err != nil {
			t.Fatal(err)
		}
		b.exec(t, `UPDATE runs SET owner = $1 WHERE id = $2`, owner, two.ID)
		if _, err := b.Run(t.Context(), two.ID); !errors.Is(err, ErrUnreadable) {
			t.Errorf("given away: %v", err)
		}
	},
	"they go with their environment": func(t *testing.T, b *bench) {
		env := b.environment(t, "one").ID
		r := b.run(t, Run{Environment: env, RunDocument: learned()})
		if err := b.DeleteEnvironment(t.Context(), env); err != nil {
			t.Fatal(err)
		}
		if _, err := b.Run(t.Context(), r.ID); !errors.Is(err, ErrNotFound) {
			t.Errorf("got %v", err)
		}
	},
}

func (s *Store) newestRuns(ctx context.Context, env string, most int) ([]Run, error) {
	list, _, err := s.RunsPage(ctx, env, "", most)
	return list, err
}
