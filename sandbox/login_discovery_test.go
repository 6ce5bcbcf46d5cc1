package sandbox

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
)

//parity:real login GET /{tenant}/v2.0/.well-known/openid-configuration
//parity:partly login GET /{tenant}/.well-known/openid-configuration: the fields of the v2.0 document under the old issuer; those that only the old one has are left out
//parity:choice login discovery, unknown tenant: error is invalid_request as in later captures; it was invalid_tenant in 2019
func TestDiscovery(t *testing.T) {
	l := newTestWorld(t)
	home := l.tenant("contoso")
	for segment, want := range map[string]struct{ tenant, issuer string }{
		home.ID:         {home.ID, l.base + "/" + home.ID + "/v2.0"},
		home.Domain:     {home.ID, l.base + "/" + home.ID + "/v2.0"},
		"organizations": {"organizations", l.base + "/{tenantid}/v2.0"},
		"common":        {"common", l.base + "/{tenantid}/v2.0"},
		"consumers":     {"consumers", l.base + "/" + personalTenantID + "/v2.0"},
	} {
		d := l.getJSON(l.base + "/" + segment + "/v2.0/.well-known/openid-configuration").ok()
		for name, value := range map[string]string{
			"issuer":                        want.issuer,
			"token_endpoint":                l.base + "/" + want.tenant + "/oauth2/v2.0/token",
			"authorization_endpoint":        l.base + "/" + want.tenant + "/oauth2/v2.0/authorize",
			"device_authorization_endpoint": l.base + "/" + want.tenant + "/oauth2/v2.0/devicecode",
			"end_session_endpoint":          l.base + "/" + want.tenant + "/oauth2/v2.0/logout",
			"jwks_uri":                      l.base + "/" + want.tenant + "/discovery/v2.0/keys",
		} {
			if d.string(name) != value {
				t.Errorf("%s: %s is %q, want %q", segment, name, d.string(name), value)
			}
		}
		if _, known := d.json["tenant_region_scope"].(string); known != (want.tenant == home.ID) {
			t.Errorf("%s: tenant_region_scope %v", segment, d.json["tenant_region_scope"])
		}
	}
	v1 := l.getJSON(l.base + "/" + home.Domain + "/.well-known/openid-configuration").ok()
	if v1.string("issuer") != stsIssuer(home.ID) || v1.string("token_endpoint") != l.base+"/"+home.ID+"/oauth2/token" {
		t.Errorf("v1: %v", v1.json)
	}
	l.getJSON(l.base+"/nowhere.example.com/v2.0/.well-known/openid-configuration").refused(90002, "invalid_request", 400)
}

// discoveryOrder is the order of a recorded document.
var discoveryOrder = strings.Fields(`token_endpoint token_endpoint_auth_methods_supported jwks_uri response_modes_supported
	subject_types_supported id_token_signing_alg_values_supported response_types_supported scopes_supported issuer
	request_uri_parameter_supported userinfo_endpoint authorization_endpoint device_authorization_endpoint http_logout_supported
	frontchannel_logout_supported end_session_endpoint claims_supported kerberos_endpoint tenant_region_scope
	cloud_instance_name cloud_graph_host_name msgraph_host rbac_url`)

//parity:real login GET /{tenant}/v2.0/.well-known/openid-configuration
//parity:choice login discovery: the fields recorded in 2021 and 2022, without code_challenge_methods_supported
func TestTheDiscoveryDocumentHasTheRecordedFieldsInOrder(t *testing.T) {
	l := newTestWorld(t)
	resp, err := http.Get(l.base + "/organizations/v2.0/.well-known/openid-configuration")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, m := range regexp.MustCompile(`[{,]"([a-z0-9_]+)":`).FindAllSubmatch(body, -1) {
		names = append(names, string(m[1]))
	}
	if !slices.Equal(names, discoveryOrder) {
		t.Errorf("fields %v", names)
	}
	for name, want := range map[string]string{"Cache-Control": "max-age=86400, private", "Access-Control-Allow-Origin": "*"} {
		if got := resp.Header.Get(name); got != want {
			t.Errorf("%s: %q", name, got)
		}
	}
}

func TestBehindAProxyTheSandboxIsThePublicCloud(t *testing.T) {
	l := newTestWorld(t)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, l.base+"/organizations/v2.0/.well-known/openid-configuration", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("X-Forwarded-Host", "login.microsoftonline.com")
	r.Header.Set("X-Forwarded-Proto", "https")
	d := l.fetch(r).ok()
	if d.string("issuer") != "https://login.microsoftonline.com/{tenantid}/v2.0" || d.string("userinfo_endpoint") != "https://graph.microsoft.com/oidc/userinfo" {
		t.Errorf("document %v", d.json)
	}
	if d.header.Get("Strict-Transport-Security") == "" {
		t.Error("no HSTS under the public name")
	}
}

