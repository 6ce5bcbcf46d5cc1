package azuredevops

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"strings"

	"github.com/consentry/consentry/entra"
)

// An Exercise is one scope put to use.
type Exercise struct {
	Scope  string `json:"scope"`
	Method string `json:"method,omitempty"`
	// Path is what was asked for, below the host.
	Path   string `json:"path,omitempty"`
	Status int    `json:"status,omitempty"` // HTTP status; 0 when no answer came
	// OK: the read that needs the scope was answered.
	OK bool `json:"ok"`
	// Exercised is false where nothing was asked; Note says why.
	Exercised bool   `json:"exercised"`
	Note      string `json:"note,omitempty"`
}

// NotExercised is the Note of a scope for which no read on a configured host
// is known.
const NotExercised = "in the token, not exercised"

// Exercise makes one harmless GET that needs the scope, on the hosts the cloud
// configures. A scope that implies others of its area is exercised through
// the read of the smallest. It never fails: what went wrong is in the answer.
func (c *Client) Exercise(ctx context.Context, slug, project, scope string, token entra.Sensitive) Exercise {
	e := Exercise{Scope: scope, Note: NotExercised}
	r, known := readFor(scope)
	if !known {
		return e
	}
	if project == "" && strings.Contains(r.path, "{project}") {
		e.Note += ": its read is of a project, and none is known"
		return e
	}
	path, err := fill(r.path, slug, project)
	if err != nil {
		e.Note += ": " + err.Error()
		return e
	}
	e.Exercised, e.Method, e.Path = true, http.MethodGet, path
	query := url.Values{"api-version": {previewVersion}}
	maps.Copy(query, r.query)
	e.Status, err = c.try(ctx, call{c.base(r.host), path, query, token})
	e.OK, e.Note = err == nil, exerciseNote(err, scope)
	return e
}

// try sends a GET of which only the success counts. The status is 0 when no
// answer came.
func (c *Client) try(ctx context.Context, r call) (status int, err error) {
	a, err := c.send(ctx, http.MethodGet, r)
	if err != nil {
		return 0, err
	}
	if err := refusal(a); err != nil {
		return a.Status, err
	}
	if err := readable(a); err != nil {
		return a.Status, unusable(a, r.path, err)
	}
	return a.Status, nil
}

func (c *Client) base(h host) string {
	switch h {
	case vsspsAccount:
		return c.Cloud.VSSPS
	case vsspsOrg:
		return c.Cloud.VSSPSOrganizations
	}
	return c.Cloud.DevOps
}

// fill puts organization and project into a specification's path.
func fill(template, slug, project string) (string, error) {
	path := template
	if strings.Contains(path, "{organization}") {
		org, err := organizationPath(slug)
		if err != nil {
			return "", err
		}
		path = strings.Replace(path, "/{organization}", org, 1)
	}
	if strings.Contains(path, "{project}") {
		segment, err := projectSegment(project)
		if err != nil {
			return "", err
		}
		path = strings.Replace(path, "{project}", segment, 1)
	}
	return path, nil
}

// exerciseNote says what a refusal of a read means. A right scope is refused
// too when the person lacks the permission, so both causes are named.
func exerciseNote(err error, scope string) string {
	if err == nil {
		return ""
	}
	switch statusOf(err) {
	case http.StatusUnauthorized, http.StatusForbidden:
		return fmt.Sprintf("refused: the token lacks %s, or the person lacks the permission in the project", scope)
	case http.StatusNotFound:
		return "not found: the project is missing, the person may not see it, or this service is switched off there"
	case http.StatusTooManyRequests:
		return "refused for now: too many requests; try again later"
	case 0:
		return "no usable answer came"
	}
	return "not answered as expected"
}
