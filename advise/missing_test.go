package advise

import (
	"net/url"
	"slices"
	"strings"
	"testing"
)

func TestAddressesOfEveryForm(t *testing.T) {
	tests := []struct {
		name, method, address string
		want                  string // id of the best match; empty for none
		exact                 bool
	}{
		{"as in the documentation", "PATCH", "https://dev.azure.com/contoso/Shop/_apis/wit/workitems/5?api-version=7.1", "work-items.work-items.update", true},
		{"without the project, which may be left out", "GET", "https://dev.azure.com/contoso/_apis/wit/workitems/5", "work-items.work-items.get-work-item", false},
		{"the older host", "GET", "https://contoso.visualstudio.com/Shop/_apis/git/repositories", "git.repositories.list", true},
		{"the older host with its collection", "GET", "https://contoso.visualstudio.com/DefaultCollection/Shop/_apis/git/repositories", "git.repositories.list", true},
		{"a service's own host", "GET", "https://vsrm.dev.azure.com/contoso/Shop/_apis/release/releases/3", "release.releases.get-release-revision", true},
		{"a service's older host", "GET", "https://contoso.vsrm.visualstudio.com/Shop/_apis/release/releases/3", "release.releases.get-release-revision", true},
		{"no organization in the path", "GET", "https://app.vssps.visualstudio.com/_apis/profile/profiles/me?api-version=7.1", "profile.profiles.get", true},
		{"another host, as a proxy's or a sandbox's", "POST", "http://127.0.0.1:7003/contoso/Shop/Web/_apis/wit/wiql", "work-items.wiql.query-by-wiql", true},
		{"the path alone", "GET", "/contoso/_apis/projects", "projects.projects.list", true},
		{"the path alone, without organization", "GET", "_apis/projects", "projects.projects.list", true},
		{"without scheme", "GET", "dev.azure.com/contoso/_apis/projects", "projects.projects.list", true},
		{"letter case counts for nothing", "get", "https://DEV.azure.com/Contoso/_APIS/Projects", "projects.projects.list", true},
		{"the type of a work item", "POST", "https://dev.azure.com/contoso/Shop/_apis/wit/workitems/$Bug", "work-items.work-items.create", true},
		{"the type, percent-encoded", "POST", "https://dev.azure.com/contoso/Shop/_apis/wit/workitems/%24User%20Story", "work-items.work-items.create", true},
		{"a template, as in our own tables", "POST", "/{project}/_apis/wit/workitems/${type}", "work-items.work-items.create", false},
		{"a literal before an id", "GET", "https://dev.azure.com/contoso/_apis/work/processes/lists", "processes.lists.list", true},
		{"an id with slashes", "GET", "https://dev.azure.com/contoso/Shop/_apis/wit/classificationnodes/areas/Web/Checkout", "work-items.classification-nodes.get", true},
		{"an id that may be left out", "GET", "https://dev.azure.com/contoso/_apis/securitynamespaces", "security.security-namespaces.query", false},
		{"HEAD is read as GET", "HEAD", "https://dev.azure.com/contoso/_apis/projects", "projects.projects.list", true},
		{"any method, when it is not known", "", "https://dev.azure.com/contoso/_apis/connectionData", "connection.data", true},
		{"Git over HTTPS", "POST", "https://dev.azure.com/contoso/Shop/_git/web/git-receive-pack", "git.push-pack", true},
		{"Analytics", "GET", "https://analytics.dev.azure.com/contoso/Shop/_odata/v4.0/WorkItems?$filter=x", "analytics.query", true},
		{"a stray percent sign", "GET", "https://dev.azure.com/contoso/100%/_apis/git/repositories?x=1", "git.repositories.list", true},
		{"no operation of this method", "DELETE", "https://dev.azure.com/contoso/_apis/wit/wiql", "", false},
		{"an address that is in no specification", "POST", "https://dev.azure.com/contoso/_apis/Contribution/HierarchyQuery", "", false},
		{"no API at all", "GET", "https://dev.azure.com/contoso/Shop", "", false},
		{"nothing", "GET", "", "", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := Matches(tt.method, tt.address)
			if len(got) == 0 {
				if tt.want != "" {
					t.Fatalf("no match, want %s", tt.want)
				}
				return
			}
			if got[0].Operation.ID != tt.want || got[0].Exact != tt.exact {
				t.Errorf("got %s, exact %v", got[0].Operation.ID, got[0].Exact)
			}
		})
	}
}

// TestEveryOperationIsFoundByItsOwnAddress fills each template.
func TestEveryOperationIsFoundByItsOwnAddress(t *testing.T) {
	for _, o := range Operations() {
		address := "https://" + o.Host + filled(o.Path)
		got := Matches(o.Method, address)
		if len(got) == 0 || !got[0].Exact {
			t.Errorf("%s %s is not found", o.Method, address)
			continue
		}
		i := slices.IndexFunc(got, func(m Match) bool { return m.Operation.ID == o.ID })
		if i < 0 || got[i].literals != got[0].literals || !got[i].Exact {
			t.Errorf("%s %s is found as %s", o.Method, address, got[0].Operation.ID)
		}
	}
}

// filled writes something into each placeholder.
func filled(path string) string {
	parts := segmentsOf(path)
	for i, s := range parts {
		if open := strings.IndexByte(s, '{'); open >= 0 {
			parts[i] = url.PathEscape(s[:open] + "x1")
		}
	}
	return "/" + strings.Join(parts, "/")
}

func TestWhereTheAddressLeads(t *testing.T) {
	d := Missing("GET", "https://contoso.visualstudio.com/Web%20Shop/_apis/git/repositories", 401, nil)
	if d.Organization != "contoso" || d.Project != "Web Shop" {
		t.Errorf("organization %q, project %q", d.Organization, d.Project)
	}
}

