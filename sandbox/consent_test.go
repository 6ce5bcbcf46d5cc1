package sandbox

import (
	"slices"
	"strings"
	"testing"
	"time"
)

func TestWhoMayConsentToWhat(t *testing.T) {
	const self = "ManagePermissionGrantsForSelf."
	recommended, legacy, low := self+"microsoft-user-default-recommended", self+"microsoft-user-default-legacy", self+"microsoft-user-default-low"
	devops := []asked{{resource: devopsAppID, names: []string{"user_impersonation"}}}
	graph := func(names ...string) []asked { return []asked{{resource: graphAppID, names: names}} }
	for _, c := range []struct {
		name    string
		person  string
		policy  []string
		change  func(*consentQuestion)
		wanted  []asked
		verdict verdict
	}{
		{"home app, as delivered", "user", []string{recommended}, nil, devops, consentNeeded},
		{"letter case of the policy", "user", []string{strings.ToLower(recommended)}, nil, devops, consentNeeded},
		{"user consent off", "user", nil, nil, devops, approvalNeeded},
		{"a policy for owned resources only", "user", []string{"ManagePermissionGrantsForOwnedResource.x"}, nil, devops, approvalNeeded},
		{"a policy the sandbox does not know", "user", []string{self + "my-own"}, nil, devops, approvalNeeded},
		{"user consent off, administrator", "admin", nil, nil, devops, consentNeeded},
		{"mail under the policy of Microsoft", "user", []string{recommended}, nil, graph("Mail.Read"), approvalNeeded},
		{"mail under the oldest policy", "user", []string{legacy}, nil, graph("Mail.Read"), consentNeeded},
		{"Azure DevOps under low impact only", "user", []string{low}, nil, devops, approvalNeeded},
		{"basic sign-in under low impact only", "user", []string{low}, nil, graph("User.Read", "openid"), consentNeeded},
		{"basic sign-in of a foreign app under low impact only", "user", []string{low}, foreign, graph("User.Read"), approvalNeeded},
		{"permission reserved to administrators", "user", []string{legacy}, nil, graph("Application.ReadWrite.All"), approvalNeeded},
		{"permission reserved to administrators, administrator", "admin", []string{legacy}, nil, graph("Application.ReadWrite.All"), consentNeeded},
		{"foreign unverified app", "user", []string{recommended}, foreign, devops, approvalNeeded},
		{"foreign unverified app, administrator", "admin", []string{recommended}, foreign, devops, consentNeeded},
		{"foreign unverified app, basic sign-in", "user", []string{recommended}, foreign, graph("User.Read"), consentNeeded},
		{"foreign verified app", "user", []string{recommended}, func(q *consentQuestion) {
			foreign(q)
			id := "1234567"
			q.client.VerifiedPublisher.VerifiedPublisherID = &id
		}, devops, consentNeeded},
		{"foreign app registered before the rule", "user", []string{recommended}, func(q *consentQuestion) {
			foreign(q)
			q.client.CreatedDateTime = stepUpSince.Add(-time.Second)
		}, devops, consentNeeded},
		{"foreign unverified app, risk accepted", "user", []string{recommended}, func(q *consentQuestion) {
			foreign(q)
			q.subject.tenant.policies.AllowRiskyConsent = true
		}, devops, consentNeeded},
		{"Microsoft's own app", "user", []string{recommended}, func(q *consentQuestion) {
			foreign(q)
			q.client.home = &tenant{ID: microsoftTenantID}
		}, devops, consentNeeded},
		{"assignment required, not assigned", "admin", []string{recommended}, func(q *consentQuestion) {
			q.principal = &servicePrincipal{ID: "sp", AppRoleAssignmentRequired: true}
		}, devops, consentRefused},
		{"assignment required, assigned", "user", []string{recommended}, func(q *consentQuestion) {
			q.principal = &servicePrincipal{ID: "sp", AppRoleAssignmentRequired: true}
			q.subject.tenant.assignRole(q.subject.user.principal(), q.principal, defaultRole, stepUpSince)
		}, devops, approvalNeeded},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := newTestWorld(t)
			home := l.tenant("contoso")
			home.policies.PermissionGrantPolicies = c.policy
			q := consentQuestion{
				subject: &subject{tenant: home, home: home, user: home.userNamed(c.person)},
				client:  client{l.app(nil), home}, wanted: c.wanted,
			}
			if c.change != nil {
				c.change(&q)
			}
			if got := decideConsent(q); got.verdict != c.verdict {
				t.Errorf("verdict %d, want %d", got.verdict, c.verdict)
			}
		})
	}
}

func foreign(q *consentQuestion) { q.client.home = &tenant{ID: "another"} }

