package handlers

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/preset"
	"github.com/consentry/consentry/setup"
	"github.com/consentry/consentry/store"
)

func TestSentencesBeginAndEndAsOneDoes(t *testing.T) {
	for _, tt := range []struct{ name, raw, want string }{
		{"nothing is no sentence: most fields have no error", "", ""},
		{"lower case without full stop", "the host is missing", "The host is missing."},
		{"a letter of two bytes", "übung", "Übung."},
		{"whole already", "Choose one.", "Choose one."},
		{"a question", "which one?", "Which one?"},
	} {
		if got := full(capital(tt.raw)); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestWhoCanConsentIsSaidBeforeAnythingIsTried(t *testing.T) {
	some, none := entra.Policies{ConsentPolicies: []string{"ManagePermissionGrantsForSelf.microsoft-user-default-low"}}, entra.Policies{ConsentPolicies: []string{}}
	for _, tt := range []struct {
		name     string
		roles    []string
		policies entra.Policies
		want     state
		nobody   bool // the words say that users may not consent
	}{
		{"a Privileged Role Administrator", []string{entra.RolePrivilegedRoleAdministrator}, some, state{"good", "yes"}, false},
		{"an administrator where users may not", []string{entra.RoleGlobalAdministrator}, none, state{"good", "yes"}, true},
		{"a developer", []string{entra.RoleApplicationDeveloper}, some, state{"warn", "no"}, false},
		{"a developer where users may not", []string{entra.RoleApplicationDeveloper}, none, state{"bad", "no"}, true},
		{"a developer where that could not be read", nil, entra.Policies{}, state{"warn", "no"}, false},
	} {
		got := consentAbility(tt.roles, tt.policies)
		if got.State != tt.want || strings.Contains(got.Words, "users may not consent for themselves") != tt.nobody || (got.State.Kind == "good") != (got.Remedy == "") {
			t.Errorf("%s: %+v", tt.name, got)
		}
	}
}

func TestCodesOfGraphStandBehindWords(t *testing.T) {
	plan := []setup.Step{{Diffs: []setup.Diff{{Field: "audience", Old: "AzureADMyOrg", New: "AzureADMultipleOrgs"}, {Field: "name", New: "AzureADMyOrg"}, {Field: "audience", New: "Unheard"}}}}
	got := planRows(plan)[0].Diffs
	want := []setup.Diff{{Field: "audience", Old: "this tenant only (AzureADMyOrg)", New: "any organizational directory (AzureADMultipleOrgs)"}, {Field: "name", New: "AzureADMyOrg"}, {Field: "audience", New: "Unheard"}}
	if !slices.Equal(got, want) {
		t.Errorf("%+v", got)
	}
	if plan[0].Diffs[0].Old != "AzureADMyOrg" {
		t.Error("the plan itself was changed")
	}
}

func TestARemovedEnvironmentHasNoSecretToExpire(t *testing.T) {
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	h := &Handlers{Now: func() time.Time { return now }}
	secret := entra.Secret{Name: entra.SecretName("For the gateway", "prod", "op"), Start: now, End: now.AddDate(0, 6, 0)}
	env := store.Environment{Name: "prod", State: store.Connected, Result: &setup.Result{App: entra.Application{ClientID: "c", Secrets: []entra.Secret{secret}}, Secret: &secret}}
	page := h.environmentPage(env, preset.All[0], nil, nil, nil)
	if len(page.Secrets) != 1 || page.Secrets[0].Name != "For the gateway" || !page.Secrets[0].Ours || h.startPage([]store.Environment{env}).Environments[0].Expires.IsZero() {
		t.Errorf("connected: %+v", page.Secrets)
	}
	env.State = store.Removed
	page = h.environmentPage(env, preset.All[0], nil, nil, nil)
	if len(page.Secrets) != 0 || len(page.SeeIt) != 0 || len(page.IDs) == 0 || !h.startPage([]store.Environment{env}).Environments[0].Expires.IsZero() {
		t.Errorf("removed: %+v", page)
	}
}

func TestTheReviewForeseesWhatWillBeRefused(t *testing.T) {
	app, secret := setup.Step{ID: "application", Action: setup.Create}, setup.Step{ID: "secret", Action: setup.Create}
	widened, consent := setup.Step{ID: "application", Action: setup.Update}, setup.Step{ID: "grant:x", Action: setup.Create}
	developer, admin := []string{entra.RoleApplicationDeveloper}, []string{entra.RoleGlobalAdministrator}
	closed := entra.Policies{UsersMayRegisterApps: new(false), SecretsForbidden: new(true)}
	for _, tt := range []struct {
		name     string
		changes  []setup.Step
		roles    []string
		policies entra.Policies
		want     []string // what the words speak of
	}{
		{"an administrator where nothing is forbidden", []setup.Step{app, secret, consent}, admin, entra.Policies{}, nil},
		{"a developer who wants to consent", []setup.Step{app, consent}, developer, entra.Policies{}, []string{"consent for the whole tenant"}},
		{"a developer who leaves it out", []setup.Step{app}, developer, entra.Policies{}, nil},
		{"a user where only administrators register apps", []setup.Step{app, consent}, nil, entra.Policies{UsersMayRegisterApps: new(false)}, []string{"create app registrations", "consent for the whole tenant"}},
		{"a policy that forbids secrets holds for administrators too", []setup.Step{app, secret}, admin, closed, []string{"forbids client secrets"}},
		{"an app that is there already is not forbidden one", []setup.Step{widened, secret}, admin, closed, nil},
		{"what could not be read is no refusal", []setup.Step{app}, nil, entra.Policies{}, nil},
	} {
		got := hurdles(tt.changes, tt.roles, tt.policies)
		if len(got) != len(tt.want) {
			t.Errorf("%s: %+v, want %q", tt.name, got, tt.want)
			continue
		}
		for i, a := range got {
			if !strings.Contains(a.Words, tt.want[i]) || a.Remedy == "" {
				t.Errorf("%s: %+v, want %q", tt.name, a, tt.want[i])
			}
		}
	}
}
