package replica

import (
	"testing"

	"github.com/consentry/consentry/e2e/drive"
)

// One console on a file that is killed while a setup runs goes on with it at
// its next start, without anybody's doing.
func TestAKilledConsoleGoesOnAtItsNextStart(t *testing.T) {
	box := drive.StartSandbox(t)
	for _, at := range []struct {
		name, method, path, when string
	}{
		{"app-never-asked-for", "POST", "/v1.0/applications", "before"},
		{"app-made-answer-lost", "POST", "/v1.0/applications", "after"},
		{"consent-given-answer-lost", "POST", "/v1.0/oauth2PermissionGrants", "after"},
	} {
		t.Run(at.name, func(t *testing.T) {
			c := drive.StartConsole(t, drive.Setting{Sandbox: box})
			b := drive.Open(t, c.Base)
			b.SignIn(box, drive.Healthy, "admin")
			environment := b.Environment(at.name)
			box.Fault(held(at.method, at.path, at.when))
			op := b.Apply(environment)
			drive.Eventually(t, "the request is at the sandbox", func() bool { return box.Struck() == 1 })
			c.Kill()
			box.Fault("[]")
			c = c.Restart()
			b.Proven(op)
			wantOne(t, box, at.name)
			wantQuiet(t, revealed(t, b, environment), c)
		})
	}
}

// One that is asked to end lets the request on its way be answered, begins no
// further one, and goes on at the next start.
func TestAStoppedConsoleGoesOnAtItsNextStart(t *testing.T) {
	box := drive.StartSandbox(t)
	c := drive.StartConsole(t, drive.Setting{Sandbox: box})
	b := drive.Open(t, c.Base)
	b.SignIn(box, drive.Healthy, "admin")
	environment := b.Environment("stopped")
	box.Fault(held("POST", "/v1.0/applications", "before"))
	op := b.Apply(environment)
	drive.Eventually(t, "the request is at the sandbox", func() bool { return box.Struck() == 1 })
	since := last(box)
	ended := make(chan int, 1)
	go func() { c.Stop(); ended <- c.ExitCode(t) }()
	drive.Eventually(t, "no more requests are taken", func() bool {
		_, err := b.Raw("GET", "/healthz", nil)
		return err != nil
	})
	box.Fault("[]")
	if code := <-ended; code != 0 {
		t.Errorf("exit code %d", code)
	}
	if more := box.Writes(since); len(more) != 0 {
		t.Errorf("it went on with %s", more)
	}
	c = c.Restart()
	b.Proven(op)
	wantOne(t, box, "stopped")
	revealed(t, b, environment)
}

// last is the number of the newest call.
func last(box *drive.Sandbox) int {
	calls := box.Calls(0)
	if len(calls) == 0 {
		return 0
	}
	return calls[len(calls)-1].Seq
}
