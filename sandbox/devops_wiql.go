package sandbox

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// A wiqlQuery is a flat query in the work item query language: the part of
// the language without links, groups and history.
type wiqlQuery struct {
	columns []string
	where   wiqlTest // nil: every item
	order   []wiqlOrder
}

// maxWIQL is how many characters a query may have, as in the documentation of
// the public service's limits. It keeps the parser's recursion small.
const maxWIQL = 32_000

type wiqlTest func(fields map[string]any) bool

type wiqlOrder struct {
	field      string
	descending bool
}

// queryWorkItems answers which items a query finds; their fields are for
// another request.
func queryWorkItems(c *devopsCall) (devopsReply, *devopsError) {
	var body struct{ Query string }
	if failure := c.readJSON(&body); failure != nil {
		return devopsReply{}, failure
	}
	if len(body.Query) > maxWIQL {
		return devopsReply{}, errDevOpsQuery.with(fmt.Sprintf("it is longer than %d characters", maxWIQL))
	}
	if body.Query == "" {
		return devopsReply{}, errDevOpsArgument.with("You must pass a query in the body of the request.")
	}
	query, err := c.parseWIQL(body.Query)
	if err != nil {
		return devopsReply{}, errDevOpsQuery.with(err.Error())
	}
	found := c.selected(query)
	top, _ := c.page(20_000)
	items := []map[string]any{}
	for _, f := range found[:min(top, len(found))] {
		items = append(items, map[string]any{"id": f.ID, "url": c.url("_apis/wit/workItems/" + strconv.Itoa(f.ID))})
	}
	columns := []map[string]any{}
	for _, name := range query.columns {
		columns = append(columns, map[string]any{"referenceName": name, "name": workItemFields[name].name, "url": c.url("_apis/wit/fields/" + name)})
	}
	return ok(map[string]any{
		"queryType": "flat", "queryResultType": "workItem", "asOf": c.moment(),
		"columns": columns, "workItems": items,
	}), nil
}

// selected are the items of the projects the path speaks of that pass the
// test, in the query's order, by ID where it has none.
func (c *devopsCall) selected(q *wiqlQuery) []*workItem {
	var items []*workItem
	for _, p := range c.scope() {
		for _, id := range slices.Sorted(maps.Keys(p.workItems)) {
			if item := p.workItems[id]; !item.Deleted && (q.where == nil || q.where(item.Fields)) {
				items = append(items, item)
			}
		}
	}
	slices.SortStableFunc(items, func(a, b *workItem) int {
		for _, o := range q.order {
			if by := compareFields(a.Fields[o.field], fieldText(b.Fields[o.field])); by != 0 {
				if o.descending {
					return -by
				}
				return by
			}
		}
		return cmp.Compare(a.ID, b.ID)
	})
	return items
}

// fieldText is a field's value as queries compare it.
func fieldText(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case map[string]any: // a person
		return fmt.Sprint(v["uniqueName"])
	}
	return fmt.Sprint(v)
}

// compareFields compares numbers as numbers and all else as text without
// regard to letter case.
func compareFields(have any, want string) int {
	text := fieldText(have)
	a, errA := strconv.ParseFloat(text, 64)
	b, errB := strconv.ParseFloat(want, 64)
	if errA == nil && errB == nil {
		return cmp.Compare(a, b)
	}
	return strings.Compare(strings.ToLower(text), strings.ToLower(want))
}
