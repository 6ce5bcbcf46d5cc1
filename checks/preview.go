package checks

import (
	"slices"

	"github.com/consentry/consentry/entra"
)

// A Turn is a check whose outcome a change turns.
type Turn struct {
	ID     string  `json:"id"`
	Before Outcome `json:"before"`
	After  Outcome `json:"after"`
	// Left are the findings that remain.
	Left []Finding `json:"left,omitempty"`
}

// Preview tries changes on a copy of the facts and says which outcomes turn,
// in display order. Nothing is written anywhere.
func Preview(f Facts, all []*Check, changes ...entra.Change) []Turn {
	after := f
	for _, ch := range changes {
		after = after.With(ch)
	}
	return Compare(Evaluate(&f, all), Evaluate(&after, all))
}

// Compare lists the checks whose outcome or findings differ between two runs
// of the same checks. A check that only the later run has counts as unknown
// before.
func Compare(before, after []Result) []Turn {
	old := map[string]Result{}
	for _, r := range before {
		old[r.ID] = r
	}
	var out []Turn
	for _, r := range after {
		b, ok := old[r.ID]
		if !ok {
			b.Outcome = Unknown
		}
		if b.Outcome != r.Outcome || !slices.EqualFunc(b.Findings, r.Findings, sameFinding) {
			out = append(out, Turn{ID: r.ID, Before: b.Outcome, After: r.Outcome, Left: r.Findings})
		}
	}
	return out
}

func sameFinding(a, b Finding) bool { return a.Summary == b.Summary }
