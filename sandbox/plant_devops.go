package sandbox

import (
	"strings"
	"time"
)

// plantOrganization adds an Azure DevOps organization, or to the one that has
// this slug.
func (w *world) plantOrganization(s seedOrganization) {
	key := strings.ToLower(s.Slug)
	org := w.orgs[key]
	if org == nil {
		org = &organization{ID: stableID("organization", key), Slug: s.Slug, members: map[string]*member{}}
		w.orgs[key] = org
	}
	if t := w.tenantOf(s.Tenant); t != nil {
		org.TenantID = t.ID
		for _, m := range s.Members {
			org.plantMember(t, m)
		}
	}
	if s.Policies != nil {
		org.policies = *s.Policies
	}
	for _, p := range s.Projects {
		w.plantProject(org, p)
	}
}

// plantMember adds a person or a service principal of the tenant.
func (o *organization) plantMember(t *tenant, s seedMember) {
	m := &member{AccessLevel: s.Access, Admin: s.Admin}
	if s.App != "" {
		sp := t.principalOf(t.appNamed(s.App).AppID)
		m.ObjectID, m.DisplayName, m.AppID = sp.ID, sp.DisplayName, sp.AppID
	} else {
		u := t.userNamed(s.User)
		m.ObjectID, m.DisplayName, m.Mail = u.ID, u.DisplayName, u.Mail
	}
	m.ID = identityID(m.ObjectID)
	o.members[m.ObjectID] = m
}

// appNamed finds a seeded registration.
func (t *tenant) appNamed(name string) *application { return t.apps[stableID("app", t.Domain, name)] }

// plantProject gives a project a repository, two builds and a few work items:
// something to read for each scope.
func (w *world) plantProject(org *organization, s seedProject) {
	id := stableID("project", org.Slug, s.Name)
	created := w.now().AddDate(0, -3, 0).UTC().Truncate(time.Second)
	p := &project{
		ID: id, Name: s.Name, Description: s.Description, Visibility: visibilityPrivate, Updated: created,
		repos: []*repository{{ID: stableID("repository", id), Name: s.Name, DefaultBranch: "refs/heads/main"}},
		builds: []*build{
			{ID: 2, Number: "20260102.1", Status: "completed", Result: "failed", Queued: created.AddDate(0, 0, 1)},
			{ID: 1, Number: "20260101.1", Status: "completed", Result: "succeeded", Queued: created},
		},
	}
	if s.Public {
		p.Visibility = visibilityPublic
	}
	org.projects = append(org.projects, p)
	for _, item := range []struct{ kind, title, state string }{
		{"User Story", "Sign in with the company account", "Active"},
		{"Bug", "The order total ignores the discount", "New"},
		{"Task", "Renew the certificate", "Closed"},
	} {
		p.put(plantedItem(org, p, item.kind, item.title, item.state, created))
	}
}

func plantedItem(org *organization, p *project, kind, title, state string, created time.Time) *workItem {
	id, at := org.nextWorkItem(), created.Format(time.RFC3339)
	return &workItem{ID: id, Rev: 1, Fields: map[string]any{
		"System.Id": id, "System.Rev": 1, "System.TeamProject": p.Name, "System.WorkItemType": kind,
		"System.Title": title, "System.State": state, "System.Reason": "New",
		"System.AreaPath": p.Name, "System.IterationPath": p.Name,
		"System.CreatedDate": at, "System.ChangedDate": at,
	}}
}
