package web

import (
	"crypto/tls"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"
)

// A Certificate is a TLS certificate with its key, read from two PEM files,
// and read again when they change: renewing one takes no restart.
type Certificate struct {
	certFile, keyFile string
	log               *slog.Logger

	mu      sync.Mutex
	stamp   [2]fileStamp
	refused *[2]fileStamp // was tried and could not be used
	loaded  *tls.Certificate
}

// fileStamp tells one version of a file from another.
type fileStamp struct {
	changed time.Time
	size    int64
}

// LoadCertificate reads the certificate chain and its key.
func LoadCertificate(certFile, keyFile string, log *slog.Logger) (*Certificate, error) {
	c := &Certificate{certFile: certFile, keyFile: keyFile, log: log}
	stamp, err := c.stamps()
	if err != nil {
		return nil, fmt.Errorf("web: certificate: %w", err)
	}
	if err := c.load(stamp); err != nil {
		return nil, fmt.Errorf("web: certificate %s with key %s: %w", certFile, keyFile, err)
	}
	return c, nil
}

// Config is for a listener: TLS 1.2 or later, and of 1.2 only the suites that
// authenticate what they encrypt and forget their keys.
func (c *Certificate) Config() *tls.Config {
	return &tls.Config{
		MinVersion: tls.VersionTLS12,
		CipherSuites: []uint16{
			tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
			tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
			tls.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, tls.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
		},
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return c.current(), nil },
	}
}

// current looks at the files anew for each handshake. A pair that cannot be
// read, perhaps because half of it is written, leaves the one before in use.
func (c *Certificate) current() *tls.Certificate {
	c.mu.Lock()
	defer c.mu.Unlock()
	stamp, err := c.stamps()
	if err == nil && stamp == c.stamp || c.refused != nil && stamp == *c.refused {
		return c.loaded
	}
	if err == nil {
		err = c.load(stamp)
	}
	if err != nil {
		c.refused = &stamp
		c.log.Warn("the changed TLS certificate cannot be used; the one before stays in use", "error", err.Error())
		return c.loaded
	}
	c.log.Info("the TLS certificate was read again")
	return c.loaded
}

func (c *Certificate) load(stamp [2]fileStamp) error {
	pair, err := tls.LoadX509KeyPair(c.certFile, c.keyFile)
	if err == nil {
		c.loaded, c.stamp = &pair, stamp
	}
	return err
}

func (c *Certificate) stamps() (out [2]fileStamp, err error) {
	for i, name := range []string{c.certFile, c.keyFile} {
		info, err := os.Stat(name)
		if err != nil {
			return out, err
		}
		out[i] = fileStamp{info.ModTime(), info.Size()}
	}
	return out, nil
}
