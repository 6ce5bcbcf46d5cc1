package sandbox

import (
	"slices"
	"strings"
	"testing"
	"time"
)

//parity:real graph GET /v1.0/me
func TestMe(t *testing.T) {
	g := contoso(t)
	o := g.call(g.person("developer", "User.Read"), "GET", "/v1.0/me", "").want(200)
	if o.text("userPrincipalName") != "developer@contoso.sandbox.invalid" || o.text("displayName") != "Dev Developer" || o.text("surname") != "Developer" {
		t.Errorf("me: %s", o.raw)
	}
	if o.text("@odata.context") != "http://example.com/graph/v1.0/$metadata#users/$entity" {
		t.Errorf("context %s", o.text("@odata.context"))
	}
	if _, sent := o.body["userType"]; sent {
		t.Error("userType comes only when selected")
	}
	if v, sent := o.body["jobTitle"]; !sent || v != nil {
		t.Error("what is not known is an explicit null")
	}
	if got := g.call(g.person("developer", "User.Read"), "GET", "/v1.0/me?$select=id,userType", "").want(200); got.text("userType") != "Member" || len(got.body) != 3 {
		t.Errorf("selected: %s", got.raw)
	}
}

//parity:partly graph GET /v1.0/me/memberOf: directory roles; there are no groups
//parity:real graph GET /v1.0/me/transitiveMemberOf/microsoft.graph.directoryRole
func TestRolesOfTheCaller(t *testing.T) {
	g := contoso(t)
	path := "/v1.0/me/transitiveMemberOf/microsoft.graph.directoryRole?$select=id,displayName,roleTemplateId"
	o := g.call(g.admin(), "GET", path, "").want(200)
	if o.text("value", 0, "roleTemplateId") != roleGlobalAdministrator || o.text("value", 0, "displayName") != "Global Administrator" {
		t.Errorf("roles: %s", o.raw)
	}
	if o.text("value", 0, "@odata.type") != "#microsoft.graph.directoryRole" || o.text("value", 0, "id") == roleGlobalAdministrator {
		t.Errorf("roles: %s", o.raw)
	}
	if o.header.Get("x-ms-resource-unit") != "2" {
		t.Errorf("resource units %s", o.header.Get("x-ms-resource-unit"))
	}
	bare := g.call(g.person("admin", "User.Read"), "GET", path, "").want(200)
	if bare.text("value", 0, "id") == "" || bare.at("value", 0, "roleTemplateId") != nil || bare.at("value", 0, "displayName") != nil {
		t.Errorf("without Directory.Read.All only the id shows: %s", bare.raw)
	}
	if got := g.call(g.person("user", allScopes...), "GET", path, "").want(200).names("id"); len(got) != 0 {
		t.Errorf("a member without role has %v", got)
	}
	if got := g.call(g.admin(), "GET", "/v1.0/me/memberOf", "").want(200); got.text("value", 0, "@odata.type") != "#microsoft.graph.directoryRole" {
		t.Errorf("memberships: %s", got.raw)
	}
}

//parity:real graph GET /v1.0/users/{id}
func TestUsersAreFoundByIDAndName(t *testing.T) {
	g := contoso(t)
	user := g.tenant.userNamed("user")
	for _, key := range []string{user.ID, "user@contoso.sandbox.invalid", "USER@contoso.sandbox.invalid"} {
		if got := g.call(g.admin(), "GET", "/v1.0/users/"+key, "").want(200).text("id"); got != user.ID {
			t.Errorf("%s is %s", key, got)
		}
	}
	g.call(g.admin(), "GET", "/v1.0/users/nobody", "").refused(errNotFound)
}

