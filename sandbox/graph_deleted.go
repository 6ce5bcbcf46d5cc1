package sandbox

import (
	"net/http"
	"strings"
	"time"
)

// deletedSet are deleted applications, which look as they did.
var deletedSet = func() *entitySet {
	s := *applicationSet
	s.name = "directory/deletedItems/microsoft.graph.application"
	return &s
}()

// deleteApplication moves an application to the deleted items. Its service
// principal at home goes with it, and so do the grants.
func deleteApplication(q *graphRequest, a *application) (reply, *graphError) {
	gone, at := *a, q.at.Truncate(time.Second)
	gone.DeletedDateTime = &at
	q.tenant.removeApp(a)
	q.tenant.addDeleted(&gone)
	if sp := q.tenant.principalOf(a.AppID); sp != nil {
		q.tenant.removePrincipal(sp)
	}
	return reply{status: http.StatusNoContent}, nil
}

// onDeleted resolves the path's deleted application.
func onDeleted(do func(*graphRequest, *application) (reply, *graphError)) func(*graphRequest) (reply, *graphError) {
	return func(q *graphRequest) (reply, *graphError) {
		a := q.view.deletedApplication(q.tenant, strings.ToLower(q.keys[0].text))
		if a == nil || q.at.Sub(*a.DeletedDateTime) >= deletedKept {
			return reply{}, errNotFound.with(q.keys[0].text)
		}
		if fault := q.admit(a.owners); fault != nil {
			return reply{}, fault
		}
		return do(q, a)
	}
}

func listDeleted(q *graphRequest) (reply, *graphError) {
	return listOf(q, deletedSet, restorable(q.view.deletedApplications(q.tenant), q.at))
}

func getDeleted(q *graphRequest, a *application) (reply, *graphError) {
	shown, fault := q.projection(applicationSet)
	if fault != nil {
		return reply{}, fault
	}
	return q.directoryObject(applicationSet, a, shown), nil
}

// directoryObject answers one object of a mixed set, with its type.
func (q *graphRequest) directoryObject(set *entitySet, v any, p projection) reply {
	head := object{{"@odata.context", q.metadata(directoryObjects + p.names() + "/$entity")}, {"@odata.type", "#" + set.typeName}}
	return reply{status: http.StatusOK, body: append(head, q.show(set, v, p)...)}
}

// restoreDeleted brings an application back, without service principal.
func restoreDeleted(q *graphRequest, a *application) (reply, *graphError) {
	back := *a
	back.DeletedDateTime = nil
	if fault := q.checkUniqueness(&back, nil); fault != nil {
		return reply{}, fault
	}
	q.tenant.removeDeleted(a.ID)
	q.tenant.addApp(&back)
	return q.directoryObject(applicationSet, &back, projection{}), nil
}

func purgeDeleted(q *graphRequest, a *application) (reply, *graphError) {
	q.tenant.removeDeleted(a.ID)
	return reply{status: http.StatusNoContent}, nil
}
