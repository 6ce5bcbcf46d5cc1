package entra

import (
	"reflect"
	"strings"
	"testing"
)

func TestParseScope(t *testing.T) {
	for in, want := range map[string]ScopeRef{
		"499b84ac-1321-427f-aa17-267ca6975798/vso.work":         {AzureDevOps, "vso.work"},
		"499B84AC-1321-427F-AA17-267CA6975798/vso.work":         {AzureDevOps, "vso.work"},
		"499b84ac-1321-427f-aa17-267ca6975798/.default":         {AzureDevOps, ".default"},
		"https://app.vssps.visualstudio.com/user_impersonation": {AzureDevOps, "user_impersonation"},
		"https://app.vssps.visualstudio.com//.default":          {AzureDevOps, ".default"},
		"https://graph.microsoft.com/User.Read":                 {MicrosoftGraph, "User.Read"},
		"https://graph.microsoft.com/vso.work":                  {MicrosoftGraph, "vso.work"},
		"vso.work":                                              {MicrosoftGraph, "vso.work"}, // what makes a missing prefix fail
		"openid":                                                {"", "openid"},
		"offline_access":                                        {"", "offline_access"},
		"api://some-app/read":                                   {"api://some-app", "read"},
		"/":                                                     {"", ""},
	} {
		if got := ParseScope(in); got != want {
			t.Errorf("ParseScope(%q) = %+v, want %+v", in, got, want)
		}
	}
}

func TestParseScopes(t *testing.T) {
	got := ParseScopes("  499b84ac-1321-427f-aa17-267ca6975798/vso.work \n offline_access\t")
	want := []ScopeRef{{AzureDevOps, "vso.work"}, {"", "offline_access"}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if got := ParseScopes(" "); got != nil {
		t.Errorf("nothing gives %+v", got)
	}
}

func TestScopeString(t *testing.T) {
	names := []string{"vso.work", "vso.code"}
	const p = "499b84ac-1321-427f-aa17-267ca6975798/"
	tests := []struct {
		name            string
		names           []string
		prefix, offline bool
		want            string
	}{
		{"bare", names, false, false, "vso.work vso.code"},
		{"with the resource", names, true, false, p + "vso.work " + p + "vso.code"},
		{"with a refresh token", names, true, true, p + "vso.work " + p + "vso.code offline_access"},
		{"nothing but the refresh token", nil, true, true, "offline_access"},
		{"nothing", nil, false, false, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := ScopeString(AzureDevOps, tt.names, tt.prefix, tt.offline); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func FuzzParseScopes(f *testing.F) {
	f.Add("499b84ac-1321-427f-aa17-267ca6975798/vso.work offline_access")
	f.Add("https://app.vssps.visualstudio.com//.default")
	f.Add("api://a/b/c / // é/x")
	f.Fuzz(func(t *testing.T, s string) {
		refs := ParseScopes(s)
		if len(refs) != len(strings.Fields(s)) {
			t.Fatalf("%q: %d scopes of %d words", s, len(refs), len(strings.Fields(s)))
		}
		for _, r := range refs {
			if strings.Contains(r.Name, "/") {
				t.Errorf("%q: name %q holds a slash", s, r.Name)
			}
			if again := ParseScope(r.String()); r.Resource != "" && again != r {
				t.Errorf("%q: %+v is written %q, which reads %+v", s, r, r.String(), again)
			}
		}
	})
}
