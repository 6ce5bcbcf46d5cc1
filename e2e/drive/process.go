package drive

import (
	"bufio"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// A Process is a running program of ours. It is stopped when the test ends,
// and its log shown when the test failed.
type Process struct {
	cmd    *exec.Cmd
	lines  chan string
	ended  chan struct{}
	mu     sync.Mutex
	errOut strings.Builder
	stdout strings.Builder
}

// Start runs consentry with the arguments, and with a home folder and
// environment of its own.
func Start(tb testing.TB, args ...string) *Process {
	tb.Helper()
	p := &Process{cmd: exec.Command(binary, args...), lines: make(chan string, 1000), ended: make(chan struct{})}
	p.cmd.Env = append(os.Environ(), "HOME="+tb.TempDir(), "XDG_DATA_HOME=", "XDG_CONFIG_HOME=")
	stdout, err := p.cmd.StdoutPipe()
	if err != nil {
		tb.Fatal(err)
	}
	p.cmd.Stderr = p
	if err := p.cmd.Start(); err != nil {
		tb.Fatal(err)
	}
	go p.read(bufio.NewScanner(stdout))
	tb.Cleanup(func() {
		p.Signal(syscall.SIGCONT)
		p.Stop()
		if tb.Failed() {
			tb.Logf("end of the log of %s, process %d:\n%s", args[0], p.cmd.Process.Pid, tail(p.Log(), 4000))
		}
	})
	return p
}

// read takes what the program prints until it ends.
func (p *Process) read(out *bufio.Scanner) {
	defer close(p.ended)
	defer close(p.lines)
	out.Buffer(nil, 1<<20)
	for out.Scan() {
		p.mu.Lock()
		p.stdout.WriteString(out.Text() + "\n")
		p.mu.Unlock()
		select {
		case p.lines <- out.Text():
		default:
		}
	}
	_ = p.cmd.Wait() // ExitCode tells
}

func tail(s string, n int) string {
	if len(s) > n {
		return "…" + s[len(s)-n:]
	}
	return s
}

// Write collects the process's log; it is for the process itself.
func (p *Process) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.errOut.Write(b)
}

// Log is what the process wrote to its standard error so far.
func (p *Process) Log() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.errOut.String()
}

// Printed is what the process wrote to its standard output so far.
func (p *Process) Printed() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.stdout.String()
}

// Line waits for a line of output that begins with prefix.
func (p *Process) Line(tb testing.TB, prefix string) string {
	tb.Helper()
	timeout := time.After(Patience)
	for {
		select {
		case l, ok := <-p.lines:
			if !ok {
				tb.Fatalf("it ended before it printed %q\n%s", prefix, p.Log())
			}
			if strings.HasPrefix(l, prefix) {
				return l
			}
		case <-timeout:
			tb.Fatalf("it did not print %q\n%s", prefix, p.Log())
		}
	}
}

// Signal sends a signal; a process that has ended takes none.
func (p *Process) Signal(s syscall.Signal) { _ = p.cmd.Process.Signal(s) }

// Kill ends the process at once, as a power cut would, and waits for its end.
func (p *Process) Kill() {
	p.Signal(syscall.SIGKILL)
	<-p.ended
}

// Stop asks the process to end, and waits for that.
func (p *Process) Stop() {
	p.Signal(syscall.SIGTERM)
	select {
	case <-p.ended:
	case <-time.After(Patience):
		p.Kill()
	}
}

// ExitCode waits for the end of the process; -1 when a signal ended it.
func (p *Process) ExitCode(tb testing.TB) int {
	tb.Helper()
	select {
	case <-p.ended:
	case <-time.After(Patience):
		tb.Fatalf("it did not end\n%s", p.Log())
	}
	return p.cmd.ProcessState.ExitCode()
}

// Running reports whether it has not ended.
func (p *Process) Running() bool {
	select {
	case <-p.ended:
		return false
	default:
		return true
	}
}
