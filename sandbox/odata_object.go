package sandbox

import (
	"reflect"
	"slices"
	"strings"
	"sync"
)

// A property of a JSON object.
type property struct {
	name  string
	value any
}

// An object is a JSON object whose properties keep their order.
type object []property

// value is a property's value, nil when the object has none of that name.
func (o object) value(name string) any {
	for _, p := range o {
		if p.name == name {
			return p.value
		}
	}
	return nil
}

// withoutMetadata leaves the annotations out that odata.metadata=none takes
// away: those of contexts and types, not of counts and further pages.
func (o object) withoutMetadata() object {
	var kept object
	for _, p := range o {
		if p.name == "@odata.context" || p.name == "@odata.type" {
			continue
		}
		if items, isList := p.value.([]object); isList {
			p.value = objectsWithoutMetadata(items)
		}
		kept = append(kept, p)
	}
	return kept
}

func objectsWithoutMetadata(items []object) []object {
	kept := make([]object, len(items))
	for i, item := range items {
		kept[i] = item.withoutMetadata()
	}
	return kept
}

// MarshalJSON is for objects inside of other values.
func (o object) MarshalJSON() ([]byte, error) { return marshal(o) }

// A wireField is a struct field that goes on the wire.
type wireField struct {
	name  string
	index int
	typ   reflect.Type
}

var fieldCache sync.Map // reflect.Type → []wireField

// fieldsOf lists the wire fields of a struct type in order.
func fieldsOf(t reflect.Type) []wireField {
	if known, ok := fieldCache.Load(t); ok {
		return known.([]wireField)
	}
	var fields []wireField
	for i := range t.NumField() {
		f := t.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if f.IsExported() && name != "" && name != "-" {
			fields = append(fields, wireField{name, i, f.Type})
		}
	}
	fieldCache.Store(t, fields)
	return fields
}

// fieldNamed finds a wire field by its exact name.
func fieldNamed(t reflect.Type, name string) (wireField, bool) {
	for _, f := range fieldsOf(t) {
		if f.name == name {
			return f, true
		}
	}
	return wireField{}, false
}

// fieldsShown are the wire fields with these names; all where there are none.
func fieldsShown(t reflect.Type, names []string) []wireField {
	all := fieldsOf(t)
	if len(names) == 0 {
		return all
	}
	return slices.DeleteFunc(slices.Clone(all), func(f wireField) bool { return !containsFold(names, []string{f.name}) })
}

// propertiesOf lists what v, a pointer to a struct, has on the wire; only the
// selected properties where any are named.
func propertiesOf(v any, selected []string) object {
	return propertiesIn(v, fieldsShown(reflect.TypeOf(v).Elem(), selected))
}

// propertiesIn lists fields of v, a pointer to a struct. The values are
// pointers into it: what replies hold is never changed in place.
func propertiesIn(v any, fields []wireField) object {
	s := reflect.ValueOf(v).Elem()
	o := make(object, len(fields))
	for i, f := range fields {
		o[i] = property{f.name, s.Field(f.index).Addr().Interface()}
	}
	return o
}
