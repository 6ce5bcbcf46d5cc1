package azuredevops

import "net/url"

// host is one of the three hosts that a cloud configures.
type host int

const (
	devops       host = iota // dev.azure.com
	vsspsAccount             // app.vssps.visualstudio.com
	vsspsOrg                 // vssps.dev.azure.com
)

// A read is one harmless GET that needs a scope. Scopes begins with the one
// the specification asks for; the others imply it and belong to the same area,
// so the same read exercises them.
type read struct {
	scopes []string
	host   host
	path   string // as in Microsoft's specification
	query  url.Values
}

// reads holds a GET for every scope that has one on a configured host, from
// Microsoft's REST specification 7.1 [MicrosoftDocs/vsts-rest-api-specs]. The
// areas on other hosts (release, packaging, extensions, audit, analytics,
// entitlements …) are missing on purpose. A path segment the specification
// marks optional ({team}, {taskGroupId}) is left out.
var reads = []read{
	{scopes: []string{"vso.profile", "vso.profile_write"}, host: vsspsAccount, path: "/_apis/profile/profiles/me"},
	{scopes: []string{"vso.project", "vso.project_write", "vso.project_manage"}, path: "/{organization}/_apis/projects", query: url.Values{"$top": {"1"}}},
	{scopes: []string{"user_impersonation"}, path: "/{organization}/_apis/projects", query: url.Values{"$top": {"1"}}},
	{scopes: []string{"vso.work", "vso.work_write", "vso.work_full"}, path: "/{organization}/{project}/_apis/wit/workitemtypes"},
	{scopes: []string{"vso.code", "vso.code_write", "vso.code_manage", "vso.code_full"}, path: "/{organization}/{project}/_apis/git/repositories"},
	{scopes: []string{"vso.build", "vso.build_execute"}, path: "/{organization}/{project}/_apis/build/builds", query: url.Values{"$top": {"1"}}},
	{scopes: []string{"vso.test", "vso.test_write"}, path: "/{organization}/{project}/_apis/testplan/plans"},
	{scopes: []string{"vso.wiki", "vso.wiki_write"}, path: "/{organization}/{project}/_apis/wiki/wikis"},
	{scopes: []string{"vso.dashboards", "vso.dashboards_manage"}, path: "/{organization}/{project}/_apis/dashboard/dashboards"},
	{scopes: []string{"vso.serviceendpoint", "vso.serviceendpoint_query", "vso.serviceendpoint_manage"}, path: "/{organization}/{project}/_apis/serviceendpoint/endpoints"},
	{scopes: []string{"vso.taskgroups_read", "vso.taskgroups_write", "vso.taskgroups_manage"}, path: "/{organization}/{project}/_apis/distributedtask/taskgroups"},
	{scopes: []string{"vso.variablegroups_read", "vso.variablegroups_write", "vso.variablegroups_manage"}, path: "/{organization}/{project}/_apis/distributedtask/variablegroups"},
	{scopes: []string{"vso.agentpools", "vso.agentpools_manage"}, path: "/{organization}/_apis/distributedtask/pools"},
	{scopes: []string{"vso.environment_manage"}, path: "/{organization}/{project}/_apis/distributedtask/environments"},
	{scopes: []string{"vso.machinegroup_manage"}, path: "/{organization}/{project}/_apis/distributedtask/deploymentgroups"},
	{scopes: []string{"vso.security_manage"}, path: "/{organization}/_apis/permissionsreport"},
	{scopes: []string{"vso.notification", "vso.notification_write", "vso.notification_manage", "vso.notification_diagnostics"}, path: "/{organization}/_apis/notification/subscriptions"},
	{scopes: []string{"vso.graph", "vso.graph_manage"}, host: vsspsOrg, path: "/{organization}/_apis/graph/groups"},
	{scopes: []string{"vso.identity", "vso.identity_manage"}, host: vsspsOrg, path: "/{organization}/_apis/identities", query: url.Values{"searchFilter": {"AccountName"}, "filterValue": {"consentry"}}},
}

// readFor returns the read that exercises a scope.
func readFor(scope string) (read, bool) {
	for _, r := range reads {
		for _, s := range r.scopes {
			if s == scope {
				return r, true
			}
		}
	}
	return read{}, false
}
