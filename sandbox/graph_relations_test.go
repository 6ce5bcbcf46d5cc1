package sandbox

import (
	"slices"
	"strings"
	"testing"
)

//parity:partly graph GET /v1.0/me/manager: nobody has one
//parity:partly graph GET /v1.0/users/{id}/manager: nobody has one
//parity:partly graph GET /v1.0/me/directReports: nobody has any
//parity:partly graph GET /v1.0/users/{id}/directReports: nobody has any
func TestNobodyHasAManager(t *testing.T) {
	g := contoso(t)
	for _, person := range []string{"/v1.0/me", "/v1.0/users/developer@contoso.sandbox.invalid"} {
		o := g.call(g.admin(), "GET", person+"/manager", "").refused(errNotFound)
		if got := o.text("error", "message"); !strings.HasPrefix(got, "Resource 'manager' does not exist") {
			t.Errorf("%s: %s", person, got)
		}
		if got := g.call(g.admin(), "GET", person+"/directReports", "").want(200).at("value").([]any); len(got) != 0 {
			t.Errorf("%s has reports %v", person, got)
		}
	}
}

//parity:partly graph POST /v1.0/me/getMemberGroups: there are no groups
//parity:partly graph POST /v1.0/me/checkMemberGroups: there are no groups
//parity:partly graph POST /v1.0/me/getMemberObjects: directory roles; there are no groups
//parity:partly graph POST /v1.0/users/{id}/getMemberGroups: there are no groups
//parity:partly graph POST /v1.0/users/{id}/checkMemberGroups: there are no groups
//parity:partly graph POST /v1.0/users/{id}/getMemberObjects: directory roles; there are no groups
//parity:partly graph GET /v1.0/users/{id}/memberOf: directory roles; there are no groups
//parity:partly graph GET /v1.0/users/{id}/transitiveMemberOf: directory roles; there are no groups
func TestWhatSomebodyIsAMemberOf(t *testing.T) {
	g := contoso(t)
	const admin = "/v1.0/users/admin@contoso.sandbox.invalid"
	role := g.tenant.roleID(roleGlobalAdministrator)
	for _, person := range []string{"/v1.0/me", admin} {
		for action, body := range map[string]string{
			"getMemberGroups":   `{"securityEnabledOnly":false}`,
			"checkMemberGroups": `{"groupIds":["` + newGUID() + `"]}`,
		} {
			if got := g.call(g.admin(), "POST", person+"/"+action, body).want(200).at("value").([]any); len(got) != 0 {
				t.Errorf("%s of %s: %v", action, person, got)
			}
		}
		o := g.call(g.admin(), "POST", person+"/getMemberObjects", `{"securityEnabledOnly":false}`).want(200)
		if got := o.at("value").([]any); !slices.Equal(got, []any{role}) || !strings.HasSuffix(o.text("@odata.context"), "$metadata#Collection(Edm.String)") {
			t.Errorf("objects of %s: %s", person, o.raw)
		}
		only := g.call(g.admin(), "POST", person+"/getMemberObjects", `{"securityEnabledOnly":true}`).want(200)
		if got := only.at("value").([]any); len(got) != 0 {
			t.Errorf("security groups of %s: %v", person, got)
		}
	}
	for _, list := range []string{"/memberOf", "/transitiveMemberOf"} {
		if got := g.call(g.script("Directory.Read.All"), "GET", admin+list, "").want(200).names("displayName"); !slices.Equal(got, []string{"Global Administrator"}) {
			t.Errorf("%s: %v", list, got)
		}
	}
	g.call(g.admin(), "GET", "/v1.0/users/nobody@contoso.sandbox.invalid/memberOf", "").refused(errNotFound)
}
