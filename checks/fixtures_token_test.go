package checks

import (
	"time"

	"github.com/consentry/consentry/entra"
)

// token changes what the token says about itself.
func token(how func(*TokenFacts)) func(*Facts) {
	return func(f *Facts) {
		t := f.Token.Get()
		how(&t)
		set(&f.Token, t)
	}
}

// answers is what the organization says to the token.
func answers(c Connection) func(*Facts) {
	return func(f *Facts) { set(&f.Connection, c) }
}

var (
	stranger  = Connection{Status: 401, Code: "UnauthorizedRequestException", Text: "TF400813: The user is not authorized to access this resource."}
	condition = Connection{Status: 403, Code: "VssServiceException", Text: "VS403463: The conditional access policy has failed."}
)

var asGuest = token(func(t *TokenFacts) { t.Person.UPN = "joe_fabrikam.example#EXT#@contoso.example" })

func project(p ProjectLookup) func(*Facts) {
	return all(given(func(g *Given) { g.Project = "Shopp" }), func(f *Facts) { set(&f.Project, p) })
}

// withToken is an integration whose token holds the scopes that are asked for.
func withToken(integration string, scopes ...string) func(*Facts) {
	asked := "openid offline_access"
	for _, s := range scopes {
		asked += " " + ado + s
	}
	return all(lists(scopes...), granted(forAll(scopes...)), asks(integration, asked), token(func(t *TokenFacts) { t.Scopes = scopes }))
}

var failingToken = []fixture{
	{Check: "token-audience", Name: "a token for Microsoft Graph", Summary: "The token is for Microsoft Graph",
		Change: token(func(t *TokenFacts) { t.Audience = "https://graph.microsoft.com" })},
	{Check: "token-audience", Name: "a token for something else", Summary: "The token is for api://contoso",
		Change: token(func(t *TokenFacts) { t.Audience = "api://contoso" })},
	{Check: "token-of-person", Name: "client credentials", Summary: "the application's own",
		Change: token(func(t *TokenFacts) { t.AppOnly, t.Scopes, t.Person = true, nil, entra.Person{} })},
	{Check: "token-tenant", Name: "the organization is another tenant's", Summary: "belongs to " + string(contoso),
		Change: token(func(t *TokenFacts) {
			t.Tenant, t.Person.Tenant, t.Issuer = fabrikam, fabrikam, "https://sts.windows.net/"+string(fabrikam)+"/"
		})},
	{Check: "token-tenant", Name: "an issuer that is not the tenant's", Summary: "as its issuer",
		Change: token(func(t *TokenFacts) { t.Issuer = "https://sts.windows.net/" + string(fabrikam) + "/" })},
	{Check: "token-scopes", Name: "consented to after the token was made", Summary: "The token lacks vso.code; it has vso.work",
		Change: all(withToken("custom", "vso.work", "vso.code"), token(func(t *TokenFacts) { t.Scopes = []string{"vso.work"} }))},
	{Check: "token-scopes", Name: "nobody is signed in to the directory", Summary: "The token lacks vso.code",
		Change: all(withToken("custom", "vso.work", "vso.code"), token(func(t *TokenFacts) { t.Scopes = []string{"vso.work"} }), func(f *Facts) {
			for _, n := range directoryNeeds {
				f.Forget(n, "Nobody is signed in to the directory.", "Sign in.")
			}
		})},
	{Check: "token-lifetime", Name: "a day", Summary: "lives 1 day",
		Change: token(func(t *TokenFacts) { t.Lifetime = 24 * time.Hour })},
	{Check: "refresh-works", Name: "asked for, and none came", Summary: "no refresh token came",
		Change: token(func(t *TokenFacts) { t.Refresh = RefreshFacts{Asked: true} })},
	{Check: "refresh-works", Name: "none asked for", Summary: "was not asked for",
		Change: token(func(t *TokenFacts) { t.Refresh = RefreshFacts{} })},
	{Check: "refresh-works", Name: "refused", Summary: "AADSTS700082",
		Change: token(func(t *TokenFacts) { t.Refresh = RefreshFacts{Asked: true, Came: true, AADSTS: 700082} })},
	{Check: "conditional-access-passed", Name: "at Azure DevOps", Summary: "VS403463", Change: answers(condition)},
	{Check: "conditional-access-passed", Name: "at the refresh", Summary: "AADSTS53003",
		Change: token(func(t *TokenFacts) { t.Refresh = RefreshFacts{Asked: true, Came: true, AADSTS: 53003} })},
	{Check: "organization-policies", Name: "a guest is refused", Summary: "who is a guest of its tenant", Change: all(asGuest, answers(stranger))},
	{Check: "user-is-member", Name: "not a member", Summary: "does not let adele@contoso.example in", Change: answers(stranger)},
	{Check: "user-is-member", Name: "told by the code in the text only", Summary: "TF400813",
		Change: answers(Connection{Status: 401, Text: stranger.Text})},
	{Check: "organization-reached", Name: "a sign-in page instead of data", Summary: "does not take the token (status 203)",
		Change: answers(Connection{Status: 203, Code: "NotAuthenticated"})},
	{Check: "organization-reached", Name: "answered as to anybody", Summary: "as it would to anybody",
		Change: answers(Connection{Status: 200, Anonymous: true})},
	{Check: "organization-reached", Name: "slowed down", Summary: "TF400733",
		Change: answers(Connection{Status: 429, Code: "TF400733"})},
	{Check: "access-level", Name: "a stakeholder, and code is read", Summary: "stakeholders cannot read code",
		Change: all(withToken("frontegg", "vso.code", "vso.work", "vso.build", "vso.project"), func(f *Facts) { set(&f.AccessLevel, "stakeholder") })},
	{Check: "access-level", Name: "none", Summary: "has no access level", Change: func(f *Facts) { set(&f.AccessLevel, "none") }},
	{Check: "project-exists", Name: "misspelt", Summary: "Shop may be meant",
		Change: project(ProjectLookup{Status: 404, Code: "ProjectDoesNotExistWithNameException", Others: []string{"Warehouse", "Shop"}})},
	{Check: "project-exists", Name: "no project at all is seen", Summary: "finds no project Shopp",
		Change: project(ProjectLookup{Status: 400, Code: "VS800075"})},
	{Check: "operations-covered", Name: "reading only", Summary: "“Create work item” of Cyclr needs vso.work_write, the token has vso.work.",
		Change: withToken("cyclr", "vso.work")},
	{Check: "operations-covered", Name: "another area only", Summary: "“Get project list” of Paragon needs vso.project, the token has vso.code.",
		Change: withToken("paragon", "vso.code")},
	{Check: "person-has-rights", Name: "the person lacks the right", Summary: "The token has vso.work, but a harmless call",
		Change: func(f *Facts) {
			set(&f.Exercises, []Exercise{{Scope: "vso.work", Method: "POST", Path: "/Shop/_apis/wit/wiql", Status: 403, Tried: true}})
		}},
}
