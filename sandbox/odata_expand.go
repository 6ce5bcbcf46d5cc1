package sandbox

import (
	"reflect"
	"slices"
	"strings"
)

// maxExpanded is how many related objects $expand shows of each object
// [gd: concepts/query-parameters.md].
const maxExpanded = 20

// An expansion is a relationship that $expand shows inside each object.
type expansion struct {
	name     string
	selected []string // of the related objects; none: the usual properties
}

// parseExpand reads "owners" and "owners($select=id,displayName)".
func parseExpand(text string, set *entitySet) ([]expansion, *graphError) {
	var list []expansion
	for _, item := range splitOutside(text, ',') {
		name, inner, nested := strings.Cut(strings.TrimSpace(item), "(")
		if !slices.Contains(set.expandable, name) {
			return nil, errSelect.with(name, set.typeName)
		}
		if slices.ContainsFunc(list, func(e expansion) bool { return e.name == name }) {
			return nil, errQueryOption.with("$expand")
		}
		e := expansion{name: name}
		if nested {
			option, value, _ := strings.Cut(strings.TrimSuffix(inner, ")"), "=")
			if option != "$select" || !strings.HasSuffix(inner, ")") {
				return nil, errQueryOption.with(option)
			}
			e.selected = strings.Split(value, ",")
		}
		list = append(list, e)
	}
	return list, nil
}

// splitOutside cuts a text at a separator that stands outside parentheses.
func splitOutside(text string, separator rune) []string {
	depth := 0
	return strings.FieldsFunc(text, func(r rune) bool {
		switch r {
		case '(':
			depth++
		case ')':
			depth--
		}
		return r == separator && depth == 0
	})
}

// The relationships that can be expanded.
const (
	expandOwners     = "owners"
	expandHeldRoles  = "appRoleAssignments"
	expandGivenRoles = "appRoleAssignedTo"
)

// related are the objects of a relationship; owners, which may be of several
// types, are each named by theirs.
func (q *graphRequest) related(v any, e expansion) []object {
	ids := []string{}
	switch v := v.(type) {
	case *application:
		ids = v.owners
	case *servicePrincipal:
		switch e.name {
		case expandHeldRoles:
			return q.relatedRoles(heldBy(principalSet.name, v.ID), e)
		case expandGivenRoles:
			return q.relatedRoles(givenBy(v), e)
		}
		ids = v.owners
	}
	return q.directoryObjects(ids[:min(len(ids), maxExpanded)], e.selected)
}

func (q *graphRequest) relatedRoles(side roleSide, e expansion) []object {
	shown := []object{}
	for _, a := range q.tenant.assignmentsWhere(func(a *appRoleAssignment) bool { return side.of(a) == side.id }) {
		if len(shown) < maxExpanded {
			shown = append(shown, propertiesOf(a, e.selected))
		}
	}
	return shown
}

// A projection is what $select and $expand leave of an object.
type projection struct {
	selected []string // none: the type's usual properties
	unset    object   // the selected properties that are never set
	expanded []expansion
}

// show is an object as the projection leaves it.
func (q *graphRequest) show(set *entitySet, v any, p projection) object {
	return q.showFields(v, fieldsShown(reflect.TypeOf(v).Elem(), set.visible(p.selected)), p)
}

func (q *graphRequest) showFields(v any, fields []wireField, p projection) object {
	shown := append(propertiesIn(v, fields), p.unset...)
	for _, e := range p.expanded {
		shown = append(shown, property{e.name, q.related(v, e)})
	}
	return shown
}

// visible are the properties to show: those selected, else the type's usual
// ones; none means all.
func (s *entitySet) visible(selected []string) []string {
	if len(selected) == 0 {
		return s.usual
	}
	return selected
}

// names is what @odata.context says of the projection.
func (p projection) names() string {
	names := slices.Clone(p.selected)
	for _, e := range p.expanded {
		names = append(names, e.name+"("+strings.Join(e.selected, ",")+")")
	}
	if len(names) == 0 {
		return ""
	}
	return "(" + strings.Join(names, ",") + ")"
}
