package checks

import (
	"cmp"
	"fmt"
	"net/url"
	"strings"

	"github.com/consentry/consentry/entra"
)

var tenantChecks = []*Check{
	{
		ID:       "tenant-well-formed",
		Title:    "The tenant is written as Microsoft takes it",
		Why:      "It is part of the address of the sign-in page: with anything else in its place nobody sees more than an error there.",
		Group:    Anonymous,
		Severity: Blocks,
		AADSTS:   []int{900023, 90013, 50059, 50128, 9001023, 9002332},
		Cites:    citeProtocols,
		Asks:     []Input{InputTenant},
		Evaluate: malformedTenant,
		Shows:    showing("tenant, as given", func(f *Facts) string { return f.Given.Tenant }),
	},
	{
		ID:       "tenant-for-work-accounts",
		Title:    "Only work and school accounts are asked to sign in",
		Why:      "Azure DevOps takes no tokens of personal Microsoft accounts from an app. Who picks theirs on the sign-in page gets an error after signing in.",
		Group:    Anonymous,
		Severity: Risks,
		AADSTS:   []int{50020, 50194},
		Cites:    citeProtocols,
		Asks:     []Input{InputTenant},
		After:    []string{"tenant-well-formed"},
		Evaluate: commonTenant,
	},
	{
		ID:       "tenant-exists",
		Title:    "The tenant exists",
		Why:      "Nobody can sign in at a tenant that Microsoft does not know.",
		Group:    Anonymous,
		Severity: Blocks,
		AADSTS:   []int{90002, 900023, 50059, 50128},
		Cites:    citeErrorCodes,
		Asks:     []Input{InputTenant},
		Needs:    []Need{NeedTenant},
		After:    []string{"tenant-well-formed"},
		Evaluate: missingTenant,
		Shows:    showing("tenant ID that the sign-in metadata names", func(f *Facts) string { return cmp.Or(string(f.Tenant.Get().ID), "any: "+f.Given.Tenant) }),
	},
}

// The words that stand for kinds of accounts in the place of a tenant.
const (
	anyWorkTenant = "organizations"
	anyTenant     = "common"
	personalOnly  = "consumers"
	// personalTenant is the tenant of personal Microsoft accounts.
	personalTenant = "9188040d-6c67-4c5b-b112-36a304b66dad"
)

func malformedTenant(f *Facts) []Finding {
	typed := f.Given.Tenant
	clean, extras := trimPasted(typed)
	lower := strings.ToLower(clean)
	_, err := entra.ParseTenant(clean)
	switch {
	case isSample(clean):
		return tenantFinding(f, fmt.Sprintf("%s stands where the tenant belongs: it is a sample's text.", quoted(typed)), "")
	case extras != "":
		return tenantFinding(f, fmt.Sprintf("The tenant was pasted with %s.", extras), clean)
	case strings.Contains(clean, "://") || strings.Contains(clean, "/"):
		return tenantFinding(f, "The tenant is given as an address; only the part that names it is wanted.", tenantInAddress(clean))
	case lower == personalOnly, lower == personalTenant:
		return tenantFinding(f, "The tenant is the one of personal Microsoft accounts, which Azure DevOps takes no tokens from.", anyWorkTenant)
	case lower == anyWorkTenant, lower == anyTenant:
		return nil
	case f.Given.ClientID != "" && strings.EqualFold(clean, strings.TrimSpace(f.Given.ClientID)):
		return tenantFinding(f, "Client ID and tenant are the same ID: one of them stands where the other belongs.", "")
	case err != nil:
		return tenantFinding(f, fmt.Sprintf("%s is neither a tenant ID nor a domain.", quoted(clean)), "")
	}
	return nil
}

// tenantInAddress is the first segment of an address of the sign-in service;
// empty when it holds no tenant.
func tenantInAddress(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return ""
	}
	first, _, _ := strings.Cut(strings.TrimPrefix(u.Path, "/"), "/")
	if _, err := entra.ParseTenant(first); err != nil {
		return ""
	}
	return first
}

func tenantFinding(f *Facts, summary, want string) []Finding {
	say := "Copy the Directory (tenant) ID from the app registration's overview."
	if want != "" {
		say = fmt.Sprintf("Give %s as the tenant.", want)
	} else {
		want = "a tenant ID such as 11111111-2222-3333-4444-555555555555, a domain, or organizations"
	}
	return []Finding{{
		Summary: summary,
		Shown:   []Evidence{{What: "tenant, as given", Got: quoted(f.Given.Tenant), Want: want, Portal: overviewOf(f)}},
		Mend: Remedy{
			Say: say, Who: entra.AppOwner, Portal: overviewOf(f),
			Steps: []string{"Open the app registration's overview and copy Directory (tenant) ID.", "For people of other organizations give organizations instead.", "Put it into the integration, without blanks or quotation marks."},
		},
	}}
}

// overviewOf leads to the registration where its client ID is one, else to the
// list of all.
func overviewOf(f *Facts) string { return f.portal(entra.PortalOverview) }

func (f *Facts) portal(b entra.Blade) string {
	id, err := entra.ParseClientID(f.Given.ClientID)
	if err != nil {
		return entra.PortalApp(f.Cloud, "", entra.PortalList)
	}
	return entra.PortalApp(f.Cloud, id, b)
}

func commonTenant(f *Facts) []Finding {
	if !strings.EqualFold(strings.TrimSpace(f.Given.Tenant), anyTenant) {
		return nil
	}
	return []Finding{{
		Summary: "The integration signs in at common, which lets people pick a personal account.",
		Shown:   []Evidence{{What: "tenant, as given", Got: f.Given.Tenant, Want: anyWorkTenant}},
		Mend: Remedy{
			Say: "Give organizations as the tenant.", Who: entra.AppOwner,
			Steps: []string{"Replace common by organizations in the authorization address and in the token address: both must have the same."},
		},
	}}
}

func missingTenant(f *Facts) []Finding {
	t := f.Tenant.Get()
	if t.Exists {
		return nil
	}
	typed := strings.TrimSpace(f.Given.Tenant)
	return []Finding{{
		Summary: fmt.Sprintf("Microsoft knows no tenant %s.", typed),
		AADSTS:  t.AADSTS,
		Shown: []Evidence{{
			What: "sign-in metadata of the tenant", Got: refusalWords(t.AADSTS, ""), Want: "the addresses to sign in at",
			Command: f.curl() + f.Cloud.Login + "/" + url.PathEscape(typed) + "/v2.0/.well-known/openid-configuration",
		}},
		Mend: Remedy{
			Say: "Copy the Directory (tenant) ID from the app registration's overview.", Who: entra.AppOwner, Portal: overviewOf(f),
			Steps: []string{"Compare the tenant with Directory (tenant) ID in the portal, letter for letter.", "If it is a domain, give the tenant ID instead: a domain must be verified to count.", "A tenant of another Microsoft cloud (US Government, China) is not known here."},
		},
	}}
}

// refusalWords are what the sign-in service answered, by its code.
func refusalWords(aadsts int, oauth string) string {
	switch {
	case aadsts != 0:
		return fmt.Sprintf("AADSTS%d", aadsts)
	case oauth != "":
		return oauth
	}
	return "a refusal without a code"
}
