package main

import (
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Somebody who intercepts TLS gets nothing and leaves a row.
func TestAConnectionThatIsNotTrustedIsWrittenDown(t *testing.T) {
	asked := false
	between := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked = true }))
	between.Config.ErrorLog = log.New(io.Discard, "", 0)
	between.StartTLS()
	t.Cleanup(between.Close)
	cloud := filepath.Join(t.TempDir(), "cloud.json")
	bases := strings.NewReplacer("AT", between.URL).Replace(`{"name":"lab","login":"AT/login","graph":"AT/graph","devops":"AT/devops","vssps":"AT/vssps"}`)
	if err := os.WriteFile(cloud, []byte(bases), 0o600); err != nil {
		t.Fatal(err)
	}
	b := &bed{t: t, dir: t.TempDir(), cloud: cloud}
	s := b.serve("--client-id", "11111111-2222-3333-4444-555555555555")
	begun := s.get("/sign-in/begin", nil)
	to, err := begun.Location()
	if err != nil {
		t.Fatal(err)
	}
	s.get("/sign-in/callback?code=x&state="+to.Query().Get("state"), func(r *http.Request) {
		for _, c := range begun.Cookies() {
			r.AddCookie(c)
		}
	})
	s.stop()
	b.mustKeep(0, "host/"+strings.TrimPrefix(between.URL, "https://"), "audit", "export", "--data", b.path("data"), "--action", "tls-failure")
	if asked {
		t.Error("something was asked over the connection")
	}
}
