package sandbox

import (
	"net/http"
	"reflect"
	"slices"
	"strings"
	"time"
)

var timeType = reflect.TypeFor[time.Time]()

var applicationSet = &entitySet{
	name: "applications", typeName: "microsoft.graph.application", resource: "Application", of: reflect.TypeFor[application](),
	filterable: []string{"id", "appId", "displayName", "identifierUris", "tags", "uniqueName", "signInAudience",
		"publisherDomain", "applicationTemplateId", "disabledByMicrosoftStatus", "serviceManagementReference", "requiredResourceAccess"},
	sortable:   []string{"displayName", "createdDateTime"},
	searchable: []string{"displayName", "description"},
	expandable: []string{expandOwners},
	unset:      unsetOfApplication, unsetInBeta: unsetOfApplicationInBeta,
}

// onApplication resolves the path's application and admits the caller to it.
func onApplication(do func(*graphRequest, *application) (reply, *graphError)) func(*graphRequest) (reply, *graphError) {
	return func(q *graphRequest) (reply, *graphError) {
		a := q.view.application(q.tenant, q.keys[0])
		if a == nil {
			return reply{}, errNotFound.with(q.keys[0].text)
		}
		if fault := q.admit(a.owners); fault != nil {
			return reply{}, fault
		}
		return do(q, a)
	}
}

// applicationBy looks an application up by id or one of its alternate keys.
func (t *tenant) applicationBy(key pathToken) *application {
	switch key.by {
	case "", "id":
		return t.apps[strings.ToLower(key.text)]
	case "appId":
		return t.appsByClientID[strings.ToLower(key.text)]
	case "uniqueName":
		return t.applicationNamed(key.text)
	}
	return nil
}

// picksApplication reports whether the key is one of the application's.
func (k pathToken) picksApplication(a *application) bool {
	switch k.by {
	case "", "id":
		return strings.EqualFold(a.ID, k.text)
	case "appId":
		return strings.EqualFold(a.AppID, k.text)
	}
	return k.by == "uniqueName" && a.UniqueName != nil && strings.EqualFold(*a.UniqueName, k.text)
}

func (t *tenant) applicationNamed(uniqueName string) *application {
	for _, a := range t.apps {
		if a.UniqueName != nil && strings.EqualFold(*a.UniqueName, uniqueName) {
			return a
		}
	}
	return nil
}

func listApplications(q *graphRequest) (reply, *graphError) {
	return listOf(q, applicationSet, q.view.applications(q.tenant))
}

// ordered lists a directory's objects in the order they were made.
func ordered[T any](order []string, objects map[string]*T) []*T {
	list := make([]*T, len(order))
	for i, id := range order {
		list[i] = objects[id]
	}
	return list
}

func getApplication(q *graphRequest, a *application) (reply, *graphError) {
	if containsFold(strings.Split(q.query.Get("$select"), ","), []string{"keyCredentials"}) {
		a = a.withKeys()
	}
	return one(q, applicationSet, a)
}

func createApplication(q *graphRequest) (reply, *graphError) {
	doc, fault := q.object()
	if fault != nil {
		return reply{}, fault
	}
	return q.makeApplication(doc)
}

// makeApplication registers an application with the document's properties
// and answers with it, its secrets' texts included: this is the one time.
func (q *graphRequest) makeApplication(doc map[string]any) (reply, *graphError) {
	owners, fault := q.boundOwners(doc, applicationSet)
	if fault != nil {
		return reply{}, fault
	}
	a, fault := q.draft(doc)
	if fault != nil {
		return reply{}, fault
	}
	a.owners = owners
	if fault := q.own(a); fault != nil {
		return reply{}, fault
	}
	texts := a.PasswordCredentials
	a.PasswordCredentials = concealed(texts)
	q.tenant.addApp(a)

	shown := *a
	shown.PasswordCredentials = texts
	answer := q.entity(http.StatusCreated, applicationSet, &shown, projection{})
	answer.header = map[string]string{"Location": q.location(a.ID, "Application")}
	return answer, nil
}

