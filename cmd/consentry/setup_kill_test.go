package main

import (
	"bytes"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/consentry/consentry/sandbox"
)

// TestKilledAtEachWriteItGoesOn kills the process, with a signal it cannot
// catch, while each of its writes is on the way: before the directory does it
// and after. The same command again must end well.
func TestKilledAtEachWriteItGoesOn(t *testing.T) {
	if testing.Short() {
		t.Skip("takes some seconds of waiting for a directory that may lag")
	}
	t.Parallel()
	writes := []struct {
		path string
		nth  int
	}{{"/v1.0/applications", 1}, {"/v1.0/servicePrincipals", 1}, {"/v1.0/oauth2PermissionGrants", 1}, {"/v1.0/oauth2PermissionGrants", 2}}
	for _, w := range writes {
		for _, hold := range []string{"before", "after"} {
			t.Run(fmt.Sprintf("%s %d/%s", strings.TrimPrefix(w.path, "/v1.0/"), w.nth, hold), func(t *testing.T) {
				t.Parallel()
				b := newBed(t, "healthy")
				b.killAt(sandbox.Fault{Service: "graph", Method: "POST", Path: w.path, Nth: w.nth, Action: sandbox.Action{Hold: hold}})
				o := b.mustRun(0, "--apply", "--secret-out", b.path("secret"))
				b.checkSecret(b.path("secret"), b.checkTenant())
				if !strings.Contains(o.stdout, "going on where it ended") {
					t.Errorf("no word about the earlier run:\n%s", o.stdout)
				}
				// The answer with the secret was lost only where the application was made.
				lost := w.path == "/v1.0/applications" && hold == "after"
				if got := strings.Contains(o.stdout, "was lost"); got != lost {
					t.Errorf("a word about a lost secret: %v, want %v\n%s", got, lost, o.stdout)
				}
				b.checkNoDuplicates()
				b.mustRun(0, "--plan")
			})
		}
	}
}

// killAt starts an apply and kills it while the fault holds its request.
func (b *bed) killAt(fault sandbox.Fault) {
	b.t.Helper()
	if err := b.box.SetFaults(fault); err != nil {
		b.t.Fatal(err)
	}
	c := b.command("--apply")
	if err := c.Start(); err != nil {
		b.t.Fatal(err)
	}
	b.until("the request is held", func() bool { return b.held(fault) })
	if err := c.Process.Kill(); err != nil {
		b.t.Fatal(err)
	}
	_ = c.Wait() // it was killed
	b.until("the sandbox has noticed", func() bool { return !b.held(fault) })
	if err := b.box.SetFaults(); err != nil {
		b.t.Fatal(err)
	}
}

// TestInterruptedItSaysHowToGoOn stops the process the gentle way.
func TestInterruptedItSaysHowToGoOn(t *testing.T) {
	t.Parallel()
	b := newBed(t, "healthy")
	fault := sandbox.Fault{Service: "graph", Method: "POST", Path: "/v1.0/servicePrincipals", Nth: 1, Action: sandbox.Action{Hold: "before"}}
	if err := b.box.SetFaults(fault); err != nil {
		t.Fatal(err)
	}
	c := b.command("--apply")
	var out, errs bytes.Buffer
	c.Stdout, c.Stderr = &out, &errs
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	b.until("the request is held", func() bool { return b.held(fault) })
	if err := c.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	_ = c.Wait() // its exit code is looked at
	if code := c.ProcessState.ExitCode(); code != 1 || !strings.Contains(errs.String(), "same command again") || !strings.Contains(out.String(), "Left to do") {
		t.Errorf("exit code %d\n%s%s", code, out.String(), errs.String())
	}
	if err := b.box.SetFaults(); err != nil {
		t.Fatal(err)
	}
	b.mustRun(0, "--apply", "--secret-out", b.path("secret"))
	b.checkSecret(b.path("secret"), b.checkTenant())
	b.checkNoDuplicates()
}

// held reports whether a request of the fault's kind is at its holding place.
func (b *bed) held(fault sandbox.Fault) bool {
	seen := 0
	return slices.ContainsFunc(b.box.Requests(), func(r sandbox.Request) bool {
		if r.Method != fault.Method || r.Path != fault.Path {
			return false
		}
		seen++
		return seen >= fault.Nth && r.Outcome == sandbox.Open && (fault.Action.Hold == "before" || r.Committed != 0)
	})
}

// checkNoDuplicates holds that nothing was made twice, whatever was sent.
func (b *bed) checkNoDuplicates() {
	b.t.Helper()
	made := map[string]int{}
	for _, r := range b.box.Requests() {
		if r.Method == "POST" && (r.Status == 201 || r.Committed == 201) {
			made[r.Path]++
		}
	}
	want := map[string]int{"/v1.0/applications": 1, "/v1.0/servicePrincipals": 1, "/v1.0/oauth2PermissionGrants": 2}
	for path, n := range want {
		if made[path] != n {
			b.t.Errorf("%s: %d made, want %d", path, made[path], n)
		}
	}
}
