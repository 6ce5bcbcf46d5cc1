package sandbox

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// wizardBody is what the setup of an integration sends.
const wizardBody = `{
 "@odata.type":"#microsoft.graph.application",
 "displayName":"Contoso ADO link","signInAudience":"AzureADMultipleOrgs","tags":["consentry:prod"],
 "web":{"redirectUris":["https://app.example.com/auth/callback"],"implicitGrantSettings":{"enableIdTokenIssuance":false}},
 "requiredResourceAccess":[
  {"resourceAppId":"499b84ac-1321-427f-aa17-267ca6975798","resourceAccess":[{"id":"ee69721e-6c3a-468f-a9ec-302d16a4c599","type":"Scope"}]},
  {"resourceAppId":"00000003-0000-0000-c000-000000000000","resourceAccess":[{"id":"e1fe6dd8-ba31-4d61-89e7-88639da4683d","type":"Scope"}]}],
 "passwordCredentials":[{"@odata.type":"#microsoft.graph.passwordCredential","displayName":"first secret"}]}`

func (g *graphTest) create(who *caller, body string) outcome {
	g.Helper()
	return g.call(who, "POST", "/v1.0/applications", body).want(201)
}

//parity:real graph POST /v1.0/applications
func TestOneRequestRegistersAppPermissionsAndSecret(t *testing.T) {
	g := contoso(t)
	o := g.create(g.admin(), wizardBody)
	secret := o.text("passwordCredentials", 0, "secretText")
	if len(secret) != 40 || secret[3:6] != "8Q~" || !strings.HasPrefix(secret[6:], "SANDBOX") {
		t.Errorf("secret %q has not the form abc8Q~SANDBOX…", secret)
	}
	if hint := o.text("passwordCredentials", 0, "hint"); hint != secret[:3] {
		t.Errorf("hint %q, want the first three characters", hint)
	}
	if got, want := o.text("passwordCredentials", 0, "endDateTime"), "2028-11-21T10:00:00Z"; got != want {
		t.Errorf("secret ends %s, want two years on: %s", got, want)
	}
	id, appID := o.text("id"), o.text("appId")
	if !isGUID(id) || !isGUID(appID) || id == appID {
		t.Errorf("id %s and appId %s", id, appID)
	}
	if got, want := o.header.Get("Location"), "http://example.com/graph/v2/"+g.tenant.ID+"/directoryObjects/"+id+"/Microsoft.DirectoryServices.Application"; got != want {
		t.Errorf("Location %s, want %s", got, want)
	}
	if o.text("publisherDomain") != g.tenant.Domain || o.text("createdByAppId") != ConsoleClientID {
		t.Errorf("publisher domain or creating app: %s", o.raw)
	}
	if o.text("@odata.context") != "http://example.com/graph/v1.0/$metadata#applications/$entity" {
		t.Errorf("context %s", o.text("@odata.context"))
	}
	if g.tenant.principalOf(appID) != nil {
		t.Error("the service principal was created with it")
	}
	read := g.call(g.admin(), "GET", "/v1.0/applications/"+id, "").want(200)
	if read.at("passwordCredentials", 0, "secretText") != nil || read.text("passwordCredentials", 0, "hint") != secret[:3] {
		t.Errorf("a later read shows %v", read.at("passwordCredentials"))
	}
	if stored := g.tenant.apps[id].PasswordCredentials[0]; stored.value != secret || stored.activeAt.After(graphNow) {
		t.Error("sign-in would not take the secret")
	}
}

//parity:choice graph signInAudience left out: AzureADandPersonalMicrosoftAccount, as in the documented example
func TestANameIsEnoughToRegisterAnApp(t *testing.T) {
	g := contoso(t)
	o := g.create(g.admin(), `{"displayName":"Plain"}`)
	if o.text("signInAudience") != "AzureADandPersonalMicrosoftAccount" || o.at("api", "requestedAccessTokenVersion") != 2.0 {
		t.Errorf("audience left out: %s", o.raw)
	}
	if list, ok := o.at("passwordCredentials").([]any); !ok || len(list) != 0 {
		t.Errorf("secrets nobody asked for: %v", o.at("passwordCredentials"))
	}
	for _, null := range []string{"deletedDateTime", "description", "notes", "uniqueName", "optionalClaims", "isDisabled"} {
		if v, sent := o.body[null]; !sent || v != nil {
			t.Errorf("%s: %v (sent %v), want an explicit null", null, v, sent)
		}
	}
	for _, empty := range []string{"tags", "identifierUris", "requiredResourceAccess", "appRoles", "keyCredentials", "addIns"} {
		if list, ok := o.body[empty].([]any); !ok || len(list) != 0 {
			t.Errorf("%s: %v, want []", empty, o.body[empty])
		}
	}
	if o.text("parentalControlSettings", "legalAgeGroupRule") != "Allow" {
		t.Error("parental control settings")
	}
}

