package sandbox

import (
	"encoding/base64"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
)

// An entitySet is a collection of objects of one type.
type entitySet struct {
	name       string // in @odata.context
	typeName   string // in @odata.type, without #
	resource   string // as texts call the type
	of         reflect.Type
	usual      []string // shown without $select; nil: all
	filterable []string
	sortable   []string // without advanced query capabilities: none but the first
	searchable []string
	expandable []string // relationships
	typed      bool     // every item of a list names its type
	// unset are properties that can be selected and have no value here.
	unset, unsetInBeta object
}

// typedItems is the set as lists of directory objects show it.
func (s *entitySet) typedItems() *entitySet {
	typed := *s
	typed.typed = true
	return &typed
}

const (
	defaultPageSize = 100
	maxPageSize     = 999
	// maxOption bounds the length of a query option, and with it what a single
	// request can have the directory do.
	maxOption = 8 << 10
)

// A listQuery is what the query options of a request ask for.
type listQuery struct {
	filter     *filter
	shown      projection
	order      *ordering
	search     []searchTerm
	top        int
	count      bool
	after      string // id of the last object of the page before
	consistent bool   // ConsistencyLevel: eventual
}

type ordering struct {
	field      wireField
	descending bool
}

// projection reads the options of a request for a single object.
func (q *graphRequest) projection(set *entitySet) (p projection, fault *graphError) {
	if fault := q.optionsFit(); fault != nil {
		return p, fault
	}
	for name := range q.query {
		if strings.HasPrefix(name, "$") && !has([]string{"$select", "$expand", "$format"}, name) {
			return p, errQueryOption.with(name)
		}
	}
	if p.selected, p.unset, fault = parseSelect(q.query.Get("$select"), set.inVersion(q.version)); fault == nil {
		p.expanded, fault = parseExpand(q.query.Get("$expand"), set)
	}
	return p, fault
}

func (q *graphRequest) optionsFit() *graphError {
	for name := range q.query {
		if len(q.query.Get(name)) > maxOption {
			return errOptionLength.with(name, maxOption)
		}
	}
	return nil
}

// listQuery reads the options of a request for a collection.
func (q *graphRequest) listQuery(set *entitySet) (listQuery, *graphError) {
	l := listQuery{top: defaultPageSize, consistent: q.consistent()}
	set = set.inVersion(q.version)
	if fault := q.optionsFit(); fault != nil {
		return l, fault
	}
	for name := range q.query {
		read, known := listOptions[name]
		if !known {
			if strings.HasPrefix(name, "$") {
				return l, errQueryOption.with(name)
			}
			continue
		}
		if fault := read(&l, q.query.Get(name), set); fault != nil {
			return l, fault
		}
	}
	return l, l.checkAdvanced(set)
}

// listOptions are the query options of a collection.
var listOptions = map[string]func(*listQuery, string, *entitySet) *graphError{
	"$format": func(*listQuery, string, *entitySet) *graphError { return nil },
	"$select": func(l *listQuery, text string, set *entitySet) (fault *graphError) {
		l.shown.selected, l.shown.unset, fault = parseSelect(text, set)
		return fault
	},
	"$expand": func(l *listQuery, text string, set *entitySet) (fault *graphError) {
		l.shown.expanded, fault = parseExpand(text, set)
		return fault
	},
	"$filter": func(l *listQuery, text string, set *entitySet) *graphError {
		f, fault := parseFilter(text, set)
		l.filter = &f
		return fault
	},
	"$orderby": (*listQuery).parseOrder,
	"$search":  (*listQuery).parseSearch,
	"$top": func(l *listQuery, text string, _ *entitySet) *graphError {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > maxPageSize {
			return errPageSize.with(text)
		}
		l.top = n
		return nil
	},
	"$count": func(l *listQuery, text string, _ *entitySet) *graphError {
		l.count = strings.EqualFold(text, "true")
		return nil
	},
	"$skiptoken": func(l *listQuery, text string, _ *entitySet) *graphError {
		id, err := base64.RawURLEncoding.DecodeString(text)
		if err != nil || len(id) == 0 {
			return &errPageToken
		}
		l.after = string(id)
		return nil
	},
}

// checkAdvanced refuses what needs ConsistencyLevel: eventual and
// $count=true without them; a search needs the header alone
// [concepts: advanced query capabilities].
func (l *listQuery) checkAdvanced(set *entitySet) *graphError {
	if l.consistent && l.count {
		return nil
	}
	switch {
	case len(l.search) > 0 && !l.consistent:
		return &errSearchHeader
	case l.order != nil && (l.filter != nil || l.order.field.name != set.sortable[0]):
		return &errSorting
	case l.count && !l.consistent, l.filter != nil && l.filter.advanced:
		return &errUnsupportedQuery
	}
	return nil
}

// parseSelect reads names of properties; those of them that are never set
// come with their values.
func parseSelect(text string, set *entitySet) (names []string, unset object, fault *graphError) {
	if text == "" || text == "*" {
		return nil, nil, nil
	}
	names = strings.Split(text, ",")
	for i, name := range names {
		names[i] = strings.TrimSpace(name)
		known := slices.ContainsFunc(fieldsOf(set.of), func(f wireField) bool { return strings.EqualFold(f.name, names[i]) })
		if _, isUnset := set.unsetNamed(names[i]); !known && !isUnset {
			return nil, nil, errSelect.with(names[i], set.typeName)
		}
	}
	return names, set.unsetAmong(names), nil
}

func (l *listQuery) parseOrder(text string, set *entitySet) *graphError {
	name, direction, _ := strings.Cut(strings.TrimSpace(text), " ")
	f, known := fieldNamed(set.of, name)
	if !known || !slices.Contains(set.sortable, name) || !slices.Contains([]string{"", "asc", "desc"}, direction) {
		return &errSorting
	}
	l.order = &ordering{f, direction == "desc"}
	return nil
}

// A searchTerm is one "property:text" of $search; all of them must match.
type searchTerm struct {
	field wireField
	text  string
}

// parseSearch reads "displayName:text", also several joined by AND.
func (l *listQuery) parseSearch(text string, set *entitySet) *graphError {
	for term := range strings.SplitSeq(text, " AND ") {
		inner, opened := strings.CutPrefix(strings.TrimSpace(term), `"`)
		inner, closed := strings.CutSuffix(inner, `"`)
		name, value, ok := strings.Cut(inner, ":")
		f, known := fieldNamed(set.of, name)
		if !opened || !closed || !ok || !known || value == "" || !slices.Contains(set.searchable, name) {
			return &errUnsupportedQuery
		}
		l.search = append(l.search, searchTerm{f, value})
	}
	return nil
}

// matches reports whether a word of the property begins with the text, as the
// directory's search does; letter case does not matter.
func (t searchTerm) matches(v reflect.Value) bool {
	have, want := strings.ToLower(textOf(v.Field(t.field.index))), strings.ToLower(t.text)
	for i := 0; i+len(want) <= len(have); i++ {
		if strings.HasPrefix(have[i:], want) && (i == 0 || !isWordByte(have[i-1])) {
			return true
		}
	}
	return false
}

func isWordByte(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 0x80
}

// sortKey orders strings without letter case and times by time.
func sortKey(v reflect.Value) string {
	if t, ok := v.Interface().(time.Time); ok {
		return t.UTC().Format(time.RFC3339Nano)
	}
	return strings.ToLower(textOf(v))
}
