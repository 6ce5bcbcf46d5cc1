package checks

import (
	"slices"

	"github.com/consentry/consentry/entra"
)

// failingGraph are the fixtures of the checks that a sign-in to the directory
// decides.
var failingGraph = slices.Concat(failingRegistration, failingPermissions, failingConsent, failingSecrets, failingCare)

// on is a setting that is known.
func on(yes bool) *bool { return &yes }

// all makes several changes.
func all(changes ...func(*Facts)) func(*Facts) {
	return func(f *Facts) {
		for _, ch := range changes {
			ch(f)
		}
	}
}

// gone: the directory has neither the registration nor its presence.
func gone(f *Facts) {
	set(&f.Application, nil)
	set(&f.Principal, nil)
	set(&f.Grants, nil)
	set(&f.Assignments, 0)
}

// customer: it is a customer's tenant that is signed in to, and the app is the
// vendor's.
func customer(f *Facts) {
	set(&f.Application, nil)
	f.Forget(NeedOwners, "The app is not registered in this tenant.", "Sign in to the tenant that it is registered in.")
	o := healthyOperator()
	o.Tenant.ID, o.Tenant.DisplayName = fabrikam, "Fabrikam"
	set(&f.Operator, o)
	f.Given.Tenant = "organizations"
	set(&f.Tenant, TenantLookup{Exists: true})
}

// everyTenant: people of every tenant sign in.
func everyTenant(f *Facts) {
	f.Given.Tenant = "organizations"
	set(&f.Tenant, TenantLookup{Exists: true})
}

// withoutResource takes a resource out of the tenant.
func withoutResource(id entra.ClientID) func(*Facts) {
	return func(f *Facts) {
		r := healthyResources()
		delete(r, id)
		set(&f.Resources, r)
	}
}

func registered(uris ...entra.RedirectURI) func(*Facts) {
	return app(func(a *entra.Application) { a.RedirectURIs = uris })
}

func web(uri string) entra.RedirectURI { return entra.RedirectURI{URI: uri, Platform: entra.Web} }

