package handlers

import (
	"fmt"
	"strings"

	"github.com/consentry/consentry/checks"
	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/explain"
	"github.com/consentry/consentry/web"
)

// An explanation is a result as the page shows it.
type explanation struct {
	Undecided, Truncated bool
	Warnings             []warningView
	Best                 causeView
	Others               []causeView
	// Decides is the check that would settle it; nil when there is none.
	Decides  *checks.Check
	Diagnose string // the form of the checks, filled with what was recognised
	Codes    []string
	Values   []web.Copyable
	Paste    []piece
	Telling  int // marked places of Paste
}

// A causeView is a cause with the sentences the page says about it.
type causeView struct {
	explain.Cause
	Sure   state
	Quotes []string // the telling places
}

// A warningView is something live in the paste, once for each kind.
type warningView struct {
	What, Revoke string
	Places       int
}

func newExplanation(r explain.Result) *explanation {
	x := &explanation{
		Undecided: r.Undecided(), Truncated: r.Truncated, Warnings: warningViews(r.Warnings),
		Best: viewCause(r, 0), Diagnose: diagnoseAddress(r.Entities), Codes: r.Codes, Values: recognised(r.Entities),
	}
	for i := range r.Causes[1:] {
		x.Others = append(x.Others, viewCause(r, i+1))
	}
	if id := x.Best.Decides; id != nil {
		x.Decides, _ = checks.Lookup(*id)
	}
	x.Paste, x.Telling = pieces(r)
	return x
}

func viewCause(r explain.Result, i int) causeView {
	v := causeView{Cause: r.Causes[i], Sure: sureness(r.Causes[i].Confidence)}
	for _, e := range v.Evidence {
		from, to := r.InMasked(e.Start, e.End)
		v.Quotes = append(v.Quotes, entra.ForeignText(r.Masked[from:to]))
	}
	return v
}

// sureness puts a confidence into words: a figure would claim more than a
// text can show.
func sureness(confidence float64) state {
	switch {
	case confidence >= 0.8:
		return state{"good", "the text says so"}
	case confidence >= 0.5:
		return state{"busy", "likely"}
	case confidence >= 0.1:
		return state{"idle", "possible"}
	}
	return state{"idle", "less likely"}
}

func warningViews(all []explain.Warning) []warningView {
	var out []warningView
	place := map[string]int{}
	for _, w := range all {
		i, ok := place[w.What]
		if !ok {
			i = len(out)
			place[w.What] = i
			out = append(out, warningView{What: w.What, Revoke: w.Revoke})
		}
		out[i].Places++
	}
	return out
}

// recognised lists the values found, to copy.
func recognised(e explain.Entities) []web.Copyable {
	all := []web.Copyable{
		{Label: "Client ID", Value: e.ClientID}, {Label: "Tenant", Value: e.Tenant},
		{Label: "Redirect URI", Value: e.RedirectURI}, {Label: "Scopes", Value: strings.Join(e.Scopes, " ")},
		{Label: "Resource", Value: e.Resource}, {Label: "Organization", Value: e.Organization}, {Label: "Project", Value: e.Project},
		{Label: "Correlation ID", Value: e.CorrelationID}, {Label: "Trace ID", Value: e.TraceID},
		{Label: "Request ID", Value: e.RequestID}, {Label: "Time", Value: e.Timestamp},
	}
	var out []web.Copyable
	for _, v := range all {
		if v.Value = visible(v.Value); v.Value != "" {
			out = append(out, v)
		}
	}
	return out
}

// Words for the head of the place where the paste stands.
func (x *explanation) PasteLabel() string {
	switch x.Telling {
	case 0:
		return "What was pasted; no place in it tells"
	case 1:
		return "What was pasted, one telling place marked"
	}
	return fmt.Sprintf("What was pasted, %d telling places marked", x.Telling)
}
