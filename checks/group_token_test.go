package checks

import (
	"testing"
	"time"

	"github.com/consentry/consentry/entra"
)

func TestUnusualTokens(t *testing.T) {
	for _, v := range []variation{
		{"the resource's address as audience", "token-audience", token(func(t *TokenFacts) { t.Audience = "https://app.vssps.visualstudio.com/" }), Passed},
		{"the organization's tenant is not known", "token-tenant", forget(NeedOrganization), Unknown},
		{"no organization given", "token-tenant", typedOrg(""), Unknown},
		{"a broader scope than was asked for", "token-scopes", all(withToken("custom", "vso.work"), token(func(t *TokenFacts) { t.Scopes = []string{"vso.work_full"} })), Passed},
		{"90 minutes", "token-lifetime", token(func(t *TokenFacts) { t.Lifetime = 90 * time.Minute }), Passed},
		{"an integration without known calls", "operations-covered", asks("custom", paragonScope), NotApplicable},
		{"a stakeholder who works on work items", "access-level", func(f *Facts) { set(&f.AccessLevel, "Stakeholder") }, Passed},
		{"a stakeholder, and nothing is known of the calls", "access-level", all(asks("custom", paragonScope), func(f *Facts) { set(&f.AccessLevel, "stakeholder") }), Failed},
		{"a project that the scopes do not let it read", "project-exists", project(ProjectLookup{Status: 401, Code: "UnauthorizedRequestException"}), Unknown},
		{"a member who is a guest", "organization-policies", asGuest, Passed},
		{"a call that was not tried", "person-has-rights", func(f *Facts) { set(&f.Exercises, []Exercise{{Scope: "vso.work"}}) }, Passed},
		{"a call whose scope the token lacks", "person-has-rights", all(withToken("custom", "vso.code"), func(f *Facts) {
			set(&f.Exercises, []Exercise{{Scope: "vso.work", Status: 401, Tried: true}})
		}), Passed},
		{"the connection is not known", "conditional-access-passed", forget(NeedConnection), Passed},
	} {
		v.run(t)
	}
}

func TestWhatFollowsFromTheTokenIsFolded(t *testing.T) {
	for _, tt := range []struct {
		name, check, cause string
		change             func(*Facts)
	}{
		{"an organization of another tenant", "user-is-member", "organization-in-tenant",
			all(answers(stranger), organization(entra.DevOpsOrganization{Slug: "contoso-shop", Exists: true, Connected: true, Tenant: fabrikam}))},
		{"a token of another tenant", "user-is-member", "token-tenant", all(answers(stranger), token(func(t *TokenFacts) { t.Tenant = fabrikam }))},
		{"a token for another service", "organization-reached", "token-audience", all(answers(Connection{Status: 401}), token(func(t *TokenFacts) { t.Audience = "https://graph.microsoft.com" }))},
		{"Conditional Access", "organization-reached", "conditional-access-passed", answers(condition)},
		{"a guest who is refused", "user-is-member", "organization-policies", all(asGuest, answers(stranger))},
		{"no member", "organization-reached", "user-is-member", answers(stranger)},
		{"no member", "project-exists", "user-is-member", all(answers(stranger), project(ProjectLookup{Status: 401}))},
		{"a refresh that Conditional Access refuses", "refresh-works", "conditional-access-passed", token(func(t *TokenFacts) { t.Refresh = RefreshFacts{Asked: true, Came: true, AADSTS: 53003} })},
		{"a refresh with an expired secret", "refresh-works", "secret-present", all(secrets(secretOf("91", "k9X", 400, -1)), token(func(t *TokenFacts) { t.Refresh = RefreshFacts{Asked: true, Came: true, AADSTS: 7000222} }))},
		{"an application's own token", "operations-covered", "token-of-person", token(func(t *TokenFacts) { t.AppOnly, t.Scopes = true, nil })},
	} {
		t.Run(tt.name+"/"+tt.check, func(t *testing.T) {
			if r := resultOf(t, changed(tt.change), tt.check); r.Outcome != Skipped || r.Cause != tt.cause {
				t.Errorf("%s because of %q: %+v", r.Outcome, r.Cause, r.Findings)
			}
		})
	}
}

func TestEachMissingOperationIsNamed(t *testing.T) {
	f := changed(withToken("cyclr", "vso.work"))
	var got []string
	for _, x := range resultOf(t, f, "operations-covered").Findings {
		got = append(got, x.Summary)
	}
	if len(got) != 2 {
		t.Errorf("%q", got)
	}
}
