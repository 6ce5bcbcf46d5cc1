package trial

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/consentry/consentry/azuredevops"
	"github.com/consentry/consentry/entra"
)

// DevOps is what a trial asks of Azure DevOps; *azuredevops.Client does it.
type DevOps interface {
	Lookup(ctx context.Context, slug string) (azuredevops.Organization, error)
	Connection(ctx context.Context, slug string, token entra.Sensitive) (azuredevops.Identity, error)
	Project(ctx context.Context, slug, nameOrID string, token entra.Sensitive) (azuredevops.Project, error)
	Projects(ctx context.Context, slug string, token entra.Sensitive) ([]azuredevops.Project, error)
	Exercise(ctx context.Context, slug, project, scope string, token entra.Sensitive) azuredevops.Exercise
}

// found is what the organization's own answers were.
type found struct {
	org       azuredevops.Organization
	lookupErr error
	identity  azuredevops.Identity
	err       error // of the connection
}

// organizationReach judges the answers for a token of tenant. The tenant is
// looked at before the refusal, because it is the cause of it: an identity of
// another tenant is unknown to the organization whatever it consented to.
func organizationReach(slug string, tenant entra.TenantID, f found) Reach {
	r := Reach{Name: slug, Tried: true, Tenant: f.org.Tenant, Checked: f.org.Checked}
	switch {
	case f.lookupErr == nil && !f.org.Exists:
		r.Cause = fmt.Sprintf("There is no organization %s.", slug)
		r.Next = "Check its name in the address https://dev.azure.com/{organization}."
	case f.lookupErr == nil && !f.org.Connected:
		r.Cause = "The organization is not connected to Microsoft Entra but belongs to personal Microsoft accounts, which no Entra app can serve."
		r.Next = "An owner connects it under Organization settings → Microsoft Entra."
	case f.err == nil && !f.identity.Anonymous:
		r.OK, r.As, r.Checked = true, entra.ForeignText(f.identity.DisplayName), "GET connectionData"
	case f.lookupErr == nil && tenant != "" && f.org.Tenant != tenant:
		r.Cause = fmt.Sprintf("The organization is connected to tenant %s, but the token is of tenant %s: nobody of the one is known in the other.", f.org.Tenant, tenant)
		r.Next = "Consent with an account of the organization's tenant, or name an organization of the token's tenant."
	default:
		r.Cause, r.Next = connectionCause(f)
	}
	return r
}

// connectionCause explains a refusal by its code, never by its text.
func connectionCause(f found) (cause, next string) {
	var se *entra.ServiceError
	refused := errors.As(f.err, &se)
	if refused {
		if known, ok := entra.ExplainDevOps(se.Code); ok {
			return known.Cause, known.Next
		}
	}
	switch {
	case f.err == nil:
		return "The organization answered without knowing the token, as it does for anybody while it has a public project.",
			"Consent again and look at the audience: it must be Azure DevOps."
	case !refused:
		return "Azure DevOps gave no usable answer.", "Check this console's connection to the network, then test again."
	case se.Code == azuredevops.NotAuthenticated:
		return "Azure DevOps does not take the token.", "Look at audience and lifetime, then consent again."
	case se.Status == http.StatusForbidden:
		return "A policy of the organization or of its tenant refuses the person, often Conditional Access.",
			"An administrator of the tenant looks at the sign-in log for the policy that applied."
	case se.Status == http.StatusTooManyRequests:
		return "Azure DevOps limits the person's requests for now.", "Test again in a few minutes."
	}
	return fmt.Sprintf("Azure DevOps answered %d.", se.Status), "Test again later."
}

// readers are the scopes of which reading a project needs one.
var readers = []string{"vso.project", "vso.profile"}

// readsProjects reports whether a token with these scopes may; an opaque
// token is taken to.
func readsProjects(scopes []string) bool {
	return len(scopes) == 0 || slices.ContainsFunc(readers, func(want string) bool {
		_, ok := entra.Covers(scopes, want)
		return ok
	})
}

// namedProject judges the answer for the project a person named.
func namedProject(name string, p azuredevops.Project, err error) Reach {
	r := Reach{Name: name, Tried: true, Checked: "GET project"}
	var se *entra.ServiceError
	switch {
	case err == nil:
		r.OK, r.Name = true, entra.ForeignText(p.Name)
	case !errors.As(err, &se):
		r.Cause, r.Next = "Azure DevOps gave no usable answer about the project.", "Test again."
	case se.Status == http.StatusNotFound:
		r.Cause = "The project does not exist, or the person may not see it."
		r.Next = "Check its name; a project administrator adds the person to a team of the project."
	default:
		r.Cause = fmt.Sprintf("Azure DevOps refuses the project with %d.", se.Status)
		r.Next = "A project administrator adds the person to a team of the project."
	}
	return r
}

// firstProject chooses what to exercise scopes on when no project was named.
func firstProject(list []azuredevops.Project, err error) Reach {
	switch {
	case err != nil:
		return Reach{Note: "No project was named, and the projects could not be listed."}
	case len(list) == 0:
		return Reach{Note: "No project was named, and the person sees none."}
	}
	note := fmt.Sprintf("No project was named; this is the first of %d the person sees.", len(list))
	return Reach{Name: list[0].Name, Tried: true, OK: true, Checked: "GET projects", Note: note}
}

// reachOrganization asks who the token is in the trial's organization.
func (r *Runner) reachOrganization(ctx context.Context, slug string, tenant entra.TenantID, token entra.Sensitive) Reach {
	if slug == "" {
		return Reach{}
	}
	var f found
	f.org, f.lookupErr = r.DevOps.Lookup(ctx, slug)
	if f.lookupErr != nil || f.org.Connected {
		f.identity, f.err = r.DevOps.Connection(ctx, slug, token)
	}
	return organizationReach(slug, tenant, f)
}

// reachProject asks for the trial's project, or for the first one the token
// sees.
func (r *Runner) reachProject(ctx context.Context, t Trial, scopes []string, token entra.Sensitive) Reach {
	switch {
	case !readsProjects(scopes):
		return Reach{Name: t.Project, Note: "Not tried: no scope in the token reads projects."}
	case t.Project == "":
		return firstProject(r.DevOps.Projects(ctx, t.Organization, token))
	}
	p, err := r.DevOps.Project(ctx, t.Organization, t.Project, token)
	return namedProject(t.Project, p, err)
}

// exercise puts every scope of the token to use, where the organization is
// reached.
func (r *Runner) exercise(ctx context.Context, t Trial, report Report, scopes []string, token entra.Sensitive) []azuredevops.Exercise {
	var out []azuredevops.Exercise
	for _, s := range scopes {
		if !report.Organization.OK {
			out = append(out, azuredevops.Exercise{Scope: s, Note: azuredevops.NotExercised + ": no organization is reached"})
			continue
		}
		out = append(out, r.DevOps.Exercise(ctx, t.Organization, report.Project.exerciseOn(), s, token))
	}
	return out
}

// exerciseOn is the project to exercise scopes on; empty when none is known
// to be there. One that could not be tried for want of a scope may be.
func (r Reach) exerciseOn() string {
	if r.Tried && !r.OK {
		return ""
	}
	return r.Name
}
