package sandbox

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// jsonOf writes a value into a request body.
func jsonOf(t *testing.T, v any) string {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func app(properties string) string {
	return `{"displayName":"App","signInAudience":"AzureADMultipleOrgs",` + properties + `}`
}

func web(uri string) string { return app(`"web":{"redirectUris":["` + uri + `"]}`) }

//parity:real graph POST /v1.0/applications
//parity:choice graph redirect URI: a fragment is refused, and the 400 names the property without details
//parity:choice graph HostNameNotOnVerifiedDomain: wording of the message
func TestRegistrationsThatAreRefused(t *testing.T) {
	g := contoso(t)
	taken := g.create(g.admin(), `{"displayName":"Taken","signInAudience":"AzureADMyOrg","identifierUris":["api://taken"]}`)
	if taken.text("identifierUris", 0) != "api://taken" {
		t.Fatal("set-up")
	}
	for _, c := range []struct {
		name, body string
		want       graphError
		property   string
	}{
		{"no body", ``, errEmptyBody, ""},
		{"not JSON", `{"displayName"`, errBody, ""},
		{"a list", `[]`, errBody, ""},
		{"null", `null`, errBody, ""},
		{"two documents", `{"displayName":"a"}{"displayName":"b"}`, errBody, ""},
		{"no name", `{}`, errRequired, "displayName"},
		{"empty name", `{"displayName":""}`, errRequired, "displayName"},
		{"name of 121 characters", `{"displayName":"` + strings.Repeat("ä", 121) + `","signInAudience":"AzureADMyOrg"}`, errInvalidValue, "displayName"},
		{"name of 91 characters with personal accounts", `{"displayName":"` + strings.Repeat("a", 91) + `"}`, errInvalidValue, "displayName"},
		{"name of a wrong type", `{"displayName":5}`, errInvalidValue, "displayName"},
		{"unknown audience", `{"displayName":"a","signInAudience":"Everybody"}`, errInvalidValue, "signInAudience"},
		{"personal accounts without version 2", `{"displayName":"a","signInAudience":"PersonalMicrosoftAccount"}`, errTokenVersion, ""},
		{"unknown property", app(`"nickname":"x"`), errUnknownProperty, "nickname"},
		{"unknown property inside", app(`"web":{"redirectUrls":[]}`), errUnknownProperty, "redirectUrls"},
		{"unknown property in a list", app(`"requiredResourceAccess":[{"resource":"x"}]`), errUnknownProperty, "resource"},
		{"wrong case", app(`"Notes":"x"`), errUnknownProperty, "Notes"},
		{"id of one's own", app(`"appId":"` + newGUID() + `"`), errReadOnly, "appId"},
		{"redirect URIs of a wrong type", app(`"web":{"redirectUris":"https://a.example.com"}`), errInvalidValue, "web"},
		{"long notes", app(`"notes":"` + strings.Repeat("x", 1025) + `"`), errInvalidValue, "notes"},
		{"long tag", app(`"tags":["` + strings.Repeat("x", 257) + `"]`), errInvalidValue, "tags"},
		{"http redirect URI", web("http://app.example.com/cb"), errInvalidValue, "web"},
		{"no scheme", web("app.example.com/cb"), errInvalidValue, "web"},
		{"IPv6 loopback", web("http://[::1]/cb"), errInvalidValue, "web"},
		{"name below localhost", web("http://app.localhost/cb"), errInvalidValue, "web"},
		{"fragment", web("https://app.example.com/cb#x"), errInvalidValue, "web"},
		{"forbidden character", web("https://app.example.com/cb(1)"), errInvalidValue, "web"},
		{"blank", web("https://app.example.com/c b"), errInvalidValue, "web"},
		{"long redirect URI", web("https://app.example.com/" + strings.Repeat("x", 240)), errInvalidValue, "web"},
		{"wildcard inside a host", web("https://app.*.example.com/cb"), errInvalidValue, "web"},
		{"custom scheme on web", web("myapp://cb"), errInvalidValue, "web"},
		{"custom scheme on spa", app(`"spa":{"redirectUris":["myapp://cb"]}`), errInvalidValue, "spa"},
		{"http host for an installed app", app(`"publicClient":{"redirectUris":["http://app.example.com"]}`), errInvalidValue, "publicClient"},
		{"query with personal accounts", `{"displayName":"a","web":{"redirectUris":["https://a.example.com/cb?x=1"]}}`, errInvalidValue, "web"},
		{"wildcard with personal accounts", `{"displayName":"a","web":{"redirectUris":["https://*.example.com/cb"]}}`, errInvalidValue, "web"},
		{"one URI on two platforms", app(`"web":{"redirectUris":["https://a.example.com/cb"]},"spa":{"redirectUris":["https://A.example.com/cb"]}`), errDistinctURIs, ""},
		{"257 redirect URIs", app(`"web":{"redirectUris":` + jsonOf(t, manyURIs(257)) + `}`), errInvalidValue, "web"},
		{"101 redirect URIs with personal accounts", `{"displayName":"a","web":{"redirectUris":` + jsonOf(t, manyURIs(101)) + `}}`, errInvalidValue, "web"},
		{"empty home page", app(`"web":{"homePageUrl":""}`), errInvalidValue, "web"},
		{"logout over http", app(`"web":{"logoutUrl":"http://a.example.com"}`), errInvalidValue, "web"},
		{"resource that is no GUID", app(`"requiredResourceAccess":[{"resourceAppId":"graph","resourceAccess":[]}]`), errInvalidValue, "requiredResourceAccess"},
		{"no permission of a resource", app(`"requiredResourceAccess":[{"resourceAppId":"` + graphAppID + `","resourceAccess":[]}]`), errInvalidValue, "requiredResourceAccess"},
		{"permission of no type", app(`"requiredResourceAccess":[` + access(graphAppID, 1, "") + `]`), errInvalidValue, "requiredResourceAccess"},
		{"resource twice", app(`"requiredResourceAccess":[` + access(graphAppID, 1, "Scope") + `,` + access(graphAppID, 1, "Scope") + `]`), errInvalidValue, "requiredResourceAccess"},
		{"401 permissions", app(`"requiredResourceAccess":[` + access(graphAppID, 401, "Scope") + `]`), errInvalidValue, "requiredResourceAccess"},
		{"31 permissions of one API with personal accounts", `{"displayName":"a","requiredResourceAccess":[` + access(graphAppID, 31, "Scope") + `]}`, errInvalidValue, "requiredResourceAccess"},
		{"11 APIs of other tenants", app(`"requiredResourceAccess":[` + foreignAPIs(11) + `]`), errInvalidValue, "requiredResourceAccess"},
		{"identifier URI on a foreign domain", app(`"identifierUris":["https://example.com/app"]`), errUnverifiedHost, ""},
		{"identifier URI of another app", `{"displayName":"a","signInAudience":"AzureADMyOrg","identifierUris":["api://taken"]}`, errConflict, ""},
		{"identifier URI that is none", app(`"identifierUris":["x"]`), errInvalidValue, "identifierUris"},
		{"empty unique name", app(`"uniqueName":""`), errInvalidValue, "uniqueName"},
		{"secrets that are no list", app(`"passwordCredentials":{}`), errInvalidValue, "passwordCredentials"},
		{"secret that is no object", app(`"passwordCredentials":["x"]`), errInvalidValue, "passwordCredentials"},
		{"three secrets with personal accounts", `{"displayName":"a","passwordCredentials":[{},{},{}]}`, errInvalidValue, "passwordCredentials"},
		{"unknown owner", app(`"owners@odata.bind":["x/` + newGUID() + `"]`), errNotFound, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			sub, before := &graphTest{t, g.w, g.tenant}, len(g.tenant.apps)
			o := sub.call(sub.admin(), "POST", "/v1.0/applications", c.body).refused(c.want)
			if !strings.Contains(o.text("error", "message"), c.property) {
				t.Errorf("%q does not name %s", o.text("error", "message"), c.property)
			}
			if len(g.tenant.apps) != before {
				t.Error("registered nevertheless")
			}
		})
	}
}

