package drive

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// A Proxy is a balancer before several consoles, without sticky sessions: each
// request goes to the next of those that say they are ready.
type Proxy struct {
	// Base is its address, which the consoles are started with as --base-url.
	Base string

	tb     testing.TB
	client *http.Transport
	turn   atomic.Uint64
	mu     sync.Mutex
	behind []*backend
	resets []string
}

type backend struct {
	address string
	ready   bool
	served  int
}

// probeEvery is how often it asks who is ready.
const probeEvery = 50 * time.Millisecond

// StartProxy listens; Behind says who answers.
func StartProxy(tb testing.TB) *Proxy {
	tb.Helper()
	l, err := net.Listen("tcp", "localhost:0")
	if err != nil {
		tb.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(l.Addr().String())
	p := &Proxy{tb: tb, Base: "http://localhost:" + port, client: &http.Transport{}}
	srv := &http.Server{Handler: p}
	done := make(chan struct{})
	var probing sync.WaitGroup
	probing.Go(func() { p.probe(done) })
	go func() { _ = srv.Serve(l) }() // until Close
	tb.Cleanup(func() {
		close(done)
		probing.Wait()
		_ = srv.Close()
		p.client.CloseIdleConnections()
	})
	return p
}

// Behind puts the address of a console, host and port, behind the proxy, and
// waits until it is ready.
func (p *Proxy) Behind(address string) {
	p.tb.Helper()
	p.mu.Lock()
	p.behind = append(p.behind, &backend{address: address})
	p.mu.Unlock()
	Eventually(p.tb, address+" is ready", func() bool { return p.Ready(address) })
}

// Ready reports whether requests go to the console at an address.
func (p *Proxy) Ready(address string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, b := range p.behind {
		if b.address == address {
			return b.ready
		}
	}
	return false
}

// Served tells how many requests the console at an address answered.
func (p *Proxy) Served(address string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, b := range p.behind {
		if b.address == address {
			return b.served
		}
	}
	return 0
}

// Resets are the requests that were sent and not answered.
func (p *Proxy) Resets() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]string(nil), p.resets...)
}

func (p *Proxy) probe(done <-chan struct{}) {
	tick := time.NewTicker(probeEvery)
	defer tick.Stop()
	for {
		select {
		case <-done:
			return
		case <-tick.C:
		}
		p.mu.Lock()
		all := append([]*backend(nil), p.behind...)
		p.mu.Unlock()
		for _, b := range all {
			ready := p.asks(b.address)
			p.mu.Lock()
			b.ready = ready
			p.mu.Unlock()
		}
	}
}

// asks is a health probe, on a connection of its own.
func (p *Proxy) asks(address string) bool {
	r, err := http.NewRequest(http.MethodGet, "http://"+address+"/readyz", nil)
	if err != nil {
		return false
	}
	r.Host, r.Close = p.host(), true
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 2 * time.Second}
	resp, err := client.Do(r)
	if err != nil {
		return false
	}
	defer resp.Body.Close()
	return resp.StatusCode == http.StatusOK
}

func (p *Proxy) host() string {
	u, _ := url.Parse(p.Base) // made here
	return u.Host
}

// next are the consoles to try, those that are ready first.
func (p *Proxy) next() []*backend {
	p.mu.Lock()
	defer p.mu.Unlock()
	n, at := len(p.behind), int(p.turn.Add(1))
	var ready, others []*backend
	for i := range n {
		if b := p.behind[(at+i)%n]; b.ready {
			ready = append(ready, b)
		} else {
			others = append(others, b)
		}
	}
	return append(ready, others...)
}

// ServeHTTP passes a request on. Where a console refuses the connection, so
// that nothing was sent, the next one is asked.
func (p *Proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	for _, b := range p.next() {
		out := r.Clone(r.Context())
		out.URL.Scheme, out.URL.Host, out.RequestURI = "http", b.address, ""
		resp, err := p.client.RoundTrip(out)
		switch {
		case errors.Is(err, syscall.ECONNREFUSED):
			continue
		case err != nil:
			p.failed(r, b, err)
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		p.answer(w, r, b, resp)
		return
	}
	w.WriteHeader(http.StatusServiceUnavailable)
}

// failed notes a request that was cut off, unless its own browser left.
func (p *Proxy) failed(r *http.Request, b *backend, err error) {
	if r.Context().Err() != nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.resets = append(p.resets, fmt.Sprintf("%s %s at %s: %v", r.Method, r.URL.Path, b.address, err))
}

func (p *Proxy) answer(w http.ResponseWriter, r *http.Request, b *backend, resp *http.Response) {
	defer resp.Body.Close()
	p.mu.Lock()
	b.served++
	p.mu.Unlock()
	for name, values := range resp.Header {
		w.Header()[name] = values
	}
	w.WriteHeader(resp.StatusCode)
	flush := http.NewResponseController(w)
	buf := make([]byte, 32<<10)
	for {
		n, err := resp.Body.Read(buf)
		if n > 0 {
			if _, werr := w.Write(buf[:n]); werr != nil {
				return // the browser left
			}
			_ = flush.Flush()
		}
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			p.failed(r, b, err)
			return
		}
	}
}

// FreePort is host and port that nothing listens on, on this machine.
func FreePort(tb testing.TB) string {
	tb.Helper()
	l, err := net.Listen("tcp", "localhost:0")
	if err != nil {
		tb.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}
