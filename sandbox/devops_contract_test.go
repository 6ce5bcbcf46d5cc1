package sandbox

import (
	"net/http"
	"slices"
	"strings"
	"testing"
)

// A documentedOperation is one of Microsoft's OpenAPI documents.
type documentedOperation struct {
	Host, Method, Path string
	Scopes             []string
}

// undocumented are operations that no document has, with what they are
// instead. No scope is documented for them, so none is asked for, or that of
// the documented sibling.
var undocumented = map[string]string{
	"GET _apis/resourceareas":                  "location service, for client libraries",
	"GET _apis/resourceareas/{}":               "location service, for client libraries",
	"GET _apis/connectiondata":                 "location service, for client libraries",
	"PATCH {}/_apis/wit/workitems/${}":         "creation as it was before version 5",
	"POST _apis/wit/$batch":                    "in the reference without an OpenAPI document",
	"PATCH _apis/wit/$batch":                   "in the reference without an OpenAPI document",
	"GET {}/_apis/distributedtask/taskgroups":  "documented with an ID",
	"GET {}/_apis/distributedtask/securefiles": "in the clients' models alone",
	"GET {}/_apis/dashboard/dashboards":        "documented with a team",
}

// moreScopes are scopes that the sandbox takes beside the documented ones.
var moreScopes = map[string][]string{"hooks": {"vso.hooks"}}

// TestOperationsAgreeWithMicrosoftsDocuments holds the scopes of each
// operation to the documented ones, neither more nor less. Forms without a
// project stand for the documented one with it.
func TestOperationsAgreeWithMicrosoftsDocuments(t *testing.T) {
	var contract struct{ Operations []documentedOperation }
	readShared(t, "../../shared/contracts/devops-operations-7.1.json", &contract)
	documented := map[string][]string{}
	for _, o := range contract.Operations {
		documented[o.Method+" "+pathShape(strings.TrimPrefix(o.Path, "/{organization}/"))] = o.Scopes
	}
	for _, op := range slices.Concat(devopsOperations, vsspsOperations, profileOperations) {
		if op.method == http.MethodOptions {
			continue // where resources stand; no document speaks of it
		}
		shape := pathShape(op.path)
		scopes, found := documentedScopes(documented, op.method, shape)
		switch why := undocumented[op.method+" "+shape]; {
		case !found && why == "":
			t.Errorf("%s %s is in no document, and the list of exceptions does not say why", op.method, op.path)
		case found && !sameSet(op.scopes, append(slices.Clone(scopes), extraScopes(op.path)...)):
			t.Errorf("%s %s takes %v, documented are %v", op.method, op.path, op.scopes, scopes)
		}
	}
}

// documentedScopes looks a path up as it is, with a project, and with a
// project and a team.
func documentedScopes(documented map[string][]string, method, shape string) (scopes []string, found bool) {
	for _, before := range []string{"", "{}/", "{}/{}/"} {
		if scopes, found = documented[method+" "+before+shape]; found {
			return scopes, true
		}
	}
	return nil, false
}

func extraScopes(path string) []string {
	for part, scopes := range moreScopes {
		if strings.Contains(path, "/"+part+"/") {
			return scopes
		}
	}
	return nil
}

func sameSet(a, b []string) bool {
	return slices.Equal(slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b)))
}

// pathShape forgets the names of variables.
func pathShape(path string) string {
	segments := strings.Split(strings.ToLower(strings.Trim(path, "/")), "/")
	for i, s := range segments {
		if j := strings.Index(s, "{"); j >= 0 {
			segments[i] = s[:j] + "{}"
		}
	}
	return strings.Join(segments, "/")
}
