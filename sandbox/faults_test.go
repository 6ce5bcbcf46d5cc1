package sandbox

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func isWhole(t *testing.T, r response) {
	if r.json(t)["id"] == nil {
		t.Errorf("body %s", r.body)
	}
}

// newItem is a request whose being handled can be seen afterwards.
func newItem(t *testing.T, s *Sandbox) (response, error) {
	t.Helper()
	return try(t, s, "POST", s.Ready().TLS.DevOps+"/contoso/Mobile/_apis/wit/workitems/$Task?api-version=7.1",
		`[{"op":"add","path":"/fields/System.Title","value":"from a test"}]`,
		"Authorization", "Bearer "+tokenFor(t, s, contosoDeveloper, everything), "Content-Type", "application/json-patch+json")
}

// items counts the work items in Contoso's project Mobile.
func items(s *Sandbox) int {
	s.world.mu.Lock()
	defer s.world.mu.Unlock()
	return len(s.world.organization("contoso").projects[1].workItems)
}

func putFaults(t *testing.T, s *Sandbox, rules string) {
	t.Helper()
	if got := send(t, s, "PUT", s.Ready().Faults, rules); got.StatusCode != http.StatusOK {
		t.Fatalf("PUT %s: %d %s", rules, got.StatusCode, got.body)
	}
}

func TestFaultActions(t *testing.T) {
	for name, c := range map[string]struct {
		action  string
		dropped bool // no complete answer
		status  int
		handled bool
		check   func(t *testing.T, r response)
	}{
		"status":             {`{"status":503}`, false, 503, false, nil},
		"status with header": {`{"status":429,"headers":{"Retry-After":"7"},"body":{"error":{"code":"TooManyRequests"}}}`, false, 429, false, isThrottled},
		"status with text":   {`{"status":502,"body":"<html>Bad gateway</html>"}`, false, 502, false, isText("<html>Bad gateway</html>")},
		"short delay":        {`{"delay":"1ms"}`, false, 200, true, nil},
		"delay then status":  {`{"delay":1,"status":504}`, false, 504, false, nil},
		"drop before":        {`{"drop":"before"}`, true, 0, false, nil},
		"commit then drop":   {`{"commit_then_drop":true}`, true, 0, true, nil},
		"commit then status": {`{"commit_then_status":503}`, false, 503, true, nil},
		"truncated":          {`{"truncate_at":20}`, true, 0, true, nil},
		"truncated to none":  {`{"truncate_at":0}`, true, 0, true, nil},
		"bad JSON":           {`{"bad_json":true}`, false, 200, true, isBadJSON},
		"slow body":          {`{"slow_bytes":1000000}`, false, 200, true, isWhole},
		"replica lag":        {`{"replica_lag":3}`, false, 200, true, isWhole}, // no directory object is written
	} {
		t.Run(name, func(t *testing.T) {
			s := start(t, Options{})
			before := items(s)
			putFaults(t, s, `[{"method":"POST","path":"/contoso/*/_apis/wit/workitems/*","action":`+c.action+`}]`)
			got, err := newItem(t, s)
			if (err != nil) != c.dropped {
				t.Fatalf("answer %v, error %v", got.Response, err)
			}
			if err == nil && got.StatusCode != c.status {
				t.Errorf("status %d, want %d", got.StatusCode, c.status)
			}
			if handled := items(s) > before; handled != c.handled {
				t.Errorf("handled: %v, want %v", handled, c.handled)
			}
			if c.check != nil {
				c.check(t, got)
			}
			entry := s.Requests()[0]
			if want := outcomeOf(c.dropped); entry.Outcome != want || entry.Status != c.status {
				t.Errorf("journal: %s %d, want %s %d", entry.Outcome, entry.Status, want, c.status)
			}
		})
	}
}

func outcomeOf(dropped bool) Outcome {
	if dropped {
		return Dropped
	}
	return Answered
}

