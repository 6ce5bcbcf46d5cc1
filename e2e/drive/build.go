package drive

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// Patience bounds every wait for something that must come about.
const Patience = time.Minute

// binary is the program under test, once Main has built it.
var binary string

// Main builds consentry, runs the tests and removes it again. It is for
// TestMain.
func Main(m *testing.M) {
	code, err := run(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, "drive:", err)
		code = 1
	}
	os.Exit(code)
}

func run(m *testing.M) (code int, err error) {
	dir, err := os.MkdirTemp("", "consentry-drive-")
	if err != nil {
		return 1, err
	}
	defer os.RemoveAll(dir)
	binary = filepath.Join(dir, "consentry")
	out, err := exec.Command("go", "build", "-o", binary, "github.com/consentry/consentry/cmd/consentry").CombinedOutput()
	if err != nil {
		return 1, fmt.Errorf("build: %w\n%s", err, out)
	}
	return m.Run(), nil
}

// Binary is the path of the program that Main built.
func Binary() string { return binary }

// Eventually waits until f holds. It is for what happens apart from any
// request: in the tenant, or in a process.
func Eventually(tb testing.TB, what string, f func() bool) {
	tb.Helper()
	for end := time.Now().Add(Patience); !f(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			tb.Fatalf("after %s still not so: %s", Patience, what)
		}
	}
}
