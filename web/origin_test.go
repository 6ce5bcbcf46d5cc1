package web

import (
	"net/http"
	"testing"

	"github.com/gin-gonic/gin"
)

func TestAnOriginIsOursWithItsScheme(t *testing.T) {
	for _, c := range []struct {
		name, host, origin, site string
		secure                   bool
		want                     int
	}{
		{"ours", "console.example", "https://console.example", "", true, 200},
		{"ours without encryption", "console.example", "http://console.example", "", true, 403},
		{"encrypted, but we are not", "console.example", "https://console.example", "", false, 403},
		{"ours with another port", "console.example", "https://console.example:8443", "", true, 403},
		{"the other name in use", "localhost:8080", "http://localhost:8080", "", false, 200},
		{"from one of our names to the other", "localhost:8080", "http://console.example", "", false, 403},
		{"null from a page that sends no referrer", "console.example", "null", "same-origin", true, 200},
		{"null and nothing else", "console.example", "null", "", true, 403},
		{"the browser says ours, the origin another", "console.example", "https://evil.example", "same-origin", true, 403},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, e := consoleWith(t, func(cfg *Config) {
				cfg.Hosts, cfg.Secure = []string{"console.example", "localhost:8080"}, c.secure
			})
			e.POST("/change", s.Handle(func(*gin.Context) (Response, error) { return Text("changed"), nil }))
			header := map[string]string{"Host": c.host, "Origin": c.origin}
			if c.site != "" {
				header["Sec-Fetch-Site"] = c.site
			}
			if got := do(t, e, "POST", "/change", header).StatusCode; got != c.want {
				t.Errorf("%d, want %d", got, c.want)
			}
		})
	}
}

func TestAPageIsNoPartOfAnother(t *testing.T) {
	h, _, _ := testConsole(t)
	for _, c := range []struct {
		mode, dest string
		want       int
	}{
		{"", "", 200}, {"navigate", "document", 200}, {"cors", "empty", 200}, {"same-origin", "empty", 200},
		{"no-cors", "script", 403}, {"no-cors", "image", 403}, {"no-cors", "empty", 403}, {"no-cors", "", 403},
		{"cors", "script", 403}, {"navigate", "iframe", 403}, {"navigate", "embed", 403}, {"navigate", "object", 403},
		{"cors", "style", 403}, {"cors", "font", 403}, {"cors", "worker", 403}, {"no-cors", "report", 403},
	} {
		header := map[string]string{"Sec-Fetch-Mode": c.mode, "Sec-Fetch-Dest": c.dest}
		if got := do(t, h, "GET", "/page", header).StatusCode; got != c.want {
			t.Errorf("mode %q, dest %q: %d, want %d", c.mode, c.dest, got, c.want)
		}
	}
	file := do(t, h, "GET", "/healthz", map[string]string{"Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"})
	if file.StatusCode != http.StatusOK {
		t.Errorf("what holds nothing private is answered %d", file.StatusCode)
	}
}

// DNS rebinding: the name leads here, but it is not ours.
func TestNothingIsAnsweredToAnotherName(t *testing.T) {
	h, _, _ := testConsole(t)
	for _, host := range []string{"attacker.example", "localhost", "localhost:80", "localhost:8080.attacker.example", "127.0.0.1:8080", "[::1]:8080", "localhost.:8080", "@localhost:8080"} {
		for _, path := range []string{"/page", "/healthz", "/readyz", "/static/app.css", "/nowhere", "/csp-report"} {
			for _, method := range []string{"GET", "POST", "OPTIONS"} {
				r := do(t, h, method, path, map[string]string{"Host": host, "Sec-Fetch-Site": "same-origin"})
				if r.StatusCode != http.StatusMisdirectedRequest || r.Header.Get("Content-Security-Policy") == "" {
					t.Errorf("%s %s of %s: %d", method, path, host, r.StatusCode)
				}
			}
		}
	}
}
