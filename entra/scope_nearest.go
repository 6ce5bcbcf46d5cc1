package entra

import "strings"

// Nearest finds the registrable Azure DevOps scope a misspelt name most
// likely means: by its label ("Work items (full)"), without the leading
// "vso.", or a few letters off. ok is false when nothing is near.
func Nearest(name string) (value string, ok bool) {
	name = strings.ToLower(strings.TrimSpace(name))
	best := 1 + len(name)/5 // letters that may be off
	for _, s := range scopes().all {
		if !s.Registrable() {
			continue
		}
		if strings.ToLower(s.Name) == name || s.Value == "vso."+name {
			return s.Value, true
		}
		d := min(distance(s.Value, name, best+1), distance(s.Value, "vso."+name, best+1))
		if d < best || d == best && !ok {
			best, value, ok = d, s.Value, true
		}
	}
	return value, ok
}

// distance counts the letters to insert, delete or replace between two
// names; it gives up at most.
func distance(a, b string, most int) int {
	if len(a)-len(b) >= most || len(b)-len(a) >= most {
		return most
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			diagonal, row[j+1] = row[j+1], min(row[j]+1, row[j+1]+1, diagonal+cost)
		}
	}
	return min(row[len(b)], most)
}

// Closest finds the text in a list that takes the fewest letters to turn into
// another, letter case ignored at first; ok is false for an empty list.
func Closest(to string, list []string) (nearest string, ok bool) {
	best := 0
	for _, s := range list {
		d := Distance(strings.ToLower(s), strings.ToLower(to))
		if !ok || d < best {
			best, nearest, ok = d, s, true
		}
	}
	return nearest, ok
}

// Distance counts the bytes to insert, delete or replace between two texts.
func Distance(a, b string) int { return distance(a, b, len(a)+len(b)+1) }
