package checks

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/consentry/consentry/entra"
)

// A variation is a situation that looks unusual, and what a check makes of it.
type variation struct {
	name, check string
	change      func(*Facts)
	want        Outcome
}

func (v variation) run(t *testing.T) {
	t.Run(v.check+"/"+v.name, func(t *testing.T) {
		if r := resultOf(t, changed(v.change), v.check); r.Outcome != v.want {
			t.Errorf("%s %s %+v, want %s", r.Outcome, r.Because, r.Findings, v.want)
		}
	})
}

func forget(n Need) func(*Facts) {
	return func(f *Facts) { f.Forget(n, "It is not there.", "Get it.") }
}

func TestUnusualRegistrations(t *testing.T) {
	custom := given(func(g *Given) { g.Integration = "custom" })
	for _, v := range []variation{
		{"seen from a customer's tenant", "registration-exists", customer, Unknown},
		{"known to the sign-in page only", "registration-exists", gone, Unknown},
		{"known by its secret only", "registration-exists", all(gone, forget(NeedSignIn)), Unknown},
		{"Graph does not say whether it is disabled", "registration-enabled", app(func(a *entra.Application) { a.IsDisabled = nil }), Passed},
		{"not disabled, in Microsoft's word", "registration-enabled", app(func(a *entra.Application) { a.DisabledByMicrosoft = "NotDisabled" }), Passed},
		{"a vendor's, seen from a customer's tenant", "registration-enabled", customer, Passed},
		{"single tenant, for one's own people", "audience-multitenant", all(custom, app(func(a *entra.Application) { a.Audience = entra.SingleTenant })), NotApplicable},
		{"single tenant, no integration named, every tenant", "audience-multitenant", all(asks("", paragonScope), everyTenant, app(func(a *entra.Application) { a.Audience = entra.SingleTenant })), Failed},
		{"personal accounts too", "audience-multitenant", app(func(a *entra.Application) { a.Audience = entra.AnyAccount }), Passed},
		{"seen from a customer's tenant", "audience-multitenant", customer, Passed},
		{"the list of tenants cannot be read", "audience-unrestricted", forget(NeedRestrictions), Unknown},
		{"the tenant is on the list", "audience-unrestricted", func(f *Facts) { set(&f.Restrictions, []entra.TenantID{contoso, fabrikam}) }, Passed},
		{"the port of this machine is ignored", "redirect-uri-registered", all(typedRedirect("http://localhost:3000/cb"), registered(web("http://localhost/cb"))), Passed},
		{"but not its path", "redirect-uri-registered", all(typedRedirect("http://localhost:3000/cb"), registered(web("http://localhost:3000/"))), Failed},
		{"on another platform", "redirect-uri-registered", registered(entra.RedirectURI{URI: paragonURI, Platform: entra.SPA}), Passed},
		{"in a customer's tenant", "redirect-uri-registered", customer, Passed},
		{"a customer's tenant that shows none", "redirect-uri-registered", all(customer, principal(func(p *entra.ServicePrincipal) { p.RedirectURIs = nil })), Unknown},
		{"its platform, in a customer's tenant", "redirect-uri-on-web", customer, Unknown},
		{"one of several", "redirect-uri-on-web", registered(entra.RedirectURI{URI: "http://localhost/cb", Platform: entra.PublicClient}, web(paragonURI)), Passed},
		{"nothing given", "redirect-uri-registered", typedRedirect(""), Unknown},
	} {
		v.run(t)
	}
}

