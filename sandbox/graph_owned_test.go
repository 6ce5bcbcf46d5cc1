package sandbox

import (
	"slices"
	"testing"
)

//parity:partly graph GET /v1.0/me/ownedObjects: applications and service principals; there are no groups and devices, and one page holds all
//parity:real graph GET /v1.0/me/ownedObjects/microsoft.graph.application
//parity:real graph GET /v1.0/me/ownedObjects/microsoft.graph.servicePrincipal
//parity:partly graph GET /v1.0/users/{id}/ownedObjects: as for oneself
//parity:partly graph GET /v1.0/servicePrincipals/{id}/ownedObjects: as for a person
func TestWhatSomebodyOwnsIsListed(t *testing.T) {
	g := contoso(t)
	a := ownedApp(g)
	sp := g.tenant.principalOf(a.AppID)
	sp.owners = []string{g.tenant.userNamed("developer").ID}
	developer := g.person("developer", allScopes...)

	listed := g.call(developer, "GET", "/v1.0/me/ownedObjects", "").want(200)
	kinds := map[string]string{}
	for _, item := range listed.at("value").([]any) {
		object := item.(map[string]any)
		kinds[object["id"].(string)] = object["@odata.type"].(string)
	}
	if kinds[a.ID] != "#microsoft.graph.application" || kinds[sp.ID] != "#microsoft.graph.servicePrincipal" {
		t.Errorf("owned: %v", kinds)
	}
	apps := g.call(developer, "GET", "/v1.0/me/ownedObjects/microsoft.graph.application?$filter=displayName eq 'Owned'&$select=id", "").want(200)
	if got := apps.names("id"); !slices.Equal(got, []string{a.ID}) {
		t.Errorf("applications %v", got)
	}
	principals := g.call(developer, "GET", "/v1.0/me/ownedObjects/graph.servicePrincipal?$select=id", "").want(200)
	if got := principals.names("id"); !slices.Contains(got, sp.ID) || slices.Contains(got, a.ID) {
		t.Errorf("service principals %v", got)
	}
	for path, want := range map[string]string{
		"/v1.0/users/developer@contoso.sandbox.invalid/ownedObjects?$select=id": sp.ID,
		"/v1.0/servicePrincipals/" + g.script().ObjectID + "/ownedObjects":      a.ID,
	} {
		if got := g.call(g.admin(), "GET", path, "").want(200).names("id"); !slices.Contains(got, want) {
			t.Errorf("%s: %v", path, got)
		}
	}
	g.call(g.admin(), "GET", "/v1.0/users/nobody@contoso.sandbox.invalid/ownedObjects", "").refused(errNotFound)
}

//parity:partly graph GET /v1.0/directoryObjects/{id}: users, applications and service principals
//parity:partly graph POST /v1.0/directoryObjects/getByIds: users, applications and service principals
func TestObjectsAreFoundByIDAlone(t *testing.T) {
	g := contoso(t)
	a := ownedApp(g)
	sp, user := g.tenant.principalOf(a.AppID), g.tenant.userNamed("user")
	for id, kind := range map[string]string{a.ID: "application", sp.ID: "servicePrincipal", user.ID: "user"} {
		o := g.call(g.admin(), "GET", "/v1.0/directoryObjects/"+id, "").want(200)
		if o.text("@odata.type") != "#microsoft.graph."+kind || o.text("id") != id || o.text("displayName") == "" {
			t.Errorf("%s: %s", kind, o.raw)
		}
	}
	g.call(g.admin(), "GET", "/v1.0/directoryObjects/"+newGUID(), "").refused(errNotFound)

	ids := `{"ids":["` + a.ID + `","` + user.ID + `","` + newGUID() + `"]`
	all := g.call(g.admin(), "POST", "/v1.0/directoryObjects/getByIds", ids+`}`).want(200)
	if got := all.names("id"); !slices.Equal(got, []string{a.ID, user.ID}) {
		t.Errorf("by ids %v", got)
	}
	some := g.call(g.admin(), "POST", "/v1.0/directoryObjects/getByIds", ids+`,"types":["user","group"]}`).want(200)
	if got := some.names("id"); !slices.Equal(got, []string{user.ID}) {
		t.Errorf("users by ids %v", got)
	}
	g.call(g.admin(), "POST", "/v1.0/directoryObjects/getByIds", `{"ids":[]}`).refused(errRequired)
}
