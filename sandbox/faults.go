package sandbox

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"
)

// A Fault is a rule: which requests it strikes and what becomes of them. The
// package documentation explains the fields.
type Fault struct {
	Service string `json:"service,omitempty"`
	Method  string `json:"method,omitempty"`
	Path    string `json:"path,omitempty"`
	Nth     int    `json:"nth,omitempty"`
	Times   int    `json:"times,omitempty"`
	Action  Action `json:"action"`
}

// An Action is what a fault does to a request: at most one outcome, with or
// without a waiting before it.
type Action struct {
	Delay            Duration          `json:"delay,omitzero"`
	ReplicaLag       int               `json:"replica_lag,omitempty"` // reads of what was written that miss it
	Hold             string            `json:"hold,omitempty"`        // before or after
	Status           int               `json:"status,omitempty"`
	Headers          map[string]string `json:"headers,omitempty"`
	Body             json.RawMessage   `json:"body,omitempty"`
	Drop             string            `json:"drop,omitempty"` // before
	CommitThenDrop   bool              `json:"commit_then_drop,omitempty"`
	CommitThenStatus int               `json:"commit_then_status,omitempty"`
	TruncateAt       *int              `json:"truncate_at,omitempty"` // bytes of the body
	BadJSON          bool              `json:"bad_json,omitempty"`
	SlowBytes        int               `json:"slow_bytes,omitempty"` // of the body, per second
}

// A Duration is written as "1.5s" in JSON, and read as that or as a number
// of milliseconds.
type Duration time.Duration

// MarshalJSON writes the duration in Go's notation.
func (d Duration) MarshalJSON() ([]byte, error) { return json.Marshal(time.Duration(d).String()) }

// UnmarshalJSON reads "1.5s" or 1500.
func (d *Duration) UnmarshalJSON(data []byte) error {
	var ms float64
	if json.Unmarshal(data, &ms) == nil {
		*d = Duration(ms * float64(time.Millisecond))
		return nil
	}
	var text string
	if err := json.Unmarshal(data, &text); err != nil {
		return fmt.Errorf(`a duration is a string such as "1.5s" or a number of milliseconds`)
	}
	v, err := time.ParseDuration(text)
	*d = Duration(v)
	return err
}

// faults are the rules in force.
type faults struct {
	mu      sync.Mutex
	rules   []*rule
	release chan struct{} // closed when the rules are replaced: holds end
}

// A rule is a fault with its counts.
type rule struct {
	Fault
	Hits    int `json:"hits"`    // requests that matched
	Applied int `json:"applied"` // requests that were struck

	path *regexp.Regexp
}

func newFaults() *faults { return &faults{release: make(chan struct{})} }

