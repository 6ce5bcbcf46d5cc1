package web

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestTheDatabaseIsAskedOnceASecondWhetherItAnswers(t *testing.T) {
	now := &clock{time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)}
	var asked int
	var broken error
	_, h := consoleWith(t, func(c *Config) {
		c.Now = now.now
		c.Ready = func(ctx context.Context) error {
			if _, limited := ctx.Deadline(); !limited {
				t.Error("it may take for ever")
			}
			asked++
			return broken
		}
	})
	status := func() int { return do(t, h, "GET", "/readyz", nil).StatusCode }
	if first, second := status(), status(); first != 200 || second != 200 || asked != 1 {
		t.Errorf("%d, then %d, asked %d times", first, second, asked)
	}
	broken = errors.New("sql: database is closed")
	now.t = now.t.Add(readyFor)
	r := do(t, h, "GET", "/readyz", map[string]string{"Accept": "application/json"})
	if b := body(t, r); r.StatusCode != 503 || strings.Contains(b, "sql") || r.Header.Get("Retry-After") != "1" {
		t.Errorf("%d %s", r.StatusCode, b)
	}
	broken = nil
	now.t = now.t.Add(readyFor)
	if status() != 200 {
		t.Error("it does not recover")
	}
}

func TestADrainingConsoleIsNotReadyButAnswers(t *testing.T) {
	s, h := consoleWith(t, func(*Config) {})
	if got := do(t, h, "GET", "/readyz", nil).StatusCode; got != 200 {
		t.Fatalf("before: %d", got)
	}
	s.Drain()
	s.Drain()
	if got := do(t, h, "GET", "/readyz", nil).StatusCode; got != http.StatusServiceUnavailable {
		t.Errorf("draining: %d", got)
	}
	if got := do(t, h, "GET", "/healthz", nil).StatusCode; got != 200 {
		t.Errorf("it lives: %d", got)
	}
}

// whoever watches costs nothing: no session is looked up.
type noSessions struct{ SessionStore }

func TestHealthAndFilesLookNothingUp(t *testing.T) {
	_, h := consoleWith(t, func(c *Config) { c.Sessions = noSessions{} })
	cookie := &http.Cookie{Name: cookieName, Value: "somebody"}
	for path, want := range map[string]int{"/healthz": 200, "/readyz": 200, "/static/none.css": 404} {
		if got := do(t, h, "GET", path, nil, cookie).StatusCode; got != want {
			t.Errorf("%s: %d, want %d", path, got, want)
		}
	}
}
