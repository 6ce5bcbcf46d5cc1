package oauth_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/oauth"
)

const (
	testClient = entra.ClientID("11111111-2222-3333-4444-555555555555")
	workScope  = string(entra.AzureDevOps) + "/vso.work"
)

var began = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

func request() oauth.Request {
	return oauth.Request{
		Tenant: "organizations", ClientID: testClient,
		RedirectURI: "http://localhost:8080/callback",
		Scopes:      []string{workScope, "openid", "offline_access"},
	}
}

func queryOf(t *testing.T, address string) url.Values {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return u.Query()
}

func TestBeginAsksForACodeWithPKCE(t *testing.T) {
	f, to := oauth.Begin(entra.Public(), request(), began)
	if want := "https://login.microsoftonline.com/organizations/oauth2/v2.0/authorize?"; !strings.HasPrefix(to, want) {
		t.Errorf("authorization URL %s should begin with %s", to, want)
	}
	challenge := sha256.Sum256([]byte(f.Verifier))
	want := url.Values{
		"client_id":             {string(testClient)},
		"response_type":         {"code"},
		"response_mode":         {"query"},
		"redirect_uri":          {"http://localhost:8080/callback"},
		"scope":                 {workScope + " openid offline_access"},
		"state":                 {f.State},
		"nonce":                 {f.Nonce},
		"code_challenge":        {base64.RawURLEncoding.EncodeToString(challenge[:])},
		"code_challenge_method": {"S256"},
	}
	if got := queryOf(t, to); got.Encode() != want.Encode() {
		t.Errorf("query\n%s, want\n%s", got.Encode(), want.Encode())
	}
	if strings.Contains(to, f.Verifier) {
		t.Error("the verifier must stay here")
	}
	if !f.Started.Equal(began) || f.RedirectURI != "http://localhost:8080/callback" || f.ClientID != testClient || f.Tenant != "organizations" {
		t.Errorf("the flow must remember what it asked for: %v", f)
	}
}

func TestBeginPassesPromptAndHintOnlyWhenGiven(t *testing.T) {
	r := request()
	r.Prompt, r.LoginHint = "select_account", "anna@contoso.example"
	_, to := oauth.Begin(entra.Public(), r, began)
	q := queryOf(t, to)
	if q.Get("prompt") != "select_account" || q.Get("login_hint") != "anna@contoso.example" {
		t.Errorf("prompt and login_hint are missing: %s", q.Encode())
	}
}

func TestBeginIsFreshEachTime(t *testing.T) {
	seen := map[string]bool{}
	for range 200 {
		f, _ := oauth.Begin(entra.Public(), request(), began)
		for _, s := range []string{f.State, f.Nonce, f.Verifier} {
			if len(s) < 22 {
				t.Fatalf("%d characters are less than 128 bits", len(s))
			}
			seen[s] = true
		}
	}
	if len(seen) != 600 {
		t.Errorf("%d distinct values of 600", len(seen))
	}
}

func TestATenantCannotLeadElsewhere(t *testing.T) {
	r := request()
	r.Tenant = "../../evil?x=/"
	_, to := oauth.Begin(entra.Public(), r, began)
	u, err := url.Parse(to)
	if err != nil || u.Host != "login.microsoftonline.com" || !strings.HasSuffix(u.EscapedPath(), "/oauth2/v2.0/authorize") || strings.Count(u.EscapedPath(), "/") != 4 {
		t.Errorf("the tenant escaped its path segment: %s", to)
	}
}

func TestBeginAdminConsentAsksForOneResource(t *testing.T) {
	r := request()
	r.Tenant = "contoso.example"
	r.Scopes = []string{workScope, "https://graph.microsoft.com/User.Read", "offline_access"}
	f, to := oauth.BeginAdminConsent(entra.Public(), r, began)
	if want := "https://login.microsoftonline.com/contoso.example/v2.0/adminconsent?"; !strings.HasPrefix(to, want) {
		t.Errorf("URL %s should begin with %s", to, want)
	}
	q := queryOf(t, to)
	if q.Get("scope") != workScope+" offline_access" {
		t.Errorf("scope %q names another resource", q.Get("scope"))
	}
	if f.State == "" || q.Get("state") != f.State || q.Get("client_id") != string(testClient) || q.Get("redirect_uri") != r.RedirectURI {
		t.Errorf("query %s", q.Encode())
	}
	if q.Has("code_challenge") || q.Has("response_type") {
		t.Error("no code comes back from admin consent")
	}
}

func TestCheckComparesState(t *testing.T) {
	for name, c := range map[string]struct {
		expected, came string
		ok             bool
	}{
		"the same":                 {"abc", "abc", true},
		"another":                  {"abc", "abd", false},
		"a prefix":                 {"abc", "ab", false},
		"none came":                {"abc", "", false},
		"none expected":            {"", "abc", false},
		"none expected, none came": {"", "", false},
	} {
		err := oauth.Flow{State: c.expected}.Check(oauth.Callback{State: c.came})
		if (err == nil) != c.ok {
			t.Errorf("%s: error %v", name, err)
		}
		if err != nil && !errors.Is(err, oauth.ErrState) {
			t.Errorf("%s: %v is not ErrState", name, err)
		}
	}
}

func TestAFlowSurvivesStorageAndPrintsNoSecret(t *testing.T) {
	f, _ := oauth.Begin(entra.Public(), request(), began)
	stored, err := json.Marshal(f)
	if err != nil {
		t.Fatal(err)
	}
	var back oauth.Flow
	if err := json.Unmarshal(stored, &back); err != nil {
		t.Fatal(err)
	}
	if back.Verifier != f.Verifier || back.State != f.State || back.Nonce != f.Nonce || !back.Started.Equal(f.Started) {
		t.Error("a flow must come back from storage as it went")
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x"} {
		for _, printed := range []string{fmt.Sprintf(verb, f), fmt.Sprintf(verb, &f)} {
			for _, secret := range []string{f.Verifier, f.State, f.Nonce} {
				if strings.Contains(printed, secret) {
					t.Errorf("%s prints a secret of the flow", verb)
				}
			}
		}
	}
}

func TestAFlowExpires(t *testing.T) {
	f := oauth.Flow{Started: began}
	if f.ExpiredAt(began.Add(oauth.FlowLifetime)) {
		t.Error("a flow must live as long as it says")
	}
	if !f.ExpiredAt(began.Add(oauth.FlowLifetime + time.Second)) {
		t.Error("a flow must end")
	}
}
