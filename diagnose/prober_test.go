package diagnose_test

import (
	"bufio"
	"context"
	"crypto/x509"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/consentry/consentry/diagnose"
)

func TestHowFarAServiceIsReached(t *testing.T) {
	answering := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusNotFound) // any answer will do
	}))
	answering.Config.ErrorLog = log.New(io.Discard, "", 0) // refused certificates are wanted
	answering.StartTLS()
	defer answering.Close()
	closed := httptest.NewServer(nil)
	closed.Close()
	silent := hangUp(t)
	trusting := answering.Client().Transport.(*http.Transport)
	strict := trusting.Clone()
	strict.TLSClientConfig.RootCAs = x509.NewCertPool()
	tests := []struct {
		name, base string
		transport  *http.Transport
		stage      string
		problem    string // what the problem must hold; empty for none
	}{
		{"it answers", answering.URL, trusting, "answer", ""},
		{"its certificate is not trusted", answering.URL, strict, "tls", "its certificate is not trusted"},
		{"nobody listens", closed.URL, nil, "connect", "refused"},
		{"it hangs up", silent, nil, "answer", "EOF"},
		{"its address is none", "https://a b", nil, "dns", "not one"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, clock := diagnose.Dialer{Transport: tt.transport}.Reach(t.Context(), diagnose.Service{Name: "x", Base: tt.base})
			if got.Stage != tt.stage || (got.Problem == "") != (tt.problem == "") || !strings.Contains(got.Problem, tt.problem) || got.Service != "x" {
				t.Errorf("%+v; want stage %s and problem %q", got, tt.stage, tt.problem)
			}
			if clock.IsZero() != (tt.problem != "") {
				t.Errorf("clock %v", clock)
			}
		})
	}
}

func TestANameThatIsNotFound(t *testing.T) {
	transport := &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) {
		return nil, &net.DNSError{Err: "no such host", Name: "login.example.invalid", IsNotFound: true}
	}}
	got, _ := diagnose.Dialer{Transport: transport}.Reach(t.Context(), diagnose.Service{Base: "https://login.example.invalid"})
	if got.Stage != "dns" || !strings.Contains(got.Problem, "no such host") || got.Host != "login.example.invalid" {
		t.Errorf("%+v", got)
	}
}

func TestAProxyInBetweenIsNamedWithoutItsPassword(t *testing.T) {
	proxy := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer proxy.Close()
	address, err := url.Parse(proxy.URL)
	if err != nil {
		t.Fatal(err)
	}
	address.User = url.UserPassword("me", "canary")
	got, _ := diagnose.Dialer{Transport: &http.Transport{Proxy: http.ProxyURL(address)}}.Reach(t.Context(), diagnose.Service{Base: "http://graph.example"})
	if got.Proxy != address.Host || got.Problem != "" || strings.Contains(got.Proxy, "canary") {
		t.Errorf("%+v", got)
	}
}

// hangUp reads requests and closes the connection.
func hangUp(t *testing.T) string {
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
			if _, err := http.ReadRequest(bufio.NewReader(c)); err != nil {
				t.Error(err)
			}
			c.Close()
		}
	}()
	return "http://" + l.Addr().String()
}
