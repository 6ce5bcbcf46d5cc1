package web

import (
	"bufio"
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
)

// listening serves a console with short limits and gives its address. It must
// have stopped well when the test ends.
func listening(t *testing.T, l limits, add func(*Shell, *gin.Engine)) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	s, e := consoleWith(t, func(c *Config) { c.Hosts = []string{address} })
	e.POST("/form", s.Handle(func(c *gin.Context) (Response, error) { return Text(c.PostForm("x")), nil }))
	if add != nil {
		add(s, e)
	}
	ctx, stop := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() {
		served <- Server{Handler: e, Log: slog.New(slog.DiscardHandler), Stopping: s.Drain, limits: l}.Serve(ctx, listener)
	}()
	t.Cleanup(func() {
		stop()
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	return address
}

// short are limits that a test can wait for; whatever is to be cut off would
// otherwise go on for ever.
func short() limits {
	l := defaultLimits
	l.readHeader, l.read, l.write, l.idle = 100*time.Millisecond, 100*time.Millisecond, 100*time.Millisecond, 100*time.Millisecond
	return l
}

func dial(t *testing.T, address, first string) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	if _, err := io.WriteString(c, first); err != nil {
		t.Fatal(err)
	}
	return c
}

func TestWhoeverSendsTooSlowlyIsCutOff(t *testing.T) {
	l := short()
	l.write = defaultLimits.write // there must be time to say why
	address := listening(t, l, nil)
	head := "POST /form HTTP/1.1\r\nHost: " + address + "\r\nSec-Fetch-Site: same-origin\r\nContent-Type: application/x-www-form-urlencoded\r\n"
	for _, c := range []struct{ name, sent, answer string }{
		{"nothing at all", "", ""},
		{"half a line", "GET /heal", "400"},
		{"headers without end", "GET /healthz HTTP/1.1\r\nHost: " + address + "\r\nX-A: b\r\n", ""},
		{"half a form", head + "Content-Length: 100\r\n\r\nx=1", "408"},
		{"half a chunk", head + "Transfer-Encoding: chunked\r\n\r\n5\r\nx=1", "408"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := io.ReadAll(dial(t, address, c.sent)) // ends when the other side closes
			if err != nil {
				t.Fatal(err)
			}
			if status, _, _ := strings.Cut(strings.TrimPrefix(string(got), "HTTP/1.1 "), " "); status != c.answer {
				t.Errorf("answered %.60q, want %q", got, c.answer)
			}
		})
	}
}

func TestWhoeverReadsTooSlowlyIsCutOff(t *testing.T) {
	ended := make(chan error, 1)
	address := listening(t, short(), func(s *Shell, e *gin.Engine) {
		e.GET("/large", func(c *gin.Context) {
			part := make([]byte, 1<<20)
			for {
				if _, err := c.Writer.Write(part); err != nil {
					ended <- err
					return
				}
			}
		})
	})
	dial(t, address, "GET /large HTTP/1.1\r\nHost: "+address+"\r\n\r\n")
	if err := <-ended; err == nil {
		t.Error("it was written to the end")
	}
}

func TestHeadersAreBounded(t *testing.T) {
	address := listening(t, defaultLimits, nil)
	for size, want := range map[int]string{30 << 10: "200", 40 << 10: "431"} {
		c := dial(t, address, "GET /healthz HTTP/1.1\r\nConnection: close\r\nHost: "+address+"\r\nX-A: "+strings.Repeat("a", size)+"\r\n\r\n")
		line, err := bufio.NewReader(c).ReadString('\n')
		if err != nil || !strings.Contains(line, want) {
			t.Errorf("%d bytes of header: %q, %v", size, line, err)
		}
	}
}

func TestSoManyConnectionsAndTheNextWaits(t *testing.T) {
	l := defaultLimits
	l.connections = 2
	var room atomic.Bool
	address := listening(t, l, func(s *Shell, e *gin.Engine) {
		e.GET("/third", s.Handle(func(*gin.Context) (Response, error) {
			if !room.Load() {
				t.Error("a third was let in beside two")
			}
			return Text("hello"), nil
		}))
	})
	request := func(path string) string { return "GET " + path + " HTTP/1.1\r\nHost: " + address + "\r\n\r\n" }
	one, two := dial(t, address, request("/healthz")), dial(t, address, "")
	answered(t, one)
	third := dial(t, address, request("/third"))
	for range 100 { // time enough for one more to be accepted
		if _, err := io.WriteString(two, request("/healthz")); err != nil {
			t.Fatal(err)
		}
		answered(t, two)
	}
	room.Store(true)
	one.Close()
	answered(t, third)
}

// answered reads one answer, which must be 200.
func answered(t *testing.T, c net.Conn) {
	t.Helper()
	resp, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if _, err := io.Copy(io.Discard, resp.Body); err != nil || resp.StatusCode != 200 {
		t.Fatalf("answered %s, %v", resp.Status, err)
	}
}

// While 300 connections dribble, others are served.
func TestSlowConnectionsKeepNobodyOut(t *testing.T) {
	address := listening(t, defaultLimits, nil)
	for range 300 {
		dial(t, address, "GET /healthz HTTP/1.1\r\nHost: "+address+"\r\nX-A: ")
	}
	for range 20 {
		resp, err := http.Get("http://" + address + "/healthz")
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != 200 {
			t.Fatal(resp.Status)
		}
	}
}

func TestWhatIsUnderWayIsToldOfTheEndFirst(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	s, e := consoleWith(t, func(c *Config) { c.Hosts = []string{address} })
	ctx, stop := context.WithCancel(context.Background())
	stopping, served := make(chan struct{}), make(chan error, 1)
	server := Server{Handler: e, Log: slog.New(slog.DiscardHandler), Linger: 200 * time.Millisecond, Stopping: func() {
		s.Drain()
		close(stopping)
	}}
	go func() { served <- server.Serve(ctx, l) }()
	stop()
	<-stopping
	resp, err := http.Get("http://" + address + "/readyz") // still answered, and says no
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("%s", resp.Status)
	}
	if err := <-served; err != nil {
		t.Error(err)
	}
}