func isThrottled(t *testing.T, r response) {
	if r.Header.Get("Retry-After") != "7" || !strings.HasPrefix(r.Header.Get("Content-Type"), "application/json") {
		t.Errorf("header %v", r.Header)
	}
	if r.json(t)["error"] == nil {
		t.Errorf("body %s", r.body)
	}
}

func isText(want string) func(*testing.T, response) {
	return func(t *testing.T, r response) {
		if string(r.body) != want {
			t.Errorf("body %q, want %q", r.body, want)
		}
	}
}

func isBadJSON(t *testing.T, r response) {
	if json.Valid(r.body) || len(r.body) == 0 {
		t.Errorf("body %q", r.body)
	}
}

func TestTruncatedAnswerEndsAfterTheBytesAsked(t *testing.T) {
	s := start(t, Options{})
	if err := s.SetFaults(Fault{Action: Action{TruncateAt: new(20)}}); err != nil {
		t.Fatal(err)
	}
	got, err := newItem(t, s)
	if len(got.body) != 20 || err == nil || errors.Is(err, io.EOF) {
		t.Errorf("%d bytes and %v, want 20 and an unexpected end", len(got.body), err)
	}
	if entry := s.Requests()[0]; entry.Committed != http.StatusOK {
		t.Errorf("journal: committed %d, want 200", entry.Committed)
	}
}

func TestDroppedConnectionIsClosedOnPlainHTTPToo(t *testing.T) {
	s := start(t, Options{})
	putFaults(t, s, `[{"action":{"drop":"before"}}]`)
	if got, err := try(t, s, "GET", s.Ready().DevOps+"/contoso", ""); !errors.Is(err, io.EOF) {
		t.Errorf("answer %v, error %v; want the connection closed", got.Response, err)
	}
}

// SDKs speak HTTP/2, where a drop ends the stream and net/http must not take
// the request for one that never arrived.
func TestDroppedHTTP2RequestIsNotSentAgain(t *testing.T) {
	s := start(t, Options{})
	client := trusting(t, s)
	transport := client.Transport.(*http.Transport)
	transport.ForceAttemptHTTP2, transport.DisableKeepAlives = true, false
	defer transport.CloseIdleConnections()
	resp, err := client.Get(s.Ready().TLS.DevOps + "/contoso")
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.ProtoMajor != 2 {
		t.Fatalf("spoke %s, want HTTP/2", resp.Proto)
	}
	putFaults(t, s, `[{"action":{"commit_then_drop":true}}]`)
	if resp, err := client.Get(s.Ready().TLS.DevOps + "/contoso"); err == nil {
		resp.Body.Close()
		t.Error("the dropped request was answered")
	}
	if list := s.Requests(); len(list) != 2 || list[1].Outcome != Dropped || list[1].Committed != http.StatusFound {
		t.Errorf("journal %+v", list)
	}
}

func TestFaultStrikesTheNthRequestSoManyTimes(t *testing.T) {
	for name, c := range map[string]struct{ rule, want string }{
		"always":          {`{"action":{"status":503}}`, "xxxxx"},
		"nth alone":       {`{"nth":2,"action":{"status":503}}`, ".x..."},
		"times alone":     {`{"times":2,"action":{"status":503}}`, "xx..."},
		"nth and times":   {`{"nth":3,"times":2,"action":{"status":503}}`, "..xx."},
		"other service":   {`{"service":"graph","action":{"status":503}}`, "....."},
		"other method":    {`{"method":"POST","action":{"status":503}}`, "....."},
		"method in small": {`{"method":"get","action":{"status":503}}`, "xxxxx"},
		"segment":         {`{"path":"/contoso/*","action":{"status":503}}`, "....."},
		"segments":        {`{"path":"/contoso/**","action":{"status":503}}`, "xxxxx"},
		"query apart":     {`{"path":"/contoso/_apis/projects","action":{"status":503}}`, "xxxxx"},
	} {
		t.Run(name, func(t *testing.T) {
			s := start(t, Options{})
			putFaults(t, s, "["+c.rule+"]")
			var got strings.Builder
			for range 5 {
				mark := "."
				if send(t, s, "GET", s.Ready().DevOps+"/contoso/_apis/projects?$top=1", "").StatusCode == 503 {
					mark = "x"
				}
				got.WriteString(mark)
			}
			if got.String() != c.want {
				t.Errorf("struck %s, want %s", got.String(), c.want)
			}
		})
	}
}