//parity:partly login GET /{tenant}/discovery/v2.0/keys: one key, which stays until the sandbox ends; Entra has several and rolls them
func TestTheKeySetHasEntrasForm(t *testing.T) {
	l := newTestWorld(t)
	var set struct{ Keys []map[string]any }
	if err := json.Unmarshal([]byte(mustJSON(t, l.getJSON(l.base+"/common/discovery/v2.0/keys").ok().json)), &set); err != nil {
		t.Fatal(err)
	}
	if len(set.Keys) != 1 {
		t.Fatalf("%d keys", len(set.Keys))
	}
	key := set.Keys[0]
	chain, _ := key["x5c"].([]any)
	if key["kty"] != "RSA" || key["use"] != "sig" || key["e"] != "AQAB" || key["kid"] != key["x5t"] || len(chain) != 1 || key["issuer"] != l.base+"/{tenantid}/v2.0" {
		t.Errorf("key %v", key)
	}
}

//parity:real login GET /{tenant}/discovery/instance
func TestInstanceDiscovery(t *testing.T) {
	l := newTestWorld(t)
	ask := func(endpoint string) tokenAnswer {
		return l.getJSON(l.base + "/common/discovery/instance?api-version=1.1&authorization_endpoint=" + url.QueryEscape(endpoint))
	}
	d := ask(l.base + "/organizations/oauth2/v2.0/authorize").ok()
	if d.string("tenant_discovery_endpoint") != l.base+"/organizations/v2.0/.well-known/openid-configuration" {
		t.Errorf("answer %v", d.json)
	}
	ask("https://login.example.com/organizations/oauth2/v2.0/authorize").refused(50049, "invalid_instance", 400)
	ask("").refused(900144, "invalid_request", 400)
}

// under asks as a client does that knows the public host names.
func (l *loginTest) under(host, path string) tokenAnswer {
	l.Helper()
	r, err := http.NewRequestWithContext(l.Context(), http.MethodGet, l.base+path, http.NoBody)
	if err != nil {
		l.Fatal(err)
	}
	r.Header.Set("X-Forwarded-Host", host)
	r.Header.Set("X-Forwarded-Proto", "https")
	return l.fetch(r)
}

//parity:real login GET /{tenant}/discovery/instance
func TestInstanceDiscoveryUnderThePublicNames(t *testing.T) {
	l := newTestWorld(t)
	for _, asked := range []string{"login.microsoftonline.com", "login.windows.net", "sts.windows.net"} {
		d := l.under("login.microsoftonline.com", "/common/discovery/instance?api-version=1.1&authorization_endpoint="+url.QueryEscape("https://"+asked+"/common/oauth2/v2.0/authorize")).ok()
		metadata, _ := d.json["metadata"].([]any)
		host, _ := metadata[0].(map[string]any)
		if len(metadata) != 1 || host["preferred_network"] != "login.microsoftonline.com" || len(host["aliases"].([]any)) != 4 {
			t.Errorf("%s: metadata %v", asked, d.json)
		}
	}
}

//parity:partly login GET /{tenant}/.well-known/openid-configuration: the fields of the v2.0 document under the old issuer; those that only the old one has are left out
func TestTheIssuerOfAccessTokensHasADocument(t *testing.T) {
	l := newTestWorld(t)
	home := l.tenant("contoso")
	d := l.under("sts.windows.net", "/"+home.ID+"/.well-known/openid-configuration").ok()
	if d.string("issuer") != stsIssuer(home.ID) || d.string("jwks_uri") != "https://login.microsoftonline.com/common/discovery/keys" {
		t.Errorf("document %v", d.json)
	}
}

//parity:partly login GET /{tenant}/oauth2/v2.0/logout: other apps' front-channel logout URLs are not called
func TestLogout(t *testing.T) {
	l := newTestWorld(t)
	a := l.consented(nil)
	b := l.visitor()
	b.open(l.authorizeURL("organizations", a)).signIn("user", "contoso").code()
	out := func(values ...string) sight {
		q := url.Values{}
		override(q, values)
		return b.open(l.base + "/organizations/oauth2/v2.0/logout?" + q.Encode())
	}
	out("logout_hint", "developer@contoso.sandbox.invalid").shows("Signed out")
	b.open(l.authorizeURL("organizations", a)).code()
	if got := out("post_logout_redirect_uri", testApp, "state", "s 1").location; got != testApp+"?state=s+1#" {
		t.Errorf("redirect %q", got)
	}
	b.open(l.authorizeURL("organizations", a)).shows("Sign in")
	out("post_logout_redirect_uri", "https://evil.example.com").shows("Signed out")
}

//parity:partly login GET /error: the text of the code, without Microsoft's advice
func TestTheErrorLookupExplainsACode(t *testing.T) {
	l := newTestWorld(t)
	l.visitor().open(l.base + "/error?code=50011").shows("AADSTS50011")
	l.visitor().open(l.base + "/error?code=1").shows("Error lookup")
}
