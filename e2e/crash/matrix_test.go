package crash

import (
	"fmt"
	"net/http"
	"os"
	"slices"
	"testing"

	"github.com/consentry/consentry/e2e/drive"
	"github.com/consentry/consentry/store/postgrestest"
)

func TestMain(m *testing.M) { drive.Main(m) }

// A moment is where the console is killed: before the n-th request is carried
// out, or after, when its answer has not left yet. Killed with the answer of
// request n in hand is killed before request n+1; after the last one it is
// killed with everything done.
type moment struct {
	n    int
	when string
}

func (m moment) String() string { return fmt.Sprintf("%s-request-%d", m.when, m.n) }

// moments are all there are for a flow that sends these requests, and one
// more: what nobody ever reaches is a console killed at rest. On most days it
// is those at the writes; CONSENTRY_TEST_NIGHTLY asks for all, which take some
// twenty minutes.
func moments(calls []drive.Call) (all []moment) {
	every := os.Getenv("CONSENTRY_TEST_NIGHTLY") != ""
	for i, c := range calls {
		if every || c.Method != http.MethodGet {
			all = append(all, moment{i + 1, "before"}, moment{i + 1, "after"})
		}
	}
	if every {
		all = append(all, moment{len(calls) + 1, "before"})
	}
	return all
}

func TestKilledAtEveryRequestOnSQLite(t *testing.T) {
	matrix(t, func(*testing.T) string { return "" })
}

func TestKilledAtEveryRequestOnPostgreSQL(t *testing.T) {
	matrix(t, func(t *testing.T) string { return postgrestest.Start(t) })
}

func matrix(t *testing.T, database func(*testing.T) string) {
	if testing.Short() {
		t.Skip("kills some dozens of processes and waits for what they left")
	}
	for _, f := range flows() {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			calls := count(t, f, database(t))
			t.Logf("%s sends %s", f.name, calls)
			for _, m := range moments(calls) {
				t.Run(m.String(), func(t *testing.T) {
					t.Parallel()
					killed(t, f, database(t), m, len(calls))
				})
			}
		})
	}
}

// count carries a flow out undisturbed and tells what it sends.
func count(t *testing.T, f flow, database string) []drive.Call {
	t.Helper()
	w := newWorld(t, database)
	f.prepare(w)
	to, form := w.form(f)
	since := w.last()
	w.press(to, form)
	w.goOn(f)
	calls := w.asked(since)
	w.check(f)
	if f.behind {
		calls = toTheLastWrite(w.asked(since))
	}
	if len(calls) == 0 {
		t.Fatal("it asked the directory for nothing: is this test what it thinks?")
	}
	return calls
}

// toTheLastWrite leaves out what was read afterwards: the console's next round
// may have come to see whether there is anything left to do.
func toTheLastWrite(calls []drive.Call) []drive.Call {
	for len(calls) > 0 && calls[len(calls)-1].Method == http.MethodGet {
		calls = calls[:len(calls)-1]
	}
	return calls
}

// killed carries a flow out on a console that is killed at the moment, starts
// it again and looks at what came of it.
func killed(t *testing.T, f flow, database string, m moment, calls int) {
	w := newWorld(t, database)
	f.prepare(w)
	to, form := w.form(f)
	since := w.last()
	w.box.Fault(fmt.Sprintf(`[{"service":"graph","nth":%d,"times":1,"action":{"hold":%q}}]`, m.n, m.when))
	begun := make(chan struct{})
	go func() {
		defer close(begun)
		w.press(to, form)
	}()
	drive.Eventually(t, "the request is held, or all were answered", func() bool {
		return w.box.Struck() > 0 || len(w.asked(since)) >= calls && w.rests(begun)
	})
	w.console.Kill()
	<-begun
	w.box.Fault("[]")
	w.console = w.console.Restart()
	w.goOn(f)
	w.check(f)
}

// rests reports whether nothing that was begun goes on.
func (w *world) rests(begun <-chan struct{}) bool {
	select {
	case <-begun:
	default:
		return false
	}
	op := w.begun()
	if op == "" {
		return !slices.ContainsFunc(w.box.Calls(0), func(c drive.Call) bool { return c.Outcome == "open" })
	}
	p, err := w.b.Raw("GET", op, nil)
	return err == nil && p.Doc().Find("[data-events]").Length() == 0
}

// check looks at the tenant, at the audit log, and for secrets where none may
// be.
func (w *world) check(f flow) {
	w.t.Helper()
	f.left(w)
	w.console.Stop()
	w.wantAudit()
	w.wantNoSecret()
}

// asked is what the console has sent to the directory since; the tests' own
// eyes do not count.
func (w *world) asked(since int) (calls []drive.Call) {
	eyes := w.box.Tenant(drive.Healthy).Automation.ClientID
	for _, c := range w.box.Calls(since) {
		if c.Service == "graph" && c.ClientID != eyes {
			calls = append(calls, c)
		}
	}
	return calls
}

func (w *world) last() int {
	calls := w.box.Calls(0)
	if len(calls) == 0 {
		return 0
	}
	return calls[len(calls)-1].Seq
}
