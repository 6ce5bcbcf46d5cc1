package checks

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/consentry/consentry/entra"
)

// TestWhatIsRightInAnotherWayPassesToo: situations that look unusual and are
// none of the check's business.
func TestWhatIsRightInAnotherWayPassesToo(t *testing.T) {
	frontegg := given(func(g *Given) {
		g.Integration, g.Inputs = "frontegg", map[string]string{"host": "gateway.contoso.example"}
		g.RedirectURI = "https://gateway.contoso.example/integration-callback"
	})
	cyclr := given(func(g *Given) {
		g.Integration, g.Inputs, g.RedirectURI = "cyclr", nil, "https://contoso.cyclr.com:8443/connector/callback"
	})
	for _, tt := range []struct {
		name, check string
		change      func(*Facts)
		want        Outcome
	}{
		{"a clock a minute off", "clock-in-step", func(f *Facts) { f.Clock = Known(-time.Minute, "Date") }, Passed},
		{"an address of a gateway of one's own", "legacy-sign-in-unused", endpoint("https://sso.contoso.example/oauth2/authorize"), Passed},
		{"an API of Azure DevOps, which is no sign-in", "legacy-sign-in-unused", endpoint("https://app.vssps.visualstudio.com/_apis/profile/profiles/me"), Passed},
		{"no address that could be read", "legacy-sign-in-unused", endpoint("::"), Passed},
		{"neither address nor secret", "legacy-sign-in-unused", given(func(g *Given) { g.Endpoint, g.Secret = "", SecretGiven{} }), Unknown},
		{"v2.0 under an old name", "sign-in-endpoint-current", endpoint("https://login.windows.net/organizations/oauth2/v2.0/token"), Passed},
		{"an address elsewhere", "sign-in-endpoint-current", endpoint("https://sso.contoso.example/oauth2/authorize"), Passed},
		{"no address", "sign-in-endpoint-current", endpoint(""), NotApplicable},
		{"organizations", "tenant-well-formed", typedTenant("organizations"), Passed},
		{"common is well-formed", "tenant-well-formed", typedTenant("Common"), Passed},
		{"a domain", "tenant-well-formed", typedTenant("contoso.onmicrosoft.com"), Passed},
		{"capital letters", "tenant-well-formed", typedTenant(strings.ToUpper(string(contoso))), Passed},
		{"no tenant", "tenant-well-formed", typedTenant(""), Unknown},
		{"capital letters", "client-id-well-formed", typedClient(strings.ToUpper(string(paragonID))), Passed},
		{"this machine", "redirect-uri-well-formed", typedRedirect("http://localhost:3000/callback"), Passed},
		{"percent-encoding inside a path", "redirect-uri-well-formed", typedRedirect("https://app.example.com/a%20b"), Passed},
		{"Frontegg's, of the host that was given", "redirect-uri-as-documented", frontegg, Passed},
		{"Cyclr's, of a host that was not given", "redirect-uri-as-documented", cyclr, Passed},
		{"an integration of one's own", "redirect-uri-as-documented", given(func(g *Given) { g.Integration = "custom" }), NotApplicable},
		{"no integration named", "redirect-uri-as-documented", given(func(g *Given) { g.Integration = "" }), NotApplicable},
		{".default alone", "scopes-not-mixed-with-default", typedScopes(ado + ".default openid offline_access"), Passed},
		{".default is known", "scopes-known", typedScopes(ado + ".default offline_access"), Passed},
		{"capital letters", "scopes-known", typedScopes(ado + "VSO.Work offline_access"), Passed},
		{"a scope without an ID of its own", "scopes-known", typedScopes(ado + "vso.hooks offline_access"), Passed},
		{"the address of the resource", "scopes-have-resource", typedScopes("https://app.vssps.visualstudio.com//vso.work offline_access"), Passed},
		{"a scope of Microsoft Graph", "scopes-have-resource", typedScopes("User.Read"), Passed},
		{"another service's user_impersonation", "scopes-have-resource", typedScopes("https://management.azure.com/user_impersonation"), Passed},
		{"an organization's address", "organization-well-formed", typedOrg("https://dev.azure.com/contoso-shop/Shop/_git/shop"), Passed},
		{"an organization's old address", "organization-well-formed", typedOrg("https://contoso-shop.visualstudio.com"), Passed},
		{"people of every tenant, one of whom consented", "organization-in-tenant", func(f *Facts) {
			f.Given.Tenant, f.Tenant = "organizations", Known(TenantLookup{Exists: true}, "GET")
		}, Passed},
		{"people of every tenant", "organization-in-tenant", func(f *Facts) {
			f.Given.Tenant, f.Tenant = "organizations", Known(TenantLookup{Exists: true}, "GET")
			f.Forget(NeedToken, "why", "would")
		}, Unknown},
		{"somebody would have to consent first", "sign-in-accepted", signIn(SignInProbe{AADSTS: 65001, OAuth: "consent_required"}), Passed},
		{"no tenant given", "sign-in-accepted", typedTenant(""), Passed},
		{"Microsoft's service is busy", "sign-in-accepted", signIn(SignInProbe{AADSTS: 90033, OAuth: "temporarily_unavailable"}), Unknown},
		{"Microsoft's service fails without a number", "sign-in-accepted", signIn(SignInProbe{OAuth: "server_error"}), Unknown},
		{"a refused secret proves the app", "app-in-tenant", refused(7000215, "invalid_client"), Passed},
		{"an expired secret proves the app", "app-in-tenant", refused(7000222, "invalid_client"), Passed},
		{"a wrong tenant says nothing about the app", "app-in-tenant", refused(90002, "invalid_request"), Unknown},
		{"a busy service says nothing about the secret", "secret-accepted", refused(50033, "temporarily_unavailable"), Unknown},
		{"a wrong secret is not an expired one", "secret-not-expired", refused(7000215, "invalid_client"), Passed},
		{"a wrong secret of old", "secret-active", refused(7000215, "invalid_client"), Passed},
		{"a new secret that works", "secret-active", younger(time.Second), Passed},
		{"a young secret of another name", "secret-active", both(both(refused(7000215, "invalid_client"), younger(time.Second)), given(func(g *Given) { g.Secret.Hint = "zzz" })), Passed},
		{"a wrong secret, the registration unseen", "secret-active", both(refused(7000215, "invalid_client"), func(f *Facts) { f.Forget(NeedApplication, "why", "would") }), Unknown},
		{"a wrong secret, the registration unseen", "secret-accepted", both(refused(7000215, "invalid_client"), func(f *Facts) { f.Forget(NeedApplication, "why", "would") }), Failed},
		{"no secret given", "secret-accepted", given(func(g *Given) { g.Secret = SecretGiven{} }), Unknown},
	} {
		t.Run(tt.check+"/"+tt.name, func(t *testing.T) {
			if r := resultOf(t, changed(tt.change), tt.check); r.Outcome != tt.want {
				t.Errorf("%s %s %+v, want %s", r.Outcome, r.Because, r.Findings, tt.want)
			}
		})
	}
}

