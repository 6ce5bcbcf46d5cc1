package sandbox

import (
	"net/http"
	"reflect"
	"regexp"
	"slices"
	"strings"
)

// A federatedCredential lets an app prove itself with a token of another
// issuer, such as a build service.
type federatedCredential struct {
	ID          string   `json:"id"`
	Audiences   []string `json:"audiences"`
	Description *string  `json:"description"`
	Issuer      string   `json:"issuer"`
	Name        string   `json:"name"`
	Subject     string   `json:"subject"`
}

var federatedSet = &entitySet{
	name: "federatedIdentityCredentials", typeName: "microsoft.graph.federatedIdentityCredential", resource: "FederatedIdentityCredential",
	of: reflect.TypeFor[federatedCredential](), filterable: []string{"id", "name", "issuer", "subject"}, sortable: []string{"name"},
}

var federatedOperations = []operation{
	{method: "GET", path: "applications/*/federatedIdentityCredentials", permissions: readApplication, people: openToMembers, do: onApplication(listFederated)},
	{method: "POST", path: "applications/*/federatedIdentityCredentials", permissions: writeApplications, people: appEditors, do: onApplication(createFederated)},
	{method: "GET", path: "applications/*/federatedIdentityCredentials/*", permissions: readApplication, people: openToMembers, do: onFederated(getFederated)},
	{method: "PATCH", path: "applications/*/federatedIdentityCredentials/*", permissions: writeApplications, people: appEditors, do: onApplication(patchFederated)},
	{method: "DELETE", path: "applications/*/federatedIdentityCredentials/*", permissions: writeApplications, people: appEditors, do: onFederated(deleteFederated)},
}

// Limits of federated credentials [gd: api-overview of
// federatedidentitycredential].
const (
	maxFederated     = 20
	maxFederatedText = 600
)

var federatedName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]{2,119}$`)

// federatedIn is the set as one application's.
func federatedIn(a *application) *entitySet {
	set := *federatedSet
	set.name = applicationSet.name + "('" + a.ID + "')/" + federatedSet.name
	return &set
}

// federatedCalled finds a credential by id or name.
func (a *application) federatedCalled(key string) *federatedCredential {
	i := slices.IndexFunc(a.federated, func(c *federatedCredential) bool { return strings.EqualFold(c.ID, key) || c.Name == key })
	if i < 0 {
		return nil
	}
	return a.federated[i]
}

func onFederated(do func(*graphRequest, *application, *federatedCredential) (reply, *graphError)) func(*graphRequest) (reply, *graphError) {
	return onApplication(func(q *graphRequest, a *application) (reply, *graphError) {
		c := a.federatedCalled(q.keys[1].text)
		if c == nil {
			return reply{}, errNotFound.with(q.keys[1].text)
		}
		return do(q, a, c)
	})
}

func listFederated(q *graphRequest, a *application) (reply, *graphError) {
	return listOf(q, federatedIn(a), a.federated)
}

func getFederated(q *graphRequest, a *application, c *federatedCredential) (reply, *graphError) {
	return one(q, federatedIn(a), c)
}

func createFederated(q *graphRequest, a *application) (reply, *graphError) {
	doc, fault := q.object()
	if fault != nil {
		return reply{}, fault
	}
	return q.makeFederated(a, doc)
}

func (q *graphRequest) makeFederated(a *application, doc map[string]any) (reply, *graphError) {
	made, fault := q.settledFederated(a, &federatedCredential{ID: newGUID()}, doc, "id")
	if fault != nil {
		return reply{}, fault
	}
	if len(a.federated) >= maxFederated {
		return reply{}, &errQuota
	}
	q.setFederated(a, append(slices.Clone(a.federated), made))
	return q.entity(http.StatusCreated, federatedIn(a), made, projection{}), nil
}

// patchFederated updates, or creates by name when the caller asks for that
// and there is none yet.
func patchFederated(q *graphRequest, a *application) (reply, *graphError) {
	key := q.keys[1].text
	current := a.federatedCalled(key)
	if current == nil && !q.prefers("create-if-missing") {
		return reply{}, errNotFound.with(key)
	}
	if current == nil {
		doc, fault := q.object()
		if fault != nil {
			return reply{}, fault
		}
		doc["name"] = key
		return q.makeFederated(a, doc)
	}
	doc, fault := q.changes(current)
	if fault != nil {
		return reply{}, fault
	}
	next, fault := q.settledFederated(a, current, doc, "id", "name")
	if fault != nil {
		return reply{}, fault
	}
	list := slices.Clone(a.federated)
	list[slices.Index(list, current)] = next
	q.setFederated(a, list)
	return reply{status: http.StatusNoContent}, nil
}

func deleteFederated(q *graphRequest, a *application, c *federatedCredential) (reply, *graphError) {
	q.setFederated(a, slices.DeleteFunc(slices.Clone(a.federated), func(o *federatedCredential) bool { return o == c }))
	return reply{status: http.StatusNoContent}, nil
}

func (q *graphRequest) setFederated(a *application, list []*federatedCredential) {
	next := *a
	next.federated = list
	q.tenant.addApp(&next)
}

// settledFederated is a credential with the document's properties, if the
// application may have it.
func (q *graphRequest) settledFederated(a *application, from *federatedCredential, doc map[string]any, readOnly ...string) (*federatedCredential, *graphError) {
	if fault := (bodyRule{federatedSet, readOnly}).check(doc); fault != nil {
		return nil, fault
	}
	c, fault := merged(from, doc, federatedSet)
	if fault != nil {
		return nil, fault
	}
	if name := c.invalidProperty(); name != "" {
		return nil, errInvalidValue.with(name, federatedSet.resource)
	}
	for _, o := range a.federated {
		switch {
		case o.ID == c.ID:
		case o.Name == c.Name:
			return nil, errFederatedExists.with(c.Name)
		case o.Issuer == c.Issuer && o.Subject == c.Subject:
			return nil, &errConflict
		}
	}
	return c, nil
}

// invalidProperty names the first property whose value cannot be; empty when
// all can.
func (c *federatedCredential) invalidProperty() string {
	switch {
	case !federatedName.MatchString(c.Name):
		return "name"
	case !strings.HasPrefix(c.Issuer, "https://") || len(c.Issuer) > maxFederatedText:
		return "issuer"
	case c.Subject == "" || len(c.Subject) > maxFederatedText:
		return "subject"
	case len(c.Audiences) != 1 || c.Audiences[0] == "":
		return "audiences"
	}
	return ""
}
