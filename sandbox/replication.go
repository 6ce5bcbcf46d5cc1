package sandbox

import (
	"context"
	"net/http"
	"slices"
)

// A directory is kept on many servers: a write is answered by one of them,
// and whoever asks another one right after finds the object as it was before.
// The sandbox counts that in lookups, not in time: a test needs no clock, and
// a client that tries again meets the same answers in every run.

// A replication is how far the readers of one tenant's directory lag behind
// its writes.
type replication struct {
	// reads is how many lookups of each written object miss the write, at
	// Microsoft Graph and at the sign-in service each; 0: none.
	reads int
	// fault is the replica_lag of the request being handled, for Microsoft
	// Graph's readers alone.
	fault int

	graph, login replica
}

// A replica is what the readers at one service have not heard of yet.
type replica struct {
	apps, deleted lates[application]
	principals    lates[servicePrincipal]
	grants        lates[grant]
	assignments   lates[appRoleAssignment]
}

// lates are the objects of one kind that are still seen as they were, by
// object id.
type lates[T any] map[string]*late[T]

// A late object. Before is what it was, nil when it was not there.
type late[T any] struct {
	before *T
	place  int // in the list, should it have left that
	left   int // lookups that still find what was before
	// everywhere: lookups by writes miss it too, not just reads.
	everywhere bool
}

// caughtUp has every reader know what was written so far.
func (w *world) caughtUp() {
	for _, t := range w.tenants {
		t.replication = replication{reads: t.replication.reads}
	}
}

// note remembers how an object reads until the readers have heard of the
// write that comes next. Of several writes in a row they hear at once: none of
// them shows before the count of the last one has run out.
func note[T any](r *replication, kind func(*replica) *lates[T], id string, objects map[string]*T, order []string) {
	kind(&r.graph).note(max(r.reads, r.fault), r.reads > 0, id, objects, order)
	kind(&r.login).note(r.reads, true, id, objects, order)
}

func (all *lates[T]) note(reads int, everywhere bool, id string, objects map[string]*T, order []string) {
	if reads == 0 {
		return
	}
	if *all == nil {
		*all = lates[T]{}
	}
	l := (*all)[id]
	if l == nil || l.left == 0 {
		l = &late[T]{before: objects[id], place: slices.Index(order, id)}
		(*all)[id] = l
	}
	l.left, l.everywhere = reads, l.everywhere || everywhere
}

// noteRemoval is note for an object that goes. What nobody has seen yet
// leaves no trace.
func noteRemoval[T any](r *replication, kind func(*replica) *lates[T], id string, objects map[string]*T, order []string) {
	note(r, kind, id, objects, order)
	for _, all := range []lates[T]{*kind(&r.graph), *kind(&r.login)} {
		if l := all[id]; l != nil && l.before == nil {
			delete(all, id)
		}
	}
}

// The kinds of objects.
func lateApps(r *replica) *lates[application]              { return &r.apps }
func lateDeleted(r *replica) *lates[application]           { return &r.deleted }
func latePrincipals(r *replica) *lates[servicePrincipal]   { return &r.principals }
func lateGrants(r *replica) *lates[grant]                  { return &r.grants }
func lateAssignments(r *replica) *lates[appRoleAssignment] { return &r.assignments }

// A view is how one request finds the directories' objects: on which servers
// it happens to look is settled once for each object.
type view struct {
	signIn bool // at the sign-in service, not at Microsoft Graph
	// changing: the request is a write. It goes to a server that knows all
	// writes, but is refused for what the others have never heard of.
	changing bool
	stale    map[any]bool
}

func newView(signIn, changing bool) *view {
	return &view{signIn: signIn, changing: changing, stale: map[any]bool{}}
}

// of is the replica that the view has of a tenant's directory.
func (v *view) of(t *tenant) *replica {
	if v.signIn {
		return &t.replication.login
	}
	return &t.replication.graph
}

// misses reports whether the view is of before the write, and counts that.
func misses[T any](v *view, all lates[T], id string) bool {
	l := all[id]
	if l == nil {
		return false
	}
	if stale, settled := v.stale[l]; settled {
		return stale
	}
	stale := l.left > 0 && (!v.changing || l.everywhere && l.before == nil)
	v.stale[l] = stale
	switch {
	case stale:
		l.left--
	case l.left == 0:
		delete(all, id)
	}
	return stale
}

