package azuredevops_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/consentry/consentry/azuredevops"
)

func TestExerciseMakesOneGetThatNeedsTheScope(t *testing.T) {
	for _, c := range []struct{ scope, request string }{
		{"vso.work", "GET /devops/contoso/Web Shop/_apis/wit/workitemtypes"},
		{"vso.work_full", "GET /devops/contoso/Web Shop/_apis/wit/workitemtypes"},
		{"vso.project", "GET /devops/contoso/_apis/projects"},
		{"user_impersonation", "GET /devops/contoso/_apis/projects"},
		{"vso.profile", "GET /vssps/_apis/profile/profiles/me"},
		{"vso.graph", "GET /orgs/contoso/_apis/graph/groups"},
		{"vso.code_write", "GET /devops/contoso/Web Shop/_apis/git/repositories"},
		{"vso.agentpools_manage", "GET /devops/contoso/_apis/distributedtask/pools"},
	} {
		s, client := start(t, reply(200, `{"count":0,"value":[]}`))
		e := client.Exercise(t.Context(), "contoso", "Web Shop", c.scope, theToken)
		if !e.OK || !e.Exercised || e.Status != 200 || e.Scope != c.scope || e.Method != "GET" || e.Note != "" {
			t.Errorf("%s: %+v", c.scope, e)
		}
		if got := s.requests(); !slices.Equal(got, []string{c.request}) {
			t.Errorf("%s: requests %q, want %q", c.scope, got, c.request)
		}
		if r := s.seen[0]; r.Header.Get("Authorization") != "Bearer canary-token" || r.URL.Query().Get("api-version") != "7.1-preview" {
			t.Errorf("%s: %s with %v", c.scope, r.URL, r.Header)
		}
	}
}

func TestScopesOfOtherHostsAreNotExercised(t *testing.T) {
	s, client := start(t, reply(200, "{}"))
	for _, scope := range []string{"vso.packaging", "vso.release", "vso.extension", "vso.auditlog", "vso.memberentitlementmanagement", "vso.analytics", "vso.unheard_of"} {
		e := client.Exercise(t.Context(), "contoso", "Web Shop", scope, theToken)
		if e != (azuredevops.Exercise{Scope: scope, Note: "in the token, not exercised"}) {
			t.Errorf("%s: %+v", scope, e)
		}
	}
	if got := s.requests(); len(got) > 0 {
		t.Errorf("requests %q, want none", got)
	}
}

func TestExerciseWithoutAProject(t *testing.T) {
	s, client := start(t, reply(200, "{}"))
	if e := client.Exercise(t.Context(), "contoso", "", "vso.work", theToken); e.Exercised || !strings.HasPrefix(e.Note, azuredevops.NotExercised) {
		t.Errorf("a read of a project needs one: %+v", e)
	}
	if e := client.Exercise(t.Context(), "contoso", "", "vso.agentpools", theToken); !e.OK {
		t.Errorf("a read of the organization needs none: %+v", e)
	}
	if got := s.requests(); len(got) != 1 {
		t.Errorf("requests %q", got)
	}
}

func TestExerciseSaysWhatARefusalMeans(t *testing.T) {
	for name, c := range map[string]struct {
		answer http.HandlerFunc
		status int
		note   string
	}{
		"the scope or the permission is missing": {reply(401, unauthorized), 401, "lacks vso.work"},
		"forbidden":                              {reply(403, "{}"), 403, "lacks vso.work"},
		"the project is gone":                    {reply(404, `{"typeKey":"ProjectDoesNotExistException"}`), 404, "not found"},
		"throttled":                              {reply(429, "{}"), 429, "too many requests"},
		"a server error":                         {reply(500, "{}"), 500, "not answered as expected"},
		"a sign-in page":                         {reply(203, ""), 203, "not answered as expected"},
		"not JSON":                               {reply(200, "canary"), 200, "no usable answer"},
		"a broken connection":                    {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, 0, "no usable answer"},
	} {
		_, client := start(t, c.answer)
		e := client.Exercise(t.Context(), "contoso", "Web Shop", "vso.work", theToken)
		if e.OK || !e.Exercised || e.Status != c.status || !strings.Contains(e.Note, c.note) || strings.Contains(fmt.Sprint(e), "canary") {
			t.Errorf("%s: %+v", name, e)
		}
	}
}
