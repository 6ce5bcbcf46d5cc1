package web

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// A pair is a certificate's file and its key's.
type pair struct{ cert, key string }

// writePair writes a certificate for localhost and its key.
func writePair(t *testing.T, dir string, serial int64) pair {
	t.Helper()
	const name = "localhost"
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	p := pair{filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")}
	write(t, p.cert, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert}))
	write(t, p.key, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
	// Files written within one tick of the clock are different ones all the same.
	stamp := time.Unix(1_700_000_000+serial, 0)
	for _, f := range []string{p.cert, p.key} {
		if err := os.Chtimes(f, stamp, stamp); err != nil {
			t.Fatal(err)
		}
	}
	return p
}

func write(t *testing.T, name string, data []byte) {
	t.Helper()
	if err := os.WriteFile(name, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

// encrypted serves a console by TLS and gives its address.
func encrypted(t *testing.T, p pair) string {
	t.Helper()
	cert, err := LoadCertificate(p.cert, p.key, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, e := consoleWith(t, func(c *Config) { c.Hosts, c.Secure = []string{l.Addr().String()}, true })
	ctx, stop := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() {
		served <- Server{Handler: e, Log: slog.New(slog.DiscardHandler), TLS: cert.Config()}.Serve(ctx, l)
	}()
	t.Cleanup(func() {
		stop()
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	return l.Addr().String()
}

// shake makes a TLS connection and gives what was agreed.
func shake(address string, cfg *tls.Config) (tls.ConnectionState, error) {
	cfg.InsecureSkipVerify = true // what is served is looked at below
	c, err := tls.Dial("tcp", address, cfg)
	if err != nil {
		return tls.ConnectionState{}, err
	}
	defer c.Close()
	return c.ConnectionState(), nil
}

func TestOldTLSIsRefused(t *testing.T) {
	address := encrypted(t, writePair(t, t.TempDir(), 1))
	for _, c := range []struct {
		name string
		cfg  *tls.Config
		ok   bool
	}{
		{"TLS 1.0", &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS10}, false},
		{"TLS 1.1", &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}, false},
		{"TLS 1.2 in CBC mode", &tls.Config{MaxVersion: tls.VersionTLS12, CipherSuites: []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA}}, false},
		{"TLS 1.2 without forward secrecy", &tls.Config{MaxVersion: tls.VersionTLS12, CipherSuites: []uint16{tls.TLS_RSA_WITH_AES_128_GCM_SHA256}}, false},
		{"TLS 1.2", &tls.Config{MaxVersion: tls.VersionTLS12}, true},
		{"TLS 1.3", &tls.Config{MinVersion: tls.VersionTLS13}, true},
	} {
		if _, err := shake(address, c.cfg); (err == nil) != c.ok {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

func TestAnAnswerByTLSAsksForMoreOfIt(t *testing.T) {
	address := encrypted(t, writePair(t, t.TempDir(), 1))
	transport := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}
	defer transport.CloseIdleConnections()
	resp, err := (&http.Client{Transport: transport}).Get("https://" + address + "/healthz")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != 200 || resp.Header.Get("Strict-Transport-Security") != oneYear {
		t.Errorf("%s, %q", resp.Status, resp.Header.Get("Strict-Transport-Security"))
	}
}

func TestARenewedCertificateIsServedWithoutARestart(t *testing.T) {
	dir := t.TempDir()
	address := encrypted(t, writePair(t, dir, 1))
	serial := func() int64 {
		state, err := shake(address, &tls.Config{})
		if err != nil {
			t.Fatal(err)
		}
		return state.PeerCertificates[0].SerialNumber.Int64()
	}
	if got := serial(); got != 1 {
		t.Fatalf("number %d", got)
	}
	writePair(t, dir, 2)
	if got := serial(); got != 2 {
		t.Errorf("after renewing, number %d is served", got)
	}
	other := writePair(t, t.TempDir(), 3) // another's key: half of a pair
	key, err := os.ReadFile(other.key)
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "key.pem"), key)
	if got := serial(); got != 2 {
		t.Errorf("with half a pair, number %d is served", got)
	}
	if err := os.Remove(filepath.Join(dir, "cert.pem")); err != nil {
		t.Fatal(err)
	}
	if got := serial(); got != 2 {
		t.Errorf("without a file, number %d is served", got)
	}
	writePair(t, dir, 4)
	if got := serial(); got != 4 {
		t.Errorf("once both are there, number %d is served", got)
	}
}

func TestACertificateThatCannotBeUsedIsSaidAtStart(t *testing.T) {
	good, other := writePair(t, t.TempDir(), 1), writePair(t, t.TempDir(), 2)
	for name, bad := range map[string]pair{
		"no file": {good.cert + ".none", good.key}, "another's key": {good.cert, other.key}, "the wrong way round": {good.key, good.cert},
	} {
		if _, err := LoadCertificate(bad.cert, bad.key, slog.New(slog.DiscardHandler)); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
}
