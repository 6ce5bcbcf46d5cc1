package sandbox

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
)

// A directoryTest talks to Microsoft Graph as a tenant's administrator.
type directoryTest struct {
	*testing.T
	s      *Sandbox
	header []string
}

func administers(t *testing.T, s *Sandbox, tenant string) *directoryTest {
	return &directoryTest{t, s, graphHeader(t, s, "admin@"+tenant+".sandbox.invalid")}
}

func (d *directoryTest) call(method, path, body string) response {
	d.Helper()
	return send(d.T, d.s, method, d.s.Ready().Graph+"/v1.0"+path, body, d.header...)
}

// must is call for a request that is to succeed.
func (d *directoryTest) must(method, path, body string) map[string]any {
	d.Helper()
	got := d.call(method, path, body)
	if got.StatusCode/100 != 2 {
		d.Fatalf("%s %s: %d %s", method, path, got.StatusCode, got.body)
	}
	if len(got.body) == 0 {
		return nil
	}
	return got.json(d.T)
}

// trace repeats a read and tells what it showed each time: the value of one
// property of the object, or of the one object of a list; "-" where it was
// not there.
func (d *directoryTest) trace(times int, path, property string) string {
	d.Helper()
	var seen []string
	for range times {
		got := d.call("GET", path, "")
		seen = append(seen, shown(d.T, got, property))
	}
	return strings.Join(seen, " ")
}

func shown(t *testing.T, r response, property string) string {
	t.Helper()
	if r.StatusCode == 404 {
		if code := r.json(t)["error"].(map[string]any)["code"]; code != "Request_ResourceNotFound" {
			t.Errorf("404 with code %v", code)
		}
		return "-"
	}
	if r.StatusCode != 200 {
		t.Fatalf("%s: %d %s", r.Request.URL, r.StatusCode, r.body)
	}
	if strings.HasPrefix(r.Header.Get("Content-Type"), "text/plain") {
		return string(r.body)
	}
	doc := r.json(t)
	if list, isList := doc["value"].([]any); isList {
		if len(list) == 0 {
			return "-"
		}
		doc = list[0].(map[string]any)
	}
	return fmt.Sprint(doc[property])
}

func lagging(t *testing.T, tenant, method, path string, reads int) *directoryTest {
	t.Helper()
	s := start(t, Options{})
	putFaults(t, s, fmt.Sprintf(`[{"service":"graph","method":%q,"path":"/v1.0%s","nth":1,"action":{"replica_lag":%d}}]`, method, path, reads))
	return administers(t, s, tenant)
}

func TestReplicaLagHidesWhatWasCreatedFromTheNextReads(t *testing.T) {
	for name, read := range map[string]string{
		"by id":            "/applications/{id}",
		"by client ID":     "/applications(appId='{appId}')",
		"by unique name":   "/applications(uniqueName='lagging')",
		"in a list":        "/applications?$filter=displayName eq 'Late'",
		"a property of it": "/applications/{id}?$select=displayName",
		"its owners":       "/applications/{id}/owners",
	} {
		t.Run(name, func(t *testing.T) {
			d := lagging(t, "contoso", "POST", "/applications", 2)
			made := d.must("POST", "/applications", `{"displayName":"Late","uniqueName":"lagging"}`)
			path := strings.NewReplacer("{id}", made["id"].(string), "{appId}", made["appId"].(string)).Replace(read)
			property, want := "displayName", "- - Late Late"
			if name == "its owners" {
				property, want = "id", "- - - -" // an administrator's app has none
				if got := d.call("GET", path, ""); got.StatusCode != 404 {
					t.Errorf("at first: %d", got.StatusCode)
				}
			}
			if got := d.trace(4, strings.ReplaceAll(path, " ", "%20"), property); got != want {
				t.Errorf("read %q, want %q", got, want)
			}
		})
	}
}

