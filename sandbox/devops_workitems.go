package sandbox

import (
	"encoding/json"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// workItemTypes are those of the Agile process.
var workItemTypes = []string{"Bug", "Epic", "Feature", "Issue", "Task", "Test Case", "User Story"}

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

// A workItemBody is a work item on the wire.
type workItemBody struct {
	ID     int                          `json:"id"`
	Rev    int                          `json:"rev"`
	Fields map[string]any               `json:"fields"`
	Links  map[string]map[string]string `json:"_links,omitempty"`
	URL    string                       `json:"url"`
}

func (c *devopsCall) workItemURL(p *project, id int) string {
	return c.url(p.ID + "/_apis/wit/workItems/" + strconv.Itoa(id))
}

// workItemBody copies the fields: an answer is written without the lock.
// Names limit them; none means all.
func (c *devopsCall) workItemBody(p *project, item *workItem, names ...string) workItemBody {
	fields := maps.Clone(item.Fields)
	if len(names) > 0 {
		maps.DeleteFunc(fields, func(name string, _ any) bool {
			return !slices.ContainsFunc(names, func(n string) bool { return strings.EqualFold(n, name) })
		})
	}
	url := c.workItemURL(p, item.ID)
	return workItemBody{
		ID: item.ID, Rev: item.Rev, Fields: fields, URL: url,
		Links: map[string]map[string]string{"self": {"href": url}},
	}
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

// namedWorkItem is the item of the path's {id}.
func (c *devopsCall) namedWorkItem() (*project, *workItem, *devopsError) {
	id, err := strconv.Atoi(c.params["id"])
	if err != nil {
		return nil, nil, errDevOpsArgument.with("The work item ID " + strconv.Quote(c.params["id"]) + " is not a number.")
	}
	p, item := c.workItem(id)
	if item == nil {
		return nil, nil, errDevOpsWorkItem.with(id)
	}
	return p, item, nil
}

func (c *devopsCall) wantedFields() []string {
	list := c.r.URL.Query().Get("fields")
	return strings.FieldsFunc(list, func(r rune) bool { return r == ',' || r == ' ' })
}

func getWorkItem(c *devopsCall) (devopsReply, *devopsError) {
	p, item, failure := c.namedWorkItem()
	if failure != nil {
		return devopsReply{}, failure
	}
	return ok(c.workItemBody(p, item, c.wantedFields()...)), nil
}

// listWorkItems answers ?ids=1,2: all of them, or an error for the first that
// is missing (null in its place with errorPolicy=omit).
func listWorkItems(c *devopsCall) (devopsReply, *devopsError) {
	q := c.r.URL.Query()
	wanted := workItemBatch{Fields: c.wantedFields(), ErrorPolicy: q.Get("errorPolicy")}
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
	IDs         []int    `json:"ids"`
	Fields      []string `json:"fields"`
	ErrorPolicy string   `json:"errorPolicy"`
}

// batchWorkItems is listWorkItems with a body in place of the query.
func batchWorkItems(c *devopsCall) (devopsReply, *devopsError) {
	var wanted workItemBatch
	if err := json.Unmarshal(c.body, &wanted); err != nil {
		return devopsReply{}, errDevOpsArgument.with("The request body is not a work item batch request.")
	}
	return c.workItems(wanted)
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
			items = append(items, c.workItemBody(p, item, wanted.Fields...))
		case strings.EqualFold(wanted.ErrorPolicy, "omit"):
			items = append(items, nil)
		default:
			return devopsReply{}, errDevOpsWorkItem.with(id)
		}
	}
	return devopsListOf(items), nil
}

