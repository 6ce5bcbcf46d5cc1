package consentry_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
)

// The measure of the small Go programs this one learns from. Exceptions may
// only become fewer.
const (
	maxFunctionLines = 100
	maxFileLines     = 400
)

// longer lists the files that may be longer, with the reason.
var longer = map[string]string{
	"sandbox/state.go": "the wire form of every Graph resource in one place",
}

func TestFunctionsAndFilesStaySmallAndExportedNamesAreDocumented(t *testing.T) {
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && strings.HasPrefix(d.Name(), ".") && path != "." {
			return filepath.SkipDir
		}
		if strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, "_test.go") {
			checkFile(t, filepath.ToSlash(path))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func checkFile(t *testing.T, path string) {
	fset := token.NewFileSet()
	f, err := parser.ParseFile(fset, path, nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	lines := fset.File(f.Pos()).LineCount()
	if _, ok := longer[path]; lines > maxFileLines && !ok {
		t.Errorf("%s has %d lines, more than %d: split it by concern", path, lines, maxFileLines)
	}
	for _, decl := range f.Decls {
		switch d := decl.(type) {
		case *ast.FuncDecl:
			checkFunc(t, fset, path, d)
		case *ast.GenDecl:
			checkGen(t, path, d)
		}
	}
}

func checkFunc(t *testing.T, fset *token.FileSet, path string, d *ast.FuncDecl) {
	if n := fset.Position(d.End()).Line - fset.Position(d.Pos()).Line; n > maxFunctionLines {
		t.Errorf("%s: %s has %d lines, more than %d", path, d.Name.Name, n, maxFunctionLines)
	}
	if d.Name.IsExported() && d.Doc == nil && exportedReceiver(d) {
		t.Errorf("%s: exported %s has no doc comment", path, d.Name.Name)
	}
}

func exportedReceiver(d *ast.FuncDecl) bool {
	if d.Recv == nil {
		return true
	}
	typ := d.Recv.List[0].Type
	if star, ok := typ.(*ast.StarExpr); ok {
		typ = star.X
	}
	id, ok := typ.(*ast.Ident)
	return ok && id.IsExported()
}

func checkGen(t *testing.T, path string, d *ast.GenDecl) {
	for _, spec := range d.Specs {
		switch s := spec.(type) {
		case *ast.TypeSpec:
			if s.Name.IsExported() && d.Doc == nil && s.Doc == nil {
				t.Errorf("%s: exported type %s has no doc comment", path, s.Name.Name)
			}
		case *ast.ValueSpec:
			for _, n := range s.Names {
				if n.IsExported() && d.Doc == nil && s.Doc == nil && s.Comment == nil {
					t.Errorf("%s: exported %s has no doc comment", path, n.Name)
				}
			}
		}
	}
}