func TestTwoAppsMayHaveOneName(t *testing.T) {
	g := contoso(t)
	first, second := g.create(g.admin(), `{"displayName":"Twin"}`), g.create(g.admin(), `{"displayName":"Twin"}`)
	if first.text("id") == second.text("id") {
		t.Error("the second is the first")
	}
}

//parity:real graph GET /v1.0/applications/{id}
//parity:real graph GET /v1.0/applications(appId='{appId}')
//parity:real graph GET /v1.0/applications(uniqueName='{uniqueName}')
func TestAnAppIsFoundByEachOfItsKeys(t *testing.T) {
	g := contoso(t)
	o := g.create(g.admin(), `{"displayName":"Keyed","uniqueName":"console/keyed"}`)
	for _, path := range []string{
		"/v1.0/applications/" + o.text("id"),
		"/v1.0/applications/" + strings.ToUpper(o.text("id")),
		"/v1.0/applications('" + o.text("id") + "')",
		"/v1.0/applications(appId='" + o.text("appId") + "')",
		"/v1.0/applications%28appId%3D%27" + o.text("appId") + "%27%29",
		"/v1.0/applications(uniqueName='console%2Fkeyed')",
	} {
		if got := g.call(g.admin(), "GET", path, "").want(200).text("id"); got != o.text("id") {
			t.Errorf("%s is %s", path, got)
		}
	}
	g.call(g.admin(), "GET", "/v1.0/applications/"+o.text("appId"), "").refused(errNotFound)
}

//parity:real graph PATCH /v1.0/applications/{id}
func TestAPatchMergesObjectsAndReplacesLists(t *testing.T) {
	g := contoso(t)
	o := g.create(g.admin(), wizardBody)
	path := "/v1.0/applications/" + o.text("id")
	changed := g.call(g.admin(), "PATCH", path, `{"web":{"redirectUris":["https://b.example.com/cb","https://a.example.com/cb"]},"notes":"kept by hand",
		"requiredResourceAccess":[{"resourceAppId":"00000003-0000-0000-c000-000000000000","resourceAccess":[{"id":"37f7f235-527c-4136-accd-4a02d197296e","type":"Scope"}]}]}`).want(204)
	if changed.raw != "" || changed.header.Get("Content-Type") != "" {
		t.Errorf("204 with a body: %q", changed.raw)
	}
	read := g.call(g.admin(), "GET", path, "").want(200)
	if got := read.at("web", "redirectUris"); fmt.Sprint(got) != "[https://b.example.com/cb https://a.example.com/cb]" {
		t.Errorf("redirect URIs %v", got)
	}
	if got := read.text("web", "redirectUriSettings", 0, "uri"); got != "https://b.example.com/cb" {
		t.Errorf("redirect URI settings do not follow: %v", read.at("web", "redirectUriSettings"))
	}
	if read.at("web", "implicitGrantSettings", "enableIdTokenIssuance") != false {
		t.Error("the rest of web is gone")
	}
	if len(read.at("requiredResourceAccess").([]any)) != 1 || read.text("requiredResourceAccess", 0, "resourceAccess", 0, "id") != "37f7f235-527c-4136-accd-4a02d197296e" {
		t.Errorf("permissions %v, want the list replaced", read.at("requiredResourceAccess"))
	}
	if read.text("displayName") != "Contoso ADO link" || read.text("notes") != "kept by hand" || read.at("tags", 0) != "consentry:prod" {
		t.Error("what was not sent has changed")
	}
	if g.tenant.apps[o.text("id")].PasswordCredentials[0].value == "" {
		t.Error("the secret is lost")
	}
	g.call(g.admin(), "PATCH", path, `{"notes":null}`).want(204)
	if g.call(g.admin(), "GET", path, "").want(200).at("notes") != nil {
		t.Error("null does not clear")
	}
}

func TestARefusedPatchChangesNothing(t *testing.T) {
	g := contoso(t)
	id := g.create(g.admin(), wizardBody).text("id")
	before := g.tenant.apps[id]
	g.call(g.admin(), "PATCH", "/v1.0/applications/"+id, `{"displayName":"New","web":{"redirectUris":["http://app.example.com/cb"]}}`).refused(errInvalidValue)
	if g.tenant.apps[id] != before || before.DisplayName != "Contoso ADO link" {
		t.Error("the app has changed")
	}
}

