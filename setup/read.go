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
		return markedApplications(ctx, dir, want)
	}
	app, err := dir.Application(ctx, want.Adopt)
	if isMissing(err) {
		return nil, &NotFoundError{ClientID: want.Adopt, Err: err}
	}
	if err == nil {
		app.Federated, err = federatedOf(ctx, dir, want, app)
	}
	return []entra.Application{app}, err
}

// markedApplications are those with our marker. Lists leave certificates and
// federated credentials out, so where one of these is wanted the application
// is read for itself: writing back a list that lacks some would remove them.
func markedApplications(ctx context.Context, dir Directory, want Desired) ([]entra.Application, error) {
	found, err := dir.ApplicationsByTag(ctx, want.Marker)
	if err != nil || len(found) != 1 || want.Credential == "" || want.Credential == entra.ClientSecretKind {
		return found, err
	}
	app, err := dir.Application(ctx, found[0].ClientID)
	if isMissing(err) {
		return nil, errNotEverywhere
	}
	if err == nil {
		app.Federated, err = federatedOf(ctx, dir, want, app)
	}
	return []entra.Application{app}, err
}

// errNotEverywhere: one of the directory's servers shows the application and
// the next one does not.
var errNotEverywhere = errors.New("the directory's servers do not agree yet on whether the application is there. Try again in a minute")

func federatedOf(ctx context.Context, dir Directory, want Desired, app entra.Application) ([]entra.FederatedCredential, error) {
	if want.Credential != entra.FederatedKind {
		return nil, nil
	}
	list, err := dir.FederatedCredentials(ctx, app.ID)
	if isMissing(err) {
		return nil, nil
	}
	return list, err
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
