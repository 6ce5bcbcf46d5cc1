package sandbox

import (
	"io"
	"net/http"
	"strconv"
	"strings"
)

// devopsHandler is dev.azure.com.
func (w *world) devopsHandler() http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		devopsHeaders(rw.Header(), r)
		slug, rest := addressed(r)
		if rest == "" {
			w.serveOrganizationPage(rw, r, slug)
			return
		}
		w.serveOrganization(rw, r, slug, rest, devopsOperations)
	})
}

// A devopsCall is one admitted request to an operation. The world's lock is
// held while an operation computes.
type devopsCall struct {
	world   *world
	r       *http.Request
	org     *organization // nil where the host has no organization
	project *project      // nil unless the path names one
	caller  *caller       // nil for an anonymous call to what is public
	member  *member       // nil with caller or org
	params  map[string]string
	body    []byte
	header  http.Header // of the answer
}

// A devopsReply is the body of an answer, with status 200 unless it says otherwise.
type devopsReply struct {
	status int
	body   any // nil: no body
}

func ok(body any) devopsReply { return devopsReply{http.StatusOK, body} }

// A devopsList is the wire form of every collection.
type devopsList[T any] struct {
	Count int `json:"count"`
	Value []T `json:"value"`
}

func devopsListOf[T any](items []T) devopsReply {
	if items == nil {
		items = []T{}
	}
	return ok(devopsList[T]{len(items), items})
}

// locked runs f under the world's lock, and gives the lock back even when f
// panics.
func (w *world) locked(f func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	f()
}

// serveOrganization answers what lies below an organization.
func (w *world) serveOrganization(rw http.ResponseWriter, r *http.Request, slug, path string, operations []devopsOperation) {
	body, _ := io.ReadAll(r.Body) // in memory already
	c := &devopsCall{world: w, r: r, body: body, header: rw.Header()}
	var refusal func(http.ResponseWriter)
	var answer devopsReply
	var failure *devopsError
	w.locked(func() {
		if c.org = w.organization(slug); c.org == nil {
			refusal = writeNoSuchResource
			return
		}
		announce(rw.Header(), r, c.org)
		var who admission
		if who, refusal = w.admit(r, c.org, path); refusal == nil {
			welcome(rw.Header(), who)
			c.caller, c.member = who.caller, who.member
			answer, failure = c.operate(operations, path)
		}
	})
	if refusal != nil {
		refusal(rw)
		return
	}
	c.write(rw, answer, failure)
}

func (c *devopsCall) write(rw http.ResponseWriter, answer devopsReply, failure *devopsError) {
	if failure != nil {
		writeDevOpsError(rw, failure)
		return
	}
	if answer.body == nil {
		rw.WriteHeader(answer.status)
		return
	}
	writeJSON(rw, answer.status, answer.body)
}

// operate finds the operation that the path means and runs it.
func (c *devopsCall) operate(operations []devopsOperation, path string) (devopsReply, *devopsError) {
	op, failure := c.find(operations, path)
	if failure != nil {
		return devopsReply{}, failure
	}
	if c.caller != nil && !c.caller.appOnly() && !admits(c.caller.Scopes, op.scopes) {
		return devopsReply{}, errDevOpsUnauthorized.with(c.caller.ObjectID)
	}
	if failure := checkVersion(c.r, op.preview); failure != nil {
		return devopsReply{}, failure
	}
	if name, named := c.params["project"]; named {
		if c.project, failure = c.org.project(name); failure != nil {
			return devopsReply{}, op.missing(failure)
		}
	}
	if team, named := c.params["team"]; named && !c.hasTeam(team) {
		return devopsReply{}, errDevOpsTeam.with(team)
	}
	if op.code && c.member != nil && c.member.AccessLevel == accessStakeholder {
		return devopsListOf[any](nil), nil
	}
	return op.run(c)
}

func (c *devopsCall) find(operations []devopsOperation, path string) (*devopsOperation, *devopsError) {
	known := false
	for i, op := range operations {
		params, ok := matchPath(op.path, path)
		if !ok {
			continue
		}
		known = known || op.method != http.MethodOptions
		if op.method == c.r.Method || op.method == http.MethodGet && c.r.Method == http.MethodHead {
			c.params = params
			return &operations[i], nil
		}
	}
	if known {
		return nil, errDevOpsMethod.with(c.r.Method)
	}
	return nil, errDevOpsNoRoute.with(c.r.URL.Path)
}

// matchPath compares a path with a template in which {name} stands for one
// segment. Letter case does not matter.
func matchPath(template, path string) (map[string]string, bool) {
	want, have := strings.Split(template, "/"), strings.Split(strings.Trim(path, "/"), "/")
	if len(want) != len(have) {
		return nil, false
	}
	params := map[string]string{}
	for i, segment := range want {
		fixed, name, variable := strings.Cut(segment, "{")
		switch {
		case variable && len(have[i]) > len(fixed) && strings.HasPrefix(have[i], fixed):
			params[strings.TrimSuffix(name, "}")] = have[i][len(fixed):]
		case variable || !strings.EqualFold(segment, have[i]):
			return nil, false
		}
	}
	return params, true
}

// cutSegment splits the first segment of a path off; rest has no slash at
// either end.
func cutSegment(path string) (first, rest string) {
	first, rest, _ = strings.Cut(strings.Trim(path, "/"), "/")
	return first, rest
}

// page is $top and $skip of a list, or the continuation token instead of the
// latter.
func (c *devopsCall) page(most int) (top, skip int) {
	q := c.r.URL.Query()
	top = most
	if n, err := strconv.Atoi(q.Get("$top")); err == nil && n > 0 && n < most {
		top = n
	}
	for _, name := range []string{"$skip", "continuationToken"} {
		if n, err := strconv.Atoi(q.Get(name)); err == nil && n > 0 {
			skip = n
		}
	}
	return top, skip
}

// paged cuts one page out of a list and says in the header where to go on.
func paged[T any](c *devopsCall, items []T, most int) []T {
	top, skip := c.page(most)
	skip = min(skip, len(items))
	end := min(skip+top, len(items))
	if end < len(items) {
		c.header.Set("x-ms-continuationtoken", strconv.Itoa(end))
	}
	return items[skip:end]
}
