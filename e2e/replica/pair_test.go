package replica

import (
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/consentry/consentry/e2e/drive"
)

// Whichever of two consoles carries a setup out and is killed: the other one
// goes on with it, on the same page.
func TestAnotherReplicaGoesOnWithAKilledOnesSetup(t *testing.T) {
	p := newPair(t)
	a, b := p.in(p.a), p.in(p.b)
	environment := a.Environment("succeeded")
	p.box.Fault(held("POST", "/v1.0/applications", "after"))
	op := a.Apply(environment)
	drive.Eventually(t, "the request is at the sandbox", func() bool { return p.box.Struck() == 1 })
	dead, alive := p.at(op)
	dead.Kill()
	p.box.Fault("[]")
	page := map[*drive.Console]*drive.Browser{p.a: a, p.b: b}[alive]
	page.Proven(op)
	wantOne(t, p.box, "succeeded")
	wantQuiet(t, revealed(t, page, environment), dead, alive)
}

// A process that was halted, and finds on coming back that another one has
// gone on in its place, sends nothing and writes nothing any more.
func TestAHaltedReplicaThatComesBackWritesNothing(t *testing.T) {
	p := newPair(t)
	a, b := p.in(p.a), p.in(p.b)
	environment := a.Environment("halted")
	p.box.Fault(held("POST", "/v1.0/applications", "after"))
	op := a.Apply(environment)
	drive.Eventually(t, "the request is at the sandbox", func() bool { return p.box.Struck() == 1 })
	halted, alive := p.at(op)
	pages := map[*drive.Console]*drive.Browser{p.a: a, p.b: b}
	halted.Signal(syscall.SIGSTOP)
	p.box.Fault("[]") // it is answered, to nobody
	pages[alive].Proven(op)
	since := last(p.box)
	halted.Signal(syscall.SIGCONT)
	drive.Eventually(t, "it notices", func() bool { return strings.Contains(halted.Log(), "operation was taken over") })
	pages[halted].Proven(op)
	if more := p.box.Writes(since); len(more) != 0 {
		t.Errorf("the one that came back sent %s", more)
	}
	wantOne(t, p.box, "halted")
	revealed(t, pages[halted], environment)
}

// The secret is shown once, though it is asked for at both at the same time.
func TestASecretIsShownByOneReplicaOnce(t *testing.T) {
	p := newPair(t)
	a, b := p.in(p.a), p.in(p.b)
	environment := a.Environment("shown")
	op := a.Apply(environment)
	a.Proven(op)
	b.Proven(op)
	form := a.RevealForm(environment)
	var mu sync.Mutex
	shown, refused := 0, 0
	var wg sync.WaitGroup
	for i := range 8 {
		browser := []*drive.Browser{a, b}[i%2]
		wg.Go(func() {
			page, err := browser.Raw("POST", form, nil, "Accept", "application/json")
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err != nil:
				t.Error(err)
			case page.Status == 200:
				shown++
			case page.Status == 410:
				refused++
			default:
				t.Errorf("%d %s", page.Status, page.Body)
			}
		})
	}
	wg.Wait()
	if shown != 1 || refused != 7 {
		t.Errorf("shown %d times and refused %d times, of 8", shown, refused)
	}
}
