package checks

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/consentry/consentry/entra"
)

var consentChecks = []*Check{
	{
		ID:       "consent-present",
		Title:    "Somebody of the tenant has consented to the app's use of Azure DevOps",
		Why:      "Until then everybody is asked at their first sign-in. Whoever may not consent is stopped there, which is a check of its own.",
		Group:    WithGraph,
		Severity: Advises,
		AADSTS:   []int{65001},
		Cites:    citeConsent,
		Needs:    []Need{NeedPrincipal, NeedResources, NeedGrants},
		Wants:    []Need{NeedApplication, NeedOperator, NeedConsents},
		After:    []string{"service-principal-exists", "devops-principal-exists"},
		Evaluate: noConsent,
		Shows:    consentsShown,
	},
	{
		ID:       "consent-covers-scopes",
		Title:    "The consents cover what the integration asks for",
		Why:      "For what is not covered people are asked again, and whoever may not consent gets a token without it, or none.",
		Group:    WithGraph,
		Severity: Risks,
		AADSTS:   []int{65001},
		Cites:    citeConsent,
		Asks:     []Input{InputScopes},
		Needs:    []Need{NeedPrincipal, NeedResources, NeedGrants},
		Wants:    []Need{NeedApplication, NeedOperator},
		After:    []string{"scopes-known", "consent-present"},
		Evaluate: consentFallsShort,
		Shows:    coverageShown,
	},
	ofRegistration(&Check{
		ID:       "consent-not-excessive",
		Title:    "No consent goes beyond what is registered or asked for",
		Why:      "Consent outlives the list it was given for: tokens go on holding permissions that nobody asks for any more.",
		Severity: Advises,
		Cites:    citeReviewConsent,
		Needs:    []Need{NeedPrincipal, NeedResources, NeedGrants},
		After:    []string{"consent-present"},
		Evaluate: consentTooWide,
	}),
}

// consentWords say for whom a grant stands.
func (f *Facts) consentWords(g entra.Grant) string {
	if g.Type == entra.AllPrincipals {
		return "the whole tenant"
	}
	if me := f.Operator.Or(Operator{}).Person; me.ID == g.Principal && me.UPN != "" {
		return me.UPN
	}
	return "the user with object ID " + string(g.Principal)
}

// consentsShown lists every consent for Azure DevOps, then who gave it and
// when, which a consent itself does not say.
func consentsShown(f *Facts) []Evidence {
	var out []Evidence
	for _, g := range f.devOpsGrants() {
		out = append(out, f.seeGrants("consent for "+f.consentWords(g), orNone(g.Scopes), orNone(f.askedInEffect())))
	}
	e := f.seeGrants("who consented, and when", "not known: "+f.Consents.gap.Why, "")
	if f.Consents.Known() {
		e.Got = recordWords(f.Consents.Get())
	}
	return append(out, e)
}

func recordWords(records []ConsentRecord) string {
	if len(records) == 0 {
		return "not known: the audit log, which keeps a month at most, holds no record of it"
	}
	words := make([]string, len(records))
	for i, r := range records {
		whom := "for themselves"
		if r.All {
			whom = "for the whole tenant"
		}
		words[i] = fmt.Sprintf("%s %s on %s", r.By, whom, r.When.UTC().Format(time.DateOnly))
	}
	return strings.Join(words, "; ")
}

// consentScopes are what a consent is to cover: what is asked for, else what
// is registered.
func (f *Facts) consentScopes() []string {
	if asked := f.askedInEffect(); len(asked) > 0 {
		return asked
	}
	if f.app() != nil {
		return f.registeredScopes()
	}
	return nil
}

// consentForAll covers scopes for the whole tenant, with the consent for it
// that exists or with a new one; nil where one of the parties is missing.
func (f *Facts) consentForAll(scopes []string) entra.Change {
	p, devops := f.Principal.Or(nil), f.Resources.Or(nil)[entra.AzureDevOps]
	if p == nil || devops.ID == "" || len(scopes) == 0 {
		return nil
	}
	if g, ok := forEverybody(f.devOpsGrants()); ok {
		return widened(g, scopes)
	}
	return entra.CreateGrant{Client: p.ID, Resource: devops.ID, ResourceName: resourceWords(entra.AzureDevOps), Type: entra.AllPrincipals, Scopes: scopes}
}

