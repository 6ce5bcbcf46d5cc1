package sandbox

import (
	"fmt"
	"testing"
	"time"
)

// policyAdmin is a token that may change policies.
func (g *graphTest) policyAdmin(name string) *caller {
	return g.person(name, "Policy.Read.All", "Policy.ReadWrite.Authorization", "Policy.ReadWrite.ApplicationConfiguration", "Policy.ReadWrite.ConsentRequest",
		"Application.ReadWrite.All")
}

const (
	authorizationPath = "/v1.0/policies/authorizationPolicy"
	appPolicyPath     = "/v1.0/policies/defaultAppManagementPolicy"
	requestsPath      = "/v1.0/policies/adminConsentRequestPolicy"
)

//parity:real graph GET /v1.0/policies/authorizationPolicy
//parity:partly graph PATCH /v1.0/policies/authorizationPolicy: obeyed are who may register apps and who may consent to which; the rest is kept
func TestAnAdministratorChangesWhatUsersMay(t *testing.T) {
	g := contoso(t)
	g.call(g.policyAdmin("admin"), "PATCH", authorizationPath, `{"allowUserConsentForRiskyApps":true,"guestUserRoleId":"2af84b1e-32c8-42b7-82bc-daa82404023b",
		"defaultUserRolePermissions":{"allowedToCreateApps":false,"permissionGrantPoliciesAssigned":[]}}`).want(204)
	o := g.call(g.policyAdmin("admin"), "GET", authorizationPath, "").want(200)
	if o.at("allowUserConsentForRiskyApps") != true || o.text("guestUserRoleId") != "2af84b1e-32c8-42b7-82bc-daa82404023b" ||
		o.at("defaultUserRolePermissions", "allowedToCreateApps") != false || fmt.Sprint(o.at("defaultUserRolePermissions", "permissionGrantPoliciesAssigned")) != "[]" ||
		o.at("defaultUserRolePermissions", "allowedToReadOtherUsers") != true {
		t.Errorf("policy: %s", o.raw)
	}
	if rules := g.tenant.policies; rules.AllowedToCreateApps || !rules.AllowRiskyConsent || len(rules.PermissionGrantPolicies) != 0 {
		t.Errorf("obeyed: %+v", rules)
	}
	g.call(g.person("user", allScopes...), "POST", "/v1.0/applications", `{"displayName":"x"}`).refused(errDenied)
	g.call(g.policyAdmin("admin"), "PATCH", authorizationPath, `{"defaultUserRolePermissions":{"allowedToCreateApps":true,
		"permissionGrantPoliciesAssigned":["managePermissionGrantsForSelf.microsoft-user-default-legacy","ManagePermissionGrantsForOwnedResource.microsoft-dynamically-managed-permissions-for-team"]}}`).want(204)
	g.create(g.person("user", allScopes...), `{"displayName":"x"}`)
	if o := g.call(g.policyAdmin("admin"), "GET", authorizationPath+"?$select=guestUserRoleId", ""); len(o.body) != 2 {
		t.Errorf("selected: %s", o.raw)
	}
}

//parity:real graph GET /v1.0/policies/defaultAppManagementPolicy
//parity:partly graph PATCH /v1.0/policies/defaultAppManagementPolicy: obeyed are passwordAddition, passwordLifetime and asymmetricKeyLifetime of applications; the rest is kept
func TestAnAdministratorRestrictsCredentials(t *testing.T) {
	g := contoso(t)
	old := g.create(g.admin(), `{"displayName":"old"}`).text("id")
	g.tenant.apps[old].CreatedDateTime = graphNow.Add(-time.Hour)
	young := g.create(g.admin(), `{"displayName":"young"}`).text("id")
	rule := func(kind, rest string) {
		g.Helper()
		g.call(g.policyAdmin("admin"), "PATCH", appPolicyPath, `{"isEnabled":true,"applicationRestrictions":{"passwordCredentials":[{"restrictionType":"`+kind+`","state":"enabled",
			"restrictForAppsCreatedAfterDateTime":"2026-11-21T10:00:00Z"`+rest+`}]}}`).want(204)
	}
	add := func(id, body string) outcome {
		return g.call(g.admin(), "POST", "/v1.0/applications/"+id+"/addPassword", body)
	}
	rule("passwordAddition", "")
	if o := g.call(g.policyAdmin("admin"), "GET", appPolicyPath, ""); o.at("isEnabled") != true || o.text("applicationRestrictions", "passwordCredentials", 0, "restrictionType") != "passwordAddition" {
		t.Errorf("policy: %s", o.raw)
	}
	add(young, `{}`).refused(errSecretsForbidden)
	add(old, `{}`).want(200)

	rule("passwordLifetime", `,"maxLifetime":"P90D"`)
	add(young, `{}`).refused(errSecretLifetime)
	add(young, `{"passwordCredential":{"endDateTime":"2027-02-19T10:00:00Z"}}`).want(200)
	add(old, `{}`).want(200)

	g.call(g.policyAdmin("admin"), "PATCH", appPolicyPath, `{"isEnabled":false}`).want(204)
	add(young, `{}`).want(200)

	g.call(g.policyAdmin("admin"), "PATCH", appPolicyPath, `{"isEnabled":true,"applicationRestrictions":{"passwordCredentials":[],
		"keyCredentials":[{"restrictionType":"asymmetricKeyLifetime","state":"enabled","maxLifetime":"P365DT12H"}]}}`).want(204)
	g.call(g.admin(), "PATCH", "/v1.0/applications/"+old, `{"keyCredentials":[`+certificates(t)[0].entry()+`]}`).refused(errSecretLifetime)
}

