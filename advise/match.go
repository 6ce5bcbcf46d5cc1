package advise

import (
	"cmp"
	"slices"
	"strings"
)

// A Match is an operation whose path an address fits.
type Match struct {
	Operation Operation
	// Exact: the address has every part of the template and no other.
	Exact bool

	deviations, literals int
}

// most is how many matches are worth showing.
const most = 5

// Matches finds the operations a request may be, best first: of the method,
// or of every method when it is empty. A HEAD is a GET where there is no HEAD.
// The address may be of any host, or a path alone.
func Matches(method, address string) []Match {
	c, ok := parseCall(address)
	if !ok {
		return nil
	}
	method = strings.ToUpper(strings.TrimSpace(method))
	found := c.matches(func(o Operation) bool { return method == "" || o.Method == method })
	if len(found) == 0 && method == "HEAD" {
		found = c.matches(func(o Operation) bool { return o.Method == "GET" })
	}
	return found
}

// OtherMethods are the methods that the path of an address is known with,
// where it is not known with the one that was used.
func OtherMethods(method, address string) []string {
	c, ok := parseCall(address)
	if !ok || len(Matches(method, address)) > 0 {
		return nil
	}
	var out []string
	for _, m := range c.matches(func(Operation) bool { return true }) {
		if m.deviations < idMissing && !slices.Contains(out, m.Operation.Method) {
			out = append(out, m.Operation.Method)
		}
	}
	slices.Sort(out)
	return out
}

func (c call) matches(takes func(Operation) bool) []Match {
	var out []Match
	for _, o := range operations().all {
		if !takes(o) {
			continue
		}
		if m, ok := c.fit(o); ok {
			out = append(out, m)
		}
	}
	slices.SortStableFunc(out, func(a, b Match) int {
		return cmp.Or(cmp.Compare(a.deviations, b.deviations), cmp.Compare(b.literals, a.literals))
	})
	return out[:min(len(out), most)]
}

// What a difference between address and template weighs. A project or a team
// may be left out of most paths; an id that is missing at the end is optional
// in few.
const (
	scopeDiffers   = 1
	serviceDiffers = 2
	idMissing      = 4
)

// fit compares an address with a template.
func (c call) fit(o Operation) (Match, bool) {
	m := Match{Operation: o}
	rest, ok := m.fitSegments(c.segments, o.anchors)
	if !ok {
		return m, false
	}
	switch {
	case rest < 0:
		m.deviations -= rest * idMissing
	case rest > 0 && !eatsRest(o.anchors):
		return m, false
	}
	m.deviations += scopeDiffers * distance(len(c.before), scopeParts(o))
	if c.known && c.service != serviceOf(o.Host) {
		m.deviations += serviceDiffers
	}
	m.Exact = m.deviations == 0
	return m, true
}

func distance(a, b int) int { return max(a-b, b-a) }

// scopeParts counts the parts of a template between organization and API.
func scopeParts(o Operation) int {
	n := len(o.before)
	if n > 0 && o.before[0] == "{organization}" {
		n--
	}
	return n
}

// fitSegments compares the parts one by one. rest is how many more the address
// has than the template; negative where ids at the template's end are missing.
func (m *Match) fitSegments(address, template []string) (rest int, ok bool) {
	for i, want := range template {
		if i >= len(address) {
			if i < 2 || slices.ContainsFunc(template[i:], func(s string) bool { return !isPlaceholder(s) }) {
				return 0, false
			}
			return i - len(template), true
		}
		if !m.fitSegment(address[i], want) {
			return 0, false
		}
	}
	return len(address) - len(template), true
}

// fitSegment: a placeholder takes anything, behind its first sign if it has
// one, as "${type}" has.
func (m *Match) fitSegment(got, want string) bool {
	open := strings.IndexByte(want, '{')
	if open < 0 {
		m.literals += 2
		return strings.EqualFold(got, want)
	}
	if open > 0 {
		m.literals++
	}
	return strings.HasPrefix(got, want[:open]) && len(got) > open
}

// eatsRest: what the last placeholder stands for may itself hold slashes.
func eatsRest(template []string) bool {
	switch template[len(template)-1] {
	case "{path}", "{fileName}", "{query}", "{entity}":
		return true
	}
	return false
}
