package sandbox

import (
	"bytes"
	"encoding/json"
	"reflect"
)

// marshal writes JSON as Graph does, without HTML escapes.
func marshal(v any) ([]byte, error) {
	w := &jsonWriter{}
	w.encoder = json.NewEncoder(&w.buffer)
	w.encoder.SetEscapeHTML(false)
	w.write(v)
	return w.buffer.Bytes(), w.err
}

// A jsonWriter writes objects and what is most frequent in them by itself:
// encoding/json would go over every byte of an object's properties twice.
type jsonWriter struct {
	buffer  bytes.Buffer
	encoder *json.Encoder
	err     error // the first
}

func (w *jsonWriter) write(v any) {
	switch v := v.(type) {
	case object:
		w.object(v)
	case []object:
		w.buffer.WriteByte('[')
		for i, o := range v {
			w.comma(i)
			w.object(o)
		}
		w.buffer.WriteByte(']')
	case *string:
		w.text(v)
	case **string:
		w.text(*v)
	case *[]string:
		w.texts(*v)
	default:
		if empty := emptyJSON(v); empty != "" {
			w.buffer.WriteString(empty)
			return
		}
		w.encode(v)
	}
}

// emptyJSON is what a pointer to nothing, or to a list of nothing, is
// written as; empty for everything else. Most properties are one of these.
func emptyJSON(v any) string {
	p := reflect.ValueOf(v)
	if p.Kind() != reflect.Pointer || p.IsNil() {
		return ""
	}
	switch e := p.Elem(); {
	case e.Kind() == reflect.Pointer && e.IsNil():
		return "null"
	case e.Kind() == reflect.Slice && e.Len() == 0 && !e.IsNil():
		return "[]"
	}
	return ""
}

func (w *jsonWriter) object(o object) {
	w.buffer.WriteByte('{')
	for i, p := range o {
		w.comma(i)
		w.text(&p.name)
		w.buffer.WriteByte(':')
		w.write(p.value)
	}
	w.buffer.WriteByte('}')
}

func (w *jsonWriter) texts(list []string) {
	if list == nil {
		w.buffer.WriteString("null")
		return
	}
	w.buffer.WriteByte('[')
	for i := range list {
		w.comma(i)
		w.text(&list[i])
	}
	w.buffer.WriteByte(']')
}

func (w *jsonWriter) comma(i int) {
	if i > 0 {
		w.buffer.WriteByte(',')
	}
}

// text writes a string, or null. Only plain ASCII needs no escapes for sure.
func (w *jsonWriter) text(s *string) {
	if s == nil {
		w.buffer.WriteString("null")
		return
	}
	for i := range len(*s) {
		if c := (*s)[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			w.encode(*s)
			return
		}
	}
	w.buffer.WriteByte('"')
	w.buffer.WriteString(*s)
	w.buffer.WriteByte('"')
}

func (w *jsonWriter) encode(v any) {
	if err := w.encoder.Encode(v); err != nil {
		if w.err == nil {
			w.err = err
		}
		return
	}
	w.buffer.Truncate(w.buffer.Len() - 1) // the line's end
}
