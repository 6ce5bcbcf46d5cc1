package handlers

import (
	"strings"
	"testing"

	"github.com/consentry/consentry/entra"
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