func TestFaultsAreListedWithTheirCounts(t *testing.T) {
	s := start(t, Options{})
	putFaults(t, s, `[{"nth":2,"action":{"status":503}},{"path":"/a","action":{"status":500}}]`)
	for _, path := range []string{"/a", "/a", "/b"} {
		send(t, s, "GET", s.Ready().DevOps+path, "")
	}
	var rules []map[string]any
	if err := json.Unmarshal(send(t, s, "GET", s.Ready().Faults, "").body, &rules); err != nil {
		t.Fatal(err)
	}
	// The second request was the first rule's; the second rule counts it all
	// the same.
	if rules[0]["hits"] != 3.0 || rules[0]["applied"] != 1.0 || rules[1]["hits"] != 2.0 || rules[1]["applied"] != 1.0 {
		t.Errorf("%v", rules)
	}
	putFaults(t, s, `[]`)
	if got := send(t, s, "GET", s.Ready().Faults, ""); strings.TrimSpace(string(got.body)) != "[]" {
		t.Errorf("after clearing: %s", got.body)
	}
}

func TestHeldRequestsGoOnWhenTheRulesAreReplaced(t *testing.T) {
	for hold, handledEarly := range map[string]bool{"before": false, "after": true} {
		t.Run(hold, func(t *testing.T) {
			s := start(t, Options{})
			before := items(s)
			if err := s.SetFaults(Fault{Action: Action{Hold: hold}}); err != nil {
				t.Fatal(err)
			}
			answered := make(chan response, 1)
			go func() {
				got, err := newItem(t, s)
				if err != nil {
					t.Error(err)
				}
				answered <- got
			}()
			eventually(t, func() bool {
				list := s.Requests()
				return len(list) == 1 && (hold == "before" || list[0].Committed != 0)
			})
			if s.Requests()[0].Outcome != Open || items(s) > before != handledEarly {
				t.Errorf("while held: %+v, handled %v", s.Requests()[0], items(s) > before)
			}
			if err := s.SetFaults(); err != nil {
				t.Fatal(err)
			}
			if got := <-answered; got.Response == nil || got.StatusCode != http.StatusOK {
				t.Errorf("after release: %v", got.Response)
			}
			if items(s) != before+1 {
				t.Error("the request was not handled once")
			}
		})
	}
}

// eventually waits for a state that another goroutine brings about.
func eventually(t *testing.T, state func() bool) {
	t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for !state() {
		select {
		case <-tick.C:
		case <-t.Context().Done():
			t.Fatal("did not come about")
		}
	}
}