var failingRegistration = []fixture{
	{Check: "registration-exists", Name: "the registration was deleted", Summary: "Contoso has no app registration",
		Change: all(gone, signIn(SignInProbe{OnPage: true, AADSTS: 700016}), refused(700016, "unauthorized_client"))},
	{Check: "registration-exists", Name: "nothing was given but the client ID", Summary: "Contoso has no app registration",
		Change: all(gone, func(f *Facts) {
			f.Forget(NeedSignIn, "No redirect URI was given.", "Give it.")
			f.Forget(NeedSecretTrial, "No client secret was given.", "Give it.")
		})},
	{Check: "registration-enabled", Name: "an owner deactivated it", Summary: "deactivated by one of its owners",
		Change: app(func(a *entra.Application) { a.IsDisabled = on(true) })},
	{Check: "registration-enabled", Name: "Microsoft disabled it", Summary: "Microsoft has disabled",
		Change: app(func(a *entra.Application) {
			a.IsDisabled, a.DisabledByMicrosoft = on(true), "DisabledDueToViolationOfServicesAgreement"
		})},
	{Check: "registration-enabled", Name: "Microsoft disabled the app of a vendor", Summary: "Microsoft has disabled",
		Change: all(customer, principal(func(p *entra.ServicePrincipal) { p.DisabledByMicrosoft = "DisabledDueToViolationOfServicesAgreement" }))},
	{Check: "registration-enabled", Name: "the vendor deactivated it", Summary: "deactivated by one of its owners",
		Change: all(customer, principal(func(p *entra.ServicePrincipal) { p.IsDisabled = on(true) }))},
	{Check: "audience-multitenant", Name: "single tenant, although the integration serves every tenant", Summary: "accounts in this organizational directory only",
		Change: app(func(a *entra.Application) { a.Audience = entra.SingleTenant })},
	{Check: "audience-multitenant", Name: "personal accounts only, in one's own tenant", Summary: "personal Microsoft accounts only",
		Change: all(app(func(a *entra.Application) { a.Audience = entra.PersonalOnly }), given(func(g *Given) { g.Integration = "custom" }))},
	{Check: "audience-multitenant", Name: "a vendor's app that was narrowed", Summary: "accounts in this organizational directory only",
		Change: all(customer, principal(func(p *entra.ServicePrincipal) { p.Audience = entra.SingleTenant }))},
	{Check: "audience-unrestricted", Name: "the tenant is not on the list", Summary: "Only people of 1 tenant may sign in",
		Change: all(everyTenant, func(f *Facts) { set(&f.Restrictions, []entra.TenantID{fabrikam}) })},
	{Check: "redirect-uri-registered", Name: "a slash at the end", Summary: "it ends with a slash",
		Change: registered(web(paragonURI + "/"))},
	{Check: "redirect-uri-registered", Name: "capital letters", Summary: "capital letters count",
		Change: registered(web("https://passport.useparagon.com/OAuth"))},
	{Check: "redirect-uri-registered", Name: "http", Summary: "it begins with http://",
		Change: registered(web("http://localhost/oauth"), web("http://passport.useparagon.com/oauth"))},
	{Check: "redirect-uri-registered", Name: "another host", Summary: "its host is",
		Change: registered(web("https://passport.useparagon.example/oauth"))},
	{Check: "redirect-uri-registered", Name: "a port", Summary: "its port is",
		Change: registered(web("https://passport.useparagon.com:8443/oauth"))},
	{Check: "redirect-uri-registered", Name: "a query", Summary: "question mark",
		Change: registered(web(paragonURI + "?tenant=1"))},
	{Check: "redirect-uri-registered", Name: "the nearest of several is shown", Summary: "The nearest one is https://passport.useparagon.com/oauth2",
		Change: registered(web("https://dashboard.contoso.example/callback"), web(paragonURI+"2"))},
	{Check: "redirect-uri-registered", Name: "none at all", Summary: "no redirect URI at all", Change: registered()},
	{Check: "redirect-uri-registered", Name: "seen from a customer's tenant", Summary: "it ends with a slash",
		Change: all(customer, principal(func(p *entra.ServicePrincipal) { p.RedirectURIs = []string{paragonURI + "/"} }))},
	{Check: "redirect-uri-on-web", Name: "under Single-page application", Summary: "registered under Single-page application",
		Change: registered(entra.RedirectURI{URI: paragonURI, Platform: entra.SPA})},
	{Check: "redirect-uri-on-web", Name: "under Mobile and desktop", Summary: "registered under Mobile and desktop applications",
		Change: registered(entra.RedirectURI{URI: paragonURI, Platform: entra.PublicClient})},
	{Check: "service-principal-exists", Name: "at home, never signed in", Summary: "has no enterprise application",
		Change: func(f *Facts) { set(&f.Principal, nil); set(&f.Grants, nil) }},
	{Check: "service-principal-exists", Name: "at a customer's, before anybody consented", Summary: "in Fabrikam",
		Change: all(customer, func(f *Facts) { set(&f.Principal, nil); set(&f.Grants, nil) })},
	{Check: "service-principal-enabled", Name: "an administrator disabled it", Summary: "An administrator of Contoso has disabled",
		Change: principal(func(p *entra.ServicePrincipal) { p.Enabled = false })},
	{Check: "devops-principal-exists", Name: "the tenant never used Azure DevOps", Summary: "does not know Azure DevOps",
		Change: withoutResource(entra.AzureDevOps)},
	{Check: "devops-principal-enabled", Name: "Azure DevOps is switched off", Summary: "Azure DevOps is disabled",
		Change: func(f *Facts) {
			r := healthyResources()
			p := r[entra.AzureDevOps]
			p.Enabled = false
			r[entra.AzureDevOps] = p
			set(&f.Resources, r)
		}},
}

