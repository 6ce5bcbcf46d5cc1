package checks

import (
	"fmt"

	"github.com/consentry/consentry/entra"
)

var principalChecks = []*Check{
	{
		ID:       "service-principal-exists",
		Title:    "The app is present in the tenant as an enterprise application",
		Why:      "Consent and assignment hang on it. Until somebody who may consent signs in, nobody else can, and an administrator finds nothing to consent to.",
		Group:    WithGraph,
		Severity: Risks,
		AADSTS:   []int{7000229},
		Cites:    citePrincipals,
		Asks:     []Input{InputClientID},
		Needs:    []Need{NeedPrincipal},
		Wants:    []Need{NeedApplication, NeedOperator},
		After:    []string{"registration-exists"},
		Evaluate: missingPrincipal,
		Shows: func(f *Facts) []Evidence {
			return []Evidence{f.seePrincipal("enterprise application", f.called(), "")}
		},
	},
	{
		ID:       "service-principal-enabled",
		Title:    "Users of the tenant may sign in to the app",
		Why:      "An administrator has switched the app off in this tenant: everybody in it is refused on the sign-in page, whatever was consented to.",
		Group:    WithGraph,
		Severity: Blocks,
		AADSTS:   []int{7000112},
		Cites:    citeDisabledApp,
		Needs:    []Need{NeedPrincipal},
		Wants:    []Need{NeedApplication, NeedOperator},
		After:    []string{"registration-enabled", "service-principal-exists"},
		Evaluate: disabledPrincipal,
	},
	{
		ID:       "devops-principal-exists",
		Title:    "Azure DevOps is present in the tenant",
		Why:      "A tenant that never used Azure DevOps does not know it: the sign-in page refuses the app's request for it.",
		Group:    WithGraph,
		Severity: Blocks,
		AADSTS:   []int{650052, 500011, 65005},
		Cites:    citePrincipals,
		Needs:    []Need{NeedResources},
		Wants:    []Need{NeedOperator},
		Evaluate: missingDevOps,
	},
	{
		ID:       "devops-principal-enabled",
		Title:    "Azure DevOps is enabled in the tenant",
		Why:      "An administrator has switched Azure DevOps off as an enterprise application: no app gets a token for it.",
		Group:    WithGraph,
		Severity: Blocks,
		AADSTS:   []int{500014},
		Cites:    citeDisabledApp,
		Needs:    []Need{NeedResources},
		Wants:    []Need{NeedOperator},
		After:    []string{"devops-principal-exists"},
		Evaluate: disabledDevOps,
	},
}

func missingPrincipal(f *Facts) []Finding {
	if f.Principal.Get() != nil {
		return nil
	}
	finding := Finding{
		Summary: fmt.Sprintf("%s has no enterprise application (service principal) in %s.", f.called(), f.tenantWords()),
		Shown:   []Evidence{f.seePrincipal("service principals with this client ID", "none", f.called())},
		Mend: Remedy{
			Say: "Create the enterprise application, or let an administrator consent.", Who: entra.TenantAdmin, Portal: f.portal(entra.PortalPermissions),
			Steps: []string{
				"The first person of the tenant who may consent creates it by signing in to the integration.",
				"Or an administrator opens the app's permissions and chooses Grant admin consent, which creates it too.",
			},
		},
	}
	if id := f.clientID(); id != "" {
		finding.Mend.Change = entra.CreateServicePrincipal{ClientID: entra.ClientID(id), DisplayName: f.called(), Tags: []string{entra.EnterpriseAppTag}}
	}
	return []Finding{finding}
}

func disabledPrincipal(f *Facts) []Finding {
	p := f.Principal.Get()
	if p == nil || p.Enabled {
		return nil
	}
	yes := true
	return []Finding{{
		Summary: fmt.Sprintf("An administrator of %s has disabled %s there.", f.tenantWords(), f.called()),
		AADSTS:  7000112,
		Shown:   []Evidence{f.seePrincipal("Enabled for users to sign in (accountEnabled)", "No", "Yes")},
		Mend: Remedy{
			Say: "Let users sign in to the app again.", Who: entra.TenantAdmin, Portal: f.enterprisePage(),
			Steps: []string{
				"Ask who disabled it and why; the tenant's audit log has it.",
				"Under Enterprise applications open the app, Properties, and set “Enabled for users to sign in?” to Yes.",
			},
			Change: entra.UpdateServicePrincipal{ID: p.ID, DisplayName: p.DisplayName, Enabled: &yes},
		},
	}}
}

// seeDevOps is evidence from the service principal of Azure DevOps.
func (f *Facts) seeDevOps(what, got, want string) Evidence {
	e := Evidence{What: what, Got: got, Want: want, Command: f.graphCommand("servicePrincipals(appId='" + string(entra.AzureDevOps) + "')")}
	if p, ok := f.Resources.Get()[entra.AzureDevOps]; ok {
		e.Portal = entra.PortalEnterpriseApp(f.Cloud, p.ID, p.ClientID)
	}
	return e
}

func missingDevOps(f *Facts) []Finding {
	if _, ok := f.Resources.Get()[entra.AzureDevOps]; ok {
		return nil
	}
	return []Finding{{
		Summary: fmt.Sprintf("%s does not know Azure DevOps: it has no service principal for it.", f.tenantWords()),
		AADSTS:  650052,
		Shown:   []Evidence{f.seeDevOps("service principal of Azure DevOps", "none", string(entra.AzureDevOps))},
		Mend: Remedy{
			Say: "Create the service principal of Azure DevOps in the tenant.", Who: entra.TenantAdmin,
			Steps: []string{
				"As an administrator who may manage applications run: az ad sp create --id " + string(entra.AzureDevOps),
				"Or connect an Azure DevOps organization to the tenant and sign in to it once.",
			},
			Portal: entra.PortalApp(f.Cloud, "", entra.PortalList),
			Change: entra.CreateServicePrincipal{ClientID: entra.AzureDevOps, DisplayName: resourceWords(entra.AzureDevOps)},
		},
	}}
}

func disabledDevOps(f *Facts) []Finding {
	p, ok := f.Resources.Get()[entra.AzureDevOps]
	if !ok || p.Enabled {
		return nil
	}
	yes := true
	return []Finding{{
		Summary: fmt.Sprintf("Azure DevOps is disabled in %s.", f.tenantWords()),
		AADSTS:  500014,
		Shown:   []Evidence{f.seeDevOps("Enabled for users to sign in (accountEnabled) of Azure DevOps", "No", "Yes")},
		Mend: Remedy{
			Say: "Enable Azure DevOps as an enterprise application.", Who: entra.TenantAdmin, Portal: entra.PortalEnterpriseApp(f.Cloud, p.ID, p.ClientID),
			Steps:  []string{"Ask who disabled it and why: it stops every app that uses Azure DevOps.", "Under Enterprise applications show all application types, open Azure DevOps, Properties, and set “Enabled for users to sign in?” to Yes."},
			Change: entra.UpdateServicePrincipal{ID: p.ID, DisplayName: p.DisplayName, Enabled: &yes},
		},
	}}
}
