package sandbox

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

const (
	contosoAdmin   = "admin@contoso.sandbox.invalid"
	northwindAdmin = "admin@northwind.sandbox.invalid"
)

// graphHeader is the Authorization header for Microsoft Graph of a seeded
// person with all the permissions that tests need.
func graphHeader(t *testing.T, s *Sandbox, upn string) []string {
	t.Helper()
	token := tokenFor(t, s, upn, "Application.ReadWrite.All Directory.ReadWrite.All DelegatedPermissionGrant.ReadWrite.All", func(c *accessClaims) { c.Audience = graphAppID })
	return []string{"Authorization", "Bearer " + token, "Content-Type", "application/json", "ConsistencyLevel", "eventual"}
}

// directoryState is all that a person can read of their tenant and of an
// organization.
func directoryState(t *testing.T, s *Sandbox, upn, organization string) string {
	t.Helper()
	var all strings.Builder
	for _, path := range []string{"/applications?$top=999", "/servicePrincipals?$top=999", "/oauth2PermissionGrants", "/directory/deletedItems/microsoft.graph.application", "/organization"} {
		got := send(t, s, "GET", s.Ready().Graph+"/v1.0"+path, "", graphHeader(t, s, upn)...)
		fmt.Fprintln(&all, got.StatusCode, string(got.body))
	}
	for _, path := range []string{"/_apis/projects?api-version=7.1", "/_apis/wit/workitems?ids=1,2,3,4,5,6,7&errorPolicy=omit&api-version=7.1"} {
		got := send(t, s, "GET", s.Ready().DevOps+"/"+organization+path, "", "Authorization", "Bearer "+tokenFor(t, s, upn, everything))
		fmt.Fprintln(&all, got.StatusCode, string(got.body))
	}
	return all.String()
}

// upset changes a little of everything in a tenant and its organization.
func upset(t *testing.T, s *Sandbox, upn, organization, project string) {
	t.Helper()
	header := graphHeader(t, s, upn)
	graph := s.Ready().Graph + "/v1.0"
	made := send(t, s, "POST", graph+"/applications", `{"displayName":"Made after the start","passwordCredentials":[{}]}`, header...).json(t)
	send(t, s, "POST", graph+"/servicePrincipals", `{"appId":"`+made["appId"].(string)+`"}`, header...)
	listed := send(t, s, "GET", graph+"/applications?$select=id", "", header...).json(t)["value"].([]any)
	seeded := func(i int) string { return graph + "/applications/" + listed[i].(map[string]any)["id"].(string) }
	for _, c := range []response{
		send(t, s, "PATCH", seeded(0), `{"displayName":"Renamed"}`, header...),
		send(t, s, "DELETE", seeded(1), "", header...),
		send(t, s, "POST", s.Ready().DevOps+"/"+organization+"/"+url.PathEscape(project)+"/_apis/wit/workitems/$Task?api-version=7.1",
			`[{"op":"add","path":"/fields/System.Title","value":"from a test"}]`,
			"Authorization", "Bearer "+tokenFor(t, s, upn, everything), "Content-Type", "application/json-patch+json"),
	} {
		if c.StatusCode/100 != 2 {
			t.Fatalf("%s: %d %s", c.Request.URL, c.StatusCode, c.body)
		}
	}
}

// reset sends DELETE /state.
func reset(t *testing.T, s *Sandbox, query string, want int) {
	t.Helper()
	if got := send(t, s, "DELETE", s.Ready().State+query, ""); got.StatusCode != want {
		t.Fatalf("DELETE /state%s: %d %s, want %d", query, got.StatusCode, got.body, want)
	}
}

func TestResetBringsBackEveryByte(t *testing.T) {
	s := start(t, Options{Apps: 50})
	before, other := directoryState(t, s, contosoAdmin, "contoso"), directoryState(t, s, northwindAdmin, "fabrikam")
	changed := func() bool { return directoryState(t, s, contosoAdmin, "contoso") != before }

	upset(t, s, contosoAdmin, "contoso", "Mobile")
	if !changed() {
		t.Fatal("the test changes nothing")
	}
	reset(t, s, "", http.StatusNoContent)
	if changed() {
		t.Error("after DELETE /state something is not as it was")
	}
	if directoryState(t, s, northwindAdmin, "fabrikam") != other {
		t.Error("another tenant is not as it was")
	}
}

