package checks

import (
	"fmt"
	"slices"
	"strings"

	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/preset"
)

var permissionChecks = []*Check{
	ofRegistration(&Check{
		ID:       "permissions-declared",
		Title:    "The registration lists the permissions that the integration asks for",
		Why:      "An administrator's consent covers what is listed. What is not, each person is asked for once more, and whoever may not consent is stopped there.",
		Severity: Risks,
		AADSTS:   []int{650056, 650057, 90008, 65005},
		Cites:    citePermissions,
		Wants:    []Need{NeedResources},
		After:    []string{"scopes-known"},
		Evaluate: undeclared,
		Shows: func(f *Facts) []Evidence {
			return []Evidence{f.seePermissions(orNone(f.permissionsWanted()))}
		},
	}),
	ofRegistration(&Check{
		ID:       "scopes-match-exactly",
		Title:    "The integration asks for exactly the permissions on the registration",
		Why:      "This integration compares the two lists itself and stops with InvalidScope when one has a name that the other has not.",
		Severity: Blocks,
		Cites:    citeDevOpsScopes,
		Asks:     []Input{InputScopes},
		Wants:    []Need{NeedResources},
		After:    []string{"scopes-known"},
		Applies:  func(f *Facts) bool { p, ok := f.Preset(); return ok && p.Compare == preset.Exact },
		Evaluate: scopesDiffer,
	}),
	ofRegistration(&Check{
		ID:       "permissions-not-excessive",
		Title:    "The registration lists no more permissions than are needed",
		Why:      "Whoever gets hold of the integration's tokens can do all of it, and people hesitate to accept a long list.",
		Severity: Advises,
		Cites:    citeLeastPrivilege,
		Wants:    []Need{NeedResources},
		Applies:  func(f *Facts) bool { return len(f.permissionsAllowed()) > 0 },
		Evaluate: excessive,
	}),
}

// seePermissions shows the registered permissions of Azure DevOps.
func (f *Facts) seePermissions(want string) Evidence {
	return f.seeApp(entra.PortalPermissions, "permissions of Azure DevOps on the registration", orNone(f.registeredScopes()), want)
}

// permissionsWanted are the Azure DevOps permissions that the registration
// should cover: those of the environment and those asked for, else what the
// integration's page recommends, else any at all.
func (f *Facts) permissionsWanted() []string {
	wanted := union(f.Given.Registered, f.askedByName())
	p, ok := f.Preset()
	switch {
	case len(wanted) > 0:
	case ok:
		wanted = p.Registered
	case len(f.registeredScopes()) == 0:
		wanted = []string{entra.UserImpersonation}
	}
	return slices.DeleteFunc(slices.Clone(wanted), func(s string) bool {
		known, ok := entra.LookupScope(s)
		return ok && !known.Registrable() // it can be asked for, never listed
	})
}

// permissionsAllowed are those that the registration may cover: what an
// environment says, else what the integration's page recommends and its calls
// need; besides always what is asked for by name.
func (f *Facts) permissionsAllowed() []string {
	allowed := f.Given.Registered
	if p, ok := f.Preset(); ok && len(allowed) == 0 {
		allowed = p.Registered
		for _, op := range p.Operations {
			allowed = union(allowed, []string{op.Scope})
		}
	}
	return union(allowed, f.askedByName())
}

// withPermissions adds and removes Azure DevOps permissions of the
// registration; nil when there is nothing that could be added or removed.
func (f *Facts) withPermissions(add, remove []string) entra.Change {
	app := f.app()
	list := slices.DeleteFunc(slices.Clone(app.Permissions), func(p entra.Permission) bool {
		return p.Resource == entra.AzureDevOps && p.Kind == entra.Scope && named(remove, f.permissionName(p))
	})
	for _, name := range add {
		if s, ok := entra.LookupScope(name); ok && s.Registrable() {
			list = append(list, entra.Permission{Resource: entra.AzureDevOps, ID: s.ID, Kind: entra.Scope})
		}
	}
	if slices.Equal(list, app.Permissions) {
		return nil
	}
	return entra.UpdateApplication{App: app.ID, Permissions: list}
}

func undeclared(f *Facts) []Finding {
	var out []Finding
	if missing := uncovered(f.registeredScopes(), f.permissionsWanted()); len(missing) > 0 {
		out = append(out, Finding{
			Summary: fmt.Sprintf("The registration does not list %s of Azure DevOps.", list(missing)),
			Shown:   []Evidence{f.seePermissions(strings.Join(f.permissionsWanted(), ", "))},
			Mend: Remedy{
				Say: fmt.Sprintf("Add %s to the app's API permissions.", list(missing)), Who: entra.AppOwner, Portal: f.portal(entra.PortalPermissions),
				Steps:  []string{"Under API permissions, Add a permission, Azure DevOps, Delegated permissions, choose what is missing.", "Consent again afterwards: what is listed is not consented to yet."},
				Change: f.withPermissions(missing, nil),
			},
		})
	}
	if f.cannotSignIn() {
		out = append(out, unlistedSignIn(f))
	}
	return out
}

// cannotSignIn: an app that lists no permission of Microsoft Graph and asks
// for none of the sign-in scopes may not know who signs in.
func (f *Facts) cannotSignIn() bool {
	asked := readScopes(f.Given.Scopes).refs()
	asks := slices.ContainsFunc(asked, func(r entra.ScopeRef) bool {
		return r.Resource == "" || r.Resource == entra.MicrosoftGraph && !ofDevOps(r)
	})
	lists := slices.ContainsFunc(f.app().Permissions, func(p entra.Permission) bool { return p.Resource == entra.MicrosoftGraph && p.Kind == entra.Scope })
	return len(asked) > 0 && !asks && !lists
}

