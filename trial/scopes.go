package trial

import (
	"slices"
	"strings"

	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/preset"
)

// resourceAsked is the resource the token will be for: the first one named.
func resourceAsked(scopes []string) entra.ClientID {
	for _, s := range scopes {
		if r := entra.ParseScope(s).Resource; r != "" {
			return r
		}
	}
	return ""
}

// namesOf returns the bare names of one resource's scopes.
func namesOf(scopes []string, resource entra.ClientID) []string {
	var names []string
	for _, s := range scopes {
		if ref := entra.ParseScope(s); ref.Resource == resource && resource != "" {
			names = append(names, ref.Name)
		}
	}
	return names
}

// places are the four places a scope of one resource can stand, as bare
// names. A place that could not be read is not known.
type places struct {
	asked, registered, consented, token         []string
	registeredKnown, consentedKnown, tokenKnown bool
	compare                                     preset.Comparison
}

// staticScope asks for everything the registration lists.
const staticScope = ".default"

// compareScopes builds the scope table: one row for each scope named
// anywhere, differing rows first, then those asked for.
func compareScopes(p places) []ScopeRow {
	if slices.Contains(p.asked, staticScope) {
		p.asked = p.registered // nothing, where they are not known
	}
	var rows []ScopeRow
	for _, scope := range union(p.asked, p.registered, p.consented, p.token) {
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

func (p places) row(scope string) ScopeRow {
	r := ScopeRow{Scope: scope}
	_, r.Asked = entra.Covers(p.asked, scope)
	_, r.Registered = entra.Covers(p.registered, scope)
	_, r.Consented = entra.Covers(p.consented, scope)
	by, inToken := entra.Covers(p.token, scope)
	r.InToken = inToken
	if !strings.EqualFold(by, scope) {
		r.ImpliedBy = by
	}
	if named(p.asked, scope) {
		r.Differs, r.Note = p.judgeAsked(r)
	} else {
		r.Differs, r.Note = p.judgeOther(r)
	}
	if p.compare == preset.Exact && p.registeredKnown && named(p.asked, scope) != named(p.registered, scope) {
		r.Differs, r.Note = true, exactNote(named(p.asked, scope))
	}
	return r
}

// judgeAsked judges a scope that the integration asks for by this name.
func (p places) judgeAsked(r ScopeRow) (differs bool, note string) {
	unregistered := p.registeredKnown && !r.Registered
	unconsented := p.consentedKnown && !r.Consented
	switch {
	case p.tokenKnown && !r.InToken && unregistered:
		return true, "Asked for, but the app does not register it and the token lacks it. Add it to the app's API permissions, then consent again."
	case p.tokenKnown && !r.InToken:
		return true, "Asked for, but the token lacks it: it was not consented to. Consent again and accept the whole list."
	case unregistered:
		return true, "Works, but the app does not register it: an administrator's consent to everything registered would leave it out. Add it to the app's API permissions."
	case unconsented && p.tokenKnown:
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
func (p places) judgeOther(r ScopeRow) (differs bool, note string) {
	held := r.Consented || r.InToken
	switch {
	case held && p.registeredKnown && !r.Registered:
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
