package setup

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/consentry/consentry/entra"
)

// secretMade is a live secret of ours that an operation made h hours ago.
func secretMade(key entra.KeyID, operation string, hoursAgo int) entra.Secret {
	return entra.Secret{KeyID: key, Name: entra.SecretName("Frontegg", "shop", operation), Hint: "abc",
		Start: noon.Add(-time.Duration(hoursAgo) * time.Hour), End: noon.AddDate(0, 6, 0)}
}

func appWith(secrets ...entra.Secret) entra.Application {
	return entra.Application{ID: "app-1", ClientID: "client-1", DisplayName: "Frontegg Integration", Tags: []string{entra.Marker("shop")}, Secrets: secrets}
}

func keyOf(s *entra.Secret) entra.KeyID {
	if s == nil {
		return ""
	}
	return s.KeyID
}

func TestWhichSecretsOverlap(t *testing.T) {
	foreign := entra.Secret{KeyID: "foreign", Name: "by hand", Start: noon.AddDate(-1, 0, 0), End: noon.AddDate(0, 1, 0)}
	expired := secretMade("k1", "op1", 9000)
	expired.End = noon.Add(-time.Hour)
	first, second, third := secretMade("k1", "op1", 500), secretMade("k2", "op2", 2), secretMade("k3", "op3", 1)
	tests := []struct {
		name      string
		secrets   []entra.Secret
		additions []Addition
		entries   []Entry
		old, new  entra.KeyID
		elsewhere bool
		lost      int
		more      int
	}{
		{name: "none"},
		{name: "one in use", secrets: []entra.Secret{first}, old: "k1"},
		{name: "one made by hand in use", secrets: []entra.Secret{foreign}, old: "foreign"},
		{name: "several made by hand", secrets: []entra.Secret{foreign, {KeyID: "other", End: foreign.End}}},
		{name: "ours beside one made by hand", secrets: []entra.Secret{foreign, first}, old: "k1"},
		{name: "open", secrets: []entra.Secret{first, second}, additions: []Addition{{"op2", "k1"}}, old: "k1", new: "k2"},
		{name: "open, and the old one was made by hand", secrets: []entra.Secret{foreign, second}, additions: []Addition{{"op2", "foreign"}}, old: "foreign", new: "k2"},
		{name: "open, and a resumed run made it", secrets: []entra.Secret{first, second}, additions: []Addition{{"op3", "k1"}, {"op2", "k1"}}, old: "k1", new: "k2"},
		{name: "retired", secrets: []entra.Secret{second}, additions: []Addition{{"op2", "k1"}}, new: "k2"},
		{name: "the old one expired meanwhile", secrets: []entra.Secret{expired, second}, additions: []Addition{{"op2", "k1"}}, new: "k2"},
		{name: "somebody removed the new one", secrets: []entra.Secret{first}, additions: []Addition{{"op2", "k1"}}, old: "k1"},
		{name: "the second rotation", secrets: []entra.Secret{second, third}, additions: []Addition{{"op3", "k2"}, {"op2", "k1"}}, old: "k2", new: "k3"},
		{name: "two of which nothing is recorded", secrets: []entra.Secret{first, second}, old: "k1", new: "k2", elsewhere: true},
		{name: "three of which nothing is recorded", secrets: []entra.Secret{first, second, third}, old: "k2", new: "k3", elsewhere: true, more: 1},
		{name: "a third one beside an open rotation", secrets: []entra.Secret{first, second, third}, additions: []Addition{{"op2", "k1"}}, old: "k1", new: "k2", more: 1},
		{name: "the new one is lost", secrets: []entra.Secret{first, second}, additions: []Addition{{"op2", "k1"}},
			entries: []Entry{entryFor(second.Name, Intended, false, false, "")}, old: "k1", lost: 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			o := OverlapOf(appWith(tt.secrets...), "shop", tt.additions, tt.entries, noon)
			if keyOf(o.Old) != tt.old || keyOf(o.New) != tt.new || o.Elsewhere != tt.elsewhere || len(o.Lost) != tt.lost || len(o.More) != tt.more {
				t.Errorf("old %q, new %q, elsewhere %v, %d lost, %d more", keyOf(o.Old), keyOf(o.New), o.Elsewhere, len(o.Lost), len(o.More))
			}
		})
	}
}

func TestARotationIsOverOnceTheNewSecretStandsAloneAndIsInUse(t *testing.T) {
	old, next := secretMade("k1", "op1", 500), secretMade("k2", "op2", 2)
	in, out := func(entra.KeyID) bool { return true }, func(entra.KeyID) bool { return false }
	tests := []struct {
		name     string
		overlap  Overlap
		inUse    func(entra.KeyID) bool
		old, new entra.KeyID
	}{
		{"alone and in use", Overlap{New: &next}, in, "k2", ""},
		{"alone and not in use yet", Overlap{New: &next}, out, "", "k2"},
		{"beside the old one", Overlap{Old: &old, New: &next}, in, "k1", "k2"},
		{"made elsewhere", Overlap{New: &next, Elsewhere: true}, in, "", "k2"},
		{"none", Overlap{}, in, "", ""},
	}
	for _, tt := range tests {
		if o := tt.overlap.Settled(tt.inUse); keyOf(o.Old) != tt.old || keyOf(o.New) != tt.new {
			t.Errorf("%s: old %q, new %q", tt.name, keyOf(o.Old), keyOf(o.New))
		}
	}
}

