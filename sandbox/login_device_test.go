package sandbox

import (
	"net/url"
	"strings"
	"testing"
	"time"
)

const azureCLI = "04b07795-8ddb-461a-bbee-02f9e1bf7b46"

func (l *loginTest) device(segment, clientID, scope string) tokenAnswer {
	l.Helper()
	return l.postForm(l.base+"/"+segment+"/oauth2/v2.0/devicecode", url.Values{"client_id": {clientID}, "scope": {scope}})
}

func (l *loginTest) poll(clientID string, device tokenAnswer) tokenAnswer {
	l.Helper()
	return l.token("organizations", url.Values{"grant_type": {deviceGrant}, "client_id": {clientID}, "device_code": {device.string("device_code")}})
}

//parity:real login POST /{tenant}/oauth2/v2.0/devicecode
//parity:real login GET /devicelogin
//parity:real login POST /devicelogin
//parity:choice login devicecode: interval 5, never slow_down, and verification_uri names this cloud's own /devicelogin
func TestADeviceSignsInThroughAnotherBrowser(t *testing.T) {
	l := newTestWorld(t)
	device := l.device("organizations", azureCLI, devopsAppID+"/.default offline_access openid profile").ok()
	uri, code := device.string("verification_uri"), device.string("user_code")
	if uri != l.base+"/devicelogin" || len(code) != userCodeLength || device.json["expires_in"] != 900.0 || device.json["interval"] != 5.0 ||
		device.string("message") != "To sign in, use a web browser to open the page "+uri+" and enter the code "+code+" to authenticate." || len(device.json) != 6 {
		t.Errorf("answer %v", device.json)
	}
	l.poll(azureCLI, device).refused(70016, "authorization_pending", 400)
	b := l.visitor()
	page := b.open(uri).shows("Enter code to allow access")
	if s := page.press("Next", "otc", "WRONGCODE"); !strings.Contains(s.text(), "AADSTS70018") {
		t.Errorf("wrong code: %s", s.text())
	}
	done := page.press("Next", "otc", " "+strings.ToLower(code)).signIn("user", "contoso").
		shows("Are you trying to sign in to Microsoft Azure CLI?").press("Continue").shows("Microsoft Azure CLI")
	if !strings.Contains(done.text(), "You have signed in to the Microsoft Azure CLI application on your device.") {
		t.Errorf("page: %s", done.text())
	}
	answer := l.poll(azureCLI, device).ok()
	if c := answer.claims(); c.Scopes != "user_impersonation" || c.AppIDACR != publicClientACR || c.UPN != "user@contoso.sandbox.invalid" {
		t.Errorf("claims %+v", c)
	}
	if answer.string("refresh_token") == "" || answer.string("id_token") == "" {
		t.Errorf("answer %v", answer.json)
	}
	l.poll(azureCLI, device).refused(54005, "invalid_grant", 400)
	if s := page.press("Next", "otc", code); !strings.Contains(s.text(), "AADSTS70018") {
		t.Errorf("a used code: %s", s.text())
	}
	next := l.device("organizations", azureCLI, "User.Read.All").ok()
	b.open(uri).press("Next", "otc", next.string("user_code")).shows("Pick an account")
}

func TestADeviceMayNeedConsent(t *testing.T) {
	l := newTestWorld(t)
	public := func(a *application) { yes := true; a.IsFallbackPublicClient = &yes }
	a := l.app(public)
	enter := func(device tokenAnswer, tenant string) sight {
		return l.visitor().open(l.base+"/devicelogin").press("Next", "otc", device.string("user_code")).signIn("user", tenant).press("Continue")
	}
	device := l.device("organizations", a.AppID, devopsScope).ok()
	enter(device, "contoso").shows("Permissions requested").press("Accept").shows("Test Integration")
	l.poll(a.AppID, device).ok()

	device = l.device("organizations", a.AppID, devopsAppID+"/vso.work").ok()
	enter(device, "contoso").press("Cancel").shows("Test Integration")
	l.poll(a.AppID, device).refused(65004, "authorization_declined", 400)

	device = l.device("organizations", a.AppID, devopsScope).ok()
	enter(device, "northwind").shows("Need admin approval")
	l.poll(a.AppID, device).refused(70016, "authorization_pending", 400)
}

//parity:real login POST /{tenant}/oauth2/v2.0/devicecode
func TestDeviceCodeErrors(t *testing.T) {
	l := newTestWorld(t)
	l.device("common", azureCLI, "openid").refused(90133, "invalid_request", 400)
	l.device("organizations", azureCLI, "").refused(900144, "invalid_request", 400)
	l.device("organizations", "", "openid").refused(900144, "invalid_request", 400)
	l.device("organizations", newGUID(), "openid").refused(700016, "unauthorized_client", 400)
	l.device("organizations", azureCLI, "a/").refused(70011, "invalid_scope", 400)

	device := l.device("organizations", azureCLI, "openid").ok()
	forged := device
	forged.json = map[string]any{"device_code": "nonsense"}
	l.poll(azureCLI, forged).refused(70018, "bad_verification_code", 400)
	forged.json = nil
	l.poll(azureCLI, forged).refused(900144, "invalid_request", 400)

	web := l.app(nil)
	l.poll(web.AppID, l.device("organizations", web.AppID, "openid").ok()).refused(7000218, "invalid_client", 401)

	page := l.visitor().open(l.base + "/devicelogin")
	l.clock = l.clock.Add(deviceCodeLifetime + time.Second)
	l.poll(azureCLI, device).refused(70020, "expired_token", 400)
	if s := page.press("Next", "otc", device.string("user_code")); !strings.Contains(s.text(), "AADSTS70019") {
		t.Errorf("expired code: %s", s.text())
	}
}

// TestTheAzureCLISignsInAsItDoes: its first token is for Azure Resource
// Manager, whatever it is used for later.
func TestTheAzureCLISignsInAsItDoes(t *testing.T) {
	l := newTestWorld(t)
	const manager = "https://management.core.windows.net/"
	device := l.device("organizations", azureCLI, manager+"/.default offline_access openid profile").ok()
	l.visitor().open(device.string("verification_uri")).press("Next", "otc", device.string("user_code")).
		signIn("admin", "contoso").press("Continue").shows("Microsoft Azure CLI")
	answer := l.poll(azureCLI, device).ok()
	if c := answer.claims(); c.Audience != manager || c.Scopes != "user_impersonation" {
		t.Errorf("claims %+v", c)
	}
	if got := answer.string("scope"); !strings.Contains(got, manager+"/user_impersonation") {
		t.Errorf("scope %q", got)
	}
}
