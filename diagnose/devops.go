package diagnose

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"sync"

	"github.com/consentry/consentry/checks"
	"github.com/consentry/consentry/entra"
)

// inOrganization is what a call with the token needs.
func (a Access) inOrganization(f checks.Facts) (name string, token entra.Sensitive, err error) {
	if token, err = a.forDevOps(f); err != nil {
		return "", token, err
	}
	name, err = slug(f)
	return name, token, err
}

func (a Access) connection(ctx context.Context, f checks.Facts) (func(*checks.Facts), error) {
	name, token, err := a.inOrganization(f)
	if err != nil {
		return nil, err
	}
	asked := "GET /" + name + "/_apis/connectionData"
	c := checks.Connection{Status: http.StatusOK, Asked: asked}
	who, err := a.DevOps.Connection(ctx, name, token)
	var no *entra.ServiceError
	switch {
	case errors.As(err, &no):
		c.Status, c.Code, c.Text = no.Status, no.Code, no.Message
	case err != nil:
		return nil, unanswered("who the token is in the organization", "", err)
	default:
		c.OK, c.Anonymous, c.As = !who.Anonymous, who.Anonymous, entra.ForeignText(who.DisplayName)
	}
	return func(f *checks.Facts) { f.Connection = checks.Known(c, asked) }, nil
}

// project looks the named one up; where it is not found, those that the
// person sees may hold the one that was meant.
func (a Access) project(ctx context.Context, f checks.Facts) (func(*checks.Facts), error) {
	if f.Given.Project == "" {
		return nil, notGiven("No project was given.", "Give the project's name.")
	}
	if entra.ValidateProject(f.Given.Project) != nil {
		return nil, gap("What was given as project can be no project's name.", "Give the project's name as Azure DevOps shows it.")
	}
	name, token, err := a.inOrganization(f)
	if err != nil {
		return nil, err
	}
	look := checks.ProjectLookup{Found: true, Status: http.StatusOK}
	_, err = a.DevOps.Project(ctx, name, f.Given.Project, token)
	var no *entra.ServiceError
	switch {
	case errors.As(err, &no):
		look = checks.ProjectLookup{Status: no.Status, Code: no.Code}
	case err != nil:
		return nil, unanswered("the project", "", err)
	}
	if look.Status == http.StatusNotFound {
		look.Others = a.visible(ctx, name, token)
	}
	from := "GET /" + name + "/_apis/projects/" + f.Given.Project
	return func(f *checks.Facts) { f.Project = checks.Known(look, from) }, nil
}

// visible are the names of the projects that the token sees; none where they
// cannot be listed either.
func (a Access) visible(ctx context.Context, name string, token entra.Sensitive) []string {
	list, err := a.DevOps.Projects(ctx, name, token)
	if err != nil {
		return nil
	}
	var out []string
	for _, p := range list {
		out = append(out, entra.ForeignText(p.Name))
	}
	return out
}

// accessLevel stands in the user entitlements, on a host that no cloud here
// names and that wants a scope integrations do not ask for.
func (a Access) accessLevel(context.Context, checks.Facts) (func(*checks.Facts), error) {
	return nil, notGiven("A person's access level is shown to administrators of the organization alone, and is not read here.",
		"Look in Azure DevOps under Organization settings → Users at the column Access Level.")
}

// exercises puts the scopes of the token to use, and those that the
// integration's operations need, side by side.
func (a Access) exercises(ctx context.Context, f checks.Facts) (func(*checks.Facts), error) {
	name, token, err := a.inOrganization(f)
	if err != nil {
		return nil, err
	}
	if c := f.Connection.Or(checks.Connection{}); !c.OK {
		return nil, gap("The organization does not know the token, so nothing was tried there.", "Mend what keeps the token from the organization, then run the checks again.")
	}
	project := f.Given.Project
	if project == "" {
		if seen := a.visible(ctx, name, token); len(seen) > 0 {
			project = seen[0]
		}
	}
	scopes := a.worthTrying(f)
	out := make([]checks.Exercise, len(scopes))
	var wg sync.WaitGroup
	for i, scope := range scopes {
		wg.Go(func() {
			e := a.DevOps.Exercise(ctx, name, project, scope, token)
			out[i] = checks.Exercise{Scope: e.Scope, Method: e.Method, Path: e.Path, Status: e.Status, OK: e.OK, Tried: e.Exercised}
		})
	}
	wg.Wait()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return func(f *checks.Facts) { f.Exercises = checks.Known(out, "one harmless call for each scope") }, nil
}

// worthTrying are the scopes in the token, then those of the integration's
// operations, each once.
func (a Access) worthTrying(f checks.Facts) []string {
	out := scopesIn(*a.Tokens)
	if p, ok := f.Preset(); ok {
		for _, op := range p.Operations {
			if !slices.Contains(out, op.Scope) {
				out = append(out, op.Scope)
			}
		}
	}
	return out
}