// widened adds scopes to a consent.
func widened(g entra.Grant, scopes []string) entra.Change {
	return entra.SetGrantScopes{Grant: g.ID, ResourceName: resourceWords(entra.AzureDevOps), Scopes: union(g.Scopes, scopes)}
}

// adminConsentSteps lead an administrator to consenting for all.
var adminConsentSteps = []string{
	"As an administrator open the app under Enterprise applications, Permissions, and choose Grant admin consent.",
	"Accept the list; it covers what the registration lists.",
	"Whoever is connected already gets the new permissions with the next token.",
}

func noConsent(f *Facts) []Finding {
	if len(f.devOpsGrants()) > 0 || f.Principal.Get() == nil {
		return nil
	}
	return []Finding{{
		Summary: fmt.Sprintf("Nobody in %s has consented to %s using Azure DevOps.", f.tenantWords(), f.called()),
		AADSTS:  65001,
		Shown:   []Evidence{f.seeGrants("consents for Azure DevOps", "none", orNone(f.consentScopes()))},
		Mend: Remedy{
			Say: "Consent for the whole tenant, or let people consent at their first sign-in.", Who: entra.TenantAdmin, Portal: f.enterprisePage(),
			Steps:  adminConsentSteps,
			Change: f.consentForAll(f.consentScopes()),
		},
	}}
}

// consentFallsShort looks at the consent for the whole tenant where there is
// one, else at that of each user.
func consentFallsShort(f *Facts) []Finding {
	grants, asked := f.devOpsGrants(), f.askedInEffect()
	if all, ok := forEverybody(grants); ok {
		grants = []entra.Grant{all}
	}
	var out []Finding
	for _, g := range grants {
		missing := uncovered(g.Scopes, asked)
		if len(missing) == 0 {
			continue
		}
		out = append(out, Finding{
			Summary: fmt.Sprintf("The consent for %s does not cover %s.", f.consentWords(g), list(missing)),
			AADSTS:  65001,
			Shown:   []Evidence{f.seeGrants("consent for "+f.consentWords(g), orNone(g.Scopes), strings.Join(asked, ", "))},
			Mend: Remedy{
				Say: "Extend the consent, or let people accept the rest at their next sign-in.", Who: entra.TenantAdmin, Portal: f.enterprisePage(),
				Steps:  append([]string{"Make sure that the registration lists what is missing."}, adminConsentSteps...),
				Change: widened(g, missing),
			},
		})
	}
	return out
}

// coverageShown says which consent covers each scope that is asked for.
func coverageShown(f *Facts) []Evidence {
	var out []Evidence
	for _, scope := range f.askedInEffect() {
		for _, g := range f.devOpsGrants() {
			by, ok := entra.Covers(g.Scopes, scope)
			if !ok {
				continue
			}
			got := "consented to for " + f.consentWords(g)
			if !strings.EqualFold(by, scope) {
				got = "implied by " + by + ", " + got
			}
			out = append(out, f.seeGrants(scope, got, ""))
		}
	}
	return out
}

func consentTooWide(f *Facts) []Finding {
	allowed := union(f.registeredScopes(), f.askedByName())
	var out []Finding
	for _, g := range f.devOpsGrants() {
		more := uncovered(allowed, g.Scopes)
		if len(more) == 0 {
			continue
		}
		out = append(out, Finding{
			Summary: fmt.Sprintf("The consent for %s holds %s, which is neither registered nor asked for.", f.consentWords(g), list(more)),
			Shown:   []Evidence{f.seeGrants("consent for "+f.consentWords(g), orNone(g.Scopes), orNone(allowed))},
			Mend: Remedy{
				Say: fmt.Sprintf("Withdraw the consent to %s.", list(more)), Who: entra.TenantAdmin, Portal: f.enterprisePage(),
				Steps:  []string{"Make sure that nothing needs it any more.", "Under Enterprise applications, Permissions, revoke it; tokens given out already hold it for an hour or so."},
				Change: narrowed(g, more),
			},
		})
	}
	return out
}

// narrowed takes scopes out of a consent, and the consent away when none is
// left.
func narrowed(g entra.Grant, remove []string) entra.Change {
	kept := slices.DeleteFunc(slices.Clone(g.Scopes), func(s string) bool { return named(remove, s) })
	if len(kept) == 0 {
		return entra.DeleteGrant{Grant: g.ID, ResourceName: resourceWords(entra.AzureDevOps)}
	}
	return entra.SetGrantScopes{Grant: g.ID, ResourceName: resourceWords(entra.AzureDevOps), Scopes: kept}
}
