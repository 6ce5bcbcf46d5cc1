package checks

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/consentry/consentry/entra"
)

var consentRuleChecks = []*Check{
	{
		ID:       "users-may-consent",
		Title:    "A user who signs in gets through without an administrator",
		Why:      "Whoever is asked for something they may not accept themselves sees “Need admin approval” and cannot connect.",
		Group:    WithGraph,
		Severity: Risks,
		AADSTS:   []int{90093, 90094, 90095, 900941},
		Cites:    citeUserConsent,
		Asks:     []Input{InputScopes},
		Needs:    []Need{NeedApplication, NeedPrincipal, NeedResources, NeedGrants, NeedPolicies},
		Wants:    []Need{NeedOperator},
		After:    []string{"registration-exists", "scopes-known", "devops-principal-exists"},
		Open:     consentRulesOpen,
		Evaluate: needsAdmin,
		Shows:    forecast,
	},
	{
		ID:       "assignment-satisfied",
		Title:    "Everybody may sign in to the app, without being assigned to it",
		Why:      "Where assignment is required, whoever is not assigned is refused on the sign-in page. Consent does not replace it.",
		Group:    WithGraph,
		Severity: Risks,
		AADSTS:   []int{50105},
		Cites:    citeAssignment,
		Needs:    []Need{NeedPrincipal, NeedAssignments},
		Wants:    []Need{NeedApplication, NeedOperator},
		After:    []string{"service-principal-exists"},
		Evaluate: assignmentRequired,
	},
	{
		ID:       "publisher-verified",
		Title:    "The app's publisher is verified",
		Why:      "Users of other tenants may not consent to a multitenant app of an unverified publisher: there an administrator has to. In the app's own tenant nothing of this shows.",
		Group:    WithGraph,
		Severity: Advises,
		AADSTS:   []int{90094, 90095, 900941},
		Cites:    citePublisher,
		Needs:    []Need{NeedApplication, NeedPrincipal},
		Wants:    []Need{NeedTenant, NeedOperator},
		After:    []string{"registration-exists"},
		Concerns: func(f *Facts) bool { return !f.publisherIsKnown() || f.stepUpApplies() },
		Open:     publisherOpen,
		Evaluate: unverified,
	},
}

// Permission grant policies that Microsoft makes, by what they let users
// consent to for themselves. Those of a tenant's own are not known here.
const (
	policyLow         = "microsoft-user-default-low"         // low impact, own or verified apps
	policyLegacy      = "microsoft-user-default-legacy"      // everything
	policyRecommended = "microsoft-user-default-recommended" // everything but files, mail and the like
	policyAnyApp      = "microsoft-user-default-allow-consent-apps"
	forSelf           = "managepermissiongrantsforself."
)

// userPolicies are the ids of the policies that let users consent.
func (f *Facts) userPolicies() []string {
	var out []string
	for _, p := range f.Policies.Get().ConsentPolicies {
		out = append(out, strings.TrimPrefix(strings.ToLower(p), forSelf))
	}
	return out
}

// anyUserMay: one of the policies lets users consent to Azure DevOps'
// permissions.
func (f *Facts) anyUserMay() bool {
	return slices.ContainsFunc(f.userPolicies(), func(p string) bool {
		return p == policyLegacy || p == policyRecommended || p == policyAnyApp
	})
}

// unknownPolicy is one of the tenant's own; empty when there is none.
func (f *Facts) unknownPolicy() string {
	for _, p := range f.userPolicies() {
		if p != policyLow && !strings.HasPrefix(p, "microsoft-") {
			return p
		}
	}
	return ""
}

// stillAsked are the scopes for which a user without a consent of their own is
// asked. Microsoft compares names: it does not know what a scope of Azure
// DevOps implies. With .default it asks only while nothing is consented to.
func (f *Facts) stillAsked() []string {
	all, ok := forEverybody(f.devOpsGrants())
	if ok && named(f.askedScopes(), StaticScope) {
		return nil
	}
	return unnamed(all.Scopes, f.consentScopes())
}

// foreign reports whether the app is one of another tenant than that of the
// users.
func (f *Facts) foreign() bool { return f.app() == nil }

