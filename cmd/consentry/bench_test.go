package main

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// BenchmarkStart measures what the built console costs beside a bare gin
// program that serves the same page. The two take turns, and the medians'
// ratio must stay below the target; milliseconds and MiB are shown only.
//
// Start is from the process to the first whole page. Beyond bare gin the
// console makes a key and a database, runs the migrations, parses every
// template and links the Graph SDK; the sandbox makes RSA keys, of which some
// take several times longer than others.
//
// Memory is what is resident after 200 pages: SQLite, templates and the pages
// touched of a binary five times as large; with the sandbox a whole cloud.
func BenchmarkStart(b *testing.B) {
	ours, bare := build(b, "."), build(b, "./testdata/bare")
	for _, c := range []struct {
		name          string
		args          []string
		start, memory float64 // at most this many times bare gin's
	}{
		{"console", []string{"--cloud", "public"}, 12, 6},
		{"console with sandbox", nil, 30, 6.5},
	} {
		b.Run(c.name, func(b *testing.B) {
			var ourStarts, bareStarts, ourMemory, bareMemory []float64
			for b.Loop() {
				for range 15 {
					page, cost := serveOnce(b, ours, append([]string{"serve", "--listen", "localhost:0"}, c.args...), "/", "/setup", "/setup/frontegg", "/sign-in")
					ourStarts, ourMemory = append(ourStarts, cost.start.Seconds()), append(ourMemory, cost.memory)
					file := filepath.Join(b.TempDir(), "page.html")
					if err := os.WriteFile(file, page, 0o600); err != nil {
						b.Fatal(err)
					}
					_, cost = serveOnce(b, bare, []string{file}, "/")
					bareStarts, bareMemory = append(bareStarts, cost.start.Seconds()), append(bareMemory, cost.memory)
				}
			}
			b.ReportMetric(0, "ns/op")
			compare(b, "start", "ms", 1000, median(ourStarts), median(bareStarts), c.start)
			compare(b, "memory", "MiB", 1.0/(1<<20), median(ourMemory), median(bareMemory), c.memory)
		})
	}
}

// compare shows a measure and its target, and fails when that is missed.
func compare(b *testing.B, what, unit string, scale, ours, bare, target float64) {
	b.Helper()
	b.ReportMetric(ours*scale, what+"-"+unit)
	b.ReportMetric(ours/bare, what+"-of-bare-gin")
	if ours > target*bare {
		b.Errorf("%s: %.1f %s is %.1f times bare gin's %.1f, target at most %.1f times", what, ours*scale, unit, ours/bare, bare*scale, target)
	}
}

func median(values []float64) float64 {
	slices.Sort(values)
	return values[len(values)/2]
}

// build builds a program without symbols, as the image has it.
func build(b *testing.B, pkg string) string {
	b.Helper()
	out := filepath.Join(b.TempDir(), "program")
	if said, err := exec.Command("go", "build", "-ldflags=-s -w", "-o", out, pkg).CombinedOutput(); err != nil {
		b.Fatalf("build %s: %v\n%s", pkg, err, said)
	}
	return out
}

// cost is what one run of a program took.
type cost struct {
	start  time.Duration // from the process to the first whole page
	memory float64       // resident bytes after 200 pages
}

// serveOnce starts a program in a home of its own, fetches 200 pages and stops
// it again. It gives the first page.
func serveOnce(b *testing.B, program string, args []string, paths ...string) ([]byte, cost) {
	b.Helper()
	home := b.TempDir()
	c := exec.Command(program, args...)
	c.Env = append(os.Environ(), "HOME="+home, "XDG_DATA_HOME=", "XDG_CONFIG_HOME=", "TMPDIR="+home)
	stdout, err := c.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	began := time.Now()
	if err := c.Start(); err != nil {
		b.Fatal(err)
	}
	defer func() {
		_ = c.Process.Signal(syscall.SIGTERM)
		_ = c.Wait() // the bare program knows no gentle end
	}()
	out := bufio.NewReader(stdout)
	line, err := out.ReadString('\n')
	_, address, found := strings.Cut(strings.TrimSpace(line), " is at ")
	if err != nil || !found {
		b.Fatalf("%s printed %q, %v", program, line, err)
	}
	go func() { _, _ = io.Copy(io.Discard, out) }()
	first := page(b, address+paths[0])
	took := time.Since(began)
	for i := range 200 {
		page(b, address+paths[i%len(paths)])
	}
	return first, cost{took, resident(b, c.Process.Pid)}
}

// page fetches a page that must be there.
func page(b *testing.B, url string) []byte {
	b.Helper()
	resp, err := http.Get(url)
	if err != nil {
		b.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		b.Fatalf("%s: %s, %v", url, resp.Status, err)
	}
	return body
}

// resident is a process's resident memory in bytes, as Linux tells it.
func resident(b *testing.B, pid int) float64 {
	b.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		b.Skipf("memory is read from /proc, which is not here: %v", err)
	}
	_, rest, _ := strings.Cut(string(status), "VmRSS:")
	kib, err := strconv.ParseFloat(strings.Fields(rest)[0], 64)
	if err != nil {
		b.Fatal(err)
	}
	return kib * 1024
}
