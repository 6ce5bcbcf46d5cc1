package bootstrap

import (
	"errors"
	"slices"
	"strings"

	"github.com/consentry/consentry/entra"
)

// SecretName is the display name of a client secret that an operation asked
// for.
func (w Want) SecretName(operation string) string {
	return entra.SecretName("Console", w.UniqueName(), operation)
}

// ErrOtherSecret: the place holds a secret that the registration does not
// have.
var ErrOtherSecret = errors.New("the file holds a client secret that the app registration does not have: it was removed there, or is of another registration. Move the file away to get a new secret")

// secret asks for one where the registration has none of ours, and takes away
// one whose answer was lost. One that is there although the place is empty was
// taken elsewhere and is left alone.
func (p planner) secret() ([]*Step, error) {
	if p.want.Secret == nil {
		return nil, nil
	}
	ours := p.ours()
	switch {
	case p.place.Operation != "":
		return append(p.lost(ours), p.addSecret()), nil
	case p.place.Hint != "" && !slices.ContainsFunc(ours, func(s entra.Secret) bool { return s.Hint == p.place.Hint }):
		return nil, ErrOtherSecret
	case len(ours) > 0:
		return nil, nil
	}
	return []*Step{p.addSecret()}, nil
}

// ours are the registration's secrets that a bootstrap made.
func (p planner) ours() []entra.Secret {
	if p.actual.App == nil {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(p.actual.App.Secrets), func(s entra.Secret) bool {
		_, is := entra.IsOurSecret(s.Name, p.want.UniqueName())
		return !is
	})
}

// lost removes what the operation that was cut off asked for.
func (p planner) lost(ours []entra.Secret) []*Step {
	var steps []*Step
	for _, s := range ours {
		if operation, _ := entra.IsOurSecret(s.Name, p.want.UniqueName()); operation == p.place.Operation {
			steps = append(steps, step(StepID(lostSecretPrefix+string(s.KeyID)), entra.RemoveSecret{App: p.appID(), Key: s.KeyID}, whoChanges, true))
		}
	}
	return steps
}

func (p planner) addSecret() *Step {
	return step(StepSecret, entra.AddSecret{App: p.appID(), Secret: *p.want.Secret}, whoChanges, p.actual.App != nil)
}

// isLost reports whether a step takes a lost secret away.
func (id StepID) isLost() bool { return strings.HasPrefix(string(id), lostSecretPrefix) }
