package web

import (
	"crypto/tls"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// reporting is a console whose log can be read.
func reporting(t *testing.T) (http.Handler, *strings.Builder) {
	logs := &strings.Builder{}
	_, e := consoleWith(t, func(c *Config) { c.Log = slog.New(slog.NewJSONHandler(logs, nil)) })
	return e, logs
}

func report(h http.Handler, kind, body string) *http.Response {
	r := httptest.NewRequest("POST", "http://localhost:8080/csp-report", strings.NewReader(body))
	r.Header.Set("Content-Type", kind)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

func TestThePolicyNamesWhereToReport(t *testing.T) {
	h, _ := reporting(t)
	for _, byTLS := range []bool{false, true} {
		r := httptest.NewRequest("GET", "http://localhost:8080/nowhere", nil)
		want, endpoints := "; report-uri /csp-report", ""
		if byTLS {
			r.TLS = &tls.ConnectionState{}
			want, endpoints = want+"; report-to csp", `csp="/csp-report"`
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if csp := w.Header().Get("Content-Security-Policy"); !strings.HasSuffix(csp, want) || w.Header().Get("Reporting-Endpoints") != endpoints {
			t.Errorf("TLS %t: %s; %q", byTLS, csp, w.Header().Get("Reporting-Endpoints"))
		}
	}
}

func TestAReportBecomesOneEventWithoutWhatIsPrivate(t *testing.T) {
	for kind, body := range map[string]string{
		"application/csp-report":   `{"csp-report":{"document-uri":"http://localhost:8080/environments/CANARY?x=CANARY","violated-directive":"script-src-elem","effective-directive":"script-src-elem","blocked-uri":"https://evil.example/x?CANARY","source-file":"http://localhost:8080/static/app.js","line-number":7,"original-policy":"CANARY","script-sample":"CANARY"}}`,
		"application/reports+json": `[{"type":"csp-violation","age":1,"url":"CANARY","user_agent":"CANARY","body":{"documentURL":"http://localhost:8080/environments/CANARY","effectiveDirective":"script-src-elem","blockedURL":"https://evil.example/x?CANARY","sourceFile":"http://localhost:8080/static/app.js","lineNumber":7,"sample":"CANARY"}},{"type":"deprecation","body":{}}]`,
	} {
		h, logs := reporting(t)
		if r := report(h, kind, body); r.StatusCode != http.StatusNoContent {
			t.Fatalf("%s: %d", kind, r.StatusCode)
		}
		lines := strings.Split(strings.TrimSpace(logs.String()), "\n")
		if len(lines) != 2 || strings.Contains(logs.String(), "CANARY") {
			t.Fatalf("%s: logged %s", kind, logs)
		}
		var event struct{ Msg, Directive, Blocked, Page, Source string }
		if err := json.Unmarshal([]byte(lines[0]), &event); err != nil {
			t.Fatal(err)
		}
		if event.Msg != "content security policy" || event.Directive != "script-src-elem" || event.Blocked != "https://evil.example" || event.Page != "/environments" || event.Source != "/static" {
			t.Errorf("%s: %+v", kind, event)
		}
	}
}

func TestWhatIsNoReportIsRefused(t *testing.T) {
	h, logs := reporting(t)
	many := "[" + strings.Repeat(`{"type":"csp-violation","body":{}},`, 30) + `{"type":"csp-violation","body":{}}]`
	for _, c := range []struct {
		name, kind, body string
		want             int
	}{
		{"a form", "application/x-www-form-urlencoded", "csp-report=x", 415},
		{"plain text", "text/plain", `{"csp-report":{}}`, 415},
		{"no kind", "", `{"csp-report":{}}`, 415},
		{"no JSON", "application/csp-report", "<xml>", 400},
		{"something else", "application/csp-report", `{"x":1}`, 400},
		{"too large", "application/csp-report", `{"csp-report":{"blocked-uri":"` + strings.Repeat("x", maxReport) + `"}}`, 413},
		{"a long value", "application/csp-report", `{"csp-report":{"blocked-uri":"` + strings.Repeat("x", 9000) + `"}}`, 204},
		{"many at once", "application/reports+json", many, 204},
	} {
		if got := report(h, c.kind, c.body).StatusCode; got != c.want {
			t.Errorf("%s: %d, want %d", c.name, got, c.want)
		}
	}
	if got := strings.Count(logs.String(), `"content security policy"`); got != 1+mostReports {
		t.Errorf("%d events", got)
	}
	if len(logs.String()) > 12_000 {
		t.Errorf("%d bytes of log", len(logs.String()))
	}
}

func TestReportsAreLimited(t *testing.T) {
	h, _ := reporting(t)
	for range reportLimit.Burst * addressShare {
		if got := report(h, "application/csp-report", `{"csp-report":{}}`).StatusCode; got != 204 {
			t.Fatal(got)
		}
	}
	if r := report(h, "application/csp-report", `{"csp-report":{}}`); r.StatusCode != 429 || r.Header.Get("Retry-After") == "" {
		t.Errorf("%d", r.StatusCode)
	}
}
