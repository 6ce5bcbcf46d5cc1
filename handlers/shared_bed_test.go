package handlers_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/handlers"
	"github.com/consentry/consentry/oauth"
	"github.com/consentry/consentry/store"
)

// Scenarios of the tenants that let the shared console in, and the people of
// the first by what they may do there.
const (
	home     = "healthy"
	neighbor = "single-tenant app"

	anAdmin   = "admin"
	aSupport  = "developer"
	aViewer   = "user"
	aStranger = "trainee"
)

// theSecret proves the sandbox's shared console, without a file.
type theSecret entra.Sensitive

func (s theSecret) Proof(entra.ClientID, string, time.Time) (url.Values, error) {
	return url.Values{"client_secret": {entra.Sensitive(s).Reveal()}}, nil
}

func (s theSecret) String() string { return "the sandbox's" }

// sharedConsole is one that people sign in to with the sandbox's registration
// for that.
func sharedConsole(t *testing.T, change ...func(*handlers.Handlers)) *console {
	t.Helper()
	return newConsole(t, append([]func(*handlers.Handlers){share}, change...)...)
}

// share lets the people of every tenant in that the sandbox lists.
func share(h *handlers.Handlers) {
	box, err := shared()
	if err != nil {
		return // newConsole has failed for it
	}
	known := box.Ready().Console
	h.Shared = &handlers.Shared{}
	for _, p := range known.People {
		h.Shared.Tenants = append(h.Shared.Tenants, entra.TenantID(p.TenantID))
	}
	h.Browser = &handlers.BrowserSignIn{ClientID: entra.ClientID(known.ClientID), Name: "Consentry console", Tenant: "organizations"}
	h.OAuth = &oauth.Client{Cloud: h.Cloud, HTTP: h.OAuth.HTTP, Now: h.OAuth.Now, Credential: theSecret(entra.NewSensitive(known.ClientSecret))}
}

// enter signs somebody in to the shared console, asking for no more than that.
func (b *browser) enter(scenario, name string) page {
	b.t.Helper()
	return b.signInAt(b.get("/sign-in/begin"), scenario, name)
}

// allows lets the console reach further, as the person who is signed in.
func (b *browser) allows(what, back string) page {
	b.t.Helper()
	return b.accepts(b.get("/sign-in/begin?for=" + what + "&return=" + url.QueryEscape(back)))
}

// accepts agrees at Microsoft, unless that was done before.
func (b *browser) accepts(p page) page {
	b.t.Helper()
	if p.doc().Find("button:contains('Accept')").Length() > 0 {
		return b.submit(p, "Accept", nil)
	}
	return p
}

// sharedScene is a scene of the home tenant's, made by its admin.
func sharedScene(t *testing.T) scene {
	t.Helper()
	c := sharedConsole(t, func(h *handlers.Handlers) { h.Gallery = true })
	b := c.browser()
	b.enter(home, anAdmin)
	b.allows("consent", "/")
	return c.furnished(b)
}

// id of the tenant of a scenario.
func (c *console) tenantID(scenario string) entra.TenantID {
	c.t.Helper()
	return entra.TenantID(c.tenant(scenario).ID)
}

// audited are the rows of an action, newest first.
func (c *console) audited(action string) []store.AuditRow {
	c.t.Helper()
	rows, _, err := c.store.AuditPage(c.t.Context(), store.AuditFilter{Action: action}, "", 1000)
	if err != nil {
		c.t.Fatal(err)
	}
	return rows
}

// asksFor are the scopes of the authorization requests that the cloud has
// received since mark.
func (c *console) asksFor(mark int) []string {
	c.t.Helper()
	var out []string
	for _, r := range c.since(mark) {
		at, query, _ := strings.Cut(r.Path, "?")
		if r.Method != http.MethodGet || !strings.HasSuffix(at, "/oauth2/v2.0/authorize") {
			continue
		}
		q, err := url.ParseQuery(query)
		if err != nil {
			c.t.Fatal(err)
		}
		out = append(out, strings.ReplaceAll(q.Get("scope"), "https://graph.microsoft.com/", ""))
	}
	return out
}

