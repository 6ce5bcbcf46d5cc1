package graph

import (
	"context"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/consentry/consentry/entra"
)

// policyAnswers gives each policy its own answer; consent requests are on.
func policyAnswers(authorization, credentials http.HandlerFunc) http.HandlerFunc {
	return func(rw http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/v1.0/policies/authorizationPolicy":
			authorization(rw, r)
		case "/v1.0/policies/defaultAppManagementPolicy":
			credentials(rw, r)
		case "/v1.0/policies/adminConsentRequestPolicy":
			always(200, `{"id":"adminConsentRequestPolicy","isEnabled":true}`)(rw, r)
		default:
			http.NotFound(rw, r)
		}
	}
}

const noRules = `{"id":"1","isEnabled":false}`

func TestUserRights(t *testing.T) {
	tests := []struct {
		name, answer string
		register     *bool
		consent      []string
		risky        bool
	}{
		{"both allowed", `{"id":"authorizationPolicy","defaultUserRolePermissions":{"allowedToCreateApps":true,"permissionGrantPoliciesAssigned":
			["ManagePermissionGrantsForSelf.microsoft-user-default-legacy","managePermissionGrantsForSelf.second","ManagePermissionGrantsForOwnedResource.group"]}}`,
			new(true), []string{"microsoft-user-default-legacy", "second"}, false},
		{"risky apps allowed", `{"id":"x","allowUserConsentForRiskyApps":true}`, nil, nil, true},
		{"neither", `{"id":"x","defaultUserRolePermissions":{"allowedToCreateApps":false,"permissionGrantPoliciesAssigned":[]}}`, new(false), []string{}, false},
		{"only for what one owns", `{"id":"x","defaultUserRolePermissions":{"permissionGrantPoliciesAssigned":["ManagePermissionGrantsForOwnedResource.group"]}}`, nil, []string{}, false},
		{"left out", `{"id":"x","defaultUserRolePermissions":{}}`, nil, nil, false},
		{"left out altogether", `{"id":"x"}`, nil, nil, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, c := newWire(t, policyAnswers(always(200, tt.answer), always(200, noRules)))
			got, err := c.Policies(t.Context())
			want := entra.Policies{UsersMayRegisterApps: tt.register, ConsentPolicies: tt.consent, SecretsForbidden: new(false), MaxSecretLifetime: new(time.Duration(0)),
				AdminConsentWorkflow: new(true), RiskyConsentAllowed: &tt.risky}
			if err != nil || !reflect.DeepEqual(got, want) {
				t.Errorf("%+v, %v\nwant %+v", got, err, want)
			}
		})
	}
}

func TestSecretLimits(t *testing.T) {
	const day = 24 * time.Hour
	rule := func(kind, state, life, from string) string {
		return `{"restrictionType":"` + kind + `","state":` + state + `,"maxLifetime":` + life + `,"restrictForAppsCreatedAfterDateTime":` + from + `}`
	}
	const past, future = `"2020-01-01T00:00:00Z"`, `"2027-01-01T00:00:00Z"`
	tests := []struct {
		name      string
		rules     []string
		forbidden bool
		longest   time.Duration
	}{
		{"none", nil, false, 0},
		{"no secrets", []string{rule("passwordAddition", `"enabled"`, "null", past)}, true, 0},
		{"no secrets, switched off", []string{rule("passwordAddition", `"disabled"`, "null", past)}, false, 0},
		{"no secrets for apps made from next year on", []string{rule("passwordAddition", `"enabled"`, "null", future)}, false, 0},
		{"old form without state and date", []string{rule("passwordAddition", "null", "null", "null")}, true, 0},
		{"own passwords only", []string{rule("customPasswordAddition", `"enabled"`, "null", past)}, false, 0},
		{"90 days", []string{rule("passwordLifetime", `"enabled"`, `"P90D"`, past)}, false, 90 * day},
		{"the shorter of two", []string{rule("passwordLifetime", `"enabled"`, `"P1Y"`, past), rule("passwordLifetime", `"enabled"`, `"P4DT12H30M"`, past)},
			false, 4*day + 12*time.Hour + 30*time.Minute},
		{"weeks", []string{rule("passwordLifetime", `"enabled"`, `"P2W"`, past)}, false, 14 * day},
		{"a kind that is not known yet", []string{rule("somethingNew", `"enabled"`, "null", past), "null"}, false, 0},
		{"keys are not secrets", []string{rule("symmetricKeyAddition", `"enabled"`, "null", past)}, false, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			answer := `{"id":"1","isEnabled":true,"applicationRestrictions":{"passwordCredentials":[` + strings.Join(tt.rules, ",") + `],"keyCredentials":[]}}`
			_, c := newWire(t, policyAnswers(status(403), always(200, answer)))
			got, err := c.Policies(t.Context())
			if err != nil || got.SecretsForbidden == nil || got.MaxSecretLifetime == nil {
				t.Fatalf("%+v, %v", got, err)
			}
			if *got.SecretsForbidden != tt.forbidden || *got.MaxSecretLifetime != tt.longest {
				t.Errorf("forbidden %v, longest %v; want %v, %v", *got.SecretsForbidden, *got.MaxSecretLifetime, tt.forbidden, tt.longest)
			}
		})
	}
}

func TestALimitThatCannotBeUnderstoodIsUnknown(t *testing.T) {
	for _, rules := range []string{
		`{"restrictionType":"passwordLifetime","state":"enabled","maxLifetime":"P6M"}`,
		`{"restrictionType":"passwordLifetime","state":"enabled","maxLifetime":"P6M"},{"restrictionType":"passwordLifetime","state":"enabled","maxLifetime":"P90D"}`,
	} {
		answer := `{"id":"1","isEnabled":true,"applicationRestrictions":{"passwordCredentials":[` + rules + `]}}`
		_, c := newWire(t, policyAnswers(status(403), always(200, answer)))
		got, err := c.Policies(t.Context())
		if err != nil || got.MaxSecretLifetime != nil || got.SecretsForbidden == nil {
			t.Errorf("longest %v, %v; want unknown, not unlimited", got.MaxSecretLifetime, err)
		}
	}
}

func TestUnreadablePoliciesAreNoError(t *testing.T) {
	_, c := newWire(t, func(rw http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "defaultAppManagementPolicy") {
			status(400)(rw, r)
			return
		}
		status(403)(rw, r)
	})
	got, err := c.Policies(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if got.UsersMayRegisterApps != nil || got.ConsentPolicies != nil || got.SecretsForbidden != nil || got.MaxSecretLifetime != nil ||
		got.AdminConsentWorkflow != nil || got.RiskyConsentAllowed != nil {
		t.Errorf("something is known: %+v", got)
	}
	if len(got.Unread) != 3 || !strings.Contains(got.Unread[0], "the permission Policy.Read.All would allow it") || strings.Contains(got.Unread[1], "would allow it") ||
		!strings.Contains(got.Unread[2], "the permission Policy.Read.All would allow it") {
		t.Errorf("Unread = %q; want the permission for the refusal only", got.Unread)
	}
}

func TestPoliciesEndWithTheContext(t *testing.T) {
	_, c := newWire(t, always(200, noRules))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := c.Policies(ctx); err == nil {
		t.Error("no error although nothing was asked")
	}
}
