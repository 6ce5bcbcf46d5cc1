package sandbox

import (
	"encoding/base64"
	"maps"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"
)

// listOf answers a collection with what the query options leave of it.
func listOf[T any](q *graphRequest, set *entitySet, items []*T) (reply, *graphError) {
	l, fault := q.listQuery(set)
	if fault != nil {
		return reply{}, fault
	}
	if l.filter != nil || l.search != nil {
		items = matching(items, l)
	}
	if l.order != nil {
		items = slices.Clone(items)
		slices.SortStableFunc(items, func(a, b *T) int { return l.order.compare(reflect.ValueOf(a).Elem(), reflect.ValueOf(b).Elem()) })
	}
	page, more, fault := pageOf(items, l)
	if fault != nil {
		return reply{}, fault
	}
	body := object{{"@odata.context", q.metadata(set.name + l.shown.names())}}
	if l.count {
		body = append(body, property{"@odata.count", len(items)})
	}
	if more {
		body = append(body, property{"@odata.nextLink", q.nextLink(idOf(page[len(page)-1]))})
	}
	return reply{status: http.StatusOK, body: append(body, property{"value", itemsOf(q, set, page, l.shown)})}, nil
}

// itemsOf is a page as the projection leaves it. Whole objects are left to
// encoding/json, which is quickest with its own.
func itemsOf[T any](q *graphRequest, set *entitySet, page []*T, p projection) any {
	fields := fieldsShown(reflect.TypeFor[T](), set.visible(p.selected))
	whole := len(fields) == len(fieldsOf(reflect.TypeFor[T]())) && len(p.expanded) == 0 && len(p.unset) == 0 && !set.typed
	if whole && len(page) > 0 {
		return page
	}
	items := make([]object, len(page))
	for i, v := range page {
		items[i] = q.showFields(v, fields, p)
		if set.typed {
			items[i] = slices.Insert(items[i], 0, property{"@odata.type", "#" + set.typeName})
		}
	}
	return items
}

func matching[T any](items []*T, l listQuery) []*T {
	var kept []*T
	for _, v := range items {
		if l.matches(reflect.ValueOf(v).Elem()) {
			kept = append(kept, v)
		}
	}
	return kept
}

// one answers a single object.
func one[T any](q *graphRequest, set *entitySet, v *T) (reply, *graphError) {
	shown, fault := q.projection(set)
	if fault != nil {
		return reply{}, fault
	}
	return q.entity(http.StatusOK, set, v, shown), nil
}

// entity is the answer that shows one object of a set.
func (q *graphRequest) entity(status int, set *entitySet, v any, p projection) reply {
	context := property{"@odata.context", q.metadata(set.name + p.names() + "/$entity")}
	return reply{status: status, body: append(object{context}, q.show(set, v, p)...)}
}

func (l *listQuery) matches(v reflect.Value) bool {
	if l.filter != nil && !l.filter.match(v, reflect.Value{}) {
		return false
	}
	return !slices.ContainsFunc(l.search, func(t searchTerm) bool { return !t.matches(v) })
}

func (o *ordering) compare(a, b reflect.Value) int {
	n := strings.Compare(sortKey(a.Field(o.field.index)), sortKey(b.Field(o.field.index)))
	if o.descending {
		return -n
	}
	return n
}

// pageOf cuts the page after the one that ended with l.after. An object that
// is gone meanwhile takes its page token with it.
func pageOf[T any](items []*T, l listQuery) (page []*T, more bool, fault *graphError) {
	if l.after != "" {
		i := slices.IndexFunc(items, func(v *T) bool { return idOf(v) == l.after })
		if i < 0 {
			return nil, false, &errPageToken
		}
		items = items[i+1:]
	}
	if len(items) <= l.top {
		return items, false, nil
	}
	return items[:l.top], true, nil
}

// idOf is an object's id: every set here has one.
func idOf(v any) string { return reflect.ValueOf(v).Elem().FieldByName("ID").String() }

// nextLink is the request's own address with the place to go on from.
func (q *graphRequest) nextLink(lastID string) string {
	query := maps.Clone(q.query)
	query.Set("$skiptoken", base64.RawURLEncoding.EncodeToString([]byte(lastID)))
	path := ""
	for _, t := range q.tokens {
		switch {
		case t.by != "":
			path += "(" + t.by + "='" + url.PathEscape(strings.ReplaceAll(t.text, "'", "''")) + "')"
		case t.quoted:
			path += "('" + url.PathEscape(t.text) + "')"
		default:
			path += "/" + url.PathEscape(t.text)
		}
	}
	return q.origin + "/" + q.version + path + "?" + strings.ReplaceAll(query.Encode(), "%24", "$")
}