//parity:real graph GET /v1.0/servicePrincipals(appId='{appId}')
func TestThePrincipalAtHomeFollowsItsApp(t *testing.T) {
	g := contoso(t)
	o := g.create(g.admin(), wizardBody)
	g.call(g.admin(), "POST", "/v1.0/servicePrincipals", `{"appId":"`+o.text("appId")+`"}`).want(201)
	g.call(g.admin(), "PATCH", "/v1.0/applications/"+o.text("id"), `{"displayName":"Renamed","web":{"redirectUris":["https://new.example.com/cb"]}}`).want(204)
	sp := g.call(g.admin(), "GET", "/v1.0/servicePrincipals(appId='"+o.text("appId")+"')", "").want(200)
	if sp.text("displayName") != "Renamed" || sp.text("replyUrls", 0) != "https://new.example.com/cb" {
		t.Errorf("principal: %s", sp.raw)
	}
}

//parity:real graph PATCH /v1.0/applications(uniqueName='{uniqueName}')
func TestUpsertByUniqueName(t *testing.T) {
	g := contoso(t)
	path := "/v1.0/applications(uniqueName='ado-console-prod')"
	g.call(g.admin(), "PATCH", path, `{"displayName":"Prod"}`).refused(errNotFound)
	made := g.call(g.admin(), "PATCH", path, `{"displayName":"Prod"}`, "Prefer: create-if-missing").want(201)
	if made.text("uniqueName") != "ado-console-prod" {
		t.Errorf("made %s", made.raw)
	}
	g.call(g.admin(), "PATCH", path, `{"displayName":"Prod 2"}`, "Prefer: create-if-missing").want(204)
	if got := g.call(g.admin(), "GET", path, "").want(200); got.text("id") != made.text("id") || got.text("displayName") != "Prod 2" {
		t.Errorf("second time: %s", got.raw)
	}
	g.call(g.admin(), "PATCH", path, `{"uniqueName":"other"}`).refused(errReadOnly)
	g.call(g.admin(), "POST", "/v1.0/applications", `{"displayName":"Clash","uniqueName":"ado-console-prod"}`).refused(errUniqueName)
}

//parity:real graph DELETE /v1.0/applications/{id}
//parity:partly graph GET /v1.0/directory/deletedItems/microsoft.graph.application: applications only; users and groups are never deleted
//parity:partly graph GET /v1.0/directory/deletedItems/{id}: applications only
//parity:partly graph POST /v1.0/directory/deletedItems/{id}/restore: applications only; the service principal that was deleted with one does not come back
//parity:partly graph DELETE /v1.0/directory/deletedItems/{id}: applications only
func TestDeletingAnApp(t *testing.T) {
	g := contoso(t)
	o := g.create(g.admin(), wizardBody)
	id, appID := o.text("id"), o.text("appId")
	g.call(g.admin(), "POST", "/v1.0/servicePrincipals", `{"appId":"`+appID+`"}`).want(201)
	g.call(g.admin(), "DELETE", "/v1.0/applications/"+id, "").want(204)

	g.call(g.admin(), "GET", "/v1.0/applications/"+id, "").refused(errNotFound)
	g.call(g.admin(), "GET", "/v1.0/servicePrincipals(appId='"+appID+"')", "").refused(errNotFound)
	if _, a := g.w.findApp(appID); a != nil {
		t.Error("sign-in still knows it")
	}
	listed := g.call(g.admin(), "GET", "/v1.0/directory/deletedItems/microsoft.graph.application?$filter=appId eq '"+appID+"'", "").want(200)
	if listed.text("value", 0, "id") != id || listed.text("value", 0, "deletedDateTime") != "2026-11-21T10:00:00Z" {
		t.Errorf("deleted items: %s", listed.raw)
	}
	g.call(g.admin(), "GET", "/v1.0/directory/deletedItems/"+id, "").want(200)
	restored := g.call(g.admin(), "POST", "/v1.0/directory/deletedItems/"+id+"/restore", "").want(200)
	if restored.text("id") != id || restored.at("deletedDateTime") != nil {
		t.Errorf("restored: %s", restored.raw)
	}
	g.call(g.admin(), "GET", "/v1.0/applications(appId='"+appID+"')", "").want(200)

	g.call(g.admin(), "DELETE", "/v1.0/applications/"+id, "").want(204)
	g.call(g.admin(), "DELETE", "/v1.0/directory/deletedItems/"+id, "").want(204)
	g.call(g.admin(), "POST", "/v1.0/directory/deletedItems/"+id+"/restore", "").refused(errNotFound)
}

//parity:partly graph GET /v1.0/directory/deletedItems/microsoft.graph.application: applications only; users and groups are never deleted
func TestADeletedAppIsKeptForThirtyDays(t *testing.T) {
	g := contoso(t)
	now := graphNow
	g.w.now = func() time.Time { return now }
	id := g.create(g.admin(), `{"displayName":"Old"}`).text("id")
	g.call(g.admin(), "DELETE", "/v1.0/applications/"+id, "").want(204)
	now = now.Add(deletedKept)
	g.call(g.admin(), "GET", "/v1.0/directory/deletedItems/"+id, "").refused(errNotFound)
	if names := g.call(g.admin(), "GET", "/v1.0/directory/deletedItems/microsoft.graph.application", "").want(200).names("id"); len(names) != 0 {
		t.Errorf("still listed: %v", names)
	}
}