func TestMissing(t *testing.T) {
	const workItems = "https://dev.azure.com/contoso/Shop/_apis/wit/workitems/$Bug"
	const statuses = "https://dev.azure.com/contoso/Shop/_apis/git/repositories/web/commits/abc/statuses"
	tests := []struct {
		name, method, address string
		status                int
		have                  string
		outcome               Outcome
		need, says            string
	}{
		{"the scope is missing", "POST", workItems, 403, "vso.work", ScopeMissing, "vso.work_write", "needs vso.work_write, the token has vso.work"},
		{"the same with 401", "POST", workItems, 401, "vso.work", ScopeMissing, "vso.work_write", "vso.work_write"},
		{"the same without a status", "POST", workItems, 0, "vso.work", ScopeMissing, "vso.work_write", "vso.work_write"},
		{"scopes as a request writes them", "POST", workItems, 403, "499b84ac-1321-427f-aa17-267ca6975798/vso.work_write offline_access", ScopeCovered, "vso.work_write", "covered by vso.work_write"},
		{"a wider scope", "POST", workItems, 403, "vso.work_full", ScopeCovered, "vso.work_write", "covered by vso.work_full"},
		{"everything", "POST", workItems, 401, "user_impersonation", ScopeCovered, "vso.work_write", "although"},
		{"covered and no status", "POST", workItems, 0, "vso.work_full", ScopeCovered, "vso.work_write", "no scope is missing"},
		{"which scopes there are is not known", "POST", workItems, 403, "", ScopeUnknown, "vso.work_write", "needs vso.work_write"},
		{"scopes of another service only", "POST", workItems, 403, "User.Read openid", ScopeUnknown, "vso.work_write", "needs"},
		{"one of several, the one that reaches least first", "POST", statuses, 403, "vso.code", ScopeMissing, "vso.code_status vso.code_write", "vso.code_status or vso.code_write"},
		{"never one that cannot be registered", "GET", "/contoso/Shop/_apis/git/repositories/web/pullRequests/1/threads", 403, "vso.work", ScopeMissing, "vso.code", "vso.code"},
		{"not found is no scope", "POST", workItems, 404, "vso.work", NotTheScope, "vso.work_write", "does not exist"},
		{"the sign-in page is no scope", "POST", workItems, 203, "vso.work", NotTheScope, "vso.work_write", "sign-in page"},
		{"nor is being sent there", "POST", workItems, 302, "", NotTheScope, "vso.work_write", "sign-in page"},
		{"too many calls", "POST", workItems, 429, "", NotTheScope, "vso.work_write", "Retry-After"},
		{"the service failed", "POST", workItems, 503, "", NotTheScope, "vso.work_write", "Azure DevOps failed"},
		{"an answer", "GET", workItems, 200, "", NotTheScope, "vso.work", "answered"},
		{"a status of no table", "POST", workItems, 418, "", NotTheScope, "vso.work_write", "refused"},
		{"any scope does", "GET", "/contoso/_apis/connectionData", 401, "", ScopeCovered, "", "any scope"},
		{"any scope does, and there is one", "GET", "/contoso/_apis/connectionData", 401, "vso.work", ScopeCovered, "", "covered by vso.work"},
		{"no scope is named", "GET", "/contoso/_apis/securitynamespaces/x", 403, "vso.work", Unlisted, "", "names no scope"},
		{"no scope is named, and everything is there", "GET", "/contoso/_apis/securitynamespaces/x", 403, "user_impersonation", ScopeCovered, "", "user_impersonation"},
		{"in no specification", "POST", "/contoso/_apis/Contribution/HierarchyQuery", 403, "vso.work", Unlisted, "", "not in Microsoft's specification"},
		{"another method than there is", "DELETE", "/contoso/_apis/wit/wiql", 403, "vso.work", Unlisted, "", "known with POST only"},
		{"no API", "GET", "https://dev.azure.com/contoso", 403, "", NoCall, "", "no address"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := Missing(tt.method, tt.address, tt.status, strings.Fields(tt.have))
			if d.Outcome != tt.outcome || strings.Join(d.Need, " ") != tt.need || !strings.Contains(d.Headline, tt.says) {
				t.Errorf("%s, needs %v: %s", d.Outcome, d.Need, d.Headline)
			}
		})
	}
}

func TestRefusalsNameOtherReasonsInGoodForm(t *testing.T) {
	for _, status := range []int{203, 302, 401, 403, 404} {
		d := Missing("GET", "/contoso/_apis/projects", status, []string{"vso.project"})
		if len(d.Reasons) == 0 {
			t.Errorf("%d: no other reasons", status)
		}
		for _, r := range d.Reasons {
			if !strings.HasSuffix(r.Text, ".") || r.Who == "" {
				t.Errorf("%d: %+v", status, r)
			}
		}
	}
}

func FuzzMissing(f *testing.F) {
	f.Add("GET", "https://dev.azure.com/contoso/_apis/projects", 401, "vso.work")
	f.Add("", "%zz/_apis/_apis//{x}", -1, "//")
	f.Add("POST", "contoso.visualstudio.com/_git/a/b/c?#", 403, "user_impersonation")
	f.Fuzz(func(t *testing.T, method, address string, status int, have string) {
		d := Missing(method, address, status, strings.Fields(have))
		if d.Outcome == "" || d.Headline == "" {
			t.Fatalf("no answer: %+v", d)
		}
		if d.Outcome == ScopeMissing && (len(d.Need) == 0 || len(d.Have) == 0) {
			t.Fatalf("missing what? %+v", d)
		}
	})
}