func TestReplicaLagCountsInCountsAndInBatches(t *testing.T) {
	d := lagging(t, "contoso", "POST", "/applications", 2)
	before := d.trace(1, "/applications/$count", "")
	d.must("POST", "/applications", `{"displayName":"Late"}`)
	if got, want := d.trace(2, "/applications/$count", ""), before+" "+before; got != want {
		t.Errorf("counts %s, want %s", got, want)
	}
	if after := d.trace(1, "/applications/$count", ""); after == before {
		t.Errorf("still %s", after)
	}

	putFaults(t, d.s, `[{"method":"POST","path":"/v1.0/$batch","nth":1,"action":{"replica_lag":2}}]`)
	batch := d.must("POST", "/$batch", `{"requests":[{"id":"1","method":"POST","url":"/applications","headers":{"Content-Type":"application/json"},"body":{"displayName":"In a batch"}}]}`)
	id := batch["responses"].([]any)[0].(map[string]any)["body"].(map[string]any)["id"].(string)
	read := fmt.Sprintf(`{"requests":[{"id":"1","method":"GET","url":"/applications/%s"},{"id":"2","method":"GET","url":"/applications/%s"},{"id":"3","method":"GET","url":"/applications/%s","dependsOn":[]}]}`, id, id, id)
	var statuses []any
	for _, r := range d.must("POST", "/$batch", read)["responses"].([]any) {
		statuses = append(statuses, r.(map[string]any)["status"])
	}
	if fmt.Sprint(statuses) != "[404 404 200]" {
		t.Errorf("in a batch: %v", statuses)
	}
}

func TestReplicaLagShowsWhatWasChangedAsItWas(t *testing.T) {
	d := lagging(t, "contoso", "PATCH", "/applications/*", 2)
	id := d.must("POST", "/applications", `{"displayName":"Before"}`)["id"].(string)
	d.must("PATCH", "/applications/"+id, `{"displayName":"After"}`)
	if got := d.trace(3, "/applications/"+id, "displayName"); got != "Before Before After" {
		t.Errorf("read %s", got)
	}
}

func TestReplicaLagMergesNothingIntoTheOldState(t *testing.T) {
	d := lagging(t, "contoso", "PATCH", "/applications/*", 1)
	id := d.must("POST", "/applications", `{"displayName":"Before"}`)["id"].(string)
	d.must("PATCH", "/applications/"+id, `{"displayName":"After"}`)
	d.must("PATCH", "/applications/"+id, `{"notes":"and more"}`)
	if got := d.trace(2, "/applications/"+id, "displayName") + " " + d.trace(1, "/applications/"+id, "notes"); got != "Before After and more" {
		t.Errorf("read %s", got)
	}
}

func TestReplicaLagStillShowsWhatWasDeleted(t *testing.T) {
	d := lagging(t, "contoso", "DELETE", "/applications/*", 2)
	before := d.must("GET", "/applications?$select=id", "")
	id := before["value"].([]any)[0].(map[string]any)["id"].(string)
	d.must("DELETE", "/applications/"+id, "")
	if during := d.must("GET", "/applications?$select=id", ""); fmt.Sprint(during["value"]) != fmt.Sprint(before["value"]) {
		t.Errorf("listed\n%v, want\n%v", during["value"], before["value"])
	}
	if got := d.trace(2, "/applications/"+id, "id"); got != id+" -" {
		t.Errorf("read %s", got)
	}
	if got := d.trace(3, "/directory/deletedItems/"+id, "id"); got != "- - "+id {
		t.Errorf("the deleted item: %s", got)
	}
	d.must("POST", "/directory/deletedItems/"+id+"/restore", "")
	d.must("GET", "/applications/"+id, "")
}

