package sandbox

import (
	"maps"
	"net/http"
	"slices"
	"strconv"
)

// A deletedWorkItem is an item in the recycle bin on the wire.
type deletedWorkItem struct {
	ID          int           `json:"id"`
	Type        any           `json:"type"`
	Name        any           `json:"name"`
	Project     string        `json:"project"`
	DeletedDate string        `json:"deletedDate"`
	DeletedBy   string        `json:"deletedBy"`
	Code        int           `json:"code"`
	URL         string        `json:"url"`
	Resource    *workItemBody `json:"resource,omitempty"`
}

func (c *devopsCall) deletedBody(p *project, item *workItem) deletedWorkItem {
	resource := c.workItemBody(p, item, workItemView{})
	return deletedWorkItem{
		ID: item.ID, Type: item.Fields["System.WorkItemType"], Name: item.Fields["System.Title"],
		Project: p.Name, DeletedDate: c.moment(), DeletedBy: c.member.DisplayName + " <" + c.member.Mail + ">",
		Code: http.StatusOK, URL: c.url(p.ID + "/_apis/wit/recyclebin/" + strconv.Itoa(item.ID)), Resource: &resource,
	}
}

// listRecycleBin lists the deleted items without what is in them.
func listRecycleBin(c *devopsCall) (devopsReply, *devopsError) {
	var deleted []deletedWorkItem
	for _, id := range slices.Sorted(maps.Keys(c.project.workItems)) {
		if item := c.project.workItems[id]; item.Deleted {
			body := c.deletedBody(c.project, item)
			body.Resource = nil
			deleted = append(deleted, body)
		}
	}
	return devopsListOf(deleted), nil
}

// binned is the deleted item of the path's {id}.
func (c *devopsCall) binned() (*workItem, *devopsError) {
	id, failure := c.workItemID()
	if failure != nil {
		return nil, failure
	}
	item := c.project.workItems[id]
	if item == nil || !item.Deleted {
		return nil, errDevOpsWorkItem.with(id)
	}
	return item, nil
}

func getDeletedWorkItem(c *devopsCall) (devopsReply, *devopsError) {
	item, failure := c.binned()
	if failure != nil {
		return devopsReply{}, failure
	}
	return ok(c.deletedBody(c.project, item)), nil
}

// restoreWorkItem takes an item out of the recycle bin.
func restoreWorkItem(c *devopsCall) (devopsReply, *devopsError) {
	item, failure := c.binned()
	if failure != nil {
		return devopsReply{}, failure
	}
	var wanted struct {
		IsDeleted *bool `json:"isDeleted"`
	}
	if failure := c.readJSON(&wanted); failure != nil {
		return devopsReply{}, failure
	}
	if wanted.IsDeleted == nil || *wanted.IsDeleted {
		return devopsReply{}, errDevOpsArgument.with("Give IsDeleted as false: an item in the recycle bin can only be restored.")
	}
	body := c.deletedBody(c.project, item)
	c.project.put(item.deleted(false))
	return ok(body), nil
}

// destroyWorkItem takes an item out of the recycle bin for good.
func destroyWorkItem(c *devopsCall) (devopsReply, *devopsError) {
	item, failure := c.binned()
	if failure != nil {
		return devopsReply{}, failure
	}
	delete(c.project.workItems, item.ID)
	return devopsReply{status: http.StatusNoContent}, nil
}
