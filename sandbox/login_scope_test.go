package sandbox

import (
	"reflect"
	"testing"
)

func TestScopesAreReadByResource(t *testing.T) {
	for _, c := range []struct {
		raw  string
		want scopeRequest
		code int
	}{
		{raw: "openid  Profile", want: scopeRequest{oidc: []string{"openid", "profile"}}},
		{raw: "User.Read", want: scopeRequest{resources: []namedResource{{identifier: graphAppID, names: []string{"User.Read"}, short: true}}}},
		{raw: "https://graph.microsoft.com/User.Read https://graph.microsoft.com/Mail.Read", want: scopeRequest{
			resources: []namedResource{{identifier: "https://graph.microsoft.com", names: []string{"User.Read", "Mail.Read"}}}}},
		{raw: devopsAppID + "/vso.work " + devopsAppID + "/VSO.WORK", want: scopeRequest{
			resources: []namedResource{{identifier: devopsAppID, names: []string{"vso.work"}}}}},
		{raw: devopsAppID + "/.default openid", want: scopeRequest{oidc: []string{"openid"},
			resources: []namedResource{{identifier: devopsAppID, isDefault: true}}}},
		{raw: "https://app.vssps.visualstudio.com//.default", want: scopeRequest{
			resources: []namedResource{{identifier: "https://app.vssps.visualstudio.com/", isDefault: true}}}},
		{raw: "api://my/api/read", want: scopeRequest{resources: []namedResource{{identifier: "api://my/api", names: []string{"read"}}}}},
		{raw: devopsAppID + "/.default " + devopsAppID + "/vso.work", code: 70011},
		{raw: devopsAppID + "/.default User.Read", code: 70011},
		{raw: "https://graph.microsoft.com", want: scopeRequest{resources: nil}, code: 70011},
		{raw: "https://graph.microsoft.com/", code: 70011},
		{raw: "/User.Read", code: 70011},
		{raw: `a"b`, code: 70011},
		{raw: "usér", code: 70011},
	} {
		got, e := parseScopes(c.raw)
		if c.code != 0 {
			if e == nil || e.code != c.code {
				t.Errorf("%s: %+v instead of AADSTS%d", c.raw, got, c.code)
			}
			continue
		}
		got.raw = ""
		if e != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %+v %v", c.raw, got, e)
		}
	}
}