func TestReplicaLagOfPrincipalsAndGrants(t *testing.T) {
	s := start(t, Options{})
	d := administers(t, s, "contoso")
	app := d.must("POST", "/applications", `{"displayName":"Late"}`)["appId"].(string)
	putFaults(t, s, `[{"service":"graph","method":"POST","action":{"replica_lag":2}}]`)
	principal := d.must("POST", "/servicePrincipals", `{"appId":"`+app+`"}`)["id"].(string)
	resource := s.world.tenantOf("contoso.sandbox.invalid").principalOf(devopsAppID).ID
	// Writes find what reads do not.
	grant := d.must("POST", "/oauth2PermissionGrants", fmt.Sprintf(`{"clientId":%q,"consentType":"AllPrincipals","resourceId":%q,"scope":"vso.work"}`, principal, resource))["id"].(string)
	filter := url.QueryEscape("clientId eq '" + principal + "'")
	for path, want := range map[string]string{
		"/servicePrincipals(appId='" + app + "')": "- - " + principal,
		"/oauth2PermissionGrants/" + grant:        "- - " + grant,
	} {
		if got := d.trace(3, path, "id"); got != want {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
	}
	if got := d.trace(1, "/oauth2PermissionGrants?$filter="+filter, "id") + d.trace(1, "/servicePrincipals/"+principal+"/oauth2PermissionGrants", "id"); got != grant+grant {
		t.Errorf("lists: %s", got)
	}
}

func TestReplicaLagOfRoleAssignments(t *testing.T) {
	s := start(t, Options{})
	d := administers(t, s, "contoso")
	home := s.world.tenantOf("contoso.sandbox.invalid")
	holder, resource := home.principalOf(automationApp(home.Domain).ClientID), home.principalOf(graphAppID)
	d.header[1] = "Bearer " + tokenFor(t, s, contosoAdmin, "AppRoleAssignment.ReadWrite.All Application.Read.All", func(c *accessClaims) { c.Audience = graphAppID })
	role := resource.AppRoles[slices.IndexFunc(resource.AppRoles, func(r appRole) bool { return !slices.Contains(automationRoles, r.Value) })]
	putFaults(t, s, `[{"service":"graph","method":"POST","action":{"replica_lag":2}}]`)
	list := "/servicePrincipals/" + holder.ID + "/appRoleAssignments"
	before := len(d.must("GET", list, "")["value"].([]any))
	made := d.must("POST", list, fmt.Sprintf(`{"principalId":%q,"resourceId":%q,"appRoleId":%q}`, holder.ID, resource.ID, role.ID))["id"].(string)
	if got := d.trace(2, list+"/"+made, "id"); got != "- "+"-" {
		t.Errorf("read %s", got)
	}
	if after := len(d.must("GET", list, "")["value"].([]any)); after != before+1 {
		t.Errorf("%d listed, want %d", after, before+1)
	}
}

func TestReplicaLagAfterALostAnswer(t *testing.T) {
	s := start(t, Options{})
	d := administers(t, s, "contoso")
	putFaults(t, s, `[{"method":"POST","path":"/v1.0/applications","nth":1,"action":{"commit_then_drop":true,"replica_lag":2}}]`)
	if _, err := try(t, s, "POST", s.Ready().Graph+"/v1.0/applications", `{"displayName":"Late"}`, d.header...); err == nil {
		t.Fatal("the answer was not lost")
	}
	if got := d.trace(3, "/applications?$filter=displayName%20eq%20'Late'", "displayName"); got != "- - Late" {
		t.Errorf("read %s", got)
	}
}

//parity:choice graph replication delay: counted in lookups of each object (3 in the tenant southridge), not in seconds
func TestTenantWithReplicationDelayHidesEveryWrite(t *testing.T) {
	d := administers(t, start(t, Options{}), "southridge")
	made := d.must("POST", "/applications", `{"displayName":"Late"}`)
	id, app := made["id"].(string), made["appId"].(string)
	if got := d.trace(4, "/applications/"+id, "displayName"); got != "- - - Late" {
		t.Errorf("created: %s", got)
	}
	d.must("PATCH", "/applications/"+id, `{"displayName":"Later"}`)
	if got := d.trace(4, "/applications(appId='"+app+"')", "displayName"); got != "Late Late Late Later" {
		t.Errorf("changed: %s", got)
	}
	d.must("DELETE", "/applications/"+id, "")
	if got := d.trace(4, "/applications/"+id, "displayName"); got != "Later Later Later -" {
		t.Errorf("deleted: %s", got)
	}
}

//parity:real graph POST /v1.0/servicePrincipals
func TestTenantWithReplicationDelayRefusesWritesToWhatItHasNotSeen(t *testing.T) {
	s := start(t, Options{})
	d := administers(t, s, "southridge")
	made := d.must("POST", "/applications", `{"displayName":"Late"}`)
	app := made["appId"].(string)
	for i := range 3 {
		got := d.call("POST", "/servicePrincipals", `{"appId":"`+app+`"}`)
		refused, _ := got.json(t)["error"].(map[string]any)
		if got.StatusCode != 400 || !strings.Contains(string(got.body), "NoBackingApplicationObject") {
			t.Errorf("try %d: %d %v", i+1, got.StatusCode, refused)
		}
	}
	principal := d.must("POST", "/servicePrincipals", `{"appId":"`+app+`"}`)["id"].(string)
	resource := s.world.tenantOf("southridge.sandbox.invalid").principalOf(devopsAppID).ID
	grant := fmt.Sprintf(`{"clientId":%q,"consentType":"AllPrincipals","resourceId":%q,"scope":"vso.work"}`, principal, resource)
	for i := range 3 {
		if got := d.call("POST", "/oauth2PermissionGrants", grant); got.StatusCode != 404 || !strings.Contains(string(got.body), "Directory_ObjectNotFound") {
			t.Errorf("grant, try %d: %d %s", i+1, got.StatusCode, got.body)
		}
	}
	d.must("POST", "/oauth2PermissionGrants", grant)
	if got := d.call("POST", "/applications/"+d.must("POST", "/applications", `{"displayName":"Later"}`)["id"].(string)+"/addPassword", "{}"); got.StatusCode != 404 {
		t.Errorf("addPassword to what was just created: %d %s", got.StatusCode, got.body)
	}
	if status := d.call("POST", "/servicePrincipals", `{"appId":"`+app+`"}`).StatusCode; status != 409 {
		t.Errorf("a second principal while the first does not show: %d, want 409", status)
	}
}

// ownToken asks for a client's own token and gives the AADSTS number of the
// refusal, 0 for a token.
func ownToken(l *loginTest, tenant, clientID, secret string) float64 {
	l.Helper()
	got := l.token(tenant, url.Values{"grant_type": {"client_credentials"}, "client_id": {clientID}, "client_secret": {secret}, "scope": {"https://graph.microsoft.com/.default"}})
	if codes, refused := got.json["error_codes"].([]any); refused {
		return codes[0].(float64)
	}
	got.ok()
	return 0
}

func TestSignInHearsLateOfNewApplicationsPrincipalsAndSecrets(t *testing.T) {
	s := start(t, Options{})
	d, l, domain := administers(t, s, "southridge"), signInTo(t, s), "southridge.sandbox.invalid"
	made := d.must("POST", "/applications", `{"displayName":"Late","passwordCredentials":[{}]}`)
	id, app := made["id"].(string), made["appId"].(string)
	first := made["passwordCredentials"].([]any)[0].(map[string]any)["secretText"].(string)
	codes := func(times int, secret string) (list []float64) {
		for range times {
			list = append(list, ownToken(l, domain, app, secret))
		}
		return list
	}
	expect := func(what string, got []float64, want ...float64) {
		t.Helper()
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s: %v, want %v", what, got, want)
		}
	}
	expect("a new application", codes(4, first), 700016, 700016, 700016, 7000229)
	d.trace(3, "/applications/"+id, "id")
	d.must("POST", "/servicePrincipals", `{"appId":"`+app+`"}`)
	expect("a new service principal", codes(5, first), 7000229, 7000229, 7000229, 0, 0)
	second := d.must("POST", "/applications/"+id+"/addPassword", "{}")["secretText"].(string)
	expect("a new secret", codes(2, second), 7000215, 7000215)
	expect("the old secret meanwhile", codes(1, first), 0)
	expect("the new secret then", codes(2, second), 0, 0)
}