func TestResetOfOneTenantLeavesTheOthersAlone(t *testing.T) {
	s := start(t, Options{})
	before := directoryState(t, s, contosoAdmin, "contoso")
	upset(t, s, contosoAdmin, "contoso", "Mobile")
	upset(t, s, "admin@fabrikam.sandbox.invalid", "fabrikam", "Assembly Line")
	other := directoryState(t, s, "admin@fabrikam.sandbox.invalid", "fabrikam")
	for _, name := range []string{"contoso.sandbox.invalid", "CONTOSO.sandbox.invalid", s.world.tenantOf("contoso.sandbox.invalid").ID} {
		reset(t, s, "?tenant="+name, http.StatusNoContent)
		if directoryState(t, s, contosoAdmin, "contoso") != before {
			t.Errorf("%s: not as it was", name)
		}
		if directoryState(t, s, "admin@fabrikam.sandbox.invalid", "fabrikam") != other {
			t.Errorf("%s: another tenant lost something", name)
		}
		upset(t, s, contosoAdmin, "contoso", "Mobile")
	}
}

func TestResetThatNamesNoTenantDoesNothing(t *testing.T) {
	s := start(t, Options{})
	upset(t, s, contosoAdmin, "contoso", "Mobile")
	before := directoryState(t, s, contosoAdmin, "contoso")
	for query, want := range map[string]int{
		"?tenant=nowhere.sandbox.invalid":                     http.StatusNotFound,
		"?tenant=":                                            http.StatusBadRequest,
		"?tennant=contoso.sandbox.invalid":                    http.StatusBadRequest,
		"?tenant=contoso.sandbox.invalid&tenant=fabrikam":     http.StatusBadRequest,
		"?tenant=contoso.sandbox.invalid&organization=garden": http.StatusBadRequest,
	} {
		reset(t, s, query, want)
	}
	if directoryState(t, s, contosoAdmin, "contoso") != before {
		t.Error("something was reset")
	}
}

func TestResetKeepsJournalFaultsAndSigningKeys(t *testing.T) {
	s := start(t, Options{})
	putFaults(t, s, `[{"path":"/kept","action":{"status":500}}]`)
	header := graphHeader(t, s, contosoAdmin)
	me := s.Ready().Graph + "/v1.0/organization"
	send(t, s, "GET", me, "", header...)
	reset(t, s, "", http.StatusNoContent)
	if got := send(t, s, "GET", me, "", header...); got.StatusCode != http.StatusOK {
		t.Errorf("a token made before: %d %s", got.StatusCode, got.body)
	}
	if n := len(s.Requests()); n != 2 {
		t.Errorf("%d requests in the journal, want 2", n)
	}
	if got := send(t, s, "GET", s.Ready().Faults, ""); !strings.Contains(string(got.body), "/kept") {
		t.Errorf("fault rules: %s", got.body)
	}
}

func TestResetTakesWhatTheSeedFileAdded(t *testing.T) {
	s := start(t, Options{Seed: []byte(`{"tenants":[{"domain":"adatum.sandbox.invalid","name":"Adatum","scenario":"ours",
		"users":[{"name":"admin","password":"Sandbox-Admin-1!","roles":["Global Administrator"]}],"apps":[{"name":"Reports"},{"name":"Ledger"}]}]}`)})
	list := func() string {
		return string(send(t, s, "GET", s.Ready().Graph+"/v1.0/applications", "", graphHeader(t, s, "admin@adatum.sandbox.invalid")...).body)
	}
	before := list()
	upset(t, s, contosoAdmin, "contoso", "Mobile")
	reset(t, s, "?tenant=adatum.sandbox.invalid", http.StatusNoContent)
	if list() != before || !strings.Contains(before, "Reports") {
		t.Errorf("before %s\nafter %s", before, list())
	}
}

func TestSeededDatesMoveOnWithTheDays(t *testing.T) {
	began := time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)
	now := began
	s := start(t, Options{Now: func() time.Time { return now }})
	for after, want := range map[time.Duration]time.Duration{
		0: 0, 23 * time.Hour: 0, 25 * time.Hour: 24 * time.Hour, 20*24*time.Hour + time.Minute: 20 * 24 * time.Hour,
	} {
		now = began.Add(after)
		if got := s.seedTime().Sub(began); got != want {
			t.Errorf("after %v the seed is %v later, want %v", after, got, want)
		}
	}
}

// signInTo is a sandbox as the tests of the sign-in service use one.
func signInTo(t *testing.T, s *Sandbox) *loginTest {
	return &loginTest{T: t, w: s.world, base: s.Ready().Login, clock: time.Now().UTC()}
}

// A signedInParty is what somebody holds who has signed in to the tenant's
// own app.
type signedInParty struct {
	browser *visitor
	app     *application
	segment string
	refresh url.Values
	code    url.Values // not redeemed
	device  url.Values // not yet approved
}

