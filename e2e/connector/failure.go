package main

import (
	"encoding/json"
	"net/url"
	"strings"
)

// A failure ends a connection. What came over the wire is kept as it came.
type failure struct {
	At          string // what was being done: "exchange the authorization code"
	Method, URL string // the request, if there was one
	Status      int    // of its answer; 0: there was none
	ContentType string
	Code        string // as given: "invalid_client", a type key; empty if none was
	Message     string // the description, or what is wrong in a sentence
	Raw         string // the answer's body, or the parameters the browser brought
}

// Error implements error.
func (f *failure) Error() string { return f.At + ": " + f.Code + " " + f.Message }

// refusalOf reads the parameters that the browser brought back. The state is
// left out: it is this program's own.
func refusalOf(q url.Values, rawQuery string) *failure {
	kept := []string{}
	for part := range strings.SplitSeq(rawQuery, "&") {
		if !strings.HasPrefix(part, "state=") {
			kept = append(kept, part)
		}
	}
	f := &failure{At: "sign in", Code: q.Get("error"), Message: q.Get("error_description"), Raw: strings.Join(kept, "&")}
	if sub := q.Get("error_subcode"); sub != "" && f.Message == "" {
		f.Message = "error_subcode=" + sub
	}
	return f
}

// read fills in code and message from a body in one of the forms that
// Microsoft's services use; Raw stays what it is.
func (f *failure) read(body []byte) {
	var told struct {
		Error, ErrorDescription string
		Description             string `json:"error_description"`
		TypeKey, Message        string
		Value                   struct{ Message string }
	}
	if json.Unmarshal(body, &told) != nil {
		return
	}
	first := func(texts ...string) string {
		for _, t := range texts {
			if t != "" {
				return t
			}
		}
		return ""
	}
	f.Code = first(told.Error, told.TypeKey, f.Code)
	f.Message = first(told.Description, told.ErrorDescription, told.Message, told.Value.Message, f.Message)
}

// indented is JSON for people.
func indented(v any) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(v); err != nil {
		return err.Error()
	}
	return strings.TrimSpace(b.String())
}
