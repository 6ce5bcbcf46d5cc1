package store

import (
	"errors"
	"reflect"
	"testing"
	"time"

	"github.com/consentry/consentry/trial"
)

func (b *bench) trial(t *testing.T, tr trial.Trial, state, flow string) trial.Trial {
	t.Helper()
	var data []byte
	if flow != "" {
		data = []byte(flow)
	}
	if err := b.SaveTrial(t.Context(), tr, state, data); err != nil {
		t.Fatal(err)
	}
	return tr
}

var trialTests = map[string]func(*testing.T, *bench){
	"every field comes back as it was saved": func(t *testing.T, b *bench) {
		want := trial.Trial{ID: "t", Environment: b.environment(t, "one").ID, Kind: trial.UserConsent, Tenant: "contoso.com", ClientID: "c",
			RedirectURI: "http://localhost:8080/tests/callback", Scopes: []string{"offline_access"}, State: trial.Failed, TemporaryURI: trial.URIRemoved,
			Started: b.clock.Now(), Ended: b.clock.Now().Add(time.Minute), Failure: &trial.Failure{AADSTS: 65001, Code: "invalid_grant"}, Report: &trial.Report{OK: true}}
		b.trial(t, want, "", "")
		if got, err := b.Trial(t.Context(), "t"); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("got %+v, %v\nwant %+v", got, err, want)
		}
	},
	"an unknown one is not found": func(t *testing.T, b *bench) {
		if _, err := b.Trial(t.Context(), "nothing"); !errors.Is(err, ErrNotFound) {
			t.Errorf("got %v", err)
		}
	},
	"a flow is found by its state and taken once": func(t *testing.T, b *bench) {
		want := b.trial(t, trial.Trial{ID: "t", Tenant: "contoso.com", State: trial.Waiting}, "the-state", "verifier")
		got, flow, err := b.TrialByState(t.Context(), "the-state")
		if err != nil || string(flow) != "verifier" || !reflect.DeepEqual(got, want) {
			t.Fatalf("got %+v, %q, %v", got, flow, err)
		}
		if _, flow, err := b.TrialByState(t.Context(), "the-state"); !errors.Is(err, ErrGone) || flow != nil {
			t.Errorf("again: %q, %v", flow, err)
		}
		if _, _, err := b.TrialByState(t.Context(), "made up"); !errors.Is(err, ErrNotFound) {
			t.Errorf("a made-up state: %v", err)
		}
	},
	"of 16 answers at once one is taken": func(t *testing.T, b *bench) {
		b.trial(t, trial.Trial{ID: "t"}, "the-state", "verifier")
		wantOneWinner(t, together(16, func(int) error {
			_, _, err := b.TrialByState(t.Context(), "the-state")
			return err
		}), ErrGone)
	},
	"saving without a flow keeps the one there is": func(t *testing.T, b *bench) {
		tr := b.trial(t, trial.Trial{ID: "t", Tenant: "organizations"}, "the-state", "verifier")
		tr.Tenant, tr.State = "contoso.com", trial.NoAnswer
		b.trial(t, tr, "", "")
		got, flow, err := b.TrialByState(t.Context(), "the-state")
		if err != nil || string(flow) != "verifier" || got.State != trial.NoAnswer {
			t.Errorf("got %+v, %q, %v", got, flow, err)
		}
	},
	"a new attempt's flow takes the place of the old": func(t *testing.T, b *bench) {
		tr := b.trial(t, trial.Trial{ID: "t"}, "first", "verifier-1")
		if _, _, err := b.TrialByState(t.Context(), "first"); err != nil {
			t.Fatal(err)
		}
		b.trial(t, tr, "second", "verifier-2")
		if _, _, err := b.TrialByState(t.Context(), "first"); !errors.Is(err, ErrNotFound) {
			t.Errorf("the old state: %v", err)
		}
		if _, flow, err := b.TrialByState(t.Context(), "second"); err != nil || string(flow) != "verifier-2" {
			t.Errorf("the new state: %q, %v", flow, err)
		}
	},
	"a flow needs a state": func(t *testing.T, b *bench) {
		if err := b.SaveTrial(t.Context(), trial.Trial{ID: "t"}, "", []byte("verifier")); err == nil {
			t.Error("it was taken without one")
		}
	},
	"an environment's are listed newest first": func(t *testing.T, b *bench) {
		env := b.environment(t, "one").ID
		b.trial(t, trial.Trial{ID: "old", Environment: env, Started: b.clock.Now()}, "", "")
		b.trial(t, trial.Trial{ID: "new", Environment: env, Started: b.clock.Now().Add(time.Second)}, "", "")
		b.trial(t, trial.Trial{ID: "foreign"}, "", "")
		got, err := b.Trials(t.Context(), env)
		if err != nil || len(got) != 2 || got[0].ID != "new" || got[1].ID != "old" {
			t.Errorf("got %+v, %v", got, err)
		}
		if got, err := b.Trials(t.Context(), ""); err != nil || len(got) != 1 || got[0].ID != "foreign" {
			t.Errorf("those of no environment: %+v, %v", got, err)
		}
	},
	"a trial of an unknown environment is refused": func(t *testing.T, b *bench) {
		if err := b.SaveTrial(t.Context(), trial.Trial{ID: "t", Environment: "nothing"}, "", nil); err == nil {
			t.Error("it was taken")
		}
	},
	"the clean-up list holds what may be on an application": func(t *testing.T, b *bench) {
		for i, uri := range []trial.TemporaryURI{trial.URIAdded, trial.URINone, trial.URIIntended, trial.URIRemoved} {
			b.trial(t, trial.Trial{ID: string(rune('a' + i)), TemporaryURI: uri, Started: b.clock.Now().Add(time.Duration(-i) * time.Second)}, "", "")
		}
		got, err := b.TrialsToCleanUp(t.Context())
		if err != nil || len(got) != 2 || got[0].TemporaryURI != trial.URIIntended || got[1].TemporaryURI != trial.URIAdded {
			t.Errorf("got %+v, %v", got, err)
		}
	},
}