//parity:real graph GET /v1.0/organization
//parity:real graph GET /v1.0/organization/{id}
func TestTheOrganizationIsTheTenant(t *testing.T) {
	g := contoso(t)
	o := g.call(g.person("user", "User.Read"), "GET", "/v1.0/organization", "").want(200)
	if o.text("value", 0, "id") != g.tenant.ID || o.text("value", 0, "displayName") != "Contoso" || o.text("value", 0, "tenantType") != "AAD" {
		t.Errorf("organization: %s", o.raw)
	}
	if o.text("value", 0, "verifiedDomains", 0, "name") != "contoso.sandbox.invalid" || o.at("value", 0, "verifiedDomains", 0, "isDefault") != true {
		t.Errorf("organization: %s", o.raw)
	}
	g.call(g.admin(), "GET", "/v1.0/organization/"+g.tenant.ID, "").want(200)
	g.call(g.admin(), "GET", "/v1.0/organization/"+newGUID(), "").refused(errNotFound)
}

//parity:real graph GET /v1.0/policies/authorizationPolicy
//parity:real graph GET /v1.0/policies/adminConsentRequestPolicy
func TestPoliciesTellWhatTheTenantAllows(t *testing.T) {
	g := contoso(t)
	o := g.call(g.admin(), "GET", "/v1.0/policies/authorizationPolicy", "").want(200)
	granting, _ := o.at("defaultUserRolePermissions", "permissionGrantPoliciesAssigned").([]any)
	if o.at("defaultUserRolePermissions", "allowedToCreateApps") != true || !slices.Contains(granting, any(consentForSelf)) {
		t.Errorf("authorization policy: %s", o.raw)
	}
	fabrikam := newGraphTest(t, "fabrikam.sandbox.invalid")
	o = fabrikam.call(fabrikam.admin(), "GET", "/v1.0/policies/authorizationPolicy", "").want(200)
	if o.at("defaultUserRolePermissions", "allowedToCreateApps") != false || len(o.at("defaultUserRolePermissions", "permissionGrantPoliciesAssigned").([]any)) != 0 {
		t.Errorf("authorization policy: %s", o.raw)
	}
	if o = fabrikam.call(fabrikam.admin(), "GET", "/v1.0/policies/adminConsentRequestPolicy", "").want(200); o.at("isEnabled") != true {
		t.Errorf("admin consent requests: %s", o.raw)
	}
}

//parity:real graph GET /v1.0/policies/defaultAppManagementPolicy
//parity:partly graph GET /v1.0/policies/appManagementPolicies: always empty; the tenants have no policy but the default
func TestTheAppManagementPolicyListsWhatIsRestricted(t *testing.T) {
	const path = "/v1.0/policies/defaultAppManagementPolicy"
	g := contoso(t)
	if o := g.call(g.admin(), "GET", path, "").want(200); o.at("isEnabled") != false || len(o.at("applicationRestrictions", "passwordCredentials").([]any)) != 0 {
		t.Errorf("nothing is restricted: %s", o.raw)
	}
	g.tenant.policies.PasswordMaxLifetime = 90 * 24 * time.Hour
	o := g.call(g.admin(), "GET", path, "").want(200)
	if o.text("applicationRestrictions", "passwordCredentials", 0, "restrictionType") != "passwordLifetime" ||
		o.text("applicationRestrictions", "passwordCredentials", 0, "maxLifetime") != "P90D" {
		t.Errorf("limited lifetime: %s", o.raw)
	}
	woodgrove := newGraphTest(t, "woodgrove.sandbox.invalid")
	o = woodgrove.call(woodgrove.admin(), "GET", path, "").want(200)
	if o.text("applicationRestrictions", "passwordCredentials", 0, "restrictionType") != "passwordAddition" ||
		o.text("applicationRestrictions", "passwordCredentials", 0, "state") != "enabled" || o.at("isEnabled") != true {
		t.Errorf("forbidden secrets: %s", o.raw)
	}
	refusal := woodgrove.call(woodgrove.admin(), "POST", "/v1.0/applications", wizardBody).refused(errSecretsForbidden)
	if !strings.Contains(refusal.text("error", "message"), o.text("id")) {
		t.Error("the refusal names another policy")
	}
	if got := g.call(g.admin(), "GET", "/v1.0/policies/appManagementPolicies", "").want(200).names("id"); len(got) != 0 {
		t.Errorf("policies for single apps: %v", got)
	}
}
