package main

import (
	"bufio"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	_ "modernc.org/sqlite"

	"github.com/consentry/consentry/graph"
	"github.com/consentry/consentry/sandbox"
)

// A running is the built console in a process of its own, with metrics.
type running struct {
	b          *testing.B
	cmd        *exec.Cmd
	base, load string // addresses of the pages and of the metrics
}

// released builds the program as it is released, but with the sandbox.
func released(b *testing.B) string {
	b.Helper()
	out := filepath.Join(b.TempDir(), "consentry")
	c := exec.Command("go", "build", "-trimpath", "-tags", "nomsgpack", "-ldflags=-s -w", "-o", out, ".")
	c.Env = append(os.Environ(), "CGO_ENABLED=0")
	if said, err := c.CombinedOutput(); err != nil {
		b.Fatalf("build: %v\n%s", err, said)
	}
	return out
}

// start runs the program on a data folder and waits until it is ready.
func start(b *testing.B, program, dir, cloud string, args ...string) *running {
	b.Helper()
	c := exec.Command(program, append([]string{"serve", "--listen", "localhost:0", "--metrics", "127.0.0.1:0", "--cloud", cloud,
		"--data", filepath.Join(dir, "data"), "--key-file", filepath.Join(dir, "key")}, args...)...)
	stdout, err := c.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := c.Start(); err != nil {
		b.Fatal(err)
	}
	r := &running{b: b, cmd: c}
	out := bufio.NewReader(stdout)
	for r.load == "" {
		line, err := out.ReadString('\n')
		if err != nil {
			b.Fatalf("it ended before it was there: %v", err)
		}
		what, at, _ := strings.Cut(strings.TrimSpace(line), " at ")
		switch what {
		case "Consentry is":
			r.base = at
		case "Metrics are":
			r.load = strings.TrimSuffix(at, "/metrics")
		}
	}
	go func() { _, _ = io.Copy(io.Discard, out) }()
	page(b, r.base+"/readyz")
	return r
}

func (r *running) stop() {
	r.b.Helper()
	if err := r.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		r.b.Fatal(err)
	}
	if err := r.cmd.Wait(); err != nil {
		r.b.Errorf("it ended with %v", err)
	}
}

// metric reads one number from the metrics.
func (r *running) metric(name string) float64 {
	r.b.Helper()
	for line := range strings.Lines(string(page(r.b, r.load+"/metrics"))) {
		if value, found := strings.CutPrefix(line, name+" "); found {
			n, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
			if err != nil {
				r.b.Fatal(err)
			}
			return n
		}
	}
	r.b.Fatalf("there is no metric %s", name)
	return 0
}

// through lets requests to the console come from an address of its own, as
// through a proxy.
type through struct {
	http.RoundTripper
	base, from string
}

