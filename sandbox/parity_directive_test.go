package sandbox

import (
	"cmp"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// The levels of an endpoint: as the public service does it, with what the
// note says is missing, or not at all.
const (
	levelReal   = "real"
	levelPartly = "partly"
	levelAbsent = "absent"
	levelChoice = "choice"
)

// An endpoint is a method and a path of a service, at its public host, with
// {names} for what varies.
type endpoint struct{ service, method, path string }

func (e endpoint) String() string { return e.service + " " + e.method + " " + e.path }

// A directive is what the comment above a test says that it shows:
//
//	//parity:real graph POST /v1.0/applications
//	//parity:partly login GET /{tenant}/oauth2/v2.0/logout: what is missing
//	//parity:choice login token: what the sandbox does where the facts end
type directive struct {
	level string
	endpoint
	subject string // of a choice, in place of method and path
	note    string
	test    string
	file    string
	line    int
}

func (d directive) at() string { return fmt.Sprintf("%s:%d", d.file, d.line) }

const directivePrefix = "//parity:"

// directives are those of the package's tests, by file and line. The error
// names every file with one that says nothing.
func directives() ([]directive, error) {
	files, err := filepath.Glob("*_test.go")
	if err != nil {
		return nil, err
	}
	var all []directive
	var faults []error
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		found, err := directivesOf(file, source)
		all, faults = append(all, found...), append(faults, err)
	}
	return all, errors.Join(faults...)
}

// directivesOf reads one file. The error is the first directive that says
// nothing, with what it should say.
func directivesOf(file string, source []byte) ([]directive, error) {
	fset := token.NewFileSet()
	f, err := parser.ParseFile(fset, file, source, parser.ParseComments)
	if err != nil {
		return nil, err
	}
	tests := map[*ast.CommentGroup]string{}
	for _, decl := range f.Decls {
		if fn, isFunc := decl.(*ast.FuncDecl); isFunc && strings.HasPrefix(fn.Name.Name, "Test") && fn.Doc != nil {
			tests[fn.Doc] = fn.Name.Name
		}
	}
	var found []directive
	for _, group := range f.Comments {
		for _, c := range group.List {
			if !strings.HasPrefix(c.Text, directivePrefix) {
				continue
			}
			d, err := readDirective(c.Text)
			d.test, d.file, d.line = tests[group], file, fset.Position(c.Pos()).Line
			if err == nil && d.test == "" {
				err = errors.New("it belongs above a test function, with no blank line between")
			}
			if err != nil {
				return found, fmt.Errorf("%s: %s: %w", d.at(), c.Text, err)
			}
			found = append(found, d)
		}
	}
	return found, nil
}

// readDirective reads one comment.
func readDirective(text string) (directive, error) {
	head, note, _ := strings.Cut(strings.TrimPrefix(text, directivePrefix), ": ")
	words := strings.Fields(head)
	if len(words) < 3 {
		return directive{}, errors.New("a level, a service, and a method with a path (or the subject of a choice) are needed")
	}
	d := directive{level: words[0], endpoint: endpoint{service: words[1]}, note: strings.TrimSpace(note)}
	if !slices.Contains([]string{levelReal, levelPartly, levelChoice}, d.level) {
		return d, fmt.Errorf("level %q is none of real, partly and choice", d.level)
	}
	if _, known := publicOrigins[d.service]; !known || d.service == serviceVSSPSOrganizations {
		return d, fmt.Errorf("service %q is none of login, graph, devops and vssps", d.service)
	}
	if d.level != levelReal && d.note == "" {
		return d, fmt.Errorf("%s needs a note after a colon and a blank", d.level)
	}
	if d.level == levelChoice {
		d.subject = strings.Join(words[2:], " ")
		return d, nil
	}
	if len(words) != 4 {
		return d, errors.New("after the service come one method and one path; a note goes after a colon and a blank")
	}
	d.method, d.path = words[2], words[3]
	return d, d.endpoint.check()
}

var (
	knownMethod = regexp.MustCompile(`^(GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS)$`)
	pathForm    = regexp.MustCompile(`^(/[^/?#\s{}]*(\{[A-Za-z]+\}[^/?#\s{}]*)*)+$`)
	graphPath   = regexp.MustCompile(`^/(v1\.0|beta|oidc)/`)
)

func (e endpoint) check() error {
	switch {
	case !knownMethod.MatchString(e.method):
		return fmt.Errorf("method %q is none", e.method)
	case !pathForm.MatchString(e.path) || len(e.path) > 1 && strings.HasSuffix(e.path, "/"):
		return fmt.Errorf("path %q: give it as at the public host, with {names}, without query and without a slash at the end", e.path)
	case e.service == serviceGraph && !graphPath.MatchString(e.path):
		return fmt.Errorf("path %q: paths of Microsoft Graph begin with a version", e.path)
	}
	return nil
}

// A row is an endpoint with all that was said about it.
type row struct {
	level string
	endpoint
	notes []string
	tests []directive
}

// rowsOf brings together what several tests say about one endpoint: it is
// real when none of them says that something is left out.
func rowsOf(all []directive) []*row {
	var rows []*row
	byShape := map[string]*row{}
	for _, d := range all {
		if d.level == levelChoice {
			continue
		}
		r := byShape[d.shape()]
		if r == nil {
			r = &row{level: d.level, endpoint: d.endpoint}
			byShape[d.shape()] = r
			rows = append(rows, r)
		}
		if d.level == levelPartly {
			r.level = levelPartly
		}
		if d.note != "" && !slices.Contains(r.notes, d.note) {
			r.notes = append(r.notes, d.note)
		}
		if !slices.ContainsFunc(r.tests, func(o directive) bool { return o.test == d.test }) {
			r.tests = append(r.tests, d)
		}
	}
	return rows
}

var variable = regexp.MustCompile(`\{[^}]*\}`)

// shape is the endpoint without the names of what varies.
func (e endpoint) shape() string {
	return e.service + " " + e.method + " " + variable.ReplaceAllString(strings.ToLower(e.path), "{}")
}

// choices are the uncertain ones, by service and subject.
func choices(all []directive) []directive {
	list := slices.DeleteFunc(slices.Clone(all), func(d directive) bool { return d.level != levelChoice })
	slices.SortStableFunc(list, func(a, b directive) int {
		return cmp.Or(cmp.Compare(slices.Index(serviceOrder, a.service), slices.Index(serviceOrder, b.service)), cmp.Compare(strings.ToLower(a.subject), strings.ToLower(b.subject)))
	})
	return list
}
