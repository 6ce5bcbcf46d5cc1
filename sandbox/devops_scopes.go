package sandbox

import (
	"slices"
	"strings"
)

// everything is the scope that covers all of Azure DevOps.
const everything = "user_impersonation"

// scopeParents says which scope each one contains besides itself, from the
// scope table of Azure DevOps
// [MicrosoftDocs/azure-devops-docs/docs/integrate/includes/scopes.md].
// Scopes that contain no other are not listed.
var scopeParents = map[string]string{
	"vso.advsec_write":                      "vso.advsec",
	"vso.advsec_manage":                     "vso.advsec_write",
	"vso.agentpools_manage":                 "vso.agentpools",
	"vso.environment_manage":                "vso.agentpools_manage",
	"vso.machinegroup_manage":               "vso.agentpools_manage",
	"vso.auditstreams_manage":               "vso.auditlog",
	"vso.build":                             "vso.hooks_write",
	"vso.build_execute":                     "vso.build",
	"vso.code":                              "vso.hooks_write",
	"vso.code_write":                        "vso.code",
	"vso.code_manage":                       "vso.code_write",
	"vso.code_full":                         "vso.code_manage",
	"vso.memberentitlementmanagement_write": "vso.memberentitlementmanagement",
	"vso.extension":                         "vso.profile",
	"vso.extension_manage":                  "vso.extension",
	"vso.extension.data":                    "vso.profile",
	"vso.extension.data_write":              "vso.extension.data",
	"vso.githubconnections_manage":          "vso.githubconnections",
	"vso.graph_manage":                      "vso.graph",
	"vso.identity_manage":                   "vso.identity",
	"vso.gallery":                           "vso.profile",
	"vso.gallery_acquire":                   "vso.gallery",
	"vso.gallery_publish":                   "vso.gallery",
	"vso.gallery_manage":                    "vso.gallery_publish",
	"vso.notification":                      "vso.profile",
	"vso.notification_write":                "vso.notification",
	"vso.notification_manage":               "vso.notification_write",
	"vso.notification_diagnostics":          "vso.notification",
	"vso.packaging":                         "vso.profile",
	"vso.packaging_write":                   "vso.packaging",
	"vso.packaging_manage":                  "vso.packaging_write",
	"vso.pipelineresources_manage":          "vso.pipelineresources_use",
	"vso.project_write":                     "vso.project",
	"vso.project_manage":                    "vso.project_write",
	"vso.release":                           "vso.profile",
	"vso.release_execute":                   "vso.release",
	"vso.release_manage":                    "vso.release_execute",
	"vso.securefiles_write":                 "vso.securefiles_read",
	"vso.securefiles_manage":                "vso.securefiles_write",
	"vso.serviceendpoint":                   "vso.profile",
	"vso.serviceendpoint_query":             "vso.serviceendpoint",
	"vso.serviceendpoint_manage":            "vso.serviceendpoint_query",
	"vso.hooks":                             "vso.profile",
	"vso.hooks_write":                       "vso.hooks",
	"vso.hooks_interact":                    "vso.profile",
	"vso.settings_write":                    "vso.settings",
	"vso.symbols":                           "vso.profile",
	"vso.symbols_write":                     "vso.symbols",
	"vso.symbols_manage":                    "vso.symbols_write",
	"vso.taskgroups_write":                  "vso.taskgroups_read",
	"vso.taskgroups_manage":                 "vso.taskgroups_write",
	"vso.dashboards_manage":                 "vso.dashboards",
	"vso.test":                              "vso.profile",
	"vso.test_write":                        "vso.test",
	"vso.profile_write":                     "vso.profile",
	"vso.variablegroups_write":              "vso.variablegroups_read",
	"vso.variablegroups_manage":             "vso.variablegroups_write",
	"vso.wiki_write":                        "vso.wiki",
	"vso.work":                              "vso.hooks_write",
	"vso.work_write":                        "vso.work",
	"vso.work_full":                         "vso.work_write",
}

// admits reports whether a token with the granted scopes may do what needs
// any one of the given; nothing needed means that every token of a member may.
func admits(granted, anyOf []string) bool {
	if len(anyOf) == 0 {
		return true
	}
	for _, scope := range granted {
		for scope = strings.ToLower(scope); scope != ""; scope = scopeParents[scope] {
			if scope == everything || slices.Contains(anyOf, scope) {
				return true
			}
		}
	}
	return false
}
