package faults

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/consentry/consentry/e2e/drive"
)

func TestMain(m *testing.M) { drive.Main(m) }

// start is a console on a sandbox, and somebody signed in to it with an
// environment whose plan has been read.
func start(t *testing.T, environment string) (*drive.Sandbox, *drive.Browser, string) {
	t.Helper()
	box := drive.StartSandbox(t)
	c := drive.StartConsole(t, drive.Setting{Sandbox: box})
	b := drive.Open(t, c.Base)
	b.SignIn(box, drive.Healthy, "admin")
	return box, b, b.Environment(environment)
}

// graph are fault rules for Microsoft Graph alone.
func graph(method, path, more string) string {
	return fmt.Sprintf(`[{"service":"graph","method":%q,"path":%q,%s}]`, method, path, more)
}

func TestAGraphThatNeverAnswersIsLeftAloneAndTheRestStaysWell(t *testing.T) {
	box, b, environment := start(t, "no-answer")
	box.Fault(graph("", "/**", `"action":{"drop":"before"}`))
	review := environment + "/setup/review"
	paused := ""
	for range 10 {
		if p := b.Get(review).Want(http.StatusOK, "could not be read"); strings.Contains(p.Text(), "leaves it alone until") {
			paused = p.Text()
			break
		}
	}
	if !strings.Contains(paused, "Microsoft Graph gave no answer several times in a row") || !strings.Contains(paused, "Nothing was sent") {
		t.Fatalf("it is asked again and again: %s", paused)
	}
	before := box.Struck()
	for range 3 {
		b.Get(review).Want(http.StatusOK, "leaves it alone until")
	}
	if more := box.Struck() - before; more > 1 { // one may try
		t.Errorf("%d more requests were sent", more)
	}
	for path, says := range map[string]string{"/healthz": "", "/readyz": "", "/": "no-answer", environment: "no-answer"} {
		b.Get(path).Want(http.StatusOK, says)
	}
	box.Fault("[]")
	b.Eventually(review, "Create the app registration")
}

func TestHalfAnAnswerIsToldWithItsRequestAndChangesNothing(t *testing.T) {
	box, b, environment := start(t, "half")
	for name, action := range map[string]string{
		"cut off":       `{"truncate_at":97}`,
		"not JSON":      `{"bad_json":true}`,
		"a page":        `{"status":200,"headers":{"Content-Type":"text/html"},"body":"<html>sign in to the proxy</html>"}`,
		"a name twice":  `{"status":200,"body":{"value":[]},"headers":{"Content-Type":"text/plain"}}`,
		"a wrong shape": `{"status":200,"body":{"value":"none"}}`,
	} {
		box.Fault(graph("GET", "/v1.0/applications*", `"times":4,"action":`+action))
		since := len(box.Writes(0))
		p := b.Get(environment+"/setup/review").Want(http.StatusOK, "No usable answer came from Microsoft Graph", "request ID")
		if strings.Contains(p.Body, "sign in to the proxy") {
			t.Errorf("%s: the page shows what came instead", name)
		}
		box.Fault("[]")
		b.Get(environment+"/setup/review").Want(http.StatusOK, "Create the app registration")
		if n := len(box.Writes(0)) - since; n != 0 {
			t.Errorf("%s: %d changes were sent", name, n)
		}
	}
}

func TestThrottlingIsShownAndWaitedFor(t *testing.T) {
	box, b, environment := start(t, "throttled")
	box.Fault(graph("POST", "/v1.0/applications", `"nth":1,"action":{"status":429,"headers":{"Retry-After":"3"},"body":{"error":{"code":"TooManyRequests","message":"slow down"}}}`))
	op := b.Apply(environment)
	b.Eventually(op, "Microsoft Graph asks to wait; going on in 3 seconds")
	b.Proven(op)
	if apps := box.Directory(drive.Healthy).Apps("throttled"); len(apps) != 1 {
		t.Errorf("%d applications", len(apps))
	}
}

func TestThrottlingForHoursNeedsAttentionAndCanBeGoneOnWith(t *testing.T) {
	box, b, environment := start(t, "throttled-long")
	box.Fault(graph("POST", "/v1.0/applications", `"action":{"status":429,"headers":{"Retry-After":"100000"},"body":{"error":{"code":"TooManyRequests","message":"slow down"}}}`))
	op := b.Apply(environment)
	p := b.Eventually(op, "Go on where it stopped").Want(http.StatusOK, "Microsoft Graph answered 429 TooManyRequests")
	if n := box.Struck(); n != 1 {
		t.Errorf("%d requests were sent although none would be answered", n)
	}
	box.Fault("[]")
	b.Proven(b.Submit(p, "Go on where it stopped", nil).At.Path)
}

func TestTwoChangesAtOnceAreSortedOut(t *testing.T) {
	box, b, environment := start(t, "busy")
	box.Fault(graph("POST", "/v1.0/applications", `"nth":1,"action":{"status":503,"body":{"error":{"code":"Directory_ConcurrencyViolation","message":"busy"}}}`))
	op := b.Apply(environment)
	b.Eventually(op, "Microsoft Graph is at work on another change")
	b.Proven(op)
	if apps := box.Directory(drive.Healthy).Apps("busy"); len(apps) != 1 || len(apps[0].Ours("busy")) != 1 {
		t.Errorf("made %+v", apps)
	}
}