// lists puts Azure DevOps permissions on the registration, beside User.Read.
func lists(names ...string) func(*Facts) {
	return app(func(a *entra.Application) {
		a.Permissions = []entra.Permission{{Resource: entra.MicrosoftGraph, ID: entra.UserReadID, Kind: entra.Scope}}
		for _, n := range names {
			s, _ := entra.LookupScope(n)
			a.Permissions = append(a.Permissions, entra.Permission{Resource: entra.AzureDevOps, ID: s.ID, Kind: entra.Scope})
		}
	})
}

// asks is an integration with its scopes; wants what an environment registers.
func asks(integration, scopes string, wants ...string) func(*Facts) {
	return given(func(g *Given) { g.Integration, g.Scopes, g.Registered = integration, scopes, wants })
}

var failingPermissions = []fixture{
	{Check: "permissions-declared", Name: "none of Azure DevOps", Summary: "does not list user_impersonation", Change: lists()},
	{Check: "permissions-declared", Name: "a narrower one than is asked for", Summary: "does not list vso.work_full",
		Change: all(lists("vso.work"), asks("custom", ado+"vso.work_full openid"))},
	{Check: "permissions-declared", Name: ".default is asked for, and nothing would come of it", Summary: "does not list vso.work_full",
		Change: all(lists(), asks("cyclr", ado+".default openid"))},
	{Check: "permissions-declared", Name: "nothing is known of the integration", Summary: "does not list user_impersonation",
		Change: all(lists(), asks("", ""))},
	{Check: "permissions-declared", Name: "no permission to sign in", Summary: "User.Read",
		Change: all(typedScopes(ado+"user_impersonation"), app(func(a *entra.Application) { a.Permissions = a.Permissions[:1] }))},
	{Check: "scopes-match-exactly", Name: "one more is asked for", Summary: "vso.project is asked for and not registered",
		Change: all(lists("vso.work_full"), asks("cyclr", ado+"vso.work_full "+ado+"vso.project openid"))},
	{Check: "scopes-match-exactly", Name: "implied is not equal", Summary: "vso.work is asked for and not registered, and vso.work_full is registered and not asked for",
		Change: all(lists("vso.work_full"), asks("cyclr", ado+"vso.work openid"))},
	{Check: "permissions-not-excessive", Name: "everything, where work items would do", Summary: "lists user_impersonation",
		Change: all(lists("user_impersonation"), asks("cyclr", ado+"vso.work_full openid"))},
	{Check: "permissions-not-excessive", Name: "one that the environment does not want", Summary: "lists vso.code_manage",
		Change: all(lists("vso.work", "vso.code_manage"), asks("custom", ado+"vso.work openid", "vso.work"))},
	{Check: "permissions-not-excessive", Name: "mail of Microsoft Graph", Summary: "of Microsoft Graph beside",
		Change: app(func(a *entra.Application) {
			a.Permissions = append(a.Permissions, entra.Permission{Resource: entra.MicrosoftGraph, ID: "810c84a8-4a9e-49e6-bf7d-12d183f40d01", Kind: entra.Role})
		})},
}

// granted replaces the consents for Azure DevOps.
func granted(grants ...entra.Grant) func(*Facts) {
	return func(f *Facts) { set(&f.Grants, append(grants, healthyGrants()[1])) }
}

func forAll(scopes ...string) entra.Grant {
	return entra.Grant{ID: "grant-devops", Client: paragonSP, Resource: devopsSP, Type: entra.AllPrincipals, Scopes: scopes}
}

func forOne(who entra.ObjectID, scopes ...string) entra.Grant {
	return entra.Grant{ID: "grant-" + string(who), Client: paragonSP, Resource: devopsSP, Type: entra.Principal, Principal: who, Scopes: scopes}
}

// policies changes what users may do.
func policies(how func(*entra.Policies)) func(*Facts) {
	return func(f *Facts) {
		p := healthyPolicies()
		how(&p)
		set(&f.Policies, p)
	}
}

var usersMayNot = policies(func(p *entra.Policies) { p.ConsentPolicies = []string{} })

