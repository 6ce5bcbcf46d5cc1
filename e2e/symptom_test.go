package e2e

import (
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var updateSymptoms = flag.Bool("update", false, "write the texts in testdata/symptoms anew")

// file keeps the text of the page where it ends.
func (e ending) file() string {
	name := e.scenario
	if e.person != "user" {
		name += " " + e.person
	}
	return filepath.Join("testdata", "symptoms", strings.ReplaceAll(strings.ToLower(name), " ", "-")+".txt")
}

// changing is what is another each time, in forms that stay what they look
// like: the kept texts are read as real ones are.
var changing = []struct {
	what *regexp.Regexp
	with string
}{
	{regexp.MustCompile(`http://127\.0\.0\.1:\d+`), "http://127.0.0.1:18080"},
	{regexp.MustCompile(`(?i)((?:trace|request)[ _]id"?:\s*"?)[0-9a-f-]{36}`), "${1}7a9cf3b0-52d4-4f0e-9c1b-0e6d8a4b2c00"},
	{regexp.MustCompile(`(?i)(correlation[ _]id"?:\s*"?)[0-9a-f-]{36}`), "${1}c3d1e8f4-0b7a-4a52-8e69-5f2b7d9a1c44"},
	{regexp.MustCompile(`\d{4}-\d\d-\d\d([ T])\d\d:\d\d:\d\dZ`), "2026-11-21${1}09:30:00Z"},
}

// wantKept compares a page's text with the one that is kept in the file.
func wantKept(t *testing.T, file, text string) {
	t.Helper()
	for _, c := range changing {
		text = c.what.ReplaceAllString(text, c.with)
	}
	text = strings.TrimSpace(text) + "\n"
	if *updateSymptoms {
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	kept, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("%v; run the test with -update to keep what the page says", err)
	}
	if text != string(kept) {
		t.Errorf("the page says\n%s\n%s keeps\n%s\nIf the page is right, run the test with -update.", text, file, kept)
	}
}

var blanks = regexp.MustCompile(`\s+`)

// wantAll fails unless the text has each of the parts, wherever its lines
// break.
func wantAll(t *testing.T, text string, parts ...string) {
	t.Helper()
	text = blanks.ReplaceAllString(text, " ")
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("the page does not say %q:\n%s", part, text)
		}
	}
}
