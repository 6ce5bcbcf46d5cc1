package sandbox

import (
	"cmp"
	"strings"
	"time"
)

// connectionData tells a caller who they are here. In an organization with a
// public project it answers nobody, too, and calls them Anonymous.
func connectionData(c *devopsCall) (devopsReply, *devopsError) {
	who := c.identity()
	return ok(map[string]any{
		"authenticatedUser":   who,
		"authorizedUser":      who,
		"instanceId":          c.org.ID,
		"deploymentId":        stableID("deployment"),
		"deploymentType":      "hosted",
		"lastUserAccess":      c.world.now().UTC().Truncate(time.Second),
		"locationServiceData": c.locationData(),

		"webApplicationRelativeDirectory": "",
	}), nil
}

// The kinds of deployment that answer for an organization
// [microsoft/azure-devops-node-api].
var serviceOwners = map[string]string{
	serviceDevOps: "00025394-6065-48ca-87d9-7f5672854ef7",
	serviceVSSPS:  "951917ac-a960-4999-8464-e3f0aa25b381",
}

// locationData says where the organization stands; with connectOptions in
// full. Where resources stand is told by OPTIONS, so no service is listed.
func (c *devopsCall) locationData() map[string]any {
	owner := serviceOwners[placeOf(c.r).service]
	data := map[string]any{
		"serviceOwner": owner, "defaultAccessMappingMoniker": "PublicAccessMapping",
		"lastChangeId": 1, "lastChangeId64": 1,
	}
	if options := c.r.URL.Query().Get("connectOptions"); strings.EqualFold(options, "includeServices") || options == "1" {
		data["accessMappings"] = []map[string]string{{
			"displayName": "Public Access Mapping", "moniker": "PublicAccessMapping",
			"accessPoint": c.base(), "serviceOwner": owner, "virtualDirectory": "",
		}}
		data["serviceDefinitions"] = []any{}
		data["clientCacheFresh"], data["clientCacheTimeToLive"] = false, 3600
	}
	return data
}

const anonymousID = "aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa"

// account is the name that a caller signs in with; an app has its object ID.
func (c *caller) account() string { return cmp.Or(c.UserPrincipalName, c.ObjectID) }

// identity is the caller as connectionData puts it.
func (c *devopsCall) identity() map[string]any {
	if c.member == nil {
		return map[string]any{
			"id": anonymousID, "descriptor": "System:PublicAccess;" + anonymousID,
			"subjectDescriptor": "", "providerDisplayName": "Anonymous", "isActive": true,
			"properties": map[string]any{}, "resourceVersion": 2, "metaTypeId": 0,
		}
	}
	account := c.caller.account()
	descriptor := `Microsoft.IdentityModel.Claims.ClaimsIdentity;` + c.caller.TenantID + `\` + account
	if c.caller.appOnly() {
		descriptor = `Microsoft.VisualStudio.Services.Claims.AadServicePrincipal;` + c.caller.TenantID + `\` + account
	}
	return map[string]any{
		"id": c.member.ID, "descriptor": descriptor,
		"subjectDescriptor":   c.member.descriptor(),
		"providerDisplayName": c.member.DisplayName, "isActive": true,
		"properties":      map[string]any{"Account": map[string]string{"$type": "System.String", "$value": account}},
		"resourceVersion": 2, "metaTypeId": 0,
	}
}
