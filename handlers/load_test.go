package handlers

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// connections send requests side by side.
const connections = 32

// A request is what a load sends over and over.
type request struct {
	method, path, cookie string
	body                 string // of a form
	// strangers makes each request come from an address of its own, through a
	// proxy.
	strangers bool
	status    int // expected; zero is 200
}

// A load sends one request over and over on its connections. It speaks just
// enough HTTP to leave the processor to the server.
type load struct {
	request request
	host    string
	conns   []*bufio.ReadWriter
	sent    atomic.Int64
}

func newLoad(b *testing.B, address string, r request) *load {
	b.Helper()
	if r.status == 0 {
		r.status = http.StatusOK
	}
	l := &load{request: r, host: address}
	for range connections {
		l.conns = append(l.conns, dialed(b, address))
	}
	return l
}

func dialed(b *testing.B, address string) *bufio.ReadWriter {
	b.Helper()
	c, err := net.Dial("tcp", address)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = c.Close() })
	return bufio.NewReadWriter(bufio.NewReader(c), bufio.NewWriter(c))
}

// text is the request as it goes over the wire.
func (l *load) text() []byte {
	r := l.request
	var t bytes.Buffer
	fmt.Fprintf(&t, "%s %s HTTP/1.1\r\nHost: %s\r\nSec-Fetch-Site: same-origin\r\n", r.method, r.path, l.host)
	if r.cookie != "" {
		fmt.Fprintf(&t, "Cookie: %s\r\n", r.cookie)
	}
	if r.strangers {
		n := l.sent.Add(1)
		fmt.Fprintf(&t, "X-Forwarded-For: 10.%d.%d.%d\r\n", n>>16&255, n>>8&255, n&255)
	}
	if r.method == http.MethodPost {
		fmt.Fprintf(&t, "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\n", len(r.body))
	}
	t.WriteString("\r\n" + r.body)
	return t.Bytes()
}

// sample is one whole answer, got the ordinary way.
func (l *load) sample(b *testing.B) (header http.Header, body []byte) {
	b.Helper()
	r := l.request
	req, err := http.NewRequestWithContext(b.Context(), r.method, "http://"+l.host+r.path, strings.NewReader(r.body))
	if err != nil {
		b.Fatal(err)
	}
	req.Header.Set("Sec-Fetch-Site", "same-origin")
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Cookie", r.cookie)
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		b.Fatal(err)
	}
	defer resp.Body.Close()
	body, err = io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != r.status {
		b.Fatalf("%s %s: %s, %v: %s", r.method, r.path, resp.Status, err, body)
	}
	return resp.Header, body
}

// A round is what came of keeping all connections busy for a while.
type round struct {
	took []time.Duration // each request
	wall time.Duration
	cpu  time.Duration // of this process, the generator included
}

func (r round) rate() float64 { return float64(len(r.took)) / r.wall.Seconds() }

// cost is the processor's time for one request, in seconds.
func (r round) cost() float64 { return r.cpu.Seconds() / float64(len(r.took)) }

// run keeps all connections busy for d.
func (l *load) run(b *testing.B, d time.Duration) (r round) {
	b.Helper()
	var mu sync.Mutex
	var all sync.WaitGroup
	began, cpu := time.Now(), processorTime()
	for _, c := range l.conns {
		all.Go(func() {
			var mine []time.Duration
			for time.Since(began) < d {
				start := time.Now()
				if err := l.once(c); err != nil {
					b.Error(err)
					return
				}
				mine = append(mine, time.Since(start))
			}
			mu.Lock()
			defer mu.Unlock()
			r.took = append(r.took, mine...)
		})
	}
	all.Wait()
	r.wall, r.cpu = time.Since(began), processorTime()-cpu
	return r
}

// once sends the request and reads the answer, which must have the status
// expected and a Content-Length.
func (l *load) once(c *bufio.ReadWriter) error {
	if _, err := c.Write(l.text()); err != nil {
		return err
	}
	if err := c.Flush(); err != nil {
		return err
	}
	line, err := c.ReadSlice('\n')
	if err != nil || !bytes.HasPrefix(line, []byte("HTTP/1.1 "+strconv.Itoa(l.request.status)+" ")) {
		return errors.Join(err, fmt.Errorf("%s %s: answered %q", l.request.method, l.request.path, line))
	}
	length, err := readHeader(c.Reader)
	if err != nil {
		return err
	}
	_, err = c.Discard(length)
	return err
}

// readHeader reads up to the body and gives its Content-Length.
func readHeader(r *bufio.Reader) (int, error) {
	length, found := 0, false
	for {
		line, err := r.ReadSlice('\n')
		if err != nil {
			return 0, err
		}
		line = bytes.TrimSpace(line)
		if len(line) == 0 && !found {
			return 0, errors.New("an answer without length")
		}
		if len(line) == 0 {
			return length, nil
		}
		if value, ok := bytes.CutPrefix(line, []byte("Content-Length: ")); ok {
			if length, err = strconv.Atoi(string(value)); err != nil {
				return 0, err
			}
			found = true
		}
	}
}

func median(values []float64) float64 {
	slices.Sort(values)
	return values[len(values)/2]
}

// percentile of how long requests took, 0 to 100.
func percentile(took []time.Duration, p int) time.Duration {
	slices.Sort(took)
	return took[min(len(took)*p/100, len(took)-1)]
}
