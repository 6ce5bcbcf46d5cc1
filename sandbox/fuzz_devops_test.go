package sandbox

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"testing"
	"time"
)

// fuzzedDevOps calls Azure DevOps as an administrator of the organization.
func (w *fuzzedWorld) fuzzedDevOps(f *testing.F) func(t *testing.T, method, path, kind, body string) (int, []byte) {
	f.Helper()
	now := w.now()
	token, err := w.login.sign(accessClaims{
		Audience: devopsAppID, Tenant: w.home.ID, AppID: ConsoleClientID, ObjectID: w.admin.ObjectID, UPN: contosoAdmin, Scopes: everything,
		Version: accessTokenVersion, Issued: now.Unix(), NotBefore: now.Unix() - 60, Expires: now.Add(24 * time.Hour).Unix(),
	})
	if err != nil {
		f.Fatal(err)
	}
	handler := w.devopsHandler()
	return func(t *testing.T, method, path, kind, body string) (int, []byte) {
		t.Helper()
		r := fuzzedRequest(method, path, "api-version=7.1", kind, body)
		r.Header.Set("Authorization", "Bearer "+token)
		rec := answered(t, handler, serviceDevOps, r)
		return rec.Code, rec.Body.Bytes()
	}
}

func holdDevOpsRefusal(t *testing.T, status int, body []byte) {
	t.Helper()
	var refusal struct{ Message, TypeKey string }
	if err := json.Unmarshal(body, &refusal); err != nil || status < http.StatusBadRequest || refusal.Message == "" || refusal.TypeKey == "" {
		t.Errorf("%d %s (%v)", status, body, err)
	}
}

// FuzzWIQL: whatever the query, it finds work items that there are, each
// once, or is refused.
func FuzzWIQL(f *testing.F) {
	for _, query := range []string{
		"SELECT [System.Id] FROM WorkItems", "select [System.Id], [System.Title] from workitems where [System.State] <> 'Closed' order by [System.ChangedDate] desc",
		"SELECT [System.Id] FROM WorkItems WHERE [System.TeamProject] = @project AND ([System.Title] CONTAINS 'a' OR NOT [System.Id] IN (1, 2))",
		"SELECT [System.Id] FROM WorkItems WHERE [System.CreatedDate] > @today - 7", "SELECT [System.Id] FROM WorkItems WHERE [System.AssignedTo] = @me",
		"SELECT [System.Id] FROM WorkItems WHERE [System.AreaPath] UNDER 'Mobile' AND [System.AssignedTo] IS NOT EMPTY", "SELECT", "", "SELECT [", "((((",
		"SELECT [System.Id] FROM WorkItems WHERE not not [System.Id] not in ('')", "SELECT [System.Id] FROM WorkItemLinks", "SELECT [System.Id] FROM WorkItems WHERE [System.Id] = '",
		"SELECT [System.Id] FROM WorkItems ASOF '2026-01-01'", "SELECT [System.Id] FROM WorkItems WHERE [System.Title] = \"a\"\"b\"",
	} {
		f.Add(query)
	}
	w := newFuzzedWorld(f)
	call := w.fuzzedDevOps(f)
	f.Fuzz(func(t *testing.T, query string) {
		body, err := json.Marshal(map[string]string{"query": query})
		if err != nil {
			t.Fatal(err)
		}
		status, answer := call(t, http.MethodPost, "/contoso/Mobile/_apis/wit/wiql", "application/json", string(body))
		if status != http.StatusOK {
			holdDevOpsRefusal(t, status, answer)
			return
		}
		var found struct {
			WorkItems []struct{ ID int }
		}
		if err := json.Unmarshal(answer, &found); err != nil {
			t.Fatal(err)
		}
		var ids []int
		for _, item := range found.WorkItems {
			known := slices.ContainsFunc(w.organization("contoso").projects, func(p *project) bool { return p.workItems[item.ID] != nil })
			if !known || slices.Contains(ids, item.ID) {
				t.Errorf("found %d, which is not there or was found before", item.ID)
			}
			ids = append(ids, item.ID)
		}
	})
}

// FuzzWorkItemPatch: whatever the JSON patch, the work item is changed and
// can be read, or it is as it was.
func FuzzWorkItemPatch(f *testing.F) {
	for _, patch := range []string{
		`[{"op":"add","path":"/fields/System.Title","value":"x"}]`, `[{"op":"test","path":"/rev","value":1},{"op":"replace","path":"/fields/System.State","value":"Active"}]`,
		`[{"op":"remove","path":"/fields/System.Tags"}]`, `[{"op":"add","path":"/relations/-","value":{"rel":"Hyperlink","url":"https://a.example.com"}}]`,
		`[{"op":"move","from":"/fields/System.Title","path":"/fields/System.Description"}]`, `[{"op":"add","path":"/fields/System.AssignedTo","value":"` + contosoAdmin + `"}]`,
		`[]`, `{}`, `[{}]`, `[{"op":"add","path":"","value":{}}]`, `[{"op":"add","path":"/fields/System.Id","value":7}]`, `[{"op":"add","path":"/fields/Custom.X","value":[1,{"a":null}]}]`, `null`,
		`[{"op":"remove","path":"/relations/0"}]`,
	} {
		f.Add(patch)
	}
	w := newFuzzedWorld(f)
	call := w.fuzzedDevOps(f)
	const patchType = "application/json-patch+json"
	f.Fuzz(func(t *testing.T, patch string) {
		status, made := call(t, http.MethodPost, "/contoso/Mobile/_apis/wit/workitems/$Task", patchType, `[{"op":"add","path":"/fields/System.Title","value":"to be changed"}]`)
		var item struct{ ID, Rev int }
		if err := json.Unmarshal(made, &item); err != nil || status != http.StatusOK {
			t.Fatalf("%d %s (%v)", status, made, err)
		}
		mobile := w.organization("contoso").projects[1]
		path := "/contoso/Mobile/_apis/wit/workitems/" + strconv.Itoa(item.ID)
		defer delete(mobile.workItems, item.ID)
		status, answer := call(t, http.MethodPatch, path, patchType, patch)
		readStatus, read := call(t, http.MethodGet, path, "", "")
		var after struct{ ID, Rev int }
		if err := json.Unmarshal(read, &after); err != nil || readStatus != http.StatusOK || after.ID != item.ID {
			t.Fatalf("then %d %s (%v)", readStatus, read, err)
		}
		if status != http.StatusOK {
			if holdDevOpsRefusal(t, status, answer); after.Rev != item.Rev {
				t.Errorf("refused with %d, and changed", status)
			}
		}
	})
}