// draft is the new application before it is anybody's.
func (q *graphRequest) draft(doc map[string]any) (*application, *graphError) {
	if fault := applicationBody(nil).check(doc); fault != nil {
		return nil, fault
	}
	secrets := doc["passwordCredentials"]
	delete(doc, "passwordCredentials")
	base := newApplication(q.tenant, "", "", q.at)
	base.CreatedByAppID = &q.caller.AppID
	a, fault := merged(base, doc, applicationSet)
	if fault != nil {
		return nil, fault
	}
	if a.SignInAudience == "" {
		version := 2
		a.SignInAudience, a.API.RequestedAccessTokenVersion = audienceAndPersonal, &version
	}
	a.settle(nil)
	if fault := q.validate(a, nil); fault != nil {
		return nil, fault
	}
	if fault := q.settleCertificates(a, nil); fault != nil {
		return nil, fault
	}
	a.PasswordCredentials, fault = q.firstSecrets(a, secrets)
	return a, fault
}

// settle derives what follows from other properties.
func (a *application) settle(before *application) {
	for i := range a.AppRoles {
		a.AppRoles[i].Origin = "Application"
	}
	known := map[string]*int{}
	if before != nil {
		for _, s := range before.Web.RedirectURISettings {
			known[s.URI] = s.Index
		}
	}
	a.Web.RedirectURISettings = []redirectURISetting{}
	for _, uri := range a.Web.RedirectURIs {
		a.Web.RedirectURISettings = append(a.Web.RedirectURISettings, redirectURISetting{URI: uri, Index: known[uri]})
	}
}

// location is where the directory keeps a new object.
func (q *graphRequest) location(id, kind string) string {
	return q.origin + "/v2/" + q.tenant.ID + "/directoryObjects/" + id + "/Microsoft.DirectoryServices." + kind
}

// patchApplication updates, or creates by unique name when the caller asks
// for that and there is none yet.
func patchApplication(q *graphRequest) (reply, *graphError) {
	key := q.keys[0]
	if key.by != "uniqueName" || q.tenant.applicationNamed(key.text) != nil || !q.prefers("create-if-missing") {
		return onApplication(updateApplication)(q)
	}
	creating := *q
	creating.op = &operation{permissions: q.op.permissions, people: appCreators}
	if fault := creating.admit(nil); fault != nil {
		return reply{}, fault
	}
	doc, fault := q.object()
	if fault != nil {
		return reply{}, fault
	}
	doc["uniqueName"] = key.text
	return creating.makeApplication(doc)
}

// prefers reports whether the Prefer header asks for something.
func (q *graphRequest) prefers(what string) bool {
	return slices.ContainsFunc(strings.Split(q.header.Get("Prefer"), ","), func(p string) bool {
		return strings.EqualFold(strings.TrimSpace(p), what)
	})
}

func updateApplication(q *graphRequest, a *application) (reply, *graphError) {
	doc, fault := q.changes(a)
	if fault != nil {
		return reply{}, fault
	}
	if fault := applicationBody(a).check(doc); fault != nil {
		return reply{}, fault
	}
	next, fault := merged(a, doc, applicationSet)
	if fault != nil {
		return reply{}, fault
	}
	next.owners, next.createdBy, next.PasswordCredentials, next.federated = a.owners, a.createdBy, a.PasswordCredentials, a.federated
	if fault := q.settleCertificates(next, a.KeyCredentials); fault != nil {
		return reply{}, fault
	}
	next.settle(a)
	if fault := q.validate(next, a); fault != nil {
		return reply{}, fault
	}
	q.replace(next)
	return reply{status: http.StatusNoContent}, nil
}

// applicationBody says what a body may set on a new application (nil) or an
// existing one. Its unique name can be given once.
func applicationBody(existing *application) bodyRule {
	readOnly := []string{"id", "appId", "createdDateTime", "deletedDateTime", "publisherDomain", "applicationTemplateId",
		"disabledByMicrosoftStatus", "createdByAppId", "verifiedPublisher", "certification"}
	if existing != nil && existing.UniqueName != nil {
		readOnly = append(readOnly, "uniqueName")
	}
	if existing != nil {
		readOnly = append(readOnly, "passwordCredentials")
	}
	return bodyRule{applicationSet, readOnly}
}

// replace puts a changed application in. Its service principal at home
// follows; those in other tenants keep what consent was given to.
func (q *graphRequest) replace(a *application) {
	q.tenant.addApp(a)
	if sp := q.tenant.principalOf(a.AppID); sp != nil {
		q.tenant.addPrincipal(sp.following(a))
	}
}
