package graph

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"slices"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/sandbox"
)

// signedIn is a client with the token of a person who went through the
// sandbox's sign-in pages.
func signedIn(t *testing.T, s *sandbox.Sandbox, tenant sandbox.ReadyTenant, user sandbox.ReadyUser) *Client {
	t.Helper()
	carrier, err := Transport(s.Cloud())
	if err != nil {
		t.Fatal(err)
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	browser := &http.Client{Transport: carrier, Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	const redirect, verifier = "http://localhost/sign-in/callback", "a-verifier-of-forty-three-characters-or-more-"
	code := authorize(t, browser, s.Cloud().AuthorizeURL(tenant.ID)+"?"+url.Values{
		"client_id": {sandbox.ConsoleClientID}, "response_type": {"code"}, "redirect_uri": {redirect}, "scope": {scope},
		"code_challenge": {verifier}, "code_challenge_method": {"plain"}, "login_hint": {user.UserPrincipalName},
	}.Encode(), user.Password)
	resp, err := browser.PostForm(s.Cloud().TokenURL(tenant.ID), url.Values{
		"grant_type": {"authorization_code"}, "client_id": {sandbox.ConsoleClientID}, "code": {code},
		"redirect_uri": {redirect}, "code_verifier": {verifier},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var token struct {
		AccessToken string `json:"access_token"`
		Error       string `json:"error_description"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&token); err != nil || token.AccessToken == "" {
		t.Fatalf("no token for %s: %v %s", user.UserPrincipalName, err, token.Error)
	}
	c, err := New(s.Cloud(), TokenFunc(func(context.Context) (entra.Sensitive, time.Time, error) {
		return entra.NewSensitive(token.AccessToken), time.Now().Add(time.Hour), nil
	}), Options{})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// authorize fills in each page's form until there is a code.
func authorize(t *testing.T, browser *http.Client, address, password string) string {
	t.Helper()
	resp, err := browser.Get(address)
	for range 5 {
		if err != nil {
			t.Fatal(err)
		}
		page, parseErr := goquery.NewDocumentFromReader(resp.Body)
		resp.Body.Close()
		if parseErr != nil {
			t.Fatal(parseErr)
		}
		if to, err := resp.Location(); err == nil {
			if code := to.Query().Get("code"); code != "" {
				return code
			}
			t.Fatalf("no code: %s %s", to.Query().Get("error"), to.Query().Get("error_description"))
		}
		values := url.Values{}
		page.Find("form input[name]").Each(func(_ int, input *goquery.Selection) {
			values.Set(input.AttrOr("name", ""), input.AttrOr("value", ""))
		})
		if !values.Has("passwd") {
			t.Fatalf("a page that asks for no password: %s", page.Text())
		}
		values.Set("passwd", password)
		action, parseErr := resp.Request.URL.Parse(page.Find("form").AttrOr("action", ""))
		if parseErr != nil {
			t.Fatal(parseErr)
		}
		resp, err = browser.PostForm(action.String(), values)
	}
	t.Fatal("sign-in does not end")
	return ""
}

func TestPeopleOfATenant(t *testing.T) {
	s := sharedSandbox(t)
	tenant := tenantOf(t, s, "healthy")
	templates := map[string]string{
		"Global Administrator": entra.RoleGlobalAdministrator, "Application Developer": entra.RoleApplicationDeveloper,
	}
	for _, user := range tenant.Users {
		t.Run(user.UserPrincipalName, func(t *testing.T) {
			c := signedIn(t, s, tenant, user)
			me, err := c.Me(t.Context())
			if err != nil || me.UPN != user.UserPrincipalName || string(me.Tenant) != tenant.ID || me.ID == "" || me.DisplayName == "" {
				t.Errorf("me %+v, %v", me, err)
			}
			roles, err := c.Roles(t.Context())
			if err != nil || len(roles) != len(user.Roles) {
				t.Errorf("roles %q, %v; want %q", roles, err, user.Roles)
			}
			for _, name := range user.Roles {
				if id := templates[name]; !slices.Contains(roles, id) || id == "" {
					t.Errorf("roles %q lack %s", roles, name)
				}
			}
			asked, err := c.directoryRoles(t.Context())
			if err != nil || !slices.Equal(slices.Sorted(slices.Values(asked)), slices.Sorted(slices.Values(roles))) {
				t.Errorf("asked for roles, Graph says %q, %v; the token says %q", asked, err, roles)
			}
			policies, err := c.Policies(t.Context())
			if err != nil || policies.UsersMayRegisterApps == nil {
				t.Errorf("policies %+v, %v; want to know who may register apps", policies, err)
			}
			if administrator := slices.Contains(user.Roles, "Global Administrator"); administrator != (len(policies.Unread) == 0) {
				t.Errorf("unread policies %q for somebody with the roles %q", policies.Unread, user.Roles)
			}
		})
	}
}

func TestConsentForTheTenantNeedsARole(t *testing.T) {
	s := sharedSandbox(t)
	tenant := tenantOf(t, s, "healthy")
	resources, err := automation(t, s, tenant).ServicePrincipals(t.Context(), entra.AzureDevOps, entra.MicrosoftGraph)
	if err != nil || len(resources) != 2 {
		t.Fatal(resources, err)
	}
	for _, user := range tenant.Users {
		_, err := signedIn(t, s, tenant, user).Do(t.Context(), entra.CreateGrant{
			Client: resources[0].ID, Resource: resources[1].ID, Type: entra.AllPrincipals, Scopes: []string{"x.Read"},
		})
		allowed := slices.Contains(user.Roles, "Global Administrator")
		if allowed && err != nil {
			t.Errorf("%s: %v", user.UserPrincipalName, err)
		}
		if !allowed {
			if no := serviceError(t, err); no.Status != 403 || no.Code != "Authorization_RequestDenied" || entra.OutcomeUnknown(err) {
				t.Errorf("%s: %+v; want a refusal", user.UserPrincipalName, no)
			}
		}
	}
}

// toolsOf is a person's client by way of Microsoft's own command line, which
// has more permissions than the console ever asks for.
func toolsOf(t *testing.T, s *sandbox.Sandbox, tenant sandbox.ReadyTenant, user sandbox.ReadyUser) *Client {
	t.Helper()
	carrier, err := Transport(s.Cloud())
	if err != nil {
		t.Fatal(err)
	}
	resp, err := (&http.Client{Transport: carrier}).PostForm(s.Cloud().TokenURL(tenant.ID), url.Values{
		"grant_type": {"password"}, "client_id": {"04b07795-8ddb-461a-bbee-02f9e1bf7b46"}, "scope": {scope},
		"username": {user.UserPrincipalName}, "password": {user.Password},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var token struct {
		AccessToken string `json:"access_token"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&token); err != nil || token.AccessToken == "" {
		t.Fatalf("no token: %d %v", resp.StatusCode, err)
	}
	c, err := New(s.Cloud(), TokenFunc(func(context.Context) (entra.Sensitive, time.Time, error) {
		return entra.NewSensitive(token.AccessToken), time.Now().Add(time.Hour), nil
	}), Options{})
	if err != nil {
		t.Fatal(err)
	}
	return c
}
