package checks

import (
	"fmt"

	"github.com/consentry/consentry/entra"
)

var organizationChecks = []*Check{
	{
		ID:       "organization-well-formed",
		Title:    "The Azure DevOps organization is named as Azure DevOps names it",
		Why:      "The integration asks an organization that cannot exist, so that nothing of Azure DevOps is found.",
		Group:    Anonymous,
		Severity: Blocks,
		Cites:    citeOrgNames,
		Asks:     []Input{InputOrganization},
		Evaluate: malformedOrganization,
	},
	{
		ID:       "organization-exists",
		Title:    "The Azure DevOps organization exists",
		Why:      "People sign in, but nothing of Azure DevOps is found afterwards.",
		Group:    Anonymous,
		Severity: Blocks,
		Cites:    citeOrgNames,
		Asks:     []Input{InputOrganization},
		Needs:    []Need{NeedOrganization},
		After:    []string{"organization-well-formed"},
		Evaluate: missingOrganization,
		Shows:    func(f *Facts) []Evidence { return seenAt(f, "answer of Azure DevOps", "the organization exists", "") },
	},
	{
		ID:       "organization-connected",
		Title:    "The Azure DevOps organization is connected to Microsoft Entra",
		Why:      "An organization of personal Microsoft accounts takes no tokens of an Entra app, whatever else is set up.",
		Group:    Anonymous,
		Severity: Blocks,
		Cites:    citeOrgEntra,
		Asks:     []Input{InputOrganization},
		Needs:    []Need{NeedOrganization},
		After:    []string{"organization-exists"},
		Evaluate: unconnectedOrganization,
		Shows: func(f *Facts) []Evidence {
			return seenAt(f, "tenant of the organization", string(f.Organization.Get().Tenant), "")
		},
	},
	{
		ID:       "organization-in-tenant",
		Title:    "The Azure DevOps organization belongs to the tenant that is signed in at",
		Why:      "People sign in and accept, and then Azure DevOps refuses them all: it knows the accounts of its own tenant only.",
		Group:    Anonymous,
		Severity: Blocks,
		AADSTS:   []int{50020},
		Cites:    citeOrgEntraAccess,
		Asks:     []Input{InputOrganization},
		Needs:    []Need{NeedOrganization},
		Wants:    []Need{NeedTenant, NeedToken},
		After:    []string{"organization-connected", "tenant-exists"},
		Open:     noTenantKnown,
		Evaluate: foreignOrganization,
	},
}

func malformedOrganization(f *Facts) []Finding {
	typed := f.Given.Organization
	clean, extras := trimPasted(typed)
	_, _, err := entra.ParseOrganization(clean)
	var summary, want string
	switch {
	case isSample(clean):
		summary = fmt.Sprintf("%s stands where the organization belongs: it is a sample's text.", quoted(typed))
	case extras != "":
		summary, want = fmt.Sprintf("The organization was pasted with %s.", extras), clean
	case err != nil:
		summary = sentence(err)
	default:
		return nil
	}
	if want == "" {
		want = "letters, digits and hyphens, at most 50, as after " + f.Cloud.DevOps + "/"
	}
	return []Finding{{
		Summary: summary,
		Shown:   []Evidence{{What: "organization, as given", Got: quoted(typed), Want: want}},
		Mend: Remedy{
			Say: "Give the name that stands after " + f.Cloud.DevOps + "/ in the address.", Who: entra.AppOwner,
			Steps: []string{"Open the organization in Azure DevOps.", "Copy what stands in the address right after " + f.Cloud.DevOps + "/.", "Put it into the integration."},
		},
	}}
}

// seenAt is the evidence for what anybody can learn about an organization.
func seenAt(f *Facts, what, got, want string) []Evidence {
	o := f.Organization.Get()
	e := Evidence{What: what, Got: got, Want: want}
	if slug, _, err := entra.ParseOrganization(o.Slug); err == nil {
		e.Portal = entra.OrganizationSettings(f.Cloud, slug, entra.SettingsEntra)
		e.Command = entra.VerifyOrganization(f.Cloud, slug)[0].Line
	}
	return []Evidence{e}
}

func missingOrganization(f *Facts) []Finding {
	o := f.Organization.Get()
	if o.Exists {
		return nil
	}
	return []Finding{{
		Summary: fmt.Sprintf("Azure DevOps knows no organization %s.", o.Slug),
		Shown:   seenAt(f, "answer of Azure DevOps", "no such organization", "an organization"),
		Mend: Remedy{
			Say: "Copy the organization's name from its address in Azure DevOps.", Who: entra.AppOwner,
			Steps: []string{"Open Azure DevOps and choose the organization.", "Copy what stands in the address right after " + f.Cloud.DevOps + "/; the name of a project or of the company may differ.", "Put it into the integration."},
		},
	}}
}

func unconnectedOrganization(f *Facts) []Finding {
	o := f.Organization.Get()
	if o.Connected {
		return nil
	}
	return []Finding{{
		Summary: fmt.Sprintf("The organization %s is one of personal Microsoft accounts.", o.Slug),
		Shown:   seenAt(f, "tenant of the organization", "none", "the tenant of the people who sign in"),
		Mend: Remedy{
			Say: "Connect the organization to the tenant.", Who: entra.OrganizationAdmin,
			Steps: []string{
				"Read first what it does to the people in the organization: " + citeOrgEntra,
				"As the organization's owner and a member of the tenant open Organization settings, Microsoft Entra.",
				"Choose Connect directory, then the tenant, and confirm.",
			},
			Portal: settingsOf(f, entra.SettingsEntra),
		},
	}}
}

// settingsOf leads to a page of the organization's settings; empty when its
// name is none.
func settingsOf(f *Facts, page entra.SettingsPage) string {
	slug, _, err := entra.ParseOrganization(f.Organization.Get().Slug)
	if err != nil {
		return ""
	}
	return entra.OrganizationSettings(f.Cloud, slug, page)
}

// signedInAt is the tenant of the people who sign in: the one that was given,
// else that of the person who tried. Whoever reads the directory may be of
// another.
func signedInAt(f *Facts) entra.TenantID {
	if id := f.Tenant.Or(TenantLookup{}).ID; id != "" {
		return id
	}
	return f.Token.Or(TokenFacts{}).Tenant
}

func noTenantKnown(f *Facts) *Gap {
	if signedInAt(f) != "" {
		return nil
	}
	return &Gap{Why: "Which tenant people sign in at is not known.", Would: "Give the tenant's ID or one of its domains, or run a test consent.", NotGiven: true}
}

func foreignOrganization(f *Facts) []Finding {
	o, at := f.Organization.Get(), signedInAt(f)
	if o.Tenant == at {
		return nil
	}
	return []Finding{{
		Summary: fmt.Sprintf("The organization %s belongs to the tenant %s, and people sign in at %s.", o.Slug, o.Tenant, at),
		Shown:   seenAt(f, "tenant of the organization", string(o.Tenant), string(at)),
		Mend: Remedy{
			Say: "Let people sign in at the organization's tenant.", Who: entra.AppOwner, Portal: settingsOf(f, entra.SettingsEntra),
			Steps: []string{
				fmt.Sprintf("Give %s, or organizations, as the tenant in the integration; the app must be open to other tenants then.", o.Tenant),
				"Or give the organization that belongs to the tenant of the people who sign in.",
				"Or let the organization's owner connect it to the other tenant: Organization settings, Microsoft Entra, Switch directory.",
			},
		},
	}}
}
