package sandbox

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"
)

func journalOf(t *testing.T, s *Sandbox, query string) []Request {
	t.Helper()
	got := send(t, s, "GET", s.Ready().Journal+query, "")
	var list []Request
	if err := json.Unmarshal(got.body, &list); err != nil {
		t.Fatalf("%v: %s", err, got.body)
	}
	return list
}

func TestJournalTellsWhoCalledWhat(t *testing.T) {
	s := start(t, Options{})
	token := tokenFor(t, s, contosoDeveloper, everything)
	send(t, s, "GET", s.Ready().TLS.DevOps+"/contoso/_apis/projects?$top=1", "", "Authorization", "Bearer "+token, "client-request-id", "abc")
	send(t, s, "POST", s.Ready().Login+"/contoso.sandbox.invalid/oauth2/v2.0/token",
		url.Values{"client_id": {"my-client"}, "grant_type": {"refresh_token"}, "refresh_token": {"s3cret"}, "client_secret": {"s3cret"}}.Encode(),
		"Content-Type", "application/x-www-form-urlencoded")

	list := journalOf(t, s, "")
	if len(list) != 2 {
		t.Fatalf("%d entries, want 2: %+v", len(list), list)
	}
	projects, grant := list[0], list[1]
	if projects.Path != "/contoso/_apis/projects?$top=1" || projects.Service != serviceDevOps || !projects.TLS || projects.Status != 200 || projects.Outcome != Answered {
		t.Errorf("entry %+v", projects)
	}
	if projects.User != contosoDeveloper || projects.ClientID != ConsoleClientID || projects.TenantID != s.world.tenantOf("contoso.sandbox.invalid").ID || projects.ClientRequestID != "abc" {
		t.Errorf("caller of %+v", projects)
	}
	if grant.ClientID != "my-client" || grant.GrantType != "refresh_token" || grant.TLS {
		t.Errorf("token request %+v", grant)
	}
	if text := string(send(t, s, "GET", s.Ready().Journal, "").body); strings.Contains(text, "s3cret") || strings.Contains(text, token) {
		t.Errorf("the journal holds a secret: %s", text)
	}
}

func TestJournalIsFilteredAndCleared(t *testing.T) {
	s := start(t, Options{})
	send(t, s, "GET", s.Ready().DevOps+"/a", "")
	send(t, s, "GET", s.Ready().VSSPS+"/b", "")
	if got := journalOf(t, s, "?service=vssps"); len(got) != 1 || got[0].Path != "/b" {
		t.Errorf("?service=vssps: %+v", got)
	}
	if got := journalOf(t, s, "?since=1"); len(got) != 1 || got[0].Seq != 2 {
		t.Errorf("?since=1: %+v", got)
	}
	if got := send(t, s, "GET", s.Ready().Journal+"?since=x", ""); got.StatusCode != http.StatusBadRequest {
		t.Errorf("?since=x: %d", got.StatusCode)
	}
	if got := send(t, s, "DELETE", s.Ready().Journal, ""); got.StatusCode != http.StatusNoContent {
		t.Errorf("DELETE: %d", got.StatusCode)
	}
	if got := journalOf(t, s, ""); len(got) != 0 {
		t.Errorf("after DELETE: %+v", got)
	}
	send(t, s, "GET", s.Ready().DevOps+"/c", "")
	if got := journalOf(t, s, ""); len(got) != 1 || got[0].Seq != 3 {
		t.Errorf("numbers must go on after clearing: %+v", got)
	}
}

func TestJournalForgetsTheOldest(t *testing.T) {
	j := newJournal(time.Now)
	for i := range journalSize + 5 {
		j.open(httptest.NewRequestWithContext(t.Context(), "GET", fmt.Sprintf("/%d", i), http.NoBody))
	}
	list := j.list("", 0)
	if len(list) != journalSize || list[0].Path != "/5" {
		t.Errorf("%d entries from %s, want %d from /5", len(list), list[0].Path, journalSize)
	}
}

func TestJournalWithholdsValuesThatCouldBeSecret(t *testing.T) {
	for _, c := range []struct{ service, url, want string }{
		{serviceLogin, "/t/oauth2/v2.0/authorize?client_id=a&state=b&nonce=c&scope=d+e&code_challenge=f", "/t/oauth2/v2.0/authorize?client_id=a&state=redacted&nonce=redacted&scope=d+e&code_challenge=redacted"},
		{serviceLogin, "/t?code=a&CODE=b&c%6fde=c", "/t?code=redacted&CODE=redacted&c%6fde=redacted"},
		{serviceLogin, "/t?whatever=a", "/t?whatever=redacted"},
		{serviceLogin, "/t?%zz=a", "/t?%zz=redacted"},
		{serviceGraph, "/v1.0/applications?$filter=appId%20eq%20'a'&$skiptoken=b", "/v1.0/applications?$filter=appId%20eq%20'a'&$skiptoken=b"},
		{serviceGraph, "/v1.0/me?access_token=a", "/v1.0/me?access_token=redacted"},
		{serviceDevOps, "/o/_apis/projects?continuationToken=3", "/o/_apis/projects?continuationToken=3"},
		{serviceDevOps, "/o/%2e%2e/x", "/o/%2e%2e/x"},
	} {
		path, query, _ := strings.Cut(c.url, "?")
		u := &url.URL{Path: path, RawQuery: query}
		if p, err := url.PathUnescape(path); err == nil {
			u.Path, u.RawPath = p, path
		}
		if got := safePath(c.service, u); got != c.want {
			t.Errorf("%s %s: %s, want %s", c.service, c.url, got, c.want)
		}
	}
}
