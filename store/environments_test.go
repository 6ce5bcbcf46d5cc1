package store

import (
	"errors"
	"io/fs"
	"reflect"
	"testing"
	"time"

	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/setup"
	"github.com/consentry/consentry/trial"
)

func fullEnvironment() Environment {
	return Environment{
		Spec: setup.Spec{
			Name: "gateway", Integration: "frontegg", Inputs: map[string]string{"host": "gateway.example.com"},
			Tenant: "contoso.com", Organization: "contoso", Project: "Web Shop", Scopes: []string{"vso.work", "vso.code"},
			Audience: entra.AnyOrganization, Secret: setup.SecretSpec{Description: "prod", LifetimeDays: 90}, SkipConsent: true,
		},
		Owner: alice, Tenant: alice.Tenant, TenantName: "Contoso", State: Attention, Step: "review", Handed: []string{"clientId", "scopes"},
		Result: &setup.Result{
			App:       entra.Application{ID: "o", ClientID: "c", DisplayName: "Gateway", RedirectURIs: []entra.RedirectURI{{URI: "https://x.example/cb", Platform: entra.Web}}},
			Principal: "sp", Proven: true, Words: []string{"A lost secret was replaced."},
		},
	}
}

var environmentTests = map[string]func(*testing.T, *bench){
	"every field comes back as it was saved": func(t *testing.T, b *bench) {
		want := fullEnvironment()
		created, err := b.CreateEnvironment(t.Context(), want)
		if err != nil {
			t.Fatal(err)
		}
		want.ID, want.Name, want.Version, want.Created, want.Updated = created.ID, "gateway", 1, b.clock.Now(), b.clock.Now()
		got, err := b.Environment(t.Context(), created.ID)
		if err != nil || !reflect.DeepEqual(got, want) || !reflect.DeepEqual(created, want) {
			t.Errorf("created %+v\nread %+v, %v\nwant %+v", created, got, err, want)
		}
		if len(created.ID) != 26 {
			t.Errorf("id %q can be guessed", created.ID)
		}
	},
	"a new one is a draft": func(t *testing.T, b *bench) {
		if e := b.environment(t, "one"); e.State != Draft || e.Version != 1 || e.Result != nil || e.Handed != nil {
			t.Errorf("got %+v", e)
		}
	},
	"the name follows the spec": func(t *testing.T, b *bench) {
		e := b.environment(t, "before")
		e.Name, e.Spec.Name = "ignored", "after"
		saved, err := b.SaveEnvironment(t.Context(), e)
		if err != nil || saved.Name != "after" {
			t.Errorf("saved as %q, %v", saved.Name, err)
		}
		if _, err := b.EnvironmentByName(t.Context(), "before"); !errors.Is(err, ErrNotFound) {
			t.Errorf("the old name answers %v", err)
		}
		if found, err := b.EnvironmentByName(t.Context(), "after"); err != nil || found.ID != e.ID {
			t.Errorf("the new name gives %+v, %v", found, err)
		}
	},
	"what is unknown is not found": func(t *testing.T, b *bench) {
		_, byID := b.Environment(t.Context(), "nothing")
		_, byName := b.EnvironmentByName(t.Context(), "nothing")
		_, saved := b.SaveEnvironment(t.Context(), Environment{ID: "nothing", Version: 1})
		deleted := b.DeleteEnvironment(t.Context(), "nothing")
		for i, err := range []error{byID, byName, saved, deleted} {
			if !errors.Is(err, ErrNotFound) || !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("%d: %v", i, err)
			}
		}
	},
	"a save over a newer version overwrites nothing": func(t *testing.T, b *bench) {
		first := b.environment(t, "one")
		second := first
		first.Step, second.Step = "tenant", "review"
		if _, err := b.SaveEnvironment(t.Context(), first); err != nil {
			t.Fatal(err)
		}
		if _, err := b.SaveEnvironment(t.Context(), second); !errors.Is(err, ErrConflict) {
			t.Fatalf("got %v", err)
		}
		if got, err := b.Environment(t.Context(), first.ID); err != nil || got.Step != "tenant" || got.Version != 2 {
			t.Errorf("got %+v, %v", got, err)
		}
	},
	"of 16 saves at once one wins": func(t *testing.T, b *bench) {
		e := b.environment(t, "one")
		errs := together(16, func(int) error {
			_, err := b.SaveEnvironment(t.Context(), e)
			return err
		})
		wantOneWinner(t, errs, ErrConflict)
	},
	"a name is taken once": func(t *testing.T, b *bench) {
		b.environment(t, "one")
		if _, err := b.CreateEnvironment(t.Context(), Environment{Spec: setup.Spec{Name: "one"}, Owner: alice}); !errors.Is(err, ErrNameTaken) {
			t.Errorf("create: %v", err)
		}
		other := b.environment(t, "two")
		other.Spec.Name = "one"
		if _, err := b.SaveEnvironment(t.Context(), other); !errors.Is(err, ErrNameTaken) {
			t.Errorf("rename: %v", err)
		}
	},
	"a removed one gives its name back": func(t *testing.T, b *bench) {
		old := b.environment(t, "one")
		old.State = Removed
		old, err := b.SaveEnvironment(t.Context(), old)
		if err != nil {
			t.Fatal(err)
		}
		fresh := b.environment(t, "one")
		if found, err := b.EnvironmentByName(t.Context(), "one"); err != nil || found.ID != fresh.ID {
			t.Errorf("the name gives %+v, %v", found, err)
		}
		old.State = Draft
		if _, err := b.SaveEnvironment(t.Context(), old); !errors.Is(err, ErrNameTaken) {
			t.Errorf("bringing the old one back: %v", err)
		}
	},
	"all are listed by name": func(t *testing.T, b *bench) {
		for _, name := range []string{"b", "c", "a"} {
			b.environment(t, name)
		}
		list, err := b.Environments(t.Context())
		if err != nil || len(list) != 3 || list[0].Name != "a" || list[1].Name != "b" || list[2].Name != "c" {
			t.Errorf("got %v, %v", list, err)
		}
	},
	"deleting forgets everything of it and nothing else": func(t *testing.T, b *bench) {
		gone, stays := b.secret(t, "gone", "secret-one"), b.secret(t, "stays", "secret-two")
		for _, k := range []KeptSecret{gone, stays} {
			if err := b.FinishOperation(t.Context(), Operation{ID: k.Operation, Environment: k.Environment, State: OperationDone, Fence: 1}); err != nil {
				t.Fatal(err)
			}
			if err := b.SaveTrial(t.Context(), trial.Trial{ID: "trial-" + k.ID, Environment: k.Environment}, "", nil); err != nil {
				t.Fatal(err)
			}
		}
		if err := b.DeleteEnvironment(t.Context(), gone.Environment); err != nil {
			t.Fatal(err)
		}
		for _, table := range []string{"environments", "operations", "journal", "secrets", "trials"} {
			var n int
			if err := b.read.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM "+table).Scan(&n); err != nil || n != 1 {
				t.Errorf("%s has %d rows, %v", table, n, err)
			}
		}
		if _, err := b.RevealSecret(t.Context(), stays.ID, alice); err != nil {
			t.Error(err)
		}
	},
	"deleting waits for a running operation": func(t *testing.T, b *bench) {
		e := b.environment(t, "one")
		b.operation(t, e.ID)
		if err := b.DeleteEnvironment(t.Context(), e.ID); !errors.Is(err, ErrBusy) {
			t.Errorf("got %v", err)
		}
	},
	"deleting waits until a temporary redirect URI is off the application": func(t *testing.T, b *bench) {
		e := b.environment(t, "one")
		tr := trial.Trial{ID: "t", Environment: e.ID, TemporaryURI: trial.URIAdded}
		if err := b.SaveTrial(t.Context(), tr, "", nil); err != nil {
			t.Fatal(err)
		}
		if err := b.DeleteEnvironment(t.Context(), e.ID); !errors.Is(err, ErrBusy) {
			t.Errorf("got %v", err)
		}
		tr.TemporaryURI = trial.URIRemoved
		if err := b.SaveTrial(t.Context(), tr, "", nil); err != nil {
			t.Fatal(err)
		}
		if err := b.DeleteEnvironment(t.Context(), e.ID); err != nil {
			t.Errorf("afterwards: %v", err)
		}
	},
	"saving moves only the time of change": func(t *testing.T, b *bench) {
		e := b.environment(t, "one")
		b.clock.pass(time.Hour)
		saved, err := b.SaveEnvironment(t.Context(), e)
		if err != nil || !saved.Created.Equal(e.Created) || saved.Updated.Sub(e.Updated) != time.Hour {
			t.Errorf("got %+v, %v", saved, err)
		}
	},
}

// wantOneWinner checks that exactly one call succeeded and the others failed
// with the given error.
func wantOneWinner(t *testing.T, errs []error, others error) {
	t.Helper()
	won := 0
	for _, err := range errs {
		switch {
		case err == nil:
			won++
		case !errors.Is(err, others):
			t.Errorf("got %v; want %v", err, others)
		}
	}
	if won != 1 {
		t.Errorf("%d of %d won; want one", won, len(errs))
	}
}
