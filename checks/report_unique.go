package checks

import (
	"bytes"
	"encoding/json"
)

// repeatedName is a name that an object in the JSON has twice; empty when
// there is none. Of such a pair one reader takes the first and another the
// last.
func repeatedName(data []byte) string {
	d := json.NewDecoder(bytes.NewReader(data))
	type level struct {
		object, value bool // value: what comes next is no name
		names         map[string]bool
	}
	var open []level
	for {
		token, err := d.Token()
		if err != nil {
			return "" // the end, or what others say is no JSON
		}
		if top := len(open) - 1; top >= 0 && open[top].object {
			if name, ok := token.(string); ok && !open[top].value {
				if open[top].names[name] {
					return name
				}
				open[top].names[name] = true
			}
			open[top].value = !open[top].value
		}
		switch token {
		case json.Delim('{'), json.Delim('['):
			open = append(open, level{object: token == json.Delim('{'), names: map[string]bool{}})
		case json.Delim('}'), json.Delim(']'):
			open = open[:len(open)-1]
		}
	}
}
