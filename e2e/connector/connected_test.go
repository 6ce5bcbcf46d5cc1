package main

import (
	"slices"
	"strings"
	"testing"
)

const prefixed = azureDevOps + "/"

// A setUp is what a person types into a product's forms; the client's ID and
// secret come with the registration.
type setUp struct {
	integration string
	flags       []string
	settings    []string // label, value pairs
	connect     []string
	secretLabel string
}

// usual are the values of a hand-off page for Contoso.
var usual = []setUp{
	{integration: "frontegg", settings: []string{"Azure DevOps organization", "contoso", "Scopes", "vso.code vso.work vso.build"}},
	{integration: "paragon", settings: []string{"Application Type", "Microsoft Entra ID App", "Permissions", "user_impersonation"}},
	{integration: "stackone", settings: []string{"Type", "OAuth 2.0 (Microsoft Entra ID)", "Scopes", prefixed + "user_impersonation offline_access"}},
	{integration: "cyclr", settings: []string{"Scopes", prefixed + "user_impersonation offline_access"},
		connect: []string{"Organization ID", "contoso", "Project Name", "Web Shop"}},
	{integration: "custom", secretLabel: "Client secret", settings: []string{"Scopes", prefixed + "user_impersonation offline_access",
		"Azure DevOps organization", "contoso", "Project", "Mobile"}},
}

func usually(t *testing.T, integration string) setUp {
	t.Helper()
	i := slices.IndexFunc(usual, func(s setUp) bool { return s.integration == integration })
	if i < 0 {
		t.Fatalf("no integration %s", integration)
	}
	s := usual[i]
	s.settings, s.connect = slices.Clone(s.settings), slices.Clone(s.connect)
	return s
}

// with changes one value, whichever form it is in; it has to be there.
func (s setUp) with(t *testing.T, label, value string) setUp {
	t.Helper()
	for _, form := range []*[]string{&s.settings, &s.connect} {
		*form = slices.Clone(*form)
		for i := 0; i < len(*form); i += 2 {
			if (*form)[i] == label {
				(*form)[i+1] = value
				return s
			}
		}
	}
	t.Fatalf("%s has no %q", s.integration, label)
	return s
}

// toMicrosoft fills in the product's forms and goes to the sign-in page.
func (s setUp) toMicrosoft(t *testing.T, at *standIn, who credentials) view {
	t.Helper()
	secretLabel := orElse(s.secretLabel, "Client Secret")
	button := map[string]string{"paragon": "Save changes", "stackone": "Create profile"}[s.integration]
	b := at.browser(t)
	b.open(at.URL+"/settings").shows("Settings").
		press(orElse(button, "Save"), append([]string{"Client ID", who.ClientID, secretLabel, who.ClientSecret}, s.settings...)...).
		shows("Settings").says("Saved.")
	page := b.open(at.URL + "/connect").shows("Connect Azure DevOps")
	if s.integration != "cyclr" {
		return page.press("Connect", s.connect...)
	}
	page = page.press("Next", s.connect...).shows("Connecting… waiting for sign-in")
	return b.open(page.html.Find("a.button").AttrOr("href", ""))
}

func (s setUp) start(t *testing.T) *standIn { return startStandIn(t, s.integration, s.flags...) }

func TestEachIntegrationGetsConnected(t *testing.T) {
	contoso := tenantNamed(t, "contoso")
	did := map[string][]string{
		"frontegg": {"Exchange the authorization code", "Refresh the access token", "List projects", "List repositories", "List pull requests", "List pipelines", "Search work items"},
		"paragon":  {"Exchange the authorization code", "Refresh the access token", "Find the organization", "List projects", "Search work items", "Create work item", "Update work item", "Delete work item"},
		"stackone": {"Exchange the authorization code", "Refresh the access token", "Find the organization", "List projects", "Get project"},
		"cyclr":    {"Exchange the authorization code", "Compare the scopes", "Refresh the access token", "Get project", "Search work items", "Read work item", "Create work item", "Update work item", "Delete work item"},
		"custom":   {"Exchange the authorization code", "Read who signed in", "Refresh the access token", "Find the organization", "Read who is connected", "List projects", "Get project"},
	}
	for _, s := range usual {
		t.Run(s.integration, func(t *testing.T) {
			at := s.start(t)
			page := s.toMicrosoft(t, at, register(t, contoso, at.Callback).credentials).signIn(contoso, "user").accept().shows("Connected")
			var steps []string
			page.html.Find("main ol strong").Each(func(_ int, e *selection) { steps = append(steps, e.Text()) })
			if !slices.Equal(steps, did[s.integration]) {
				t.Errorf("it did %q, want %q", steps, did[s.integration])
			}
			page.press("Use the connection again").shows("Connected").says("Refresh the access token")
		})
	}
}

