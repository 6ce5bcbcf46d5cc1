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

// A process is what dies: from then on neither the directory nor the journal
// hears of it.
type process struct {
	*world
	mu   sync.Mutex
	dead bool
	// dies says whether the process dies at the i-th write (from 1) and where.
	dies func(i int) moment
	sent int
}

type moment int

const (
	lives           moment = iota
	beforeSending          // the intent is written, the request never leaves
	afterCommit            // the directory has done it, the answer never comes
	afterAnswer            // answered, and killed before the answer is written down
	afterRecording         // answered and written down
	answerLost             // nobody dies: the directory has done it, the answer is lost
	requestLost            // nobody dies: the request is lost on its way
	unavailable            // nobody dies: 503, nothing done
	doneUnavailable        // nobody dies: 503, done nevertheless
)

var moments = map[moment]string{
	beforeSending: "killed before sending", afterCommit: "killed before the answer", afterAnswer: "killed before recording",
	afterRecording: "killed after recording", answerLost: "answer lost", requestLost: "request lost",
	unavailable: "503 and not done", doneUnavailable: "503 and done",
}

func (p *process) die() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.dead = true
	return errCrashed
}

func (p *process) alive() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.dead {
		return errCrashed
	}
	return nil
}

func (p *process) next() moment {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sent++
	return p.dies(p.sent)
}

type dyingDirectory struct{ *process }

func (d dyingDirectory) ApplicationsByTag(ctx context.Context, tag string) ([]entra.Application, error) {
	if err := d.alive(); err != nil {
		return nil, err
	}
	return d.dir.ApplicationsByTag(ctx, tag)
}

func (d dyingDirectory) Application(ctx context.Context, id entra.ClientID) (entra.Application, error) {
	if err := d.alive(); err != nil {
		return entra.Application{}, err
	}
	return d.dir.Application(ctx, id)
}

func (d dyingDirectory) ServicePrincipals(ctx context.Context, ids ...entra.ClientID) ([]entra.ServicePrincipal, error) {
	if err := d.alive(); err != nil {
		return nil, err
	}
	return d.dir.ServicePrincipals(ctx, ids...)
}

func (d dyingDirectory) GrantsOf(ctx context.Context, client entra.ClientID) ([]entra.Grant, bool, error) {
	if err := d.alive(); err != nil {
		return nil, false, err
	}
	return d.dir.GrantsOf(ctx, client)
}

func (d dyingDirectory) FederatedCredentials(ctx context.Context, app entra.ObjectID) ([]entra.FederatedCredential, error) {
	if err := d.alive(); err != nil {
		return nil, err
	}
	return d.dir.FederatedCredentials(ctx, app)
}

func (d dyingDirectory) Do(ctx context.Context, c entra.Change) (entra.Created, error) {
	if err := d.alive(); err != nil {
		return entra.Created{}, err
	}
	lost := &entra.NoAnswerError{Service: "Microsoft Graph", Sent: true, Err: errors.New("connection reset")}
	at := d.next()
	switch at {
	case beforeSending:
		return entra.Created{}, d.die()
	case requestLost:
		return entra.Created{}, lost
	case unavailable:
		return entra.Created{}, refuse(503, "ServiceUnavailable")
	}
	created, err := d.dir.Do(ctx, c)
	switch at {
	case afterCommit, afterAnswer:
		return created, d.die()
	case answerLost:
		return entra.Created{}, lost
	case doneUnavailable:
		return entra.Created{}, refuse(503, "ServiceUnavailable")
	}
	return created, err
}

type dyingJournal struct {
	*process
	recorded int
}

func (j *dyingJournal) Intent(ctx context.Context, e Entry) (int64, error) {
	if err := j.alive(); err != nil {
		return 0, err
	}
	return j.journal.Intent(ctx, e)
}

func (j *dyingJournal) Outcome(ctx context.Context, seq int64, s EntryState, c entra.Created, cause error) error {
	if err := j.alive(); err != nil {
		return err
	}
	err := j.journal.Outcome(ctx, seq, s, c, cause)
	j.mu.Lock()
	j.recorded++
	i := j.recorded
	j.mu.Unlock()
	if j.dies(i) == afterRecording {
		return j.die()
	}
	return err
}

func (j *dyingJournal) Entries(ctx context.Context) ([]Entry, error) {
	if err := j.alive(); err != nil {
		return nil, err
	}
	return j.journal.Entries(ctx)
}

