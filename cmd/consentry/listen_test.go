package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

// pair writes a certificate for localhost and its key.
func (b *bed) pair(keyMode os.FileMode) (cert, key string) {
	b.t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		b.t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "localhost"}, DNSNames: []string{"localhost"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		b.t.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		b.t.Fatal(err)
	}
	cert = b.write("cert.pem", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})))
	key = b.write("key.pem", string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8})))
	if err := os.Chmod(key, keyMode); err != nil {
		b.t.Fatal(err)
	}
	return cert, key
}

func TestWhereTheConsoleMayBeReached(t *testing.T) {
	b := newBed(t, "healthy")
	cert, key := b.pair(0o600)
	shared := func(f ListenFlags) (s ServeCmd) {
		s.ListenFlags, s.SignIn = f, sharedSignIn
		return s
	}
	for name, c := range map[string]struct {
		serve ServeCmd
		flag  string // empty: nothing is wrong
		says  string
	}{
		"loopback":                         {ServeCmd{ListenFlags: ListenFlags{Listen: "localhost:8080"}}, "", ""},
		"loopback, IPv6":                   {ServeCmd{ListenFlags: ListenFlags{Listen: "[::1]:0"}}, "", ""},
		"loopback with TLS":                {ServeCmd{ListenFlags: ListenFlags{Listen: "localhost:0", TLSCert: cert, TLSKey: key}}, "", ""},
		"everywhere with TLS":              {shared(ListenFlags{Listen: ":8443", BaseURL: "https://console.example", TLSCert: cert, TLSKey: key}), "", ""},
		"everywhere behind a proxy":        {shared(ListenFlags{Listen: "0.0.0.0:8080", BaseURL: "https://console.example", TrustedProxy: []string{"10.0.0.0/24"}}), "", ""},
		"a proxy on this machine":          {shared(ListenFlags{Listen: "localhost:8080", BaseURL: "https://console.example", TrustedProxy: []string{"127.0.0.1"}}), "", ""},
		"everywhere, nobody signs in":      {ServeCmd{ListenFlags: ListenFlags{Listen: ":8443", BaseURL: "https://console.example"}}, "listen", "--sign-in entra"},
		"everywhere without a name":        {shared(ListenFlags{Listen: "0.0.0.0:8080"}), "listen", "by https only"},
		"everywhere by plain http":         {shared(ListenFlags{Listen: "[::]:8080", BaseURL: "http://console.example"}), "listen", "by https only"},
		"everywhere, nobody speaks https":  {shared(ListenFlags{Listen: ":8080", BaseURL: "https://console.example"}), "listen", "--trusted-proxy"},
		"a name for others, for one alone": {ServeCmd{ListenFlags: ListenFlags{Listen: "localhost:0", BaseURL: "https://console.example"}}, "base-url", "--sign-in entra"},
		"a name with a path":               {shared(ListenFlags{Listen: "localhost:0", BaseURL: "https://console.example/consentry"}), "base-url", "scheme and host alone"},
		"a name with a user":               {shared(ListenFlags{Listen: "localhost:0", BaseURL: "https://me@console.example"}), "base-url", "scheme and host alone"},
		"no address":                       {shared(ListenFlags{Listen: "localhost:0", BaseURL: "console.example"}), "base-url", "give an address"},
		"http for others":                  {shared(ListenFlags{Listen: "localhost:0", BaseURL: "http://console.example"}), "base-url", "give https"},
		"http with a certificate":          {ServeCmd{ListenFlags: ListenFlags{Listen: "localhost:0", BaseURL: "http://localhost:8080", TLSCert: cert, TLSKey: key}}, "base-url", "write https"},
		"half a pair":                      {ServeCmd{ListenFlags: ListenFlags{Listen: "localhost:0", TLSCert: cert}}, "tls-cert", "both files or neither"},
		"a pair that is none":              {ServeCmd{ListenFlags: ListenFlags{Listen: "localhost:0", TLSCert: key, TLSKey: cert}}, "tls-cert", "cannot be used"},
		"a file that is missing":           {ServeCmd{ListenFlags: ListenFlags{Listen: "localhost:0", TLSCert: cert + "x", TLSKey: key}}, "tls-cert", "cannot be used"},
		"every proxy":                      {ServeCmd{ListenFlags: ListenFlags{Listen: "localhost:0", TrustedProxy: []string{"*"}}}, "trusted-proxy", "no network"},
		"every proxy, as a network":        {ServeCmd{ListenFlags: ListenFlags{Listen: "localhost:0", TrustedProxy: []string{"10.0.0.1", "::/0"}}}, "trusted-proxy", "more addresses than any network"},
		"metrics without a port":           {ServeCmd{ListenFlags: ListenFlags{Listen: "localhost:0", Metrics: "localhost"}}, "metrics", "host and port"},
		"metrics where the console is":     {ServeCmd{ListenFlags: ListenFlags{Listen: "localhost:8080", Metrics: "localhost:8080"}}, "metrics", "an address of their own"},
	} {
		var found problems
		for _, r := range listenRules {
			if text := r.wrong(&checked{ServeCmd: &c.serve}); text != "" {
				found = append(found, problem{Key: r.flag, Text: text})
			}
		}
		is := func(p problem) bool { return p.Key == c.flag && strings.Contains(p.Text, c.says) }
		if c.flag == "" && len(found) > 0 || c.flag != "" && !slices.ContainsFunc(found, is) {
			t.Errorf("%s: %v; want %s: %s", name, found, c.flag, c.says)
		}
	}
}

