package sandbox

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"
)

// graphNow is the time in tests of Microsoft Graph.
var graphNow = time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC)

// A graphTest is a world and a tenant in it to call Microsoft Graph for.
type graphTest struct {
	*testing.T
	w      *world
	tenant *tenant
}

func newGraphTest(t *testing.T, domain string) *graphTest {
	t.Helper()
	// As newWorld does, but without sign-in, whose key takes its time.
	w := &world{now: func() time.Time { return graphNow }, tenants: map[string]*tenant{}, orgs: map[string]*organization{}, legacy: newLegacyState()}
	w.plantHome(firstPartyClients, microsoftTenantID)
	w.plantHome(consoleHome, stableID("tenant", consoleHome.Domain))
	for _, s := range builtin().Tenants {
		w.plantTenant(s)
	}
	return &graphTest{t, w, w.tenantOf(domain)}
}

func contoso(t *testing.T) *graphTest {
	t.Helper()
	return newGraphTest(t, "contoso.sandbox.invalid")
}

// allScopes are what a token of the console may carry.
var allScopes = []string{"Application.ReadWrite.All", "DelegatedPermissionGrant.ReadWrite.All", "Directory.Read.All", "Policy.Read.All", "User.Read"}

// person is a token of a user of the tenant.
func (g *graphTest) person(name string, scopes ...string) *caller {
	u := g.tenant.userNamed(name)
	if u == nil {
		g.Fatalf("no user %s", name)
	}
	return &caller{TenantID: g.tenant.ID, AppID: ConsoleClientID, ObjectID: u.ID, UserPrincipalName: u.UserPrincipalName, Scopes: scopes}
}

func (g *graphTest) admin() *caller { return g.person("admin", allScopes...) }

// script is an app-only token of the tenant's automation client.
func (g *graphTest) script(roles ...string) *caller {
	sp := g.tenant.principalOf(stableID("automation", g.tenant.Domain))
	return &caller{TenantID: g.tenant.ID, AppID: sp.AppID, ObjectID: sp.ID, Roles: roles}
}

// An outcome is an answer as a client sees it.
type outcome struct {
	g      *graphTest
	status int
	header http.Header
	body   map[string]any
	raw    string
}

// call sends one request; headers are "Name: value".
func (g *graphTest) call(who *caller, method, path, body string, headers ...string) outcome {
	g.Helper()
	r := httptest.NewRequest(method, strings.ReplaceAll(path, " ", "%20"), strings.NewReader(body))
	r = r.WithContext(withPlace(r.Context(), place{service: serviceGraph}))
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		r.Header.Set(name, value)
	}
	rec := httptest.NewRecorder()
	h := g.w.graphHandler()
	if who != nil {
		h = http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) { g.w.serveGraph(rw, r, who) })
	}
	seen(g, serviceGraph, h).ServeHTTP(rec, r)
	return g.read(rec)
}

func (g *graphTest) read(rec *httptest.ResponseRecorder) outcome {
	g.Helper()
	data, _ := io.ReadAll(rec.Body)
	o := outcome{g: g, status: rec.Code, header: rec.Header(), raw: string(data)}
	if len(data) > 0 && rec.Header().Get("Content-Type") != "text/plain" {
		if err := json.Unmarshal(data, &o.body); err != nil {
			g.Fatalf("answer is not JSON: %v: %s", err, data)
		}
	}
	return o
}

// want fails the test unless the answer has the status.
func (o outcome) want(status int) outcome {
	o.g.Helper()
	if o.status != status {
		o.g.Fatalf("status %d, want %d: %s", o.status, status, o.raw)
	}
	return o
}

// refused fails the test unless the answer is this refusal.
func (o outcome) refused(e graphError) outcome {
	o.g.Helper()
	if code := o.at("error", "code"); o.status != e.Status || code != e.Code {
		o.g.Fatalf("answered %d %v, want %d %s: %s", o.status, code, e.Status, e.Code, o.raw)
	}
	message, _ := o.at("error", "message").(string)
	start, _, _ := strings.Cut(e.Message, "%")
	if !strings.HasPrefix(message, start) {
		o.g.Fatalf("message %q, want %q", message, e.Message)
	}
	return o
}

