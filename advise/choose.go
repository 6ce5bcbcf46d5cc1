package advise

import (
	"cmp"
	"slices"
	"sync"

	"github.com/consentry/consentry/entra"
)

// needsOf are the different lists of scopes that operations name, those that
// can be registered alone where there are any.
func needsOf(ops []Operation) [][]string {
	var out [][]string
	seen := map[string]bool{}
	for _, o := range ops {
		scopes := slices.DeleteFunc(slices.Clone(o.Scopes), func(s string) bool {
			known, ok := entra.LookupScope(s)
			return !ok || !known.Registrable()
		})
		if len(scopes) == 0 {
			scopes = o.Scopes
		}
		key := entra.ScopeString("", scopes, false, false)
		if len(scopes) > 0 && !seen[key] {
			seen[key] = true
			out = append(out, scopes)
		}
	}
	return out
}

// choose picks one scope of each list so that the cost of all is the least.
//
// Only scopes that a list names need to be tried. Let S be any set that covers
// the lists: each list then names a scope that S holds or implies, and the set
// of these reaches no further than S; without those of them that others imply
// it has no more names either. So trying one scope of each list in every
// combination finds the least cost. Lists that a scope without choice covers
// take no part in it: ten different lists with a choice are in the table.
func choose(lists [][]string) []string {
	var fixed []string
	for _, l := range lists {
		if len(l) == 1 {
			fixed = append(fixed, l[0])
		}
	}
	var open [][]string
	for _, l := range lists {
		if !slices.ContainsFunc(l, func(s string) bool { _, ok := entra.Covers(fixed, s); return ok }) {
			open = append(open, l)
		}
	}
	best := candidate{names: maximal(fixed)}
	combine(fixed, open, func(names []string) {
		if c := weighed(maximal(names)); best.weight == nil || slices.Compare(c.weight, best.weight) < 0 {
			best = c
		}
	})
	return best.names
}

// combine calls f with fixed and one scope of each list, in every combination.
func combine(fixed []string, lists [][]string, f func([]string)) {
	if len(lists) == 0 {
		f(fixed)
		return
	}
	for _, s := range lists[0] {
		combine(append(slices.Clone(fixed), s), lists[1:], f)
	}
}

// A candidate is a set of scopes with what it costs: far-reaching scopes,
// scopes in all, names, and the places in the table to decide between equals.
type candidate struct {
	names  []string
	weight []int
}

func weighed(names []string) candidate {
	reach := reachOf(names)
	high := 0
	for s := range reach {
		if known, ok := entra.LookupScope(s); ok && known.HighPrivilege {
			high++
		}
	}
	weight := []int{high, len(reach), len(names)}
	for _, s := range names {
		weight = append(weight, place(s))
	}
	return candidate{names, weight}
}

// reachOf is every scope that a token with these can stand for.
func reachOf(names []string) map[string]bool {
	reach := map[string]bool{}
	for _, s := range names {
		reach[s] = true
		known, _ := entra.LookupScope(s)
		for _, implied := range known.Implies {
			reach[implied] = true
		}
	}
	return reach
}

// maximal leaves out what another of the scopes implies, in the order of the
// table.
func maximal(names []string) []string {
	var out []string
	for i, s := range names {
		implied := slices.ContainsFunc(names, func(other string) bool { return other != s && entra.Implies(other, s) })
		if !implied && !slices.Contains(names[:i], s) {
			out = append(out, s)
		}
	}
	slices.SortFunc(out, func(a, b string) int { return cmp.Compare(place(a), place(b)) })
	return out
}

// places are where the scopes stand in the table.
var places = sync.OnceValue(func() map[string]int {
	at := map[string]int{}
	for i, s := range entra.DevOpsScopes() {
		at[s.Value] = i
	}
	return at
})

func place(scope string) int { return places()[scope] }
