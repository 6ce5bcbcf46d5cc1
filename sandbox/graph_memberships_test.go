package sandbox

import "testing"

//parity:partly graph GET /v1.0/me/transitiveMemberOf: directory roles; there are no groups
//parity:real graph GET /v1.0/me/memberOf/microsoft.graph.directoryRole
func TestEveryListOfMembershipsShowsTheRoles(t *testing.T) {
	g := contoso(t)
	for _, path := range []string{"memberOf", "transitiveMemberOf", "memberOf/microsoft.graph.directoryRole", "transitiveMemberOf/microsoft.graph.directoryRole"} {
		o := g.call(g.admin(), "GET", "/v1.0/me/"+path, "").want(200)
		if o.at("value", 0, "roleTemplateId") != roleGlobalAdministrator || o.at("value", 1) != nil {
			t.Errorf("%s: %s", path, o.raw)
		}
	}
}
