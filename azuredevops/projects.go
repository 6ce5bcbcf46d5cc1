package azuredevops

import (
	"context"
	"fmt"
	"net/url"
	"strconv"

	"github.com/consentry/consentry/entra"
)

// A Project as its members see it.
type Project struct {
	ID         string `json:"id"`
	Name       string `json:"name"`
	State      string `json:"state"`      // "wellFormed"
	Visibility string `json:"visibility"` // "private", "public" or "organization"
}

const (
	projectPage = 100
	// maxProjectPages bounds how long a service that never stops is listened to.
	maxProjectPages = 100
)

// Projects lists the projects the token sees, all pages. A member without
// rights to any gets an empty list, not an error. It needs vso.project.
func (c *Client) Projects(ctx context.Context, slug string, token entra.Sensitive) ([]Project, error) {
	path, err := organizationPath(slug)
	if err != nil {
		return nil, err
	}
	r := call{base: c.Cloud.DevOps, path: path + "/_apis/projects", token: token, query: url.Values{
		"api-version": {version}, "stateFilter": {"wellFormed"}, "$top": {strconv.Itoa(projectPage)},
	}}
	var all []Project
	for range maxProjectPages {
		var page struct {
			Value []Project `json:"value"`
		}
		header, err := c.get(ctx, r, &page)
		if err != nil {
			return nil, err
		}
		all = append(all, page.Value...)
		next := header.Get("x-ms-continuationtoken")
		if next == "" {
			return all, nil
		}
		r.query.Set("continuationToken", next)
	}
	return nil, fmt.Errorf("organization %s lists more than %d projects", slug, maxProjectPages*projectPage)
}

// Project reads one by name or id. A missing one and one the token may not
// see are alike: *entra.ServiceError with Status 404.
func (c *Client) Project(ctx context.Context, slug, nameOrID string, token entra.Sensitive) (Project, error) {
	path, err := organizationPath(slug)
	if err != nil {
		return Project{}, err
	}
	segment, err := projectSegment(nameOrID)
	if err != nil {
		return Project{}, err
	}
	var p Project
	_, err = c.get(ctx, call{
		base:  c.Cloud.DevOps,
		path:  path + "/_apis/projects/" + segment,
		query: url.Values{"api-version": {version}},
		token: token,
	}, &p)
	return p, err
}
