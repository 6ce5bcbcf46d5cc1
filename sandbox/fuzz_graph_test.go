package sandbox

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// fuzzedPaths are where query options mean something.
var fuzzedPaths = []string{
	"/v1.0/applications", "/v1.0/servicePrincipals", "/v1.0/oauth2PermissionGrants", "/v1.0/applications/$count",
	"/v1.0/directory/deletedItems/microsoft.graph.application", "/v1.0/me/transitiveMemberOf", "/v1.0/me", "/beta/applications",
}

// FuzzQuery: whatever the query options, the answer is a page or a refusal. A
// page holds no more than was asked for, and its link leads on: to the next
// objects, never to the same ones again.
func FuzzQuery(f *testing.F) {
	for i, query := range []string{
		"$filter=displayName eq 'Team dashboard'&$select=id,appId", "$filter=tags/any(t:t eq 'x') and not(id in ('a','b'))&$count=true",
		"$top=2&$orderby=displayName desc", "$top=1&$skiptoken=x", "$top=1&$select=id&$expand=owners($select=id,displayName)",
		"$search=\"displayName:team\" AND \"displayName:dash\"&$count=true", "$search=\"a\"", "$expand=owners,owners", "$expand=owners(", "$select=*",
		"$select=,", "$select=id,ID,iD", "$top=-1&$top=2", "$format=json&$skip=1", "$filter=", "%", "$filter=%27", "$orderby=createdDateTime asc,displayName",
		"$filter=startswith(displayName,'T') or endswith(displayName,'d')&$count=true", "$count=true&$top=999", "$filter=requiredResourceAccess/any(r:r/resourceAppId eq '" + devopsAppID + "')",
	} {
		f.Add(uint8(i), query, i%2 == 0)
	}
	w := newFuzzedWorld(f)
	f.Fuzz(func(t *testing.T, where uint8, query string, advanced bool) {
		path := fuzzedPaths[int(where)%len(fuzzedPaths)]
		rec := w.graph(t, http.MethodGet, path, query, "", advanced)
		switch {
		case rec.Code == http.StatusBadRequest:
			holdRefusal(t, rec.Body.Bytes())
		case rec.Code != http.StatusOK:
			t.Fatalf("%d %s", rec.Code, rec.Body)
		case rec.Header().Get("Content-Type") == "text/plain":
			if _, err := strconv.Atoi(rec.Body.String()); err != nil {
				t.Errorf("a count of %s", rec.Body)
			}
		default:
			w.holdPage(t, path, query, advanced, rec.Body.Bytes())
		}
	})
}

func holdRefusal(t *testing.T, body []byte) {
	t.Helper()
	var refusal struct {
		Error struct {
			Code, Message string
			InnerError    map[string]string
		}
	}
	if err := json.Unmarshal(body, &refusal); err != nil || refusal.Error.Code == "" || refusal.Error.Message == "" || refusal.Error.InnerError["date"] == "" {
		t.Errorf("refused with %s (%v)", body, err)
	}
}

// A graphPage is what is common to all answers with objects.
type graphPage struct {
	Value []map[string]any
	Next  string `json:"@odata.nextLink"`
	Count *int   `json:"@odata.count"`
}

func (w *fuzzedWorld) holdPage(t *testing.T, path, query string, advanced bool, body []byte) {
	t.Helper()
	var page, next graphPage
	if err := json.Unmarshal(body, &page); err != nil {
		t.Fatalf("%v: %s", err, body)
	}
	asked, _ := url.ParseQuery(query) // what can be read counts
	top, err := strconv.Atoi(asked.Get("$top"))
	if err != nil {
		top = defaultPageSize
	}
	if len(page.Value) > top || page.Count != nil && *page.Count < len(page.Value) {
		t.Errorf("%d objects of %v on a page of %d", len(page.Value), page.Count, top)
	}
	if page.Next == "" {
		return
	}
	link, err := url.Parse(page.Next)
	if err != nil {
		t.Fatalf("the link %q: %v", page.Next, err)
	}
	rec := w.graph(t, http.MethodGet, path, link.RawQuery, "", advanced)
	if err := json.Unmarshal(rec.Body.Bytes(), &next); err != nil || rec.Code != http.StatusOK {
		t.Fatalf("the link %q: %d %s (%v)", page.Next, rec.Code, rec.Body, err)
	}
	seen := func(v map[string]any) bool {
		return v["id"] != nil && slices.ContainsFunc(page.Value, func(o map[string]any) bool { return o["id"] == v["id"] })
	}
	if len(next.Value) == 0 || slices.ContainsFunc(next.Value, seen) {
		t.Errorf("the link %q leads to %d objects, some of them again", page.Next, len(next.Value))
	}
}

