package checks

import (
	"slices"

	"github.com/consentry/consentry/entra"
)

// A HintMask replaces the beginnings of client secrets and nothing else, for
// people who may see everything but what a secret looks like. The same
// beginning has the same stand-in everywhere, so that what was found stays
// true.
type HintMask struct{ mask *Mask }

// NewHintMask collects the beginnings in the facts.
func NewHintMask(f Facts) HintMask {
	c := collector{mask: &Mask{hints: map[string]string{}}}
	c.hints(f)
	return HintMask{c.mask}
}

// Facts returns f with every beginning replaced.
func (h HintMask) Facts(f Facts) Facts {
	f.Given.Secret.Hint = h.mask.hint(f.Given.Secret.Hint)
	if app := f.Application.Or(nil); app != nil {
		masked := *app
		masked.Secrets = slices.Clone(app.Secrets)
		for i := range masked.Secrets {
			masked.Secrets[i].Hint = h.mask.hint(masked.Secrets[i].Hint)
		}
		f.Application = Known[*entra.Application](&masked, f.Application.From)
	}
	return f
}

// Results returns the results with every beginning replaced. What a finding
// offers to change stays in words only.
func (h HintMask) Results(results []Result) []Result {
	return rewritten(results, func(key, s string) string {
		if key == "id" || key == "cause" || key == "outcome" {
			return s
		}
		return h.Text(s)
	})
}

// Text replaces in a text.
func (h HintMask) Text(s string) string { return h.mask.hintsIn(s) }