// attempt runs a process that dies, or suffers, at its i-th write.
func (w *world) attempt(i int, at moment, run func(*Engine, string) (Result, error)) {
	p := &process{world: w, dies: func(n int) moment {
		if n == i {
			return at
		}
		return lives
	}}
	w.runs++
	e := &Engine{Directory: dyingDirectory{p}, Journal: &dyingJournal{process: p}, Now: w.clock.Now, Sleep: w.clock.Sleep, newKey: oneKey}
	r, err := run(e, fmt.Sprintf("op%d", w.runs))
	switch {
	case p.dead && err == nil:
		w.t.Error("the dead process reported success")
	case !p.dead && (err != nil || !r.Proven):
		w.t.Errorf("the process lived and did not finish: proven %v, error %v", r.Proven, err)
	}
}

// situations are the starting points of the crash matrix.
var situations = []struct {
	name  string
	start func(*world)
	want  func() Desired
}{
	{"nothing there", func(*world) {}, wanted},
	{"the tenant never used Azure DevOps", func(w *world) {
		w.dir.now.principals = []entra.ServicePrincipal{graphPrincipal}
	}, wanted},
	{"Graph gives no secretText on create", func(w *world) { w.dir.noSecretText = true }, wanted},
	// Reads go side by side, so which of them is the last stale one varies:
	// several lags make every order likely.
	{"reads lag behind", func(w *world) { w.dir.lag = 4 }, wanted},
	{"reads lag behind by 3", func(w *world) { w.dir.lag = 3 }, wanted},
	{"reads lag behind by 5", func(w *world) { w.dir.lag = 5 }, wanted},
	{"reads lag behind by 6", func(w *world) { w.dir.lag = 6 }, wanted},
	{"an adopted application with little on it", func(w *world) {
		w.dir.now.apps = []entra.Application{{ID: "app-old", ClientID: "client-old", DisplayName: "Old", Audience: entra.SingleTenant}}
	}, func() Desired {
		d := wanted()
		d.Adopt, d.DisplayName = "client-old", ""
		return d
	}},
	{"consents with other scopes and an old secret to replace", func(w *world) {
		w.mustApply(wanted())
		for i := range w.dir.now.grants {
			w.dir.now.grants[i].Scopes = nil
		}
	}, func() Desired {
		d := wanted()
		d.NewSecret = true
		return d
	}},
}

// TestCrashMatrix kills or disturbs each outside write at each moment, runs
// again with the same journal, and holds the invariants.
func TestCrashMatrix(t *testing.T) {
	for _, s := range situations {
		calls := countWrites(t, s.start, s.want())
		if calls < 3 {
			t.Fatalf("%s: only %d writes, the matrix would prove nothing", s.name, calls)
		}
		for i := 1; i <= calls; i++ {
			for at, words := range moments {
				t.Run(fmt.Sprintf("%s/write %d/%s", s.name, i, words), func(t *testing.T) {
					w := newWorld(t)
					s.start(w)
					want := s.want()
					w.attempt(i, at, func(e *Engine, op string) (Result, error) { return e.Apply(t.Context(), want, op) })
					want.NewSecret = false
					w.mustApply(want)
					w.check(want)
					w.checkQuiet(want)
				})
			}
		}
	}
}

// checkQuiet holds that another run reads three times and writes nothing.
func (w *world) checkQuiet(want Desired) {
	w.t.Helper()
	w.checkQuietIn(3, want)
}

func (w *world) checkQuietIn(reads int, want Desired) {
	w.t.Helper()
	w.dir.staleReads = 0
	w.counted()
	w.mustApply(want)
	if len(w.dir.reads) != reads || len(w.dir.sent) != 0 {
		w.t.Errorf("a run with nothing to do read %v and wrote %v, want %d reads", w.dir.reads, w.dir.sent, reads)
	}
}

func countWrites(t *testing.T, start func(*world), want Desired) int {
	w := newWorld(t)
	start(w)
	w.counted()
	w.mustApply(want)
	return w.dir.writes
}

// TestCrashTwice kills two runs in a row at every pair of writes.
func TestCrashTwice(t *testing.T) {
	for i := 1; i <= 4; i++ {
		for j := 1; j <= 5; j++ {
			for _, at := range []moment{beforeSending, afterCommit, afterRecording} {
				t.Run(fmt.Sprintf("write %d, then write %d, %s", i, j, moments[at]), func(t *testing.T) {
					w := newWorld(t)
					apply := func(e *Engine, op string) (Result, error) { return e.Apply(t.Context(), wanted(), op) }
					w.attempt(i, at, apply)
					w.attempt(j, at, apply)
					w.mustApply(wanted())
					w.check(wanted())
				})
			}
		}
	}
}

