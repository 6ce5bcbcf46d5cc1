package main

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/metrics"
	"github.com/consentry/consentry/setup"
	"github.com/consentry/consentry/store"
)

// metricsAt is where the console says that its metrics are.
func (s *served) metricsAt() string {
	s.t.Helper()
	for {
		line, err := s.out.ReadString('\n')
		if err != nil {
			s.t.Fatalf("%v: %s", err, s.errOut)
		}
		if at, found := strings.CutPrefix(strings.TrimSpace(line), "Metrics are at "); found {
			return strings.TrimSuffix(at, "/metrics")
		}
	}
}

func answerOf(t *testing.T, address string) (status int, body string) {
	t.Helper()
	resp, err := http.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(data)
}

func TestWhoWatchesHasAListenerOfTheirOwn(t *testing.T) {
	b := newBed(t, "healthy")
	for _, debug := range []bool{false, true} {
		args := []string{"--metrics", "127.0.0.1:0"}
		if debug {
			args = append(args, "--debug")
		}
		s := b.serve(args...)
		at := s.metricsAt()
		for path, want := range map[string]int{"/": 200, "/healthz": 200, "/readyz": 200, "/metrics": 404, "/debug/pprof/": 404} {
			if got := s.get(path, nil).StatusCode; got != want {
				t.Errorf("%s of the console: %d, want %d", path, got, want)
			}
		}
		_, text := answerOf(t, at+"/metrics")
		for _, want := range []string{
			`consentry_http_requests_total{method="GET",route="/",status="200"} 1`, `consentry_http_requests_total{method="GET",route="none",status="404"} 2`,
			"consentry_audit_head ", "consentry_queue_depth 0", "go_goroutines ", "process_resident_memory_bytes ", "consentry_http_requests_in_flight 0",
		} {
			if !strings.Contains(text, want) {
				t.Errorf("the metrics do not say %q", want)
			}
		}
		for path, want := range map[string]int{"/healthz": 200, "/readyz": 200, "/": 404, "/debug/pprof/": map[bool]int{true: 200, false: 404}[debug]} {
			if got, _ := answerOf(t, at+path); got != want {
				t.Errorf("%s for who watches, debug %t: %d, want %d", path, debug, got, want)
			}
		}
		s.stop()
	}
}

func TestTheCredentialThatEndsFirstIsToldFirst(t *testing.T) {
	day := func(n int) time.Time { return time.Date(2026, 11, n, 0, 0, 0, 0, time.UTC) }
	env := func(name string, r *setup.Result) store.Environment { return store.Environment{Name: name, Result: r} }
	got := ending([]store.Environment{
		env("draft", nil),
		env("two", &setup.Result{App: entra.Application{Secrets: []entra.Secret{{KeyID: "k2", End: day(9)}}, Certificates: []entra.Certificate{{KeyID: "k3", End: day(2)}}}}),
		env("one", &setup.Result{App: entra.Application{Secrets: []entra.Secret{{KeyID: "k1", End: day(5)}}}, Secret: &entra.Secret{KeyID: "k1", End: day(5)}}),
		env("new", &setup.Result{Secret: &entra.Secret{KeyID: "k4", End: day(7)}}),
	})
	want := []metrics.Secret{{Environment: "two", KeyID: "k3", End: day(2)}, {Environment: "one", KeyID: "k1", End: day(5)}, {Environment: "new", KeyID: "k4", End: day(7)}, {Environment: "two", KeyID: "k2", End: day(9)}}
	if len(got) != len(want) {
		t.Fatalf("%v", got)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("%d: %v, want %v", i, got[i], want[i])
		}
	}
}