func TestUnusualPermissionsAndConsents(t *testing.T) {
	for _, v := range []variation{
		{"granular scopes beside user_impersonation are right", "permissions-declared", asks("frontegg", ado+"vso.code "+ado+"vso.work openid", "user_impersonation"), Passed},
		{"granular scopes beside user_impersonation are right", "permissions-not-excessive", asks("frontegg", ado+"vso.code "+ado+"vso.work openid", "user_impersonation"), Passed},
		{"granular scopes beside user_impersonation are covered", "consent-covers-scopes", asks("frontegg", ado+"vso.code openid"), Passed},
		{"users accept them by name", "users-may-consent", asks("frontegg", ado+"vso.code openid"), Passed},
		{"a scope that cannot be registered", "permissions-declared", asks("custom", ado+"user_impersonation "+ado+"vso.hooks openid"), Passed},
		{"without User.Read, asking for openid", "permissions-declared", app(func(a *entra.Application) { a.Permissions = a.Permissions[:1] }), Passed},
		{"the names of the tenant cannot be read", "permissions-declared", forget(NeedResources), Passed},
		{"nothing to compare with", "permissions-not-excessive", asks("", ""), NotApplicable},
		{"compared by what is implied", "scopes-match-exactly", func(*Facts) {}, NotApplicable},
		{"one user's own consent", "consent-present", granted(forOne(adele, "user_impersonation")), Passed},
		{"for another resource only", "consent-present", func(f *Facts) { set(&f.Grants, healthyGrants()[1:]) }, Failed},
		{"a user's own beside the tenant's", "consent-covers-scopes", granted(forAll("user_impersonation"), forOne(adele, "vso.work")), Passed},
		{"without a consent users are asked, and may", "users-may-consent", granted(), Passed},
		{"policies of the tenant's own", "users-may-consent", all(granted(), policies(func(p *entra.Policies) { p.ConsentPolicies = []string{"ManagePermissionGrantsForSelf.contoso-rules"} })), Unknown},
		{"policies of the tenant's own, and nobody is asked", "users-may-consent", policies(func(p *entra.Policies) { p.ConsentPolicies = []string{"contoso-rules"} }), Passed},
		{"policies unread", "users-may-consent", all(granted(), policies(func(p *entra.Policies) { p.ConsentPolicies = nil })), Unknown},
		{"a vendor's verified app", "users-may-consent", all(customer, granted()), Passed},
		{"a vendor's unverified app where risk is taken", "users-may-consent", all(customer, granted(), principal(func(p *entra.ServicePrincipal) { p.Verified = false }), policies(func(p *entra.Policies) { p.RiskyConsentAllowed = on(true) })), Passed},
		{"a vendor's app that nobody here has seen", "users-may-consent", all(customer, func(f *Facts) { set(&f.Principal, nil); set(&f.Grants, nil) }), Unknown},
		{".default, once something is consented to", "users-may-consent", all(usersMayNot, asks("custom", ado+".default openid")), Passed},
		{"of an app made before the rule", "publisher-verified", all(everyTenant, app(func(a *entra.Application) {
			a.Verified, a.Created = false, time.Date(2019, 1, 1, 0, 0, 0, 0, time.UTC)
		})), NotApplicable},
		{"for one's own people", "publisher-verified", app(func(a *entra.Application) { a.Verified = false }), NotApplicable},
		{"of an app that nobody here has seen", "publisher-verified", all(customer, func(f *Facts) { set(&f.Principal, nil) }), Unknown},
	} {
		v.run(t)
	}
}