//parity:real graph PUT /v1.0/policies/adminConsentRequestPolicy
//parity:choice graph PATCH adminConsentRequestPolicy: does what PUT does, because the published SDKs send it
//parity:real graph PATCH /v1.0/policies/adminConsentRequestPolicy
func TestAnAdministratorTurnsConsentRequestsOn(t *testing.T) {
	g := contoso(t)
	for i, method := range []string{"PUT", "PATCH"} {
		g.call(g.policyAdmin("admin"), method, requestsPath, `{"isEnabled":true,"notifyReviewers":true,"requestDurationInDays":5,
			"reviewers":[{"query":"/users/x","queryType":"MicrosoftGraph","queryRoot":null}]}`).want(204)
		o := g.call(g.policyAdmin("admin"), "GET", requestsPath, "").want(200)
		if o.at("isEnabled") != true || o.at("requestDurationInDays") != 5.0 || o.at("version") != float64(i+1) || o.text("reviewers", 0, "query") != "/users/x" {
			t.Errorf("policy: %s", o.raw)
		}
	}
	if !g.tenant.policies.AdminConsentWorkflow {
		t.Error("it is not obeyed")
	}
}

func TestPolicyChangesThatAreRefused(t *testing.T) {
	g := contoso(t)
	g.plantRoleHolders()
	for _, c := range []struct {
		who, path, body string
		want            graphError
	}{
		{"user", authorizationPath, `{}`, errDenied},
		{"app admin", authorizationPath, `{}`, errDenied},
		{"developer", appPolicyPath, `{}`, errDenied},
		{"app admin", requestsPath, `{}`, errDenied},
		{"admin", authorizationPath, `{"id":"other"}`, errReadOnly},
		{"admin", authorizationPath, `{"unknown":1}`, errUnknownProperty},
		{"admin", authorizationPath, `{"defaultUserRolePermissions":{"permissionGrantPoliciesAssigned":["microsoft-user-default-low"]}}`, errInvalidValue},
		{"admin", appPolicyPath, `{"applicationRestrictions":{"passwordCredentials":[{"restrictionType":"longing","state":"enabled"}]}}`, errInvalidValue},
		{"admin", appPolicyPath, `{"applicationRestrictions":{"passwordCredentials":[{"restrictionType":"passwordAddition","state":"on"}]}}`, errInvalidValue},
		{"admin", appPolicyPath, `{"servicePrincipalRestrictions":{"passwordCredentials":[{"restrictionType":"passwordLifetime","state":"enabled"}]}}`, errInvalidValue},
		{"admin", appPolicyPath, `{"applicationRestrictions":{"keyCredentials":[{"restrictionType":"asymmetricKeyLifetime","state":"enabled","maxLifetime":"90 days"}]}}`, errInvalidValue},
		{"admin", requestsPath, `{"requestDurationInDays":"x"}`, errInvalidValue},
	} {
		t.Run(c.who+" "+c.body, func(t *testing.T) { g.call(g.policyAdmin(c.who), "PATCH", c.path, c.body).refused(c.want) })
	}
	g.call(g.admin(), "PATCH", authorizationPath, `{}`).refused(errDenied)
}

func TestDurationsOfTheMetadata(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"P90D": 90 * 24 * time.Hour, "P4DT12H30M5S": 4*24*time.Hour + 12*time.Hour + 30*time.Minute + 5*time.Second, "PT1H": time.Hour,
		"P": 0, "P1Y": 0, "P1M": 0, "": 0, "90": 0, "PT": 0, "P0D": 0,
	} {
		if got, ok := parseDuration(text); got != want || ok != (want > 0) {
			t.Errorf("%q: %s, %t", text, got, ok)
		}
	}
}