// RoundTrip implements http.RoundTripper.
func (t through) RoundTrip(r *http.Request) (*http.Response, error) {
	if strings.HasPrefix(r.URL.String(), t.base) {
		r = r.Clone(r.Context())
		r.Header.Set("X-Forwarded-For", t.from)
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	return t.RoundTripper.RoundTrip(r)
}

// BenchmarkSoak lets many people sign in, begin with a wizard, and leave.
// Afterwards nothing of them may be left running, and memory is bounded.
func BenchmarkSoak(b *testing.B) {
	const people = 200
	box, err := sandbox.Start(b.Context(), sandbox.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer func() {
		if err := box.Close(context.WithoutCancel(b.Context())); err != nil {
			b.Error(err)
		}
	}()
	dir := b.TempDir()
	r := start(b, released(b), dir, cloudFile(b, box, dir), "--trusted-proxy", "127.0.0.1")
	defer r.stop()
	r.visits(box, 0, 20)
	goroutines, files := r.settled("go_goroutines", 0), r.metric("process_open_fds")
	before := r.metric("process_resident_memory_bytes")
	for b.Loop() {
		r.visits(box, 20, 20+people)
	}
	peak := r.metric("process_resident_memory_bytes")
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(peak/(1<<20), "MiB")
	b.ReportMetric(peak/before, "of-before")
	if peak > 96<<20 {
		b.Errorf("%.0f MiB are resident after %d sign-ins, target at most 96", peak/(1<<20), people)
	}
	if now := r.settled("go_goroutines", goroutines); now > goroutines+5 {
		b.Errorf("%.0f goroutines were there before and %.0f are afterwards", goroutines, now)
	}
	if now := r.metric("process_open_fds"); now > files+5 {
		b.Errorf("%.0f files were open before and %.0f are afterwards", files, now)
	}
}

// settled waits until a metric has come down to what it was, or no longer
// falls: idle connections are kept for a minute and a half.
func (r *running) settled(name string, was float64) float64 {
	r.b.Helper()
	now := r.metric(name)
	for range 100 {
		if was > 0 && now <= was+5 {
			return now
		}
		time.Sleep(time.Second)
		next := r.metric(name)
		if was == 0 && next >= now {
			return next
		}
		now = next
	}
	return now
}

// visits are of people who sign in, every fifth of whom begins a wizard.
func (r *running) visits(box *sandbox.Sandbox, from, to int) {
	r.b.Helper()
	user := box.Ready().Tenants[0].Users[0]
	for i := from; i < to; i++ {
		transport, err := graph.Transport(box.Cloud())
		if err != nil {
			r.b.Fatal(err)
		}
		v := &visitor{r.b, &http.Client{Jar: jar{}, Transport: through{transport, r.base, fmt.Sprintf("10.0.%d.%d", i>>8, i&255)}}}
		if at, text, status := v.signIn(r.base, user); status != http.StatusOK || at.Path != "/" {
			r.b.Fatalf("signing in ended at %s: %d %s", at, status, text)
		}
		if i%5 == 0 {
			resp, err := v.http.PostForm(r.base+"/setup/frontegg", url.Values{"environment": {fmt.Sprintf("soak-%d", i)}, "inputs.host": {"gateway.example.com"}})
			if err != nil {
				r.b.Fatal(err)
			}
			_ = resp.Body.Close()
		}
		transport.CloseIdleConnections()
	}
}

func cloudFile(b *testing.B, box *sandbox.Sandbox, dir string) string {
	b.Helper()
	ready, err := json.Marshal(box.Ready())
	if err != nil {
		b.Fatal(err)
	}
	name := filepath.Join(dir, "cloud.json")
	if err := os.WriteFile(name, ready, 0o600); err != nil {
		b.Fatal(err)
	}
	return name
}

// BenchmarkStartWithHistory measures from the process to ready with 100,000
// rows in the audit log.
func BenchmarkStartWithHistory(b *testing.B) {
	program, dir := released(b), b.TempDir()
	start(b, program, dir, "public").stop()
	history(b, filepath.Join(dir, "data", "consentry.db"))
	var took []float64
	for b.Loop() {
		for range 5 {
			began := time.Now()
			r := start(b, program, dir, "public")
			took = append(took, time.Since(began).Seconds())
			if n := r.metric("consentry_audit_head"); n < 100_000 {
				b.Fatalf("the audit log has %.0f rows", n)
			}
			r.stop()
		}
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(median(took)*1000, "ms")
	if median(took) > 1 {
		b.Errorf("%.2f s from the start to ready, target at most 1 s", median(took))
	}
}

// history adds rows to the audit log; they are no chain, which nothing looks
// at when the console starts.
func history(b *testing.B, file string) {
	b.Helper()
	db, err := sql.Open("sqlite", "file:"+file)
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	for _, statement := range []string{
		`WITH RECURSIVE n(i) AS (SELECT (SELECT seq FROM audit_head) + 1 UNION ALL SELECT i + 1 FROM n WHERE i < (SELECT seq FROM audit_head) + 100000)
			INSERT INTO audit SELECT i, 1700000000000 + i, '', '', 'system', '', 'system', 'run-started', 'run/' || i, '', '', 'done', '', '', '{}', randomblob(32), randomblob(32) FROM n`,
		`UPDATE audit_head SET seq = (SELECT MAX(seq) FROM audit), hash = (SELECT hash FROM audit ORDER BY seq DESC LIMIT 1)`,
	} {
		if _, err := db.ExecContext(b.Context(), statement); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkSize shows how large the released program is. Half of its functions
// are the Graph SDK's, whose models refer to one another, so that nearly all
// of them are linked.
func BenchmarkSize(b *testing.B) {
	var size int64
	for b.Loop() {
		info, err := os.Stat(released(b))
		if err != nil {
			b.Fatal(err)
		}
		size = info.Size()
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(float64(size)/(1<<20), "MiB")
	if size > 72<<20 {
		b.Errorf("the program has %d MiB, target at most 72", size>>20)
	}
}