// scopesOf are the grants of an app in a tenant, as "type resource scopes".
func (l *loginTest) scopesOf(t *tenant, a *application) []string {
	l.Helper()
	sp := t.principalOf(a.AppID)
	if sp == nil {
		return nil
	}
	var list []string
	for _, id := range t.grantOrder {
		if g := t.grants[id]; g.ClientID == sp.ID {
			list = append(list, g.ConsentType+" "+t.principals[g.ResourceID].DisplayName+": "+g.Scope)
		}
	}
	return list
}

func (l *loginTest) wantScopes(t *tenant, a *application, want ...string) {
	l.Helper()
	if got := l.scopesOf(t, a); !slices.Equal(got, want) {
		l.Errorf("grants in %s\n%s\nwant\n%s", t.DisplayName, strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestConsentInAnotherTenantMakesAServicePrincipalAndGrantsThere(t *testing.T) {
	l := newTestWorld(t)
	there := l.tenant("northwind")
	there.policies.AllowRiskyConsent = true
	a := l.app(nil)
	page := l.visitor().open(l.authorizeURL("organizations", a, "scope", devopsScope+" openid offline_access")).signIn("user", "northwind")
	if page.html.Find("input[type=checkbox]").Length() != 0 {
		t.Error("only administrators are offered consent for everybody")
	}
	page.press("Accept").code()
	sp := there.principalOf(a.AppID)
	if sp == nil || *sp.AppOwnerOrganizationID != l.tenant("contoso").ID {
		t.Fatalf("service principal %+v", sp)
	}
	l.wantScopes(there, a, "Principal Azure DevOps: user_impersonation", "Principal Microsoft Graph: openid offline_access")
	if l.tenant("contoso").principalOf(a.AppID) != nil {
		t.Error("the home tenant is none of it")
	}
	l.visitor().open(l.authorizeURL("organizations", a)).signIn("developer", "northwind").shows("Permissions requested")
}

func TestAnAdministratorMayConsentForEverybody(t *testing.T) {
	l := newTestWorld(t)
	there := l.tenant("fabrikam")
	a := l.app(nil)
	open := func(person string) sight {
		return l.visitor().open(l.authorizeURL("organizations", a, "scope", devopsScope)).signIn(person, "fabrikam")
	}
	open("admin").press("Accept").code()
	l.wantScopes(there, a, "Principal Azure DevOps: user_impersonation")
	open("user").shows("Approval required")
	b := l.visitor()
	b.open(l.authorizeURL("organizations", a, "scope", devopsScope, "prompt", "consent")).signIn("admin", "fabrikam").
		press("Accept", "consentOnBehalf", "true").code()
	l.wantScopes(there, a, "Principal Azure DevOps: user_impersonation", "AllPrincipals Azure DevOps: user_impersonation")
	open("user").code()
}

func TestAUserCannotTickTheAdministratorsBox(t *testing.T) {
	l := newTestWorld(t)
	a := l.app(nil)
	l.visitor().open(l.authorizeURL("organizations", a, "scope", devopsScope)).signIn("user", "contoso").
		press("Accept", "consentOnBehalf", "true").code()
	l.wantScopes(l.tenant("contoso"), a, "Principal Azure DevOps: user_impersonation")
}

func TestNeedAdminApprovalStaysOnThePage(t *testing.T) {
	l := newTestWorld(t)
	a := l.app(nil)
	page := l.visitor().open(l.authorizeURL("organizations", a)).signIn("user", "northwind").shows("Need admin approval")
	if !strings.Contains(page.text(), "AADSTS90094: Test Integration needs permission to access resources in your organization that only an admin can grant.") {
		t.Errorf("page: %s", page.text())
	}
	if got := page.press("Return to the application").location; got != testApp+"?error=access_denied&error_subcode=cancel&state=a+state%2f1#" {
		t.Errorf("return: %s", got)
	}
	page = l.visitor().open(l.authorizeURL("organizations", a)).signIn("user", "northwind")
	page.press("Have an admin account?").signIn("admin", "northwind").shows("Permissions requested").press("Accept").code()

	page = l.visitor().open(l.authorizeURL("organizations", a)).signIn("user", "fabrikam").shows("Approval required")
	if !strings.Contains(page.text(), "AADSTS90095: ") {
		t.Errorf("page: %s", page.text())
	}
	page.press("Request approval", "justification", "please").shows("Request sent").press("Return to the application").answer()
}

func TestAPolicyOfTheTenantIsNamed(t *testing.T) {
	l := newTestWorld(t)
	l.tenant("contoso").policies.PermissionGrantPolicies = nil
	page := l.visitor().open(l.authorizeURL("organizations", l.app(nil))).signIn("user", "contoso").shows("Need admin approval")
	if !strings.Contains(page.text(), "AADSTS90094: An administrator of Contoso has set a policy that prevents you from granting Test Integration the permissions it is requesting.") {
		t.Errorf("page: %s", page.text())
	}
}

func TestATokenHoldsWhatWasConsentedBefore(t *testing.T) {
	l := newTestWorld(t)
	a := l.app(nil)
	b := l.visitor()
	b.open(l.authorizeURL("organizations", a, "scope", devopsAppID+"/vso.work")).signIn("user", "contoso").press("Accept").code()
	page := b.open(l.authorizeURL("organizations", a, "scope", devopsAppID+"/vso.code_write"))
	if items := page.shows("Permissions requested").html.Find("ul.permissions li").Length(); items != 1 {
		t.Errorf("%d permissions: only what is new is asked for", items)
	}
	answer := l.token("organizations", redeem(a, page.press("Accept").code())).ok()
	if got := answer.claims().Scopes; got != "vso.code_write vso.work" {
		t.Errorf("scp %q", got)
	}
	if got := answer.string("scope"); got != devopsAppID+"/vso.code_write "+devopsAppID+"/vso.work" {
		t.Errorf("scope %q", got)
	}
}

func TestDefaultAsksOnceAndThenTakesWhatThereIs(t *testing.T) {
	l := newTestWorld(t)
	a := l.app(nil)
	b := l.visitor()
	open := func(values ...string) sight {
		return b.open(l.authorizeURL("organizations", a, append([]string{"scope", devopsAppID + "/.default"}, values...)...))
	}
	page := open().signIn("user", "contoso").shows("Permissions requested")
	if text := page.text(); !strings.Contains(text, "Microsoft Graph") || !strings.Contains(text, "user_impersonation") {
		t.Errorf("everything registered is asked for, of all resources: %s", text)
	}
	page.press("Accept").code()
	changed := *a
	changed.RequiredResourceAccess = seedApp{Delegated: []string{"User.Read"}, AzureDevOps: []string{"user_impersonation", "vso.work"}}.required()
	l.tenant("contoso").addApp(&changed)
	answer := l.token("organizations", redeem(a, open().code())).ok()
	if got := answer.claims().Scopes; got != "user_impersonation" {
		t.Errorf("a permission added later is not in the token: %q", got)
	}
	if got := answer.string("scope"); got != devopsScope+" "+devopsAppID+"/.default" {
		t.Errorf("scope %q", got)
	}
	code := open("prompt", "consent").shows("Permissions requested").press("Accept").code()
	if got := l.token("organizations", redeem(a, code)).ok().claims().Scopes; got != "user_impersonation vso.work" {
		t.Errorf("after prompt=consent: %q", got)
	}
}

func TestDefaultNeedsEveryListedResourceInTheTenant(t *testing.T) {
	l := newTestWorld(t)
	home := l.tenant("contoso")
	home.removePrincipal(home.principalOf(graphAppID))
	l.visitor().open(l.authorizeURL("organizations", l.app(nil), "scope", devopsAppID+"/.default")).
		signIn("user", "contoso").refusedOn(onRedirect, 650052, "invalid_client")
}

func TestSignInScopesComeWithTheFirstConsentOnly(t *testing.T) {
	l := newTestWorld(t)
	a := l.consented(nil)
	l.visitor().open(l.authorizeURL("organizations", a, "scope", "openid profile email offline_access")).signIn("user", "contoso").code()
	page := l.visitor().open(l.authorizeURL("organizations", l.app(nil), "scope", "openid profile offline_access")).signIn("user", "contoso").shows("Permissions requested")
	for _, want := range []string{"Sign you in", "View your basic profile", "Maintain access to data you have given it access to"} {
		if !strings.Contains(page.text(), want) {
			t.Errorf("the page does not say %q: %s", want, page.text())
		}
	}
}

func TestALeftOverServicePrincipalOfANarrowedAppIsRefused(t *testing.T) {
	l := newTestWorld(t)
	there := l.tenant("northwind")
	a := l.app(nil)
	there.ensurePrincipal(client{a, l.tenant("contoso")})
	a.SignInAudience = audienceSingleTenant
	l.visitor().open(l.authorizeURL(there.ID, a)).refusedOn(onPage, 650059, "")
}

func TestAGuestSignsInWhereTheyWereInvited(t *testing.T) {
	l := newTestWorld(t)
	there := l.tenant("northwind")
	guest := &user{ID: newGUID(), UserPrincipalName: "user_contoso#EXT#@" + there.Domain, Mail: "user@contoso.sandbox.invalid", DisplayName: "Uma (guest)", Guest: true}
	there.users[guest.ID] = guest
	a := l.app(nil)
	there.grantConsent(client{a, l.tenant("contoso")}, nil, []asked{{resource: devopsAppID, names: []string{"user_impersonation"}}})
	code := l.visitor().open(l.authorizeURL(there.Domain, a)).signIn("user", "contoso").code()
	c := l.token(there.ID, redeem(a, code)).ok().claims()
	if c.Tenant != there.ID || c.ObjectID != guest.ID || c.IDP != stsIssuer(l.tenant("contoso").ID) {
		t.Errorf("claims %+v", c)
	}
}
