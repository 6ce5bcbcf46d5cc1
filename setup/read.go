package setup

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"

	"github.com/consentry/consentry/entra"
)

// Read finds out what the directory holds of an environment: the application
// and the resources it needs side by side, and when there is an application,
// the consents it holds. An adopted application must exist.
func Read(ctx context.Context, dir Directory, want Desired) (Actual, error) {
	return read(ctx, dir, want, want.Adopt)
}

// read asks for the consents at once when the client ID is likely known.
func read(ctx context.Context, dir Directory, want Desired, likely entra.ClientID) (Actual, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var (
		wg        sync.WaitGroup
		found     []entra.Application
		resources map[entra.ClientID]entra.ServicePrincipal
		held      consents
	)
	side := func(f func() error) {
		wg.Go(func() {
			if err := contained(f); err != nil {
				cancel(err)
			}
		})
	}
	side(func() (err error) { found, err = applications(ctx, dir, want); return err })
	side(func() (err error) { resources, err = readResources(ctx, dir, want); return err })
	if likely != "" {
		side(func() (err error) { held, err = readConsents(ctx, dir, likely); return err })
	}
	wg.Wait()
	if err := context.Cause(ctx); err != nil {
		return Actual{}, fmt.Errorf("read the directory: %w", err)
	}
	return assemble(ctx, dir, found, resources, held)
}

func assemble(ctx context.Context, dir Directory, found []entra.Application, resources map[entra.ClientID]entra.ServicePrincipal, held consents) (Actual, error) {
	a := Actual{Resources: resources}
	if len(found) == 0 {
		return a, nil
	}
	a.App, a.Others = &found[0], found[1:]
	if held.of != a.App.ClientID {
		var err error
		if held, err = readConsents(ctx, dir, a.App.ClientID); err != nil {
			return Actual{}, fmt.Errorf("read the directory: %w", err)
		}
	}
	a.Grants, a.PrincipalExists = held.grants, held.principal
	for _, g := range a.Grants {
		a.Principal = g.Client
	}
	return a, nil
}

// applications are the adopted one, or all that carry our marker.
func applications(ctx context.Context, dir Directory, want Desired) ([]entra.Application, error) {
	if want.Adopt == "" {
		return dir.ApplicationsByTag(ctx, want.Marker)
	}
	app, err := dir.Application(ctx, want.Adopt)
	if isMissing(err) {
		return nil, &NotFoundError{ClientID: want.Adopt, Err: err}
	}
	return []entra.Application{app}, err
}

func isMissing(err error) bool {
	var no *entra.ServiceError
	return errors.As(err, &no) && no.Status == http.StatusNotFound
}

func readResources(ctx context.Context, dir Directory, want Desired) (map[entra.ClientID]entra.ServicePrincipal, error) {
	ids := make([]entra.ClientID, len(want.Permissions))
	for i, r := range want.Permissions {
		ids[i] = r.Resource
	}
	principals, err := dir.ServicePrincipals(ctx, ids...)
	found := make(map[entra.ClientID]entra.ServicePrincipal, len(principals))
	for _, p := range principals {
		found[p.ClientID] = p
	}
	return found, err
}

// consents are the grants of one client; principal tells whether the client
// has a service principal in the tenant.
type consents struct {
	of        entra.ClientID
	grants    []entra.Grant
	principal bool
}

func readConsents(ctx context.Context, dir Directory, client entra.ClientID) (consents, error) {
	grants, exists, err := dir.GrantsOf(ctx, client)
	return consents{client, grants, exists}, err
}
