package setup

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/consentry/consentry/entra"
)

// A Removal says what undoing an environment would delete and what stops
// working then.
type Removal struct {
	Plan Plan
	// Stops are sentences about what no longer works, and about what stays.
	Stops []string
}

// PlanRemove decides what undoing takes away. It is pure. Our own application
// goes with its service principal and every consent; of an adopted one only
// the secrets made here go, because what else was there before is not ours to
// judge.
func PlanRemove(want Desired, actual Actual) Removal {
	switch {
	case actual.App == nil:
		return Removal{Stops: []string{"There is no app registration of this environment in the tenant: nothing is deleted there."}}
	case actual.conflict(want.Name) != nil:
		return Removal{Stops: []string{actual.conflict(want.Name).Error()}}
	case want.Adopt != "":
		return removeFromAdopted(want, *actual.App)
	}
	return removeOwn(want, actual)
}

func removeOwn(want Desired, actual Actual) Removal {
	app := *actual.App
	var steps []Step
	if actual.PrincipalExists {
		steps = append(steps, step(stepPrincipal, Remove,
			entra.DeleteServicePrincipal{ID: actual.Principal, DisplayName: app.DisplayName}, whoChangesApps))
		for _, g := range actual.Grants {
			steps = append(steps, grantGoes(want, actual, g))
		}
	}
	del := step(stepApplication, Remove, entra.DeleteApplication{App: app.ID, DisplayName: app.DisplayName}, whoChangesApps, stepPrincipal)
	del.Note = "It can be restored in the portal for 30 days, without its service principal and consents."
	return Removal{Plan{append(steps, del)}, []string{
		fmt.Sprintf("Nobody can sign in through %q any more: an integration that uses its client ID %s stops working at the next sign-in or token renewal.", app.DisplayName, app.ClientID),
		"Access tokens already given out work until they expire, at most about 90 minutes.",
		"Its client secrets stop working at once. A new setup makes another client ID and another secret; the integration needs both.",
		"In other tenants that consented to it, its enterprise application stays behind without effect; their administrators can delete it.",
	}}
}

// grantGoes is a row for people: deleting the service principal deletes its
// grants.
func grantGoes(want Desired, actual Actual, g entra.Grant) Step {
	name := "another resource"
	id := StepID(grantPrefix + g.ID)
	for _, r := range want.Permissions {
		if actual.Resources[r.Resource].ID == g.Resource {
			name = r.Name
		}
	}
	whom := "the whole tenant"
	if g.Type == entra.Principal {
		whom = "one person"
	}
	return Step{
		ID: id, Action: Remove, After: []StepID{stepPrincipal},
		Title: fmt.Sprintf("Withdraw the consent for %s to %s", whom, name),
		Diffs: []Diff{{Field: "consent", Old: strings.Join(g.Scopes, " ")}},
		Note:  "It goes with the service principal.",
	}
}

func removeFromAdopted(want Desired, app entra.Application) Removal {
	var steps []Step
	var before []StepID
	for _, s := range app.Secrets {
		if _, ours := entra.IsOurSecret(s.Name, want.Name); !ours {
			continue
		}
		// One after the other: changes of one application's secrets do not go
		// side by side.
		row := step(oldSecretStep(s.KeyID), Remove, entra.RemoveSecret{App: app.ID, Key: s.KeyID}, whoChangesApps, before...)
		row.Title = fmt.Sprintf("Remove the client secret %q with ID %s", describe(s), s.KeyID)
		before = []StepID{row.ID}
		steps = append(steps, row)
	}
	stops := []string{fmt.Sprintf("The app registration %q was there before and stays, with its redirect URIs, permissions and consents.", app.DisplayName)}
	if len(steps) > 0 {
		stops = append(stops, "An integration that uses the secret made here stops working at the next sign-in or token renewal.")
	}
	return Removal{Plan{steps}, stops}
}

// Remove undoes the environment: it reads, deletes, and reads again until
// nothing is left. Deleting what is gone already is no error. The errors are
// those of Apply.
func (e *Engine) Remove(ctx context.Context, want Desired, operation string) (Result, error) {
	want.operation = operation
	c := e.newConvergence(want, nil, func(a Actual, _ []Entry) (Plan, error) {
		return PlanRemove(want, a).Plan, a.conflict(want.Name)
	})
	err := c.run(ctx)
	var gone *NotFoundError
	if errors.As(err, &gone) {
		return Result{Proven: true}, nil
	}
	r := c.result(want)
	r.Secret, r.Words = nil, nil
	return r, err
}
