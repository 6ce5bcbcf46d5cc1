package main

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/consentry/consentry/checks"
	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/explain"
)

// actors say who has to act, by explain's word for it.
var actors = map[string]string{
	"app_owner":    "the owner of the app registration or of the integration",
	"tenant_admin": "an administrator of the Microsoft Entra tenant",
	"org_admin":    "an administrator of the Azure DevOps organization",
	"user":         "the person who signs in",
	"service":      "Microsoft, or the vendor of the service",
}

// explanation is the result for people: what to revoke, the likeliest cause,
// the others, and a message to send on.
func explanation(paste string, r explain.Result) string {
	var w words
	w.warnings(r.Warnings)
	first := r.Causes[0]
	w.cause(first, paste, r)
	if len(r.Causes) > 1 {
		w.blank()
		w.line(0, "", "Other possibilities:")
	}
	said := map[string]bool{}
	for i, c := range r.Causes {
		if i > 0 {
			w.other(c, r.Entities, said)
		}
		if c.Decides != nil {
			said[*c.Decides] = true
		}
	}
	w.found(r)
	w.blank()
	w.line(0, "", "Message for the customer:")
	for line := range strings.SplitSeq(first.Message, "\n") {
		w.exact(2, "", line)
	}
	if r.Truncated {
		w.blank()
		w.line(0, "", fmt.Sprintf("Only the first %d bytes were read.", explain.MaxPaste))
	}
	return w.String()
}

// words are text for a terminal in the making.
type words struct{ strings.Builder }

func (w *words) blank() { w.WriteByte('\n') }

func (w *words) line(indent int, label, text string) {
	w.WriteString(checks.Paragraph(indent, label, text))
}

// exact writes what a person copies, unbroken.
func (w *words) exact(indent int, label, text string) {
	if text = label + checks.Visible(text); text != "" {
		text = strings.Repeat(" ", indent) + text
	}
	w.WriteString(text + "\n")
}

// warnings say once of each kind what is in the text and how to revoke it.
func (w *words) warnings(all []explain.Warning) {
	places := map[string]int{}
	for _, one := range all {
		places[one.What]++
	}
	for _, one := range all {
		switch n := places[one.What]; {
		case n == 1:
			w.line(0, "Careful: ", fmt.Sprintf("the text holds %s (bytes %d to %d). %s", one.What, one.Start, one.End, one.Revoke))
		case n > 1:
			w.line(0, "Careful: ", fmt.Sprintf("the text holds %s at %d places (the first is bytes %d to %d). %s", one.What, n, one.Start, one.End, one.Revoke))
		}
		delete(places, one.What)
	}
	if len(all) > 0 {
		w.blank()
	}
}

func (w *words) cause(c explain.Cause, paste string, r explain.Result) {
	w.line(0, "", fmt.Sprintf("%s (%s, %s)", c.Title, c.ID, percent(c.Confidence)))
	w.line(0, "", "Who acts: "+actors[c.WhoFixes]+".")
	w.blank()
	w.line(0, "", c.Summary)
	if len(c.Evidence) > 0 {
		w.blank()
		w.line(0, "", "The text says so here:")
	}
	for _, e := range c.Evidence {
		w.line(2, "", marked(paste, e))
	}
	w.blank()
	w.line(0, "", "To do:")
	for i, step := range c.Steps {
		w.line(2, fmt.Sprintf("%d. ", i+1), step)
	}
	for _, l := range c.Links {
		w.exact(2, l.Label+": ", l.URL)
	}
	if c.Decides != nil {
		w.blank()
		w.decides(0, *c.Decides, r.Entities)
	}
}

func percent(f float64) string { return fmt.Sprintf("%.0f %%", 100*f) }

// other is a cause on one line, with what decides it unless that was said.
func (w *words) other(c explain.Cause, e explain.Entities, said map[string]bool) {
	w.line(2, fmt.Sprintf("%4s  ", percent(c.Confidence)), fmt.Sprintf("%s (%s): %s", c.Title, c.ID, actors[c.WhoFixes]))
	if c.Decides != nil && !said[*c.Decides] {
		w.decides(8, *c.Decides, e)
	}
}

// decides names the check that settles it, with the command that asks it.
func (w *words) decides(indent int, id string, e explain.Entities) {
	check, ok := checks.Lookup(id)
	switch {
	case !ok: // of another version
	case check.Group == checks.WithToken:
		w.line(indent, "", fmt.Sprintf("A test consent in the console decides it (%s).", id))
	default:
		w.line(indent, "", "This decides it:")
		w.exact(indent+2, "", checkCommand(check, e))
	}
}

// found lists the values that were recognised.
func (w *words) found(r explain.Result) {
	e := r.Entities
	rows := [][2]string{
		{"Codes", strings.Join(r.Codes, ", ")}, {"Client ID", e.ClientID}, {"Tenant", e.Tenant}, {"Redirect URI", e.RedirectURI},
		{"Scopes", strings.Join(e.Scopes, " ")}, {"Resource", e.Resource}, {"Organization", e.Organization}, {"Project", e.Project},
		{"Correlation ID", e.CorrelationID}, {"Trace ID", e.TraceID}, {"Request ID", e.RequestID}, {"Time", e.Timestamp},
	}
	title := "Found in the text:"
	for _, row := range rows {
		if row[1] == "" {
			continue
		}
		if title != "" {
			w.blank()
			w.line(0, "", title)
			title = ""
		}
		w.exact(2, fmt.Sprintf("%-15s ", row[0]), row[1])
	}
}

// around is how much of the text is shown on each side of a telling place, in
// characters.
const around = 50

// marked shows a telling place between » and « with what stands around it.
// Secrets and personal data there are masked; explain shows none itself.
func marked(paste string, e explain.Evidence) string {
	before, after := oneLine(tail(explain.Mask(paste[:e.Start]))), oneLine(head(explain.Mask(paste[e.End:])))
	left, right := "", ""
	if len(before) > around {
		before, left = before[len(before)-around:], "…"
	}
	if len(after) > around {
		after, right = after[:around], "…"
	}
	return left + string(before) + "»" + entra.ForeignText(e.Text) + "«" + string(after) + right
}

// tail and head cut by bytes, with room for escapes; what is half a character
// then is not shown.
func tail(s string) string { return s[max(0, len(s)-8*around):] }
func head(s string) string { return s[:min(len(s), 8*around)] }

// oneLine makes one blank of line feeds and what else is between words, at
// the ends too.
func oneLine(s string) []rune {
	return []rune(blanks.ReplaceAllString(checks.Visible(s), " "))
}

var blanks = regexp.MustCompile(` +`)