// objectID is somebody's who was turned away.
func (c *console) objectID(scenario, name string) entra.ObjectID {
	c.t.Helper()
	c.browser().enter(scenario, name).want(403)
	denied := c.audited("sign-in-denied")
	if len(denied) == 0 || denied[0].ActorID == "" {
		c.t.Fatalf("%s was not turned away: %+v", name, denied)
	}
	return denied[0].ActorID
}

// cookie is the session's.
func (b *browser) cookie() string {
	b.t.Helper()
	u, err := url.Parse(b.c.base)
	if err != nil {
		b.t.Fatal(err)
	}
	for _, c := range b.jar.Cookies(u) {
		return c.Value
	}
	return ""
}

// password of somebody.
func (c *console) password(scenario, name string) string {
	c.t.Helper()
	tenant := c.tenant(scenario)
	for _, u := range tenant.Users {
		if u.UserPrincipalName == name+"@"+tenant.Domain {
			return u.Password
		}
	}
	c.t.Fatalf("nobody called %s in the %s tenant", name, scenario)
	return ""
}

// directory speaks to Microsoft Graph as the tenant's administrator, through
// the tools that every tenant has.
func (c *console) directory(scenario, method, path string, body any) map[string]any {
	c.t.Helper()
	cloud, tenant := c.box.Cloud(), c.tenant(scenario)
	client := &http.Client{Transport: c.transport}
	resp, err := client.PostForm(cloud.TokenURL(tenant.ID), url.Values{
		"client_id": {"04b07795-8ddb-461a-bbee-02f9e1bf7b46"}, "grant_type": {"password"}, "scope": {"https://graph.microsoft.com/.default"},
		"username": {anAdmin + "@" + tenant.Domain}, "password": {c.password(scenario, anAdmin)},
	})
	if err != nil {
		c.t.Fatal(err)
	}
	var token struct {
		Access string `json:"access_token"`
	}
	c.decode(resp, &token)
	data, err := json.Marshal(body)
	if err != nil {
		c.t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(context.WithoutCancel(c.t.Context()), method, cloud.Graph+"/v1.0"+path, bytes.NewReader(data))
	if err != nil {
		c.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token.Access)
	r.Header.Set("Content-Type", "application/json")
	if resp, err = client.Do(r); err != nil {
		c.t.Fatal(err)
	}
	var out map[string]any
	if resp.StatusCode >= 400 {
		c.t.Fatalf("%s %s: %d", method, path, resp.StatusCode)
	}
	c.decode(resp, &out)
	return out
}

func (c *console) decode(resp *http.Response, v any) {
	c.t.Helper()
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	if len(data) == 0 {
		return
	}
	if err := json.Unmarshal(data, v); err != nil {
		c.t.Fatalf("%d %s: %v", resp.StatusCode, data, err)
	}
}

// giveRole changes what somebody may do in the shared console, until the test
// ends; nothing takes it away.
func (c *console) giveRole(scenario, name, role string) {
	c.t.Helper()
	before := c.setRole(scenario, name, role)
	c.t.Cleanup(func() { c.setRole(scenario, name, before) })
}

func (c *console) setRole(scenario, name, role string) (before string) {
	c.t.Helper()
	user := "/users/" + name + "@" + c.tenant(scenario).Domain
	principal := c.directory(scenario, "GET", "/servicePrincipals(appId='"+c.box.Ready().Console.ClientID+"')", nil)
	values := map[string]string{}
	for _, r := range principal["appRoles"].([]any) {
		defined := r.(map[string]any)
		values[defined["id"].(string)] = defined["value"].(string)
	}
	for _, a := range c.directory(scenario, "GET", user+"/appRoleAssignments", nil)["value"].([]any) {
		given := a.(map[string]any)
		if given["resourceId"] == principal["id"] {
			before = values[given["appRoleId"].(string)]
			c.directory(scenario, "DELETE", user+"/appRoleAssignments/"+given["id"].(string), nil)
		}
	}
	for id, value := range values {
		if value == role {
			person := c.directory(scenario, "GET", user, nil)["id"]
			c.directory(scenario, "POST", user+"/appRoleAssignments", map[string]any{"principalId": person, "resourceId": principal["id"], "appRoleId": id})
		}
	}
	return before
}
