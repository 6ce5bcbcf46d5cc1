package main

import (
	"net/http"
	"slices"
	"strings"
	"testing"
)

func TestCyclrsUsersMayBringAnApplicationEach(t *testing.T) {
	contoso := tenantNamed(t, "contoso")
	at := startStandIn(t, "cyclr")
	app := register(t, contoso, at.Callback)
	b := at.browser(t)
	b.open(at.URL + "/settings").press("Save").says("Saved.")
	form := b.open(at.URL + "/connect")
	half := form.press("Next", "Client ID", app.ClientID)
	if half.says("Client Secret is missing.", "Project Name is missing."); half.status != http.StatusUnprocessableEntity {
		t.Errorf("status %d", half.status)
	}
	page := form.press("Next", "Client ID", app.ClientID, "Client Secret", app.ClientSecret, "Scopes", prefixed+"vso.work_full "+prefixed+"vso.project",
		"Organization ID", "contoso", "Project Name", "Web Shop")
	b.open(page.html.Find("a.button").AttrOr("href", "")).signIn(contoso, "user").accept().shows("Connected")
}

func TestParagonWithoutCredentialsHasItsDevelopmentKeysInMind(t *testing.T) {
	at := startStandIn(t, "paragon")
	b := at.browser(t)
	b.open(at.URL + "/connect").says("The settings are not filled in yet.")
	b.open(at.URL+"/settings").press("Save changes", "Application Type", "Microsoft Entra ID App", "Permissions", "vso.work").says("Saved.")
	page := b.open(at.URL + "/connect").says("development keys").press("Connect")
	if page.shows("Connect Azure DevOps"); page.status != http.StatusUnprocessableEntity {
		t.Errorf("status %d", page.status)
	}
}

func TestAConnectionEndsWithItsSecret(t *testing.T) {
	contoso := tenantNamed(t, "contoso")
	s := usually(t, "stackone")
	at := s.start(t)
	app := register(t, contoso, at.Callback)
	page := s.toMicrosoft(t, at, app.credentials).signIn(contoso, "user").accept().shows("Connected")
	contoso.graph(t, http.MethodPost, "/applications/"+app.ObjectID+"/removePassword", map[string]string{"keyId": app.SecretID}, nil)
	failsAs(page.press("Use the connection again"), "stackone", "refresh the access token", "AADSTS7000215")
}

func TestOnlyWhatTheChosenScopesAreForIsDone(t *testing.T) {
	contoso := tenantNamed(t, "contoso")
	s := usually(t, "frontegg").with(t, "Scopes", "vso.work")
	at := s.start(t)
	s.toMicrosoft(t, at, register(t, contoso, at.Callback).credentials).signIn(contoso, "user").accept().shows("Connected")
	for _, r := range at.requests(t) {
		if strings.Contains(r.URL, "/_apis/git/") || strings.Contains(r.URL, "/_apis/pipelines") {
			t.Errorf("it asked for %s", r.URL)
		}
	}
}

func TestAServiceOnThisMachineAndInOneTenant(t *testing.T) {
	contoso := tenantNamed(t, "contoso")
	s := usually(t, "custom")
	at := s.start(t)
	uri := strings.Replace(at.URL, "127.0.0.1", "localhost", 1) + "/callback"
	s.settings = append(s.settings, "Redirect URI", uri, "Directory (tenant) ID", contoso.ID)
	s.toMicrosoft(t, at, register(t, contoso, "http://localhost/callback").credentials).signIn(contoso, "user").accept().shows("Connected")
	if !slices.ContainsFunc(at.requests(t), func(r record) bool { return strings.HasPrefix(r.URL, box.Login+"/"+contoso.ID+"/v2.0/") }) {
		t.Errorf("it did not ask the tenant: %+v", at.requests(t))
	}
}

func TestMetadataThatCannotBeRead(t *testing.T) {
	contoso := tenantNamed(t, "contoso")
	s := usually(t, "custom")
	at := s.start(t)
	s.settings = append(s.settings, "Directory (tenant) ID", "no-such-tenant.example.com")
	failsAs(s.toMicrosoft(t, at, register(t, contoso, at.Callback).credentials), "custom", "HTTP/1.1 400 Bad Request", "AADSTS90002")
}
