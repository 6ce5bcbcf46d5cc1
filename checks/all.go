package checks

import "slices"

// All are the checks in the order they are shown. The order is the report;
// what a check comes after stands before it.
var All = slices.Concat(anonymousChecks, secretChecks, graphChecks, tokenChecks)

var byID = func() map[string]*Check {
	m := map[string]*Check{}
	for _, c := range All {
		m[c.ID] = c
	}
	return m
}()
