package sandbox

import (
	"maps"
	"net/http"
	"path"
	"slices"
	"strings"
	"time"
)

const (
	maxOwners      = 100
	maxBoundOwners = 20 // named at creation [hashicorp/terraform-provider-azuread]
)

// directoryObjects is the set of owners: users and service principals mixed.
const directoryObjects = "directoryObjects"

func listOwners(q *graphRequest, a *application) (reply, *graphError) {
	return q.owners(a.owners)
}

// listUserOwners lists those owners that are users.
func listUserOwners(q *graphRequest, a *application) (reply, *graphError) {
	var list []*graphUser
	for _, id := range a.owners {
		if u := q.tenant.users[id]; u != nil {
			list = append(list, u.wire())
		}
	}
	return listOf(q, userSet, list)
}

// listOwningPrincipals lists those owners that are service principals.
func listOwningPrincipals(q *graphRequest, a *application) (reply, *graphError) {
	var list []*servicePrincipal
	for _, id := range a.owners {
		if sp := q.tenant.principals[id]; sp != nil {
			list = append(list, sp)
		}
	}
	return listOf(q, principalSet, list)
}

func listPrincipalOwners(q *graphRequest, sp *servicePrincipal) (reply, *graphError) {
	return q.owners(sp.owners)
}

func (q *graphRequest) owners(ids []string) (reply, *graphError) {
	shown := projection{}
	if names := q.query.Get("$select"); names != "" {
		shown.selected = strings.Split(names, ",")
	}
	values := q.directoryObjects(ids, shown.selected)
	return reply{status: http.StatusOK, body: object{{"@odata.context", q.metadata(directoryObjects + shown.names())}, {"value", values}}}, nil
}

// directoryObjects shows users and service principals mixed, each with its
// type; a property that a type has not is left out there.
func (q *graphRequest) directoryObjects(ids, selected []string) []object {
	values := []object{}
	for _, id := range ids {
		if u := q.tenant.users[id]; u != nil {
			values = append(values, typed(userSet, u.wire(), selected))
		} else if sp := q.tenant.principals[id]; sp != nil {
			values = append(values, typed(principalSet, sp, selected))
		}
	}
	return values
}

// typed shows an object in a list of several types.
func typed(set *entitySet, v any, selected []string) object {
	o := append(object{{"@odata.type", "#" + set.typeName}}, propertiesOf(v, set.visible(selected))...)
	return append(o, set.unsetAmong(selected)...)
}

func addOwner(q *graphRequest, a *application) (reply, *graphError) {
	owners, fault := q.withOwner(a.owners)
	return q.giveApplication(a, owners, fault)
}

func removeOwner(q *graphRequest, a *application) (reply, *graphError) {
	owners, fault := q.withoutOwner(a.owners)
	return q.giveApplication(a, owners, fault)
}

func (q *graphRequest) giveApplication(a *application, owners []string, fault *graphError) (reply, *graphError) {
	if fault != nil {
		return reply{}, fault
	}
	next := *a
	next.owners = owners
	q.tenant.addApp(&next)
	return reply{status: http.StatusNoContent}, nil
}

func addPrincipalOwner(q *graphRequest, sp *servicePrincipal) (reply, *graphError) {
	owners, fault := q.withOwner(sp.owners)
	return q.givePrincipal(sp, owners, fault)
}

func removePrincipalOwner(q *graphRequest, sp *servicePrincipal) (reply, *graphError) {
	owners, fault := q.withoutOwner(sp.owners)
	return q.givePrincipal(sp, owners, fault)
}

func (q *graphRequest) givePrincipal(sp *servicePrincipal, owners []string, fault *graphError) (reply, *graphError) {
	if fault != nil {
		return reply{}, fault
	}
	next := *sp
	next.owners = owners
	q.tenant.addPrincipal(&next)
	return reply{status: http.StatusNoContent}, nil
}

