package sandbox

import (
	"net/http"
	"slices"
	"strings"
)

// relationOperations are what hangs on a person. The tenants have neither
// groups nor managers, which is answered as for somebody without them.
var relationOperations = []operation{
	{method: "GET", path: "me/manager", permissions: readMe, people: openToAll, do: onMe(getManager)},
	{method: "GET", path: "me/directReports", permissions: readMe, people: openToAll, do: onMe(listReports)},
	{method: "POST", path: "me/getMemberGroups", permissions: readMe, people: openToAll, do: onMe(memberGroups)},
	{method: "POST", path: "me/checkMemberGroups", permissions: readMe, people: openToAll, do: onMe(memberGroups)},
	{method: "POST", path: "me/getMemberObjects", permissions: readMe, people: openToAll, do: onMe(memberObjects)},
	{method: "GET", path: "users/*/manager", permissions: readUsers, people: openToMembers, do: onUser(getManager)},
	{method: "GET", path: "users/*/directReports", permissions: readUsers, people: openToMembers, do: onUser(listReports)},
	{method: "GET", path: "users/*/memberOf", permissions: readUsers, people: openToMembers, do: onUser(listMemberships)},
	{method: "GET", path: "users/*/transitiveMemberOf", permissions: readUsers, people: openToMembers, do: onUser(listMemberships)},
	{method: "POST", path: "users/*/getMemberGroups", permissions: readUsers, people: openToMembers, do: onUser(memberGroups)},
	{method: "POST", path: "users/*/checkMemberGroups", permissions: readUsers, people: openToMembers, do: onUser(memberGroups)},
	{method: "POST", path: "users/*/getMemberObjects", permissions: readUsers, people: openToMembers, do: onUser(memberObjects)},
}

// A userOperation answers about one person.
type userOperation func(*graphRequest, *user) (reply, *graphError)

// onMe does it for the caller, a person because the permissions are delegated
// ones.
func onMe(do userOperation) func(*graphRequest) (reply, *graphError) {
	return collection(func(q *graphRequest) (reply, *graphError) { return do(q, q.user) })
}

// onUser does it for the user that the path names by id or user principal
// name.
func onUser(do userOperation) func(*graphRequest) (reply, *graphError) {
	return collection(func(q *graphRequest) (reply, *graphError) {
		u := q.tenant.userCalled(q.keys[0].text)
		if u == nil {
			return reply{}, errNotFound.with(q.keys[0].text)
		}
		return do(q, u)
	})
}

// getManager: a reference that is not set is a resource that does not exist.
func getManager(*graphRequest, *user) (reply, *graphError) {
	return reply{}, errNotFound.with("manager")
}

func listReports(q *graphRequest, _ *user) (reply, *graphError) {
	return q.directoryList([]object{}, q.selectedNames()), nil
}

// memberGroups answers which groups somebody is a member of, or which of those
// in the body.
func memberGroups(q *graphRequest, _ *user) (reply, *graphError) { return q.listedIDs(nil) }

// memberObjects answers with the directory roles unless the body asks for
// security groups only.
func memberObjects(q *graphRequest, u *user) (reply, *graphError) {
	doc, fault := q.object()
	if fault != nil {
		return reply{}, fault
	}
	if only, _ := doc["securityEnabledOnly"].(bool); only {
		return q.listedIDs(nil)
	}
	ids := []string{}
	for _, template := range u.Roles {
		ids = append(ids, strings.ToLower(q.tenant.roleID(template)))
	}
	slices.Sort(ids)
	return q.listedIDs(ids)
}

func (q *graphRequest) listedIDs(ids []string) (reply, *graphError) {
	if _, fault := q.object(); fault != nil {
		return reply{}, fault
	}
	context := property{"@odata.context", q.metadata("Collection(Edm.String)")}
	return reply{status: http.StatusOK, body: object{context, {"value", append([]string{}, ids...)}}}, nil
}
