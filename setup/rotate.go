package setup

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/consentry/consentry/entra"
)

// A Rotation replaces a client secret with overlap: another one is added, it
// is handed over and proven, and only then the old one is removed. Neither
// half looks at anything but the application's secrets.
type Rotation struct {
	Want Desired
	// Old is the secret in use. Adding leaves it alone; retiring removes it.
	// Empty when none is.
	Old entra.KeyID
	// New takes its place: Old is retired only while New is there. Empty for an
	// old one that goes in any case, because it leaked.
	New entra.KeyID
	// Kind is what Old is where it is to be retired; empty means a client
	// secret. Of a federated credential Old is the name.
	Kind entra.CredentialKind
}

// PlanAdd decides how the next secret comes about beside the one in use. It is
// pure. Of the environment's own secrets there is never more than one besides
// the old one: one that is there already is the new one, whoever made it, and
// one whose value nobody has is removed before another is made.
//
// The step that adds is the one that adds in a setup, so that what a rotation
// left half done is waited for and found there too, and the other way round.
func (r Rotation) PlanAdd(actual Actual, entries []Entry, now time.Time) (Plan, error) {
	if err := r.Ready(actual); err != nil {
		return Plan{}, err
	}
	p := planner{r.Want, actual, newHistory(entries), now}
	var steps []Step
	if old, ok := secretOf(*actual.App, r.Old); ok {
		steps = append(steps, Step{ID: oldSecretStep(old.KeyID), Action: Keep, Title: fmt.Sprintf("Keep the client secret %q for now", describe(old)),
			Note: "It goes on working until the new one is proven and you retire it."})
	}
	others := slices.DeleteFunc(liveSecrets(*actual.App, r.Want.Name, now), func(s entra.Secret) bool { return s.KeyID == r.Old })
	removals := p.removeLost(others)
	others = slices.DeleteFunc(others, p.history.lost)
	if len(others) > 0 {
		return Plan{append(append(steps, removals...), p.keepSecret(others))}, nil
	}
	return Plan{append(append(steps, removals...), p.addSecret(removals))}, nil
}

// PlanRetire decides how the old secret goes. It is pure. Whether the new one
// is proven is the caller's to ask: a leaked secret goes at once. The error is
// that of Ready, or a *NewGoneError.
func (r Rotation) PlanRetire(actual Actual) (Plan, error) {
	if err := r.Ready(actual); err != nil {
		return Plan{}, err
	}
	switch r.Kind {
	case entra.CertificateKind:
		return r.retireCertificate(*actual.App), nil
	case entra.FederatedKind:
		return r.retireFederated(*actual.App), nil
	}
	old, ok := secretOf(*actual.App, r.Old)
	if !ok {
		return Plan{}, nil // it is gone
	}
	s := step(oldSecretStep(old.KeyID), Remove, entra.RemoveSecret{App: actual.App.ID, Key: old.KeyID}, whoChangesApps)
	s.Title = fmt.Sprintf("Remove the client secret %q with ID %s", describe(old), old.KeyID)
	s.Diffs = []Diff{{Field: "secret", Old: fmt.Sprintf("%s… valid until %s", old.Hint, old.End.UTC().Format(time.DateOnly))}}
	s.Note = stillUsed
	if r.New == "" {
		return Plan{[]Step{s}}, nil
	}
	next, ok := secretOf(*actual.App, r.New)
	if !ok {
		return Plan{}, &NewGoneError{Key: r.New}
	}
	return Plan{[]Step{{ID: nextSecretStep(r.New), Action: Keep, Title: fmt.Sprintf("Keep the client secret %q, which takes its place", describe(next))}, s}}, nil
}

const stillUsed = "Whatever still uses it is refused at the next sign-in or token renewal."

// Ready says why nothing can be rotated: a *NoApplicationError, a
// *ConflictError where it is not clear which application is the environment's,
// or a *NoSecretError where it needs no client secret.
func (r Rotation) Ready(actual Actual) error {
	switch {
	case actual.conflict(r.Want.Name) != nil:
		return actual.conflict(r.Want.Name)
	case actual.App == nil:
		return &NoApplicationError{Environment: r.Want.Name}
	case r.Kind == "" && r.Want.Credential != "" && r.Want.Credential != entra.ClientSecretKind:
		return &NoSecretError{Environment: r.Want.Name, Kind: r.Want.Credential}
	}
	return nil
}

