package bootstrap

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/consentry/consentry/entra"
)

// Read finds out what the directory holds.
func Read(ctx context.Context, dir Directory, want Want) (Actual, error) {
	var a Actual
	app, err := dir.Registration(ctx, want.UniqueName())
	if err != nil && !isMissing(err) {
		return a, fmt.Errorf("read the app registration: %w", err)
	}
	ids := []entra.ClientID{entra.MicrosoftGraph}
	if err == nil {
		a.App = &app
		ids = append(ids, app.ClientID)
	}
	found, err := dir.ServicePrincipals(ctx, ids...)
	if err != nil {
		return a, fmt.Errorf("read the enterprise applications: %w", err)
	}
	for _, p := range found {
		if p.ClientID == entra.MicrosoftGraph {
			a.Graph = p
		} else {
			a.Principal = &p
		}
	}
	if a.Graph.ID == "" {
		return a, errors.New("the tenant has no enterprise application of Microsoft Graph, or it cannot be read")
	}
	return a, a.readRest(ctx, dir, want)
}

// readRest reads what there is only with an application.
func (a *Actual) readRest(ctx context.Context, dir Directory, want Want) (err error) {
	if a.App == nil {
		return nil
	}
	if want.Federated != nil {
		if a.App.Federated, err = dir.FederatedCredentials(ctx, a.App.ID); err != nil {
			return fmt.Errorf("read the federated credentials: %w", err)
		}
	}
	if a.Principal == nil {
		return nil
	}
	if a.Grants, _, err = dir.GrantsOf(ctx, a.App.ClientID); err != nil {
		return fmt.Errorf("read the consents: %w", err)
	}
	if a.Assignments, err = dir.RoleAssignments(ctx, a.App.ClientID); err != nil {
		return fmt.Errorf("read who has which role: %w", err)
	}
	return nil
}

func isMissing(err error) bool {
	var no *entra.ServiceError
	return errors.As(err, &no) && no.Status == http.StatusNotFound
}
