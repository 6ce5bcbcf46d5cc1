package advise

import (
	"slices"
	"strings"

	"github.com/consentry/consentry/entra"
)

// A Carried is one authorized scope of an old app and what becomes of it.
type Carried struct {
	// Old is how it was written: "vso.work_full" or "Work items (full)".
	Old string
	// Label is its label on the old app's page; empty for an unknown one.
	Label string
	// New is the scope to register in Entra; empty when there is none.
	New entra.DevOpsScope
	// Same: it has the same name as before.
	Same bool
	// Note says what is different, in a sentence; empty when nothing is.
	Note string

	was string // its name; empty for an unknown one
}

// Known reports whether there is a scope to register in its place.
func (c Carried) Known() bool { return c.New.Value != "" }

// CarryOver reads a list of authorized scopes, by their names or by their
// labels, separated by blanks, commas, semicolons or lines, and finds the
// scope of Entra for each. Scopes of Azure DevOps kept their names; a few can
// no longer be registered.
func CarryOver(list string) []Carried {
	var out []Carried
	for _, old := range splitScopes(list) {
		if !slices.ContainsFunc(out, func(c Carried) bool { return c.Old == old }) {
			out = append(out, carry(old))
		}
	}
	for i, c := range out {
		if by, ok := entra.Covers(sameNames(out), c.was); ok && !c.Same {
			out[i].New, _ = entra.LookupScope(by)
			out[i].Note = "It is no longer registered by itself: " + by + ", which is carried over, contains it."
		}
	}
	return out
}

// sameNames are the scopes that keep their names.
func sameNames(carried []Carried) []string {
	var out []string
	for _, c := range carried {
		if c.Same {
			out = append(out, c.New.Value)
		}
	}
	return out
}

// NewScopes are the scopes to register, by name, each once.
func NewScopes(carried []Carried) []string {
	var out []string
	for _, c := range carried {
		if c.Known() && !slices.Contains(out, c.New.Value) {
			out = append(out, c.New.Value)
		}
	}
	return out
}

// inPlaceOf says what does for scopes that Entra does not register. The
// operations on comments of pull requests take vso.code_write, too; those of
// service hooks are in what hooks are about.
var inPlaceOf = map[string]struct{ scope, note string }{
	"vso.threads_full":   {"vso.code_write", "It is no longer offered. Comments on pull requests are written with vso.code_write, and read with vso.code."},
	"vso.hooks":          {"vso.work", "It is no longer offered by itself. vso.work, vso.build and vso.code each contain it: one of them is enough."},
	"vso.hooks_write":    {"vso.work", "It is no longer offered by itself. vso.work, vso.build and vso.code each contain it: one of them is enough."},
	"vso.hooks_interact": {entra.UserImpersonation, "It is no longer offered. Only user_impersonation covers it."},
}

func carry(old string) Carried {
	name := strings.ToLower(entra.ParseScope(old).Name)
	s, ok := entra.LookupScope(name)
	if !ok {
		s, ok = byLabel(old)
	}
	if !ok {
		return unknown(old)
	}
	c := Carried{Old: old, Label: s.Name, was: s.Value}
	if s.Registrable() {
		c.New, c.Same = s, true
		return c
	}
	instead, listed := inPlaceOf[s.Value]
	if !listed {
		instead.scope, instead.note = entra.UserImpersonation, "Microsoft publishes no id for it, so it cannot be registered. user_impersonation covers it."
	}
	c.New, _ = entra.LookupScope(instead.scope)
	c.Note = instead.note
	return c
}

func unknown(old string) Carried {
	c := Carried{Old: old, Note: "Azure DevOps has no scope of this name. Leave it out, and look what the integration used it for."}
	if near, ok := entra.Nearest(old); ok {
		c.New, _ = entra.LookupScope(near)
		c.Label = c.New.Name
		c.Note = "There is no scope of this name. Taken for " + near + ", which is the nearest: check it."
	}
	return c
}

// byLabel finds a scope by its label, letter case ignored.
func byLabel(label string) (entra.DevOpsScope, bool) {
	all := entra.DevOpsScopes()
	i := slices.IndexFunc(all, func(s entra.DevOpsScope) bool { return strings.EqualFold(s.Name, label) })
	if i < 0 {
		return entra.DevOpsScope{}, false
	}
	return all[i], true
}

// splitScopes takes a list apart. Labels hold blanks and, in brackets, commas;
// names hold neither.
func splitScopes(list string) []string {
	var out []string
	for _, chunk := range chunksOf(list) {
		words := strings.Fields(chunk)
		isName := func(w string) bool { return strings.Contains(strings.ToLower(w), "vso.") || strings.Contains(w, "_") }
		if len(words) > 0 && !slices.ContainsFunc(words, func(w string) bool { return !isName(w) }) {
			out = append(out, words...)
			continue
		}
		for len(words) > 0 && isName(words[0]) {
			out, words = append(out, words[0]), words[1:]
		}
		if label := strings.Join(words, " "); label != "" {
			out = append(out, label)
		}
	}
	return out
}

// chunksOf splits at separators outside brackets, and behind a bracket.
func chunksOf(list string) []string {
	var out []string
	from, depth := 0, 0
	for i, r := range list {
		switch r {
		case '(':
			depth++
		case ')':
			depth = max(depth-1, 0)
			if depth == 0 {
				out, from = append(out, list[from:i+1]), i+1
			}
		case ',', ';', '\n', '\r', '\t':
			if depth == 0 {
				out, from = append(out, list[from:i]), i+1
			}
		}
	}
	return append(out, list[from:])
}
