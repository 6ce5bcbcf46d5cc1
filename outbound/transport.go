package outbound

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"sync"
	"time"
)

const (
	// Deadline bounds one request with its whole answer.
	Deadline = 20 * time.Second
	// connecting bounds the making of a connection, handshaking that of TLS.
	connecting  = 3 * time.Second
	handshaking = 5 * time.Second
)

// Transport makes an HTTP transport that trusts the system's authorities and,
// where caFile is not empty, those in that PEM file: TLS 1.2 or newer, 3 s to
// connect, the system's proxy settings honoured for https. There is no way to
// turn verification off.
func Transport(caFile string) (*http.Transport, error) {
	roots, err := trusted(caFile)
	if err != nil {
		return nil, err
	}
	dialer := &net.Dialer{Timeout: connecting, KeepAlive: 30 * time.Second}
	return &http.Transport{
		Proxy:                  proxy,
		DialContext:            dialer.DialContext,
		TLSClientConfig:        &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:    handshaking,
		ResponseHeaderTimeout:  Deadline,
		MaxResponseHeaderBytes: 64 << 10,
		MaxIdleConnsPerHost:    8,
		IdleConnTimeout:        90 * time.Second,
		ForceAttemptHTTP2:      true,
	}, nil
}

// proxy is the system's, for https alone: there it sees a tunnel and never a
// header of ours. Plain http goes to this machine only, see [entra.ParseCloud].
func proxy(r *http.Request) (*url.URL, error) {
	if r.URL.Scheme != "https" {
		return nil, nil
	}
	return http.ProxyFromEnvironment(r)
}

// trusted returns nil, which means the system's authorities, when there is no
// file.
func trusted(file string) (*x509.CertPool, error) {
	if file == "" {
		return nil, nil
	}
	pem, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("the cloud's certificate authority (ca_file) cannot be read: %w", err)
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool()
	}
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("the cloud's certificate authority (ca_file) %s holds no PEM certificate", file)
	}
	return pool, nil
}

// CarrierOf is the transport of a client; nil, or a client without one, stands
// for [Transport] with the system's authorities.
func CarrierOf(c *http.Client) http.RoundTripper {
	if c != nil && c.Transport != nil {
		return c.Transport
	}
	return standard()
}

var standard = sync.OnceValue(func() http.RoundTripper {
	t, err := Transport("")
	if err != nil {
		panic(err) // without a file there is nothing to fail
	}
	return t
})