// see is an object as the view has it; now is what the directory holds, nil
// for nothing.
func see[T any](v *view, all lates[T], id string, now *T) *T {
	l := all[id]
	if l == nil || now == nil && v.changing || !misses(v, all, id) {
		return now
	}
	return l.before
}

// seeKeyed is see for a lookup by any key, which is held against the object as
// the view has it.
func seeKeyed[T any](v *view, all lates[T], id func(*T) string, now *T, keyed func(*T) bool) *T {
	if now != nil {
		if seen := see(v, all, id(now), now); seen != nil && keyed(seen) {
			return seen
		}
		return nil
	}
	for gone, l := range all {
		if l.before != nil && keyed(l.before) {
			return see(v, all, gone, nil)
		}
	}
	return nil
}

// seeAll lists a directory's objects in the order they were made, as the view
// has them.
func seeAll[T any](v *view, all lates[T], order []string, objects map[string]*T) []*T {
	if len(all) == 0 {
		return ordered(order, objects)
	}
	list := make([]*T, 0, len(order))
	for _, id := range order {
		if o := see(v, all, id, objects[id]); o != nil {
			list = append(list, o)
		}
	}
	var removed []*late[T]
	for id, l := range all {
		if objects[id] == nil && see(v, all, id, nil) != nil {
			removed = append(removed, l)
		}
	}
	slices.SortFunc(removed, func(a, b *late[T]) int { return a.place - b.place })
	for _, l := range removed {
		list = slices.Insert(list, min(max(l.place, 0), len(list)), l.before)
	}
	return list
}

func (v *view) application(t *tenant, key pathToken) *application {
	return seeKeyed(v, v.of(t).apps, func(a *application) string { return a.ID }, t.applicationBy(key), key.picksApplication)
}

func (v *view) applications(t *tenant) []*application {
	if len(v.of(t).apps) == 0 {
		return t.allApps()
	}
	return seeAll(v, v.of(t).apps, t.appOrder, t.apps)
}

// registered is a registration that was found by its client ID.
func (v *view) registered(home *tenant, a *application) *application {
	if a == nil {
		return nil
	}
	return see(v, v.of(home).apps, a.ID, a)
}

func (v *view) deletedApplication(t *tenant, id string) *application {
	return see(v, v.of(t).deleted, id, t.deleted[id])
}

func (v *view) deletedApplications(t *tenant) []*application {
	ids := make([]string, 0, len(t.deleted))
	for id := range t.deleted {
		ids = append(ids, id)
	}
	return seeAll(v, v.of(t).deleted, ids, t.deleted)
}

func (v *view) principal(t *tenant, key pathToken) *servicePrincipal {
	return seeKeyed(v, v.of(t).principals, func(sp *servicePrincipal) string { return sp.ID }, t.principalBy(key), key.picksPrincipal)
}

func (v *view) principals(t *tenant) []*servicePrincipal {
	return seeAll(v, v.of(t).principals, t.spOrder, t.principals)
}

func (v *view) grant(t *tenant, id string) *grant {
	return see(v, v.of(t).grants, id, t.grants[id])
}

func (v *view) grants(t *tenant) []*grant {
	return seeAll(v, v.of(t).grants, t.grantOrder, t.grants)
}

func (v *view) assignment(t *tenant, id string) *appRoleAssignment {
	return see(v, v.of(t).assignments, id, t.assignments[id])
}

func (v *view) assignments(t *tenant) []*appRoleAssignment {
	return seeAll(v, v.of(t).assignments, t.assignmentOrder, t.assignments)
}

type replicaLagKey struct{}

// withReplicaLag has the writes of a request to Microsoft Graph seen late.
func withReplicaLag(r *http.Request, reads int) *http.Request {
	return r.WithContext(context.WithValue(r.Context(), replicaLagKey{}, reads))
}

func replicaLagOf(r *http.Request) int {
	reads, _ := r.Context().Value(replicaLagKey{}).(int)
	return reads
}
