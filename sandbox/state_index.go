package sandbox

import (
	"slices"
	"time"
)

// newTenant returns an empty directory.
func newTenant(id, name, domain, scenario string, created time.Time) *tenant {
	return &tenant{
		ID: id, DisplayName: name, Domain: domain, Scenario: scenario, Created: created,
		users:                map[string]*user{},
		apps:                 map[string]*application{},
		deleted:              map[string]*application{},
		principals:           map[string]*servicePrincipal{},
		grants:               map[string]*grant{},
		appsByClientID:       map[string]*application{},
		principalsByClientID: map[string]*servicePrincipal{},
		assignments:          map[string]*appRoleAssignment{},
	}
}

// findApp looks a client ID up over all tenants: an app registration lives in
// exactly one.
func (w *world) findApp(appID string) (*tenant, *application) {
	for _, id := range w.order {
		if t := w.tenants[id]; t.appsByClientID[appID] != nil {
			return t, t.appsByClientID[appID]
		}
	}
	return nil, nil
}

// addApp puts a registration in, or a changed copy in its place.
func (t *tenant) addApp(a *application) {
	note(&t.replication, lateApps, a.ID, t.apps, t.appOrder)
	if t.apps[a.ID] == nil {
		t.appOrder = append(t.appOrder, a.ID)
	}
	t.apps[a.ID] = a
	t.appsByClientID[a.AppID] = a
	t.appList = nil
}

// allApps lists the registrations in the order they were made. The list is
// made once between two writes and is not the caller's to change.
func (t *tenant) allApps() []*application {
	if t.appList == nil {
		t.appList = ordered(t.appOrder, t.apps)
	}
	return t.appList
}

// removeApp takes a registration out. Its service principal stays.
func (t *tenant) removeApp(a *application) {
	noteRemoval(&t.replication, lateApps, a.ID, t.apps, t.appOrder)
	delete(t.apps, a.ID)
	delete(t.appsByClientID, a.AppID)
	t.appOrder = without(t.appOrder, a.ID)
	t.appList = nil
}

// addDeleted keeps a registration that was deleted.
func (t *tenant) addDeleted(a *application) {
	note(&t.replication, lateDeleted, a.ID, t.deleted, nil)
	t.deleted[a.ID] = a
}

func (t *tenant) removeDeleted(id string) {
	noteRemoval(&t.replication, lateDeleted, id, t.deleted, nil)
	delete(t.deleted, id)
}

// principalOf returns the tenant's service principal of a client ID, or nil.
func (t *tenant) principalOf(appID string) *servicePrincipal {
	return t.principalsByClientID[appID]
}

// addPrincipal puts a service principal in, or a changed copy in its place.
func (t *tenant) addPrincipal(sp *servicePrincipal) {
	note(&t.replication, latePrincipals, sp.ID, t.principals, t.spOrder)
	if t.principals[sp.ID] == nil {
		t.spOrder = append(t.spOrder, sp.ID)
	}
	t.principals[sp.ID] = sp
	t.principalsByClientID[sp.AppID] = sp
}

// removePrincipal takes a service principal out with what hangs on it: the
// grants it has as client or as resource, the app roles it holds or gives.
func (t *tenant) removePrincipal(sp *servicePrincipal) {
	noteRemoval(&t.replication, latePrincipals, sp.ID, t.principals, t.spOrder)
	delete(t.principals, sp.ID)
	delete(t.principalsByClientID, sp.AppID)
	t.spOrder = without(t.spOrder, sp.ID)
	for _, a := range t.assignmentsWhere(func(a *appRoleAssignment) bool { return a.PrincipalID == sp.ID || a.ResourceID == sp.ID }) {
		t.removeAssignment(a.ID)
	}
	for _, id := range slices.Clone(t.grantOrder) {
		if g := t.grants[id]; g.ClientID == sp.ID || g.ResourceID == sp.ID {
			t.removeGrant(id)
		}
	}
}

// addGrant puts a delegated grant in, or a changed copy in its place.
func (t *tenant) addGrant(g *grant) {
	note(&t.replication, lateGrants, g.ID, t.grants, t.grantOrder)
	if t.grants[g.ID] == nil {
		t.grantOrder = append(t.grantOrder, g.ID)
	}
	t.grants[g.ID] = g
}

func (t *tenant) removeGrant(id string) {
	noteRemoval(&t.replication, lateGrants, id, t.grants, t.grantOrder)
	delete(t.grants, id)
	t.grantOrder = without(t.grantOrder, id)
}

// grantOf returns the grant of a client on a resource for one user, or the
// tenant-wide one where principal is nil; nil when there is none.
func (t *tenant) grantOf(clientID, resourceID string, principal *string) *grant {
	return t.grants[grantID(clientID, resourceID, principal)]
}

// without returns the list less one value, in a new array.
func without(list []string, value string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(s string) bool { return s == value })
}
