package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// An operation is one thing a product does in Azure DevOps. It says in words
// what came of it, or returns a *failure.
type operation struct {
	Name  string
	Needs string // done only if the scopes let read this; empty: always
	run   func(context.Context, *work) (string, error)
}

// A work is what operations share.
type work struct {
	c            *connector
	name         string // of the operation under way
	token        string
	organization string
	wanted       string // the project the customer named
	project      string // the one to work in
	found, item  int    // work items: the first one found, the one made
}

// A call is one request to Azure DevOps.
type call struct {
	method  string
	path    string // below the organization, escaped
	query   url.Values
	version string
	body    any
	patch   bool // the body is a JSON patch
	person  bool // at the host of profiles and accounts
}

func (w *work) do(ctx context.Context, q call, into any) error {
	style := w.c.product.Calls
	header := http.Header{"Accept": {"application/json"}, "Authorization": {"Bearer " + w.token}}
	if q.query == nil {
		q.query = url.Values{}
	}
	if style.InAccept {
		header.Set("Accept", "application/json;api-version="+q.version)
	} else {
		q.query.Set("api-version", q.version)
	}
	if style.Suppress {
		header.Set("X-TFS-FedAuthRedirect", "Suppress")
	}
	text, err := encoded(q, header)
	if err != nil {
		return err
	}
	address := w.c.devops + "/" + url.PathEscape(w.organization) + q.path
	if q.person {
		address = w.c.vssps + q.path
	}
	if len(q.query) > 0 {
		address += "?" + q.query.Encode()
	}
	body, err := w.c.wire.send(ctx, request{purpose: w.name, method: q.method, url: address, header: header, body: text, auth: "bearer"})
	if err != nil || into == nil {
		return err
	}
	if json.Unmarshal(body, into) != nil {
		return &failure{At: w.name, Message: "The answer has another form than expected."}
	}
	return nil
}

func encoded(q call, header http.Header) (string, error) {
	if q.body == nil {
		return "", nil
	}
	header.Set("Content-Type", "application/json")
	if q.patch {
		header.Set("Content-Type", "application/json-patch+json")
	}
	text, err := json.Marshal(q.body)
	return string(text), err
}

// inProject is a path below the project to work in.
func (w *work) inProject(path string) string { return "/" + url.PathEscape(w.project) + path }

// A list is the form of every collection.
type list[T any] struct {
	Count int
	Value []T
}

// findOrganization keeps the organization that was named, or looks for the
// first one of the person.
func findOrganization(ctx context.Context, w *work) (string, error) {
	if w.organization != "" {
		return w.organization + ", as given", nil
	}
	var me struct{ PublicAlias, EmailAddress string }
	if err := w.do(ctx, call{method: "GET", path: "/_apis/profile/profiles/me", version: "7.1", person: true}, &me); err != nil {
		return "", err
	}
	var accounts list[struct{ AccountName string }]
	q := url.Values{"memberId": {me.PublicAlias}}
	if err := w.do(ctx, call{method: "GET", path: "/_apis/accounts", query: q, version: "7.1", person: true}, &accounts); err != nil {
		return "", err
	}
	if len(accounts.Value) == 0 {
		return "", &failure{At: w.name, Message: me.EmailAddress + " is a member of no Azure DevOps organization of this directory."}
	}
	w.organization = accounts.Value[0].AccountName
	return fmt.Sprintf("%s, the first of %d of %s", w.organization, len(accounts.Value), me.EmailAddress), nil
}

// readConnection looks at who Azure DevOps says is connected: it may answer
// nobody in particular, too.
func readConnection(ctx context.Context, w *work) (string, error) {
	var data struct {
		AuthenticatedUser struct{ ID, ProviderDisplayName string }
	}
	if err := w.do(ctx, call{method: "GET", path: "/_apis/connectionData", version: "7.1-preview"}, &data); err != nil {
		return "", err
	}
	if data.AuthenticatedUser.ID == "aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa" {
		return "", &failure{At: w.name, Message: "Not authenticated: Azure DevOps takes the caller for nobody in particular."}
	}
	return data.AuthenticatedUser.ProviderDisplayName, nil
}

