package sandbox

import (
	"encoding/json"
	"fmt"
	"maps"
	"mime"
	"reflect"
	"strings"
)

// A patchOperation is one step of a JSON patch (RFC 6902) on a work item.
type patchOperation struct {
	Op    string `json:"op"`
	Path  string `json:"path"`
	Value any    `json:"value"`
}

// patched is a changed copy of an item, one revision on, or the rule that the
// patch breaks. The item itself stays as it is.
func (c *devopsCall) patched(item *workItem) (*workItem, *devopsError) {
	kind, _, err := mime.ParseMediaType(c.r.Header.Get("Content-Type"))
	if err != nil || kind != "application/json-patch+json" {
		return nil, errDevOpsMediaType.with(c.r.Header.Get("Content-Type"))
	}
	var patch []patchOperation
	if err := json.Unmarshal(c.body, &patch); err != nil || len(patch) == 0 {
		return nil, errDevOpsArgument.with("You must pass a valid patch document in the body of the request.")
	}
	changed := &workItem{ID: item.ID, Rev: item.Rev + 1, Fields: maps.Clone(item.Fields)}
	for _, op := range patch {
		if failure := op.apply(item, changed.Fields); failure != nil {
			return nil, failure
		}
	}
	if title, _ := changed.Fields["System.Title"].(string); strings.TrimSpace(title) == "" {
		return nil, errDevOpsRule.with("Title", "Required, InvalidEmpty")
	}
	changed.Fields["System.Rev"] = changed.Rev
	changed.Fields["System.ChangedDate"], changed.Fields["System.ChangedBy"] = c.moment(), c.person()
	return changed, nil
}

func (op patchOperation) apply(item *workItem, fields map[string]any) *devopsError {
	if op.Path == "/rev" {
		if strings.EqualFold(op.Op, "test") && fmt.Sprint(op.Value) == fmt.Sprint(item.Rev) {
			return nil
		}
		return errDevOpsPatchTest.with(op.Path)
	}
	given, isField := strings.CutPrefix(op.Path, "/fields/")
	if !isField {
		return errDevOpsArgument.with("The patch path " + op.Path + " is not one of /fields/{name} and /rev, which are all the sandbox knows.")
	}
	name, known := fieldName(given)
	if !known {
		return errDevOpsRule.with(given, "InvalidFieldName")
	}
	if workItemFields[name].readOnly && !strings.EqualFold(op.Op, "test") {
		return errDevOpsRule.with(workItemFields[name].name, "ReadOnly")
	}
	return op.applyField(name, fields)
}

func (op patchOperation) applyField(name string, fields map[string]any) *devopsError {
	switch strings.ToLower(op.Op) {
	case "add", "replace":
		fields[name] = op.Value
	case "remove":
		delete(fields, name)
	case "test":
		if !reflect.DeepEqual(fields[name], op.Value) {
			return errDevOpsPatchTest.with(op.Path)
		}
	default:
		return errDevOpsArgument.with("The patch operation " + op.Op + " is not one of add, replace, remove and test.")
	}
	return nil
}
