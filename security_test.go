package consentry_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// The requirements, by letter and how many there are of each; R are faults.
var requirements = map[string]int{
	"A": 13, "B": 8, "C": 9, "D": 4, "E": 4, "F": 4, "G": 4, "H": 3, "I": 3, "J": 3, "K": 4, "L": 3, "M": 4, "N": 2, "R": 37,
}

var securityRow = regexp.MustCompile(`^\| ([A-Z]\d+) \| (met|partly|not met) \| (.*) \| (.*) \|$`)

var testNamed = regexp.MustCompile("`([a-z0-9/_]+)\\.((?:Test|Fuzz|Benchmark)[A-Za-z0-9_]*)`")

// TestTheSecurityPageNamesTestsThatExist holds docs/security.md to the tree:
// every requirement has a row, what is met names a test that is there, and
// what is not says why.
func TestTheSecurityPageNamesTestsThatExist(t *testing.T) {
	page, err := os.ReadFile("docs/security.md")
	if err != nil {
		t.Fatal(err)
	}
	there := testsByPackage(t)
	var seen []string
	for line := range strings.Lines(string(page)) {
		m := securityRow.FindStringSubmatch(strings.TrimSpace(line))
		if m == nil {
			continue
		}
		id, state, says, shown := m[1], m[2], m[3], m[4]
		if slices.Contains(seen, id) {
			t.Errorf("%s has two rows", id)
		}
		seen = append(seen, id)
		tests := testNamed.FindAllStringSubmatch(shown, -1)
		if state == "met" && len(tests) == 0 {
			t.Errorf("%s is called met and names no test", id)
		}
		if state != "met" && len(says) < 20 {
			t.Errorf("%s is %s and does not say why", id, state)
		}
		for _, name := range tests {
			if !slices.Contains(there[name[1]], name[2]) {
				t.Errorf("%s names %s.%s, which is not there", id, name[1], name[2])
			}
		}
	}
	for letter, n := range requirements {
		for i := range n {
			if id := fmt.Sprint(letter, i+1); !slices.Contains(seen, id) {
				t.Errorf("%s has no row", id)
			}
		}
	}
}

// testsByPackage lists the tests, fuzz targets and benchmarks of the module by
// directory; the root's is ".".
func testsByPackage(t *testing.T) map[string][]string {
	t.Helper()
	out := map[string][]string{}
	err := filepath.WalkDir(".", func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && file != "." && (d.Name() == "testdata" || strings.HasPrefix(d.Name(), ".")) {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(file, "_test.go") {
			return nil
		}
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		pkg := path.Dir(filepath.ToSlash(file))
		if pkg == "." {
			pkg = "root"
		}
		for _, decl := range f.Decls {
			if fn, ok := decl.(*ast.FuncDecl); ok && fn.Recv == nil {
				out[pkg] = append(out[pkg], fn.Name.Name)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}
