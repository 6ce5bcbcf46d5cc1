package main

import (
	"slices"
	"strings"
)

// azureDevOps is the client ID of the resource; it goes in front of each of
// its scopes.
const azureDevOps = "499b84ac-1321-427f-aa17-267ca6975798"

const (
	everything    = "user_impersonation"
	offlineAccess = "offline_access"
)

// openIDScopes bring tokens or claims and belong to no resource.
var openIDScopes = []string{"openid", "profile", "email", offlineAccess}

// offered are the scopes of Azure DevOps, to choose from.
var offered = strings.Fields(`user_impersonation
	vso.advsec vso.advsec_write vso.advsec_manage vso.agentpools vso.agentpools_manage vso.environment_manage
	vso.analytics vso.auditlog vso.auditstreams_manage vso.build vso.build_execute vso.code vso.code_write
	vso.code_manage vso.code_full vso.code_status vso.connected_server vso.entitlements
	vso.memberentitlementmanagement vso.memberentitlementmanagement_write vso.extension vso.extension_manage
	vso.extension.data vso.extension.data_write vso.githubconnections vso.githubconnections_manage vso.graph
	vso.graph_manage vso.identity vso.identity_manage vso.machinegroup_manage vso.gallery vso.gallery_acquire
	vso.gallery_publish vso.gallery_manage vso.notification vso.notification_write vso.notification_manage
	vso.notification_diagnostics vso.packaging vso.packaging_write vso.packaging_manage vso.pipelineresources_use
	vso.pipelineresources_manage vso.project vso.project_write vso.project_manage vso.release vso.release_execute
	vso.release_manage vso.securefiles_read vso.securefiles_write vso.securefiles_manage vso.security_manage
	vso.serviceendpoint vso.serviceendpoint_query vso.serviceendpoint_manage vso.hooks vso.hooks_write
	vso.hooks_interact vso.settings vso.settings_write vso.symbols vso.symbols_write vso.symbols_manage
	vso.taskgroups_read vso.taskgroups_write vso.taskgroups_manage vso.dashboards vso.dashboards_manage vso.test
	vso.test_write vso.threads_full vso.tokens vso.tokenadministration vso.profile vso.profile_write
	vso.variablegroups_read vso.variablegroups_write vso.variablegroups_manage vso.wiki vso.wiki_write vso.work
	vso.work_write vso.work_full vso.pats vso.pats_manage`)

// asked is the scope parameter for what the form holds. What was typed stays
// as typed, faults included.
func (d dialect) asked(given string) string {
	if given == "" {
		given = d.Blank
	} else if d.Chosen {
		given = azureDevOps + "/" + strings.Join(strings.Fields(given), " "+azureDevOps+"/")
	}
	for _, s := range d.Adds {
		if !slices.Contains(strings.Fields(given), s) {
			given += " " + s
		}
	}
	return given
}

// covers reports whether scopes, in any form, let read what a scope such as
// vso.work lets: it itself, one that may do more, or everything.
func covers(scopes, read string) bool {
	enough := []string{everything, ".default", read, read + "_write", read + "_manage", read + "_full", read + "_execute"}
	return slices.ContainsFunc(strings.Fields(scopes), func(s string) bool {
		return slices.Contains(enough, s[strings.LastIndex(s, "/")+1:])
	})
}

// difference compares what was asked with what was granted, leaving out the
// scopes of no resource. Letter case does not matter.
func difference(asked, granted string) (missing, further []string) {
	has := func(list, s string) bool {
		return slices.ContainsFunc(strings.Fields(list), func(t string) bool { return strings.EqualFold(s, t) })
	}
	for _, s := range strings.Fields(asked) {
		if !has(granted, s) && !slices.Contains(openIDScopes, s) {
			missing = append(missing, s)
		}
	}
	for _, s := range strings.Fields(granted) {
		if !has(asked, s) && !slices.Contains(openIDScopes, s) {
			further = append(further, s)
		}
	}
	return missing, further
}
