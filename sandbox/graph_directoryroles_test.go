package sandbox

import (
	"strings"
	"testing"
)

const directoryAssignmentsPath = "/v1.0/roleManagement/directory/roleAssignments"

// roleAdmin is a token that may give directory roles.
func (g *graphTest) roleAdmin(name string) *caller {
	return g.person(name, "RoleManagement.ReadWrite.Directory", "Application.ReadWrite.All")
}

func roleBody(u *user, role string) string {
	return `{"principalId":"` + u.ID + `","roleDefinitionId":"` + role + `","directoryScopeId":"/"}`
}

//parity:real graph GET /v1.0/roleManagement/directory/roleAssignments
//parity:partly graph POST /v1.0/roleManagement/directory/roleAssignments: the roles that decide something here, for users, in the whole tenant
//parity:real graph GET /v1.0/roleManagement/directory/roleAssignments/{id}
//parity:real graph DELETE /v1.0/roleManagement/directory/roleAssignments/{id}
//parity:choice graph directory roles: a new role counts at once; in Entra it takes up to 15 minutes to reach tokens
func TestAnAdministratorGivesADirectoryRole(t *testing.T) {
	g := contoso(t)
	user := g.tenant.userNamed("user")
	nobodys := g.create(g.admin(), `{"displayName":"nobody's"}`).text("id")
	edit := func() outcome {
		return g.call(g.roleAdmin("user"), "PATCH", "/v1.0/applications/"+nobodys, `{"notes":"x"}`)
	}
	edit().refused(errDenied)
	made := g.call(g.roleAdmin("admin"), "POST", directoryAssignmentsPath, roleBody(user, roleApplicationAdministrator)).want(201)
	if made.text("principalId") != user.ID || made.text("directoryScopeId") != "/" || made.text("principalOrganizationId") != g.tenant.ID {
		t.Errorf("assignment: %s", made.raw)
	}
	edit().want(204)
	list := g.call(g.roleAdmin("admin"), "GET", directoryAssignmentsPath+"?$filter=principalId eq '"+user.ID+"'", "").want(200)
	if len(list.names("id")) != 1 || list.text("value", 0, "roleDefinitionId") != roleApplicationAdministrator {
		t.Errorf("list: %s", list.raw)
	}
	path := directoryAssignmentsPath + "/" + made.text("id")
	g.call(g.roleAdmin("admin"), "GET", path, "").want(200)
	g.call(g.roleAdmin("admin"), "DELETE", path, "").want(204)
	edit().refused(errDenied)
	g.call(g.roleAdmin("admin"), "GET", path, "").refused(errNotFound)
	g.call(g.roleAdmin("admin"), "DELETE", path, "").refused(errNotFound)
}

func TestDirectoryRolesThatAreNotGiven(t *testing.T) {
	g := contoso(t)
	g.plantRoleHolders()
	user, admin := g.tenant.userNamed("user"), g.tenant.userNamed("admin")
	for _, c := range []struct {
		who, body string
		want      graphError
	}{
		{"admin", roleBody(admin, roleGlobalAdministrator), errConflict},
		{"admin", roleBody(user, newGUID()), errNotFound},
		{"admin", roleBody(&user2, roleGlobalReader), errNotFound},
		{"admin", strings.Replace(roleBody(user, roleGlobalReader), `"/"`, `"/x"`, 1), errInvalidValue},
		{"admin", `{"id":"x"}`, errReadOnly},
		{"app admin", roleBody(user, roleGlobalReader), errDenied},
		{"user", roleBody(user, roleGlobalAdministrator), errDenied},
	} {
		g.call(g.roleAdmin(c.who), "POST", directoryAssignmentsPath, c.body).refused(c.want)
	}
	g.call(g.roleAdmin("privileged role admin"), "POST", directoryAssignmentsPath, roleBody(user, roleGlobalReader)).want(201)
	g.call(g.admin(), "POST", directoryAssignmentsPath, roleBody(user, roleGlobalReader)).refused(errDenied)
}

// user2 is somebody of no tenant.
var user2 = user{ID: "3c3c3c3c-0000-4000-8000-000000000000"}
