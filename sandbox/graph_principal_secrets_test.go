package sandbox

import (
	"net/url"
	"testing"
)

//parity:real graph POST /v1.0/servicePrincipals/{id}/addPassword
//parity:real graph POST /v1.0/servicePrincipals/{id}/removePassword
func TestAServicePrincipalHasSecretsOfItsOwn(t *testing.T) {
	l := newTestWorld(t)
	g := &graphTest{t, l.w, l.w.tenantOf("contoso.sandbox.invalid")}
	appID := g.create(g.admin(), wizardBody).text("appId")
	path := "/v1.0/servicePrincipals/" + g.call(g.admin(), "POST", "/v1.0/servicePrincipals", `{"appId":"`+appID+`"}`).want(201).text("id")
	made := g.call(g.admin(), "POST", path+"/addPassword", `{"passwordCredential":{"displayName":"here"}}`).want(200)
	if got := made.text("@odata.context"); got != "http://example.com/graph/v1.0/$metadata#microsoft.graph.passwordCredential" {
		t.Errorf("context %s", got)
	}
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {appID}, "client_secret": {made.text("secretText")}, "scope": {graphAppID + "/.default"}}
	l.token(g.tenant.ID, form).ok()
	l.token("fabrikam.sandbox.invalid", form).refused(7000215, "invalid_client", 401)

	g.call(g.admin(), "PATCH", path, `{"notes":"kept"}`).want(204)
	l.token(g.tenant.ID, form).ok()
	listed := g.call(g.admin(), "GET", path+"?$select=passwordCredentials", "").want(200)
	if listed.at("passwordCredentials", 0, "secretText") != nil || listed.text("passwordCredentials", 0, "keyId") != made.text("keyId") {
		t.Errorf("listed: %s", listed.raw)
	}
	remove := `{"keyId":"` + made.text("keyId") + `"}`
	g.call(g.admin(), "POST", path+"/removePassword", remove).want(204)
	g.call(g.admin(), "POST", path+"/removePassword", remove).refused(errNoSuchSecret)
	l.token(g.tenant.ID, form).refused(7000215, "invalid_client", 401)
}

func TestThePolicyOnSecretsHoldsForServicePrincipalsToo(t *testing.T) {
	g := newGraphTest(t, "woodgrove.sandbox.invalid")
	sp := g.tenant.principalOf(graphAppID)
	g.call(g.admin(), "POST", "/v1.0/servicePrincipals/"+sp.ID+"/addPassword", `{}`).refused(errSecretsForbidden)
}