// OldIn is the secret that the plan of an addition left alone; empty when
// there was none in use. It is how a rotation that was begun is known again.
func (p Plan) OldIn() entra.KeyID {
	for _, s := range p.Steps {
		if key, ok := s.ID.secret(); ok && s.ID == oldSecretStep(key) {
			return key
		}
	}
	return ""
}

// NewIn is the secret without which the plan of a retirement removes nothing;
// empty when the old one goes in any case.
func (p Plan) NewIn() entra.KeyID {
	for _, s := range p.Steps {
		if key, ok := strings.CutPrefix(string(s.ID), nextSecretPrefix); ok {
			return entra.KeyID(key)
		}
	}
	return ""
}

func secretOf(app entra.Application, key entra.KeyID) (entra.Secret, bool) {
	i := slices.IndexFunc(app.Secrets, func(s entra.Secret) bool { return s.KeyID == key && key != "" })
	if i < 0 {
		return entra.Secret{}, false
	}
	return app.Secrets[i], true
}

// An Addition is a rotation's first half as the store remembers it.
type Addition struct {
	Operation string      // it stands in the name of the secret it made
	Old       entra.KeyID // what was in use then
}

// An Overlap is which secrets of an application stand side by side.
type Overlap struct {
	// Old is in use until it is retired; nil when there is none.
	Old *entra.Secret
	// New is the one that takes its place; nil when none was made, or nobody
	// has its value.
	New *entra.Secret
	// Elsewhere: New was made by another machine or by hand, so its value is
	// not to be had here.
	Elsewhere bool
	// Lost are secrets of ours whose value nobody has.
	Lost []entra.Secret
	// More are further live ones with the environment's marker.
	More []entra.Secret
}

// OverlapOf reads the state of a rotation from what the application has and
// what was recorded here; additions come newest first. Nothing else is kept
// about it, so nothing can disagree with the directory. It is pure.
func OverlapOf(app entra.Application, environment string, additions []Addition, entries []Entry, now time.Time) Overlap {
	var o Overlap
	live := liveSecrets(app, environment, now)
	o.Lost = slices.DeleteFunc(slices.Clone(live), func(s entra.Secret) bool { return !newHistory(entries).lost(s) })
	live = slices.DeleteFunc(live, newHistory(entries).lost)
	if added := o.fromAdditions(app, environment, live, additions, now); added {
		live = slices.DeleteFunc(live, func(s entra.Secret) bool { return o.has(s.KeyID) })
	} else {
		live = o.fromAges(live)
	}
	o.More = live
	if o.Old == nil && o.New == nil {
		o.Old = onlyForeign(app, environment, now)
	}
	return o
}

// Settled is the overlap once the new secret is in use: where no old one is
// left beside it, the rotation is over and it is the one that the next will
// replace.
func (o Overlap) Settled(inUse func(entra.KeyID) bool) Overlap {
	if o.New != nil && o.Old == nil && !o.Elsewhere && inUse(o.New.KeyID) {
		o.Old, o.New = o.New, nil
	}
	return o
}

// fromAdditions finds the new secret by the operation in its name.
func (o *Overlap) fromAdditions(app entra.Application, environment string, live []entra.Secret, additions []Addition, now time.Time) bool {
	for _, a := range additions {
		i := slices.IndexFunc(live, func(s entra.Secret) bool { op, _ := entra.IsOurSecret(s.Name, environment); return op == a.Operation })
		if i < 0 {
			continue
		}
		o.New = new(live[i])
		if old, ok := secretOf(app, a.Old); ok && !old.ExpiredAt(now) && old.KeyID != o.New.KeyID {
			o.Old = &old
		}
		return true
	}
	return false
}

// fromAges takes the newest as the new one where there are several that no
// rotation recorded here made.
func (o *Overlap) fromAges(live []entra.Secret) (more []entra.Secret) {
	switch len(live) {
	case 0:
		return nil
	case 1:
		o.Old = new(live[0])
		return nil
	}
	o.New, o.Old, o.Elsewhere = new(live[0]), new(live[1]), true
	return live[2:]
}

func (o *Overlap) has(key entra.KeyID) bool {
	return o.Old != nil && o.Old.KeyID == key || o.New != nil && o.New.KeyID == key
}

// onlyForeign is the one live secret of an application that was set up by
// hand: it must be the one in use.
func onlyForeign(app entra.Application, environment string, now time.Time) *entra.Secret {
	foreign := slices.DeleteFunc(slices.Clone(app.Secrets), func(s entra.Secret) bool {
		_, ours := entra.IsOurSecret(s.Name, environment)
		return ours || s.ExpiredAt(now)
	})
	if len(foreign) != 1 {
		return nil
	}
	return &foreign[0]
}
