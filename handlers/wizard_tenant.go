package handlers

import (
	"context"
	"slices"

	"github.com/gin-gonic/gin"

	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/setup"
	"github.com/consentry/consentry/store"
)

// tenantStep shows who is signed in, where, and what that person may do.
type tenantStep struct {
	SignedIn  bool
	Person    entra.Person
	Tenant    entra.Tenant
	Abilities []ability
	Unread    []string
	SignIn    string // address of the sign-in page
	Other     bool   // the environment belongs to another tenant
}

// An ability is one thing the setup needs, and whether this person has it.
type ability struct {
	State  state
	Words  string
	Remedy string
}

func (h *Handlers) showTenantStep(c *gin.Context, page *wizardPage) error {
	step := &tenantStep{SignIn: signInFor("/environments/" + page.Env.ID + "/setup/tenant")}
	page.Tenant = step
	page.Heading = "Sign in to the tenant"
	if _, ok := person(c); !ok {
		return nil
	}
	d, who, err := h.directory(c)
	if err != nil {
		return err
	}
	ctx := c.Request.Context()
	step.SignedIn, step.Person = true, who
	if step.Tenant, err = d.Tenant(ctx); err != nil {
		return err
	}
	page.Heading = "Set it up in " + firstOf(step.Tenant.DisplayName, string(step.Tenant.ID)) + "?"
	roles, err := d.Roles(ctx)
	if err != nil {
		return err
	}
	policies, err := d.Policies(ctx)
	if err != nil {
		return err
	}
	step.Other = page.Env.Tenant != "" && page.Env.Tenant != who.Tenant
	step.Abilities, step.Unread = abilities(roles, policies), policies.Unread
	return nil
}

// adminRoles may create app registrations and consent for the tenant;
// consentRoles may consent.
var (
	adminRoles   = []string{entra.RoleGlobalAdministrator, entra.RoleApplicationAdministrator, entra.RoleCloudApplicationAdministrator}
	consentRoles = append(slices.Clone(adminRoles), entra.RolePrivilegedRoleAdministrator)
)

func hasAny(roles []string, wanted ...string) bool {
	return slices.ContainsFunc(roles, func(r string) bool { return slices.Contains(wanted, r) })
}

// abilities says, before anything is tried, what this person may do here.
func abilities(roles []string, p entra.Policies) []ability {
	creates := hasAny(roles, adminRoles...) || hasAny(roles, entra.RoleApplicationDeveloper)
	var out []ability
	switch {
	case creates:
		out = append(out, ability{State: state{"good", "yes"}, Words: "You may create app registrations: your directory role allows it."})
	case p.UsersMayRegisterApps == nil:
		out = append(out, ability{State: state{"warn", "not known"}, Words: "Whether you may create app registrations could not be read.", Remedy: "The review shows it; an administrator can do the step for you."})
	case *p.UsersMayRegisterApps:
		out = append(out, ability{State: state{"good", "yes"}, Words: "You may create app registrations: this tenant lets every member do so. You become the app's owner."})
	default:
		out = append(out, ability{State: state{"bad", "no"}, Words: "You may not create app registrations: this tenant keeps that to administrators.",
			Remedy: "Somebody with the role Application Developer, Cloud Application Administrator or Application Administrator can. The review has a text to send to them, and the manual way."})
	}
	out = append(out, consentAbility(roles, p))
	if p.SecretsForbidden != nil && *p.SecretsForbidden {
		out = append(out, ability{State: state{"bad", "no"}, Words: "This tenant's policy forbids client secrets on new apps, and the integration needs one.",
			Remedy: "A Global Administrator or a Cloud Application Administrator can exempt this app in the app management policies."})
	}
	return out
}

// consentAbility says who can consent, which takes one more look where users
// may not do so for themselves.
func consentAbility(roles []string, p entra.Policies) ability {
	nobody := p.ConsentPolicies != nil && len(p.ConsentPolicies) == 0
	switch {
	case hasAny(roles, consentRoles...) && nobody:
		return ability{State: state{"good", "yes"}, Words: "You may consent for the whole tenant. Its users may not consent for themselves, so do it here."}
	case hasAny(roles, consentRoles...):
		return ability{State: state{"good", "yes"}, Words: "You may consent for the whole tenant."}
	case nobody:
		return ability{State: state{"bad", "no"}, Words: "You may not consent for the whole tenant, and its users may not consent for themselves.",
			Remedy: "The setup works without, but nobody can connect until an administrator consents. The review has a text to send to them."}
	}
	return ability{State: state{"warn", "no"}, Words: "You may not consent for the whole tenant.",
		Remedy: "The setup leaves that out, unless you choose it. Then each user consents at sign-in where the tenant allows it, or an administrator does it once."}
}

func (h *Handlers) saveTenantStep(c *gin.Context, page *wizardPage) ([]setup.FieldError, error) {
	d, who, err := h.directory(c)
	if err != nil {
		return nil, err
	}
	t, err := d.Tenant(c.Request.Context())
	if err != nil {
		return nil, err
	}
	applied, err := h.applied(c.Request.Context(), page.Env)
	if err != nil {
		return nil, err
	}
	if applied && page.Env.Tenant != t.ID {
		return []setup.FieldError{{Field: "tenant", Message: "This environment's app registration is in another tenant. Sign in there, or set up a new environment for this tenant."}}, nil
	}
	if page.Env.Step == "tenant" { // nobody has decided on consent yet
		roles, err := d.Roles(c.Request.Context())
		if err != nil {
			return nil, err
		}
		page.Env.Spec.SkipConsent = !hasAny(roles, consentRoles...) && !page.Preset.AdminConsent
	}
	page.Env.Tenant, page.Env.TenantName = t.ID, t.DisplayName
	page.Env.Spec.Tenant = string(t.ID)
	page.Env.Owner = who
	return nil, nil
}

// applied reports whether anything may have been made in the tenant: there is
// a result, or something was sent, whatever came of it.
func (h *Handlers) applied(ctx context.Context, env store.Environment) (bool, error) {
	if env.Result != nil {
		return true, nil
	}
	entries, err := h.Store.EnvironmentEntries(ctx, env.ID)
	return len(entries) > 0, err
}
