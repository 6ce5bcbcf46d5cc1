package advise

import (
	"cmp"
	"slices"

	"github.com/consentry/consentry/entra"
)

// Advice is the smallest set of scopes for some operations.
type Advice struct {
	// Scopes in the order of the table of scopes; none when no operation
	// names one.
	Scopes []Need
	// Unnamed are operations for which the specification names no scope.
	Unnamed []Operation
	// Everything says in sentences why user_impersonation is the better
	// choice; empty when the scopes are.
	Everything []string
}

// A Need is one scope with the reason for it.
type Need struct {
	Scope entra.DevOpsScope
	// For are the operations that name this scope; Also those that it covers
	// because it implies the one they name.
	For, Also []Operation
	// Instead are scopes that would do as well for some of these operations
	// but allow other or more things besides.
	Instead []string
	// Without is what would do in its place if the operations in For were
	// left out, for a far-reaching scope that few of them need; nil otherwise.
	Without []string
	// Saves says that Without is worth a thought: the scope is far-reaching
	// and at most fewOperations need it.
	Saves bool
}

const (
	// fewOperations is how many operations a person may rather give up than
	// ask for a far-reaching scope.
	fewOperations = 3
	// manyScopes is how many names on a consent page nobody reads any more.
	manyScopes = 10
	// leastScope is the one that says least about a person, where any does.
	leastScope = "vso.profile"
)

// Names are the scopes by their bare names.
func (a Advice) Names() []string {
	names := make([]string, 0, len(a.Scopes))
	for _, n := range a.Scopes {
		names = append(names, n.Scope.Value)
	}
	return names
}

// Smallest finds the scopes that let a token do the operations and as little
// as possible besides: of all sets that cover every operation the one with the
// fewest far-reaching scopes, whole and implied; then the fewest scopes in
// all, implied ones counted; then the fewest names. The order of the
// operations counts for nothing.
func Smallest(ops []Operation) Advice {
	ops = inOrder(ops)
	a := Advice{}
	chosen := choose(needsOf(ops))
	if len(chosen) == 0 && slices.ContainsFunc(ops, func(o Operation) bool { return o.AnyScope }) {
		chosen = []string{leastScope}
	}
	for _, s := range chosen {
		scope, _ := entra.LookupScope(s)
		a.Scopes = append(a.Scopes, Need{Scope: scope})
	}
	for _, o := range ops {
		if len(o.Scopes) == 0 && !o.AnyScope {
			a.Unnamed = append(a.Unnamed, o)
			continue
		}
		a.assign(o)
	}
	for i := range a.Scopes {
		a.Scopes[i].weigh(ops)
	}
	a.Everything = everything(a)
	return a
}

// inOrder sorts operations as in the table, each once.
func inOrder(ops []Operation) []Operation {
	at := operations().byID
	out := slices.SortedFunc(slices.Values(ops), func(a, b Operation) int { return cmp.Compare(at[a.ID], at[b.ID]) })
	return slices.CompactFunc(out, func(a, b Operation) bool { return a.ID == b.ID })
}

// assign gives an operation to the scope that covers it: one that it names
// before one that implies it.
func (a Advice) assign(o Operation) {
	for i, n := range a.Scopes {
		if slices.Contains(o.Scopes, n.Scope.Value) || o.AnyScope && len(a.Scopes) == 1 {
			a.Scopes[i].For = append(a.Scopes[i].For, o)
			return
		}
	}
	for i, n := range a.Scopes {
		if o.AnyScope || o.coveredBy(n.Scope.Value) {
			a.Scopes[i].Also = append(a.Scopes[i].Also, o)
			return
		}
	}
}

// coveredBy reports whether a scope is one of those the operation names, or
// implies one.
func (o Operation) coveredBy(scope string) bool {
	return slices.ContainsFunc(o.Scopes, func(s string) bool { return entra.Implies(scope, s) })
}

// weigh finds what would do in place of a scope.
func (n *Need) weigh(ops []Operation) {
	for _, o := range n.For {
		for _, s := range o.Scopes {
			other, _ := entra.LookupScope(s)
			if s != n.Scope.Value && other.Registrable() && !slices.Contains(n.Instead, s) {
				n.Instead = append(n.Instead, s)
			}
		}
	}
	n.Saves = n.Scope.HighPrivilege && len(n.For) <= fewOperations && len(n.For) < len(ops)
	if n.Saves {
		n.Without = choose(needsOf(slices.DeleteFunc(slices.Clone(ops), func(o Operation) bool {
			return slices.ContainsFunc(n.For, func(f Operation) bool { return f.ID == o.ID })
		})))
	}
}

// everything are the reasons for user_impersonation.
func everything(a Advice) []string {
	var why []string
	if len(a.Unnamed) > 0 {
		why = append(why, "Microsoft's specification names no scope for some of these operations: only user_impersonation is sure to cover them.")
	}
	if len(a.Scopes) > manyScopes {
		why = append(why, "So many scopes make a consent page that nobody reads: one permission is easier to judge, and the token still can do no more than its person.")
	}
	for _, n := range a.Scopes {
		if !n.Scope.Registrable() {
			why = append(why, n.Scope.Value+" cannot be registered, because Microsoft publishes no id for it.")
		}
	}
	return why
}
