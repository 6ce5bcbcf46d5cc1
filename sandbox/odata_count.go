package sandbox

import (
	"maps"
	"net/http"
	"strconv"
	"strings"
)

// plainText is a body that is not JSON.
type plainText string

// consistent reports whether the caller asked for advanced query
// capabilities.
func (q *graphRequest) consistent() bool {
	return strings.EqualFold(q.header.Get("ConsistencyLevel"), "eventual")
}

// counted answers …/$count: how many objects a list would have in all.
func counted(list func(*graphRequest) (reply, *graphError)) func(*graphRequest) (reply, *graphError) {
	return func(q *graphRequest) (reply, *graphError) {
		if !q.consistent() {
			return reply{}, &errUnsupportedQuery
		}
		q.query = maps.Clone(q.query)
		q.query.Set("$count", "true")
		q.query.Set("$top", "1")
		answered, fault := list(q)
		if fault != nil {
			return reply{}, fault
		}
		n, _ := answered.body.(object).value("@odata.count").(int)
		return reply{status: http.StatusOK, body: plainText(strconv.Itoa(n))}, nil
	}
}
