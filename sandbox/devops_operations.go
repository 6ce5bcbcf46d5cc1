package sandbox

import (
	"net/http"
	"slices"
	"strings"
)

// A devopsOperation is one request that Azure DevOps knows.
type devopsOperation struct {
	method string
	path   string // below the organization
	// scopes: a token needs any one of them, or one that contains it; none
	// means that every member's token will do.
	scopes  []string
	preview bool // the resource is in preview: "-preview" is required
	code    bool // stakeholders see none of it
	run     func(*devopsCall) (devopsReply, *devopsError)
}

// missing is how the operation says that the project is: some services
// answer 400 to an ID that is none of theirs [probe of 2026-08-24].
func (op devopsOperation) missing(e *devopsError) *devopsError {
	if e.typeKey() == errDevOpsProjectID.typeKey() && strings.Contains(op.path, "/_apis/build/") {
		refused := *e
		refused.status = http.StatusBadRequest
		return &refused
	}
	return e
}

// The scopes of the operations below, from Microsoft's OpenAPI documents
// [MicrosoftDocs/vsts-rest-api-specs specification/*/7.1].
var (
	needProfile  = []string{"vso.profile"}
	needProject  = []string{"vso.profile", "vso.project"}
	needTeams    = []string{"vso.project"}
	needWork     = []string{"vso.work"}
	writeWork    = []string{"vso.work_write"}
	needCode     = []string{"vso.code"}
	needBuild    = []string{"vso.build"}
	needHooks    = []string{"vso.work", "vso.build", "vso.code", "vso.hooks"}
	needAgents   = []string{"vso.agentpools"}
	needEnviron  = []string{"vso.environment_manage"}
	needMachines = []string{"vso.machinegroup_manage"}
	needEndpoint = []string{"vso.serviceendpoint"}
	needTest     = []string{"vso.test"}
	needWiki     = []string{"vso.wiki"}
	needBoards   = []string{"vso.dashboards"}
	needVariable = []string{"vso.variablegroups_read"}
	needTasks    = []string{"vso.taskgroups_read"}
	needFiles    = []string{"vso.securefiles_read"}
	needSecurity = []string{"vso.security_manage"}
	needNotify   = []string{"vso.notification"}
)

