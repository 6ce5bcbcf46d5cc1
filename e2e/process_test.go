package e2e

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// patience bounds every wait for something that must come about.
const patience = 30 * time.Second

// A process is a running program of ours.
type process struct {
	cmd    *exec.Cmd
	lines  chan string
	mu     sync.Mutex
	errOut strings.Builder
	done   chan struct{}
}

// start runs a program; it is stopped, and its log shown when the test
// failed, at the end.
func start(t *testing.T, program string, args ...string) *process {
	t.Helper()
	p := &process{cmd: exec.Command(program, args...), lines: make(chan string, 100), done: make(chan struct{})}
	// What the tests are set up with is no setting of the console's.
	environ := slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "CONSENTRY_") })
	p.cmd.Env = append(environ, "HOME="+t.TempDir(), "XDG_DATA_HOME=", "XDG_CONFIG_HOME=")
	stdout, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	p.cmd.Stderr = p
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(p.done)
		s := bufio.NewScanner(stdout)
		s.Buffer(nil, 1<<20)
		for s.Scan() {
			select {
			case p.lines <- s.Text():
			default:
			}
		}
		close(p.lines)
		_ = p.cmd.Wait() // killed and stopped ones end with an error, as they should
	}()
	t.Cleanup(func() {
		p.stop()
		if t.Failed() {
			t.Logf("end of the log of %s %s:\n%s", p.name(), args[0], tail(p.log(), 3000))
		}
	})
	return p
}

func (p *process) name() string { return filepath.Base(p.cmd.Path) }

func tail(s string, n int) string {
	if len(s) > n {
		return "…" + s[len(s)-n:]
	}
	return s
}

// Write collects the process's log.
func (p *process) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.errOut.Write(b)
}

// log is what the process wrote to its standard error so far.
func (p *process) log() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.errOut.String()
}

// stop ends the process gently and waits for it.
func (p *process) stop() {
	_ = p.cmd.Process.Signal(syscall.SIGTERM) // it may have ended already
	select {
	case <-p.done:
	case <-time.After(patience):
		p.kill()
	}
}

// kill ends it at once, as a power cut would.
func (p *process) kill() {
	_ = p.cmd.Process.Kill() // it may have ended already
	<-p.done
}

// line waits for a line of output that begins with prefix.
func (p *process) line(t *testing.T, prefix string) string {
	t.Helper()
	timeout := time.After(patience)
	for {
		select {
		case l, ok := <-p.lines:
			if !ok {
				t.Fatalf("%s ended before it printed %q\n%s", p.name(), prefix, p.log())
			}
			if strings.HasPrefix(l, prefix) {
				return l
			}
		case <-timeout:
			t.Fatalf("%s did not print %q\n%s", p.name(), prefix, p.log())
		}
	}
}

// eventually waits until f holds. It is for what happens apart from the page:
// in the tenant, or in the console's log.
func eventually(t *testing.T, what string, f func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !f(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("after %s still not so: %s", patience, what)
		}
	}
}
