package sandbox

import (
	"strings"
	"testing"
)

// ids are objects that the table of accesses speaks of.
type accessObjects struct{ App, Own, Principal, Grant string }

// open prepares an app of nobody, one owned by user and by the automation
// client, and a grant.
func accessWorld(t *testing.T) (*graphTest, accessObjects) {
	g := contoso(t)
	client := g.client()
	nobodys := g.tenant.appsByClientID[client.AppID]
	own := newApplication(g.tenant, "Owned", audienceSingleTenant, graphNow)
	own.owners = []string{g.tenant.userNamed("user").ID, g.script().ObjectID}
	g.tenant.addApp(own)
	grant := g.grant(client.ID, g.tenant.principalOf(devopsAppID).ID, "vso.work").want(201).text("id")
	return g, accessObjects{nobodys.ID, own.ID, client.ID, grant}
}

func (o accessObjects) fill(s string) string {
	return strings.NewReplacer("{app}", o.App, "{own}", o.Own, "{principal}", o.Principal, "{grant}", o.Grant).Replace(s)
}

func TestWhoMayDoWhat(t *testing.T) {
	const (
		list   = "GET /applications"
		read   = "GET /applications/{app}"
		readO  = "GET /applications/{own}"
		create = `POST /applications {"displayName":"x"}`
		edit   = `PATCH /applications/{app} {"notes":"x"}`
		editO  = `PATCH /applications/{own} {"notes":"x"}`
		secret = "POST /applications/{own}/addPassword {}"
		remove = "DELETE /applications/{own}"
		owner  = `POST /applications/{own}/owners/$ref {"@odata.id":"x/{principal}"}`
		sp     = "DELETE /servicePrincipals/{principal}"
		spO    = `POST /servicePrincipals {"appId":"{ownAppId}"}`
		grants = "GET /oauth2PermissionGrants"
		revoke = "DELETE /oauth2PermissionGrants/{grant}"
		me     = "GET /me"
		roles  = "GET /me/transitiveMemberOf/microsoft.graph.directoryRole"
		org    = "GET /organization"
		policy = "GET /policies/authorizationPolicy"
		appPol = "GET /policies/defaultAppManagementPolicy"
		appsPo = "GET /policies/appManagementPolicies"
		reqPol = "GET /policies/adminConsentRequestPolicy"
	)
	rw, ro := "Application.ReadWrite.All", "Application.Read.All"
	for _, c := range []struct {
		who         string // a user's name, or script for an app-only token
		permissions string
		request     string
		status      int
	}{
		{"admin", ro, list, 200}, {"user", ro, list, 200}, {"guest", ro, list, 403},
		{"admin", "User.Read", list, 403}, {"admin", "", list, 403}, {"admin", "Directory.Read.All", list, 200},
		{"admin", "application.read.all", list, 200}, // letter case does not matter
		{"script", ro, list, 200}, {"script", ownedBy, list, 403}, {"script", "", list, 403},
		{"user", ro, read, 200}, {"script", ownedBy, read, 403}, {"script", ownedBy, readO, 200},

		{"admin", ro, create, 403}, {"admin", rw, create, 201}, {"developer", rw, create, 201}, {"user", rw, create, 201},
		{"guest", rw, create, 403}, {"script", ownedBy, create, 201}, {"script", ro, create, 403},

		{"admin", rw, edit, 204}, {"cloud app admin", rw, edit, 204}, {"app admin", rw, edit, 204},
		{"developer", rw, edit, 403}, {"user", rw, edit, 403}, {"global reader", rw, edit, 403},
		{"user", rw, editO, 204}, {"user", ro, editO, 403}, {"script", ownedBy, editO, 204}, {"script", ownedBy, edit, 403}, {"script", rw, edit, 204},
		{"user", rw, secret, 200}, {"developer", rw, secret, 403}, {"user", rw, remove, 204},
		{"user", rw, owner, 403}, {"user", rw + " Directory.Read.All", owner, 204}, {"user", "Directory.AccessAsUser.All", owner, 204},

		{"user", rw, sp, 403}, {"admin", rw, sp, 204}, {"script", ownedBy, sp, 403}, {"script", rw, sp, 204},
		{"user", rw, spO, 201}, {"developer", rw, spO, 403}, {"script", ownedBy, spO, 201},

		{"user", "Directory.Read.All", grants, 200}, {"user", "DelegatedPermissionGrant.Read.All", grants, 200}, {"user", ro, grants, 403},
		{"admin", "DelegatedPermissionGrant.ReadWrite.All", revoke, 204}, {"cloud app admin", "DelegatedPermissionGrant.ReadWrite.All", revoke, 204},
		{"privileged role admin", "DelegatedPermissionGrant.ReadWrite.All", revoke, 204},
		{"developer", "DelegatedPermissionGrant.ReadWrite.All", revoke, 403}, {"user", "DelegatedPermissionGrant.ReadWrite.All", revoke, 403},
		{"admin", rw, revoke, 403}, {"admin", "DelegatedPermissionGrant.Read.All", revoke, 403},
		{"script", "DelegatedPermissionGrant.ReadWrite.All", revoke, 204}, {"script", rw, revoke, 403},

		{"user", "User.Read", me, 200}, {"guest", "User.Read", me, 200}, {"user", "openid", me, 403}, {"script", "User.Read.All", me, 400},
		{"user", "User.Read", roles, 200}, {"user", "openid", roles, 403}, {"script", "Directory.Read.All", roles, 400},
		{"user", "User.Read", org, 200}, {"script", "Organization.Read.All", org, 200}, {"script", ro, org, 403},
		{"user", "Policy.Read.All", policy, 200}, {"user", "Directory.Read.All", policy, 403}, {"script", "Policy.Read.All", policy, 200},
		{"user", "Policy.Read.All", appPol, 403}, {"developer", "Policy.Read.All", appPol, 403}, {"global reader", "Policy.Read.All", appPol, 200},
		{"admin", "Policy.Read.All", appPol, 200}, {"script", "Policy.Read.All", appPol, 200}, {"admin", ro, appPol, 403},
		{"admin", "Policy.Read.All", appsPo, 200}, {"user", "Policy.Read.All", appsPo, 403},
		{"user", "Policy.Read.All", reqPol, 200}, {"admin", "User.Read", reqPol, 403},
	} {
		t.Run(c.who+" with "+c.permissions+" "+c.request, func(t *testing.T) {
			g, objects := accessWorld(t)
			request := strings.ReplaceAll(objects.fill(c.request), "{ownAppId}", g.tenant.apps[objects.Own].AppID)
			g.plantRoleHolders()
			who := g.script(strings.Fields(c.permissions)...)
			if c.who != "script" {
				who = g.person(c.who, strings.Fields(c.permissions)...)
			}
			method, rest, _ := strings.Cut(request, " ")
			path, body, _ := strings.Cut(rest, " ")
			g.call(who, method, "/v1.0"+path, body).want(c.status)
		})
	}
}

