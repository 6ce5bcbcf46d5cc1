package entra

import (
	"strings"
	"testing"
)

func TestParseOrganization(t *testing.T) {
	tests := []struct{ name, in, slug, project string }{
		{"the plain name", "mycompany", "mycompany", ""},
		{"with capitals and blanks", "  MyCompany ", "mycompany", ""},
		{"name and project", "mycompany/Web Shop", "mycompany", "Web Shop"},
		{"the address", "https://dev.azure.com/mycompany/", "mycompany", ""},
		{"the address without scheme", "dev.azure.com/mycompany", "mycompany", ""},
		{"a project's address", "https://dev.azure.com/mycompany/Web%20Shop/_git/shop?path=/a", "mycompany", "Web Shop"},
		{"settings are no project", "https://dev.azure.com/mycompany/_settings/users", "mycompany", ""},
		{"an API call", "https://dev.azure.com/mycompany/_apis/projects?api-version=7.1", "mycompany", ""},
		{"a clone address", "https://mycompany@dev.azure.com/mycompany/Mobile/_git/app", "mycompany", "Mobile"},
		{"a clone address without a path", "mycompany@dev.azure.com", "mycompany", ""},
		{"a repository over SSH", "git@ssh.dev.azure.com:v3/mycompany/Mobile/app", "mycompany", "Mobile"},
		{"a repository over SSH with scheme", "ssh://git@ssh.dev.azure.com/v3/mycompany/Mobile/app", "mycompany", "Mobile"},
		{"the old host", "https://mycompany.visualstudio.com/", "mycompany", ""},
		{"the old host without scheme", "MyCompany.visualstudio.com", "mycompany", ""},
		{"a project on the old host", "https://mycompany.visualstudio.com/Mobile/_work", "mycompany", "Mobile"},
		{"the old default collection", "https://mycompany.visualstudio.com/DefaultCollection/Mobile", "mycompany", "Mobile"},
		{"the old identity host", "https://mycompany.vssps.visualstudio.com/_apis/graph/users", "mycompany", ""},
		{"the old host over SSH", "mycompany@vs-ssh.visualstudio.com:v3/mycompany/Mobile/app", "mycompany", "Mobile"},
		{"the identity host", "https://vssps.dev.azure.com/mycompany", "mycompany", ""},
		{"the release host", "https://vsrm.dev.azure.com/mycompany/Mobile/_apis/release", "mycompany", "Mobile"},
		{"digits and hyphens", "my-company-1", "my-company-1", ""},
		{"an escaped slash is a slash", "https://dev.azure.com/mycompany%2FMobile", "mycompany", "Mobile"},
		{"the longest", strings.Repeat("a", 50), strings.Repeat("a", 50), ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			slug, project, err := ParseOrganization(tt.in)
			if slug != tt.slug || project != tt.project || err != nil {
				t.Errorf("got %q, %q, %v; want %q, %q", slug, project, err, tt.slug, tt.project)
			}
		})
	}
}

func TestParseOrganizationRefuses(t *testing.T) {
	tests := []struct{ name, in, words string }{
		{"nothing", " ", "missing"},
		{"Azure DevOps itself", "https://dev.azure.com/", "names no organization"},
		{"the account host", "https://app.vssps.visualstudio.com/_signedin", "names no organization"},
		{"another host", "https://evil.example/mycompany", "must be on dev.azure.com"},
		{"a host that begins like ours", "https://dev.azure.com.evil.example/mycompany", "must be on dev.azure.com"},
		{"a host that ends like ours", "https://evildev.azure.com/mycompany", "must be on dev.azure.com"},
		{"our host as user name", "https://dev.azure.com@evil.example/mycompany", "must be on dev.azure.com"},
		{"our host in the path", "evil.example/dev.azure.com/mycompany", "must be on dev.azure.com"},
		{"our host behind a backslash", `https://evil.example\@dev.azure.com/mycompany`, "must be on dev.azure.com"},
		{"dots that climb", "..", "must be on dev.azure.com"},
		{"dots that climb in the path", "https://dev.azure.com/../mycompany", "not a valid name"},
		{"a hyphen first", "-mycompany", "not a valid name"},
		{"a hyphen last", "mycompany-", "not a valid name"},
		{"one letter too long", strings.Repeat("a", 51), "at most 50"},
		{"a blank inside", "my company", "not a valid name"},
		{"an underscore", "my_company", "not a valid name"},
		{"a placeholder", "{organization}", "not a valid name"},
		{"letters outside ASCII", "münchen", "not a valid name"},
		{"a line feed", "mycompany\nHost: evil", "must be on dev.azure.com"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			slug, project, err := ParseOrganization(tt.in)
			if err == nil || !strings.Contains(err.Error(), tt.words) || slug != "" || project != "" {
				t.Errorf("got %q, %q, %v; want a refusal naming %q", slug, project, err, tt.words)
			}
		})
	}
}

func TestValidateProject(t *testing.T) {
	for _, good := range []string{"Web Shop", "a", "Ärzte-Portal", "v1.0 (old)", strings.Repeat("ä", 64), "6ce954b1-ce1f-45d1-b94d-e6bf2464ba2c"} {
		if err := ValidateProject(good); err != nil {
			t.Errorf("%q refused: %v", good, err)
		}
	}
	bad := []string{"", "  ", strings.Repeat("a", 65), "_apis", ".hidden", "..", "ends.", "a\x00b", "a\tb", "\xff"}
	for _, c := range projectForbidden {
		bad = append(bad, "a"+string(c)+"b")
	}
	for _, name := range bad {
		err := ValidateProject(name)
		if err == nil || !strings.Contains(err.Error(), "project") {
			t.Errorf("%q: %v", name, err)
		}
	}
}

func FuzzParseOrganization(f *testing.F) {
	for _, s := range []string{"mycompany", "https://dev.azure.com/a/b", "git@ssh.dev.azure.com:v3/a/b/c", "a.visualstudio.com", "https://a@b/c", "%zz", "a:v3/b"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		slug, project, err := ParseOrganization(s)
		if err != nil {
			if slug != "" || project != "" {
				t.Fatalf("%q is refused and still gives %q, %q", s, slug, project)
			}
			return
		}
		if !slugPattern.MatchString(slug) || slug != strings.ToLower(slug) {
			t.Errorf("%q gives the organization %q", s, slug)
		}
		if project != "" && ValidateProject(project) != nil {
			t.Errorf("%q gives the project %q", s, project)
		}
		if again, _, err := ParseOrganization(slug); again != slug || err != nil {
			t.Errorf("%q gives %q, which reads %q, %v", s, slug, again, err)
		}
	})
}