// replace puts new rules in force and ends all holds, or changes nothing.
func (f *faults) replace(given []Fault) error {
	rules := make([]*rule, len(given))
	for i, g := range given {
		if err := g.check(); err != nil {
			return fmt.Errorf("rule %d: %w", i+1, err)
		}
		rules[i] = &rule{Fault: g, path: pathPattern(g.Path)}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	close(f.release)
	f.rules, f.release = rules, make(chan struct{})
	return nil
}

// strike counts a request against all rules and returns what the first rule
// that strikes does to it, or nil.
func (f *faults) strike(service string, r *http.Request) *strike {
	f.mu.Lock()
	defer f.mu.Unlock()
	var hit *strike
	for _, rule := range f.rules {
		if !rule.matches(service, r) {
			continue
		}
		rule.Hits++
		if hit == nil && rule.due() {
			rule.Applied++
			hit = &strike{action: rule.Action, release: f.release}
		}
	}
	return hit
}

func (r *rule) matches(service string, req *http.Request) bool {
	return (r.Service == "" || r.Service == service) &&
		(r.Method == "" || strings.EqualFold(r.Method, req.Method)) &&
		r.path.MatchString(req.URL.Path)
}

// due decides about the request that was counted last.
func (r *rule) due() bool {
	if r.Nth == 0 && r.Times == 0 {
		return true
	}
	first, times := max(r.Nth, 1), max(r.Times, 1)
	return r.Hits >= first && r.Hits < first+times
}

// pathPattern is the expression of a path with * and **; an empty one fits
// every path.
func pathPattern(path string) *regexp.Regexp {
	if path == "" {
		path = "**"
	}
	expr := regexp.QuoteMeta(path)
	expr = strings.ReplaceAll(expr, `\*\*`, `.*`)
	expr = strings.ReplaceAll(expr, `\*`, `[^/]*`)
	return regexp.MustCompile(`(?s)^` + expr + `$`)
}

func (f Fault) check() error {
	services := []string{"", serviceLogin, serviceGraph, serviceDevOps, serviceVSSPS}
	switch {
	case !slices.Contains(services, f.Service):
		return fmt.Errorf(`"service" is %q: give login, graph, devops or vssps, or leave it out`, f.Service)
	case f.Path != "" && f.Path[0] != '/' && f.Path[0] != '*':
		return fmt.Errorf(`"path" is %q: begin it with / or *`, f.Path)
	case f.Nth < 0 || f.Times < 0:
		return fmt.Errorf(`"nth" and "times" count from 1`)
	case f.Action.ReplicaLag > 0 && f.Service != "" && f.Service != serviceGraph:
		return fmt.Errorf(`"replica_lag" is about what Microsoft Graph writes: "service" is %q, give graph or leave it out`, f.Service)
	}
	return f.Action.check()
}

func (a Action) check() error {
	switch outcomes := a.outcomes(); {
	case outcomes > 1:
		return fmt.Errorf(`"action" has %d outcomes: give one of status, drop, commit_then_drop, commit_then_status, truncate_at, bad_json, slow_bytes`, outcomes)
	case outcomes == 0 && a.Delay == 0 && a.Hold == "" && a.ReplicaLag == 0 && len(a.Headers) == 0:
		return fmt.Errorf(`"action" does nothing: give an outcome such as status, or delay, hold, replica_lag or headers`)
	case a.Delay < 0:
		return fmt.Errorf(`"delay" must not be negative`)
	case a.ReplicaLag < 0:
		return fmt.Errorf(`"replica_lag" is %d: give the number of reads that miss the write`, a.ReplicaLag)
	case a.SlowBytes < 0:
		return fmt.Errorf(`"slow_bytes" is %d: give the bytes per second`, a.SlowBytes)
	case a.Hold != "" && a.Hold != "before" && a.Hold != "after":
		return fmt.Errorf(`"hold" is %q: give before or after`, a.Hold)
	case a.Drop != "" && a.Drop != "before":
		return fmt.Errorf(`"drop" is %q: give before (or commit_then_drop to drop after handling)`, a.Drop)
	case a.TruncateAt != nil && *a.TruncateAt < 0:
		return fmt.Errorf(`"truncate_at" must not be negative`)
	case (a.Hold == "after" || a.ReplicaLag > 0) && (a.Status != 0 || a.Drop != ""):
		return fmt.Errorf(`"hold" after handling and "replica_lag" do not go with an outcome that never handles the request`)
	}
	for _, status := range []int{a.Status, a.CommitThenStatus} {
		if status != 0 && (status < 200 || status > 599) {
			return fmt.Errorf("status %d is none: give 200 to 599", status)
		}
	}
	switch {
	case a.Status == 0 && a.CommitThenStatus == 0 && len(a.Body) > 0:
		return fmt.Errorf(`"body" goes with status or commit_then_status only`)
	case len(a.Headers) > 0 && (a.Drop != "" || a.CommitThenDrop):
		return fmt.Errorf(`"headers" do not go with an outcome that sends no answer`)
	}
	return nil
}

func (a Action) outcomes() int {
	n := 0
	for _, set := range []bool{a.Status != 0, a.Drop != "", a.CommitThenDrop, a.CommitThenStatus != 0, a.TruncateAt != nil, a.BadJSON, a.SlowBytes != 0} {
		if set {
			n++
		}
	}
	return n
}

func (f *faults) serveList(w http.ResponseWriter, _ *http.Request) {
	f.mu.Lock()
	rules := make([]rule, len(f.rules))
	for i, r := range f.rules {
		rules[i] = *r
	}
	f.mu.Unlock()
	writeJSON(w, http.StatusOK, rules)
}

func (f *faults) serveReplace(w http.ResponseWriter, r *http.Request) {
	given, err := decodeFaults(http.MaxBytesReader(w, r.Body, maxBody))
	if err == nil {
		err = f.replace(given)
	}
	if err != nil {
		http.Error(w, "The fault rules were not taken: "+err.Error()+".", http.StatusBadRequest)
		return
	}
	f.serveList(w, r)
}

// decodeFaults takes no unknown field: a rule that is misspelled must not
// pass for one that never strikes.
func decodeFaults(in io.Reader) ([]Fault, error) {
	data, err := io.ReadAll(in)
	if err != nil {
		return nil, err
	}
	var given []Fault
	return given, decodeStrict(bytes.TrimSpace(data), &given)
}