// at follows names and positions into the body.
func (o outcome) at(path ...any) any {
	o.g.Helper()
	var v any = o.body
	for _, p := range path {
		switch p := p.(type) {
		case string:
			inner, _ := v.(map[string]any)
			v = inner[p]
		case int:
			list, _ := v.([]any)
			if p >= len(list) {
				return nil
			}
			v = list[p]
		}
	}
	return v
}

func (o outcome) text(path ...any) string {
	o.g.Helper()
	s, ok := o.at(path...).(string)
	if !ok {
		o.g.Fatalf("no text at %v: %s", path, o.raw)
	}
	return s
}

// names are a property of each listed object.
func (o outcome) names(name string) []string {
	list, _ := o.at("value").([]any)
	names := []string{}
	for _, v := range list {
		s, _ := v.(map[string]any)[name].(string)
		names = append(names, s)
	}
	return names
}

func TestAnswersCarryTheHeadersOfGraph(t *testing.T) {
	g := contoso(t)
	id := "6f1f3c9a-9d2c-4a53-8f1d-4a3b3f0f6f10"
	o := g.call(g.admin(), "GET", "/v1.0/applications", "", "client-request-id: "+id).want(200)
	for name, want := range map[string]string{
		"Content-Type":       graphContentType,
		"OData-Version":      "4.0",
		"client-request-id":  id,
		"x-ms-resource-unit": "2",
		"Cache-Control":      "no-cache",
		"Vary":               "Accept-Encoding",
	} {
		if got := o.header.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if !isGUID(o.header.Get("request-id")) || o.header.Get("request-id") == id {
		t.Errorf("request-id %q is not an id of its own", o.header.Get("request-id"))
	}
	if !json.Valid([]byte(o.header.Get("x-ms-ags-diagnostic"))) {
		t.Error("x-ms-ags-diagnostic is not JSON")
	}
	if o.header.Get("Strict-Transport-Security") != "" {
		t.Error("HSTS on a loopback host would lock http://localhost out")
	}
}

func TestAnswersBehindAProxyLookLikeThePublicHost(t *testing.T) {
	g := contoso(t)
	o := g.call(g.admin(), "GET", "/v1.0/applications", "", "X-Forwarded-Host: graph.microsoft.com", "X-Forwarded-Proto: https").want(200)
	if got := o.text("@odata.context"); got != "https://graph.microsoft.com/v1.0/$metadata#applications" {
		t.Errorf("context %s", got)
	}
	if o.header.Get("Strict-Transport-Security") == "" {
		t.Error("no HSTS under the public host name")
	}
}

func TestErrorsHaveTheShapeOfGraph(t *testing.T) {
	g := contoso(t)
	o := g.call(g.admin(), "GET", "/v1.0/applications/6f1f3c9a-9d2c-4a53-8f1d-4a3b3f0f6f10", "").refused(errNotFound)
	inner := o.at("error", "innerError").(map[string]any)
	if inner["date"] != "2026-11-21T10:00:00" {
		t.Errorf("date %v, want one without zone letter", inner["date"])
	}
	if inner["request-id"] != o.header.Get("request-id") || inner["client-request-id"] != o.header.Get("client-request-id") {
		t.Errorf("ids of body %v and header differ", inner)
	}
	if o.header.Get("request-id") != o.header.Get("client-request-id") {
		t.Error("without a client-request-id of the caller it equals request-id")
	}
	if o.at("error", "details") != nil {
		t.Error("details without any")
	}
}

//parity:choice graph expired token: wording of the 401
func TestTokensThatDoNotHoldAreAnsweredAsAnonymous(t *testing.T) {
	g := contoso(t)
	g.w.login = newLoginState(g.w.now)
	for reason, want := range tokenErrors {
		if want.Status != 401 || want.Code == "" {
			t.Errorf("%s: %+v", reason, want)
		}
	}
	o := g.call(nil, "GET", "/v1.0/me", "").refused(errTokenMissing)
	challenge := o.header.Get("WWW-Authenticate")
	if !strings.HasPrefix(challenge, "Bearer ") || !strings.Contains(challenge, "/login/common/oauth2/authorize") {
		t.Errorf("WWW-Authenticate: %s", challenge)
	}
	g.call(nil, "GET", "/v1.0/me", "", "Authorization: Bearer nonsense").refused(errTokenMalformed)
}

func TestATokenOfTheSandboxIsTaken(t *testing.T) {
	g := contoso(t)
	g.w.login = newLoginState(g.w.now)
	u := g.tenant.userNamed("user")
	_, client := g.w.findApp(ConsoleClientID)
	token, _, err := g.w.login.accessToken(accessGrant{
		tenant: g.tenant, client: client, resource: graphAppID, audience: "https://graph.microsoft.com",
		subject: &subject{home: g.tenant, user: u}, scopes: []string{"User.Read"},
	}, graphNow)
	if err != nil {
		t.Fatal(err)
	}
	o := g.call(nil, "GET", "/v1.0/me", "", "Authorization: Bearer "+token).want(200)
	if o.text("id") != u.ID {
		t.Errorf("me is %s", o.raw)
	}
}

func TestAnAccountThatIsGoneIsNobody(t *testing.T) {
	g := contoso(t)
	for _, who := range []*caller{
		{TenantID: g.tenant.ID, ObjectID: newGUID(), UserPrincipalName: "gone@x", Scopes: allScopes},
		{TenantID: g.tenant.ID, ObjectID: newGUID(), Roles: []string{"Application.Read.All"}},
		{TenantID: newGUID(), ObjectID: newGUID(), Roles: []string{"Application.Read.All"}},
	} {
		g.call(who, "GET", "/v1.0/applications", "").refused(errCallerGone)
	}
}

func TestPathsThatLeadNowhereAreRefusedByName(t *testing.T) {
	g := contoso(t)
	for _, c := range []struct {
		name, method, path string
		want               graphError
	}{
		{"no version", "GET", "/applications", errVersion},
		{"unknown version", "GET", "/v2.0/applications", errVersion},
		{"unknown resource", "GET", "/v1.0/gadgets", errSegment},
		{"unknown part of a known resource", "GET", "/v1.0/applications/x/gadgets", errSegment},
		{"empty path", "GET", "/v1.0/", errSegment},
		{"wrong verb", "PUT", "/v1.0/applications", errMethod},
		{"wrong verb on an object", "POST", "/v1.0/applications/x", errMethod},
		{"wrong verb on an action", "GET", "/v1.0/applications/x/addPassword", errMethod},
		{"unclosed key", "GET", "/v1.0/applications(appId='x'", errSegment},
		{"unquoted key", "GET", "/v1.0/applications(appId=x)", errSegment},
		{"a lone quote in a key", "GET", "/v1.0/applications('a'b')", errSegment},
		{"unknown alternate key", "GET", "/v1.0/applications(displayName='x')", errNotFound},
	} {
		t.Run(c.name, func(t *testing.T) {
			sub := &graphTest{t, g.w, g.tenant}
			sub.call(sub.admin(), c.method, c.path, "").refused(c.want)
		})
	}
}

//parity:real graph GET /v1.0/myorganization/applications
//parity:partly graph GET /beta/applications: what v1.0 answers; properties that only beta has are not there
func TestAliasesOfPathsAnswerTheSame(t *testing.T) {
	g := contoso(t)
	want := g.call(g.admin(), "GET", "/v1.0/applications", "").want(200).names("id")
	for _, path := range []string{"/v1.0/myorganization/applications", "/v1.0/" + g.tenant.ID + "/applications", "/beta/applications", "/v1.0/Applications"} {
		if got := g.call(g.admin(), "GET", path, "").want(200).names("id"); !slices.Equal(got, want) {
			t.Errorf("%s lists %v, want %v", path, got, want)
		}
	}
}

//parity:partly graph POST /beta/applications: as in v1.0; properties that only beta has are refused
func TestBetaTakesChangesToo(t *testing.T) {
	g := contoso(t)
	o := g.call(g.admin(), "POST", "/beta/applications", `{"displayName":"By beta"}`).want(201)
	if got := o.text("@odata.context"); got != "http://example.com/graph/beta/$metadata#applications/$entity" {
		t.Errorf("context %s", got)
	}
	g.call(g.admin(), "PATCH", "/v1.0/applications/"+o.text("id"), `{"notes":"one directory behind both"}`).want(204)
	g.call(g.admin(), "PATCH", "/beta/applications/"+o.text("id"), `{"signInAudienceRestrictions":{}}`).refused(errUnknownProperty)
}

func TestThePathOfAnotherTenantLeadsNowhere(t *testing.T) {
	g := contoso(t)
	other := g.w.tenantOf("fabrikam.sandbox.invalid").ID
	g.call(g.admin(), "GET", "/v1.0/"+other+"/applications", "").refused(errSegment)
	g.call(g.admin(), "GET", "/v1.0/"+g.tenant.ID, "").refused(errSegment)
}

func TestAClientsOwnRequestIDComesBackWhateverItsForm(t *testing.T) {
	g := contoso(t)
	o := g.call(g.admin(), "GET", "/v1.0/applications/x", "", "client-request-id: run-17").want(404)
	if o.header.Get("client-request-id") != "run-17" || o.at("error", "innerError", "client-request-id") != "run-17" {
		t.Errorf("header %q, body %s", o.header.Get("client-request-id"), o.raw)
	}
	o = g.call(g.admin(), "GET", "/v1.0/applications/x", "", "client-request-id: "+strings.Repeat("x", 300)).want(404)
	if !isGUID(o.header.Get("client-request-id")) {
		t.Errorf("an endless id came back: %q", o.header.Get("client-request-id"))
	}
}

func TestMetadataIsLeftOutWhenTheCallerWantsNone(t *testing.T) {
	g := contoso(t)
	a := ownedApp(g)
	none := "Accept: application/json;odata.metadata=none"
	o := g.call(g.admin(), "GET", "/v1.0/applications?$top=1&$count=true", "", none, eventual).want(200)
	if o.at("@odata.context") != nil || o.at("@odata.nextLink") == nil || o.at("@odata.count") == nil {
		t.Errorf("a list without metadata: %s", o.raw)
	}
	if kind := o.header.Get("Content-Type"); !strings.HasPrefix(kind, "application/json;odata.metadata=none;") {
		t.Errorf("Content-Type %s", kind)
	}
	o = g.call(g.admin(), "GET", "/v1.0/applications/"+a.ID+"/owners", "", none).want(200)
	if o.at("value", 0, "@odata.type") != nil || o.at("value", 0, "id") == nil {
		t.Errorf("owners without metadata: %s", o.raw)
	}
	if o := g.call(g.admin(), "GET", "/v1.0/applications/x", "", none).want(404); o.text("error", "code") == "" {
		t.Errorf("an error without metadata: %s", o.raw)
	}
}

func TestKeysWithSlashesAndQuotesAreFound(t *testing.T) {
	g := contoso(t)
	g.call(g.admin(), "PATCH", "/v1.0/applications(uniqueName='a%2Fb''c')", `{"displayName":"Odd"}`, "Prefer: create-if-missing").want(201)
	o := g.call(g.admin(), "GET", "/v1.0/applications(uniqueName='a%2Fb''c')", "").want(200)
	if o.text("uniqueName") != "a/b'c" {
		t.Errorf("unique name %q", o.text("uniqueName"))
	}
}