// A way is how a product was seen to speak.
type way struct {
	clientAuth             string
	pkce, nonce, again     bool // again: the token request repeats the scope
	prompt, asked, version string
	profile                bool // asked who the person is
}

func TestTheRequestsDifferAsTheProductsDo(t *testing.T) {
	contoso := tenantNamed(t, "contoso")
	impersonation := prefixed + "user_impersonation offline_access"
	want := map[string]way{
		"frontegg": {clientAuth: "body", pkce: true, asked: prefixed + "vso.code " + prefixed + "vso.work " + prefixed + "vso.build offline_access", version: "7.1"},
		"paragon":  {clientAuth: "basic", asked: impersonation, version: "5.0", profile: true},
		"stackone": {clientAuth: "body", again: true, asked: impersonation, version: "7.1", profile: true},
		"cyclr":    {clientAuth: "body", prompt: "select_account", asked: impersonation},
		"custom":   {clientAuth: "basic", pkce: true, nonce: true, prompt: "select_account", asked: impersonation + " openid profile", version: ";api-version=7.1"},
	}
	seen := map[way]string{}
	for _, s := range usual {
		t.Run(s.integration, func(t *testing.T) {
			at := s.start(t)
			s.toMicrosoft(t, at, register(t, contoso, at.Callback).credentials).signIn(contoso, "user").accept().shows("Connected")
			got := wayOf(t, at.requests(t), at.Callback)
			if got != want[s.integration] {
				t.Errorf("got  %+v\nwant %+v", got, want[s.integration])
			}
			if other, ok := seen[got]; ok {
				t.Errorf("it speaks as %s does", other)
			}
			seen[got] = s.integration
		})
	}
}

func wayOf(t *testing.T, all []record, callback string) (w way) {
	t.Helper()
	for _, r := range all {
		q := query(t, r.URL)
		switch {
		case r.Purpose == "authorize":
			w.prompt, w.asked = q.Get("prompt"), q.Get("scope")
			w.pkce, w.nonce = q.Get("code_challenge_method") == "S256", q.Has("nonce")
			if r.By != "browser" || q.Get("redirect_uri") != callback || q.Get("state") != "[left out]" {
				t.Errorf("the browser was sent to %s by %s", r.URL, r.By)
			}
		case r.GrantType == "authorization_code":
			w.clientAuth, w.again = r.Auth, slices.Contains(r.Parameters, "scope")
			if slices.Contains(r.Parameters, "code_verifier") != w.pkce || slices.Contains(r.Parameters, "client_secret") != (r.Auth == "body") {
				t.Errorf("the token request has %v", r.Parameters)
			}
		case r.Purpose == "List projects":
			w.version = q.Get("api-version") + strings.TrimPrefix(r.Accept, "application/json")
		case strings.Contains(r.URL, "/_apis/profile/"):
			w.profile = true
		}
		if r.By == "connector" && (r.Status < 200 || r.Status > 299 || r.UserAgent == "") {
			t.Errorf("%s %s by %q: %d", r.Method, r.URL, r.UserAgent, r.Status)
		}
	}
	return w
}

func TestRequestsHoldNoSecret(t *testing.T) {
	contoso := tenantNamed(t, "contoso")
	for _, s := range usual {
		t.Run(s.integration, func(t *testing.T) {
			at := s.start(t)
			app := register(t, contoso, at.Callback)
			page := s.toMicrosoft(t, at, app.credentials).signIn(contoso, "user").accept().shows("Connected")
			shown := page.text() + page.open(at.URL+"/settings").html.Text() + page.open(at.URL+"/requests").html.Text()
			if source, _ := page.open(at.URL + "/settings").html.Html(); strings.Contains(source+shown, app.ClientSecret) {
				t.Error("the client secret is shown")
			}
			if strings.Contains(shown, "eyJ") {
				t.Error("a token is shown")
			}
		})
	}
}
