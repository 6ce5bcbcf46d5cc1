package sandbox

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
)

const maxBatch = 20

// A batchItem is one request of a batch.
type batchItem struct {
	ID        string            `json:"id"`
	Method    string            `json:"method"`
	URL       string            `json:"url"`
	Headers   map[string]string `json:"headers"`
	Body      json.RawMessage   `json:"body"`
	DependsOn []string          `json:"dependsOn"`
}

// batch does up to 20 requests, each after those it depends on
// [concepts/json-batching.md].
func (q *graphRequest) batch() reply {
	items, fault := q.batchItems()
	if fault != nil {
		return refuse(fault)
	}
	statuses, responses := map[string]int{}, []object{}
	for len(responses) < len(items) {
		progress := false
		for _, item := range items {
			if statuses[item.ID] != 0 || !item.ready(statuses) {
				continue
			}
			answered := q.runItem(item, statuses)
			statuses[item.ID], progress = answered.status, true
			responses = append(responses, answered.inBatch(item.ID, q))
		}
		if !progress { // they wait for each other
			return refuse(&errBatch)
		}
	}
	return reply{status: http.StatusOK, body: object{{"responses", responses}}}
}

func (q *graphRequest) batchItems() ([]batchItem, *graphError) {
	var payload struct {
		Requests []batchItem `json:"requests"`
	}
	if err := json.Unmarshal(q.body, &payload); err != nil || len(payload.Requests) == 0 {
		return nil, &errBatch
	}
	if len(payload.Requests) > maxBatch {
		return nil, &errBatchSize
	}
	known := map[string]bool{}
	for _, item := range payload.Requests {
		if item.ID == "" || known[item.ID] || item.Method == "" || !strings.HasPrefix(item.URL, "/") {
			return nil, &errBatch
		}
		known[item.ID] = true
	}
	for _, item := range payload.Requests {
		for _, id := range item.DependsOn {
			if !known[id] {
				return nil, &errBatch
			}
		}
	}
	return payload.Requests, nil
}

// ready reports whether all that the item depends on has been done.
func (i batchItem) ready(statuses map[string]int) bool {
	for _, id := range i.DependsOn {
		if statuses[id] == 0 {
			return false
		}
	}
	return true
}

// runItem does one request of the batch, unless one it depends on failed.
func (q *graphRequest) runItem(item batchItem, statuses map[string]int) reply {
	for _, id := range item.DependsOn {
		if statuses[id] >= http.StatusBadRequest {
			return refuse(&errBatchFailed)
		}
	}
	address, err := url.Parse(item.URL)
	if err != nil || address.Path == "/$batch" {
		return refuse(&errBatch)
	}
	inner := &graphRequest{
		world: q.world, origin: q.origin, version: q.version, method: strings.ToUpper(item.Method),
		query: address.Query(), header: http.Header{}, at: q.at, caller: q.caller, lag: q.lag,
	}
	for name, value := range item.Headers {
		inner.header.Set(name, value)
	}
	if string(item.Body) != "null" {
		inner.body = item.Body
	}
	return inner.dispatch(address.EscapedPath())
}

// inBatch is the reply as one of a batch's responses.
func (a reply) inBatch(id string, q *graphRequest) object {
	headers := object{{"Cache-Control", "no-cache"}}
	for name, value := range a.header {
		headers = append(headers, property{name, value})
	}
	response := object{{"id", id}, {"status", a.status}}
	if a.body == nil {
		return append(response, property{"headers", headers}, property{"body", nil})
	}
	kind := "application/json"
	if _, isText := a.body.(plainText); isText {
		kind = "text/plain"
	}
	headers = append(headers, property{"Content-Type", kind}, property{"OData-Version", "4.0"})
	ids := requestIDs{request: newGUID(), client: q.ids.client}
	return append(response, property{"headers", headers}, property{"body", wireBody(a.body, ids, q.at)})
}