func TestAPassedCheckShowsWhatCanBeVerified(t *testing.T) {
	f := healthy()
	for _, r := range Evaluate(&f, All) {
		for _, e := range r.Shown {
			if e.What == "" || e.Got == "" {
				t.Errorf("%s shows %+v", r.ID, e)
			}
		}
	}
}

// TestTheRootIsWhatIsSaid: the same symptom has another cause when more is
// known.
func TestTheRootIsWhatIsSaid(t *testing.T) {
	for _, tt := range []struct {
		name, check, cause string
		change             func(*Facts)
	}{
		{"a bad tenant explains the sign-in page", "sign-in-accepted", "tenant-well-formed", both(typedTenant("nowhere"), signIn(SignInProbe{OnPage: true, AADSTS: 900023}))},
		{"bare scopes explain it", "sign-in-accepted", "scopes-have-resource", both(typedScopes("vso.work offline_access"), signIn(SignInProbe{AADSTS: 650053}))},
		{"the retired OAuth explains bare scopes", "scopes-have-resource", "legacy-sign-in-unused", both(typedScopes("vso.work"), endpoint("https://app.vssps.visualstudio.com/oauth2/authorize"))},
		{"the secret's ID explains the refusal", "secret-accepted", "secret-well-formed", both(secretShape(IDShape, 36), refused(7000215, "invalid_client"))},
		{"an expired secret explains the refusal", "secret-accepted", "secret-not-expired", refused(7000222, "invalid_client")},
		{"a missing app explains the refusal", "secret-accepted", "app-in-tenant", refused(700016, "unauthorized_client")},
		{"a new secret explains the refusal", "secret-accepted", "secret-active", both(refused(7000215, "invalid_client"), younger(time.Minute))},
		{"a missing app explains the sign-in page", "sign-in-accepted", "app-in-tenant", both(refused(700016, "unauthorized_client"), signIn(SignInProbe{OnPage: true, AADSTS: 700016}))},
		{"a clock that is off explains a refused assertion", "secret-accepted", "clock-in-step", both(refused(700024, "invalid_client"), func(f *Facts) { f.Clock = Known(time.Hour, "Date") })},
		{"the registration explains an unknown address", "sign-in-accepted", "redirect-uri-registered", both(app(func(a *entra.Application) { a.RedirectURIs[0].URI = "https://passport.useparagon.com/OAuth" }), signIn(SignInProbe{OnPage: true, AADSTS: 50011}))},
		{"the registration explains a single tenant", "sign-in-accepted", "audience-multitenant", both(both(typedTenant("organizations"), app(func(a *entra.Application) { a.Audience = entra.SingleTenant })), signIn(SignInProbe{AADSTS: 50194}))},
		{"a missing registration explains an unknown app", "app-in-tenant", "registration-exists", both(noApp, refused(700016, "unauthorized_client"))},
		{"a missing registration explains the sign-in page", "sign-in-accepted", "registration-exists", both(noApp, func(f *Facts) { f.Forget(NeedSecretTrial, "why", "would") })},
		{"a disabled enterprise application explains the sign-in page", "sign-in-accepted", "service-principal-enabled", both(principal(func(p *entra.ServicePrincipal) { p.Enabled = false }), signIn(SignInProbe{OnPage: true, AADSTS: 7000112}))},
		{"a disabled enterprise application explains the refusal", "app-in-tenant", "service-principal-enabled", both(principal(func(p *entra.ServicePrincipal) { p.Enabled = false }), refused(7000112, "unauthorized_client"))},
		{"a missing enterprise application explains the refusal", "app-in-tenant", "service-principal-exists", both(func(f *Facts) { set(&f.Principal, nil) }, refused(7000229, "invalid_client"))},
		{"the tenant without Azure DevOps explains the sign-in page", "sign-in-accepted", "devops-principal-exists", both(func(f *Facts) { delete(f.Resources.Get(), entra.AzureDevOps) }, signIn(SignInProbe{AADSTS: 650052}))},
		{"the registration explains a secret of another app", "secret-accepted", "secret-is-registered", both(given(func(g *Given) { g.Secret.Hint = "zzz" }), refused(7000215, "invalid_client"))},
		{"a missing organization explains what it is not connected to", "organization-in-tenant", "organization-exists", organization(entra.DevOpsOrganization{Slug: "contoso-shop"})},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if r := resultOf(t, changed(tt.change), tt.check); r.Outcome != Skipped || r.Cause != tt.cause {
				t.Errorf("%s because of %q: %+v", r.Outcome, r.Cause, r.Findings)
			}
		})
	}
}

