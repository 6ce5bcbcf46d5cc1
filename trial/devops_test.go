package trial_test

import (
	"slices"
	"testing"
	"time"

	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/oauth"
)

// token redeems a consent to scopes of Azure DevOps for a person.
func (c *cloud) token(scenario, name string, scopes ...string) oauth.Tokens {
	c.t.Helper()
	u := c.user(c.tenant(scenario), name)
	flow, p := c.leave(c.trial(scopes...))
	p.signIn(u.UserPrincipalName, u.Password)
	if p.answer == nil {
		p.press("Accept")
	}
	tokens, err := c.oauth.Redeem(c.t.Context(), flow, oauth.ParseCallback(p.answer).Code, c.secret)
	if err != nil {
		c.t.Fatal(err)
	}
	return tokens
}

func TestEveryReadIsAnswered(t *testing.T) {
	c := start(t, "user_impersonation")
	token := c.token("healthy", "admin", "user_impersonation").Access
	exercised := 0
	for _, s := range entra.DevOpsScopes() {
		e := c.devops.Exercise(t.Context(), "contoso", "Web Shop", s.Value, token)
		if e.Exercised {
			exercised++
		}
		if e.Exercised && !e.OK {
			t.Errorf("%+v", e)
		}
	}
	if exercised < 40 {
		t.Errorf("only %d scopes have a read", exercised)
	}
}

func TestAReadNeedsItsScope(t *testing.T) {
	c := start(t, "vso.wiki")
	token := c.token("healthy", "user", "vso.wiki").Access
	for scope, want := range map[string]bool{"vso.wiki": true, "vso.work": false, "vso.code": false, "vso.variablegroups_read": false, "vso.graph": false} {
		if e := c.devops.Exercise(t.Context(), "contoso", "Web Shop", scope, token); e.OK != want || !e.Exercised {
			t.Errorf("a token for vso.wiki: %+v", e)
		}
	}
}

func TestTheTokensUserIsFoundWithProjectsAndOrganizations(t *testing.T) {
	c := start(t, "user_impersonation")
	user := c.user(c.tenant("healthy"), "user")
	token := c.token("healthy", "user", "user_impersonation").Access
	who, err := c.devops.Connection(t.Context(), "contoso", token)
	if err != nil || who.Anonymous || who.Account != user.UserPrincipalName {
		t.Errorf("%+v, %v", who, err)
	}
	projects, err := c.devops.Projects(t.Context(), "contoso", token)
	if err != nil || len(projects) != 2 {
		t.Errorf("%+v, %v", projects, err)
	}
	slugs, err := c.devops.Accounts(t.Context(), token)
	if err != nil || !slices.Contains(slugs, "contoso") || slices.Contains(slugs, "fabrikam") {
		t.Errorf("%q, %v", slugs, err)
	}
}

func TestLookupInTheSandbox(t *testing.T) {
	c := start(t, "vso.work")
	for slug, want := range map[string]entra.DevOpsOrganization{
		"contoso":           {Exists: true, Connected: true, Tenant: entra.TenantID(c.tenant("healthy").ID)},
		"northwind":         {Exists: true, Connected: true, Tenant: entra.TenantID(c.tenant("healthy").ID)},
		"fabrikam":          {Exists: true, Connected: true, Tenant: entra.TenantID(c.tenant("admin consent required").ID)},
		"personal-projects": {Exists: true},
		"nobody-has-this":   {},
	} {
		got, err := c.devops.Lookup(t.Context(), slug)
		want.Slug, want.Checked = slug, got.Checked
		if err != nil || got != want || got.Checked == "" {
			t.Errorf("%+v, %v", got, err)
		}
	}
}

func TestAnIDTokenIsProvenWhereverThePersonSignedIn(t *testing.T) {
	c := start(t, "vso.work")
	home := c.tenant("healthy")
	user := c.user(home, "user")
	for _, tenant := range []string{"organizations", home.ID, home.Domain} {
		run := c.trial("vso.work")
		run.Tenant = tenant
		flow, p := c.leave(run)
		p.signIn(user.UserPrincipalName, user.Password)
		if p.answer == nil {
			p.press("Accept")
		}
		tokens, err := c.oauth.Redeem(t.Context(), flow, oauth.ParseCallback(p.answer).Code, c.secret)
		if err != nil {
			t.Fatalf("%s: %v", tenant, err)
		}
		who, err := c.oauth.VerifyIDToken(t.Context(), flow, tokens.ID)
		if err != nil || string(who.Tenant) != home.ID || who.UPN != user.UserPrincipalName {
			t.Errorf("%s: %+v, %v", tenant, who, err)
		}
		other, _ := oauth.Begin(c.sandbox.Cloud(), oauth.Request{Tenant: tenant, ClientID: c.app.ClientID}, time.Now())
		if _, err := c.oauth.VerifyIDToken(t.Context(), other, tokens.ID); err == nil {
			t.Errorf("%s: the ID token of one flow proves another", tenant)
		}
	}
}
