package web

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
)

// FuzzHost: whatever a request calls the console, only its own names are
// answered, and no answer leads elsewhere.
func FuzzHost(f *testing.F) {
	for _, seed := range []string{"console.example", "CONSOLE.example:443", "console.example.", "console.example@evil.example", "evil.example", "localhost:8080", "[::1]", "", "console.example\x00", "xn--console-x.example", " console.example", "console.example:443:443"} {
		f.Add(seed, "/page?a=b")
		f.Add(seed, "//evil.example/page")
	}
	names := []string{"console.example", "console.example:443"}
	var e *gin.Engine
	f.Fuzz(func(t *testing.T, host, target string) {
		r, err := http.NewRequest(http.MethodGet, "http://placeholder"+"/"+strings.TrimPrefix(target, "/"), nil)
		if err != nil {
			return // no server would have read it
		}
		r.Host, r.RequestURI = host, r.URL.RequestURI()
		if e == nil {
			var s *Shell
			s, e = consoleWith(t, func(cfg *Config) { cfg.Hosts, cfg.Secure = names, true })
			e.GET("/page", s.Handle(func(*gin.Context) (Response, error) { return Text("the page"), nil }))
		}
		w := httptest.NewRecorder()
		e.ServeHTTP(w, r)
		known := strings.EqualFold(host, names[0]) || strings.EqualFold(host, names[1])
		if w.Code != http.StatusMisdirectedRequest && !known {
			t.Errorf("%q is answered %d", host, w.Code)
		}
		if to := w.Header().Get("Location"); to != "" && !strings.HasPrefix(to, "https://console.example/") && (!strings.HasPrefix(to, "/") || strings.HasPrefix(to, "//") || strings.HasPrefix(to, `/\`)) {
			t.Errorf("%q %q leads to %q", host, target, to)
		}
	})
}
