package e2e

import (
	"strings"
	"testing"

	"github.com/playwright-community/playwright-go"
)

// What Microsoft's own resources and permissions are called by id.
const (
	azureDevOps       = "499b84ac-1321-427f-aa17-267ca6975798"
	microsoftGraph    = "00000003-0000-0000-c000-000000000000"
	userImpersonation = "ee69721e-6c3a-468f-a9ec-302d16a4c599"
	userRead          = "e1fe6dd8-ba31-4d61-89e7-88639da4683d"
)

// byHand is what an administrator clicks together in the portal: the app with
// its service principal, a client secret, and the consents for the tenant. It
// gives the secret's value.
func (d *directory) byHand(name, redirectURI, secretName string) (registration, string) {
	d.t.Helper()
	permission := func(resource, id string) map[string]any {
		return map[string]any{"resourceAppId": resource, "resourceAccess": []any{map[string]any{"id": id, "type": "Scope"}}}
	}
	var app registration
	d.ask("POST", "/applications", map[string]any{
		"displayName": name, "signInAudience": "AzureADMultipleOrgs",
		"web":                    map[string]any{"redirectUris": []string{redirectURI}},
		"requiredResourceAccess": []any{permission(azureDevOps, userImpersonation), permission(microsoftGraph, userRead)},
	}, &app)
	var secret struct {
		Value string `json:"secretText"`
	}
	d.ask("POST", "/applications/"+app.ID+"/addPassword", map[string]any{"passwordCredential": map[string]any{"displayName": secretName}}, &secret)
	var principal struct{ ID string }
	d.ask("POST", "/servicePrincipals", map[string]any{"appId": app.AppID}, &principal)
	for resource, scope := range map[string]string{azureDevOps: "user_impersonation", microsoftGraph: "User.Read"} {
		d.ask("POST", "/oauth2PermissionGrants", map[string]any{"clientId": principal.ID, "consentType": "AllPrincipals",
			"resourceId": d.principals(resource)[0], "scope": scope}, nil)
	}
	return app, secret.Value
}

// value is one to copy, by its label.
func (p *visitor) value(label string) string {
	p.t.Helper()
	text, err := p.page.Locator("dt", playwright.PageLocatorOptions{HasText: label}).First().Locator("xpath=following-sibling::dd[1]").Locator("code").InnerText()
	p.must(err)
	return text
}

// choose takes an app registration that is there already.
func (p *visitor) choose(search, name string) {
	p.t.Helper()
	p.fill("Name or client ID", search)
	p.button("Search")
	p.check(name)
	p.button("Continue")
}

func TestAPersonWithoutRightsGoesTheManualWay(t *testing.T) {
	t.Parallel()
	b := startBox(t)
	p := b.console(t).visit(t)
	p.begin("StackOne", "by-hand", nil, adminConsent, "user")
	p.sees("You may not create app registrations")
	p.button("Continue")
	p.heading("New app registration, or an existing one")
	p.link("Do it by hand instead")
	p.heading("The manual way")
	for _, words := range []string{"Allow all tenants", "Authentication (Preview)", "Other permissions", "In the older portal"} {
		p.sees(words)
	}
	d := b.directory(t, adminConsent)
	app, secret := d.byHand(p.value("Name"), p.value("Redirect URI"), p.value("Description of the client secret"))

	p.link("Choose the app registration that was made")
	p.choose("StackOne", app.AppID)
	p.fromPermissions(choices{organization: "fabrikam"})
	p.sees("Everything is as it should be. Nothing is left to do.")
	p.button("Read back and finish")
	p.reads("status", "proven by reading everything back")
	if app := d.named(app.DisplayName); len(app) != 1 || len(app[0].Secrets) != 1 {
		t.Errorf("the tenant holds %+v, want the one app with its one secret", app)
	}

	p.testConsent("by-hand")
	p.sees("Or add it yourself")
	p.fill("Client secret", secret)
	d.ask("PATCH", "/applications/"+app.ID, map[string]any{"web": map[string]any{"redirectUris": append(app.Web.RedirectURIs, p.callback())}}, nil)
	p.prepare()
	w := p.leave()
	w.signIn(p, adminConsent, "user")
	w.gone()
	p.reads("status", "works")
}

func TestTheAdministratorIsSentAText(t *testing.T) {
	t.Parallel()
	b := startBox(t)
	p := b.console(t).visit(t, copying)
	p.begin("Paragon", "asked", nil, adminConsent, "user")
	p.throughWizard(choices{organization: "fabrikam"})
	p.change("Apply")
	p.reads("status", "stopped with an error")
	p.link("Send to an admin who may do it")
	p.button("Copy the text")
	text := p.clipboard()
	for _, part := range []string{"https://passport.useparagon.com/oauth", "user_impersonation", "Paragon Integration"} {
		if !strings.Contains(text, part) {
			t.Errorf("the text does not say %q:\n%v", part, text)
		}
	}
	if apps := b.directory(t, adminConsent).made("asked"); len(apps) != 0 {
		t.Errorf("%d app registrations were made", len(apps))
	}
}

func TestAnExistingAppIsAdopted(t *testing.T) {
	t.Parallel()
	b := startBox(t)
	p := b.console(t).visit(t)
	d := b.directory(t, healthy)
	before := d.named("Paragon (existing)")[0]

	p.begin("Paragon", "adopted", nil, healthy, "admin")
	p.button("Continue")
	p.sees("Paragon's own guide starts from an app registration you already have.")
	p.choose("Paragon", "Paragon (existing)")
	p.fromPermissions(choices{organization: "contoso"})
	p.apply()
	after := d.named("Paragon (existing)")
	if len(after) != 1 || after[0].AppID != before.AppID {
		t.Fatalf("apps of that name: %+v", after)
	}
	if n := len(after[0].Secrets); n != len(before.Secrets)+1 {
		t.Errorf("%d secrets, want one more than the %d there were", n, len(before.Secrets))
	}
	if len(d.made("adopted")) != 0 {
		t.Error("somebody else's app was marked as ours")
	}

	p.environment("adopted")
	p.link("Remove")
	p.sees("was there before and stays")
	p.fill("Type adopted to remove it", "adopted")
	p.change("Remove adopted")
	p.reads("status", "Removed.")
	if left := d.named("Paragon (existing)"); len(left) != 1 || len(left[0].Secrets) != len(before.Secrets) {
		t.Errorf("left is %+v, want what was there before", left)
	}
}
