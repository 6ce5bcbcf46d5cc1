package checks

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

var kebabCase = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)

// Validate reports everything that is wrong with a list of checks: ids that
// are not unique kebab-case, missing texts, facts and inputs that do not
// exist, and an order in which they cannot be decided.
func Validate(checks []*Check) error {
	v := validation{at: map[string]int{}}
	for i, c := range checks {
		if _, twice := v.at[c.ID]; twice {
			v.complain(c, "its id is taken already")
		}
		v.at[c.ID] = i
	}
	for i, c := range checks {
		v.texts(c)
		v.names(c)
		v.order(c, i)
	}
	v.groups(checks)
	v.cycles(checks)
	return errors.Join(v.errs...)
}

type validation struct {
	at   map[string]int
	errs []error
}

func (v *validation) complain(c *Check, format string, args ...any) {
	v.errs = append(v.errs, fmt.Errorf("check %q: %s", c.ID, fmt.Sprintf(format, args...)))
}

// texts are what a person reads.
func (v *validation) texts(c *Check) {
	for _, t := range []struct {
		wrong bool
		says  string
	}{
		{!kebabCase.MatchString(c.ID), "its id is not in kebab-case"},
		{c.Title == "", "it has no title"},
		{strings.HasSuffix(c.Title, "."), "its title ends with a full stop"},
		{c.Why == "", "it does not say why"},
		{!strings.HasPrefix(c.Cites, "https://"), "it cites no page"},
		{!slices.Contains([]Severity{Blocks, Risks, Advises}, c.Severity), "its severity is none"},
		{!slices.Contains(Groups, c.Group), "its group is none"},
		{c.Evaluate == nil, "it evaluates nothing"},
	} {
		if t.wrong {
			v.complain(c, "%s", t.says)
		}
	}
}

// names are of facts and inputs.
func (v *validation) names(c *Check) {
	for _, n := range slices.Concat(c.Needs, c.Wants) {
		if !slices.Contains(AllNeeds, n) {
			v.complain(c, "there is no fact %q", n)
		}
	}
	for _, n := range c.Wants {
		if slices.Contains(c.Needs, n) {
			v.complain(c, "it both needs and wants %q", n)
		}
	}
	for _, in := range c.Asks {
		if _, ok := inputs[in]; !ok {
			v.complain(c, "there is no input %q", in)
		}
	}
}

func (v *validation) order(c *Check, i int) {
	for _, id := range c.After {
		if at, ok := v.at[id]; !ok || at >= i {
			v.complain(c, "%q, which it comes after, does not stand before it", id)
		}
	}
	for _, id := range c.Behind {
		if _, ok := v.at[id]; !ok {
			v.complain(c, "%q, which it stands behind, does not exist", id)
		}
	}
}

// groups are shown one after the other.
func (v *validation) groups(checks []*Check) {
	for i := 1; i < len(checks); i++ {
		if slices.Index(Groups, checks[i].Group) < slices.Index(Groups, checks[i-1].Group) {
			v.complain(checks[i], "it stands behind checks of a later group")
		}
	}
}

// cycles finds checks that wait for themselves: After alone cannot make one,
// Behind can.
func (v *validation) cycles(checks []*Check) {
	const open, closed = 1, 2
	state := map[string]int{}
	var visit func(c *Check) bool
	visit = func(c *Check) bool {
		if state[c.ID] != 0 {
			return state[c.ID] == open
		}
		state[c.ID] = open
		defer func() { state[c.ID] = closed }()
		for _, id := range slices.Concat(c.After, c.Behind) {
			if at, ok := v.at[id]; ok && visit(checks[at]) {
				return true
			}
		}
		return false
	}
	for _, c := range checks {
		if visit(c) {
			v.complain(c, "it waits for itself")
			return
		}
	}
}
