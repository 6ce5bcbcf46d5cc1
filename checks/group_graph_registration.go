package checks

import (
	"fmt"
	"slices"
	"strings"

	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/preset"
)

var registrationChecks = []*Check{
	{
		ID:       "registration-exists",
		Title:    "The app registration exists",
		Why:      "Nobody can sign in to an app that is not registered, or was deleted: the sign-in page says that it does not know it.",
		Group:    WithGraph,
		Severity: Blocks,
		AADSTS:   []int{700016, 70001},
		Cites:    citeRegister,
		Asks:     []Input{InputClientID},
		Needs:    []Need{NeedApplication},
		Wants:    []Need{NeedPrincipal, NeedSignIn, NeedSecretTrial, NeedOperator},
		After:    []string{"client-id-well-formed"},
		Open:     registeredElsewhere,
		Evaluate: missingRegistration,
		Shows: func(f *Facts) []Evidence {
			return []Evidence{f.seeApp(entra.PortalOverview, "app registration", f.called(), "")}
		},
	},
	{
		ID:       "registration-enabled",
		Title:    "The app registration is not deactivated",
		Why:      "A deactivated app gets no new tokens, in any tenant: nobody can sign in, and whoever is connected is cut off within the hour.",
		Group:    WithGraph,
		Severity: Blocks,
		AADSTS:   []int{7000112},
		Cites:    citeErrorCodes,
		Needs:    []Need{NeedApplication, NeedPrincipal},
		Wants:    []Need{NeedOperator, NeedSignIn, NeedSecretTrial},
		After:    []string{"registration-exists"},
		Open: func(f *Facts) *Gap {
			if f.Principal.Get() != nil {
				return nil // it says the same of an app that is registered elsewhere
			}
			return registeredElsewhere(f)
		},
		Evaluate: deactivated,
	},
	ofVisible(&Check{
		ID:       "audience-multitenant",
		Title:    "The app takes work accounts of every organization that should sign in",
		Why:      "People of other tenants are refused on the sign-in page, and nobody can sign in at the address that serves every tenant.",
		Severity: Blocks,
		AADSTS:   []int{50194, 50020, 650059},
		Cites:    citeAudience,
		Wants:    []Need{NeedTenant},
		Concerns: func(f *Facts) bool { return !f.atHomeOnly() || f.visible().Audience == entra.PersonalOnly },
		Evaluate: wrongAudience,
	}),
	ofRegistration(&Check{
		ID:       "audience-unrestricted",
		Title:    "No list of allowed tenants keeps people out",
		Why:      "With “Allow only certain tenants” people of every other tenant are refused on the sign-in page, although the app is a multitenant one.",
		Severity: Risks,
		Cites:    citeAudience,
		Needs:    []Need{NeedRestrictions},
		Wants:    []Need{NeedTenant},
		After:    []string{"audience-multitenant"},
		Concerns: func(f *Facts) bool { return f.app().Audience == entra.AnyOrganization },
		Evaluate: restrictedTenants,
	}),
}

func missingRegistration(f *Facts) []Finding {
	if f.app() != nil {
		return nil
	}
	return []Finding{{
		Summary: fmt.Sprintf("%s has no app registration with the client ID %s.", f.tenantWords(), f.Given.ClientID),
		Shown:   []Evidence{f.seeApp(entra.PortalList, "app registrations of the tenant", "none with this client ID", f.Given.ClientID)},
		Mend: Remedy{
			Say: "Compare the client ID with the app registration's overview, or restore or make the registration.", Who: entra.AppOwner,
			Steps: []string{
				"Under App registrations, All applications, look the app up by its name and copy its Application (client) ID.",
				"Not there: look under Deleted applications. For 30 days it can be restored with everything it had.",
				"Gone: register it anew. The integration then needs the new client ID and a new secret.",
				"If the app belongs to another company, only they can do this.",
			},
			Portal: entra.PortalApp(f.Cloud, "", entra.PortalList),
		},
	}}
}

