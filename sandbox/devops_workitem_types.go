package sandbox

import (
	"maps"
	"net/url"
	"slices"
	"strings"
)

// workItemStates are the types of the Agile process with their states. Items
// begin in the first.
var workItemStates = map[string][]string{
	"Bug":        {"New", "Active", "Resolved", "Closed"},
	"Epic":       {"New", "Active", "Resolved", "Closed", "Removed"},
	"Feature":    {"New", "Active", "Resolved", "Closed", "Removed"},
	"Issue":      {"Active", "Closed"},
	"Task":       {"New", "Active", "Closed", "Removed"},
	"Test Case":  {"Design", "Ready", "Closed"},
	"User Story": {"New", "Active", "Resolved", "Closed", "Removed"},
}

// workItemFields are the fields a work item can have, by reference name.
var workItemFields = map[string]workItemField{
	"System.Id":                      {"ID", "integer", true},
	"System.Rev":                     {"Rev", "integer", true},
	"System.TeamProject":             {"Team Project", "string", true},
	"System.WorkItemType":            {"Work Item Type", "string", true},
	"System.CreatedDate":             {"Created Date", "dateTime", true},
	"System.CreatedBy":               {"Created By", "string", true},
	"System.ChangedDate":             {"Changed Date", "dateTime", true},
	"System.ChangedBy":               {"Changed By", "string", true},
	"System.Title":                   {"Title", "string", false},
	"System.State":                   {"State", "string", false},
	"System.Reason":                  {"Reason", "string", false},
	"System.AssignedTo":              {"Assigned To", "string", false},
	"System.Description":             {"Description", "html", false},
	"System.AreaPath":                {"Area Path", "treePath", false},
	"System.IterationPath":           {"Iteration Path", "treePath", false},
	"System.Tags":                    {"Tags", "plainText", false},
	"System.History":                 {"History", "history", false},
	"Microsoft.VSTS.Common.Priority": {"Priority", "integer", false},
	"Microsoft.VSTS.Common.Severity": {"Severity", "string", false},
	"Microsoft.VSTS.TCM.ReproSteps":  {"Repro Steps", "html", false},
}

// A workItemField is a field's name in forms and its type; read-only fields
// are kept by the service.
type workItemField struct {
	name, kind string
	readOnly   bool
}

// fieldName resolves a reference name or a name in forms.
func fieldName(given string) (string, bool) {
	for reference, f := range workItemFields {
		if strings.EqualFold(reference, given) || strings.EqualFold(f.name, given) {
			return reference, true
		}
	}
	return "", false
}

func listWorkItemTypes(c *devopsCall) (devopsReply, *devopsError) {
	var types []map[string]any
	for _, name := range slices.Sorted(maps.Keys(workItemStates)) {
		types = append(types, c.workItemTypeBody(name))
	}
	return devopsListOf(types), nil
}

func getWorkItemType(c *devopsCall) (devopsReply, *devopsError) {
	name, failure := c.workItemType()
	if failure != nil {
		return devopsReply{}, failure
	}
	return ok(c.workItemTypeBody(name)), nil
}

func (c *devopsCall) workItemTypeBody(name string) map[string]any {
	var states []map[string]string
	for _, state := range workItemStates[name] {
		states = append(states, map[string]string{"name": state})
	}
	return map[string]any{
		"states": states, "name": name, "referenceName": "Microsoft.VSTS.WorkItemTypes." + strings.ReplaceAll(name, " ", ""), "isDisabled": false,
		"url": c.url(c.project.ID + "/_apis/wit/workItemTypes/" + url.PathEscape(name)),
	}
}

// workItemType is the path's {type} as the process calls it.
func (c *devopsCall) workItemType() (string, *devopsError) {
	for name := range workItemStates {
		if strings.EqualFold(name, c.params["type"]) {
			return name, nil
		}
	}
	return "", errDevOpsWorkItemType.with(c.params["type"], c.project.Name)
}

func listFields(c *devopsCall) (devopsReply, *devopsError) {
	fields := make([]map[string]any, 0, len(workItemFields))
	for _, reference := range slices.Sorted(maps.Keys(workItemFields)) {
		f := workItemFields[reference]
		fields = append(fields, map[string]any{"name": f.name, "referenceName": reference, "type": f.kind, "readOnly": f.readOnly,
			"url": c.url("_apis/wit/fields/" + reference)})
	}
	return devopsListOf(fields), nil
}
