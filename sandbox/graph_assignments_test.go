package sandbox

import (
	"strings"
	"testing"
)

// roleGiver is a token that may assign roles.
func (g *graphTest) roleGiver(name string) *caller {
	return g.person(name, "AppRoleAssignment.ReadWrite.All", "Application.Read.All")
}

// roleID is the id of a role that a resource publishes.
func (g *graphTest) roleID(resource *servicePrincipal, value string) string {
	g.Helper()
	for _, r := range resource.AppRoles {
		if r.Value == value {
			return r.ID
		}
	}
	g.Fatalf("%s publishes no %s", resource.DisplayName, value)
	return ""
}

func assignmentBody(principalID, resourceID, roleID string) string {
	return `{"principalId":"` + principalID + `","resourceId":"` + resourceID + `","appRoleId":"` + roleID + `"}`
}

//parity:real graph GET /v1.0/servicePrincipals/{id}/appRoleAssignments
//parity:real graph POST /v1.0/servicePrincipals/{id}/appRoleAssignments
//parity:real graph GET /v1.0/servicePrincipals/{id}/appRoleAssignments/{assignmentId}
//parity:real graph DELETE /v1.0/servicePrincipals/{id}/appRoleAssignments/{assignmentId}
//parity:real graph GET /v1.0/servicePrincipals/{id}/appRoleAssignedTo
//parity:real graph POST /v1.0/servicePrincipals/{id}/appRoleAssignedTo
//parity:real graph GET /v1.0/servicePrincipals/{id}/appRoleAssignedTo/{assignmentId}
//parity:real graph DELETE /v1.0/servicePrincipals/{id}/appRoleAssignedTo/{assignmentId}
func TestApplicationPermissionsAreGivenAndTakenAtEitherEnd(t *testing.T) {
	for _, end := range []string{"holder", "resource"} {
		t.Run(end, func(t *testing.T) {
			g := contoso(t)
			client, graph := g.client(), g.tenant.principalOf(graphAppID)
			held, given := "/v1.0/servicePrincipals/"+client.ID+"/appRoleAssignments", "/v1.0/servicePrincipals/"+graph.ID+"/appRoleAssignedTo"
			at := map[string]string{"holder": held, "resource": given}[end]
			made := g.call(g.roleGiver("admin"), "POST", at, assignmentBody(client.ID, graph.ID, g.roleID(graph, "Directory.Read.All"))).want(201)
			if made.text("principalType") != "ServicePrincipal" || made.text("resourceDisplayName") != "Microsoft Graph" || made.text("createdDateTime") == "" {
				t.Errorf("assignment: %s", made.raw)
			}
			if values := g.tenant.roleValues(client.ID, graph); len(values) != 1 || values[0] != "Directory.Read.All" {
				t.Errorf("roles of tokens: %v", values)
			}
			id := made.text("id")
			for _, list := range []string{held, given} {
				o := g.call(g.admin(), "GET", list, "").want(200)
				if !strings.Contains(o.raw, id) {
					t.Errorf("%s lacks it: %s", list, o.raw)
				}
				g.call(g.admin(), "GET", list+"/"+id, "").want(200)
			}
			g.call(g.roleGiver("admin"), "DELETE", at+"/"+id, "").want(204)
			g.call(g.admin(), "GET", held+"/"+id, "").refused(errNotFound)
			g.call(g.roleGiver("admin"), "DELETE", at+"/"+id, "").refused(errNotFound)
		})
	}
}

//parity:real graph GET /v1.0/users/{id}/appRoleAssignments
//parity:real graph POST /v1.0/users/{id}/appRoleAssignments
//parity:real graph DELETE /v1.0/users/{id}/appRoleAssignments/{assignmentId}
//parity:real graph GET /v1.0/me/appRoleAssignments
func TestAUserIsAssignedToAnApp(t *testing.T) {
	g := contoso(t)
	app, user := g.client(), g.tenant.userNamed("user")
	path := "/v1.0/users/" + user.UserPrincipalName + "/appRoleAssignments"
	made := g.call(g.roleGiver("admin"), "POST", path, assignmentBody(user.ID, app.ID, defaultRole)).want(201)
	if !g.tenant.isAssigned(user.ID, app.ID) || made.text("principalType") != "User" || made.text("principalDisplayName") != user.DisplayName {
		t.Errorf("assignment: %s", made.raw)
	}
	if o := g.call(g.admin(), "GET", path, "").want(200); !strings.Contains(o.raw, made.text("id")) {
		t.Errorf("list: %s", o.raw)
	}
	if o := g.call(g.person("user", "User.Read"), "GET", "/v1.0/me/appRoleAssignments", "").want(200); !strings.Contains(o.raw, made.text("id")) {
		t.Errorf("list: %s", o.raw)
	}
	g.call(g.admin(), "GET", "/v1.0/users/nobody@example.com/appRoleAssignments", "").refused(errNotFound)
	g.call(g.roleGiver("admin"), "DELETE", path+"/"+made.text("id"), "").want(204)
	if g.tenant.isAssigned(user.ID, app.ID) {
		t.Error("it is still assigned")
	}
}

