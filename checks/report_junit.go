package checks

import (
	"encoding/xml"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// The parts of a JUnit report that its readers agree on: a suite for each
// group, a case for each check.
type (
	junitSuites struct {
		XMLName xml.Name `xml:"testsuites"`
		Name    string   `xml:"name,attr"`
		junitCounts
		Suites []junitSuite `xml:"testsuite"`
	}
	junitSuite struct {
		Name      string `xml:"name,attr"`
		Timestamp string `xml:"timestamp,attr"`
		junitCounts
		Cases []junitCase `xml:"testcase"`
	}
	junitCounts struct {
		Tests    int    `xml:"tests,attr"`
		Failures int    `xml:"failures,attr"`
		Errors   int    `xml:"errors,attr"`
		Skipped  int    `xml:"skipped,attr"`
		Time     string `xml:"time,attr"` // seconds; the checks themselves take none
	}
	junitCase struct {
		Class   string        `xml:"classname,attr"`
		Name    string        `xml:"name,attr"`
		Time    string        `xml:"time,attr"`
		Failure *junitProblem `xml:"failure"`
		Error   *junitProblem `xml:"error"`
		Skipped *junitProblem `xml:"skipped"`
		Out     string        `xml:"system-out,omitempty"`
	}
	junitProblem struct {
		Message string `xml:"message,attr"`
		Type    string `xml:"type,attr,omitempty"`
		Text    string `xml:",chardata"`
	}
)

// WriteJUnit writes the report as JUnit XML. It holds failures where the
// verdict is Wrong and errors where it would be Undecided: advice is the
// output of a case that passes, and what was not given to look at is skipped.
func (r Report) WriteJUnit(out io.Writer) error {
	doc := junitSuites{Name: "consentry check", junitCounts: junitCounts{Time: "0"}}
	for _, g := range Groups {
		suite := junitSuite{Name: string(g), Timestamp: r.Facts.Now.UTC().Format("2006-01-02T15:04:05"), junitCounts: junitCounts{Time: "0"}}
		for _, x := range r.Results {
			if c := x.Check(); c != nil && c.Group == g {
				suite.add(junitOf(c, x))
			}
		}
		if suite.Tests > 0 {
			doc.sum(suite.junitCounts)
			doc.Suites = append(doc.Suites, suite)
		}
	}
	text, err := xml.MarshalIndent(doc, "", "  ")
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "%s%s\n", xml.Header, text)
	return err
}

func (s *junitSuite) add(c junitCase) {
	one := junitCounts{Tests: 1}
	switch {
	case c.Failure != nil:
		one.Failures = 1
	case c.Error != nil:
		one.Errors = 1
	case c.Skipped != nil:
		one.Skipped = 1
	}
	s.sum(one)
	s.Cases = append(s.Cases, c)
}

func (n *junitCounts) sum(more junitCounts) {
	n.Tests, n.Failures = n.Tests+more.Tests, n.Failures+more.Failures
	n.Errors, n.Skipped = n.Errors+more.Errors, n.Skipped+more.Skipped
}

func junitOf(c *Check, r Result) junitCase {
	out := junitCase{Class: "consentry." + string(c.Group), Name: c.ID, Time: "0"}
	switch {
	case r.Outcome == Failed && c.Severity == Advises:
		out.Out = "Advice: " + strings.Join(r.paragraphs(), "\n\n")
	case r.Outcome == Failed:
		out.Failure = &junitProblem{r.Findings[0].Summary, string(c.Severity), strings.Join(r.paragraphs(), "\n\n")}
	case r.Outcome == Unknown && c.Severity == Blocks && !r.NotGiven:
		out.Error = &junitProblem{r.Because, "unknown", r.Would}
	case r.Outcome == Unknown:
		out.Skipped = &junitProblem{Message: "Unknown: " + r.Because, Text: r.Would}
	case r.Outcome == Skipped:
		out.Skipped = &junitProblem{Message: r.Because, Text: "Cause: " + r.Cause}
	case r.Outcome == NotApplicable:
		out.Skipped = &junitProblem{Message: "Does not apply."}
	}
	return out
}

// paragraphs are the findings as plain text, each with what shows it and what
// mends it.
func (r Result) paragraphs() []string {
	var out []string
	for _, f := range r.Findings {
		lines := []string{f.Summary}
		for _, e := range f.Shown {
			line := e.What + ": " + e.Got
			if e.Want != "" {
				line += " (wanted: " + e.Want + ")"
			}
			lines = append(lines, line)
		}
		lines = append(lines, "To do ("+string(f.Mend.Who)+"): "+f.Mend.Say)
		for i, s := range f.Mend.Steps {
			lines = append(lines, strconv.Itoa(i+1)+". "+s)
		}
		out = append(out, strings.Join(lines, "\n"))
	}
	return out
}
