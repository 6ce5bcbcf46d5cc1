package setup

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/consentry/consentry/entra"
)

// entryFor is a journal entry that asked for a secret.
func entryFor(name string, state EntryState, kept, shown bool, key entra.KeyID) Entry {
	e := Entry{Seq: 1, Step: stepSecret, State: state, Started: noon.Add(-time.Hour), SecretKept: kept, SecretShown: shown,
		Request: entra.AddSecret{App: "app-1", Secret: entra.NewSecret{Name: name, End: noon}}.Request()}
	if key != "" {
		e.Created = &entra.Created{Secret: &entra.Secret{KeyID: key}}
	}
	return e
}

func TestWhichSecretsAreLost(t *testing.T) {
	name := done(wanted()).App.Secrets[0].Name
	tests := []struct {
		name    string
		entries []Entry
		lost    bool
	}{
		{"made by another machine", nil, false},
		{"made here and kept", []Entry{entryFor(name, Done, true, false, "key-1")}, false},
		{"made here and shown", []Entry{entryFor(name, Done, false, true, "key-1")}, false},
		{"made here, kept too long unseen", []Entry{entryFor(name, Done, false, false, "key-1")}, true},
		{"the answer was lost", []Entry{entryFor(name, Unknown, false, false, "")}, true},
		{"killed before the answer", []Entry{entryFor(name, Intended, false, false, "")}, true},
		{"another one was made and kept", []Entry{entryFor(name, Intended, false, false, ""), entryFor(name, Done, true, false, "key-2")}, true},
		{"we asked for another name", []Entry{entryFor("x [consentry shop other]", Intended, false, false, "")}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			// Entries come from a database as JSON.
			data, err := json.Marshal(tt.entries)
			if err != nil {
				t.Fatal(err)
			}
			var entries []Entry
			if err := json.Unmarshal(data, &entries); err != nil {
				t.Fatal(err)
			}
			p := mustPlan(t, wanted(), done(wanted()), entries...)
			secret := find(t, p, stepSecret)
			if !tt.lost {
				if secret.Action != Keep {
					t.Errorf("secret: %s", secret.Action)
				}
				return
			}
			removal := find(t, p, "lost-secret:key-1")
			if removal.Action != Remove || secret.Action != Create || !slices.Contains(secret.After, removal.ID) {
				t.Errorf("removal %s, secret %s after %v", removal.Action, secret.Action, secret.After)
			}
		})
	}
}

func TestLostSecretInACreateRequestIsFound(t *testing.T) {
	r := entra.CreateApplication{DisplayName: "x", Secret: &entra.NewSecret{Name: "the name", End: noon}}.Request()
	data, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	var back entra.Request
	if err := json.Unmarshal(data, &back); err != nil {
		t.Fatal(err)
	}
	for _, request := range []entra.Request{r, back} {
		if got := secretName(request); got != "the name" {
			t.Errorf("secretName = %q", got)
		}
	}
	if got := secretName(entra.DeleteApplication{App: "a"}.Request()); got != "" {
		t.Errorf("a deletion asks for the secret %q", got)
	}
}

func TestNewSecretStaysWithinThePolicy(t *testing.T) {
	want := wanted()
	want.Secret.LifetimeDays = 90
	s := planner{want: want, now: noon}.newSecret()
	if life := s.End.Sub(noon); life > 90*24*time.Hour || life < 90*24*time.Hour-time.Hour {
		t.Errorf("lives %v", life)
	}
	if op, ours := entra.IsOurSecret(s.Name, "shop"); !ours || op != previewOperation {
		t.Errorf("name %q", s.Name)
	}
}
