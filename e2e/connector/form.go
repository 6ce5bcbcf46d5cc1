package main

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
)

// A key is what a field of a form stands for.
type key string

const (
	clientID        key = "client_id"
	clientSecret    key = "client_secret"
	scopes          key = "scopes"
	organization    key = "organization"
	projectName     key = "project"
	tenantID        key = "tenant_id"
	redirectURI     key = "redirect_uri"
	applicationType key = "application_type"
)

// values are what was typed into forms. Scopes are separated by blanks.
type values map[key]string

// A kind is how a field is filled in.
type kind string

const (
	typed       kind = "text"
	typedSecret kind = "password"
	oneOf       kind = "select"
	manyOf      kind = "checkboxes"
)

// A field has the product's own label.
type field struct {
	Label    string
	Key      key
	Kind     kind
	Choices  []string // for oneOf and manyOf
	Help     string
	Optional bool
	// IfBlank: asked for only where the settings leave it blank.
	IfBlank bool
}

// A form has the product's own labels in the product's order.
type form struct {
	Where  string // the way to it in the product
	Intro  string
	Fields []field
	Button string
}

// wanted are the fields to show, given what the settings hold.
func (f form) wanted(settings values) []field {
	return slices.DeleteFunc(slices.Clone(f.Fields), func(in field) bool { return in.IfBlank && settings[in.Key] != "" })
}

// read takes the form's values from a request. A secret left empty stays what
// it was while the client stays the same: pages never hold it.
func (f form) read(sent url.Values, before values) values {
	v := values{}
	for _, in := range f.wanted(nil) {
		text := strings.Join(sent[string(in.Key)], " ")
		if in.Kind != typedSecret {
			text = strings.TrimSpace(text)
		}
		v[in.Key] = text
	}
	if v[clientSecret] == "" && v[clientID] == before[clientID] && before[clientSecret] != "" {
		v[clientSecret] = before[clientSecret]
	}
	return v
}

// check names what is missing or no choice, by field.
func check(fields []field, v values) map[key]string {
	problems := map[key]string{}
	for _, in := range fields {
		if text := v[in.Key]; text == "" && !in.Optional {
			problems[in.Key] = in.Label + " is missing."
		} else if bad := in.notOffered(text); bad != "" {
			problems[in.Key] = fmt.Sprintf("%s is not among the choices.", bad)
		}
	}
	return problems
}

// notOffered is the first part of a value that is no choice, if there is one.
func (in field) notOffered(text string) string {
	chosen := []string{text}
	if in.Kind == manyOf {
		chosen = strings.Fields(text)
	} else if in.Kind != oneOf || text == "" {
		return ""
	}
	for _, c := range chosen {
		if !slices.Contains(in.Choices, c) {
			return c
		}
	}
	return ""
}

// with are the values with others over them; empty ones change nothing.
func (v values) with(over values) values {
	out := maps.Clone(v)
	for k, text := range over {
		if text != "" {
			out[k] = text
		}
	}
	return out
}

// byLabel turns label, value pairs into the values of the product's forms.
func (p product) byLabel(filled map[string]string) (values, error) {
	v := values{}
	fields := slices.Concat(p.Settings.Fields, p.Connect.Fields)
	for label, text := range filled {
		i := slices.IndexFunc(fields, func(f field) bool { return f.Label == label })
		if i < 0 {
			return nil, fmt.Errorf("%s has no field %q", p.Name, label)
		}
		if bad := fields[i].notOffered(text); bad != "" {
			return nil, fmt.Errorf("%s: %q is not among the choices", label, bad)
		}
		v[fields[i].Key] = text
	}
	return v, nil
}