// noApp: nothing in the tenant has the client ID.
func noApp(f *Facts) {
	set(&f.Application, nil)
	set(&f.Principal, nil)
	signIn(SignInProbe{OnPage: true, AADSTS: 700016})(f)
}

// principal changes the app's enterprise application.
func principal(how func(*entra.ServicePrincipal)) func(*Facts) {
	return func(f *Facts) {
		p := *f.Principal.Get()
		how(&p)
		set(&f.Principal, &p)
	}
}

func TestASecretInAWrongFieldIsNeitherShownNorKept(t *testing.T) {
	for _, secret := range []string{"abc8Q~0123456789012345678901234567890123", "eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.c2ln"} {
		for name, change := range map[string]func(*Facts){
			"client ID": typedClient(secret), "tenant": typedTenant(secret + "\n"), "organization": typedOrg(secret), "project": given(func(g *Given) { g.Project = secret }),
			"address": endpoint("https://app.vssps.visualstudio.com/oauth2/token?client_assertion=" + secret),
		} {
			f := changed(change)
			var results []Result
			for r := range Run(t.Context(), &f, All, nil) {
				results = append(results, r)
			}
			kept, err := json.Marshal(struct {
				Facts   Facts
				Results []Result
			}{f, results})
			if err != nil || strings.Contains(string(kept), secret) {
				t.Errorf("typed as the %s it is kept: %v", name, err)
			}
		}
	}
	f := changed(typedClient("abc8Q~0123456789012345678901234567890123"))
	f.Given = f.Given.Safe()
	if r := resultOf(t, f, "client-id-well-formed"); r.Outcome != Failed || !strings.Contains(r.Findings[0].Summary, "form of a client secret") {
		t.Errorf("%+v", r)
	}
}

func TestCommandsAreSafeToPaste(t *testing.T) {
	const evil = "x'; rm -rf ~; $(id) `id`"
	for _, change := range []func(*Facts){typedTenant(evil), typedClient(evil), typedRedirect(evil), typedScopes(evil), typedOrg(evil)} {
		f := changed(change, signIn(SignInProbe{AADSTS: 50011}), refused(7000215, "invalid_client"))
		f.Tenant = Known(TenantLookup{AADSTS: 90002}, "GET")
		for _, c := range All {
			if c.Group != Anonymous && c.Group != WithSecret || c.Applies != nil && !c.Applies(&f) {
				continue
			}
			for _, x := range c.Evaluate(&f) {
				for _, e := range x.Shown {
					if strings.Contains(e.Command, "rm -rf") || strings.Contains(e.Command, "$(id)") || strings.Contains(e.Command, "`") {
						t.Errorf("%s: %s", c.ID, e.Command)
					}
				}
			}
		}
	}
}
