package checks

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Only returns the report with the results of some checks, summed up anew.
func (r Report) Only(some []*Check) Report {
	r.Results = slices.DeleteFunc(slices.Clone(r.Results), func(x Result) bool {
		return !slices.ContainsFunc(some, func(c *Check) bool { return c.ID == x.ID })
	})
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
	return visible(row)
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

// A textWriter breaks lines between words and indents them.
type textWriter struct{ strings.Builder }

func (w *textWriter) blank() { w.WriteByte('\n') }

// line writes text after a label; further lines stand under its beginning.
func (w *textWriter) line(indent int, label, text string) {
	if text == "" {
		return
	}
	w.WriteString(strings.Repeat(" ", indent) + label)
	hang := indent + utf8.RuneCountInString(label)
	at := hang
	for i, word := range strings.Fields(visible(text)) {
		n := utf8.RuneCountInString(word)
		switch {
		case i == 0:
		case at+1+n > textWidth:
			w.WriteString("\n" + strings.Repeat(" ", hang))
			at = hang
		default:
			w.WriteByte(' ')
			at++
		}
		w.WriteString(word)
		at += n
	}
	w.blank()
}

// exact writes a value that a person copies, unbroken.
func (w *textWriter) exact(indent int, label, value string) {
	if value != "" {
		w.WriteString(strings.Repeat(" ", indent) + label + visible(value) + "\n")
	}
}

// visible takes out what a terminal would obey.
func visible(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "�"))
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
		w.exact(6, "see   ", e.Portal)
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
