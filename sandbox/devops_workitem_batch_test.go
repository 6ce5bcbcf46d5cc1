package sandbox

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// batch sends a batch of requests and returns the outcomes.
func batch(t *testing.T, s *Sandbox, method string, scope string, changes ...string) []batchedOutcome {
	t.Helper()
	got := send(t, s, method, s.Ready().DevOps+"/contoso/_apis/wit/$batch?api-version=5.0", "["+strings.Join(changes, ",")+"]",
		"Authorization", "Bearer "+tokenFor(t, s, contosoDeveloper, scope), "Content-Type", "application/json")
	var list struct {
		Count int
		Value []batchedOutcome
	}
	if err := json.Unmarshal(got.body, &list); err != nil || got.StatusCode != 200 || list.Count != len(changes) || len(list.Value) != len(changes) {
		t.Fatalf("%d %s", got.StatusCode, got.body)
	}
	return list.Value
}

func batchedPatch(uri, title string) string {
	return fmt.Sprintf(`{"method":"PATCH","uri":%q,"headers":{"Content-Type":"application/json-patch+json"},"body":[{"op":"Add","path":"/fields/System.Title","value":%q}]}`, uri, title)
}

//parity:partly devops POST /{organization}/_apis/wit/$batch: items of one batch cannot be linked to each other
//parity:partly devops PATCH /{organization}/_apis/wit/$batch: items of one batch cannot be linked to each other
func TestItemsAreCreatedAndChangedInABatch(t *testing.T) {
	for _, method := range []string{"POST", "PATCH"} {
		s := start(t, Options{})
		outcomes := batch(t, s, method, "vso.work_write",
			batchedPatch("/Web%20Shop/_apis/wit/workitems/$User Story?api-version=5.0", "made"),
			batchedPatch("/_apis/wit/workitems/1?api-version=5.0", "changed"),
			batchedPatch("/_apis/wit/workitems/9999?api-version=5.0", "lost"),
			batchedPatch("/_apis/wit/workitems/2", "without a version"),
			`{"method":"DELETE","uri":"/_apis/wit/workitems/1?api-version=5.0"}`)
		for i, want := range []struct {
			code int
			text string
		}{
			{200, `"System.Title":"made"`}, {200, `"System.Title":"changed"`}, {404, `"typeKey":"WorkItemUnauthorizedAccessException"`},
			{400, `"typeKey":"VssVersionNotSpecifiedException"`}, {405, `"typeKey":"VssServiceResponseException"`},
		} {
			if got := outcomes[i]; got.Code != want.code || !strings.Contains(got.Body, want.text) || got.Headers["Content-Type"] != "application/json; charset=utf-8" {
				t.Errorf("%s, request %d: %v, want %d and %s", method, i, got, want.code, want.text)
			}
		}
		read := send(t, s, "GET", s.Ready().DevOps+"/contoso/_apis/wit/workitems/1", "", "Authorization", "Bearer "+tokenFor(t, s, contosoDeveloper, everything))
		if !strings.Contains(string(read.body), `"changed"`) {
			t.Errorf("item after the batch: %s", read.body)
		}
	}
}

func TestBatchesOfWorkItemsThatAreRefused(t *testing.T) {
	s := start(t, Options{})
	for name, c := range map[string]struct {
		scope, body string
		status      int
	}{
		"nothing in it":      {"vso.work_write", "[]", 400},
		"too many":           {"vso.work_write", "[" + strings.Repeat(batchedPatch("/_apis/wit/workitems/1", "x")+",", mostChanges) + batchedPatch("/_apis/wit/workitems/1", "x") + "]", 400},
		"a URI that is none": {"vso.work_write", "[" + batchedPatch("%zz", "x") + "]", 400},
		"no list":            {"vso.work_write", "{}", 400},
		"scope to read":      {"vso.work", "[" + batchedPatch("/_apis/wit/workitems/1?api-version=5.0", "x") + "]", 401},
	} {
		got := send(t, s, "PATCH", s.Ready().DevOps+"/contoso/_apis/wit/$batch?api-version=5.0", c.body,
			"Authorization", "Bearer "+tokenFor(t, s, contosoDeveloper, c.scope), "Content-Type", "application/json")
		if got.StatusCode != c.status {
			t.Errorf("%s: %d %s", name, got.StatusCode, got.body)
		}
	}
}
