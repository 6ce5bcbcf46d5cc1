package entra

import (
	"net/url"
	"strconv"
	"strings"
	"testing"
)

func TestRedirectURIRules(t *testing.T) {
	tests := []struct {
		name, uri string
		platform  Platform
		audience  Audience
		refusal   string // what the sentence must hold; empty when the URI is good
	}{
		{"https with a path", "https://app.example.com/auth/callback", Web, AnyOrganization, ""},
		{"a port and a query", "https://app.example.com:8443/cb?x=1", Web, AnyOrganization, ""},
		{"no path at all", "https://app.example.com", Web, AnyOrganization, ""},
		{"plain http on localhost", "http://localhost:3000/cb", Web, AnyOrganization, ""},
		{"plain http on 127.0.0.1", "http://127.0.0.1/cb", Web, AnyOrganization, ""},
		{"a scheme of its own, for a desktop app", "myapp://auth", PublicClient, AnyOrganization, ""},
		{"the longest", "https://app.example.com/" + strings.Repeat("a", MaxRedirectURI-24), Web, AnyOrganization, ""},
		{"missing", "", Web, AnyOrganization, "missing"},
		{"one letter too long", "https://app.example.com/" + strings.Repeat("a", MaxRedirectURI-23), Web, AnyOrganization, "256"},
		{"plain http elsewhere", "http://app.example.com/cb", Web, AnyOrganization, "https"},
		{"a name below localhost", "http://app.localhost/cb", Web, AnyOrganization, "https"},
		{"localhost look-alike", "http://localhost.example.com/cb", Web, AnyOrganization, "https"},
		{"an IPv6 address", "http://[::1]:3000/cb", Web, AnyOrganization, "IPv6"},
		{"no scheme", "app.example.com/cb", Web, AnyOrganization, "https://"},
		{"a path only", "/cb", Web, AnyOrganization, "https://"},
		{"no host", "https:///cb", Web, AnyOrganization, "no host"},
		{"no slashes", "https:app.example.com", Web, AnyOrganization, "no host"},
		{"another scheme on Web", "myapp://auth", Web, AnyOrganization, "https://"},
		{"a scheme that runs code", "javascript://x/%0aalert", PublicClient, AnyOrganization, "https://"},
		{"a fragment", "https://app.example.com/cb#x", Web, AnyOrganization, "#"},
		{"an empty fragment", "https://app.example.com/cb#", Web, AnyOrganization, "#"},
		{"a user name", "https://me@app.example.com/cb", Web, AnyOrganization, "@"},
		{"a wildcard", "https://*.example.com/cb", Web, AnyOrganization, "wildcard"},
		{"an unfilled placeholder in braces", "https://{host}/cb", Web, AnyOrganization, "placeholder"},
		{"an unfilled placeholder with underscores", "https://YOUR_MCP_GATEWAY_URL/cb", Web, AnyOrganization, "host name"},
		{"a blank", "https://app.example.com/a b", Web, AnyOrganization, "blank"},
		{"a line feed", "https://app.example.com/a\n", Web, AnyOrganization, "blank"},
		{"a backslash", `https://app.example.com\cb`, Web, AnyOrganization, "character"},
		{"a letter outside ASCII", "https://app.example.com/ä", Web, AnyOrganization, "ASCII"},
		{"port zero", "https://app.example.com:0/cb", Web, AnyOrganization, "port"},
		{"port too high", "https://app.example.com:65536/cb", Web, AnyOrganization, "port"},
		{"port left out after the colon", "https://app.example.com:/cb", Web, AnyOrganization, "port"},
		{"a query with personal accounts", "https://app.example.com/cb?x=1", Web, AnyAccount, "?"},
		{"an empty query with personal accounts", "https://app.example.com/cb?", Web, PersonalOnly, "?"},
	}
	for _, c := range redirectForbidden {
		tests = append(tests, struct {
			name, uri string
			platform  Platform
			audience  Audience
			refusal   string
		}{"the character " + string(c), "https://app.example.com/a" + string(c), Web, AnyOrganization, strconv.QuoteRune(c)})
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := RedirectURI{tt.uri, tt.platform}.Validate(tt.audience)
			switch {
			case tt.refusal == "" && err != nil:
				t.Errorf("refused: %v", err)
			case tt.refusal != "" && err == nil:
				t.Error("accepted")
			case err != nil && !strings.Contains(err.Error(), tt.refusal):
				t.Errorf("refusal %q does not name %q", err, tt.refusal)
			}
		})
	}
}

func TestRedirectURILists(t *testing.T) {
	many := func(n int) []RedirectURI {
		var out []RedirectURI
		for i := range n {
			out = append(out, RedirectURI{"https://app.example.com/" + strconv.Itoa(i), Web})
		}
		return out
	}
	tests := []struct {
		name     string
		uris     []RedirectURI
		audience Audience
		ok       bool
	}{
		{"none", nil, AnyOrganization, true},
		{"as many as allowed", many(256), AnyOrganization, true},
		{"one too many", many(257), AnyOrganization, false},
		{"as many as allowed with personal accounts", many(100), AnyAccount, true},
		{"one too many with personal accounts", many(101), AnyAccount, false},
		{"one address on two platforms", []RedirectURI{{"https://a.example/cb", Web}, {"https://a.example/cb", SPA}}, AnyOrganization, false},
		{"two that differ in letter case only", []RedirectURI{{"https://a.example/cb", Web}, {"https://a.example/CB", Web}}, AnyOrganization, false},
		{"one bad among good ones", append(many(3), RedirectURI{"http://a.example", Web}), AnyOrganization, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if err := ValidateRedirectURIs(tt.uris, tt.audience); (err == nil) != tt.ok {
				t.Errorf("error %v, want ok %v", err, tt.ok)
			}
		})
	}
}

