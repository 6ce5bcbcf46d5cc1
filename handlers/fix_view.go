package handlers

import (
	"slices"

	"github.com/consentry/consentry/checks"
	"github.com/consentry/consentry/setup"
	"github.com/consentry/consentry/store"
)

// A turnRow is a check whose outcome a change turns: before, as the preview
// says, and in truth.
type turnRow struct {
	ID, DOMID, Title, Href string
	Before, After          state
	Left                   []checks.Finding // what the preview says remains
	// Now is the outcome after the change; State says whether it is what the
	// preview said, and Say why not.
	Now, State state
	Say        string
}

func turnOf(t checks.Turn) turnRow {
	row := turnRow{ID: t.ID, DOMID: "turn-" + t.ID, Title: t.ID, Before: resultState(checks.Result{ID: t.ID, Outcome: t.Before}), After: resultState(checks.Result{ID: t.ID, Outcome: t.After}), Left: t.Left}
	if c, ok := checks.Lookup(t.ID); ok {
		row.Title, row.Href = c.Title, "/checks/"+c.ID
	}
	return row
}

// fixView says what became of a change.
type fixView struct {
	store.RunFix
	State   state
	Request *requestView
	Turns   []turnRow
	Parent  string // address of the earlier run
	Verdict string
}

// viewFix compares what came with what was foreseen. now are the results so
// far; while it is live those that are missing are still to come.
func viewFix(run store.Run, live bool, now []checks.Result) *fixView {
	v := &fixView{RunFix: *run.Fix, Request: viewRequest(&run.Fix.Request), Parent: "/runs/" + run.Fix.Parent}
	foreseen := map[string]bool{}
	different := 0
	for _, t := range run.Fix.Foreseen {
		foreseen[t.ID] = true
		row := turnOf(t)
		row.judge(t, live, now)
		if row.State.Kind == "bad" {
			different++
		}
		v.Turns = append(v.Turns, row)
	}
	if !live {
		for _, t := range checks.Compare(run.Fix.Before, now) {
			if !foreseen[t.ID] && unexpected(t, now) {
				row := turnOf(t)
				row.Now, row.After, row.State = row.After, row.Before, state{"warn", "not foreseen"}
				v.Turns = append(v.Turns, row)
				different++
			}
		}
	}
	if !live {
		slices.SortStableFunc(v.Turns, func(a, b turnRow) int { return turnOrder[a.State.Kind] - turnOrder[b.State.Kind] })
	}
	v.State, v.Verdict = fixVerdict(run.Fix, live, different, len(run.Fix.Foreseen))
	return v
}

// unexpected: an outcome turned of which the preview said that it stays. It
// said nothing of what was not known before, and what was not looked at again,
// such as with a secret that is not at hand, did not turn.
func unexpected(t checks.Turn, now []checks.Result) bool {
	notLookedAt := slices.ContainsFunc(now, func(r checks.Result) bool { return r.ID == t.ID && r.NotGiven })
	return t.Before != t.After && t.Before != checks.Unknown && !notLookedAt
}

// turnOrder puts what differs first, and what was not looked at last.
var turnOrder = map[string]int{"bad": 0, "warn": 1, "good": 2, "busy": 3, "idle": 4}

// judge compares the real outcome with what the preview said. What a token
// shows is only seen with the next one.
func (r *turnRow) judge(t checks.Turn, live bool, now []checks.Result) {
	i := slices.IndexFunc(now, func(x checks.Result) bool { return x.ID == t.ID })
	switch {
	case i < 0:
		r.Now, r.State = state{"busy", "being checked"}, state{"busy", "waiting"}
		return
	case later(t):
		r.Now, r.State = resultState(now[i]), state{"idle", "shows at the next sign-in"}
		return
	}
	r.Now = resultState(now[i])
	switch {
	case now[i].Outcome == t.After:
		r.State = state{"good", "as foreseen"}
	case live:
		r.State = state{"busy", "not yet"}
	case now[i].NotGiven:
		r.State, r.Say = state{"idle", "not looked at again"}, now[i].Because
	default:
		r.State, r.Say = state{"bad", "different"}, now[i].Because
	}
}

// later: a token that was issued before the change stays what it is.
func later(t checks.Turn) bool {
	c, ok := checks.Lookup(t.ID)
	return ok && c.Group == checks.WithToken
}

// unmet reports whether something foreseen has not come true that may yet.
func unmet(foreseen []checks.Turn, now []checks.Result) bool {
	return slices.ContainsFunc(foreseen, func(t checks.Turn) bool {
		i := slices.IndexFunc(now, func(r checks.Result) bool { return r.ID == t.ID })
		return i >= 0 && !later(t) && now[i].Outcome != t.After && !now[i].NotGiven
	})
}

func fixVerdict(fix *store.RunFix, live bool, different, foreseen int) (state, string) {
	switch {
	case fix.State == setup.Failed:
		return state{"bad", "refused"}, "The change was refused; nothing was written."
	case live:
		return state{"busy", "under way"}, "The change is being made and checked. You may leave this page; the work goes on."
	case fix.State == "" || fix.State == setup.Intended:
		return state{"warn", "cut off"}, "The console stopped while the change was under way. The checks below do not know what became of it: run them again."
	case different > 0:
		return state{"warn", "written, with a difference"}, "The change was written, but not everything came as the preview said. Where it differs, the table says so."
	case fix.State == setup.Unknown:
		return state{"warn", "no answer came"}, "No answer came to the change, but the directory shows it."
	case foreseen == 0:
		return state{"good", "written"}, "The change was written. No check depended on it."
	}
	return state{"good", "as foreseen"}, "The change was written, and the checks came out as the preview said."
}

// liveResults are the results of a run so far.
func (h *Handlers) liveResults(run store.Run) []checks.Result {
	if run.State != store.RunRunning {
		return run.Results
	}
	return h.soFar(run).inOrder()
}
