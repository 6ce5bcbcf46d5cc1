package setup

import (
	"context"
	"fmt"

	"github.com/consentry/consentry/entra"
)

// Add makes the next secret beside the one in use, as one operation; its id
// stands in the secret's name. Adding again goes on from wherever an earlier
// run stopped, and never makes a second one. The errors are those of Apply.
func (e *Engine) Add(ctx context.Context, r Rotation, operation string) (Result, error) {
	r.Want.operation = operation
	return e.rotate(ctx, r, func(a Actual, entries []Entry) (Plan, error) { return r.PlanAdd(a, entries, e.now()) })
}

// Retire removes the old secret; that it is gone already is no error. The
// errors are those of Apply.
func (e *Engine) Retire(ctx context.Context, r Rotation, operation string) (Result, error) {
	r.Want.operation = operation
	return e.rotate(ctx, r, func(a Actual, _ []Entry) (Plan, error) { return r.PlanRetire(a) })
}

func (e *Engine) rotate(ctx context.Context, r Rotation, plan func(Actual, []Entry) (Plan, error)) (Result, error) {
	c := e.newConvergence(r.Want, nil, plan)
	c.read = r.Read
	err := c.run(ctx)
	out := c.result(r.Want)
	for _, s := range liveSecrets(out.App, r.Want.Name, e.now()) {
		if s.KeyID != r.Old {
			out.Secret = &s
			break
		}
	}
	return out, err
}

// Read reads what the rotation is about.
func (r Rotation) Read(ctx context.Context, dir Directory, want Desired) (Actual, error) {
	if r.Kind != "" {
		want.Credential = r.Kind
	}
	return ReadApplication(ctx, dir, want)
}

// ReadApplication reads the environment's application and nothing about its
// consents: all that a change of its credentials needs to know.
func ReadApplication(ctx context.Context, dir Directory, want Desired) (Actual, error) {
	found, err := applications(ctx, dir, want)
	if err != nil {
		return Actual{}, fmt.Errorf("read the directory: %w", err)
	}
	if len(found) == 0 {
		return Actual{}, nil
	}
	return Actual{App: &found[0], Others: found[1:]}, nil
}

// Within shortens the secret's lifetime to what the tenant lets one have. It
// returns what a person should know of it; empty when nothing is shortened.
func (d Desired) Within(p entra.Policies) (Desired, string) {
	most := p.MaxSecretLifetime
	if most == nil || *most <= 0 || *most >= days(d.Secret.LifetimeDays) {
		return d, ""
	}
	d.most = *most
	return d, fmt.Sprintf("The tenant's policy lets a client secret last %s at most, so it lasts that long.", spanWords(*most))
}
