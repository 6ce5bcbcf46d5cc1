package advise

import (
	"cmp"
	"slices"
	"strings"
)

// searchText is what the words of a search are looked for in.
func searchText(o Operation, a Area) string {
	return strings.ToLower(strings.Join([]string{o.Name, a.Label, a.words, o.Method, o.Path, strings.Join(o.Scopes, " ")}, " "))
}

// Search finds the operations that all words of a query stand in: in the name,
// the area, what people call it besides, the method, the path or the scopes.
// Those with the words in their name come first, and of them the common ones.
// An empty query finds nothing.
func Search(query string) []Operation {
	words := strings.Fields(strings.ToLower(query))
	if len(words) == 0 {
		return nil
	}
	var out []Operation
	for _, o := range operations().all {
		if holdsAll(o.text, words) {
			out = append(out, o)
		}
	}
	slices.SortStableFunc(out, func(a, b Operation) int {
		return cmp.Or(cmp.Compare(missed(a, words), missed(b, words)), cmp.Compare(uncommon(a), uncommon(b)))
	})
	return out
}

func uncommon(o Operation) int {
	if slices.Contains(common, o.ID) {
		return 0
	}
	return 1
}

func holdsAll(text string, words []string) bool {
	return !slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(text, w) })
}

// missed counts the words that are not in the name.
func missed(o Operation, words []string) int {
	name, n := strings.ToLower(o.Name), 0
	for _, w := range words {
		if !strings.Contains(name, w) {
			n++
		}
	}
	return n
}
