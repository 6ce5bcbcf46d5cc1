package sandbox

import (
	"crypto/tls"
	"net/http"
	"net/http/httptest"
	"testing"
)

func TestOriginFollowsTheHostTheCallerUsed(t *testing.T) {
	ports := map[string]string{serviceLogin: "1001", serviceGraph: "1002", serviceDevOps: "1003", serviceVSSPS: "1004"}
	for name, c := range map[string]struct {
		place                  place
		host, forwarded, proto string
		origin, login          string
	}{
		"plain listener":               {place{service: serviceGraph}, "127.0.0.1:18080", "", "", "http://127.0.0.1:18080/graph", "http://127.0.0.1:18080/login"},
		"plain listener by name":       {place{service: serviceGraph}, "localhost:18080", "", "", "http://localhost:18080/graph", "http://localhost:18080/login"},
		"TLS listener":                 {place{serviceGraph, ports}, "127.0.0.1:1002", "", "", "https://127.0.0.1:1002", "https://127.0.0.1:1001"},
		"TLS listener on IPv6":         {place{serviceGraph, ports}, "[::1]:1002", "", "", "https://[::1]:1002", "https://[::1]:1001"},
		"public host, plain listener":  {place{service: serviceGraph}, "127.0.0.1:18080", "graph.microsoft.com", "https", "https://graph.microsoft.com", "https://login.microsoftonline.com"},
		"public host, TLS listener":    {place{serviceGraph, ports}, "127.0.0.1:1002", "graph.microsoft.com", "https", "https://graph.microsoft.com", "https://login.microsoftonline.com"},
		"public host without a scheme": {place{service: serviceDevOps}, "127.0.0.1:18080", "dev.azure.com", "", "https://dev.azure.com", "https://login.microsoftonline.com"},
		"public host with a port":      {place{service: serviceDevOps}, "127.0.0.1:18080", "dev.azure.com:443", "https", "https://dev.azure.com", "https://login.microsoftonline.com"},
		"public host at another port":  {place{service: serviceDevOps}, "127.0.0.1:18080", "dev.azure.com:8443", "https", "https://dev.azure.com:8443", "https://login.microsoftonline.com:8443"},
		"another name of sign-in":      {place{service: serviceLogin}, "127.0.0.1:18080", "sts.windows.net", "https", "https://login.microsoftonline.com", "https://login.microsoftonline.com"},
		"another name, another port":   {place{service: serviceLogin}, "127.0.0.1:18080", "login.windows.net:8443", "https", "https://login.microsoftonline.com:8443", "https://login.microsoftonline.com:8443"},
		"several proxies":              {place{service: serviceGraph}, "127.0.0.1:18080", "graph.microsoft.com, inner.example", "https,http", "https://graph.microsoft.com", "https://login.microsoftonline.com"},
		"another host":                 {place{service: serviceGraph}, "127.0.0.1:18080", "cloud.example:8443", "https", "https://cloud.example:8443/graph", "https://cloud.example:8443/login"},
		"host that is none":            {place{service: serviceGraph}, "127.0.0.1:18080", "a/b", "", "http://127.0.0.1:18080/graph", "http://127.0.0.1:18080/login"},
		"scheme that is none":          {place{service: serviceGraph}, "127.0.0.1:18080", "", "javascript", "http://127.0.0.1:18080/graph", "http://127.0.0.1:18080/login"},
	} {
		r := httptest.NewRequestWithContext(withPlace(t.Context(), c.place), "GET", "/", http.NoBody)
		r.Host = c.host
		if c.place.tlsPorts != nil {
			r.TLS = &tls.ConnectionState{}
		}
		if c.forwarded != "" {
			r.Header.Set("X-Forwarded-Host", c.forwarded)
		}
		if c.proto != "" {
			r.Header.Set("X-Forwarded-Proto", c.proto)
		}
		if got := originOf(r); got != c.origin {
			t.Errorf("%s: origin %s, want %s", name, got, c.origin)
		}
		if got := siblingOrigin(r, serviceLogin); got != c.login {
			t.Errorf("%s: login %s, want %s", name, got, c.login)
		}
	}
}

func TestOrganizationsOfVSSPSHaveAPublicNameOfTheirOwn(t *testing.T) {
	r := httptest.NewRequestWithContext(withPlace(t.Context(), place{service: serviceVSSPS}), "GET", "/", http.NoBody)
	r.Host = "127.0.0.1:18080"
	if got, want := siblingOrigin(r, serviceVSSPSOrganizations), "http://127.0.0.1:18080/vssps"; got != want {
		t.Errorf("in the sandbox %s, want %s", got, want)
	}
	r.Header.Set("X-Forwarded-Host", "app.vssps.visualstudio.com")
	if got, want := siblingOrigin(r, serviceVSSPSOrganizations), "https://vssps.dev.azure.com"; got != want {
		t.Errorf("behind the public name %s, want %s", got, want)
	}
}