func TestAKeyThatOthersMayReadIsRefused(t *testing.T) {
	b := newBed(t, "healthy")
	cert, key := b.pair(0o644)
	f := ListenFlags{TLSCert: cert, TLSKey: key}
	if got := f.unfitPair(); !strings.Contains(got, "chmod 600") {
		t.Errorf("%q", got)
	}
}

func TestOnlyTheNamesPeopleOpenAreAnswered(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	p := port(l)
	for base, want := range map[string][]string{
		"":                              {"localhost:" + p, "127.0.0.1:" + p, "[::1]:" + p},
		"https://Console.example/":      {"console.example", "console.example:443"},
		"https://console.example:443":   {"console.example", "console.example:443"},
		"https://console.example:8443":  {"console.example:8443"},
		"http://localhost":              {"localhost", "localhost:80"},
		"https://[2001:db8::1]":         {"[2001:db8::1]", "[2001:db8::1]:443"},
		"https://[2001:db8::1]:8443":    {"[2001:db8::1]:8443"},
		"https://console.example:44300": {"console.example:44300"},
	} {
		f := ListenFlags{BaseURL: base}
		if got := f.names(l); !slices.Equal(got, want) {
			t.Errorf("%q: %v, want %v", base, got, want)
		}
	}
}

func TestTheConsoleSpeaksTLSItself(t *testing.T) {
	b := newBed(t, "healthy")
	cert, key := b.pair(0o600)
	s := b.serve("--tls-cert", cert, "--tls-key", key)
	defer s.stop()
	if !strings.HasPrefix(s.base, "https://localhost:") {
		t.Fatalf("it is at %s", s.base)
	}
	transport := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}} // the certificate is nobody's
	defer transport.CloseIdleConnections()
	resp, err := (&http.Client{Transport: transport}).Get(s.base + "/")
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != 200 || resp.Header.Get("Strict-Transport-Security") == "" {
		t.Errorf("%s, %q", resp.Status, resp.Header.Get("Strict-Transport-Security"))
	}
	if _, err := tls.Dial("tcp", strings.TrimPrefix(s.base, "https://"), &tls.Config{InsecureSkipVerify: true, MaxVersion: tls.VersionTLS11}); err == nil {
		t.Error("it speaks TLS 1.1")
	}
}