var failingConsent = []fixture{
	{Check: "consent-present", Name: "nobody yet", Summary: "Nobody in Contoso has consented", Change: granted()},
	{Check: "consent-covers-scopes", Name: "the administrator's lacks one", Summary: "consent for the whole tenant does not cover vso.code",
		Change: all(granted(forAll("vso.work")), asks("custom", ado+"vso.work "+ado+"vso.code openid"))},
	{Check: "consent-covers-scopes", Name: "two users' own", Summary: "does not cover vso.code",
		Change:    all(granted(forOne(adele, "vso.work"), forOne(megan, "vso.work_full")), asks("custom", ado+"vso.work "+ado+"vso.code openid")),
		Remaining: []string{"the user with object ID", "megan@contoso.example"}},
	{Check: "consent-covers-scopes", Name: "registered later, asked for with .default", Summary: "does not cover vso.code",
		Change: all(lists("vso.work", "vso.code"), granted(forAll("vso.work")), asks("custom", ado+".default openid"))},
	{Check: "consent-not-excessive", Name: "one that is no longer registered", Summary: "holds vso.code_manage",
		Change: all(lists("vso.work"), granted(forAll("vso.work", "vso.code_manage")), asks("custom", ado+"vso.work openid"))},
	{Check: "consent-not-excessive", Name: "a consent for nothing that is used", Summary: "The consent for megan@contoso.example holds vso.build",
		Change: all(lists("vso.work"), granted(forAll("vso.work"), forOne(megan, "vso.build")), asks("custom", ado+"vso.work openid"))},
	{Check: "users-may-consent", Name: "users may consent to nothing", Summary: "(AADSTS90094), because users of this tenant may not consent",
		Change: all(policies(func(p *entra.Policies) { p.ConsentPolicies, p.AdminConsentWorkflow = []string{}, on(false) }), granted())},
	{Check: "users-may-consent", Name: "users may ask", Summary: "send a request to the administrators from that page (AADSTS90095)",
		Change: all(policies(func(p *entra.Policies) { p.ConsentPolicies, p.AdminConsentWorkflow = []string{}, on(true) }), granted())},
	{Check: "users-may-consent", Name: "low impact only", Summary: "classified as low impact",
		Change: all(policies(func(p *entra.Policies) { p.ConsentPolicies = []string{"microsoft-user-default-low"} }), granted())},
	{Check: "users-may-consent", Name: "consented to a broader name than is asked for", Summary: "users of this tenant may not consent",
		Change: all(usersMayNot, asks("frontegg", ado+"vso.work openid"))},
	{Check: "users-may-consent", Name: "a vendor's app without a verified publisher", Summary: "its publisher is not verified",
		Change: all(customer, granted(), principal(func(p *entra.ServicePrincipal) { p.Verified = false }))},
	{Check: "users-may-consent", Name: "assignment is required", Summary: "requires assignment",
		Change: all(granted(), principal(func(p *entra.ServicePrincipal) { p.AssignmentRequired = true }))},
	{Check: "users-may-consent", Name: "a permission for administrators", Summary: "user_impersonation is for administrators",
		Change: all(granted(), func(f *Facts) {
			r := healthyResources()
			p := r[entra.AzureDevOps]
			p.Scopes[0].AdminOnly = true
			set(&f.Resources, r)
		})},
	{Check: "assignment-satisfied", Name: "nobody is assigned", Summary: "nobody is assigned",
		Change: all(principal(func(p *entra.ServicePrincipal) { p.AssignmentRequired = true }), func(f *Facts) { set(&f.Assignments, 0) })},
	{Check: "assignment-satisfied", Name: "some are", Summary: "only 2 users and groups that are assigned get in",
		Change: principal(func(p *entra.ServicePrincipal) { p.AssignmentRequired = true })},
	{Check: "publisher-verified", Name: "the vendor's own tenant, customers sign in", Summary: "has no verified publisher",
		Change: all(everyTenant, app(func(a *entra.Application) { a.Verified = false }))},
	{Check: "publisher-verified", Name: "at a customer's", Summary: "has no verified publisher",
		Change: all(customer, principal(func(p *entra.ServicePrincipal) { p.Verified = false }))},
}
