package sandbox

import "testing"

//parity:real graph GET /v1.0/servicePrincipals/{id}/{property}
func TestAPropertyCanBeReadAlone(t *testing.T) {
	g := contoso(t)
	devops := g.tenant.principalOf(devopsAppID)
	path := "/v1.0/servicePrincipals/" + devops.ID
	o := g.call(g.admin(), "GET", path+"/oauth2PermissionScopes", "").want(200)
	if scopes, _ := o.at("value").([]any); len(scopes) != len(devops.OAuth2PermissionScopes) || o.text("value", 0, "value") == "" {
		t.Errorf("%d permissions, want %d", len(scopes), len(devops.OAuth2PermissionScopes))
	}
	if want := "http://example.com/graph/v1.0/$metadata#servicePrincipals('" + devops.ID + "')/oauth2PermissionScopes"; o.text("@odata.context") != want {
		t.Errorf("context %s, want %s", o.text("@odata.context"), want)
	}
	if got := g.call(g.admin(), "GET", path+"/displayName", "").want(200).text("value"); got != "Azure DevOps" {
		t.Errorf("display name %q", got)
	}
	g.call(g.admin(), "GET", path+"/nickname", "").refused(errSegment)
	g.call(g.admin(), "PATCH", path+"/displayName", `{"value":"x"}`).refused(errMethod)
}

//parity:real graph GET /v1.0/applications(appId='{appId}')/{property}
func TestAnObjectPropertyIsNotWrapped(t *testing.T) {
	g := contoso(t)
	a := g.create(g.admin(), app(`"web":{"redirectUris":["https://app.example.com/cb"]}`)).want(201)
	path := "/v1.0/applications(appId='" + a.text("appId") + "')"
	o := g.call(g.admin(), "GET", path+"/web", "").want(200)
	if o.text("redirectUris", 0) != "https://app.example.com/cb" || o.at("value") != nil {
		t.Errorf("web: %s", o.raw)
	}
	if o := g.call(g.admin(), "GET", path+"/createdDateTime", "").want(200); o.text("value") != "2026-11-21T10:00:00Z" {
		t.Errorf("created: %s", o.raw)
	}
	if o := g.call(g.admin(), "GET", path+"/notes", "").want(204); o.raw != "" {
		t.Errorf("a property that is null answers %q", o.raw)
	}
}