// listProjects lists the projects with a version of the API, and works in the
// first one unless another is named.
func listProjects(version string) operation {
	return operation{Name: "List projects", run: func(ctx context.Context, w *work) (string, error) {
		var projects list[struct{ Name string }]
		if err := w.do(ctx, call{method: "GET", path: "/_apis/projects", version: version}, &projects); err != nil {
			return "", err
		}
		var names []string
		for _, p := range projects.Value {
			names = append(names, p.Name)
		}
		w.project = w.wanted
		if w.project == "" && len(names) > 0 {
			w.project = names[0]
		}
		if w.project == "" {
			return "", &failure{At: w.name, Message: "The organization " + w.organization + " shows no project to this person."}
		}
		return fmt.Sprintf("%d: %s", len(names), strings.Join(names, ", ")), nil
	}}
}

// getProject reads the named project, or the first.
func getProject(ctx context.Context, w *work) (string, error) {
	name := orElse(w.wanted, w.project)
	var p struct{ Name, State string }
	if err := w.do(ctx, call{method: "GET", path: "/_apis/projects/" + url.PathEscape(name), version: "7.1"}, &p); err != nil {
		return "", err
	}
	w.project = p.Name
	return p.Name + ", " + p.State, nil
}

func (w *work) count(ctx context.Context, path string) (string, error) {
	var all list[json.RawMessage]
	if err := w.do(ctx, call{method: "GET", path: w.inProject(path), version: "7.1"}, &all); err != nil {
		return "", err
	}
	return fmt.Sprintf("%d in %s", len(all.Value), w.project), nil
}

func listRepositories(ctx context.Context, w *work) (string, error) {
	return w.count(ctx, "/_apis/git/repositories")
}

func listPullRequests(ctx context.Context, w *work) (string, error) {
	return w.count(ctx, "/_apis/git/pullrequests")
}

func listPipelines(ctx context.Context, w *work) (string, error) {
	return w.count(ctx, "/_apis/pipelines")
}

// searchWorkItems asks for the project's work items, latest change first.
func searchWorkItems(ctx context.Context, w *work) (string, error) {
	var answer struct{ WorkItems []struct{ ID int } }
	query := map[string]string{"query": "SELECT [System.Id] FROM WorkItems WHERE [System.TeamProject] = @project ORDER BY [System.ChangedDate] DESC"}
	if err := w.do(ctx, call{method: "POST", path: w.inProject("/_apis/wit/wiql"), version: "7.1", body: query}, &answer); err != nil {
		return "", err
	}
	if len(answer.WorkItems) > 0 {
		w.found = answer.WorkItems[0].ID
	}
	return fmt.Sprintf("%d in %s", len(answer.WorkItems), w.project), nil
}

// A workItem is as much of one as is looked at.
type workItem struct {
	ID     int
	Fields map[string]any
}

func (i workItem) words() string { return fmt.Sprintf("%d: %v", i.ID, i.Fields["System.Title"]) }

func itemPath(id int) string { return "/_apis/wit/workitems/" + strconv.Itoa(id) }

// readWorkItem reads the first one found.
func readWorkItem(ctx context.Context, w *work) (string, error) {
	if w.found == 0 {
		return "there is none to read", nil
	}
	var item workItem
	err := w.do(ctx, call{method: "GET", path: w.inProject(itemPath(w.found)), version: "7.1"}, &item)
	return item.words(), err
}

// titled is a JSON patch that sets the title.
func titled(title string) []map[string]any {
	return []map[string]any{{"op": "add", "path": "/fields/System.Title", "value": title}}
}

func createWorkItem(ctx context.Context, w *work) (string, error) {
	var item workItem
	err := w.do(ctx, call{method: "POST", path: w.inProject("/_apis/wit/workitems/$Task"), version: "7.1",
		body: titled("Made by " + w.c.product.Name), patch: true}, &item)
	w.item = item.ID
	return item.words(), err
}

func updateWorkItem(ctx context.Context, w *work) (string, error) {
	var item workItem
	err := w.do(ctx, call{method: "PATCH", path: w.inProject(itemPath(w.item)), version: "7.1",
		body: titled("Changed by " + w.c.product.Name), patch: true}, &item)
	return item.words(), err
}

func deleteWorkItem(ctx context.Context, w *work) (string, error) {
	err := w.do(ctx, call{method: "DELETE", path: w.inProject(itemPath(w.item)), version: "7.1"}, nil)
	return strconv.Itoa(w.item) + " is in the recycle bin", err
}