// deactivated tells apart who stopped the app: Microsoft, or somebody who may
// change the registration. What stops it in one tenant alone is about the
// service principal.
func deactivated(f *Facts) []Finding {
	app, p := f.Application.Get(), f.Principal.Get()
	var status string
	var off bool
	switch {
	case app != nil:
		status, off = app.DisabledByMicrosoft, app.IsDisabled != nil && *app.IsDisabled
	case p != nil:
		status, off = p.DisabledByMicrosoft, p.IsDisabled != nil && *p.IsDisabled
	}
	switch {
	case app != nil && app.BlockedByMicrosoft(), app == nil && p != nil && p.BlockedByMicrosoft():
		return []Finding{{
			Summary: fmt.Sprintf("Microsoft has disabled the app %s.", f.called()),
			Shown:   []Evidence{f.seeApp(entra.PortalOverview, "disabledByMicrosoftStatus", status, "NotDisabled")},
			Mend: Remedy{
				Say: "Ask Microsoft's support why the app was disabled; nobody else can enable it.", Who: entra.Microsoft, Portal: overviewOf(f),
				Steps: []string{"Read the notice on the app registration's overview.", "Find out whether somebody misused the app or its secret, and remove that secret.", "Open a support request with the client ID and the status above."},
			},
		}}
	case off:
		return []Finding{{
			Summary: fmt.Sprintf("The registration of %s is deactivated by one of its owners, or by an administrator of its own tenant.", f.called()),
			Shown:   []Evidence{f.seeApp(entra.PortalOverview, "isDisabled of the registration", "true", "false")},
			Mend: Remedy{
				Say: "Activate the app registration again.", Who: entra.AppOwner, Portal: overviewOf(f),
				Steps: []string{"Ask the owners why it was deactivated; the audit log of its tenant has who did it.", "On the app registration's overview choose Activate.", "Run the checks again in a minute."},
			},
		}}
	}
	return nil
}

// atHomeOnly reports whether nobody but people of the app's own tenant is to
// sign in: it is signed in at that tenant, and the integration, where one is
// named, does not want more.
func (f *Facts) atHomeOnly() bool {
	p, ok := f.Preset()
	custom, _ := preset.ByID("custom")
	return f.atHome() && (!ok || p.ID == custom.ID)
}

// atHome reports whether people sign in at the very tenant that is signed in
// to here.
func (f *Facts) atHome() bool {
	named := strings.ToLower(strings.TrimSpace(f.Given.Tenant))
	at := f.Tenant.Or(TenantLookup{}).ID
	return named != anyWorkTenant && named != anyTenant && at != "" && at == f.signedInTo()
}

// audienceWords are the portal's words for who can sign in.
var audienceWords = map[entra.Audience]string{
	entra.SingleTenant:    "accounts in this organizational directory only",
	entra.AnyOrganization: "accounts in any organizational directory",
	entra.AnyAccount:      "accounts in any organizational directory and personal Microsoft accounts",
	entra.PersonalOnly:    "personal Microsoft accounts only",
}

func wrongAudience(f *Facts) []Finding {
	app := f.visible()
	if app.Audience == entra.AnyOrganization || app.Audience == entra.AnyAccount {
		return nil
	}
	want := entra.AnyOrganization
	finding := Finding{
		Summary: fmt.Sprintf("%s takes %s.", f.called(), audienceWords[app.Audience]),
		Shown:   []Evidence{f.seeApp(entra.PortalAuthentication, "supported account types (signInAudience)", string(app.Audience), string(want))},
		Mend: Remedy{
			Say: "Open the app to accounts in any organizational directory.", Who: entra.AppOwner, Portal: f.portal(entra.PortalAuthentication),
			Steps: []string{
				"Under Authentication, Supported account types, choose accounts in any organizational directory (Multitenant).",
				"If the portal refuses, an Application ID URI is on a domain that is not verified: change or remove it first.",
				"If a policy refuses it, an administrator has to exempt the app; or let the integration sign in at the app's own tenant.",
			},
		},
	}
	if f.app() != nil {
		finding.Mend.Change = entra.UpdateApplication{App: app.ID, Audience: &want}
	}
	return []Finding{finding}
}

func restrictedTenants(f *Facts) []Finding {
	allowed := f.Restrictions.Get()
	at := f.Tenant.Or(TenantLookup{}).ID
	if len(allowed) == 0 || slices.Contains(allowed, at) || f.atHome() {
		return nil
	}
	words := make([]string, len(allowed))
	for i, t := range allowed {
		words[i] = string(t)
	}
	return []Finding{{
		Summary: fmt.Sprintf("Only people of %s may sign in to %s.", plural(len(allowed), "tenant", "tenants"), f.called()),
		Shown:   []Evidence{{What: "tenants that are allowed", Got: strings.Join(words, ", "), Want: "every tenant, or " + orElse(string(at), "those of the integration's users"), Portal: f.portal(entra.PortalAuthentication)}},
		Mend: Remedy{
			Say: "Add the missing tenants to the list, or allow all.", Who: entra.AppOwner, Portal: f.portal(entra.PortalAuthentication),
			Steps: []string{"Under Authentication, Supported account types, look at “Allow only certain tenants”.", "Add the tenant IDs of the people who are to connect, or allow all tenants."},
		},
	}}
}

func orElse(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}
