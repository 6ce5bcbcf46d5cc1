package setup

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// result is what the operation leaves behind: from the last reading, or,
// where that failed, from what the answers told.
func (c *convergence) result(want Desired) Result {
	r := Result{Changed: c.done, Left: c.left(), Proven: c.proven, Words: c.words(want)}
	if c.ids != nil {
		r.App, r.Principal = c.ids.app, c.ids.principal
	}
	if c.actual.App == nil {
		return r
	}
	r.App = *c.actual.App
	if c.actual.Principal != "" {
		r.Principal = c.actual.Principal
	}
	if live := liveSecrets(r.App, want.Name, c.now()); len(live) > 0 {
		r.Secret = &live[0]
	}
	return r
}

// left are the pending steps without those done since the last reading.
func (c *convergence) left() []Step {
	return slices.DeleteFunc(c.steps.Pending(), func(s Step) bool {
		return c.acted && slices.ContainsFunc(c.done, func(d Step) bool { return d.ID == s.ID })
	})
}

// words are what a person should read.
func (c *convergence) words(want Desired) []string {
	var out []string
	replaced := "It was removed; a new one is still to be made."
	if slices.ContainsFunc(c.done, func(s Step) bool { return s.ID == stepSecret }) {
		replaced = "It was removed and replaced by a new one."
	}
	for _, s := range c.done {
		if key, _ := s.ID.secret(); strings.HasPrefix(string(s.ID), lostSecretPrefix) {
			out = append(out, fmt.Sprintf("The client secret with ID %s was lost: it was made, but nobody has its value. %s", key, replaced))
		}
	}
	for _, s := range c.steps.Steps {
		if s.Action == Keep && s.Note != "" {
			out = append(out, s.Note)
		}
	}
	if !want.Consent {
		out = append(out, "Nobody consented for the whole tenant: people are asked when they connect, or an administrator consents.")
	}
	return out
}

// Proof is the result of a run that found nothing to do: what was read.
func Proof(want Desired, actual Actual, plan Plan, now time.Time) Result {
	c := &convergence{Engine: &Engine{Now: func() time.Time { return now }}, actual: actual, steps: plan, proven: len(plan.Pending()) == 0}
	return c.result(want)
}
