package setup

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/consentry/consentry/entra"
)

// previewOperation stands for the operation's id in a plan that is only
// looked at.
const previewOperation = "{operation}"

func (p planner) newSecret() entra.NewSecret {
	operation := cmp.Or(p.want.operation, previewOperation)
	life := days(p.want.Secret.LifetimeDays)
	if p.want.most > 0 {
		life = p.want.most
	}
	return entra.NewSecret{
		Name: entra.SecretName(p.want.Secret.Description, p.want.Name, operation),
		End:  p.now.UTC().Add(life - clockAllowance).Truncate(time.Second),
	}
}

// secret decides about the client secret: at most one live one of ours, with
// a value somebody has.
func (p planner) secret() []Step {
	if p.actual.App == nil {
		return []Step{{
			ID: stepSecret, Action: Create, After: []StepID{stepApplication}, Who: whoCreatesApps,
			Title: fmt.Sprintf("Make the client secret %q in the same request", p.want.Secret.Description),
			Diffs: []Diff{{Field: "secret valid until", New: p.newSecret().End.Format(time.DateOnly)}},
			Note:  "Should the answer not carry its value, POST addPassword follows.",
		}}
	}
	good := liveSecrets(*p.actual.App, p.want.Name, p.now)
	steps := p.removeLost(good)
	good = slices.DeleteFunc(good, p.history.lost)
	if p.want.NewSecret {
		for _, s := range good {
			if !p.isNew(s) {
				steps = append(steps, p.removeSecret(oldSecretStep(s.KeyID), s, "It is replaced: the integration works again once it has the new one."))
			}
		}
		good = slices.DeleteFunc(good, func(s entra.Secret) bool { return !p.isNew(s) })
	}
	if len(good) > 0 {
		return append(steps, p.keepSecret(good))
	}
	return append(steps, p.addSecret(steps))
}

// removeLost takes away those of live whose value nobody has.
func (p planner) removeLost(live []entra.Secret) []Step {
	var steps []Step
	for _, s := range live {
		if p.history.lost(s) {
			steps = append(steps, p.removeSecret(lostSecretStep(s.KeyID), s, "Nobody has its value: the answer that carried it was lost, or it was never looked at in time. It is removed, so that no unknown key to the application lives on."))
		}
	}
	return steps
}

// isNew reports whether the operation at work made the secret.
func (p planner) isNew(s entra.Secret) bool {
	operation, _ := entra.IsOurSecret(s.Name, p.want.Name)
	return operation == p.want.operation
}

// liveSecrets are those with the environment's marker that have not expired,
// newest first.
func liveSecrets(app entra.Application, environment string, now time.Time) []entra.Secret {
	var live []entra.Secret
	for _, s := range app.Secrets {
		if _, ours := entra.IsOurSecret(s.Name, environment); ours && !s.ExpiredAt(now) {
			live = append(live, s)
		}
	}
	slices.SortStableFunc(live, func(a, b entra.Secret) int { return b.Start.Compare(a.Start) })
	return live
}

// describe is a secret's name without our marker, which only the directory
// needs.
func describe(s entra.Secret) string {
	if i := strings.LastIndex(s.Name, "["); i > 0 {
		return strings.TrimSpace(s.Name[:i])
	}
	return s.Name
}

// keepSecret leaves what is there: two of which this journal knows both are a
// rotation on its way, and no difference from what should be.
func (p planner) keepSecret(good []entra.Secret) Step {
	s := Step{
		ID: stepSecret, Action: Keep,
		Title: fmt.Sprintf("Keep the client secret %q, valid until %s", describe(good[0]), good[0].End.UTC().Format(time.DateOnly)),
	}
	switch {
	case len(good) == 2 && p.history.known[good[0].KeyID] && p.history.known[good[1].KeyID]:
		s.Note = "It is being rotated: the old secret works beside the new one until it is retired."
	case len(good) > 1:
		s.Note = fmt.Sprintf("%d secrets of this environment are valid, made by different machines. Remove in the portal the ones that the integration does not use.", len(good))
	}
	return s
}

func (p planner) removeSecret(id StepID, old entra.Secret, note string) Step {
	s := step(id, Remove, entra.RemoveSecret{App: p.actual.App.ID, Key: old.KeyID}, whoChangesApps, stepApplication)
	s.Title = fmt.Sprintf("Remove the client secret %q with ID %s", describe(old), old.KeyID)
	s.Note = note
	return s
}

// addSecret waits for the removals: there is never more than one of ours, and
// changes of one application's secrets do not go side by side.
func (p planner) addSecret(removals []Step) Step {
	c := entra.AddSecret{App: p.actual.App.ID, Secret: p.newSecret()}
	after := []StepID{stepApplication}
	for _, r := range removals {
		after = append(after, r.ID)
	}
	s := step(stepSecret, Create, c, whoChangesApps, after...)
	s.Title = fmt.Sprintf("Add the client secret %q", p.want.Secret.Description)
	s.Diffs = []Diff{{Field: "secret valid until", New: c.Secret.End.Format(time.DateOnly)}}
	return s
}
