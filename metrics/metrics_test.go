package metrics

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// scrape is what Prometheus would read.
func scrape(t *testing.T, m *Metrics) string {
	t.Helper()
	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	b, err := io.ReadAll(w.Result().Body)
	if err != nil || w.Code != 200 {
		t.Fatalf("%d, %v", w.Code, err)
	}
	return string(b)
}

func wantLines(t *testing.T, text string, lines ...string) {
	t.Helper()
	for _, line := range lines {
		if !strings.Contains(text, "\n"+line+"\n") {
			t.Errorf("there is no line %q", line)
		}
	}
}

func TestWhatWasDoneIsCounted(t *testing.T) {
	m := New("1.2.3")
	m.Request("/environments/:id", "GET", 200, 30*time.Millisecond)
	m.Request("/environments/:id", "GET", 200, 300*time.Millisecond)
	m.Request("", "PROPFIND", 405, time.Millisecond)
	m.GraphCall(201)
	m.GraphCall(429)
	m.GraphCall(0)
	wantLines(t, scrape(t, m),
		`consentry_http_requests_total{method="GET",route="/environments/:id",status="200"} 2`,
		`consentry_http_requests_total{method="other",route="none",status="405"} 1`,
		`consentry_http_request_duration_seconds_bucket{method="GET",route="/environments/:id",le="0.05"} 1`,
		`consentry_http_request_duration_seconds_count{method="GET",route="/environments/:id"} 2`,
		`consentry_graph_requests_total{class="2xx"} 1`,
		`consentry_graph_requests_total{class="4xx"} 1`,
		`consentry_graph_requests_total{class="none"} 1`,
		`consentry_build_info{version="1.2.3"} 1`,
	)
}

func TestRequestsUnderWayAreCounted(t *testing.T) {
	m := New("1")
	var during string
	h := m.InFlight(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { during = scrape(t, m) }))
	h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil))
	wantLines(t, during, "consentry_http_requests_in_flight 1")
	wantLines(t, scrape(t, m), "consentry_http_requests_in_flight 0")
}

func TestWhatIsLookedUpIsToldAndWhatFailsIsLeftOut(t *testing.T) {
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	var list []Secret
	for i := range mostSecrets + 5 {
		list = append(list, Secret{fmt.Sprintf("env-%d", i), "key", now.AddDate(0, 0, i-1)})
	}
	list[3] = list[2] // never twice the same series
	logs := &strings.Builder{}
	m := New("1")
	m.Ask(Sources{
		QueueDepth: func(context.Context) (int64, error) { return 0, errors.New("no database") },
		AuditHead:  func(context.Context) (int64, error) { return 42, nil },
		Operations: func(context.Context) ([]Tally, error) {
			return []Tally{{"setup", "done", 3}, {"setup", "failed", 1}}, nil
		},
		Events:  func(context.Context) ([]Tally, error) { return []Tally{{"sign-in", "done", 7}}, nil },
		Secrets: func(context.Context) ([]Secret, error) { return list, nil },
		Now:     func() time.Time { return now }, Log: slog.New(slog.NewTextHandler(logs, nil)),
	})
	got := scrape(t, m)
	wantLines(t, got, "consentry_audit_head 42",
		`consentry_operations{kind="setup",state="done"} 3`, `consentry_operations{kind="setup",state="failed"} 1`,
		`consentry_audit_events_total{action="sign-in",result="done"} 7`, "# TYPE consentry_audit_events_total counter",
		`consentry_secret_expires_in_days{environment="env-0",key_id="key"} -1`,
		`consentry_secret_expires_in_days{environment="env-2",key_id="key"} 1`,
		`consentry_secret_expires_in_days{environment="env-999",key_id="key"} 998`)
	if n := strings.Count(got, "\nconsentry_secret_expires_in_days{"); n != mostSecrets-1 {
		t.Errorf("%d secrets are told", n)
	}
	if strings.Contains(got, "consentry_queue_depth ") || !strings.Contains(logs.String(), "no database") {
		t.Errorf("the failed one is told, or not logged: %s", logs)
	}
}
