package sandbox

import (
	"encoding/json"
	"fmt"
	"maps"
	"mime"
	"reflect"
	"slices"
	"strconv"
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
	changed := &workItem{ID: item.ID, Rev: item.Rev + 1, Fields: maps.Clone(item.Fields), Relations: slices.Clone(item.Relations)}
	for _, op := range patch {
		if failure := c.apply(op, item, changed); failure != nil {
			return nil, failure
		}
	}
	if failure := c.checkRules(item, changed); failure != nil {
		return nil, failure
	}
	changed.Fields["System.Rev"] = changed.Rev
	changed.Fields["System.ChangedDate"], changed.Fields["System.ChangedBy"] = c.moment(), personOf(c.member)
	return changed, nil
}

// apply takes one step; item is as before the first one.
func (c *devopsCall) apply(op patchOperation, item, changed *workItem) *devopsError {
	if op.Path == "/rev" {
		return op.test(item.Rev)
	}
	if where, isRelation := strings.CutPrefix(op.Path, "/relations/"); isRelation {
		return op.applyRelation(where, changed)
	}
	given, isField := strings.CutPrefix(op.Path, "/fields/")
	if !isField {
		return errDevOpsArgument.with("The patch path " + op.Path + " is not one of /fields/{name}, /relations/{index or -} and /rev, which are all the sandbox knows.")
	}
	name, known := fieldName(given)
	if !known {
		return errDevOpsRule.with(given, "InvalidFieldName")
	}
	if workItemFields[name].readOnly && !strings.EqualFold(op.Op, "test") {
		return errDevOpsRule.with(workItemFields[name].name, "ReadOnly")
	}
	return op.applyField(name, changed.Fields)
}

// test holds the value against what is there. Numbers may come as text.
func (op patchOperation) test(have any) *devopsError {
	if !strings.EqualFold(op.Op, "test") {
		return errDevOpsArgument.with("The patch operation " + op.Op + " is not one that " + op.Path + " takes.")
	}
	if !reflect.DeepEqual(have, op.Value) && fmt.Sprint(have) != fmt.Sprint(op.Value) {
		return errDevOpsPatchTest.with(op.Path, have, op.Value)
	}
	return nil
}

func (op patchOperation) applyField(name string, fields map[string]any) *devopsError {
	switch strings.ToLower(op.Op) {
	case "add", "replace":
		fields[name] = op.Value
	case "remove":
		delete(fields, name)
	case "test":
		return op.test(fields[name])
	default:
		return errDevOpsArgument.with("The patch operation " + op.Op + " is not one of add, replace, remove and test.")
	}
	return nil
}

// applyRelation adds at the end ("-"), or replaces or removes by number.
func (op patchOperation) applyRelation(where string, changed *workItem) *devopsError {
	kind := strings.ToLower(op.Op)
	if kind == "add" && where == "-" {
		relation, failure := op.relation()
		changed.Relations = append(changed.Relations, relation)
		return failure
	}
	i, err := strconv.Atoi(where)
	if err != nil || i < 0 || i >= len(changed.Relations) {
		return errDevOpsArgument.with("There is no relation at " + op.Path + ".")
	}
	switch kind {
	case "remove":
		changed.Relations = slices.Delete(changed.Relations, i, i+1)
	case "replace":
		relation, failure := op.relation()
		changed.Relations[i] = relation
		return failure
	default:
		return errDevOpsArgument.with("The patch operation " + op.Op + " is not one that " + op.Path + " takes.")
	}
	return nil
}

func (op patchOperation) relation() (workItemRelation, *devopsError) {
	value, _ := op.Value.(map[string]any)
	rel, _ := value["rel"].(string)
	url, _ := value["url"].(string)
	attributes, _ := value["attributes"].(map[string]any)
	if rel == "" || url == "" {
		return workItemRelation{}, errDevOpsArgument.with("A relation needs rel and url.")
	}
	if attributes == nil {
		attributes = map[string]any{}
	}
	return workItemRelation{Rel: rel, URL: url, Attributes: attributes}, nil
}

// checkRules holds a changed item to the rules of its type: a title, a state
// of the type, and a person of the organization.
func (c *devopsCall) checkRules(item, changed *workItem) *devopsError {
	if title, _ := changed.Fields["System.Title"].(string); strings.TrimSpace(title) == "" {
		return errDevOpsRule.with("Title", "Required, InvalidEmpty")
	}
	kind, _ := changed.Fields["System.WorkItemType"].(string)
	state, _ := changed.Fields["System.State"].(string)
	if !slices.Contains(workItemStates[kind], state) {
		return errDevOpsRule.with("State", "Required, HasValues, LimitedToValues, AllowsOldValue, InvalidNotOldValue")
	}
	return c.assign(item.Fields["System.AssignedTo"], changed.Fields)
}

// assign turns the name of a person into the person.
func (c *devopsCall) assign(before any, fields map[string]any) *devopsError {
	const field = "System.AssignedTo"
	wanted := fields[field]
	if wanted == nil || wanted == "" {
		delete(fields, field)
		return nil
	}
	if reflect.DeepEqual(before, wanted) {
		return nil
	}
	name, _ := wanted.(string)
	if person, isObject := wanted.(map[string]any); isObject {
		name, _ = person["uniqueName"].(string)
	}
	m := c.org.memberCalled(name)
	if m == nil {
		return errDevOpsPerson.with(wanted, workItemFields[field].name)
	}
	fields[field] = personOf(m)
	return nil
}
