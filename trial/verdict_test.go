package trial

import (
	"strings"
	"testing"

	"github.com/consentry/consentry/azuredevops"
	"github.com/consentry/consentry/preset"
)

// good is a report with nothing to complain about.
func good() Report {
	return Report{
		HasToken: true, AudienceOK: true, ResourceName: "Azure DevOps", RefreshAsked: true, RefreshCame: true, RefreshWorks: true,
		Scopes:       []ScopeRow{{Scope: "vso.work", Asked: true, Registered: true, Consented: true, InToken: true}},
		Organization: Reach{Name: "contoso", Tried: true, OK: true},
		Project:      Reach{Name: "Web Shop", Tried: true, OK: true},
		Exercises:    []azuredevops.Exercise{{Scope: "vso.work", Exercised: true, OK: true}, {Scope: "vso.release"}},
	}
}

func TestVerdictNamesTheFirstProblem(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*Report)
		trial  Trial
		ok     bool
		words  string
	}{
		"all is well":                     {func(*Report) {}, Trial{}, true, "It works: the token reaches contoso and Web Shop"},
		"no organization was named":       {func(r *Report) { r.Organization, r.Project = Reach{}, Reach{} }, Trial{}, true, "not put to use"},
		"no project was tried":            {func(r *Report) { r.Project = Reach{Note: "none"} }, Trial{}, true, "reaches contoso and holds"},
		"another audience":                {func(r *Report) { r.AudienceOK, r.ResourceName = false, "Microsoft Graph" }, Trial{}, false, "for Microsoft Graph"},
		"an unnamed audience":             {func(r *Report) { r.AudienceOK, r.ResourceName, r.Audience = false, "", "api://x" }, Trial{}, false, "for api://x"},
		"a scope is missing":              {func(r *Report) { r.Scopes[0].InToken, r.Scopes[0].Differs = false, true }, Trial{}, false, "lacks vso.work"},
		"the organization is not reached": {func(r *Report) { r.Organization = Reach{Name: "contoso", Tried: true, Cause: "Because."} }, Trial{}, false, "does not reach the organization contoso. Because."},
		"the project is not reached":      {func(r *Report) { r.Project = Reach{Name: "Web Shop", Tried: true, Cause: "Because."} }, Trial{}, false, "not the project Web Shop"},
		"no refresh token":                {func(r *Report) { r.RefreshCame, r.RefreshWorks = false, false }, Trial{}, false, "no refresh token came"},
		"a refresh token that fails":      {func(r *Report) { r.RefreshWorks, r.RefreshNote = false, "Because." }, Trial{}, false, "refresh token does not: access ends with it. Because."},
		"none was asked for":              {func(r *Report) { r.RefreshAsked, r.RefreshCame, r.RefreshWorks = false, false, false }, Trial{}, true, "It works"},
		"a read was refused":              {func(r *Report) { r.Exercises[0].OK = false }, Trial{}, false, "refused what needs vso.work"},
		"a difference that does not matter": {func(r *Report) {
			r.Scopes = append(r.Scopes, ScopeRow{Scope: "vso.code", Consented: true, InToken: true, Differs: true})
		}, Trial{}, true, "It works"},
		"the same where lists must be equal": {func(r *Report) {
			r.Scopes = append(r.Scopes, ScopeRow{Scope: "vso.code", Consented: true, InToken: true, Differs: true})
		}, Trial{Compare: preset.Exact}, false, "not equal"},
		"an administrator's consent": {func(r *Report) { *r = Report{Scopes: r.Scopes} }, Trial{Kind: AdminConsent}, true, "An administrator consented"},
	} {
		r := good()
		c.change(&r)
		r.judge(c.trial)
		if r.OK != c.ok || !strings.Contains(r.Verdict, c.words) {
			t.Errorf("%s: %v %q", name, r.OK, r.Verdict)
		}
		if strings.Contains(r.Verdict, "\n") || !r.OK && r.Next == "" && !strings.Contains(r.Verdict, "Because.") && !strings.Contains(r.Verdict, "not equal") {
			t.Errorf("%s: %q leaves the person without a next step", name, r.Verdict)
		}
	}
}
