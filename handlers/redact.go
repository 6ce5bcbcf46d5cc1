package handlers

import (
	"regexp"
	"slices"

	"github.com/gin-gonic/gin"

	"github.com/consentry/consentry/checks"
	"github.com/consentry/consentry/setup"
	"github.com/consentry/consentry/store"
)

// How a client secret begins is for those who may see it whole. To everybody
// else pages show client IDs, expiry dates and the rest, and leave that out.

// seesHints reports whether whoever asks may see how secrets begin.
func (h *Handlers) seesHints(c *gin.Context) bool { return h.role(c) >= Admin }

// runFor is a run as whoever asks may see it.
func (h *Handlers) runFor(c *gin.Context, run store.Run) store.Run {
	if h.seesHints(c) {
		return run
	}
	mask := checks.NewHintMask(run.Facts)
	run.Facts, run.Results = mask.Facts(run.Facts), mask.Results(run.Results)
	if run.Fix != nil {
		fix := *run.Fix
		fix.Before, fix.Say, fix.Error = mask.Results(fix.Before), mask.Text(fix.Say), mask.Text(fix.Error)
		run.Fix = &fix
	}
	return run
}

// withoutHints leaves the findings of a run under way out: what they name is
// not known before its end.
func (p *runPage) withoutHints() {
	for i := range p.Rows {
		p.Rows[i].Findings = nil
	}
}

// withoutHints leaves out how secrets begin.
func (p *environmentPage) withoutHints() {
	for i := range p.Secrets {
		p.Secrets[i].Hint = ""
	}
	if p.Reminders == nil {
		return
	}
	for i := range p.Reminders.Upcoming {
		p.Reminders.Upcoming[i].Called = withoutHint(p.Reminders.Upcoming[i].Called)
	}
}

func rowsWithoutHints(rows []progressRow) []progressRow {
	rows = slices.Clone(rows)
	for i := range rows {
		rows[i].Diffs = diffsWithoutHints(rows[i].Diffs)
	}
	return rows
}

func planWithoutHints(rows []planRow) []planRow {
	rows = slices.Clone(rows)
	for i := range rows {
		rows[i].Diffs = diffsWithoutHints(rows[i].Diffs)
	}
	return rows
}

func diffsWithoutHints(diffs []setup.Diff) []setup.Diff {
	diffs = slices.Clone(diffs)
	for i, d := range diffs {
		diffs[i].Old, diffs[i].New = withoutHint(d.Old), withoutHint(d.New)
	}
	return diffs
}

// shownHint is the beginning of a secret as our own texts have it.
var shownHint = regexp.MustCompile(`(^|[ (])\S{3}…`)

func withoutHint(s string) string { return shownHint.ReplaceAllString(s, "$1…") }

// offersNothing takes the ways to changes out, for those who may not even look
// at them.
func (p *runPage) offersNothing() {
	p.each(func(row *checkRow) {
		for i := range row.Findings {
			row.Findings[i].Fix = ""
		}
	})
	if p.Grants != nil {
		p.Grants.All = ""
		for i := range p.Grants.Rows {
			p.Grants.Rows[i].Revoke = ""
		}
	}
	for i := range p.Secrets {
		p.Secrets[i].Remove = ""
	}
	p.Rotate = ""
}
