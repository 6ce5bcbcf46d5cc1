package sandbox

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"reflect"
	"strings"
)

// object reads the request's JSON object, without the annotations that
// clients send along (@odata.type).
func (q *graphRequest) object() (map[string]any, *graphError) {
	if len(bytes.TrimSpace(q.body)) == 0 {
		return nil, &errEmptyBody
	}
	if kind, _, err := mime.ParseMediaType(q.header.Get("Content-Type")); err != nil || kind != "application/json" {
		return nil, &errBody
	}
	d := json.NewDecoder(bytes.NewReader(q.body))
	d.UseNumber()
	var doc map[string]any
	if err := d.Decode(&doc); err != nil || doc == nil {
		return nil, &errBody
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, &errBody
	}
	return withoutAnnotations(doc).(map[string]any), nil
}

// changes is object for an update of v, without the values that v has
// already: clients send back what they read, read-only properties included
// [hashicorp/terraform-provider-azuread; pnp/cli-microsoft365].
func (q *graphRequest) changes(v any) (map[string]any, *graphError) {
	doc, fault := q.object()
	for _, p := range propertiesOf(v, nil) {
		if sent, isSent := doc[p.name]; isSent && sameJSON(sent, p.value) {
			delete(doc, p.name)
		}
	}
	return doc, fault
}

// sameJSON compares what was decoded with a value, without regard to the order
// of properties.
func sameJSON(decoded, value any) bool {
	have, errHave := marshal(value)
	var current any
	if errHave != nil || decodeNumbers(have, &current) != nil {
		return false
	}
	x, errX := marshal(decoded)
	y, errY := marshal(current)
	return errX == nil && errY == nil && bytes.Equal(x, y)
}

// withoutAnnotations drops @odata.… properties; owners@odata.bind and its
// kind are not annotations but references, and stay.
func withoutAnnotations(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for name, inner := range v {
			if strings.HasPrefix(name, "@odata.") && name != "@odata.id" {
				delete(v, name)
				continue
			}
			v[name] = withoutAnnotations(inner)
		}
	case []any:
		for i, inner := range v {
			v[i] = withoutAnnotations(inner)
		}
	}
	return v
}

// A bodyRule says what a body may hold.
type bodyRule struct {
	set      *entitySet
	readOnly []string // properties of the first level that only the service sets
}

// check refuses unknown and read-only properties.
func (b bodyRule) check(doc map[string]any) *graphError {
	if name := unknownProperty(doc, b.set.of); name != "" {
		return errUnknownProperty.with(name, b.set.typeName)
	}
	for _, name := range b.readOnly {
		if v, sent := doc[name]; sent && v != nil {
			return errReadOnly.with(name)
		}
	}
	return nil
}

// unknownProperty names a property that the type has not, at any depth.
func unknownProperty(v any, t reflect.Type) string {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch v := v.(type) {
	case map[string]any:
		if t.Kind() != reflect.Struct || t == timeType {
			return "" // a wrong type, which decoding tells
		}
		for name, inner := range v {
			f, known := fieldNamed(t, name)
			if !known {
				return name
			}
			if bad := unknownProperty(inner, f.typ); bad != "" {
				return bad
			}
		}
	case []any:
		if t.Kind() != reflect.Slice {
			return ""
		}
		for _, inner := range v {
			if bad := unknownProperty(inner, t.Elem()); bad != "" {
				return bad
			}
		}
	}
	return ""
}

// merged returns a copy of v with the document's properties: objects are
// merged, everything else replaced. Unexported fields are the caller's to
// carry over. The error names the property of a value of the wrong type.
func merged[T any](v *T, doc map[string]any, set *entitySet) (*T, *graphError) {
	data, err := marshal(v)
	if err != nil {
		return nil, &errBody
	}
	current := map[string]any{}
	if err := decodeNumbers(data, &current); err != nil {
		return nil, &errBody
	}
	mergeObjects(current, doc)
	if data, err = marshal(current); err != nil {
		return nil, &errBody
	}
	next := new(T)
	if err := json.Unmarshal(data, next); err != nil {
		if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
			name, _, _ := strings.Cut(wrong.Field, ".")
			return nil, errInvalidValue.with(name, set.resource)
		}
		return nil, &errBody // a time that is none
	}
	return normalized(next), nil
}

func decodeNumbers(data []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	return d.Decode(v)
}

func mergeObjects(into, from map[string]any) {
	for name, value := range from {
		inner, isObject := value.(map[string]any)
		current, wasObject := into[name].(map[string]any)
		if isObject && wasObject {
			mergeObjects(current, inner)
			continue
		}
		into[name] = value
	}
}
