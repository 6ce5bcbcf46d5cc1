package sandbox

import (
	"net/http"
	"reflect"
	"strings"
	"time"
)

// A graphUser is a user on the wire.
type graphUser struct {
	BusinessPhones    []string         `json:"businessPhones"`
	DisplayName       string           `json:"displayName"`
	GivenName         *string          `json:"givenName"`
	JobTitle          *string          `json:"jobTitle"`
	Mail              *string          `json:"mail"`
	MobilePhone       *string          `json:"mobilePhone"`
	OfficeLocation    *string          `json:"officeLocation"`
	PreferredLanguage *string          `json:"preferredLanguage"`
	Surname           *string          `json:"surname"`
	UserPrincipalName string           `json:"userPrincipalName"`
	ID                string           `json:"id"`
	AccountEnabled    bool             `json:"accountEnabled"`
	PasswordProfile   *passwordProfile `json:"passwordProfile"`
	SessionsValidFrom *time.Time       `json:"signInSessionsValidFromDateTime"`
	UserType          string           `json:"userType"`
}

// A passwordProfile is written only: reading gives null.
type passwordProfile struct {
	ForceChange        *bool   `json:"forceChangePasswordNextSignIn"`
	ForceChangeWithMFA *bool   `json:"forceChangePasswordNextSignInWithMfa"`
	Password           *string `json:"password"`
}

var userSet = &entitySet{
	name: "users", typeName: "microsoft.graph.user", resource: "User", of: reflect.TypeFor[graphUser](),
	usual: []string{"businessPhones", "displayName", "givenName", "jobTitle", "mail", "mobilePhone", "officeLocation",
		"preferredLanguage", "surname", "userPrincipalName", "id"},
	filterable: []string{"id", "displayName", "givenName", "surname", "mail", "userPrincipalName", "accountEnabled", "userType", "jobTitle"},
	sortable:   []string{"displayName", "userPrincipalName"},
	searchable: []string{"displayName", "givenName", "surname", "mail", "userPrincipalName"},
	unset:      unsetOfUser,
}

func (u *user) wire() *graphUser {
	kind := "Member"
	if u.Guest {
		kind = "Guest"
	}
	w := u.profile
	w.DisplayName, w.GivenName, w.Surname, w.Mail = u.DisplayName, textOrNull(u.GivenName), textOrNull(u.Surname), textOrNull(u.Mail)
	w.ID, w.UserPrincipalName, w.AccountEnabled, w.UserType = u.ID, u.UserPrincipalName, !u.Disabled, kind
	if !u.sessionsFrom.IsZero() {
		w.SessionsValidFrom = &u.sessionsFrom
	}
	return normalized(&w)
}

// getUser finds a user by id or user principal name.
func getUser(q *graphRequest) (reply, *graphError) {
	u := q.tenant.userCalled(q.keys[0].text)
	if u == nil {
		return reply{}, errNotFound.with(q.keys[0].text)
	}
	return one(q, userSet, u.wire())
}

// userCalled finds a user by id or user principal name, or nil.
func (t *tenant) userCalled(key string) *user {
	for _, u := range t.users {
		if strings.EqualFold(u.ID, key) || strings.EqualFold(u.UserPrincipalName, key) {
			return u
		}
	}
	return nil
}

func listUsers(q *graphRequest) (reply, *graphError) {
	var list []*graphUser
	for _, u := range q.tenant.peopleInOrder() {
		list = append(list, u.wire())
	}
	return listOf(q, userSet, list)
}

// patchUser changes a person: what is said about them, whether they may sign
// in, their password.
func patchUser(q *graphRequest) (reply, *graphError) {
	u := q.tenant.userCalled(q.keys[0].text)
	if u == nil {
		return reply{}, errNotFound.with(q.keys[0].text)
	}
	doc, fault := q.changes(u.wire())
	if fault != nil {
		return reply{}, fault
	}
	rule := bodyRule{userSet, []string{"id", "userPrincipalName", "signInSessionsValidFromDateTime", "userType"}}
	if fault := rule.check(doc); fault != nil {
		return reply{}, fault
	}
	w, fault := merged(u.wire(), doc, userSet)
	if fault != nil {
		return reply{}, fault
	}
	if w.DisplayName == "" {
		return reply{}, errInvalidValue.with("displayName", userSet.resource)
	}
	next := *u
	next.take(w)
	if w.PasswordProfile != nil && w.PasswordProfile.Password != nil {
		next.Password, next.sessionsFrom = *w.PasswordProfile.Password, q.at
	}
	q.world.replaceUser(q.tenant, &next)
	return reply{status: http.StatusNoContent}, nil
}

// take writes down what is kept of a user on the wire.
func (u *user) take(w *graphUser) {
	u.DisplayName, u.GivenName, u.Surname, u.Mail = w.DisplayName, textOf(reflect.ValueOf(w.GivenName)), textOf(reflect.ValueOf(w.Surname)), textOf(reflect.ValueOf(w.Mail))
	u.Disabled = !w.AccountEnabled
	u.profile = *w
	u.profile.PasswordProfile, u.profile.SessionsValidFrom = nil, nil
}

// revokeSessions ends the user's sessions: refresh tokens from before stop
// working.
func revokeSessions(q *graphRequest) (reply, *graphError) {
	u := q.tenant.userCalled(q.keys[0].text)
	if u == nil {
		return reply{}, errNotFound.with(q.keys[0].text)
	}
	next := *u
	next.sessionsFrom = q.at
	q.world.replaceUser(q.tenant, &next)
	return reply{status: http.StatusOK, body: object{{"@odata.context", q.metadata("Edm.Boolean")}, {"value", true}}}, nil
}

// replaceUser puts a changed copy of a user in. Where their sessions ended or
// they are disabled, no browser is signed in as them any more.
func (w *world) replaceUser(t *tenant, u *user) {
	ended := u.Disabled || u.sessionsFrom.After(t.users[u.ID].sessionsFrom)
	t.users[u.ID] = u
	if ended && w.login != nil {
		w.login.signOut(account{t.ID, u.ID})
	}
}