// FuzzPatchApplication: whatever the body, the application is changed or it
// is not. Changed, it can be read; and what was read, sent back, changes
// nothing, as clients rely on.
func FuzzPatchApplication(f *testing.F) {
	for _, body := range []string{
		`{"displayName":"Renamed"}`, `{"web":{"redirectUris":["https://a.example.com/cb"],"implicitGrantSettings":{"enableIdTokenIssuance":true}}}`,
		`{"tags":["a"],"notes":null,"uniqueName":"x"}`, `{"requiredResourceAccess":[{"resourceAppId":"` + devopsAppID + `","resourceAccess":[{"id":"ee69721e-6c3a-468f-a9ec-302d16a4c599","type":"Scope"}]}]}`,
		`{"api":{"oauth2PermissionScopes":[{"id":"ee69721e-6c3a-468f-a9ec-302d16a4c599","value":"x","type":"User","isEnabled":true}]}}`,
		`{"appRoles":[{}]}`, `{"web":null}`, `{"web":[]}`, `{"signInAudience":"AzureADandPersonalMicrosoftAccount","api":{"requestedAccessTokenVersion":2}}`,
		`{"keyCredentials":[{"type":"AsymmetricX509Cert","usage":"Verify","key":"AA=="}]}`, `{"identifierUris":["api://x"]}`, `{"createdDateTime":"yesterday"}`,
		`{"@odata.type":"x","web@odata.type":1,"spa":{"redirectUris":["https://a.example.com/cb","https://A.example.com/cb"]}}`, `{"api":{"acceptMappedClaims":1e999}}`,
		`[]`, `null`, `{`, ``, `{"displayName":"\ud800"}`, `{"info":{"logoUrl":"x"}}`, `{"optionalClaims":{"accessToken":[{"name":"x"}]}}`, `{"addIns":[{"a":{"b":[1,2]}}]}`,
	} {
		f.Add(body)
	}
	w := newFuzzedWorld(f)
	base := newApplication(w.home, "To be changed", audienceSingleTenant, w.now())
	path := "/v1.0/applications/" + base.ID
	f.Fuzz(func(t *testing.T, body string) {
		fresh := *base
		w.home.addApp(&fresh)
		rec := w.graph(t, http.MethodPatch, path, "", body, false)
		if rec.Code != http.StatusNoContent {
			if holdRefusal(t, rec.Body.Bytes()); w.home.apps[base.ID] != &fresh {
				t.Errorf("refused with %d, and changed", rec.Code)
			}
			return
		}
		read := w.graph(t, http.MethodGet, path, "", "", false)
		if read.Code != http.StatusOK {
			t.Fatalf("changed, then %d %s", read.Code, read.Body)
		}
		if again := w.graph(t, http.MethodPatch, path, "", read.Body.String(), false); again.Code != http.StatusNoContent {
			t.Fatalf("what was read is refused: %d %s\n%s", again.Code, again.Body, read.Body)
		}
		if after := w.graph(t, http.MethodGet, path, "", "", false); after.Body.String() != read.Body.String() {
			t.Errorf("what was read, sent back, gives\n%s\nfor\n%s", after.Body, read.Body)
		}
	})
}

// FuzzGraphPath: whatever the path, alone or in a batch, there is an answer,
// and in both cases the same.
func FuzzGraphPath(f *testing.F) {
	for _, path := range []string{
		"/applications", "/applications(appId='x')", "/applications('it''s')", "/applications(uniqueName='a/b')/owners", "/applications/x/web", "/me",
		"/myorganization/applications", "/$batch", "/applications(", "//", "/directory/deletedItems/x/restore", "/servicePrincipals(appId='" + devopsAppID + "')/oauth2PermissionScopes",
		"/users/" + contosoAdmin, "/policies/authorizationPolicy", "/organization", "/applications/$count", "/%zz", "/applications(a='b'", "/oauth2PermissionGrants/x",
	} {
		f.Add(path)
	}
	w := newFuzzedWorld(f)
	f.Fuzz(func(t *testing.T, path string) {
		if strings.Contains(strings.ToLower(path), "$batch") {
			t.Skip("a batch in a batch is another matter")
		}
		alone := w.graph(t, http.MethodGet, "/v1.0"+path, "", "", true)
		item, err := json.Marshal(map[string]any{"id": "1", "method": "GET", "url": (&url.URL{Path: path}).EscapedPath(), "headers": map[string]string{"ConsistencyLevel": "eventual"}})
		if err != nil {
			t.Fatal(err)
		}
		rec := w.graph(t, http.MethodPost, "/v1.0/$batch", "", `{"requests":[`+string(item)+`]}`, false)
		var batch struct {
			Responses []struct{ Status int }
		}
		if rec.Code == http.StatusBadRequest {
			return // no address that a batch takes
		}
		if err := json.Unmarshal(rec.Body.Bytes(), &batch); err != nil || len(batch.Responses) != 1 {
			t.Fatalf("%d %s (%v)", rec.Code, rec.Body, err)
		}
		if got := batch.Responses[0].Status; got != alone.Code {
			t.Errorf("%d alone and %d in a batch", alone.Code, got)
		}
	})
}
