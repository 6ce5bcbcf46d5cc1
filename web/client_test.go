package web

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
)

func TestOnlyATrustedProxyIsBelieved(t *testing.T) {
	const proxy, inner, stranger = "10.0.0.5:4711", "10.0.0.9", "203.0.113.7:4711"
	for _, c := range []struct {
		name, peer string
		header     http.Header
		address    string
		https      bool
	}{
		{"a stranger says nothing", stranger, nil, "203.0.113.7", false},
		{"a stranger claims to be another", stranger, http.Header{"X-Forwarded-For": {"198.51.100.1"}}, "203.0.113.7", false},
		{"a stranger claims it in every other way", stranger, http.Header{
			"X-Real-Ip": {"198.51.100.1"}, "Forwarded": {"for=198.51.100.1;proto=https"}, "X_forwarded_for": {"198.51.100.1"}, "X-Client-Ip": {"198.51.100.1"},
			"True-Client-Ip": {"198.51.100.1"}, "Cf-Connecting-Ip": {"198.51.100.1"}, "User-Agent": {"kube-probe/1.30"}, "X-Forwarded-Proto": {"https"}, "X-Forwarded-Ssl": {"on"},
		}, "203.0.113.7", false},
		{"the proxy hands on", proxy, http.Header{"X-Forwarded-For": {"198.51.100.1"}, "X-Forwarded-Proto": {"https"}}, "198.51.100.1", true},
		{"the client wrote something before", proxy, http.Header{"X-Forwarded-For": {"192.0.2.66, 198.51.100.1"}}, "198.51.100.1", false},
		{"the client wrote a header of its own", proxy, http.Header{"X-Forwarded-For": {"192.0.2.66", "198.51.100.1"}}, "198.51.100.1", false},
		{"two proxies of ours", proxy, http.Header{"X-Forwarded-For": {"192.0.2.66, 198.51.100.1, " + inner}}, "198.51.100.1", false},
		{"somebody inside", proxy, http.Header{"X-Forwarded-For": {inner}}, inner, false},
		{"what stands next is no address", proxy, http.Header{"X-Forwarded-For": {"198.51.100.1, unknown"}}, "10.0.0.5", false},
		{"what the client wrote is no address", proxy, http.Header{"X-Forwarded-For": {"<script>, 198.51.100.1"}}, "198.51.100.1", false},
		{"the header is empty", proxy, http.Header{"X-Forwarded-For": {""}}, "10.0.0.5", false},
		{"with a port", proxy, http.Header{"X-Forwarded-For": {"198.51.100.1:8443"}}, "198.51.100.1", false},
		{"IPv6", proxy, http.Header{"X-Forwarded-For": {"2001:db8::1"}}, "2001:db8::1", false},
		{"IPv6 with a port", proxy, http.Header{"X-Forwarded-For": {"[2001:db8::1]:443"}}, "2001:db8::1", false},
		{"IPv6 with a zone", proxy, http.Header{"X-Forwarded-For": {"fe80::1%eth0"}}, "fe80::1", false},
		{"IPv4 in IPv6", "[::ffff:10.0.0.5]:1", http.Header{"X-Forwarded-For": {"::ffff:198.51.100.1"}}, "198.51.100.1", false},
		{"the other headers count for nothing", proxy, http.Header{"X-Real-Ip": {"198.51.100.1"}, "Forwarded": {"for=198.51.100.1;proto=https"}}, "10.0.0.5", false},
		{"the last proxy says how", proxy, http.Header{"X-Forwarded-Proto": {"https, http"}}, "10.0.0.5", false},
		{"in capitals", proxy, http.Header{"X-Forwarded-Proto": {"HTTPS"}}, "10.0.0.5", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			trusted, err := ParseProxies([]string{"10.0.0.0/24", "::1"})
			if err != nil {
				t.Fatal(err)
			}
			r := httptest.NewRequest("GET", "/", nil)
			r.RemoteAddr, r.Header = c.peer, c.header
			if got := trusted.clientOf(r); got.address.String() != c.address || got.https != c.https {
				t.Errorf("%s, https %t; want %s, https %t", got.address, got.https, c.address, c.https)
			}
		})
	}
}

func TestAProxyIsAnAddressOrANetworkButNotEverybody(t *testing.T) {
	for _, bad := range []string{"*", "0.0.0.0/0", "::/0", "0.0.0.0/1", "128.0.0.0/1", "2000::/3", "", "proxy.example", "10.0.0.0/33", "10.0.0.5:80"} {
		if _, err := ParseProxies([]string{"10.0.0.5", bad}); err == nil || !strings.Contains(err.Error(), `"`+bad+`"`) {
			t.Errorf("%q: %v", bad, err)
		}
	}
	got, err := ParseProxies([]string{"10.0.0.77/24", "::ffff:192.0.2.1", "2001:db8::5"})
	if err != nil || len(got) != 3 || got[0].String() != "10.0.0.0/24" || got[1].String() != "192.0.2.1/32" || got[2].String() != "2001:db8::5/128" {
		t.Errorf("%v, %v", got, err)
	}
}

// Whatever is sent, a stranger stays who they are.
func FuzzAStrangerStaysWhoTheyAre(f *testing.F) {
	f.Add("198.51.100.1", "https")
	f.Add("10.0.0.5, 10.0.0.6", "https,https")
	f.Add("[::1]:80,,", "")
	trusted, err := ParseProxies([]string{"10.0.0.0/8"})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, hops, proto string) {
		r := httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr = "203.0.113.7:1"
		r.Header = http.Header{"X-Forwarded-For": {hops}, "X-Forwarded-Proto": {proto}, "Forwarded": {hops}}
		if got := trusted.clientOf(r); got.address.String() != "203.0.113.7" || got.https {
			t.Errorf("%q %q: %+v", hops, proto, got)
		}
		r.RemoteAddr = "10.0.0.5:1"
		if got := trusted.clientOf(r); !got.address.IsValid() {
			t.Errorf("%q: nobody", hops)
		}
	})
}

func TestStrictTransportIsAskedForOverHTTPSOnly(t *testing.T) {
	s, e := consoleWith(t, func(c *Config) { c.Proxies, _ = ParseProxies([]string{"10.0.0.0/24"}) })
	e.GET("/who", s.Handle(func(c *gin.Context) (Response, error) { return Text(ClientIP(c)), nil }))
	for _, c := range []struct {
		name, peer, proto string
		want              bool
	}{
		{"plain http", "203.0.113.7:1", "", false},
		{"plain http, and a stranger's word", "203.0.113.7:1", "https", false},
		{"https up to the proxy", "10.0.0.5:1", "https", true},
		{"http up to the proxy", "10.0.0.5:1", "http", false},
	} {
		r := httptest.NewRequest("GET", "http://localhost:8080/who", nil)
		r.RemoteAddr = c.peer
		r.Header.Set("X-Forwarded-Proto", c.proto)
		w := httptest.NewRecorder()
		e.ServeHTTP(w, r)
		if got := w.Header().Get("Strict-Transport-Security"); (got == oneYear) != c.want || !c.want && got != "" {
			t.Errorf("%s: %q", c.name, got)
		}
		if peer, _, _ := strings.Cut(c.peer, ":"); w.Body.String() != peer {
			t.Errorf("%s: it is %q who asks", c.name, w.Body)
		}
	}
}
