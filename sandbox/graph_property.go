package sandbox

import (
	"net/http"
	"reflect"
)

// propertyOperations are the paths that lead to one property of an object of
// a set, such as servicePrincipals/{id}/oauth2PermissionScopes.
func propertyOperations(path string, set *entitySet, perms permissions, on func(wireField) func(*graphRequest) (reply, *graphError)) []operation {
	var rows []operation
	for _, f := range fieldsOf(set.of) {
		rows = append(rows, operation{method: http.MethodGet, path: path + "/*/" + f.name, permissions: perms, people: openToMembers, do: on(f)})
	}
	return rows
}

func applicationProperty(f wireField) func(*graphRequest) (reply, *graphError) {
	return onApplication(func(q *graphRequest, a *application) (reply, *graphError) {
		return q.property(applicationSet, a.ID, f, reflect.ValueOf(a).Elem().Field(f.index)), nil
	})
}

func principalProperty(f wireField) func(*graphRequest) (reply, *graphError) {
	return onPrincipal(func(q *graphRequest, sp *servicePrincipal) (reply, *graphError) {
		return q.property(principalSet, sp.ID, f, reflect.ValueOf(sp).Elem().Field(f.index)), nil
	})
}

// property answers the value of one property as OData does: no content for
// null, an object's own properties, anything else as value.
func (q *graphRequest) property(set *entitySet, id string, f wireField, v reflect.Value) reply {
	for v.Kind() == reflect.Pointer {
		if v.IsNil() {
			return reply{status: http.StatusNoContent}
		}
		v = v.Elem()
	}
	body := object{{"@odata.context", q.metadata(set.name + "('" + id + "')/" + f.name)}}
	if v.Kind() == reflect.Struct && v.Type() != timeType {
		for _, inner := range fieldsOf(v.Type()) {
			body = append(body, property{inner.name, v.Field(inner.index).Interface()})
		}
		return reply{status: http.StatusOK, body: body}
	}
	return reply{status: http.StatusOK, body: append(body, property{"value", v.Interface()})}
}