// consentRulesOpen: what users may do is not known where the policies are not,
// or one of them is the tenant's own.
func consentRulesOpen(f *Facts) *Gap {
	p := f.Policies.Get()
	switch {
	case len(f.stillAsked()) == 0:
		return nil
	case p.ConsentPolicies == nil:
		return &Gap{Why: orElse(strings.Join(p.Unread, " "), "Who may consent in this tenant could not be read."), Would: "Sign in with the permission Policy.Read.All."}
	case !f.anyUserMay() && f.unknownPolicy() != "":
		return &Gap{Why: fmt.Sprintf("What users may consent to is decided by a policy of the tenant's own, %s.", f.unknownPolicy()), Would: "Look at the tenant's user consent settings, or run a test consent as an ordinary user."}
	case f.anyUserMay() && f.foreign() && f.Principal.Get() == nil && !isOn(p.RiskyConsentAllowed):
		return &Gap{Why: "Whether the app's publisher is verified cannot be seen before the app is present in this tenant.", Would: "Create the enterprise application, or let the app's owner run the checks in the app's own tenant."}
	}
	return nil
}

// isOn reports whether a setting is known and on.
func isOn(setting *bool) bool { return setting != nil && *setting }

// obstacles are the reasons for which a user may not accept what they are
// asked for.
func (f *Facts) obstacles() []string {
	policies, p := f.Policies.Get(), f.Principal.Get()
	var out []string
	switch {
	case len(f.userPolicies()) == 0:
		out = append(out, "users of this tenant may not consent to any app")
	case !f.anyUserMay():
		out = append(out, "users of this tenant may consent only to permissions classified as low impact, which those of Azure DevOps are not unless an administrator made them so")
	}
	if f.foreign() && p != nil && !p.Verified && !isOn(policies.RiskyConsentAllowed) {
		out = append(out, "the app belongs to another tenant and its publisher is not verified")
	}
	if p != nil && p.AssignmentRequired {
		out = append(out, "the app requires assignment, and users may not consent to such apps")
	}
	if admin := f.adminOnly(); len(admin) > 0 {
		out = append(out, list(admin)+" is for administrators to consent to")
	}
	return out
}

// adminOnly are the asked scopes that Azure DevOps publishes for
// administrators.
func (f *Facts) adminOnly() []string {
	var out []string
	for _, s := range f.Resources.Get()[entra.AzureDevOps].Scopes {
		if s.AdminOnly && named(f.stillAsked(), s.Value) {
			out = append(out, s.Value)
		}
	}
	return out
}

// approvalCode is what the page of the refusal names: with the admin-consent
// workflow a user can ask there.
func (f *Facts) approvalCode() int {
	if isOn(f.Policies.Get().AdminConsentWorkflow) {
		return 90095
	}
	return 90094
}

func needsAdmin(f *Facts) []Finding {
	asked, obstacles := f.stillAsked(), f.obstacles()
	if len(asked) == 0 || len(obstacles) == 0 {
		return nil
	}
	code := f.approvalCode()
	outcome := "“Need admin approval” and no way on"
	if code == 90095 {
		outcome = "“Approval required” and can send a request to the administrators from that page"
	}
	return []Finding{{
		Summary: fmt.Sprintf("A user of %s without a consent of their own sees %s (AADSTS%d), because %s.", f.tenantWords(), outcome, code, list(obstacles)),
		AADSTS:  code,
		Shown: []Evidence{
			{What: "what a user is asked for", Got: strings.Join(asked, ", "), Want: "nothing, or something users may accept", Portal: f.enterprisePage(), Command: f.graphCommand("servicePrincipals(appId='" + f.clientID() + "')/oauth2PermissionGrants")},
			{What: "permission grant policies for users", Got: orNone(f.userPolicies()), Portal: entra.PortalUserConsent(f.Cloud), Command: f.graphCommand("policies/authorizationPolicy")},
		},
		Mend: Remedy{
			Say: "Let an administrator consent for the whole tenant.", Who: entra.TenantAdmin, Portal: f.enterprisePage(),
			Steps: append(slices.Clone(adminConsentSteps),
				"Or let users consent themselves: user consent settings of the tenant, and a verified publisher for apps of other tenants."),
			Change: f.consentForAll(asked),
		},
	}}
}