func manyURIs(n int) []string {
	uris := make([]string, n)
	for i := range uris {
		uris[i] = fmt.Sprintf("https://app%d.example.com/cb", i)
	}
	return uris
}

// access asks for n permissions of a resource.
func access(resource string, n int, kind string) string {
	list := make([]string, n)
	for i := range list {
		list[i] = `{"id":"` + newGUID() + `","type":"` + kind + `"}`
	}
	return `{"resourceAppId":"` + resource + `","resourceAccess":[` + strings.Join(list, ",") + `]}`
}

func foreignAPIs(n int) string {
	list := make([]string, n)
	for i := range list {
		list[i] = access(newGUID(), 1, "Scope")
	}
	return strings.Join(list, ",")
}

func TestRegistrationsThatAreTaken(t *testing.T) {
	g := contoso(t)
	for name, body := range map[string]string{
		"loopback by name on any port": web("http://localhost:8080/callback"),
		"loopback by address":          web("http://127.0.0.1:9000/callback"),
		"no path":                      web("https://app.example.com"),
		"query":                        web("https://app.example.com/cb?tenant=1"),
		"wildcard host":                web("https://*.example.com/cb"),
		"installed app":                app(`"publicClient":{"redirectUris":["http://localhost","msauth://com.example/x","urn:ietf:wg:oauth:2.0:oob"]}`),
		"256 redirect URIs":            app(`"web":{"redirectUris":` + jsonOf(t, manyURIs(256)) + `}`),
		"400 permissions":              app(`"requiredResourceAccess":[` + access(graphAppID, 400, "Scope") + `]`),
		"10 APIs of other tenants":     app(`"requiredResourceAccess":[` + foreignAPIs(10) + `]`),
		"identifier on own domain":     app(`"identifierUris":["https://app.contoso.sandbox.invalid/x"]`),
		"lists given as null":          app(`"tags":null,"web":null`),
		"annotations inside":           app(`"web":{"@odata.type":"#microsoft.graph.webApplication","redirectUris":[]}`),
	} {
		t.Run(name, func(t *testing.T) {
			sub := &graphTest{t, g.w, g.tenant}
			sub.create(sub.admin(), body)
		})
	}
}