// devopsOperations are the operations of dev.azure.com/{organization}.
// Collections that nothing in a sandbox organization fills are empty.
var devopsOperations = slices.Concat(locationsOf(devopsLocations), areaOperations, workItemChanges, []devopsOperation{
	{method: http.MethodGet, path: "_apis/connectionData", preview: true, run: connectionData},

	{method: http.MethodGet, path: "_apis/projects", scopes: needProject, run: listProjects},
	{method: http.MethodGet, path: "_apis/projects/{project}", scopes: needProject, run: getProject},
	{method: http.MethodGet, path: "_apis/projects/{project}/properties", scopes: needProject, preview: true, run: emptyList},
	{method: http.MethodGet, path: "_apis/projects/{project}/teams", scopes: needProject, run: listTeams},
	{method: http.MethodGet, path: "_apis/teams", scopes: needTeams, preview: true, run: listTeams},
	{method: http.MethodGet, path: "_apis/favorite/favorites", scopes: needProfile, preview: true, run: emptyList},
	{method: http.MethodGet, path: "_apis/permissionsreport", scopes: needSecurity, preview: true, run: emptyList},
	{method: http.MethodGet, path: "_apis/notification/subscriptions", scopes: needNotify, run: emptyList},
	{method: http.MethodGet, path: "_apis/hooks/subscriptions", scopes: needHooks, run: emptyList},
	{method: http.MethodGet, path: "_apis/hooks/consumers", scopes: needHooks, run: emptyList},

	{method: http.MethodPost, path: "_apis/wit/wiql", scopes: needWork, run: queryWorkItems},
	{method: http.MethodPost, path: "{project}/_apis/wit/wiql", scopes: needWork, run: queryWorkItems},
	{method: http.MethodPost, path: "{project}/{team}/_apis/wit/wiql", scopes: needWork, run: queryWorkItems},
	{method: http.MethodGet, path: "_apis/wit/workitems", scopes: needWork, run: listWorkItems},
	{method: http.MethodGet, path: "{project}/_apis/wit/workitems", scopes: needWork, run: listWorkItems},
	{method: http.MethodPost, path: "_apis/wit/workitemsbatch", scopes: needWork, run: batchWorkItems},
	{method: http.MethodPost, path: "{project}/_apis/wit/workitemsbatch", scopes: needWork, run: batchWorkItems},
	{method: http.MethodPost, path: "_apis/wit/$batch", scopes: writeWork, run: changeWorkItems},
	{method: http.MethodPatch, path: "_apis/wit/$batch", scopes: writeWork, run: changeWorkItems},
	{method: http.MethodPost, path: "{project}/_apis/wit/workitems/${type}", scopes: writeWork, run: createWorkItem},
	{method: http.MethodGet, path: "_apis/wit/workitems/{id}", scopes: needWork, run: getWorkItem},
	{method: http.MethodGet, path: "{project}/_apis/wit/workitems/{id}", scopes: needWork, run: getWorkItem},
	{method: http.MethodDelete, path: "_apis/wit/workitems/{id}", scopes: writeWork, run: deleteWorkItem},
	{method: http.MethodDelete, path: "{project}/_apis/wit/workitems/{id}", scopes: writeWork, run: deleteWorkItem},
	{method: http.MethodGet, path: "_apis/wit/fields", scopes: needWork, run: listFields},
	{method: http.MethodGet, path: "{project}/_apis/wit/fields", scopes: needWork, run: listFields},
	{method: http.MethodGet, path: "{project}/_apis/wit/workitemtypes", scopes: needWork, run: listWorkItemTypes},
	{method: http.MethodGet, path: "{project}/_apis/wit/workitemtypes/{type}", scopes: needWork, run: getWorkItemType},
	{method: http.MethodGet, path: "{project}/_apis/wit/recyclebin", scopes: needWork, run: listRecycleBin},
	{method: http.MethodGet, path: "{project}/_apis/wit/recyclebin/{id}", scopes: needWork, run: getDeletedWorkItem},
	{method: http.MethodPatch, path: "{project}/_apis/wit/recyclebin/{id}", scopes: writeWork, run: restoreWorkItem},
	{method: http.MethodDelete, path: "{project}/_apis/wit/recyclebin/{id}", scopes: writeWork, run: destroyWorkItem},
	{method: http.MethodGet, path: "{project}/_apis/wit/queries", scopes: needWork, run: emptyList},
	{method: http.MethodGet, path: "{project}/_apis/wit/tags", scopes: needWork, run: emptyList},

	{method: http.MethodGet, path: "_apis/git/repositories", scopes: needCode, code: true, run: listRepositories},
	{method: http.MethodGet, path: "{project}/_apis/git/repositories", scopes: needCode, code: true, run: listRepositories},
	{method: http.MethodGet, path: "{project}/_apis/git/repositories/{repository}", scopes: needCode, run: getRepository},
	{method: http.MethodGet, path: "_apis/git/repositories/{repository}", scopes: needCode, run: getRepository},
	{method: http.MethodGet, path: "{project}/_apis/git/pullrequests", scopes: needCode, code: true, run: emptyList},
	{method: http.MethodGet, path: "{project}/_apis/policy/configurations", scopes: needCode, code: true, run: emptyList},
	{method: http.MethodGet, path: "{project}/_apis/build/builds", scopes: needBuild, run: listBuilds},
	{method: http.MethodGet, path: "{project}/_apis/build/builds/{buildId}", scopes: needBuild, run: getBuild},
	{method: http.MethodGet, path: "{project}/_apis/build/definitions", scopes: needBuild, run: listDefinitions},
	{method: http.MethodGet, path: "{project}/_apis/build/definitions/{definitionId}", scopes: needBuild, run: getDefinition},
	{method: http.MethodGet, path: "{project}/_apis/pipelines", scopes: needBuild, run: listDefinitions},

	{method: http.MethodGet, path: "_apis/distributedtask/pools", scopes: needAgents, run: listPools},
	{method: http.MethodGet, path: "{project}/_apis/distributedtask/queues", scopes: needAgents, preview: true, run: emptyList},
	{method: http.MethodGet, path: "{project}/_apis/distributedtask/environments", scopes: needEnviron, run: emptyList},
	{method: http.MethodGet, path: "{project}/_apis/distributedtask/deploymentgroups", scopes: needMachines, preview: true, run: emptyList},
	{method: http.MethodGet, path: "{project}/_apis/distributedtask/variablegroups", scopes: needVariable, run: emptyList},
	{method: http.MethodGet, path: "{project}/_apis/distributedtask/taskgroups", scopes: needTasks, preview: true, run: emptyList},
	{method: http.MethodGet, path: "{project}/_apis/distributedtask/securefiles", scopes: needFiles, preview: true, run: emptyList},
	{method: http.MethodGet, path: "_apis/serviceendpoint/types", scopes: needEndpoint, run: emptyList},
	{method: http.MethodGet, path: "{project}/_apis/serviceendpoint/endpoints", scopes: needEndpoint, run: emptyList},

	{method: http.MethodGet, path: "{project}/_apis/dashboard/dashboards", scopes: needBoards, preview: true, run: emptyList},
	{method: http.MethodGet, path: "{project}/{team}/_apis/dashboard/dashboards", scopes: needBoards, preview: true, run: emptyList},
	{method: http.MethodGet, path: "{project}/_apis/dashboard/widgettypes", scopes: needBoards, preview: true, run: emptyList},
	{method: http.MethodGet, path: "{project}/_apis/test/runs", scopes: needTest, run: emptyList},
	{method: http.MethodGet, path: "{project}/_apis/testplan/plans", scopes: needTest, run: emptyList},
	{method: http.MethodGet, path: "{project}/_apis/wiki/wikis", scopes: needWiki, run: emptyList},
})

func emptyList(*devopsCall) (devopsReply, *devopsError) { return devopsListOf[any](nil), nil }
