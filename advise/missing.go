package advise

import (
	"slices"
	"strings"

	"github.com/consentry/consentry/entra"
)

// An Outcome says what is known of a failing call.
type Outcome string

// ScopeMissing: the token lacks it. ScopeCovered: the token has it, so the
// reason is another. ScopeUnknown: a scope may be missing, but which ones the
// token has is not known. NotTheScope: the status says that no scope matters.
// Unlisted: the operation is in no table, or names no scope. NoCall: the
// address is none of Azure DevOps' API.
const (
	ScopeMissing Outcome = "scope-missing"
	ScopeCovered Outcome = "scope-covered"
	ScopeUnknown Outcome = "scope-unknown"
	NotTheScope  Outcome = "not-the-scope"
	Unlisted     Outcome = "unlisted"
	NoCall       Outcome = "no-call"
)

// A Diagnosis is what a failing call says of scopes.
type Diagnosis struct {
	Outcome Outcome
	// Headline says it in a sentence.
	Headline string
	// Matches are the operations the call may be, best first.
	Matches []Match
	// Need are the scopes each of which covers the best match; the one that
	// reaches least comes first.
	Need []string
	// Have is what the token holds of Azure DevOps; CoveredBy the one of it
	// that covers the call.
	Have      []string
	CoveredBy string
	// Reasons are other things that the status can mean.
	Reasons []Reason
	// OtherMethods are those the path is known with, when not with this one.
	OtherMethods          []string
	Organization, Project string
}

// Missing finds the scope that a failing call lacked, or why it was not a
// scope. The address may be of any host, or a path alone; status 0 stands for
// an unknown one. have are the token's scopes in any form, from scp; none
// means that they are not known.
func Missing(method, address string, status int, have []string) Diagnosis {
	c, ok := parseCall(address)
	if !ok {
		return Diagnosis{Outcome: NoCall, Headline: "This is no address of Azure DevOps' REST API: it holds neither /_apis/ nor /_git/ nor /_odata/."}
	}
	d := Diagnosis{Matches: Matches(method, address), OtherMethods: OtherMethods(method, address), Have: ownScopes(have),
		Organization: c.organization, Project: c.project()}
	answer, known := refusalOf(status)
	d.Reasons = answer.reasons
	if len(d.Matches) > 0 {
		d.need(d.Matches[0].Operation)
	}
	switch {
	case known && !answer.scope:
		d.Outcome, d.Headline = NotTheScope, answer.headline
	case len(d.Matches) == 0:
		d.unlisted()
	default:
		d.decide(answer)
	}
	return d
}

// ownScopes are the bare names of Azure DevOps' scopes among some.
func ownScopes(have []string) []string {
	var out []string
	for _, s := range have {
		ref := entra.ParseScope(strings.ToLower(strings.TrimSpace(s)))
		own := strings.HasPrefix(ref.Name, "vso.") || ref.Name == entra.UserImpersonation
		if own && !slices.Contains(out, ref.Name) {
			out = append(out, ref.Name)
		}
	}
	return out
}

// need finds the scopes that an operation takes, least first, and the one of
// the token's that covers it.
func (d *Diagnosis) need(o Operation) {
	d.Need = slices.Clone(o.Scopes)
	slices.SortStableFunc(d.Need, func(a, b string) int {
		return slices.Compare(weighed([]string{a}).weight, weighed([]string{b}).weight)
	})
	if registrable := slices.DeleteFunc(slices.Clone(d.Need), notRegistrable); len(registrable) > 0 {
		d.Need = registrable
	}
	for _, want := range o.Scopes {
		if by, ok := entra.Covers(d.Have, want); ok {
			d.CoveredBy = by
			return
		}
	}
	if (o.AnyScope || len(o.Scopes) == 0 && slices.Contains(d.Have, entra.UserImpersonation)) && len(d.Have) > 0 {
		d.CoveredBy = d.Have[0]
	}
}

func notRegistrable(scope string) bool {
	s, ok := entra.LookupScope(scope)
	return !ok || !s.Registrable()
}

func (d *Diagnosis) unlisted() {
	d.Outcome = Unlisted
	if len(d.OtherMethods) > 0 {
		d.Headline = "This path is known with " + strings.Join(d.OtherMethods, ", ") + " only. Check the method."
		return
	}
	d.Headline = "This call is not in Microsoft's specification, so no scope is named for it. user_impersonation covers it, if anything does."
}

// decide judges a status that a missing scope is answered with, or none.
func (d *Diagnosis) decide(answer refusal) {
	best := d.Matches[0].Operation
	quoted := "“" + best.Name + "”"
	switch {
	case d.CoveredBy != "" && answer.scope:
		d.Outcome, d.Headline = ScopeCovered, answer.headline+" "+quoted+" is covered by "+d.CoveredBy+"."
	case d.CoveredBy != "":
		d.Outcome, d.Headline = ScopeCovered, quoted+" is covered by "+d.CoveredBy+": no scope is missing."
	case best.AnyScope:
		d.Outcome, d.Headline = ScopeCovered, quoted+" takes any scope of Azure DevOps: what is refused is the token or its person."
	case len(best.Scopes) == 0:
		d.Outcome, d.Headline = Unlisted, "Microsoft's specification names no scope for "+quoted+". Only user_impersonation is sure to cover it."
	case len(d.Have) == 0:
		d.Outcome, d.Headline = ScopeUnknown, quoted+" needs "+anyOf(d.Need)+". Look whether the token's scp holds it."
	default:
		d.Outcome, d.Headline = ScopeMissing, quoted+" needs "+anyOf(d.Need)+", the token has "+strings.Join(d.Have, ", ")+"."
	}
}

func anyOf(scopes []string) string {
	if len(scopes) < 2 {
		return strings.Join(scopes, "")
	}
	return strings.Join(scopes[:len(scopes)-1], ", ") + " or " + scopes[len(scopes)-1]
}
