package checks

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"flag"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/consentry/consentry/entra"
)

var update = flag.Bool("update", false, "write the golden files anew")

// troubled is a situation with everything a report can hold: something that
// blocks with what follows from it, a risk to come, advice, and facts that
// could not be had or were not given.
func troubled() Facts {
	return changed(typedTenant("Contoso Ltd"), app(func(a *entra.Application) {
		a.RedirectURIs = []entra.RedirectURI{{URI: "https://passport.useparagon.com/oauth/", Platform: entra.Web}}
		a.Secrets[0].End = fixedNow.AddDate(0, 0, 12)
		a.ImplicitGrant.IDTokens = true
	}), func(f *Facts) {
		f.Forget(NeedPolicies, "Whoever is signed in may not read the tenant's policies: Microsoft Graph answered 403.", "Sign in with the permission Policy.Read.All, which an administrator consents to.")
		f.Token = Fact[TokenFacts]{state: unknown, gap: unasked(NeedToken)}
	})
}

func written(t *testing.T, write func(*bytes.Buffer) error) string {
	t.Helper()
	var out bytes.Buffer
	if err := write(&out); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func textOf(t *testing.T, r Report) string {
	return written(t, func(b *bytes.Buffer) error { return r.WriteText(b) })
}

func TestReportsReadAsTheGoldenFilesSay(t *testing.T) {
	whole, masked := NewReport(troubled(), "v1.2.3", true), NewReport(troubled(), "v1.2.3", false)
	for name, got := range map[string]string{
		"testdata/report.txt":        textOf(t, whole),
		"testdata/report-masked.txt": textOf(t, masked),
		"testdata/report-well.txt":   textOf(t, NewReport(healthy(), "v1.2.3", true)),
		"testdata/report.xml":        written(t, func(b *bytes.Buffer) error { return whole.WriteJUnit(b) }),
		"testdata/report.sarif":      written(t, func(b *bytes.Buffer) error { return whole.Only(anonymousChecks).WriteSARIF(b) }),
	} {
		if *update {
			if err := os.WriteFile(name, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if got != string(want) {
			t.Errorf("%s is no longer what is written; look at the difference after go test ./checks -run Golden -update:\n%s", name, got)
		}
	}
}

// oneReportEach are reports of the first failing situation of every check, and of
// two situations besides.
func oneReportEach() map[string]Report {
	out := map[string]Report{"healthy": NewReport(healthy(), "v1", true), "troubled": NewReport(troubled(), "v1", true)}
	for _, x := range failing {
		if _, have := out[x.Check]; !have {
			out[x.Check] = NewReport(x.facts(), "v1", true)
		}
	}
	return out
}

func TestTextNamesEveryFindingAndEveryUnknown(t *testing.T) {
	for name, r := range oneReportEach() {
		text := strings.Join(strings.Fields(textOf(t, r)), " ")
		for _, x := range r.Results {
			if x.Outcome == Failed && !strings.Contains(text, strings.Join(strings.Fields(Visible(x.Findings[0].Summary)), " ")) {
				t.Errorf("%s: the finding of %s is not in the text", name, x.ID)
			}
			if x.Outcome != Passed && x.Outcome != NotApplicable && !strings.Contains(text, x.ID) {
				t.Errorf("%s: %s, which is %s, is not named", name, x.ID, x.Outcome)
			}
		}
	}
}

func TestTextCannotCommandATerminal(t *testing.T) {
	r := NewReport(changed(typedOrg("contoso\x1b]0;owned\x07\u202eshop")), "v1", true)
	if text := textOf(t, r); strings.ContainsAny(text, "\x1b\x07\u202e") {
		t.Errorf("control characters came through: %q", text)
	}
	for _, x := range r.Results {
		if row := x.Row(); strings.ContainsAny(row, "\x1b\x07\u202e\n") {
			t.Errorf("a row holds control characters: %q", row)
		}
	}
}

func TestOnlySumsUpWhatIsLeft(t *testing.T) {
	r := NewReport(troubled(), "v1", true).Only([]*Check{byID["redirect-uri-registered"], byID["services-reachable"]})
	if len(r.Results) != 2 || len(r.Summary.Roots) != 1 || r.Summary.Counts[Passed] != 1 || r.Summary.Verdict != Wrong {
		t.Errorf("%+v", r.Summary)
	}
}

// junitRead is a JUnit report as a reader sees it.
type junitRead struct {
	XMLName  xml.Name `xml:"testsuites"`
	Tests    int      `xml:"tests,attr"`
	Failures int      `xml:"failures,attr"`
	Errors   int      `xml:"errors,attr"`
	Skipped  int      `xml:"skipped,attr"`
	Suites   []struct {
		Name      string `xml:"name,attr"`
		Tests     int    `xml:"tests,attr"`
		Failures  int    `xml:"failures,attr"`
		Timestamp string `xml:"timestamp,attr"`
		Cases     []struct {
			Class    string     `xml:"classname,attr"`
			Name     string     `xml:"name,attr"`
			Failures []junitWhy `xml:"failure"`
			Errors   []junitWhy `xml:"error"`
			Skipped  []junitWhy `xml:"skipped"`
			Out      string     `xml:"system-out"`
		} `xml:"testcase"`
	} `xml:"testsuite"`
}

type junitWhy struct {
	Message string `xml:"message,attr"`
	Text    string `xml:",chardata"`
}

func TestJUnitCountsAndAgreesWithTheVerdict(t *testing.T) {
	for name, r := range oneReportEach() {
		var doc junitRead
		if err := xml.Unmarshal([]byte(written(t, func(b *bytes.Buffer) error { return r.WriteJUnit(b) })), &doc); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		cases, failures, errs, skipped := map[string]bool{}, 0, 0, 0
		for _, s := range doc.Suites {
			if _, err := time.Parse("2006-01-02T15:04:05", s.Timestamp); err != nil || s.Tests != len(s.Cases) {
				t.Errorf("%s: suite %s at %q has %d cases and says %d", name, s.Name, s.Timestamp, len(s.Cases), s.Tests)
			}
			for _, c := range s.Cases {
				cases[c.Name] = true
				failures, errs, skipped = failures+len(c.Failures), errs+len(c.Errors), skipped+len(c.Skipped)
				if len(c.Failures)+len(c.Errors)+len(c.Skipped) > 1 {
					t.Errorf("%s: %s ends in more than one way", name, c.Name)
				}
				if c.Class != "consentry."+s.Name {
					t.Errorf("%s: %s is of class %s in suite %s", name, c.Name, c.Class, s.Name)
				}
				for _, f := range c.Failures {
					if f.Message == "" || !strings.Contains(f.Text, "To do (") {
						t.Errorf("%s: the failure of %s does not say what and what to do: %+v", name, c.Name, f)
					}
				}
			}
		}
		if len(cases) != len(r.Results) || doc.Tests != len(r.Results) || doc.Failures != failures || doc.Errors != errs || doc.Skipped != skipped {
			t.Errorf("%s: %d cases for %d checks; says %d tests, %d failures (%d), %d errors (%d), %d skipped (%d)", name, len(cases), len(r.Results), doc.Tests, doc.Failures, failures, doc.Errors, errs, doc.Skipped, skipped)
		}
		if (failures > 0) != (r.Summary.Verdict == Wrong) || failures == 0 && (errs > 0) != (r.Summary.Verdict == Undecided) {
			t.Errorf("%s: %d failures and %d errors with the verdict %s", name, failures, errs, r.Summary.Verdict)
		}
	}
}

func TestSARIFKeepsTheRulesOfItsSchema(t *testing.T) {
	for name, r := range oneReportEach() {
		var doc sarifLog
		d := json.NewDecoder(strings.NewReader(written(t, func(b *bytes.Buffer) error { return r.WriteSARIF(b) })))
		d.DisallowUnknownFields()
		if err := d.Decode(&doc); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if doc.Version != "2.1.0" || !strings.HasSuffix(doc.Schema, "sarif-schema-2.1.0.json") || len(doc.Runs) != 1 {
			t.Fatalf("%s: version %q, schema %q, %d runs", name, doc.Version, doc.Schema, len(doc.Runs))
		}
		run := doc.Runs[0]
		checkSARIFRules(t, name, run.Tool.Driver)
		checkSARIFResults(t, name, r, run)
		if got := run.Invocations[0]; !got.Successful || got.ExitCode != r.Summary.Verdict.ExitCode() {
			t.Errorf("%s: invocation %+v", name, got)
		}
	}
}

func checkSARIFRules(t *testing.T, name string, d sarifDriver) {
	t.Helper()
	seen := map[string]bool{}
	for _, rule := range d.Rules {
		if seen[rule.ID] {
			t.Errorf("%s: two rules %s", name, rule.ID)
		}
		seen[rule.ID] = true
		if !strings.HasSuffix(rule.ShortDescription.Text, ".") || rule.FullDescription.Text == "" || rule.Help.Text == "" || !strings.HasPrefix(rule.HelpURI, "https://") {
			t.Errorf("%s: rule %s is not described: %+v", name, rule.ID, rule)
		}
		if !slices.Contains([]string{"error", "warning", "note"}, rule.Default.Level) {
			t.Errorf("%s: rule %s has the level %q", name, rule.ID, rule.Default.Level)
		}
	}
}

var uriReference = regexp.MustCompile(`^[A-Za-z0-9/._~-]+$`)

// checkSARIFResults holds what the schema and section 3.27 of the standard ask
// for.
func checkSARIFResults(t *testing.T, name string, r Report, run sarifRun) {
	t.Helper()
	results := map[string]int{}
	prints := map[string]bool{}
	for _, got := range run.Results {
		results[got.RuleID]++
		if got.RuleIndex >= len(run.Tool.Driver.Rules) || run.Tool.Driver.Rules[got.RuleIndex].ID != got.RuleID {
			t.Errorf("%s: %s is rule %d", name, got.RuleID, got.RuleIndex)
		}
		if (got.Kind == "fail") != (got.Level != "none") {
			t.Errorf("%s: %s has kind %s and level %s", name, got.RuleID, got.Kind, got.Level)
		}
		if !slices.Contains([]string{"pass", "open", "notApplicable", "fail"}, got.Kind) || got.Message.Text == "" {
			t.Errorf("%s: %s has kind %q and says %q", name, got.RuleID, got.Kind, got.Message.Text)
		}
		if len(got.Locations) != 1 || !uriReference.MatchString(got.Locations[0].Physical.Artifact.URI) {
			t.Errorf("%s: %s is at %+v", name, got.RuleID, got.Locations)
		}
		for print := range maps.Values(got.Fingerprints) {
			if prints[print] {
				t.Errorf("%s: two results with the fingerprint %s", name, print)
			}
			prints[print] = true
		}
	}
	for _, x := range r.Results {
		if want := max(1, len(x.Findings)); results[x.ID] != want {
			t.Errorf("%s: %d results of %s, want %d", name, results[x.ID], x.ID, want)
		}
	}
}

func TestJSONIsReadBack(t *testing.T) {
	for _, whole := range []bool{true, false} {
		r := NewReport(troubled(), "v1", whole)
		text := written(t, func(b *bytes.Buffer) error { return r.WriteJSON(b) })
		back, err := ReadReport([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		if again := written(t, func(b *bytes.Buffer) error { return back.WriteJSON(b) }); again != text {
			t.Error("what was read back is written differently")
		}
	}
}

func TestParagraphsKeepToTheWidth(t *testing.T) {
	got := Paragraph(2, "1. ", strings.Repeat("word ", 60)+"https://a.example/"+strings.Repeat("x", 200))
	for i, line := range strings.Split(strings.TrimSuffix(got, "\n"), "\n") {
		if len(line) > textWidth && strings.Contains(strings.TrimSpace(line), " ") {
			t.Errorf("line %d is %d wide and has blanks", i, len(line))
		}
		if i > 0 && !strings.HasPrefix(line, "     ") {
			t.Errorf("line %d does not hang: %q", i, line)
		}
	}
	if Paragraph(2, "1. ", " \n ") != "" {
		t.Error("empty text is not nothing")
	}
}
