package handlers

import (
	"slices"
	"strings"

	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/setup"
)

// An ability is one thing the setup needs, and whether this person has it.
type ability struct {
	State  state
	Words  string
	Remedy string
}

// refused: it is known that it will be.
func (a ability) refused() bool { return a.State.Words == "no" }

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
	out := []ability{createAbility(roles, p), consentAbility(roles, p)}
	if secret := secretAbility(p); secret.refused() {
		out = append(out, secret)
	}
	return out
}

// hurdles are what this person will be refused of a plan's changes, as far as
// the tenant tells.
func hurdles(changes []setup.Step, roles []string, p entra.Policies) []ability {
	newApp := slices.ContainsFunc(changes, func(s setup.Step) bool { return s.ID == "application" && s.Action == setup.Create })
	consents := slices.ContainsFunc(changes, func(s setup.Step) bool { return strings.HasPrefix(string(s.ID), "grant:") })
	var asked []ability
	if newApp {
		create := createAbility(roles, p)
		create.Remedy = "Send the text to somebody with the role Application Developer, Cloud Application Administrator or Application Administrator."
		asked = append(asked, create, secretAbility(p))
	}
	if consents {
		consent := consentAbility(roles, p)
		consent.Remedy = "Take it out in the step Permissions, or send the text to an administrator."
		asked = append(asked, consent)
	}
	return slices.DeleteFunc(asked, func(a ability) bool { return !a.refused() })
}

func createAbility(roles []string, p entra.Policies) ability {
	switch {
	case hasAny(roles, adminRoles...) || hasAny(roles, entra.RoleApplicationDeveloper):
		return ability{State: state{"good", "yes"}, Words: "You may create app registrations: your directory role allows it."}
	case p.UsersMayRegisterApps == nil:
		return ability{State: state{"warn", "not known"}, Words: "Whether you may create app registrations could not be read.", Remedy: "Applying the plan shows it; an administrator can do the step for you."}
	case *p.UsersMayRegisterApps:
		return ability{State: state{"good", "yes"}, Words: "You may create app registrations: this tenant lets every member do so. You become the app's owner."}
	}
	return ability{State: state{"bad", "no"}, Words: "You may not create app registrations: this tenant keeps that to administrators.",
		Remedy: "Somebody with the role Application Developer, Cloud Application Administrator or Application Administrator can. The review has a text to send to them, and the manual way."}
}

// secretAbility is about every app that is made from now on, whoever makes it.
func secretAbility(p entra.Policies) ability {
	if p.SecretsForbidden == nil || !*p.SecretsForbidden {
		return ability{State: state{"good", "yes"}}
	}
	return ability{State: state{"bad", "no"}, Words: "This tenant's policy forbids client secrets on new apps, and the integration needs one.",
		Remedy: "A Global Administrator or a Cloud Application Administrator can exempt this app in the app management policies."}
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