func TestUnusualSecretsAndCare(t *testing.T) {
	certificate := app(func(a *entra.Application) {
		a.Secrets, a.Certificates = nil, []entra.Certificate{{Usage: "Verify", End: fixedNow.AddDate(1, 0, 0)}}
	})
	for _, v := range []variation{
		{"a certificate does, where no secret is wanted", "secret-present", all(unseen, given(func(g *Given) { g.Integration = "" }), certificate), NotApplicable},
		{"an expired certificate does not", "secret-present", all(unseen, given(func(g *Given) { g.Integration = "" }), certificate, app(func(a *entra.Application) {
			a.Certificates = []entra.Certificate{{Usage: "Verify", End: fixedNow.AddDate(-1, 0, 0)}}
		})), Failed},
		{"too short to compare", "secret-is-registered", given(func(g *Given) { g.Secret.Hint = "" }), Unknown},
		{"one whose beginning nobody knows", "secret-is-registered", all(given(func(g *Given) { g.Secret.Hint = "zzz" }), secrets(secretOf("71", "", 5, 150))), Unknown},
		{"no secret given", "secret-is-registered", unseen, Unknown},
		{"the old one ends, the new one is in use", "secret-lasts", secrets(secretOf("72", "old", 100, 5), secretOf("73", "k9X", 5, 150)), Passed},
		{"no last day is known", "secret-lasts", secrets(entra.Secret{KeyID: paragonKey, Hint: "k9X"}), Passed},
		{"a second one while it is being replaced", "secrets-few", secrets(secretOf("74", "old", 100, 5), secretOf("75", "k9X", 5, 150)), Passed},
		{"the console's records were not looked at", "secrets-accounted-for", given(func(g *Given) { g.Made = nil }), NotApplicable},
		{"one of ours of which there is a record", "secrets-accounted-for",
			all(given(func(g *Given) { g.Made = []entra.KeyID{secretOf("78", "", 0, 0).KeyID} }), secrets(ours(secretOf("78", "k9X", 5, 150), "op"))), Passed},
		{"one made by hand, as the console said", "secrets-accounted-for", secrets(ours(secretOf("79", "k9X", 5, 150), entra.ByHand)), Passed},
		{"one of ours that has expired", "secrets-accounted-for", secrets(ours(secretOf("80", "old", 400, -5), "op"), secretOf("79", "k9X", 5, 150)), Passed},
		{"a year to the day", "secret-lifetime-moderate", secrets(entra.Secret{KeyID: paragonKey, Hint: "k9X", Start: fixedNow, End: fixedNow.AddDate(1, 0, 0)}), Passed},
		{"the policy is not known", "secrets-allowed", policies(func(p *entra.Policies) { p.SecretsForbidden = nil }), Unknown},
		{"the limit is not known", "secret-lifetime-allowed", policies(func(p *entra.Policies) { p.MaxSecretLifetime = nil }), Unknown},
		{"the owners cannot be read", "owners-at-least-two", forget(NeedOwners), Unknown},
		{"one owner and two secrets", "no-single-point-of-failure", all(owners(person(adele, "adele")), secrets(secretOf("76", "old", 100, 100), secretOf("77", "k9X", 5, 150))), Passed},
		{"single tenant", "properties-locked", app(func(a *entra.Application) { a.Audience, a.PropertyLock = entra.SingleTenant, entra.PropertyLock{} }), NotApplicable},
	} {
		v.run(t)
	}
}

func TestWhatFollowsFromTheDirectoryIsFolded(t *testing.T) {
	for _, tt := range []struct {
		name, check, cause string
		change             func(*Facts)
	}{
		{"no registration", "redirect-uri-registered", "registration-exists", all(gone, forget(NeedSignIn), forget(NeedSecretTrial))},
		{"no registration", "consent-present", "registration-exists", all(gone, forget(NeedSignIn), forget(NeedSecretTrial))},
		{"no registration", "secret-present", "registration-exists", all(gone, forget(NeedSignIn), forget(NeedSecretTrial))},
		{"no service principal", "consent-present", "service-principal-exists", func(f *Facts) { set(&f.Principal, nil) }},
		{"no service principal", "consent-covers-scopes", "service-principal-exists", func(f *Facts) { set(&f.Principal, nil) }},
		{"a deactivated registration", "service-principal-enabled", "registration-enabled", app(func(a *entra.Application) { a.IsDisabled = on(true) })},
		{"no Azure DevOps", "consent-present", "devops-principal-exists", withoutResource(entra.AzureDevOps)},
		{"an address that is not registered", "redirect-uri-on-web", "redirect-uri-registered", registered()},
		{"no secret", "secret-lasts", "secret-present", secrets()},
		{"a secret of another app", "secret-lasts", "secret-is-registered", given(func(g *Given) { g.Secret.Hint = "zzz" })},
		{"no consent", "token-scopes", "consent-present", all(granted(), token(func(t *TokenFacts) { t.Scopes = nil }))},
	} {
		t.Run(tt.name+"/"+tt.check, func(t *testing.T) {
			if r := resultOf(t, changed(tt.change), tt.check); r.Outcome != Skipped || r.Cause != tt.cause {
				t.Errorf("%s because of %q: %+v", r.Outcome, r.Cause, r.Findings)
			}
		})
	}
}

// TestARegistrationFailsInOnePlace: each situation is about one check; what
// else fails beside it is another matter that the situation brings along.
func TestARegistrationFailsInOnePlace(t *testing.T) {
	for _, x := range failingRegistration {
		f := x.facts()
		for _, r := range Evaluate(&f, All) {
			if r.Outcome == Failed && r.ID != x.Check {
				t.Errorf("%s, %s: %s fails too: %s", x.Check, x.Name, r.ID, r.Findings[0].Summary)
			}
		}
	}
}

