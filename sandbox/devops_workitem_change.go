package sandbox

import (
	"maps"
	"strings"
	"time"
)

// createWorkItem makes an item of the path's {type} from a JSON patch.
func createWorkItem(c *devopsCall) (devopsReply, *devopsError) {
	kind, failure := c.workItemType()
	if failure != nil {
		return devopsReply{}, failure
	}
	item := &workItem{Rev: 0, Fields: map[string]any{
		"System.TeamProject": c.project.Name, "System.WorkItemType": kind,
		"System.State": workItemStates[kind][0], "System.Reason": "New",
		"System.AreaPath": c.project.Name, "System.IterationPath": c.project.Name,
		"System.CreatedDate": c.moment(), "System.CreatedBy": personOf(c.member),
	}}
	return c.change(c.project, item, func(changed *workItem) {
		changed.ID = c.org.nextWorkItem()
		changed.Fields["System.Id"] = changed.ID
	})
}

func updateWorkItem(c *devopsCall) (devopsReply, *devopsError) {
	p, item, failure := c.namedWorkItem()
	if failure != nil {
		return devopsReply{}, failure
	}
	return c.change(p, item, func(*workItem) {})
}

// change applies the request's patch and keeps the outcome, unless the request
// only asks whether it would be taken.
func (c *devopsCall) change(p *project, item *workItem, keep func(*workItem)) (devopsReply, *devopsError) {
	view, failure := c.view()
	if failure != nil {
		return devopsReply{}, failure
	}
	changed, failure := c.patched(item)
	if failure != nil {
		return devopsReply{}, failure
	}
	if !c.asks("validateOnly") {
		keep(changed)
		p.put(changed)
	}
	return c.single(p, changed, view), nil
}

// asks reports whether a parameter of the query is true.
func (c *devopsCall) asks(parameter string) bool {
	return strings.EqualFold(c.r.URL.Query().Get(parameter), "true")
}

// deleteWorkItem moves an item to the recycle bin, or past it.
func deleteWorkItem(c *devopsCall) (devopsReply, *devopsError) {
	p, item, failure := c.namedWorkItem()
	if failure != nil {
		return devopsReply{}, failure
	}
	body := c.deletedBody(p, item)
	if c.asks("destroy") {
		delete(p.workItems, item.ID)
	} else {
		p.put(item.deleted(true))
	}
	return ok(body), nil
}

// deleted is a copy that is in the recycle bin, or out of it.
func (item *workItem) deleted(yes bool) *workItem {
	moved := *item
	moved.Deleted = yes
	moved.Rev++
	moved.Fields = maps.Clone(item.Fields)
	moved.Fields["System.Rev"] = moved.Rev
	return &moved
}

// moment is the world's time as fields hold it.
func (c *devopsCall) moment() string { return c.world.now().UTC().Format(time.RFC3339) }

// personOf is a member as fields hold people.
func personOf(m *member) map[string]any {
	return map[string]any{
		"displayName": m.DisplayName, "id": m.ID, "uniqueName": m.Mail, "descriptor": m.descriptor(),
	}
}

// memberCalled finds a member by mail address, display name or both, as
// "Ada Admin <admin@contoso.sandbox.invalid>".
func (o *organization) memberCalled(name string) *member {
	for _, m := range o.sortedMembers() {
		for _, known := range []string{m.Mail, m.DisplayName, m.DisplayName + " <" + m.Mail + ">", m.ID} {
			if known != "" && strings.EqualFold(known, name) {
				return m
			}
		}
	}
	return nil
}

func (p *project) put(item *workItem) {
	if p.workItems == nil {
		p.workItems = map[int]*workItem{}
	}
	p.workItems[item.ID] = item
}

// nextWorkItem numbers items over all projects of the organization; no number
// is given twice.
func (o *organization) nextWorkItem() int {
	o.lastWorkItem++
	return o.lastWorkItem
}
