package sandbox

import (
	"slices"
	"testing"
)

// ownedApp has a user and a service principal as owners.
func ownedApp(g *graphTest) *application {
	a := newApplication(g.tenant, "Owned", audienceSingleTenant, graphNow)
	a.owners = []string{g.tenant.userNamed("developer").ID, g.script().ObjectID}
	g.tenant.addApp(a)
	g.tenant.addPrincipal(newPrincipal(a, g.tenant))
	return a
}

//parity:real graph GET /v1.0/applications/{id}
func TestExpandShowsTheOwnersInside(t *testing.T) {
	g := contoso(t)
	a := ownedApp(g)
	path := "/v1.0/applications/" + a.ID
	o := g.call(g.admin(), "GET", path+"?$expand=owners", "").want(200)
	if kinds := []any{o.at("owners", 0, "@odata.type"), o.at("owners", 1, "@odata.type")}; !slices.Equal(kinds, []any{"#microsoft.graph.user", "#microsoft.graph.servicePrincipal"}) {
		t.Errorf("owners of types %v", kinds)
	}
	if o.text("owners", 0, "userPrincipalName") != "developer@contoso.sandbox.invalid" || o.text("displayName") != "Owned" {
		t.Errorf("expanded: %s", o.raw)
	}
	if got := o.text("@odata.context"); got != "http://example.com/graph/v1.0/$metadata#applications(owners())/$entity" {
		t.Errorf("context %s", got)
	}
}

//parity:real graph GET /v1.0/applications/{id}/owners/microsoft.graph.user
//parity:real graph GET /v1.0/applications/{id}/owners/microsoft.graph.servicePrincipal
func TestOwnersOfOneType(t *testing.T) {
	g := contoso(t)
	path := "/v1.0/applications/" + ownedApp(g).ID + "/owners/"
	for _, user := range []string{"microsoft.graph.user", "graph.user"} { // the SDKs leave the first word out
		if o := g.call(g.admin(), "GET", path+user, "").want(200); !slices.Equal(o.names("userPrincipalName"), []string{"developer@contoso.sandbox.invalid"}) {
			t.Errorf("%s: %s", user, o.raw)
		}
	}
	if o := g.call(g.admin(), "GET", path+"microsoft.graph.servicePrincipal?$select=id", "").want(200); !slices.Equal(o.names("id"), []string{g.script().ObjectID}) {
		t.Errorf("service principals: %s", o.raw)
	}
}

func TestExpandWithASelectionShowsNoMore(t *testing.T) {
	g := contoso(t)
	ownedApp(g)
	o := g.call(g.admin(), "GET", "/v1.0/applications?$filter=displayName eq 'Owned'&$select=id&$expand=owners($select=id,appId)", "").want(200)
	app, _ := o.at("value", 0).(map[string]any)
	user, _ := o.at("value", 0, "owners", 0).(map[string]any)
	script, _ := o.at("value", 0, "owners", 1).(map[string]any)
	if len(app) != 2 || len(user) != 2 || len(script) != 3 || script["appId"] == nil {
		t.Errorf("shown: %s", o.raw)
	}
	if got := o.text("@odata.context"); got != "http://example.com/graph/v1.0/$metadata#applications(id,owners(id,appId))" {
		t.Errorf("context %s", got)
	}
}

//parity:real graph GET /v1.0/servicePrincipals/{id}/owners
func TestOwnersOfAServicePrincipalAreShown(t *testing.T) {
	g := contoso(t)
	sp := g.tenant.principalOf(ownedApp(g).AppID)
	sp.owners = []string{g.tenant.userNamed("developer").ID}
	listed := g.call(g.admin(), "GET", "/v1.0/servicePrincipals/"+sp.ID+"/owners?$select=id", "").want(200)
	inside := g.call(g.admin(), "GET", "/v1.0/servicePrincipals/"+sp.ID+"?$expand=owners", "").want(200)
	want := g.tenant.userNamed("developer").ID
	if listed.text("value", 0, "id") != want || inside.text("owners", 0, "id") != want {
		t.Errorf("listed %s\ninside %s", listed.raw, inside.raw)
	}
}

func TestExpandOfWhatIsNoRelationshipIsRefused(t *testing.T) {
	g := contoso(t)
	for _, query := range []string{"$expand=tags", "$expand=owners,members", "$expand=owners($top=1)", "$expand=owners($select=id", "$expand=owners,owners"} {
		g.call(g.admin(), "GET", "/v1.0/applications?"+query, "").want(400)
	}
	g.call(g.admin(), "GET", "/v1.0/oauth2PermissionGrants?$expand=owners", "").refused(errSelect)
}
