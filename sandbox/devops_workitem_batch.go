package sandbox

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// workItemChanges are the operations that a batch may hold.
var workItemChanges = []devopsOperation{
	{method: http.MethodPatch, path: "{project}/_apis/wit/workitems/${type}", scopes: writeWork, run: createWorkItem},
	{method: http.MethodPatch, path: "_apis/wit/workitems/{id}", scopes: writeWork, run: updateWorkItem},
	{method: http.MethodPatch, path: "{project}/_apis/wit/workitems/{id}", scopes: writeWork, run: updateWorkItem},
}

// mostChanges is how many requests a batch may hold.
const mostChanges = 200

// A batchedChange is one request of a batch. Its URI begins below the
// organization.
type batchedChange struct {
	Method  string            `json:"method"`
	URI     string            `json:"uri"`
	Headers map[string]string `json:"headers"`
	Body    json.RawMessage   `json:"body"`
}

// A batchedOutcome is the answer to one of them; the body is JSON in a text.
type batchedOutcome struct {
	Code    int               `json:"code"`
	Headers map[string]string `json:"headers"`
	Body    string            `json:"body"`
}

// changeWorkItems creates and updates items, each on its own: one that is
// refused keeps none of the others from being done.
func changeWorkItems(c *devopsCall) (devopsReply, *devopsError) {
	var changes []batchedChange
	if failure := c.readJSON(&changes); failure != nil {
		return devopsReply{}, failure
	}
	if n := len(changes); n == 0 || n > mostChanges {
		return devopsReply{}, errDevOpsArgument.with("A batch must hold 1 to " + strconv.Itoa(mostChanges) + " requests.")
	}
	var outcomes []batchedOutcome
	for _, change := range changes {
		outcome, failure := c.batched(change)
		if failure != nil {
			return devopsReply{}, failure
		}
		outcomes = append(outcomes, outcome)
	}
	return devopsListOf(outcomes), nil
}

// batched does one request of a batch as if it had come alone.
func (c *devopsCall) batched(change batchedChange) (batchedOutcome, *devopsError) {
	where, err := url.Parse(change.URI)
	if err != nil {
		return batchedOutcome{}, errDevOpsArgument.with("The uri " + strconv.Quote(change.URI) + " of a request in the batch is not valid.")
	}
	alone := &devopsCall{world: c.world, org: c.org, caller: c.caller, member: c.member, body: change.Body, header: http.Header{}}
	alone.r = c.r.Clone(c.r.Context())
	alone.r.Method, alone.r.URL = change.Method, where
	for name, value := range change.Headers {
		alone.r.Header.Set(name, value)
	}
	answer, failure := alone.operate(workItemChanges, strings.TrimPrefix(where.Path, "/"))
	if failure != nil {
		answer = devopsReply{failure.status, failure.wire()}
	}
	body, err := json.Marshal(answer.body)
	if err != nil { // only a programming mistake: no body here can fail
		return batchedOutcome{}, errDevOpsArgument.with(err.Error())
	}
	return batchedOutcome{answer.status, map[string]string{"Content-Type": "application/json; charset=utf-8"}, string(body)}, nil
}