// forecast says what a user sees who signs in.
func forecast(f *Facts) []Evidence {
	if asked := f.stillAsked(); len(asked) > 0 {
		return []Evidence{{What: "what a user sees at the first sign-in", Got: "a page that asks for " + strings.Join(asked, ", ") + ", which they may accept themselves (AADSTS65001 where the integration signs in without a page)", Portal: entra.PortalUserConsent(f.Cloud), Command: f.graphCommand("policies/authorizationPolicy")}}
	}
	return []Evidence{f.seeGrants("what a user sees at the first sign-in", "no question: the consent for the whole tenant names everything that is asked for", "")}
}

func assignmentRequired(f *Facts) []Finding {
	p := f.Principal.Get()
	if p == nil || !p.AssignmentRequired {
		return nil
	}
	n, no := f.Assignments.Get(), false
	summary := fmt.Sprintf("%s requires assignment, and nobody is assigned: nobody but administrators gets in.", f.called())
	if n > 0 {
		summary = fmt.Sprintf("%s requires assignment: only %s in, everybody else is refused.", f.called(), plural(n, "user or group that is assigned gets", "users and groups that are assigned get"))
	}
	return []Finding{{
		Summary: summary,
		AADSTS:  50105,
		Shown:   []Evidence{f.seePrincipal("Assignment required (appRoleAssignmentRequired)", "Yes; assigned: "+fmt.Sprint(n), "No, or everybody who is to connect assigned")},
		Mend: Remedy{
			Say: "Assign the people who are to connect, or require no assignment.", Who: entra.TenantAdmin, Portal: f.enterprisePage(),
			Steps: []string{
				"Under Enterprise applications open the app, Users and groups, Add user/group, and add who is to connect. People in a nested group do not count.",
				"An administrator has to consent for them as well: assigned users may not do it themselves.",
				"Or under Properties set “Assignment required?” to No.",
			},
			Change: entra.UpdateServicePrincipal{ID: p.ID, DisplayName: p.DisplayName, AssignmentRequired: &no},
		},
	}}
}

// stepUpSince is from when on apps need a verified publisher for users of
// other tenants to consent
// [MicrosoftDocs/entra-docs/docs/identity/enterprise-apps/configure-risk-based-step-up-consent.md].
var stepUpSince = time.Date(2020, time.November, 8, 0, 0, 0, 0, time.UTC)

// publisherIsKnown: the registration says who publishes the app, and so does
// its presence in another tenant.
func (f *Facts) publisherIsKnown() bool { return f.app() != nil || f.Principal.Get() != nil }

// stepUpApplies: people of other tenants are to sign in, to an app that is
// not exempt by its age.
func (f *Facts) stepUpApplies() bool {
	app := f.app()
	if app == nil {
		return true
	}
	multitenant := app.Audience == entra.AnyOrganization || app.Audience == entra.AnyAccount
	return multitenant && !f.atHome() && (app.Created.IsZero() || app.Created.After(stepUpSince))
}

func publisherOpen(f *Facts) *Gap {
	if f.publisherIsKnown() {
		return nil
	}
	return &Gap{Why: "Whether the app's publisher is verified cannot be seen before the app is present in this tenant.", Would: "Create the enterprise application, or let the app's owner run the checks in the app's own tenant."}
}

func unverified(f *Facts) []Finding {
	app, p := f.app(), f.Principal.Get()
	if app != nil && app.Verified || app == nil && p.Verified {
		return nil
	}
	return []Finding{{
		Summary: fmt.Sprintf("%s has no verified publisher: in other tenants than its own users cannot consent, only administrators can.", f.called()),
		Shown:   []Evidence{f.seeApp(entra.PortalBranding, "verified publisher", "none", "a verified publisher")},
		Mend: Remedy{
			Say: "Verify the publisher, or send each customer's administrator the link for admin consent.", Who: entra.AppOwner, Portal: overviewOf(f),
			Steps: []string{
				"Verification needs an account of Microsoft's partner program whose domain is the app's publisher domain.",
				"Under Branding & properties, Publisher verification, enter the partner ID.",
				"Until then every customer's administrator has to consent once: " + f.adminConsentLink(),
			},
		},
	}}
}

// adminConsentLink is where an administrator of another tenant consents.
func (f *Facts) adminConsentLink() string {
	query := url.Values{"client_id": {f.clientID()}, "scope": {entra.ScopeName(entra.AzureDevOps, StaticScope)}}
	if f.Given.RedirectURI != "" {
		query.Set("redirect_uri", f.sentURI())
	}
	return f.Cloud.AdminConsentURL(anyWorkTenant) + "?" + query.Encode()
}
