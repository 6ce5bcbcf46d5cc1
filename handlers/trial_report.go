package handlers

import (
	"fmt"

	"github.com/consentry/consentry/trial"
)

// reportView is a report with the sentences the page says about it.
type reportView struct {
	*trial.Report
	LifetimeWords string
	RefreshWords  string
	Reached       []reachRow
}

type reachRow struct {
	What  string
	State state
	Words string
	Next  string
}

func viewReport(r *trial.Report) *reportView {
	if r == nil {
		return nil
	}
	v := &reportView{Report: r, LifetimeWords: lifetimeWords(r), RefreshWords: refreshWords(r)}
	for _, x := range []struct {
		what  string
		reach trial.Reach
	}{{"Organization", r.Organization}, {"Project", r.Project}} {
		if x.reach.Name != "" {
			v.Reached = append(v.Reached, reached(x.what, x.reach))
		}
	}
	return v
}

func lifetimeWords(r *trial.Report) string {
	words := fmt.Sprintf("%d minutes", int(r.Lifetime.Minutes()))
	if r.LifetimeOK {
		return words + ", within the documented maximum of 90"
	}
	return words + ", more than the documented maximum of 90"
}

func refreshWords(r *trial.Report) string {
	words := "came and works"
	switch {
	case r.RefreshCame && !r.RefreshWorks:
		words = "came, but could not be used"
	case !r.RefreshCame && r.RefreshAsked:
		words = "asked for, but none came"
	case !r.RefreshCame:
		words = "not asked for (offline_access)"
	}
	if r.RefreshNote != "" {
		words += ". " + r.RefreshNote
	}
	return words
}

func reached(what string, r trial.Reach) reachRow {
	row := reachRow{What: what + " " + r.Name, Words: firstOf(r.Cause, r.Note), Next: r.Next}
	switch {
	case r.OK:
		row.State = state{"good", "reached"}
		if r.As != "" {
			row.Words = "as " + r.As
		}
	case r.Tried:
		row.State = state{"bad", "refused"}
	default:
		row.State = state{"idle", "not tried"}
	}
	return row
}
