package handlers

import (
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/setup"
)

// appAbilities says what an application may do that acts in its own name: its
// application permissions decide, and no directory role
// [microsoftgraph/microsoft-graph-docs: application-post-applications.md,
// oauth2permissiongrant-post.md].
func appAbilities(i entra.Identity, p entra.Policies) []ability {
	out := []ability{appCreates(i), appConsents(i)}
	if secret := secretAbility(p); secret.refused() {
		out = append(out, secret)
	}
	return append(out, ability{State: state{"warn", "a person"}, Words: "A test consent is a person's: you sign in at Microsoft with an account of the tenant for it, whatever this console works as."})
}

// appNeeds are what a setup reads besides, each with the permissions that
// allow it, the least first.
var appNeeds = [][]string{
	{"Application.Read.All", "Application.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"},
	{"DelegatedPermissionGrant.Read.All", "DelegatedPermissionGrant.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"},
}

func appCreates(i entra.Identity) ability {
	var lacks []string
	for _, anyOf := range appNeeds {
		if !i.Has(anyOf...) {
			lacks = append(lacks, anyOf[0])
		}
	}
	all, owned := i.Has("Application.ReadWrite.All", "Directory.ReadWrite.All"), i.Has("Application.ReadWrite.OwnedBy")
	switch {
	case !all && !owned:
		return ability{State: state{"bad", "no"}, Words: "The application may not create app registrations: it has no application permission for it.",
			Remedy: "An administrator can grant it " + strings.Join(append([]string{"Application.ReadWrite.OwnedBy"}, lacks...), ", ") + ": enough for the apps that it makes."}
	case len(lacks) > 0:
		return ability{State: state{"bad", "no"}, Words: "The application may create app registrations, but not look at all that is there, so that it could make one twice.",
			Remedy: "An administrator can grant it " + strings.Join(lacks, ", ") + " besides."}
	case all:
		return ability{State: state{"good", "yes"}, Words: "The application may create app registrations and change all of them (Application.ReadWrite.All). Application.ReadWrite.OwnedBy would do, and change no others than those it makes itself."}
	}
	return ability{State: state{"good", "yes"}, Words: "The application may create app registrations, and change those it owns, which are the ones it makes (Application.ReadWrite.OwnedBy)."}
}

func appConsents(i entra.Identity) ability {
	if i.Has("DelegatedPermissionGrant.ReadWrite.All", "Directory.ReadWrite.All") {
		return ability{State: state{"good", "yes"}, Words: "The application may consent for the whole tenant (DelegatedPermissionGrant.ReadWrite.All)."}
	}
	return ability{State: state{"warn", "no"}, Words: "The application may not consent for the whole tenant.",
		Remedy: "The setup leaves that out, unless you choose it. An administrator consents, or the application is granted DelegatedPermissionGrant.ReadWrite.All."}
}

// appHurdles are what the application will be refused of a plan's changes.
func appHurdles(changes []setup.Step, i entra.Identity, p entra.Policies) []ability {
	var asked []ability
	for _, s := range changes {
		switch {
		case s.ID == "application" && s.Action == setup.Create:
			asked = append(asked, appCreates(i), secretAbility(p))
		case strings.HasPrefix(string(s.ID), "grant:"):
			asked = append(asked, appConsents(i))
		}
	}
	asked = slices.DeleteFunc(asked, func(a ability) bool { return !a.refused() })
	return slices.CompactFunc(asked, func(a, b ability) bool { return a.Words == b.Words })
}

// abilitiesOf says what whoever is signed in may do in their tenant, and what
// of it could not be read.
func abilitiesOf(c *gin.Context, d Directory) (all []ability, unread []string, err error) {
	ctx := c.Request.Context()
	policies, err := d.Policies(ctx)
	if err != nil {
		return nil, nil, err
	}
	if app, ok := application(c); ok {
		return appAbilities(app, policies), policies.Unread, nil
	}
	roles, err := d.Roles(ctx)
	return abilities(roles, policies), policies.Unread, err
}

// mayConsent reports whether whoever is signed in may consent for the tenant.
func mayConsent(c *gin.Context, d Directory) (bool, error) {
	if app, ok := application(c); ok {
		return !appConsents(app).refused(), nil
	}
	roles, err := d.Roles(c.Request.Context())
	return hasAny(roles, consentRoles...), err
}
