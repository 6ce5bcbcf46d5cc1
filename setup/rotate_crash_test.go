package setup

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/consentry/consentry/entra"
)

// rotating are the starting points of the rotation's crash matrix: each gives
// the secret in use.
var rotating = []struct {
	name  string
	start func(*world) entra.KeyID
	want  func() Desired
}{
	{"one secret in use", func(w *world) entra.KeyID { return w.mustApply(wanted()).Secret.KeyID }, wanted},
	{"a secret in use made by another machine", func(w *world) entra.KeyID {
		key := w.mustApply(wanted()).Secret.KeyID
		w.journal.entries = nil
		return key
	}, wanted},
	{"a secret in use made by hand", func(w *world) entra.KeyID {
		w.dir.now.apps = []entra.Application{{ID: "app-old", ClientID: "client-old", DisplayName: "Old", Audience: entra.AnyOrganization,
			Secrets: []entra.Secret{{KeyID: "by-hand", Name: "by hand", Hint: "hnd", End: w.clock.Now().AddDate(0, 1, 0)}}}}
		return "by-hand"
	}, adopted},
	{"the secret in use has expired", func(w *world) entra.KeyID {
		key := w.mustApply(wanted()).Secret.KeyID
		w.dir.now.apps[0].Secrets[0].End = w.clock.Now()
		return key
	}, wanted},
	{"an earlier addition was lost", func(w *world) entra.KeyID {
		key := w.mustApply(wanted()).Secret.KeyID
		w.dir.overlap = true
		w.attempt(1, afterCommit, adding(w, wanted(), key))
		return key
	}, wanted},
	{"reads lag behind by 3", lagging(3), wanted},
	{"reads lag behind by 6", lagging(6), wanted},
}

func lagging(reads int) func(*world) entra.KeyID {
	return func(w *world) entra.KeyID {
		key := w.mustApply(wanted()).Secret.KeyID
		w.dir.lag = reads
		return key
	}
}

func adopted() Desired {
	d := wanted()
	d.Adopt, d.DisplayName = "client-old", ""
	return d
}

func adding(w *world, want Desired, old entra.KeyID) func(*Engine, string) (Result, error) {
	return func(e *Engine, op string) (Result, error) {
		return e.Add(w.t.Context(), Rotation{Want: want, Old: old}, op)
	}
}

func retiring(w *world, want Desired, old entra.KeyID) func(*Engine, string) (Result, error) {
	return func(e *Engine, op string) (Result, error) {
		return e.Retire(w.t.Context(), Rotation{Want: want, Old: old}, op)
	}
}

// finish runs undisturbed and insists on proof.
func (w *world) finish(run func(*Engine, string) (Result, error)) Result {
	w.t.Helper()
	w.runs++
	r, err := run(w.engine(), fmt.Sprintf("op%d", w.runs))
	if err != nil || !r.Proven {
		w.t.Fatalf("proven %v, left %v, error %v", r.Proven, r.Left, err)
	}
	return r
}

// TestRotationCrashMatrix kills or disturbs each write of each half at each
// moment, goes on in another process, and holds the invariants: the secret in
// use stays until it is retired, beside it there is never more than one of
// ours, and that one's value is kept.
func TestRotationCrashMatrix(t *testing.T) {
	for _, s := range rotating {
		for i := 1; i <= 2; i++ {
			for at, words := range moments {
				t.Run(fmt.Sprintf("%s/write %d/%s", s.name, i, words), func(t *testing.T) {
					w := newWorld(t)
					old := s.start(w)
					w.dir.overlap = true
					want := s.want()
					w.attempt(i, at, adding(w, want, old))
					added := w.finish(adding(w, want, old))
					w.checkOverlap(want, old)
					w.attempt(1, at, retiring(w, want, old))
					w.finish(retiring(w, want, old))
					w.checkRetired(want, old, added.Secret.KeyID)
				})
			}
		}
	}
}

// checkOverlap: the old one stands, and one of ours whose value is kept.
func (w *world) checkOverlap(want Desired, old entra.KeyID) {
	w.t.Helper()
	for _, v := range w.dir.violations {
		w.t.Errorf("at some moment there were %s", v)
	}
	app := w.ours(want)
	if _, ok := secretOf(app, old); !ok {
		w.t.Errorf("the secret in use is gone")
	}
	live := slices.DeleteFunc(liveSecrets(app, want.Name, w.clock.Now()), func(s entra.Secret) bool { return s.KeyID == old })
	if len(live) != 1 || w.journal.values[live[0].KeyID] == "" {
		w.t.Fatalf("%d live secrets besides the old one, want one whose value is kept", len(live))
	}
	asked := len(w.dir.sent)
	w.dir.staleReads = 0
	w.finish(adding(w, want, old))
	if len(w.dir.sent) != asked {
		w.t.Errorf("adding again wrote %v", w.dir.sent[asked:])
	}
}

func (w *world) checkRetired(want Desired, old, added entra.KeyID) {
	w.t.Helper()
	app := w.ours(want)
	if _, there := secretOf(app, old); there {
		w.t.Error("the old secret is still there")
	}
	live := liveSecrets(app, want.Name, w.clock.Now())
	if len(live) != 1 || live[0].KeyID != added {
		w.t.Errorf("live are %+v, want the added %s", live, added)
	}
}

// TestAddingIsSentOnceHoweverTheAnswerIsLost counts the POSTs: one that may
// have been carried out is looked for, and removed before another is sent.
func TestAddingIsSentOnceHoweverTheAnswerIsLost(t *testing.T) {
	for _, at := range []moment{answerLost, doneUnavailable} {
		w := newWorld(t)
		old := w.mustApply(wanted()).Secret.KeyID
		w.dir.overlap = true
		w.counted()
		w.attempt(1, at, adding(w, wanted(), old))
		var order []string
		for _, sent := range w.dir.sent {
			order = append(order, sent[strings.LastIndex(sent, "/")+1:])
		}
		if got := strings.Join(order, " "); got != "addPassword removePassword addPassword" {
			t.Errorf("%s: sent %q", moments[at], got)
		}
	}
}

// TestTwoAdditionsAtOnceMakeOneSecret: the second sees what the first made,
// even while the directory does not show it yet.
func TestTwoAdditionsAtOnceMakeOneSecret(t *testing.T) {
	w := newWorld(t)
	old := w.mustApply(wanted()).Secret.KeyID
	w.dir.overlap, w.dir.lag = true, 8
	first := w.finish(adding(w, wanted(), old))
	w.dir.staleReads = w.dir.lag
	second := w.finish(adding(w, wanted(), old))
	if first.Secret.KeyID != second.Secret.KeyID {
		t.Errorf("made %s and %s", first.Secret.KeyID, second.Secret.KeyID)
	}
	w.checkOverlap(wanted(), old)
}
