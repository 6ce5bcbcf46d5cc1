package trial

import (
	"errors"
	"strings"
	"testing"

	"github.com/consentry/consentry/azuredevops"
	"github.com/consentry/consentry/entra"
)

const (
	homeID  = entra.TenantID("aaaabbbb-0000-cccc-1111-dddd2222eeee")
	otherID = entra.TenantID("bbbbcccc-1111-dddd-2222-eeee3333ffff")
)

var errNetwork = &entra.NoAnswerError{Service: "Azure DevOps", Method: "GET", Path: "/x", Err: errors.New("broken")}

func refusedWith(status int, code string) error {
	return &entra.ServiceError{Service: "Azure DevOps", Status: status, Code: code, Message: "canary text"}
}

func TestOrganizationReach(t *testing.T) {
	at := func(tenant entra.TenantID) azuredevops.Organization {
		return azuredevops.Organization{Slug: "contoso", Exists: true, Connected: true, Tenant: tenant, Checked: "HEAD x"}
	}
	anna := azuredevops.Identity{ID: "1", DisplayName: "Anna"}
	for name, c := range map[string]struct {
		f     found
		ok    bool
		cause string // part of it
	}{
		"a member":                       {found{org: at(homeID), identity: anna}, true, ""},
		"a member, the lookup failed":    {found{lookupErr: azuredevops.ErrCannotTell, identity: anna}, true, ""},
		"missing":                        {found{}, false, "no organization contoso"},
		"of personal accounts":           {found{org: azuredevops.Organization{Exists: true}}, false, "personal Microsoft accounts"},
		"of another tenant":              {found{org: at(otherID), err: refusedWith(401, "UnauthorizedRequestException")}, false, "connected to tenant " + string(otherID)},
		"of another tenant, anonymously": {found{org: at(otherID), identity: azuredevops.Identity{Anonymous: true}}, false, "connected to tenant " + string(otherID)},
		"no member":                      {found{org: at(homeID), err: refusedWith(401, "UnauthorizedRequestException")}, false, "no member"},
		"anonymous, the right tenant":    {found{org: at(homeID), identity: azuredevops.Identity{Anonymous: true}}, false, "public project"},
		"the token is not taken":         {found{org: at(homeID), err: refusedWith(203, azuredevops.NotAuthenticated)}, false, "does not take the token"},
		"conditional access":             {found{org: at(homeID), err: refusedWith(403, "VssServiceException")}, false, "policy"},
		"throttled":                      {found{org: at(homeID), err: refusedWith(429, "")}, false, "limits"},
		"a server error":                 {found{org: at(homeID), err: refusedWith(500, "")}, false, "answered 500"},
		"no answer":                      {found{org: at(homeID), err: errNetwork}, false, "no usable answer"},
		"neither answered":               {found{lookupErr: azuredevops.ErrCannotTell, err: errNetwork}, false, "no usable answer"},
	} {
		r := organizationReach("contoso", homeID, c.f)
		if r.OK != c.ok || !r.Tried || !strings.Contains(r.Cause, c.cause) || strings.Contains(r.Cause, "canary") {
			t.Errorf("%s: %+v", name, r)
		}
		if (r.Cause == "") != r.OK || (r.Next == "") != r.OK {
			t.Errorf("%s: cause and next step belong to what is not reached: %+v", name, r)
		}
	}
}

func TestProjectReach(t *testing.T) {
	shop := azuredevops.Project{ID: "1", Name: "Web Shop"}
	for name, c := range map[string]struct {
		got         Reach
		ok, tried   bool
		exercisedOn string
	}{
		"named and there":               {namedProject("web shop", shop, nil), true, true, "Web Shop"},
		"named and missing":             {namedProject("web shop", azuredevops.Project{}, refusedWith(404, "ProjectDoesNotExistException")), false, true, ""},
		"named and refused":             {namedProject("web shop", azuredevops.Project{}, refusedWith(403, "")), false, true, ""},
		"named, no answer":              {namedProject("web shop", azuredevops.Project{}, errNetwork), false, true, ""},
		"none named, some seen":         {firstProject([]azuredevops.Project{shop, {Name: "Mobile"}}, nil), true, true, "Web Shop"},
		"none named, none seen":         {firstProject(nil, nil), false, false, ""},
		"none named, not listable":      {firstProject(nil, errNetwork), false, false, ""},
		"not tried for want of a scope": {Reach{Name: "Web Shop", Note: "Not tried"}, false, false, "Web Shop"},
	} {
		if c.got.OK != c.ok || c.got.Tried != c.tried || c.got.exerciseOn() != c.exercisedOn {
			t.Errorf("%s: %+v, exercised on %q", name, c.got, c.got.exerciseOn())
		}
		if c.got.Tried && !c.got.OK && (c.got.Cause == "" || c.got.Next == "") {
			t.Errorf("%s: no cause or next step: %+v", name, c.got)
		}
	}
}

func TestWhichTokensReadProjects(t *testing.T) {
	for scopes, want := range map[string]bool{
		"vso.project": true, "vso.profile": true, "vso.work": true, "user_impersonation": true, "vso.project_manage": true,
		"vso.graph": false, "vso.variablegroups_read vso.agentpools": false, "": true,
	} {
		if got := readsProjects(strings.Fields(scopes)); got != want {
			t.Errorf("%q: %v", scopes, got)
		}
	}
}
