package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
)

// A directory is what Microsoft Graph says about a tenant, asked with the
// tenant's automation credentials: the tests' own eyes, apart from the
// console's client.
type directory struct {
	t     *testing.T
	base  string
	token string
}

func (b *box) directory(t *testing.T, scenario string) *directory {
	t.Helper()
	tenant := b.tenantOf(t, scenario)
	resp, err := http.PostForm(b.Login+"/"+tenant.ID+"/oauth2/v2.0/token", url.Values{
		"grant_type": {"client_credentials"}, "scope": {"https://graph.microsoft.com/.default"},
		"client_id": {tenant.Automation.ClientID}, "client_secret": {tenant.Automation.ClientSecret}})
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var answer struct {
		AccessToken string `json:"access_token"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil || answer.AccessToken == "" {
		t.Fatalf("no token for the automation of %s: %s %v", tenant.Domain, resp.Status, err)
	}
	return &directory{t, b.Graph + "/v1.0", answer.AccessToken}
}

// ask sends one request and decodes the answer into out.
func (d *directory) ask(method, path string, body, out any) {
	d.t.Helper()
	var send io.Reader
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			d.t.Fatal(err)
		}
		send = bytes.NewReader(b)
	}
	r, err := http.NewRequestWithContext(d.t.Context(), method, d.base+path, send)
	if err != nil {
		d.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+d.token)
	r.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		d.t.Fatal(err)
	}
	defer resp.Body.Close()
	got, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode >= 300 {
		d.t.Fatalf("%s %s: %s %v %s", method, path, resp.Status, err, got)
	}
	if out == nil {
		return
	}
	if err := json.Unmarshal(got, out); err != nil {
		d.t.Fatalf("%s %s: %v in %s", method, path, err, got)
	}
}

type registration struct {
	ID             string   `json:"id"`
	AppID          string   `json:"appId"`
	DisplayName    string   `json:"displayName"`
	SignInAudience string   `json:"signInAudience"`
	Tags           []string `json:"tags"`
	Web            struct {
		RedirectURIs []string `json:"redirectUris"`
	} `json:"web"`
	Secrets []struct {
		KeyID string    `json:"keyId"`
		Name  string    `json:"displayName"`
		Hint  string    `json:"hint"`
		End   time.Time `json:"endDateTime"`
	} `json:"passwordCredentials"`
}

// list asks for all objects that a filter finds.
func list[T any](d *directory, path, filter string) []T {
	d.t.Helper()
	var answer struct{ Value []T }
	d.ask("GET", path+"?$filter="+url.QueryEscape(filter), nil, &answer)
	return answer.Value
}

// made are the app registrations that carry an environment's marker.
func (d *directory) made(environment string) []registration {
	d.t.Helper()
	return list[registration](d, "/applications", "tags/any(t:t eq 'consentry:environment:"+environment+"')")
}

// one is the only app registration of an environment.
func (d *directory) one(environment string) registration {
	d.t.Helper()
	apps := d.made(environment)
	if len(apps) != 1 {
		d.t.Fatalf("%d app registrations of %s, want one", len(apps), environment)
	}
	return apps[0]
}

// named are the app registrations with a display name.
func (d *directory) named(name string) []registration {
	d.t.Helper()
	return list[registration](d, "/applications", "displayName eq '"+strings.ReplaceAll(name, "'", "''")+"'")
}

// principals are an app's service principals, by object ID.
func (d *directory) principals(appID string) []string {
	d.t.Helper()
	var ids []string
	for _, p := range list[struct{ ID string }](d, "/servicePrincipals", "appId eq '"+appID+"'") {
		ids = append(ids, p.ID)
	}
	return ids
}

type grant struct {
	ClientID    string `json:"clientId"`
	ResourceID  string `json:"resourceId"`
	ConsentType string `json:"consentType"`
	Scope       string `json:"scope"`
}

// grants are the consents that a service principal was given.
func (d *directory) grants(principal string) []grant {
	d.t.Helper()
	return list[grant](d, "/oauth2PermissionGrants", "clientId eq '"+principal+"'")
}

// live are the names of the environment's secrets that have not expired.
func (r registration) live(environment string) []string {
	var names []string
	for _, s := range r.Secrets {
		if strings.Contains(s.Name, "[consentry "+environment+" ") && s.End.After(time.Now()) {
			names = append(names, s.Name)
		}
	}
	return names
}

// holds reports whether the app has the redirect URI, on the platform Web.
func (r registration) holds(uri string) bool { return slices.Contains(r.Web.RedirectURIs, uri) }

// wantOneOfEach checks what a finished setup leaves in a tenant: one app, one
// service principal, one consent for each resource, one live secret.
func (d *directory) wantOneOfEach(environment string) registration {
	d.t.Helper()
	app := d.one(environment)
	principals := d.principals(app.AppID)
	if len(principals) != 1 {
		d.t.Fatalf("%d service principals, want one", len(principals))
	}
	resources := map[string]int{}
	for _, g := range d.grants(principals[0]) {
		if g.ConsentType == "AllPrincipals" {
			resources[g.ResourceID]++
		}
	}
	if got := fmt.Sprint(len(resources)); got != "2" {
		d.t.Errorf("consent for the tenant to %s resources, want 2", got)
	}
	for id, n := range resources {
		if n != 1 {
			d.t.Errorf("%d consents for the tenant to the resource %s, want one", n, id)
		}
	}
	if names := app.live(environment); len(names) != 1 {
		d.t.Errorf("live secrets of ours: %q, want one", names)
	}
	return app
}
