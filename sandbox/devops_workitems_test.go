package sandbox

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
)

// work calls the work item operations of Contoso's project Mobile.
func work(t *testing.T, s *Sandbox, method, path, body string) response {
	t.Helper()
	kind := "application/json"
	if strings.HasPrefix(body, "[") {
		kind = "application/json-patch+json"
	}
	return send(t, s, method, s.Ready().DevOps+"/contoso/Mobile/_apis/wit/"+path+"?api-version=7.1", body,
		"Authorization", "Bearer "+tokenFor(t, s, contosoDeveloper, "vso.work_write"), "Content-Type", kind)
}

//parity:partly devops POST /{organization}/{project}/_apis/wit/workitems/${type}: fields and relations, by JSON patch; of a process's rules those on title, state and assignee
//parity:real devops GET /{organization}/{project}/_apis/wit/workitems/{id}
//parity:partly devops PATCH /{organization}/{project}/_apis/wit/workitems/{id}: fields and relations, by JSON patch; of a process's rules those on title, state and assignee
//parity:real devops DELETE /{organization}/{project}/_apis/wit/workitems/{id}
//parity:real devops GET /{organization}/{project}/_apis/wit/recyclebin
func TestWorkItemFromCreationToDeletion(t *testing.T) {
	s := start(t, Options{})
	created := work(t, s, "POST", "workitems/$Bug", `[{"op":"add","path":"/fields/System.Title","value":"It breaks"},{"op":"add","path":"/fields/System.Tags","value":"a; b"}]`)
	item := created.json(t)
	fields, _ := item["fields"].(map[string]any)
	if created.StatusCode != 200 || fields["System.WorkItemType"] != "Bug" || fields["System.State"] != "New" || fields["System.TeamProject"] != "Mobile" || item["rev"] != 1.0 {
		t.Fatalf("created %d %s", created.StatusCode, created.body)
	}
	id := "workitems/" + strconv.Itoa(int(item["id"].(float64)))

	updated := work(t, s, "PATCH", id, `[{"op":"test","path":"/rev","value":1},{"op":"replace","path":"/fields/System.State","value":"Active"},{"op":"remove","path":"/fields/System.Tags"}]`).json(t)
	fields, _ = updated["fields"].(map[string]any)
	if updated["rev"] != 2.0 || fields["System.State"] != "Active" || fields["System.Tags"] != nil {
		t.Errorf("updated %v", updated)
	}
	if stale := work(t, s, "PATCH", id, `[{"op":"test","path":"/rev","value":1}]`); stale.StatusCode != http.StatusPreconditionFailed {
		t.Errorf("stale revision: %d", stale.StatusCode)
	}
	if read := work(t, s, "GET", id, "").json(t); read["rev"] != 2.0 {
		t.Errorf("read %v", read)
	}
	if gone := work(t, s, "DELETE", id, ""); gone.StatusCode != 200 {
		t.Errorf("deleted: %d %s", gone.StatusCode, gone.body)
	}
	missing := work(t, s, "GET", id, "")
	if missing.StatusCode != 404 || missing.json(t)["typeKey"] != "WorkItemUnauthorizedAccessException" || missing.json(t)["eventId"] != 3200.0 {
		t.Errorf("after deletion: %d %s", missing.StatusCode, missing.body)
	}
	if bin := work(t, s, "GET", "recyclebin", "").json(t); bin["count"] != 1.0 {
		t.Errorf("recycle bin %v", bin)
	}
}

