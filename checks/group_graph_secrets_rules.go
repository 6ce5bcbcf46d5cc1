package checks

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/consentry/consentry/entra"
)

// unaccounted finds secrets that bear a console's mark and that this one has
// no record of. The one in use is not offered for removal: somebody has it.
func unaccounted(f *Facts) []Finding {
	var out []Finding
	used, _ := f.inUse()
	for _, s := range f.live() {
		environment, operation, marked := entra.MarkedSecret(s.Name)
		if !marked || operation == entra.ByHand || slices.Contains(f.Given.Made, s.KeyID) {
			continue
		}
		finding := Finding{
			Summary: fmt.Sprintf("The client secret %s was made for the environment %s on %s, and there is no record of it here.", secretName(s), environment, s.Start.UTC().Format(time.DateOnly)),
			Shown:   []Evidence{f.seeApp(entra.PortalSecrets, "client secret "+secretName(s), endWords(s, f.Now), "removed, or known to another console")},
			Mend: Remedy{
				Say: "Find out whether another console made it; if none did, remove it.", Who: entra.AppOwner, Portal: f.portal(entra.PortalSecrets),
				Steps: []string{"Ask who else sets this app up with a console or with its command line; that one has the record.", "If nobody does, an attempt broke off there: nobody has its value. Under Certificates & secrets delete it."},
			},
		}
		if s.KeyID != used.KeyID {
			finding.Mend.Change = entra.RemoveSecret{App: f.app().ID, Key: s.KeyID}
		}
		out = append(out, finding)
	}
	return out
}

// policyGap is why the tenant's rules on secrets are not known, if they are
// not.
func (f *Facts) policyGap(unread bool) *Gap {
	if !unread {
		return nil
	}
	return &Gap{Why: orElse(strings.Join(f.Policies.Get().Unread, " "), "The tenant's rules on client secrets could not be read."), Would: "Sign in with the permission Policy.Read.All."}
}

// seeAppPolicy is evidence from the tenant's app management policy.
func (f *Facts) seeAppPolicy(got string) []Evidence {
	return []Evidence{{What: "app management policy of the tenant", Got: got, Want: "client secrets of " + about(plannedLifetime), Command: f.graphCommand("policies/defaultAppManagementPolicy")}}
}

// exemptionSteps lead to a secret where the tenant forbids them.
var exemptionSteps = []string{"Show the administrator the app's client ID and what it is for.", "They assign an app management policy to it that allows client secrets.", "Secrets that exist go on working until they end."}

func secretsForbidden(f *Facts) []Finding {
	if !isOn(f.Policies.Get().SecretsForbidden) {
		return nil
	}
	return []Finding{{
		Summary: fmt.Sprintf("%s forbids new client secrets.", f.tenantWords()),
		Shown:   f.seeAppPolicy("no new client secrets (passwordAddition)"),
		Mend: Remedy{
			Say: "Ask an administrator to exempt this app from the policy, before the secret in use ends.", Who: entra.TenantAdmin, Portal: f.portal(entra.PortalSecrets),
			Steps: exemptionSteps,
		},
	}}
}

func shortLived(f *Facts) []Finding {
	most := *f.Policies.Get().MaxSecretLifetime
	if most == 0 || most >= plannedLifetime {
		return nil
	}
	return []Finding{{
		Summary: fmt.Sprintf("%s lets client secrets last %s at most.", f.tenantWords(), about(most)),
		Shown:   f.seeAppPolicy("client secrets of at most " + about(most) + " (passwordLifetime)"),
		Mend: Remedy{
			Say: fmt.Sprintf("Plan to renew the secret every %s, or ask an administrator to exempt the app.", about(most)), Who: entra.AppOwner, Portal: f.portal(entra.PortalSecrets),
			Steps: []string{"Give every new secret a last day within the limit: without one Microsoft takes two years and refuses.", "Enter the date of the next renewal where somebody will see it."},
		},
	}}
}
