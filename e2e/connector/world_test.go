package main

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// A registration is an app registration made for one test.
type registration struct {
	credentials
	ObjectID string
	SecretID string
}

// register makes a multitenant app in a tenant with one redirect URI, the
// permission user_impersonation, and a secret.
func register(t *testing.T, where tenant, redirectURI string) registration {
	t.Helper()
	var app struct{ ID, AppID string }
	where.graph(t, http.MethodPost, "/applications", map[string]any{
		"displayName": t.Name(), "signInAudience": "AzureADMultipleOrgs",
		"web": map[string]any{"redirectUris": []string{redirectURI}},
		"requiredResourceAccess": []map[string]any{{
			"resourceAppId":  azureDevOps,
			"resourceAccess": []map[string]string{{"id": everythingID(t, where), "type": "Scope"}},
		}},
	}, &app)
	var secret struct{ SecretText, KeyID string }
	where.graph(t, http.MethodPost, "/applications/"+app.ID+"/addPassword",
		map[string]any{"passwordCredential": map[string]string{"displayName": "for a test"}}, &secret)
	return registration{credentials{app.AppID, secret.SecretText}, app.ID, secret.KeyID}
}

// everythingID is the permission ID of user_impersonation.
func everythingID(t *testing.T, where tenant) string {
	t.Helper()
	var found struct {
		Value []struct {
			OAuth2PermissionScopes []struct{ ID, Value string }
		}
	}
	where.graph(t, http.MethodGet, "/servicePrincipals?$filter="+url.QueryEscape("appId eq '"+azureDevOps+"'"), nil, &found)
	for _, sp := range found.Value {
		for _, s := range sp.OAuth2PermissionScopes {
			if s.Value == everything {
				return s.ID
			}
		}
	}
	t.Fatalf("%s does not publish %s", azureDevOps, everything)
	return ""
}

// graph sends a request to Graph as the tenant's automation.
func (each tenant) graph(t *testing.T, method, path string, body, into any) {
	t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(t.Context(), method, box.Graph+"/v1.0"+path, strings.NewReader(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+each.automationToken(t))
	r.Header.Set("Content-Type", "application/json")
	send(t, r, into)
}

func (each tenant) automationToken(t *testing.T) string {
	t.Helper()
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {each.Automation.ClientID},
		"client_secret": {each.Automation.ClientSecret}, "scope": {"https://graph.microsoft.com/.default"}}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, box.Login+"/"+each.ID+"/oauth2/v2.0/token", strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	var answer struct {
		AccessToken string `json:"access_token"`
	}
	send(t, r, &answer)
	return answer.AccessToken
}

func send(t *testing.T, r *http.Request, into any) {
	t.Helper()
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	if resp.StatusCode >= 300 {
		t.Fatalf("%s %s: %d %s", r.Method, r.URL.Path, resp.StatusCode, body)
	}
	if into != nil && len(body) > 0 {
		if err := json.Unmarshal(body, into); err != nil {
			t.Fatal(err)
		}
	}
}
