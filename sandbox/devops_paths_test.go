package sandbox

import (
	"net/http"
	"strconv"
	"testing"
)

// TestWorkItemsAreReachedByEveryPath goes through the paths that client
// libraries build: with project and team, with the project, with neither.
//
//parity:partly devops POST /{organization}/_apis/wit/wiql: flat queries with comparisons, and, or, order by; no links, no trees
//parity:partly devops POST /{organization}/{project}/{team}/_apis/wit/wiql: flat queries with comparisons, and, or, order by; no links, no trees
//parity:real devops GET /{organization}/{project}/_apis/wit/workitems
//parity:real devops POST /{organization}/_apis/wit/workitemsbatch
//parity:partly devops PATCH /{organization}/{project}/_apis/wit/workitems/${type}: fields and relations, by JSON patch; of a process's rules those on title, state and assignee
//parity:real devops GET /{organization}/_apis/wit/workitems/{id}
//parity:partly devops PATCH /{organization}/_apis/wit/workitems/{id}: fields and relations, by JSON patch; of a process's rules those on title, state and assignee
//parity:real devops DELETE /{organization}/_apis/wit/workitems/{id}
func TestWorkItemsAreReachedByEveryPath(t *testing.T) {
	s := start(t, Options{})
	call := func(method, path, kind, body string) map[string]any {
		t.Helper()
		got := send(t, s, method, s.Ready().DevOps+"/contoso/"+path, body,
			"Authorization", "Bearer "+tokenFor(t, s, contosoDeveloper, "vso.work_write"), "Content-Type", kind)
		if got.StatusCode != http.StatusOK {
			t.Fatalf("%s %s: %d %s", method, path, got.StatusCode, got.body)
		}
		return got.json(t)
	}
	const patch, plain, version = "application/json-patch+json", "application/json", "api-version=7.1"
	made := call("PATCH", "Mobile/_apis/wit/workitems/$Task?"+version, patch, `[{"op":"add","path":"/fields/System.Title","value":"Reached"}]`)
	id := strconv.Itoa(int(made["id"].(float64)))
	item := "_apis/wit/workitems/" + id + "?" + version
	if read := call("GET", item, plain, ""); read["rev"] != 1.0 {
		t.Errorf("read %v", read)
	}
	if changed := call("PATCH", item, patch, `[{"op":"add","path":"/fields/System.State","value":"Active"}]`); changed["rev"] != 2.0 {
		t.Errorf("changed %v", changed)
	}
	for name, list := range map[string]map[string]any{
		"by IDs, project":     call("GET", "Mobile/_apis/wit/workitems?ids="+id+"&"+version, plain, ""),
		"by body, no project": call("POST", "_apis/wit/workitemsbatch?"+version, plain, `{"ids":[`+id+`]}`),
	} {
		if list["count"] != 1.0 {
			t.Errorf("%s: %v", name, list)
		}
	}
	for _, scope := range []string{"", "Mobile/Mobile%20Team/"} {
		found := call("POST", scope+"_apis/wit/wiql?"+version, plain, `{"query":"SELECT [System.Id] FROM WorkItems WHERE [System.Title] = 'Reached'"}`)
		if list, _ := found["workItems"].([]any); len(list) != 1 {
			t.Errorf("query at %q: %v", scope, found)
		}
	}
	call("DELETE", item, plain, "")
	bin := call("GET", "Mobile/_apis/wit/recyclebin?"+version, plain, "")
	if bin["count"] != 1.0 {
		t.Errorf("recycle bin %v", bin)
	}
}

// TestAccountsBelowAnOrganization: clients that were told the organization's
// own address of the service ask there.
//
//parity:partly vssps GET /{organization}/_apis/accounts: the caller's own
func TestAccountsBelowAnOrganization(t *testing.T) {
	s := start(t, Options{})
	list := get(t, s, s.Ready().VSSPS+"/contoso/_apis/accounts?api-version=7.1&memberId="+identityID(stableID("user", contosoDeveloper)))
	if list.StatusCode != http.StatusOK || list.json(t)["count"] == 0.0 {
		t.Errorf("accounts: %d %s", list.StatusCode, list.body)
	}
}