//parity:partly devops POST /{organization}/{project}/_apis/wit/workitems/${type}: fields and relations, by JSON patch; of a process's rules those on title, state and assignee
func TestWorkItemPatchesThatBreakRules(t *testing.T) {
	s := start(t, Options{})
	title := `{"op":"add","path":"/fields/System.Title","value":"x"}`
	for name, c := range map[string]struct {
		path, body, typeKey string
		status              int
	}{
		"no title":          {"workitems/$Task", `[{"op":"add","path":"/fields/System.Tags","value":"x"}]`, "RuleValidationException", 400},
		"blank title":       {"workitems/$Task", `[{"op":"add","path":"/fields/System.Title","value":" "}]`, "RuleValidationException", 400},
		"unknown field":     {"workitems/$Task", `[` + title + `,{"op":"add","path":"/fields/System.Nothing","value":"x"}]`, "RuleValidationException", 400},
		"read-only field":   {"workitems/$Task", `[` + title + `,{"op":"add","path":"/fields/System.Id","value":7}]`, "RuleValidationException", 400},
		"unknown type":      {"workitems/$Dream", `[` + title + `]`, "WorkItemTypeNotFoundException", 404},
		"not a list":        {"workitems/$Task", `{"op":"add"}`, "VssServiceResponseException", 415},
		"empty list":        {"workitems/$Task", `[]`, "VssPropertyValidationException", 400},
		"unknown operation": {"workitems/$Task", `[{"op":"swap","path":"/fields/System.Title","value":"x"}]`, "VssPropertyValidationException", 400},
		"unknown path":      {"workitems/$Task", `[{"op":"add","path":"/links/-","value":"x"}]`, "VssPropertyValidationException", 400},
	} {
		got := work(t, s, "POST", c.path, c.body)
		if got.StatusCode != c.status || got.json(t)["typeKey"] != c.typeKey {
			t.Errorf("%s: %d %s; want %d %s", name, got.StatusCode, got.body, c.status, c.typeKey)
		}
	}
	if items(s) != 3 {
		t.Errorf("a refused patch made an item: %d", items(s))
	}
}

//parity:real devops GET /{organization}/_apis/wit/workitems
func TestWorkItemsByIDs(t *testing.T) {
	s := start(t, Options{})
	ids := func(query string) response {
		return send(t, s, "GET", s.Ready().DevOps+"/contoso/_apis/wit/workitems?"+query, "", "Authorization", "Bearer "+tokenFor(t, s, contosoDeveloper, "vso.work"))
	}
	if got := ids("ids=1,4&fields=System.Title").json(t); got["count"] != 2.0 || len(got["value"].([]any)[0].(map[string]any)["fields"].(map[string]any)) != 1 {
		t.Errorf("two of them, titles alone: %v", got)
	}
	if got := ids("ids=1,999"); got.StatusCode != 404 {
		t.Errorf("one missing: %d", got.StatusCode)
	}
	if got := ids("ids=1,999&errorPolicy=omit").json(t); got["count"] != 2.0 || got["value"].([]any)[1] != nil {
		t.Errorf("one missing, omitted: %v", got)
	}
	for _, bad := range []string{"", "ids=", "ids=a"} {
		if got := ids(bad); got.StatusCode != 400 {
			t.Errorf("%q: %d", bad, got.StatusCode)
		}
	}
}

//parity:partly devops POST /{organization}/{project}/_apis/wit/wiql: flat queries with comparisons, and, or, order by; no links, no trees
func TestQueriesFindWorkItems(t *testing.T) {
	s := start(t, Options{})
	for query, want := range map[string]string{
		"SELECT [System.Id] FROM workitems": "[4 5 6]",
		"select [System.Id] from WorkItems where [System.TeamProject] = @project order by [System.Id] desc": "[6 5 4]",
		"SELECT [System.Id], [Title] FROM workitems WHERE [Work Item Type] = 'bug'":                         "[5]",
		"SELECT [System.Id] FROM workitems WHERE [System.State] <> 'Closed' ORDER BY [System.Title]":        "[4 5]",
		"SELECT [System.Id] FROM workitems WHERE [System.Title] CONTAINS 'DISCOUNT'":                        "[5]",
		"SELECT [System.Id] FROM workitems WHERE [System.State] IN ('New', 'Closed')":                       "[5 6]",
		"SELECT [System.Id] FROM workitems WHERE [System.Id] >= 5 AND NOT [System.State] = 'Closed'":        "[5]",
		"SELECT [System.Id] FROM workitems WHERE ([System.Id] = 4 OR [System.Id] = 5) AND [System.Id] < 5":  "[4]",
		"SELECT [System.Id] FROM workitems WHERE [System.Id] = 4 OR [System.Id] = 5 AND [System.Id] < 5":    "[4]",
		"SELECT [System.Id] FROM workitems WHERE [System.AreaPath] UNDER 'mobile'":                          "[4 5 6]",
		"SELECT [System.Id] FROM workitems WHERE [System.CreatedBy] = @me":                                  "[]",
		"SELECT [System.Id] FROM workitems WHERE [System.Title] = 'it''s'":                                  "[]",
	} {
		got := work(t, s, "POST", "wiql", `{"query":`+strconv.Quote(query)+`}`)
		var found struct {
			WorkItems []struct{ ID int }
		}
		if err := json.Unmarshal(got.body, &found); err != nil || got.StatusCode != 200 {
			t.Errorf("%s: %d %s", query, got.StatusCode, got.body)
			continue
		}
		ids := make([]int, 0)
		for _, w := range found.WorkItems {
			ids = append(ids, w.ID)
		}
		if fmt.Sprint(ids) != want {
			t.Errorf("%s found %v, want %s", query, ids, want)
		}
	}
}

