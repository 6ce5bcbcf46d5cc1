package outbound_test

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"testing"

	"github.com/consentry/consentry/outbound"
)

func TestConnectionsThatCannotBeTrustedAreToldOnce(t *testing.T) {
	for name, c := range map[string]struct {
		max     uint16
		host    string
		trusted bool
		want    string
	}{
		"all is well":                {tls.VersionTLS13, "127.0.0.1", true, ""},
		"TLS 1.1":                    {tls.VersionTLS11, "127.0.0.1", true, "no version of TLS in common"},
		"a name that is not its own": {tls.VersionTLS13, "other.example", true, "the certificate is not trusted"},
		"nobody vouches for it":      {tls.VersionTLS13, "127.0.0.1", false, "the certificate is not trusted"},
	} {
		t.Run(name, func(t *testing.T) {
			address, ca := secured(t, &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: c.max}, c.host)
			if !c.trusted {
				ca = ""
			}
			want := 1
			if c.want == "" {
				want = 0
			}
			if told := toldOf(t, ca, address); len(told) != want || want > 0 && told[0] != c.want {
				t.Errorf("three requests: %q, want %q", told, c.want)
			}
		})
	}
}

// toldOf sends three requests and gives what was told of them.
func toldOf(t *testing.T, ca, address string) (told []string) {
	t.Helper()
	transport, err := outbound.Transport(ca)
	if err != nil {
		t.Fatal(err)
	}
	defer transport.CloseIdleConnections()
	carrier := outbound.NewDistrust(transport, func(_ context.Context, _, reason string) { told = append(told, reason) })
	for range 3 {
		outbound.Send(carrier, request(t, address), outbound.MaxBody)
	}
	return told
}

func TestANetworkThatFailsIsNoMatterOfTrust(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if told := toldOf(t, "", "https://"+l.Addr().String()); told != nil {
		t.Errorf("nobody listens: %q", told)
	}
	plain := http.Server{Handler: http.NotFoundHandler()}
	if l, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	go func() { _ = plain.Serve(l) }()
	defer plain.Close()
	if told := toldOf(t, "", "https://"+l.Addr().String()); len(told) != 1 {
		t.Errorf("somebody answers without TLS: %q", told)
	}
	hangs := net.Listener(nil)
	if hangs, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	defer hangs.Close()
	go func() {
		for {
			conn, err := hangs.Accept()
			if err != nil {
				return
			}
			_ = conn.Close()
		}
	}()
	if told := toldOf(t, "", "https://"+hangs.Addr().String()); told != nil {
		t.Errorf("the connection is closed at once: %q", told)
	}
}