// plantRoleHolders adds people with further roles, and a guest.
func (g *graphTest) plantRoleHolders() {
	for name, role := range map[string]string{
		"cloud app admin": "Cloud Application Administrator", "app admin": "Application Administrator",
		"global reader": "Global Reader", "privileged role admin": "Privileged Role Administrator",
	} {
		g.tenant.plantUser(seedUser{Name: name, DisplayName: name, Roles: []string{role}})
	}
	g.tenant.plantUser(seedUser{Name: "guest", DisplayName: "Gwen Guest", Guest: true})
}

//parity:choice graph owner: a member without administrator role becomes owner of what they register, an administrator does not
func TestMembersMayRegisterAppsOnlyWhileTheTenantLetsThem(t *testing.T) {
	g := contoso(t)
	g.tenant.policies.AllowedToCreateApps = false
	g.call(g.person("user", allScopes...), "POST", "/v1.0/applications", `{"displayName":"x"}`).refused(errDenied)
	g.call(g.person("user", allScopes...), "PATCH", "/v1.0/applications(uniqueName='x')", `{"displayName":"x"}`, "Prefer: create-if-missing").refused(errDenied)
	g.create(g.person("developer", allScopes...), `{"displayName":"x"}`)
	g.create(g.admin(), `{"displayName":"x"}`)
}

func TestAnAppThatManagesOnlyItsOwnOwnsWhatItMakes(t *testing.T) {
	g := contoso(t)
	id := g.create(g.script(ownedBy), `{"displayName":"x"}`).text("id")
	g.call(g.script(ownedBy), "PATCH", "/v1.0/applications/"+id, `{"notes":"mine"}`).want(204)
	id = g.create(g.script("Application.ReadWrite.All"), `{"displayName":"y"}`).text("id")
	g.call(g.script(ownedBy), "PATCH", "/v1.0/applications/"+id, `{"notes":"not mine"}`).refused(errDenied)
}

func TestEveryOperationSaysWhoMay(t *testing.T) {
	for _, op := range operations {
		p := op.people
		if !p.everyone && !p.members && !p.creators && !p.owner && len(p.roles) == 0 {
			t.Errorf("%s %s is open to nobody", op.method, op.path)
		}
		if len(op.permissions.delegated) == 0 && !op.batch {
			t.Errorf("%s %s asks for no permission", op.method, op.path)
		}
		known := map[string]bool{"User.ReadWrite": true}
		for _, s := range microsoftGraphPrincipal().OAuth2PermissionScopes {
			known[s.Value] = true
		}
		for _, alternative := range op.permissions.delegated {
			for _, name := range strings.Fields(alternative) {
				if !known[name] {
					t.Errorf("%s %s: Microsoft Graph does not publish %s", op.method, op.path, name)
				}
			}
		}
	}
}