func TestRoleAssignmentsThatAreRefused(t *testing.T) {
	g := contoso(t)
	client, graph, user := g.client(), g.tenant.principalOf(graphAppID), g.tenant.userNamed("user")
	role := g.roleID(graph, "Directory.Read.All")
	path := "/v1.0/servicePrincipals/" + client.ID + "/appRoleAssignments"
	g.call(g.roleGiver("admin"), "POST", path, assignmentBody(client.ID, graph.ID, role)).want(201)
	for name, c := range map[string]struct {
		who  *caller
		body string
		want graphError
	}{
		"twice":                           {g.roleGiver("admin"), assignmentBody(client.ID, graph.ID, role), errRoleHeld},
		"role that is not published":      {g.roleGiver("admin"), assignmentBody(client.ID, graph.ID, newGUID()), errNoRole},
		"default role beside others":      {g.roleGiver("admin"), assignmentBody(client.ID, graph.ID, defaultRole), errNoRole},
		"unknown resource":                {g.roleGiver("admin"), assignmentBody(client.ID, newGUID(), role), errNotFound},
		"for somebody else than the path": {g.roleGiver("admin"), assignmentBody(graph.ID, graph.ID, role), errReference},
		"set what the service sets":       {g.roleGiver("admin"), `{"createdDateTime":"2026-01-01T00:00:00Z"}`, errReadOnly},
		"no JSON":                         {g.roleGiver("admin"), `{`, errBody},
		"developer":                       {g.roleGiver("developer"), assignmentBody(client.ID, graph.ID, g.roleID(graph, "User.Read.All")), errDenied},
		"without the second permission":   {g.person("admin", "AppRoleAssignment.ReadWrite.All"), assignmentBody(client.ID, graph.ID, role), errDenied},
	} {
		t.Run(name, func(t *testing.T) { g.call(c.who, "POST", path, c.body).refused(c.want) })
	}
	to := "/v1.0/servicePrincipals/" + graph.ID + "/appRoleAssignedTo"
	g.call(g.roleGiver("admin"), "POST", to, assignmentBody(newGUID(), graph.ID, role)).refused(errNotFound)
	g.call(g.roleGiver("admin"), "POST", to, assignmentBody(user.ID, graph.ID, role)).refused(errNoRole)
}

func TestApplicationPermissionsOnMicrosoftGraphAreForTheHighestRolesToGive(t *testing.T) {
	g := contoso(t)
	g.plantRoleHolders()
	client, graph, devops := g.client(), g.tenant.principalOf(graphAppID), g.tenant.principalOf(devopsAppID)
	path := "/v1.0/servicePrincipals/" + client.ID + "/appRoleAssignments"
	onGraph := assignmentBody(client.ID, graph.ID, g.roleID(graph, "User.Read.All"))
	g.call(g.roleGiver("app admin"), "POST", path, onGraph).refused(errDenied)
	g.call(g.roleGiver("app admin"), "POST", path, assignmentBody(client.ID, devops.ID, devops.AppRoles[0].ID)).want(201)
	made := g.call(g.roleGiver("privileged role admin"), "POST", path, onGraph).want(201)
	g.call(g.roleGiver("app admin"), "DELETE", path+"/"+made.text("id"), "").refused(errDenied)
	g.call(g.script("AppRoleAssignment.ReadWrite.All", "Application.Read.All"), "DELETE", path+"/"+made.text("id"), "").want(204)
}

func TestAssignmentsEndWithTheServicePrincipal(t *testing.T) {
	g := contoso(t)
	client, graph := g.client(), g.tenant.principalOf(graphAppID)
	g.tenant.holdRoles(client, graph, []string{"User.Read.All"}, graphNow)
	g.call(g.admin(), "DELETE", "/v1.0/servicePrincipals/"+client.ID, "").want(204)
	if g.tenant.isAssigned(client.ID, graph.ID) {
		t.Error("the assignment is still there")
	}
}

//parity:real graph GET /v1.0/servicePrincipals
func TestExpandShowsRoleAssignments(t *testing.T) {
	g := contoso(t)
	client, graph := g.client(), g.tenant.principalOf(graphAppID)
	g.tenant.holdRoles(client, graph, []string{"User.Read.All", "Directory.Read.All"}, graphNow)
	o := g.call(g.admin(), "GET", "/v1.0/servicePrincipals?$filter=id eq '"+client.ID+"'&$select=id&$expand=appRoleAssignments($select=appRoleId),owners", "").want(200)
	held, _ := o.at("value", 0, "appRoleAssignments").([]any)
	if len(held) != 2 || o.text("value", 0, "appRoleAssignments", 0, "appRoleId") == "" || o.at("value", 0, "appRoleAssignments", 0, "resourceId") != nil {
		t.Errorf("expanded: %s", o.raw)
	}
	o = g.call(g.admin(), "GET", "/v1.0/servicePrincipals/"+graph.ID+"?$select=id&$expand=appRoleAssignedTo", "").want(200)
	if !strings.Contains(o.raw, client.ID) {
		t.Errorf("expanded: %s", o.raw)
	}
	g.call(g.admin(), "GET", "/v1.0/applications?$expand=appRoleAssignments", "").refused(errSelect)
}

func TestNamesSentWithAnAssignmentChangeNothing(t *testing.T) {
	g := contoso(t)
	graph, script := g.tenant.principalOf(graphAppID), g.script().ObjectID
	body := strings.TrimSuffix(assignmentBody(script, graph.ID, g.roleID(graph, "User.Read.All")), "}") +
		`,"principalDisplayName":"Somebody else","principalType":"Group"}`
	o := g.call(g.roleGiver("admin"), "POST", "/v1.0/servicePrincipals/"+graph.ID+"/appRoleAssignedTo", body).want(201)
	if o.text("principalDisplayName") != "Automation" || o.text("principalType") != "ServicePrincipal" {
		t.Errorf("assigned: %s", o.raw)
	}
}