// withOwner are the owners together with the one that the body refers to.
func (q *graphRequest) withOwner(owners []string) ([]string, *graphError) {
	doc, fault := q.object()
	if fault != nil {
		return nil, fault
	}
	id, fault := q.referenced(doc["@odata.id"])
	if fault != nil {
		return nil, fault
	}
	if slices.Contains(owners, id) {
		return nil, &errOwnerExists
	}
	if len(owners) >= maxOwners {
		return nil, &errQuota
	}
	return append(slices.Clone(owners), id), nil
}

// withoutOwner are the owners but the one that the path names.
func (q *graphRequest) withoutOwner(owners []string) ([]string, *graphError) {
	id := strings.ToLower(q.keys[1].text)
	if !slices.Contains(owners, id) {
		return nil, errNotFound.with(id)
	}
	return without(owners, id), nil
}

// referenced reads the address of a user or service principal of the tenant,
// as …/directoryObjects/{id}.
func (q *graphRequest) referenced(address any) (string, *graphError) {
	text, isText := address.(string)
	if !isText {
		return "", &errBody
	}
	id := strings.ToLower(path.Base(text))
	if q.tenant.users[id] == nil && q.view.principal(q.tenant, pathToken{text: id}) == nil {
		return "", errNotFound.with(id)
	}
	return id, nil
}

// boundOwners takes owners@odata.bind out of the document.
func (q *graphRequest) boundOwners(doc map[string]any, of *entitySet) ([]string, *graphError) {
	const name = "owners@odata.bind"
	list, isList := doc[name].([]any)
	if doc[name] != nil && !isList || len(list) > maxBoundOwners {
		return nil, errInvalidValue.with("owners", of.resource)
	}
	delete(doc, name)
	var owners []string
	for _, address := range list {
		id, fault := q.referenced(address)
		if fault != nil {
			return nil, fault
		}
		if !slices.Contains(owners, id) {
			owners = append(owners, id)
		}
	}
	return owners, nil
}

// ownPrincipal is own for a service principal; those count against nobody's
// quota here.
func (q *graphRequest) ownPrincipal(sp *servicePrincipal) {
	if q.onlyOwned() || q.user != nil && !q.user.holdsAny(applicationAdmins) {
		sp.owners = append(without(sp.owners, q.caller.ObjectID), q.caller.ObjectID)
	}
}

// own makes the caller the owner where Entra does: a user without an
// administrator role, within their quota, and an app that may manage only
// what it owns.
func (q *graphRequest) own(a *application) *graphError {
	switch {
	case q.onlyOwned():
		a.owners = append(without(a.owners, q.caller.ObjectID), q.caller.ObjectID)
	case q.user != nil && !q.user.holdsAny(applicationAdmins):
		if q.created() >= maxCreatedObjects {
			return &errQuota
		}
		a.createdBy = q.user.ID
		a.owners = append(without(a.owners, q.user.ID), q.user.ID)
	}
	return nil
}

// created counts the user's registrations; those deleted within the last 30
// days still count.
func (q *graphRequest) created() int {
	n := 0
	for _, a := range q.tenant.apps {
		if a.createdBy == q.user.ID {
			n++
		}
	}
	for _, a := range restorable(slices.Collect(maps.Values(q.tenant.deleted)), q.at) {
		if a.createdBy == q.user.ID {
			n++
		}
	}
	return n
}

// deletedKept is how long a deleted registration can be restored.
const deletedKept = 30 * 24 * time.Hour

// restorable lists deleted registrations, the latest first.
func restorable(deleted []*application, now time.Time) []*application {
	var list []*application
	for _, a := range deleted {
		if now.Sub(*a.DeletedDateTime) < deletedKept {
			list = append(list, a)
		}
	}
	slices.SortFunc(list, func(a, b *application) int {
		if n := b.DeletedDateTime.Compare(*a.DeletedDateTime); n != 0 {
			return n
		}
		return strings.Compare(a.ID, b.ID)
	})
	return list
}
