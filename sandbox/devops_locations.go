package sandbox

import (
	"net/http"
	"slices"
	"strings"
)

// A resourceLocation tells client libraries where a resource stands and which
// versions of it there are; they ask before their first request, with OPTIONS
// on _apis. Route templates leave optional places empty.
type resourceLocation struct {
	ID              string `json:"id"`
	Area            string `json:"area"`
	ResourceName    string `json:"resourceName"`
	RouteTemplate   string `json:"routeTemplate"`
	ResourceVersion int    `json:"resourceVersion"`
	MinVersion      string `json:"minVersion"`
	MaxVersion      string `json:"maxVersion"`
	ReleasedVersion string `json:"releasedVersion"` // 0.0: in preview
}

func located(id, area, resource, route string, version int) resourceLocation {
	return resourceLocation{id, area, resource, route, version, "1.0", "7.2", "7.1"}
}

// inPreview is located for a resource that needs "-preview".
func inPreview(id, area, resource, route string, version int) resourceLocation {
	l := located(id, area, resource, route, version)
	l.ReleasedVersion = "0.0"
	return l
}

// The ids and versions are those of Microsoft's client libraries
// [microsoft/azure-devops-node-api; microsoft/azure-devops-go-api], routes
// are of the REST documentation.
var devopsLocations = []resourceLocation{
	inPreview("e81700f7-3be2-46de-8624-2eb35882fcaa", "Location", "ResourceAreas", "_apis/{resource}/{areaId}", 1),
	inPreview("00d9565f-ed9c-4a06-9a50-00e7896ccab4", "Location", "ConnectionData", "_apis/{resource}", 1),

	located("603fe2ac-9723-48b9-88ad-09305aa6c6e1", "core", "projects", "_apis/{resource}/{*projectId}", 4),
	inPreview("4976a71a-4487-49aa-8aab-a1eda469037a", "core", "properties", "_apis/projects/{projectId}/{resource}", 1),
	located("d30a3dd1-f8ba-442a-b86a-bd0c0c383e59", "core", "teams", "_apis/projects/{projectId}/{resource}/{*teamId}", 3),
	inPreview("7a4d9ee9-3433-4347-b47a-7a80f1cf307e", "core", "teams", "_apis/{resource}", 3),

	located("1a9c53f7-f243-4447-b110-35ef023636e4", "wit", "wiql", "{project}/{team}/_apis/{area}/{resource}", 2),
	located("72c7ddf8-2cdc-4f60-90cd-ab71c14a399b", "wit", "workItems", "{project}/_apis/{area}/{resource}/{id}", 3),
	located("62d3d110-0047-428c-ad3c-4fe872c91c74", "wit", "workItems", "{project}/_apis/{area}/{resource}/${type}", 3),
	located("908509b6-4248-4475-a1cd-829139ba419f", "wit", "workItemsBatch", "{project}/_apis/{area}/{resource}", 1),
	located("b51fd764-e5c2-4b9b-aaf7-3395cf4bdd94", "wit", "fields", "{project}/_apis/{area}/{resource}/{fieldNameOrRefName}", 3),
	located("7c8d7a76-4a09-43e8-b5df-bd792f4ac6aa", "wit", "workItemTypes", "{project}/_apis/{area}/{resource}/{type}", 2),
	located("b70d8d39-926c-465e-b927-b1bf0e5ca0e0", "wit", "recyclebin", "{project}/_apis/{area}/{resource}/{id}", 2),
	located("a67d190c-c41f-424b-814d-0e906f659301", "wit", "queries", "{project}/_apis/{area}/{resource}/{*query}", 2),
	located("bc15bc60-e7a8-43cb-ab01-2106be3983a1", "wit", "tags", "{project}/_apis/{area}/{resource}/{tagIdOrName}", 1),

	located("225f7195-f9c7-4d14-ab28-a83f7ff77e1f", "git", "repositories", "{project}/_apis/{area}/{resource}/{repositoryId}", 2),
	located("a5d28130-9cd2-40fa-9f08-902e7daa9efb", "git", "pullRequests", "{project}/_apis/{area}/{resource}", 2),
	located("dad91cbe-d183-45f8-9c6e-9c1164472121", "policy", "configurations", "{project}/_apis/{area}/{resource}/{configurationId}", 1),
	located("0cd358e1-9217-4d94-8269-1c1ee6f93dcf", "build", "Builds", "{project}/_apis/{area}/{resource}/{buildId}", 7),
	located("dbeaf647-6167-421a-bda9-c9327b25e2e6", "build", "Definitions", "{project}/_apis/{area}/{resource}/{definitionId}", 7),
	located("28e1305e-2afe-47bf-abaf-cbb0e6a91988", "pipelines", "pipelines", "{project}/_apis/{resource}/{pipelineId}", 1),

	located("a8c47e17-4d56-4a56-92bb-de7ea7dc65be", "distributedtask", "pools", "_apis/{area}/{resource}/{poolId}", 1),
	inPreview("900fa995-c559-4923-aae7-f8424fe4fbea", "distributedtask", "queues", "{project}/_apis/{area}/{resource}/{queueId}", 1),
	located("8572b1fc-2482-47fa-8f74-7e3ed53ee54b", "distributedtask", "environments", "{project}/_apis/{area}/{resource}/{environmentId}", 1),
	inPreview("083c4d89-ab35-45af-aa11-7cf66895c53e", "distributedtask", "deploymentgroups", "{project}/_apis/{area}/{resource}/{deploymentGroupId}", 1),
	located("f5b09dd5-9d54-45a1-8b5a-1c8287d634cc", "distributedtask", "variablegroups", "{project}/_apis/{area}/{resource}/{groupId}", 2),
	inPreview("6c08ffbf-dbf1-4f9a-94e5-a1cbd47005e7", "distributedtask", "taskgroups", "{project}/_apis/{area}/{resource}/{taskGroupId}", 1),
	located("5a7938a4-655e-486c-b562-b78c54a7e87b", "serviceendpoint", "types", "_apis/{area}/{resource}", 1),
	located("e85f1c62-adfc-4b74-b618-11a150fb195e", "serviceendpoint", "endpoints", "{project}/_apis/{area}/{resource}/{endpointId}", 4),

	inPreview("454b3e51-2e6e-48d4-ad81-978154089351", "Dashboard", "dashboards", "{project}/{team}/_apis/{area}/{resource}/{dashboardId}", 3),
	inPreview("6b3628d3-e96f-4fc7-b176-50240b03b515", "Dashboard", "widgettypes", "{project}/_apis/{area}/{resource}/{contributionId}", 1),
	located("cadb3810-d47d-4a3c-a234-fe5f3be50138", "Test", "Runs", "{project}/_apis/{area}/{resource}/{runId}", 3),
	located("0e292477-a0c2-47f3-a9b6-34f153d627f4", "testplan", "plans", "{project}/_apis/{area}/{resource}/{planId}", 1),
	located("288d122c-dbd4-451d-aa5f-7dbbba070728", "wiki", "wikis", "{project}/_apis/{area}/{resource}/{wikiIdentifier}", 2),
	located("70f911d6-abac-488c-85b3-a206bf57e165", "notification", "Subscriptions", "_apis/{area}/{resource}/{subscriptionId}", 1),
	located("fc50d02a-849f-41fb-8af1-0a5216103269", "hooks", "subscriptions", "_apis/{area}/{resource}/{subscriptionId}", 1),
	located("4301c514-5f34-4f5d-a145-f0ea7b5b7d19", "hooks", "consumers", "_apis/{area}/{resource}/{consumerId}", 1),
}

