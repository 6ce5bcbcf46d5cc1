package checks

import (
	"fmt"
	"slices"
	"strings"

	"github.com/consentry/consentry/entra"
)

var operationChecks = []*Check{
	{
		ID:       "operations-covered",
		Title:    "The token's scopes cover what the integration does",
		Why:      "A call without its scope is refused with 401 or 403: the integration connects, and then some of its functions fail.",
		Group:    WithToken,
		Severity: Risks,
		Cites:    citeDevOpsScopes,
		Needs:    []Need{NeedToken},
		After:    []string{"token-audience", "token-of-person", "token-scopes"},
		Applies:  func(f *Facts) bool { p, ok := f.Preset(); return ok && len(p.Operations) > 0 },
		Evaluate: uncoveredOperations,
		Shows:    operationsShown,
	},
	{
		ID:       "person-has-rights",
		Title:    "The person may do what the token allows",
		Why:      "A token can do no more than its person. Where the person lacks a right in the project, calls fail although every scope is there.",
		Group:    WithToken,
		Severity: Risks,
		Cites:    citeDevOpsPermission,
		Asks:     []Input{InputOrganization},
		Needs:    []Need{NeedToken, NeedExercises},
		Wants:    []Need{NeedOrganization},
		After:    []string{"organization-reached", "access-level", "project-exists"},
		Evaluate: rightsMissing,
	},
}

func uncoveredOperations(f *Facts) []Finding {
	p, _ := f.Preset()
	have := f.Token.Get().Scopes
	var out []Finding
	for _, op := range p.Operations {
		if _, ok := entra.Covers(have, op.Scope); ok {
			continue
		}
		want := entra.ScopeName(entra.AzureDevOps, op.Scope)
		out = append(out, Finding{
			Summary: fmt.Sprintf("“%s” of %s needs %s, the token has %s.", op.Name, p.Name, op.Scope, orNone(nearby(have, op.Scope))),
			Shown:   []Evidence{claim("scp", strings.Join(have, " "), op.Scope), {What: op.Method + " " + op.Path, Got: "needs " + op.Scope}},
			Mend: Remedy{
				Say: fmt.Sprintf("Ask for %s, and for it alone.", op.Scope), Who: entra.AppOwner, Portal: f.portal(entra.PortalPermissions),
				Steps: []string{
					fmt.Sprintf("Add %s to the app's API permissions.", op.Scope),
					fmt.Sprintf("Add %s to the scopes of the integration.", want),
					"Consent and connect again.",
				},
			},
		})
	}
	return out
}

// nearby are the scopes of the same area, as of vso.work for vso.work_write;
// all of them where there is none.
func nearby(have []string, scope string) []string {
	area, _, _ := strings.Cut(scope, "_")
	same := slices.DeleteFunc(slices.Clone(have), func(s string) bool { return !strings.HasPrefix(strings.ToLower(s), area) })
	if len(same) > 0 {
		return same
	}
	return have
}

// operationsShown says which scope covers each operation.
func operationsShown(f *Facts) []Evidence {
	p, _ := f.Preset()
	var out []Evidence
	for _, op := range p.Operations {
		by, _ := entra.Covers(f.Token.Get().Scopes, op.Scope)
		out = append(out, Evidence{What: op.Name + ": " + op.Method + " " + op.Path, Got: "covered by " + by, Want: op.Scope})
	}
	return out
}

// rightsMissing: a call failed whose scope the token has.
func rightsMissing(f *Facts) []Finding {
	t := f.Token.Get()
	var out []Finding
	for _, e := range f.Exercises.Get() {
		_, covered := entra.Covers(t.Scopes, e.Scope)
		if !e.Tried || e.OK || !covered || !slices.Contains([]int{401, 403, 404}, e.Status) {
			continue
		}
		out = append(out, Finding{
			Summary: fmt.Sprintf("The token has %s, but a harmless call that it allows was refused (status %d).", e.Scope, e.Status),
			Shown:   []Evidence{{What: e.Method + " " + e.Path, Got: fmt.Sprintf("status %d", e.Status), Want: "an answer", Portal: f.organizationPage(entra.SettingsUsers)}},
			Mend: Remedy{
				Say: "Give the person the right in the project, or connect with somebody who has it.", Who: entra.OrganizationAdmin, Portal: f.organizationPage(entra.SettingsUsers),
				Steps: []string{"Do in the browser what the call does, signed in as the person who connects.", "Where that fails too, a project administrator grants the right under Project settings, Permissions."},
			},
		})
	}
	return out
}
