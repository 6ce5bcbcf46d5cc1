package main

import (
	"slices"
	"strings"
	"testing"
)

// An app of Azure DevOps' own OAuth, as people had it before it was closed.
func (each tenant) legacy(t *testing.T, integration string) legacyApp {
	t.Helper()
	i := slices.IndexFunc(each.LegacyApps, func(a legacyApp) bool { return a.Integration == integration })
	if i < 0 {
		t.Fatalf("%s has no legacy app for %s", each.Domain, integration)
	}
	return each.LegacyApps[i]
}

// olderCyclr is the set-up that Cyclr's document describes.
func olderCyclr(t *testing.T, scopes ...string) setUp {
	s := usually(t, "cyclr").with(t, "Scopes", strings.Join(scopes, " "))
	s.flags = []string{"--older-version"}
	return s
}

// comesInOlderWay signs in to Azure DevOps itself.
func (v view) comesInOlderWay(who tenant, name, button string) view {
	v.Helper()
	page := v.signIn(who, name).shows("Taking you back to the app").press("Continue")
	if !strings.HasSuffix(page.heading(), "requests permission") {
		page.Fatalf("page %q: %s", page.heading(), page.text())
	}
	return page.press(button)
}

func TestTheRetiredSignInStillConnectsItsOldApplications(t *testing.T) {
	contoso := tenantNamed(t, "contoso")
	for _, integration := range []string{"paragon", "cyclr"} {
		t.Run(integration, func(t *testing.T) {
			app := contoso.legacy(t, integration)
			s := olderCyclr(t, app.Scopes...)
			if integration == "paragon" {
				s = usually(t, "paragon").with(t, "Application Type", retiredType).with(t, "Permissions", strings.Join(app.Scopes, " "))
			}
			at := s.start(t)
			page := s.toMicrosoft(t, at, credentials{app.AppID, app.AppSecret}).comesInOlderWay(contoso, "user", "Accept")
			page.shows("Connected").says("being retired in 2026", "Refresh the access token", "Delete work item")
			for _, r := range at.requests(t) {
				if strings.Contains(r.URL, "/oauth2/token") && (r.Auth != "assertion" || slices.Contains(r.Parameters, "client_secret")) {
					t.Errorf("%+v", r)
				}
			}
		})
	}
}

func TestScopesThatDifferFromTheApplicationsAreInvalid(t *testing.T) {
	contoso := tenantNamed(t, "contoso")
	app := contoso.legacy(t, "cyclr")
	for name, scopes := range map[string][]string{
		"one less":               app.Scopes[1:],
		"one more":               append(slices.Clone(app.Scopes), "vso.code"),
		"one that contains more": {"vso.project", "vso.work_full"},
	} {
		t.Run(name, func(t *testing.T) {
			s := olderCyclr(t, scopes...)
			at := s.start(t)
			failsAs(s.toMicrosoft(t, at, credentials{app.AppID, app.AppSecret}), "cyclr", "Microsoft Azure DevOps: sign in: InvalidScope")
		})
	}
}

func TestFailuresOfTheRetiredSignIn(t *testing.T) {
	contoso := tenantNamed(t, "contoso")
	app := contoso.legacy(t, "cyclr")
	s := olderCyclr(t, app.Scopes...)
	t.Run("the app's ID in place of its secret", func(t *testing.T) {
		at := s.start(t)
		page := s.toMicrosoft(t, at, credentials{app.AppID, app.AppID}).comesInOlderWay(contoso, "user", "Accept")
		failsAs(page, "cyclr", "(400)", `"Error":"invalid_client"`)
		page.says("being retired in 2026")
	})
	t.Run("declined", func(t *testing.T) {
		at := s.start(t)
		failsAs(s.toMicrosoft(t, at, credentials{app.AppID, app.AppSecret}).comesInOlderWay(contoso, "user", "Deny"), "cyclr", "access_denied")
	})
	t.Run("an application of Entra", func(t *testing.T) {
		at := s.start(t)
		s.toMicrosoft(t, at, register(t, contoso, at.Callback).credentials).shows("Something went wrong")
	})
}

func TestParagonSaysWhatBecameOfTheOlderType(t *testing.T) {
	at := startStandIn(t, "paragon")
	b := at.browser(t)
	if text := b.open(at.URL + "/settings").text(); strings.Contains(text, "being retired") {
		t.Errorf("it is told to who did not choose it: %s", text)
	}
	b.open(at.URL+"/settings").press("Save changes", "Application Type", retiredType, "Client ID", "a", "Client Secret", "b", "Permissions", "vso.work").
		says("has taken no new applications since April 2025", "connect again")
	b.open(at.URL + "/connect").says("has taken no new applications since April 2025")
}