// signedIn signs a tenant's administrator in to a seeded confidential client.
func signedIn(l *loginTest, tenant string) signedInParty {
	l.Helper()
	home := l.tenant(tenant)
	a := home.appsByClientID[automationApp(home.Domain).ClientID]
	redirect, secret := a.Web.RedirectURIs[0], automationApp(home.Domain).Secret
	p := signedInParty{browser: l.visitor(), app: a, segment: home.Domain}
	scope := "https://graph.microsoft.com/User.Read offline_access"
	address := l.authorizeURL(home.Domain, a, "redirect_uri", redirect, "scope", scope)
	redeem := func(code string) url.Values {
		return url.Values{"grant_type": {"authorization_code"}, "client_id": {a.AppID}, "client_secret": {secret}, "code": {code}, "redirect_uri": {redirect}}
	}
	first := p.browser.open(address).signIn("admin", tenant).press("Accept").code()
	answer := l.token(home.Domain, redeem(first)).ok()
	p.refresh = url.Values{"grant_type": {"refresh_token"}, "client_id": {a.AppID}, "client_secret": {secret}, "refresh_token": {answer.string("refresh_token")}, "scope": {scope}}
	p.code = redeem(p.browser.open(address).code())
	device := l.postForm(l.base+"/"+home.Domain+"/oauth2/v2.0/devicecode", url.Values{"client_id": {a.AppID}, "scope": {scope}}).ok()
	p.device = url.Values{"grant_type": {deviceGrant}, "client_id": {a.AppID}, "client_secret": {secret}, "device_code": {device.string("device_code")}}
	return p
}

func TestResetEndsTheSignInsOfTheTenantAlone(t *testing.T) {
	s := start(t, Options{})
	l := signInTo(t, s)
	ours, theirs := signedIn(l, "contoso"), signedIn(l, "fabrikam")
	again := func(p signedInParty) sight {
		return p.browser.open(l.authorizeURL(p.segment, p.app, "redirect_uri", p.app.Web.RedirectURIs[0], "scope", "User.Read"))
	}
	page := l.visitor().open(l.authorizeURL("contoso.sandbox.invalid", ours.app, "redirect_uri", ours.app.Web.RedirectURIs[0])).shows("Sign in")
	reset(t, s, "?tenant=contoso.sandbox.invalid", http.StatusNoContent)

	l.token(ours.segment, ours.code).refused(70000, "invalid_grant", 400)
	l.token(ours.segment, ours.refresh).refused(70000, "invalid_grant", 400)
	l.token(ours.segment, ours.device).refused(70018, "bad_verification_code", 400)
	again(ours).shows("Sign in")
	if expired := page.press("Next", "loginfmt", contosoAdmin); expired.status != http.StatusBadRequest {
		t.Errorf("the open sign-in goes on: %d %s", expired.status, expired.heading())
	}
	l.token(theirs.segment, theirs.code).ok()
	l.token(theirs.segment, theirs.refresh).ok()
	l.token(theirs.segment, theirs.device).refused(70016, "authorization_pending", 400)
	if code := again(theirs).code(); code == "" {
		t.Error("the other tenant's session is gone")
	}
}

func TestResetEndsAllSignIns(t *testing.T) {
	s := start(t, Options{})
	l := signInTo(t, s)
	p := signedIn(l, "fabrikam")
	reset(t, s, "", http.StatusNoContent)
	l.token(p.segment, p.code).refused(70000, "invalid_grant", 400)
	l.token(p.segment, p.refresh).refused(70000, "invalid_grant", 400)
}

// TestResetWhileRequestsAreUnderWay is for the race detector, and holds every
// answer to one of the two states: nothing may fail in between.
func TestResetWhileRequestsAreUnderWay(t *testing.T) {
	s := start(t, Options{Apps: 20})
	header, client := graphHeader(t, s, contosoAdmin), trusting(t, s)
	call := func(method, address, body string) int {
		r, err := http.NewRequestWithContext(t.Context(), method, address, strings.NewReader(body))
		if err != nil {
			t.Error(err)
			return 0
		}
		for i := 0; i < len(header); i += 2 {
			r.Header.Set(header[i], header[i+1])
		}
		resp, err := client.Do(r)
		if err != nil {
			t.Error(err)
			return 0
		}
		resp.Body.Close()
		return resp.StatusCode
	}
	graph, state := s.Ready().Graph+"/v1.0", s.Ready().State
	work := map[string]func() int{
		"list":         func() int { return call("GET", graph+"/applications?$top=999&$expand=owners", "") },
		"create":       func() int { return call("POST", graph+"/applications", `{"displayName":"In between"}`) },
		"organization": func() int { return call("GET", graph+"/organization", "") },
		"sign-in": func() int {
			return call("GET", s.Ready().Login+"/contoso.sandbox.invalid/v2.0/.well-known/openid-configuration", "")
		},
		"reset all": func() int { return call("DELETE", state, "") },
		"reset one": func() int { return call("DELETE", state+"?tenant=contoso.sandbox.invalid", "") },
	}
	var all sync.WaitGroup
	for _, name := range slices.Sorted(maps.Keys(work)) {
		all.Go(func() {
			for range 15 {
				if status := work[name](); status/100 != 2 {
					t.Errorf("%s: %d", name, status)
				}
			}
		})
	}
	all.Wait()
}
