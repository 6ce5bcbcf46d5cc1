package outbound

import (
	"context"
	"errors"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/consentry/consentry/entra"
)

const (
	// tripsAfter is how many requests in a row a host must leave without an
	// answer before it is left alone.
	tripsAfter = 5
	// restsFor is how long it is left alone. Then one request tries it.
	restsFor = 15 * time.Second
)

// A Breaker carries requests and stops asking a host that gave no answer five
// times in a row: for 15 s they fail at once with a *[entra.PausedError], and
// after that one request at a time tries whether it answers again. Any answer
// counts, a refusal too; a request that its sender gave up counts neither way.
// It is safe for concurrent use.
type Breaker struct {
	next http.RoundTripper
	now  func() time.Time

	mu    sync.Mutex
	hosts map[string]*circuit // few: a cloud has five
}

// A circuit is what is remembered of one host.
type circuit struct {
	failures int
	last     error     // of the newest failure
	until    time.Time // zero: the host is asked
	trying   bool      // one request tries a host that rested
}

// NewBreaker makes one around a transport.
func NewBreaker(next http.RoundTripper) *Breaker {
	return &Breaker{next: next, now: time.Now, hosts: map[string]*circuit{}}
}

// RoundTrip implements http.RoundTripper.
func (b *Breaker) RoundTrip(req *http.Request) (*http.Response, error) {
	host := req.URL.Host
	if err := b.enter(host); err != nil {
		if req.Body != nil {
			_ = req.Body.Close() // a RoundTripper's duty; there is nobody to tell
		}
		return nil, err
	}
	resp, err := b.next.RoundTrip(req)
	if err != nil {
		b.leave(host, err)
		return nil, err
	}
	resp.Body = &watched{body: resp.Body, end: func(err error) { b.leave(host, err) }}
	return resp, nil
}

// enter says no while the host rests.
func (b *Breaker) enter(host string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	c := b.hosts[host]
	if c == nil || c.until.IsZero() {
		return nil
	}
	if b.now().Before(c.until) || c.trying {
		return &entra.PausedError{Host: host, Until: c.until, Err: c.last}
	}
	c.trying = true
	return nil
}

// leave counts how a request ended: nil is a whole answer.
func (b *Breaker) leave(host string, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	c := b.hosts[host]
	switch {
	case err == nil:
		delete(b.hosts, host)
	case errors.Is(err, context.Canceled):
		if c != nil {
			c.trying = false
		}
	default:
		if c == nil {
			c = &circuit{}
			b.hosts[host] = c
		}
		c.failed(err, b.now())
	}
}

func (c *circuit) failed(err error, now time.Time) {
	c.failures, c.last, c.trying = c.failures+1, err, false
	if c.failures >= tripsAfter {
		c.until = now.Add(restsFor)
	}
}

// watched tells once how the reading of a body ended. One that is closed
// before its end was given up by its reader, not by the host.
type watched struct {
	body io.ReadCloser
	once sync.Once
	end  func(error)
}

// Read implements io.Reader.
func (w *watched) Read(p []byte) (int, error) {
	n, err := w.body.Read(p)
	switch {
	case err == io.EOF:
		w.once.Do(func() { w.end(nil) })
	case err != nil:
		w.once.Do(func() { w.end(err) })
	}
	return n, err
}

// Close implements io.Closer.
func (w *watched) Close() error {
	w.once.Do(func() { w.end(nil) })
	return w.body.Close()
}
