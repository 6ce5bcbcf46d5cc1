package sandbox

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

//parity:real login POST /{tenant}/oauth2/v2.0/authorize
func TestAnAuthorizationRequestMayBePosted(t *testing.T) {
	l := newTestWorld(t)
	a := l.consented(nil)
	address, err := url.Parse(l.authorizeURL("organizations", a))
	if err != nil {
		t.Fatal(err)
	}
	form := address.Query()
	address.RawQuery = ""
	answer := l.visitor().post(address.String(), form).signIn("user", "contoso").answer()
	if answer.Get("code") == "" || answer.Get("state") != "a state/1" {
		t.Errorf("answer %v", answer)
	}
}

//parity:real login POST /{tenant}/oauth2/devicecode
//parity:real login GET /common/oauth2/deviceauth
//parity:real login POST /common/oauth2/deviceauth
func TestADeviceThatKnowsTheOldPathsSignsIn(t *testing.T) {
	l := newTestWorld(t)
	device := l.postForm(l.base+"/common/oauth2/devicecode", url.Values{"client_id": {azureCLI}, "resource": {devopsAppID}})
	device.refused(90133, "invalid_request", 400)
	device = l.postForm(l.base+"/organizations/oauth2/devicecode", url.Values{"client_id": {azureCLI}, "resource": {devopsAppID}}).ok()
	if uri := device.string("verification_url"); uri != l.base+"/devicelogin" || device.string("expires_in") != "900" || device.string("interval") != "5" || len(device.json) != 6 {
		t.Errorf("answer %v", device.json)
	}
	page := l.visitor().open(l.base + "/common/oauth2/deviceauth").shows("Enter code to allow access")
	b := page.visitor
	b.post(l.base+"/common/oauth2/deviceauth", url.Values{"otc": {device.string("user_code")}}).
		signIn("user", "contoso").press("Continue").shows("Microsoft Azure CLI")
	answer := l.postForm(l.base+"/organizations/oauth2/token", url.Values{"grant_type": {"device_code"}, "client_id": {azureCLI}, "code": {device.string("device_code")}}).ok()
	if c := answer.claims(); c.Audience != devopsAppID || c.UPN != "user@contoso.sandbox.invalid" {
		t.Errorf("claims %+v", c)
	}
}

//parity:partly login GET /{tenant}/oauth2/logout: other apps' front-channel logout URLs are not called
//parity:partly login POST /{tenant}/oauth2/v2.0/logout: other apps' front-channel logout URLs are not called
func TestTheOldLogoutAndAPostedOneEndTheSessionToo(t *testing.T) {
	l := newTestWorld(t)
	a := l.consented(nil)
	b := l.visitor()
	for name, out := range map[string]func() sight{
		"old path": func() sight { return b.open(l.base + "/organizations/oauth2/logout") },
		"posted":   func() sight { return b.post(l.base+"/organizations/oauth2/v2.0/logout", url.Values{}) },
	} {
		b.open(l.authorizeURL("organizations", a)).signIn("user", "contoso").code()
		out().shows("Signed out")
		if s := b.open(l.authorizeURL("organizations", a)); s.heading() != "Sign in" {
			t.Errorf("%s: the session goes on: %q", name, s.heading())
		}
	}
}

//parity:partly login GET /{tenant}/discovery/keys: one key, which stays until the sandbox ends; Entra has several and rolls them
func TestTheOldKeySetHasTheSameKey(t *testing.T) {
	l := newTestWorld(t)
	id := func(path string) any {
		keys, _ := l.getJSON(l.base + path).ok().json["keys"].([]any)
		if len(keys) != 1 {
			t.Fatalf("%s: %d keys", path, len(keys))
		}
		return keys[0].(map[string]any)["kid"]
	}
	if old, now := id("/common/discovery/keys"), id("/common/discovery/v2.0/keys"); old != now || old == "" {
		t.Errorf("key %v on the old path, %v on the new one", old, now)
	}
}

// Which form the public service gives such an answer is in no capture; an
// empty one misleads nobody.
//
//parity:choice login unknown paths: 404 with an empty body and the usual headers; no capture of the public answer
func TestAPathThatIsNoEndpointIsAnsweredWithAnEmpty404(t *testing.T) {
	l := newTestWorld(t)
	for _, path := range []string{"/organizations/oauth2/v2.0/nothing", "/favicon.ico", "/"} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, l.base+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		got := l.visitor().do(r)
		if got.status != http.StatusNotFound || strings.TrimSpace(got.html.Text()) != "" || got.header.Get("x-ms-request-id") == "" {
			t.Errorf("%s: %d %q %v", path, got.status, got.html.Text(), got.header)
		}
	}
}
