package explain

import (
	"encoding/json"
	"html"
	"net/url"
	"regexp"
	"strings"
	"testing"
)

// disguises are what programs do to an error text on its way to a person.
var disguises = map[string]func(string) string{
	"percent-encoded":       url.QueryEscape,
	"percent-encoded twice": func(s string) string { return url.QueryEscape(url.QueryEscape(s)) },
	"as a JSON string":      quoted,
	"as JSON in JSON":       func(s string) string { return `{"detail":` + quoted(quoted(s)) + `}` },
	"as HTML":               func(s string) string { return "<p>" + html.EscapeString(s) + "</p>" },
	"wrapped by a console":  wrapped,
	"quoted in a mail":      func(s string) string { return "> " + strings.ReplaceAll(wrapped(s), "\n", "\n> ") },
	"inside a log line":     func(s string) string { return "2025-01-01T10:00:00Z ERROR [worker] " + s + " (attempt 3)" },
	"with a byte order":     func(s string) string { return "\ufeff" + strings.ReplaceAll(s, " ", "\u00a0") },
}

func quoted(s string) string {
	b, err := json.Marshal(s)
	if err != nil {
		panic(err)
	}
	return string(b)
}

var columns = regexp.MustCompile(`.{1,57} `)

func wrapped(s string) string { return columns.ReplaceAllString(s, "$0\n") }

// notDisguised are causes whose sign is the writing itself.
var notDisguised = map[string]bool{
	"scope_double_encoded": true, "scope_malformed_whitespace": true, "pat_malformed_basic_header": true, "token_request_not_form_encoded": true,
}

func TestDisguisesDoNotHideTheCause(t *testing.T) {
	for id, e := range known().causes {
		for _, example := range e.Examples {
			for name, disguise := range disguises {
				if notDisguised[id] {
					continue
				}
				if r := Explain(disguise(example)); r.Causes[0].ID != id {
					t.Errorf("%s, %s: %s\n\t%q", id, name, answers(r), disguise(example))
				}
			}
		}
	}
}

// Without its number the text of the service must still be understood.
func TestTextsTellWithoutTheirNumber(t *testing.T) {
	number := regexp.MustCompile(`(?i)AADSTS\d+|"?error_codes"?:\[\d+\],?|error\?code=\d+|error%3fcode%3d\d+|\b\d{5,7} - \[`)
	var found, n int
	for _, l := range readCorpus(t, "../../shared/cases/examples.jsonl") {
		bare := number.ReplaceAllString(l.Paste, "")
		if l.Diagnosable != "yes" || bare == l.Paste || len(bare) < 40 {
			continue
		}
		n++
		if r := Explain(bare); l.rank(r) == 1 {
			found++
		} else {
			t.Logf("%s: %s, not %s", l.ID, answers(r), l.RootCause)
		}
	}
	if found*100 < n*90 {
		t.Errorf("%d of %d texts are understood without their number", found, n)
	}
}
