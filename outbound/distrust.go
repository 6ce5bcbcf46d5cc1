package outbound

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"sync"
	"time"
)

// toldEvery is how often a host that keeps failing is told about.
const toldEvery = time.Hour

// A Distrust carries requests and tells of hosts with which no verified
// connection came about: a certificate that is not trusted or not theirs, or
// a version of TLS that is too old. Whoever stands in between may be reading
// along. Once an hour and host is enough. It is safe for concurrent use.
type Distrust struct {
	next http.RoundTripper
	tell func(ctx context.Context, host, reason string)
	now  func() time.Time

	mu   sync.Mutex
	told map[string]time.Time // few: a cloud has five hosts
}

// NewDistrust makes one around a transport. tell is given the context of the
// request that failed and a reason of a few words of ours.
func NewDistrust(next http.RoundTripper, tell func(ctx context.Context, host, reason string)) *Distrust {
	return &Distrust{next: next, tell: tell, now: time.Now, told: map[string]time.Time{}}
}

// RoundTrip implements http.RoundTripper.
func (d *Distrust) RoundTrip(req *http.Request) (*http.Response, error) {
	var mu sync.Mutex // a connection may still be in the making when the request was given up
	var failed error
	trace := &httptrace.ClientTrace{TLSHandshakeDone: func(_ tls.ConnectionState, err error) {
		mu.Lock()
		defer mu.Unlock()
		failed = err
	}}
	resp, err := d.next.RoundTrip(req.WithContext(httptrace.WithClientTrace(req.Context(), trace)))
	if err == nil {
		return resp, nil
	}
	mu.Lock()
	defer mu.Unlock()
	if reason := distrusted(failed); reason != "" && d.due(req.URL.Host) {
		d.tell(req.Context(), req.URL.Host, reason)
	}
	return nil, err
}

// distrusted puts the end of a handshake into words; empty when nothing was
// wrong with it but the network.
func distrusted(err error) string {
	var certificate *tls.CertificateVerificationError
	var op *net.OpError
	var network net.Error
	switch {
	case err == nil:
		return ""
	case errors.As(err, &certificate):
		return "the certificate is not trusted"
	case errors.As(err, &op) && (op.Op == "remote error" || op.Op == "local error"): // how crypto/tls calls an alert
		return "no version of TLS in common"
	case errors.As(err, &network), errors.Is(err, io.EOF), errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return ""
	}
	return "no TLS as it should be"
}

func (d *Distrust) due(host string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	now := d.now()
	if last, ok := d.told[host]; ok && now.Sub(last) < toldEvery {
		return false
	}
	d.told[host] = now
	return true
}
