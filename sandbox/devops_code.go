package sandbox

import (
	"net/url"
	"strconv"
	"strings"
	"time"
)

// A repositoryBody is a Git repository on the wire.
type repositoryBody struct {
	ID            string      `json:"id"`
	Name          string      `json:"name"`
	URL           string      `json:"url"`
	Project       projectBody `json:"project"`
	DefaultBranch string      `json:"defaultBranch"`
	Size          int         `json:"size"`
	RemoteURL     string      `json:"remoteUrl"` // what git clones; names the organization as its user
	SSHURL        string      `json:"sshUrl"`
	WebURL        string      `json:"webUrl"`
	IsDisabled    bool        `json:"isDisabled"`
	InMaintenance bool        `json:"isInMaintenance"`
}

func (c *devopsCall) repositoryBody(p *project, repo *repository) repositoryBody {
	inProject, inGit := url.PathEscape(p.Name), url.PathEscape(repo.Name)
	web := c.url(inProject + "/_git/" + inGit)
	return repositoryBody{
		ID: repo.ID, Name: repo.Name, URL: c.url(p.ID + "/_apis/git/repositories/" + repo.ID),
		Project: c.projectBody(p), DefaultBranch: repo.DefaultBranch, RemoteURL: c.cloneURL(web), WebURL: web,
		SSHURL: "git@ssh.dev.azure.com:v3/" + c.org.Slug + "/" + inProject + "/" + inGit,
	}
}

// cloneURL puts the organization before the host, so that git asks for its
// credentials; the older hosts name it already.
func (c *devopsCall) cloneURL(web string) string {
	if hostOrganization(c.r) != "" {
		return web
	}
	return strings.Replace(web, "://", "://"+c.org.Slug+"@", 1)
}

// scope is the project the path names, or all of the organization's.
func (c *devopsCall) scope() []*project {
	if c.project != nil {
		return []*project{c.project}
	}
	return c.org.projects
}

func listRepositories(c *devopsCall) (devopsReply, *devopsError) {
	var repos []repositoryBody
	for _, p := range c.scope() {
		for _, repo := range p.repos {
			repos = append(repos, c.repositoryBody(p, repo))
		}
	}
	return devopsListOf(repos), nil
}

func getRepository(c *devopsCall) (devopsReply, *devopsError) {
	wanted := c.params["repository"]
	for _, p := range c.scope() {
		for _, repo := range p.repos {
			named := c.project != nil && strings.EqualFold(repo.Name, wanted) // a name alone may be of several
			if c.member.AccessLevel != accessStakeholder && (named || strings.EqualFold(repo.ID, wanted)) {
				return ok(c.repositoryBody(p, repo)), nil
			}
		}
	}
	return devopsReply{}, errDevOpsRepository.with(wanted)
}

// A buildBody is a build on the wire.
type buildBody struct {
	ID          int            `json:"id"`
	BuildNumber string         `json:"buildNumber"`
	Status      string         `json:"status"`
	Result      string         `json:"result,omitempty"`
	QueueTime   time.Time      `json:"queueTime"`
	URL         string         `json:"url"`
	Definition  definitionBody `json:"definition"`
	Project     projectBody    `json:"project"`
}

// A definitionBody is a pipeline on the wire; each project has one.
type definitionBody struct {
	ID          int    `json:"id"`
	Name        string `json:"name"`
	Path        string `json:"path"`
	Type        string `json:"type"`
	QueueStatus string `json:"queueStatus"`
	Revision    int    `json:"revision"`
	URL         string `json:"url"`
}

func (c *devopsCall) definitionBody(p *project) definitionBody {
	return definitionBody{
		ID: 1, Name: p.Name + " CI", Path: `\`, Type: "build", QueueStatus: "enabled", Revision: 1,
		URL: c.url(p.ID + "/_apis/build/Definitions/1"),
	}
}

func listBuilds(c *devopsCall) (devopsReply, *devopsError) {
	var builds []buildBody
	for _, b := range c.project.builds {
		builds = append(builds, c.buildBody(b))
	}
	return devopsListOf(paged(c, builds, 1000)), nil
}

func (c *devopsCall) buildBody(b *build) buildBody {
	return buildBody{
		ID: b.ID, BuildNumber: b.Number, Status: b.Status, Result: b.Result, QueueTime: b.Queued,
		URL:        c.url(c.project.ID + "/_apis/build/Builds/" + strconv.Itoa(b.ID)),
		Definition: c.definitionBody(c.project), Project: c.projectBody(c.project),
	}
}

func getBuild(c *devopsCall) (devopsReply, *devopsError) {
	for _, b := range c.project.builds {
		if strconv.Itoa(b.ID) == c.params["buildId"] {
			return ok(c.buildBody(b)), nil
		}
	}
	return devopsReply{}, errDevOpsBuild.with(c.params["buildId"])
}

func getDefinition(c *devopsCall) (devopsReply, *devopsError) {
	if c.params["definitionId"] != "1" {
		return devopsReply{}, errDevOpsDefinition.with(c.params["definitionId"])
	}
	return ok(c.definitionBody(c.project)), nil
}

func listDefinitions(c *devopsCall) (devopsReply, *devopsError) {
	return devopsListOf([]definitionBody{c.definitionBody(c.project)}), nil
}

// listPools are the two pools that every organization begins with.
func listPools(*devopsCall) (devopsReply, *devopsError) {
	type pool struct {
		ID       int    `json:"id"`
		Name     string `json:"name"`
		PoolType string `json:"poolType"`
		IsHosted bool   `json:"isHosted"`
		Size     int    `json:"size"`
	}
	return devopsListOf([]pool{
		{ID: 1, Name: "Default", PoolType: "automation"},
		{ID: 9, Name: "Azure Pipelines", PoolType: "automation", IsHosted: true, Size: 1},
	}), nil
}
