package checks

import (
	"slices"
	"strings"

	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/preset"
)

// StaticScope asks for everything the registration lists.
const StaticScope = ".default"

// ScopePlaces are the four places where a scope of one resource can stand, as
// bare names. A place that is not known accuses nobody.
type ScopePlaces struct {
	Asked, Registered, Consented, Token         []string
	RegisteredKnown, ConsentedKnown, TokenKnown bool
	// Compare is how the integration wants asked and registered scopes to
	// agree; empty means preset.Covered.
	Compare preset.Comparison
}

// A ScopeRow is one scope in the four places it can stand. A cell is true
// where the scope stands there itself or is implied by one that does.
type ScopeRow struct {
	Scope      string `json:"scope"` // without resource
	Asked      bool   `json:"asked"`
	Registered bool   `json:"registered"`
	Consented  bool   `json:"consented"`
	InToken    bool   `json:"inToken"`
	// ImpliedBy is the broader scope that gives InToken where the scope itself
	// is not in the token.
	ImpliedBy string `json:"impliedBy,omitempty"`
	// Differs: the places disagree in a way that matters to the integration.
	Differs bool   `json:"differs"`
	Note    string `json:"note,omitempty"`
}

// Matrix compares the places: one row for each scope named anywhere, differing
// rows first, then those asked for. Scopes are compared by what they imply,
// and by name where the integration wants the lists equal.
func (p ScopePlaces) Matrix() []ScopeRow {
	if slices.Contains(p.Asked, StaticScope) {
		p.Asked = p.Registered // nothing, where they are not known
	}
	var rows []ScopeRow
	for _, scope := range union(p.Asked, p.Registered, p.Consented, p.Token) {
		rows = append(rows, p.row(scope))
	}
	slices.SortStableFunc(rows, func(a, b ScopeRow) int { return rank(a) - rank(b) })
	return rows
}

func rank(r ScopeRow) int {
	switch {
	case r.Differs:
		return 0
	case r.Asked:
		return 1
	}
	return 2
}

func (p ScopePlaces) row(scope string) ScopeRow {
	r := ScopeRow{Scope: scope}
	_, r.Asked = entra.Covers(p.Asked, scope)
	_, r.Registered = entra.Covers(p.Registered, scope)
	_, r.Consented = entra.Covers(p.Consented, scope)
	by, inToken := entra.Covers(p.Token, scope)
	r.InToken = inToken
	if !strings.EqualFold(by, scope) {
		r.ImpliedBy = by
	}
	if named(p.Asked, scope) {
		r.Differs, r.Note = p.judgeAsked(r)
	} else {
		r.Differs, r.Note = p.judgeOther(r)
	}
	if p.Compare == preset.Exact && p.RegisteredKnown && named(p.Asked, scope) != named(p.Registered, scope) {
		r.Differs, r.Note = true, exactNote(named(p.Asked, scope))
	}
	return r
}

// judgeAsked judges a scope that the integration asks for by this name.
func (p ScopePlaces) judgeAsked(r ScopeRow) (differs bool, note string) {
	unregistered := p.RegisteredKnown && !r.Registered
	unconsented := p.ConsentedKnown && !r.Consented
	switch {
	case p.TokenKnown && !r.InToken && unregistered:
		return true, "Asked for, but the app does not register it and the token lacks it. Add it to the app's API permissions, then consent again."
	case p.TokenKnown && !r.InToken:
		return true, "Asked for, but the token lacks it: it was not consented to. Consent again and accept the whole list."
	case unregistered:
		return true, "Works, but the app does not register it: an administrator's consent to everything registered would leave it out. Add it to the app's API permissions."
	case unconsented && p.TokenKnown:
		return true, "In the token, but no consent to it was found. A new consent takes a moment to be readable."
	case unconsented:
		return true, "Registered, but not consented to."
	case r.ImpliedBy != "":
		return false, "The token gives it through " + r.ImpliedBy + "."
	}
	return false, ""
}

// judgeOther judges a scope that stands somewhere without being asked for by
// this name. Registering a broader scope than is asked for is right for some
// integrations, so only what nobody registers any more differs.
func (p ScopePlaces) judgeOther(r ScopeRow) (differs bool, note string) {
	held := r.Consented || r.InToken
	switch {
	case held && p.RegisteredKnown && !r.Registered:
		return true, "Consented to earlier, but no longer registered. Withdraw the consent if it is not needed."
	case r.Asked:
		return false, "Part of what is asked for."
	case r.InToken:
		return false, "Not asked for. The token holds it because it was consented to before."
	case r.Consented:
		return false, "Consented to, not asked for."
	}
	return false, "Registered, not asked for."
}

func exactNote(asked bool) string {
	if asked {
		return "Asked for, but not registered by this name. This integration wants both lists equal: add it to the app's API permissions, or leave it out of the integration's scopes."
	}
	return "Registered, but not asked for. This integration wants both lists equal: add it to the integration's scopes, or remove it from the app's API permissions."
}

// named reports whether the scope itself is in the list, letter case ignored.
func named(list []string, scope string) bool {
	return slices.ContainsFunc(list, func(s string) bool { return strings.EqualFold(s, scope) })
}

// union keeps the first of every name, in order.
func union(lists ...[]string) []string {
	var out []string
	for _, list := range lists {
		for _, s := range list {
			if !named(out, s) {
				out = append(out, s)
			}
		}
	}
	return out
}

// uncovered are the wanted scopes that none of have implies.
func uncovered(have, want []string) []string {
	var out []string
	for _, w := range want {
		if _, ok := entra.Covers(have, w); !ok && !named(out, w) {
			out = append(out, w)
		}
	}
	return out
}

// unnamed are the wanted scopes that have does not hold by name.
func unnamed(have, want []string) []string {
	var out []string
	for _, w := range want {
		if !named(have, w) && !named(out, w) {
			out = append(out, w)
		}
	}
	return out
}