var vsspsLocations = []resourceLocation{
	inPreview("e81700f7-3be2-46de-8624-2eb35882fcaa", "Location", "ResourceAreas", "_apis/{resource}/{areaId}", 1),
	inPreview("00d9565f-ed9c-4a06-9a50-00e7896ccab4", "Location", "ConnectionData", "_apis/{resource}", 1),
	inPreview("005e26ec-6b77-4e4f-a986-b3827bf241f5", "Graph", "users", "_apis/{area}/{resource}/{userDescriptor}", 1),
	inPreview("ebbe6af8-0b91-4c13-8cf1-777c14858188", "Graph", "groups", "_apis/{area}/{resource}/{groupDescriptor}", 1),
	inPreview("e1dbb0ae-49cb-4532-95a1-86cd89cfcab4", "Graph", "serviceprincipals", "_apis/{area}/{resource}/{servicePrincipalDescriptor}", 1),
	located("28010c54-d0c0-4c89-a5b0-1c9e188b9fb7", "IMS", "identities", "_apis/{resource}/{identityId}", 1),
	located("f83735dc-483f-4238-a291-d45f6080a9af", "profile", "profiles", "_apis/{area}/{resource}/{id}", 3),
	located("229a6a53-b428-4ffb-a835-e8f36b5b4b1e", "Account", "Accounts", "_apis/{resource}/{accountId}", 1),
}