func TestHeldRequestsEndWithTheSandbox(t *testing.T) {
	s, err := Start(t.Context(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.SetFaults(Fault{Action: Action{Hold: "before"}}); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	url, client := s.Ready().DevOps+"/contoso", trusting(t, s)
	go func() {
		resp, err := client.Get(url)
		if err == nil {
			resp.Body.Close()
		}
		ended <- err
	}()
	eventually(t, func() bool { return len(s.Requests()) == 1 })
	if err := s.Close(t.Context()); err != nil {
		t.Errorf("close: %v", err)
	}
	if <-ended == nil {
		t.Error("the held request was answered")
	}
}

func TestFaultRulesThatSayNothingAreRefused(t *testing.T) {
	s := start(t, Options{})
	putFaults(t, s, `[{"path":"/kept","action":{"status":500}}]`)
	for rule, word := range map[string]string{
		`{}`:                                                              "JSON",
		`[{"action":{}}]`:                                                 "does nothing",
		`[{"action":{"statsu":503}}]`:                                     "statsu",
		`[{"services":"graph","action":{}}]`:                              "services",
		`[{"action":{"status":42}}]`:                                      "42",
		`[{"action":{"status":503}}] []`:                                  "more after",
		`[{"action":{"drop":"after"}}]`:                                   `"drop"`,
		`[{"action":{"hold":"now"}}]`:                                     `"hold"`,
		`[{"action":{"delay":"soon"}}]`:                                   "duration",
		`[{"action":{"delay":true}}]`:                                     "duration",
		`[{"action":{"delay":-5}}]`:                                       `"delay"`,
		`[{"action":{"replica_lag":-1}}]`:                                 `"replica_lag"`,
		`[{"action":{"replica_lag":1,"status":503}}]`:                     `"replica_lag"`,
		`[{"service":"login","action":{"replica_lag":1}}]`:                `"service"`,
		`[{"action":{"slow_bytes":-1}}]`:                                  `"slow_bytes"`,
		`[{"action":{"slow_bytes":1,"bad_json":true}}]`:                   "2 outcomes",
		`[{"action":{"truncate_at":-1}}]`:                                 `"truncate_at"`,
		`[{"nth":-1,"action":{"status":503}}]`:                            `"nth"`,
		`[{"service":"mail","action":{"status":503}}]`:                    `"service"`,
		`[{"path":"v1.0","action":{"status":503}}]`:                       `"path"`,
		`[{"action":{"status":503,"bad_json":true}}]`:                     "2 outcomes",
		`[{"action":{"drop":"before","body":"x"}}]`:                       `"body"`,
		`[{"action":{"status":503,"hold":"after"}}]`:                      `"hold"`,
		`[{"action":{"status":503}},{"action":{"commit_then_status":1}}]`: "rule 2",
	} {
		got := send(t, s, "PUT", s.Ready().Faults, rule)
		if got.StatusCode != http.StatusBadRequest || !strings.Contains(string(got.body), word) {
			t.Errorf("%s: %d %s; want 400 with a word about %s", rule, got.StatusCode, got.body, word)
		}
	}
	if got := send(t, s, "GET", s.Ready().Faults, ""); !strings.Contains(string(got.body), "/kept") {
		t.Errorf("a refused list must change nothing: %s", got.body)
	}
}

func TestLatencyIsAddedToServicesAlone(t *testing.T) {
	const latency = 30 * time.Millisecond
	s := start(t, Options{Latency: latency})
	send(t, s, "GET", s.Ready().Journal, "")
	send(t, s, "GET", s.Ready().DevOps+"/contoso", "")
	list := s.Requests()
	if len(list) != 1 || list[0].Milliseconds < float64(latency/time.Millisecond) {
		t.Errorf("%+v", list)
	}
}

func TestSlowBodyTakesItsTimeAndComesWhole(t *testing.T) {
	rec := &recording{header: http.Header{}, status: http.StatusOK}
	rec.body.WriteString(strings.Repeat("x", 250))
	for perSecond, want := range map[int]time.Duration{100: 2500 * time.Millisecond, 1: 250 * time.Second, 7: 250 * time.Second / 7, 100_000: 2500 * time.Microsecond} {
		answer, waited := httptest.NewRecorder(), time.Duration(0)
		sendSlowly(answer, rec, perSecond, func(d time.Duration) bool { waited += d; return true })
		if off := waited - want; off < -time.Microsecond || off > time.Microsecond {
			t.Errorf("%d bytes a second: waited %v, want %v", perSecond, waited, want)
		}
		if answer.Body.Len() != 250 || answer.Header().Get("Content-Length") != "250" {
			t.Errorf("%d bytes a second: %d bytes, header %v", perSecond, answer.Body.Len(), answer.Header())
		}
	}
}

func TestSlowBodyOfACallerWhoLeftEnds(t *testing.T) {
	s := start(t, Options{})
	putFaults(t, s, `[{"action":{"slow_bytes":1}}]`)
	ctx, leave := context.WithCancel(t.Context())
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, s.Ready().DevOps+"/contoso/_apis/projects", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := trusting(t, s).Do(r) // the header comes at once
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	leave()
	eventually(t, func() bool { return s.Requests()[0].Outcome == Dropped })
}