//parity:partly devops POST /{organization}/{project}/_apis/wit/wiql: flat queries with comparisons, and, or, order by; no links, no trees
func TestQueriesThatCannotBeRead(t *testing.T) {
	s := start(t, Options{})
	for _, query := range []string{
		"DELETE FROM workitems", "SELECT", "SELECT [System.Nothing] FROM workitems", "SELECT [System.Id]", "SELECT [System.Id] FROM workitemLinks",
		"SELECT [System.Id] FROM workitems WHERE", "SELECT [System.Id] FROM workitems WHERE [System.Id]", "SELECT [System.Id] FROM workitems WHERE [System.Id] ~ 1",
		"SELECT [System.Id] FROM workitems WHERE [System.Id] = ", "SELECT [System.Id] FROM workitems WHERE ([System.Id] = 1", "SELECT [System.Id] FROM workitems WHERE [System.Id] IN (1",
		"SELECT [System.Id] FROM workitems WHERE [System.Id] IN 1", "SELECT [System.Id] FROM workitems ORDER [System.Id]", "SELECT [System.Id] FROM workitems ORDER BY", "SELECT [System.Id] FROM workitems nonsense",
		"SELECT [System.Id] FROM workitems WHERE [System.Id] = @tomorrow", "SELECT [System.Id] FROM workitems WHERE NOT", "SELECT [System.Id] FROM workitems WHERE [System.Id] = '",
	} {
		got := work(t, s, "POST", "wiql", `{"query":`+strconv.Quote(query)+`}`)
		if got.StatusCode != 400 || got.json(t)["typeKey"] != "SyntaxException" {
			t.Errorf("%s: %d %s", query, got.StatusCode, got.body)
		}
	}
	if got := work(t, s, "POST", "wiql", `{}`); got.StatusCode != 400 {
		t.Errorf("no query: %d", got.StatusCode)
	}
}

//parity:real devops POST /{organization}/{project}/_apis/wit/workitemsbatch
func TestManyWorkItemsAreReadByOneBody(t *testing.T) {
	s := start(t, Options{})
	id := int(work(t, s, "POST", "workitems/$Task", `[{"op":"add","path":"/fields/System.Title","value":"x"}]`).json(t)["id"].(float64))
	read := work(t, s, "POST", "workitemsbatch", fmt.Sprintf(`{"ids":[%d,99999],"fields":["System.Title"],"errorPolicy":"omit"}`, id)).json(t)
	list, _ := read["value"].([]any)
	if len(list) != 2 || list[1] != nil || read["count"] != 2.0 {
		t.Fatalf("read %v", read)
	}
	if fields := list[0].(map[string]any)["fields"].(map[string]any); len(fields) != 1 || fields["System.Title"] != "x" {
		t.Errorf("fields %v", fields)
	}
	for body, want := range map[string]int{`{"ids":[99999]}`: 404, `{"ids":[]}`: 400, `{}`: 400, `nonsense`: 400} {
		if got := work(t, s, "POST", "workitemsbatch", body); got.StatusCode != want {
			t.Errorf("%s: %d, want %d", body, got.StatusCode, want)
		}
	}
}

//parity:partly devops GET /{organization}/{project}/_apis/wit/workitemtypes/{type}: name, reference name and states; no form and fields
func TestAWorkItemTypeIsReadByItsName(t *testing.T) {
	s := start(t, Options{})
	if got := work(t, s, "GET", "workitemtypes/user%20story", "").json(t); got["name"] != "User Story" || !strings.HasSuffix(got["url"].(string), "/User%20Story") {
		t.Errorf("type %v", got)
	}
	if got := work(t, s, "GET", "workitemtypes/Wish", ""); got.StatusCode != 404 || got.json(t)["typeKey"] != "WorkItemTypeNotFoundException" {
		t.Errorf("unknown type: %d %s", got.StatusCode, got.body)
	}
}