// locationsOf answers OPTIONS on _apis, or on _apis/{area}. Anybody is told:
// nothing of the organization is in it.
func locationsOf(locations []resourceLocation) []devopsOperation {
	list := func(c *devopsCall) (devopsReply, *devopsError) {
		area, narrowed := c.params["area"]
		return devopsListOf(slices.DeleteFunc(slices.Clone(locations), func(l resourceLocation) bool {
			return narrowed && !strings.EqualFold(l.Area, area)
		})), nil
	}
	return []devopsOperation{
		{method: http.MethodOptions, path: "_apis", run: list},
		{method: http.MethodOptions, path: "_apis/{area}", run: list},
	}
}

// A resourceArea is a group of resources with the host it stands at.
type resourceArea struct {
	ID          string `json:"id"`
	Name        string `json:"name"`
	LocationURL string `json:"locationUrl"`
}

// resourceAreas are the areas with resources here, by id: name and service.
var resourceAreas = map[string][2]string{
	"79134c72-4a58-4b42-976c-04e7115f32bf": {"core", serviceDevOps},
	"5264459e-e5e0-4bd8-b118-0985e68a4ec5": {"wit", serviceDevOps},
	"4e080c62-fa21-4fbc-8fef-2a10a2b38049": {"git", serviceDevOps},
	"fb13a388-40dd-4a04-b530-013a739c72ef": {"policy", serviceDevOps},
	"965220d5-5bb9-42cf-8d67-9b146df2a5a4": {"build", serviceDevOps},
	"5d6898bb-45ec-463f-95f9-54d49c71752e": {"build", serviceDevOps},
	"2e0bf237-8973-4ec9-a581-9c3d679d1776": {"pipelines", serviceDevOps},
	"a85b8835-c1a1-4aac-ae97-1c3d0ba72dbd": {"distributedtask", serviceDevOps},
	"1814ab31-2f4f-4a9f-8761-f4d77dc5a5d7": {"serviceendpoint", serviceDevOps},
	"31c84e0a-3ece-48fd-a29d-100849af99ba": {"Dashboard", serviceDevOps},
	"c2aa639c-3ccc-4740-b3b6-ce2a1e1d984e": {"Test", serviceDevOps},
	"e4c27205-9d23-4c98-b958-d798bc3f9cd4": {"testplan", serviceDevOps},
	"bf7d82a0-8aa5-4613-94ef-6172a5ea01f3": {"wiki", serviceDevOps},
	"bb1e7ec9-e901-4b68-999a-de7012b920f8": {"Graph", serviceVSSPSOrganizations},
	"8a3d49b8-91f0-46ef-b33d-dda338c25db3": {"IMS", serviceVSSPSOrganizations},
	"8ccfef3d-2b87-4e99-8ccb-66e343d2daa8": {"profile", serviceVSSPSOrganizations},
	"0d55247a-1c47-4462-9b1f-5e2125590ee6": {"Account", serviceVSSPSOrganizations},
}

// areaOperations tell at which host each area stands.
var areaOperations = []devopsOperation{
	{method: http.MethodGet, path: "_apis/resourceAreas", preview: true, run: listResourceAreas},
	{method: http.MethodGet, path: "_apis/resourceAreas/{areaId}", preview: true, run: getResourceArea},
}

// resourceArea finds an area by its ID. Without an organization there are
// those of the host itself alone.
func (c *devopsCall) resourceArea(id string) (area resourceArea, known bool) {
	of, known := resourceAreas[strings.ToLower(id)]
	if c.org == nil && of[1] != serviceVSSPSOrganizations {
		return resourceArea{}, false
	}
	return resourceArea{ID: id, Name: of[0], LocationURL: c.areaURL(of[1])}, known
}

// areaURL is where a service has the resources of the organization, or those
// without one.
func (c *devopsCall) areaURL(service string) string {
	if c.org == nil {
		return siblingOrigin(c.r, serviceVSSPS) + "/"
	}
	return organizationURL(c.r, service, c.org)
}

func listResourceAreas(c *devopsCall) (devopsReply, *devopsError) {
	var areas []resourceArea
	for id := range resourceAreas {
		if area, known := c.resourceArea(id); known {
			areas = append(areas, area)
		}
	}
	slices.SortFunc(areas, func(a, b resourceArea) int { return strings.Compare(a.Name+a.ID, b.Name+b.ID) })
	return devopsListOf(areas), nil
}

func getResourceArea(c *devopsCall) (devopsReply, *devopsError) {
	area, known := c.resourceArea(c.params["areaId"])
	if !known {
		return devopsReply{}, errDevOpsArea.with(c.params["areaId"])
	}
	return ok(area), nil
}