func TestThePlanOfAnAddition(t *testing.T) {
	first, second := secretMade("k1", "op1", 500), secretMade("k2", "op2", 2)
	app := appWith(first)
	r := Rotation{Want: wanted(), Old: "k1"}
	p, err := r.PlanAdd(Actual{App: &app}, nil, noon)
	if err != nil {
		t.Fatal(err)
	}
	if got := titles(p.Pending()); !strings.Contains(got, `Add the client secret "Frontegg"`) || len(p.Pending()) != 1 {
		t.Errorf("pending: %s", got)
	}
	if keep := find(t, p, "old-secret:k1"); keep.Action != Keep || p.OldIn() != "k1" {
		t.Errorf("the secret in use: %s, known again as %q", keep.Action, p.OldIn())
	}
	app = appWith(first, second)
	if p, err = r.PlanAdd(Actual{App: &app}, nil, noon); err != nil || len(p.Pending()) != 0 {
		t.Errorf("with a rotation open: %s, %v", titles(p.Pending()), err)
	}
	lost := []Entry{entryFor(second.Name, Intended, false, false, "")}
	if p, err = r.PlanAdd(Actual{App: &app}, lost, noon); err != nil || len(p.Pending()) != 2 || p.Pending()[0].ID != "lost-secret:k2" {
		t.Errorf("with a lost one: %s, %v", titles(p.Pending()), err)
	}
	if p, err = r.PlanAdd(Actual{App: &app}, []Entry{entryFor(first.Name, Intended, false, false, "")}, noon); err != nil || len(p.Pending()) != 0 {
		t.Errorf("the secret in use is nobody's to remove while another is added: %s, %v", titles(p.Pending()), err)
	}
}

func TestThePlanOfARetirement(t *testing.T) {
	app := appWith(secretMade("k1", "op1", 500), secretMade("k2", "op2", 2))
	p, err := Rotation{Want: wanted(), Old: "k1"}.PlanRetire(Actual{App: &app})
	if err != nil || len(p.Steps) != 1 || p.Steps[0].Request.Body["keyId"] != "k1" {
		t.Errorf("%+v, %v", p.Steps, err)
	}
	if p, err := (Rotation{Want: wanted(), Old: "gone"}).PlanRetire(Actual{App: &app}); err != nil || len(p.Steps) != 0 {
		t.Errorf("of one that is gone: %+v, %v", p.Steps, err)
	}
}

// What was proven some time ago may have been removed by hand since.
func TestTheOldSecretIsRetiredOnlyWhileTheNewOneIsThere(t *testing.T) {
	app := appWith(secretMade("k1", "op1", 500), secretMade("k2", "op2", 2))
	r := Rotation{Want: wanted(), Old: "k1", New: "k2"}
	p, err := r.PlanRetire(Actual{App: &app})
	if err != nil || len(p.Pending()) != 1 || p.NewIn() != "k2" || p.OldIn() != "k1" {
		t.Errorf("%+v, %v", p, err)
	}
	if kind, key := p.Retired(); kind != entra.ClientSecretKind || key != "k1" {
		t.Errorf("the recorded plan removes the %s %s", kind, key)
	}
	app = appWith(secretMade("k1", "op1", 500))
	var gone *NewGoneError
	if p, err = r.PlanRetire(Actual{App: &app}); !errors.As(err, &gone) || len(p.Steps) != 0 {
		t.Errorf("%+v, %v", p, err)
	}
	app = appWith()
	if p, err = r.PlanRetire(Actual{App: &app}); err != nil || len(p.Steps) != 0 {
		t.Errorf("with neither there is nothing to remove: %+v, %v", p, err)
	}
}

func TestThereIsNothingToRotate(t *testing.T) {
	app := appWith()
	for name, actual := range map[string]Actual{"no application": {}, "two applications": {App: &app, Others: []entra.Application{app}}} {
		_, add := Rotation{Want: wanted()}.PlanAdd(actual, nil, noon)
		_, retire := Rotation{Want: wanted()}.PlanRetire(actual)
		var none *NoApplicationError
		var conflict *ConflictError
		for _, err := range []error{add, retire} {
			if errors.As(err, &none) == errors.As(err, &conflict) {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

// An ordinary setup in the middle of a rotation has nothing to put right.
func TestASetupLeavesARotationAlone(t *testing.T) {
	w := newWorld(t)
	old := w.mustApply(wanted()).Secret.KeyID
	w.dir.overlap = true
	w.finish(adding(w, wanted(), old))
	w.counted()
	w.mustApply(wanted())
	if len(w.dir.sent) != 0 {
		t.Errorf("it sent %v", w.dir.sent)
	}
	if note := find(t, w.plan(wanted()), stepSecret).Note; !strings.Contains(note, "being rotated") {
		t.Errorf("it says %q", note)
	}
}

func TestANewSecretStaysWithinTheTenantsPolicy(t *testing.T) {
	span := func(d time.Duration) *time.Duration { return &d }
	tests := []struct {
		name  string
		most  *time.Duration
		life  time.Duration
		words string
	}{
		{"no rule is known", nil, days(180), ""},
		{"no limit", span(0), days(180), ""},
		{"a longer limit", span(days(365)), days(180), ""},
		{"a shorter limit", span(days(90)), days(90), "90 days"},
		{"less than a day", span(12 * time.Hour), 12 * time.Hour, "12 hours"},
	}
	for _, tt := range tests {
		want, words := wanted().Within(entra.Policies{MaxSecretLifetime: tt.most})
		if !strings.Contains(words, tt.words) || (words == "") != (tt.words == "") {
			t.Errorf("%s: says %q", tt.name, words)
		}
		s := planner{want: want, now: noon}.newSecret()
		if life := s.End.Sub(noon); life > tt.life || life < tt.life-time.Hour {
			t.Errorf("%s: lives %v, want about %v", tt.name, life, tt.life)
		}
	}
}
