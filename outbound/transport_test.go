package outbound_test

import (
	"bufio"
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/consentry/consentry/outbound"
)

// request is a GET that carries a token.
func request(t *testing.T, address string) *http.Request {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer canary-token")
	return req
}

// secured is a TLS server with a certificate for names.
func secured(t *testing.T, config *tls.Config, names ...string) (address, caFile string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"}, DNSNames: names,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
	}
	for _, n := range names {
		if ip := net.ParseIP(n); ip != nil {
			template.IPAddresses = append(template.IPAddresses, ip)
		}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	config.Certificates = []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "hello") }))
	s.TLS, s.Config.ErrorLog = config, log.New(io.Discard, "", 0)
	s.StartTLS()
	t.Cleanup(s.Close)
	caFile = filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(caFile, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	return s.URL, caFile
}

func TestConnectionsAreVerifiedAndModern(t *testing.T) {
	for name, c := range map[string]struct {
		max     uint16
		host    string
		trusted bool
		fails   bool
	}{
		"TLS 1.3":                    {tls.VersionTLS13, "127.0.0.1", true, false},
		"TLS 1.2":                    {tls.VersionTLS12, "127.0.0.1", true, false},
		"TLS 1.1":                    {tls.VersionTLS11, "127.0.0.1", true, true},
		"TLS 1.0":                    {tls.VersionTLS10, "127.0.0.1", true, true},
		"a name that is not its own": {tls.VersionTLS13, "other.example", true, true},
		"nobody vouches for it":      {tls.VersionTLS13, "127.0.0.1", false, true},
	} {
		t.Run(name, func(t *testing.T) {
			address, ca := secured(t, &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: c.max}, c.host)
			if !c.trusted {
				ca = ""
			}
			transport, err := outbound.Transport(ca)
			if err != nil {
				t.Fatal(err)
			}
			defer transport.CloseIdleConnections()
			a := outbound.Send(transport, request(t, address), outbound.MaxBody)
			if (a.Err != nil) != c.fails {
				t.Fatalf("%v, want a failure: %v", a.Err, c.fails)
			}
			if c.fails && a.Sent {
				t.Error("something was sent before the connection was proven")
			}
		})
	}
}

// A tunnel is a proxy that notes every header it is shown.
type tunnel struct {
	mu   sync.Mutex
	seen []*http.Request
}

func (p *tunnel) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	p.seen = append(p.seen, r.Clone(r.Context()))
	p.mu.Unlock()
	there, err := net.Dial("tcp", r.Host)
	if err != nil || r.Method != http.MethodConnect {
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	here, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	io.WriteString(here, "HTTP/1.1 200 Connection established\r\n\r\n")
	go func() { defer there.Close(); io.Copy(there, buffered) }()
	go func() { defer here.Close(); io.Copy(here, there) }()
}

// TestTheProxyIsShownNoToken sends through the system's proxy in a process of
// its own, because the settings are read once.
func TestTheProxyIsShownNoToken(t *testing.T) {
	proxy := &tunnel{}
	p := httptest.NewServer(proxy)
	defer p.Close()
	address, ca := secured(t, &tls.Config{}, "graph.example", "127.0.0.1")
	transport, err := outbound.Transport(ca)
	if err != nil {
		t.Fatal(err)
	}
	defer transport.CloseIdleConnections()
	if transport.Proxy == nil {
		t.Fatal("the system's proxy is not asked for")
	}
	proxied, _ := url.Parse(p.URL)
	transport.Proxy = http.ProxyURL(proxied)
	if a := outbound.Send(transport, request(t, address), outbound.MaxBody); a.Err != nil || string(a.Body) != "hello" {
		t.Fatalf("%q, %v", a.Body, a.Err)
	}
	if len(proxy.seen) != 1 || proxy.seen[0].Method != http.MethodConnect {
		t.Fatalf("the proxy saw %d requests", len(proxy.seen))
	}
	for name, values := range proxy.seen[0].Header {
		if name == "Authorization" || strings.Contains(strings.Join(values, ""), "canary") {
			t.Errorf("the proxy was shown %s", name)
		}
	}
}

func TestPlainHTTPGoesThroughNoProxy(t *testing.T) {
	t.Setenv("HTTP_PROXY", "http://127.0.0.1:1")
	transport, err := outbound.Transport("")
	if err != nil {
		t.Fatal(err)
	}
	if to, err := transport.Proxy(request(t, "http://graph.example/")); to != nil || err != nil {
		t.Errorf("a token in the clear would go to the proxy %v (%v)", to, err)
	}
}

func TestAnAuthorityThatCannotBeUsedIsTold(t *testing.T) {
	file := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(file, []byte("none"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, f := range []string{file, file + ".missing"} {
		if _, err := outbound.Transport(f); err == nil || !strings.Contains(err.Error(), "ca_file") {
			t.Errorf("%s: %v", f, err)
		}
	}
}

// raw answers every connection with the bytes and closes it.
func raw(t *testing.T, answer []byte) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				if _, err := http.ReadRequest(bufio.NewReader(c)); err == nil {
					io.Copy(c, bytes.NewReader(answer))
				}
			}()
		}
	}()
	return "http://" + l.Addr().String()
}
