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
			org.plantMember(t.userNamed(m.User), m)
		}
	}
	if s.Policies != nil {
		org.policies = *s.Policies
	}
	for _, p := range s.Projects {
		w.plantProject(org, p)
	}
}

func (o *organization) plantMember(u *user, s seedMember) {
	o.members[u.ID] = &member{
		ID: identityID(u.ID), ObjectID: u.ID, DisplayName: u.DisplayName, Mail: u.Mail,
		AccessLevel: s.Access, Admin: s.Admin,
	}
}

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
