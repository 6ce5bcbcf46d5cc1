package consentry_test

import (
	"os"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"testing"
)

// unreleased are the modules that have no release, or none with what is
// needed, and are taken at a commit; with the reason.
var unreleased = map[string]string{
	"github.com/microsoft/azure-devops-go-api/azuredevops/v7": "Microsoft's own, for tests of the sandbox; newer than its last release",
	"github.com/jackc/pgservicefile":                          "of the author of pgx, who releases none of it",
	"github.com/modern-go/concurrent":                         "gin's, behind a build tag; finished long ago",
	"github.com/munnerz/goautoneg":                            "the Prometheus client's; never released",
	"github.com/pkg/browser":                                  "azidentity's; never released",
	"github.com/remyoudompheng/bigfft":                        "modernc's; never released",
}

// least are the versions from which known holes are closed.
var least = map[string]string{
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity": "v1.6.0",  // CVE-2024-35255
	"github.com/gin-gonic/gin":                         "v1.9.1",  // CVE-2023-29401
	"github.com/jackc/pgx/v5":                          "v5.9.2",  // CVE-2026-33815, -33816, -41889
	"github.com/quic-go/quic-go":                       "v0.59.1", // GO-2026-5676, which gin brings
	"golang.org/x/crypto":                              "v0.58.0",
	"golang.org/x/net":                                 "v0.62.0",
	"golang.org/x/oauth2":                              "v0.27.0", // CVE-2025-22868
}

// leastGo is the patch from which net/http keeps its header time limit for
// HTTP/2 without TLS too (CVE-2026-56853).
const leastGo = "v1.26.6"

var (
	required = regexp.MustCompile(`(?m)^(?:require )?\t?([^\s/]+\.[^\s]+) (v\S+)`)
	commitOf = regexp.MustCompile(`-(?:\d+\.)*\d{14}-[0-9a-f]{12}$`)
)

func TestModulesAreReleasedOnesWithoutKnownHoles(t *testing.T) {
	text, err := os.ReadFile("go.mod")
	if err != nil {
		t.Fatal(err)
	}
	if regexp.MustCompile(`(?m)^\s*(replace|exclude)\b`).Match(text) {
		t.Error("go.mod replaces or excludes a module: what is built must be what is published under that name")
	}
	have := map[string]string{}
	for _, m := range required.FindAllStringSubmatch(string(text), -1) {
		have[m[1]] = m[2]
		if commitOf.MatchString(m[2]) && unreleased[m[1]] == "" {
			t.Errorf("%s is taken at a commit (%s): take a release, or give the reason in this test", m[1], m[2])
		}
	}
	if len(have) < 50 {
		t.Fatalf("only %d modules were found in go.mod", len(have))
	}
	for module := range unreleased {
		if !commitOf.MatchString(have[module]) {
			t.Errorf("%s is not taken at a commit any more (%q): take it out of this test", module, have[module])
		}
	}
	for module, from := range least {
		if v := have[module]; v == "" || older(v, from) {
			t.Errorf("%s is %q, and holes are known before %s", module, v, from)
		}
	}
	if v := "v" + strings.TrimPrefix(runtime.Version(), "go"); strings.HasPrefix(v, "v1.") && older(v, leastGo) {
		t.Errorf("Go %s has a known hole: %s or newer", v, leastGo)
	}
}

// older compares two versions number by number.
func older(v, than string) bool {
	a, b := numbers(v), numbers(than)
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return a[i] < b[i]
		}
	}
	return len(a) < len(b)
}

func numbers(v string) (out []int) {
	v, _, _ = strings.Cut(strings.TrimPrefix(v, "v"), "-")
	for part := range strings.SplitSeq(v, ".") {
		n, _ := strconv.Atoi(part) // "devel" counts as the oldest
		out = append(out, n)
	}
	return out
}

func TestOlderVersionsAreTold(t *testing.T) {
	for _, c := range []struct {
		v, than string
		want    bool
	}{{"v1.9.0", "v1.10.0", true}, {"v1.10.0", "v1.9.0", false}, {"v0.59.0", "v0.59.1", true}, {"v0.65.0", "v0.59.1", false}, {"v5.9.2", "v5.9.2", false}, {"v1.26", "v1.26.6", true}} {
		if got := older(c.v, c.than); got != c.want {
			t.Errorf("%s before %s: %v", c.v, c.than, got)
		}
	}
}
