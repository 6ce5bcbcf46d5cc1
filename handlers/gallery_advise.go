package handlers

import (
	"github.com/consentry/consentry/advise"
	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/preset"
	"github.com/consentry/consentry/setup"
)

// galleryAdvice is the scope advisor and the guides out of the retired OAuth.
func galleryAdvice(cloud entra.Cloud) []galleryPage {
	chosen := []string{"work-items.work-items.create", "git.repositories.list", "git.statuses.create", "git.repositories.delete", "security.permissions.has-permissions"}
	pages := []galleryPage{
		{"advisor", "advisor.html", newAdvisorPage(nil, "", "")},
		{"advisor-found", "advisor.html", newAdvisorPage(nil, "pull request", "")},
		{"advisor-none-found", "advisor.html", newAdvisorPage(chosen[:1], "weather", "")},
		{"advisor-area", "advisor.html", newAdvisorPage(nil, "", "git")},
		{"advisor-answer", "advisor.html", newAdvisorPage(chosen[:3], "", "")},
		{"advisor-everything", "advisor.html", newAdvisorPage(chosen, "", "")},
		{"advisor-nothing-named", "advisor.html", newAdvisorPage(chosen[4:], "", "")},
		{"legacy", "legacy.html", newLegacyPage("")},
	}
	for name, given := range map[string]callGiven{
		"call":              {},
		"call-bad":          {status: "4o3", have: "eyJhbGciOiJub25lIn0.e30."},
		"call-lacks":        {"POST", "https://dev.azure.com/contoso/Shop/_apis/wit/workitems/$Bug", "403", "vso.work"},
		"call-one-of":       {"POST", "https://dev.azure.com/contoso/Shop/_apis/git/repositories/web/commits/abc/statuses", "403", ""},
		"call-not-a-scope":  {"GET", "https://contoso.visualstudio.com/Shop/_apis/git/repositories", "404", "vso.code"},
		"call-covered":      {"GET", "/contoso/_apis/projects", "401", "user_impersonation"},
		"call-unlisted":     {"POST", "https://dev.azure.com/contoso/_apis/Contribution/HierarchyQuery", "403", "vso.work"},
		"call-no-api":       {"GET", "https://example.com/<script>alert(1)</script>", "", ""},
		"call-another-verb": {"DELETE", "/contoso/_apis/wit/wiql", "403", ""},
	} {
		pages = append(pages, galleryPage{"advisor-" + name, "advisor_call.html", newCallPage(given)})
	}
	for _, g := range advise.Guides() {
		pages = append(pages, galleryPage{"legacy-" + g.Preset.ID, "legacy_guide.html", newGuidePage(g, cloud, "", "")})
	}
	return append(pages, galleryCarried(cloud)...)
}

func galleryCarried(cloud entra.Cloud) []galleryPage {
	cyclr, _ := advise.GuideFor("cyclr")
	const old = "https://app.vssps.visualstudio.com/oauth2/authorize?client_id=33333333-2222-3333-4444-555555555555&response_type=Assertion&scope=vso.work_full%20vso.threads_full%20vso.nonsense&redirect_uri=https%3A%2F%2Facme.cyclr.com%2Fconnector%2Fcallback"
	frontegg, _ := preset.ByID("frontegg")
	spec := setup.Spec{Name: "frontegg", Inputs: map[string]string{"host": "gateway.example.com"}, Scopes: []string{"vso.work_full", "vso.code"}}
	return []galleryPage{
		{"legacy-carried", "legacy_guide.html", newGuidePage(cyclr, cloud, "", old)},
		{"legacy-labels", "legacy_guide.html", newGuidePage(cyclr, cloud, "Work items (full), Code (read)", "https://login.microsoftonline.com/")},
		{"new-with-scopes", "new_environment.html", newEnvironment(frontegg, spec, nil)},
	}
}
