package sandbox

import (
	"net/http"
	"reflect"
	"slices"
	"strings"
)

// guestUserRole is the role of guests unless the tenant changed it.
const guestUserRole = "10dae51f-b6af-4016-8d66-8c2a99b929b3"

// An authorizationPolicy is what the tenant lets its users do.
type authorizationPolicy struct {
	ID                           string          `json:"id"`
	AllowInvitesFrom             string          `json:"allowInvitesFrom"`
	EmailSubscriptions           bool            `json:"allowedToSignUpEmailBasedSubscriptions"`
	SelfServicePasswordReset     bool            `json:"allowedToUseSSPR"`
	EmailVerifiedUsersMayJoin    bool            `json:"allowEmailVerifiedUsersToJoinOrganization"`
	AllowUserConsentForRiskyApps *bool           `json:"allowUserConsentForRiskyApps"`
	BlockMsolPowerShell          *bool           `json:"blockMsolPowerShell"`
	DisplayName                  string          `json:"displayName"`
	Description                  string          `json:"description"`
	GuestUserRoleID              string          `json:"guestUserRoleId"`
	Users                        userPermissions `json:"defaultUserRolePermissions"`
}

type userPermissions struct {
	CreateApps              bool     `json:"allowedToCreateApps"`
	CreateSecurityGroups    bool     `json:"allowedToCreateSecurityGroups"`
	CreateTenants           *bool    `json:"allowedToCreateTenants"`
	ReadBitlockerKeys       *bool    `json:"allowedToReadBitlockerKeysForOwnedDevice"`
	ReadOtherUsers          bool     `json:"allowedToReadOtherUsers"`
	PermissionGrantPolicies []string `json:"permissionGrantPoliciesAssigned"`
}

var authorizationSet = &entitySet{
	name: "policies/authorizationPolicy", typeName: "microsoft.graph.authorizationPolicy", resource: "AuthorizationPolicy",
	of: reflect.TypeFor[authorizationPolicy](),
}

// authorization is the tenant's policy: as it was delivered or last changed,
// with the settings that the sandbox obeys as they stand.
func (t *tenant) authorization() *authorizationPolicy {
	yes, no := true, false
	p := authorizationPolicy{
		ID: "authorizationPolicy", AllowInvitesFrom: "everyone", EmailSubscriptions: true, SelfServicePasswordReset: true,
		BlockMsolPowerShell: &no, DisplayName: "Authorization Policy",
		Description:     "Used to manage authorization related settings across the company.",
		GuestUserRoleID: guestUserRole,
		Users:           userPermissions{CreateSecurityGroups: true, CreateTenants: &yes, ReadBitlockerKeys: &yes, ReadOtherUsers: true},
	}
	if t.policies.authorization != nil {
		p = *t.policies.authorization
	}
	risky := t.policies.AllowRiskyConsent
	p.AllowUserConsentForRiskyApps = &risky
	p.Users.CreateApps, p.Users.PermissionGrantPolicies = t.policies.AllowedToCreateApps, t.policies.PermissionGrantPolicies
	return normalized(&p)
}

func getAuthorizationPolicy(q *graphRequest) (reply, *graphError) {
	return one(q, authorizationSet, q.tenant.authorization())
}

func patchAuthorizationPolicy(q *graphRequest) (reply, *graphError) {
	next, fault := changed(q, authorizationSet, q.tenant.authorization())
	if fault != nil {
		return reply{}, fault
	}
	if slices.ContainsFunc(next.Users.PermissionGrantPolicies, func(name string) bool { return !assignable(name) }) {
		return reply{}, errInvalidValue.with("permissionGrantPoliciesAssigned", authorizationSet.resource)
	}
	rules := &q.tenant.policies
	rules.authorization, rules.AllowRiskyConsent = next, isTrue(next.AllowUserConsentForRiskyApps)
	rules.AllowedToCreateApps, rules.PermissionGrantPolicies = next.Users.CreateApps, next.Users.PermissionGrantPolicies
	return reply{status: http.StatusNoContent}, nil
}

// assignable: a grant policy is assigned for what users own themselves or for
// resources that they own.
func assignable(policy string) bool {
	policy = strings.ToLower(policy)
	return strings.HasPrefix(policy, selfConsent) || strings.HasPrefix(policy, "managepermissiongrantsforownedresource.")
}

// changed is v as the request's body changes it.
func changed[T any](q *graphRequest, set *entitySet, v *T) (*T, *graphError) {
	doc, fault := q.changes(v)
	if fault != nil {
		return nil, fault
	}
	if fault := (bodyRule{set, []string{"id", "deletedDateTime"}}).check(doc); fault != nil {
		return nil, fault
	}
	return merged(v, doc, set)
}

// A consentRequestPolicy says whether users may ask for an administrator's
// consent, and whom.
type consentRequestPolicy struct {
	IsEnabled        bool            `json:"isEnabled"`
	NotifyReviewers  bool            `json:"notifyReviewers"`
	RemindersEnabled bool            `json:"remindersEnabled"`
	DurationInDays   int             `json:"requestDurationInDays"`
	Version          int             `json:"version"`
	Reviewers        []reviewerScope `json:"reviewers"`
}

type reviewerScope struct {
	Query     string  `json:"query"`
	QueryRoot *string `json:"queryRoot"`
	QueryType string  `json:"queryType"`
}

var consentRequestSet = &entitySet{
	name: "policies/adminConsentRequestPolicy", typeName: "microsoft.graph.adminConsentRequestPolicy", resource: "AdminConsentRequestPolicy",
	of: reflect.TypeFor[consentRequestPolicy](),
}

func (t *tenant) consentRequests() *consentRequestPolicy {
	on := t.policies.AdminConsentWorkflow
	p := consentRequestPolicy{NotifyReviewers: on, RemindersEnabled: on, DurationInDays: 30}
	if t.policies.consentRequests != nil {
		p = *t.policies.consentRequests
	}
	p.IsEnabled = on
	return normalized(&p)
}

func getConsentRequestPolicy(q *graphRequest) (reply, *graphError) {
	return one(q, consentRequestSet, q.tenant.consentRequests())
}

// putConsentRequestPolicy changes the policy; each time it counts its version.
func putConsentRequestPolicy(q *graphRequest) (reply, *graphError) {
	next, fault := changed(q, consentRequestSet, q.tenant.consentRequests())
	if fault != nil {
		return reply{}, fault
	}
	next.Version = q.tenant.consentRequests().Version + 1
	q.tenant.policies.AdminConsentWorkflow, q.tenant.policies.consentRequests = next.IsEnabled, next
	return reply{status: http.StatusNoContent}, nil
}
