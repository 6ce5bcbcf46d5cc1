package advise

import (
	"math/bits"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/consentry/consentry/entra"
)

// some are operations by id.
func some(t *testing.T, ids ...string) []Operation {
	t.Helper()
	var out []Operation
	for _, id := range ids {
		o, ok := ByID(id)
		if !ok {
			t.Fatalf("no operation %s", id)
		}
		out = append(out, o)
	}
	return out
}

func TestSmallest(t *testing.T) {
	tests := []struct {
		name string
		ids  string
		want string
	}{
		{"nothing", "", ""},
		{"one operation", "work-items.work-items.get-work-item", "vso.work"},
		{"writing covers reading", "work-items.work-items.get-work-item work-items.work-items.create", "vso.work_write"},
		{"two areas", "work-items.work-items.create git.repositories.list", "vso.code vso.work_write"},
		{"a scope implied by what is needed anyhow", "projects.projects.list git.repositories.list", "vso.code"},
		{"of two that do, the one that allows less", "git.statuses.create", "vso.code_status"},
		{"not the far-reaching one, though it would be a single name", "git.statuses.create git.repositories.list", "vso.code vso.code_status"},
		{"the far-reaching one where it is needed anyhow", "git.statuses.create git.pull-requests.create", "vso.code_write"},
		{"never one that cannot be registered", "git.pull-request-threads.list", "vso.code"},
		{"service hooks with whatever else is needed", "hooks.subscriptions.create build.builds.list", "vso.build"},
		{"any scope at all is the one that tells least", "connection.data", "vso.profile"},
		{"any scope beside another", "connection.data work-items.work-items.create", "vso.work_write"},
		{"none that is named", "security.permissions.has-permissions", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := strings.Join(Smallest(some(t, strings.Fields(tt.ids)...)).Names(), " "); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestReasonsNameEachOperationOnce(t *testing.T) {
	ops := Operations()
	a := Smallest(append(ops, ops[0]))
	seen := map[string]int{}
	for _, n := range a.Scopes {
		for _, o := range slices.Concat(n.For, n.Also) {
			seen[o.ID]++
			if !o.AnyScope && !o.coveredBy(n.Scope.Value) {
				t.Errorf("%s is given as a reason for %s, which does not cover it", o.ID, n.Scope.Value)
			}
		}
		if len(n.For) == 0 {
			t.Errorf("%s is needed by nothing", n.Scope.Value)
		}
	}
	for _, o := range a.Unnamed {
		seen[o.ID]++
	}
	for _, o := range ops {
		if seen[o.ID] != 1 {
			t.Errorf("%s is named %d times", o.ID, seen[o.ID])
		}
	}
}

func TestAdviceOnAFarReachingScope(t *testing.T) {
	a := Smallest(some(t, "git.repositories.list", "git.commits.get", "git.repositories.delete"))
	n := a.Scopes[0]
	if n.Scope.Value != "vso.code_manage" || !n.Saves || !slices.Equal(n.Without, []string{"vso.code"}) {
		t.Errorf("%s saves %v, without it %v", n.Scope.Value, n.Saves, n.Without)
	}
	if alone := Smallest(some(t, "git.repositories.delete")).Scopes[0]; alone.Saves {
		t.Error("nothing is saved by leaving out all there is")
	}
}

func TestAlternativesAreNamed(t *testing.T) {
	a := Smallest(some(t, "git.statuses.create"))
	if got := a.Scopes[0].Instead; !slices.Equal(got, []string{"vso.code_write"}) {
		t.Errorf("instead of %s: %v", a.Scopes[0].Scope.Value, got)
	}
}

func TestWhenEverythingIsTheBetterChoice(t *testing.T) {
	var wide []Operation
	for _, a := range Areas()[:20] {
		wide = append(wide, a.Operations...)
	}
	for name, tt := range map[string]struct {
		ops  []Operation
		want bool
	}{
		"two plain scopes":           {some(t, "work-items.work-items.create", "git.repositories.list"), false},
		"no scope is named":          {some(t, "security.permissions.has-permissions", "git.repositories.list"), true},
		"a list nobody would read":   {wide, true},
		"nothing is asked for":       {nil, false},
		"far-reaching, but only one": {some(t, "git.repositories.delete"), false},
	} {
		if got := len(Smallest(tt.ops).Everything) > 0; got != tt.want {
			t.Errorf("%s: %v, want %v", name, got, tt.want)
		}
	}
}

func TestOrderCountsForNothing(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	all := Operations()
	for range 50 {
		ops := sample(r, all, 12)
		want := Smallest(ops).Names()
		r.Shuffle(len(ops), func(i, j int) { ops[i], ops[j] = ops[j], ops[i] })
		if got := Smallest(ops).Names(); !slices.Equal(got, want) {
			t.Fatalf("got %v, want %v", got, want)
		}
	}
}

func sample(r *rand.Rand, all []Operation, n int) []Operation {
	out := make([]Operation, 0, n)
	for range n {
		out = append(out, all[r.IntN(len(all))])
	}
	return out
}

// TestNoSmallerSetExists compares with every set of scopes there could be:
// all that cover anything of what is asked, in every combination.
func TestNoSmallerSetExists(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	var choices, all []Operation
	for _, o := range Operations() {
		if len(o.Scopes) > 0 {
			all = append(all, o)
		}
		if len(o.Scopes) > 1 {
			choices = append(choices, o)
		}
	}
	for range 80 {
		ops := slices.Concat(sample(r, choices, 1+r.IntN(3)), sample(r, all, r.IntN(3)))
		got := Smallest(ops)
		want := bruteForce(ops)
		if names := got.Names(); !slices.Equal(names, want) {
			t.Fatalf("%v: got %v, want %v", idsOf(ops), names, want)
		}
	}
}

func idsOf(ops []Operation) []string {
	var out []string
	for _, o := range ops {
		out = append(out, o.ID)
	}
	return out
}

// mostNames bounds the sets tried; five operations need no more.
const mostNames = 5

// A set of scopes as bits, by their places in the table.
type bitset [2]uint64

func (b bitset) with(o bitset) bitset { return bitset{b[0] | o[0], b[1] | o[1]} }

func (b bitset) meets(o bitset) bool { return b[0]&o[0]|b[1]&o[1] != 0 }

func (b bitset) count() int { return bits.OnesCount64(b[0]) + bits.OnesCount64(b[1]) }

func (b bitset) and(o bitset) bitset { return bitset{b[0] & o[0], b[1] & o[1]} }

func bitsOf(holds func(entra.DevOpsScope) bool) bitset {
	var b bitset
	for i, s := range entra.DevOpsScopes() {
		if holds(s) {
			b[i/64] |= 1 << (i % 64)
		}
	}
	return b
}

// A brute tries all sets of scopes there could be.
type brute struct {
	useful []int // places of the scopes that cover anything
	reach  []bitset
	high   bitset
	wanted []bitset // of each operation the scopes it names
	best   []int
	cost   []int
}

func bruteForce(ops []Operation) []string {
	table := entra.DevOpsScopes()
	b := brute{high: bitsOf(func(s entra.DevOpsScope) bool { return s.HighPrivilege })}
	for i, s := range table {
		covers := slices.ContainsFunc(ops, func(o Operation) bool { return o.coveredBy(s.Value) })
		if covers && s.Registrable() && s.Value != entra.UserImpersonation {
			b.useful = append(b.useful, i)
			b.reach = append(b.reach, bitsOf(func(w entra.DevOpsScope) bool { return entra.Implies(s.Value, w.Value) }))
		}
	}
	for _, o := range ops {
		b.wanted = append(b.wanted, bitsOf(func(s entra.DevOpsScope) bool { return slices.Contains(o.Scopes, s.Value) }))
	}
	b.try(0, nil, bitset{})
	var names []string
	for _, i := range b.best {
		names = append(names, table[i].Value)
	}
	return names
}

// try adds to a set whatever comes from a place on. A set that covers all is
// not added to: one more costs more.
func (b *brute) try(from int, set []int, reach bitset) {
	if !slices.ContainsFunc(b.wanted, func(w bitset) bool { return !reach.meets(w) }) {
		cost := append([]int{reach.and(b.high).count(), reach.count(), len(set)}, set...)
		if b.cost == nil || slices.Compare(cost, b.cost) < 0 {
			b.best, b.cost = slices.Clone(set), cost
		}
		return
	}
	if len(set) == mostNames {
		return
	}
	for i := from; i < len(b.useful); i++ {
		b.try(i+1, append(slices.Clone(set), b.useful[i]), reach.with(b.reach[i]))
	}
}