func TestASecretIsMadeNoLongerThanThePolicyLets(t *testing.T) {
	most := 100 * day
	f := changed(secrets(), policies(func(p *entra.Policies) { p.MaxSecretLifetime = &most }))
	add, ok := resultOf(t, f, "secret-present").Findings[0].Mend.Change.(entra.AddSecret)
	if !ok || add.Secret.End.Sub(f.Now) >= most || add.Secret.End.Sub(f.Now) < most-day {
		t.Errorf("ends %s after now", add.Secret.End.Sub(f.Now))
	}
	f = changed(secrets(), policies(func(p *entra.Policies) { p.SecretsForbidden = on(true) }))
	mend := resultOf(t, f, "secret-present").Findings[0].Mend
	if mend.Change != nil {
		t.Errorf("offers %q where no secret may be made", mend.Change.Describe())
	}
	if mend.Who != entra.TenantAdmin || !strings.Contains(mend.Say, "exempt") {
		t.Errorf("where no secret may be made says %q for the %s", mend.Say, mend.Who)
	}
}

func TestWherePoliciesKeepSecretsShortTheNextOneIsNoFindingAtOnce(t *testing.T) {
	most := 90 * day
	short := policies(func(p *entra.Policies) { p.MaxSecretLifetime = &most })
	for days, want := range map[int]Outcome{89: Passed, 40: Passed, 29: Failed} {
		f := changed(secrets(secretOf("82", "k9X", 1, days)), short)
		if got := resultOf(t, f, "secret-lasts").Outcome; got != want {
			t.Errorf("%d days left: %s, want %s", days, got, want)
		}
	}
}

func TestEverySecretIsListedExpiredOnesToo(t *testing.T) {
	f := changed(secrets(secretOf("81", "old", 400, -10), secretOf("82", "k9X", 5, 20)))
	var lines []string
	for _, e := range resultOf(t, f, "secret-lasts").Findings[0].Shown {
		lines = append(lines, e.What+": "+e.Got)
	}
	want := []string{`client secret "Paragon 81" (old…): expired on 2026-11-11`, `client secret "Paragon 82" (k9X…): valid until 2026-12-11, 20 days more`}
	if !slices.Equal(lines, want) {
		t.Errorf("%q", lines)
	}
}

func TestConsentsAreListedWithWhoGaveThem(t *testing.T) {
	shown := func(f Facts) string {
		var words []string
		for _, e := range resultOf(t, f, "consent-present").Shown {
			words = append(words, e.What+": "+e.Got)
		}
		return strings.Join(words, "\n")
	}
	if got := shown(changed(granted(forAll("vso.work"), forOne(megan, "vso.code")))); !strings.Contains(got, "the whole tenant: vso.work") ||
		!strings.Contains(got, "megan@contoso.example: vso.code") || !strings.Contains(got, "megan@contoso.example for the whole tenant on 2026-09-21") {
		t.Error(got)
	}
	if got := shown(changed(forget(NeedConsents))); !strings.Contains(got, "not known: It is not there.") {
		t.Error(got)
	}
}

func TestTheFactsAsAMatrix(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(*Facts)
		want   []string
	}{
		{"healthy", func(*Facts) {}, []string{"user_impersonation ARCT"}},
		{"frontegg", withToken("frontegg", "vso.code"), []string{"vso.code ARCT"}},
		{"consented to by somebody else", all(asks("custom", ado+"vso.work"), lists("vso.work"), granted(forOne(megan, "vso.work")), token(func(t *TokenFacts) { t.Scopes = nil })), []string{"!vso.work ARct"}},
		{"consents of another tenant than the token's", all(withToken("custom", "vso.work"), token(func(t *TokenFacts) { t.Tenant = fabrikam })), []string{"vso.work ARcT"}},
		{"the registration unseen", all(customer, granted(), forget(NeedToken)), []string{"!user_impersonation Arct"}},
	} {
		f := changed(tt.change)
		var got []string
		for _, r := range f.ScopePlaces().Matrix() {
			got = append(got, cells(r))
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}