// TestRemoveCrashMatrix does the same for removal.
func TestRemoveCrashMatrix(t *testing.T) {
	for i := 1; i <= 2; i++ {
		for at, words := range moments {
			for _, lag := range []int{0, 4} {
				t.Run(fmt.Sprintf("write %d/%s/lag %d", i, words, lag), func(t *testing.T) {
					w := newWorld(t)
					w.mustApply(wanted())
					w.dir.lag = lag
					remove := func(e *Engine, op string) (Result, error) { return e.Remove(t.Context(), wanted(), op) }
					w.attempt(i, at, remove)
					w.runs++
					r, err := remove(w.engine(), fmt.Sprintf("op%d", w.runs))
					if err != nil || !r.Proven {
						t.Fatalf("remove: proven %v, left %v, error %v", r.Proven, r.Left, err)
					}
					if s := w.dir.now; len(s.apps) != 0 || len(s.grants) != 0 || len(s.principals) != 2 {
						t.Errorf("left behind: %+v", s)
					}
				})
			}
		}
	}
}

// TestNoSecondApplicationIsSentBeforeSeveralMisses holds the rule that a POST
// whose answer was lost is looked for again and again before another one.
func TestNoSecondApplicationIsSentBeforeSeveralMisses(t *testing.T) {
	w := newWorld(t)
	w.attempt(1, beforeSending, func(e *Engine, op string) (Result, error) { return e.Apply(t.Context(), wanted(), op) })
	w.counted()
	var misses int
	w.dir.before = func(_ int, c entra.Change) error {
		if _, ok := c.(entra.CreateApplication); ok {
			for _, r := range w.dir.reads {
				if strings.HasPrefix(r, "applications") {
					misses++
				}
			}
		}
		return nil
	}
	slept := w.clock.all
	w.mustApply(wanted())
	if misses < 5 || w.clock.all == slept {
		t.Errorf("%d looks in %v before the second POST, want at least 5 with time between", misses, w.clock.all-slept)
	}
}

// TestLostSecretIsReplacedWithAWord follows one secret whose answer was lost.
func TestLostSecretIsReplacedWithAWord(t *testing.T) {
	w := newWorld(t)
	apply := func(e *Engine, op string) (Result, error) { return e.Apply(t.Context(), wanted(), op) }
	w.attempt(1, afterCommit, apply)
	lost := w.ours(wanted()).Secrets[0].KeyID
	r := w.mustApply(wanted())
	w.check(wanted())
	if !slices.ContainsFunc(r.Words, func(s string) bool { return strings.Contains(s, string(lost)) && strings.Contains(s, "replaced") }) {
		t.Errorf("no word about the lost secret %s: %q", lost, r.Words)
	}
	if r.Secret == nil || r.Secret.KeyID == lost {
		t.Errorf("the result's secret is %+v", r.Secret)
	}
	if w.clock.all != 0 {
		t.Errorf("waited %v although the lost secret was seen at once", w.clock.all)
	}
}

// TestNothingIsWaitedForOnceTheLostSecretIsRemoved kills a second run between
// the removal and the new secret.
func TestNothingIsWaitedForOnceTheLostSecretIsRemoved(t *testing.T) {
	w := newWorld(t)
	apply := func(e *Engine, op string) (Result, error) { return e.Apply(t.Context(), wanted(), op) }
	w.attempt(1, afterCommit, apply)
	w.dir.now.principals = append(w.dir.now.principals, entra.ServicePrincipal{ID: "sp-own", ClientID: w.ours(wanted()).ClientID})
	for i, resource := range []entra.ObjectID{"sp-devops", "sp-graph"} {
		w.dir.now.grants = append(w.dir.now.grants, entra.Grant{ID: fmt.Sprint(i), Client: "sp-own", Resource: resource,
			Type: entra.AllPrincipals, Scopes: []string{wanted().Permissions[i].Scopes[0].Value}})
	}
	w.attempt(1, afterRecording, apply)
	if n := len(w.ours(wanted()).Secrets); n != 0 {
		t.Fatalf("%d secrets after the removal, want none", n)
	}
	w.mustApply(wanted())
	w.check(wanted())
	if w.clock.all != 0 {
		t.Errorf("waited %v", w.clock.all)
	}
}
