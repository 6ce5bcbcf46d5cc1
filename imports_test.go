package consentry_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"io/fs"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/consentry/consentry/"

// A rule says what the non-test files of a package may import. Reason is
// printed when it is broken.
type rule struct {
	pkg string // package below the module, "" for every one not named
	// ours are the packages of this module it may import; nil means any.
	ours []string
	// never are import path prefixes it must not use.
	never  []string
	reason string
}

var pureNever = []string{"net/http", "os", "database/sql", "github.com", "golang.org", "modernc.org"}

var rules = []rule{
	{"entra", []string{}, pureNever, "the core is values: it compiles and tests in a second"},
	{"preset", []string{"entra"}, pureNever, "presets are data"},
	{"checks", []string{"entra", "preset"}, pureNever, "facts are gathered elsewhere; a check decides from values alone"},
	{"explain", []string{"entra"}, pureNever, "what a paste means is decided from its text alone"},
	{"advise", []string{"entra", "preset"}, pureNever, "advice on scopes is data"},
	{"diagnose", []string{"checks", "entra", "preset", "setup", "oauth", "azuredevops", "trial", "outbound"}, []string{"database/sql", "github.com"}, "facts are gathered through the few methods it declares, by console and command line alike"},
	{"setup", []string{"entra", "preset"}, []string{"database/sql", "github.com/gin-gonic", "github.com/microsoftgraph"}, "plan and apply reach the world through interfaces only"},
	{"outbound", []string{"entra"}, []string{"database/sql", "github.com/gin-gonic", "github.com/microsoftgraph", "github.com/Azure"}, "what carries requests knows no service"},
	{"oauth", []string{"entra", "outbound"}, nil, "sign-in knows no page and no store"},
	{"azuredevops", []string{"entra", "outbound"}, nil, "a client knows no page and no store"},
	{"graph", []string{"entra", "outbound"}, nil, "591,000 lines of SDK stay behind one door, and that door knows only the vocabulary"},
	{"trial", []string{"entra", "preset", "oauth", "azuredevops", "checks"}, []string{"database/sql", "github.com/gin-gonic"}, "a test consent is decided from what the clients report"},
	{"bootstrap", []string{"entra"}, []string{"net/url", "os", "database/sql", "github.com"}, "the console's own registration is planned from values and made through the few methods it declares"},
	{"sandbox", []string{"entra"}, nil, "the sandbox is told only what a real cloud is told, so that one misunderstanding cannot satisfy both"},
	{"store", []string{"entra", "setup", "trial", "checks"}, []string{"github.com/gin-gonic"}, "the store keeps values and knows no page"},
	{"remind", []string{"entra", "store"}, []string{"github.com/gin-gonic", "database/sql"}, "reminders are decided from what the store knows and know no page"},
	{"templates", []string{}, nil, "templates are files"},
	{"static", []string{}, nil, "static files are files"},
	{"work", []string{}, []string{"net/http", "github.com/gin-gonic"}, "the queue wakes whoever is told to it and knows no operation"},
	{"metrics", []string{}, []string{"github.com/gin-gonic", "database/sql"}, "what is counted is told to it or asked for through functions"},
	{"web", []string{"templates", "static"}, nil, "the shell knows no domain"},
	{"handlers", []string{"entra", "preset", "setup", "oauth", "trial", "store", "web", "checks", "diagnose", "explain", "advise", "work", "remind"}, []string{"net/http/httputil"}, "pages reach Graph and Azure DevOps through the few methods they declare"},
	{"e2e", []string{}, nil, "end-to-end tests drive the built binary from outside"},
	{"e2e/drive", []string{}, []string{"github.com/microsoftgraph", "github.com/gin-gonic"}, "built programs are driven from outside"},
	{"e2e/connector", []string{}, []string{"github.com", "golang.org"}, "a connector shares nothing with what it is a witness of"},
}

// doors are imports that only the named packages may have.
var doors = []struct {
	prefix string
	only   []string
	reason string
}{
	{"github.com/microsoftgraph/", []string{"graph"}, "591,000 lines stay behind one door"},
	{"github.com/microsoft/kiota", []string{"graph"}, "the SDK's runtime stays behind the same door"},
	{"github.com/gin-gonic/", []string{"web", "handlers"}, "only the shell and the pages speak gin"},
	{"github.com/wneessen/go-mail", []string{"remind"}, "mail leaves through one door"},
	{"github.com/prometheus/", []string{"metrics"}, "only one package speaks to Prometheus"},
	{"github.com/gorilla/", []string{"web"}, "sessions are the shell's"},
	{"modernc.org/", []string{"store"}, "only the store knows the database"},
	{"github.com/jackc/", []string{"store", "store/postgrestest"}, "only the store knows the database"},
	{"github.com/riverqueue/", []string{"work"}, "the queue of jobs stays behind one door"},
	{"github.com/pressly/goose", []string{"store"}, "only the store migrates"},
	{"github.com/playwright-community/", []string{"e2e"}, "the browser is for the end-to-end tests"},
	{module + "handlers", []string{"cmd/consentry"}, "nobody but the command puts the pages together"},
}

func TestImportsKeepTheirDirection(t *testing.T) {
	for pkg, imports := range importsByPackage(t) {
		for _, imp := range imports {
			for _, r := range rules {
				if r.pkg == pkg {
					checkRule(t, r, imp)
				}
			}
			for _, d := range doors {
				if strings.HasPrefix(imp, d.prefix) && !contains(d.only, pkg) {
					t.Errorf("%s imports %s, but only %s may: %s", pkg, imp, strings.Join(d.only, ", "), d.reason)
				}
			}
			if imp == module+"e2e" {
				t.Errorf("%s imports e2e, which is for tests only", pkg)
			}
		}
	}
}

// timeless are the packages whose values do not depend on when they are asked
// for: the time is given to them.
var timeless = []string{"entra", "preset", "checks", "explain", "advise"}

func TestTheCoreHasNoClock(t *testing.T) {
	for _, pkg := range timeless {
		files, err := filepath.Glob(filepath.Join(pkg, "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range files {
			if strings.HasSuffix(path, "_test.go") {
				continue
			}
			f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			ast.Inspect(f, func(n ast.Node) bool {
				if s, ok := n.(*ast.SelectorExpr); ok && s.Sel.Name == "Now" && types.ExprString(s.X) == "time" {
					t.Errorf("%s asks for the time: it is a fact, to be given", path)
				}
				return true
			})
		}
	}
}

func checkRule(t *testing.T, r rule, imp string) {
	t.Helper()
	if own, ok := strings.CutPrefix(imp, module); ok {
		if !contains(r.ours, own) {
			t.Errorf("%s imports %s: %s", r.pkg, own, r.reason)
		}
		return
	}
	for _, n := range r.never {
		if imp == n || strings.HasPrefix(imp, n+"/") {
			t.Errorf("%s imports %s: %s", r.pkg, imp, r.reason)
		}
	}
}

// importsByPackage lists the imports of all non-test files, by directory.
func importsByPackage(t *testing.T) map[string][]string {
	t.Helper()
	out := map[string][]string{}
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && path != "." && (d.Name() == "testdata" || strings.HasPrefix(d.Name(), ".")) {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		pkg := filepath.ToSlash(filepath.Dir(path))
		for _, spec := range f.Imports {
			imp, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			out[pkg] = append(out[pkg], imp)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(out) < len(rules)/2 {
		t.Fatalf("only %d packages found: is the test in the module's root?", len(out))
	}
	return out
}

func contains(list []string, s string) bool {
	for _, v := range list {
		if v == s {
			return true
		}
	}
	return false
}
