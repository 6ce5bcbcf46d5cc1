package sandbox

import (
	"net/url"
	"strings"
	"testing"
)

// adminConsentURL is an admin consent request; path is "v2.0/adminconsent"
// or "adminconsent".
func (l *loginTest) adminConsentURL(segment, path string, a *application, values ...string) string {
	q := url.Values{"client_id": {a.AppID}, "redirect_uri": {testApp}, "state": {"a state/1"}}
	if path != "adminconsent" {
		q.Set("scope", devopsScope)
	}
	override(q, values)
	return l.base + "/" + segment + "/" + path + "?" + q.Encode()
}

//parity:real login GET /{tenant}/v2.0/adminconsent
func TestAdminConsentForACustomer(t *testing.T) {
	l := newTestWorld(t)
	there := l.tenant("northwind")
	a := l.app(nil)
	page := l.visitor().open(l.adminConsentURL("organizations", "v2.0/adminconsent", a)).signIn("admin", "northwind").
		shows("Permissions requested for your organization")
	if !strings.Contains(page.text(), "all users in Northwind") {
		t.Errorf("page: %s", page.text())
	}
	want := testApp + "?admin_consent=True&tenant=" + there.ID + "&scope=" + devopsAppID + "%2fuser_impersonation&state=a+state%2f1#"
	if got := page.press("Accept").location; got != want {
		t.Errorf("answer\n%s\nwant\n%s", got, want)
	}
	l.wantScopes(there, a, "AllPrincipals Azure DevOps: user_impersonation")
	l.visitor().open(l.authorizeURL(there.ID, a, "scope", devopsScope)).signIn("user", "northwind").code()
}

//parity:real login GET /{tenant}/adminconsent
//parity:choice login admin consent, roles: an application administrator grants all but application permissions on Microsoft Graph
func TestAdminConsentToEverythingRegistered(t *testing.T) {
	for path, want := range map[string]string{
		"adminconsent":      "?tenant={tenant}&state=a+state%2f1&admin_consent=True#",
		"v2.0/adminconsent": "?admin_consent=True&tenant={tenant}&scope=" + graphAppID + "%2fUser.Read+" + devopsAppID + "%2fuser_impersonation&state=a+state%2f1#",
	} {
		l := newTestWorld(t)
		there := l.tenant("northwind")
		role := l.tenant("contoso").principalOf(graphAppID).AppRoles[0]
		a := l.app(func(a *application) {
			a.RequiredResourceAccess[0].ResourceAccess = append(a.RequiredResourceAccess[0].ResourceAccess, resourceAccess{ID: role.ID, Type: "Role"})
		})
		values := []string{}
		if path != "adminconsent" {
			values = []string{"scope", devopsAppID + "/.default"}
		}
		open := func() sight { return l.visitor().open(l.adminConsentURL(there.Domain, path, a, values...)) }
		there.userNamed("developer").Roles = []string{roleApplicationAdministrator}
		if text := open().signIn("developer", "northwind").shows("Need admin approval").text(); !strings.Contains(text, "AADSTS90093") {
			t.Errorf("application permissions are for the highest roles to give: %s", text)
		}
		page := open().signIn("admin", "northwind")
		if !strings.Contains(page.text(), role.Value) {
			t.Errorf("page: %s", page.text())
		}
		if got := page.press("Accept").location; got != testApp+strings.Replace(want, "{tenant}", there.ID, 1) {
			t.Errorf("%s: %s", path, got)
		}
		l.wantScopes(there, a, "AllPrincipals Microsoft Graph: User.Read", "AllPrincipals Azure DevOps: user_impersonation")
		if roles := there.roleValues(there.principalOf(a.AppID).ID, there.principalOf(graphAppID)); !has(roles, role.Value) {
			t.Errorf("roles %v", roles)
		}
	}
}

//parity:real login GET /{tenant}/adminconsent
func TestAdminConsentDeclined(t *testing.T) {
	l := newTestWorld(t)
	a := l.app(nil)
	q := l.visitor().open(l.adminConsentURL("organizations", "v2.0/adminconsent", a)).signIn("admin", "contoso").press("Cancel").answer()
	if q.Get("admin_consent") != "True" || q.Get("error") != "consent_required" || q.Get("state") != "a state/1" ||
		!strings.HasPrefix(q.Get("error_description"), "AADSTS65004: The resource owner or authorization server denied the request.\r\nTrace ID: ") {
		t.Errorf("answer %v", q)
	}
	got := l.visitor().open(l.adminConsentURL("common", "adminconsent", a)).signIn("admin", "contoso").press("Cancel").location
	if got != testApp+"?error=permission_denied&error_description=The+admin+canceled+the+request&state=a+state%2f1#" {
		t.Errorf("answer %s", got)
	}
	l.wantScopes(l.tenant("contoso"), a)
}

//parity:real login GET /{tenant}/v2.0/adminconsent
func TestAdminConsentErrors(t *testing.T) {
	l := newTestWorld(t)
	a := l.app(nil)
	open := func(segment string, values ...string) sight {
		return l.visitor().open(l.adminConsentURL(segment, "v2.0/adminconsent", a, values...))
	}
	open("common").refusedOn(onPage, 90019, "")
	open("organizations", "redirect_uri", "https://elsewhere.example.com").refusedOn(onPage, 50011, "")
	open("organizations", "client_id", newGUID()).refusedOn(onPage, 700016, "")
	open("northwind.sandbox.invalid").signIn("admin", "contoso").refusedOn(onPage, 50020, "")
	if text := open("organizations").signIn("user", "contoso").shows("Need admin approval").text(); !strings.Contains(text, "AADSTS90093") {
		t.Errorf("page: %s", text)
	}
	open("organizations", "scope", "").refusedOn(onRedirect, 900144, "invalid_request")
	open("organizations", "scope", devopsScope+" User.Read").refusedOn(onRedirect, 28000, "invalid_request")
	s := open("organizations", "scope", devopsAppID+"/vso.nothing").signIn("admin", "contoso")
	s.refusedOn(onRedirect, 650053, "invalid_client")
	if s.answer().Get("admin_consent") != "True" {
		t.Error("admin_consent=True comes with errors too")
	}
	home := l.tenant("contoso")
	home.removePrincipal(home.principalOf(devopsAppID))
	open("organizations").signIn("admin", "contoso").refusedOn(onRedirect, 650052, "invalid_client")
}
