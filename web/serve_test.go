package web

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"mime/multipart"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
)

var errBusyDisk = errors.New("SQL logic error in /home/somebody/consentry.db")

// consoleWith is a shell without pages; change may set it up differently.
func consoleWith(t *testing.T, change func(*Config)) (*Shell, *gin.Engine) {
	t.Helper()
	cfg := Config{
		Hosts: []string{"localhost:8080", "127.0.0.1:8080"}, Sessions: &MemorySessions{Now: time.Now}, Person: func(*Session) PersonLine { return PersonLine{} },
		Log: slog.New(slog.DiscardHandler), Now: time.Now,
	}
	change(&cfg)
	s, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	e, err := s.Engine()
	if err != nil {
		t.Fatal(err)
	}
	return s, e
}

// explaining is a console that knows one error of the layers below.
func explaining(t *testing.T) (*Shell, *gin.Engine) {
	t.Helper()
	s, e := consoleWith(t, func(c *Config) {
		c.Explain = func(_ *gin.Context, err error) *Error {
			if errors.Is(err, errBusyDisk) {
				return &Error{Status: http.StatusServiceUnavailable, Public: "The disk is busy.", RetryAfter: 1500 * time.Millisecond, Err: err}
			}
			return nil
		}
	})
	e.GET("/busy", s.Handle(func(*gin.Context) (Response, error) { return nil, errBusyDisk }))
	e.GET("/other", s.Handle(func(*gin.Context) (Response, error) { return nil, errors.New("/home/somebody") }))
	e.POST("/form", s.Handle(func(c *gin.Context) (Response, error) { return Text(c.PostForm("x")), nil }))
	return s, e
}

func TestAnErrorOfBelowIsExplainedOrHidden(t *testing.T) {
	_, h := explaining(t)
	r := do(t, h, "GET", "/busy", nil)
	if b := body(t, r); r.StatusCode != 503 || r.Header.Get("Retry-After") != "2" || !strings.Contains(b, "The disk is busy.") || strings.Contains(b, "SQL") {
		t.Errorf("%d, Retry-After %q: %s", r.StatusCode, r.Header.Get("Retry-After"), b)
	}
	if r := do(t, h, "GET", "/other", nil); r.StatusCode != 500 || strings.Contains(body(t, r), "somebody") {
		t.Errorf("an unknown error gives %d", r.StatusCode)
	}
}

func TestAScriptIsToldOfErrorsAsProblemJSON(t *testing.T) {
	_, h := explaining(t)
	for path, want := range map[string]int{"/busy": 503, "/other": 500, "/nowhere": 404} {
		r := do(t, h, "GET", path, map[string]string{"Accept": "application/json"})
		var p struct {
			Status           int
			Detail, Instance string
		}
		if err := json.Unmarshal([]byte(body(t, r)), &p); err != nil {
			t.Fatal(err)
		}
		if r.StatusCode != want || p.Status != want || p.Detail == "" || p.Instance != r.Header.Get("X-Request-Id") || r.Header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s: %d, %s, %+v", path, r.StatusCode, r.Header.Get("Content-Type"), p)
		}
	}
}

func TestPagesLiveUnderOneNameOnly(t *testing.T) {
	_, h := explaining(t)
	other := map[string]string{"Host": "127.0.0.1:8080"}
	for path, want := range map[string]string{"/page?x=1": "http://localhost:8080/page?x=1", "//evil.example": "http://localhost:8080//evil.example"} {
		if r := do(t, h, "GET", path, other); r.StatusCode != 307 || r.Header.Get("Location") != want {
			t.Errorf("%s: %d to %q", path, r.StatusCode, r.Header.Get("Location"))
		}
	}
	if r := do(t, h, "GET", "/healthz", other); r.StatusCode != 200 {
		t.Errorf("the health check is answered %d", r.StatusCode)
	}
}

func TestOnlyOneKindOfFormIsRead(t *testing.T) {
	_, h := explaining(t)
	var parts bytes.Buffer
	w := multipart.NewWriter(&parts)
	if err := errors.Join(w.WriteField("x", "typed"), w.Close()); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		kind, body string
		want       int
	}{
		{"application/x-www-form-urlencoded", "x=typed", 200},
		{"application/x-www-form-urlencoded; charset=utf-8", "x=typed", 200},
		{w.FormDataContentType(), parts.String(), 415},
		{"text/plain", "x=typed", 415},
		{"application/json", `{"x":"typed"}`, 415},
		{"", "x=typed", 415},
		{"", "", 200},
		{"application/x-www-form-urlencoded", "x=%zz", 400},
	} {
		r := httptest.NewRequest("POST", "http://localhost:8080/form", strings.NewReader(c.body))
		r.Header.Set("Sec-Fetch-Site", "same-origin")
		if c.kind != "" {
			r.Header.Set("Content-Type", c.kind)
		}
		rec := httptest.NewRecorder()
		h.ServeHTTP(rec, r)
		if rec.Code != c.want {
			t.Errorf("%s %q: %d, want %d", c.kind, c.body, rec.Code, c.want)
		}
		if rec.Code == 200 && c.body != "" && rec.Body.String() != "typed" {
			t.Errorf("%s: read %q", c.kind, rec.Body)
		}
	}
}

// A stopping server ends streams at once and lets requests finish.
func TestStoppingEndsStreamsAndLetsRequestsFinish(t *testing.T) {
	s, e := explaining(t)
	there, goOn := make(chan struct{}), make(chan struct{})
	e.GET("/slow", s.Handle(func(c *gin.Context) (Response, error) {
		close(there)
		<-goOn
		return Text("finished"), c.Request.Context().Err()
	}))
	e.GET("/stream", s.Handle(func(*gin.Context) (Response, error) {
		return Stream(func(ctx context.Context, _ func(Event) error) error { <-ctx.Done(); return ctx.Err() }), nil
	}))
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.config.Hosts = []string{l.Addr().String()}
	ctx, stop := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- Serve(ctx, l, e, slog.New(slog.DiscardHandler)) }()

	stream, err := http.Get("http://" + l.Addr().String() + "/stream")
	if err != nil {
		t.Fatal(err)
	}
	defer stream.Body.Close()
	if line, err := bufio.NewReader(stream.Body).ReadString('\n'); line != ": open\n" {
		t.Fatalf("stream begins %q, %v", line, err)
	}
	slow := make(chan string, 1)
	go func() {
		r, err := http.Get("http://" + l.Addr().String() + "/slow")
		if err != nil {
			slow <- err.Error()
			return
		}
		defer r.Body.Close()
		b, err := io.ReadAll(r.Body)
		slow <- string(b) + errText(err)
	}()
	<-there
	stop()
	if _, err := io.ReadAll(stream.Body); err != nil {
		t.Errorf("the stream did not end well: %v", err)
	}
	close(goOn)
	if got := <-slow; got != "finished" {
		t.Errorf("the request under way got %q", got)
	}
	if err := <-served; err != nil {
		t.Error(err)
	}
}

func errText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
