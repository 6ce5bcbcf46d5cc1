package outbound_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/outbound"
)

func get(t *testing.T, address string) outbound.Answer {
	t.Helper()
	transport, err := outbound.Transport("")
	if err != nil {
		t.Fatal(err)
	}
	defer transport.CloseIdleConnections()
	return outbound.Send(transport, request(t, address), outbound.MaxBody)
}

func answering(t *testing.T, h http.HandlerFunc) string {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.URL
}

func TestEveryRequestHasANameOfItsOwn(t *testing.T) {
	var names []string
	address := answering(t, func(w http.ResponseWriter, r *http.Request) {
		names = append(names, r.Header.Get("client-request-id"))
		if r.UserAgent() != "consentry" || r.Header.Get("return-client-request-id") != "true" {
			t.Errorf("header %v", r.Header)
		}
	})
	for range 2 {
		if a := get(t, address); a.ClientRequestID != names[len(names)-1] || !entra.IsGUID(a.ClientRequestID) || !a.Sent || a.Lost {
			t.Errorf("%+v, sent as %v", a, names)
		}
	}
	if names[0] == names[1] {
		t.Error("two requests of one name")
	}
}

func TestNothingIsFollowed(t *testing.T) {
	var hits atomic.Int32
	elsewhere := answering(t, func(http.ResponseWriter, *http.Request) { hits.Add(1) })
	for _, status := range []int{301, 302, 303, 307, 308} {
		a := get(t, answering(t, func(w http.ResponseWriter, r *http.Request) {
			http.SetCookie(w, &http.Cookie{Name: "a", Value: "b"})
			http.Redirect(w, r, elsewhere, status)
		}))
		if a.Status != status || a.Err != nil {
			t.Errorf("%d: %+v", status, a)
		}
	}
	if hits.Load() != 0 {
		t.Error("a redirect was followed")
	}
}

// TestMemoryIsBounded offers 100 MB in several ways.
func TestMemoryIsBounded(t *testing.T) {
	const offered = 100 << 20
	chunk := bytes.Repeat([]byte("a"), 64<<10)
	var bomb bytes.Buffer
	z := gzip.NewWriter(&bomb)
	for range offered / len(chunk) {
		z.Write(chunk)
	}
	z.Close()
	for name, c := range map[string]struct {
		handler http.HandlerFunc
		most    int64 // bytes the server may get rid of
	}{
		"plain": {func(w http.ResponseWriter, _ *http.Request) {
			io.WriteString(w, `{"x":"`)
			for range offered / len(chunk) {
				if _, err := w.Write(chunk); err != nil {
					return
				}
			}
		}, 32 << 20},
		"a gzip bomb": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			w.Write(bomb.Bytes())
		}, int64(bomb.Len()) + 1024},
	} {
		t.Run(name, func(t *testing.T) {
			var before, after runtime.MemStats
			var written atomic.Int64
			address := answering(t, func(w http.ResponseWriter, r *http.Request) { c.handler(counting{w, &written}, r) })
			runtime.ReadMemStats(&before)
			a := get(t, address)
			runtime.ReadMemStats(&after)
			if !errors.Is(a.Err, outbound.ErrTooLarge) || a.Body != nil || a.Lost || !a.Sent {
				t.Errorf("%d bytes, %+v", len(a.Body), a.Err)
			}
			if grown := after.TotalAlloc - before.TotalAlloc; grown > 50<<20 {
				t.Errorf("%d MiB were allocated", grown>>20)
			}
			if n := written.Load(); n > c.most {
				t.Errorf("%d MiB were taken", n>>20)
			}
		})
	}
}

type counting struct {
	http.ResponseWriter
	n *atomic.Int64
}

func (c counting) Write(p []byte) (int, error) {
	n, err := c.ResponseWriter.Write(p)
	c.n.Add(int64(n))
	return n, err
}

// TestABrokenAnswerIsNone cuts an answer at every byte of its head and body.
func TestABrokenAnswerIsNone(t *testing.T) {
	body := `{"value":[{"id":"1","displayName":"` + strings.Repeat("x", 300) + `"}]}`
	whole := fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
	for n := 0; n < len(whole); n += 7 {
		if a := get(t, raw(t, []byte(whole[:n]))); a.Err == nil || !a.Lost || !a.Sent || a.ClientRequestID == "" {
			t.Fatalf("cut after %d bytes: %+v", n, a)
		}
	}
	if a := get(t, raw(t, []byte(whole))); a.Err != nil || a.JSON() != nil {
		t.Errorf("whole: %v, %v", a.Err, a.JSON())
	}
}

// A hanging carrier never answers; a sluggish one never ends its answer.
type hanging struct{ body bool }

func (h hanging) RoundTrip(r *http.Request) (*http.Response, error) {
	if h.body {
		return &http.Response{StatusCode: 200, Header: http.Header{}, Body: endless{r.Context()}}, nil
	}
	<-r.Context().Done()
	return nil, r.Context().Err()
}

// endless gives a byte a second.
type endless struct{ ctx context.Context }

func (e endless) Read(p []byte) (int, error) {
	select {
	case <-time.After(time.Second):
		p[0] = ' '
		return 1, nil
	case <-e.ctx.Done():
		return 0, e.ctx.Err()
	}
}
func (endless) Close() error { return nil }

func TestAHangingServiceIsGivenUp(t *testing.T) {
	for name, carrier := range map[string]hanging{"no answer": {}, "an answer without end": {body: true}} {
		synctest.Test(t, func(t *testing.T) {
			began := time.Now()
			a := outbound.Send(carrier, request(t, "http://service.example/"), outbound.MaxBody)
			if took := time.Since(began); took != outbound.Deadline || !errors.Is(a.Err, context.DeadlineExceeded) || !a.Lost {
				t.Errorf("%s: after %v: %v", name, took, a.Err)
			}
		})
	}
}

func TestWhatNeverLeftIsToldApart(t *testing.T) {
	closed := httptest.NewServer(nil)
	closed.Close()
	if a := get(t, closed.URL); a.Err == nil || a.Sent {
		t.Errorf("nobody listens: %+v", a)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if a := outbound.Send(http.DefaultTransport, request(t, closed.URL).WithContext(ctx), 1); !errors.Is(a.Err, context.Canceled) || a.Sent {
		t.Errorf("given up before: %+v", a)
	}
}

func TestOnlyJSONIsAnAnswer(t *testing.T) {
	for name, c := range map[string]struct {
		status     int
		kind, body string
		fails      bool
	}{
		"JSON":                      {200, "application/json; charset=utf-8", `{"a":1}`, false},
		"nothing":                   {204, "", "", false},
		"a page":                    {200, "text/html", `{"a":1}`, true},
		"no type":                   {200, "", `{"a":1}`, true},
		"a form":                    {200, "application/x-www-form-urlencoded", "access_token=x", true},
		"cut off":                   {200, "application/json", `{"a":`, true},
		"a name twice":              {200, "application/json", `{"a":1,"a":2}`, true},
		"a refusal, whatever is in": {502, "text/html", "<html>", false},
	} {
		a := outbound.Answer{Status: c.status, Header: http.Header{"Content-Type": {c.kind}}, Body: []byte(c.body)}
		if err := a.JSON(); (err != nil) != c.fails {
			t.Errorf("%s: %v", name, err)
		}
	}
}
