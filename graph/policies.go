package graph

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/microsoft/kiota-abstractions-go/serialization"
	"github.com/microsoftgraph/msgraph-sdk-go/models"
	"github.com/microsoftgraph/msgraph-sdk-go/policies"

	"github.com/consentry/consentry/entra"
)

// forSelf begins the assignments that let users consent for themselves; those
// of ManagePermissionGrantsForOwnedResource are about groups and chats.
const forSelf = "managepermissiongrantsforself."

// Policies reads the tenant settings that decide whether a setup can succeed,
// side by side. A policy that cannot be read leaves its fields unknown and a
// sentence in Unread; the error is the context's alone.
//
// ConsentPolicies are the ids of the permission grant policies assigned to
// users for their own consent.
func (c *Client) Policies(ctx context.Context) (entra.Policies, error) {
	var wg sync.WaitGroup
	var authorization models.AuthorizationPolicyable
	var credentials models.TenantAppManagementPolicyable
	var requests models.AdminConsentRequestPolicyable
	var authorizationErr, credentialsErr, requestsErr error
	wg.Go(func() { authorization, authorizationErr = c.authorizationPolicy(ctx) })
	wg.Go(func() { credentials, credentialsErr = c.credentialPolicy(ctx) })
	wg.Go(func() { requests, requestsErr = c.consentRequestPolicy(ctx) })
	wg.Wait()
	if err := ctx.Err(); err != nil {
		return entra.Policies{}, err
	}
	var p entra.Policies
	if authorizationErr != nil {
		p.Unread = append(p.Unread, unread("who may register apps and consent (authorizationPolicy)", "Policy.Read.All", authorizationErr))
	} else {
		p.UsersMayRegisterApps, p.ConsentPolicies = userRights(authorization)
		p.RiskyConsentAllowed = new(flag(authorization.GetAllowUserConsentForRiskyApps()))
	}
	if credentialsErr != nil {
		p.Unread = append(p.Unread, unread("limits for client secrets (defaultAppManagementPolicy)", "Policy.Read.All", credentialsErr))
	} else {
		forbidden, longest := secretLimits(credentials, c.now())
		p.SecretsForbidden, p.MaxSecretLifetime = &forbidden, longest
	}
	if requestsErr != nil {
		p.Unread = append(p.Unread, unread("who may ask for an administrator's consent (adminConsentRequestPolicy)", "Policy.Read.All", requestsErr))
	} else {
		p.AdminConsentWorkflow = requests.GetIsEnabled()
	}
	return p, nil
}

func (c *Client) authorizationPolicy(ctx context.Context) (models.AuthorizationPolicyable, error) {
	b := policies.NewAuthorizationPolicyRequestBuilderInternal(map[string]string{}, c.adapter)
	return readPolicy(ctx, "/policies/authorizationPolicy", func(ctx context.Context) (models.AuthorizationPolicyable, error) {
		return b.Get(ctx, nil)
	})
}

func (c *Client) credentialPolicy(ctx context.Context) (models.TenantAppManagementPolicyable, error) {
	b := policies.NewDefaultAppManagementPolicyRequestBuilderInternal(map[string]string{}, c.adapter)
	return readPolicy(ctx, "/policies/defaultAppManagementPolicy", func(ctx context.Context) (models.TenantAppManagementPolicyable, error) {
		return b.Get(ctx, nil)
	})
}

func (c *Client) consentRequestPolicy(ctx context.Context) (models.AdminConsentRequestPolicyable, error) {
	b := policies.NewAdminConsentRequestPolicyRequestBuilderInternal(map[string]string{}, c.adapter)
	return readPolicy(ctx, "/policies/adminConsentRequestPolicy", func(ctx context.Context) (models.AdminConsentRequestPolicyable, error) {
		return b.Get(ctx, nil)
	})
}

func readPolicy[T models.Entityable](ctx context.Context, path string, send func(context.Context) (T, error)) (T, error) {
	found, ex, err := call(ctx, http.MethodGet, path, send)
	if err == nil && any(found) == nil {
		err = ex.noAnswer(http.MethodGet, path, errIncomplete)
	}
	return found, err
}

func unread(what, permission string, err error) string {
	if no, ok := errors.AsType[*entra.ServiceError](err); ok && no.Status == http.StatusForbidden {
		return fmt.Sprintf("The tenant's rules on %s could not be read: the permission %s would allow it.", what, permission)
	}
	return fmt.Sprintf("The tenant's rules on %s could not be read: %v.", what, err)
}

// userRights gives what authorizationPolicy says; parts it leaves out stay nil.
func userRights(p models.AuthorizationPolicyable) (mayRegister *bool, consent []string) {
	rights := p.GetDefaultUserRolePermissions()
	if rights == nil {
		return nil, nil
	}
	if assigned := rights.GetPermissionGrantPoliciesAssigned(); assigned != nil {
		consent = []string{}
		for _, a := range assigned {
			if strings.HasPrefix(strings.ToLower(a), forSelf) {
				consent = append(consent, a[len(forSelf):])
			}
		}
	}
	return rights.GetAllowedToCreateApps(), consent
}

// secretLimits says what the policy means for an application made at now.
// longest is zero without a limit, and nil when a limit cannot be understood.
func secretLimits(p models.TenantAppManagementPolicyable, now time.Time) (forbidden bool, longest *time.Duration) {
	longest = new(time.Duration(0))
	rules := p.GetApplicationRestrictions()
	if !flag(p.GetIsEnabled()) || rules == nil {
		return false, longest
	}
	for _, r := range present(rules.GetPasswordCredentials()) {
		if !inForce(r, now) {
			continue
		}
		switch *r.GetRestrictionType() {
		case models.PASSWORDADDITION_APPCREDENTIALRESTRICTIONTYPE:
			forbidden = true
		case models.PASSWORDLIFETIME_APPCREDENTIALRESTRICTIONTYPE:
			longest = shorter(longest, r.GetMaxLifetime())
		}
	}
	return forbidden, longest
}

// shorter takes a further limit into account. The SDK reads a duration without
// its whole seconds and refuses months; a year counts 365 days.
func shorter(known *time.Duration, limit *serialization.ISODuration) *time.Duration {
	if known == nil || limit == nil {
		return known
	}
	d, err := limit.ToDuration()
	switch {
	case err != nil:
		return nil
	case d > 0 && (*known == 0 || d < *known):
		return &d
	}
	return known
}

// inForce: a rule without state is an old one, and on. It holds for apps made
// after its date.
func inForce(r models.PasswordCredentialConfigurationable, now time.Time) bool {
	if r.GetRestrictionType() == nil {
		return false
	}
	if s := r.GetState(); s != nil && *s == models.DISABLED_APPMANAGEMENTRESTRICTIONSTATE {
		return false
	}
	from := r.GetRestrictForAppsCreatedAfterDateTime()
	return from == nil || !from.After(now)
}
