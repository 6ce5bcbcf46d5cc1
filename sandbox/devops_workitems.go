package sandbox

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// A workItemBody is a work item on the wire.
type workItemBody struct {
	ID        int                          `json:"id"`
	Rev       int                          `json:"rev"`
	Fields    map[string]any               `json:"fields"`
	Relations []workItemRelation           `json:"relations,omitempty"`
	Links     map[string]map[string]string `json:"_links,omitempty"`
	URL       string                       `json:"url"`
}

// A workItemRelation leads from a work item to another one or to a page.
type workItemRelation struct {
	Rel        string         `json:"rel"`
	URL        string         `json:"url"`
	Attributes map[string]any `json:"attributes"`
}

// A workItemView is which parts of items an answer shows.
type workItemView struct {
	Fields []string `json:"fields"` // none: all
	Expand string   `json:"$expand"`
}

// The values of $expand in lower case.
const (
	expandNone      = "none"
	expandRelations = "relations"
	expandFields    = "fields"
	expandLinks     = "links"
	expandAll       = "all"
)

// check refuses an expansion that does not exist, or does not go with fields.
func (v workItemView) check() *devopsError {
	expand := strings.ToLower(v.Expand)
	switch {
	case !has([]string{"", expandNone, expandRelations, expandFields, expandLinks, expandAll}, expand):
		return errDevOpsArgument.with("The value " + strconv.Quote(v.Expand) + " of $expand is not one of none, relations, fields, links and all.")
	case len(v.Fields) > 0 && has([]string{expandRelations, expandFields, expandAll}, expand):
		return errDevOpsConflict.with("The expand parameter can not be used with the fields parameter.")
	}
	return nil
}

func (v workItemView) expands(part string) bool {
	return strings.EqualFold(v.Expand, part) || strings.EqualFold(v.Expand, expandAll)
}

// view reads the parameters fields and $expand.
func (c *devopsCall) view() (workItemView, *devopsError) {
	q := c.r.URL.Query()
	v := workItemView{Expand: q.Get("$expand"), Fields: strings.FieldsFunc(q.Get("fields"), func(r rune) bool { return r == ',' || r == ' ' })}
	return v, v.check()
}

func (c *devopsCall) workItemURL(p *project, id int) string {
	return c.url(p.ID + "/_apis/wit/workItems/" + strconv.Itoa(id))
}

// workItemBody copies the fields: an answer is written without the lock.
func (c *devopsCall) workItemBody(p *project, item *workItem, view workItemView) workItemBody {
	fields := maps.Clone(item.Fields)
	if len(view.Fields) > 0 {
		maps.DeleteFunc(fields, func(name string, _ any) bool {
			return !slices.ContainsFunc(view.Fields, func(n string) bool { return strings.EqualFold(n, name) })
		})
	}
	body := workItemBody{ID: item.ID, Rev: item.Rev, Fields: fields, URL: c.workItemURL(p, item.ID)}
	if view.expands(expandRelations) {
		body.Relations = item.Relations
	}
	if view.expands(expandLinks) {
		body.Links = map[string]map[string]string{
			"self": {"href": body.URL},
			"html": {"href": c.url("_workitems/edit/" + strconv.Itoa(item.ID))},
		}
	}
	return body
}

// single is workItemBody for an answer about one item: links come unasked.
func (c *devopsCall) single(p *project, item *workItem, view workItemView) devopsReply {
	body := c.workItemBody(p, item, view)
	if body.Links == nil {
		body.Links = c.workItemBody(p, item, workItemView{Expand: expandLinks}).Links
	}
	return ok(body)
}

// workItem finds an item that is not deleted in the projects the path speaks
// of.
func (c *devopsCall) workItem(id int) (*project, *workItem) {
	for _, p := range c.scope() {
		if item := p.workItems[id]; item != nil && !item.Deleted {
			return p, item
		}
	}
	return nil, nil
}

// workItemID is the path's {id}.
func (c *devopsCall) workItemID() (int, *devopsError) {
	id, err := strconv.Atoi(c.params["id"])
	if err != nil {
		return 0, errDevOpsArgument.with("The work item ID " + strconv.Quote(c.params["id"]) + " is not a number.")
	}
	return id, nil
}

// namedWorkItem is the item of the path's {id}.
func (c *devopsCall) namedWorkItem() (*project, *workItem, *devopsError) {
	id, failure := c.workItemID()
	if failure != nil {
		return nil, nil, failure
	}
	p, item := c.workItem(id)
	if item == nil {
		return nil, nil, errDevOpsWorkItem.with(id)
	}
	return p, item, nil
}

func getWorkItem(c *devopsCall) (devopsReply, *devopsError) {
	view, failure := c.view()
	if failure != nil {
		return devopsReply{}, failure
	}
	p, item, failure := c.namedWorkItem()
	if failure != nil {
		return devopsReply{}, failure
	}
	return c.single(p, item, view), nil
}

// listWorkItems answers ?ids=1,2: all of them, or an error for the first that
// is missing (null in its place with errorPolicy=omit).
func listWorkItems(c *devopsCall) (devopsReply, *devopsError) {
	q := c.r.URL.Query()
	view, failure := c.view()
	if failure != nil {
		return devopsReply{}, failure
	}
	wanted := workItemBatch{workItemView: view, ErrorPolicy: q.Get("errorPolicy")}
	for text := range strings.SplitSeq(q.Get("ids"), ",") {
		id, err := strconv.Atoi(strings.TrimSpace(text))
		if err != nil && q.Get("ids") != "" {
			return devopsReply{}, errDevOpsArgument.with("The work item ID " + strconv.Quote(text) + " is not a number.")
		} else if err == nil {
			wanted.IDs = append(wanted.IDs, id)
		}
	}
	return c.workItems(wanted)
}

// A workItemBatch asks for many work items at once.
type workItemBatch struct {
	IDs []int `json:"ids"`
	workItemView
	ErrorPolicy string `json:"errorPolicy"`
}

// batchWorkItems is listWorkItems with a body in place of the query.
func batchWorkItems(c *devopsCall) (devopsReply, *devopsError) {
	var wanted workItemBatch
	if failure := c.readJSON(&wanted); failure != nil {
		return devopsReply{}, failure
	}
	if failure := wanted.check(); failure != nil {
		return devopsReply{}, failure
	}
	return c.workItems(wanted)
}

// readJSON reads the body. What is no JSON is refused before the operation
// looks at it, in a form of its own.
func (c *devopsCall) readJSON(into any) *devopsError {
	if err := json.Unmarshal(c.body, into); err != nil {
		return &devopsError{status: http.StatusBadRequest, message: "The request body cannot be read: " + err.Error()}
	}
	return nil
}

func (c *devopsCall) workItems(wanted workItemBatch) (devopsReply, *devopsError) {
	if n := len(wanted.IDs); n == 0 || n > 200 {
		return devopsReply{}, errDevOpsArgument.with("Parameter ids must list 1 to 200 work item IDs.")
	}
	items := make([]any, 0, len(wanted.IDs))
	for _, id := range wanted.IDs {
		p, item := c.workItem(id)
		switch {
		case item != nil:
			items = append(items, c.workItemBody(p, item, wanted.workItemView))
		case strings.EqualFold(wanted.ErrorPolicy, "omit"):
			items = append(items, nil)
		default:
			return devopsReply{}, errDevOpsWorkItem.with(id)
		}
	}
	return devopsListOf(items), nil
}