func TestRedirectURIsAreKeptAsGiven(t *testing.T) {
	g := contoso(t)
	for _, uri := range []string{"https://App.Example.com/CallBack/", "https://app.example.com", "http://localhost"} {
		if got := g.create(g.admin(), web(uri)).text("web", "redirectUris", 0); got != uri {
			t.Errorf("%s became %s", uri, got)
		}
	}
}

//parity:real graph PATCH /v1.0/applications/{id}
func TestPropertiesThatAPatchMayNotSet(t *testing.T) {
	g := contoso(t)
	path := "/v1.0/applications/" + g.create(g.admin(), wizardBody).text("id")
	g.call(g.admin(), "PATCH", path, `{"passwordCredentials":[]}`).refused(errReadOnly)
	g.call(g.admin(), "PATCH", path, `{"publisherDomain":"example.com"}`).refused(errReadOnly)
	g.call(g.admin(), "PATCH", path, `{"displayName":null}`).refused(errRequired)
	g.call(g.admin(), "PATCH", path, `{"uniqueName":"given-later"}`).want(204)
	g.call(g.admin(), "PATCH", path, `{"uniqueName":"changed"}`).refused(errReadOnly)
}

func TestEnabledPermissionsOfAnAPIAreProtected(t *testing.T) {
	g := contoso(t)
	scope := `{"id":"` + newGUID() + `","value":"access","type":"User","isEnabled":%s,"adminConsentDisplayName":"Access","adminConsentDescription":"Access."}`
	path := "/v1.0/applications/" + g.create(g.admin(), app(`"api":{"oauth2PermissionScopes":[`+fmt.Sprintf(scope, "true")+`]}`)).text("id")
	g.call(g.admin(), "PATCH", path, `{"api":{"oauth2PermissionScopes":[]}}`).refused(errEntitlement)
	g.call(g.admin(), "PATCH", path, `{"api":{"oauth2PermissionScopes":[`+fmt.Sprintf(strings.Replace(scope, "access", "other", 1), "true")+`]}}`).refused(errEntitlement)
	g.call(g.admin(), "PATCH", path, `{"api":{"oauth2PermissionScopes":[`+fmt.Sprintf(scope, "false")+`]}}`).want(204)
	g.call(g.admin(), "PATCH", path, `{"api":{"oauth2PermissionScopes":[]}}`).want(204)
}

func TestATenantMayForbidMultitenantApps(t *testing.T) {
	g := contoso(t)
	id := g.create(g.admin(), app(`"notes":"made before"`)).text("id")
	g.tenant.policies.MultitenantForbidden = true
	o := g.call(g.admin(), "POST", "/v1.0/applications", app(`"notes":"x"`)).refused(errAudiencePolicy)
	if message := o.text("error", "message"); !strings.Contains(message, "AzureADMultipleOrgs") || !strings.Contains(message, g.tenant.policies.AppPolicyID) {
		t.Errorf("message %q", message)
	}
	g.create(g.admin(), `{"displayName":"a","signInAudience":"AzureADMyOrg"}`)
	g.call(g.admin(), "PATCH", "/v1.0/applications/"+id, `{"notes":"still works"}`).want(204)
}

func TestBodiesMustBeDeclaredAsJSON(t *testing.T) {
	g := contoso(t)
	g.call(g.admin(), "POST", "/v1.0/applications", `{"displayName":"a"}`, "Content-Type: text/plain").refused(errBody)
	g.call(g.admin(), "POST", "/v1.0/applications", `{"displayName":"a"}`, "Content-Type: application/json; charset=utf-8").want(201)
}