func TestSignInShowsANewApplicationAsUnknownAtFirst(t *testing.T) {
	s := start(t, Options{})
	d, l := administers(t, s, "southridge"), signInTo(t, s)
	made := d.must("POST", "/applications", `{"displayName":"Late","signInAudience":"AzureADMyOrg","web":{"redirectUris":["`+testApp+`"]}}`)
	a := s.world.tenantOf("southridge.sandbox.invalid").apps[made["id"].(string)]
	address := l.authorizeURL("southridge.sandbox.invalid", a, "scope", "User.Read")
	b := l.visitor()
	for range 3 {
		if page := b.open(address); !strings.Contains(page.text(), "AADSTS700016") {
			t.Fatalf("page %s: %s", page.heading(), page.text())
		}
	}
	if code := b.open(address).signIn("user", "southridge").press("Accept").code(); code == "" {
		t.Error("no code")
	}
}

func TestOtherTenantsHearAtOnce(t *testing.T) {
	s := start(t, Options{})
	d := administers(t, s, "contoso")
	id := d.must("POST", "/applications", `{"displayName":"At once"}`)["id"].(string)
	if got := d.trace(1, "/applications/"+id, "displayName"); got != "At once" {
		t.Errorf("read %s", got)
	}
}

func TestResetEndsTheDelay(t *testing.T) {
	s := start(t, Options{})
	d := administers(t, s, "southridge")
	before := d.trace(1, "/applications/$count", "")
	d.must("POST", "/applications", `{"displayName":"Late"}`)
	reset(t, s, "?tenant=southridge.sandbox.invalid", 204)
	if got := d.trace(4, "/applications/$count", ""); got != strings.Join([]string{before, before, before, before}, " ") {
		t.Errorf("counts %s", got)
	}
	if got := d.trace(1, "/applications?$filter=displayName%20eq%20'Paragon%20of%20Southridge%20Video'", "displayName"); got == "-" {
		t.Error("what the sandbox starts with is seen late")
	}
}
