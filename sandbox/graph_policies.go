package sandbox

import (
	"fmt"
	"reflect"
	"time"
)

// defaultAppPolicyID is the id of the policy for all apps of a tenant.
const defaultAppPolicyID = "00000000-0000-0000-0000-000000000000"

// guestUserRole is the role of guests unless the tenant changed it.
const guestUserRole = "10dae51f-b6af-4016-8d66-8c2a99b929b3"

func getAuthorizationPolicy(q *graphRequest) (reply, *graphError) {
	rules := q.tenant.policies
	granting := rules.PermissionGrantPolicies
	if granting == nil {
		granting = []string{}
	}
	return q.singleton("policies/authorizationPolicy/$entity", object{
		{"id", "authorizationPolicy"},
		{"allowInvitesFrom", "everyone"},
		{"allowedToSignUpEmailBasedSubscriptions", true},
		{"allowedToUseSSPR", true},
		{"allowEmailVerifiedUsersToJoinOrganization", false},
		{"allowUserConsentForRiskyApps", rules.AllowRiskyConsent},
		{"blockMsolPowerShell", false},
		{"displayName", "Authorization Policy"},
		{"description", "Used to manage authorization related settings across the company."},
		{"guestUserRoleId", guestUserRole},
		{"defaultUserRolePermissions", object{
			{"allowedToCreateApps", rules.AllowedToCreateApps},
			{"allowedToCreateSecurityGroups", true},
			{"allowedToCreateTenants", true},
			{"allowedToReadBitlockerKeysForOwnedDevice", true},
			{"allowedToReadOtherUsers", true},
			{"permissionGrantPoliciesAssigned", granting},
		}},
	})
}

// A passwordRestriction is one rule of an app management policy.
type passwordRestriction struct {
	RestrictionType string    `json:"restrictionType"`
	State           string    `json:"state"`
	MaxLifetime     *string   `json:"maxLifetime"`
	ForAppsAfter    string    `json:"restrictForAppsCreatedAfterDateTime"`
	ExcludeActors   *struct{} `json:"excludeActors"`
}

// passwordRestrictions are the tenant's rules; nothing that is off is listed.
func (t *tenant) passwordRestrictions() []passwordRestriction {
	list := []passwordRestriction{}
	since := wireTime(t.Created)
	if t.policies.PasswordAdditionForbidden {
		list = append(list, passwordRestriction{RestrictionType: "passwordAddition", State: "enabled", ForAppsAfter: since})
	}
	if max := t.policies.PasswordMaxLifetime; max > 0 {
		days := fmt.Sprintf("P%dD", max/(24*time.Hour))
		list = append(list, passwordRestriction{RestrictionType: "passwordLifetime", State: "enabled", MaxLifetime: &days, ForAppsAfter: since})
	}
	return list
}

func getDefaultAppPolicy(q *graphRequest) (reply, *graphError) {
	rules := q.tenant.passwordRestrictions()
	id := defaultAppPolicyID
	if q.tenant.policies.AppPolicyID != "" {
		id = q.tenant.policies.AppPolicyID
	}
	restrictions := object{{"passwordCredentials", rules}, {"keyCredentials", []struct{}{}}}
	return q.singleton("policies/defaultAppManagementPolicy/$entity", object{
		{"id", id}, {"deletedDateTime", nil},
		{"displayName", "Default app management tenant policy"},
		{"description", "Default tenant policy that enforces app management restrictions on applications and service principals."},
		{"isEnabled", len(rules) > 0},
		{"applicationRestrictions", append(object{{"identifierUris", nil}}, restrictions...)},
		{"servicePrincipalRestrictions", restrictions},
	})
}

// An appManagementPolicy overrides the default for the apps it is assigned
// to.
type appManagementPolicy struct {
	ID string `json:"id"`
}

var appPolicySet = &entitySet{
	name: "policies/appManagementPolicies", typeName: "microsoft.graph.appManagementPolicy", resource: "AppManagementPolicy",
	of: reflect.TypeFor[appManagementPolicy](), sortable: []string{""},
}

// listAppPolicies lists none: the tenants here have no policy but the default.
func listAppPolicies(q *graphRequest) (reply, *graphError) {
	return listOf(q, appPolicySet, []*appManagementPolicy{})
}

func getConsentRequestPolicy(q *graphRequest) (reply, *graphError) {
	on := q.tenant.policies.AdminConsentWorkflow
	return q.singleton("policies/adminConsentRequestPolicy/$entity", object{
		{"isEnabled", on}, {"notifyReviewers", on}, {"remindersEnabled", on},
		{"requestDurationInDays", 30}, {"version", 0}, {"reviewers", []struct{}{}},
	})
}
