package checks

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Only is the report as if nothing but these checks had been asked.
func (r Report) Only(some []*Check) Report {
	r.Results = Evaluate(&r.Facts, some)
	r.Summary = Summarize(&r.Facts, r.Results)
	return r
}

// Row is a result on one line, for whoever watches a run: the outcome, the
// good state, and what is wrong.
func (r Result) Row() string {
	row := fmt.Sprintf("%-15s %s (%s)", outcomeWords[r.Outcome], titleOf(r.ID), r.ID)
	if r.Outcome == Failed {
		row += ": " + r.Findings[0].Summary
	}
	return Visible(row)
}

// outcomeWords are the outcomes as people read them.
var outcomeWords = map[Outcome]string{
	Passed: "passed", Failed: "failed", Unknown: "unknown", Skipped: "skipped", NotApplicable: "does not apply",
}

// WriteText writes the report for a terminal: what it comes to, the root
// causes with what follows from them, what is not known with what would make
// it known, and the count.
func (r Report) WriteText(out io.Writer) error {
	w := &textWriter{}
	w.line(0, "", r.Summary.Sentence)
	if r.Masked {
		w.line(0, "", MaskedWords)
	}
	for _, root := range r.Summary.Roots {
		if i := slices.IndexFunc(r.Results, func(x Result) bool { return x.ID == root.ID }); i >= 0 {
			w.root(r.Results[i], root)
		}
	}
	w.unknown(r.Results)
	w.blank()
	w.line(0, "", r.Summary.countWords())
	_, err := io.WriteString(out, w.String())
	return err
}

// countWords name every outcome that there is.
func (s Summary) countWords() string {
	var words []string
	for _, o := range []Outcome{Passed, Failed, Unknown, Skipped, NotApplicable} {
		switch n := s.Counts[o]; {
		case n == 1 && o == NotApplicable:
			words = append(words, "1 does not apply")
		case n > 0 && o == NotApplicable:
			words = append(words, fmt.Sprintf("%d do not apply", n))
		case n > 0:
			words = append(words, fmt.Sprintf("%d %s", n, outcomeWords[o]))
		}
	}
	return "Checks: " + strings.Join(words, ", ") + "."
}

// textWidth is how long a line becomes before it is broken.
const textWidth = 100

// Paragraph breaks text between words into lines for a terminal; those after
// the first stand under its beginning, behind the label. Empty text gives
// nothing.
func Paragraph(indent int, label, text string) string {
	words := strings.Fields(Visible(text))
	if len(words) == 0 {
		return ""
	}
	var out strings.Builder
	out.WriteString(strings.Repeat(" ", indent) + label + words[0])
	hang := indent + utf8.RuneCountInString(label)
	at := hang + utf8.RuneCountInString(words[0])
	for _, word := range words[1:] {
		n := utf8.RuneCountInString(word)
		if at+1+n > textWidth {
			out.WriteString("\n" + strings.Repeat(" ", hang) + word)
			at = hang + n
			continue
		}
		out.WriteString(" " + word)
		at += 1 + n
	}
	out.WriteByte('\n')
	return out.String()
}

// Visible takes out of a text what a terminal would obey, line feeds too.
func Visible(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "�"))
}

// A textWriter puts a report together.
type textWriter struct{ strings.Builder }

func (w *textWriter) blank() { w.WriteByte('\n') }

func (w *textWriter) line(indent int, label, text string) {
	w.WriteString(Paragraph(indent, label, text))
}

// exact writes a value that a person copies, unbroken.
func (w *textWriter) exact(indent int, label, value string) {
	if value != "" {
		w.WriteString(strings.Repeat(" ", indent) + label + Visible(value) + "\n")
	}
}

func (w *textWriter) root(r Result, root Root) {
	w.blank()
	head := titleOf(r.ID) + " (" + r.ID + ")"
	if c := r.Check(); c != nil {
		head += ": " + severityWords[c.Severity]
	}
	w.line(0, "Not so: ", head)
	for _, f := range r.Findings {
		w.finding(f)
	}
	if c := r.Check(); c != nil {
		w.exact(2, "Read on: ", c.Cites)
	}
	w.line(2, "Follows from it: ", strings.Join(root.Follows, ", "))
}

func (w *textWriter) finding(f Finding) {
	w.line(2, "", f.Summary)
	for _, e := range f.Shown {
		w.line(4, "", e.What)
		w.exact(6, "is    ", e.Got)
		w.exact(6, "want  ", e.Want)
		if e.Portal != f.Mend.Portal { // said below
			w.exact(6, "see   ", e.Portal)
		}
		w.exact(6, "run   ", e.Command)
	}
	w.line(2, "To do ("+string(f.Mend.Who)+"): ", f.Mend.Say)
	for i, s := range f.Mend.Steps {
		w.line(4, fmt.Sprintf("%d. ", i+1), s)
	}
	w.exact(4, "Portal: ", f.Mend.Portal)
	w.line(4, "The console offers: ", f.Mend.Offer)
}

// unknown puts together what the same thing would make known, and in it what
// is missing for the same reason.
func (w *textWriter) unknown(results []Result) {
	for i, would := range Undecidable(results) {
		w.blank()
		if i == 0 {
			w.line(0, "", "Not known, and what would make it known:")
		}
		w.line(2, "", would)
		var reasons []string
		ids := map[string][]string{}
		for _, r := range results {
			if r.Outcome == Unknown && r.Would == would {
				if ids[r.Because] == nil {
					reasons = append(reasons, r.Because)
				}
				ids[r.Because] = append(ids[r.Because], r.ID)
			}
		}
		for _, because := range reasons {
			w.line(4, "", because+" Undecided by it: "+strings.Join(ids[because], ", ")+".")
		}
	}
}
