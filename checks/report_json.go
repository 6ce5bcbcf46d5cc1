package checks

import (
	"encoding/json"
	"io"
)

// WriteJSON writes the report as [ReadReport] reads it.
func (r Report) WriteJSON(out io.Writer) error { return writeJSON(out, r) }

// writeJSON indents, and leaves & < > readable: no page holds it unescaped.
func writeJSON(out io.Writer, v any) error {
	e := json.NewEncoder(out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}
