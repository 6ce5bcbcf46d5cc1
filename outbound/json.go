package outbound

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"
)

// maxDepth is how deep a document may nest.
const maxDepth = 100

// CheckJSON reports what keeps the bytes from being one JSON document with
// one meaning: bad syntax, anything behind it, text that is not UTF-8, a name
// that occurs twice in an object, nesting without end. The error quotes
// nothing of the document.
func CheckJSON(data []byte) error {
	if !utf8.Valid(data) {
		return errors.New("it is not UTF-8")
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	if err := checkValue(d, 0); err != nil {
		return err
	}
	if _, err := d.Token(); err != io.EOF {
		return errors.New("something follows the JSON document")
	}
	return nil
}

func checkValue(d *json.Decoder, depth int) error {
	if depth > maxDepth {
		return fmt.Errorf("it nests deeper than %d levels", maxDepth)
	}
	token, err := d.Token()
	switch {
	case err != nil:
		return syntax(err)
	case token == json.Delim('{'):
		return checkObject(d, depth)
	case token == json.Delim('['):
		return checkArray(d, depth)
	}
	return nil
}

func checkObject(d *json.Decoder, depth int) error {
	seen := map[string]bool{}
	for d.More() {
		token, err := d.Token()
		if err != nil {
			return syntax(err)
		}
		name, ok := token.(string)
		if !ok || seen[name] {
			return errors.New("a name occurs twice in one object")
		}
		seen[name] = true
		if err := checkValue(d, depth+1); err != nil {
			return err
		}
	}
	return closed(d)
}

func checkArray(d *json.Decoder, depth int) error {
	for d.More() {
		if err := checkValue(d, depth+1); err != nil {
			return err
		}
	}
	return closed(d)
}

func closed(d *json.Decoder) error {
	if _, err := d.Token(); err != nil {
		return syntax(err)
	}
	return nil
}

// syntax says where, not what.
func syntax(err error) error {
	if at := (*json.SyntaxError)(nil); errors.As(err, &at) {
		return fmt.Errorf("it is not JSON (byte %d)", at.Offset)
	}
	return errors.New("it is not whole JSON")
}
