package sandbox

import (
	"flag"
	"fmt"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
)

// A sighting is a request that a test made, and how it was answered: 0 when
// it was not.
type sighting struct {
	service, method, path string // the path at the public host, without query
	status                int
}

// sightings are the requests of all tests so far, by the test's name.
var sightings = struct {
	sync.Mutex
	of map[string]map[sighting]bool
}{of: map[string]map[sighting]bool{}}

func saw(t testing.TB, s sighting) {
	name, _, _ := strings.Cut(t.Name(), "/")
	sightings.Lock()
	defer sightings.Unlock()
	if sightings.of[name] == nil {
		sightings.of[name] = map[sighting]bool{}
	}
	sightings.of[name][s] = true
}

// seen is a service that a test calls without a sandbox around it.
func seen(t testing.TB, service string, h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		out := &answer{ResponseWriter: w}
		h.ServeHTTP(out, r)
		saw(t, sighting{service, r.Method, r.URL.EscapedPath(), out.code()})
	})
}

// RecordRequests notes at the end of the test what the sandbox was asked, for
// the table of what is shown by which test. A test that starts a sandbox by
// itself calls it at once: what is cleared from the journal is not noted.
func RecordRequests(t testing.TB, s *Sandbox) {
	t.Cleanup(func() {
		for _, r := range s.Requests() {
			path, _, _ := strings.Cut(r.Path, "?")
			saw(t, sighting{r.Service, r.Method, path, r.Status})
		}
	})
}

// TestMain holds the directives against what the tests requested, once all of
// them have run.
func TestMain(m *testing.M) {
	code := m.Run()
	if code == 0 && wholePackage() {
		for _, fault := range unshown() {
			fmt.Fprintln(os.Stderr, fault)
			code = 1
		}
	}
	os.Exit(code)
}

// wholePackage reports whether every test ran.
func wholePackage() bool {
	for _, name := range []string{"run", "skip", "list", "fuzz"} {
		if f := flag.Lookup("test." + name); f != nil && f.Value.String() != "" {
			return false
		}
	}
	worker := flag.Lookup("test.fuzzworker")
	return worker == nil || worker.Value.String() != "true"
}
