package sandbox

import (
	"net/url"
	"strings"
	"time"
)

// Visibilities of a project.
const (
	visibilityPrivate = "private"
	visibilityPublic  = "public"
)

// A projectBody is a project on the wire.
type projectBody struct {
	ID             string                       `json:"id"`
	Name           string                       `json:"name"`
	Description    string                       `json:"description,omitempty"`
	URL            string                       `json:"url"`
	State          string                       `json:"state"`
	Revision       int                          `json:"revision"`
	Visibility     string                       `json:"visibility"`
	LastUpdateTime time.Time                    `json:"lastUpdateTime"`
	Links          map[string]map[string]string `json:"_links,omitempty"`
	DefaultTeam    *teamBody                    `json:"defaultTeam,omitempty"`
	Capabilities   map[string]map[string]string `json:"capabilities,omitempty"`
}

func (c *devopsCall) projectBody(p *project) projectBody {
	return projectBody{
		ID: p.ID, Name: p.Name, Description: p.Description, URL: c.url("_apis/projects/" + p.ID),
		State: "wellFormed", Revision: 11, Visibility: p.Visibility, LastUpdateTime: p.Updated,
	}
}

// url is an absolute URL below the organization.
func (c *devopsCall) url(path string) string { return c.base() + path }

// base is the organization's own URL at this service, with a slash at the end.
func (c *devopsCall) base() string {
	if hostOrganization(c.r) != "" {
		return originOf(c.r) + "/"
	}
	return originOf(c.r) + "/" + c.org.Slug + "/"
}

func listProjects(c *devopsCall) (devopsReply, *devopsError) {
	var visible []projectBody
	for _, p := range c.org.projects {
		if c.member != nil || p.Visibility == visibilityPublic {
			visible = append(visible, c.projectBody(p))
		}
	}
	if state := c.r.URL.Query().Get("stateFilter"); state != "" && !strings.EqualFold(state, "wellFormed") && !strings.EqualFold(state, "all") {
		visible = nil // the sandbox neither makes nor deletes projects
	}
	return devopsListOf(paged(c, visible, 1000)), nil
}

func getProject(c *devopsCall) (devopsReply, *devopsError) {
	body := c.projectBody(c.project)
	team := c.teamBody(c.project)
	body.DefaultTeam = &team
	body.Links = map[string]map[string]string{
		"self": {"href": body.URL},
		"web":  {"href": c.url(url.PathEscape(c.project.Name))},
	}
	if strings.EqualFold(c.r.URL.Query().Get("includeCapabilities"), "true") {
		body.Capabilities = map[string]map[string]string{
			"processTemplate": {"templateName": "Agile", "templateTypeId": stableID("process", "Agile")},
			"versioncontrol":  {"sourceControlType": "Git", "gitEnabled": "True", "tfvcEnabled": "False"},
		}
	}
	return ok(body), nil
}

// project finds a project by name or ID; letter case does not matter.
func (o *organization) project(nameOrID string) (*project, *devopsError) {
	for _, p := range o.projects {
		if strings.EqualFold(p.Name, nameOrID) || strings.EqualFold(p.ID, nameOrID) {
			return p, nil
		}
	}
	if isGUID(nameOrID) {
		return nil, errDevOpsProjectID.with("vstfs:///Classification/TeamProject/" + nameOrID)
	}
	return nil, errDevOpsProjectName.with(nameOrID)
}

// A teamBody is a team on the wire. Each project has its default one.
type teamBody struct {
	ID          string `json:"id"`
	Name        string `json:"name"`
	URL         string `json:"url"`
	Description string `json:"description"`
	ProjectName string `json:"projectName,omitempty"`
	ProjectID   string `json:"projectId,omitempty"`
}

func (c *devopsCall) teamBody(p *project) teamBody {
	id := stableID("team", p.ID)
	return teamBody{
		ID: id, Name: p.Name + " Team", URL: c.url("_apis/projects/" + p.ID + "/teams/" + id),
		Description: "The default project team.", ProjectName: p.Name, ProjectID: p.ID,
	}
}

// hasTeam reports whether the project has a team, by name or ID.
func (c *devopsCall) hasTeam(nameOrID string) bool {
	team := c.teamBody(c.project)
	return strings.EqualFold(team.Name, nameOrID) || strings.EqualFold(team.ID, nameOrID)
}

func listTeams(c *devopsCall) (devopsReply, *devopsError) {
	projects := c.org.projects
	if c.project != nil {
		projects = []*project{c.project}
	}
	var teams []teamBody
	for _, p := range projects {
		teams = append(teams, c.teamBody(p))
	}
	return devopsListOf(paged(c, teams, 100)), nil
}