func TestARestoredAppMustStillBeUnique(t *testing.T) {
	g := contoso(t)
	id := g.create(g.admin(), `{"displayName":"One","uniqueName":"same"}`).text("id")
	g.call(g.admin(), "DELETE", "/v1.0/applications/"+id, "").want(204)
	g.create(g.admin(), `{"displayName":"Two","uniqueName":"same"}`)
	g.call(g.admin(), "POST", "/v1.0/directory/deletedItems/"+id+"/restore", "").refused(errUniqueName)
}

//parity:real graph GET /v1.0/applications/{id}/owners
//parity:real graph POST /v1.0/applications/{id}/owners/$ref
//parity:real graph DELETE /v1.0/applications/{id}/owners/{ownerId}/$ref
func TestOwners(t *testing.T) {
	g := contoso(t)
	developer, user := g.tenant.userNamed("developer"), g.tenant.userNamed("user")
	byAdmin := g.create(g.admin(), `{"displayName":"Admin's"}`)
	owners := "/v1.0/applications/" + byAdmin.text("id") + "/owners"
	if got := g.call(g.admin(), "GET", owners, "").want(200).names("id"); len(got) != 0 {
		t.Errorf("an administrator became owner: %v", got)
	}
	reference := `{"@odata.id":"https://graph.microsoft.com/v1.0/directoryObjects/` + developer.ID + `"}`
	g.call(g.admin(), "POST", owners+"/$ref", reference).want(204)
	g.call(g.admin(), "POST", owners+"/$ref", reference).refused(errOwnerExists)
	g.call(g.admin(), "POST", owners+"/$ref", `{"@odata.id":"x/`+newGUID()+`"}`).refused(errNotFound)
	g.call(g.admin(), "POST", owners+"/$ref", `{}`).refused(errBody)
	listed := g.call(g.admin(), "GET", owners, "").want(200)
	if listed.text("value", 0, "@odata.type") != "#microsoft.graph.user" || listed.text("value", 0, "id") != developer.ID {
		t.Errorf("owners: %s", listed.raw)
	}
	g.call(g.admin(), "DELETE", owners+"/"+developer.ID+"/$ref", "").want(204)
	g.call(g.admin(), "DELETE", owners+"/"+developer.ID+"/$ref", "").refused(errNotFound)

	bound := g.create(g.admin(), `{"displayName":"Bound","owners@odata.bind":["https://graph.microsoft.com/v1.0/users/`+user.ID+`"]}`)
	if got := g.tenant.apps[bound.text("id")].owners; !slices.Equal(got, []string{user.ID}) {
		t.Errorf("bound owners %v", got)
	}
	own := g.create(g.person("user", allScopes...), `{"displayName":"User's"}`)
	if got := g.tenant.apps[own.text("id")].owners; !slices.Equal(got, []string{user.ID}) {
		t.Errorf("a member's app is owned by %v", got)
	}
}

//parity:choice graph Directory_QuotaExceeded: status 403; 400 was reported as well
func TestAMemberHasAQuotaOfObjects(t *testing.T) {
	g := contoso(t)
	user := g.tenant.userNamed("user")
	for i := range maxCreatedObjects {
		a := newApplication(g.tenant, fmt.Sprint("App ", i), audienceSingleTenant, graphNow)
		a.createdBy, a.owners = user.ID, []string{user.ID}
		g.tenant.addApp(a)
	}
	g.call(g.person("user", allScopes...), "POST", "/v1.0/applications", `{"displayName":"One too many"}`).refused(errQuota)
	last := g.tenant.appOrder[len(g.tenant.appOrder)-1]
	g.call(g.person("user", allScopes...), "DELETE", "/v1.0/applications/"+last, "").want(204)
	g.call(g.person("user", allScopes...), "POST", "/v1.0/applications", `{"displayName":"Deleted ones count"}`).refused(errQuota)
	g.call(g.person("user", allScopes...), "DELETE", "/v1.0/directory/deletedItems/"+last, "").want(204)
	g.create(g.person("user", allScopes...), `{"displayName":"Room again"}`)
}

func TestAnAppRoleSaysWhereItIsDefined(t *testing.T) {
	g := contoso(t)
	created := g.create(g.admin(), app(`"appRoles":[{"id":"`+newGUID()+`","value":"reader","displayName":"Reader","description":"Reads.","allowedMemberTypes":["User"],"isEnabled":true}]`)).want(201)
	if got := created.text("appRoles", 0, "origin"); got != "Application" {
		t.Errorf("origin %q", got)
	}
}
