package explain

import (
	"cmp"
	"slices"

	"github.com/consentry/consentry/entra"
)

// A Known is a cause as it is known apart from any paste: texts name no
// recognised value, and there is neither evidence nor confidence.
type Known struct {
	Cause
	// Codes are those that stand for it when nothing else speaks.
	Codes []Code
	// Near are the ids of causes it is mistaken for, likeliest first.
	Near []string
}

// A Code is an error code with what it says, in our words; Explanation is
// empty where only the cause says it.
type Code struct {
	Name        string // "AADSTS50011", "TF400813", "invalid_grant"
	Explanation entra.Explanation
}

// All returns every cause there is, those of one field beside each other.
func All() []Known {
	k := known()
	out := make([]Known, 0, len(k.order))
	for _, id := range k.order {
		out = append(out, k.describe(k.causes[id]))
	}
	return out
}

// Lookup finds a cause by its id.
func Lookup(id string) (Known, bool) {
	e, ok := known().causes[id]
	if !ok {
		return Known{}, false
	}
	return known().describe(e), true
}

// Actor says who must act, in words: "an administrator of the Microsoft Entra
// tenant".
func (c Cause) Actor() string { return actors[c.WhoFixes] }

// describe fills an entry in for no paste at all.
func (k *knowledge) describe(e entry) Known {
	nothing := &signs{}
	d := Known{Near: e.Near, Codes: k.codesOf(e.ID)}
	d.ID, d.Title, d.WhoFixes = e.ID, e.Title, e.Who
	d.Summary, d.Links = nothing.fill(e.Summary), nothing.links(e.Links)
	for _, step := range e.Steps {
		d.Steps = append(d.Steps, nothing.fill(step))
	}
	if e.Decides != "" {
		d.Decides = &e.Decides
	}
	return d
}

func (k *knowledge) codesOf(id string) []Code {
	var out []Code
	for name, c := range k.codes {
		if c.Cause == id {
			told, _ := explanation(name)
			out = append(out, Code{name, told})
		}
	}
	slices.SortFunc(out, func(a, b Code) int { return cmp.Or(cmp.Compare(len(a.Name), len(b.Name)), cmp.Compare(a.Name, b.Name)) })
	return out
}