// createWorkItem makes an item of the path's {type} from a JSON patch.
func createWorkItem(c *devopsCall) (devopsReply, *devopsError) {
	kind, failure := c.workItemType()
	if failure != nil {
		return devopsReply{}, failure
	}
	item := &workItem{Rev: 0, Fields: map[string]any{
		"System.TeamProject": c.project.Name, "System.WorkItemType": kind,
		"System.State": "New", "System.Reason": "New",
		"System.AreaPath": c.project.Name, "System.IterationPath": c.project.Name,
		"System.CreatedDate": c.moment(), "System.CreatedBy": c.person(),
	}}
	changed, failure := c.patched(item)
	if failure != nil {
		return devopsReply{}, failure
	}
	if !c.validateOnly() {
		changed.ID = c.org.nextWorkItem()
		changed.Fields["System.Id"] = changed.ID
		c.project.put(changed)
	}
	return ok(c.workItemBody(c.project, changed)), nil
}

func updateWorkItem(c *devopsCall) (devopsReply, *devopsError) {
	p, item, failure := c.namedWorkItem()
	if failure != nil {
		return devopsReply{}, failure
	}
	changed, failure := c.patched(item)
	if failure != nil {
		return devopsReply{}, failure
	}
	if !c.validateOnly() {
		p.put(changed)
	}
	return ok(c.workItemBody(p, changed)), nil
}

// deleteWorkItem moves an item to the recycle bin.
func deleteWorkItem(c *devopsCall) (devopsReply, *devopsError) {
	p, item, failure := c.namedWorkItem()
	if failure != nil {
		return devopsReply{}, failure
	}
	item.Deleted = true
	return ok(c.deletedBody(p, item)), nil
}

func (c *devopsCall) deletedBody(p *project, item *workItem) map[string]any {
	return map[string]any{
		"id": item.ID, "type": item.Fields["System.WorkItemType"], "name": item.Fields["System.Title"],
		"project": p.Name, "deletedDate": c.moment(), "deletedBy": c.caller.DisplayName, "code": 200,
		"url": c.url(p.ID + "/_apis/wit/recyclebin/" + strconv.Itoa(item.ID)),
	}
}

func listRecycleBin(c *devopsCall) (devopsReply, *devopsError) {
	var deleted []map[string]any
	for _, id := range slices.Sorted(maps.Keys(c.project.workItems)) {
		if item := c.project.workItems[id]; item.Deleted {
			deleted = append(deleted, c.deletedBody(c.project, item))
		}
	}
	return devopsListOf(deleted), nil
}

func (c *devopsCall) validateOnly() bool {
	return strings.EqualFold(c.r.URL.Query().Get("validateOnly"), "true")
}

// moment is the world's time as fields hold it.
func (c *devopsCall) moment() string { return c.world.now().UTC().Format(time.RFC3339) }

// person is the caller as fields hold people.
func (c *devopsCall) person() map[string]any {
	return map[string]any{"displayName": c.member.DisplayName, "id": c.member.ID, "uniqueName": c.member.Mail}
}

func (p *project) put(item *workItem) {
	if p.workItems == nil {
		p.workItems = map[int]*workItem{}
	}
	p.workItems[item.ID] = item
}

// nextWorkItem numbers items over all projects of the organization.
func (o *organization) nextWorkItem() int {
	last := 0
	for _, p := range o.projects {
		for id := range p.workItems {
			last = max(last, id)
		}
	}
	return last + 1
}

func listWorkItemTypes(c *devopsCall) (devopsReply, *devopsError) {
	types := make([]map[string]any, len(workItemTypes))
	for i, name := range workItemTypes {
		types[i] = c.workItemTypeBody(name)
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
	return map[string]any{
		"name": name, "referenceName": "Microsoft.VSTS.WorkItemTypes." + strings.ReplaceAll(name, " ", ""), "isDisabled": false,
		"url": c.url(c.project.ID + "/_apis/wit/workItemTypes/" + url.PathEscape(name)),
	}
}

// workItemType is the path's {type} as the process calls it.
func (c *devopsCall) workItemType() (string, *devopsError) {
	for _, name := range workItemTypes {
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