func unlistedSignIn(f *Facts) Finding {
	app := f.app()
	return Finding{
		Summary: "The registration does not list User.Read of Microsoft Graph, and no sign-in scope such as openid is asked for.",
		AADSTS:  90008,
		Shown:   []Evidence{f.seeApp(entra.PortalPermissions, "permissions of Microsoft Graph on the registration", "none", entra.UserRead)},
		Mend: Remedy{
			Say: "Add User.Read of Microsoft Graph to the app's API permissions.", Who: entra.AppOwner, Portal: f.portal(entra.PortalPermissions),
			Steps: []string{"Under API permissions, Add a permission, Microsoft Graph, Delegated permissions, choose User.Read.", "Or let the integration ask for openid and profile too."},
			Change: entra.UpdateApplication{App: app.ID, Permissions: append(slices.Clone(app.Permissions),
				entra.Permission{Resource: entra.MicrosoftGraph, ID: entra.UserReadID, Kind: entra.Scope})},
		},
	}
}

func scopesDiffer(f *Facts) []Finding {
	asked, registered := f.askedInEffect(), f.registeredScopes()
	missing, more := unnamed(registered, asked), unnamed(asked, registered)
	if len(missing)+len(more) == 0 {
		return nil
	}
	var words []string
	if len(missing) > 0 {
		words = append(words, list(missing)+" is asked for and not registered")
	}
	if len(more) > 0 {
		words = append(words, list(more)+" is registered and not asked for")
	}
	p, _ := f.Preset()
	return []Finding{{
		Summary: fmt.Sprintf("%s wants both lists equal, but %s.", p.Name, strings.Join(words, ", and ")),
		Shown:   []Evidence{f.seePermissions(orNone(asked))},
		Mend: Remedy{
			Say: fmt.Sprintf("Make the scopes in %s and the permissions on the registration the same list.", p.Name), Who: entra.AppOwner, Portal: f.portal(entra.PortalPermissions),
			Steps: []string{
				fmt.Sprintf("Decide which list is right; %s recommends %s.", p.Name, list(p.Registered)),
				"Under API permissions add and remove until it is that list, or correct the scopes in the integration.",
				"Consent again afterwards.",
			},
			Change: f.withPermissions(missing, more),
		},
	}}
}

func excessive(f *Facts) []Finding {
	var out []Finding
	if more := uncovered(f.permissionsAllowed(), f.registeredScopes()); len(more) > 0 {
		kept := unnamed(more, f.registeredScopes())
		out = append(out, Finding{
			Summary: fmt.Sprintf("The registration lists %s, which nothing of the integration needs.", list(more)),
			Shown:   []Evidence{f.seePermissions(orNone(f.permissionsAllowed()))},
			Mend: Remedy{
				Say: fmt.Sprintf("Remove %s from the app's API permissions.", list(more)), Who: entra.AppOwner, Portal: f.portal(entra.PortalPermissions),
				Steps:  []string{"Make sure that nothing else uses this registration.", "Under API permissions remove what is not needed.", "Withdraw the consent to it as well: it stays otherwise."},
				Change: f.withPermissions(uncovered(kept, f.permissionsWanted()), more),
			},
		})
	}
	if others := f.otherPermissions(); len(others) > 0 {
		out = append(out, Finding{
			Summary: fmt.Sprintf("The registration lists %s beside what Azure DevOps needs.", list(others)),
			Shown:   []Evidence{f.seeApp(entra.PortalPermissions, "further permissions on the registration", strings.Join(others, ", "), "at most the sign-in permissions of Microsoft Graph, such as User.Read")},
			Mend: Remedy{
				Say: "Remove the permissions that no other use of this registration needs.", Who: entra.AppOwner, Portal: f.portal(entra.PortalPermissions),
				Steps: []string{"Find out whether something else uses this registration; better give it one of its own.", "Under API permissions remove what nobody needs, and withdraw the consent to it."},
			},
		})
	}
	return out
}

// signInPermissions are those of Microsoft Graph that a sign-in comes with.
var signInPermissions = []string{entra.UserRead, entra.ScopeOpenID, entra.ScopeProfile, entra.ScopeEmail, entra.ScopeOfflineAccess}

// signInPermissionIDs are the same by ID, for tenants where their names could
// not be read.
var signInPermissionIDs = []string{
	entra.UserReadID,
	"37f7f235-527c-4136-accd-4a02d197296e", // openid
	"14dad69e-099b-42c9-810b-d002981feec1", // profile
	"64a6cdd6-aab1-4aaf-94b8-3cc8405e90d0", // email
	"7427e0e9-2fba-42fe-b0c0-848c9e6a8182", // offline_access
}

// otherPermissions are what the registration lists beside Azure DevOps'
// delegated permissions and those of a sign-in.
func (f *Facts) otherPermissions() []string {
	var out []string
	for _, p := range f.app().Permissions {
		name := f.permissionName(p)
		switch {
		case p.Resource == entra.AzureDevOps && p.Kind == entra.Scope:
		case p.Kind == entra.Scope && p.Resource == entra.MicrosoftGraph && (named(signInPermissions, name) || named(signInPermissionIDs, p.ID)):
		default:
			out = append(out, fmt.Sprintf("%s of %s", name, resourceWords(p.Resource)))
		}
	}
	return out
}
