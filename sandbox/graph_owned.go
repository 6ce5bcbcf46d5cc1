package sandbox

import (
	"net/http"
	"slices"
	"strings"
)

// Operations on directory objects of any type: who owns what, and objects by
// nothing but their ids.
var directoryOperations = []operation{
	{method: "GET", path: "me/ownedObjects", permissions: readMemberships, people: openToAll, do: onMe(listOwned)},
	{method: "GET", path: "me/ownedObjects/microsoft.graph.application", permissions: readMemberships, people: openToAll, do: onMe(listOwnedApplications)},
	{method: "GET", path: "me/ownedObjects/microsoft.graph.servicePrincipal", permissions: readMemberships, people: openToAll, do: onMe(listOwnedPrincipals)},
	{method: "GET", path: "users/*/ownedObjects", permissions: readUsers, people: openToMembers, do: onUser(listOwned)},
	{method: "GET", path: "servicePrincipals/*/ownedObjects", permissions: readApplication, people: openToMembers, do: onPrincipal(listOwnedByPrincipal)},
	{method: "POST", path: "directoryObjects/getByIds", permissions: readDirectory, people: openToMembers, do: collection(directoryObjectsByIDs)},
	{method: "GET", path: "directoryObjects/*", permissions: readDirectory, people: openToMembers, do: collection(getDirectoryObject)},
}

var readDirectory = permissions{
	delegated:   []string{"Directory.Read.All", "Directory.ReadWrite.All", "Directory.AccessAsUser.All", "Application.Read.All", "Application.ReadWrite.All", "User.Read.All"},
	application: []string{"Directory.Read.All", "Directory.ReadWrite.All", "Application.Read.All", "Application.ReadWrite.All", "User.Read.All"},
}

func listOwnedByPrincipal(q *graphRequest, sp *servicePrincipal) (reply, *graphError) {
	return q.owned(sp.ID)
}

func (q *graphRequest) ownedApplications(owner string) []*application {
	return slices.DeleteFunc(slices.Clone(q.view.applications(q.tenant)), func(a *application) bool { return !slices.Contains(a.owners, owner) })
}

func (q *graphRequest) ownedPrincipals(owner string) []*servicePrincipal {
	return slices.DeleteFunc(slices.Clone(q.view.principals(q.tenant)), func(sp *servicePrincipal) bool { return !slices.Contains(sp.owners, owner) })
}

func listOwnedApplications(q *graphRequest, u *user) (reply, *graphError) {
	return listOf(q, applicationSet.typedItems(), q.ownedApplications(u.ID))
}

func listOwnedPrincipals(q *graphRequest, u *user) (reply, *graphError) {
	return listOf(q, principalSet.typedItems(), q.ownedPrincipals(u.ID))
}

func listOwned(q *graphRequest, u *user) (reply, *graphError) { return q.owned(u.ID) }

// owned lists both kinds, each object with its type.
func (q *graphRequest) owned(owner string) (reply, *graphError) {
	selected := q.selectedNames()
	values := []object{}
	for _, a := range q.ownedApplications(owner) {
		values = append(values, typed(applicationSet, a, selected))
	}
	for _, sp := range q.ownedPrincipals(owner) {
		values = append(values, typed(principalSet, sp, selected))
	}
	return q.directoryList(values, selected), nil
}

// selectedNames is $select of a list of several types, where a name that one
// of them has not is no mistake.
func (q *graphRequest) selectedNames() []string {
	if text := q.query.Get("$select"); text != "" {
		return strings.Split(text, ",")
	}
	return nil
}

func (q *graphRequest) directoryList(values []object, selected []string) reply {
	context := property{"@odata.context", q.metadata(directoryObjects + projection{selected: selected}.names())}
	return reply{status: http.StatusOK, body: object{context, {"value", values}}}
}

// anyObject finds an object of the directory by its id, with its type; nil
// when there is none.
func (q *graphRequest) anyObject(id string) (*entitySet, any) {
	id = strings.ToLower(id)
	if u := q.tenant.users[id]; u != nil {
		return userSet, u.wire()
	}
	key := pathToken{text: id}
	if sp := q.view.principal(q.tenant, key); sp != nil {
		return principalSet, sp
	}
	if a := q.view.application(q.tenant, key); a != nil {
		return applicationSet, a
	}
	return nil, nil
}

func getDirectoryObject(q *graphRequest) (reply, *graphError) {
	set, v := q.anyObject(q.keys[0].text)
	if set == nil {
		return reply{}, errNotFound.with(q.keys[0].text)
	}
	shown, fault := q.projection(set)
	if fault != nil {
		return reply{}, fault
	}
	return q.directoryObject(set, v, shown), nil
}

// directoryObjectsByIDs answers those of the ids that exist, of the types
// asked for [gd: directoryobject-getbyids.md].
func directoryObjectsByIDs(q *graphRequest) (reply, *graphError) {
	doc, fault := q.object()
	if fault != nil {
		return reply{}, fault
	}
	ids, types := texts(doc["ids"]), texts(doc["types"])
	if len(ids) == 0 {
		return reply{}, errRequired.with("ids", "DirectoryObject")
	}
	values := []object{}
	for _, id := range ids {
		set, v := q.anyObject(id)
		if set == nil || len(types) > 0 && !containsFold(types, []string{strings.TrimPrefix(set.typeName, "microsoft.graph."), "directoryObject"}) {
			continue
		}
		values = append(values, typed(set, v, nil))
	}
	return q.directoryList(values, nil), nil
}

// texts are the strings of a JSON list; anything else in it is left out.
func texts(v any) []string {
	list, _ := v.([]any)
	var all []string
	for _, item := range list {
		if s, isText := item.(string); isText {
			all = append(all, s)
		}
	}
	return all
}
