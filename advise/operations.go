package advise

import (
	_ "embed"
	"slices"
	"strings"
	"sync"
)

// An Operation is one kind of request to Azure DevOps' REST API 7.1
// [MicrosoftDocs/vsts-rest-api-specs/specification]. Five are not of the
// specification: Git over HTTPS and Analytics, whose scopes come from the
// table of scopes, and the reading of the connection.
type Operation struct {
	ID     string // "work-items.work-items.create"; never changes
	Area   string // id of its area
	Name   string // "Create a work item"
	Method string
	// Host serves it in the public cloud: "vsrm.dev.azure.com".
	Host string
	// Path is a template, the organization included where it stands in the
	// path: "/{organization}/{project}/_apis/wit/workitems/{id}".
	Path string
	// Scopes are bare names, each of which is enough by itself. None means
	// that the specification names none.
	Scopes []string
	// AnyScope: any scope of Azure DevOps is enough.
	AnyScope bool

	anchors []string // segments of Path from "_apis" on, in lower case
	before  []string // segments of Path before that
	text    string   // what the search looks through, in lower case
}

//go:embed data/operations.tsv
var operationsTSV string

// table is all operations, by area and by id.
type table struct {
	areas []Area
	all   []Operation
	byID  map[string]int
}

var operations = sync.OnceValue(func() *table {
	t := &table{areas: slices.Clone(areas), byID: map[string]int{}}
	for line := range strings.Lines(operationsTSV) {
		o := parseOperation(line)
		i := slices.IndexFunc(t.areas, func(a Area) bool { return a.ID == o.Area })
		if i < 0 {
			panic("advise: operation of an unknown area: " + o.ID)
		}
		o.text = searchText(o, t.areas[i])
		t.byID[o.ID] = len(t.all)
		t.all = append(t.all, o)
		t.areas[i].Operations = append(t.areas[i].Operations, o)
	}
	return t
})

// parseOperation reads a line of the table: id, name, method, host with path,
// scopes, separated by tabs.
func parseOperation(line string) Operation {
	f := strings.Split(strings.TrimRight(line, "\r\n"), "\t")
	if len(f) != 5 {
		panic("advise: malformed line in the table of operations: " + line)
	}
	area, _, _ := strings.Cut(f[0], ".")
	slash := strings.IndexByte(f[3], '/')
	o := Operation{ID: f[0], Area: area, Name: f[1], Method: f[2], Host: f[3][:slash], Path: f[3][slash:]}
	if o.AnyScope = f[4] == "*"; !o.AnyScope {
		o.Scopes = strings.Fields(f[4])
	}
	o.before, o.anchors = cutAnchor(segmentsOf(o.Path))
	for i, s := range o.anchors {
		if !isPlaceholder(s) {
			o.anchors[i] = strings.ToLower(s)
		}
	}
	return o
}

// Areas returns all operations in their groups.
func Areas() []Area { return slices.Clone(operations().areas) }

// Operations returns all operations, by area.
func Operations() []Operation { return slices.Clone(operations().all) }

// ByID finds an operation.
func ByID(id string) (Operation, bool) {
	i, ok := operations().byID[id]
	if !ok {
		return Operation{}, false
	}
	return operations().all[i], true
}

// Common are operations that integrations are made for, to begin with.
func Common() []Operation {
	out := make([]Operation, 0, len(common))
	for _, id := range common {
		if o, ok := ByID(id); ok {
			out = append(out, o)
		}
	}
	return out
}

var common = []string{
	"work-items.wiql.query-by-wiql", "work-items.work-items.get-work-item", "work-items.work-items.create", "work-items.work-items.update",
	"work-items.work-items.delete", "work-items.comments.add-comment",
	"projects.projects.list", "projects.teams.get-teams",
	"git.repositories.list", "git.items.list", "git.commits.get-push-commits", "git.pull-requests.get-pull-requests-by-project", "git.pull-requests.create",
	"git.pull-request-thread-comments.create", "git.pushes.create", "git.statuses.create",
	"build.builds.list", "build.builds.queue", "pipelines.pipelines.list", "pipelines.runs.run-pipeline",
	"release.releases.create", "wiki.pages.get-page", "hooks.subscriptions.create", "graph.users.list", "profile.profiles.get",
}

func segmentsOf(path string) []string {
	return strings.FieldsFunc(path, func(r rune) bool { return r == '/' })
}

func isPlaceholder(segment string) bool { return strings.Contains(segment, "{") }

// cutAnchor splits a path where the API begins: at the first segment that
// starts with an underscore, which no organization, project or team does.
func cutAnchor(segments []string) (before, anchors []string) {
	i := slices.IndexFunc(segments, func(s string) bool { return strings.HasPrefix(s, "_") })
	if i < 0 {
		return segments, nil
	}
	return segments[:i], slices.Clone(segments[i:])
}