func TestRedirectURIMatches(t *testing.T) {
	tests := []struct {
		name, registered, sent string
		want                   bool
	}{
		{"the same", "https://a.example/cb", "https://a.example/cb", true},
		{"capital letters in the host", "https://a.example/cb", "https://A.example/cb", true},
		{"capital letters in the path", "https://a.example/cb", "https://a.example/CB", false},
		{"a trailing slash", "https://a.example/cb", "https://a.example/cb/", false},
		{"a query more", "https://a.example/cb", "https://a.example/cb?x=1", false},
		{"another scheme", "https://a.example/cb", "http://a.example/cb", false},
		{"another port", "https://a.example/cb", "https://a.example:8443/cb", false},
		{"no path and a slash", "https://a.example", "https://a.example/", true},
		{"another port on localhost", "http://localhost:3000/cb", "http://localhost:8080/cb", true},
		{"no port registered on localhost", "http://localhost/cb", "http://localhost:8080/cb", true},
		{"another path on localhost", "http://localhost/cb", "http://localhost:8080/other", false},
		{"https on localhost keeps its port", "https://localhost:3000/cb", "https://localhost:8080/cb", false},
		{"localhost is not 127.0.0.1", "http://localhost/cb", "http://127.0.0.1/cb", false},
		{"percent-encoding is not undone", "https://a.example/a%2Fb", "https://a.example/a/b", false},
		{"a user name is not overlooked", "https://a.example/cb", "https://me@a.example/cb", false},
		{"nothing sent", "https://a.example/cb", "", false},
		{"nothing registered", "", "https://a.example/cb", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := (RedirectURI{URI: tt.registered}).Matches(tt.sent); got != tt.want {
				t.Errorf("Matches = %v", got)
			}
		})
	}
}

func TestParseHost(t *testing.T) {
	good := map[string]string{
		"gateway.example.com":                              "gateway.example.com",
		" Gateway.Example.com ":                            "gateway.example.com",
		"gateway.example.com:8443":                         "gateway.example.com:8443",
		"gateway.example.com:443":                          "gateway.example.com",
		"https://gateway.example.com":                      "gateway.example.com",
		"https://gateway.example.com:8443/x?y#z":           "gateway.example.com:8443",
		"https://gateway.example.com/integration-callback": "gateway.example.com",
		"gateway.example.com/path":                         "gateway.example.com",
		"localhost:3000":                                   "localhost:3000",
	}
	for in, want := range good {
		if got, err := ParseHost(in); got != want || err != nil {
			t.Errorf("ParseHost(%q) = %q, %v; want %q", in, got, err, want)
		}
	}
	bad := map[string]string{
		"":                               "missing",
		"YOUR_MCP_GATEWAY_URL":           "placeholder",
		"http://gateway.example.com":     "https",
		"ftp://gateway.example.com":      "https",
		"https://me@gateway.example.com": "@",
		"gateway.example.com:0":          "port",
		"gateway.example.com:99999":      "port",
		"gateway.example.com:":           "port",
		"-gateway.example.com":           "host name",
		"gateway..example.com":           "host name",
		"[::1]":                          "host name",
		"gateway example":                "not a host",
		"https://":                       "not a host",
		strings.Repeat("a.", 127) + "aa": "host name",
	}
	for in, words := range bad {
		if got, err := ParseHost(in); err == nil || !strings.Contains(err.Error(), words) {
			t.Errorf("ParseHost(%q) = %q, %v; want a refusal naming %q", in, got, err, words)
		}
	}
}

func FuzzParseHost(f *testing.F) {
	for _, s := range []string{"gateway.example.com", "https://a.example:8443/x", "a@b", "[::1]", "a:443:443", "xn--a.example"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		host, err := ParseHost(s)
		if err != nil {
			return
		}
		// A host that was accepted leads nowhere else when put into a URL.
		u, err := url.Parse("https://" + host + "/cb")
		if err != nil || u.Host != host || u.Path != "/cb" || u.User != nil {
			t.Fatalf("ParseHost(%q) = %q, which a URL reads as %+v (%v)", s, host, u, err)
		}
		if err := (RedirectURI{"https://" + host + "/cb", Web}).Validate(AnyOrganization); err != nil && len(host) < 200 {
			t.Errorf("ParseHost(%q) = %q makes a redirect URI that is refused: %v", s, host, err)
		}
		if again, err := ParseHost(host); err != nil || again != host {
			t.Errorf("ParseHost(%q) = %q, which reads %q, %v", s, host, again, err)
		}
	})
}

func FuzzRedirectURIMatches(f *testing.F) {
	f.Add("https://a.example/cb", "https://a.example/cb/")
	f.Add("http://localhost:1/cb", "http://localhost:2/cb")
	f.Fuzz(func(t *testing.T, a, b string) {
		ra, rb := RedirectURI{URI: a}, RedirectURI{URI: b}
		if ra.Matches(b) != rb.Matches(a) {
			t.Errorf("%q and %q match in one direction only", a, b)
		}
		if ra.Validate(AnyOrganization) == nil && !ra.Matches(a) {
			t.Errorf("%q does not match itself", a)
		}
	})
}
