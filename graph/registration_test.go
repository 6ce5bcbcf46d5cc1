package graph

import (
	"slices"
	"testing"

	"github.com/consentry/consentry/entra"
)

func aConsole() entra.PutRegistration {
	return entra.PutRegistration{
		UniqueName: "consentry-console-test", DisplayName: "Consentry console", Audience: entra.SingleTenant, Tags: []string{"consentry:console:test"},
		RedirectURIs:  []entra.RedirectURI{{URI: "https://console.example.com/sign-in/callback", Platform: entra.Web}},
		Permissions:   []entra.Permission{{Resource: entra.MicrosoftGraph, ID: entra.UserReadID, Kind: entra.Scope}},
		AppRoles:      []entra.AppRole{{ID: "5f0c1a3e-8f7d-4a5e-9d5b-6f2f8f1c0a11", Value: "admin", Name: "Admin", Description: "Everything", Enabled: true}},
		IDTokenClaims: []string{"auth_time"},
	}
}

func TestARegistrationByItsUniqueName(t *testing.T) {
	s := sharedSandbox(t)
	c, ctx := automation(t, s, tenantOf(t, s, "expired secret")), t.Context()
	want := aConsole()
	if _, err := c.Registration(ctx, want.UniqueName); !missing(err) {
		t.Fatalf("before it is made: %v", err)
	}
	made := do(t, c, want)
	again := do(t, c, want) // as after an answer that was lost
	if made.Application == nil || again.Application != nil {
		t.Fatalf("made %+v, and then %+v", made.Application, again.Application)
	}
	got, err := c.Registration(ctx, want.UniqueName)
	if err != nil {
		t.Fatal(err)
	}
	if got.ID != made.Application.ID || got.ClientID != made.Application.ClientID || got.UniqueName != want.UniqueName || got.TokenVersion != 2 ||
		!got.PropertyLock.Complete() || got.ImplicitGrant.On() || !slices.Equal(got.IDTokenClaims, want.IDTokenClaims) ||
		!slices.Equal(got.AppRoles, want.AppRoles) || !slices.Equal(got.RedirectURIs, want.RedirectURIs) || !slices.Equal(got.Permissions, want.Permissions) {
		t.Errorf("read %+v", got)
	}

	want.DisplayName = "Consentry console, renamed"
	do(t, c, want)
	if got, err = c.Registration(ctx, want.UniqueName); err != nil || got.DisplayName != want.DisplayName {
		t.Errorf("changed: %+v, %v", got, err)
	}
}

func TestPeopleGetAppRoles(t *testing.T) {
	s := sharedSandbox(t)
	tenant := tenantOf(t, s, "expiring secret")
	c, ctx := automation(t, s, tenant), t.Context()
	want := aConsole()
	app := do(t, c, want).Application
	if none, err := c.RoleAssignments(ctx, app.ClientID); err != nil || none != nil {
		t.Errorf("without a service principal: %v, %v", none, err)
	}
	principal := do(t, c, entra.CreateServicePrincipal{ClientID: app.ClientID}).Principal
	tools := toolsOf(t, s, tenant, tenant.Users[0])
	who, err := tools.Person(ctx, tenant.Users[1].UserPrincipalName)
	if err != nil || who.UPN != tenant.Users[1].UserPrincipalName || string(who.Tenant) != tenant.ID || who.ID == "" {
		t.Fatalf("person %+v, %v", who, err)
	}
	byID, err := tools.Person(ctx, string(who.ID))
	if err != nil || byID != who {
		t.Errorf("by object ID: %+v, %v", byID, err)
	}
	if _, err := tools.Person(ctx, "nobody@"+tenant.Domain); !missing(err) {
		t.Errorf("nobody: %v", err)
	}
	for _, odd := range []string{"", "a b", "../me", "a/b", "somebody?x"} {
		if _, err := tools.Person(ctx, odd); err == nil || missing(err) {
			t.Errorf("%q was asked for: %v", odd, err)
		}
	}
	do(t, tools, entra.AssignAppRole{Resource: principal.ID, Role: want.AppRoles[0], Who: who})
	got, err := c.RoleAssignments(ctx, app.ClientID)
	if err != nil || !slices.Equal(got, []entra.RoleAssignment{{Principal: who.ID, Role: want.AppRoles[0].ID}}) {
		t.Errorf("assignments %+v, %v", got, err)
	}
	_, err = tools.Do(ctx, entra.AssignAppRole{Resource: principal.ID, Role: want.AppRoles[0], Who: who})
	if no := serviceError(t, err); no.Status != 400 {
		t.Errorf("twice: %v", err)
	}
}

func TestUniqueNamesAreNotJustAnyText(t *testing.T) {
	w, c := newWire(t, always(200, "{}"))
	for _, name := range []string{"", "A", "a b", "a'b", "a/b", "-a"} {
		if _, err := c.Registration(t.Context(), name); err == nil {
			t.Errorf("%q was read", name)
		}
		if _, err := c.Do(t.Context(), entra.PutRegistration{UniqueName: name}); err == nil {
			t.Errorf("%q was written", name)
		}
	}
	w.expect()
}

func TestARegistrationIsMadeOrItIsThere(t *testing.T) {
	w, c := newWire(t, always(201, `{"id":""}`))
	_, err := c.Do(t.Context(), aConsole())
	if lost := noAnswer(t, err); !lost.Sent {
		t.Errorf("an answer without ids: %v", err)
	}
	if got := w.got[0].header.Get("Prefer"); got != "create-if-missing" {
		t.Errorf("Prefer %q", got)
	}
}
