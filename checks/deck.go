package checks

import (
	"fmt"
	"slices"
)

// A deck is a list of checks on their way to being decided. What a check
// comes after counts only when it is in the same list.
type deck struct {
	byID    map[string]*Check
	waiting []*Check
	done    map[string]Result
}

func newDeck(checks []*Check) *deck {
	d := &deck{byID: map[string]*Check{}, waiting: checks, done: map[string]Result{}}
	for _, c := range checks {
		d.byID[c.ID] = c
	}
	return d
}

// inOrder lists what has been decided in the order of checks.
func (d *deck) inOrder(checks []*Check) []Result {
	out := make([]Result, 0, len(checks))
	for _, c := range checks {
		out = append(out, d.done[c.ID])
	}
	return out
}

// next decides one check that can be decided, in the order of display.
func (d *deck) next(f *Facts) (Result, bool) {
	for i, c := range d.waiting {
		if d.ready(c, f) {
			return d.take(i, f), true
		}
	}
	return Result{}, false
}

// take decides the i-th waiting check.
func (d *deck) take(i int, f *Facts) Result {
	c := d.waiting[i]
	d.waiting = slices.Delete(slices.Clone(d.waiting), i, i+1)
	r := d.decide(c, f)
	d.done[c.ID] = r
	return r
}

// ready: what the check comes after is decided, and so is everything else
// that its answer may hang on.
func (d *deck) ready(c *Check, f *Facts) bool {
	switch {
	case !d.decided(c.After):
		return false
	case c.Applies != nil && !c.Applies(f), d.follows(c) != "", f.Given.lacking(c.Asks) != nil:
		return true
	}
	return f.settled(c.Needs) && f.settled(c.Wants) && d.decided(c.Behind)
}

func (d *deck) decided(ids []string) bool {
	return !slices.ContainsFunc(ids, func(id string) bool {
		_, here := d.byID[id]
		_, done := d.done[id]
		return here && !done
	})
}

// decide answers a check that is ready. A panic is a defect of the check and
// makes it unknown.
func (d *deck) decide(c *Check, f *Facts) (r Result) {
	defer func() {
		if p := recover(); p != nil {
			r = Result{ID: c.ID, Outcome: Unknown, Because: "This check met " + defect(p) + ".", Would: "Report it with the JSON of this run."}
		}
	}()
	if c.Applies != nil && !c.Applies(f) {
		return Result{ID: c.ID, Outcome: NotApplicable}
	}
	if cause := d.follows(c); cause != "" {
		return d.skip(c, cause)
	}
	if gap := d.gap(c, f); gap != nil {
		return Result{ID: c.ID, Outcome: Unknown, Because: gap.Why, Would: gap.Would, NotGiven: gap.NotGiven}
	}
	if c.Concerns != nil && !c.Concerns(f) {
		return Result{ID: c.ID, Outcome: NotApplicable}
	}
	if gap := c.open(f); gap != nil {
		return Result{ID: c.ID, Outcome: Unknown, Because: gap.Why, Would: gap.Would, NotGiven: gap.NotGiven}
	}
	findings := inWords(c.Evaluate(f))
	if cause := d.saidBy(c, findings); cause != "" {
		return d.skip(c, cause)
	}
	r = Result{ID: c.ID, Outcome: outcomeOf(findings), Findings: findings}
	if r.Outcome == Passed && c.Shows != nil {
		r.Shown = c.Shows(f)
	}
	return r
}

// inWords writes what each change does beside it.
func inWords(findings []Finding) []Finding {
	for i := range findings {
		if ch := findings[i].Mend.Change; ch != nil {
			findings[i].Mend.Offer = ch.Describe()
		}
	}
	return findings
}

// gap is what is not there of what the check asks for and needs.
func (d *deck) gap(c *Check, f *Facts) *Gap {
	if gap := f.Given.lacking(c.Asks); gap != nil {
		return gap
	}
	return f.missing(c.Needs)
}

func (c *Check) open(f *Facts) *Gap {
	if c.Open == nil {
		return nil
	}
	return c.Open(f)
}

func outcomeOf(findings []Finding) Outcome {
	if len(findings) > 0 {
		return Failed
	}
	return Passed
}

func (d *deck) skip(c *Check, cause string) Result {
	return Result{ID: c.ID, Outcome: Skipped, Cause: cause, Because: fmt.Sprintf("It follows from this not being so: %s.", d.byID[cause].Title)}
}

// follows finds the failed check at the root of one that c comes after.
func (d *deck) follows(c *Check) (cause string) {
	for _, id := range c.After {
		switch e := d.done[id]; e.Outcome {
		case Failed:
			return id
		case Skipped:
			return e.Cause
		}
	}
	return ""
}

// saidBy finds a failed check that explains every code c found.
func (d *deck) saidBy(c *Check, findings []Finding) (cause string) {
	for _, id := range c.Behind {
		if d.done[id].Outcome == Failed && len(findings) > 0 && explainsAll(d.byID[id], findings) {
			return id
		}
	}
	return ""
}

func explainsAll(c *Check, findings []Finding) bool {
	return !slices.ContainsFunc(findings, func(f Finding) bool { return !slices.Contains(c.AADSTS, f.AADSTS) })
}
