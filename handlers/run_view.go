package handlers

import (
	"slices"
	"time"

	"github.com/consentry/consentry/checks"
)

// A runView is what the facts of a run come to, for pages and reports alike.
type runView struct {
	Sentence string
	State    state
	When     time.Time
	Given    []givenRow
	// Roots stop people or will, Advice does not; each with what follows.
	Roots, Advice         []rootView
	Unknown               []unknownGroup
	Passed, NotApplicable []checkRow
	Asked                 int // how many checks were decided one way or the other
	Places                checks.ScopePlaces
	Scopes                []checks.ScopeRow
}

type givenRow struct{ Label, Value string }

// A checkRow is one check with its outcome.
type checkRow struct {
	ID, DOMID, Title, Href string
	Known                  bool // the check is one of this version
	State                  state
	Severity               string // what it means when it fails
	Text                   string // why it is unknown, or what is waited for
	Say                    string // for people who listen
	Findings               []findingRow
	Shown                  []checks.Evidence
	// Was says what the run said when it was made, where today's checks say
	// something else; empty where they agree.
	Was string
}

// A findingRow is a finding with the way to its fix.
type findingRow struct {
	checks.Finding
	// Fix is the address of the preview; empty where there is nothing that
	// the console can do about it. Primary is the first on the page.
	Fix     string
	Primary bool
}

// A rootView is a failed check with those that follow from it.
type rootView struct {
	checkRow
	Follows []checkRow
}

// An unknownGroup is what one thing would make known.
type unknownGroup struct {
	Would string
	Rows  []checkRow
}

// viewRun shapes the results of a run over f.
func viewRun(f *checks.Facts, results []checks.Result) runView {
	summary := checks.Summarize(f, results)
	v := runView{Sentence: summary.Sentence, State: verdictState(summary.Verdict), When: f.Now, Given: givenRows(f.Given)}
	byID := map[string]checkRow{}
	for _, r := range results {
		row := rowOf(r)
		byID[r.ID] = row
		switch r.Outcome {
		case checks.Passed:
			v.Passed = append(v.Passed, row)
		case checks.NotApplicable:
			v.NotApplicable = append(v.NotApplicable, row)
		}
		if r.Outcome == checks.Passed || r.Outcome == checks.Failed {
			v.Asked++
		}
	}
	for _, root := range summary.Roots {
		view := rootView{checkRow: byID[root.ID]}
		for _, id := range root.Follows {
			view.Follows = append(view.Follows, byID[id])
		}
		if c, ok := checks.Lookup(root.ID); ok && c.Severity == checks.Advises {
			v.Advice = append(v.Advice, view)
		} else {
			v.Roots = append(v.Roots, view)
		}
	}
	v.Unknown = unknownGroups(results)
	v.Places = f.ScopePlaces()
	v.Scopes = v.Places.Matrix()
	return v
}

func givenRows(g checks.Given) []givenRow {
	rows := []givenRow{
		{"Client ID", g.ClientID}, {"Tenant", g.Tenant}, {"Redirect URI", g.RedirectURI}, {"Scopes", g.Scopes},
		{"Organization", g.Organization}, {"Project", g.Project}, {"Sign-in address", g.Endpoint},
	}
	if g.Integration != "" {
		rows = append([]givenRow{{"Integration", integrationName(g.Integration)}}, rows...)
	}
	if g.Secret.Given {
		rows = append(rows, givenRow{"Client secret", "given, not kept"})
	}
	return slices.DeleteFunc(rows, func(r givenRow) bool { return r.Value == "" })
}

func unknownGroups(results []checks.Result) []unknownGroup {
	var out []unknownGroup
	for _, would := range checks.Undecidable(results) {
		g := unknownGroup{Would: would}
		for _, r := range results {
			if r.Outcome == checks.Unknown && r.Would == would {
				g.Rows = append(g.Rows, rowOf(r))
			}
		}
		out = append(out, g)
	}
	return out
}

// outcomeStates say an outcome in words; a failed one by how bad it is.
var (
	outcomeStates = map[checks.Outcome]state{
		checks.Passed: {"good", "passed"}, checks.Unknown: {"idle", "not known"}, checks.Skipped: {"idle", "follows"}, checks.NotApplicable: {"idle", "does not apply"},
	}
	failedStates = map[checks.Severity]state{
		checks.Blocks: {"bad", "blocks"}, checks.Risks: {"warn", "risk"}, checks.Advises: {"idle", "advice"},
	}
)

func resultState(r checks.Result) state {
	if r.Outcome != checks.Failed {
		return outcomeStates[r.Outcome]
	}
	if c := r.Check(); c != nil {
		return failedStates[c.Severity]
	}
	return failedStates[checks.Risks]
}

func rowOf(r checks.Result) checkRow {
	row := checkRow{ID: r.ID, DOMID: "check-" + r.ID, Title: r.ID, State: resultState(r), Text: r.Because, Shown: r.Shown}
	if c := r.Check(); c != nil {
		row.Title, row.Href, row.Known, row.Severity = c.Title, "/checks/"+c.ID, true, c.Severity.Words()
	}
	for _, f := range r.Findings {
		row.Findings = append(row.Findings, findingRow{Finding: f})
	}
	if r.Outcome == checks.Failed {
		row.Say = "Not so: " + row.Title
	}
	return row
}

// each visits every row of the view.
func (v *runView) each(visit func(*checkRow)) {
	visitAll := func(rows []checkRow) {
		for i := range rows {
			visit(&rows[i])
		}
	}
	for _, roots := range [][]rootView{v.Roots, v.Advice} {
		for i := range roots {
			visit(&roots[i].checkRow)
			visitAll(roots[i].Follows)
		}
	}
	for i := range v.Unknown {
		visitAll(v.Unknown[i].Rows)
	}
	visitAll(v.Passed)
	visitAll(v.NotApplicable)
}

// compare marks where the run said something else when it was made, and
// returns how many checks do.
func (v *runView) compare(then, now []checks.Result) int {
	was := map[string]string{}
	for _, t := range checks.Compare(then, now) {
		was[t.ID] = wasWords(then, t)
	}
	v.each(func(r *checkRow) { r.Was = was[r.ID] })
	return len(was)
}

func wasWords(then []checks.Result, t checks.Turn) string {
	i := slices.IndexFunc(then, func(r checks.Result) bool { return r.ID == t.ID })
	if i < 0 {
		return "there was no such check"
	}
	words := outcomeWords(t.Before)
	for _, f := range then[i].Findings {
		words += ": " + f.Summary
	}
	return words
}

// outcomeWords name an outcome without saying how bad it is.
func outcomeWords(o checks.Outcome) string {
	if o == checks.Failed {
		return "not so"
	}
	return outcomeStates[o].Words
}
